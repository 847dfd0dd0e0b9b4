"""What a compiled program consists of: calls of kernels, each for many variables at a time.

A *row* holds one variable of the program for every sample of a block; a *scalar* is a number alike for all
samples.  Every call prints, and so does the :class:`Plan` that holds them in order.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import Literal, NamedTuple

from ...primitives import Primitive


class Spread(NamedTuple):
    """The row of a scalar, for a call that needs one: the same number for every sample."""

    scalar: int


class Filler:
    """A row of no variable."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


ONES = Filler("ones")  # 1.0 for every sample
WASTE = Filler("waste")  # written to where a kernel has a result too many, and never read

Row = int | Spread | Filler  # an int is the row of the variable of that number


class Number(NamedTuple):
    """A plain number in the place of a scalar variable."""

    x: float


ZERO, UNIT = Number(0.0), Number(1.0)

Scalar = int | Number  # an int is the scalar variable of that number


def row_of(v: Row, scalars: Container[int]) -> Row:
    """The row of a variable, for a call that needs one."""
    return Spread(v) if isinstance(v, int) and v in scalars else v


class Operand(NamedTuple):
    """What a step of a template reads: an earlier step, a row or a scalar, each by its place; or a constant."""

    kind: Literal["step", "row", "scalar", "constant"]
    place: int = 0
    number: str = ""  # the constant as text: 0.0 == -0.0, and nan is unequal to itself

    def __str__(self) -> str:
        return f"{self.kind}{self.number or self.place}"


class Step(NamedTuple):
    """One instruction, named as the table's rows name theirs; or a primitive that names none."""

    instruction: str | Primitive
    operands: tuple[Operand, ...]

    def __str__(self) -> str:
        name = self.instruction if isinstance(self.instruction, str) else self.instruction.name
        return f"{name}({', '.join(map(str, self.operands))})"


class Template(NamedTuple):
    """The shape of an elementwise piece: its steps in order, and the places of those that are used elsewhere."""

    steps: tuple[Step, ...]
    stored: tuple[int, ...]

    def reads(self, kind: str) -> int:
        """How many rows, or scalars, it reads."""
        places = [operand.place for step in self.steps for operand in step.operands if operand.kind == kind]
        return 1 + max(places, default=-1)


COPY = Template((Step("copy", (Operand("scalar"),)),), (0,))  # a scalar as a row


class Elementwise(NamedTuple):
    """A template for many units: for each, the rows and scalars it reads and the rows it writes."""

    template: Template
    rows: list[list[Row]]
    scalars: list[list[int]]
    outputs: list[list[Row]]

    def __str__(self) -> str:
        return f"{len(self.rows)} x [{'; '.join(map(str, self.template.steps))}]"


class Epilogue(NamedTuple):
    """A template of one result, whose row number ``place`` is a sum; for each unit the other rows that it reads."""

    template: Template
    place: int
    rows: list[list[Row]]


class MatVec(NamedTuple):
    """outputs[u] = biases[u] + Σ weights[u][k] · inputs[k]: scalars times rows, the inputs shared.

    ``then`` says what is done to each sum before it is stored.
    """

    inputs: Sequence[Row]
    biases: list[Scalar]
    weights: list[Sequence[Scalar]]
    outputs: list[Row]
    then: Epilogue | None = None

    def __str__(self) -> str:
        then = f" then [{'; '.join(map(str, self.then.template.steps))}]" if self.then else ""
        return f"matvec {len(self.inputs)} -> {len(self.outputs)}{then}"


class RowDot(NamedTuple):
    """outputs[u] = [outputs[u] +] Σ left[u][k] · right[u][k]: rows times rows."""

    left: list[list[Row]]
    right: list[list[Row]]
    outputs: list[int]
    adding: bool

    def __str__(self) -> str:
        return f"rowdot {len(self.left[0])} -> {len(self.outputs)}{' more' if self.adding else ''}"


class LogSumExp(NamedTuple):
    """outputs[u] = log Σ exp(inputs[u][k])."""

    inputs: list[list[Row]]
    outputs: list[int]

    def __str__(self) -> str:
        return f"logsumexp {len(self.inputs[0])} -> {len(self.outputs)}"


class Gather(NamedTuple):
    """outputs[u] = choices[u][counter]: of scalars, or of rows; nan where the counter counts none of them."""

    counter: Row
    choices: list[list[Row]]
    of_rows: bool
    outputs: list[int]

    def __str__(self) -> str:
        return f"gather {len(self.choices[0])} x {len(self.outputs)}"


class Scatter(NamedTuple):
    """places[u][counter] += gradients[u], one sample after the other; what has no place is not wanted."""

    counter: Row
    gradients: list[Row]
    places: list[list[int | None]]

    def __str__(self) -> str:
        return f"scatter {len(self.gradients)} x {len(self.places[0])}"


class Outer(NamedTuple):
    """places[i][j] += Σ over the samples of left[i] · right[j]; a product without a place is not wanted."""

    left: list[Row]
    right: list[Row]
    places: list[Sequence[int | None]]

    def __str__(self) -> str:
        return f"outer {len(self.left)} x {len(self.right)}"


Call = Elementwise | MatVec | RowDot | LogSumExp | Gather | Scatter | Outer


class Plan(NamedTuple):
    """The calls in order."""

    calls: list[Call]

    def __str__(self) -> str:
        return "\n".join(map(str, self.calls))


def reads(call: Call) -> list[Row]:
    """The rows that a call reads."""
    match call:
        case Elementwise(rows=rows):
            return [row for unit in rows for row in unit]
        case MatVec(inputs=inputs, then=then):
            return [*inputs, *(row for unit in (then.rows if then else []) for row in unit)]
        case RowDot(left=left, right=right, outputs=outputs, adding=adding):
            return [*(row for side in (left, right) for unit in side for row in unit), *(outputs if adding else [])]
        case LogSumExp(inputs=units):
            return [row for unit in units for row in unit]
        case Gather(counter=counter, choices=units, of_rows=of_rows):
            return [counter, *(row for unit in units for row in unit if of_rows)]
        case Scatter(counter=counter, gradients=gradients):
            return [counter, *gradients]
        case Outer(left=gs, right=xs):
            return [*gs, *xs]


def writes(call: Call) -> list[Row]:
    """The rows that a call writes."""
    match call:
        case Elementwise(outputs=units):
            return [row for unit in units for row in unit]
        case Outer() | Scatter():
            return []
        case _:
            return [*call.outputs]
