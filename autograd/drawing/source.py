"""Items as DOT text: strings alone, and the same items always give the same text.

n3 is the box of the value that is number 3 in topological order, o3 the operation that computed it, g3 the
part of the program whose first value that is; n0_3 is n0 drawn again beside o3.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from ..points import state
from .heat import Heat
from .items import Edge, Item, drawn_again
from .text import clean, escape, expression, number, operand_names, spread

# A graph whose edges cross more layers than this in all has its far-reaching values drawn again beside each
# use.  Measured: a leaf used by each of 64 operations in a row takes dot 10 s, by each of 100 over a minute;
# drawn again, 0.1 s.
MAX_CROSSED = 300
STRAIGHT = 8  # weight of the edges between computed values: keeps a long computation on a line

# Blue and vermilion: the pair that the colour-blind tell apart.  Whatever is a derivative is vermilion.
BLUE, PALE_BLUE, VERMILION = "#0072B2", "#E5F1F9", "#B34700"
INK, GREY, PALE_GREY, WHITE = "#222222", "#666666", "#EEEEEE", "white"
GREEN, PALE_GREEN = "#00684B", "#E8F5EF"  # the parts of a program
FONT = "Helvetica"  # a single name: dot knows its metrics, so that text fits its box on every machine


def dot_lines(
    items: Sequence[Item],
    direction: str,
    heat: Heat | None = None,
    note: str = "",
    gradients: Mapping[Item, str] | None = None,
) -> list[str]:
    """The lines of the DOT text between its braces; ``gradients`` are what boxes say in place of their own."""
    if gradients is None:
        graded = any(value.grad for item in items for value in item.values)
        gradients = {item: item.gradient for item in items} if graded else {}
    again = drawn_again(items, MAX_CROSSED)
    used = {parent for item in items for parent in item.parents}
    ids = {item: f"{'g' if item.part else 'n'}{item.number}" for item in items}
    lines = header(direction, _caption(note, heat) if note or heat else "")
    for item in items:
        box = _Box(item, ids[item], gradients.get(item, ""), again, heat)
        if item.edges or item not in again:
            thick = "" if item in used else " penwidth=3"
            lines.append(f"{ids[item]} [{box.attributes()}{thick}]")
        head = ids[item]
        if item.operation is not None:
            head = f"o{item.number}"
            lines.append(f"{head} [{_operation(item, heat)}]")
        tails = {parent: f"{ids[parent]}_{item.number}" if parent in again else ids[parent] for parent in item.parents}
        for parent, tail in tails.items():
            if parent in again:
                outline = "dotted" if parent.edges else "solid"
                copy = _Box(parent, ids[parent], gradients.get(parent, ""), again, heat)
                lines.append(f"{tail} [{copy.attributes(outline)}]")
        for edge in item.edges:
            weight = 1 if edge.tail in again or not edge.tail.edges else STRAIGHT
            lines.append(f"{tails[edge.tail]} -> {head} [weight={weight}{_edge_label(edge)}]")
        if head != ids[item]:
            lines.append(f"{head} -> {ids[item]} [weight={STRAIGHT}]")
    return [f"\t{line}\n" for line in lines]


def header(direction: str, caption: str) -> list[str]:
    """The lines that hold for the whole picture; a caption stands above it."""
    above = f' fontname={FONT} fontsize=12 fontcolor="{INK}" labelloc=t label=<{caption}>' if caption else ""
    return [
        f"graph [rankdir={direction} bgcolor={WHITE} pad=0.15 nodesep=0.2 ranksep=0.3{above}]",
        f'node [fontname={FONT} fontsize=14 fontcolor="{INK}" shape=box margin="0.14,0.05" height=0.3 width=0.3]',
        f'edge [fontname={FONT} fontsize=12 fontcolor="{VERMILION}" color="{GREY}" arrowsize=0.6]',
    ]


class _Box:
    """The box of an item: its rows of text and its look."""

    def __init__(self, item: Item, id: str, gradient: str, again: dict[Item, int], heat: Heat | None) -> None:
        self.item, self.heat = item, heat
        name = item.name
        if not name and item in again and item.edges:
            name = id  # tells which box is meant
        # Without Pango, dot takes non-ASCII characters for narrower than they are: leave them room.
        room = "\u00a0" * (sum(c > "\x7f" for c in name) // 3)
        part = item.part
        self.rows = [f"<b>{html(name)}{room}</b>"] if name else []
        if part:
            first, *others = map(html, part.summary)
            self.rows = [f"<b>{first}{room}</b>", *others]
        elif len(item.values) > 1:
            self.rows.append(f"<b>×{len(item.values):,}</b>")
        prefix = "" if not part else "out " if part.outputs else "values "
        self.rows.append(prefix + spread(value._data for value in item.shown))
        if gradient:
            self.rows.append(self._coloured(gradient, VERMILION, 13))
        if heat:
            states = Counter(filter(None, map(state, item.values)))
            if item.operation is None or len(item.values) > 1:
                self.rows += [f"<i>{n:,} of {_of(item, what):,} {what}</i>" for what, n in sorted(states.items())]
        if item in again:
            self.rows.append(self._coloured(f"used {again[item]}×", GREY, 10))

    def attributes(self, outline: str = "solid") -> str:
        fill, border = WHITE, INK
        item, ink = self.item, ""
        if item.part:
            fill, border = PALE_GREEN, GREEN
        elif item.outside:
            outline = "dotted"
        elif item.is_constant:
            fill = border = PALE_GREY
        elif not item.values[0].requires_grad:
            fill, border, outline = PALE_GREY, GREY, "dashed"
        elif item.operation is None:
            fill, border = PALE_BLUE, BLUE
        if self.heat and not item.is_constant:
            fill, colour = self.heat.colours(item)
            ink = f' fontcolor="{colour}"'
        label = "<br/>".join(self.rows)
        return f'label=<{label}> style="rounded,filled,{outline}" fillcolor="{fill}" color="{border}"{ink}'

    def _coloured(self, text: str, colour: str, size: int) -> str:
        """Text in its colour; over heat in the ink that is readable there."""
        colours = "" if self.heat else f' color="{colour}"'
        return f'<font point-size="{size}"{colours}>{text}</font>'


def _of(item: Item, what: str) -> int:
    """How many values of an item could be dead, or saturated."""
    symbols = {value.primitive for value in item.values if state(value) == what}
    return sum(1 for value in item.values if value.primitive in symbols)


def _operation(item: Item, heat: Heat | None) -> str:
    """The attributes of the node of an operation."""
    node = item.values[0]
    assert node.primitive is not None
    symbol, names = node.primitive.symbol, operand_names(node)
    text = f"<b>{html(clean(expression(symbol, names) if any(names) and len(names) == 2 else symbol))}</b>"
    fill = INK
    if heat and len(item.values) == 1 and (what := state(node)):
        text, fill = f'{text}<br/><font point-size="11"><i>{what}</i></font>', GREY
    return (
        f'label=<{text}> shape=box style="filled,rounded" fillcolor="{fill}" '
        f'fontcolor={WHITE} fontsize=16 color="{fill}"'
    )


def _edge_label(edge: Edge) -> str:
    parts = [f'<font color="{INK}"><i>{edge.name}</i></font>'] if edge.name else []
    if edge.partial is not None:
        parts.append(f"∂ {number(edge.partial)}")
    return f" label=< {'  '.join(parts)}>" if parts else ""  # the space keeps it off the line


def _caption(note: str, heat: Heat | None) -> str:
    """What stands above the picture: the note, and the legend of the heat."""
    rows = [
        f'<tr><td colspan="{{}}" align="left"><font color="{GREY}">{html(line)}</font></td></tr>'
        for line in wrapped(note)
    ]
    cells = [
        f'<td bgcolor="{fill}" border="1" cellpadding="4"><font color="{ink}">{html(text)}</font></td>'
        for fill, ink, text in (heat.legend() if heat else ())
    ]
    if cells:
        rows.append(f"<tr>{''.join(cells)}</tr>")
    table = "".join(row.format(max(1, len(cells))) for row in rows)
    return f'<table border="0" cellborder="0" cellspacing="0" color="{GREY}">{table}</table>'


def wrapped(note: str) -> list[str]:
    """A note in lines that are no wider than a small picture."""
    import textwrap

    return textwrap.wrap(note, 60)


def html(text: str) -> str:
    """Clean text for an HTML-like label: dot expands backslashes in those too, and some take a lone ] for an error."""
    return escape(text).replace("\\", "\\\\").replace("]", "&#93;")
