"""A thin network library over ``autograd``: everything is made of scalar Values.

A model maps one sample, a list of numbers, to a Value or a list of them; ``fit`` trains it over many.
"""

from . import activations, datasets, init, losses
from .adaptive import AdaGrad, Adam, AdamW, RMSprop
from .blocks import Dropout, LayerNorm, Residual
from .data import batches, standardize, train_test_split
from .evaluation import accuracy, evaluate, predict
from .init import constant
from .layers import MLP, Layer, Neuron, Sequential
from .losses import bce, bce_with_logits, cross_entropy, hinge, huber, mae, mse, penalty
from .module import Module
from .optim import SGD, Optimizer
from .storage import load, save
from .training import History, fit

__all__ = [
    "MLP", "SGD", "AdaGrad", "Adam", "AdamW", "Dropout", "History", "Layer", "LayerNorm", "Module", "Neuron",
    "Optimizer", "RMSprop", "Residual", "Sequential", "accuracy", "activations", "batches", "bce", "bce_with_logits",
    "constant", "cross_entropy", "datasets", "evaluate", "fit", "hinge", "huber", "init", "load", "losses", "mae",
    "mse", "penalty", "predict", "save", "standardize", "train_test_split",
]  # fmt: skip
