"""predict, evaluate, accuracy: using a model over many samples, in evaluation mode and recording nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, overload

from autograd import located, no_grad

from . import metrics as by_name
from .data import check_data, check_rows
from .losses import LOSSES, Loss, find_loss
from .measures import Measure, evaluating, predictions
from .metrics import Metric, find_metrics
from .modules.module import Module


def predict(model: Module, X: Iterable[Any]) -> list[Any]:
    """The model's raw output for each row: a float, or a list of them.

    >>> from nn import MLP
    >>> len(predict(MLP(2, [3, 1], seed=1), [[0.0, 1.0], [2.0, 3.0]]))
    2
    """
    with evaluating(model.modules()):
        return predictions(model, check_rows(X))()


@overload
def evaluate(model: Module, X: Iterable[Any], y: Iterable[Any], *, loss: str | Loss) -> float: ...


@overload
def evaluate(
    model: Module,
    X: Iterable[Any],
    y: Iterable[Any],
    *,
    loss: str | Loss | None = None,
    metrics: Sequence[str | Metric],
) -> dict[str, float]: ...


def evaluate(
    model: Module,
    X: Iterable[Any],
    y: Iterable[Any],
    *,
    loss: str | Loss | None = None,
    metrics: Sequence[str | Metric] = (),
) -> float | dict[str, float]:
    """The mean loss over the rows, without penalties; with metrics, a dict of them, and of the loss if it is given.

    Metrics are names from ``nn.metrics`` or functions ``(outputs, targets) -> float``.

    >>> from nn import MLP
    >>> model = MLP(1, [1], init="zeros")
    >>> evaluate(model, [1.0, 2.0], [3.0, 5.0], loss="mse", metrics=["mae"])
    {'loss': 17.0, 'mae': 4.0}
    """
    if loss is None and not metrics:
        raise ValueError("evaluate: say what to measure: loss='mse', metrics=['accuracy'], or both")
    function = None if loss is None else find_loss(loss)
    rows, targets = check_data(X, y)
    if function is not None:
        check_targets(model, rows, targets, function, "evaluate: ")
    measured = Measure(model, rows, targets, function, find_metrics(metrics, function))()
    return measured if metrics else measured["loss"]


def accuracy(model: Module, X: Iterable[Any], y: Iterable[Any], threshold: float = 0.0) -> float:
    """The fraction of rows classified right.

    One output counts as the positive class above ``threshold`` (0.5 for a sigmoid), and targets above 0 are
    positive; of several outputs the largest is the class.
    """
    rows, targets = check_data(X, y)
    return by_name.accuracy(predict(model, rows), targets, threshold)


def check_targets(
    model: Module, rows: list[list[float]], targets: list[Any], loss: Loss, where: str, epoch: str = ""
) -> None:
    """Try every target on the prediction for the first row, if the loss is one of ours: a bad one is refused."""
    if loss not in LOSSES.values():
        return
    with evaluating(model.modules()), located(f"{where}{epoch}row 0"):
        prediction = model(rows[0])
    with no_grad():
        for i, target in enumerate(targets):
            try:
                loss(prediction, target)
            except (ValueError, IndexError) as error:
                raise ValueError(f"{where}target {i} ({target!r}): {error}") from None
