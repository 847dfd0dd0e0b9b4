"""The gradient of a traced loss, in the form that suits many samples.

A result that receives several products gets their sum as one ``dot``, so that the gradients of a layer become a
matrix-vector product.  A parameter gets no sum at all: its products of a gradient and a factor are added up over the
samples.  A layer has one gradient for each of its neurons, and a factor for each weight of it: so products are kept by
their gradients.

The sweep goes over equations, not over a graph, and writes equations: of a model they are many, and a graph of the
gradient would be made only to be read once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from itertools import chain as one_after_another
from typing import NamedTuple, Protocol

from ...primitives import Primitive, add, chain, dot
from ...program import LIST, Program, dependent_variables

FEW = 2  # products that are added one by one

Numbers = tuple[int, ...]
Terms = tuple[Numbers, Numbers]  # what reaches a variable, Σ g·p: each g, and beside it the partial p


class Writing(Protocol):
    """A program that is being written: it has all of another one already, whose variables may have other ``names``."""

    @property
    def names(self) -> Sequence[int]: ...

    @property
    def inputs(self) -> Sequence[int]: ...

    @property
    def left(self) -> Exception | None: ...

    def input(self) -> int: ...

    def number(self, x: float) -> int: ...

    def result(self, primitive: Primitive, args: tuple[int, ...]) -> int: ...

    def items(self, number: int) -> tuple[int, ...]: ...

    def partials(self, primitive: Primitive, args: Sequence[int], out: int) -> Sequence[int]: ...

    def program(self, outputs: Iterable[int]) -> Program: ...


class OfGradient(NamedTuple):
    """What a gradient g contributes: g·factor to the sum in each place."""

    factors: list[Numbers]
    places: list[Numbers]

    def add(self, factors: Numbers, places: Numbers) -> None:
        self.factors.append(factors)
        self.places.append(places)


class Adjoint(NamedTuple):
    """The derivative of Σ seed·root with respect to some variables, as products by their gradients.

    ``products`` has for each gradient factors and the places of their products.  A pick does not send its gradient on
    to each of what it picks from: ``picks`` has one for each pick.
    """

    products: dict[int, tuple[Numbers, Numbers]]
    picks: dict[int, int]


def adjoint(
    program: Program,
    writer: Writing,
    seeds: Mapping[int, int],
    places: Mapping[int, int],
    picks: Collection[int] = (),
) -> Adjoint:
    """The derivative with respect to the variables that have places, written behind the program.

    Roots, variables with places and picks are variables of the program, all others those of the writer.  The gradients
    come in the order in which the places need them first.  What reaches a list waits there until all that use the list
    have been met, and then goes to its items: to each of them one column of a matrix.
    """
    if not seeds:
        return Adjoint({}, {})
    names, stops = writer.names, {*places, *picks}
    one, nothing = writer.number(1.0), {writer.number(0.0), writer.number(-0.0)}
    fed = dependent_variables(program.equations, stops) | stops
    items = {out: args for out, primitive, args in program.equations if primitive is LIST}
    placed: dict[int, Numbers] = {v: (place,) for v, place in places.items()}
    placed |= {v: tuple([places[item] for item in args]) for v, args in items.items() if places.keys() >= {*args}}
    terms: dict[int, list[Terms]] = {root: [((seed,), (one,))] for root, seed in seeds.items()}
    products: dict[int, OfGradient] = defaultdict(lambda: OfGradient([], []))

    def receive(v: int, gs: Numbers, partials: Numbers) -> None:
        """Note what reaches a variable, or a list, of which the partials are lists; nothing does by a fixed 0."""
        if not nothing.isdisjoint(partials):
            partials, gs = without(nothing, partials, gs)
        if v in placed:
            for g, partial in zip(gs, partials, strict=True):
                products[g].add(*(factors_of(v, partial) if v in items else ((partial,), placed[v])))
        elif v in terms:
            terms[v].append((gs, partials))
        elif gs:
            terms[v] = [(gs, partials)]

    @cache
    def factors_of(v: int, partials: int) -> tuple[Numbers, Numbers]:
        """The items of a list of partials, and the places of their products."""
        factors = writer.items(partials)
        return (factors, placed[v]) if nothing.isdisjoint(factors) else without(nothing, factors, placed[v])

    for root in seeds.keys() & places.keys():
        receive(root, *terms.pop(root)[0])
    for out, primitive, args in reversed(program.equations):
        if out not in terms or out in stops or out in program.frozen:
            continue
        if primitive is LIST:
            gs, lists = joined(terms.pop(out))
            for arg, column in zip(args, zip(*map(writer.items, lists), strict=True), strict=True):
                if arg in fed:
                    receive(arg, gs, column)
            continue
        g = (add_up(terms.pop(out), writer),)
        for arg, partial in zip(args, writer.partials(primitive, [names[v] for v in args], names[out]), strict=True):
            if arg in fed:
                receive(arg, g, (partial,))
    ordered = [
        (g, (together(of.factors), together(of.places))) for g, of in reversed(products.items()) if any(of.places)
    ]
    ordered.sort(key=lambda item: min(item[1][1]))
    return Adjoint(dict(ordered), {pick: add_up(terms[pick], writer) for pick in picks if pick in terms})


def joined(terms: list[Terms]) -> Terms:
    """Terms in the order in which the program was made, so that what lies side by side stays alike."""
    if len(terms) == 1:
        return terms[0]
    gs, partials = zip(*reversed(terms), strict=True)
    return together(gs), together(partials)


def together(parts: Sequence[Numbers]) -> Numbers:
    """Numbers one after the other; what is one already stays the same tuple."""
    return parts[0] if len(parts) == 1 else tuple(one_after_another.from_iterable(parts))


def without(nothing: Collection[int], partials: Numbers, others: Numbers) -> tuple[Numbers, Numbers]:
    """The partials that are not fixed to be 0, and what stands beside them."""
    kept = [(partial, other) for partial, other in zip(partials, others, strict=True) if partial not in nothing]
    return tuple([partial for partial, _ in kept]), tuple([other for _, other in kept])


def add_up(terms: list[Terms], writer: Writing) -> int:
    """Σ g·p."""
    gs, partials = joined(terms)
    if len(gs) > FEW:
        lists = [writer.result(LIST, numbers) for numbers in (partials, gs)]
        return writer.result(dot, (*lists, writer.number(0.0)))
    one = writer.number(1.0)
    products = [g if p == one else writer.result(chain, (g, p)) for g, p in zip(gs, partials, strict=True)]
    return products[0] if len(products) == 1 else writer.result(add, (products[0], products[1]))
