"""Sums as calls: the sums of products and logsumexps of a program, its look-ups, and the sums over its samples.

Sums over the same inputs become one matrix-vector product, look-ups by the same index one call; products that are
summed over the samples become rectangles.  All are found by their operands alone, whatever the graph was meant to be.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from ...program import Equation
from .calls import (
    ONES,
    UNIT,
    ZERO,
    Call,
    Gather,
    LogSumExp,
    MatVec,
    Number,
    Outer,
    Row,
    RowDot,
    Scalar,
    Scatter,
    row_of,
)


class Products(NamedTuple):
    """Sums over the samples that are wanted: for each x and its place total[place] += g · x."""

    g: Row
    xs: tuple[Row, ...]
    places: Sequence[int]


class Indexed(NamedTuple):
    """Sums over the samples that are wanted, of which every sample adds to one: total[places[x]] += g.

    ``x`` is the index of that sample; None is the place of a sum that is not wanted.
    """

    g: Row
    x: Row
    places: tuple[int | None, ...]


def rows_of(products: Iterable[Products | Indexed]) -> dict[Row, None]:
    """What is multiplied, added and looked up by, each once.  The gradients of a layer have the same tuple ``xs``."""
    found: dict[Row, None] = {}
    met: set[int] = set()
    for product in products:
        found[product.g] = None
        if isinstance(product, Indexed):
            found[product.x] = None
        elif id(product.xs) not in met:
            met.add(id(product.xs))
            found.update(dict.fromkeys(product.xs))
    return found


class Terms(NamedTuple):
    """A sum as bias + Σ weight · row + Σ left · right of rows, whichever way round its products were written."""

    bias: Scalar
    weights: list[Scalar]
    rows: list[Row]
    left: list[Row]
    right: list[Row]


def sums(
    equations: Iterable[Equation],
    scalars: set[int],
    constants: Mapping[int, float],
    lists: Mapping[int, tuple[int, ...]],
) -> list[Call]:
    """The sums of one level; all that share their inputs are one call."""
    matvecs: dict[tuple[Row, ...], MatVec] = {}
    rowdots: dict[tuple[int, bool], RowDot] = {}
    exponentials: dict[int, LogSumExp] = {}
    gathers: dict[tuple[int, int, bool], Gather] = {}
    of_list: dict[int, MatVec] = {}  # the matvec of a list of inputs
    kinds: dict[int, bool | None] = {}

    def all_scalars(number: int) -> bool | None:
        """Whether all items of a list are scalars; None where some are."""
        if number not in kinds:
            items = lists[number]
            kinds[number] = False if scalars.isdisjoint(items) else True if scalars.issuperset(items) else None
        return kinds[number]

    for out, primitive, args in equations:
        if primitive.instruction == "logsumexp":
            call = exponentials.setdefault(len(args), LogSumExp([], []))
            call.inputs.append([row_of(x, scalars) for x in args])
            call.outputs.append(out)
            continue
        if primitive.instruction == "pick":
            index, *xs = args
            of_rows = any(x not in scalars for x in xs)
            gather = gathers.setdefault((index, len(xs), of_rows), Gather(row_of(index, scalars), [], of_rows, []))
            gather.choices.append([row_of(x, scalars) for x in xs] if of_rows else [*xs])
            gather.outputs.append(out)
            continue
        assert primitive.terms is not None  # what else takes any number of arguments is a sum of products
        if args[0] in lists:
            first, second, last = args
            if last in scalars and all_scalars(first) and all_scalars(second) is False:  # most sums are of this kind
                matvec = of_list.get(second)
                if matvec is None:
                    inputs = lists[second]
                    matvec = of_list[second] = matvecs.setdefault(inputs, MatVec(inputs, [], [], []))
                matvec.biases.append(last)
                matvec.weights.append(lists[first])
                matvec.outputs.append(out)
                continue
            args = (*lists[first], *lists[second], last)
        bias, weights, rows, left, right = terms(primitive.terms(args), scalars)
        zero = bias.x == 0.0 if isinstance(bias, Number) else constants.get(bias) == 0.0
        if not weights and not (left and zero):
            bias, weights, rows = ZERO, [bias], [ONES]  # what a matvec begins, so that there is one
        if weights:
            key = tuple(rows)
            if key not in matvecs:
                matvecs[key] = MatVec(key, [], [], [])
            matvec = matvecs[key]
            matvec.biases.append(bias)
            matvec.weights.append(weights)
            matvec.outputs.append(out)
        if left:
            adding = bool(weights)
            rowdot = rowdots.setdefault((len(left), adding), RowDot([], [], [], adding))
            rowdot.left.append(left)
            rowdot.right.append(right)
            rowdot.outputs.append(out)
    return [*matvecs.values(), *rowdots.values(), *exponentials.values(), *gathers.values()]


def terms(tuples: Sequence[tuple[int, ...]], scalars: set[int]) -> Terms:
    """The terms of a row of the table, (w, x) or (b,), by what a call does with them."""
    found = Terms(ZERO, [], [], [], [])
    pairs = [term for term in tuples if len(term) == 2]
    firsts, seconds = zip(*pairs, strict=True) if pairs else ((), ())
    if scalars.isdisjoint(seconds) and (scalars.issuperset(firsts) or scalars.isdisjoint(firsts)):
        left, right = (found.left, found.right) if scalars.isdisjoint(firsts) else (found.weights, found.rows)
        left.extend(firsts)  # most sums are of one kind, and a large one is soon looked through
        right.extend(seconds)
        tuples = [term for term in tuples if len(term) == 1]
    for first, *rest in tuples:
        second = rest[0] if rest else None
        if second is None and first in scalars and found.bias == ZERO:
            found = found._replace(bias=first)
        elif second is not None and first not in scalars and second not in scalars:
            found.left.append(first)
            found.right.append(second)
        else:
            weight, row = (
                (first, ONES if second is None else row_of(second, scalars))
                if first in scalars
                else (UNIT if second is None else second, first)
            )
            found.weights.append(weight)
            found.rows.append(row)
    return found


def over_samples(products: Iterable[Products | Indexed]) -> list[Call]:
    """The sums over the samples: of products as rectangles, all g that meet the same x; by an index as scatters."""
    rectangles: dict[tuple[Row, ...], Outer] = {}
    scatters: dict[tuple[Row, int], Scatter] = {}
    for product in products:
        if isinstance(product, Products):
            for xs, places in _apart(product.xs, product.places):
                outer = rectangles.setdefault(xs, Outer([], [*xs], []))
                outer.left.append(product.g)
                outer.places.append(places)
        else:
            scatter = scatters.setdefault((product.x, len(product.places)), Scatter(product.x, [], []))
            scatter.gradients.append(product.g)
            scatter.places.append([*product.places])
    return [*scatters.values(), *rectangles.values()]


def _apart(xs: tuple[Row, ...], places: Sequence[int]) -> Iterator[tuple[tuple[Row, ...], Sequence[int | None]]]:
    """The same in parts that have each x once: one that goes to several places (a weight used twice) is rare."""
    if len({*xs}) == len(xs):
        yield xs, places
        return
    left = [*zip(xs, places, strict=True)]
    while left:
        once, again = {}, []
        for x, place in left:
            if x in once:
                again.append((x, place))
            else:
                once[x] = place
        yield tuple(once), [*once.values()]
        left = again
