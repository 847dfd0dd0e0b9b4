"""Where the numbers of a training lie: its parameters and states, the sums of a step, and the rows of its programs.

What does not depend on the sample is computed once a step, before the samples; the gradients that reach it go on,
after them, to the parameters.  Two loops over all parameters follow, one parameter in a lane: the first adds the
penalty's gradient and clips, the second is the rule.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from ...program import Program
from ...value import Value
from ..plan import ONES, LoopPlan, Plan, Products, plan_loop
from .costs import Cost
from .feeding import Part
from .sample_loop import Loop
from .workspace import Section, Workspace


class SamplePlans(NamedTuple):
    """The program of one sample's loss and gradient, planned; what is summed over the samples is in it.

    The places of the sums: those of the parameters' gradients, in order, then of the edge's, then of the loss.
    """

    inputs: Sequence[int]  # the numbers of a sample, then its weight in the mean
    cotangents: Sequence[int]  # the gradients of the edge
    leaves: Mapping[int, Value]
    plan: LoopPlan  # for every block of samples
    late_plan: LoopPlan  # of the cotangents, after all of them


class RulePrograms(NamedTuple):
    """A step as two programs for one parameter p and the gradient g of the mean loss with respect to it.

    ``gradient`` gives of p and g the penalty, the gradient of the objective, and what the rule sees of that;
    ``update`` of p, the latter and the states what p and the states are afterwards.  ``lr``, ``t`` and ``squares``, the
    Σ over all parameters of what the rule sees, squared, are leaves of ``update``.  ``penalised`` and ``clipped`` say
    whether the sum of the penalties, and of the squares, is wanted.
    """

    gradient: Program
    update: Program
    lr: Value
    t: Value
    squares: Value
    penalised: bool
    clipped: bool


class StepPlaces(NamedTuple):
    """The places of what a training has of each of its parameters, and of a step."""

    states: int  # numbers that the rule keeps for each parameter
    parameters: int  # how many there are room for: whole vectors
    current: int  # the parameters, then each of their states
    changed: int  # what these are after a step
    sums: int  # what is added up over the samples: first the gradient
    sums_vectors: int
    edge: int  # the gradients of the edges, of one form of samples after another
    loss: int
    penalty: int
    squares: int  # Σg², by which gradients are clipped
    unwanted: int  # sums that nobody reads
    lr: int
    time: int
    weight: int  # 1 / samples
    gradient: int  # of the objective
    captured: list[int]  # Values other than parameters that are read anew in every call

    @classmethod
    def in_workspace(cls, workspace: Workspace, parameters: int, states: int, edges: int, moving: bool) -> StepPlaces:
        """Take room for all that; ``moving`` parameters need it twice, before and after a step."""
        room = -(-max(parameters, 1) // workspace.lanes) * workspace.lanes
        current = workspace.take((1 + states) * room)
        changed = workspace.take((1 + states) * room) if moving else current
        sums = workspace.take(room + edges + 4)
        edge = sums + room
        loss, penalty, squares, unwanted = (edge + edges + i for i in range(4))
        sums_vectors = (workspace.size - sums) // workspace.lanes
        return cls(
            states, room, current, changed, sums, sums_vectors, edge, loss, penalty, squares, unwanted,
            lr=workspace.number(0.0), time=workspace.number(1.0), weight=workspace.number(0.0), gradient=sums,
            captured=[],
        )  # fmt: skip

    def of_state(self, i: int) -> int:
        """Where the i-th state of the parameters lies; the 0-th are the parameters themselves."""
        return self.current + i * self.parameters


class FormLayout(NamedTuple):
    """Samples of one form: the loop over them, and what carries the gradients of its edge on after it.

    ``late`` finds those in the rows ``cotangents``, to which the sums from the place ``edge`` on are copied.
    """

    loop: Loop
    first_row: int  # the row of the first column
    weights_row: int  # of the weights of the samples in the mean
    edge: int
    cotangents: Sequence[int]
    late: Section[Plan]


class StepLayout:
    """The programs of a step in their places: of each form of samples, then of the rule, if there is one.

    ``captured`` are the Values other than parameters that are read anew in every call.  ``cost`` is that of a sample,
    of the form that costs most.  Samples go through their programs many at a time, or each ``alone``.
    """

    def __init__(
        self, workspace: Workspace, parameters: Sequence[Value], sums: Sequence[SamplePlans], states: int,
        rule: RulePrograms | None, alone: bool = False,
    ) -> None:  # fmt: skip
        self.workspace, self._count = workspace, len(parameters)
        edges = sum(len(of.cotangents) for of in sums)
        self.places = StepPlaces.in_workspace(workspace, len(parameters), states, edges, rule is not None)
        self._known = {parameter: self.places.current + i for i, parameter in enumerate(parameters)}
        self.captured: dict[Value, int] = {}
        self.forms: list[FormLayout] = []
        edge = self.places.edge
        for of in sums:
            self.forms.append(self._over_samples(of, edge, alone))
            edge += len(of.cotangents)
        self.clip = self.update = None
        if rule is not None:
            self.clip, limited = self._clip(rule)
            self.update = self._update(rule, limited)
        self.places = self.places._replace(captured=[*self.captured.values()])
        block = max(form.loop.width for form in self.forms)
        self.cost = max(Cost.of(of.plan.each.calls, len(of.inputs), block) for of in sums)

    def _over_samples(self, of: SamplePlans, edge: int, alone: bool) -> FormLayout:
        """The loss and gradient of every sample of one form, added up."""
        n, places, workspace = self._count, self.places, self.workspace
        sums: dict[int | None, int] = {i: places.sums + i for i in range(n)}
        sums |= {n + i: edge + i for i in range(len(of.cotangents))}
        sums |= {n + len(of.cotangents): places.loss, None: places.unwanted}
        loop = Loop(workspace, of.plan, self._leaves(of.leaves), sums=sums, alone=alone)
        plan = of.late_plan
        rows = workspace.rows(workspace.allocate(plan.each, plan.inputs, ()), workspace.lanes) if plan.inputs else {}
        late = Section(plan.each, loop.each.places._replace(rows=rows))
        ends = loop.row(of.inputs[0]), loop.row(of.inputs[-1])
        return FormLayout(loop, *ends, edge, [rows[v] for v in plan.inputs], late)

    def _leaves(self, leaves: Mapping[int, Value]) -> dict[int, int]:
        """The places of the Values that a program closes over: new ones for those that have none yet."""
        for leaf in leaves.values():
            if leaf not in self._known:
                self._known[leaf] = self.captured[leaf] = self.workspace.take(1)
        return {v: self._known[leaf] for v, leaf in leaves.items()}

    def _clip(self, rule: RulePrograms) -> tuple[Loop, int]:
        """From the gradients of the loss to those of the objective, and to what the rule sees of them: its row."""
        program, places = rule.gradient, self.places
        value, whole, limited = program.outputs
        products = [Products(value, (ONES,), [0])] if rule.penalised else []
        products += [Products(limited, (limited,), [1])] if rule.clipped else []
        fixed = dict(zip(program.inputs, [places.current, places.sums], strict=True))
        plan = plan_loop(program.equations, program.constants, program.inputs, products, {*fixed, whole, limited})
        loop = self._over_parameters(program, plan, fixed)
        self.places = places._replace(gradient=loop.row(whole))
        return loop, loop.row(limited)

    def _update(self, rule: RulePrograms, limited: int) -> Loop:
        program, places = rule.update, self.places
        states = [places.of_state(1 + i) for i in range(places.states)]
        fixed = dict(zip(program.inputs, [places.current, limited, *states], strict=True))
        fixed |= {v: places.changed + i * places.parameters for i, v in enumerate(program.outputs)}
        plan = plan_loop(program.equations, program.constants, program.inputs, kept=fixed)
        self._known |= {rule.lr: places.lr, rule.t: places.time, rule.squares: places.squares}
        return self._over_parameters(program, plan, fixed)

    def _over_parameters(self, program: Program, plan: LoopPlan, fixed: Mapping[int, int]) -> Loop:
        """A program as a loop over all parameters, one in a lane; ``fixed`` says where its rows lie already."""
        places = self.places
        sums = {0: places.penalty, 1: places.squares, None: places.unwanted}
        return Loop(self.workspace, plan, self._leaves(program.leaves), sums=sums, fixed=fixed, width=places.parameters)


class TrainingSteps(Protocol):
    """What runs the steps of a training, whose numbers are in its ``memory``; ``by`` says what that is."""

    by: str
    places: StepPlaces
    cost: Cost
    memory: Any

    def fresh(self) -> TrainingSteps:
        """The same for another training: with a memory of its own, as it is at the beginning."""

    def run(self, part: Part) -> Any:
        """The losses of some steps, (objective, data loss) of each; for a part that does not finish its step they say
        nothing.  Where a step was not finite, it was not taken, and the array ends before it.
        """

    def keep(self, key: str, more: dict[str, Any]) -> None:
        """Write them to the disk, with what else belongs to the training."""


class Backend(NamedTuple):
    """A way to run steps: the workspace in which these are to be laid out, and what is made of the layout.

    ``alone`` tells whether samples go through their programs one by one, given how many of them a step takes at most,
    where that is known, and of how many forms.  ``kept`` are steps that were written to the disk, by their key, with
    what else belongs to the training.
    """

    workspace: Callable[[], Workspace]
    steps: Callable[[StepLayout], TrainingSteps]
    alone: Callable[[int | None, int], bool]
    kept: Callable[[str], tuple[TrainingSteps, dict[str, Any]] | None]
