"""The plan of a program for one sample at a time: calls that are alike become one, as its lanes are their units.

With many samples it is enough that each call has them in its lanes.  With one it is the units of a call that fill the
lanes: so there should be few calls of many units each.

1. a sum that shares its inputs with no other is a sum of products of its own, weights and inputs its rows;
2. calls of the same shape become one, where the later one reads nothing that comes between;
3. the products of all calls that are added to the same sums follow each other at the end.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from .calls import (
    COPY,
    ONES,
    UNIT,
    ZERO,
    Call,
    Elementwise,
    Gather,
    LogSumExp,
    MatVec,
    Outer,
    Plan,
    Row,
    RowDot,
    Scalar,
    Scatter,
    Spread,
    reads,
    writes,
)


class SharedWeights(NamedTuple):
    """Matrix-vector products with the same weights, for several lists of inputs, such as the positions of a text."""

    calls: list[MatVec]

    def __str__(self) -> str:
        return f"{len(self.calls)} x {self.calls[0]}"


class Accumulation(NamedTuple):
    """places[i][j] += Σ left[i][p] · right[p][j]; a sum without a place is not wanted."""

    left: list[list[Row]]
    right: list[tuple[Row, ...]]
    places: list[tuple[int | None, ...]]

    def __str__(self) -> str:
        return f"accumulation {len(self.left)} x {len(self.right)} x {len(self.places[0])}"


OneSampleCall = SharedWeights | Elementwise | RowDot | LogSumExp | Gather | Scatter | Accumulation


class OneSamplePlan(NamedTuple):
    """The calls in order."""

    calls: list[OneSampleCall]

    def __str__(self) -> str:
        return "\n".join(map(str, self.calls))


def for_one_sample(plan: Plan, constants: Mapping[int, float]) -> OneSamplePlan:
    """The same computation in calls of as many units as there can be."""
    zeros = {v for v, x in constants.items() if repr(x) == "0.0"}
    found: list[list[Call]] = []
    place: dict[object, int] = {}  # the last of the calls that are alike, by what makes them so
    written: dict[Row, int] = {}  # the call in which a row gets its number
    outers = [call for call in plan.calls if isinstance(call, Outer)]
    for call in _alone_as_rowdots(_without_zeros(plan.calls, zeros)):
        shape = _shape(call)
        i = place.get(shape, -1)
        if i < 0 or any(written.get(row, -1) >= i for row in reads(call)):
            i = place[shape] = len(found)
            found.append([])
        found[i].append(call)
        written |= dict.fromkeys(writes(call), i)
    return OneSamplePlan([*map(_together, found), *_accumulations(outers)])


def _without_zeros(calls: Iterable[Call], zeros: set[int]) -> list[Call]:
    """The calls, a bias that is the number 0 as none: each position of a text has another one."""
    return [
        call._replace(biases=[ZERO if bias in zeros else bias for bias in call.biases])
        if isinstance(call, MatVec)
        else call
        for call in calls
    ]


def _alone_as_rowdots(calls: Sequence[Call]) -> Iterable[Call]:
    """The calls but for the outer products, sums that share their inputs with no other as sums of products of rows."""
    more = {out for call in calls if isinstance(call, RowDot) and call.adding for out in call.outputs}
    begun: dict[Row, tuple[list[Row], list[Row]]] = {}  # the first products of sums to which others are added
    for call in calls:
        match call:
            case MatVec(inputs, [bias], [weights], [int(out)], None) if ZERO not in weights:
                left, right = [*map(_as_row, weights)], [*inputs]
                if bias != ZERO:
                    left, right = [*left, _as_row(bias)], [*right, ONES]
                if out in more:
                    begun[out] = left, right
                else:
                    yield RowDot([left], [right], [out], False)
            case RowDot(lefts, rights, outputs, True) if not begun.keys().isdisjoint(outputs):
                for left, right, out in zip(lefts, rights, outputs, strict=True):
                    first = begun.get(out, ([], []))
                    yield RowDot([[*first[0], *left]], [[*first[1], *right]], [out], out not in begun)
            case Outer():
                pass
            case Elementwise(template) if template == COPY:
                pass  # a scalar is what a row is: one number
            case _:
                yield call


def _as_row(x: Scalar) -> Row:
    """A weight as a row."""
    if isinstance(x, int):
        return Spread(x)
    assert x == UNIT
    return ONES


def _shape(call: Call) -> object:
    """What calls must have in common to become one."""
    match call:
        case MatVec(biases=biases, weights=weights, then=then):
            return "matvec", tuple(biases), tuple(map(tuple, weights)), then and (then.template, then.place)
        case Elementwise(template=template):
            return template
        case RowDot(left=left, adding=adding):
            return "rowdot", len(left[0]), adding
        case LogSumExp(inputs=inputs):
            return "logsumexp", len(inputs[0])
        case _:
            return id(call)


def _together(calls: list[Call]) -> OneSampleCall:
    """Calls of the same shape as one."""
    first = calls[0]
    if isinstance(first, MatVec):
        return SharedWeights([call for call in calls if isinstance(call, MatVec)])
    kind: Any = type(first)
    joined: OneSampleCall = kind(*(
        [unit for units in field for unit in units] if isinstance(field[0], list) else field[0]
        for field in zip(*calls, strict=True)
    ))  # fmt: skip
    return joined


def _accumulations(calls: Iterable[Outer]) -> list[Accumulation]:
    """The sums over samples, by the rows of sums that are added to, those together whose products have the same x."""
    products: dict[tuple[int | None, ...], list[tuple[Row, tuple[Row, ...]]]] = defaultdict(list)
    for left, right, places in calls:
        if len(left) > len(right) == 1:
            left, right, places = right, left, [[row[0] for row in places]]
        for g, row in zip(left, places, strict=True):
            products[tuple(row)].append((g, tuple(right)))
    found: dict[tuple[tuple[Row, ...], ...], Accumulation] = {}
    for sums, pairs in products.items():
        factors = tuple([xs for _, xs in pairs])
        accumulation = found.setdefault(factors, Accumulation([], [*factors], []))
        accumulation.left.append([g for g, _ in pairs])
        accumulation.places.append(sums)
    return [*found.values()]
