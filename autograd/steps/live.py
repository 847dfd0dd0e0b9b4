"""What the page of a walk needs to compute it anew: the graph and the words as data, and its rows as JavaScript.

A graph of which a row cannot be written out, as that of a primitive with ``math`` in its forward, gets its numbers as
data: it plays, and its numbers stay as they are.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ..drawing import fill, operation_template
from ..errors import TraceError
from ..html import rows_script
from ..languages import javascript_rows, row_key
from ..primitives import Primitive
from ..value import Value
from .record import BACKWARD, Recorder
from .rules import rule_of
from .wording import WORDS, place_of


class Page:
    """The data of a walk's page, and its ``script``; without one the page is not live."""

    def __init__(self, recorder: Recorder, ids: Mapping[Value, str]) -> None:
        self.recorder = recorder
        self.number = {node: int(id[1:]) for node, id in ids.items()}
        computed = [node for node in recorder.order if node.primitive is not None]
        keys = dict.fromkeys((node.primitive, len(node.parents)) for node in computed if node.primitive is not None)
        self.rows = {key: i for i, key in enumerate(keys)}
        self.script = ""
        self.apology = ""
        try:
            self.script = rows_script("walk", {row_key(*key): text for key, text in javascript_rows(keys).items()})
        except TraceError as error:
            self.apology = str(error)

    def data(self) -> dict[str, Any]:
        """What the script of the page reads."""
        recorder, number = self.recorder, self.number
        back = [step for step in recorder.steps if step.phase == BACKWARD]
        found: dict[str, Any] = {
            "names": [recorder.names[node] for node in recorder.order],
            "nodes": [self._node(node) for node in recorder.order],
            "order": [number[node] for node in recorder.program],
            "rows": [self._row(*key) for key in self.rows],
            "words": WORDS,
            "held": {number[leaf]: grad for leaf, grad in recorder.held.items()},
            "live": bool(self.script),
            "apology": self.apology,
        }
        if recorder.lines:
            texts = {text: i for i, text in enumerate(dict.fromkeys(recorder.lines.values()))}
            found["sources"] = [*texts]
            found["sourceOf"] = [texts.get(recorder.lines.get(node, ""), -1) for node in recorder.order]
        if recorder.is_naive:
            found["naive"] = [[number[step.node], step.operand] for step in back if step.parent is not None]
            found["stopped"] = recorder.stopped
        if not self.script:
            found["numbers"] = [self._numbers(node) for node in recorder.order]
        return found

    def _node(self, node: Value) -> list[Any]:
        """A leaf as its number and kind; a result as its row and operands, and what of the rest is not the usual.

        That is which of them take a gradient, if not all; which is which, where a value is one twice; and how it is
        written, if not as its row is.
        """
        recorder = self.recorder
        if node.primitive is None:
            kind = "wants" if node in recorder.grads else "given" if node.is_constant else "frozen"
            return [as_json_number(recorder.data[node]), kind]
        operands, passing = [self.number[parent] for parent in node.parents], recorder.receivers[node]
        places = {k: place_of(node, k) for k in passing if operands.count(operands[k]) > 1}
        template = operation_template(node.primitive, len(operands), "*")
        usual = fill(template, {str(k): recorder.names[parent] for k, parent in enumerate(node.parents)})
        written = recorder.written(node)
        some = [passing, places, "" if written == usual else written]
        row = [self.rows[node.primitive, len(operands)], operands]
        return [*row, *some] if some != [[*range(len(operands))], {}, ""] else row

    def _numbers(self, node: Value) -> list[Any]:
        """The number of a value, its slopes, which of the special points of its row holds, and its branches."""
        data = self.recorder.data
        if node.primitive is None:
            return [as_json_number(data[node])]
        point = [data[parent] for parent in node.parents]
        special = node.primitive.special_point(point, data[node])
        conditions = rule_of(node.primitive, len(point)).conditions
        return [
            as_json_number(data[node]),
            [*map(as_json_number, node.partials)],
            -1 if special is None else [*node.primitive.special].index(special),
            [] if conditions is None else conditions.evaluate([*point, data[node]]),
        ]

    def _row(self, row: Primitive, count: int) -> dict[str, Any]:
        rule = rule_of(row, count)
        return {
            "key": row_key(row, count),
            "numbers": operation_template(row, count),
            "written": operation_template(row, count, "*"),
            "slopes": rule.slopes,
            "remark": rule.remark,
            "notes": [point.note for point in row.special],
        }


def as_json_number(x: float) -> float | str:
    """A number as JSON has it; inf and nan, which it has not, as JavaScript's Number reads them."""
    return x if math.isfinite(x) else "NaN" if x != x else "Infinity" if x > 0 else "-Infinity"
