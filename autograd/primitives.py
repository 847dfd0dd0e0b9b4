"""The table: how every primitive is computed and what its partial derivatives are.

One row is one primitive.  Its ``forward`` maps floats to a float; its ``partials`` maps the same arguments
and the output to ∂out/∂argument, one per argument, without the incoming gradient.  Nothing else in the
package knows a derivative: the backward pass, higher derivatives, the drawing and the operator methods of
``Value`` (generated into ``operators.py``) all read these rows.

Rules are written with ordinary operators and other rows.  Called with floats they give numbers; called with
``Value``s they give the derivative as a graph, which can be differentiated again.  For that reason a rule
never branches on data with ``if``: it says ``where``.

    x, y    the arguments               xs     all arguments of a row that takes any number of them
    out     forward(x, y)               g, p   an incoming gradient and a partial
"""

# mypy: disable-error-code="has-type"
# (rows name each other in their rules, whichever comes first)

from __future__ import annotations

import math
import numbers
import operator
from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

INF, NAN = math.inf, math.nan
TWO_OVER_ROOT_PI = 2.0 / math.sqrt(math.pi)

# Where a row is defined, one closed interval per argument: what the tests draw from.
REAL = (-INF, INF)
POSITIVE = (5e-324, INF)
UNIT = (-1.0, 1.0)
ABOVE_MINUS_1 = (-1.0 + 2.0**-53, INF)

TABLE: dict[str, Primitive] = {}


def as_float(x: Any) -> float:
    """A real number (int, float, bool, NumPy scalar) as a float; anything else is refused."""
    if type(x) is float:
        return x
    if isinstance(x, numbers.Real) or (type(x).__module__ == "numpy" and type(x).__name__ in ("bool", "bool_")):
        return float(x)
    raise TypeError(f"expected a real number (int, float, bool or a NumPy scalar), not {type(x).__name__}: {x!r:.60}")


class Primitive:
    """An operation the engine can record: a callable with its derivative.

    Called with numbers it returns a float; called with a ``Value`` among them it records a node and
    returns a ``Value``.  Make your own with :func:`primitive`.
    """

    # A plain class: dataclasses would cost more than half of the time it takes to import the package.
    def __init__(
        self,
        name: str,
        symbol: str,
        forward: Callable[..., float],
        partials: Callable[..., Sequence[Any]],
        domain: tuple[tuple[float, float], ...] = (),
        meaning: str = "",
        *,
        variadic: bool = False,
        ieee: Callable[..., float] | None = None,
        expand: Callable[..., Any] | None = None,
    ) -> None:
        self.name = self.__name__ = name
        self.symbol = symbol
        self.forward = forward
        self.partials = partials
        self.domain = domain
        self.meaning = meaning
        self.variadic = variadic  # takes any number of arguments: forward(xs), partials(xs, out)
        self.ieee = ieee  # the IEEE 754 result where forward raises; None: nan
        self.expand = expand  # the same computation in simpler rows, to be drawn
        self.__doc__ = f"{meaning}." if meaning else forward.__doc__

    def __call__(self, *args: Any) -> Any:
        for arg in args:
            if hasattr(arg, "_call"):
                return arg._call(self, args)
        try:
            data = [as_float(arg) for arg in args]
        except TypeError as error:
            raise TypeError(f"{self.name}: {error}") from None
        try:
            return self.forward(data) if self.variadic else self.forward(*data)
        except (ArithmeticError, ValueError) as error:
            raise self.explained(error, [repr(x) for x in data]) from error

    def explained(self, error: Exception, operands: list[str]) -> Exception:
        """The error of a forward again, with what it was computing."""
        return type(error)(f"{error.args[-1]}: {self.name} of {', '.join(operands)}")

    def __repr__(self) -> str:
        return f"<primitive {self.name}>"


