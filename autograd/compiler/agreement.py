"""Whether a program gives what the function gives from which it was made, on some rows: the last look before it runs.

A trace refuses what it sees.  What it cannot see, ``type(x) is float``, shows in the numbers: where the user's code
says ``type``, many rows are compared, with one for each value of a column that has few.  What such code does for other
values alone, in other rows than those, is not seen.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from ..errors import TraceError
from ..program import Trace
from ..value import Value

LOOKED_AT = 20_000
MOST, FEW = 256, 32  # rows that are compared where types are asked for; values of a column of classes
SIZES = (0.5, 3.0, 30.0)  # of the numbers in rows that are made up: where one saturates, another does not


def some_of(rows: Any) -> list[list[float]]:
    """The first and the last row of a table."""
    chosen = [rows[0], rows[len(rows) - 1]] if len(rows) > 1 else [rows[0]] if len(rows) else []
    return [[float(x) for x in row] for row in chosen]


def many_of(rows: Any) -> list[list[float]]:
    """Up to MOST rows of a table, evenly spread, and before them one for each value of a column that has up to FEW.

    Of a large table these are sought in LOOKED_AT rows, evenly spread.
    """
    table = [[float(x) for x in rows[i]] for i in range(0, len(rows), -(-len(rows) // LOOKED_AT))]
    first = {0: None, len(table) - 1: None}
    for column in zip(*table, strict=True):
        places = {x: i for i, x in reversed([*enumerate(column)])}
        if len(places) <= FEW:
            first |= dict.fromkeys(places.values())
    first |= dict.fromkeys(range(0, len(table), -(-len(table) // MOST)))
    return [table[i] for i in [*first][:MOST]]


def check_agreement(
    f: Callable[..., Sequence[Any]],
    traced: Trace,
    evaluate: Callable[[list[float]], list[float]],
    table: Any,
    name: str,
    briefly: bool = False,
) -> None:
    """TraceError where the program, which ``evaluate`` runs on a row, gives another result than f.

    The results of ``evaluate`` are those of f, and then the guard, if there is one.  Some rows of the table are
    compared, and others that are made up, where f does not raise for them.  ``briefly`` compares one row, where the
    same function has passed with samples of another form.
    """
    reach, rng = traced.reach, Random(1)
    rows = many_of(table) if reach.asks_types and len(table) else some_of(table)[: 1 if briefly else None]
    made_up = [[rng.gauss(0.0, size) for _ in rows[0]] for size in SIZES] if rows and not briefly else []
    for number, row in enumerate([*rows, *made_up]):
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
        if raised is not None and number >= len(rows):
            continue
        try:
            found = evaluate([*row, *drawn])
        except Exception:  # of a user's primitive, which the program runs as it is
            if raised is None:
                raise
            continue
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
