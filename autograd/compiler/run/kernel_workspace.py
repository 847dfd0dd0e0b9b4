"""Kernels by name, and a workspace with what they need beside the numbers: tables of places."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from ..layout import Workspace
from ..llvm import Arguments, MatVecThen, OwnKernel, lanes


class Line(NamedTuple):
    """A call of one kernel, on so many ``numbers`` of each row, or where that is 0 on those of the samples at hand."""

    kernel: str
    arguments: Arguments[int]
    numbers: int = 0


class KernelWorkspace(Workspace):
    """Collects tables and kernels, and hands out places as every workspace does."""

    def __init__(self) -> None:
        super().__init__(lanes())
        self.tables: Any = []  # stretches of places, one after the other
        self.kernels: dict[OwnKernel, str] = {}  # what the program needs beside the shared ones, and how it is called

    def table(self, places: Iterable[int]) -> int:
        """Where in the tables these places stand."""
        start = len(self.tables)
        self.tables += places
        return start

    def kernel(self, own: OwnKernel) -> str:
        """The name of a kernel of the program's own, which is the same in every program that has it."""
        if own not in self.kernels:
            kind = "matvec" if isinstance(own, MatVecThen) else "piece"
            self.kernels[own] = f"{kind}_{hashlib.sha256(repr(own).encode()).hexdigest()[:16]}"
        return self.kernels[own]


def consecutive(places: Sequence[int]) -> bool:
    """Whether they lie side by side."""
    return all(place == places[0] + i for i, place in enumerate(places))
