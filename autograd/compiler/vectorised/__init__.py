"""Running programs by NumPy: each call of a plan is a few operations on arrays."""

from .numpy_program import InNumPy
from .numpy_steps import NUMPY

__all__ = ["NUMPY", "InNumPy"]
