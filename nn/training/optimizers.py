"""Optimisers: what they have in common, and the rule of each.  Conventions and numbers are PyTorch's.

Each is a scalar rule: ``rule(p, g, lr, t, *state)`` gives the new parameter and its new state from the
parameter p, its gradient g, the learning rate, the number of the step t = 1, 2, … and the state, which starts
at 0.  The rule is ordinary arithmetic, so it can be traced like any other function.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, TypedDict, Unpack

from autograd import NonFiniteError, Value, gt, maximum, minimum, sqrt, where

from ..init import find


class Clipping(TypedDict, total=False):
    """The settings that every optimiser takes by name."""

    clip_value: float | None
    clip_norm: float | None


class Optimizer:
    """The base: ``step()`` applies the rule to every parameter that is not frozen.

    What the rule sees is clipped first: ``clip_value`` cuts every gradient off at ±clip_value; then, where the
    length √Σg² of all gradients together exceeds ``clip_norm``, all are multiplied by clip_norm / √Σg² (Pascanu et
    al., "On the difficulty of training recurrent neural networks", 2013).  ``.grad`` stays as it is.
    ``weight_decay`` then adds weight_decay·p.
    """

    states = 0  # numbers the rule keeps for each parameter

    def __init__(
        self, parameters: Iterable[Value], lr: float, weight_decay: float = 0.0,
        settings: Mapping[str, float] | None = None, *, clip_value: float | None = None, clip_norm: float | None = None,
    ) -> None:  # fmt: skip
        self.parameters = list(parameters)
        if not self.parameters or not all(isinstance(p, Value) for p in self.parameters):
            raise ValueError(f"{type(self).__name__} needs parameters: a list of Values such as model.parameters()")
        if len(set(self.parameters)) != len(self.parameters):
            raise ValueError(f"{type(self).__name__} was given the same parameter twice")
        for name, number in {"lr": lr, "weight_decay": weight_decay, **(settings or {})}.items():
            if not number >= 0.0:
                raise ValueError(f"{type(self).__name__}: {name} must not be negative, it is {number!r}")
        for name, limit in (("clip_value", clip_value), ("clip_norm", clip_norm)):
            if limit is not None and not limit > 0.0:
                raise ValueError(f"{type(self).__name__}: {name} must be above 0, it is {limit!r}")
        self.clip_value, self.clip_norm = clip_value, clip_norm
        self.lr, self.weight_decay = lr, weight_decay
        self.t = [0] * len(self.parameters)  # steps taken: fewer where a parameter was frozen for a while
        self.state = [(0.0,) * self.states for _ in self.parameters]

    def rule(self, p: Any, g: Any, lr: Any, t: Any, *state: Any) -> tuple[Any, ...]:
        """(new p, *new state)."""
        raise NotImplementedError

    def limit(self, g: Any) -> Any:
        """g within ±clip_value."""
        return g if self.clip_value is None else maximum(minimum(g, self.clip_value), -self.clip_value)

    def shrink(self, norm: Any) -> Any:
        """What all gradients are multiplied by, given their length √Σg²."""
        clip = self.clip_norm
        return 1.0 if clip is None else where(gt(norm, clip), lambda: clip / norm, 1.0)

    def update(self, p: Any, g: Any, lr: Any, t: Any, *state: Any) -> tuple[Any, ...]:
        """The rule with the weight decay before it."""
        return self.rule(p, g + self.weight_decay * p if self.weight_decay else g, lr, t, *state)

    def step(self) -> None:
        """Move every parameter along its ``.grad``; none, and NonFiniteError, where one would become nan or inf."""
        moves = []
        own = [(i, p, self.limit(p.grad)) for i, p in enumerate(self.parameters) if p.requires_grad]
        scale = self.shrink(math.hypot(*[g for *_, g in own]))
        for i, p, g in own:
            try:
                x, *state = self.update(p.data, g * scale, self.lr, self.t[i] + 1, *self.state[i])
            except ZeroDivisionError:  # eps = 0 and no gradient yet
                x, state = math.nan, []
            if not math.isfinite(x):
                raise NonFiniteError(
                    f"{type(self).__name__}: a parameter of {p.data} with gradient {p.grad} would become {x}; "
                    f"nothing was updated (lr={self.lr})"
                )
            moves.append((i, x, tuple(state)))
        for i, x, new in moves:
            self.parameters[i].data, self.state[i] = x, new
            self.t[i] += 1

    def zero_grad(self) -> None:
        """Set every parameter's grad to 0.0."""
        for p in self.parameters:
            p.grad = 0.0


