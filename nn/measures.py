"""The loss and the metrics of a model over many rows, measured again and again as it learns, in evaluation mode."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from .losses import Loss
from .metrics import Metric
from .module import Module
from .rows import OverRows, with_targets

if TYPE_CHECKING:
    from .history import Callback, History


class Measure:
    """The mean loss, without penalties, and the metrics over checked data: of the model as it then is, by name."""

    def __init__(
        self,
        model: Module,
        rows: list[list[float]],
        targets: list[Any],
        loss: Loss | None,
        metrics: Mapping[str, Metric],
    ) -> None:
        self.model, self.targets, self.metrics = model, targets, metrics
        sample = None if loss is None else loss_of_sample(model, rows, targets, loss)
        self.losses = None if sample is None else OverRows(sample, with_targets(rows, targets))
        self.outputs = predictions(model, rows) if metrics else None

    def __call__(self) -> dict[str, float]:
        with evaluating(self.model):
            found = {} if self.losses is None else {"loss": math.fsum(self.losses()) / len(self.targets)}
            outputs = [] if self.outputs is None else self.outputs()
        return found | {name: metric(outputs, self.targets) for name, metric in self.metrics.items()}


def recorders(
    model: Module,
    data: tuple[list[list[float]], list[Any]],
    held_out: tuple[list[list[float]], list[Any]] | None,
    loss: Loss,
    metrics: Mapping[str, Metric],
) -> list[Callback]:
    """Callbacks that write the metrics, and the loss of the validation data, into the history."""
    found: list[Callback] = []
    if metrics:
        training = Measure(model, *data, None, metrics)
        found.append(lambda history, _: history.add(history.metrics, training()))
    if held_out is not None:
        validation = Measure(model, *held_out, loss, metrics)

        def of_validation(history: History, _: Module) -> None:
            measured = validation()
            history.val_loss.append(measured.pop("loss"))
            history.add(history.val_metrics, measured)

        found.append(of_validation)
    return found


def predictions(model: Module, rows: list[list[float]]) -> OverRows:
    """A function that gives the model's raw output for each row."""

    def prediction(*row: Any) -> Any:
        return model(list(row))

    return OverRows(prediction, rows)


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
