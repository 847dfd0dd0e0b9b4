"""What data come in, opened: arrays, data frames, series, tensors, buffers, and whatever can be iterated over.

Frames and tensors are known by what they can do, so that none of their libraries is imported.  What would give
something else than its rows (a dict its keys, a set any order) is refused.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from typing import Any, NamedTuple

FRAMES: dict[
    tuple[str, ...], Callable[[Any], tuple[Any, list[Any]]]
] = {  # the attributes of a frame → (the names of its columns, its columns)
    ("iloc", "columns"): lambda x: (x.columns, [x.iloc[:, j] for j in range(len(x.columns))]),  # pandas
    ("get_columns",): lambda x: (x.columns, x.get_columns()),  # Polars
    ("to_pydict", "column_names"): lambda x: (x.column_names, x.columns),  # Arrow
}
LISTED = ("tolist", "to_list", "to_pylist")  # how a column gives its cells, by the library
NUMERIC = re.compile(r"(u?int\d+|float\d*|double|halffloat|bool|boolean)(\[pyarrow\])?", re.IGNORECASE)  # dtypes
PLAIN = re.compile(r"u?int\d+|float\d+|bool")  # those of NumPy, where nothing can be missing
ARRAYS = ("__array__", "__array_interface__", "__dlpack__")


class Columns(NamedTuple):
    """The columns of a table and their names; ``flat`` if it is one column that stands for itself.

    ``whole`` is the table itself, where that is one array of numbers.
    """

    names: Sequence[Any]
    columns: Sequence[Any]
    flat: bool = False
    whole: Any = None


def opened(data: Any, name: str) -> Any:
    """Any data as a list or tuple of its rows, an array of NumPy, or Columns."""
    if isinstance(data, (list, tuple)):
        return data
    _refuse_what_has_no_rows(data, name)
    if isinstance(data, (str, bytes, bytearray)) or not (isinstance(data, Iterable) or is_array(data)):
        raise TypeError(f"{name} must be a list of rows or of numbers, not {type(data).__name__}")
    for attributes, columns_of in FRAMES.items():
        if all(hasattr(data, attribute) for attribute in attributes):
            kinds = {*map(str, data.dtypes)} if "iloc" in attributes else {}
            together = len(kinds) == 1 and all(map(PLAIN.fullmatch, kinds))
            return Columns(*columns_of(data), whole=data.to_numpy() if together else None)
    if hasattr(data, "to_list") or hasattr(data, "to_pylist"):  # a series
        return Columns((), [data], flat=True) if is_numeric(data) else cells_of(data)
    if is_array(data):
        found = _as_array(data)
        names = found.dtype.names  # of records
        return Columns(names, [found[column] for column in names]) if names else found
    return [*data]


def is_array(data: Any) -> bool:
    """Whether the numbers of some data lie in arrays: for these there are arrays as results, for all others lists."""
    return any(hasattr(data, way) for way in ARRAYS) or isinstance(data, (memoryview, array))


def is_numeric(column: Any) -> bool:
    """Whether a column holds real numbers and nothing else, but for gaps."""
    kind = getattr(column, "dtype", getattr(column, "type", ""))
    return NUMERIC.fullmatch(getattr(kind, "name", str(kind))) is not None


def cells_of(column: Any) -> list[Any]:
    """The cells of a column as they are."""
    cells: list[Any] = next(getattr(column, way) for way in LISTED if hasattr(column, way))()
    return cells


def cell_of(column: Any, i: int) -> Any:
    """One of them."""
    (cell,) = cells_of(column[i : i + 1] if not hasattr(column, "iloc") else column.iloc[i : i + 1])
    return cell


def take(data: Any, rows: Any) -> Any:
    """Some rows, by an array of their numbers, of any data that were opened or are a frame or series: of their kind."""
    if isinstance(data, (list, tuple)):
        return [data[i] for i in rows.tolist()]
    if hasattr(data, "iloc"):  # pandas
        return data.iloc[rows]
    return data.take(rows) if hasattr(data, "to_pylist") else data[rows]


def advice(x: Any) -> str:
    """What to do about something that stands in the place of a number; nothing where nobody knows."""
    kind = type(x).__name__
    if isinstance(x, (list, tuple)):
        return ": more than two dimensions: put all numbers of a row into one flat list"
    if isinstance(x, (str, bytes)):
        return ": number the classes (0, 1, 2, …), or make a column of 0 and 1 for each"
    if x is None or kind in ("NAType", "NaTType", "MaskedConstant"):
        return ": it is missing: leave such rows out, or fill the gap"
    if isinstance(x, complex):
        return ": give its real and imaginary part as two columns"
    if hasattr(x, "strftime") or kind.lower() in ("timedelta", "datetime64", "timedelta64"):
        return ": make a number of it, such as the days since the first date"
    if hasattr(x, "item") and not isinstance(x, float):
        return ": its number is x.item()"
    return ": the bare number of a Value is v.data" if hasattr(x, "requires_grad") else ""


def _refuse_what_has_no_rows(data: Any, name: str) -> None:
    why = ""
    if isinstance(data, Mapping):
        why = "gives its keys: give list(d.values()) for one row, list(zip(*d.values())) where these are columns"
    elif isinstance(data, Set):
        why = "has no order: give a list"
    elif hasattr(data, "tocsr"):
        why = f"is sparse: give {name}.toarray()"
    elif getattr(data, "is_sparse", False):
        why = f"is sparse: give {name}.to_dense()"
    elif hasattr(data, "collect") and not hasattr(data, "__array__"):  # as the lazy frames of Polars
        why = f"is not computed yet: give {name}.collect()"
    elif hasattr(data, "__dask_graph__") and data.__dask_graph__() is not None:
        why = f"is not computed yet: give {name}.compute()"
    if why:
        raise TypeError(f"{name}: a {type(data).__name__} {why}")


def _as_array(data: Any) -> Any:
    """An array of NumPy that looks at the same memory, where that can be."""
    import numpy as np

    if hasattr(data, "detach"):  # a tensor of PyTorch, whose bfloat16 NumPy does not know
        data = data.detach().cpu()
        data = data.float() if str(data.dtype) == "torch.bfloat16" else data
    if isinstance(data, np.ma.MaskedArray):
        return data
    return np.from_dlpack(data) if not hasattr(data, "__array__") and hasattr(data, "__dlpack__") else np.asarray(data)
