"""Steps of training over Values: a graph for the batch, backward, the optimiser; and who is to blame."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from autograd import NonFiniteError, Value, dot, located, mean

from .losses import Loss
from .module import Module
from .optim import Optimizer

Batches = Sequence[Sequence[int]]  # the row numbers of each batch of an epoch


class EagerSteps:
    """The model, data, loss and optimiser of a training, and its steps over Values."""

    def __init__(
        self, model: Module, rows: list[list[float]], targets: list[Any], loss: Loss, optimizer: Optimizer, l2: float
    ) -> None:
        self.model, self.rows, self.targets = model, rows, targets
        self.loss, self.optimizer, self.l2 = loss, optimizer, l2

    def run(self, epoch: int, epochs: Sequence[Batches]) -> list[tuple[float, float]]:
        """The steps of some epochs, given the batches of each: (objective, data loss) of every epoch."""
        losses = [self.step(batch, epoch + i) for i, batches in enumerate(epochs) for batch in batches]
        return per_epoch(losses, epochs)

    def step(self, batch: Sequence[int], epoch: int) -> tuple[float, float]:
        """One update on the rows of a batch: (objective, data loss) as they were before it."""
        where = f"fit: epoch {epoch}"
        losses = []
        for i in batch:
            with located(f"{where}, row {i}"):
                one = self.loss(self.model(self.rows[i]), self.targets[i])
                if not isinstance(one, Value):
                    raise TypeError(f"the loss must be a Value computed from the prediction, not {one!r:.60}")
                if not math.isfinite(one.data):
                    one.backward()  # raises, and says which value was the first to go
                losses.append(one)
        data = mean(losses)
        parameters = self.model.parameters()
        objective = data + self.l2 * dot(parameters, parameters) if self.l2 else data
        self.optimizer.zero_grad()
        self.model.zero_grad()
        with located(where):
            objective.backward()
            for name, parameter in self.model.named_parameters().items():
                if not math.isfinite(x := parameter.grad):
                    row = _row_to_blame(parameter, batch, losses)
                    raise NonFiniteError(f"{row}the gradient of {name} is {x}; nothing was updated")
            self.optimizer.step()
        return objective.data, data.data


def per_epoch(losses: Sequence[tuple[float, float]], epochs: Sequence[Batches]) -> list[tuple[float, float]]:
    """The losses of single steps as means over the samples of each epoch."""
    if len(losses) == len(epochs):
        return list(losses)
    means, first = [], 0
    for batches in epochs:
        own = losses[first : first + len(batches)]
        first += len(batches)
        n = sum(map(len, batches))
        objective, data = (sum(pair[k] * len(b) / n for pair, b in zip(own, batches, strict=True)) for k in (0, 1))
        means.append((objective, data))
    return means


def _row_to_blame(parameter: Value, batch: Sequence[int], losses: list[Value]) -> str:
    """The first row whose own loss has a gradient that is not finite."""
    for i, one in zip(batch, losses, strict=True):
        parameter.grad = 0.0
        if one.requires_grad:
            one.backward()
        if not math.isfinite(parameter.grad):
            return f"row {i}: "
    return ""
