"""History: what happened in a training; and what ``fit`` calls in its course."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any, NamedTuple, overload

from autograd.html import printable

from ..vocabulary import Drawn, Figure


class Compilation(NamedTuple):
    """What was compiled: the operations of one sample's loss and gradient, and the seconds that it took."""

    operations: int
    seconds: float


@dataclass(repr=False)
class History:
    """What happened, one number for each epoch.

    ``loss`` is the mean of the whole objective over the epoch's own forward passes, before their updates;
    ``data_loss`` is the same without penalties; ``val_loss`` is the loss on the validation data after the
    epoch, without penalties, and empty where there is none.  ``metrics`` and ``val_metrics`` have a list for each
    metric by its name, after the epoch and in evaluation mode; ``lr`` is the learning rate of the epoch and
    ``seconds`` how long its steps took.  ``compiled`` tells what was compiled: how many operations a sample takes,
    and the seconds until they could be run; None where training was eager.  ``interrupted`` tells whether
    Ctrl-C ended it.

    It iterates over its epochs, each a row of numbers by their names: ``pandas.DataFrame(history)`` is a table.

    >>> History(loss=[3.0, 1.0], metrics={"accuracy": [0.5, 0.9]})
    History(2 epochs: loss 3 → 1, accuracy 0.5 → 0.9)
    >>> [*History(loss=[3.0, 1.0], metrics={"accuracy": [0.5, 0.9]})][-1]
    {'epoch': 2, 'loss': 1.0, 'accuracy': 0.9}
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

    def _curves(self) -> dict[str, list[float]]:
        """All that was measured, by name."""
        measured = {"loss": self.loss, "data_loss": self.data_loss, "val_loss": self.val_loss, **self.metrics}
        measured |= {f"val_{name}": xs for name, xs in self.val_metrics.items()} | {"lr": self.lr}
        return {name: xs for name, xs in (measured | {"seconds": self.seconds}).items() if xs}

    def table(self) -> list[dict[str, float]]:
        """A row for each epoch, ready for a data frame; None in it for what was not measured in that epoch."""
        curves = self._curves()
        rows = enumerate(zip_longest(*curves.values()), 1)
        return [{"epoch": i, **dict(zip(curves, row, strict=True))} for i, row in rows]

    def __iter__(self) -> Iterator[dict[str, float]]:
        return iter(self.table())

    def __repr__(self) -> str:
        shown = {name: xs for name, xs in self._curves().items() if name not in ("data_loss", "lr", "seconds")}
        curves = ", ".join(f"{printable(name)} {xs[0]:.4g} → {xs[-1]:.4g}" for name, xs in shown.items())
        return f"History({len(self.loss)} epochs{': ' * bool(curves)}{curves})"

    @overload
    def plot(self, title: str = "", ax: None = None) -> Figure: ...
    @overload
    def plot(self, title: str = "", ax: Drawn = ...) -> Drawn: ...
    def plot(self, title: str = "", ax: Any = None) -> Any:
        """The loss of each epoch, and below it each metric, with those of the validation data; a matplotlib Figure.

        ``title`` stands above.  In a notebook it is seen; in a program ``history.plot().savefig("loss.png")`` writes
        it.  With ``ax``, axes of one's own, or a list of them for several panels, it is drawn there, and these are
        returned.
        """
        from ..plots import plot_history

        return plot_history(self, title, ax)


Callback = Callable[[History, Any], Any]  # with the model after each epoch; True stops the training
Schedule = Callable[[float, int, Sequence[float]], float]  # (lr, epoch from 0, losses so far) → the epoch's own lr
