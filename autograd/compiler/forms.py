"""Samples of several forms: rows of unequal length, such as the letters of names, and what is alike among them.

A program is made for one form: for so many numbers.  So samples are sorted by their forms.  Using this needs NumPy.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple


class Ragged:
    """Rows of unequal length, of one number or more each: all ``numbers`` in one array, one row after the other.

    What is asked of a table is asked of it as of an array: ``len``, ``table[i]`` for a row, ``tolist()``.

    >>> table = Ragged([[1.0, 2.0], [3.0]])
    >>> len(table), table[0].tolist(), table.row_at(2)
    (2, [1.0, 2.0], 1)
    """

    ndim = 2

    def __init__(self, rows: Sequence[Sequence[float]]) -> None:
        import numpy as np

        self.numbers = np.array([x for row in rows for x in row])
        self.lengths = np.array([len(row) for row in rows])
        self.ends = np.cumsum(self.lengths)

    def __len__(self) -> int:
        return len(self.lengths)

    def __getitem__(self, i: int) -> Any:
        return self.numbers[self.ends[i] - self.lengths[i] : self.ends[i]]

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self)))

    def tolist(self) -> list[list[float]]:
        return [row.tolist() for row in self]

    def row_at(self, place: int) -> int:
        """The row to which one of the numbers belongs."""
        return int(self.ends.searchsorted(place, side="right"))

    def of_length(self, length: int, rows: Any) -> Any:
        """Some rows, all of one length, as an array."""
        import numpy as np

        return self.numbers[(self.ends[rows] - length)[:, None] + np.arange(length)]


class Alike(NamedTuple):
    """Rows of one length in each of several tables: their ``numbers`` in these, and the tables that they make."""

    numbers: Any
    tables: tuple[Any, ...]


def alike(*tables: Any) -> list[Alike]:
    """The rows of tables that stand side by side, put together by their lengths: rectangles, the shortest first.

    Tables of which none is ragged are one rectangle, as they are.
    """
    import numpy as np

    if not any(isinstance(table, Ragged) for table in tables):
        return [Alike(np.arange(len(tables[0]) if tables else 1), tables)]
    lengths = np.array([table.lengths if isinstance(table, Ragged) else [0] * len(table) for table in tables])
    shapes, which = np.unique(lengths, axis=1, return_inverse=True)
    found = []
    for k, shape in enumerate(shapes.T.tolist()):
        rows = np.flatnonzero(which.ravel() == k)
        some = [
            table.of_length(length, rows) if isinstance(table, Ragged) else table[rows].astype(float)
            for table, length in zip(tables, shape, strict=True)
        ]
        found.append(Alike(rows, tuple(some)))
    return found


class Samples:
    """Samples that are alike: for each argument of a loss a table, with a number or a list of them for each sample.

    ``form`` says which: None for a number, else how long the list is.  ``where`` names the samples in messages, if they
    are not all that there are.  ``samples[i]`` are the numbers of one, argument after argument.

    >>> import numpy as np
    >>> samples = Samples([np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([5.0, 6.0])])
    >>> samples.form, samples[1], samples.arguments("abc")
    ((2, None), [3.0, 4.0, 6.0], [['a', 'b'], 'c'])
    """

    def __init__(self, tables: Sequence[Any], where: str = "") -> None:
        self.tables, self.where = [*tables], where
        self.form = tuple([table.shape[1] if table.ndim > 1 else None for table in tables])
        self.columns = sum(1 if length is None else length for length in self.form)

    def __len__(self) -> int:
        return len(self.tables[0]) if self.tables else 1

    def __getitem__(self, i: int) -> list[float]:
        return [float(x) for table in self.tables for x in (table[i] if table.ndim > 1 else table[i : i + 1])]

    def arguments(self, numbers: Sequence[Any]) -> list[Any]:
        """The arguments of the loss, of the numbers of a sample."""
        found: list[Any] = []
        start = 0
        for length in self.form:
            found.append(numbers[start] if length is None else [*numbers[start : start + length]])
            start += 1 if length is None else length
        return found


class Mixed(NamedTuple):
    """Samples of several forms: the tables of each form; of each sample its form, and its number among those.

    >>> import numpy as np
    >>> Mixed.of([np.array([1, 2]), np.array([0])], [(), ()]).numbers.tolist()
    [0, 0, 1]
    """

    tables: Sequence[Sequence[Any]]
    forms: Any
    numbers: Any

    @classmethod
    def of(cls, rows: Sequence[Any], tables: Sequence[Sequence[Any]]) -> Mixed:
        """Of the numbers of the samples of each form, and the tables that these make."""
        import numpy as np

        forms, numbers = np.empty((2, sum(map(len, rows))), dtype=np.int64)
        for form, some in enumerate(rows):
            forms[some], numbers[some] = form, np.arange(len(some))
        return cls(tables, forms, numbers)
