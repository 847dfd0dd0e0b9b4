"""What is done to each sum of a matrix-vector product, done before the sum is stored: relu, and its slope's mask."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from .calls import Call, Elementwise, Epilogue, MatVec, Row, reads, writes

# Of the processor itself: a function that is called would cost the sums their registers.
CHEAP = {
    "fneg", "fadd", "fsub", "fmul", "fabs", "olt", "ole", "ogt", "oge", "oeq", "une", "and", "or", "not", "select",
    "chain", "copy",
}  # fmt: skip


def joined(calls: Sequence[Call], wanted: set[Row]) -> list[Call]:
    """The calls, each matvec together with the elementwise call that alone reads its sums, where that is cheap."""
    of_matvecs = {row for call in calls if isinstance(call, MatVec) for row in call.outputs} - wanted
    readers: dict[Row, set[int]] = defaultdict(set)
    for i, call in enumerate(calls):
        for row in of_matvecs.intersection(reads(call)):
            readers[row].add(i)
    result: dict[int, Call] = dict(enumerate(calls))
    for i, call in enumerate(calls):
        if not isinstance(call, MatVec) or not wanted.isdisjoint(call.outputs):
            continue
        of_sums = set().union(*(readers[row] for row in call.outputs))
        if len(of_sums) != 1:
            continue
        (j,) = of_sums
        together = _together(call, calls[j])
        if together is None:
            continue
        needed = {*reads(together)}
        if all(needed.isdisjoint(writes(other)) for other in calls[i + 1 : j]):
            result[i] = together
            del result[j]
    return [*result.values()]


def _together(sums: MatVec, then: Call) -> MatVec | None:
    """A matvec that gives what ``then`` makes of each sum; None where it is more than one number of one sum."""
    if not isinstance(then, Elementwise) or len(then.rows) != len(sums.outputs) or then.template.reads("scalar"):
        return None
    if len(then.template.stored) != 1 or any(step.instruction not in CHEAP for step in then.template.steps):
        return None
    stored = {*sums.outputs}
    places = [[k for k, row in enumerate(unit) if row in stored] for unit in then.rows]
    if any(len(found) != 1 or found != places[0] for found in places):
        return None
    (place,) = places[0]
    units = {unit[place]: (unit, outputs) for unit, outputs in zip(then.rows, then.outputs, strict=True)}
    ordered = [units[row] for row in sums.outputs]
    others = [[*unit[:place], *unit[place + 1 :]] for unit, _ in ordered]
    return sums._replace(outputs=[out for _, (out,) in ordered], then=Epilogue(then.template, place, others))
