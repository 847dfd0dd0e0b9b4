"""When to stop: callbacks for ``fit``, called after each epoch with the history and the model; True stops.

If a callback has a method ``end(history, model)``, that is called when the training ends, except by an error.  With
``state_dict()`` and ``load_state_dict(state)`` its state is kept in checkpoints; then ``check(model)``, if there is
one, raises ValueError where the state that was loaded is of another model.  One with ``every = 10`` is called after
each tenth epoch, and perhaps others between: those until then may be taken together, which is faster.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal

from autograd import as_count, as_float

from ..modules import Module
from .history import History

HIGHER = ("accuracy", "precision", "recall", "f1", "r2", "_score")  # how names end of what is better when higher


class EarlyStopping:
    """Stop after ``patience`` epochs in a row that were not better, by more than ``min_delta``, than the best so far.

    ``monitor`` names what to go by, anything that the history records: "loss", "data_loss", "val_loss", a metric such
    as "accuracy", or "val_accuracy" for that of the validation data; without it the validation loss, or where there is
    none the loss.  Better is lower, of accuracy, precision, recall, f1, r2 and all whose name ends with "_score"
    higher; ``mode``, "min" or "max", tells it of others.  When the training ends, the model gets back the parameters
    of the best epoch.  ValueError for settings out of their range, and where what it monitors is not recorded.

    Prechelt, "Early Stopping - But When?", 1998.

    >>> from nn import MLP, SGD, fit
    >>> model = MLP(1, [1], seed=1)
    >>> still = SGD(model.parameters(), lr=0.0)
    >>> history = fit(model, [1], [2], loss="mse", optimizer=still, epochs=50, callbacks=EarlyStopping(patience=3))
    >>> len(history.loss)
    4
    """

    def __init__(
        self, patience: int = 10, min_delta: float = 0.0, *, monitor: str | None = None,
        mode: Literal["min", "max"] | None = None,
    ) -> None:  # fmt: skip
        patience = as_count(patience, "EarlyStopping: patience")
        if not as_float(min_delta) >= 0.0:
            raise ValueError(f"EarlyStopping: min_delta must be 0 or more, not {min_delta!r}")
        if mode not in (None, "min", "max"):
            raise ValueError(f"EarlyStopping: mode must be 'min' or 'max', what is better of {monitor}, not {mode!r}")
        self.patience, self.min_delta, self.monitor = patience, min_delta, monitor
        name = (monitor or "loss").removeprefix("val_")
        self.sign = (
            -1.0 if mode == "max" or (mode is None and name.endswith(HIGHER)) else 1.0
        )  # times this, lower is better
        self.best, self.waited, self.parameters = self.sign * math.inf, 0, dict[str, float]()

    def __repr__(self) -> str:
        monitored = f", monitor={self.monitor!r}, mode={'min' if self.sign > 0.0 else 'max'!r}" if self.monitor else ""
        return f"EarlyStopping(patience={self.patience}, min_delta={self.min_delta}{monitored})"

    def __call__(self, history: History, model: Module) -> bool:
        if len(history.loss) == 1:  # the first epoch of a training
            self.best, self.waited, self.parameters = self.sign * math.inf, 0, {}
        number = self._monitored(history)
        self.waited += 1
        if self.sign * number < self.sign * self.best - self.min_delta:
            self.best, self.waited, self.parameters = number, 0, model.state_dict()
        return self.waited >= self.patience

    def _monitored(self, history: History) -> float:
        """The last number of what is monitored."""
        if self.monitor is None:
            return history.watched[-1]
        recorded = {"loss": history.loss, "data_loss": history.data_loss, "val_loss": history.val_loss}
        recorded |= history.metrics | {f"val_{name}": numbers for name, numbers in history.val_metrics.items()}
        numbers = recorded.get(self.monitor)
        if not numbers:
            there = ", ".join(name for name, numbers in recorded.items() if numbers)
            raise ValueError(
                f"EarlyStopping: monitor={self.monitor!r} is not recorded in this training, but {there}: for others "
                f"give fit metrics=, such as 'accuracy', and for those that begin with val_ validation="
            )
        return numbers[-1]

    def end(self, history: History, model: Module) -> None:
        """Give the model the best parameters."""
        if self.parameters:
            model.load_state_dict(self.parameters)

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        return {"best": self.best, "waited": self.waited, "parameters": self.parameters}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a checkpoint; KeyError, TypeError or ValueError, and nothing taken over, where it is damaged."""
        best, waited = as_float(state["best"]), state["waited"]
        parameters = {name: as_float(x) for name, x in state["parameters"].items()}
        if type(waited) is not int or waited < 0 or not all(map(math.isfinite, parameters.values())) or best != best:
            raise ValueError(f"waited is {waited!r:.40}, and a number of epochs; the best must be finite")
        self.best, self.waited, self.parameters = best, waited, parameters

    def check(self, model: Module) -> None:
        """ValueError where the best parameters so far are not this model's, which ``end`` could not give back."""
        if math.isfinite(self.best) and self.parameters.keys() != model.named_leaves().keys():
            raise ValueError("the best parameters so far are those of another model")


class StopBelow:
    """Stop as soon as the validation loss, or where there is none the loss, is ``loss`` or less.

    >>> StopBelow(0.5)(History(loss=[0.9, 0.4]), Module())
    True
    """

    def __init__(self, loss: float) -> None:
        self.loss = as_float(loss)

    def __repr__(self) -> str:
        return f"StopBelow({self.loss})"

    def __call__(self, history: History, model: Module) -> bool:
        return history.watched[-1] <= self.loss
