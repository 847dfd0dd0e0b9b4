"""Equations over numbered variables, and which of them depend on which."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ..primitives import Primitive


class Equation(NamedTuple):
    """Variable ``out`` is ``primitive`` of the variables ``args``."""

    out: int
    primitive: Primitive
    args: tuple[int, ...]


def dependent_variables(equations: Iterable[Equation], variables: Iterable[int]) -> set[int]:
    """The results of equations, given in order, that were computed from any of the variables."""
    given = set(variables)
    found = set(given)
    for out, _, args in equations:
        if not found.isdisjoint(args):
            found.add(out)
    return found - given
