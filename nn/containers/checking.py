"""Tables of finite numbers, or the place of what is none.

All is done in pieces: a large table needs no room beside its own, and a memory map is read from the disk once.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from autograd import Value, as_float
from autograd.compiler import Ragged

from ..progress import PATIENCE, progress_bar
from .opening import Columns, advice, cell_of, cells_of, is_numeric, opened

SMALL = 2**24  # bytes up to which an array may be copied for the sake of speed
PIECE = 2**18  # numbers that are looked at together: they stay in the processor's cache


def table_of(data: Any, name: str) -> Any:
    """See ``samples.as_table``."""
    import numpy as np

    found, columns = opened(data, name), ()
    if isinstance(found, Columns):
        if found.whole is None:
            return _filled(found, name)
        found, columns = found.whole, found.names
    if isinstance(found, (list, tuple)):
        return _as_table(as_lists(found, name))
    if found.ndim == 0:
        raise TypeError(f"{name} must be a list of rows or of numbers, not a single number")
    found = _real(found, name, ("row", "column"))
    if isinstance(found, list):
        return _as_table(as_lists(found, name))
    if not found.size:
        as_lists(found.tolist(), name)  # which says what is missing
    if (found.dtype != np.float64 or not found.flags.aligned) and found.size * 8 <= SMALL:
        found = found.astype(np.float64)  # once, and not with every step
    bad = _first_bad(found, name)
    if bad is not None:
        row, *others = bad
        where = "".join(f", column {columns[j]!r}" if len(columns) else f", column {j}" for j in others)
        _number(found[bad].item(), f"{name}, row {row}{where}")
    return found


def as_lists(data: Any, name: str) -> list[Any]:
    """A list of rows of floats, or a list of floats, looked at number by number."""
    table = [_row(row, f"{name}, row {i}") for i, row in enumerate(opened(data, name))]
    if not table:
        raise ValueError(f"{name} is empty: it must have one row at least")
    for i, row in enumerate(table):
        if row == []:
            raise ValueError(f"{name}, row {i} (from 0) has 0 numbers, and a row has one at least: leave such out")
        if type(row) is not type(table[0]):
            raise _uneven(table, i, name)
    return table


def even(table: Any, name: str) -> Any:
    """A table, or a list of rows, as it is; ValueError where rows are of unequal length, and none can be."""
    for i, row in enumerate(table if isinstance(table, (list, Ragged)) else ()):
        if width_of(row) != width_of(table[0]):
            raise _uneven(table, i, name)
    return table


def _as_table(rows: list[Any]) -> Any:
    """Checked rows as an array, or where their lengths differ as a ragged table."""
    import numpy as np

    lengths = {len(row) if isinstance(row, list) else 0 for row in rows}
    return np.array(rows) if len(lengths) == 1 else Ragged(rows)


def _uneven(table: Any, i: int, name: str) -> ValueError:
    return ValueError(f"{name}, row {i} (from 0) has {width_of(table[i])}, row 0 has {width_of(table[0])}")


def numbers_in(data: Any, name: str) -> Any:
    """The outputs of a model, or its targets, as an array of float64; of rows of one number the numbers.

    They may be nan, and Values.
    """
    import numpy as np

    found = opened(data, name)
    if isinstance(found, Columns):
        found = np.column_stack([_as_floats(column) for column in found.columns])
    elif isinstance(found, (list, tuple)):
        try:
            array = np.array(found)
        except ValueError:  # ragged, or of Values
            array = np.array(None)
        found = array if array.dtype.kind in "biuf" else found
    else:
        found = _real(found, name, ("row", "column"))
    if isinstance(found, (list, tuple)):
        found = np.array([_plain(row) for row in found])
    found = found.astype(np.float64, copy=False)
    return found[:, 0] if found.ndim > 1 and found.shape[1] == 1 else found


def numbers_of(table: Any) -> Any:
    """All numbers of a table, as an array."""
    return table.numbers if isinstance(table, Ragged) else table


def width_of(row: Any) -> str:
    """How wide a row is, in words."""
    return f"{len(row)} number{'s' * (len(row) != 1)}" if hasattr(row, "__len__") else "a single number"


def pieces(table: Any, what: str) -> Iterator[slice]:
    """Slices of the rows of a table, one after the other, of about PIECE numbers each."""
    step = max(PIECE * len(table) // max(table.size, 1), 1)
    started = time.perf_counter()
    for start in (starts := range(0, len(table), step)):
        if time.perf_counter() - started > PATIENCE:  # what is left goes by with a bar
            with progress_bar(start // step, len(starts), "piece", what) as bar:
                for other in range(start, len(table), step):
                    yield slice(other, other + step)
                    if bar is not None:
                        bar.update()
            return
        yield slice(start, start + step)


def _real(array: Any, name: str, axes: Sequence[str]) -> Any:
    """An array of real numbers as it is, of others a list; what can be no rows is refused."""
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
    return array if array.dtype.kind in "biuf" else array.tolist()


def _first_bad(table: Any, name: str) -> tuple[int, ...] | None:
    """Where in an array a number is that is not finite."""
    import numpy as np

    if table.dtype.kind != "f":
        return None
    turned = table.ndim > 1 and abs(table.strides[0]) < abs(table.strides[1])  # columns lie together
    along = table.T if turned else table
    for some in pieces(along, f"checking {name}"):
        with np.errstate(all="ignore"):
            if math.isfinite(along[some].sum(dtype=np.float64)):
                continue
            finite = np.isfinite(along[some].astype(np.float64, copy=False))
        if not finite.all():
            first, *others = np.argwhere(~finite)[0].tolist()
            place = (some.start + first, *others)
            return place[::-1] if turned else place
    return None


def _filled(given: Columns, name: str) -> Any:
    """The columns as one table; the first cell that is no finite number is refused by the name of its column."""
    import numpy as np

    if not len(given.columns) or not len(given.columns[0]):
        as_lists([], name)  # which says that it is empty
    table = np.empty((len(given.columns[0]), len(given.columns)), order="F")
    for j, column in enumerate(given.columns):
        where = "" if given.flat else f", column {given.names[j]!r}"
        if is_numeric(column):
            table[:, j] = _as_floats(column)
            bad = _first_bad(table[:, j], name)
            if bad is not None:
                _number(cell_of(column, *bad), f"{name}, row {bad[0]}{where}")
        else:
            table[:, j] = [_number(x, f"{name}, row {i}{where}") for i, x in enumerate(cells_of(column))]
    return table[:, 0] if given.flat else table


def _as_floats(column: Any) -> Any:
    """A numeric column as an array of float64; where a number is missing stands nan."""
    import numpy as np

    if hasattr(column, "iloc"):  # pandas, whose own missing number is none for NumPy
        return column.to_numpy(dtype=np.float64, na_value=math.nan)
    return np.asarray(column, dtype=np.float64)


def _row(row: Any, where: str) -> Any:
    """A finite float for each number of a row, or for the row that is one."""
    if type(row) is list and {*map(type, row)} == {float} and math.isfinite(sum(row)):
        return [*row]  # most rows pass this quick check
    if (isinstance(row, Iterable) or hasattr(row, "__dlpack__")) and not isinstance(row, (str, bytes)):
        row = opened(row, where)
        if isinstance(row, Columns):
            row = _filled(row, where)
        if hasattr(row, "dtype"):
            row = _real(row, where, ("column",))
            row = row.tolist() if hasattr(row, "dtype") else row
    if isinstance(row, (list, tuple)):
        return [_number(x, f"{where}, column {j}") for j, x in enumerate(row)]
    return _number(row, where)


def _plain(row: Any) -> Any:
    """A number, or a list of numbers, of whatever stands for one."""
    if isinstance(row, Value):
        return row.data
    row = row.tolist() if hasattr(row, "tolist") else row
    return [*map(_plain, row)] if isinstance(row, (list, tuple)) else as_float(row)


def _number(x: Any, where: str) -> float:
    """A finite float; ``where`` begins the message about what is none."""
    try:
        if math.isfinite(number := as_float(x)):
            return number
        raise ValueError(f"{number} teaches nothing: leave such rows out, or fill the gap")
    except (TypeError, ValueError, OverflowError) as error:
        raise type(error)(f"{where} (from 0): {error}{advice(x)}") from None
