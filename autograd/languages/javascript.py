"""Rows of the table as JavaScript: each is printed from what it says in the table, and no derivative is written here.

A row that names an instruction of the machine is that of JavaScript, or of ``arithmetic.js``, which holds those that
JavaScript has not.  Every other row is its forward, traced and printed; so are all partials.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from ..primitives import Primitive
from ..program import Program, branches_of, forward_program, partials_program, special_program
from .printing import Printer, letters

# An instruction that rows name, as JavaScript has it.
INSTRUCTIONS = {
    "fneg": "-{}", "fadd": "{} + {}", "fsub": "{} - {}", "fmul": "{} * {}", "fdiv": "{} / {}",
    "olt": "+({} < {})", "ole": "+({} <= {})", "ogt": "+({} > {})", "oge": "+({} >= {})",
    "oeq": "+({} === {})", "une": "+({} !== {})",
    "and": "+({?} && {?})", "or": "+({?} || {?})", "not": "+!({?})", "select": "{?} ? {} : {}", "fabs": "Math.abs({,})",
    **{name: f"Math.{name}({{,}})" for name in (
        "exp", "expm1", "log", "log1p", "log2", "log10", "sqrt", "sin", "cos", "tan", "asin", "acos", "atan", "sinh",
        "cosh", "tanh", "asinh", "acosh", "atanh",
    )},
    "exp2": "2 ** {}", "atan2": "Math.atan2({,}, {,})",
}  # fmt: skip
# Those that are functions of ``arithmetic.js``.
FUNCTIONS = {
    "pow": "power", "mod": "modulo", "floordiv": "floorDivide", "chain": "chain", "hypot": "hypot", "erf": "erf",
    "pick": "pick",
}  # fmt: skip

Key = tuple[Primitive, int]  # a row and how many operands it has


def javascript_rows(keys: Iterable[Key]) -> dict[Key, str]:
    """The JavaScript of rows, and of all that these use; TraceError where one cannot be written out.

    Of operands and, last, what the row gives for them, ``partials`` gives a list, ``branches`` the conditions of
    :func:`branches_of`, and ``special`` the number of the first special point that
    holds, or -1.  Rows call each other as ``R["tanh/1"].forward(x)``.

    >>> from autograd.primitives import TABLE
    >>> print(*javascript_rows([(TABLE["mul"], 2)]).values())
    {forward: (a, b) => a * b, partials: (a, b, c) => [b, a], branches: (a, b, c) => [], special: (a, b, c) => -1}
    """
    texts: dict[Key, str] = {}
    waiting = dict.fromkeys(keys)
    while waiting:
        key = next(iter(waiting))
        del waiting[key]
        row, count = key
        printer = _Printer()
        forward = printer.instruction(row, count) or printer.function(forward_program(row, count), "{}")
        slopes = partials_program(row, count)
        partials, branches = printer.function(slopes, "[{}]"), printer.function(branches_of(slopes)[1], "[{}]")
        special = printer.function(special_program(row, count), "[{}].indexOf(1)" if row.special else "-1")
        texts[key] = f"{{forward: {forward}, partials: {partials}, branches: {branches}, special: {special}}}"
        waiting |= {used: None for used in printer.used if used not in texts}
    return texts


def javascript_function(program: Program, given: int) -> tuple[str, dict[Key, None]]:
    """A program as a function of its first ``given`` inputs, made by a function of the others; and the rows it calls.

    >>> from autograd import Value
    >>> x, w = Value(2.0), Value(3.0)
    >>> javascript_function(Program([x, w], [w * x]), 1)[0]
    '(b) => (a) => [b * a]'
    """
    printer = _Printer()
    text = printer.function(program, "[{}]")
    arguments, body = text.removeprefix("(").split(") => ", 1)
    names = arguments.split(", ")
    return f"({', '.join(names[given:])}) => ({', '.join(names[:given])}) => {body}", printer.used


def row_key(row: Primitive, count: int) -> str:
    """What a row of so many operands is called in JavaScript."""
    return f"{row.name}/{count}"


class _Printer(Printer):
    """Prints programs as JavaScript functions; ``used`` are the rows that they call."""

    instructions, numbered, differs = INSTRUCTIONS, ("+(", ")"), "!=="

    def __init__(self) -> None:
        self.used: dict[Key, None] = {}

    def instruction(self, row: Primitive, count: int) -> str:
        """A row that is an instruction of the machine, as a function; "" where it is none."""
        if not _is_instruction(row):
            return ""
        names = letters(count)
        return f"({', '.join(names)}) => {self.applied(row, names)}"

    def function(self, program: Program, result: str) -> str:
        """A program as a function; its outputs, apart by commas, are put into the ``result``."""
        names = letters(program.variables)
        texts: dict[int, str] = {v: names[i] for i, v in enumerate(program.inputs)}
        texts |= {v: _number(x) for v, x in program.constants.items()}
        texts |= {v: _number(leaf._data) for v, leaf in program.leaves.items()}
        lines, outputs = self.statements(program, texts, dict(enumerate(names)))
        found = result.format(", ".join(outputs))
        arguments = ", ".join(texts[v] for v in program.inputs)
        return f"({arguments}) => {{{' '.join(lines)} return {found};}}" if lines else f"({arguments}) => {found}"

    def called(self, row: Primitive, operands: list[str]) -> str:
        if row.instruction in FUNCTIONS:
            return f"{FUNCTIONS[row.instruction]}({', '.join(operands)})"
        if row.instruction == "logsumexp":
            return f"logsumexp([{', '.join(operands)}])"
        self.used[row, len(operands)] = None
        return f'R["{row_key(row, len(operands))}"].forward({", ".join(operands)})'

    def assigned(self, name: str, text: str) -> str:
        return f"const {name} = {text};"


def _is_instruction(row: Primitive) -> bool:
    return row.instruction in INSTRUCTIONS or row.instruction in FUNCTIONS or row.instruction == "logsumexp"


def _number(x: float) -> str:
    if math.isfinite(x):
        text = repr(x).removesuffix(".0")
        return f"({text})" if text.startswith("-") else text
    return "NaN" if x != x else "Infinity" if x > 0 else "(-Infinity)"
