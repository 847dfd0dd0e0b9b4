"""Samples checked before a training: X and y as arrays of finite numbers.

X is anything that has rows, y anything that has targets: lists, and through ``containers`` arrays, frames, tensors.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

Samples = tuple[Any, Any]  # arrays: rows of shape (n, width), targets of shape (n,) or (n, width)


def check_data(X: Iterable[Any], y: Iterable[Any], where: str = "") -> Samples:
    """X as check_rows gives it; y as an array of numbers, or of rows of them where it has rows."""
    return pair(check_rows(X, where), as_table(y, f"{where}y"), where)


def is_collection(data: Any) -> bool:
    """Whether data lie in parts that Dask computes: a collection of it, a delayed object or a list of these."""
    return hasattr(data[0] if isinstance(data, (list, tuple)) and data else data, "__dask_graph__")


def check_rows(X: Iterable[Any], where: str = "") -> Any:
    """X as an array of shape (rows, width); a row that is a single number becomes a row of one.

    An array of float64 is given back as it is, and so is a large one of other numbers, which are converted where they
    are needed.  All else becomes a new array of float64.  ``where`` says of what part of the data this is.

    Raises ValueError for no rows, rows of unequal width, nan and inf; TypeError for anything that is not a real number.

    >>> check_rows([1, 2]).tolist()
    [[1.0], [2.0]]
    >>> check_rows([[1.0, 2.0], [3.0, float("nan")]])
    Traceback (most recent call last):
    ValueError: X, row 1, column 1 (from 0): nan teaches nothing: leave such rows out, or fill the gap
    """
    table = as_table(X, f"{where}X")
    return table if table.ndim > 1 else table[:, None]


def row_of(table: Any, i: int) -> Any:
    """The i-th row as a list of floats, or the i-th number as a float: what models and losses are called with."""
    return table[i].astype(float).tolist()


def pair(rows: Any, targets: Any, where: str = "") -> tuple[Any, Any]:
    """Both as they are; ValueError where there is not one target for each row."""
    if len(rows) != len(targets):
        raise ValueError(f"{where}X has {len(rows)} rows but y has {len(targets)} targets: every row needs one")
    return rows, targets


def as_table(data: Any, name: str) -> Any:
    """An array of finite numbers, of shape (rows, width) or (rows,); errors call it by its name."""
    if type(data) not in (list, tuple):
        from .containers import opened  # which lists do without

        data = opened(data, name)
    table = numbers_at_once(data) if type(data) in (list, tuple) else None
    if table is None:
        from .containers import table_of

        table = table_of(data, name)
    return table


def numbers_at_once(rows: Sequence[Any]) -> Any:
    """Lists of finite numbers, or a list of arrays, as an array; None for all else: it is looked at bit by bit."""
    import numpy as np

    kinds = {*map(type, rows)}
    if kinds <= {list, tuple}:
        kinds = {*map(type, chain.from_iterable(rows))}
    elif kinds == {np.ndarray}:
        kinds = {row.dtype.type if row.ndim == 1 else object for row in rows}
    if not kinds or not all(issubclass(kind, (float, int, np.floating, np.integer, np.bool_)) for kind in kinds):
        return None
    try:
        table = np.array(rows, dtype=float)
    except (ValueError, OverflowError):  # ragged, or too large
        return None
    return table if np.isfinite(table).all() else None
