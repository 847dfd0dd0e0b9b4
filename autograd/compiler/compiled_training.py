"""Training as one compiled loop: the sums over the samples of a batch, then the optimiser's rule.

The loss of one sample is traced and its gradient with it.  What does not depend on the sample is computed once
a step, before the samples; the gradients that reach it go on, after them, to the parameters.  Two loops over all
parameters follow, one parameter in a lane: the first adds the penalty's gradient and clips, the second is the rule.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import nullcontext
from typing import Any, NamedTuple, Protocol

import numpy as np

from ..errors import TraceError, describe, located
from ..graph import dependents
from ..modes import without_collector
from ..primitives import pick, sqrt
from ..program import (
    Program,
    Reach,
    Recent,
    computed_before,
    dependent_variables,
    lasting,
    program_of,
    trace,
    tracing,
)
from ..transforms import value_and_grad
from ..value import Value, as_value
from .adjoint import adjoint
from .agreement import check_agreement, some_of
from .draws import Draws
from .expansion import Writer, expand
from .fallback import NotCompilable
from .forms import Samples
from .llvm import Form, PackArguments, TrainJob, lanes
from .plan import ONES, Indexed, LoopPlan, Plan, Products, plan_loop
from .run import (
    Assembly,
    Executable,
    Kept,
    Line,
    Loop,
    Part,
    Places,
    Workspace,
    address,
    allocate,
    keep,
    kept,
    parts,
    row_stride,
    sources,
)


class SampleSums:
    """The program of one sample's loss and gradient, and the products that are to be summed over the samples.

    Its variables are of three kinds: ``uniform`` ones are alike for all samples, ``varying`` ones differ, and
    ``late`` ones carry the gradients that reached uniform variables, the ``edge``, on to the parameters.
    ``plan`` computes the first two for every block of samples, ``late_plan`` the third after all of them.

    The places of the sums: those of the parameters' gradients, in order, then of the edge's, then of the loss.
    """

    def __init__(
        self, loss: Callable[..., Any], table: Samples, parameters: Sequence[Value], of: Reach, first: bool = True
    ) -> None:
        def outputs(*xs: Any) -> list[Any]:
            root = loss(*table.arguments(xs))
            with located("the loss"):
                return [as_value(root)]

        rows = some_of(table)
        traced = trace(outputs, [""] * table.columns, of, rows[0], twice=first)
        samples, (root,), self.generators, guard, self.reach, order = traced
        before = computed_before(order)
        for node in before & dependents(order, parameters) if before else ():
            raise TraceError(
                f"the loss uses {describe(node)}, which was computed from parameters before the loss was called, "
                f"and so would stay what it is: compute it in the loss"
            )
        with tracing():
            guarded = root if guard is None else root + guard
        forward = program_of(samples, [root, guarded])
        leaves = {leaf: v for v, leaf in forward.leaves.items()}
        places = {leaves[p]: i for i, p in enumerate(parameters) if p in leaves}
        sampled = dependent_variables(forward.equations, forward.inputs)
        edge = edge_of(forward, sampled, places)
        ends = places | {v: len(parameters) + i for i, v in enumerate(edge)}

        writer = Writer(forward)
        seed = writer.input()
        self.inputs, self.cotangents = tuple(writer.inputs), tuple([writer.input() for _ in edge])
        body = adjoint(forward, writer, {forward.outputs[0]: seed}, ends, picks_of(forward, sampled))
        after = adjoint(forward, writer, dict(zip(edge, self.cotangents, strict=True)), places)
        value, one = writer.names[forward.outputs[1]], writer.number(1.0)
        products, late_products = (
            [
                Products(g, tuple([ONES if x == one else x for x in of.factors]), of.places)
                for g, of in found.products.items()
            ]
            for found in (body, after)
        )
        indices = {out: args for out, _, args in forward.equations if out in body.picks}
        look_ups = [
            Indexed(g, writer.names[indices[out][0]], tuple([ends.get(choice) for choice in indices[out][1:]]))
            for out, g in body.picks.items()
        ]
        whole = Products(seed, (value,), [len(parameters) + len(edge)])
        every = [*products, *late_products, *look_ups]
        self.program = writer.program([value, *dict.fromkeys(v for of in every for v in of.rows if v is not ONES)])
        name = getattr(loss, "__name__", type(loss).__name__)
        result, rest = writer.program([value]), [1.0] + [0.0] * len(edge)
        check_agreement(outputs, traced, lambda row: result.evaluate([*row, *rest]), table, name, not first)

        reached = {place for of in every for place in of.places}
        self.reached = [p for i, p in enumerate(parameters) if i in reached]  # the parameters that get a gradient
        equations, constants = self.program.equations, self.program.constants
        varying = self.program.dependents(self.inputs)
        late = self.program.dependents(self.cotangents) - varying
        early = [e for e in equations if e.out not in late]
        self.plan = plan_loop(early, constants, self.inputs, [*products, *look_ups, whole])
        self.late_plan = plan_loop([e for e in equations if e.out in late], constants, self.cotangents, late_products)


def edge_of(program: Program, sampled: Collection[int], parameters: Iterable[int]) -> list[int]:
    """The results computed from parameters and no sample that others, computed from samples, use; or the root."""
    root = program.outputs[0]
    moved = program.dependents(parameters) - sampled
    edge = [root] if root in moved or root in parameters else []
    edge += [arg for out, _, args in program.equations if out in sampled for arg in args if arg in moved]
    return list(dict.fromkeys(edge))


def picks_of(program: Program, sampled: set[int]) -> list[int]:
    """The results that pick, by an index of each sample, from what is alike for all of them."""
    differ = sampled.union(program.inputs)
    return [
        out for out, primitive, (first, *rest) in program.equations
        if primitive is pick and out in sampled and differ.isdisjoint(rest)
    ]  # fmt: skip


class Rule(Protocol):
    """What an optimiser does to one parameter p with gradient g, as functions that can be traced."""

    states: int  # numbers it keeps for each parameter
    clip_norm: float | None  # None: shrink has nothing to do

    def limit(self, g: Any) -> Any:
        """What counts of a gradient."""

    def shrink(self, norm: Any) -> Any:
        """What every gradient is then multiplied by, given the length of all of them."""

    def update(self, p: Any, g: Any, lr: Any, t: Any, *state: Any) -> tuple[Any, ...]:
        """The new parameter and state."""


class Layout(NamedTuple):
    """Where the numbers of a training lie in its workspace: for each of its parameters, and of a step."""

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

    def of_state(self, i: int) -> int:
        """Where the i-th state of the parameters lies; the 0-th are the parameters themselves."""
        return self.current + i * self.parameters


def lay_out(workspace: Workspace, parameters: int, states: int, edges: int, moving: bool) -> Layout:
    """Take room for the numbers of a training; ``moving`` parameters need it twice, before and after a step."""
    room = -(-max(parameters, 1) // workspace.lanes) * workspace.lanes
    current = workspace.take((1 + states) * room)
    changed = workspace.take((1 + states) * room) if moving else current
    sums = workspace.take(room + edges + 4)
    edge = sums + room
    loss, penalty, squares, unwanted = (edge + edges + i for i in range(4))
    sums_vectors = (workspace.size - sums) // workspace.lanes
    return Layout(
        room, current, changed, sums, sums_vectors, edge, loss, penalty, squares, unwanted,
        lr=workspace.number(0.0), time=workspace.number(1.0), weight=workspace.number(0.0),
    )  # fmt: skip


class Training:
    """A loss over samples and a rule for its parameters, compiled; ``run`` takes steps.

    ``samples`` are such as it will run on, of each form that there is: a few of them are computed eagerly, too, to
    compare.  Each form has a program of its own; they share the parameters, the sums and the kernels.
    ``penalty(p)`` is added to the loss for every parameter.  Without a rule, ``run`` only adds up.  ``of_rule`` is
    what the rule can reach, where that is to be known from outside.
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
    ) -> None:
        self.parameters = list(parameters)
        self.of_rule = of_rule or Reach(rule, penalty)
        of_loss, of_penalty = Reach(loss), Reach(penalty)
        forms = tuple([some.form for some in samples])
        key = _structure(rule, self.parameters, forms, of_loss, self.of_rule, of_penalty)
        walks = (of_loss, self.of_rule, of_penalty)
        known = RECENT.get(key) if key is not None else None
        lasts = lasting(key) if known is None and key is not None else None
        if lasts is not None and (found := kept(lasts)) is not None:
            known = from_kept(found)
            RECENT.keep(key, known)
        if known is not None:
            known.give(self, walks)
        else:
            sections = self._compile(loss, samples, rule, penalty, of_loss)
            if key is not None and self.reach is of_loss and (made := shared(self, walks)) is not None:
                RECENT.keep(key, made)
                if lasts is not None:
                    keep(lasts, to_be_kept(made, sections))
        self.memory = self.executable.memory()

    def _compile(
        self,
        loss: Callable[..., Any],
        samples: Sequence[Samples],
        rule: Rule | None,
        penalty: Callable[[Any], Any] | None,
        of: Reach,
    ) -> dict[str, list[Line]]:
        """Everything from the trace of the loss to machine code; the lines of which it consists."""
        parameters = self.parameters
        self.states = rule.states if rule else 0
        self.sums: list[SampleSums] = []
        self.reach = of
        for some in samples:
            with located(some.where) if some.where else nullcontext():
                self.sums.append(SampleSums(loss, some, parameters, self.reach, first=not self.sums))
            self.reach = self.sums[-1].reach
        self.generators = [generator for sums in self.sums for generator in sums.generators]
        if self.generators and len(samples) > 1:
            raise NotCompilable(
                "the loss draws random numbers for rows of unequal length, which compiled steps cannot: give rows of "
                "one length, or leave the drawing out, as Dropout(0.0) does"
            )
        reached = {p for sums in self.sums for p in sums.reached}
        self.reached = [p for p in parameters if p in reached]
        self.operations = sum(len(sums.program.equations) for sums in self.sums)
        self.plan = Plan([call for sums in self.sums for call in sums.plan.each.calls])
        self.workspace = Workspace(lanes())
        edges = sum(len(sums.cotangents) for sums in self.sums)
        self.layout = lay_out(self.workspace, len(parameters), self.states, edges, rule is not None)
        self._places = {parameter: self.layout.current + i for i, parameter in enumerate(parameters)}
        self._captured: dict[Value, int] = {}  # other Values, read anew in every call
        self._gradients = self.layout.sums
        loops: list[Loop] = []
        sections: dict[str, list[Line]] = {"penalty_code": [], "gradients": [], "rule": [], "update": []}
        edge = self.layout.edge
        for i, sums in enumerate(self.sums):
            loops.append(loop := self._over_samples(sums, edge))
            sections |= {f"prologue{i}": loop.once, f"body{i}": loop.each}
            sections[f"epilogue{i}"] = self._epilogue(sums, loop.places, edge)
            edge += len(sums.cotangents)
        if rule is not None:
            clip = self._clip(rule, penalty)
            update = self._update(rule)
            sections |= {"penalty_code": clip.once, "gradients": clip.each, "rule": update.once, "update": update.each}
        self.executable = Executable(self.workspace, sections, "train")
        self._forms = [FormInPlace.of(*found) for found in zip(self.sums, loops, strict=True)]
        self._begin()
        return sections

    def _over_samples(self, of: SampleSums, edge: int) -> Loop:
        """The loss and gradient of every sample of one form, added up."""
        n, layout = len(self.parameters), self.layout
        sums: dict[int | None, int] = {i: layout.sums + i for i in range(n)}
        sums |= {n + i: edge + i for i in range(len(of.cotangents))}
        sums |= {n + len(of.cotangents): layout.loss, None: layout.unwanted}
        return Loop(self.workspace, of.plan, self._leaves(of.program), sums=sums)

    def _leaves(self, program: Program) -> dict[int, int]:
        """The places of the Values that a program closes over: new ones for those that have none yet."""
        for leaf in program.leaves.values():
            if leaf not in self._places:
                self._places[leaf] = self._captured[leaf] = self.workspace.take(1)
        return {v: self._places[leaf] for v, leaf in program.leaves.items()}

    def _epilogue(self, sums: SampleSums, places: Places, edge: int) -> list[Line]:
        """What carries the gradients of the edge on: first each sum is put into the row of its cotangent."""
        plan, workspace = sums.late_plan, self.workspace
        if not plan.inputs:
            return []
        rows = workspace.rows(allocate(plan.each, plan.inputs, ()), workspace.lanes)
        sources = workspace.table(edge + i for i in range(len(plan.inputs)))
        late = Assembly(plan.each, places._replace(rows=rows), workspace)
        first, stride = rows[plan.inputs[0]], row_stride(workspace.lanes)
        return [Line("pack", PackArguments(len(plan.inputs), sources, first, stride)), *late.packs, *late.lines]

    def _clip(self, rule: Rule, penalty: Callable[[Any], Any] | None) -> Loop:
        """From the gradients of the loss to those of the objective, and to what the rule sees of them."""

        def gradient(p: Value, g: Value) -> list[Any]:
            value, slope = (0.0, 0.0) if penalty is None else value_and_grad(penalty)(p)
            whole = g if penalty is None else g + slope
            return [as_value(value), whole, rule.limit(whole)]

        program, layout = program_for_one(gradient, ["p", "g"], self.of_rule), self.layout
        value, whole, limited = program.outputs
        products = [] if penalty is None else [Products(value, (ONES,), [0])]
        products += [] if rule.clip_norm is None else [Products(limited, (limited,), [1])]
        fixed = dict(zip(program.inputs, [layout.current, layout.sums], strict=True))
        plan = plan_loop(program.equations, program.constants, program.inputs, products, {*fixed, whole, limited})
        loop = self._over_parameters(program, plan, fixed)
        self._gradients, self._clipped = loop.row(whole), loop.row(limited)
        return loop

    def _update(self, rule: Rule) -> Loop:
        """The rule."""
        lr, t, squares = Value(0.0, label="lr"), Value(0.0, label="t"), Value(0.0, label="Σg²")

        def updated(p: Value, g: Value, *state: Value) -> list[Any]:
            seen = g if rule.clip_norm is None else g * rule.shrink(sqrt(squares))
            # Times 1, so that every result is a row of its own, whatever the rule returns.
            return [as_value(x) * 1.0 for x in rule.update(p, seen, lr, t, *state)]

        program, layout = program_for_one(updated, ["p", "g", *[""] * self.states], self.of_rule), self.layout
        if len(program.outputs) != 1 + self.states:
            raise NotCompilable(
                f"the optimiser keeps {self.states} number(s) for each parameter, and its rule gives "
                f"{len(program.outputs) - 1}"
            )
        states = [layout.of_state(1 + i) for i in range(self.states)]
        fixed = dict(zip(program.inputs, [layout.current, self._clipped, *states], strict=True))
        fixed |= {v: layout.changed + i * layout.parameters for i, v in enumerate(program.outputs)}
        plan = plan_loop(program.equations, program.constants, program.inputs, kept=fixed)
        self._places |= {lr: layout.lr, t: layout.time, squares: layout.squares}
        return self._over_parameters(program, plan, fixed)

    def _over_parameters(self, program: Program, plan: LoopPlan, fixed: Mapping[int, int]) -> Loop:
        """A program as a loop over all parameters, one in a lane; ``fixed`` says where its rows lie already."""
        layout = self.layout
        sums = {0: layout.penalty, 1: layout.squares, None: layout.unwanted}
        return Loop(self.workspace, plan, self._leaves(program), sums=sums, fixed=fixed, width=layout.parameters)

    def _begin(self) -> None:
        """Tell the driver where the code is."""
        fields = self.executable.fields
        self._forms = [
            found._replace(form=found.form._replace(**{
                f"{section}{rest}": fields[f"{section}{i}{rest}"]
                for section in ("prologue", "body", "epilogue")
                for rest in ("", "_lines")
            }))
            for i, found in enumerate(self._forms)
        ]  # fmt: skip
        self._job = self._new_job()

    def _new_job(self) -> TrainJob[int]:
        """What the driver is told in every call; the rest, for one call each, is 0."""
        layout = self.layout
        return TrainJob(
            **{name: x for name, x in self.executable.fields.items() if name in TrainJob._fields},
            weight=layout.weight,
            sums=layout.sums, sums_vectors=layout.sums_vectors, parameters=layout.parameters, current=layout.current,
            changed=layout.changed, changed_vectors=(1 + self.states) * layout.parameters // self.workspace.lanes,
            time=layout.time, loss=layout.loss, penalty=layout.penalty,
            forms=0, sequential=0, order=0, groups=0, bounds=0, steps=0, begin=1, finish=1, losses=0, reload=0,
            failed=-1,
        )  # fmt: skip

    def changed(self) -> str:
        """The name of something that the loss was compiled for, and that is not what it was; "" if all is."""
        return self.reach.changed() or self.of_rule.changed()

    def load(self, lr: float = 0.0, t: int = 0, state: Sequence[Sequence[float]] = ()) -> None:
        """Take over the numbers of all Values, and the optimiser's."""
        for i, numbers in enumerate([[p._data for p in self.parameters], *state]):
            start = self.layout.of_state(i)
            self.memory[start : start + len(self.parameters)] = numbers
        for leaf, place in self._captured.items():
            self.memory[place] = leaf._data
        self.memory[self.layout.lr], self.memory[self.layout.time] = lr, t + 1

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
        for part in parts(data, order, bounds, bool(generators)):
            if draws is not None:
                part = part._replace(tables=[[*part.tables[0], draws.take(part.samples)]])
            losses = self._run(part)
            taken.append(losses if part.finish else losses[:0])
            if len(losses) < len(part.bounds):
                if draws is not None:
                    draws.keep(int((bounds[:, 1] - bounds[:, 0])[: sum(map(len, taken))].sum()))
                break
        return np.concatenate(taken) if len(taken) > 1 else taken[0]

    def _run(self, part: Part) -> Any:
        """The losses of some steps, as for ``run``; for a part that does not finish its step they say nothing."""
        order, groups, bounds = part.order, part.groups, part.bounds
        losses = np.empty((len(bounds), 2))
        form, first, end = groups[0].tolist()
        same = len(bounds) > 1 and end - first <= self._forms[form].form.block and bool((groups == groups[0]).all())
        records = [
            sources(tables, first_row, form.row_stride, order is None, self.workspace.lanes)
            for tables, (form, first_row) in zip(part.tables, self._forms, strict=True)
        ]
        forms = np.array([
            form._replace(sources=address(some), tables=len(some))
            for some, (form, _) in zip(records, self._forms, strict=True)
        ])  # fmt: skip
        done = TrainJob(*self.executable.run(self.memory, self._job._replace(
            forms=address(forms), sequential=int(order is None), order=0 if order is None else address(order),
            groups=address(groups), bounds=address(bounds), steps=len(bounds),
            begin=int(part.begin), finish=int(part.finish), losses=address(losses), reload=int(not same),
        )))  # fmt: skip
        return losses if done.failed < 0 else losses[: done.failed]

    def mean(self, data: Any, samples: int) -> tuple[float, Any] | None:
        """The mean loss over so many samples, all that there are, and its gradient; None where one is not finite."""
        self.load()
        losses = self.run(data, None, [[0, samples]])
        return (float(losses[0, 1]), self.gradient()) if len(losses) else None

    def steps_taken(self) -> int:
        """The number of steps since the optimiser's first: the t of the last one."""
        return int(self.memory[self.layout.time]) - 1

    def store(self) -> list[list[float]]:
        """Give the parameters their numbers; returns the state."""
        parameters, *state = (self._numbers(self.layout.of_state(i)) for i in range(1 + self.states))
        for parameter, x in zip(self.parameters, parameters, strict=True):
            parameter._data = x
        return state

    def gradients(self) -> list[float]:
        """The gradient of the objective in the last step."""
        return self._numbers(self._gradients)

    def gradient(self) -> Any:
        """The same as an array."""
        return self.memory[self._gradients : self._gradients + len(self.parameters)].copy()

    def _numbers(self, start: int) -> list[float]:
        """One number for each parameter."""
        numbers: list[float] = self.memory[start : start + len(self.parameters)].tolist()
        return numbers


