"""Equations over numbered variables, which of them depend on which, and lists of variables with a name of their own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ..primitives import Primitive, dot


class Equation(NamedTuple):
    """Variable ``out`` is ``primitive`` of the variables ``args``."""

    out: int
    primitive: Primitive
    args: tuple[int, ...]


# The neurons of a layer have their inputs in common, and a layer that is applied at many positions its weights.  Where
# these are lists, a neuron is ``dot(weights, inputs, bias)``, an equation over three variables instead of hundreds.
LIST = Primitive("list", "list", lambda *xs: [*xs], lambda *xs: [1.0] * (len(xs) - 1))


def listed(equations: Iterable[Equation], variables: int) -> list[Equation]:
    """The equations, every dot over two lists; lists are equations too, with numbers from ``variables`` on.

    A list stands before its first use, and equal lists are one.
    """
    found: list[Equation] = []
    lists: dict[tuple[int, ...], int] = {}
    for out, primitive, args in equations:
        if primitive is dot:
            half = len(args) // 2
            sides = args[:half], args[half:-1]
            for side in sides:
                if side not in lists:
                    lists[side] = variables + len(lists)
                    found.append(Equation(lists[side], LIST, side))
            args = (*[lists[side] for side in sides], args[-1])
        found.append(Equation(out, primitive, args))
    return found


def dependent_variables(equations: Iterable[Equation], variables: Iterable[int]) -> set[int]:
    """The results of equations, given in order, that were computed from any of the variables."""
    given = set(variables)
    found = set(given)
    for out, _, args in equations:
        if not found.isdisjoint(args):
            found.add(out)
    return found - given
