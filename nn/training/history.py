"""History: what happened in a training; and what ``fit`` calls in its course."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ..modules import Module


class Compilation(NamedTuple):
    """What was compiled: the operations of one sample's loss and gradient, and the seconds that it took."""

    operations: int
    seconds: float


@dataclass
class History:
    """What happened, one number for each epoch.

    ``loss`` is the mean of the whole objective over the epoch's own forward passes, before their updates;
    ``data_loss`` is the same without penalties; ``val_loss`` is the loss on the validation data after the
    epoch, without penalties, and empty where there is none.  ``metrics`` and ``val_metrics`` have a list for each
    metric by its name, after the epoch and in evaluation mode; ``lr`` is the learning rate of the epoch and
    ``seconds`` how long its steps took.  ``compiled`` tells what was compiled: how many operations a sample takes,
    and the seconds until they were machine code; None where training was eager.  ``interrupted`` tells whether
    Ctrl-C ended it.
    """

    loss: list[float] = field(default_factory=list)
    data_loss: list[float] = field(default_factory=list)
    val_loss: list[float] = field(default_factory=list)
    metrics: dict[str, list[float]] = field(default_factory=dict)
    val_metrics: dict[str, list[float]] = field(default_factory=dict)
    lr: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list, compare=False)
    compiled: Compilation | None = field(default=None, compare=False)
    interrupted: bool = field(default=False, compare=False)

    @property
    def watched(self) -> list[float]:
        """What schedules and early stopping go by: the validation loss, or where there is none the loss."""
        return self.val_loss or self.loss

    def plot(self, title: str = "") -> Any:
        """The loss of each epoch, and below it each metric, with those of the validation data; a matplotlib Figure."""
        from ..plots import plot_history

        return plot_history(self, title)


Callback = Callable[[History, Module], Any]  # called after each epoch; True stops the training
Schedule = Callable[[float, int, Sequence[float]], float]  # (lr, epoch from 0, losses so far) → the epoch's own lr
