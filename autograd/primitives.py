"""The table: how every primitive is computed and what its partial derivatives are.

One row is one primitive.  Its ``forward`` maps floats to a float; its ``partials`` maps the same arguments
and the output to ∂out/∂argument, one per argument, without the incoming gradient.  Nothing else in the
package knows a derivative: the backward pass, higher derivatives, the drawing, the compiler and the methods of
``Value`` all read these rows.  After a change to the table run ``python autograd/generate.py``, which writes the
methods out.

Rules are written with ordinary operators and other rows.  Called with floats they give numbers; called with
``Value``s they give the derivative as a graph, which can be differentiated again.  For that reason a rule
never branches on data with ``if``: it says ``where``.  A forward that is written in the same way needs nothing
else to be compiled; one that calls ``math`` names the machine's ``instruction`` for it.

Over its whole domain the value of a row is within 4 ulp of the true one, its partials within 8, the second
derivative of a row of one argument within 16: tests/test_primitives.py holds each against 50 digits, and says which
few are measured against something larger than the true number.

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
from typing import Any, NamedTuple

INF, NAN = math.inf, math.nan
TWO_OVER_ROOT_PI, LN_2, LN_10 = 2.0 / math.sqrt(math.pi), math.log(2.0), math.log(10.0)

# Where a row is defined, one closed interval per argument: what the tests draw from.
REAL = (-INF, INF)
POSITIVE = (5e-324, INF)
UNIT = (-1.0, 1.0)
ABOVE_MINUS_1 = (-1.0 + 2.0**-53, INF)

Rule = Callable[..., Any]
Domain = tuple[tuple[float, float], ...]

TABLE: dict[str, Primitive] = {}


def as_float(x: Any) -> float:
    """x, a real number (int, float, bool, NumPy scalar), as a float; TypeError for anything else.

    >>> as_float(2), as_float(True)
    (2.0, 1.0)
    """
    if type(x) in (float, int):  # quickly: most are
        return float(x)
    if isinstance(x, numbers.Real) or (type(x).__module__ == "numpy" and type(x).__name__ in ("bool", "bool_")):
        return float(x)
    raise TypeError(f"expected a real number (int, float, bool or a NumPy scalar), not {type(x).__name__}: {x!r:.60}")


class Special(NamedTuple):
    """A point at which a row is special: where ``holds(*operands, out)``, a learner is told the ``note``.

    ``holds`` is written with rows, as partials are: a page asks it again when a number changes.  {slope} in the note
    stands for the first partial.  ``state`` is what a unit is there that passes hardly any gradient on: "dead" or
    "saturated".
    """

    holds: Rule
    note: str
    state: str = ""


class Primitive:
    """An operation the engine can record: a callable with its derivative.

    Called with numbers it returns a float; called with a ``Value`` among them it records a node and
    returns a ``Value``.  Make your own with :func:`primitive`.

    >>> from autograd import Value, tanh
    >>> tanh(0.5), tanh(Value(0.5)).data, tanh.partials(0.0, tanh(0.0))
    (0.46211715726, 0.46211715726, (1.0,))
    """

    # The columns that most rows leave as they are.
    method: str = ""  # of Value: the name, unless the row says another or none
    numpy: str = ""  # the method that NumPy calls on arrays of Values, where it has another name
    default: float | None = None  # of the method's last argument
    symmetric: bool = False  # the order of the arguments does not matter
    condition: bool = False  # 1.0 where it holds, else 0.0
    variadic: bool = False  # takes any number of arguments: forward(xs), partials(xs, out)
    ieee: Rule | None = None  # the IEEE 754 result where forward raises; None: nan
    special: Sequence[Special] = ()  # the first that holds is told
    role_names: Rule | None = None  # which operand is which in pictures
    terms: Rule | None = None  # of a sum of products, by its arguments
    definition: Rule | None = None  # the same in simpler rows, to be drawn and stepped through

    # A plain class: dataclasses would cost more than half of the time it takes to import the package.
    def __init__(
        self, name: str, symbol: str, forward: Rule, partials: Rule,
        domain: Domain = (), meaning: str = "", instruction: str = "", **columns: Any,
    ) -> None:  # fmt: skip
        self.name = self.__name__ = self.method = name
        self.symbol = symbol
        self.forward = self.on_floats = forward  # operators.py has a quicker one for floats where rows are called
        self.partials: Callable[..., Sequence[Any]] = partials
        self.domain = domain  # for each argument a closed interval
        self.meaning = meaning
        self.instruction = instruction  # the machine's, or the C function; "": compiled from the forward
        for column, entry in columns.items():
            getattr(Primitive, column)  # there is no other
            setattr(self, column, entry)
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
            return self.on_floats(data) if self.variadic else self.on_floats(*data)
        except (ArithmeticError, ValueError) as error:
            raise self.explained(error, [repr(x) for x in data]) from error

    def explained(self, error: Exception, operands: list[str]) -> Exception:
        """The error of a forward again, with what it was computing."""
        return type(error)(f"{error.args[-1]}: {self.name} of {', '.join(operands)}")

    def roles(self, count: int) -> Sequence[str]:
        """Which of so many operands is which, in words that no value is called by; "" where it does not matter."""
        if self.role_names or count == 1 or self.symmetric:
            return list(self.role_names(count)) if self.role_names else [""] * count
        return ["left", "right"] if count == 2 else [f"operand {i + 1}" for i in range(count)]

    def special_point(self, operands: Sequence[float], out: float) -> Special | None:
        """What is special about the row at a point, if anything is."""
        return next((point for point in self.special if point.holds(*operands, out)), None)

    def __repr__(self) -> str:
        return f"<primitive {self.name}>"


def row(name: str, symbol: str, forward: Any, partials: Any, *columns: Any, **more: Any) -> Primitive:
    """Add a row to the table."""
    TABLE[name] = made = Primitive(name, symbol, forward, partials, *columns, **more)
    return made


def where(condition: Any, a: Any, b: Any) -> Any:
    """a where the condition holds, else b; the gradient goes to the branch that was taken, alone.

    ``condition`` is a bool or a comparison such as ``lt(x, 0.0)``, comparisons joined by ``& | ~``; TypeError for
    anything else.  A branch may be a function without arguments: it is called only if it is taken.

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


