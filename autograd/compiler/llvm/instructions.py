"""How each instruction that a row of the table names is written for vectors of doubles.

A rule is given an :class:`Emitter` and the names of its operands, emits LLVM instructions, and returns the name
of the result.  An instruction that has no rule here is a function of the C library, and is called.  A result may
differ from the row's ``forward`` in the last bits where functions on vectors do (4 ulp at most).
Where ``forward`` raises, the result is what IEEE 754 has, inf or nan.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Context, Decimal

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


# --- exp and tanh --------------------------------------------------------------------------------------------
#
# Written out, as a call takes up to twice as long, and many times where no library has them for vectors.
#
#     exp    x = k·ln 2 + r with k whole and |r| ≤ ½·ln 2: eˣ = 2ᵏ·eʳ, and eʳ is a short power series
#     tanh   (e²ˣ - 1) / (e²ˣ + 1) of |x|, where e²ˣ - 1 = 2ᵏ·(eʳ - 1) + (2ᵏ - 1), so that nothing is lost near 0
#
# Cody and Waite, "Software Manual for the Elementary Functions", 1980.  Results are within 1.5 ulp of exp and 3 of
# tanh, with a fused multiply-add or without; inf, nan, zeros and subnormal numbers need no case of their own.

LN2 = Context(prec=40).ln(Decimal(2))
HIGH = round(float(LN2) * 2**32) / 2**32  # so few of its bits that k·HIGH is exact
LOW = float(LN2 - Decimal(HIGH))
TERMS = 14  # of the power series: the next one is below 1e-17
WHOLE = 1.5 * 2.0**52  # k + WHOLE is k rounded to a whole number, which stands in the last bits


def _exp(e: Emitter, x: str) -> str:
    within = e.bounded(x, -746.0, 710.0)  # beyond, the result is 0 or inf all the same
    k, rest = _reduced(e, within)
    # 2ᵏ in two steps, as it may lie beyond the range of doubles where the result does not.
    half = e.multiply_add(_whole(e, k), e.constant(0.5), e.constant(WHOLE))
    other = e.arithmetic("fsub", k, _whole(e, half))
    result = e.arithmetic("fadd", rest, e.constant(1.0))
    for exponent in (half, other):
        result = e.arithmetic("fmul", result, e.power_of_two(exponent))
    return result


def _tanh(e: Emitter, x: str) -> str:
    within = e.bounded(e.intrinsic("fabs", x), 0.0, 20.0)  # beyond, it is 1
    k, rest = _reduced(e, e.arithmetic("fadd", within, within))
    power = e.power_of_two(k)
    less_one = e.multiply_add(power, rest, e.arithmetic("fsub", power, e.constant(1.0)))  # e²ˣ - 1
    result = e.arithmetic("fdiv", less_one, e.arithmetic("fadd", less_one, e.constant(2.0)))
    return e.intrinsic("copysign", result, x)


def _reduced(e: Emitter, x: str) -> tuple[str, str]:
    """k + WHOLE, and eʳ - 1."""
    k = e.multiply_add(x, e.constant(1 / math.log(2)), e.constant(WHOLE))
    r = x
    for part in (HIGH, LOW):
        r = e.multiply_add(_whole(e, k), e.constant(-part), r)
    # r + r²·(1/2! + r/3! + r²/4! + ...), the even powers and the odd ones apart: neither waits for the other.
    square = e.arithmetic("fmul", r, r)
    even, odd = (_polynomial(e, square, first) for first in (2, 3))
    return k, e.multiply_add(square, e.multiply_add(r, odd, even), r)


def _polynomial(e: Emitter, square: str, first: int) -> str:
    """1/first! + square/(first + 2)! + ..., by Horner's rule."""
    *others, total = [e.constant(1 / math.factorial(n)) for n in range(first, TERMS, 2)]
    for coefficient in reversed(others):
        total = e.multiply_add(square, total, coefficient)
    return total


def _whole(e: Emitter, k: str) -> str:
    return e.arithmetic("fsub", k, e.constant(WHOLE))


# --- all of them ---------------------------------------------------------------------------------------------

RULES: dict[str, Rule] = {
    **{name: _arithmetic(name) for name in ("fneg", "fadd", "fsub", "fmul", "fdiv")},
    **{name: _intrinsic(name) for name in ("fabs", "sqrt")},
    **{name: _comparison(name) for name in ("olt", "ole", "ogt", "oge", "oeq", "une")},
    **{name: _logical(name) for name in ("and", "or")},
    "not": _not,
    "exp": _exp,
    "tanh": _tanh,
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
