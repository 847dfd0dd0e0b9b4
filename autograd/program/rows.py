"""The rows of the table as programs: what a row computes and what its partials are, each a list of equations."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from ..errors import TraceError
from ..primitives import Primitive, select
from ..value import as_value
from .equations import Program
from .traced import traced_input
from .tracer import program_of, tracing

# What a function of floats may raise that meets a Value instead.
NOT_FOR_VALUES = (TraceError, TypeError, AttributeError, LookupError, ArithmeticError, ValueError)


def forward_program(row: Primitive, count: int) -> Program:
    """The forward of a row, of so many operands; TraceError where it does not run on Values."""
    forward = row.definition or row.forward
    return _program(lambda xs: [forward(xs) if row.variadic else forward(*xs)], count, f"the forward of {row.name}")


def partials_program(row: Primitive, count: int) -> Program:
    """The partials of a row: one output for each operand, of the operands and, last, what the row gives for them."""

    def partials(xs: Sequence[Any]) -> Sequence[Any]:
        return row.partials(xs[:-1], xs[-1]) if row.variadic else row.partials(*xs)

    return _program(partials, count + 1, f"the partials of {row.name}")


def special_program(row: Primitive, count: int) -> Program:
    """Whether each of the special points of a row holds, of the operands and what the row gives for them."""
    return _program(lambda xs: [point.holds(*xs) for point in row.special], count + 1, f"a special point of {row.name}")


class Branch(NamedTuple):
    """One of two outputs of a program: ``then`` where condition number ``condition`` holds, ``other`` where not."""

    condition: int
    then: Branch | int
    other: Branch | int


def branches_of(program: Program) -> tuple[list[Branch | int], Program]:
    """Each output of a program as a choice between variables that choose nothing, and the program of the conditions.

    >>> from autograd.primitives import TABLE
    >>> branches_of(partials_program(TABLE["hypot"], 2))[0][0]
    Branch(condition=0, then=5, other=6)
    """
    selects = {equation.out: equation.args for equation in program.equations if equation.primitive is select}
    conditions: dict[int, int] = {}

    def tree(variable: int) -> Branch | int:
        if variable not in selects:
            return variable
        condition, then, other = selects[variable]
        return Branch(conditions.setdefault(condition, len(conditions)), tree(then), tree(other))

    trees = [tree(output) for output in program.outputs]
    decide = copy.copy(program)
    decide.outputs = tuple(conditions)
    return trees, decide


def _program(function: Callable[[list[Any]], Sequence[Any]], count: int, what: str) -> Program:
    inputs = [traced_input() for _ in range(count)]
    try:
        with tracing() as tracer:
            outputs = [as_value(found) for found in function([*inputs])]
    except NOT_FOR_VALUES as error:
        raise TraceError(f"{what} cannot be written out: {error}") from error
    if tracer.refused is not None:
        raise TraceError(f"{what} cannot be written out: {tracer.refused}") from tracer.refused
    if tracer.draws:
        raise TraceError(f"{what} cannot be written out, as it draws random numbers")
    return program_of(inputs, outputs)
