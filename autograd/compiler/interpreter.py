"""Programs run by Python over columns of numbers, where there is no machine code for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from ..program import Program
from ..value import Value

Columns = Sequence[Any]  # arrays of float64 of one length, or floats, which count for every row


class Evaluator(Protocol):
    """``run(columns, rows)`` gives an array of shape (outputs, rows); ``plan`` and ``ir`` print.

    None raises where the forward of a primitive would: the result is then what IEEE 754 has, and whoever asked
    evaluates such a row again in another way.
    """

    plan: Any
    leaves: dict[int, Value]  # what the program closes over, by variable

    @property
    def ir(self) -> str: ...

    def bound(self, leaves: dict[int, Value]) -> Evaluator: ...

    def run(self, columns: Columns, rows: int) -> Any: ...


class InPython:
    """A program run by Python, one row after the other: what machine code gives, up to the last bits."""

    plan = "no kernels: Python runs the program, an equation at a time"
    ir = "; no LLVM IR: Python runs the program"

    def __init__(self, program: Program) -> None:
        self._program, self.leaves = program, program.leaves

    def bound(self, leaves: dict[int, Value]) -> InPython:
        """The same program over other leaves."""
        return InPython(self._program.bound(leaves))

    def run(self, columns: Columns, rows: int) -> Any:
        full = [np.broadcast_to(column, (rows,)).tolist() for column in columns]
        results = [self._program.evaluate(row) for row in (zip(*full, strict=True) if full else [()] * rows)]
        return np.array(results, dtype=np.float64).reshape(rows, len(self._program.outputs)).T
