"""Sums as calls: the dots, totals and logsumexps of a program, and the sums over its samples.

Sums over the same inputs become one matrix-vector product; products that are summed over the samples become
rectangles.  Both are found by their operands alone, whatever the graph was meant to be.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable
from typing import NamedTuple

from ...program.equations import Equation
from .calls import ONE, Call, LogSumExp, MatVec, Outer, RowDot, spread


class Product(NamedTuple):
    """A sum over the samples that is wanted: total[place] += g · x."""

    g: int
    x: int
    place: int


def row_of(v: int, scalars: Container[int]) -> int:
    """The row of a variable that a call needs as one."""
    return spread(v) if v in scalars else v


def sums(equations: Iterable[Equation], scalars: set[int], constants: dict[int, float]) -> list[Call]:
    """The dots, totals and logsumexps of one level."""
    shared: dict[tuple[int, ...], list[tuple[int, int | None, list[int | None]]]] = defaultdict(list)
    products: dict[tuple[int, bool], list[tuple[int, list[int], list[int]]]] = defaultdict(list)
    exponentials: dict[int, list[tuple[int, list[int]]]] = defaultdict(list)
    for equation in equations:
        out, primitive, args = equation
        if primitive.name == "logsumexp":
            exponentials[len(args)].append((out, [row_of(x, scalars) for x in args]))
            continue
        bias, pairs = _terms(equation, scalars)
        plain = [(w, x) for w, x in pairs if w is None or w in scalars]
        both = [(w, x) for w, x in pairs if not (w is None or w in scalars)]
        if not plain and not (both and (bias is None or constants.get(bias) == 0.0)):
            plain, bias = [(bias, ONE)], None
        if plain:
            shared[tuple(x for _, x in plain)].append((out, bias, [w for w, _ in plain]))
        if both:
            products[len(both), bool(plain)].append((out, [w for w, _ in both if w is not None], [x for _, x in both]))
    calls: list[Call] = []
    for inputs, units in shared.items():
        calls.append(
            MatVec(list(inputs), [bias for _, bias, _ in units], [w for *_, w in units], [out for out, *_ in units])
        )
    for (_, adding), triples in products.items():
        calls.append(RowDot([a for _, a, _ in triples], [b for *_, b in triples], [o for o, *_ in triples], adding))
    calls += [LogSumExp([xs for _, xs in group], [out for out, _ in group]) for group in exponentials.values()]
    return calls


def _terms(equation: Equation, scalars: set[int]) -> tuple[int | None, list[tuple[int | None, int]]]:
    """A sum as (scalar bias or None, [(coefficient or None for 1, row)]), whichever way round it was written."""
    _, primitive, args = equation
    n = len(args) // 2
    if primitive.name == "total":
        return None, [(x, ONE) if x in scalars else (None, x) for x in args]
    bias: int | None = args[-1]
    pairs: list[tuple[int | None, int]] = []
    for w, x in zip(args[:n], args[n:-1], strict=True):
        pairs.append((x, w) if x in scalars and w not in scalars else (w, row_of(x, scalars)))
    if bias is not None and bias not in scalars:
        pairs.append((None, bias))
        bias = None
    return bias, pairs


def outers(products: Iterable[Product]) -> list[Call]:
    """Rectangles: all g that meet the same x, with the place of each product."""
    by_g: dict[int, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    for g, x, place in products:
        by_g[g][x].append(place)
    rectangles: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for g, xs in by_g.items():
        rectangles[tuple(xs)].append(g)
    calls: list[Call] = []
    for columns, gs in rectangles.items():
        # A product that goes to several places (a weight used twice) is rare: a further rectangle for each.
        for n in range(max(len(by_g[g][x]) for g in gs for x in columns)):
            places = [[by_g[g][x][n] if n < len(by_g[g][x]) else -1 for x in columns] for g in gs]
            calls.append(Outer(gs, list(columns), places))
    return calls
