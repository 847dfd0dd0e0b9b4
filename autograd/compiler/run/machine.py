"""A program over columns as machine code."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from ...program import Program
from ...value import Value
from ..columns import Columns
from ..layout import Loop, row_stride
from ..llvm import EvaluateJob
from ..plan import Plan, plan_loop
from .assembly import assembled
from .executable import Executable, address
from .kernel_workspace import KernelWorkspace

SAMPLES, RESULTS = map(EvaluateJob._fields.index, ("samples", "results"))


class InMachineCode:
    """A program compiled; several threads may run it at once."""

    def __init__(self, program: Program) -> None:
        workspace = KernelWorkspace()
        self.leaves, self._places = program.leaves, {v: workspace.take(1) for v in program.leaves}
        plans = plan_loop(program.equations, program.constants, program.inputs, kept=program.outputs)
        self.plan = Plan([*plans.once.calls, *plans.each.calls])
        loop = Loop(workspace, plans, self._places)
        once, each = assembled(loop, workspace)
        output_rows = workspace.table([loop.row(v) for v in program.outputs])
        self._workspace = workspace
        self._executable = Executable(workspace, {"prologue": once, "body": each}, "evaluate")
        self._job: EvaluateJob[int] = EvaluateJob(
            **self._executable.fields,
            columns=len(program.inputs), first_row=loop.row(program.inputs[0]) if program.inputs else 0,
            row_stride=row_stride(loop.width), block=loop.width,
            outputs=len(program.outputs), output_rows=output_rows,
            addresses=0, strides=0, samples=0, results=0,
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
        try:
            desk = self._free.pop()
        except IndexError:
            desk = _Desk(self._workspace, self._job)
        for v, leaf in self.leaves.items():
            desk.memory[self._places[v]] = leaf._data
        desk.lay_out(columns, results, rows)
        self._executable.drive(desk.memory_address, desk.job_address)
        self._free.append(desk)
        return results


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

    def lay_out(self, columns: Columns, results: Any, rows: int) -> None:
        """Say where the columns are, and where the results go to."""
        for i, column in enumerate(columns):
            if type(column) is float:
                self._numbers[i] = column
                self._addresses[i], self._strides[i] = self._numbers_address + 8 * i, 0
            else:
                self._addresses[i] = address(column)
                self._strides[i] = column.strides[0] // 8 if len(column) > 1 else 0
        self._job[SAMPLES], self._job[RESULTS] = rows, address(results)
