"""Programs run over columns: one number of every input for each row, one of every output.

There are two ways, with the same results up to the last bits of vector functions: machine code, and Python's
own arithmetic where the machine code cannot be had.  Neither raises where the forward of a primitive would;
the result is then what IEEE 754 has, and whoever asked evaluates such a row again in his own way.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from ..program.equations import Program
from ..program.trace import NoLowering, expand

Columns = Sequence[Any]  # arrays of float64, all of one length or of length 1


class Evaluator(Protocol):
    """``run(columns, rows)`` gives an array of shape (outputs, rows); ``plan`` and ``ir`` print."""

    plan: Any

    @property
    def ir(self) -> str: ...

    def run(self, columns: Columns, rows: int) -> Any: ...


class InPython:
    """A program run by Python, one row after the other."""

    plan = "no kernels: Python runs the program, an equation at a time"
    ir = "; no LLVM IR: Python runs the program"

    def __init__(self, program: Program) -> None:
        self._program = program

    def run(self, columns: Columns, rows: int) -> Any:
        full = [np.broadcast_to(column, (rows,)).tolist() for column in columns]
        results = [self._program.evaluate(row) for row in (zip(*full, strict=True) if full else [()] * rows)]
        return np.array(results, dtype=np.float64).reshape(rows, len(self._program.outputs)).T


def evaluator(program: Program) -> Evaluator:
    """The fastest way to run a program here."""
    try:
        from .run.machine import InMachineCode

        return InMachineCode(expand(program))
    except (ImportError, NoLowering) as error:
        tell("running the program in Python", error)
        return InPython(program)


_told: set[str] = set()


def tell(what: str, why: ImportError | NoLowering) -> None:
    """Say on stderr what is done instead of running machine code, once for each reason."""
    reason = str(why) if isinstance(why, NoLowering) else "there is no machine code without llvmlite"
    if reason not in _told:
        _told.add(reason)
        print(f"autograd: {what}, which is slower: {reason}", file=sys.stderr)
