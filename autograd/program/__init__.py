"""Computations as named equations, and how functions become them."""

from .dataflow import LIST, Equation, dependent_variables
from .equations import Program
from .reach import Reach
from .rows import Branch, branches_of, forward_program, partials_program, special_program
from .structure import Recent, lasting
from .traced import Traced, traced_input
from .tracer import Trace, computed_before, program_of, same, trace, tracing

__all__ = [
    "LIST", "Branch", "Equation", "Program", "Reach", "Recent", "Trace", "Traced", "branches_of", "computed_before",
    "dependent_variables", "forward_program", "lasting", "partials_program", "program_of", "same", "special_program",
    "trace", "traced_input", "tracing",
]  # fmt: skip
