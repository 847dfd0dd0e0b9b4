"""Learning rates that change from epoch to epoch, with PyTorch's numbers.

A schedule is called before each epoch: ``schedule(lr, epoch, losses)`` gives the learning rate of that epoch from the
optimiser's own ``lr``, the number of the epoch, from 0, and the losses of the epochs before it.  It keeps nothing
between two calls.  ValueError where ``every`` or ``epochs`` is below 1, or another setting below 0.  A function of your
own serves as well; so does a loop of your own:

>>> halved = StepDecay(every=2, gamma=0.5)
>>> [halved(0.8, epoch) for epoch in range(6)]
[0.8, 0.8, 0.4, 0.4, 0.2, 0.2]
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from autograd import as_float

from .history import Schedule


@dataclass(frozen=True)
class StepDecay:
    """lr·gamma^⌊epoch / every⌋: a step down after every so many epochs.  PyTorch's StepLR.

    >>> [StepDecay(every=2, gamma=0.5)(0.8, epoch) for epoch in range(5)]
    [0.8, 0.8, 0.4, 0.4, 0.2]
    """

    every: int
    gamma: float = 0.1

    def __post_init__(self) -> None:
        _check(self, every=self.every, gamma=self.gamma)

    def __call__(self, lr: float, epoch: int, losses: Sequence[float] = ()) -> float:
        return lr * self.gamma ** (epoch // self.every)


@dataclass(frozen=True)
class ExponentialDecay:
    """lr·gamma^epoch.  PyTorch's ExponentialLR.

    >>> [ExponentialDecay(0.5)(0.8, epoch) for epoch in range(4)]
    [0.8, 0.4, 0.2, 0.1]
    """

    gamma: float

    def __post_init__(self) -> None:
        _check(self, gamma=self.gamma)

    def __call__(self, lr: float, epoch: int, losses: Sequence[float] = ()) -> float:
        return lr * self.gamma**epoch


@dataclass(frozen=True)
class CosineDecay:
    """floor + ½·(lr − floor)·(1 + cos(π·epoch / epochs)): down to the floor within ``epochs``, then up again.

    PyTorch's CosineAnnealingLR.  Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", 2017.

    >>> [round(CosineDecay(4)(0.8, epoch), 4) for epoch in range(5)]
    [0.8, 0.6828, 0.4, 0.1172, 0.0]
    """

    epochs: int
    floor: float = 0.0

    def __post_init__(self) -> None:
        _check(self, epochs=self.epochs, floor=self.floor)

    def __call__(self, lr: float, epoch: int, losses: Sequence[float] = ()) -> float:
        return self.floor + 0.5 * (lr - self.floor) * (1.0 + math.cos(math.pi * epoch / self.epochs))


@dataclass(frozen=True)
class LinearDecay:
    """lr + (floor − lr)·epoch / epochs: in a straight line down to the floor, and from then on the floor.

    PyTorch's LinearLR with a start_factor of 1.

    >>> [LinearDecay(4)(0.8, epoch) for epoch in range(6)]
    [0.8, 0.6, 0.4, 0.2, 0.0, 0.0]
    """

    epochs: int
    floor: float = 0.0

    def __post_init__(self) -> None:
        _check(self, epochs=self.epochs, floor=self.floor)

    def __call__(self, lr: float, epoch: int, losses: Sequence[float] = ()) -> float:
        left = max(self.epochs - epoch, 0) / self.epochs
        return self.floor + (lr - self.floor) * left


@dataclass(frozen=True)
class Warmup:
    """lr·(start + (1 − start)·epoch / epochs) for the first epochs, then lr, or what the schedule ``then`` gives.

    ``then`` counts its epochs from the end of the warm-up.  PyTorch's LinearLR, and SequentialLR around the two.
    Goyal et al., "Accurate, Large Minibatch SGD: Training ImageNet in 1 Hour", 2017.

    >>> schedule = Warmup(4, then=StepDecay(every=1, gamma=0.5), start=0.2)
    >>> [schedule(1.0, epoch, []) for epoch in range(7)]
    [0.2, 0.4, 0.6, 0.8, 1.0, 0.5, 0.25]
    """

    epochs: int
    then: Schedule | None = None
    start: float = 1.0 / 3.0

    def __post_init__(self) -> None:
        _check(self, epochs=self.epochs, start=self.start)

    def __call__(self, lr: float, epoch: int, losses: Sequence[float] = ()) -> float:
        if epoch < self.epochs:
            return lr * (self.start + (1.0 - self.start) * epoch / self.epochs)
        return lr if self.then is None else self.then(lr, epoch - self.epochs, losses[self.epochs :])


@dataclass(frozen=True)
class ReduceOnPlateau:
    """lr times factor, but not below floor, after each ``patience`` + 1 epochs in a row that were no better.

    Better than the best so far is below best·(1 − threshold).  ``fit`` gives it the validation loss,
    or where there is none the loss.  PyTorch's ReduceLROnPlateau.

    >>> schedule = ReduceOnPlateau(factor=0.5, patience=1)
    >>> schedule(0.8, 3, [3.0, 2.0, 2.0]), schedule(0.8, 4, [3.0, 2.0, 2.0, 2.0])
    (0.8, 0.4)
    """

    factor: float = 0.1
    patience: int = 10
    threshold: float = 1e-4
    floor: float = 0.0

    def __post_init__(self) -> None:
        _check(self, factor=self.factor, patience=self.patience, threshold=self.threshold, floor=self.floor)

    def __call__(self, lr: float, epoch: int, losses: Sequence[float] = ()) -> float:
        best, waited = math.inf, 0
        for loss in losses:
            waited += 1
            if loss < best * (1.0 - self.threshold):
                best, waited = loss, 0
            elif waited > self.patience:
                lr, waited = min(lr, max(lr * self.factor, self.floor)), 0
        return lr


def _check(schedule: object, **settings: float) -> None:
    for name, number in settings.items():
        lowest = 1 if name in ("every", "epochs") else 0
        if not lowest <= as_float(number) < math.inf:
            raise ValueError(f"{type(schedule).__name__}: {name} must be {lowest} or more, not {number!r}")
