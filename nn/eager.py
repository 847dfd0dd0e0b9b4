"""One step of training over Values: a graph for the batch, backward, the optimiser; and who is to blame."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from autograd import NonFiniteError, Value, dot, mean

from .losses import Loss
from .module import Module
from .optim import Optimizer


def step(
    model: Module,
    rows: list[list[float]],
    targets: list[Any],
    batch: list[int],
    loss: Loss,
    optimizer: Optimizer,
    l2: float,
    where: str,
) -> tuple[float, float]:
    """One update on the rows of a batch: (objective, data loss) as they were before it."""
    losses = []
    for i in batch:
        with at(f"{where}, row {i}"):
            one = loss(model(rows[i]), targets[i])
            if not isinstance(one, Value):
                raise TypeError(f"the loss must be a Value computed from the prediction, not {one!r:.60}")
            if not math.isfinite(one.data):
                one.backward()  # raises, and says which value was the first to go
            losses.append(one)
    data = mean(losses)
    parameters = model.parameters()
    objective = data + l2 * dot(parameters, parameters) if l2 else data
    optimizer.zero_grad()
    model.zero_grad()
    with at(where):
        objective.backward()
        for name, parameter in model.named_parameters().items():
            if not math.isfinite(x := parameter.grad):
                row = _row_to_blame(parameter, batch, losses)
                raise NonFiniteError(f"{row}the gradient of {name} is {x}; nothing was updated")
        optimizer.step()
    return objective.data, data.data


def _row_to_blame(parameter: Value, batch: list[int], losses: list[Value]) -> str:
    """The first row whose own loss has a gradient that is not finite."""
    for i, one in zip(batch, losses, strict=True):
        parameter.grad = 0.0
        if one.requires_grad:
            one.backward()
        if not math.isfinite(parameter.grad):
            return f"row {i}: "
    return ""


@contextmanager
def at(where: str) -> Iterator[None]:
    """Add the place to what goes wrong, the user's own code included."""
    try:
        yield
    except Exception as error:
        if type(error) in (ZeroDivisionError, OverflowError, ValueError, TypeError, IndexError, NonFiniteError):
            raise type(error)(f"{where}: {error}") from error
        error.add_note(where)  # of a class that is made who knows how
        raise
