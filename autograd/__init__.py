"""Scalar reverse-mode automatic differentiation.

A ``Value`` records its operations into a graph, and ``backward`` applies the chain rule over it; the
transforms (``grad``, ``jvp``, ``hessian``, …) differentiate functions; ``draw`` shows a graph, and
``walkthrough`` goes through it step by step.
"""

from typing import TYPE_CHECKING, Any

from .drawing import DrawError, Drawing, draw
from .errors import AutogradError, GradcheckError, NonFiniteError, StaleGraphError, TraceError, located
from .functions import dot, leaky_relu, log_softmax, logsumexp, mean, pick, prod, softmax, total, uniform
from .graph import topological_order
from .primitives import Primitive, as_float, primitive, where
from .steps.paths import explain
from .transforms.check import gradcheck

from .primitives import neg, add, sub, mul, div, pow, mod, floordiv, abs  # isort: skip  # the table's order
from .primitives import exp, expm1, gaussian, log, log1p, sqrt  # isort: skip
from .primitives import sin, cos, tan, asin, acos, atan, atan2, sinh, cosh, tanh, erf  # isort: skip
from .primitives import relu, sigmoid, softplus, maximum, minimum, hypot, chain  # isort: skip
from .primitives import lt, le, gt, ge, eq, ne, logical_and, logical_or, logical_not  # isort: skip
from .scopes import Scoped, scope
from .steps.record import Step
from .steps.walk import Walkthrough, walkthrough
from .transforms.derivatives import grad, grad_of, hessian, hvp, jacobian, jvp, value_and_grad
from .value import Value, no_grad

if TYPE_CHECKING:
    from .compiler import compile_loss, jit


def __getattr__(name: str) -> Any:
    """What needs NumPy is loaded when it is first asked for."""
    if name in ("compile_loss", "jit"):
        from . import compiler

        return getattr(compiler, name)
    raise AttributeError(f"module 'autograd' has no attribute {name!r}")


__all__ = [
    "AutogradError", "DrawError", "Drawing", "GradcheckError", "NonFiniteError", "Primitive", "Scoped",
    "StaleGraphError", "Step", "TraceError", "Value", "Walkthrough", "abs", "acos", "add", "as_float", "asin", "atan",
    "atan2", "chain", "compile_loss", "cos", "cosh", "div", "dot", "draw", "eq", "erf", "exp", "explain", "expm1",
    "floordiv", "gaussian", "ge", "grad", "grad_of", "gradcheck", "gt", "hessian", "hvp", "hypot", "jacobian", "jit",
    "jvp", "le", "leaky_relu", "located", "log", "log1p", "log_softmax", "logical_and", "logical_not", "logical_or",
    "logsumexp", "lt", "maximum", "mean", "minimum", "mod", "mul", "ne", "neg", "no_grad", "pick", "pow", "primitive",
    "prod", "relu", "scope", "sigmoid", "sin", "sinh", "softmax", "softplus", "sqrt", "sub", "tan", "tanh",
    "topological_order", "total", "uniform", "value_and_grad", "walkthrough", "where",
]  # fmt: skip
