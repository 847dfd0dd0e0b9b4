"""A program over columns by NumPy."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from ...program import Program
from ...value import Value
from ..columns import Columns
from ..layout import Loop
from ..plan import Plan, plan_loop
from .bound_loop import BoundLoop
from .column_workspace import ColumnWorkspace


class InNumPy:
    """A program laid out; several threads may run it at once."""

    ir = "; no LLVM IR: NumPy runs the program"

    def __init__(self, program: Program) -> None:
        self._workspace = workspace = ColumnWorkspace()
        self.leaves, self._places = program.leaves, {v: workspace.take(1) for v in program.leaves}
        plans = plan_loop(program.equations, program.constants, program.inputs, kept=program.outputs)
        self.plan = Plan([*plans.once.calls, *plans.each.calls])
        self._loop = Loop(workspace, plans, self._places)
        self._inputs = [self._loop.row(v) for v in program.inputs]
        self._outputs = [self._loop.row(v) for v in program.outputs]
        self._free: list[BoundLoop] = []  # those that no thread is using

    def bound(self, leaves: dict[int, Value]) -> InNumPy:
        """The same program over other leaves, and with memory of its own."""
        twin = copy.copy(self)
        twin.leaves, twin._free = leaves, []
        return twin

    def run(self, columns: Columns, rows: int) -> Any:
        results = np.empty((len(self._outputs), rows))
        if not results.size:
            return results
        try:
            loop = self._free.pop()
        except IndexError:
            loop = BoundLoop(self._loop, self._workspace.memory())
        memory, block = loop.memory, self._loop.width
        for v, leaf in self.leaves.items():
            memory[self._places[v]] = leaf._data
        with np.errstate(all="ignore"):
            loop.begin()
            for start in range(0, rows, block):
                count = min(block, rows - start)
                for place, column in zip(self._inputs, columns, strict=True):
                    some = column if type(column) is float else column[start : start + count]
                    memory[place : place + count] = some
                loop.run(count)
                for place, result in zip(self._outputs, results, strict=True):
                    result[start : start + count] = memory[place : place + count]
        self._free.append(loop)
        return results
