"""Training as one compiled loop: the sums over the samples of a batch, then the optimiser's rule."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np

from ..errors import located
from ..modes import without_collector
from ..program import LIST, Program, Reach, Trace, lasting, trace
from ..value import Value, as_value
from .agreement import check_agreement, some_of
from .draws import Draws
from .expansion import Writer, expand
from .fallback import BY_NUMPY, NotCompilable, falling_back
from .forms import Samples
from .layout import Backend, SamplePlans, StepLayout, parts
from .plan import Plan
from .shared_training import RECENT, Compiled, Shared
from .step import Rule, SampleSums, rule_programs


class Training:
    """A loss over samples and a rule for its parameters, compiled; ``run`` takes steps.

    ``samples`` are such as it will run on, of each form that there is: a few of them are computed eagerly, too, to
    compare.  Each form has a program of its own; they share the parameters, the sums and the kernels.
    ``penalty(p)`` is added to the loss for every parameter.  Without a rule, ``run`` only adds up.  ``of_rule`` is
    what the rule can reach, where that is to be known from outside.  ``together`` is the number of samples that a step
    takes, where that is known: where it has few of one form, they go through the program one after the other.
    """

    @without_collector()
    def __init__(
        self,
        loss: Callable[..., Any],
        samples: Sequence[Samples],
        parameters: Sequence[Value],
        rule: Rule | None = None,
        penalty: Callable[[Any], Any] | None = None,
        of_rule: Reach | None = None,
        together: int | None = None,
    ) -> None:
        self.parameters = list(parameters)
        self.of_rule = of_rule or Reach(rule, penalty)
        of_loss, of_penalty = Reach(loss), Reach(penalty)
        forms = tuple([some.form for some in samples])
        machine = _machine_code()
        alone = machine is not None and machine.alone(together, len(samples))
        key = _structure(rule, self.parameters, (alone, *forms), of_loss, self.of_rule, of_penalty)
        walks = (of_loss, self.of_rule, of_penalty)
        known = RECENT.get(key) if key is not None else None
        lasts = lasting(key) if known is None and key is not None else None
        if lasts is not None and (known := _kept(lasts)) is not None:
            RECENT.keep(key, known)
        if known is not None:
            self.compiled = known.bound(self.parameters, walks)
        else:
            self.compiled = self._compile(loss, samples, rule, penalty, of_loss, together)
            shared = self.compiled.shared(self.parameters, walks) if self.compiled.made_for is of_loss else None
            if key is not None and shared is not None:
                RECENT.keep(key, shared)
                if lasts is not None:
                    shared.keep(lasts)
        self.steps, self.generators = self.compiled.steps.fresh(), self.compiled.generators

    def _compile(
        self,
        loss: Callable[..., Any],
        samples: Sequence[Samples],
        rule: Rule | None,
        penalty: Callable[[Any], Any] | None,
        reach: Reach,
        together: int | None,
    ) -> Compiled:
        """Everything from the trace of the loss to steps that can be run."""
        parameters = self.parameters
        plans, generators, reached, operations = list[SamplePlans](), list[Any](), set[Value](), 0
        left: Exception | None = None  # why something cannot be written in the primitives of machine code
        for some in samples:
            with located(some.where) if some.where else nullcontext():
                traced, outputs = _traced(loss, some, reach, first=not plans)
                sums = SampleSums(traced, parameters, Writer)
                _check(loss, outputs, traced, sums.program, some, briefly=bool(plans))
            plans.append(sums.plans())
            generators += traced.generators
            reached.update(sums.reached)
            operations += sum(equation.primitive is not LIST for equation in sums.program.equations)
            left, reach = left or sums.left, traced.reach
        if generators and len(samples) > 1:
            raise NotCompilable(
                "the loss draws random numbers for rows of unequal length, which compiled steps cannot: give rows of "
                "one length, or leave the drawing out, as Dropout(0.0) does"
            )
        of_rule = None if rule is None else rule_programs(rule, penalty, self.of_rule)
        backend, programs = _backend(left, of_rule[:2] if of_rule else ())
        if of_rule is not None:
            of_rule = of_rule._replace(gradient=programs[0], update=programs[1])
        alone = backend.alone(together, len(samples))
        layout = StepLayout(backend.workspace(), parameters, plans, rule.states if rule else 0, of_rule, alone)
        return Compiled(
            backend.steps(layout),
            Plan([call for of in plans for call in of.plan.each.calls]),
            operations,
            layout.captured,
            [p for p in parameters if p in reached],
            generators,
            reach,
        )

    def changed(self) -> str:
        """The name of something that the loss was compiled for, and that is not what it was; "" if all is."""
        return self.compiled.made_for.changed() or self.of_rule.changed()

    def load(self, lr: float = 0.0, t: int = 0, state: Sequence[Sequence[float]] = ()) -> None:
        """Take over the numbers of all Values, and the optimiser's."""
        places = self.steps.places
        for i, numbers in enumerate([[p._data for p in self.parameters], *state]):
            start = places.of_state(i)
            self.steps.memory[start : start + len(self.parameters)] = numbers
        for leaf, place in self.compiled.captured.items():
            self.steps.memory[place] = leaf._data
        self.steps.memory[places.lr], self.steps.memory[places.time] = lr, t + 1

    def run(self, data: Any, order: Any, bounds: Any) -> Any:
        """Take a step for each (first, end) in bounds, over those samples of the order.

        ``data`` is an array of shape (samples, numbers of a sample), or a tuple of such that stand side by side.  Those
        of float64 are read where they lie, in any order of memory; others are converted as the steps need them.
        Samples of several forms are ``Mixed``, in the order of the forms that this was compiled for; without an order
        each step takes all of them.

        ``order`` holds numbers of samples, or is None where they are taken as they stand.  Returns (objective, data
        loss) of every step, as an array; where a step was not finite, it was not taken, and the array ends before it.
        """
        bounds = np.ascontiguousarray(bounds, dtype=np.int64).reshape(-1, 2)
        order = None if order is None else np.ascontiguousarray(order, dtype=np.int64)
        generators, taken = self.generators, []
        draws = Draws(generators) if generators else None
        for part in parts(data, order, bounds, bool(generators), self.steps.cost):
            if draws is not None:
                part = part._replace(tables=[[*part.tables[0], draws.take(part.samples)]])
            losses = self.steps.run(part)
            taken.append(losses if part.finish else losses[:0])
            if len(losses) < len(part.bounds):
                if draws is not None:
                    draws.keep(int((bounds[:, 1] - bounds[:, 0])[: sum(map(len, taken))].sum()))
                break
        return np.concatenate(taken) if len(taken) > 1 else taken[0]

    def mean(self, data: Any, samples: int) -> tuple[float, Any] | None:
        """The mean loss over so many samples, all that there are, and its gradient; None where one is not finite."""
        self.load()
        losses = self.run(data, None, [[0, samples]])
        return (float(losses[0, 1]), self.gradient()) if len(losses) else None

    @property
    def states(self) -> int:
        """How many numbers the rule keeps for each parameter."""
        return self.steps.places.states

    def steps_taken(self) -> int:
        """The number of steps since the optimiser's first: the t of the last one."""
        return int(self.steps.memory[self.steps.places.time]) - 1

    def store(self) -> list[list[float]]:
        """Give the parameters their numbers, and the gradients of the last step; returns the state."""
        places = self.steps.places
        parameters, *state = (self._numbers(places.of_state(i)).tolist() for i in range(1 + places.states))
        for parameter, x, g in zip(self.parameters, parameters, self.gradient().tolist(), strict=True):
            parameter._data, parameter.grad = x, g
        return state

    def gradient(self) -> Any:
        """The gradient of the objective in the last step."""
        return self._numbers(self.steps.places.gradient).copy()

    def _numbers(self, start: int) -> Any:
        """One number for each parameter."""
        return self.steps.memory[start : start + len(self.parameters)]


