"""Optimisers: what they have in common, and the rule of each.  Conventions and numbers are PyTorch's.

Each is a scalar rule: ``rule(p, g, lr, t, *state)`` gives the new parameter and its new state from the
parameter p, its gradient g, the learning rate, the number of the step t = 1, 2, … and the state, which starts
at 0.  The rule is ordinary arithmetic, so it can be traced like any other function.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, Never, Unpack

from autograd import NonFiniteError, Value, gt, maximum, minimum, refuse, sqrt, where

from .. import wings
from ..init import find
from ..vocabulary import Clipping, OptimizerName


class Optimizer:
    """The base: ``step()`` applies the rule to every parameter that is not frozen.

    What the rule sees is clipped first: ``clip_value`` cuts every gradient off at ±clip_value; then, where the
    length √Σg² of all gradients together exceeds ``clip_norm``, all are multiplied by clip_norm / √Σg² (Pascanu et
    al., "On the difficulty of training recurrent neural networks", 2013).  ``.grad`` stays as it is.
    ``weight_decay`` then adds weight_decay·p.

    A subclass says how many numbers ``states`` it keeps for each parameter, and its rule; ``settings`` are numbers of
    its own that must not be negative.  ValueError for anything but a list of Values, each once, and for settings that
    are out of their range.

    >>> class Descent(Optimizer):
    ...     def rule(self, p, g, lr, t, *state):
    ...         return (p - lr * g, *state)
    >>> w = Value(1.0)
    >>> descent = Descent([w], lr=0.1)
    >>> (w * w).backward()
    >>> descent.step()
    >>> w.data
    0.8
    """

    states = 0  # numbers the rule keeps for each parameter

    def __init__(
        self, parameters: Iterable[Value], lr: float, weight_decay: float = 0.0,
        settings: Mapping[str, float] | None = None, *, clip_value: float | None = None, clip_norm: float | None = None,
        **unknown: Never,
    ) -> None:  # fmt: skip
        refuse(type(self), unknown)
        self.parameters = list(parameters) if isinstance(parameters, Iterable) else []  # a model is refused below
        if not self.parameters or not all(isinstance(p, Value) for p in self.parameters):
            raise ValueError(f"{type(self).__name__} needs parameters: a list of Values such as model.parameters()")
        if len(set(self.parameters)) != len(self.parameters):
            raise ValueError(f"{type(self).__name__} was given the same parameter twice")
        for name, number in {"lr": lr, "weight_decay": weight_decay, **(settings or {})}.items():
            if isinstance(number, str) or not number >= 0.0:
                raise ValueError(f"{type(self).__name__}: {name} must not be negative, it is {number!r}")
        for name, limit in (("clip_value", clip_value), ("clip_norm", clip_norm)):
            if limit is not None and (isinstance(limit, str) or not limit > 0.0):
                raise ValueError(f"{type(self).__name__}: {name} must be above 0, it is {limit!r}")
        self.lr, self.weight_decay = lr, weight_decay
        self.clip_value, self.clip_norm = clip_value, clip_norm
        self.t = [0] * len(self.parameters)  # steps taken: fewer where a parameter was frozen for a while
        self.state = [(0.0,) * self.states for _ in self.parameters]

    def rule(self, p: Any, g: Any, lr: Any, t: Any, /, *state: Any, **named: Any) -> tuple[Any, ...]:
        """The new p and its new state, as one tuple.

        ``g`` is the gradient, clipped; ``lr`` the learning rate; ``t`` = 1, 2, … counts the steps; a subclass may name
        the numbers of its state.  Written with operators and the functions of ``autograd``, it compiles.
        """
        raise NotImplementedError

    def limit(self, g: Any) -> Any:
        """g within ±clip_value."""
        return g if self.clip_value is None else maximum(minimum(g, self.clip_value), -self.clip_value)

    def shrink(self, norm: Any) -> Any:
        """What all gradients are multiplied by, given their length ``norm``, √Σg²."""
        clip = self.clip_norm
        return 1.0 if clip is None else where(gt(norm, clip), lambda: clip / norm, 1.0)

    def update(self, p: Any, g: Any, lr: Any, t: Any, *state: Any) -> tuple[Any, ...]:
        """The rule for p, g, lr, t and the state, with the weight decay before it."""
        return self.rule(p, g + self.weight_decay * p if self.weight_decay else g, lr, t, *state)

    def kept(self, state: tuple[Any, ...], k: int) -> Any:
        """state[k]; ValueError where the optimiser was made without the momentum that it has now."""
        if k < len(state):
            return state[k]
        raise ValueError(f"momentum cannot be set later: make it with {type(self).__name__}(..., momentum=0.9)")

    def step(self) -> None:
        """Move every parameter along its ``.grad``; none, and NonFiniteError, where one would become nan or inf."""
        moves = []
        own = [(i, p, self.limit(p.grad or 0.0)) for i, p in enumerate(self.parameters) if p.requires_grad]
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

    def __repr__(self) -> str:
        numbers = {name: x for name, x in vars(self).items() if isinstance(x, (float, int, tuple)) and name != "states"}
        settings = ", ".join(f"{name}={x!r}" for name, x in numbers.items() if x or name == "lr")
        return f"{type(self).__name__}({len(self.parameters)} parameters, {settings})"


class SGD(Optimizer):
    """p −= lr·v with v = momentum·v + g; with nesterov p −= lr·(g + momentum·v).

    ValueError where nesterov has no momentum.

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
        v = self.momentum * self.kept(state, 0) + g
        return p - lr * (g + self.momentum * v if self.nesterov else v), v


class Adam(Optimizer):
    """p −= lr·m̂ / (√v̂ + eps), where m and v are running means of g and g², corrected for their start at 0.

    ``betas`` is how much of each mean a step keeps: ValueError unless both are at least 0 and below 1.

    Kingma and Ba, "Adam: A Method for Stochastic Optimization", 2015.

    >>> w = Value(1.0)
    >>> optimizer = Adam([w], lr=0.1)
    >>> (w * w).backward()
    >>> optimizer.step()
    >>> w.data
    0.9
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
        root = sqrt(1.0 - b2**t)  # by which √v̂ = √v / root: the whole fraction times it saves each parameter a division
        return p - lr * root / (1.0 - b1**t) * m / (sqrt(v) + self.eps * root), m, v


def _further(name: str, *arguments: Any, **settings: Any) -> Optimizer:
    """An optimiser of the wing, made of these."""
    return wings.find("nn.training", {name: "adaptive"}, name)(*arguments, **settings)  # type: ignore[no-any-return]


OptimizerLike = OptimizerName | Optimizer | Callable[..., Optimizer]
OPTIMIZERS = {"sgd": SGD, "adam": Adam} | {
    name.lower(): partial(_further, name) for name in ("AdamW", "RMSprop", "AdaGrad")
}


def find_optimizer(optimizer: OptimizerLike, parameters: list[Value], **settings: Any) -> Optimizer:
    """An optimiser as it is; one by its name, in small or capital letters, or from a function, with these settings."""
    if isinstance(optimizer, Optimizer):
        return optimizer
    name = optimizer.lower() if isinstance(optimizer, str) else optimizer
    factory = find("optimizer", OPTIMIZERS, name, "one: nn.Adam(model.parameters(), lr=0.01)")
    return factory(parameters, **settings)
