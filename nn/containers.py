"""What data come in, opened into rows: arrays, data frames, series, tensors, and whatever can be iterated over.

Frames and tensors are known by what they can do, so that none of their libraries is imported.  What would give
something else than its rows (a dict its keys, a set any order) is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from typing import Any

FRAMES: dict[
    tuple[str, ...], Callable[[Any], tuple[Any, list[list[Any]]]]
] = {  # the attributes of a frame → (the names of its columns, each column as a list)
    ("iloc", "columns"): lambda x: (x.columns, [x.iloc[:, j].tolist() for j in range(len(x.columns))]),  # pandas
    ("get_columns",): lambda x: (x.columns, [column.to_list() for column in x.get_columns()]),  # Polars
    ("to_pydict", "column_names"): lambda x: (x.column_names, [column.to_pylist() for column in x.columns]),  # Arrow
}


def rows_of(data: Any, name: str) -> tuple[Any, Sequence[Any]]:
    """The rows of any data as they are, a list or a NumPy array of them, and the names of the columns if it has any."""
    if isinstance(data, (list, tuple)):
        return data, ()
    _refuse_what_has_no_rows(data, name)
    for attributes, columns_of in FRAMES.items():
        if all(hasattr(data, attribute) for attribute in attributes):
            names, columns = columns_of(data)
            return [list(row) for row in zip(*columns, strict=True)], [*names]
    for method in ("to_list", "to_pylist"):  # a series
        if hasattr(data, method):
            return getattr(data, method)(), ()
    if hasattr(data, "detach"):  # a tensor of PyTorch, whose bfloat16 NumPy does not know
        data = data.detach().cpu()
        data = data.float() if str(data.dtype) == "torch.bfloat16" else data
    if any(hasattr(data, way) for way in ("__array__", "__array_interface__", "__dlpack__")):
        data = _as_array(data)
        if data.dtype.names:  # records
            columns = [data[column].tolist() for column in data.dtype.names]
            return [list(row) for row in zip(*columns, strict=True)], data.dtype.names
        return data, ()
    return data.tolist() if isinstance(data, memoryview) else [*data], ()


def numbers_of(data: Any, name: str, axes: Sequence[str] = ("row", "column")) -> tuple[Any, Sequence[Any]]:
    """The rows as lists, ready to be checked number by number, and the names of the columns if there are any.

    ``axes`` are those that it may have.  A row that is an array without axes is a number: that alone.
    """
    _refuse_what_has_no_rows(data, name)
    if isinstance(data, (str, bytes, bytearray)) or not (isinstance(data, Iterable) or hasattr(data, "__dlpack__")):
        raise TypeError(f"{name} must be a list of rows or of numbers, not {type(data).__name__}")
    rows, columns = rows_of(data, name)
    rows = _as_list(rows, name, axes) if hasattr(rows, "dtype") else rows
    if len(axes) > 1 and not isinstance(rows, (list, tuple)):
        raise TypeError(f"{name} must be a list of rows or of numbers, not a single number")
    return rows, columns


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
    import numpy as np

    if isinstance(data, np.ma.MaskedArray):
        return data
    return np.from_dlpack(data) if not hasattr(data, "__array__") and hasattr(data, "__dlpack__") else np.asarray(data)


def _as_list(array: Any, name: str, axes: Sequence[str]) -> Any:
    """The lists of a NumPy array; where it cannot be one of rows of real numbers it is refused."""
    import numpy as np

    if array.ndim > len(axes):
        raise ValueError(
            f"{name} has {array.ndim} dimensions, {array.shape}, and should have {len(axes)} at most: put all numbers "
            f"of a row into one, as X.reshape(len(X), -1) does"
        )
    if np.ma.is_masked(array):
        where = ", ".join(f"{axis} {i}" for axis, i in zip(axes, np.argwhere(array.mask)[0], strict=False))
        raise ValueError(f"{name}, {where} (from 0): it is masked: leave such rows out, or fill the gap")
    array = np.asarray(array)
    if array.dtype.kind in "mM":  # their lists would be whole numbers
        raise TypeError(f"{name} holds {array.dtype}{advice(np.timedelta64(0))}")
    if array.dtype.kind == "V":  # the bfloat16 of JAX, say
        array = array.astype(float)
    return array.tolist()
