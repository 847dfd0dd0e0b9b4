"""The three trainings that every contender carries out: data, initial parameters, settings."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from nn import MLP, SGD, Neuron, datasets, fit

SEED = 1  # of the order of the rows


@dataclass(frozen=True, eq=False)  # compared and hashed by identity: a contender keeps what it compiled for a work
class Work:
    """A network, its data and how it is trained, by plain gradient descent.

    ``parameters`` are one flat array: layer by layer, each neuron's weights, then its bias.  ``order`` has a
    line for each of the first epochs, the rows in the order in which they are taken; without it every step
    takes all rows.
    """

    name: str
    sizes: tuple[int, ...]
    activation: str
    output_activation: str
    loss: str
    rate: float
    l2: float
    rows: Any
    targets: Any
    parameters: Any
    batch_size: int | None = None
    order: Any = None

    @property
    def steps(self) -> int:
        """Steps in an epoch."""
        return len(self.rows) // self.batch_size if self.batch_size else 1


@cache
def moons(points: int = 100, width: int = 16, depth: int = 2) -> Work:
    """Two moons, MLP 2-w-...-w-1 with relu; hinge loss + 1e-4·Σp², all points in every step."""
    rows, classes = datasets.moons(points, noise=0.1, seed=SEED)
    sizes = (2, *[width] * depth, 1)
    init = "uniform" if width <= 16 else None  # too wild a start for a wide network
    parameters = MLP(sizes[0], sizes[1:], init=init, seed=SEED).parameters()
    return Work(
        "moons", sizes, "relu", "linear", "hinge", 0.1, 1e-4,
        np.array(rows), 2.0 * np.array(classes) - 1.0, np.array([p.data for p in parameters]),
    )  # fmt: skip


@cache
def digits(epochs: int = 10) -> Work:
    """1,792 handwritten digits, which is 28 batches of 64; MLP 64-16-10 with tanh, softmax cross-entropy."""
    rows, classes = datasets.digits()
    samples, batch_size, sizes = 1792, 64, (64, 16, 10)
    parameters = MLP(sizes[0], sizes[1:], activation="tanh", seed=SEED).parameters()
    return Work(
        "digits", sizes, "tanh", "linear", "cross_entropy", 0.1, 0.0,
        np.array(rows[:samples]) / 16.0, np.array(classes[:samples]), np.array([p.data for p in parameters]),
        batch_size, order_of_fit(samples, batch_size, epochs),
    )  # fmt: skip


@cache
def sigmoid_program() -> Work:
    """A program that many learn backpropagation with: 1,000 points, network 2-4-1, sigmoid in both layers.

    Binary cross-entropy with 1e-15 inside both logs, all points in every step.
    """
    random = np.random.RandomState(42)
    rows = random.randn(2, 1000).T
    layers = [random.randn(4, 2) * np.sqrt(2 / 2), random.randn(1, 4) * np.sqrt(2 / 4)]
    with_biases = [np.hstack([weights, np.zeros((len(weights), 1))]).ravel() for weights in layers]
    return Work(
        "sigmoid", (2, 4, 1), "sigmoid", "sigmoid", "bce", 0.01, 0.0,
        np.ascontiguousarray(rows), (rows.sum(axis=1) > 0).astype(float), np.concatenate(with_biases),
    )  # fmt: skip


def order_of_fit(samples: int, batch_size: int, epochs: int) -> Any:
    """The order in which ``fit`` takes the rows, found out by a loss that writes its targets down."""
    seen: list[int] = []

    def write_down(prediction: Any, target: float) -> Any:
        seen.append(int(target))
        return prediction

    neuron = Neuron(1)
    fit(
        neuron, np.zeros(samples), range(samples), loss=write_down, optimizer=SGD(neuron.parameters()),
        epochs=epochs, batch_size=batch_size, seed=SEED, progress=False, compiled=False,
    )  # fmt: skip
    return np.array(seen).reshape(epochs, samples)
