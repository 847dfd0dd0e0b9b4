"""Feeding the driver: tables of float64 are read where they lie, others in parts, gathered and converted for each.

A table is an array of real numbers of shape (samples, numbers of a sample), or of one axis where that is one number.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..columns import is_readable
from ..llvm import Source
from .executable import address
from .workspace import BLOCK

MOST = 2**21  # numbers that are gathered or converted at a time, 16 MB: what a step takes of more goes in parts


class Part(NamedTuple):
    """Steps over tables that the driver can read, or some samples of one step.

    ``bounds`` has for each step where its samples begin and end, and how many the mean is over: more than those where
    others came before (``begin`` is false then) or are to come (``finish`` is).
    """

    tables: Sequence[Any]
    order: Any  # numbers of samples, or None: they are taken as they stand
    bounds: Any
    begin: bool = True
    finish: bool = True

    @property
    def samples(self) -> int:
        """How many it takes, those of each step counted."""
        return int((self.bounds[:, 1] - self.bounds[:, 0]).sum())


def parts(tables: Sequence[Any], order: Any, bounds: Any, gathered: bool) -> Iterator[Part]:
    """The steps: all in one part, or, where tables cannot be read or are to be ``gathered``, MOST numbers in each."""
    sizes = bounds[:, 1] - bounds[:, 0]
    if not gathered and all(map(is_readable, tables)):
        whole = np.empty((len(bounds), 3), dtype=np.int64)
        whole[:, :2], whole[:, 2] = bounds, sizes
        yield Part(tables, order, whole)
        return
    width = sum(table.shape[1] if table.ndim > 1 else 1 for table in tables)
    most = max(MOST // max(width, 1) // BLOCK, 1) * BLOCK  # whole blocks: the sums have the same bits
    step = 0
    while step < len(bounds):
        steps = max(int(np.searchsorted(np.cumsum(sizes[step:]), most, side="right")), 1)
        rows = np.concatenate([np.arange(first, end) for first, end in bounds[step : step + steps]])
        for start in range(0, len(rows), most):  # of several steps all are in the first round
            some = rows[start : start + most]
            chosen = some if order is None else order[some]
            ends = np.cumsum(sizes[step : step + steps]) if steps > 1 else np.array([len(some)])
            within = np.column_stack([ends, ends, sizes[step : step + steps]])
            within[:, 0] = [0, *ends[:-1]]
            readable = [_gathered(table, chosen, order is None and steps == 1) for table in tables]
            yield Part(readable, None, within, start == 0, start + most >= len(rows))
        step += steps


def _gathered(table: Any, rows: Any, together: bool) -> Any:
    """Some rows of a table as float64."""
    return np.asarray(table[rows[0] : rows[-1] + 1] if together else table[rows], dtype=np.float64, order="C")


def sources(tables: Sequence[Any], row: int, row_stride: int, sequential: bool, lanes: int) -> Any:
    """What the driver is told of tables: the first column of the first goes to ``row``, the others behind it."""
    records = []
    for table in tables:
        columns = table.shape[1] if table.ndim > 1 else 1
        if columns:
            stride, across = table.strides[0] // 8, table.strides[1] // 8 if table.ndim > 1 else 1
            by_columns = sequential and (across != 1 or columns < lanes)
            records.append(Source(address(table), stride, across, columns, row, int(by_columns)))
        row += columns * row_stride
    return np.array(records, dtype=np.int64)
