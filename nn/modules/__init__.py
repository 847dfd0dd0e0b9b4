"""Modules: what holds parameters."""

from typing import TYPE_CHECKING, Any

from ..wings import find as _find
from .config import WINGS, build, config_of
from .layers import Layer, Neuron, as_output
from .models import MLP, Sequential
from .module import Module, as_list

if TYPE_CHECKING:
    from .blocks import Dropout, Embedding, LayerNorm, Residual, RMSNorm
    from .scaling import Standardize


if not TYPE_CHECKING:  # which is to find names that are not there

    def __getattr__(name: str) -> Any:
        """What many networks do without is loaded when it is first asked for."""
        return _find(__name__, WINGS, name)


def __dir__() -> list[str]:
    """All names, for completion: those that are not loaded yet too."""
    return sorted({*globals(), *__all__})


__all__ = [
    "MLP", "Dropout", "Embedding", "Layer", "LayerNorm", "Module", "Neuron", "RMSNorm", "Residual", "Sequential",
    "Standardize", "as_list", "as_output", "build", "config_of",
]  # fmt: skip