class FormInPlace(NamedTuple):
    """A form of samples as the driver knows it, and the place of the row that takes their first column."""

    form: Form[int]
    first_row: int

    @classmethod
    def of(cls, sums: SampleSums, loop: Loop) -> FormInPlace:
        """Without its code yet."""
        nothing = Form(*[0] * len(Form._fields))
        rows = loop.row(sums.inputs[0]), loop.row(sums.inputs[-1])
        form = nothing._replace(row_stride=row_stride(loop.width), block=loop.width, weights_row=rows[1])
        return cls(form, rows[0])


class Shared(NamedTuple):
    """What trainings of one structure have in common: all but Values, generators, and what they reach.

    These are kept by their places: among the parameters, in the walks through what loss, rule and penalty reach.
    """

    attributes: dict[str, Any]
    captured: list[tuple[int, int, int]]  # the walk, the number of the Value in it, its place in the workspace
    reached: list[int]
    generators: list[int]

    def give(self, training: Training, walks: Sequence[Reach]) -> None:
        """Make it the training's own."""
        vars(training).update(self.attributes)
        training._captured = {walks[walk].leaves[i]: place for walk, i, place in self.captured}
        training.reach, training.reached = walks[0], [training.parameters[i] for i in self.reached]
        training.generators = [walks[0].generators[i] for i in self.generators]


