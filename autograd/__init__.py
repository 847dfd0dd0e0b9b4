"""Scalar reverse-mode automatic differentiation.

A ``Value`` records its operations into a graph; ``backward`` applies the chain rule over it; the transforms
(``grad``, ``jvp``, ``hessian``, ...) differentiate functions; ``draw`` shows the graph.
"""

from .check import gradcheck
from .errors import AutogradError, GradcheckError, NonFiniteError, StaleGraphError
from .functions import dot, leaky_relu, log_softmax, logsumexp, mean, pick, prod, softmax, total
from .graph import topological_order
from .primitives import (
    acos, asin, atan, atan2, cos, cosh, eq, erf, exp, expm1, floordiv, gaussian, ge, gt, hypot, le, log,
    log1p, logical_and, logical_not, logical_or, lt, maximum, minimum, mod, mul, ne, neg, primitive, relu, sigmoid, sin,
    sinh, softplus, sqrt, sub, tan, tanh, where,
    abs, add, chain, div, pow,
)  # fmt: skip
from .transforms import grad, grad_of, hessian, hvp, jacobian, jvp, value_and_grad
from .value import Value, no_grad
