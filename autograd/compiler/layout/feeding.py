"""Samples in parts: tables of float64 are taken as they lie, others gathered and converted, some at a time.

A table is an array of real numbers of shape (samples, numbers of a sample), or of one axis where that is one number.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..columns import is_readable
from ..forms import Mixed
from .costs import Cost


class Part(NamedTuple):
    """Steps over tables that can be read where they lie, or some samples of one step.

    ``tables`` are those of each form of samples.  ``groups`` are samples of one form: which, and where they begin and
    end.  ``bounds`` has for each step where its groups begin and end, and how many samples the mean is over: more than
    those where others came before (``begin`` is false then) or are to come (``finish`` is).
    """

    tables: Sequence[Sequence[Any]]
    order: Any  # numbers of samples, or None: they are taken as they stand
    groups: Any
    bounds: Any
    begin: bool = True
    finish: bool = True

    @property
    def samples(self) -> int:
        """How many it takes, those of each step counted."""
        return int((self.groups[:, 2] - self.groups[:, 1]).sum())


def parts(data: Any, order: Any, bounds: Any, gathered: bool, cost: Cost) -> Iterator[Part]:
    """The steps: all in one part, or, where tables cannot be read or are to be ``gathered``, some samples in each.

    A part of a step is some of its shares.
    """
    if isinstance(data, Mixed):
        yield in_order_of_forms(data, bounds) if order is None else by_form(data, order, bounds)
        return
    tables = data if isinstance(data, tuple) else (data,)
    sizes = bounds[:, 1] - bounds[:, 0]
    if not gathered and all(map(is_readable, tables)):
        yield _alone(tables, order, bounds, sizes)
        return
    step = 0
    while step < len(bounds):
        share = cost.share(int(sizes[step]))
        most = max(cost.most // share, 1) * share
        steps = max(int(np.searchsorted(np.cumsum(sizes[step:]), most, side="right")), 1)
        rows = np.concatenate([np.arange(first, end) for first, end in bounds[step : step + steps]])
        for start in range(0, len(rows), most):  # of several steps all are in the first round
            some = rows[start : start + most]
            chosen = some if order is None else order[some]
            ends = np.cumsum(sizes[step : step + steps]) if steps > 1 else np.array([len(some)])
            within = np.column_stack([[0, *ends[:-1]], ends])
            readable = [_gathered(table, chosen, order is None and steps == 1) for table in tables]
            begin, finish = start == 0, start + most >= len(rows)
            yield _alone(readable, None, within, sizes[step : step + steps])._replace(begin=begin, finish=finish)
        step += steps


def _alone(tables: Sequence[Any], order: Any, bounds: Any, sizes: Any) -> Part:
    """Samples of one form."""
    numbers = np.arange(len(bounds) + 1)
    groups = np.column_stack([np.zeros_like(numbers[1:]), bounds])
    return Part([tables], order, groups, np.column_stack([numbers[:-1], numbers[1:], sizes]))


def by_form(data: Mixed, order: Any, bounds: Any) -> Part:
    """Steps over samples of several forms: in each of them those of one form after those of another."""
    sizes = bounds[:, 1] - bounds[:, 0]
    steps = np.repeat(np.arange(len(bounds)), sizes)
    ends = np.cumsum(sizes)
    chosen = order[np.arange(len(steps)) + np.repeat(bounds[:, 0] - ends + sizes, sizes)]
    together = np.lexsort((data.forms[chosen], steps))
    chosen = chosen[together]
    forms = data.forms[chosen]
    starts = np.flatnonzero(np.diff(forms, prepend=-1) | np.diff(steps, prepend=-1))
    groups = np.column_stack([forms[starts], starts, [*starts[1:], len(forms)]])
    first = np.searchsorted(steps[starts], np.arange(len(bounds) + 1))
    return Part(data.tables, data.numbers[chosen], groups, np.column_stack([first[:-1], first[1:], sizes]))


def in_order_of_forms(data: Mixed, bounds: Any) -> Part:
    """Steps that take all samples, which need no order: those of each form as they stand."""
    counts = [len(tables[0]) for tables in data.tables]
    groups = np.array([(form, 0, count) for form, count in enumerate(counts)])
    first = np.arange(0, len(bounds) * len(counts), len(counts))
    whole = np.column_stack([first, first + len(counts), np.full(len(bounds), sum(counts))])
    return Part(data.tables, None, np.tile(groups, (len(bounds), 1)), whole)


def _gathered(table: Any, rows: Any, together: bool) -> Any:
    """Some rows of a table as float64."""
    return np.asarray(table[rows[0] : rows[-1] + 1] if together else table[rows], dtype=np.float64, order="C")
