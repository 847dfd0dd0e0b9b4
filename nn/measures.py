"""The loss and the metrics of a model over many rows, measured again and again as it learns, in evaluation mode."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from .losses import Loss
from .metrics import Metric
from .modules.module import Module
from .rows import OverRows, with_targets
from .training.eager import EagerSteps

if TYPE_CHECKING:
    from .training.history import Callback, History


class Measure:
    """The mean loss, without penalties, and the metrics over checked data: of the model as it then is, by name."""

    def __init__(
        self,
        model: Module,
        rows: list[list[float]],
        targets: list[Any],
        loss: Loss | None,
        metrics: Mapping[str, Metric],
        again: bool = False,
    ) -> None:
        self.targets, self.metrics = targets, metrics
        self.modules = model.modules()  # to find them takes longer than to measure
        sample = None if loss is None else loss_of_sample(model, rows, targets, loss)
        self.losses = None if sample is None else OverRows(sample, with_targets(rows, targets), again)
        self.outputs = predictions(model, rows, again) if metrics else None

    def __call__(self) -> dict[str, float]:
        with evaluating(self.modules):
            found = {} if self.losses is None else {"loss": math.fsum(self.losses()) / len(self.targets)}
            outputs = [] if self.outputs is None else self.outputs()
        return found | {name: metric(outputs, self.targets) for name, metric in self.metrics.items()}


def recorders(
    trained: EagerSteps,
    held_out: tuple[list[list[float]], list[Any]] | None,
    metrics: Mapping[str, Metric],
    again: bool,
) -> list[Callback]:
    """Callbacks that write the metrics, and the loss of the validation data, into the history."""
    found: list[Callback] = []
    if metrics:
        training = Measure(trained.model, trained.rows, trained.targets, None, metrics, again)
        found.append(lambda history, _: history.add(history.metrics, training()))
    if held_out is not None:
        validation = Measure(trained.model, *held_out, trained.loss, metrics, again)

        def of_validation(history: History, _: Module) -> None:
            measured = validation()
            history.val_loss.append(measured.pop("loss"))
            history.add(history.val_metrics, measured)

        found.append(of_validation)
    return found


def predictions(model: Module, rows: list[list[float]], again: bool = False) -> OverRows:
    """A function that gives the model's raw output for each row."""

    def prediction(*row: Any) -> Any:
        return model(list(row))

    return OverRows(prediction, rows, again)


def loss_of_sample(model: Module, rows: list[list[float]], targets: list[Any], loss: Loss) -> Callable[..., Any]:
    """The loss as a function of all numbers of a sample: those of the row, then those of the target."""
    width, several = len(rows[0]), isinstance(targets[0], list)

    def sample(*numbers: Any) -> Any:
        return loss(model(list(numbers[:width])), list(numbers[width:]) if several else numbers[width])

    return sample


@contextmanager
def evaluating(modules: Sequence[Module]) -> Iterator[None]:
    """A context in which these modules, all of a model, are in evaluation mode."""
    before = [module.training for module in modules]
    try:
        for module in modules:
            module.training = False
        yield
    finally:
        for module, training in zip(modules, before, strict=True):
            module.training = training
