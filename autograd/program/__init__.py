"""Computations as named equations, and how functions become them."""

from .dataflow import Equation, dependent_variables
from .equations import Program
from .tracer import Trace, Traced, computed_before, program_of, same, trace, traced_input, tracing

__all__ = [
    "Equation", "Program", "Trace", "Traced", "computed_before", "dependent_variables", "program_of", "same", "trace",
    "traced_input", "tracing",
]  # fmt: skip
