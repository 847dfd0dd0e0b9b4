"""The picture of a walk: one SVG of the graph, its parts marked and filled in step by step.

The drawing names the parts, by the number of a value in topological order: its box ``n3``, in that its number
``n3.data`` and its gradient ``n3.grad``, its operation ``o3``, and the edge from operand 1 to that, ``e3.1``, with the
slope ``e3.1.slope``.  A value that is drawn again beside operation 3 is ``n0`` and ``n0_3``.
"""

from __future__ import annotations

import re
from collections.abc import Set
from functools import cached_property

from ..drawing import draw_with_marks, format_number
from ..html import asset, escape
from ..value import Value
from .record import FORWARD, Recorder, Step

MOST_NODES = 300  # that are drawn one by one

GROUP = re.compile(r'<g class="([^"]*)" data-part="([^"]*)"')
TEXT = re.compile(r'(<text [^>]*data-part="([^"]*)">)[^<]*')


class Scene:
    """The picture of a walk, at each of its steps; it keeps what the graph was.

    ``ids`` are the parts that show the values, ``names`` ``numbers`` what they hold.
    """

    def __init__(self, recorder: Recorder, depth: int | None) -> None:
        order = recorder.order
        self._order, self._depth = order, depth
        self._steps = recorder.steps
        self._wrong_leaves = recorder.wrong_leaves  # the last frame shows the right gradient beside the wrong one
        self.ids = {node: f"n{i}" for i, node in enumerate(order)}
        self._from = {self.ids[step.node][1:]: step.index for step in self._steps if step.phase == FORWARD}
        self.numbers = {node: format_number(node.data) for node in order}
        self._labels = labels = {node: "" if node.is_constant else label for node, label in recorder.labels.items()}
        self._changes = self._all_changes()
        self._drawing, self.boxes, self.alone, self.ranges = draw_with_marks(
            order, labels, self._room(recorder.grads.keys()), depth, MOST_NODES
        )
        if self.boxes:  # values that have no box of their own are not written
            own = {self.ids[node] for node in order if node in self.alone}
            self._changes = [
                {part: text for part, text in changes.items() if part.split(".")[0] in own} for changes in self._changes
            ]

    def picture(self, index: int) -> str:
        """The SVG text at one frame."""
        texts: dict[str, str] = {}
        for changes in self._changes[: index + 1]:
            texts |= changes
        marks = {part: mark for mark, some in self._marks(self._steps[index]).items() for part in some}

        def mark(group: re.Match[str]) -> str:
            classes = {marks[part] for part in group[2].split() if part in marks}
            since = self._since(group[2])
            todo = ["todo"] if since is not None and since > index else []
            return f'<g class="{" ".join([group[1], *sorted(classes), *todo])}" data-part="{group[2]}"'

        def write(text: re.Match[str]) -> str:
            return f"{text[1]}{escape(texts[text[2]])}" if text[2] in texts else text[0]

        return TEXT.sub(write, GROUP.sub(mark, self._template))

    def png(self) -> bytes:
        """The picture at the last frame as a PNG, for papers."""
        last: dict[str, str] = {}
        for changes in self._changes:
            last |= changes
        grads = {node: last.get(f"{id}.grad", "").removeprefix("grad ") for node, id in self.ids.items()}
        shown = {node: grad for node, grad in grads.items() if grad}
        return draw_with_marks(self._order, self._labels, shown, self._depth, MOST_NODES, room="").drawing.png()

    # --- what a step changes and touches --------------------------------------------------------------------

    def _all_changes(self) -> list[dict[str, str]]:
        """The texts that each step writes."""
        changes = [self._change(step) for step in self._steps]
        for leaf, gradient in self._wrong_leaves.items():
            part = f"{self.ids[leaf]}.grad"
            shown = next((texts[part] for texts in reversed(changes) if part in texts), "grad 0")
            changes[-1][part] = f"{shown} ≠ {format_number(gradient)}"
        return changes

    def _change(self, step: Step) -> dict[str, str]:
        if step.phase == FORWARD:
            return {f"{self.ids[step.node]}.data": self.numbers[step.node]}
        if step.after is None:
            return {}
        receiver = step.node if step.parent is None else step.parent
        written = {f"{self.ids[receiver]}.grad": f"grad {format_number(step.after)}"}
        if step.partial is not None:
            edge = f"e{self.ids[step.node][1:]}.{step.operand}"
            written[f"{edge}.slope"] = f" slope {format_number(step.partial)}"  # the blank keeps it off the line
        return written

    def _room(self, graded: Set[Value]) -> dict[Value, str]:
        """The longest text that each gradient ever is."""
        room = dict.fromkeys(graded, "0")
        nodes = {f"{self.ids[node]}.grad": node for node in graded}
        for changes in self._changes:
            for part, text in changes.items():
                if part in nodes:
                    room[nodes[part]] = max(room[nodes[part]], text.removeprefix("grad "), key=len)
        return room

    def _marks(self, step: Step) -> dict[str, list[str]]:
        """The parts that a step touches, by the way it goes."""

        def box(parent: Value) -> str:
            again = f"{self.ids[parent]}_{i}"
            return again if again in self._parts else self.ids[parent]

        if self.boxes:
            parent = () if step.parent is None else (step.parent,)
            others = step.operands if step.phase == FORWARD else parent
            mark = FORWARD if step.phase == FORWARD else "wrong" if step.wrong else "backward"
            return {mark: list(dict.fromkeys(self.boxes[node] for node in (step.node, *others)))}
        i = self.ids[step.node][1:]
        if step.phase == FORWARD:
            edges = [f"e{i}.{k}" for k in range(len(step.operands))]
            return {"forward": [f"n{i}", f"o{i}", *edges, *map(box, step.operands)]}
        if step.parent is not None:
            edge = f"e{i}.{step.operand}"
            return {"wrong" if step.wrong else "backward": [f"n{i}", f"o{i}", edge, box(step.parent)]}
        if self._wrong_leaves and step is self._steps[-1]:
            return {"wrong": [self.ids[leaf] for leaf in self._wrong_leaves]}
        return {"backward": [f"n{i}"]}

    # --- the picture before any step ------------------------------------------------------------------------

    @cached_property
    def _parts(self) -> Set[str]:
        """The name of each element by itself: those of boxes that are drawn again too."""
        return set(re.findall(r'data-part="[^"]*?([^" ]+)"', self._template))

    @cached_property
    def _template(self) -> str:
        """The SVG before any step: without gradients, and without what is yet to be computed."""

        def empty(text: re.Match[str]) -> str:
            value, _, says = text[2].rpartition(".")
            if value.startswith("g"):
                return text[0]  # a part says what it says
            return text[1] if says != "data" or value[1:] in self._from else text[0]

        def add_since(group: re.Match[str]) -> str:
            since = self._since(group[2])
            return group[0] if since is None else f'{group[0]} data-from="{since}"'

        svg = TEXT.sub(empty, GROUP.sub(add_since, self._drawing.svg))
        return svg.replace("</style>", f"{asset('scene.css')}</style>", 1)

    def _since(self, parts: str) -> int | None:
        """The step from which on an element is there: that in which its value is computed; None for leaves."""
        return self._from.get(re.split(r"\D", parts[1:])[0])
