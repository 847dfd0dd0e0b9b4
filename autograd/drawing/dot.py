"""Items as DOT text: strings alone, and the same items always give the same text.

n3 is the box of the value that is number 3 in topological order, o3 the operation that computed it, g3 the
part of the program whose first value that is; n0_3 is n0 drawn again beside o3.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .items import Edge, Item
from .renderer import Mark
from .style import SLOPE, Heat, box_look, box_rows, caption, edge_label, header, operation_look

# A graph whose edges cross more layers than this in all has its far-reaching values drawn again beside each
# use.  Measured: a leaf used by each of 64 operations in a row takes dot 10 s, by each of 100 over a minute;
# drawn again, 0.1 s.
MAX_CROSSED = 300
STRAIGHT = 8  # weight of the edges between computed values: keeps a long computation on a line


class DotWriter:
    """Writes the items of a picture; ``lines`` are those of the DOT text between its braces.

    ``gradients`` are what boxes say in place of their own.  Where it writes ``with_marks``, every element has an id
    in the DOT text, and ``marks`` says what it is called: these are the parts that a walkthrough fills in.

        n3          a box                       o3          the operation that computed it, with its edge to the box
        n3.data     the number in the box       e3.1        the edge from its operand 1 to the operation
        n3.grad     the gradient in the box     e3.1.slope  the slope along that edge
        n0_3        the box of value 0 that is drawn again beside operation 3
    """

    def __init__(
        self,
        items: Sequence[Item],
        direction: str,
        heat: Heat | None = None,
        note: str = "",
        gradients: Mapping[Item, str] | None = None,
        with_marks: bool = False,
    ) -> None:
        if gradients is None:
            graded = any(value.grad for item in items for value in item.values)
            gradients = {item: item.gradient for item in items} if graded else {}
        self.gradients, self.heat, self.with_marks = gradients, heat, with_marks
        self.marks: dict[str, Mark] = {}
        self.uses = uses_drawn_again(items, MAX_CROSSED)
        self.ids = {item: box_id(item) for item in items}
        self.used = {parent for item in items for parent in item.parents}
        self.lines = [f"\t{line}\n" for line in header(direction, caption(note, heat) if note or heat else "")]
        for item in items:
            self._item(item)

    def _item(self, item: Item) -> None:
        """An item: its box, its operation, what is drawn again for it, and the edges that feed it."""
        box = head = self.ids[item]
        if item.edges or item not in self.uses:
            self._box(item, box, "solid", "" if item in self.used else " penwidth=3")
        if item.operation is not None:
            head = f"o{item.number}"
            self._write(head, f"[{operation_look(item, self.heat)}", head, Mark(head))
        tails = {parent: self._tail(parent, item) for parent in item.parents}
        for k, edge in enumerate(item.edges):
            weight = 1 if edge.tail in self.uses or not edge.tail.edges else STRAIGHT
            self._edge(tails[edge.tail], head, weight, edge, f"e{item.number}.{k}")
        if head != box:
            self._edge(head, box, STRAIGHT, None, head)

    def _tail(self, parent: Item, item: Item) -> str:
        """The id of the box at which an edge to an item begins; one that is drawn again is drawn here."""
        box = self.ids[parent]
        if parent not in self.uses:
            return box
        again = f"{box}_{item.number}"
        self._box(parent, again, "dotted" if parent.edges else "solid")
        return again

    def _box(self, item: Item, id: str, outline: str, more: str = "") -> None:
        box = self.ids[item]
        # A computed value that is drawn again needs a name, which tells the box that is meant.
        name = item.name or (box if item in self.uses and item.edges else "")
        rows = box_rows(item, name, self.gradients.get(item, ""), self.uses.get(item, 1), self.heat)
        label = "<br/>".join(row.markup for row in rows)
        look = box_look(item, self.heat, outline)
        part = box if id == box else f"{box} {id}"
        mark = Mark(part, [f"{box}.{row.says}" if row.says else "" for row in rows])
        self._write(id, f"[label=<{label}> {look}{more}", id, mark)

    def _edge(self, tail: str, head: str, weight: int, edge: Edge | None, part: str) -> None:
        label, rows = edge_label(edge) if edge else "", []
        if edge and edge.partial is not None:  # dot writes a blank, the name and the slope as three texts
            rows = ["", "", f"{part}.{SLOPE}"] if edge.name else [f"{part}.{SLOPE}"]
        self._write(f"{tail} -> {head}", f"[weight={weight}{label}", part, Mark(part, rows))

    def _write(self, what: str, attributes: str, id: str, mark: Mark) -> None:
        """A line of DOT; of a picture with marks, with an id, which dot writes into the SVG."""
        if self.with_marks:
            self.marks[id] = mark
            attributes += f' id="{id}"'
        self.lines.append(f"\t{what} {attributes}]\n")


def box_id(item: Item) -> str:
    """The id of the box of an item."""
    return f"{'g' if item.part else 'n'}{item.number}"


def uses_drawn_again(order: Sequence[Item], limit: int) -> dict[Item, int]:
    """The items to draw again beside each that they feed, and how many those are.

    The time of a layout grows steeply with the layers that edges cross.  An item stands one layer before the
    first that it feeds; its edges to later ones have layers to cross.  Those that cross most go, until all
    edges together cross no more than ``limit``.
    """
    layer = dict.fromkeys(order[-1:], 0)  # counted back from the root
    uses: dict[Item, list[int]] = {}
    for item in reversed(order):
        for parent in item.parents:
            uses.setdefault(parent, []).append(layer.setdefault(item, 0))
            layer[parent] = max(layer.get(parent, 0), layer[item] + 1)
    crossed = {item: len(at) * max(at) - sum(at) for item, at in uses.items()}
    total, again = sum(crossed.values()), {}
    for item in sorted(crossed, key=lambda item: -crossed[item]):
        if total <= limit:
            break
        total -= crossed[item]
        again[item] = len(uses[item])
    return again
