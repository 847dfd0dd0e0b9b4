"""A program over columns as machine code."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...program import Program
from ...value import Value
from ..llvm import EvaluateJob, lanes
from ..plan import Plan, plan_loop
from .executable import Executable, address
from .sample_loop import Loop
from .workspace import Workspace, row_stride


class InMachineCode:
    """A program compiled; several threads may run it at once."""

    def __init__(self, program: Program) -> None:
        workspace = Workspace(lanes())
        self.leaves, self._places = program.leaves, {v: workspace.take(1) for v in program.leaves}
        plans = plan_loop(program.equations, program.constants, program.inputs, kept=program.outputs)
        self.plan = Plan([*plans.once.calls, *plans.each.calls])
        loop = Loop(workspace, plans, self._places)
        output_rows = workspace.table([loop.row(v) for v in program.outputs])
        self._executable = Executable(workspace, {"prologue": loop.once, "body": loop.each}, "evaluate")
        self._job: EvaluateJob[int] = EvaluateJob(
            **self._executable.fields,
            columns=len(program.inputs), first_row=loop.row(program.inputs[0]) if program.inputs else 0,
            row_stride=row_stride(loop.width), block=loop.width,
            outputs=len(program.outputs), output_rows=output_rows,
            addresses=0, strides=0, samples=0, output_addresses=0,
        )  # fmt: skip
        self._free: list[Any] = []  # memories that no thread is using

    def bound(self, leaves: dict[int, Value]) -> InMachineCode:
        """The same code over other leaves, and with memory of its own."""
        twin = copy.copy(self)
        twin.leaves, twin._free = leaves, []
        return twin

    @property
    def ir(self) -> str:
        return self._executable.kernels.ir

    def run(self, columns: Sequence[Any], rows: int) -> Any:
        results = np.empty((self._job.outputs, rows))
        if not results.size:
            return results
        addresses = np.array([address(column) for column in columns], dtype=np.int64)
        strides = np.array([column.strides[0] // 8 if len(column) > 1 else 0 for column in columns], dtype=np.int64)
        first = address(results)
        targets = np.array([first + 8 * rows * i for i in range(len(results))], dtype=np.int64)
        try:
            memory = self._free.pop()
        except IndexError:
            memory = self._executable.memory()
        for v, leaf in self.leaves.items():
            memory[self._places[v]] = leaf._data
        self._executable.run(memory, self._job._replace(
            addresses=address(addresses), strides=address(strides), samples=rows, output_addresses=address(targets)
        ))  # fmt: skip
        self._free.append(memory)
        return results
