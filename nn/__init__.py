"""A thin network library over ``autograd``: everything is made of scalar Values.

A model maps one sample, a list of numbers, to a Value or a list of them; ``fit`` trains it over many.
"""

# ruff: noqa: E402  # whose autograd this is must be known before it is imported from

from typing import TYPE_CHECKING, Any

from .wings import check_engine
from .wings import find as _find

check_engine()

import autograd as _engine

from . import activations, init, losses, vocabulary
from .init import constant, normal
from .losses import bce, bce_with_logits, cross_entropy, hinge, huber, mae, mse, penalty
from .modules import MLP, Layer, Module, Neuron, Sequential
from .training import SGD, Adam, History, Optimizer, fit

__version__ = _engine.__version__

if TYPE_CHECKING:
    from . import datasets, metrics
    from . import plots as plots
    from .data import batches, standardize, train_test_split
    from .estimators import StepClassifier, StepRegressor
    from .evaluation import accuracy, evaluate, predict
    from .export import from_torch, to_c, to_onnx, to_torch
    from .modules import Dropout, Embedding, LayerNorm, Residual, RMSNorm, Standardize
    from .monitoring import watch
    from .plots import plot_decision_boundary, plot_gradients, plot_loss_surface
    from .storage import load, save
    from .training import (
        AdaGrad,
        AdamW,
        CosineDecay,
        DivergenceWarning,
        EarlyStopping,
        ExponentialDecay,
        LinearDecay,
        ReduceOnPlateau,
        RMSprop,
        StepDecay,
        StopBelow,
        Warmup,
    )

# The wings, around the thin library: each can be taken away, and is loaded when one of its names is first used.
WINGS = {
    **dict.fromkeys(("batches", "standardize", "train_test_split"), "data"),
    **dict.fromkeys(("accuracy", "evaluate", "predict"), "evaluation"),
    **dict.fromkeys(("load", "save"), "storage"),
    **dict.fromkeys(("plots", "plot_decision_boundary", "plot_gradients", "plot_loss_surface"), "plots"),
    **dict.fromkeys(("AdaGrad", "AdamW", "RMSprop"), "training"),
    **dict.fromkeys(("DivergenceWarning", "EarlyStopping", "StopBelow"), "training"),
    **dict.fromkeys(("CosineDecay", "ExponentialDecay", "LinearDecay", "ReduceOnPlateau"), "training"),
    **dict.fromkeys(("StepDecay", "Warmup"), "training"),
    **dict.fromkeys(("Dropout", "Embedding", "LayerNorm", "RMSNorm", "Residual", "Standardize"), "modules"),
    **dict.fromkeys(("StepClassifier", "StepRegressor"), "estimators"),
    **dict.fromkeys(("from_torch", "to_c", "to_onnx", "to_torch"), "export"),
    "datasets": "datasets", "metrics": "metrics", "watch": "monitoring",
}  # fmt: skip


if not TYPE_CHECKING:  # which is to find names that are not there

    def __getattr__(name: str) -> Any:
        """What belongs to a wing."""
        return _find(__name__, WINGS, name)


def __dir__() -> list[str]:
    """All names, for completion: those that are not loaded yet too."""
    return sorted({*globals(), *__all__})


__all__ = [
    "MLP", "SGD", "AdaGrad", "Adam", "AdamW", "CosineDecay", "DivergenceWarning", "Dropout", "EarlyStopping",
    "Embedding", "ExponentialDecay", "History", "Layer", "LayerNorm", "LinearDecay", "Module", "Neuron", "Optimizer",
    "RMSNorm", "RMSprop", "ReduceOnPlateau", "Residual", "Sequential", "Standardize", "StepClassifier", "StepDecay",
    "StepRegressor", "StopBelow", "Warmup", "accuracy", "activations", "batches", "bce", "bce_with_logits", "constant",
    "cross_entropy", "datasets", "evaluate", "fit", "from_torch", "hinge", "huber", "init", "load", "losses", "mae",
    "metrics", "mse", "normal", "penalty", "plot_decision_boundary", "plot_gradients", "plot_loss_surface", "predict",
    "save", "standardize", "to_c", "to_onnx", "to_torch", "train_test_split", "vocabulary", "watch",
]  # fmt: skip
