"""A function of the numbers of a row, over many rows: compiled where they are many."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autograd import no_grad
from autograd.compiler import falling_back

MANY = 200  # rows that take about as long one by one as a model takes to be traced


def with_targets(rows: list[list[float]], targets: list[Any]) -> list[list[float]]:
    """The rows, each with its target at its end."""
    return [[*row, *(t if isinstance(t, list) else [t])] for row, t in zip(rows, targets, strict=True)]


def as_columns(rows: Sequence[Sequence[float]]) -> list[Any]:
    """The numbers of many rows as an array for each place in a row."""
    import numpy as np

    return list(np.array(rows, dtype=float).T.copy())


class OverRows:
    """A function of the numbers of a row, over many rows: compiled, if they are many and it can be traced.

    What it closes over is read anew at every call.  ``again`` tells that there will be so many calls that a few
    rows are many too.
    """

    def __init__(self, f: Callable[..., Any], rows: Sequence[Sequence[float]], again: bool = False) -> None:
        self._f, self._rows = f, rows
        self._jitted: Callable[..., Any] | None = None
        if again or len(rows) >= MANY:
            from autograd import jit  # it loads NumPy, which a few rows go without

            self._jitted, self._columns = jit(f), as_columns(rows)

    def __call__(self) -> list[Any]:
        """For each row a number, or a list of numbers."""
        if self._jitted is not None:
            with falling_back(f"{self._f.__name__}: one row at a time", unasked=True):
                found = self._jitted(*self._columns)
                several = isinstance(found, (list, tuple))
                return [list(map(float, row)) for row in zip(*found, strict=True)] if several else found.tolist()
            self._jitted = None
        with no_grad():
            outs = [self._f(*row) for row in self._rows]
        return [[y.data for y in out] if isinstance(out, (list, tuple)) else out.data for out in outs]
