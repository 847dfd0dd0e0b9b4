"""Steps of training as compiled loops over whole batches."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from autograd import Value, maximum
from autograd.compiler import Mixed, NotCompilable, Patience, Reach, Samples, alike, falling_back

from ..containers import SMALL
from ..data import announced, loss_of_sample
from ..modules import Module
from .eager import EagerSteps, Epoch
from .history import Compilation
from .loop import Run
from .optimizers import Optimizer

EAGERLY = "fit: training eagerly, one Value at a time, which is slower"
BETWEEN = 0.1  # seconds of compiled steps, in which Ctrl-C has to wait
CHANGING = ("lr", "t", "state")  # attributes of an optimiser that go into the code anew with every call


class OwnCount:
    """The rule of an optimiser for parameters that have taken different numbers of steps: each has its own t."""

    def __init__(self, optimizer: Optimizer) -> None:
        self.states, self.clip_norm = optimizer.states + 1, optimizer.clip_norm
        self.limit, self.shrink, self._update = optimizer.limit, optimizer.shrink, optimizer.update

    def update(self, p: Any, g: Any, lr: Any, t: Any, *state: Any) -> tuple[Any, ...]:
        *own, count = state
        # The maximum is for lanes without a parameter: their count is 0, and Adam would divide by it.
        return (*self._update(p, g, lr, maximum(count, 1.0), *own), count + 1.0)


def rule_of(optimizer: Optimizer) -> Reach:
    """What the rule of an optimiser is made of; NotCompilable where it reads by itself what changes in every step."""
    for name in ("rule", "update", "limit", "shrink"):
        method = getattr(type(optimizer), name)
        for changing in CHANGING:
            if not (method.__module__ or "").startswith("nn.") and changing in method.__code__.co_names:
                raise NotCompilable(
                    f"{method.__qualname__} reads {changing!r} by itself: it is given it as an argument"
                )
    return reach_of_optimizer(optimizer)


def reach_of_optimizer(optimizer: Optimizer, *others: Any) -> Reach:
    """What an optimiser, and others, can reach, but for what each step changes."""
    return Reach(optimizer, *others, ignoring={id(optimizer): (*CHANGING, "parameters")})


def refuse_own_methods(optimizer: Optimizer, model: Module) -> None:
    """NotCompilable where a method that compiled steps take the place of is the user's own."""
    for owner, name, usual, advice in (
        (optimizer, "step", Optimizer.step, "write its rule as update, which can be traced"),
        (optimizer, "zero_grad", Optimizer.zero_grad, "compiled steps begin each gradient at 0"),
        (model, "zero_grad", Module.zero_grad, "compiled steps begin each gradient at 0"),
    ):
        if getattr(getattr(owner, name), "__func__", None) is not usual:
            raise NotCompilable(f"{type(owner).__name__} has a {name} of its own: {advice}")


def not_moved(model: Module, moved: Sequence[Value]) -> list[Value]:
    """The parameters of a model that are in its penalty alone, in order; NotCompilable where others are moved."""
    of_model = model.parameters()
    if not {*of_model}.issuperset(moved):
        raise NotCompilable(
            "l1 and l2 are of the model's parameters, and the optimizer moves others too: give it the model's alone"
        )
    still = {*of_model}.difference(moved)
    return [p for p in of_model if p in still]


def compile_steps(run: Run) -> None:
    """Let a run take compiled steps; where that is not possible, its eager ones, with a FallbackWarning."""
    with falling_back(EAGERLY, unasked=True):
        compiled = CompiledSteps(run.eager, run.batch_size)
        run.steps, run.history.compiled = compiled, compiled.compilation


