"""Samples checked before a training: X as rows of floats, y as numbers or rows of them.

X is anything that iterates over rows (a list of lists, a NumPy array), y anything that iterates over targets.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from autograd import as_float


def check_data(X: Iterable[Any], y: Iterable[Any]) -> tuple[list[list[float]], list[Any]]:
    """X as check_rows gives it; y as a list of floats, or of rows of floats where it has rows."""
    return pair(check_rows(X), as_table(y, "y"))


def check_rows(X: Iterable[Any]) -> list[list[float]]:
    """X as a list of rows of floats, all of one width; a row that is a single number becomes a row of one.

    Raises ValueError for no rows, rows of unequal width, nan and inf; TypeError for anything that is not a real number.

    >>> check_rows([1, 2])
    [[1.0], [2.0]]
    >>> check_rows([[1.0, 2.0], [3.0, float("nan")]])
    Traceback (most recent call last):
    ValueError: X, row 1, column 1 (from 0): nan teaches nothing: leave such rows out, or fill the gap
    """
    return [row if isinstance(row, list) else [row] for row in as_table(X, "X")]


def pair(rows: list[Any], targets: list[Any]) -> tuple[list[Any], list[Any]]:
    """Both as they are; ValueError where there is not one target for each row."""
    if len(rows) != len(targets):
        raise ValueError(f"X has {len(rows)} rows but y has {len(targets)} targets: every row needs one")
    return rows, targets


def as_table(rows: Any, name: str) -> list[Any]:
    """A list of rows of floats, all of one width, or a list of floats."""
    table: list[Any] = _floats(rows, name)
    if not table:
        raise ValueError(f"{name} is empty: it must have one row at least")
    for i, row in enumerate(table):
        if width_of(row) != width_of(table[0]) or row == []:
            raise ValueError(f"{name}, row {i} (from 0) has {width_of(row)}, row 0 has {width_of(table[0])}")
    return table


def width_of(row: float | list[float]) -> str:
    """How wide a row is, in words."""
    return f"{len(row)} number{'s' * (len(row) != 1)}" if isinstance(row, list) else "a single number"


def _floats(x: Any, name: str, *index: int) -> Any:
    """Lists down to the cells of a row, and a finite float for each cell or row that is a number."""
    if index and type(x) is list and {*map(type, x)} == {float} and math.isfinite(sum(x)):
        return [*x]  # most rows pass this quick check
    if len(index) < 2 and isinstance(x, Iterable) and not isinstance(x, (str, bytes)):
        return [_floats(part, name, *index, i) for i, part in enumerate(x)]
    if not index:
        raise TypeError(f"{name} must be a list of rows or of numbers, not {type(x).__name__}")
    try:
        if math.isfinite(number := as_float(x)):
            return number
        raise ValueError(f"{number} teaches nothing: leave such rows out, or fill the gap")
    except (TypeError, ValueError, OverflowError) as error:
        where = ", ".join(f"{kind} {i}" for kind, i in zip(("row", "column"), index, strict=False))
        raise type(error)(f"{name}, {where} (from 0): {error}") from None
