"""Activations by name, each with the initialisation that keeps the size of its signals."""

from __future__ import annotations

from collections.abc import Callable
from operator import methodcaller
from typing import Any

Activation = Callable[[Any], Any]

ACTIVATIONS: dict[str, tuple[Activation, str]] = {
    "linear": (lambda v: v, "xavier_normal"),
    "relu": (methodcaller("relu"), "he_normal"),
    "leaky_relu": (methodcaller("leaky_relu"), "he_normal"),
    "sigmoid": (methodcaller("sigmoid"), "xavier_normal"),
    "tanh": (methodcaller("tanh"), "xavier_normal"),
    "softplus": (methodcaller("softplus"), "he_normal"),
}


def find_activation(activation: str | Activation) -> tuple[Activation, str]:
    """The function for a name (a function is its own) and the name of its usual initialiser."""
    if callable(activation):
        return activation, "xavier_normal"
    if activation not in ACTIVATIONS:
        raise ValueError(f"no activation {activation!r}: choose from {', '.join(ACTIVATIONS)}, or give a function")
    return ACTIVATIONS[activation]
