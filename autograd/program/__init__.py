"""Computations as named equations, and how functions become them."""

from .dataflow import Equation, dependent_variables
from .equations import Program
from .reach import Reach
from .structure import Recent
from .traced import Traced, traced_input
from .tracer import Trace, computed_before, program_of, same, trace, tracing

__all__ = [
    "Equation", "Program", "Reach", "Recent", "Trace", "Traced", "computed_before", "dependent_variables", "program_of",
    "same", "trace", "traced_input", "tracing",
]  # fmt: skip
