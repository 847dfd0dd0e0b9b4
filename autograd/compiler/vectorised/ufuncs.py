"""The ufuncs of NumPy for the instructions that rows of the table name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Function = Callable[..., Any]  # of arrays that broadcast to the last of them, which takes the result

ARITHMETIC: dict[str, Function] = {
    "fneg": np.negative, "fadd": np.add, "fsub": np.subtract, "fmul": np.multiply, "fdiv": np.divide,
    "fabs": np.absolute, "mod": np.remainder, "floordiv": np.floor_divide,
    "pow": np.float_power,  # np.power takes the root for an exponent of 0.5: −0 at −0, nan at −∞
    "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan, "atan2": np.arctan2,
    "asinh": np.arcsinh, "acosh": np.arccosh, "atanh": np.arctanh,
    **{name: getattr(np, name) for name in (
        "sqrt", "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sin", "cos", "tan", "sinh", "cosh", "tanh",
        "hypot",
    )},
}  # fmt: skip

# These give masks.
COMPARISONS: dict[str, Function] = {
    "olt": np.less, "ole": np.less_equal, "ogt": np.greater, "oge": np.greater_equal, "oeq": np.equal,
    "une": np.not_equal,
}  # fmt: skip
LOGICAL: dict[str, Function] = {"and": np.logical_and, "or": np.logical_or, "not": np.logical_not}