# --- forwards longer than a row -----------------------------------------------------------------------------


def power(x: float, y: float) -> float:
    out: float | complex = x**y
    if isinstance(out, complex):
        raise ValueError("a negative number to a fractional power has no real value")
    return out


def sigmoid_slope_forward(x: Any) -> Any:
    e = exp(-abs(x))
    return e / ((1.0 + e) * (1.0 + e))


def sigmoid_forward(x: Any) -> Any:
    e = exp(-abs(x))
    return where(ge(x, 0.0), 1.0, e) / (1.0 + e)


def gaussian_forward(x: Any) -> Any:
    # exp magnifies the rounding of x·x up to 700 times: the square of x's leading 26 bits is exact (Veltkamp).
    scaled = 134217729.0 * x
    head = scaled - (scaled - x)
    tail = x - head
    return where(gt(abs(x), 40.0), 0.0, lambda: exp(-head * head) * exp(-tail * (head + x)))


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


def flat_partials(x: Any, y: Any, out: Any) -> Sequence[Any]:
    return (0.0, 0.0)


def logsumexp_partials(xs: Sequence[Any], out: Any) -> Sequence[Any]:
    # Σ exp(x - out) is 1 up to the rounding of out; dividing by it takes that rounding out of each partial.
    parts = [exp(x - out) for x in xs]
    whole = total(*parts)
    return [part / whole for part in parts]


def logsumexp_definition(xs: Sequence[Any]) -> Any:
    top = reduce(maximum, xs)
    return top + log(reduce(operator.add, [exp(x - top) for x in xs]))


def dot_terms(xs: Sequence[Any]) -> list[tuple[Any, ...]]:
    n = len(xs) // 2
    return [*zip(xs[:n], xs[n:-1], strict=True), (xs[-1],)]


