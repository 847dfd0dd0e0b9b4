"""Whether a program gives what the function gives from which it was made, on some rows: the last look before it runs.

A trace refuses what it sees.  What it cannot see, such as ``type(x) is float``, shows in the numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from ..errors import TraceError
from ..program import Trace
from ..value import Value

ROWS = 4  # that are compared, at most


def some_of(rows: Any) -> list[list[float]]:
    """A few rows of a table, the first and the last among them."""
    n = len(rows)
    chosen = sorted({i * (n - 1) // (ROWS - 1) for i in range(ROWS)}) if n else []
    return [[float(x) for x in rows[i]] for i in chosen]


def check_agreement(
    f: Callable[..., Sequence[Any]],
    traced: Trace,
    evaluate: Callable[[list[float]], list[float]],
    rows: Sequence[Sequence[float]],
    name: str,
) -> None:
    """TraceError where the program, which ``evaluate`` runs on a row, gives another result than f.

    The results of ``evaluate`` are those of f, and then the guard, if there is one.
    """
    reach = traced.reach
    for row in rows:
        drawn = [generator.random() for generator in traced.generators]
        reach.restore()  # so that f draws the same
        raised, expected = None, []
        try:
            expected = [y._data if isinstance(y, Value) else float(y) for y in f(*row)]
        except Exception as error:
            raised = error
        changed = reach.changed()
        reach.restore()
        if changed:
            raise TraceError(f"{changed} changes when {name} is called, though not when it is traced")
        found = evaluate([*row, *drawn])
        if not all(map(math.isfinite, found)):
            continue  # such a row is computed again, by f
        if raised is not None:
            raise TraceError(
                f"{name} raises {type(raised).__name__} for the row {row}, though not when it is traced: {raised}. "
                f"It runs {reach.code()}"
            )
        found = found[: len(expected)]
        if len(expected) != len(traced.outputs) or not all(map(_close, found, expected)):
            raise TraceError(
                f"{name} gives {expected} for the row {row}, and {found} as it was traced: it does something else for "
                f"floats than for Values. It runs {reach.code()}"
            )


def _close(x: float, y: float) -> bool:
    return x == y or (x != x and y != y) or math.isclose(x, y, rel_tol=1e-6, abs_tol=1e-12)