def _traced(loss: Callable[..., Any], samples: Samples, reach: Reach, first: bool) -> tuple[Trace, Callable[..., Any]]:
    """The loss of one sample traced, and as a function of the sample's numbers."""

    def outputs(*xs: Any) -> list[Any]:
        root = loss(*samples.arguments(xs))
        with located("the loss"):
            return [as_value(root)]

    return trace(outputs, [""] * samples.columns, reach, some_of(samples)[0], twice=first), outputs


def _backend(left: Exception | None, programs: Sequence[Program]) -> tuple[Backend, list[Program]]:
    """The fastest way to run programs here, and those of the rule in the primitives that it has.

    ``left`` says why machine code cannot run what the samples need, if it cannot.
    """
    with falling_back(BY_NUMPY):
        from .run import MACHINE_CODE

        if left is not None:
            raise left
        return MACHINE_CODE, [*map(expand, programs)]
    from .vectorised import NUMPY

    return NUMPY, [expand(program, partly=True) for program in programs]


def _machine_code() -> Backend | None:
    """None where llvmlite is not installed."""
    try:
        from .run import MACHINE_CODE
    except ImportError:
        return None
    return MACHINE_CODE


def _kept(key: str) -> Shared | None:
    """What an earlier process wrote to the disk; None where it did not."""
    machine = _machine_code()
    found = machine.kept(key) if machine else None
    return None if found is None else Shared(found[0], Plan([]), **found[1])


def _check(
    loss: Callable[..., Any], outputs: Callable[..., Any], traced: Trace, program: Program, samples: Samples,
    briefly: bool,
) -> None:  # fmt: skip
    """TraceError where the program gives another loss than the function for some samples."""
    result = program.only(program.outputs[:1])
    rest = [1.0] + [0.0] * (len(program.inputs) - len(traced.inputs) - 1)
    name = getattr(loss, "__name__", type(loss).__name__)
    check_agreement(outputs, traced, lambda row: result.evaluate([*row, *rest]), samples, name, briefly)


def _structure(
    rule: Rule | None,
    parameters: Sequence[Value],
    forms: tuple[Any, ...],
    of_loss: Reach,
    of_rule: Reach,
    of_penalty: Reach,
) -> tuple[Any, ...] | None:
    """What two trainings have in common that take the same program; None where there can be no other."""
    structures = [of.structure() for of in (of_loss, of_rule, of_penalty)]
    if None in structures:
        return None
    places = {leaf: i for i, leaf in enumerate(of_loss.leaves)}
    kind = None if rule is None else (weakref.ref(type(rule)), rule.states, rule.clip_norm)
    return (kind, forms, tuple([places.get(p) for p in parameters]), *structures)