def primitive(
    name: str,
    forward: Callable[..., float],
    partials: Callable[..., tuple[Any, ...]],
    *,
    symbol: str | None = None,
) -> Primitive:
    """Make a primitive of your own; it then works in every mode: eager, higher order, drawn, stepped.

    ``forward(x, ...)`` maps floats to a float.  ``partials(x, ..., out)`` returns ∂out/∂argument, one per
    argument; write it with operators and the functions of ``autograd`` (not ``math``), so that it also
    works on Values.  ``symbol`` is what drawings show; without one, the name.

    >>> from autograd import Value, grad, sin
    >>> versine = primitive("versine", lambda x: 1 - math.cos(x), lambda x, out: (sin(x),))
    >>> x = Value(0.5)
    >>> versine(x).backward()
    >>> x.grad == math.sin(0.5)
    True
    >>> grad(grad(versine))(0.5) == math.cos(0.5)
    True
    """
    if not (isinstance(name, str) and name.isidentifier()):
        raise ValueError(f"a primitive's name must be an identifier such as 'versine', not {name!r}")
    for role, function in (("forward", forward), ("partials", partials)):
        if not callable(function):
            raise TypeError(f"primitive {name!r}: {role} must be a function, not {function!r}")
    return Primitive(name, symbol or name, forward, partials)


def row(name: str, symbol: str, forward: Any, partials: Any, *columns: Any, **more: Any) -> Primitive:
    """Add a row to the table."""
    TABLE[name] = made = Primitive(name, symbol, forward, partials, *columns, **more)
    return made


def where(condition: Any, a: Any, b: Any) -> Any:
    """a where the condition holds, else b; the gradient goes to the branch that was taken, alone.

    ``condition`` is a bool or a comparison such as ``lt(x, 0.0)``, comparisons joined by ``& | ~``.  A
    branch may be a function without arguments: it is called only if it is taken.

    >>> from autograd import Value
    >>> x = Value(-2.0)
    >>> where(x < 0, lambda: x * x, lambda: x.sqrt()).data
    4.0
    """
    if hasattr(condition, "_where"):
        return condition._where(a, b)
    if condition not in (0, 1):
        raise TypeError(f"the condition of where must be a bool or a comparison, not {condition!r:.60}")
    taken, other = (a, b) if condition else (b, a)
    if callable(taken):
        return taken()
    return other._operand(select, taken) if hasattr(other, "_operand") else taken


# --- forwards for which math has no function, or not the one that floats behave like --------------------


def power(x: float, y: float) -> float:
    out: float | complex = x**y
    if isinstance(out, complex):
        raise ValueError("a negative number to a fractional power has no real value")
    return out


def relu_forward(x: float) -> float:
    return 0.0 if x <= 0.0 else x  # this way round a nan flows


def sigmoid_forward(x: float) -> float:
    if x >= 0.0:
        return 1.0 / (1.0 + math.exp(-x))
    e = math.exp(x)
    return e / (1.0 + e)


def gaussian_forward(x: float) -> float:
    if math.fabs(x) > 40.0:
        return 0.0
    # exp magnifies the rounding of x·x up to 700 times: square the leading bits of x, which is exact.
    tail = math.fmod(x, 2.0**-20)
    head = x - tail
    return math.exp(-head * head) * math.exp(-tail * (head + x))


def softplus_forward(x: float) -> float:
    return (x if x > 0.0 or x != x else 0.0) + math.log1p(math.exp(-math.fabs(x)))


def maximum_forward(x: float, y: float) -> float:
    return x if x >= y or x != x else y


def minimum_forward(x: float, y: float) -> float:
    return x if x <= y or x != x else y


