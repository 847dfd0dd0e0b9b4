"""Samples checked before a training: X as rows of floats, y as numbers or rows of them.

X is anything that has rows, y anything that has targets: lists, and through ``containers`` arrays, frames, tensors.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from autograd import as_float

Samples = tuple[list[list[float]], list[Any]]  # rows and targets, checked


def check_data(X: Iterable[Any], y: Iterable[Any]) -> Samples:
    """X as check_rows gives it; y as a list of floats, or of rows of floats where it has rows."""
    return pair(check_rows(X), as_table(y, "y"))


def is_collection(data: Any) -> bool:
    """Whether data lie in parts that Dask computes: a collection of it, a delayed object or a list of these."""
    return hasattr(data[0] if isinstance(data, (list, tuple)) and data else data, "__dask_graph__")


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


def as_table(data: Any, name: str) -> list[Any]:
    """A list of rows of floats, all of one width, or a list of floats."""
    rows, columns = _opened(data, name)
    table = [_row(row, f"{name}, row {i}", columns) for i, row in enumerate(rows)]
    if not table:
        raise ValueError(f"{name} is empty: it must have one row at least")
    for i, row in enumerate(table):
        if width_of(row) != width_of(table[0]) or row == []:
            raise ValueError(f"{name}, row {i} (from 0) has {width_of(row)}, row 0 has {width_of(table[0])}")
    return table


def width_of(row: float | list[float]) -> str:
    """How wide a row is, in words."""
    return f"{len(row)} number{'s' * (len(row) != 1)}" if isinstance(row, list) else "a single number"


def _opened(data: Any, *where: Any) -> tuple[Any, Sequence[Any]]:
    """The rows of any data, or the numbers of a row, as a list, and the names of its columns if it has any."""
    if type(data) in (list, tuple):
        return data, ()
    from .containers import numbers_of  # which lists do without

    return numbers_of(data, *where)


def _row(row: Any, where: str, columns: Sequence[Any]) -> Any:
    """A finite float for each number of a row, or for the row that is one."""
    if type(row) is list and {*map(type, row)} == {float} and math.isfinite(sum(row)):
        return [*row]  # most rows pass this quick check
    if isinstance(row, Iterable) and not isinstance(row, (str, bytes)):
        row, _ = _opened(row, where, ("column",))
    if isinstance(row, (list, tuple)):
        names = columns if len(columns) == len(row) else range(len(row))
        return [_number(x, f"{where}, column {column!r}") for x, column in zip(row, names, strict=True)]
    return _number(row, where)


def _number(x: Any, where: str) -> float:
    try:
        if math.isfinite(number := as_float(x)):
            return number
        raise ValueError(f"{number} teaches nothing: leave such rows out, or fill the gap")
    except (TypeError, ValueError, OverflowError) as error:
        from .containers import advice

        raise type(error)(f"{where} (from 0): {error}{advice(x)}") from None