class CompiledSteps:
    """What EagerSteps does, as calls into machine code or NumPy.

    Before and after each call the numbers are in the Values.  NotCompilable or TraceError where something cannot be.
    """

    def __init__(self, eager: EagerSteps, batch_size: int | None = None) -> None:
        import numpy as np

        started = time.perf_counter()
        self.eager, self.optimizer, self.eagerly, self._batch_size = eager, eager.optimizer, False, batch_size
        self._alike = alike(eager.rows, eager.targets)
        tables = [some.tables for some in self._alike]
        if sum(table.nbytes for some in tables for table in some) <= SMALL:  # in one table they are read a bit faster
            tables = [(np.column_stack(some),) for some in tables]
        self.tables: Any = tables[0] if len(tables) == 1 else Mixed.of([some.numbers for some in self._alike], tables)
        self._together = 1  # steps that take about BETWEEN
        self._patience = Patience("the training")
        self._compile()
        self.compilation = Compilation(self.training.compiled.operations, time.perf_counter() - started)

    def _compile(self) -> None:
        """Compile for the parameters that are not frozen now, and for the present mode of each module."""
        from autograd.compiler import Training

        eager, optimizer = self.eager, self.optimizer
        refuse_own_methods(optimizer, eager.model)
        self.compiled_for = self._state()
        self.own = [i for i, p in enumerate(optimizer.parameters) if p.requires_grad]
        parameters = [optimizer.parameters[i] for i in self.own]
        self.still = not_moved(eager.model, parameters) if eager.penalty else []
        loss = loss_of_sample(eager.model, eager.loss)
        penalty = eager.penalty
        of_one = None if penalty is None else lambda p: penalty([p])
        rule = OwnCount(optimizer) if self._uneven() else optimizer
        several, numbers = len(self._alike) > 1, eager.numbers or range(len(eager.rows))
        samples = [
            Samples(some.tables, f"fit: epoch 1, row {numbers[some.numbers[0]]}" if several else "")
            for some in self._alike
        ]
        with announced("fit: compiling the steps"):
            self.training = Training(
                loss, samples, parameters, rule, of_one, rule_of(optimizer), together=self._batch_size
            )

    def _state(self) -> tuple[Any, ...]:
        """Which parameters the code was made for."""
        parameters = self.optimizer.parameters
        return [*parameters], [p.requires_grad for p in parameters], self._uneven()

    def _changed(self) -> str:
        """The name of something that the code was made for and that a callback, say, has changed; "" if all is."""
        if self._state() != self.compiled_for:
            return "which parameters are trained"
        return self.training.changed()

    def _uneven(self) -> bool:
        """Whether some parameters were frozen for a while, and so have taken fewer steps than others."""
        optimizer = self.optimizer
        if len({*optimizer.t}) == 1:
            return False
        return len({t for t, p in zip(optimizer.t, optimizer.parameters, strict=True) if p.requires_grad}) > 1

    def run(self, number: int, epochs: Sequence[Epoch]) -> tuple[list[float], list[float]]:
        """See ``Steps``."""
        import numpy as np

        if self.eagerly or not self._up_to_date():
            return self.eager.run(number, epochs)
        size, whole = epochs[0].size, len(epochs[0].order)
        starts = np.arange(0, whole, size)
        bounds = np.stack([starts, np.minimum(starts + size, whole)], axis=1)
        if len(starts) == 1:  # every step takes all rows as they stand
            order, bounds = None, np.repeat(bounds, len(epochs), axis=0)
            if type(self.tables) is tuple and len(self.tables) == 1:
                self.tables = (np.asfortranarray(self.tables[0]),)
        else:
            order = np.concatenate([epoch.order for epoch in epochs])
            bounds = np.concatenate([bounds + i * whole for i in range(len(epochs))])
        penalty = self.eager.penalty([p.data for p in self.still]) if self.eager.penalty and self.still else 0.0
        losses = np.empty((0, 2))
        while len(losses) < len(bounds):
            taken = self._run(order, bounds[len(losses) :])
            losses = np.concatenate([losses, taken + np.array([penalty, 0.0])])
            if len(losses) < len(bounds):  # not finite: the eager step raises, with row, or finds that it is finite
                first, end = bounds[len(losses)]
                at = number + len(losses) // len(starts)
                batch = list(range(first, end)) if order is None else order[first:end].tolist()
                losses = np.concatenate([losses, [self.eager.step(batch, at)]])
        weights = (bounds[:, 1] - bounds[:, 0])[: len(starts)] / whole
        objectives, data_losses = (weights @ losses.reshape(len(epochs), len(starts), 2)).T.tolist()
        return objectives, data_losses

    def _up_to_date(self) -> bool:
        """Compile anew, if need be; where that is not possible, the steps are eager from here on."""
        changed = self._changed()
        if changed:
            self.eagerly = True
            with falling_back(EAGERLY, unasked=True):
                self._patience.compiled_anew(changed)
                self._compile()
                self.eagerly = False
        return not self.eagerly

    def _run(self, order: Any, bounds: Any) -> Any:
        """Steps until one is not finite: (objective, data loss) of each."""
        import numpy as np

        optimizer, training = self.optimizer, self.training
        if not self.own:
            return np.empty((0, 2))  # all is frozen: the eager step raises, and says so
        counts = [*optimizer.t]
        before = counts[self.own[0]]
        columns = [[optimizer.state[i][k] for i in self.own] for k in range(optimizer.states)]
        if training.states > optimizer.states:
            columns.append([optimizer.t[i] + 1 for i in self.own])
        pieces = [np.empty((0, 2))]
        training.load(optimizer.lr, before, columns)
        try:
            while len(bounds):
                piece, bounds = bounds[: self._together], bounds[self._together :]
                started = time.perf_counter()
                pieces.append(training.run(self.tables, order, piece))
                if len(pieces[-1]) < len(piece):
                    break
                self._together = max(1, int(len(piece) * BETWEEN / (time.perf_counter() - started)))
        finally:  # Ctrl-C too: the Values then hold what was learned
            try:
                self._keep(counts, before)
            except BaseException:  # Ctrl-C in the midst of that
                self._keep(counts, before)
                raise
        return np.concatenate(pieces)

    def _keep(self, counts: list[int], before: int) -> None:
        """Give parameters and optimiser what the steps made of them; ``counts`` are the t from before those."""
        optimizer, training = self.optimizer, self.training
        columns, taken = training.store()[: optimizer.states], training.steps_taken() - before
        for i, kept in zip(self.own, zip(*columns, strict=True), strict=False):  # nothing to zip without a state
            optimizer.state[i] = kept
        for i in self.own:
            optimizer.t[i] = counts[i] + taken
