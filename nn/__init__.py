"""A thin network library over ``autograd``: everything is made of scalar Values.

A model maps one sample, a list of numbers, to a Value or a list of them; ``fit`` trains it over many.
"""

from . import activations, datasets, init, losses, metrics
from .data import batches, standardize, train_test_split
from .evaluation import accuracy, evaluate, predict
from .export import to_torch
from .init import constant
from .losses import bce, bce_with_logits, cross_entropy, hinge, huber, mae, mse, penalty
from .modules.blocks import Dropout, LayerNorm, Residual
from .modules.layers import Layer, Neuron
from .modules.models import MLP, Sequential
from .modules.module import Module
from .monitoring.recorder import watch
from .plots import plot_gradients
from .storage import load, save
from .surfaces import plot_decision_boundary, plot_loss_surface
from .training.adaptive import AdaGrad, Adam, AdamW, RMSprop
from .training.callbacks import EarlyStopping, StopBelow
from .training.history import History
from .training.optimizers import SGD, Optimizer
from .training.schedules import CosineDecay, ExponentialDecay, ReduceOnPlateau, StepDecay, Warmup
from .training.trainer import fit

__all__ = [
    "MLP", "SGD", "AdaGrad", "Adam", "AdamW", "CosineDecay", "Dropout", "EarlyStopping", "ExponentialDecay", "History",
    "Layer", "LayerNorm", "Module", "Neuron", "Optimizer", "RMSprop", "ReduceOnPlateau", "Residual", "Sequential",
    "StepDecay", "StopBelow", "Warmup", "accuracy", "activations", "batches", "bce", "bce_with_logits", "constant",
    "cross_entropy", "datasets", "evaluate", "fit", "hinge", "huber", "init", "load", "losses", "mae", "metrics", "mse",
    "penalty", "plot_decision_boundary", "plot_gradients", "plot_loss_surface", "predict", "save", "standardize",
    "to_torch", "train_test_split", "watch",
]  # fmt: skip
