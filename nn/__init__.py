"""A thin network library over ``autograd``: everything is made of scalar Values.

A model maps one sample, a list of numbers, to a Value or a list of them; ``fit`` trains it over many.
"""

from . import datasets, init, losses
from .adaptive import AdaGrad, Adam, AdamW, RMSprop
from .data import batches, standardize, train_test_split
from .evaluation import accuracy, evaluate, predict
from .init import constant
from .layers import Layer, Neuron
from .losses import bce, bce_with_logits, cross_entropy, hinge, huber, mae, mse
from .models import MLP, Sequential
from .module import Module
from .optim import SGD, Optimizer
from .storage import load, save
from .training import History, fit
from .watch import watch

__all__ = [
    "MLP", "SGD", "AdaGrad", "Adam", "AdamW", "History", "Layer", "Module", "Neuron", "Optimizer", "RMSprop",
    "Sequential", "accuracy", "batches", "bce", "bce_with_logits", "constant", "cross_entropy", "datasets",
    "evaluate", "fit", "hinge", "huber", "init", "load", "losses", "mae", "mse", "predict", "save", "standardize",
    "train_test_split", "watch",
]  # fmt: skip
