"""Compiled programs: the graph you drew, as machine code over whole batches."""

from .jitted import Jitted, jit
from .loss import compile_loss

__all__ = ["Jitted", "compile_loss", "jit"]
