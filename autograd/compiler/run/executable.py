"""Machine code with the memory it works on: a laid-out workspace, ready to run."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..layout import address
from ..llvm import LINE, Kernels
from .kernel_workspace import KernelWorkspace, Line

SIGNATURE = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_void_p)


class Executable:
    """The sections of a program as code, the tables, and the kernels ``drivers`` that run them.

    Calling a driver releases the GIL; the code and tables never change, so several threads may run it at
    once, each with a ``memory`` of its own.
    """

    def __init__(self, workspace: KernelWorkspace, sections: Mapping[str, list[Line]], *drivers: str) -> None:
        self.kernels = Kernels(workspace.kernels)
        self._tables = np.array(workspace.tables if len(workspace.tables) else [0], dtype=np.int32)
        self._tables_address = address(self._tables)
        self._sections = {name: self._encode(lines) for name, lines in sections.items()}
        self.fields: dict[str, int] = {}  # what a job says about the sections
        for name, code in self._sections.items():
            self.fields |= {name: address(code), f"{name}_lines": len(sections[name])}
        self._drivers = {name: SIGNATURE(self.kernels.address(name)) for name in drivers}

    def _encode(self, lines: list[Line]) -> Any:
        numbers = np.zeros((max(len(lines), 1), LINE), dtype=np.int64)
        for i, (kernel, arguments, numbers_each) in enumerate(lines):
            numbers[i, : 1 + len(arguments)] = (self.kernels.address(kernel), *arguments)
            numbers[i, -1] = numbers_each
        return numbers

    def drive(self, driver: str, memory: int, job: int) -> None:
        """Run a driver, by the addresses of a workspace and of a job's numbers."""
        self._drivers[driver](memory, self._tables_address, 0, job)
