"""One sample at a time: the units of a call in the lanes, whatever their number, and the plan that puts them there."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import nn
from autograd import Value, compiler, dot, logsumexp, mean, pick, relu, tanh, total

pytest.importorskip("llvmlite")
from autograd.compiler import compiled_training
from autograd.compiler.compiled_training import Training
from autograd.compiler.expansion import expand
from autograd.compiler.forms import Samples
from autograd.compiler.layout import fewest
from autograd.compiler.llvm import codegen
from autograd.compiler.plan import for_one_sample, plan_loop
from autograd.compiler.run import kernel_workspace
from autograd.program import Reach, program_of, trace

PHASES = (Phase.explicit, Phase.reuse, Phase.generate)  # to shrink an example, each of which is compiled, takes minutes

# In which order the weights of a layer are parameters: neuron by neuron, input by input, or at random.
ORDERS: dict[str, Callable[[list[Value], random.Random], Any]] = {
    "neurons": lambda weights, rng: None,
    "inputs": lambda weights, rng: weights.sort(key=lambda w: w.label),
    "any": lambda weights, rng: rng.shuffle(weights),
}


def layer(inputs: int, units: int, biased: bool, order: str, rng: random.Random) -> tuple[list[list[Value]], list[Any]]:
    """The weights of each unit, with its bias if it has one; and all of them in an order."""
    rows = [
        [Value(rng.uniform(-1.0, 1.0), label=f"{k:03} {u:03}") for k in range(inputs + biased)] for u in range(units)
    ]
    parameters = [w for row in rows for w in row]
    ORDERS[order](parameters, rng)
    return rows, parameters


def applied(rows: Sequence[Sequence[Any]], x: Sequence[Any]) -> list[Any]:
    return [dot(row[: len(x)], list(x), row[-1] if len(row) > len(x) else 0.0) for row in rows]


def loss_at_positions(layers: Sequence[Any], count: int, activation: Any) -> Callable[[list[Any]], Any]:
    """Two layers at each of some positions, which then look at each other, and a choice of one of the outputs."""
    first, second = layers

    def loss(x: list[Any]) -> Any:
        *numbers, index = x
        width = len(numbers) // count
        hidden = [[activation(z) for z in applied(first, numbers[i * width : (i + 1) * width])] for i in range(count)]
        # Of the positions' own numbers another product is added to each sum of the second layer.
        out = [applied([[*row[: len(h)], h[0], *row[len(h) :]] for row in second], [*h, h[-1]]) for h in hidden]
        looks = [dot(h, other) for i, h in enumerate(hidden) for other in hidden[: i + 1]]
        mixed = [dot([tanh(z) for z in looks[:count]], column) for column in zip(*out, strict=True)]
        return mean([logsumexp(o) for o in out]) - pick(mixed, index) + total(looks) / len(looks)

    return loss


def agree(loss: Callable[[list[Any]], Any], parameters: Sequence[Value], rows: Sequence[Sequence[float]]) -> None:
    """The loss and gradient of rows that go alone are those of the eager graph."""
    for p in parameters:
        p.grad = 0.0
    losses = [loss([Value(x, requires_grad=False) for x in row]) for row in rows]
    mean(losses).backward()
    training = Training(loss, [Samples([np.array(rows)])], parameters, together=1)
    training.load()
    found = training.run(np.array(rows), None, [[0, len(rows)]])
    size = 1.0 + max(abs(p.grad or 0.0) for p in parameters)
    assert found[0, 1] == pytest.approx(mean(losses).data, rel=1e-12, abs=1e-12)
    assert training.gradient().tolist() == pytest.approx([p.grad for p in parameters], rel=1e-11, abs=1e-13 * size)


SIZES = st.one_of(st.integers(1, 9), st.sampled_from([15, 16, 17, 24, 31, 33, 40]))


LANES = codegen.lanes()


@pytest.mark.parametrize("width", [2, 4, 8])
@settings(max_examples=8, deadline=None, phases=PHASES)
@given(st.data())
def test_layers_of_any_size_at_any_number_of_positions(width: int, data: Any) -> None:
    """Vectors are written whole: what is behind the last unit of one call must spoil nothing of another."""
    inputs, units, outputs, count = (data.draw(SIZES) for _ in range(4))
    count = 1 + count % 9
    rng = random.Random(data.draw(st.integers(0, 99)))
    layers = [
        layer(*sizes, data.draw(st.booleans()), data.draw(st.sampled_from([*ORDERS])), rng)
        for sizes in itertools.pairwise((inputs, units, outputs))
    ]
    loss = loss_at_positions([rows for rows, _ in layers], count, data.draw(st.sampled_from([tanh, relu])))
    samples = [[*(rng.uniform(-1.0, 1.0) for _ in range(count * inputs)), rng.randrange(outputs)] for _ in range(2)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compiled_training, "_structure", lambda *_: None)  # nothing is shared between vector lengths
        patch.setattr(codegen, "vector_functions", dict)
        for module in (codegen, kernel_workspace):
            patch.setattr(module, "lanes", lambda: width)
        agree(loss, [w for _, parameters in layers for w in parameters], samples)


def planned(f: Callable[..., list[Any]], count: int) -> list[str]:
    """The calls for one sample of a function of so many numbers."""
    traced = trace(f, [""] * count, Reach(f))
    program = expand(program_of(traced.inputs, traced.outputs))
    plan = plan_loop(program.equations, program.constants, program.inputs, kept=program.outputs).each
    return str(for_one_sample(plan, program.constants)).splitlines()


def test_what_is_done_at_each_position_is_one_call() -> None:
    rows, _ = layer(3, 5, False, "neurons", random.Random(1))

    def at_positions(*x: Any) -> list[Any]:
        return [tanh(z) for i in range(0, 12, 3) for z in applied(rows, x[i : i + 3])]

    assert planned(at_positions, 12) == ["4 x matvec 3 -> 5", "20 x [tanh(row0)]"]


def test_what_depends_on_a_call_in_between_stays_behind_it() -> None:
    rows, _ = layer(3, 3, True, "neurons", random.Random(1))

    def twice(*x: Any) -> list[Any]:
        return applied(rows, [tanh(z) for z in applied(rows, x)])

    assert planned(twice, 3) == ["1 x matvec 3 -> 3", "3 x [tanh(row0)]", "1 x matvec 3 -> 3"]


def test_sums_that_share_no_inputs_are_one_call() -> None:
    w = [Value(0.5) for _ in range(4)]

    def apart(*x: Any) -> list[Any]:
        return [dot(w[i : i + 2], x[i : i + 2], x[i] * x[i]) for i in (0, 2)]

    assert planned(apart, 4) == ["2 x [fmul(row0, row0)]", "rowdot 3 -> 2"]


@pytest.mark.parametrize(("batch_size", "lengths", "alone"), [
    (1, 1, True), (fewest(LANES), 1, False), (fewest(LANES), 2, True), (2 * fewest(LANES), 2, False), (None, 1, False),
])  # fmt: skip
def test_few_rows_of_each_length_in_a_step_go_alone(
    batch_size: int | None, lengths: int, alone: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []

    def noted(*args: Any, **settings: Any) -> Training:
        made.append(Training(*args, **settings))
        return made[-1]

    monkeypatch.setattr(compiler, "Training", noted)

    class Scaled(nn.Module):
        def __init__(self) -> None:
            self.w = Value(0.5)

        def forward(self, x: list[Any]) -> Any:
            return total(x) * self.w

    rows = [[0.5, 1.0][: 1 + i % lengths] for i in range(2 * fewest(LANES))]
    nn.fit(Scaled(), rows, [0.1] * len(rows), loss="mse", optimizer="sgd", epochs=1, batch_size=batch_size)
    steps: Any = made[0].steps
    assert {form.form.block == 1 for form in steps.forms} == {alone}
