"""Where a slope comes from: the partials of a row as formulas, printed from the table.

A formula is a template.  With the names of the operands it is the rule in symbols, ``1 − out²``; with their numbers it
is the rule at this point, ``1 − 0.4621²``.  A row that chooses between two formulas says which holds where.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from ..drawing import fill, format_number
from ..errors import TraceError
from ..primitives import TABLE, Primitive
from ..program import Branch, Equation, Program, branches_of, partials_program

LONGEST = 90  # characters of a formula that is shown
# The signs between two operands, as they are printed, and how strongly they bind.
INFIX = {
    "+": ("+", 1), "-": ("−", 1), "*": ("×", 2), "·": ("×", 2), "/": ("/", 2), "%": ("%", 2), "//": ("//", 2),
    "**": ("**", 4),
}  # fmt: skip
COMPARISONS = {row.name: row.symbol for row in TABLE.values() if row.condition and len(row.domain) == 2}
UNARY, ATOM = 3, 5

Choice = str | tuple[int, "Choice", "Choice"]  # a template, or (condition, where it holds, where not)


class Rule(NamedTuple):
    """The slopes of a row along each operand: templates with {0}, {1}, … and {out}, chosen by ``conditions``."""

    slopes: tuple[Choice, ...]
    conditions: Program | None  # of the operands and out
    remark: str = ""  # on the functions in the formulas that have names of ours

    def slope(self, operand: int, numbers: Sequence[float]) -> str:
        """The template of the slope along an operand at a point, which is the operands' numbers and out."""
        choice = self.slopes[operand]
        if not isinstance(choice, str):
            assert self.conditions is not None
            holds = self.conditions.evaluate(numbers)
            while not isinstance(choice, str):
                condition, then, other = choice
                choice = then if holds[condition] else other
        return choice


@lru_cache(1024)
def rule_of(row: Primitive, count: int) -> Rule:
    """The rule of a row of so many operands; its templates are "" where the partials cannot be written out.

    >>> from autograd.primitives import TABLE
    >>> rule_of(TABLE["tanh"], 1).slopes
    ((0, '1 − {(out)}²', '4 × σ′(2 × {(0)})'),)
    >>> rule_of(TABLE["mul"], 2).slopes
    ('{1}', '{0}')
    """
    try:
        program = partials_program(row, count)
    except TraceError:
        return Rule(("",) * count, None)
    trees, conditions = branches_of(program)
    printer = _Printer(program)
    slopes = tuple(printer.choice(tree) for tree in trees)
    return Rule(slopes, conditions if conditions.outputs else None, "; ".join(printer.remarks))


def derivation(template: str, names: Sequence[str], numbers: Sequence[float], slope: float) -> str:
    """A slope in symbols, in numbers, and as a number: ``1 − out² = 1 − 0.4621² = 0.7864``.

    >>> derivation("1 − {(out)}²", ["n", "out"], [0.5, 0.4621], 0.7864)
    '1 − out² = 1 − 0.4621² = 0.7864'
    """
    texts = [format_number(x) for x in numbers]
    sides = [_filled(template, names), _filled(template, texts), format_number(slope)] if template else []
    return " = ".join(dict.fromkeys(sides or [format_number(slope)]))


def _filled(template: str, texts: Sequence[str]) -> str:
    return fill(template, {**{str(i): text for i, text in enumerate(texts[:-1])}, "out": texts[-1]})


class _Printer:
    """Prints the variables of a program as formulas."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.equations: dict[int, Equation] = {equation.out: equation for equation in program.equations}
        *operands, out = program.inputs
        self.inputs = {v: str(i) for i, v in enumerate(operands)} | {out: "out"}
        self.remarks: dict[str, None] = {}

    def choice(self, tree: Branch | int) -> Choice:
        if isinstance(tree, Branch):
            return tree.condition, self.choice(tree.then), self.choice(tree.other)
        text = self.text(tree, 0)
        return text if len(text) <= LONGEST else ""

    def text(self, variable: int, around: int) -> str:
        """A variable inside what binds as strongly as ``around``: in brackets where it binds more loosely."""
        if variable in self.inputs:
            return f"{{({self.inputs[variable]})}}" if around else f"{{{self.inputs[variable]}}}"
        if variable not in self.equations:
            x = self.program.constants.get(variable)
            text = format_number(self.program.leaves[variable].data if x is None else x).replace("-", "−")
            return f"({text})" if around and text.startswith("−") else text
        text, strength = self.operation(self.equations[variable])
        return f"({text})" if strength < around else text

    def operation(self, equation: Equation) -> tuple[str, int]:
        _, row, args = equation
        if TABLE.get(row.name) is row:
            if row.symbol == "*" and self.text(args[0], 0) == self.text(args[1], 0):
                return f"{self.text(args[0], ATOM)}²", ATOM - 1
            if row.symbol == "-" and len(args) == 1:
                return f"−{self.text(args[0], UNARY)}", UNARY - 1
            if row.name in COMPARISONS:
                return f"[{self.text(args[0], 0)} {COMPARISONS[row.name]} {self.text(args[1], 0)}]", ATOM
            if row.symbol == "+" and self.program.constants.get(args[1]) == 0.0:
                return self.text(args[0], 0), ATOM  # −0 + 0 is 0: of no matter to a reader
            if row.symbol in INFIX:
                sign, strength = INFIX[row.symbol]
                return f"{self.text(args[0], strength)} {sign} {self.text(args[1], strength + 1)}", strength
        operands = [self.text(arg, 0) for arg in args]
        if row.symbol == "√":
            return f"√{self.text(args[0], ATOM)}", ATOM - 1
        if not row.instruction and row.meaning and TABLE.get(row.name) is row:
            self.remarks[f"{row.symbol}(x) is {row.meaning}"] = None
        return f"{row.symbol}({', '.join(operands)})", ATOM
