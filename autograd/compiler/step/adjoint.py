"""The gradient of a traced loss, in the form that suits many samples.

A result that receives several products gets their sum as one ``dot``, so that the gradients of a layer become a
matrix-vector product.  A parameter gets no sum at all: its products of a gradient and a factor are added up over the
samples.  A layer has one gradient for each of its neurons, and a factor for each weight of it: so products are kept by
their gradients.

The sweep goes over equations, not over a graph, and writes equations: of a model they are many, and a graph of the
gradient would be made only to be read once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

from ...primitives import Primitive, add, chain, dot
from ...program import Program, dependent_variables

FEW = 2  # products that are added one by one

Pairs = list[tuple[int, int]]  # (a gradient, the partial that it is multiplied by)


class Writer(Protocol):
    """What takes the equations: it has all of a program already, in which the variables may have other ``names``."""

    @property
    def names(self) -> Sequence[int]: ...

    @property
    def inputs(self) -> Sequence[int]: ...

    def input(self) -> int: ...

    def number(self, x: float) -> int: ...

    def result(self, primitive: Primitive, args: tuple[int, ...]) -> int: ...

    def partials(self, primitive: Primitive, args: Sequence[int], out: int) -> Sequence[int]: ...

    def program(self, outputs: Iterable[int]) -> Program: ...


class OfGradient(NamedTuple):
    """What a gradient g contributes: g·factor to the sum in each place."""

    factors: list[int]
    places: list[int]


class Adjoint(NamedTuple):
    """The derivative of Σ seed·root with respect to some variables, as products by their gradients.

    A pick does not send its gradient on to each of what it picks from: ``picks`` has one for each pick.
    """

    products: dict[int, OfGradient]
    picks: dict[int, int]


def adjoint(
    program: Program,
    writer: Writer,
    seeds: Mapping[int, int],
    places: Mapping[int, int],
    picks: Collection[int] = (),
) -> Adjoint:
    """The derivative with respect to the variables that have places, written behind the program.

    Roots, variables with places and picks are variables of the program, all others those of the writer.  The gradients
    come in the order in which the places need them first.
    """
    names, stops = writer.names, {*places, *picks}
    one, nothing = writer.number(1.0), {writer.number(0.0), writer.number(-0.0)}
    fed = dependent_variables(program.equations, stops) | stops
    pairs: dict[int, Pairs] = {root: [(seed, one)] for root, seed in seeds.items()}
    products = {seeds[root]: OfGradient([one], [places[root]]) for root in seeds.keys() & places.keys()}
    for out, primitive, args in reversed(program.equations):
        if out not in pairs or out in stops or out in program.frozen:
            continue
        g = add_up(pairs.pop(out), writer)
        of = products.get(g)
        for arg, partial in zip(args, writer.partials(primitive, [names[v] for v in args], names[out]), strict=True):
            if arg not in fed or partial in nothing:
                continue
            place = places.get(arg)
            if place is not None:
                if of is None:
                    of = products[g] = OfGradient([], [])
                of.factors.append(partial)
                of.places.append(place)
            elif arg in pairs:
                pairs[arg].append((g, partial))
            else:
                pairs[arg] = [(g, partial)]
    ordered = [*reversed(products.items())]
    ordered.sort(key=lambda item: min(item[1].places))
    return Adjoint(dict(ordered), {pick: add_up(pairs[pick], writer) for pick in picks if pick in pairs})


def add_up(pairs: Pairs, writer: Writer) -> int:
    """Σ g·p; in the order in which the program was made, so that what lies side by side stays alike."""
    pairs.reverse()
    if len(pairs) > FEW:
        return writer.result(dot, (*[p for _, p in pairs], *[g for g, _ in pairs], writer.number(0.0)))
    one = writer.number(1.0)
    terms = [g if p == one else writer.result(chain, (g, p)) for g, p in pairs]
    return terms[0] if len(terms) == 1 else writer.result(add, (terms[0], terms[1]))
