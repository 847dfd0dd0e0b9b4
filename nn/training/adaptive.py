"""AdamW, RMSprop and AdaGrad: further optimisers that give each parameter a step of its own, as Adam does."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Unpack

from autograd import Value, sqrt

from ..vocabulary import Clipping
from .optimizers import Adam, Optimizer


class AdamW(Adam):
    """Adam with the weight decay apart from the gradient: p is first multiplied by 1 − lr·weight_decay.

    ``betas`` and ``eps`` are those of Adam.

    Loshchilov and Hutter, "Decoupled Weight Decay Regularization", 2019.

    >>> w = Value(1.0)
    >>> optimizer = AdamW([w], lr=0.1)
    >>> (w * w).backward()
    >>> optimizer.step()
    >>> w.data
    0.899
    """

    def __init__(
        self, parameters: Iterable[Value], lr: float = 0.001, betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8, weight_decay: float = 0.01, **clipping: Unpack[Clipping],
    ) -> None:  # fmt: skip
        super().__init__(parameters, lr, betas, eps, weight_decay, **clipping)

    def update(self, p: Any, g: Any, lr: Any, t: Any, *state: Any) -> tuple[Any, ...]:
        return self.rule(p * (1.0 - lr * self.weight_decay), g, lr, t, *state)


class RMSprop(Optimizer):
    """p −= lr·g / (√v + eps), v = alpha·v + (1 − alpha)·g²; with momentum the quotient is accumulated.

    Tieleman and Hinton, Coursera "Neural Networks for Machine Learning", lecture 6.5, 2012.

    >>> w = Value(1.0)
    >>> optimizer = RMSprop([w], lr=0.1)
    >>> (w * w).backward()
    >>> optimizer.step()
    >>> round(w.data, 6)
    0.0
    """

    def __init__(
        self, parameters: Iterable[Value], lr: float = 0.01, alpha: float = 0.99, eps: float = 1e-8,
        weight_decay: float = 0.0, momentum: float = 0.0, **clipping: Unpack[Clipping],
    ) -> None:  # fmt: skip
        self.states = 2 if momentum else 1
        super().__init__(parameters, lr, weight_decay, {"alpha": alpha, "eps": eps, "momentum": momentum}, **clipping)
        self.alpha, self.eps, self.momentum = alpha, eps, momentum

    def rule(self, p: Any, g: Any, lr: Any, t: Any, *state: Any) -> tuple[Any, ...]:
        v = self.alpha * state[0] + (1.0 - self.alpha) * g * g
        move = g / (sqrt(v) + self.eps)
        if not self.momentum:
            return p - lr * move, v, *state[1:]
        buffer = self.momentum * self.kept(state, 1) + move
        return p - lr * buffer, v, buffer


class AdaGrad(Optimizer):
    """p −= lr·g / (√s + eps), s the sum of all g² so far.

    Duchi, Hazan and Singer, "Adaptive Subgradient Methods for Online Learning and Stochastic Optimization", 2011.

    >>> w = Value(1.0)
    >>> optimizer = AdaGrad([w], lr=0.1)
    >>> (w * w).backward()
    >>> optimizer.step()
    >>> w.data
    0.9
    """

    states = 1

    def __init__(
        self, parameters: Iterable[Value], lr: float = 0.01, eps: float = 1e-10, weight_decay: float = 0.0,
        **clipping: Unpack[Clipping],
    ) -> None:  # fmt: skip
        super().__init__(parameters, lr, weight_decay, {"eps": eps}, **clipping)
        self.eps = eps

    def rule(self, p: Any, g: Any, lr: Any, t: Any, *state: Any) -> tuple[Any, ...]:
        s = state[0] + g * g
        return p - lr * g / (sqrt(s) + self.eps), s
