"""Steps of training as compiled loops; where something cannot be compiled, the eager ones, and why."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from .eager import EagerSteps, Epoch
from .evaluation import loss_of_sample
from .optim import Optimizer
from .rows import with_targets

AT_ONCE = 0.05  # seconds of machine code between two chances for Ctrl-C


class Compilation(NamedTuple):
    """What was compiled: the operations of one sample's loss and gradient, and the seconds that it took."""

    operations: int
    seconds: float


class Steps(Protocol):
    """Takes the steps of some epochs: (objective, data loss) of each, means over the epoch's samples."""

    def run(self, number: int, epochs: Sequence[Epoch]) -> list[tuple[float, float]]: ...


class CompiledSteps:
    """What EagerSteps does, as calls into machine code; the numbers are in the Values before and after each."""

    def __init__(self, eager: EagerSteps) -> None:
        import numpy as np

        from autograd.compiler.training import Training

        self.eager, self.optimizer = eager, eager.optimizer
        self.own = [i for i, p in enumerate(self.optimizer.parameters) if p.requires_grad]
        parameters = [self.optimizer.parameters[i] for i in self.own]
        of_model = set(eager.model.parameters())
        if type(self.optimizer).step is not Optimizer.step:
            raise NotImplementedError(f"{type(self.optimizer).__name__} has a step of its own")
        if eager.penalty and not of_model.issuperset(parameters):
            raise NotImplementedError("the penalty leaves out parameters that the optimizer moves")
        started = time.perf_counter()
        self.samples = np.array(with_targets(eager.rows, eager.targets))
        loss = loss_of_sample(eager.model, eager.rows, eager.targets, eager.loss)
        self.still = [p for p in of_model if p not in set(parameters)]  # in the penalty, and not moved
        penalty = eager.penalty
        of_one = None if penalty is None else lambda p: penalty([p])
        self.training = Training(loss, self.samples.shape[1], parameters, self.optimizer, of_one)
        self.compilation = Compilation(self.training.operations, time.perf_counter() - started)
        self._at_once = 1  # steps that take about AT_ONCE

    def run(self, number: int, epochs: Sequence[Epoch]) -> list[tuple[float, float]]:
        import numpy as np

        size, whole = epochs[0].size, len(epochs[0].order)
        starts = np.arange(0, whole, size)
        bounds = np.stack([starts, np.minimum(starts + size, whole)], axis=1)
        if len(starts) == 1:  # every step takes all rows as they stand
            order, bounds = None, np.repeat(bounds, len(epochs), axis=0)
            self.samples = np.asfortranarray(self.samples)
        else:
            order = np.concatenate([epoch.order for epoch in epochs])
            bounds = np.concatenate([bounds + i * whole for i in range(len(epochs))])
        penalty = self.eager.penalty([p.data for p in self.still]) if self.eager.penalty and self.still else 0.0
        losses = np.empty((0, 2))
        while len(losses) < len(bounds):
            wanted = bounds[len(losses) :][: self._at_once]
            taken = self._run(order, wanted)
            losses = np.concatenate([losses, taken + np.array([penalty, 0.0])])
            if len(taken) < len(wanted):  # not finite: the eager step raises, or knows better
                first, end = bounds[len(losses)]
                at = number + len(losses) // len(starts)
                batch = list(range(first, end)) if order is None else order[first:end].tolist()
                losses = np.concatenate([losses, [self.eager.step(batch, at)]])
        weights = (bounds[:, 1] - bounds[:, 0])[: len(starts)] / whole
        means: list[tuple[float, float]] = [
            (float(objective), float(data)) for objective, data in weights @ losses.reshape(len(epochs), len(starts), 2)
        ]
        return means

    def _run(self, order: Any, bounds: Any) -> Any:
        """Steps until one is not finite: (objective, data loss) of each."""
        import numpy as np

        optimizer, training = self.optimizer, self.training
        counts = {optimizer.t[i] for i in self.own}
        state = [[optimizer.state[i][k] for i in self.own] for k in range(optimizer.states)]
        if len(counts) != 1:
            return np.empty((0, 2))  # parameters that were frozen for a while: the eager step counts for each
        before = counts.pop()
        started = time.perf_counter()
        training.load(optimizer.lr, before, state)
        try:
            losses = training.run(self.samples, order, bounds)
        finally:  # Ctrl-C
            columns, gradients, taken = training.store(), training.gradients(), training.steps_taken() - before
            for n, i in enumerate(self.own):
                optimizer.parameters[i].grad = gradients[n]
                optimizer.state[i] = tuple(column[n] for column in columns)
                optimizer.t[i] += taken
        if taken:
            self._at_once = max(1, int(taken * AT_ONCE / (time.perf_counter() - started)))
        return losses


def steps_for(eager: EagerSteps) -> CompiledSteps | EagerSteps:
    """Compiled steps; where that is not possible the eager ones, with a line that says why."""
    try:
        return CompiledSteps(eager)
    except Exception as error:  # of the user's own code, too: if it is wrong, the eager step will say so
        print(f"fit: training eagerly, one Value at a time: {str(error) or type(error).__name__}", file=sys.stderr)
        return eager
