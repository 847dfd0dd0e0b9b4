"""compile_loss: the step of a training loop of one's own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..functions import mean
from ..value import Value
from .training import Training


def compile_loss(loss: Callable[..., Any], parameters: Sequence[Value]) -> Callable[..., float]:
    """A function that does, over many samples at once, what a loop over ``loss(*sample)`` would do.

    ``loss`` takes the numbers of one sample and returns a Value; it may close over any number of models.
    ``step(*columns)`` takes a column of numbers for each of them (equally long; a single number counts for
    every sample), returns the mean loss and adds its gradient to the ``.grad`` of the parameters.  A mean or
    gradient that is not finite is computed again eagerly, and raises what that raises.

    >>> w = Value(0.0)
    >>> step = compile_loss(lambda x, y: (w * x - y) ** 2, [w])
    >>> step([1.0, 2.0], [3.0, 6.0])
    22.5
    >>> w.grad
    -15.0
    """
    parameters = list(parameters)
    programs: dict[int, Training] = {}

    def step(*columns: Any) -> float:
        arrays = [np.asarray(column, dtype=np.float64) for column in columns]
        rows = max((array.size for array in arrays if array.ndim), default=1)
        for i, array in enumerate(arrays):
            if array.ndim > 1 or (array.ndim == 1 and array.size != rows) or not rows:
                raise ValueError(
                    f"step takes columns of one length, {rows} here, or single numbers: "
                    f"column {i} has shape {array.shape}"
                )
        if len(arrays) not in programs:
            programs[len(arrays)] = Training(loss, len(arrays), parameters)
        training = programs[len(arrays)]
        training.load()
        full = [np.broadcast_to(array, (rows,)) for array in arrays]
        losses, failed = training.run(full, range(rows), [[0, rows]])
        if failed >= 0:
            root = mean([loss(*map(float, sample)) for sample in zip(*full, strict=True)])
            root.backward()
            return float(root.data)
        for parameter, gradient in zip(parameters, training.gradients(), strict=True):
            if parameter.requires_grad:
                parameter.grad += gradient
        return float(losses[0, 1])

    return step