RECENT: Recent[Shared] = Recent()


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


def shared(training: Training, walks: Sequence[Reach]) -> Shared | None:
    """What others can take of a training that was just compiled; None where it uses a Value that no walk has met."""
    places = {p: i for i, p in enumerate(training.parameters)}
    numbers = {leaf: (walk, i) for walk, of in enumerate(walks) for i, leaf in enumerate(of.leaves)}
    drawn = {id(generator): i for i, generator in enumerate(walks[0].generators)}
    if not numbers.keys() >= training._captured.keys() or not {*map(id, training.generators)} <= drawn.keys():
        return None
    own = ("parameters", "of_rule", "sums", "reach", "reached", "generators", "_places", "_captured")
    return Shared(
        {name: x for name, x in vars(training).items() if name not in own},
        [(*numbers[leaf], place) for leaf, place in training._captured.items()],
        [places[p] for p in training.reached],
        [drawn[id(generator)] for generator in training.generators],
    )


def to_be_kept(made: Shared, sections: dict[str, list[Line]]) -> Kept:
    """What is written to the disk of what trainings of one structure have in common."""
    own, (_, *places) = made.attributes, made
    more = {
        "own": {name: own[name] for name in ("states", "operations", "layout", "_gradients")},
        "forms": [(*form[:3], first_row) for form, first_row in own["_forms"]],
        "places": places,
    }
    return Kept(own["workspace"], sections, more)


def from_kept(found: Kept) -> Shared:
    """The same, read from the disk."""
    training, more = object.__new__(Training), found.more
    vars(training).update(more["own"], layout=Layout(*more["own"]["layout"]), plan=Plan([]), workspace=found.workspace)
    training.executable = Executable(found.workspace, found.sections, "train")
    nothing = Form(*[0] * len(Form._fields))
    training._forms = [
        FormInPlace(Form(*numbers, *nothing[len(numbers) :]), first_row) for *numbers, first_row in more["forms"]
    ]
    training._begin()
    captured, *others = more["places"]
    return Shared(vars(training), [*map(tuple, captured)], *others)


def program_for_one(f: Callable[..., list[Any]], labels: list[str], of: Reach) -> Program:
    """The program of what is done to one parameter, by functions that reach ``of``."""
    found = trace(f, labels, of)
    if found.generators:
        raise NotCompilable(
            "an optimiser that draws random numbers cannot be compiled: draw them before the training, or train with "
            "compiled=False"
        )
    if found.guard is None:
        return expand(program_of(found.inputs, found.outputs))
    with tracing():
        *outputs, last = found.outputs
        return expand(program_of(found.inputs, [*outputs, last + found.guard]))
