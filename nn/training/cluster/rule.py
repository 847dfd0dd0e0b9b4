"""The optimiser's step on the client, for all parameters at once: what Optimizer.step does to one after the other."""

from __future__ import annotations

import copy
import math
from typing import Any

from autograd import NonFiniteError, jit, value_and_grad
from autograd.html import printable

from ..compiled import not_moved, refuse_own_methods, rule_of
from ..eager import EagerSteps


class Moving:
    """The numbers of those parameters that are not frozen, as columns, while steps are taken.

    NotCompilable where the step is another one than ``Optimizer.step`` takes for each parameter alone.
    """

    def __init__(self, eager: EagerSteps) -> None:
        import numpy as np

        self.eager, optimizer = eager, eager.optimizer
        rule_of(optimizer)  # raises where the rule reads by itself what is given to it
        refuse_own_methods(optimizer, eager.model)
        self.own = [i for i, p in enumerate(optimizer.parameters) if p.requires_grad]
        moved = [optimizer.parameters[i] for i in self.own]
        self.still = [] if eager.penalty is None else not_moved(eager.model, moved)
        rule = copy.copy(optimizer)
        rule.parameters, rule.t, rule.state, rule.lr = [], [], [], 0.0  # they come as columns
        penalty = eager.penalty
        self._penalty = None if penalty is None else jit(value_and_grad(lambda p: penalty([p])))
        self._limit, self._update, self._shrink = jit(rule.limit), jit(rule.update), rule.shrink
        names = {p: name for name, p in eager.model.named_parameters().items()}
        self.names = [names.get(p, p.label) for p in moved]
        self._np = np
        self.load()

    def load(self) -> None:
        """Take over the numbers of the Values and of the optimiser."""
        np, optimizer = self._np, self.eager.optimizer
        self.p = np.array([optimizer.parameters[i].data for i in self.own])
        self.t = np.array([float(optimizer.t[i]) for i in self.own])
        self.state = [np.array([optimizer.state[i][k] for i in self.own]) for k in range(optimizer.states)]
        self.whole = np.zeros(len(self.own))

    def step(self, gradient: Any) -> float:
        """Move along the gradient of the data, and of the penalty, which it gives; nothing where that is not finite."""
        np, optimizer, extra = self._np, self.eager.optimizer, 0.0
        if self._penalty is not None and (penalty := self.eager.penalty) is not None:
            values, slopes = self._penalty(self.p)
            gradient = gradient + slopes
            extra = float(values.sum()) + (penalty([p.data for p in self.still]) if self.still else 0.0)
        if len(wrong := np.flatnonzero(~np.isfinite(gradient))):
            i = wrong[0]
            raise NonFiniteError(f"the gradient of {printable(self.names[i])} is {gradient[i]}; nothing was updated")
        self.whole = gradient
        limited = self._limit(gradient)
        scale = self._shrink(math.sqrt(float(limited @ limited))) if optimizer.clip_norm is not None else 1.0
        p, *state = self._update(self.p, limited * scale, optimizer.lr, self.t + 1.0, *self.state)
        if len(wrong := np.flatnonzero(~np.isfinite(p))):
            i = wrong[0]
            raise NonFiniteError(
                f"{type(optimizer).__name__}: a parameter of {self.p[i]} with gradient {gradient[i]} would become "
                f"{p[i]}; nothing was updated (lr={optimizer.lr})"
            )
        self.p, self.state, self.t = p, state, self.t + 1.0
        return extra

    def store(self) -> None:
        """Give the Values and the optimiser their numbers."""
        optimizer = self.eager.optimizer
        optimizer.zero_grad()
        columns = (x.tolist() for x in (self.p, self.whole, self.t, *self.state))
        for i, x, g, t, *state in zip(self.own, *columns, strict=True):
            parameter = optimizer.parameters[i]
            parameter.data, parameter.grad, optimizer.t[i], optimizer.state[i] = x, g, int(t), tuple(state)
