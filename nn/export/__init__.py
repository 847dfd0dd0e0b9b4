"""Leaving: models in other tools' forms.  Each tool is loaded only when it is asked for."""

from .c_code import to_c
from .from_pytorch import from_torch
from .onnx_graph import to_onnx
from .pytorch import to_torch

__all__ = ["from_torch", "to_c", "to_onnx", "to_torch"]
