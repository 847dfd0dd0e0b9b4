"""The picture of a walk: one SVG of the graph whose parts are marked and filled in step by step.

The parts, for the value that is number 3 in topological order:

    n3          its box                     o3      the operation that computed it
    n3.data     the number in the box       r3      the edge from there to the box
    n3.grad     the gradient in the box     e3.1    the edge from its operand 1 to the operation
    n0_3        the box of value 0 that is drawn again beside operation 3
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from html import escape, unescape

from .draw import Drawing, names_of
from .player import Frame, asset
from .steps import FORWARD, Step
from .value import Constant, Value
from .wording import number

MOST_NODES = 1500
SECONDS = 30.0  # for dot

GROUP = re.compile(r'(?s)<g id="[^"]*" class="(node|edge)">\s*<title>(.*?)</title>(.*?)</g>')
TEXT = re.compile(r"(<text [^>]*)>[^<]*</text>")
SLOT = re.compile("\0([^\0]*)\0")  # a name between two NULs, which no label holds


class Scene:
    """The frames of a walk, and the picture at each of them.

    ``right`` are the right gradients of leaves for which the walk came to wrong ones: the last frame shows both.
    """

    def __init__(self, order: list[Value], steps: Sequence[Step], right: Mapping[Value, float]) -> None:
        if len(order) > MOST_NODES:
            raise ValueError(
                f"the graph has {len(order):,} values, more than the {MOST_NODES:,} of a picture that can be "
                f"read: walk to a smaller root (one sample, one neuron)"
            )
        self._ids = {node: f"n{i}" for i, node in enumerate(order)}
        self._from = {step.node: step.index for step in steps if step.phase == FORWARD}
        names = names_of(order)
        self.names = {self._ids[node]: name for node, name in names.items() if type(node) is not Constant}
        changes = [self._changes(step) for step in steps]
        for leaf, gradient in right.items():
            part = f"{self._ids[leaf]}.grad"
            shown = next(texts[part] for texts in reversed(changes) if part in texts)
            changes[-1][part] = f"{shown} ≠ {number(gradient)}"
        room = {node: self._widest(node, changes) for node in order if node.requires_grad}
        shown_names = {node: "" if type(node) is Constant else name for node, name in names.items()}
        svg = Drawing(order, "LR", MOST_NODES, SECONDS, shown_names, room).svg
        self._parts: set[str] = set()
        self._template = self._with_slots(svg, order)
        self.frames = [
            Frame(step.text, self._marks(step, right), texts) for step, texts in zip(steps, changes, strict=True)
        ]

    def picture(self, index: int) -> str:
        """The SVG text at one frame."""
        texts: dict[str, str] = {}
        for frame in self.frames[: index + 1]:
            texts |= frame.texts
        marks = {part: mark for mark, parts in self.frames[index].marks.items() for part in parts}

        def fill(slot: re.Match[str]) -> str:
            kind, first, parts = slot[1].split(":")
            if kind == "text":
                return escape(texts.get(parts, ""), quote=False)
            classes = {marks[part] for part in parts.split() if part in marks}
            return " ".join(["", *sorted(classes), *(["todo"] if first and int(first) > index else [])])

        return SLOT.sub(fill, self._template)

    # --- what a step changes and touches --------------------------------------------------------------------

    def _changes(self, step: Step) -> dict[str, str]:
        if step.phase == FORWARD:
            return {f"{self._ids[step.node]}.data": number(step.node.data)}
        if step.after is None:
            return {}
        receiver = step.node if step.parent is None else step.parent
        return {f"{self._ids[receiver]}.grad": f"grad {number(step.after)}"}

    def _widest(self, node: Value, changes: list[dict[str, str]]) -> str:
        """The longest text that the gradient of a node ever shows: its box has room for it."""
        part = f"{self._ids[node]}.grad"
        return max((texts[part].removeprefix("grad ") for texts in changes if part in texts), key=len, default="0")

    def _marks(self, step: Step, right: Mapping[Value, float]) -> dict[str, list[str]]:
        i = self._ids[step.node][1:]
        if step.phase == FORWARD:
            edges = [f"e{i}.{k}" for k in range(len(step.operands))]
            return {"forward": [f"n{i}", f"o{i}", f"r{i}", *edges, *(self._box(p, i) for p in step.operands)]}
        if step.parent is None:
            if right and step.after is None:
                return {"wrong": [self._ids[leaf] for leaf in right]}
            return {"backward": [f"n{i}"]}
        edge = f"e{i}.{step.operand}"
        return {"wrong" if step.wrong else "backward": [f"n{i}", f"r{i}", f"o{i}", edge, self._box(step.parent, i)]}

    def _box(self, parent: Value, i: str) -> str:
        again = f"{self._ids[parent]}_{i}"
        return again if again in self._parts else self._ids[parent]

    # --- the SVG with its parts named -------------------------------------------------------------------------

    def _with_slots(self, svg: str, order: list[Value]) -> str:
        """The SVG with a name for each part, and a slot wherever frames differ."""
        edges = self._edges(order)

        def name(group: re.Match[str]) -> str:
            kind, title, inside = group[1], unescape(group[2]), group[3]
            if kind == "edge":
                parts = [edges[title].pop(0)]
            else:
                parts = [title.partition("_")[0], title] if "_" in title else [title]
            i = re.split(r"\D", parts[0][1:])[0]
            node = order[int(i)]
            if parts[0] == self._ids[node]:
                inside = self._rows(inside, node)
            elif parts[0][0] == "e":
                partial = node.partials[int(parts[0].partition(".")[2])]
                inside = re.sub("∂ [^<]*", f"∂ {number(partial)}", inside)
            self._parts |= {*parts}
            first = self._from.get(node, "")
            since = f' data-from="{first}"' if node in self._from else ""
            named = " ".join(parts)
            return f'<g class="{kind}\0class:{first}:{named}\0" data-part="{named}"{since}>{inside}</g>'

        # Ids would repeat in a page of several pictures, and the titles that dot gives would pop up.
        svg = re.sub(r'(?s) id="graph0"([^>]*>)\s*<title>.*?</title>', r"\1", GROUP.sub(name, svg), count=1)
        svg = svg.replace("<svg ", '<svg class="stepgrad-picture" ', 1)
        return svg.replace("</title>", f"</title><style>{asset('scene.css')}</style>", 1)

    def _edges(self, order: list[Value]) -> dict[str, list[str]]:
        """The parts for each title that dot gives to edges; parallel edges are in the order of the operands."""
        edges: defaultdict[str, list[str]] = defaultdict(list)
        for i, node in enumerate(order):
            edges[f"o{i}->n{i}"].append(f"r{i}")
            for k, parent in enumerate(node.parents):
                for tail in (self._ids[parent], f"{self._ids[parent]}_{i}"):
                    edges[f"{tail}->o{i}"].append(f"e{i}.{k}")
        return edges

    def _rows(self, inside: str, node: Value) -> str:
        """The lines of text in a box: its name, its number, its gradient, and how often it is used."""
        part = self._ids[node]
        data = f"\0text::{part}.data\0" if node in self._from else number(node.data)
        rows = [] if type(node) is Constant else [("", "")]
        rows.append((f"{part}.data", data))
        if node.requires_grad:
            rows.append((f"{part}.grad", f"\0text::{part}.grad\0"))
        rest = iter(rows)

        def fill(text: re.Match[str]) -> str:
            name, content = next(rest, ("", ""))
            return f'{text[1]} data-part="{name}">{content}</text>' if name else text[0]

        return TEXT.sub(fill, inside)
