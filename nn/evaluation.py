"""predict, evaluate, accuracy: using a model over many samples, in evaluation mode and recording nothing."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from autograd import no_grad

from .data import check_data, check_rows
from .losses import Loss, find_loss
from .module import Module


def predict(model: Module, X: Iterable[Any]) -> list[Any]:
    """The model's raw output for each row: a float, or a list of them."""
    return [[o.data for o in out] if isinstance(out, list) else out.data for out in outputs(model, check_rows(X))]


def evaluate(model: Module, X: Iterable[Any], y: Iterable[Any], *, loss: str | Loss) -> float:
    """The mean loss over the rows, without penalties."""
    function = find_loss(loss)
    rows, targets = check_data(X, y)
    with no_grad():
        losses = [function(out, target) for out, target in zip(outputs(model, rows), targets, strict=True)]
    return math.fsum(loss.data for loss in losses) / len(losses)


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


def outputs(model: Module, rows: list[list[float]]) -> list[Any]:
    """The model's output for each checked row, as Values."""
    before = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        with no_grad():
            return [model(row) for row in rows]
    finally:
        for module, training in before:
            module.training = training
