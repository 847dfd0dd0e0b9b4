"""Steps of training as compiled loops; where something cannot be compiled, the eager ones, and why."""

from __future__ import annotations

import itertools
import math
import sys
from collections.abc import Sequence
from typing import Protocol

from .eager import Batches, EagerSteps, per_epoch
from .evaluation import loss_of_sample
from .optim import Optimizer
from .rows import as_columns, with_targets


class Steps(Protocol):
    """Takes the steps of some epochs, given the batches of each: (objective, data loss) of every epoch."""

    def run(self, epoch: int, epochs: Sequence[Batches]) -> list[tuple[float, float]]: ...


class CompiledSteps:
    """What EagerSteps does, as one call into machine code; the numbers are in the Values before and after."""

    def __init__(self, eager: EagerSteps) -> None:
        from autograd.compiler.training import Training

        self.eager, self.optimizer = eager, eager.optimizer
        self.own = [i for i, p in enumerate(self.optimizer.parameters) if p.requires_grad]
        parameters = [self.optimizer.parameters[i] for i in self.own]
        of_model = set(eager.model.parameters())
        if type(self.optimizer).step is not Optimizer.step:
            raise NotImplementedError(f"{type(self.optimizer).__name__} has a step of its own")
        if eager.l2 and not of_model.issuperset(parameters):
            raise NotImplementedError("the l2 penalty leaves out parameters that the optimizer moves")
        self.columns = as_columns(with_targets(eager.rows, eager.targets))
        loss = loss_of_sample(eager.model, eager.rows, eager.targets, eager.loss)
        self.still = [p for p in of_model if p not in set(parameters)]  # in the penalty, and not moved
        optimizer = self.optimizer
        self.training = Training(loss, len(self.columns), parameters, optimizer.update, optimizer.states, eager.l2)

    def run(self, epoch: int, epochs: Sequence[Batches]) -> list[tuple[float, float]]:
        batches = [batch for batches in epochs for batch in batches]
        if all(batch is batches[0] for batch in batches):
            order, bounds = batches[0], [[0, len(batches[0])]] * len(batches)
        else:
            ends = list(itertools.accumulate(map(len, batches)))
            bounds = [[end - len(batch), end] for end, batch in zip(ends, batches, strict=True)]
            order = [i for batch in batches for i in batch]
        penalty = self.eager.l2 * math.fsum(p.data * p.data for p in self.still)
        losses: list[tuple[float, float]] = []
        while len(losses) < len(batches):
            losses += [(whole + penalty, data) for whole, data in self._run(order, bounds[len(losses) :])]
            if len(losses) < len(batches):  # not finite here: the eager step raises, or knows better
                at = epoch + _epoch_of(len(losses), epochs)
                losses.append(self.eager.step(batches[len(losses)], at))
        return per_epoch(losses, epochs)

    def _run(self, order: Sequence[int], bounds: list[list[int]]) -> list[list[float]]:
        """Steps until one is not finite: (objective, data loss) of each."""
        optimizer, training = self.optimizer, self.training
        counts = {optimizer.t[i] for i in self.own}
        state = [[optimizer.state[i][k] for i in self.own] for k in range(optimizer.states)]
        if len(counts) != 1:
            return []  # parameters that were frozen for a while: the eager step counts for each
        training.load(optimizer.lr, counts.pop(), state)
        taken: list[list[float]] = []
        try:
            losses, failed = training.run(self.columns, order, bounds)
            taken = losses[: failed if failed >= 0 else len(bounds)].tolist()
        finally:
            columns, gradients = training.store(), training.gradients()
            for n, i in enumerate(self.own):
                optimizer.parameters[i].grad = gradients[n]
                optimizer.state[i] = tuple(column[n] for column in columns)
                optimizer.t[i] += len(taken)
        return taken


def steps_for(eager: EagerSteps) -> Steps:
    """Compiled steps; where that is not possible the eager ones, with a line that says why."""
    try:
        return CompiledSteps(eager)
    except Exception as error:  # of the user's own code, too: if it is wrong, the eager step will say so
        print(f"fit: training eagerly, one Value at a time: {str(error) or type(error).__name__}", file=sys.stderr)
        return eager


def _epoch_of(step: int, epochs: Sequence[Batches]) -> int:
    """Which of the epochs a step belongs to, from 0."""
    lasts = itertools.accumulate(map(len, epochs))
    return next(number for number, last in enumerate(lasts) if step < last)
