"""Steps of training as compiled loops; where something cannot be compiled, the eager ones, and why."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, Protocol

from autograd import maximum
from autograd.compiler import NotCompilable, falling_back

from ..measures import loss_of_sample
from ..rows import with_targets
from .eager import EagerSteps, Epoch
from .history import Compilation
from .optimizers import Optimizer

AT_ONCE = 0.1  # seconds of machine code between two chances for Ctrl-C


class Steps(Protocol):
    """Takes the steps of some epochs: (objective, data loss) of each, means over the epoch's samples."""

    def run(self, number: int, epochs: Sequence[Epoch]) -> list[tuple[float, float]]: ...


class OwnCount:
    """The rule of an optimiser whose parameters have taken different numbers of steps: each keeps its own t."""

    def __init__(self, optimizer: Optimizer) -> None:
        self.states, self.clip_norm = optimizer.states + 1, optimizer.clip_norm
        self.limit, self.shrink, self._update = optimizer.limit, optimizer.shrink, optimizer.update

    def update(self, p: Any, g: Any, lr: Any, t: Any, *state: Any) -> tuple[Any, ...]:
        *own, count = state
        # The maximum is for lanes without a parameter, whose count is 0: there Adam would divide by 0.
        return (*self._update(p, g, lr, maximum(count, 1.0), *own), count + 1.0)


class CompiledSteps:
    """What EagerSteps does, as calls into machine code; the numbers are in the Values before and after each."""

    def __init__(self, eager: EagerSteps) -> None:
        import numpy as np

        if type(eager.optimizer).step is not Optimizer.step:
            raise NotCompilable(
                f"{type(eager.optimizer).__name__} has a step of its own: write its rule as update, which can be traced"
            )
        started = time.perf_counter()
        self.eager, self.optimizer, self.modules = eager, eager.optimizer, eager.model.modules()
        self.samples = np.array(with_targets(eager.rows, eager.targets))
        self._at_once = 1  # steps that take about AT_ONCE
        self._compile()
        self.compilation = Compilation(self.training.operations, time.perf_counter() - started)

    def _compile(self) -> None:
        """Compile for what is frozen now, and for the mode in which each module is."""
        from autograd.compiler import Training

        eager, optimizer = self.eager, self.optimizer
        self.compiled_for = self._state()
        self.own = [i for i, p in enumerate(optimizer.parameters) if p.requires_grad]
        parameters, of_model = [optimizer.parameters[i] for i in self.own], set(eager.model.parameters())
        if eager.penalty and not of_model.issuperset(parameters):
            raise NotCompilable(
                "l1 and l2 are of the model's parameters, and the optimizer moves others too: give it the model's alone"
            )
        self.still = of_model.difference(parameters)  # in the penalty, and not moved
        loss = loss_of_sample(eager.model, eager.rows, eager.targets, eager.loss)
        penalty = eager.penalty
        of_one = None if penalty is None else lambda p: penalty([p])
        rule = OwnCount(optimizer) if self._uneven() else optimizer
        self.training = Training(loss, self.samples.shape[1], parameters, rule, of_one)

    def _state(self) -> tuple[Any, ...]:
        """What decides which code is right; callbacks may change it."""
        frozen = [p.requires_grad for p in self.optimizer.parameters]
        return frozen, [module.training for module in self.modules], self._uneven()

    def _uneven(self) -> bool:
        """Whether some parameters were frozen for a while, and so have taken fewer steps than others."""
        return len({t for t, p in zip(self.optimizer.t, self.optimizer.parameters, strict=True) if p.requires_grad}) > 1

    def run(self, number: int, epochs: Sequence[Epoch]) -> list[tuple[float, float]]:
        import numpy as np

        if self._state() != self.compiled_for:
            self._compile()
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
            taken = self._run(order, bounds[len(losses) :])
            losses = np.concatenate([losses, taken + np.array([penalty, 0.0])])
            if len(losses) < len(bounds):  # not finite: the eager step raises, or knows better
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
        if not self.own:
            return np.empty((0, 2))  # all is frozen: the eager step has something to say
        before = optimizer.t[self.own[0]]
        columns = [[optimizer.state[i][k] for i in self.own] for k in range(optimizer.states)]
        if training.states > optimizer.states:
            columns.append([optimizer.t[i] + 1 for i in self.own])
        pieces = [np.empty((0, 2))]
        training.load(optimizer.lr, before, columns)
        try:
            while len(bounds):
                piece, bounds = bounds[: self._at_once], bounds[self._at_once :]
                started = time.perf_counter()
                pieces.append(training.run(self.samples, order, piece))
                if len(pieces[-1]) < len(piece):
                    break
                self._at_once = max(1, int(len(piece) * AT_ONCE / (time.perf_counter() - started)))
        finally:  # Ctrl-C
            columns, taken = training.store()[: optimizer.states], training.steps_taken() - before
            for parameter, gradient in zip(training.parameters, training.gradients(), strict=True):
                parameter.grad = gradient
            for i, kept in zip(self.own, zip(*columns, strict=True), strict=False):  # none, without a state
                optimizer.state[i] = kept
            for i in self.own:
                optimizer.t[i] += taken
        return np.concatenate(pieces)


def steps_for(eager: EagerSteps) -> CompiledSteps | EagerSteps:
    """Compiled steps; where that is not possible the eager ones, with a FallbackWarning that says why."""
    with falling_back("fit: training eagerly, one Value at a time", unasked=True):
        return CompiledSteps(eager)
    return eager
