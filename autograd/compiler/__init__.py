"""Compiled programs: the graph you drew, as machine code over whole batches.  Needs NumPy and llvmlite."""

from .loss import compile_loss
from .training import Training

__all__ = ["Training", "compile_loss"]
