"""compile_loss: the step of a training loop of one's own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import AutogradError, located
from ..functions import mean
from ..graph import dependents, topological_order
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


def compile_loss(loss: Callable[..., Any], parameters: Sequence[Value]) -> Callable[..., float]:
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
    parameters = list(parameters)
    programs: dict[int, list[Training]] = {}  # for so many columns, the latest first
    patience = Patience(getattr(loss, "__name__", type(loss).__name__))
    turn = Turn()  # a program has one memory, and the parameters one gradient

    def step(*columns: Any) -> float:
        arrays = [as_column(column, f"column {i}") for i, column in enumerate(columns)]
        rows = max((array.size for array in arrays if array.ndim), default=1)
        for i, array in enumerate(arrays):
            if array.ndim > 1 or (array.ndim == 1 and array.size != rows) or not rows:
                raise ValueError(
                    f"step takes columns of one length, {rows} here, or single numbers: "
                    f"column {i} has shape {array.shape}"
                )
        samples = np.empty((len(arrays), rows)).T  # by columns, as they come
        for i, array in enumerate(arrays):
            samples[:, i] = array
        with turn:
            known = programs.setdefault(len(arrays), [])
            changes = [training.changed() for training in known]
            if "" in changes:
                training = known[changes.index("")]
            else:
                if changes:
                    patience.compiled_anew(changes[0])
                made = _compiled(loss, parameters, samples)
                if made is None:
                    return _eagerly(loss, parameters, samples)
                training = made
                known.insert(0, training)
                del known[MOST:]
            if not any(p.requires_grad for p in training.sums.reached):
                raise AutogradError(CUT)
            found = training.add_gradient(samples)
            return _eagerly(loss, parameters, samples) if found is None else found

    return step


def _compiled(loss: Callable[..., Any], parameters: Sequence[Value], samples: Any) -> Training | None:
    """The loss as machine code; None where that cannot be had."""
    with falling_back("the loss is computed one Value at a time"):
        from .compiled_training import Training

        return Training(loss, samples, parameters)
    return None


def _eagerly(loss: Callable[..., Any], parameters: Sequence[Value], samples: Any) -> float:
    losses = []
    for i, sample in enumerate(samples.tolist()):
        with located(f"row {i}"):
            losses.append(loss(*sample))
    root = as_value(mean(losses))
    if root not in dependents(topological_order(root), parameters):
        raise AutogradError(CUT)
    root.backward()
    return float(root.data)
