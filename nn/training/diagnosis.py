"""What is told of a training that goes wrong: it trains nothing, or it diverges."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence

from autograd import AutogradError, NonFiniteError, TraceError, as_value, topological_order
from autograd.program import traced_input, tracing

from ..losses import bce
from ..modules import as_list
from ..samples import row_of
from .eager import EagerSteps, Epoch, Steps
from .history import Callback, Schedule

BEYOND = 1e6  # the multiple of the size of the first loss, or of 1, above which a training diverges
CURES = "try a smaller lr, clip_norm=1.0 in the optimizer, or standardize(X)"
CUT = (
    "fit: the loss depends on no parameter that the optimizer moves, so it can change nothing. Either all that it "
    "depends on is frozen, or its graph was cut: by the bare number of a Value (v.data, Value(v.data), detach()), "
    "or under no_grad(). Compute it from the prediction with operators and the functions of autograd"
)


class DivergenceWarning(UserWarning):
    """The loss of a training grows beyond all bounds, or falls below them: the text names the learning rate.

    >>> from nn import MLP, SGD, fit
    >>> model = MLP(1, [1], init="zeros")
    >>> with warnings.catch_warnings(record=True) as said:
    ...     warnings.simplefilter("always")
    ...     history = fit(model, [3.0], [1.0], loss="mse", optimizer=SGD(model.parameters(), lr=1.0), epochs=4)
    >>> print(said[0].message)
    fit: the training diverges: in epoch 4 the loss is 4.7e+07, with the learning rate 1: try a smaller lr,
    clip_norm=1.0 in the optimizer, or standardize(X)
    """


def check_callbacks(callbacks: Sequence[Callback], schedule: Schedule | None) -> None:
    """TypeError, with what to give, for what is no callback or schedule: a class instead of an object of it, a name."""
    if schedule is not None and (not callable(schedule) or isinstance(schedule, type)):
        cure = (
            f"{schedule.__name__}(…), made with its settings" if callable(schedule) else "one, nn.CosineDecay(epochs)"
        )
        raise TypeError(
            f"fit: a schedule gives the learning rate of each epoch, and {schedule!r:.60} is none: give {cure}; a "
            f"learning rate that stays belongs to the optimizer"
        )
    for callback in callbacks:
        if not callable(callback) or isinstance(callback, type):
            cure = f"{callback.__name__}(…), made with its settings" if callable(callback) else "a function of the two"
            raise TypeError(
                f"fit: a callback is called with the history and the model, and {callback!r:.60} is none: give {cure}"
            )


class Diagnosed:
    """Steps that are looked after: what they raise, and what becomes of the loss, is told with the learning rate."""

    def __init__(self, steps: Steps, eager: EagerSteps) -> None:
        self.steps, self.eager = steps, eager
        self.limit = math.nan  # until there is a first loss: nothing is above nan
        self.warned = False

    def run(self, number: int, epochs: Sequence[Epoch]) -> tuple[list[float], list[float]]:
        """See ``Steps``."""
        eager, optimizer = self.eager, self.eager.optimizer
        try:
            objectives, data_losses = self.steps.run(number, epochs)
        except (NonFiniteError, OverflowError) as error:
            if type(error) not in (NonFiniteError, OverflowError):
                raise  # a class of the user's own may need other arguments than a text
            raise type(error)(f"{error}; at lr={optimizer.lr}: if the loss was rising before, {CURES}") from error
        except ValueError as error:
            if eager.loss is not bce or "log of -" not in str(error):
                raise
            cure = "let the model end with output_activation='sigmoid', or give loss='bce_with_logits'"
            raise ValueError(f"{error}: bce takes probabilities, from 0 to 1: {cure}") from error
        if number == 1 and not (eager.live or (self.steps is not eager and self._is_learning())):
            raise AutogradError(CUT)
        if math.isnan(self.limit):
            self.limit = BEYOND * max(1.0, abs(objectives[0]))
        if not self.warned and max(map(abs, objectives)) > self.limit:
            self.warned = True
            i = [abs(objective) > self.limit for objective in objectives].index(True)
            warnings.warn(
                f"fit: the training diverges: in epoch {number + i} the loss is {objectives[i]:.3g}, with the learning "
                f"rate {optimizer.lr:g}: {CURES}",
                DivergenceWarning,
                stacklevel=5,  # the line that calls fit: above are this, _take, epochs and fit
            )
        return objectives, data_losses

    def _is_learning(self) -> bool:
        """Whether compiled steps move anything: it is asked in earnest only where there is no gradient of the loss."""
        eager = self.eager
        seen = eager.penalty is None and any(p.grad for p in eager.optimizer.parameters)
        try:
            return seen or depends(eager)
        except TraceError:  # steps that were no compiled ones, of which none saw a parameter
            return False


def depends(eager: EagerSteps) -> bool:
    """Whether the loss is computed from a parameter that the optimizer moves: by a trace, which draws no numbers."""
    row, target = ([traced_input() for _ in as_list(row_of(table, 0))] for table in (eager.rows, eager.targets))
    with tracing():
        one = as_value(eager.loss(eager.model(row), target if eager.targets.ndim > 1 else target[0]))
    found = {id(node) for node in topological_order(one)}  # by their ids: traced Values may refuse to be looked up
    return any(p.requires_grad and id(p) in found for p in eager.optimizer.parameters)
