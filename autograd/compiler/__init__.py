"""Compiled programs: the graph you drew, as machine code over whole batches."""

from .compiled_function import Jitted, jit
from .compiled_loss import compile_loss

__all__ = ["Jitted", "compile_loss", "jit"]
