"""Training as one compiled loop: the sums over the samples of a batch, then the optimiser's rule.

The loss of one sample is traced and its gradient with it.  What does not depend on the sample is computed once
a step, before the samples; the gradients that reach it go on, after them, to the parameters.  Two loops over all
parameters follow, one parameter in a lane: the first adds the penalty's gradient and clips, the second is the rule.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from ..errors import TraceError, describe
from ..graph import dependents, topological_order
from ..modes import without_collector
from ..primitives import sqrt
from ..program.equations import Program
from ..program.trace import computed_before, expand, program_of, trace, traced_input, tracing
from ..transforms.derivatives import value_and_grad
from ..value import Value, as_value
from .adjoint import adjoint
from .draws import Draws
from .llvm.codegen import lanes
from .llvm.driver import TRAIN
from .plan.calls import ONE
from .plan.pieces import plan
from .plan.sums import Product
from .run.executable import Executable
from .run.workspace import NOWHERE, Line, Loop, Workspace, allocate, row_stride


class SampleSums:
    """The program of one sample's loss and gradient, and the products that are to be summed over the samples.

    Its variables are of three kinds: ``uniform`` ones are alike for all samples, ``varying`` ones differ, and
    ``late`` ones carry the gradients that reached uniform variables, the ``edge``, on to the parameters.
    """

    def __init__(self, loss: Callable[..., Any], inputs: int, parameters: Sequence[Value]) -> None:
        samples, (root,), self.generators = trace(lambda *xs: [loss(*xs)], [""] * inputs)
        seed = traced_input("weight")
        order = topological_order(root)
        for node in computed_before(order) & dependents(order, parameters):
            raise TraceError(
                f"the loss uses {describe(node)}, which was computed from parameters before the loss was called, "
                f"and so would stay what it is: compute it in the loss"
            )
        sampled = dependents(order, samples)
        moved = dependents(order, parameters) - sampled
        edge = [root] if root in moved else []
        edge += [p for node in order if node in sampled for p in node.parents if p in moved and p.parents]
        self.edge = list(dict.fromkeys(edge))
        cotangents = [traced_input("cotangent") for _ in self.edge]
        with tracing():
            body = adjoint(order, {root: seed}, [*parameters, *self.edge])
            seeds = dict(zip(self.edge, cotangents, strict=True))
            after = adjoint(topological_order(*self.edge), seeds, parameters)
        pairs = [pair for pairs in (body, after) for leaf in pairs for pair in pairs[leaf]]
        program = program_of([*samples, seed, *cotangents], [root, *(node for pair in pairs for node in pair)])
        self.program = expand(program)
        n = len(samples) + 1
        self.inputs, self.cotangents = program.inputs[:n], program.inputs[n:]
        self.varying = self.program.dependents(self.inputs)
        self.late = self.program.dependents(self.cotangents) - self.varying
        self.uniform = {equation.out for equation in self.program.equations} - self.varying - self.late
        places = {leaf: i for i, leaf in enumerate([*parameters, *self.edge])}
        self.loss_place = len(places)
        outputs = iter(self.program.outputs)
        value = next(outputs)
        self.products, self.late_products = (
            [Product(next(outputs), self._factor(next(outputs)), places[leaf]) for leaf in found for _ in found[leaf]]
            for found in (body, after)
        )
        self.products.append(Product(self.inputs[-1], value, self.loss_place))

    def _factor(self, v: int) -> int:
        return ONE if self.program.constants.get(v) == 1.0 else v


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


class Training:
    """A loss over samples and a rule for its parameters, compiled; ``run`` takes steps.

    ``penalty(p)`` is added to the loss for every parameter.  Without a rule, ``run`` only adds up.
    """

    @without_collector()
    def __init__(
        self,
        loss: Callable[..., Any],
        inputs: int,
        parameters: Sequence[Value],
        rule: Rule | None = None,
        penalty: Callable[[Any], Any] | None = None,
    ) -> None:
        self.parameters = list(parameters)
        self.states = rule.states if rule else 0
        self.sums = sums = SampleSums(loss, inputs, parameters)
        self.workspace = workspace = Workspace(lanes())
        n = len(parameters)
        self._count = count = -(-max(n, 1) // workspace.lanes) * workspace.lanes
        self._current = current = workspace.take((1 + self.states) * count)
        changed = workspace.take((1 + self.states) * count) if rule else current
        gradients = workspace.take(count)
        others = workspace.take(len(sums.edge) + 4)  # edge gradients, loss, penalty, Σg², what nobody wants
        loss_place, penalty_place, self._squares, nowhere = (others + len(sums.edge) + i for i in range(4))
        self._lr, self._t, weight = workspace.number(0.0), workspace.number(1.0), workspace.number(0.0)
        places = {i: gradients + i for i in range(n)} | {n + i: others + i for i in range(len(sums.edge))}
        places |= {sums.loss_place: loss_place, NOWHERE: nowhere}

        position = {parameter: current + i for i, parameter in enumerate(parameters)}
        self._captured = {v: workspace.take(1) for v in sums.program.leaves.values() if v not in position}
        position |= self._captured
        leaves = {v: position[leaf] for v, leaf in sums.program.leaves.items()}
        loop = Loop(
            workspace, sums.program, leaves, sums.uniform, sums.varying,
            inputs=sums.inputs, products=sums.products, sums=places,
        )  # fmt: skip
        sections = {"prologue": loop.once, "body": loop.each, "epilogue": self._epilogue(loop)}
        sections |= {"gradients": [], "rule": [], "update": []}
        self._gradients = gradients
        if rule is not None:
            clip = self._clip(rule, penalty, gradients, [penalty_place, self._squares, nowhere])
            update = self._update(rule, changed)
            sections["epilogue"] += clip.once
            sections |= {"gradients": clip.each, "rule": update.once, "update": update.each}
        self.plan, self.operations = loop.body, len(sums.program.equations)
        self.executable = Executable(workspace, sections, "train")
        self.memory = self.executable.memory()
        self._fields = self.executable.fields | {
            "columns": len(sums.inputs) - 1, "first_row": loop.rows[sums.inputs[0]],
            "row_stride": row_stride(loop.width), "block": loop.width,
            "seed": loop.rows[sums.inputs[-1]], "seed_value": weight,
            "sums": gradients, "sums_vectors": (self._lr - gradients) // workspace.lanes,
            "parameters": count, "changed": changed, "changed_vectors": (1 + self.states) * count // workspace.lanes,
            "current": current, "time": self._t, "loss_place": loss_place, "penalty_place": penalty_place,
        }  # fmt: skip

    def _epilogue(self, loop: Loop) -> list[Line]:
        """What carries the gradients of the edge on: first each sum is put into the row of its cotangent."""
        sums, workspace = self.sums, self.workspace
        if not sums.cotangents:
            return []
        calls = plan(sums.program.part(sums.late), sums.late_products, set(loop.scalars), ())
        rows = workspace.rows(allocate(calls, sums.cotangents, ()), workspace.lanes)
        sources = workspace.table([loop.sums[len(self.parameters) + i] for i in range(len(sums.cotangents))])
        packs, lines = loop.code(calls, rows)
        first, stride = rows[sums.cotangents[0]], row_stride(workspace.lanes)
        return [["pack", len(sums.cotangents), sources, first, stride], *packs, *lines]

    def _clip(self, rule: Rule, penalty: Callable[[Any], Any] | None, gradients: int, sums: Sequence[int]) -> Loop:
        """From the gradients of the loss to those of the objective, and to what the rule sees of them."""

        def gradient(p: Value, g: Value) -> list[Any]:
            value, slope = (0.0, 0.0) if penalty is None else value_and_grad(penalty)(p)
            whole = g if penalty is None else g + slope
            return [as_value(value), whole, rule.limit(whole)]

        program = self._traced(gradient, ["p", "g"])
        value, whole, limited = program.outputs
        products = [] if penalty is None else [Product(value, ONE, 0)]
        products += [] if rule.clip_norm is None else [Product(limited, limited, 1)]
        loop = self._over_parameters(
            program, {}, [self._current, gradients], {whole: None, limited: None}, products, sums
        )
        self._gradients, self._clipped = loop.row(whole), loop.row(limited)
        return loop

    def _update(self, rule: Rule, changed: int) -> Loop:
        """The rule."""
        lr, t, squares = Value(0.0, label="lr"), Value(0.0, label="t"), Value(0.0, label="Σg²")

        def updated(p: Value, g: Value, *state: Value) -> list[Any]:
            seen = g if rule.clip_norm is None else g * rule.shrink(sqrt(squares))
            # Times 1, so that every result is a row of its own, whatever the rule returns.
            return [as_value(x) * 1.0 for x in rule.update(p, seen, lr, t, *state)]

        program = self._traced(updated, ["p", "g", *[""] * self.states])
        stride = self._count
        inputs = [self._current, self._clipped, *(self._current + (1 + i) * stride for i in range(self.states))]
        kept = {v: changed + i * stride for i, v in enumerate(program.outputs)}
        return self._over_parameters(program, {lr: self._lr, t: self._t, squares: self._squares}, inputs, kept)

    def _traced(self, f: Callable[..., list[Any]], labels: list[str]) -> Program:
        traced = trace(f, labels)
        if traced.generators:
            raise TraceError("the rule of an optimiser that draws random numbers cannot be compiled")
        return expand(program_of(traced.inputs, traced.outputs))

    def _over_parameters(
        self,
        program: Program,
        leaves: Mapping[Value, int],
        inputs: Sequence[int],
        kept: Mapping[int, int | None],
        products: Sequence[Product] = (),
        sums: Sequence[int] = (),
    ) -> Loop:
        """A program as a loop over all parameters, one in a lane; ``inputs`` says where its inputs stand."""
        varying = program.dependents(program.inputs)
        return Loop(
            self.workspace, program, {v: leaves[leaf] for v, leaf in program.leaves.items()},
            {e.out for e in program.equations} - varying, varying, inputs=program.inputs, width=self._count,
            products=products, sums=dict(enumerate(sums[:-1])) | {NOWHERE: sums[-1]} if sums else {},
            kept={**kept, **dict(zip(program.inputs, inputs, strict=True))},
        )  # fmt: skip

    def load(self, lr: float = 0.0, t: int = 0, state: Sequence[Sequence[float]] = ()) -> None:
        """Take over the numbers of all Values, and the optimiser's."""
        n = len(self.parameters)
        self.memory[self._current : self._current + n] = [p._data for p in self.parameters]
        for leaf, place in self._captured.items():
            self.memory[place] = leaf._data
        for i, numbers in enumerate(state):
            start = self._current + (1 + i) * self._count
            self.memory[start : start + n] = numbers
        self.memory[self._lr], self.memory[self._t] = lr, t + 1

    def run(self, data: Any, order: Any, bounds: Any) -> Any:
        """Take a step for each (first, end) in bounds, over those samples of the order.

        ``data`` is an array of shape (samples, numbers of a sample); ``order`` holds numbers of samples, or is
        None where they are taken as they stand.  Returns (objective, data loss) of every step, as an array; where
        a step was not finite, it was not taken, and the array ends before it.
        """
        bounds = np.ascontiguousarray(bounds, dtype=np.int64).reshape(-1, 2)
        if not self.sums.generators:
            return self._run(np.asarray(data, dtype=np.float64), order, bounds)
        rows = np.concatenate([np.arange(first, end) for first, end in bounds])
        ends = np.cumsum(bounds[:, 1] - bounds[:, 0])
        draws = Draws(self.sums.generators)
        samples = data[rows if order is None else np.asarray(order)[rows]]
        losses = self._run(
            np.hstack([samples, draws.take(len(rows))]), None, np.stack([np.r_[0, ends[:-1]], ends], axis=1)
        )
        if len(losses) < len(bounds):
            draws.keep(int(ends[len(losses) - 1]) if len(losses) else 0)
        return losses

    def _run(self, data: Any, order: Any, bounds: Any) -> Any:
        order = None if order is None else np.ascontiguousarray(order, dtype=np.int64)
        losses = np.empty((len(bounds), 2))
        same = bool((bounds == bounds[0]).all()) and bounds[0, 1] - bounds[0, 0] <= self._fields["block"]
        job = self.executable.run(self.memory, TRAIN, self._fields | {
            "data": data.ctypes.data, "sample_stride": data.strides[0] // 8, "column_stride": data.strides[1] // 8,
            "sequential": int(order is None), "order": 0 if order is None else order.ctypes.data,
            "bounds": bounds.ctypes.data, "steps": len(bounds), "losses": losses.ctypes.data,
            "failed": -1, "reload": int(not same),
        })  # fmt: skip
        failed = int(job[TRAIN.index("failed")])
        return losses if failed < 0 else losses[:failed]

    def add_gradient(self, data: Any) -> float | None:
        """The mean loss over all samples; its gradient is added to the parameters' ``.grad``.  None if not finite."""
        self.load()
        losses = self.run(data, None, [[0, len(data)]])
        if not len(losses):
            return None
        for parameter, gradient in zip(self.parameters, self.gradients(), strict=True):
            if parameter.requires_grad:
                parameter.grad += gradient
        return float(losses[0, 1])

    def steps_taken(self) -> int:
        """The number of steps since the optimiser's first: the t of the last one."""
        return int(self.memory[self._t]) - 1

    def store(self) -> list[list[float]]:
        """Give the parameters their numbers; returns the state."""
        n = len(self.parameters)
        for parameter, x in zip(self.parameters, self.memory[self._current : self._current + n].tolist(), strict=True):
            parameter._data = x
        starts = [self._current + (1 + i) * self._count for i in range(self.states)]
        return [self.memory[start : start + n].tolist() for start in starts]

    def gradients(self) -> list[float]:
        """The gradient of the objective in the last step."""
        numbers: list[float] = self.memory[self._gradients : self._gradients + len(self.parameters)].tolist()
        return numbers
