"""What every row of the table should give, written a second time in mpmath at 50 digits.

``REFERENCES[name]`` holds the value, the gradient and the Hessian of one primitive as functions of its
arguments (mpmath numbers, exact copies of floats).  They are textbook formulas of the arguments alone, none of
them a rule of the engine; ``test_primitives.py`` checks gradients and Hessians against numerical
differentiation of the values.  At a kink they give what the design says (relu at 0 is flat, a tie is ½ and ½).
Where a formula has no finite value it raises ZeroDivisionError: those points are in ``test_hard_points.py``.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import mpmath

mp = mpmath.MPContext()
mp.dps = 50

M = Any  # an mpmath number
LARGEST = mp.mpf(2) ** 1024  # the first number beyond the doubles: where inf stands on their scale


@dataclass(frozen=True)
class Reference:
    """One primitive: value(*args), gradient(*args) and hessian(*args), the latter as rows."""

    value: Callable[..., M]
    gradient: Callable[..., Sequence[M]]
    hessian: Callable[..., Sequence[Sequence[M]]]
    python: Callable[..., float] | None = None  # the expression of Python whose floats ours are, bit for bit
    turns: bool = False  # the second derivative is a difference that crosses 0: errors count from twice the value up
    from_output: bool = False  # the rule is written on its output near 1: errors count from 1 up, not from 0


def smooth(f: Callable[[M], M], df: Callable[[M], M], d2f: Callable[[M], M], **more: Any) -> Reference:
    """A function of one argument."""
    return Reference(f, lambda x: (df(x),), lambda x: ((d2f(x),),), **more)


def flat(f: Callable[..., M], arity: int = 2, **more: Any) -> Reference:
    """A piecewise constant function."""
    return Reference(f, lambda *_: (0,) * arity, lambda *_: ((0,) * arity,) * arity, **more)


def holds(test: Callable[..., bool]) -> Reference:
    """A condition: 1.0 where it holds, else 0.0."""
    return flat(lambda x, y: mp.mpf(test(x, y)), python=lambda x, y: float(test(x, y)))


def rational(x: M) -> Fraction:
    """An mpmath number as an exact fraction."""
    sign, mantissa, exponent, _ = x._mpf_
    return (-1) ** sign * int(mantissa) * Fraction(2) ** exponent


def mpf(q: Fraction) -> M:
    return mp.mpf(q.numerator) / q.denominator


def sign(x: M) -> int:
    return (x > 0) - (x < 0)


def step(x: M) -> int:
    return int(x > 0)


def floor_quotient(x: M, y: M) -> M:
    return mp.mpf(rational(x) // rational(y))


def remainder(x: M, y: M) -> M:
    return mpf(rational(x) % rational(y))


def one_minus_square(x: M) -> M:
    return (1 - x) * (1 + x)


def softmax(xs: Sequence[M]) -> list[M]:
    parts = [mp.exp(mp.fsub(x, max(xs), exact=True)) for x in xs]
    whole = mp.fsum(parts)
    return [part / whole for part in parts]


def logsumexp(*xs: M) -> M:
    top = xs.index(max(xs))
    others = mp.fsum(mp.exp(mp.fsub(x, xs[top], exact=True)) for x in (*xs[:top], *xs[top + 1 :]))
    return mp.fadd(xs[top], mp.log1p(others), exact=True) if mp.mag(others) > -3000 else xs[top]


def logsumexp_hessian(*xs: M) -> list[list[M]]:
    p = softmax(xs)
    return [
        [p[i] * mp.fsum(p[k] for k in range(len(xs)) if k != i) if i == j else -p[i] * p[j] for j in range(len(xs))]
        for i in range(len(xs))
    ]


def erf(x: M) -> M:
    return mp.erf(x) if abs(x) < 40 else mp.mpf(sign(x))  # 1 - erf(40) is 1e-697


def gaussian(x: M) -> M:
    return mp.exp(-x * x) if abs(x) < 100 else mp.zero  # exp(-100²) is 1e-4343


def dot_loop(*xs: float) -> float:
    n = len(xs) // 2
    out = xs[2 * n]
    for i in range(n):
        out = out + xs[i] * xs[n + i]
    return out


def pick_or_nan(i: float, *xs: float) -> float:
    return next((x for k, x in enumerate(xs) if i == k), math.nan)


def total_loop(*xs: float) -> float:
    out = 0.0
    for x in xs:
        out = out + x
    return out


def dot_hessian(*xs: M) -> list[list[int]]:
    n = len(xs) // 2
    return [[int(abs(i - j) == n and max(i, j) < 2 * n) for j in range(len(xs))] for i in range(len(xs))]


def real_power(x: float, y: float) -> float:
    """x**y, where it is real."""
    if isinstance(out := x**y, complex):
        raise ValueError
    return out


def logistic(x: M) -> M:
    return 1 / (1 + mp.exp(-x))


def logistic_slope(x: M) -> M:
    return 1 / (2 + mp.exp(x) + mp.exp(-x))


def extreme(pick: Callable[..., Any]) -> Reference:
    """max or min: the gradient goes to the one that was picked, half and half in a tie."""

    def gradient(x: M, y: M) -> tuple[M, M]:
        return (mp.mpf("0.5"), mp.mpf("0.5")) if x == y else (int(pick(x, y) == x), int(pick(x, y) == y))

    return Reference(pick, gradient, lambda x, y: ((0, 0), (0, 0)))


def pow_gradient(x: M, y: M) -> tuple[M, M]:
    return y * x ** (y - 1), x**y * mp.log(x)


def pow_hessian(x: M, y: M) -> tuple[tuple[M, M], tuple[M, M]]:
    cross = x ** (y - 1) * (1 + y * mp.log(x))
    return (y * (y - 1) * x ** (y - 2), cross), (cross, x**y * mp.log(x) ** 2)


def atan2_hessian(x: M, y: M) -> tuple[tuple[M, M], tuple[M, M]]:
    r4 = (x * x + y * y) ** 2
    cross = (x - y) * (x + y) / r4
    return (-2 * x * y / r4, cross), (cross, 2 * x * y / r4)


def hypot_hessian(x: M, y: M) -> tuple[tuple[M, M], tuple[M, M]]:
    r3 = mp.hypot(x, y) ** 3
    return (y * y / r3, -x * y / r3), (-x * y / r3, x * x / r3)


# fmt: off
REFERENCES: dict[str, Reference] = {
    "neg": smooth(lambda x: -x, lambda x: -1, lambda x: 0, python=operator.neg),
    "add": Reference(lambda x, y: x + y, lambda x, y: (1, 1), lambda x, y: ((0, 0), (0, 0)), operator.add),
    "sub": Reference(lambda x, y: x - y, lambda x, y: (1, -1), lambda x, y: ((0, 0), (0, 0)), operator.sub),
    "mul": Reference(lambda x, y: x * y, lambda x, y: (y, x), lambda x, y: ((0, 1), (1, 0)), operator.mul),
    "div": Reference(lambda x, y: x / y, lambda x, y: (1 / y, -x / y**2),
                     lambda x, y: ((0, -1 / y**2), (-1 / y**2, 2 * x / y**3)), operator.truediv),
    "pow": Reference(lambda x, y: x**y, pow_gradient, pow_hessian, real_power),
    "mod": Reference(remainder, lambda x, y: (1, -floor_quotient(x, y)), lambda x, y: ((0, 0), (0, 0)), operator.mod),
    "floordiv": flat(floor_quotient, python=operator.floordiv),
    "abs": smooth(mp.fabs, sign, lambda x: 0, python=abs),

    "exp": smooth(mp.exp, mp.exp, mp.exp, python=math.exp),
    "exp2": smooth(lambda x: mp.mpf(2) ** x, lambda x: mp.log(2) * mp.mpf(2) ** x,
                   lambda x: mp.log(2) ** 2 * mp.mpf(2) ** x, python=math.exp2),
    "expm1": smooth(mp.expm1, mp.exp, mp.exp, python=math.expm1),
    "gaussian": smooth(gaussian, lambda x: -2 * x * gaussian(x), lambda x: (4 * x * x - 2) * gaussian(x), turns=True),
    "log": smooth(mp.log, lambda x: 1 / x, lambda x: -1 / x**2, python=math.log),
    "log2": smooth(lambda x: mp.log(x, 2), lambda x: 1 / (x * mp.log(2)), lambda x: -1 / (x**2 * mp.log(2)),
                   python=math.log2),
    "log10": smooth(mp.log10, lambda x: 1 / (x * mp.log(10)), lambda x: -1 / (x**2 * mp.log(10)), python=math.log10),
    "log1p": smooth(mp.log1p, lambda x: 1 / (1 + x), lambda x: -1 / (1 + x) ** 2, python=math.log1p),
    "sqrt": smooth(mp.sqrt, lambda x: 1 / (2 * mp.sqrt(x)), lambda x: -1 / (4 * x * mp.sqrt(x)), python=math.sqrt),

    "sin": smooth(mp.sin, mp.cos, lambda x: -mp.sin(x), python=math.sin),
    "cos": smooth(mp.cos, lambda x: -mp.sin(x), lambda x: -mp.cos(x), python=math.cos),
    "tan": smooth(mp.tan, lambda x: mp.sec(x) ** 2, lambda x: 2 * mp.sin(x) / mp.cos(x) ** 3, python=math.tan),
    "asin": smooth(mp.asin, lambda x: 1 / mp.sqrt(one_minus_square(x)),
                   lambda x: x / mp.sqrt(one_minus_square(x)) ** 3, python=math.asin),
    "acos": smooth(mp.acos, lambda x: -1 / mp.sqrt(one_minus_square(x)),
                   lambda x: -x / mp.sqrt(one_minus_square(x)) ** 3, python=math.acos),
    "atan": smooth(mp.atan, lambda x: 1 / (1 + x * x), lambda x: -2 * x / (1 + x * x) ** 2, python=math.atan),
    "atan2": Reference(mp.atan2, lambda x, y: (y / (x * x + y * y), -x / (x * x + y * y)), atan2_hessian, math.atan2),
    "sinh": smooth(mp.sinh, mp.cosh, mp.sinh, python=math.sinh),
    "cosh": smooth(mp.cosh, mp.sinh, mp.cosh, python=math.cosh),
    "tanh": smooth(mp.tanh, lambda x: mp.sech(x) ** 2, lambda x: -2 * mp.tanh(x) * mp.sech(x) ** 2,
                   python=math.tanh),
    "asinh": smooth(mp.asinh, lambda x: 1 / mp.sqrt(1 + x * x), lambda x: -x / mp.sqrt(1 + x * x) ** 3,
                    python=math.asinh),
    "acosh": smooth(mp.acosh, lambda x: 1 / mp.sqrt(-one_minus_square(x)),
                    lambda x: -x / mp.sqrt(-one_minus_square(x)) ** 3, python=math.acosh),
    "atanh": smooth(mp.atanh, lambda x: 1 / one_minus_square(x), lambda x: 2 * x / one_minus_square(x) ** 2,
                    python=math.atanh),
    "one_minus_square": smooth(one_minus_square, lambda x: -2 * x, lambda x: -2),
    "erf": smooth(erf, lambda x: 2 / mp.sqrt(mp.pi) * gaussian(x), lambda x: -4 * x / mp.sqrt(mp.pi) * gaussian(x),
                  python=math.erf),

    "relu": smooth(lambda x: max(x, mp.zero), step, lambda x: 0),
    "leaky_relu": Reference(lambda x, y: x if x > 0 else x * y, lambda x, y: (1, 0) if x > 0 else (y, x),
                            lambda x, y: ((0, int(x <= 0)), (int(x <= 0), 0))),
    "sigmoid": smooth(logistic, logistic_slope, lambda x: -mp.tanh(x / 2) * logistic_slope(x)),
    "sigmoid_slope": smooth(logistic_slope, lambda x: -mp.tanh(x / 2) * logistic_slope(x),
                            lambda x: logistic_slope(x) * (1 - 6 * logistic_slope(x)), turns=True),
    "softplus": smooth(lambda x: mp.log1p(mp.exp(-abs(x))) + max(x, 0), logistic, logistic_slope),
    "maximum": extreme(max),
    "minimum": extreme(min),
    "hypot": Reference(mp.hypot, lambda x, y: (x / mp.hypot(x, y), y / mp.hypot(x, y)), hypot_hessian, math.hypot),

    "lt": holds(operator.lt),
    "le": holds(operator.le),
    "gt": holds(operator.gt),
    "ge": holds(operator.ge),
    "eq": holds(operator.eq),
    "ne": holds(operator.ne),
    "logical_and": holds(lambda x, y: x != 0 and y != 0),
    "logical_or": holds(lambda x, y: x != 0 or y != 0),
    "logical_not": flat(lambda x: mp.mpf(x == 0), 1, python=lambda x: float(not x)),
    "where": Reference(lambda c, x, y: x if c != 0 else y, lambda c, x, y: (0, int(c != 0), int(c == 0)),
                       lambda c, x, y: ((0,) * 3,) * 3, python=lambda c, x, y: x if c else y),
    "chain": Reference(lambda g, p: g * p, lambda g, p: (p, g), lambda g, p: ((0, 1), (1, 0))),

    "dot": Reference(lambda *xs: mp.fdot(xs[: len(xs) // 2], xs[len(xs) // 2 : -1]) + xs[-1],
                     lambda *xs: (*xs[len(xs) // 2 : -1], *xs[: len(xs) // 2], 1), dot_hessian, dot_loop),
    "total": Reference(lambda *xs: mp.fsum(xs), lambda *xs: (1,) * len(xs),
                       lambda *xs: ((0,) * len(xs),) * len(xs), total_loop),
    "logsumexp": Reference(logsumexp, lambda *xs: softmax(xs), logsumexp_hessian, from_output=True),
    "pick": Reference(lambda i, *xs: xs[int(i)], lambda i, *xs: (0, *(int(int(i) == k) for k in range(len(xs)))),
                      lambda *xs: ((0,) * len(xs),) * len(xs), pick_or_nan),
}
# fmt: on


def on_scale(x: M) -> M:
    """A number on the scale of the doubles: beyond them stands inf, at 2**1024."""
    x = mp.mpf(x)
    return x if abs(x) < LARGEST else sign(x) * LARGEST


def ulp(true: M) -> M:
    """The distance between doubles at this magnitude."""
    if true == 0:
        return mp.ldexp(1, -1074)
    return mp.ldexp(1, min(971, max(int(mp.floor(mp.log(abs(true), 2))) - 52, -1074)))


def ulps(got: float, true: M, least: float = 0.0) -> float:
    """How far got is from the true number, in ulp of max(|true|, least); inf where got is nan."""
    if got != got:
        return math.inf
    true = on_scale(true)
    return float(abs(on_scale(got) - true) / ulp(max(abs(true), least)))