def dot_forward(xs: Sequence[float]) -> float:
    out = xs[-1]  # w₁ … wₙ, x₁ … xₙ, bias
    for wx in map(operator.mul, xs, xs[len(xs) // 2 : -1]):
        out += wx  # left to right: sum() adds otherwise since Python 3.12
    return out


def total_forward(xs: Sequence[float]) -> float:
    out = 0.0
    for x in xs:
        out += x
    return out


def logsumexp_forward(xs: Sequence[float]) -> float:
    top = max(xs)
    if not math.isfinite(top):
        return NAN if any(x != x for x in xs) else top
    return top + math.log(total_forward([math.exp(x - top) for x in xs]))


# --- what IEEE 754 says where Python raises: for partials and derivative graphs, never for a forward ----


def divide_ieee(x: float, y: float) -> float:
    return NAN if x == 0.0 or x != x else math.copysign(INF, x) * math.copysign(1.0, y)


def power_ieee(x: float, y: float) -> float:
    if x < 0.0 and not y.is_integer():
        return NAN
    odd = math.copysign(1.0, x) < 0.0 and y % 2.0 == 1.0
    return -INF if odd else INF


def log_ieee(x: float) -> float:
    return -INF if x == 0.0 else NAN


# --- rules longer than a row --------------------------------------------------------------------------------


def pow_partials(x: Any, y: Any, out: Any) -> Sequence[Any]:
    # ∂x is y·x^(y-1).  Below ½ the rounding of y - 1 would show in it: there y·out/x.
    # chain makes it 0 for y = 0 at any x.
    return (
        where(lt(y, 0.5), where(ne(x, 0.0), chain(y, out) / x, chain(y, pow(x, y - 1.0))), chain(y, pow(x, y - 1.0))),
        where(logical_and(eq(x, 0.0), ge(y, 0.0)), 0.0, out * log(x)),
    )


def atan2_partials(x: Any, y: Any, out: Any) -> Sequence[Any]:
    return (y / hypot(x, y) / hypot(x, y), -x / hypot(x, y) / hypot(x, y))


def hypot_partials(x: Any, y: Any, out: Any) -> Sequence[Any]:
    return (where(eq(out, 0.0), 0.0, x / out), where(eq(out, 0.0), 0.0, y / out))


def leaky_relu_partials(x: Any, y: Any, out: Any) -> Sequence[Any]:
    return (where(gt(x, 0.0), 1.0, y), where(gt(x, 0.0), 0.0, x))


def maximum_partials(x: Any, y: Any, out: Any) -> Sequence[Any]:
    # ½ each at a tie; where(out ≠ out, out, ...) lets a nan through.
    return (
        where(ne(out, out), out, gt(x, y) + 0.5 * eq(x, y)),
        where(ne(out, out), out, lt(x, y) + 0.5 * eq(x, y)),
    )


def minimum_partials(x: Any, y: Any, out: Any) -> Sequence[Any]:
    return (
        where(ne(out, out), out, lt(x, y) + 0.5 * eq(x, y)),
        where(ne(out, out), out, gt(x, y) + 0.5 * eq(x, y)),
    )


def flat_partials(x: Any, y: Any, out: Any) -> Sequence[Any]:
    return (0.0, 0.0)


def dot_partials(xs: Sequence[Any], out: Any) -> Sequence[Any]:
    n = len(xs) // 2
    return [*xs[n:-1], *xs[:n], 1.0]


def dot_expanded(xs: Sequence[Any]) -> Any:
    n = len(xs) // 2
    return reduce(operator.add, map(operator.mul, xs[:n], xs[n:-1]), xs[-1])


def logsumexp_partials(xs: Sequence[Any], out: Any) -> Sequence[Any]:
    # Σ exp(x - out) is 1 up to the rounding of out; dividing by it takes that rounding out of each partial.
    parts = [exp(x - out) for x in xs]
    whole = total(*parts)
    return [part / whole for part in parts]


def logsumexp_expanded(xs: Sequence[Any]) -> Any:
    top = reduce(maximum, xs)
    return top + log(reduce(operator.add, [exp(x - top) for x in xs]))


# --- the rows -----------------------------------------------------------------------------------------------
# fmt: off

#          name, symbol                  forward                        partials                                   domain          meaning
neg      = row("neg",      "-",          lambda x: -x,                  lambda x, out: (-1.0,),                    (REAL,),        "−x")
add      = row("add",      "+",          lambda x, y: x + y,            lambda x, y, out: (1.0, 1.0),              (REAL, REAL),   "x + y")
sub      = row("sub",      "-",          lambda x, y: x - y,            lambda x, y, out: (1.0, -1.0),             (REAL, REAL),   "x − y")
mul      = row("mul",      "*",          lambda x, y: x * y,            lambda x, y, out: (y, x),                  (REAL, REAL),   "x · y")
div      = row("div",      "/",          lambda x, y: x / y,            lambda x, y, out: (1.0 / y, -out / y),     (REAL, REAL),   "x / y", ieee=divide_ieee)
pow      = row("pow",      "**",         power,                         pow_partials,                              (POSITIVE, REAL), "x to the power y", ieee=power_ieee)
mod      = row("mod",      "%",          lambda x, y: x % y,            lambda x, y, out: (1.0, -(x // y)),        (REAL, REAL),   "x − y·⌊x / y⌋")
floordiv = row("floordiv", "//",         lambda x, y: x // y,           lambda x, y, out: (0.0, 0.0),              (REAL, REAL),   "⌊x / y⌋", ieee=divide_ieee)
abs      = row("abs",      "abs",        lambda x: math.fabs(x),        lambda x, out: (gt(x, 0.0) - lt(x, 0.0),), (REAL,),        "|x|")

exp      = row("exp",      "exp",        math.exp,                      lambda x, out: (out,),                     (REAL,),        "eˣ", ieee=lambda x: INF)
expm1    = row("expm1",    "expm1",      math.expm1,                    lambda x, out: (exp(x),),                  (REAL,),        "eˣ − 1, exact near 0", ieee=lambda x: INF)
gaussian = row("gaussian", "gaussian",   gaussian_forward,              lambda x, out: (chain(x, -2.0 * out),),    (REAL,),        "exp(−x²)")
log      = row("log",      "log",        math.log,                      lambda x, out: (1.0 / x,),                 (POSITIVE,),    "the natural logarithm of x", ieee=log_ieee)
log1p    = row("log1p",    "log1p",      math.log1p,                    lambda x, out: (1.0 / (1.0 + x),),         (ABOVE_MINUS_1,), "log(1 + x), exact near 0", ieee=lambda x: log_ieee(1.0 + x))
sqrt     = row("sqrt",     "√",          math.sqrt,                     lambda x, out: (0.5 / (out + 0.0),),       ((0.0, INF),),  "√x")  # −0 + 0 is 0: +∞ at −0 too

sin      = row("sin",      "sin",        math.sin,                      lambda x, out: (cos(x),),                  (REAL,),        "the sine of x radians")
cos      = row("cos",      "cos",        math.cos,                      lambda x, out: (-sin(x),),                 (REAL,),        "the cosine of x radians")
tan      = row("tan",      "tan",        math.tan,                      lambda x, out: (1.0 + out * out,),         (REAL,),        "the tangent of x radians")
asin     = row("asin",     "asin",       math.asin,                     lambda x, out: (1.0 / sqrt((1.0 - x) * (1.0 + x)),),  (UNIT,), "the angle in radians with sine x")
acos     = row("acos",     "acos",       math.acos,                     lambda x, out: (-1.0 / sqrt((1.0 - x) * (1.0 + x)),), (UNIT,), "the angle in radians with cosine x")
atan     = row("atan",     "atan",       math.atan,                     lambda x, out: (1.0 / hypot(1.0, x) / hypot(1.0, x),), (REAL,), "the angle in radians with tangent x")
atan2    = row("atan2",    "atan2",      math.atan2,                    atan2_partials,                            (REAL, REAL),   "the angle in radians of the point (y, x)")
sinh     = row("sinh",     "sinh",       math.sinh,                     lambda x, out: (cosh(x),),                 (REAL,),        "(eˣ − e⁻ˣ) / 2", ieee=lambda x: math.copysign(INF, x))
cosh     = row("cosh",     "cosh",       math.cosh,                     lambda x, out: (sinh(x),),                 (REAL,),        "(eˣ + e⁻ˣ) / 2", ieee=lambda x: INF)
tanh     = row("tanh",     "tanh",       math.tanh,                     lambda x, out: (1.0 - out * out,),         (REAL,),        "(eˣ − e⁻ˣ) / (eˣ + e⁻ˣ)")
erf      = row("erf",      "erf",        math.erf,                      lambda x, out: (TWO_OVER_ROOT_PI * gaussian(x),), (REAL,), "2/√π ∫₀ˣ exp(−t²) dt")

relu     = row("relu",     "relu",       relu_forward,                  lambda x, out: (gt(out, 0.0),),            (REAL,),        "max(x, 0)")
leaky_relu = row("leaky_relu", "leaky_relu", lambda x, y: x if x > 0.0 else y * x, leaky_relu_partials,            (REAL, REAL),   "x above 0, slope · x below; the slope is y")
sigmoid  = row("sigmoid",  "σ",          sigmoid_forward,               lambda x, out: (out * (1.0 - out),),       (REAL,),        "1 / (1 + e⁻ˣ)")
softplus = row("softplus", "softplus",   softplus_forward,              lambda x, out: (sigmoid(x),),              (REAL,),        "log(1 + eˣ)")
maximum  = row("maximum",  "max",        maximum_forward,               maximum_partials,                          (REAL, REAL),   "the larger of x and y")
minimum  = row("minimum",  "min",        minimum_forward,               minimum_partials,                          (REAL, REAL),   "the smaller of x and y")
hypot    = row("hypot",    "hypot",      math.hypot,                    hypot_partials,                            (REAL, REAL),   "√(x² + y²), without overflow")

# Comparisons give 1.0 where they hold, else 0.0; nothing flows through them.
lt       = row("lt",       "<",          lambda x, y: 1.0 if x < y else 0.0,   flat_partials,                      (REAL, REAL),   "1 if x < y, else 0")
le       = row("le",       "≤",          lambda x, y: 1.0 if x <= y else 0.0,  flat_partials,                      (REAL, REAL),   "1 if x ≤ y, else 0")
gt       = row("gt",       ">",          lambda x, y: 1.0 if x > y else 0.0,   flat_partials,                      (REAL, REAL),   "1 if x > y, else 0")
ge       = row("ge",       "≥",          lambda x, y: 1.0 if x >= y else 0.0,  flat_partials,                      (REAL, REAL),   "1 if x ≥ y, else 0")
eq       = row("eq",       "=",          lambda x, y: 1.0 if x == y else 0.0,  flat_partials,                      (REAL, REAL),   "1 if x = y, else 0")
ne       = row("ne",       "≠",          lambda x, y: 1.0 if x != y else 0.0,  flat_partials,                      (REAL, REAL),   "1 if x ≠ y, else 0")
logical_and = row("logical_and", "&",    lambda x, y: 1.0 if x and y else 0.0, flat_partials,                      (REAL, REAL),   "1 if x and y hold, else 0")
logical_or  = row("logical_or", "|",     lambda x, y: 1.0 if x or y else 0.0,  flat_partials,                      (REAL, REAL),   "1 if x or y holds, else 0")
logical_not = row("logical_not", "~",    lambda x: 0.0 if x else 1.0,          lambda x, out: (0.0,),              (REAL,),        "1 if x does not hold, else 0")
select   = row("where",    "where",      lambda c, x, y: x if c else y,        lambda c, x, y, out: (0.0, ne(c, 0.0), eq(c, 0.0)), (REAL, REAL, REAL), "x where c holds, else y")

# The product rule of every walk: what reaches a node times a partial is 0 if either is 0, even where the other is not finite.
chain    = row("chain",    "·",          lambda g, p: g * p if g and p else 0.0, lambda g, p, out: (p, g),         (REAL, REAL),   "g · p, and 0 if either is 0")

# Any number of arguments: forward(xs), partials(xs, out).
dot       = row("dot",       "dot",       dot_forward,                  dot_partials,                              (REAL,),        "bias + w₁x₁ + … + wₙxₙ, from left to right",
                variadic=True, expand=dot_expanded)
total     = row("total",     "Σ",         total_forward,                lambda xs, out: [1.0] * len(xs),           (REAL,),        "x₁ + … + xₙ, from left to right",
                variadic=True, expand=lambda xs: reduce(operator.add, xs[1:] or [0.0], xs[0]))
logsumexp = row("logsumexp", "logsumexp", logsumexp_forward,            logsumexp_partials,                        (REAL,),        "log(eˣ¹ + … + eˣⁿ), without overflow",
                variadic=True, expand=logsumexp_expanded)
# fmt: on
