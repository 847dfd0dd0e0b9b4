"""The trainings in PyTorch, one operation at a time, with its own gradients."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch.nn.functional import cross_entropy, linear

from ..works import Work
from .with_numpy import by_layers

torch.set_num_threads(1)


def moons(work: Work, epochs: int) -> Any:
    w1, b1, w2, b2, w3, b3 = parameters = new_parameters(work)
    x, y = torch.tensor(work.rows), torch.tensor(work.targets)
    losses = []
    for _ in range(epochs):
        score = linear(linear(linear(x, w1, b1).relu(), w2, b2).relu(), w3, b3).squeeze(1)
        penalty = work.l2 * sum(p.square().sum() for p in parameters)
        losses.append(descend((1.0 - y * score).relu().mean() + penalty, parameters, work.rate))
    return torch.stack(losses).numpy()


def digits(work: Work, epochs: int) -> Any:
    w1, b1, w2, b2 = parameters = new_parameters(work)
    rows, classes, order = torch.tensor(work.rows), torch.tensor(work.targets), torch.tensor(work.order)
    losses = []
    for epoch in range(epochs):
        own = order[epoch % len(order)]
        for x, y in zip(rows[own].split(work.batch_size), classes[own].split(work.batch_size), strict=True):
            logits = linear(linear(x, w1, b1).tanh(), w2, b2)
            losses.append(descend(cross_entropy(logits, y), parameters, work.rate))
    return torch.stack(losses).numpy()


def sigmoid(work: Work, epochs: int) -> Any:
    w1, b1, w2, b2 = parameters = new_parameters(work)
    x, y = torch.tensor(work.rows), torch.tensor(work.targets)
    losses = []
    for _ in range(epochs):
        a = linear(linear(x, w1, b1).sigmoid(), w2, b2).sigmoid().squeeze(1)
        loss = -(y * (a + 1e-15).log() + (1.0 - y) * (1.0 - a + 1e-15).log()).mean()
        losses.append(descend(loss, parameters, work.rate))
    return torch.stack(losses).numpy()


def new_parameters(work: Work) -> list[Any]:
    """Weights and biases, layer by layer."""
    return list(_split(work))


def _split(work: Work) -> Iterator[Any]:
    for matrix in by_layers(work.parameters, work.sizes):
        for part in (matrix[:, :-1], matrix[:, -1]):
            yield torch.tensor(part.copy(), requires_grad=True)


def descend(loss: Any, parameters: list[Any], rate: float) -> Any:
    """The update; the loss without its graph."""
    gradients = torch.autograd.grad(loss, parameters)
    with torch.no_grad():
        for p, g in zip(parameters, gradients, strict=True):
            p.sub_(g, alpha=rate)
    return loss.detach()


PROGRAMS = {"moons": moons, "digits": digits, "sigmoid": sigmoid}


def train(work: Work, epochs: int) -> Any:
    return PROGRAMS[work.name](work, epochs)


CONTENDERS = {"PyTorch, eager": train}