def dot_roles(count: int) -> Sequence[str]:
    pairs = range(1, count // 2 + 1)
    return [*(f"weight {i}" for i in pairs), *(f"input {i}" for i in pairs), "bias"]


# --- what is special at a point ------------------------------------------------------------------------------

KINK = "a kink: its slope there is taken as "
VERTICAL = "vertical here: its slope is "
FLAT = (Special(lambda *_: True, "flat on both sides: its slope is 0 everywhere"),)
TIE = (Special(lambda x, y, out: eq(x, y), "a tie: each side gets ½"),)


def kink(slope: str) -> Sequence[Special]:
    return (Special(lambda x, *_: eq(x, 0.0), KINK + slope),)


def vertical(at: float, slope: str) -> Sequence[Special]:
    return (Special(lambda x, out: eq(abs(x), at), VERTICAL + slope),)


def saturated(part: Rule) -> Sequence[Special]:
    """Where the slope, as a part of its steepest, is below 1/100: there a unit hardly learns any more."""
    return (Special(lambda x, out: lt(part(x, out), 0.01), "saturated: its slope is down to {slope}", "saturated"),)


# --- the rows -----------------------------------------------------------------------------------------------
# fmt: off

#          name, symbol                  forward                        partials                                   domain          meaning             instruction
neg      = row("neg",      "-",          lambda x: -x,                  lambda x, out: (-1.0,),                    (REAL,),        "−x",               "fneg", method="__neg__")
add      = row("add",      "+",          lambda x, y: x + y,            lambda x, y, out: (1.0, 1.0),              (REAL, REAL),   "x + y",            "fadd", method="__add__", symmetric=True)
sub      = row("sub",      "-",          lambda x, y: x - y,            lambda x, y, out: (1.0, -1.0),             (REAL, REAL),   "x − y",            "fsub", method="__sub__")
mul      = row("mul",      "*",          lambda x, y: x * y,            lambda x, y, out: (y, x),                  (REAL, REAL),   "x · y",            "fmul", method="__mul__", symmetric=True)
div      = row("div",      "/",          lambda x, y: x / y,            lambda x, y, out: (1.0 / y, -out / y),     (REAL, REAL),   "x / y",            "fdiv", method="__truediv__", ieee=divide_ieee)
pow      = row("pow",      "**",         power,                         pow_partials,                              (POSITIVE, REAL), "x to the power y", "pow", method="__pow__", ieee=power_ieee, role_names=lambda count: ["base", "exponent"], special=(
               Special(lambda x, y, out: logical_and(eq(x, 0.0), eq(y, 0.0)), "0 to the power 0 is 1, its slopes are taken as 0"), Special(lambda x, y, out: logical_and(eq(x, 0.0), logical_and(gt(y, 0.0), lt(y, 1.0))), VERTICAL + "∞")))
mod      = row("mod",      "%",          lambda x, y: x % y,            lambda x, y, out: (1.0, -(x // y)),        (REAL, REAL),   "x − y·⌊x / y⌋",    "mod", method="__mod__",
               special=(Special(lambda x, y, out: eq(out, 0.0), "a jump: its slope is taken as that of the pieces"),))
floordiv = row("floordiv", "//",         lambda x, y: x // y,           flat_partials,                             (REAL, REAL),   "⌊x / y⌋",          "floordiv", method="__floordiv__", ieee=divide_ieee, special=FLAT)
abs      = row("abs",      "abs",        lambda x: math.fabs(x),        lambda x, out: (gt(x, 0.0) - lt(x, 0.0),), (REAL,),        "|x|",              "fabs", method="__abs__", special=kink("0"))

exp      = row("exp",      "exp",        math.exp,                      lambda x, out: (out,),                     (REAL,),        "eˣ",               "exp", ieee=lambda x: INF)
exp2     = row("exp2",     "exp2",       math.exp2,                     lambda x, out: (out * LN_2,),              (REAL,),        "2ˣ",               "exp2", ieee=lambda x: INF)
expm1    = row("expm1",    "expm1",      math.expm1,                    lambda x, out: (exp(x),),                  (REAL,),        "eˣ − 1, exact near 0", "expm1", ieee=lambda x: INF)
gaussian = row("gaussian", "gaussian",   gaussian_forward,              lambda x, out: (chain(x, -2.0 * out),),    (REAL,),        "exp(−x²)")
log      = row("log",      "log",        math.log,                      lambda x, out: (1.0 / x,),                 (POSITIVE,),    "the natural logarithm of x", "log", ieee=log_ieee)
log2     = row("log2",     "log2",       math.log2,                     lambda x, out: (1.0 / LN_2 / x,),          (POSITIVE,),    "the logarithm of x to base 2", "log2", ieee=log_ieee)
log10    = row("log10",    "log10",      math.log10,                    lambda x, out: (1.0 / LN_10 / x,),         (POSITIVE,),    "the logarithm of x to base 10", "log10", ieee=log_ieee)
log1p    = row("log1p",    "log1p",      math.log1p,                    lambda x, out: (1.0 / (1.0 + x),),         (ABOVE_MINUS_1,), "log(1 + x), exact near 0", "log1p", ieee=lambda x: log_ieee(1.0 + x))
sqrt     = row("sqrt",     "√",          math.sqrt,                     lambda x, out: (0.5 / (out + 0.0),),       ((0.0, INF),),  "√x",               "sqrt", special=vertical(0.0, "∞"))  # −0 + 0 is 0: +∞ at −0 too

sin      = row("sin",      "sin",        math.sin,                      lambda x, out: (cos(x),),                  (REAL,),        "the sine of x radians", "sin")
cos      = row("cos",      "cos",        math.cos,                      lambda x, out: (-sin(x),),                 (REAL,),        "the cosine of x radians", "cos")
tan      = row("tan",      "tan",        math.tan,                      lambda x, out: (1.0 + out * out,),         (REAL,),        "the tangent of x radians", "tan")
asin     = row("asin",     "asin",       math.asin,                     lambda x, out: (1.0 / sqrt(one_minus_square(x)),), (UNIT,), "the angle in radians with sine x", "asin", numpy="arcsin", special=vertical(1.0, "∞"))
acos     = row("acos",     "acos",       math.acos,                     lambda x, out: (-1.0 / sqrt(one_minus_square(x)),), (UNIT,), "the angle in radians with cosine x", "acos", numpy="arccos", special=vertical(1.0, "-∞"))
atan     = row("atan",     "atan",       math.atan,                     lambda x, out: (1.0 / hypot(1.0, x) / hypot(1.0, x),), (REAL,), "the angle in radians with tangent x", "atan", numpy="arctan")
atan2    = row("atan2",    "atan2",      math.atan2,                    lambda x, y, out: (y / hypot(x, y) / hypot(x, y), -x / hypot(x, y) / hypot(x, y)), (REAL, REAL),   "the angle in radians of the point (y, x)", "atan2", numpy="arctan2",
               special=(Special(lambda x, y, out: logical_and(eq(x, 0.0), eq(y, 0.0)), "the origin has no direction: its slopes are nan"),))
sinh     = row("sinh",     "sinh",       math.sinh,                     lambda x, out: (cosh(x),),                 (REAL,),        "(eˣ − e⁻ˣ) / 2",   "sinh", ieee=lambda x: math.copysign(INF, x))
cosh     = row("cosh",     "cosh",       math.cosh,                     lambda x, out: (sinh(x),),                 (REAL,),        "(eˣ + e⁻ˣ) / 2",   "cosh", ieee=lambda x: INF)
tanh     = row("tanh",     "tanh",       math.tanh,                     lambda x, out: (where(lt(abs(out), 0.75), 1.0 - out * out, lambda: 4.0 * sigmoid_slope(2.0 * x)),), (REAL,), "(eˣ − e⁻ˣ) / (eˣ + e⁻ˣ)", "tanh", special=saturated(lambda x, out: 1.0 - out * out))
asinh    = row("asinh",    "asinh",      math.asinh,                    lambda x, out: (1.0 / hypot(1.0, x),),     (REAL,),        "the number with sinh x", "asinh", numpy="arcsinh")
acosh    = row("acosh",    "acosh",      math.acosh,                    lambda x, out: (1.0 / (sqrt(x - 1.0) * sqrt(x + 1.0)),), ((1.0, INF),), "the number from 0 up with cosh x", "acosh", numpy="arccosh", special=vertical(1.0, "∞"))
atanh    = row("atanh",    "atanh",      math.atanh,                    lambda x, out: (1.0 / one_minus_square(x),), ((-1.0 + 2.0**-53, 1.0 - 2.0**-53),), "the number with tanh x", "atanh", numpy="arctanh", ieee=lambda x: math.copysign(INF, x) if math.fabs(x) == 1.0 else NAN)
one_minus_square = row("one_minus_square", "one_minus_square", lambda x: (1.0 - x) * (1.0 + x), lambda x, out: (-2.0 * x,), (REAL,), "1 − x², exact near ±1")
erf      = row("erf",      "erf",        math.erf,                      lambda x, out: (TWO_OVER_ROOT_PI * gaussian(x),), (REAL,), "2/√π ∫₀ˣ exp(−t²) dt", "erf", special=saturated(lambda x, out: gaussian(x)))

relu     = row("relu",     "relu",       lambda x: where(le(x, 0.0), 0.0, x), lambda x, out: (gt(out, 0.0),),      (REAL,),        "max(x, 0)",        special=(  # le: a nan flows
               Special(lambda x, out: eq(x, 0.0), KINK + "0", "dead"), Special(lambda x, out: lt(x, 0.0), "a dead relu: its slope below 0 is 0", "dead")))
leaky_relu = row("leaky_relu", "leaky_relu", lambda x, y: where(gt(x, 0.0), x, y * x), lambda x, y, out: (where(gt(x, 0.0), 1.0, y), where(gt(x, 0.0), 0.0, x)), (REAL, REAL),   "x above 0, slope · x below; the slope is y", default=0.01, special=kink("that of the left side"))
sigmoid  = row("sigmoid",  "σ",          sigmoid_forward,               lambda x, out: (sigmoid_slope(x),),        (REAL,),        "1 / (1 + e⁻ˣ)",    special=saturated(lambda x, out: 4.0 * out * (1.0 - out)))
sigmoid_slope = row("sigmoid_slope", "σ′", sigmoid_slope_forward,       lambda x, out: (-tanh(0.5 * x) * out,),    (REAL,),        "the slope of sigmoid, e⁻ˣ / (1 + e⁻ˣ)²")
softplus = row("softplus", "softplus",   lambda x: relu(x) + log1p(exp(-abs(x))), lambda x, out: (sigmoid(x),),    (REAL,),        "log(1 + eˣ)")
maximum  = row("maximum",  "max",        lambda x, y: where(logical_or(ge(x, y), ne(x, x)), x, y), lambda x, y, out: (where(ne(out, out), out, gt(x, y) + 0.5 * eq(x, y)), where(ne(out, out), out, lt(x, y) + 0.5 * eq(x, y))),  # a nan flows
               (REAL, REAL), "the larger of x and y", symmetric=True, special=TIE)
minimum  = row("minimum",  "min",        lambda x, y: where(logical_or(le(x, y), ne(x, x)), x, y), lambda x, y, out: (where(ne(out, out), out, lt(x, y) + 0.5 * eq(x, y)), where(ne(out, out), out, gt(x, y) + 0.5 * eq(x, y))),
               (REAL, REAL), "the smaller of x and y", symmetric=True, special=TIE)
hypot    = row("hypot",    "hypot",      math.hypot,                    lambda x, y, out: (where(eq(out, 0.0), 0.0, x / out), where(eq(out, 0.0), 0.0, y / out)), (REAL, REAL),   "√(x² + y²), without overflow", "hypot", symmetric=True,
               special=(Special(lambda x, y, out: eq(out, 0.0), KINK + "0 both ways"),))

# Comparisons give 1.0 where they hold, else 0.0; nothing flows through them.
lt       = row("lt",       "<",          lambda x, y: 1.0 if x < y else 0.0,   flat_partials,                      (REAL, REAL),   "1 if x < y, else 0", "olt", method="__lt__", condition=True, special=FLAT)
le       = row("le",       "≤",          lambda x, y: 1.0 if x <= y else 0.0,  flat_partials,                      (REAL, REAL),   "1 if x ≤ y, else 0", "ole", method="__le__", condition=True, special=FLAT)
gt       = row("gt",       ">",          lambda x, y: 1.0 if x > y else 0.0,   flat_partials,                      (REAL, REAL),   "1 if x > y, else 0", "ogt", method="__gt__", condition=True, special=FLAT)
ge       = row("ge",       "≥",          lambda x, y: 1.0 if x >= y else 0.0,  flat_partials,                      (REAL, REAL),   "1 if x ≥ y, else 0", "oge", method="__ge__", condition=True, special=FLAT)
eq       = row("eq",       "=",          lambda x, y: 1.0 if x == y else 0.0,  flat_partials,                      (REAL, REAL),   "1 if x = y, else 0", "oeq", method="", condition=True, symmetric=True, special=FLAT)
ne       = row("ne",       "≠",          lambda x, y: 1.0 if x != y else 0.0,  flat_partials,                      (REAL, REAL),   "1 if x ≠ y, else 0", "une", method="", condition=True, symmetric=True, special=FLAT)
logical_and = row("logical_and", "&",    lambda x, y: 1.0 if x and y else 0.0, flat_partials,                      (REAL, REAL),   "1 if x and y hold, else 0", "and", method="__and__", condition=True, symmetric=True, special=FLAT)
logical_or  = row("logical_or", "|",     lambda x, y: 1.0 if x or y else 0.0,  flat_partials,                      (REAL, REAL),   "1 if x or y holds, else 0", "or", method="__or__", condition=True, symmetric=True, special=FLAT)
logical_not = row("logical_not", "~",    lambda x: 0.0 if x else 1.0,          lambda x, out: (0.0,),              (REAL,),        "1 if x does not hold, else 0", "not", method="__invert__", condition=True, special=FLAT)
select   = row("where",    "where",      lambda c, x, y: x if c else y,        lambda c, x, y, out: (0.0, ne(c, 0.0), eq(c, 0.0)), (REAL, REAL, REAL), "x where c holds, else y", "select", method="", role_names=lambda count: ["if", "then", "else"], special=(
               Special(lambda c, *_: ne(c, 0.0), "the condition holds: the first branch was taken"), Special(lambda c, *_: eq(c, 0.0), "the condition fails: the second branch was taken")))

# The product rule of every walk: what reaches a node times a partial is 0 if either is 0, even where the other is not finite.
chain    = row("chain",    "·",          lambda g, p: g * p if g and p else 0.0, lambda g, p, out: (p, g),         (REAL, REAL),   "g · p, and 0 if either is 0", "chain", method="", symmetric=True)

# Any number of arguments: forward(xs), partials(xs, out).
dot       = row("dot",       "dot",       dot_forward,                  lambda xs, out: [*xs[len(xs) // 2 : -1], *xs[: len(xs) // 2], 1.0], (REAL,),        "bias + w₁x₁ + … + wₙxₙ, from left to right",
                method="", variadic=True, role_names=dot_roles, terms=dot_terms, definition=lambda xs: reduce(operator.add, map(operator.mul, xs, xs[len(xs) // 2 : -1]), xs[-1]))
total     = row("total",     "Σ",         total_forward,                lambda xs, out: [1.0] * len(xs),           (REAL,),        "x₁ + … + xₙ, from left to right",
                method="", variadic=True, symmetric=True, terms=lambda xs: [(x,) for x in xs], definition=lambda xs: reduce(operator.add, xs[1:] or [0.0], xs[0]))
logsumexp = row("logsumexp", "logsumexp", logsumexp_forward,            logsumexp_partials,                        (REAL,),        "log(eˣ¹ + … + eˣⁿ), without overflow", "logsumexp",
                method="", variadic=True, symmetric=True, definition=logsumexp_definition)
pick      = row("pick",      "pick",      lambda xs: dict(enumerate(xs[1:])).get(xs[0], NAN), lambda xs, out: [0.0, *(eq(xs[0], i) for i in range(len(xs) - 1))], (REAL,), "the one of x₀, x₁, …, xₙ that the index counts", "pick", method="", variadic=True, role_names=lambda count: ["index", *(f"choice {i}" for i in range(count - 1))])
# fmt: on
