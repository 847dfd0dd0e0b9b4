"""Machine code with the memory it works on: a laid-out workspace, ready to run."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..layout import address
from ..llvm import LINE, kernels_of
from .kernel_workspace import KernelWorkspace, Line

SIGNATURE = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_void_p)


class Executable:
    """The sections of a program as code, the tables, and the kernels ``drivers`` that run them.

    Calling a driver releases the GIL; the code and tables never change, so several threads may run it at
    once, each with a ``memory`` of its own.
    """

    def __init__(self, workspace: KernelWorkspace, sections: Mapping[str, list[Line]], *drivers: str) -> None:
        called = {line.kernel for lines in sections.values() for line in lines}
        self.kernels = kernels_of({*drivers, *called}, workspace.kernels)
        self._tables = np.array(workspace.tables if len(workspace.tables) else [0], dtype=np.int32)
        self._tables_address = address(self._tables)
        self._sections = {name: self._encode(lines) for name, lines in sections.items()}
        self.fields: dict[str, int] = {}  # what a job says about the sections
        for name, code in self._sections.items():
            self.fields |= {name: address(code), f"{name}_lines": len(sections[name])}
        self._drivers = {name: SIGNATURE(self.kernels.address(name)) for name in drivers}

    def _encode(self, lines: list[Line]) -> Any:
        addresses = {kernel: self.kernels.address(kernel) for kernel in {line.kernel for line in lines}}
        numbers = [
            [addresses[kernel], *arguments, *[0] * (LINE - 2 - len(arguments)), numbers_each]
            for kernel, arguments, numbers_each in lines
        ]
        return np.array(numbers or [[0] * LINE], dtype=np.int64)

    def drive(self, driver: str, memory: int, job: int) -> None:
        """Run a driver, by the addresses of a workspace and of a job's numbers."""
        self._drivers[driver](memory, self._tables_address, 0, job)
