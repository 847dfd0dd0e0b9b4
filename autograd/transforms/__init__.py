"""Derivatives of functions and of graphs, and checks of them against finite differences."""

from .check import difference_step, gradcheck, is_kink
from .derivatives import grad, grad_of, hessian, hvp, jacobian, jvp, value_and_grad
from .replay import adjoints, check_fresh, write_out, write_out_with_origins
from .sweeps import pushforward, times
from .trees import Branch, Tree

__all__ = [
    "Branch", "Tree", "adjoints", "check_fresh", "difference_step", "grad", "grad_of", "gradcheck", "hessian", "hvp",
    "is_kink", "jacobian", "jvp", "pushforward", "times", "value_and_grad", "write_out",
    "write_out_with_origins",
]  # fmt: skip
