"""Steps of training over Values: a graph for the batch, backward, the optimiser; errors name the epoch and row."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

from autograd import NonFiniteError, Value, located, mean, topological_order
from autograd.html import printable

from ..modules import Module
from ..samples import row_of
from ..vocabulary import Loss
from .optimizers import Optimizer


class Epoch(NamedTuple):
    """The order in which an epoch takes the rows, an array of their numbers, and how many of them make a step."""

    order: Any
    size: int

    def batches(self) -> list[list[int]]:
        """The numbers of the rows of each step."""
        rows = self.order.tolist()
        return [rows[i : i + self.size] for i in range(0, len(rows), self.size)]


class Steps(Protocol):
    """Takes the steps of some epochs, the first of them of that number: (objectives, data losses), one of each epoch.

    Both are means over the samples, as they were before the update of their step.
    """

    def run(self, number: int, epochs: Sequence[Epoch]) -> tuple[list[float], list[float]]: ...


class EagerSteps:
    """The model, data (two arrays), loss and optimiser of a training, and its steps over Values.

    ``penalty`` is a function of the parameters, which is added to the mean loss of the data: the objective.
    ``numbers`` are those by which errors call the rows, where the data are some of those that were given.
    ``live`` tells whether the loss of some step so far was computed from a parameter that the optimizer moves.
    """

    def __init__(
        self, model: Module, rows: Any, targets: Any, loss: Loss, optimizer: Optimizer,
        penalty: Callable[[list[Any]], Any] | None = None, numbers: Sequence[int] | None = None,
    ) -> None:  # fmt: skip
        self.model, self.rows, self.targets = model, rows, targets
        self.loss, self.optimizer, self.penalty, self.numbers, self.live = loss, optimizer, penalty, numbers, False

    def run(self, number: int, epochs: Sequence[Epoch]) -> tuple[list[float], list[float]]:
        """See ``Steps``."""
        found = [self._epoch(number + i, epoch.batches()) for i, epoch in enumerate(epochs)]
        return [objective for objective, _ in found], [data for _, data in found]

    def _epoch(self, number: int, batches: list[list[int]]) -> tuple[float, float]:
        losses = [self.step(batch, number) for batch in batches]
        weights = [len(batch) / sum(map(len, batches)) for batch in batches]
        objective, data = (sum(map(operator.mul, weights, xs)) for xs in zip(*losses, strict=True))
        return objective, data

    def step(self, batch: Sequence[int], epoch: int) -> tuple[float, float]:
        """One update on the rows of a batch: (objective, data loss) as they were before it."""
        where = f"fit: epoch {epoch}"
        losses, numbers = [], batch if self.numbers is None else [self.numbers[i] for i in batch]
        for i, number in zip(batch, numbers, strict=True):
            with located(f"{where}, row {number}", row_of(self.rows, i)):
                losses.append(loss_of_row(self.model, self.loss, self.rows, self.targets, i))
        data = mean(losses)
        self.live = self.live or any(p.requires_grad for p in {*topological_order(data)} & {*self.optimizer.parameters})
        objective = data if self.penalty is None else data + self.penalty(self.model.parameters())
        self.optimizer.zero_grad()
        self.model.zero_grad()
        with located(where):
            objective.backward()
            for name, parameter in self.model.named_parameters().items():
                if not math.isfinite(x := parameter.grad):
                    row = _row_to_blame(parameter, numbers, losses)
                    raise NonFiniteError(f"{row}the gradient of {printable(name)} is {x}; nothing was updated")
            self.optimizer.step()
        return objective.data, data.data


def loss_of_row(model: Module, loss: Loss, rows: Any, targets: Any, i: int) -> Value:
    """The loss of the i-th row; NonFiniteError, which says what value was the first to go, where it is not finite."""
    one = loss(model(row_of(rows, i)), row_of(targets, i))
    if not isinstance(one, Value):  # a number: this row depends on no parameter
        with located("the loss"):
            one = Value(one)
    if not math.isfinite(one.data):
        one.backward()  # raises
    return one


def _row_to_blame(parameter: Value, numbers: Sequence[int], losses: list[Value]) -> str:
    """The first row that alone gives this parameter a gradient that is not finite, to begin a message with."""
    for i, one in zip(numbers, losses, strict=True):
        parameter.grad = 0.0
        if one.requires_grad:
            one.backward()
        if not math.isfinite(parameter.grad):
            return f"row {i}: "
    return ""
