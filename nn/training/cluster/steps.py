"""Steps of a training whose rows lie on the workers: sums over all rows, or models that train apart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from autograd import NonFiniteError, TraceError, located
from autograd.compiler import NotCompilable, falling_back
from autograd.html import printable

from ..compiled import reach_of_optimizer
from ..eager import EagerSteps, Epoch
from ..history import Compilation
from .additions import merged
from .answers import Ready
from .assignment import Assignment, draw_seeds, generators_of, packed, reach_of
from .crew import Crew
from .rule import Moving


class Remote:
    """What the workers compute with, and whether it still is what they have: it is sent again when that changes."""

    def __init__(self, crew: Crew, eager: EagerSteps, compiled: bool, apart: bool = False) -> None:
        self.crew, self.eager, self.compiled, self.apart = crew, eager, compiled, apart
        self.operations: int | None = None
        self._sent: tuple[Any, ...] | None = None
        self.assignment: Assignment
        self.moved: list[int] = []

    def numbers(self) -> Any:
        """The numbers of all Values that are read on the workers, which have everything else by then."""
        import numpy as np

        if self._sent is None or self._state() != self._sent or self._changed():
            self._send()
        return np.array([leaf.data for leaf in self.assignment.leaves])

    def _state(self) -> tuple[Any, ...]:
        parameters = self.eager.optimizer.parameters
        return [*parameters], [p.requires_grad for p in parameters]

    def _changed(self) -> str:
        return self._of_loss.changed() or self._of_rule.changed()

    def _send(self) -> None:
        eager = self.eager
        self._of_loss = reach_of(eager.model, eager.loss, eager.rows, eager.targets)
        optimizer = eager.optimizer
        self._of_rule = reach_of_optimizer(optimizer, eager.penalty)
        self._sent = self._state()
        moved = [p for p in optimizer.parameters if p.requires_grad]
        leaves = [*dict.fromkeys([*optimizer.parameters, *eager.model.parameters(), *self._of_loss.leaves])]
        places = {leaf: i for i, leaf in enumerate(leaves)}
        self.moved = [places[p] for p in moved]  # where their numbers stand
        self.assignment = Assignment(
            eager.model, eager.loss, optimizer, eager.penalty, self.compiled, self.apart, leaves, moved,
            generators_of(eager.model),
        )  # fmt: skip
        answers: list[Ready] = self.crew.ask_first("prepare", packed(self.assignment))
        causes = [answer.cause for answer in answers if answer.operations is None]
        if len({answer.by for answer in answers} - {""}) > 1:
            causes.append("llvmlite is installed on some workers alone, and the sums of others differ in the last bits")
        if self.compiled and causes:
            with falling_back("fit: training eagerly on the workers, one Value at a time, which is slower"):
                raise NotCompilable(causes[0])
            self.compiled = self.assignment.compiled = False  # all eager, or the bits would depend on who holds what
            self.crew.ask_first("prepare", packed(self.assignment))
        self.operations = max(answer.operations or 0 for answer in answers) if self.compiled else None

    def total(self, question: str, *arguments: Any) -> Any:
        """The sum over all parts of what they answer."""
        answers = self.crew.ask(question, *arguments)
        (whole,) = merged({node: x for answer in answers for node, x in answer.items()}, len(self.crew.parts)).values()
        return whole


class SumSteps:
    """Full-batch steps: the workers add up losses and gradients, and the optimiser's rule follows here."""

    def __init__(self, remote: Remote) -> None:
        self.remote, self.eager = remote, remote.eager
        self._made_for: Assignment | None = None
        self._rule: Moving | None = None

    def run(self, number: int, epochs: Sequence[Epoch]) -> tuple[list[float], list[float]]:
        """See ``Steps``."""
        numbers = self.remote.numbers()
        moving = self._moving()
        if moving is None:
            found = [self._step(number + i) for i in range(len(epochs))]
            return [objective for objective, _ in found], [data for _, data in found]
        objectives, data_losses = [], []
        try:
            for epoch in range(number, number + len(epochs)):
                data, gradient = self._sum(epoch, numbers)
                with located(f"fit: epoch {epoch}"):
                    objectives.append(data + moving.step(gradient))
                data_losses.append(data)
                numbers[self.remote.moved] = moving.p
        finally:  # the Values then hold what was learned
            moving.store()
        return objectives, data_losses

    def _moving(self) -> Moving | None:
        """The optimiser's rule for what is trained now; None where its own method must be called."""
        if self._made_for is not self.remote.assignment:
            self._made_for, self._rule = self.remote.assignment, None
            with suppress(NotCompilable, TraceError):
                self._rule = Moving(self.eager)
        elif self._rule is not None:
            self._rule.load()
        return self._rule

    def _sum(self, epoch: int, numbers: Any) -> tuple[float, Any]:
        """The mean loss of the data, and its gradient."""
        seeds = draw_seeds(self.remote.assignment.generators)
        mean = self.remote.total("sums", epoch, numbers, seeds) / len(self.eager.rows)
        self.eager.live = self.eager.live or bool(mean[1:].any())
        return float(mean[0]), mean[2:]

    def _step(self, epoch: int) -> tuple[float, float]:
        """A step by the optimiser's own method, parameter after parameter."""
        eager, optimizer = self.eager, self.eager.optimizer
        data, gradients = self._sum(epoch, self.remote.numbers())
        optimizer.zero_grad()
        eager.model.zero_grad()
        objective = data
        with located(f"fit: epoch {epoch}"):
            if eager.penalty is not None:
                extra = eager.penalty(eager.model.parameters())
                objective += extra.data
                extra.backward()
            for p, g in zip(self.remote.assignment.moved, gradients.tolist(), strict=True):
                p.grad += g
            for name, parameter in eager.model.named_parameters().items():
                if not math.isfinite(x := parameter.grad):
                    raise NonFiniteError(f"the gradient of {printable(name)} is {x}; nothing was updated")
            optimizer.step()
        return objective, data


