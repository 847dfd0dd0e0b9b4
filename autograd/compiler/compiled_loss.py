"""compile_loss: the step of a training loop of one's own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import AutogradError, located
from ..functions import mean
from ..graph import dependents, topological_order
from ..persistence import Reduced, reduced
from ..value import Value, as_value
from .columns import as_column
from .fallback import Patience, falling_back
from .turns import Turn

if TYPE_CHECKING:
    from .compiled_training import Training


MOST = 4  # programs for one number of columns that are kept: for training and evaluation, say

CUT = (
    "compile_loss: the loss depends on none of the parameters that it was given, or all of those are frozen. Give it "
    "those that the loss uses, and compute the loss from them with operators and the functions of autograd: the bare "
    "number of a Value (v.data, detach()) and no_grad() cut it off"
)


class CompiledLoss:
    """What :func:`compile_loss` returns: a step over columns of samples.

    A pickle or copy of it has the loss and the parameters, and is compiled at its first call.
    """

    def __init__(self, loss: Callable[..., Any], parameters: Sequence[Value]) -> None:
        self._loss, self.parameters = loss, [*parameters]
        self._programs: dict[int, list[Training]] = {}  # for so many columns, the latest first
        self._patience = Patience(getattr(loss, "__name__", type(loss).__name__))
        self._turn = Turn()  # a program has one memory, and the parameters one gradient

    def __repr__(self) -> str:
        return f"<compiled loss {self._patience.name} of {len(self.parameters)} parameters>"

    def __reduce__(self) -> str | Reduced:
        usual = CompiledLoss, (self._loss, self.parameters)
        return reduced(usual, f"the compiled loss {self._patience.name}", self._loss)

    def __call__(self, *columns: Any) -> float:
        """The mean loss over the samples; its gradient is added to the ``.grad`` of the parameters."""
        samples = _as_samples(columns)
        with self._turn:
            training = self._compile(samples)
            if training is None:
                return self._eagerly(samples)
            if not any(p.requires_grad for p in training.sums.reached):
                raise AutogradError(CUT)
            found = training.add_gradient(samples)
            return self._eagerly(samples) if found is None else found

    def _compile(self, samples: Any) -> Training | None:
        """The loss as machine code, for what it reaches now; None where that cannot be had."""
        known = self._programs.setdefault(samples.shape[1], [])
        changes = [training.changed() for training in known]
        if "" in changes:
            return known[changes.index("")]
        if changes:
            self._patience.compiled_anew(changes[0])
        with falling_back("the loss is computed one Value at a time"):
            from .compiled_training import Training

            known.insert(0, Training(self._loss, samples, self.parameters))
            del known[MOST:]
            return known[0]
        return None

    def _eagerly(self, samples: Any) -> float:
        losses = []
        for i, sample in enumerate(samples.tolist()):
            with located(f"row {i}"):
                losses.append(self._loss(*sample))
        root = as_value(mean(losses))
        if root not in dependents(topological_order(root), self.parameters):
            raise AutogradError(CUT)
        root.backward()
        return float(root.data)


def compile_loss(loss: Callable[..., Any], parameters: Sequence[Value]) -> CompiledLoss:
    """A function that does, over many samples at once, what a loop over ``loss(*sample)`` would do.

    ``loss`` takes the numbers of one sample and returns a Value, or for some samples a plain number, which has no
    gradient; it may close over any number of models.
    ``step(*columns)`` takes a column of numbers for each of them (equally long; a single number counts for
    every sample), returns the mean loss and adds its gradient to the ``.grad`` of the parameters.

    Both are what the loop would give, up to the order of sums, or it is said that they cannot be, as for :func:`jit`:
    TraceError names the line that asks for a number, or what the loss changes.  What it can reach is looked at in every
    step: Values are read anew, and where a setting has changed (``model.eval()``, a number in a closure) the loss is
    compiled anew.  Where a mean or gradient is not finite, or anything raised on the way, the step is computed again
    eagerly, and raises what that raises, with the row.  Where there is no machine code for the loss, every step is
    eager, and a FallbackWarning says why.

    >>> w = Value(0.0)
    >>> step = compile_loss(lambda x, y: (w * x - y) ** 2, [w])
    >>> step([1.0, 2.0], [3.0, 6.0])
    22.5
    >>> w.grad
    -15.0
    """
    return CompiledLoss(loss, parameters)


def _as_samples(columns: Sequence[Any]) -> Any:
    """An array with a row for each sample."""
    arrays = [as_column(column, f"column {i}") for i, column in enumerate(columns)]
    rows = max((array.size for array in arrays if array.ndim), default=1)
    for i, array in enumerate(arrays):
        if array.ndim > 1 or (array.ndim == 1 and array.size != rows) or not rows:
            raise ValueError(
                f"step takes columns of one length, {rows} here, or single numbers: column {i} has shape {array.shape}"
            )
    samples = np.empty((len(arrays), rows)).T  # by columns, as they come
    for i, array in enumerate(arrays):
        samples[:, i] = array
    return samples
