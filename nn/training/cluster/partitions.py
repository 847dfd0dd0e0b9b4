"""Collections of Dask as parts: what each of their tasks gives, X beside y, checked where it lies.

A part is one partition of a dataframe, one block of an array, or one element of a list of delayed objects.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from autograd import located

from ...data import with_targets
from ...samples import check_data, check_rows

CUT = (
    "they must be cut at the same rows. Of dataframes: y = y.repartition(divisions=X.divisions), or take both from one "
    "frame, as df[features] and df[target]; of arrays: y = y.rechunk({0: X.chunks[0]})"
)


class Part(NamedTuple):
    """The samples of a part: a table with a row for each, first the numbers of X, then those of y.

    ``width`` counts the numbers of X; ``several`` tells whether a target is a list, though it may have one number.
    """

    samples: Any
    width: int
    several: bool

    @property
    def rows(self) -> Sequence[list[float]]:
        return Rows(self.samples[:, : self.width])

    @property
    def targets(self) -> Sequence[Any]:
        return Rows(self.samples[:, self.width :] if self.several else self.samples[:, self.width])


class Rows(Sequence[Any]):
    """A view of a table in which each row is a list, made when it is asked for; of a column, each is a number."""

    def __init__(self, table: Any) -> None:
        self._table = table

    def __len__(self) -> int:
        return len(self._table)

    def __getitem__(self, i: Any) -> Any:
        return self._table[i].tolist()

    def __iter__(self) -> Iterator[Any]:
        return iter(self._table.tolist())


def delayed_parts(data: Any, name: str) -> list[Any]:
    """A delayed object for each part of a collection."""
    import numpy as np

    if isinstance(data, (list, tuple)) and data and all(hasattr(x, "__dask_graph__") for x in data):
        return [*data]
    if hasattr(data, "__dask_graph__") and hasattr(data, "to_delayed"):
        if hasattr(data, "chunks"):
            if data.ndim > 2:
                raise ValueError(f"{name} has {data.ndim} dimensions: put all numbers of a row into one, by reshape")
            if data.ndim == 2:
                data = data.rechunk({1: -1})  # whole rows
        return [*np.ravel(data.to_delayed())]
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
    if hasattr(data, "chunks"):
        return None if any(n != n for n in data.chunks[0]) else ("chunks", data.chunks[0])
    return None  # divisions are of the index: equal ones do not say that rows are, nor do others that they are not


def _shape(data: Any, parts: list[Any]) -> str:
    sizes = _cuts(data)
    text = f"{len(parts)} part{'s' * (len(parts) != 1)}"
    return text if sizes is None else f"{text} of {', '.join(map(str, sizes[1][:5]))}{', …' * (len(parts) > 5)} rows"


def checked(X: Any, y: Any, number: int, which: str) -> Part:
    """A part as a table of finite numbers; the errors name it, and the row in it."""
    import numpy as np

    with located(f"{which}part {number} (from 0)"):
        if len(X) == 0 == len(y):
            return Part(np.empty((0, 0)), 0, False)
        fast = _numbers(X), _numbers(y)
        if fast[0] is not None and fast[1] is not None and len(X) == len(y):
            rows, targets = (x.reshape(len(x), -1) for x in fast)
            samples = np.empty((len(rows), rows.shape[1] + targets.shape[1]), order="F")
            samples[:, : rows.shape[1]], samples[:, rows.shape[1] :] = rows, targets
            return Part(samples, rows.shape[1], fast[1].ndim == 2)
        listed, wanted = check_data(X, y)
        return Part(np.array(with_targets(listed, wanted), order="F"), len(listed[0]), isinstance(wanted[0], list))


def checked_rows(X: Any) -> list[list[float]]:
    """The rows of a part without targets."""
    array = _numbers(X)
    return check_rows(X) if array is None else array.reshape(len(array), -1).tolist()


def _numbers(data: Any) -> Any:
    """Data of finite real numbers as an array of floats; None for all else, which is looked at more closely."""
    import numpy as np

    kinds = [*data.dtypes] if getattr(data, "ndim", 0) == 2 and hasattr(data, "dtypes") else [getattr(data, "dtype", 0)]
    if any(getattr(kind, "kind", "") not in "fiub" or not isinstance(kind, np.dtype) for kind in kinds):
        return None
    if isinstance(data, np.ma.MaskedArray) or not 1 <= data.ndim <= 2:
        return None
    array = np.asarray(data, dtype=np.float64)
    return array if array.size and np.isfinite(array).all() else None
