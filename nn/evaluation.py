"""predict, evaluate, accuracy: using a model over many samples, in evaluation mode and recording nothing."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from autograd import located, no_grad

from .data import check_data, check_rows
from .losses import LOSSES, Loss, find_loss
from .module import Module
from .rows import OverRows, with_targets


def predict(model: Module, X: Iterable[Any]) -> list[Any]:
    """The model's raw output for each row: a float, or a list of them.

    >>> from nn import MLP
    >>> len(predict(MLP(2, [3, 1], seed=1), [[0.0, 1.0], [2.0, 3.0]]))
    2
    """
    rows = check_rows(X)

    def prediction(*row: Any) -> Any:
        return model(list(row))

    with evaluating(model):
        return OverRows(prediction, rows)()


def evaluate(model: Module, X: Iterable[Any], y: Iterable[Any], *, loss: str | Loss) -> float:
    """The mean loss over the rows, without penalties."""
    function = find_loss(loss)
    rows, targets = check_data(X, y)
    check_targets(model, rows, targets, function, "evaluate: ")
    return mean_loss(model, rows, targets, function)()


def accuracy(model: Module, X: Iterable[Any], y: Iterable[Any], threshold: float = 0.0) -> float:
    """The fraction of rows classified right.

    One output counts as the positive class above ``threshold`` (0.5 for a sigmoid), and targets above 0 are
    positive; of several outputs the largest is the class.
    """
    rows, targets = check_data(X, y)
    right = 0
    for out, target in zip(predict(model, rows), targets, strict=True):
        if isinstance(out, list):
            right += out.index(max(out)) == target
        else:
            right += (out > threshold) == (target > 0)
    return right / len(rows)


def mean_loss(model: Module, rows: list[list[float]], targets: list[Any], loss: Loss) -> Callable[[], float]:
    """A function that gives the mean loss over checked data, without penalties, as the model then is."""
    losses = OverRows(loss_of_sample(model, rows, targets, loss), with_targets(rows, targets))

    def mean() -> float:
        with evaluating(model):
            return math.fsum(losses()) / len(rows)

    return mean


def check_targets(
    model: Module, rows: list[list[float]], targets: list[Any], loss: Loss, where: str, epoch: str = ""
) -> None:
    """Try every target on the prediction for the first row, if the loss is one of ours: a bad one is refused."""
    if loss not in LOSSES.values():
        return
    with evaluating(model), located(f"{where}{epoch}row 0"):
        prediction = model(rows[0])
    with no_grad():
        for i, target in enumerate(targets):
            try:
                loss(prediction, target)
            except (ValueError, IndexError) as error:
                raise ValueError(f"{where}target {i} ({target!r}): {error}") from None


def loss_of_sample(model: Module, rows: list[list[float]], targets: list[Any], loss: Loss) -> Callable[..., Any]:
    """The loss as a function of all numbers of a sample: those of the row, then those of the target."""
    width, several = len(rows[0]), isinstance(targets[0], list)

    def sample(*numbers: Any) -> Any:
        return loss(model(list(numbers[:width])), list(numbers[width:]) if several else numbers[width])

    return sample


@contextmanager
def evaluating(model: Module) -> Iterator[None]:
    """A context in which the model is in evaluation mode."""
    before = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, training in before:
            module.training = training
