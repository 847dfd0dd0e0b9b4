"""The picture of a walk: one SVG of the graph whose parts are marked and filled in step by step.

The parts, for the value that is number 3 in topological order:

    n3          its box                     o3      the operation that computed it, with its edge to the box
    n3.data     the number in the box       e3.1    the edge from its operand 1 to the operation
    n3.grad     the gradient in the box     n0_3    the box of value 0 that is drawn again beside operation 3
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Set
from functools import cached_property
from html import escape, unescape

from ..drawing import Drawing
from ..drawing.items import every
from ..drawing.source import dot_lines
from ..drawing.views import View, description, title
from ..html.page import asset
from ..html.player import Frame
from ..value import Value
from .record import FORWARD, Recorder, Step
from .wording import number

MOST_NODES = 1500
SECONDS = 30.0  # for dot

GROUP = re.compile(r'(?s)<g id="[^"]*" class="(node|edge)([^"]*)">\s*<title>(.*?)</title>(.*?)</g>')
TEXT = re.compile(r"(<text [^>]*)>[^<]*</text>")
SLOT = re.compile("\0([^\0]*)\0")  # a name between two NULs, which no label holds


class Scene:
    """The picture of a walk, at each of its steps; it keeps what the graph was.

    ``frames`` are what the player shows, ``names`` what it calls the values, ``numbers`` what they hold.
    """

    def __init__(self, recorder: Recorder) -> None:
        order = self._order = recorder.order
        self._steps = recorder.steps
        self._right = recorder.right  # where a naive walk comes to wrong gradients: the last frame shows both
        self._ids = {node: f"n{i}" for i, node in enumerate(order)}
        self._graded = recorder.grads.keys()
        self._from = {step.node: step.index for step in self._steps if step.phase == FORWARD}
        self.numbers = {node: number(node.data) for node in order}
        labels = {node: "" if node.is_constant else label for node, label in recorder.labels.items()}
        self.names = {self._ids[node]: label for node, label in labels.items() if label}
        self._changes = self._all_changes()
        # Room in each box for the longest text that its gradient ever is.
        room = dict.fromkeys(self._graded, "0")
        by_part = {f"{self._ids[node]}.grad": node for node in self._graded}
        for changes in self._changes:
            for part, text in changes.items():
                if part in by_part:
                    room[by_part[part]] = max(room[by_part[part]], text.removeprefix("grad "), key=len)
        self._drawing = Drawing(_view(order, labels, room), SECONDS) if len(order) <= MOST_NODES else None

    @cached_property
    def frames(self) -> list[Frame]:
        parts = set(re.findall(r'data-part="[^"]*?([^" ]+)"', self._template))
        return [
            Frame(step.text, self._marks(step, parts), changes)
            for step, changes in zip(self._steps, self._changes, strict=True)
        ]

    def updated(self, text: str, moved: Mapping[Value, float]) -> list[Frame]:
        """The frames, and one more in which leaves get other numbers."""
        parts = {leaf: f"{self._ids[leaf]}.data" for leaf in moved}
        first, *others = self.frames
        start = first._replace(texts={part: self.numbers[leaf] for leaf, part in parts.items()} | dict(first.texts))
        marks = {"forward": [self._ids[leaf] for leaf in moved]}
        return [start, *others, Frame(text, marks, {parts[leaf]: number(x) for leaf, x in moved.items()})]

    def picture(self, index: int) -> str:
        """The SVG text at one frame."""
        texts: dict[str, str] = {}
        for changes in self._changes[: index + 1]:
            texts |= changes
        marks = {part: mark for mark, parts in self.frames[index].marks.items() for part in parts}

        def fill(slot: re.Match[str]) -> str:
            kind, first, parts = slot[1].split(":")
            if kind == "text":
                return escape(texts.get(parts, ""), quote=False)
            classes = {marks[part] for part in parts.split() if part in marks}
            return " ".join(["", *sorted(classes), *(["todo"] if first and int(first) > index else [])])

        return SLOT.sub(fill, self._template)

    # --- what a step changes and touches --------------------------------------------------------------------

    def _all_changes(self) -> list[dict[str, str]]:
        """The texts that each step writes."""
        changes = [self._change(step) for step in self._steps]
        for leaf, gradient in self._right.items():
            part = f"{self._ids[leaf]}.grad"
            shown = next((texts[part] for texts in reversed(changes) if part in texts), "grad 0")
            changes[-1][part] = f"{shown} ≠ {number(gradient)}"
        return changes

    def _change(self, step: Step) -> dict[str, str]:
        if step.phase == FORWARD:
            return {f"{self._ids[step.node]}.data": self.numbers[step.node]}
        if step.after is None:
            return {}
        receiver = step.node if step.parent is None else step.parent
        return {f"{self._ids[receiver]}.grad": f"grad {number(step.after)}"}

    def _marks(self, step: Step, parts: Set[str]) -> dict[str, list[str]]:
        """The parts that a step touches, by the way it goes."""

        def box(parent: Value) -> str:
            again = f"{self._ids[parent]}_{i}"
            return again if again in parts else self._ids[parent]

        i = self._ids[step.node][1:]
        if step.phase == FORWARD:
            edges = [f"e{i}.{k}" for k in range(len(step.operands))]
            return {"forward": [f"n{i}", f"o{i}", *edges, *map(box, step.operands)]}
        if step.parent is not None:
            edge = f"e{i}.{step.operand}"
            return {"wrong" if step.wrong else "backward": [f"n{i}", f"o{i}", edge, box(step.parent)]}
        if self._right and step is self._steps[-1]:
            return {"wrong": [self._ids[leaf] for leaf in self._right]}
        return {"backward": [f"n{i}"]}

    # --- the SVG with its parts named -------------------------------------------------------------------------

    @cached_property
    def _template(self) -> str:
        """The SVG with a name for each part, and a slot wherever frames differ."""
        if self._drawing is None:
            raise ValueError(
                f"the graph has {len(self._order):,} values, more than the {MOST_NODES:,} of a picture that can be "
                f"read: walk to a smaller root (one sample, one neuron)"
            )
        edges = self._edges()

        def name(group: re.Match[str]) -> str:
            kind, title, inside = group[1], unescape(group[3]), group[4]
            if kind == "edge":
                parts = [edges[title].pop(0)]
            else:
                parts = [title.partition("_")[0], title] if "_" in title else [title]
            node = self._order[int(re.split(r"\D", parts[0][1:])[0])]
            if parts[0] == self._ids[node]:
                inside = self._rows(inside, node)
            elif parts[0][0] == "e":
                partial = node.partials[int(parts[0].partition(".")[2])]
                inside = re.sub("∂ [^<]*", f"∂ {number(partial)}", inside)
            first = self._from.get(node, "")
            since = f' data-from="{first}"' if node in self._from else ""
            named = " ".join(parts)
            return f'<g class="{kind}{group[2]}\0class:{first}:{named}\0" data-part="{named}"{since}>{inside}</g>'

        # Ids would repeat in a page of several pictures, and the titles that dot gives would pop up.
        svg = GROUP.sub(name, self._drawing.svg)
        svg = re.sub(r'(?s) id="graph0"([^>]*>)\s*<title>.*?</title>', r"\1", svg, count=1)
        return svg.replace("</style>", f"{asset('scene.css')}</style>", 1)

    def _edges(self) -> dict[str, list[str]]:
        """The parts for each title that dot gives to edges; parallel edges are in the order of the operands."""
        edges: defaultdict[str, list[str]] = defaultdict(list)
        for i, node in enumerate(self._order):
            edges[f"o{i}->n{i}"].append(f"o{i}")
            for k, parent in enumerate(node.parents):
                for tail in (self._ids[parent], f"{self._ids[parent]}_{i}"):
                    edges[f"{tail}->o{i}"].append(f"e{i}.{k}")
        return edges

    def _rows(self, inside: str, node: Value) -> str:
        """The lines of text in a box: its name, its number, its gradient, and how often it is used."""
        part = self._ids[node]
        data = f"\0text::{part}.data\0" if node in self._from else self.numbers[node]
        rows = [] if node.is_constant else [("", "")]
        rows.append((f"{part}.data", data))
        if node in self._graded:
            rows.append((f"{part}.grad", f"\0text::{part}.grad\0"))
        rest = iter(rows)

        def fill(text: re.Match[str]) -> str:
            name, content = next(rest, ("", ""))
            return f'{text[1]} data-part="{name}">{content}</text>' if name else text[0]

        return TEXT.sub(fill, inside)


def _view(order: list[Value], labels: Mapping[Value, str], gradients: Mapping[Value, str]) -> View:
    """The picture of a graph in which the boxes have other labels and gradients than their own."""
    items = every(order)
    for item, node in zip(items, order, strict=True):
        item.name = labels[node]
    said = {items[i]: f"grad {gradients[node]}" for i, node in enumerate(order) if node in gradients}
    return View(dot_lines(items, "LR", gradients=said), [], title(order), description(order, items))