class LocalSteps:
    """Local SGD: each part trains a model of its own for some epochs; then the models are averaged, by their rows.

    So are the states of their optimisers.  Stich, "Local SGD Converges Fast and Communicates Little", 2019.
    """

    def __init__(self, remote: Remote, size: int) -> None:
        self.remote, self.eager, self.size = remote, remote.eager, size

    def run(self, number: int, epochs: Sequence[Epoch]) -> tuple[list[float], list[float]]:
        """See ``Steps``; the order of an epoch is the seed from which each part makes one of its own."""
        import numpy as np

        eager, remote, optimizer = self.eager, self.remote, self.eager.optimizer
        numbers = remote.numbers()
        count, states = len(optimizer.parameters), optimizer.states
        state = np.array(optimizer.state, dtype=float).reshape(count, states)
        seeds = draw_seeds(remote.assignment.generators)
        orders = [epoch.order for epoch in epochs]
        total = remote.total("train", number, numbers, optimizer.lr, optimizer.t, state, seeds, self.size, orders)
        losses, data, state, steps = np.split(
            total / len(eager.rows), np.cumsum([2 * len(epochs), count, count * states])
        )  # fmt: skip
        new = zip(data.tolist(), state.reshape(count, states).tolist(), steps.tolist(), strict=True)
        for i, (x, kept, t) in enumerate(new):
            p = optimizer.parameters[i]
            if p.requires_grad:
                eager.live = eager.live or x != p.data
                p.grad = p.data - x  # of the whole round, for those who watch
                p.data, optimizer.state[i], optimizer.t[i] = x, tuple(kept), round(t)
        objectives, data_losses = losses.reshape(2, -1).tolist()
        return objectives, data_losses


def compilation_of(remote: Remote, seconds: float) -> Compilation | None:
    """What the workers compiled, for the history."""
    return None if remote.operations is None else Compilation(remote.operations, seconds)
