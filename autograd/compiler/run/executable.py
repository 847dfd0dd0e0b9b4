"""Machine code with the memory it works on: a laid-out workspace, ready to run."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..llvm import LINE, EvaluateJob, TrainJob, kernels_of
from .kernel_workspace import KernelWorkspace, Line

SIGNATURE = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_void_p)


def address(array: Any) -> int:
    """Where the numbers of an array begin."""
    try:
        return ctypes.addressof(ctypes.c_char.from_buffer(array))  # three times as fast as the way below
    except (TypeError, ValueError):  # it cannot be written to, or its numbers do not lie side by side
        found: int = array.__array_interface__["data"][0]
        return found


class Executable:
    """The sections of a program as code, the tables, and the kernel ``driver`` that runs them.

    Calling a driver releases the GIL; the code and tables never change, so several threads may run it at
    once, each with a ``memory`` of its own.
    """

    def __init__(self, workspace: KernelWorkspace, sections: Mapping[str, list[Line]], driver: str) -> None:
        called = {line.kernel for lines in sections.values() for line in lines}
        self.kernels = kernels_of({driver, *called}, workspace.kernels)
        self._tables = np.array(workspace.tables if len(workspace.tables) else [0], dtype=np.int32)
        self._tables_address = address(self._tables)
        self._sections = {name: self._encode(lines) for name, lines in sections.items()}
        self.fields: dict[str, int] = {}  # what a job says about the sections
        for name, code in self._sections.items():
            self.fields |= {name: address(code), f"{name}_lines": len(sections[name])}
        self._driver = SIGNATURE(self.kernels.address(driver))

    def _encode(self, lines: list[Line]) -> Any:
        addresses = {kernel: self.kernels.address(kernel) for kernel in {line.kernel for line in lines}}
        numbers = [
            [addresses[kernel], *arguments, *[0] * (LINE - 2 - len(arguments)), numbers_each]
            for kernel, arguments, numbers_each in lines
        ]
        return np.array(numbers or [[0] * LINE], dtype=np.int64)

    def run(self, memory: Any, job: TrainJob[int] | EvaluateJob[int]) -> Any:
        """Run the driver on a job; returns the numbers of the job as they are afterwards."""
        numbers = np.array(job, dtype=np.int64)
        self.drive(address(memory), address(numbers))
        return numbers

    def drive(self, memory: int, job: int) -> None:
        """The same by the addresses of a workspace and of a job's numbers."""
        self._driver(memory, self._tables_address, 0, job)
