"""Scalar reverse-mode automatic differentiation.

A ``Value`` records its operations into a graph, and ``backward`` applies the chain rule over it; the
transforms (``grad``, ``jvp``, ``hessian``, …) differentiate functions; ``draw`` shows a graph, and
``walkthrough`` goes through it step by step.
"""

from typing import TYPE_CHECKING, Any

from .drawing import DrawError, Drawing, draw
from .errors import (
    AutogradError,
    FallbackWarning,
    GradcheckError,
    NonFiniteError,
    StaleGraphError,
    TraceError,
    located,
    no_index,
)
from .functions import (
    dot,
    leaky_relu,
    log_softmax,
    logsumexp,
    mean,
    pick,
    primitive,
    prod,
    softmax,
    total,
    uniform,
    where,
)
from .graph import topological_order
from .hints import OF_AUTOGRAD, as_count, did_you_mean, missing, refuse
from .languages import to_c
from .modes import no_grad, thread_limit
from .persistence import write_whole
from .primitives import TABLE, Primitive, as_float
from .scopes import Scoped, scope
from .steps import Step, Walkthrough, explain, walkthrough
from .transforms import grad, grad_of, gradcheck, hessian, hvp, jacobian, jvp, value_and_grad
from .value import Value, as_value

__version__ = "0.1.0"

if TYPE_CHECKING:
    from .compiler import compile_loss, jit
    from .functions import Binary, Unary
else:  # a checker, which is to find names that are not there, knows of no such thing

    def __getattr__(name: str) -> Any:
        """What needs NumPy is loaded when it is first asked for."""
        if name in ("compile_loss", "jit"):
            from .compiler import compile_loss, jit

            return {"compile_loss": compile_loss, "jit": jit}[name]
        raise missing("autograd", name, OF_AUTOGRAD)


__all__ = [
    "TABLE", "AutogradError", "DrawError", "Drawing", "FallbackWarning", "GradcheckError", "NonFiniteError",
    "Primitive", "Scoped", "StaleGraphError", "Step", "TraceError", "Value", "Walkthrough", "as_count", "as_float",
    "as_value", "compile_loss", "did_you_mean", "dot", "draw", "explain", "grad", "grad_of", "gradcheck",
    "hessian", "hvp", "jacobian", "jit", "jvp", "leaky_relu", "located", "log_softmax", "logsumexp", "mean",
    "missing", "no_grad", "no_index", "pick", "primitive", "prod", "refuse", "scope", "softmax", "thread_limit", "to_c",
    "topological_order", "total", "uniform", "value_and_grad", "walkthrough", "where", "write_whole",
]  # fmt: skip

# --- written by generate.py from the table
# fmt: off
# isort: off
if TYPE_CHECKING:  # a checker knows them by what they take
    abs: Unary
    acos: Unary
    acosh: Unary
    add: Binary
    asin: Unary
    asinh: Unary
    atan: Unary
    atan2: Binary
    atanh: Unary
    chain: Binary
    cos: Unary
    cosh: Unary
    div: Binary
    eq: Binary
    erf: Unary
    exp: Unary
    exp2: Unary
    expm1: Unary
    floordiv: Binary
    gaussian: Unary
    ge: Binary
    gt: Binary
    hypot: Binary
    le: Binary
    log: Unary
    log10: Unary
    log1p: Unary
    log2: Unary
    logical_and: Binary
    logical_not: Unary
    logical_or: Binary
    lt: Binary
    maximum: Binary
    minimum: Binary
    mod: Binary
    mul: Binary
    ne: Binary
    neg: Unary
    one_minus_square: Unary
    pow: Binary
    relu: Unary
    sigmoid: Unary
    sigmoid_slope: Unary
    sin: Unary
    sinh: Unary
    softplus: Unary
    sqrt: Unary
    sub: Binary
    tan: Unary
    tanh: Unary
else:
    from .primitives import (
        abs as abs, acos, acosh, add, asin, asinh, atan, atan2, atanh, chain, cos, cosh, div, eq, erf, exp, exp2,
        expm1, floordiv, gaussian, ge, gt, hypot, le, log, log10, log1p, log2, logical_and, logical_not,
        logical_or, lt, maximum, minimum, mod, mul, ne, neg, one_minus_square, pow as pow, relu, sigmoid,
        sigmoid_slope, sin, sinh, softplus, sqrt, sub, tan, tanh,
    )

__all__ += [  # noqa: RUF022
    "acos", "acosh", "add", "asin", "asinh", "atan", "atan2", "atanh", "chain", "cos", "cosh", "div", "eq",
    "erf", "exp", "exp2", "expm1", "floordiv", "gaussian", "ge", "gt", "hypot", "le", "log", "log10", "log1p",
    "log2", "logical_and", "logical_not", "logical_or", "lt", "maximum", "minimum", "mod", "mul", "ne", "neg",
    "one_minus_square", "relu", "sigmoid", "sigmoid_slope", "sin", "sinh", "softplus", "sqrt", "sub", "tan",
    "tanh",
]
# isort: on
# fmt: on
# --- end of what generate.py writes
