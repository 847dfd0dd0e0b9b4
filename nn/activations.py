"""Activations by name, each with the initialisation that keeps the size of its signals.

Each maps one number to one, in a layer output by output.  These are primitives of ``autograd``:

    relu        max(x, 0)                            Nair and Hinton, "Rectified Linear Units Improve Restricted
                                                     Boltzmann Machines", 2010
    leaky_relu  x above 0, 0.01·x below              Maas et al., "Rectifier Nonlinearities Improve Neural Network
                                                     Acoustic Models", 2013
    sigmoid     1 / (1 + e⁻ˣ)
    tanh        (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ)              LeCun et al., "Efficient BackProp", 1998
    softplus    log(1 + eˣ)                          Dugas et al., "Incorporating Second-Order Functional Knowledge
                                                     for Better Option Pricing", 2001

and these are made of primitives here: ``linear``, ``elu``, ``gelu``, ``silu``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from operator import methodcaller
from typing import Any

from autograd import Primitive, erf, expm1, ge, leaky_relu, minimum, sigmoid, where

from .init import find
from .vocabulary import Activation, Number


def linear(x: Number) -> Number:
    """x itself: the activation of an output that may be any number.

    >>> linear(-2.0)
    -2.0
    """
    return x


def elu(x: Number, alpha: float = 1.0) -> Number:
    """x from 0 up, alpha·(eˣ − 1) below; the derivative at 0 is 1.

    Clevert et al., "Fast and Accurate Deep Network Learning by Exponential Linear Units (ELUs)", 2016.

    >>> elu(2.0), elu(-1000.0)
    (2.0, -1.0)
    """
    return where(ge(x, 0.0), x, alpha * expm1(minimum(x, 0.0)))  # the minimum: both branches are traced


def gelu(x: Number) -> Number:
    """x·Φ(x) = ½·x·(1 + erf(x / √2)), Φ the distribution of the standard normal law: exact, not by tanh.

    Hendrycks and Gimpel, "Gaussian Error Linear Units (GELUs)", 2016.

    >>> gelu(1.0)
    0.841344746069
    """
    return 0.5 * x * (1.0 + erf(x * math.sqrt(0.5)))


def silu(x: Number) -> Number:
    """x·sigmoid(x), also called swish.

    Elfwing et al., "Sigmoid-weighted linear units for neural network function approximation in reinforcement
    learning", 2018.

    >>> silu(1.0)
    0.73105857863
    """
    return x * sigmoid(x)


ACTIVATIONS: dict[str, tuple[Activation, str]] = {
    "linear": (linear, "xavier_normal"),
    "relu": (methodcaller("relu"), "he_normal"),
    "leaky_relu": (methodcaller("leaky_relu"), "he_normal"),
    "elu": (elu, "he_normal"),
    "gelu": (gelu, "he_normal"),
    "silu": (silu, "he_normal"),
    "sigmoid": (methodcaller("sigmoid"), "xavier_normal"),
    "tanh": (methodcaller("tanh"), "xavier_normal"),
    "softplus": (methodcaller("softplus"), "he_normal"),
}


def find_activation(activation: str | Activation) -> tuple[Activation, str]:
    """The activation with this name (a function is taken as it is), and the name of its usual initialiser."""
    found: Any = find("activation", ACTIVATIONS, activation)
    return (found, "xavier_normal") if callable(found) else found


def is_elementwise(function: Callable[[Any], Any]) -> bool:
    """Whether this is known to be a function of one number, so that of several it is to be called for each."""
    return isinstance(function, Primitive) or function in (linear, elu, gelu, silu, leaky_relu)
