"""Training as one compiled loop: the sums over the samples of a batch, then the optimiser's rule.

The loss of one sample is traced and its gradient with it.  What does not depend on the sample is computed once
a step, before the samples; the gradients that reach it go on, after them, to the parameters.  The rule runs
over all parameters at a time, one lane each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from ..graph import dependents, topological_order
from ..program import Program
from ..value import Value
from .adjoint import adjoint
from .assembly import Assembler, Line, Places, allocate
from .codegen import build, lanes
from .driver import TRAIN
from .emitter import LINE
from .grouping import ONE, Plan, Product, plan
from .tracing import trace, traced_input, tracing

BLOCK = 128  # samples that go through the program together: their rows stay in the processor's cache


class Layout:
    """Hands out stretches of the workspace, each beginning at a multiple of the vector length."""

    def __init__(self) -> None:
        self.size = 0
        self.contents: dict[int, float] = {}  # numbers that stand there from the beginning

    def take(self, doubles: int) -> int:
        start = self.size
        self.size += -(-max(doubles, 1) // 8) * 8
        return start

    def number(self, x: float) -> int:
        place = self.take(1)
        self.contents[place] = x
        return place


class SampleSums:
    """The program of one sample's loss and gradient, in three plans.

    ``before`` is alike for all samples, ``body`` runs for every sample, ``after`` carries the gradients that
    reached the first part on to the parameters.
    """

    def __init__(self, loss: Callable[..., Any], inputs: int, parameters: Sequence[Value]) -> None:
        self.inputs, (root,) = trace(lambda *xs: [loss(*xs)], inputs)
        self.seed = traced_input("weight")
        order = topological_order(root)
        sampled = dependents(order, self.inputs)
        moved = dependents(order, parameters) - sampled
        edge = [root] if root in moved else []
        edge += [p for node in order if node in sampled for p in node.parents if p in moved and p.parents]
        self.edge = list(dict.fromkeys(edge))
        self.cotangents = [traced_input("cotangent") for _ in self.edge]
        with tracing():
            body = adjoint(order, {root: self.seed}, {*parameters, *self.edge})
            after = adjoint(
                topological_order(*self.edge), dict(zip(self.edge, self.cotangents, strict=True)), set(parameters)
            )
        pairs = [pair for pairs in (body, after) for leaf in pairs for pair in pairs[leaf]]
        self.program = Program(
            [*self.inputs, self.seed, *self.cotangents], [root, *(node for pair in pairs for node in pair)]
        )
        self._partition()
        places = {leaf: i for i, leaf in enumerate([*parameters, *self.edge])}
        self.loss_place = len(places)
        products = self._products(body, places)
        products.append(Product(self._variable(self.seed), self._variable(root), self.loss_place))
        self.before = plan(self.program.part(self.uniform), [], self.given, self.uniform)
        scalars = self.given | self.uniform
        self.body = plan(self.program.part(self.sampled), products, scalars, ())
        self.after = plan(self.program.part(self.late), self._products(after, places), scalars, ())

    def _variable(self, node: Value) -> int:
        return self.program.variables[node]

    def _partition(self) -> None:
        """Which equations depend on the sample, on a cotangent, on neither."""
        n = len(self.inputs) + 1
        self.given = {*self.program.leaves, *self.program.constants}
        self.sampled = self.program.dependents(self.program.inputs[:n])
        self.late = self.program.dependents(self.program.inputs[n:]) - self.sampled
        self.uniform = {equation.out for equation in self.program.equations} - self.sampled - self.late

    def _products(self, pairs: dict[Value, list[tuple[Value, Value]]], places: dict[Value, int]) -> list[Product]:
        ones = {v for v, x in self.program.constants.items() if x == 1.0}
        products = []
        for leaf in places:
            for g, factor in pairs.get(leaf, ()):
                x = self._variable(factor)
                products.append(Product(self._variable(g), ONE if x in ones else x, places[leaf]))
        return products


class Training:
    """A loss over samples and a rule for its parameters, compiled; ``run`` takes steps.

    ``rule(p, g, lr, t, *state)`` gives the new parameter and state.  Without a rule, ``run`` only adds up.
    """

    def __init__(
        self,
        loss: Callable[..., Any],
        inputs: int,
        parameters: Sequence[Value],
        rule: Callable[..., tuple[Any, ...]] | None = None,
        states: int = 0,
        l2: float = 0.0,
    ) -> None:
        self.parameters = list(parameters)
        self.sums = SampleSums(loss, inputs, parameters)
        width = lanes()
        count = -(-max(len(parameters), 1) // width) * width
        self.layout = layout = Layout()
        self.assembler = Assembler()
        self.states = states if rule else 0
        current = layout.take((1 + self.states) * count)
        changed = layout.take((1 + self.states) * count) if rule else current
        gradients = layout.take(count)
        others = layout.take(len(self.sums.edge) + 3)  # edge gradients, loss, penalty, waste
        sums_vectors = (layout.size - gradients) // width
        self.zero, self.one = layout.number(0.0), layout.number(1.0)
        self.lr, self.t, self.weight = layout.number(0.0), layout.number(1.0), layout.number(0.0)
        edge_places = {len(parameters) + i: others + i for i in range(len(self.sums.edge))}
        loss_place = others + len(self.sums.edge)
        penalty_place, waste_place = loss_place + 1, loss_place + 2
        sum_places = {i: gradients + i for i in range(len(parameters))} | edge_places
        sum_places |= {self.sums.loss_place: loss_place, -1: waste_place}
        self._current, self._count, self._gradients = current, count, gradients

        program = self.sums.program
        scalars: dict[int | None, int] = {v: layout.number(x) for v, x in program.constants.items()}
        position = {parameter: i for i, parameter in enumerate(parameters)}
        self._captured: dict[Value, int] = {}
        for v, leaf in program.leaves.items():
            if leaf in position:
                scalars[v] = current + position[leaf]
            else:
                scalars[v] = self._captured.setdefault(leaf, layout.take(1))
        before_rows = self._rows(self.sums.before, [], self.sums.uniform, width)
        scalars |= {v: before_rows[v] for v in self.sums.uniform}
        inputs_and_seed = list(program.inputs[: inputs + 1])
        body_rows = self._rows(self.sums.body, [*inputs_and_seed, ONE], (), BLOCK)
        late = list(program.inputs[inputs + 1 :])
        after_rows = self._rows(self.sums.after, [*late, ONE], (), width)
        ones = [(before_rows[ONE], width), (body_rows[ONE], BLOCK), (after_rows[ONE], width)]
        waste = layout.take(BLOCK)
        lines = {
            name: self.assembler.code(p, Places(rows, scalars, sum_places, self.zero, self.one, waste))
            for name, p, rows in (
                ("prologue", self.sums.before, before_rows),
                ("body", self.sums.body, body_rows),
                ("epilogue", self.sums.after, after_rows),
            )
        }
        if late:
            sources = self.assembler.table([edge_places[len(parameters) + i] for i in range(len(late))])
            lines["epilogue"].insert(0, ["pack", len(late), sources, after_rows[late[0]], width])
        lines["rule"], lines["update"] = [], []
        if rule is not None:
            self._update(rule, l2, (current, gradients, changed), penalty_place, waste_place, lines, waste)
        self._pack(lines)

        self.machine = build(self.assembler.templates)
        raw = np.zeros(layout.size + 8)
        first = (-raw.ctypes.data // 8) % 8  # rows begin at cache lines
        self._raw, self.base = raw, raw[first : first + layout.size]
        for place, x in layout.contents.items():
            self.base[place] = x
        for place, length in ones:
            self.base[place : place + length] = 1.0
        self.tables = np.array(self.assembler.tables or [0], dtype=np.int32)
        self._codes = {name: self._encode(code) for name, code in lines.items()}
        seed = body_rows[inputs_and_seed[-1]]
        self._job = {
            "columns": inputs, "first_row": body_rows[inputs_and_seed[0]] if inputs else seed, "block": BLOCK,
            "seed": seed, "seed_value": self.weight, "sums": gradients,
            "sums_vectors": sums_vectors,
            "parameters": count, "changed": changed, "changed_vectors": (1 + self.states) * count // width,
            "current": current, "time": self.t, "loss_place": loss_place, "penalty_place": penalty_place,
        }  # fmt: skip
        for name, code in self._codes.items():
            self._job[name] = code.ctypes.data
            self._job[f"{name}_lines"] = len(lines[name])
        self._train = self.machine.kernel("train")

    def _rows(self, p: Plan, inputs: Sequence[int], keep: Iterable[int], width: int) -> dict[int, int]:
        """The offset of every row of a plan; the row of ones is always among them."""
        numbers = allocate(p, [*dict.fromkeys([*inputs, ONE])], set(keep))
        start = self.layout.take(width * (max(numbers.values()) + 1))
        return {v: start + width * number for v, number in numbers.items()}

    def _update(
        self,
        rule: Callable[..., tuple[Any, ...]],
        l2: float,
        stretches: tuple[int, int, int],
        penalty_place: int,
        waste_place: int,
        lines: dict[str, list[Line]],
        waste: int,
    ) -> None:
        """The rule over all parameters, one in a lane, and the numbers in it that are alike for all of them."""
        current, gradients, changed = stretches
        lr, t = Value(0.0, label="lr"), Value(0.0, label="t")

        def updated(p: Value, g: Value, *state: Value) -> list[Any]:
            penalty = l2 * p
            whole = g + 2.0 * penalty if l2 else g
            return [*rule(p, whole, lr, t, *state), penalty, whole]

        inputs, outputs = trace(updated, 2 + self.states)
        program = Program(inputs, outputs)
        rows = program.dependents(program.inputs)
        uniform = {e.out for e in program.equations if e.out not in rows}
        scalars: dict[int | None, int] = {v: self.layout.number(x) for v, x in program.constants.items()}
        scalars |= {v: {lr: self.lr, t: self.t}[leaf] for v, leaf in program.leaves.items()}
        given = {v for v in scalars if v is not None}
        width, count = lanes(), self._count
        before = plan(program.part(uniform), [], given, uniform)
        before_rows = self._rows(before, [], uniform, width)
        scalars |= {v: before_rows[v] for v in uniform}
        *results, penalty, whole = program.outputs
        products = [Product(program.inputs[0], penalty, 0)] if l2 else []
        main = plan(program.part(rows), products, given | uniform, program.outputs)
        main_rows = self._rows(main, program.inputs, program.outputs, count)
        places = [current, gradients, *(current + (1 + i) * count for i in range(self.states))]
        main_rows |= dict(zip(program.inputs, places, strict=True))
        main_rows |= {v: changed + i * count for i, v in enumerate(results)}
        self._gradients = main_rows[whole]
        sums = {0: penalty_place, -1: waste_place}
        common = (self.zero, self.one, waste)
        lines["rule"] = self.assembler.code(before, Places(before_rows, scalars, sums, *common))
        lines["update"] = self.assembler.code(main, Places(main_rows, scalars, sums, *common))

    def _pack(self, lines: dict[str, list[Line]]) -> None:
        """Have the scalars that matvec reads copied into its order, once they are known."""
        for name in ("prologue", "body", "epilogue", "rule", "update"):
            packs: list[Line] = []
            for line in lines[name]:
                if str(line[0]).startswith("matvec"):
                    packed = self.assembler.packed[int(line[3])]
                    place = self.layout.take(len(packed))
                    packs.append(["pack", len(packed), self.assembler.table(packed), place, 1])
                    line[3] = place
            if name == "body":
                lines["prologue"] += packs
            else:
                lines[name][:0] = packs

    def _encode(self, code: list[Line]) -> Any:
        numbers = np.zeros((max(len(code), 1), LINE), dtype=np.int64)
        for i, (kernel, *args) in enumerate(code):
            numbers[i, 0] = self.machine.address(str(kernel))
            numbers[i, 1 : 1 + len(args)] = args
        return numbers

    def load(self, lr: float = 0.0, t: int = 0, state: Sequence[Sequence[float]] = ()) -> None:
        """Take over the numbers of all Values, and the optimiser's."""
        n = len(self.parameters)
        self.base[self._current : self._current + n] = [p._data for p in self.parameters]
        for leaf, place in self._captured.items():
            self.base[place] = leaf._data
        for i, numbers in enumerate(state):
            start = self._current + (1 + i) * self._count
            self.base[start : start + n] = numbers
        self.base[self.lr], self.base[self.t] = lr, t + 1

    def run(self, columns: Sequence[Any], order: Any, bounds: Any) -> tuple[Any, int]:
        """Take a step for each (first, end) in bounds, over those samples of the order.

        Returns (objective, data loss) of every step, and the number of the first step that was not finite
        and therefore not taken, or -1.
        """
        columns = [np.ascontiguousarray(column, dtype=np.float64) for column in columns]
        order, bounds = np.ascontiguousarray(order, np.int64), np.ascontiguousarray(bounds, np.int64).reshape(-1, 2)
        addresses = np.array([column.ctypes.data for column in columns], dtype=np.int64)
        strides = np.array([int(len(column) > 1) for column in columns], dtype=np.int64)
        losses = np.full((len(bounds), 2), np.nan)
        same = bool((bounds == bounds[0]).all()) and bounds[0, 1] - bounds[0, 0] <= BLOCK
        fields = self._job | {
            "addresses": addresses.ctypes.data, "strides": strides.ctypes.data, "order": order.ctypes.data,
            "bounds": bounds.ctypes.data, "steps": len(bounds), "losses": losses.ctypes.data,
            "failed": -1, "reload": int(not same),
        }  # fmt: skip
        job = np.array([fields[name] for name in TRAIN], dtype=np.int64)
        self._train(self.base.ctypes.data, self.tables.ctypes.data, 0, job.ctypes.data)
        return losses, int(job[TRAIN.index("failed")])

    def store(self) -> list[list[float]]:
        """Give the parameters their numbers; returns the state."""
        n = len(self.parameters)
        for parameter, x in zip(self.parameters, self.base[self._current : self._current + n].tolist(), strict=True):
            parameter._data = x
        starts = [self._current + (1 + i) * self._count for i in range(self.states)]
        return [self.base[start : start + n].tolist() for start in starts]

    def gradients(self) -> list[float]:
        """The gradient of the objective in the last step."""
        numbers: list[float] = self.base[self._gradients : self._gradients + len(self.parameters)].tolist()
        return numbers
