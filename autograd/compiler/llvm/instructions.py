"""How each instruction that a row of the table names is written for vectors of doubles.

A rule is given an :class:`Emitter` and the names of its operands, emits LLVM instructions, and returns the name
of the result.  An instruction that has no rule here is a function of the C library, and is called.  A result may
differ from the row's ``forward`` in the last bits where the vector functions of the C library do (4 ulp at most).
Where ``forward`` raises, the result is what IEEE 754 has, inf or nan.
"""

from __future__ import annotations

from collections.abc import Callable

from ...primitives import TABLE
from .emitter import Emitter

Rule = Callable[..., str]


def write(e: Emitter, instruction: str, operands: list[str]) -> str:
    """Write an instruction on vectors; returns the name of its result."""
    rule = RULES.get(instruction)
    return rule(e, *operands) if rule else e.call(instruction, *operands)


def _arithmetic(operation: str) -> Rule:
    return lambda e, *operands: e.arithmetic(operation, *operands)


def _intrinsic(name: str) -> Rule:
    return lambda e, x: e.intrinsic(name, x)


def _comparison(condition: str) -> Rule:
    return lambda e, x, y: e.number(e.compare(condition, x, y))


def _logical(operation: str) -> Rule:
    return lambda e, x, y: e.number(e.join(operation, e.holds(x), e.holds(y)))


def _not(e: Emitter, x: str) -> str:
    true = f"<{', '.join(['i1 true'] * e.lanes)}>"
    return e.number(e.join("xor", e.holds(x), true))


def _remainder(e: Emitter, x: str, y: str) -> tuple[str, str]:
    """C's fmod, and the mask of the lanes in which Python's remainder, with the sign of y, is one y away."""
    zero = e.constant(0.0)
    rest = e.arithmetic("frem", x, y)
    opposite = e.join("xor", e.compare("olt", rest, zero), e.compare("olt", y, zero))
    return rest, e.join("and", e.compare("une", rest, zero), opposite)


def _mod(e: Emitter, x: str, y: str) -> str:
    rest, wrong = _remainder(e, x, y)
    moved = e.choose(wrong, e.arithmetic("fadd", rest, y), rest)
    exact = e.compare("oeq", moved, e.constant(0.0))
    return e.choose(exact, e.intrinsic("copysign", e.constant(0.0), y), moved)


def _floordiv(e: Emitter, x: str, y: str) -> str:
    rest, wrong = _remainder(e, x, y)
    whole = e.arithmetic("fdiv", e.arithmetic("fsub", x, rest), y)
    whole = e.choose(wrong, e.arithmetic("fsub", whole, e.constant(1.0)), whole)
    floor = e.intrinsic("floor", whole)
    short = e.compare("ogt", e.arithmetic("fsub", whole, floor), e.constant(0.5))
    floor = e.choose(short, e.arithmetic("fadd", floor, e.constant(1.0)), floor)
    quotient = e.arithmetic("fdiv", x, y)
    signed_zero = e.intrinsic("copysign", e.constant(0.0), quotient)
    floor = e.choose(e.compare("oeq", whole, e.constant(0.0)), signed_zero, floor)
    return e.choose(e.compare("oeq", y, e.constant(0.0)), quotient, floor)


def _chain(e: Emitter, g: str, p: str) -> str:
    for one, other in ((p, g), (g, p)):
        if one in e.masks:  # times 1.0 or 0.0
            return e.choose(e.masks[one], other, e.constant(0.0))
    both = e.join("and", e.holds(g), e.holds(p))
    return e.choose(both, e.arithmetic("fmul", g, p), e.constant(0.0))


RULES: dict[str, Rule] = {
    **{name: _arithmetic(name) for name in ("fneg", "fadd", "fsub", "fmul", "fdiv")},
    **{name: _intrinsic(name) for name in ("fabs", "sqrt")},
    **{name: _comparison(name) for name in ("olt", "ole", "ogt", "oge", "oeq", "une")},
    **{name: _logical(name) for name in ("and", "or")},
    "not": _not,
    "mod": _mod,
    "floordiv": _floordiv,
    "chain": _chain,
    "select": lambda e, c, x, y: e.choose(e.holds(c), x, y),
    "copy": lambda e, x: x,
}

# The functions of the C library that are called, and with how many arguments; frem is compiled to a call of fmod.
FUNCTIONS = {
    row.instruction: len(row.domain)
    for row in TABLE.values()
    if row.instruction and row.instruction not in RULES and not row.variadic
} | {"fmod": 2}