class SGD(Optimizer):
    """p −= lr·v with v = momentum·v + g; with nesterov p −= lr·(g + momentum·v).

    Sutskever et al., "On the importance of initialization and momentum in deep learning", 2013.

    >>> w = Value(1.0)
    >>> sgd = SGD([w], lr=0.1)
    >>> (w * w).backward()
    >>> sgd.step()
    >>> w.data
    0.8
    """

    def __init__(
        self, parameters: Iterable[Value], lr: float = 0.01, momentum: float = 0.0, nesterov: bool = False,
        weight_decay: float = 0.0, **clipping: Unpack[Clipping],
    ) -> None:  # fmt: skip
        self.states = 1 if momentum else 0
        super().__init__(parameters, lr, weight_decay, {"momentum": momentum}, **clipping)
        if nesterov and not momentum:
            raise ValueError("SGD: nesterov needs a momentum above 0")
        self.momentum, self.nesterov = momentum, nesterov

    def rule(self, p: Any, g: Any, lr: Any, t: Any, *state: Any) -> tuple[Any, ...]:
        if not self.momentum:
            return (p - lr * g, *state)
        v = self.momentum * state[0] + g
        return p - lr * (g + self.momentum * v if self.nesterov else v), v


class Adam(Optimizer):
    """p −= lr·m̂ / (√v̂ + eps), where m and v are running means of g and g², corrected for their start at 0.

    Kingma and Ba, "Adam: A Method for Stochastic Optimization", 2015.
    """

    states = 2

    def __init__(
        self, parameters: Iterable[Value], lr: float = 0.001, betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8, weight_decay: float = 0.0, **clipping: Unpack[Clipping],
    ) -> None:  # fmt: skip
        super().__init__(parameters, lr, weight_decay, {"eps": eps}, **clipping)
        if not all(0.0 <= beta < 1.0 for beta in betas):
            raise ValueError(f"{type(self).__name__}: betas must be at least 0 and below 1, they are {betas!r}")
        self.betas, self.eps = betas, eps

    def rule(self, p: Any, g: Any, lr: Any, t: Any, *state: Any) -> tuple[Any, ...]:
        b1, b2 = self.betas
        m = b1 * state[0] + (1.0 - b1) * g
        v = b2 * state[1] + (1.0 - b2) * g * g
        step = lr / (1.0 - b1**t)
        return p - step * m / (sqrt(v) / sqrt(1.0 - b2**t) + self.eps), m, v


class AdamW(Adam):
    """Adam with the weight decay apart from the gradient: p is first multiplied by 1 − lr·weight_decay.

    Loshchilov and Hutter, "Decoupled Weight Decay Regularization", 2019.
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
        buffer = self.momentum * state[1] + move
        return p - lr * buffer, v, buffer


class AdaGrad(Optimizer):
    """p −= lr·g / (√s + eps), s the sum of all g² so far.

    Duchi, Hazan and Singer, "Adaptive Subgradient Methods for Online Learning and Stochastic Optimization", 2011.
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


OPTIMIZERS: dict[str, type[Optimizer]] = {f.__name__.lower(): f for f in (SGD, Adam, AdamW, RMSprop, AdaGrad)}


def find_optimizer(optimizer: Any, parameters: list[Value], **settings: Any) -> Optimizer:
    """An optimiser as it is; one by its name, in small or capital letters, or from a function, with these settings."""
    if isinstance(optimizer, Optimizer):
        return optimizer
    name = optimizer.lower() if isinstance(optimizer, str) else optimizer
    made: Optimizer = find("optimizer", OPTIMIZERS, name, "one: nn.Adam(model.parameters(), lr=0.01)")(
        parameters, **settings
    )
    return made
