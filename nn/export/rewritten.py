"""Rows of the table that ONNX has not, or its runtimes not over float64, in rows that they have.

They are within a few units of the last place of what the rows give, or 1e-15 where that is more; not to the last bit.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from autograd import cos as cosine
from autograd import eq, exp, ge, gt, log, logical_and, lt, maximum, minimum, ne, sin, sqrt, where

LN_2 = math.log(2.0)
HUGE = 1e8  # the square root of 1 + x² is x from there on
NEAR, SERIES, FRACTION = 3.0, 44, 16  # where erf changes from one to the other, and how many terms each needs


def expm1(x: Any) -> Any:
    """The rounding of eˣ cancels in (eˣ − 1) / log(eˣ), which is nearly 1 (Kahan)."""
    power = exp(x)
    small = where(eq(power, 1.0), x, (power - 1.0) * x / log(power))
    return where(gt(x, 1.0), power - 1.0, where(eq(power - 1.0, -1.0), -1.0, small))


def log1p(x: Any) -> Any:
    """The rounding of 1 + x cancels in log(1 + x) / ((1 + x) − 1)."""
    whole = 1.0 + x
    return where(gt(x, 1.0), log(whole), where(eq(whole, 1.0), x, log(whole) * x / (whole - 1.0)))


def erf(x: Any) -> Any:
    """Near 0 a series of terms of one sign, beyond a continued fraction for 1 − erf."""
    a = minimum(abs(x), NEAR)
    series: Any = 1.0
    for k in range(SERIES, 0, -1):
        series = 1.0 + series * (a * a * (2.0 / (2 * k + 1)))
    near = a * (2.0 / math.sqrt(math.pi)) * exp(-a * a) * series
    b = maximum(abs(x), NEAR)
    fraction = b
    for k in range(FRACTION, 0, -1):
        fraction = b + (k / 2) / fraction
    far = 1.0 - exp(-b * b) / math.sqrt(math.pi) / fraction
    size = where(gt(abs(x), NEAR), far, near)
    return where(lt(x, 0.0), -size, size)


def atan(x: Any) -> Any:
    """The angle halved three times, then its series."""
    size = abs(x)
    t = where(gt(size, 1.0), 1.0 / size, size)
    for _ in range(3):
        t = t / (1.0 + sqrt(1.0 + t * t))
    series: Any = 0.0
    for k in range(12, -1, -1):
        series = 1.0 / (2 * k + 1) - series * (t * t)
    angle = 8.0 * t * series
    angle = where(gt(size, 1.0), math.pi / 2 - angle, angle)
    return where(lt(x, 0.0), -angle, angle)


def atan2(y: Any, x: Any) -> Any:
    both = logical_and(eq(abs(x), math.inf), eq(abs(y), math.inf))
    slope = where(both, 1.0, where(eq(y, 0.0), 0.0, abs(y) / abs(x)))
    angle = where(lt(x, 0.0), math.pi - atan(slope), atan(slope))
    return where(ne(x, x), x, where(lt(y, 0.0), -angle, angle))


def asin(x: Any) -> Any:
    return atan(x / sqrt((1.0 - x) * (1.0 + x)))


def acos(x: Any) -> Any:
    return 2.0 * atan(sqrt((1.0 - x) / (1.0 + x)))


def tan(x: Any) -> Any:
    return sin(x) / cosine(x)


def sinh(x: Any) -> Any:
    size = minimum(abs(x), 30.0)
    small = 0.5 * (expm1(size) + expm1(size) / (expm1(size) + 1.0))
    half = exp(0.5 * abs(x))
    size = where(lt(abs(x), 30.0), small, 0.5 * half * half)
    return where(lt(x, 0.0), -size, size)


def cosh(x: Any) -> Any:
    half = exp(0.5 * abs(x))
    return 0.5 * half * half + 0.5 / half / half


def asinh(x: Any) -> Any:
    a = minimum(abs(x), HUGE)
    size = where(gt(abs(x), HUGE), log(abs(x)) + LN_2, log1p(a + a * a / (1.0 + sqrt(1.0 + a * a))))
    return where(lt(x, 0.0), -size, size)


def acosh(x: Any) -> Any:
    above = minimum(x, HUGE) - 1.0
    return where(gt(x, HUGE), log(x) + LN_2, log1p(above + sqrt(above) * sqrt(above + 2.0)))


def atanh(x: Any) -> Any:
    size = 0.5 * log1p(2.0 * abs(x) / (1.0 - abs(x)))
    return where(lt(x, 0.0), -size, size)


def exp2(x: Any) -> Any:
    return 2.0**x


def log2(x: Any) -> Any:
    return log(x) / LN_2


def log10(x: Any) -> Any:
    return log(x) / math.log(10.0)


def hypot(x: Any, y: Any) -> Any:
    top = maximum(abs(x), abs(y))
    scale = where(logical_and(gt(top, 0.0), lt(top, math.inf)), top, 1.0)
    return scale * sqrt((x / scale) * (x / scale) + (y / scale) * (y / scale))


def chain(g: Any, p: Any) -> Any:
    return where(logical_and(ne(g, 0.0), ne(p, 0.0)), g * p, 0.0)


def pick(index: Any, *choices: Any) -> Any:
    found: Any = math.nan
    for i, choice in enumerate(choices):
        found = where(eq(index, float(i)), choice, found)
    return found


def logsumexp(*xs: Any) -> Any:
    top = xs[0]
    for x in xs[1:]:
        top = maximum(top, x)
    shift = where(lt(abs(top), math.inf), top, 0.0)
    whole: Any = 0.0
    for x in xs:
        whole = whole + exp(x - shift)
    return where(ge(abs(top), math.inf), top, shift + log(whole))


# By the instruction that a row names.
REWRITTEN: dict[str, Callable[..., Any]] = {
    f.__name__: f
    for f in (
        expm1, log1p, erf, atan, atan2, asin, acos, tan, sinh, cosh, asinh, acosh, atanh, exp2, log2, log10, hypot,
        chain, pick, logsumexp,
    )
}  # fmt: skip
