"""A stand-in until the table has the columns ``instruction``, ``terms``, ``definition`` and traceable forwards.

To be deleted, with the import of it in ``compiler/__init__.py`` and every ``type: ignore[attr-defined]`` beside
``.instruction``, ``.terms`` and ``.definition``; ``formula`` in ``expansion.py`` is then ``primitive.forward``.
"""

from __future__ import annotations

from typing import Any

from .. import primitives
from ..primitives import TABLE, Primitive, exp, ge, gt, le, log1p, logical_or, ne, where

INSTRUCTIONS = {
    "neg": "fneg", "add": "fadd", "sub": "fsub", "mul": "fmul", "div": "fdiv", "abs": "fabs", "sqrt": "sqrt",
    "where": "select", "lt": "olt", "le": "ole", "gt": "ogt", "ge": "oge", "eq": "oeq", "ne": "une",
    "logical_and": "and", "logical_or": "or", "logical_not": "not",
} | {
    name: name
    for name in (
        "pow", "mod", "floordiv", "chain", "logsumexp", "exp", "expm1", "log", "log1p", "sin", "cos", "tan", "asin",
        "acos", "atan", "atan2", "sinh", "cosh", "tanh", "erf", "hypot",
    )
}  # fmt: skip


def sigmoid(x: Any) -> Any:
    small = exp(-abs(x))
    return where(ge(x, 0.0), 1.0, small) / (1.0 + small)


def gaussian(x: Any) -> Any:
    # exp magnifies the rounding of x·x up to 700 times: square the leading 26 bits of x, which is exact.
    wide = x * 134217729.0
    head = wide - (wide - x)
    tail = x - head
    return where(gt(abs(x), 40.0), 0.0, exp(-head * head) * exp(-tail * (head + x)))


FORMULAS: dict[Primitive, Any] = {
    primitives.relu: lambda x: where(le(x, 0.0), 0.0, x),
    primitives.leaky_relu: lambda x, y: where(gt(x, 0.0), x, y * x),
    primitives.sigmoid: sigmoid,
    primitives.softplus: lambda x: where(le(x, 0.0), 0.0, x) + log1p(exp(-abs(x))),
    primitives.gaussian: gaussian,
    primitives.maximum: lambda x, y: where(logical_or(ge(x, y), ne(x, x)), x, y),
    primitives.minimum: lambda x, y: where(logical_or(le(x, y), ne(x, x)), x, y),
}


def dot_terms(xs: Any) -> list[tuple[Any, ...]]:
    n = len(xs) // 2
    return [*zip(xs[:n], xs[n:-1], strict=True), (xs[-1],)]


def fill() -> None:
    columns: Any = Primitive
    columns.instruction, columns.terms, columns.definition = "", None, None
    for name, made in TABLE.items():
        filled: Any = made
        filled.instruction = INSTRUCTIONS.get(name, "")
        filled.definition = made.expand
    dot, total = primitives.dot, primitives.total
    dot.terms, total.terms = dot_terms, lambda xs: [(x,) for x in xs]  # type: ignore[attr-defined]


fill()
