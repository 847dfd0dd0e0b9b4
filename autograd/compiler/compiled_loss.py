"""compile_loss: the step of a training loop of one's own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import located
from ..functions import mean
from ..value import Value
from .fallback import falling_back
from .turns import Turn

if TYPE_CHECKING:
    from .compiled_training import Training


def compile_loss(loss: Callable[..., Any], parameters: Sequence[Value]) -> Callable[..., float]:
    """A function that does, over many samples at once, what a loop over ``loss(*sample)`` would do.

    ``loss`` takes the numbers of one sample and returns a Value; it may close over any number of models.
    ``step(*columns)`` takes a column of numbers for each of them (equally long; a single number counts for
    every sample), returns the mean loss and adds its gradient to the ``.grad`` of the parameters.  A mean or
    gradient that is not finite is computed again eagerly, and raises what that raises, with the row.  Where the
    loss cannot be compiled, every step is eager, and a FallbackWarning says why.

    >>> w = Value(0.0)
    >>> step = compile_loss(lambda x, y: (w * x - y) ** 2, [w])
    >>> step([1.0, 2.0], [3.0, 6.0])
    22.5
    >>> w.grad
    -15.0
    """
    parameters = list(parameters)
    programs: dict[int, Training | None] = {}
    turn = Turn()  # a program has one memory, and the parameters one gradient

    def step(*columns: Any) -> float:
        arrays = [np.asarray(column, dtype=np.float64) for column in columns]
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
            if len(arrays) not in programs:
                programs[len(arrays)] = _compiled(loss, len(arrays), parameters)
            training = programs[len(arrays)]
            found = training.add_gradient(samples) if training is not None else None
            return _eagerly(loss, samples) if found is None else found

    return step


def _compiled(loss: Callable[..., Any], inputs: int, parameters: Sequence[Value]) -> Training | None:
    """The loss as machine code; None where that cannot be had."""
    with falling_back("the loss is computed one Value at a time"):
        from .compiled_training import Training

        return Training(loss, inputs, parameters)
    return None


def _eagerly(loss: Callable[..., Any], samples: Any) -> float:
    losses = []
    for i, sample in enumerate(samples.tolist()):
        with located(f"row {i}"):
            losses.append(loss(*sample))
    root = mean(losses)
    root.backward()
    return float(root.data)
