"""How every primitive is written in vector instructions: the second table, one row beside each of the first.

A lowering is given an :class:`Emitter` and the names of its operands, emits LLVM instructions on vectors of
doubles, and returns the name of the result.  A result may differ from the row's ``forward`` in the last bits
where the vector functions of the C library do (4 ulp at most).  Where ``forward`` raises, the result is what
IEEE 754 has, inf or nan.  What this file leaves out: derivatives (there are none here) and loops.
"""

from __future__ import annotations

from collections.abc import Callable

from ...primitives import TABLE, Primitive
from .emitter import Emitter


def _function(name: str) -> Callable[..., str]:
    return lambda e, *operands: e.call(name, *operands)


def _comparison(condition: str) -> Callable[..., str]:
    return lambda e, x, y: e.number(e.compare(condition, x, y))


def _relu(e: Emitter, x: str) -> str:
    return e.choose(e.compare("ole", x, e.constant(0.0)), e.constant(0.0), x)  # this way round a nan flows


def _leaky_relu(e: Emitter, x: str, y: str) -> str:
    return e.choose(e.compare("ogt", x, e.constant(0.0)), x, e.arithmetic("fmul", y, x))


def _sigmoid(e: Emitter, x: str) -> str:
    small = e.call("exp", e.arithmetic("fneg", e.intrinsic("fabs", x)))
    above = e.choose(e.compare("oge", x, e.constant(0.0)), e.constant(1.0), small)
    return e.arithmetic("fdiv", above, e.arithmetic("fadd", e.constant(1.0), small))


def _softplus(e: Emitter, x: str) -> str:
    small = e.call("exp", e.arithmetic("fneg", e.intrinsic("fabs", x)))
    return e.arithmetic("fadd", _relu(e, x), e.call("log1p", small))


def _gaussian(e: Emitter, x: str) -> str:
    scaled = e.intrinsic("trunc", e.arithmetic("fmul", x, e.constant(2.0**20)))
    head = e.arithmetic("fmul", scaled, e.constant(2.0**-20))
    tail = e.arithmetic("fsub", x, head)
    main = e.call("exp", e.arithmetic("fneg", e.arithmetic("fmul", head, head)))
    rest = e.arithmetic("fmul", e.arithmetic("fneg", tail), e.arithmetic("fadd", head, x))
    product = e.arithmetic("fmul", main, e.call("exp", rest))
    return e.choose(e.compare("ogt", e.intrinsic("fabs", x), e.constant(40.0)), e.constant(0.0), product)


def _larger(condition: str) -> Callable[..., str]:
    def lower(e: Emitter, x: str, y: str) -> str:
        first = e.join("or", e.compare(condition, x, y), e.compare("uno", x, x))
        return e.choose(first, x, y)

    return lower


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


def _logical(operation: str) -> Callable[..., str]:
    return lambda e, x, y: e.number(e.join(operation, e.holds(x), e.holds(y)))


def _not(e: Emitter, x: str) -> str:
    true = f"<{', '.join(['i1 true'] * e.lanes)}>"
    return e.number(e.join("xor", e.holds(x), true))


def _chain(e: Emitter, g: str, p: str) -> str:
    for one, other in ((p, g), (g, p)):
        if one in e.masks:  # times 1.0 or 0.0
            return e.choose(e.masks[one], other, e.constant(0.0))
    both = e.join("and", e.holds(g), e.holds(p))
    return e.choose(both, e.arithmetic("fmul", g, p), e.constant(0.0))


LOWERINGS: dict[str, Callable[..., str]] = {
    "neg": lambda e, x: e.arithmetic("fneg", x),
    "add": lambda e, x, y: e.arithmetic("fadd", x, y),
    "sub": lambda e, x, y: e.arithmetic("fsub", x, y),
    "mul": lambda e, x, y: e.arithmetic("fmul", x, y),
    "div": lambda e, x, y: e.arithmetic("fdiv", x, y),
    "pow": _function("pow"),
    "mod": _mod,
    "floordiv": _floordiv,
    "abs": lambda e, x: e.intrinsic("fabs", x),
    "exp": _function("exp"),
    "expm1": _function("expm1"),
    "gaussian": _gaussian,
    "log": _function("log"),
    "log1p": _function("log1p"),
    "sqrt": lambda e, x: e.intrinsic("sqrt", x),
    "sin": _function("sin"),
    "cos": _function("cos"),
    "tan": _function("tan"),
    "asin": _function("asin"),
    "acos": _function("acos"),
    "atan": _function("atan"),
    "atan2": _function("atan2"),
    "sinh": _function("sinh"),
    "cosh": _function("cosh"),
    "tanh": _function("tanh"),
    "erf": _function("erf"),
    "relu": _relu,
    "leaky_relu": _leaky_relu,
    "sigmoid": _sigmoid,
    "softplus": _softplus,
    "maximum": _larger("oge"),
    "minimum": _larger("ole"),
    "hypot": _function("hypot"),
    "lt": _comparison("olt"),
    "le": _comparison("ole"),
    "gt": _comparison("ogt"),
    "ge": _comparison("oge"),
    "eq": _comparison("oeq"),
    "ne": _comparison("une"),
    "logical_and": _logical("and"),
    "logical_or": _logical("or"),
    "logical_not": _not,
    "where": lambda e, c, x, y: e.choose(e.holds(c), x, y),
    "chain": _chain,
}

# Rows of any number of arguments have kernels of their own in kernels.py.
KERNEL_ROWS = ("dot", "total", "logsumexp")

# What the lowerings call in the C library, and with how many arguments; frem is compiled to a call of fmod.
LIBRARY = {
    "acos": 1, "asin": 1, "atan": 1, "atan2": 2, "cos": 1, "cosh": 1, "erf": 1, "exp": 1, "expm1": 1, "fmod": 2,
    "hypot": 2, "log": 1, "log1p": 1, "pow": 2, "sin": 1, "sinh": 1, "tan": 1, "tanh": 1,
}  # fmt: skip


def has_lowering(primitive: Primitive) -> bool:
    """Whether a primitive is of the table, not one of the user's own that perhaps has a name of the table."""
    return TABLE.get(primitive.name) is primitive
