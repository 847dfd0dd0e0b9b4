"""Collections of Dask as parts: what each of their tasks gives, X beside y, checked where it lies.

A part is one partition of a dataframe, one block of an array, or one element of a list of delayed objects.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ...containers import even
from ...samples import check_data

CUT = (
    "they must be cut at the same rows. Of dataframes: y = y.repartition(divisions=X.divisions), or take both from one "
    "frame, as df[features] and df[target]; of arrays: y = y.rechunk({0: X.chunks[0]})"
)


class Part(NamedTuple):
    """The samples of a part, checked: two arrays as ``check_data`` gives them, without rows where the part is empty."""

    rows: Any
    targets: Any


def delayed_parts(data: Any, name: str) -> list[Any]:
    """A delayed object for each part of a collection."""
    import numpy as np

    if isinstance(data, (list, tuple)) and data and all(hasattr(x, "__dask_graph__") for x in data):
        return [*data]
    kind = type(data)  # a delayed object has every attribute, and its class has not
    if hasattr(data, "__dask_graph__") and hasattr(kind, "to_delayed"):
        if hasattr(kind, "chunks"):
            if data.ndim > 2:
                raise ValueError(f"{name} has {data.ndim} dimensions: put all numbers of a row into one, by reshape")
            if data.ndim == 2:
                data = data.rechunk({1: -1})  # whole rows
        # As it stands: Dask would join small partitions, and those of X and y, which have other columns, differently.
        return [*np.ravel(data.to_delayed(optimize_graph=False))]
    if hasattr(data, "__dask_graph__"):
        return [data]
    raise TypeError(
        f"{name} is a {type(data).__name__} in the memory of this process, and the other of X and y is a collection of "
        f"Dask: make it one that is cut at the same rows, as dask.array.from_array({name}, chunks=…) does"
    )


def aligned(X: Any, y: Any, which: str = "") -> list[tuple[Any, Any]]:
    """The parts of X and y, two delayed objects for each; ValueError where they are not cut alike.

    ``which`` says which data these are, to begin a message with.
    """
    rows, targets = delayed_parts(X, f"{which}X"), delayed_parts(y, f"{which}y")
    cuts = [_cuts(X), _cuts(y)]
    if len(rows) != len(targets) or (None not in cuts and cuts[0] != cuts[1]):
        raise ValueError(f"{which}X has {_shape(X, rows)} and y {_shape(y, targets)}: {CUT}")
    return [*zip(rows, targets, strict=True)]


def _cuts(data: Any) -> Any:
    """Where a collection is cut, comparable with another of its kind; None where it does not know."""
    if hasattr(type(data), "chunks"):
        return None if any(n != n for n in data.chunks[0]) else ("chunks", data.chunks[0])
    return None  # divisions are of the index: equal ones do not say that rows are, nor do others that they are not


def _shape(data: Any, parts: list[Any]) -> str:
    sizes = _cuts(data)
    text = f"{len(parts)} part{'s' * (len(parts) != 1)}"
    return text if sizes is None else f"{text} of {', '.join(map(str, sizes[1][:5]))}{', …' * (len(parts) > 5)} rows"


def checked(X: Any, y: Any, number: int, which: str) -> Part:
    """A part as arrays of finite numbers; the errors name it, and the row in it."""
    import numpy as np

    if len(X) == 0 == len(y):
        return Part(np.empty((0, 0)), np.empty(0))
    rows, targets = check_data(X, y, where := f"{which}part {number}, ")
    return Part(even(rows, f"{where}X"), even(targets, f"{where}y"))
