"""A program over columns as machine code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...program.equations import Program
from ..llvm.codegen import lanes
from ..llvm.driver import EVALUATE
from ..plan.calls import Plan
from .executable import Executable, address
from .workspace import Loop, Workspace, row_stride


class InMachineCode:
    """A program compiled; several threads may run it at once."""

    def __init__(self, program: Program) -> None:
        workspace = Workspace(lanes())
        self._leaves = [(leaf, workspace.take(1)) for leaf in program.leaves.values()]
        places = dict(zip(program.leaves, (place for _, place in self._leaves), strict=True))
        varying = program.dependents(program.inputs)
        loop = Loop(
            workspace, program, places, {e.out for e in program.equations} - varying, varying,
            inputs=program.inputs, kept=dict.fromkeys(program.outputs),
        )  # fmt: skip
        outputs = workspace.table([loop.row(v) for v in program.outputs])
        self._outputs = len(program.outputs)
        self._executable = Executable(workspace, {"prologue": loop.once, "body": loop.each}, "evaluate")
        self._fields = self._executable.fields | {
            "columns": len(program.inputs), "outputs": self._outputs, "output_rows": outputs,
            "first_row": loop.rows[program.inputs[0]] if program.inputs else 0,
            "row_stride": row_stride(loop.width), "block": loop.width,
        }  # fmt: skip
        self.plan = Plan([*loop.before.calls, *loop.body.calls])
        self._free: list[Any] = []  # memories that no thread is using

    @property
    def ir(self) -> str:
        return self._executable.kernels.ir

    def run(self, columns: Sequence[Any], rows: int) -> Any:
        results = np.empty((self._outputs, rows))
        if not results.size:
            return results
        addresses = np.array([address(column) for column in columns], dtype=np.int64)
        strides = np.array([len(column) > 1 for column in columns], dtype=np.int64)
        first = address(results)
        targets = np.array([first + 8 * rows * i for i in range(self._outputs)], dtype=np.int64)
        try:
            memory = self._free.pop()
        except IndexError:
            memory = self._executable.memory()
        for leaf, place in self._leaves:
            memory[place] = leaf._data
        self._executable.run(memory, EVALUATE, self._fields | {
            "addresses": address(addresses), "strides": address(strides), "samples": rows,
            "output_addresses": address(targets),
        })  # fmt: skip
        self._free.append(memory)
        return results
