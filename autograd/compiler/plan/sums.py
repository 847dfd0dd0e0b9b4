"""Sums as calls: the sums of products and logsumexps of a program, its look-ups, and the sums over its samples.

Sums over the same inputs become one matrix-vector product, look-ups by the same index one call; products that are
summed over the samples become rectangles.  All are found by their operands alone, whatever the graph was meant to be.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
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
    places: list[int]


class Indexed(NamedTuple):
    """Sums over the samples that are wanted, of which every sample adds to one: total[places[x]] += g.

    ``x`` is the index of that sample; None is the place of a sum that is not wanted.
    """

    g: Row
    x: Row
    places: tuple[int | None, ...]


class Terms(NamedTuple):
    """A sum as bias + Σ weight · row + Σ row · row, whichever way round its products were written."""

    bias: Scalar
    weighted: list[tuple[Scalar, Row]]
    products: list[tuple[Row, Row]]


def sums(equations: Iterable[Equation], scalars: set[int], constants: Mapping[int, float]) -> list[Call]:
    """The sums of one level; all that share their inputs are one call."""
    matvecs: dict[tuple[Row, ...], MatVec] = {}
    rowdots: dict[tuple[int, bool], RowDot] = {}
    exponentials: dict[int, LogSumExp] = {}
    gathers: dict[tuple[int, int, bool], Gather] = {}
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
        bias, weighted, products = terms(primitive.terms(args), scalars)
        zero = bias.x == 0.0 if isinstance(bias, Number) else constants.get(bias) == 0.0
        if not weighted and not (products and zero):
            bias, weighted = ZERO, [(bias, ONES)]  # what a matvec begins, so that there is one
        if weighted:
            matvec = matvecs.setdefault(
                tuple([row for _, row in weighted]), MatVec([row for _, row in weighted], [], [], [])
            )
            matvec.biases.append(bias)
            matvec.weights.append([weight for weight, _ in weighted])
            matvec.outputs.append(out)
        if products:
            adding = bool(weighted)
            rowdot = rowdots.setdefault((len(products), adding), RowDot([], [], [], adding))
            rowdot.left.append([left for left, _ in products])
            rowdot.right.append([right for _, right in products])
            rowdot.outputs.append(out)
    return [*matvecs.values(), *rowdots.values(), *exponentials.values(), *gathers.values()]


def terms(tuples: Iterable[tuple[int, ...]], scalars: set[int]) -> Terms:
    """The terms of a row of the table, (w, x) or (b,), by what a call does with them."""
    found = Terms(ZERO, [], [])
    tuples = [*tuples]
    pairs = [term for term in tuples if len(term) == 2]
    firsts, seconds = zip(*pairs, strict=True) if pairs else ((), ())
    if scalars.isdisjoint(seconds):  # most sums are of one kind, and a large one is soon looked through
        if scalars.issuperset(firsts):
            found.weighted.extend(pairs)
        elif scalars.isdisjoint(firsts):
            found.products.extend(pairs)
        if found.weighted or found.products:
            tuples = [term for term in tuples if len(term) == 1]
    for first, *rest in tuples:
        if not rest:
            if first not in scalars:
                found.weighted.append((UNIT, first))
            elif found.bias == ZERO:
                found = found._replace(bias=first)
            else:
                found.weighted.append((first, ONES))
            continue
        (second,) = rest
        if first in scalars:
            found.weighted.append((first, row_of(second, scalars)))
        elif second in scalars:
            found.weighted.append((second, first))
        else:
            found.products.append((first, second))
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


def _apart(xs: tuple[Row, ...], places: list[int]) -> Iterator[tuple[tuple[Row, ...], list[int | None]]]:
    """The same in parts that have each x once: one that goes to several places (a weight used twice) is rare."""
    left = [*zip(xs, places, strict=True)]
    while left:
        once, again = dict(left), []
        if len(once) < len(left):
            once = {}
            for x, place in left:
                if x in once:
                    again.append((x, place))
                else:
                    once[x] = place
        yield tuple(once), [*once.values()]
        left = again
