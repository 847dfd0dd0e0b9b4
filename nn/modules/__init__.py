"""Modules: what holds parameters."""

from .blocks import Dropout, LayerNorm, Residual
from .config import build, config_of
from .layers import Layer, Neuron
from .models import MLP, Sequential
from .module import Module, as_list, as_output

__all__ = [
    "MLP", "Dropout", "Layer", "LayerNorm", "Module", "Neuron", "Residual", "Sequential", "as_list", "as_output",
    "build", "config_of",
]  # fmt: skip
