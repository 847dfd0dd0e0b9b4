"""Programs in another language: what is the same in every language whose expressions look like those of C."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Container, Mapping, Sequence

from ..primitives import Primitive
from ..program import Program

SLOT = re.compile(r"\{[,?]?\}")


class Printer:
    """Prints programs; a language is a subclass, which says how its parts are written.

    ``instructions`` has those that rows name: {} is an operand, {,} one that needs no brackets around it, {?} one that
    is asked whether it holds.  ``numbered`` is what stands around a comparison that is used as a number.
    """

    instructions: Mapping[str, str]
    numbered: tuple[str, str]
    differs: str  # the sign of "is not equal"
    longest: float = math.inf  # characters of an expression that stands inside another

    def statements(
        self, program: Program, texts: dict[int, str], names: Mapping[int, str], kept: Container[int] = ()
    ) -> tuple[list[str], list[str]]:
        """The statements that compute a program, and then its outputs.

        ``texts`` has the inputs, leaves and constants.  A result that is used once stands where it is used, unless it
        is ``kept`` or long; the others have ``names``.
        """
        uses = Counter(program.outputs)
        for out, _, args in reversed(program.equations):
            uses.update(args if uses[out] else ())
        lines = []
        for out, row, args in program.equations:
            if not uses[out]:
                continue
            written = self.applied(row, [texts[arg] for arg in args])
            if uses[out] == 1 and out not in kept and len(written) <= self.longest:
                texts[out] = written if is_call(written) else f"({written})"
            else:
                texts[out] = names[out]
                lines.append(self.assigned(names[out], written))
        return lines, [bare(texts[output]) for output in program.outputs]

    def applied(self, row: Primitive, operands: Sequence[str]) -> str:
        """A row of operands."""
        if row.instruction not in self.instructions:
            return self.called(row, [*map(bare, operands)])
        rest = iter(operands)
        slots: dict[str, Callable[[str], str]] = {"{}": str, "{,}": bare, "{?}": self.truth}
        return SLOT.sub(lambda slot: slots[slot[0]](next(rest)), self.instructions[row.instruction])

    def truth(self, text: str) -> str:
        """Whether a number is other than 0, of a comparison the comparison itself."""
        before, after = (f"({self.numbered[0]}", f"{self.numbered[1]})")
        if text.startswith(before) and text.endswith(after):
            return text[len(before) : -len(after)]
        return f"{text} {self.differs} 0"

    def called(self, row: Primitive, operands: list[str]) -> str:
        """A row that is no such instruction, of operands without brackets."""
        raise NotImplementedError

    def assigned(self, name: str, text: str) -> str:
        """The statement that gives a name to what an expression comes to."""
        raise NotImplementedError


def bare(text: str) -> str:
    """An expression without the brackets around it: they open and close once."""
    if not (text.startswith("(") and text.endswith(")")):
        return text
    depth = 0
    for i, sign in enumerate(text):
        depth += (sign == "(") - (sign == ")")
        if not depth and i < len(text) - 1:
            return text
    return text[1:-1]


def is_call(text: str) -> bool:
    """Whether an expression is one call of a function, which needs no brackets around it."""
    name, bracket, rest = text.partition("(")
    return name.isidentifier() and bare(bracket + rest) != bracket + rest


def letters(count: int) -> list[str]:
    """a, b, ..., z, a1, b1, ...."""
    return [chr(97 + i % 26) + (str(i // 26) if i >= 26 else "") for i in range(count)]
