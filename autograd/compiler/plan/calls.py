"""What a compiled program consists of: calls of kernels, each for many variables at a time.

A *row* is one variable of a program for every sample of a block; a *scalar* is a variable alike for all
samples.  Variables are the numbers of :class:`~autograd.program.Program`; two more kinds of row have numbers
below 0.  Every call prints, and so does the :class:`Plan` that holds them in order.
"""

from __future__ import annotations

from typing import NamedTuple

ONE = -1  # the row of ones


def spread(v: int) -> int:
    """The row of a scalar, where a call needs one."""
    return -2 - v


class Template(NamedTuple):
    """The shape of an elementwise piece.

    ``steps`` are (primitive name, operands): an operand is ("step", i), ("row", i), ("scalar", i) or
    ("constant", the number as text); ``stored`` are the steps whose results are used elsewhere.
    """

    steps: tuple[tuple[str, tuple[tuple[str, int | str], ...]], ...]
    stored: tuple[int, ...]


COPY = Template((("copy", (("scalar", 0),)),), (0,))  # a scalar as a row


class Elementwise(NamedTuple):
    """A template for many units: for each, the variables it reads (rows, scalars) and writes."""

    template: Template
    rows: list[list[int]]
    scalars: list[list[int]]
    outputs: list[list[int]]

    def __str__(self) -> str:
        steps = "; ".join(f"{name}({', '.join(f'{k}{v}' for k, v in args)})" for name, args in self.template.steps)
        return f"{len(self.rows)} x [{steps}]"


class MatVec(NamedTuple):
    """outputs[u] = bias[u] + Σ weights[u][k] · inputs[k]: scalars times rows, the inputs shared."""

    inputs: list[int]
    biases: list[int | None]
    weights: list[list[int | None]]  # None is 1.0
    outputs: list[int]

    def __str__(self) -> str:
        return f"matvec {len(self.inputs)} -> {len(self.outputs)}"


class RowDot(NamedTuple):
    """outputs[u] = [outputs[u] +] Σ left[u][k] · right[u][k]: rows times rows."""

    left: list[list[int]]
    right: list[list[int]]
    outputs: list[int]
    adding: bool

    def __str__(self) -> str:
        return f"rowdot {len(self.left[0])} -> {len(self.outputs)}{' more' if self.adding else ''}"


class LogSumExp(NamedTuple):
    """outputs[u] = log Σ exp(inputs[u][k])."""

    inputs: list[list[int]]
    outputs: list[int]

    def __str__(self) -> str:
        return f"logsumexp {len(self.inputs[0])} -> {len(self.outputs)}"


class Outer(NamedTuple):
    """places[i][j] += Σ over the samples of left[i] · right[j]."""

    left: list[int]
    right: list[int]
    places: list[list[int]]

    def __str__(self) -> str:
        return f"outer {len(self.left)} x {len(self.right)}"


Call = Elementwise | MatVec | RowDot | LogSumExp | Outer


class Plan(NamedTuple):
    """The calls in order."""

    calls: list[Call]

    def __str__(self) -> str:
        return "\n".join(map(str, self.calls))


def reads(call: Call) -> list[int]:
    """The rows that a call reads."""
    match call:
        case Elementwise(rows=rows):
            return [v for unit in rows for v in unit]
        case MatVec(inputs=inputs):
            return inputs
        case RowDot(left=left, right=right, outputs=outputs, adding=adding):
            return [v for unit in [*left, *right, outputs if adding else []] for v in unit]
        case LogSumExp(inputs=units):
            return [v for unit in units for v in unit]
        case Outer(left=gs, right=xs):
            return [*gs, *xs]


def writes(call: Call) -> list[int]:
    """The rows that a call writes."""
    match call:
        case Elementwise(outputs=units):
            return [v for unit in units for v in unit]
        case Outer():
            return []
        case _:
            return call.outputs
