"""A program over columns as machine code."""

from __future__ import annotations

import copy
from contextlib import suppress
from typing import Any

import numpy as np

from ...program import Program
from ...value import Value
from ..columns import Columns
from ..layout import Cost, Loop, address, row_stride
from ..llvm import EvaluateJob
from ..plan import Plan, plan_loop
from .assembly import assembled
from .executable import Executable
from .kernel_workspace import KernelWorkspace
from .threads import WORTH, team, threads

PIECES = 4  # of the rows, for each thread: one that is held up takes fewer

SAMPLES, RESULTS, ACROSS = map(EvaluateJob._fields.index, ("samples", "results", "across"))


class InMachineCode:
    """A program compiled; several threads may run it at once."""

    def __init__(self, program: Program) -> None:
        workspace = KernelWorkspace()
        places = {v: workspace.take(1) for v in program.leaves}
        self.leaves, self._places = program.leaves, np.array([*places.values()], dtype=np.int64)
        plans = plan_loop(program.equations, program.constants, program.inputs, kept=program.outputs)
        self.plan = Plan([*plans.once.calls, *plans.each.calls])
        loop = Loop(workspace, plans, places)
        once, each = assembled(loop, workspace)
        output_rows = workspace.table([loop.row(v) for v in program.outputs])
        self._workspace = workspace
        self._cost = Cost.of(plans.each.calls, 0, loop.width)  # to read and write is no faster in several threads
        self._executable = Executable(workspace, {"prologue": once, "body": each}, "evaluate")
        self._job: EvaluateJob[int] = EvaluateJob(
            **self._executable.fields,
            columns=len(program.inputs), first_row=loop.row(program.inputs[0]) if program.inputs else 0,
            row_stride=row_stride(loop.width), block=loop.width,
            outputs=len(program.outputs), output_rows=output_rows,
            addresses=0, strides=0, samples=0, results=0, across=0,
        )  # fmt: skip
        self._free: list[_Desk] = []  # those that no thread is using

    def bound(self, leaves: dict[int, Value]) -> InMachineCode:
        """The same code over other leaves, and with memory of its own."""
        twin = copy.copy(self)
        twin.leaves, twin._free = leaves, []
        return twin

    @property
    def ir(self) -> str:
        return self._executable.kernels.ir

    def run(self, columns: Columns, rows: int) -> Any:
        results = np.empty((self._job.outputs, rows))
        if not results.size:
            return results
        numbers = np.array([leaf._data for leaf in self.leaves.values()]) if self.leaves else None
        count = threads() if rows * self._cost.nanoseconds > WORTH else 1
        if count == 1:
            self._run(columns, results, desk := self._desk(numbers))
            self._free.append(desk)
            return results
        size = -(-rows // (PIECES * count))
        starts = [*range(0, rows, size)]

        def run_pieces(_: int) -> None:
            desk = self._desk(numbers)
            while starts:
                with suppress(IndexError):  # another thread has taken the last one
                    some = slice(start := starts.pop(), start + size)
                    pieces = [column if type(column) is float else column[some] for column in columns]
                    self._run(pieces, results[:, some], desk)
            self._free.append(desk)

        with team(count) as together:
            together(run_pieces, count)
        return results

    def _desk(self, numbers: Any) -> _Desk:
        """One that no thread is using, with the numbers of the leaves."""
        try:
            desk = self._free.pop()
        except IndexError:
            desk = _Desk(self._workspace, self._job)
        if numbers is not None:
            desk.memory[self._places] = numbers
        return desk

    def _run(self, columns: Columns, results: Any, desk: _Desk) -> None:
        """Write the results of some rows."""
        desk.lay_out(columns, results)
        self._executable.drive("evaluate", desk.memory_address, desk.job_address)


class _Desk:
    """What one run works on, kept for the next with its addresses: asking for them takes longer than a small run."""

    def __init__(self, workspace: KernelWorkspace, job: EvaluateJob[int]) -> None:
        self.memory = workspace.memory()
        self._numbers = np.zeros(job.columns)  # the columns that are one number
        self._addresses, self._strides = np.zeros((2, job.columns), dtype=np.int64)
        places = job._replace(addresses=address(self._addresses), strides=address(self._strides))
        self._job = np.array(places, dtype=np.int64)
        self.memory_address, self.job_address = address(self.memory), address(self._job)
        self._numbers_address = address(self._numbers)

    def lay_out(self, columns: Columns, results: Any) -> None:
        """Say where the columns are, and where the results go to."""
        for i, column in enumerate(columns):
            if type(column) is float:
                self._numbers[i] = column
                self._addresses[i], self._strides[i] = self._numbers_address + 8 * i, 0
            else:
                self._addresses[i] = address(column)
                self._strides[i] = column.strides[0] // 8 if len(column) > 1 else 0
        rows = results.shape[1]
        self._job[SAMPLES], self._job[RESULTS], self._job[ACROSS] = rows, address(results), results.strides[0] // 8
