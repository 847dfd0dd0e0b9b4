"""The compiled loss and gradient over many samples against the eager ones, for graphs of every shape."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import MACHINE
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from random_graphs import OF_SEVERAL, SMOOTH, Instructions, grown, instructions

import autograd
from autograd import (
    Value,
    dot,
    exp,
    gt,
    logsumexp,
    maximum,
    mean,
    pick,
    primitives,
    relu,
    sigmoid,
    sqrt,
    tanh,
    total,
    where,
)
from autograd.compiler.compiled_training import Training
from autograd.compiler.forms import Samples
from autograd.compiler.plan import pieces as grouping
from autograd.compiler.plan.calls import Elementwise, Outer

pytestmark = pytest.mark.usefixtures("backend")
by_machine_code = pytest.mark.parametrize("backend", [MACHINE], indirect=True)

Loss = Callable[..., Any]
FEW_ROWS = 100  # of more, one after the other, no test tells more


def eager(loss: Loss, parameters: Sequence[Value], rows: Sequence[Sequence[float]]) -> tuple[float, list[float], float]:
    """The mean loss, its gradient, and Σ|contributions| to it: the size that rounding errors go by."""
    for p in parameters:
        p.grad = 0.0
    value, size = 0.0, 0.0
    before = [0.0] * len(parameters)
    for row in rows:
        root = loss(*(Value(x, requires_grad=False) for x in row))
        value += root.data / len(rows)
        root.backward()
        size += sum(abs(p.grad - g) for p, g in zip(parameters, before, strict=True)) / len(rows)
        before = [p.grad for p in parameters]
    return value, [p.grad / len(rows) for p in parameters], size + abs(value)


def compiled(
    loss: Loss, parameters: Sequence[Value], rows: Sequence[Sequence[float]], together: int | None = None
) -> tuple[float, list[float]]:
    training = Training(loss, [Samples([*np.array(rows).T])], parameters, together=together)
    training.load()
    losses = training.run(np.array(rows), None, [[0, len(rows)]])
    return losses[0, 1], training.gradient().tolist()


def agree(loss: Loss, parameters: Sequence[Value], rows: Sequence[Sequence[float]]) -> None:
    """Samples side by side in the lanes, and one after the other with their units there, are as eager."""
    value, gradient, size = eager(loss, parameters, rows)
    for together in (None, 1) if len(rows) <= FEW_ROWS else (None,):
        found, gradient_found = compiled(loss, parameters, rows, together)
        assert abs(found - value) <= 1e-12 * size
        for g, h in zip(gradient, gradient_found, strict=True):
            assert abs(g - h) <= 1e-12 * size


def numbers(n: int, seed: int = 0) -> list[Value]:
    rng = random.Random(seed)
    return [Value(rng.uniform(-1.0, 1.0)) for _ in range(n)]


def samples(n: int, width: int, seed: int = 1) -> list[list[float]]:
    rng = random.Random(seed)
    return [[rng.uniform(-1.0, 1.0) for _ in range(width)] for _ in range(n)]


def mlp(p: list[Value], x: Sequence[Any], sizes: Sequence[int], f: Callable[[Any], Any]) -> list[Any]:
    """Layers over a flat list of parameters."""
    rest = iter(p)
    for m, n in itertools.pairwise(sizes):
        weights = [[next(rest) for _ in range(m)] for _ in range(n)]
        x = [f(dot(w, list(x), next(rest))) for w in weights]
    return list(x)


def residual() -> tuple[Loss, list[Value], int]:
    p = numbers(6 * 7 * 2)

    def loss(*x: Value) -> Value:
        h = mlp(p[:42], x, (6, 6), tanh)
        return mean([(a + b) * (a + b) for a, b in zip(mlp(p[42:], h, (6, 6), relu), x, strict=True)])

    return loss, p, 6


def tied_recurrence() -> tuple[Loss, list[Value], int]:
    p = numbers(4 * 6 + 5)

    def loss(*x: Value) -> Value:
        h: list[Any] = [0.0] * 4
        for xi in x:
            h = [tanh(dot(p[6 * i : 6 * i + 5], [*h, xi], p[6 * i + 5])) for i in range(4)]
        y = dot(p[24:28], h, p[28])
        return y * y

    return loss, p, 7


def layer_norm() -> tuple[Loss, list[Value], int]:
    p = numbers(5 * 6 + 10)

    def loss(*x: Value) -> Value:
        h = mlp(p[:30], x, (5, 5), tanh)
        centre = mean(h)
        scale = 1.0 / sqrt(mean([(hi - centre) * (hi - centre) for hi in h]) + 1e-5)
        out = [g * (hi - centre) * scale + b for hi, g, b in zip(h, p[30:35], p[35:], strict=True)]
        return logsumexp(out) - out[0]

    return loss, p, 5


def sparse() -> tuple[Loss, list[Value], int]:
    p = numbers(40)
    rng = random.Random(5)
    wires = [[rng.randrange(8) for _ in range(rng.randrange(1, 5))] for _ in range(9)]

    def loss(*x: Value) -> Value:
        rest = iter(p)
        h = [sigmoid(dot([next(rest) for _ in wire], [x[i] for i in wire])) for wire in wires]
        return total(h) * h[0] - h[3]

    return loss, p, 8


def convolution() -> tuple[Loss, list[Value], int]:
    p = numbers(2 * 4 + 1)

    def loss(*x: Value) -> Value:
        image = [x[5 * i : 5 * i + 5] for i in range(5)]
        maps = []
        for kernel in (p[:4], p[4:8]):
            for i in range(4):
                for j in range(4):
                    patch = [image[i + a][j + b] for a in range(2) for b in range(2)]
                    maps.append(relu(dot(kernel, patch, p[8])))
        return logsumexp(maps)

    return loss, p, 25


def products_of_parameters() -> tuple[Loss, list[Value], int]:
    p = numbers(7)

    def loss(x: Value, y: Value) -> Value:
        a, b = p[0] * p[1], tanh(p[2] * p[3] + p[0])
        return (a * x + b * y + p[4] * p[5] * p[6]).tanh() + a * b

    return loss, p, 2


def scaled_weights() -> tuple[Loss, list[Value], int]:
    """Weight normalisation: what a parameter does depends on all others, before any sample."""
    p = numbers(9)

    def loss(*x: Value) -> Value:
        norm = sqrt(dot(p[:4], p[:4], 1e-6))
        hidden = tanh(dot([w * p[8] / norm for w in p[:4]], list(x)))
        return (dot(p[4:8], list(x), hidden) - 0.5) ** 2

    return loss, p, 4


def biases_of_samples() -> tuple[Loss, list[Value], int]:
    p = numbers(6)

    def loss(*x: Value) -> Value:
        h = [dot(p[3 * i : 3 * i + 3], list(x[:3]), x[3]) for i in range(2)]
        rows_and_a_parameter = dot(h, [x[1], x[2]], p[4])
        return dot(h, h, x[0]) + dot([x[0], x[1], p[0]], [x[1], p[1], p[2]], p[3]) * rows_and_a_parameter

    return loss, p, 4


def written_out() -> tuple[Loss, list[Value], int]:
    """micrograd's way: no dot, only + and *."""
    p = numbers(3 * 4 + 5)

    def loss(*x: Value) -> Value:
        h = [relu(sum((w * xi for w, xi in zip(p[4 * i : 4 * i + 3], x, strict=True)), p[4 * i + 3])) for i in range(3)]
        return sum((w * hi for w, hi in zip(p[12:], h, strict=False)), p[16]) ** 2

    return loss, p, 3


def attention() -> tuple[Loss, list[Value], int]:
    p = numbers(12)

    def loss(*x: Value) -> Value:
        tokens = [x[2 * i : 2 * i + 2] for i in range(4)]
        q, k, v = (
            [[dot(p[4 * m + 2 * r : 4 * m + 2 * r + 2], list(t)) for r in range(2)] for t in tokens] for m in range(3)
        )
        out = []
        for qi in q:
            scores = autograd.softmax([dot(qi, ki) for ki in k])
            out += [dot(scores, [vi[r] for vi in v]) for r in range(2)]
        return mean([o * o for o in out])

    return loss, p, 8


def classes() -> tuple[Loss, list[Value], int]:
    p = numbers(3 * 4)

    def loss(*x: Value) -> Value:
        logits = mlp(p, x[:3], (3, 3), lambda h: h)
        chosen = where(primitives.gt(x[3], 0.3), 2.0, where(primitives.lt(x[3], -0.3), 0.0, 1.0))
        return logsumexp(logits) - total(where(primitives.eq(chosen, i), z, 0.0) for i, z in enumerate(logits))

    return loss, p, 4


def no_sample() -> tuple[Loss, list[Value], int]:
    p = numbers(3)
    return lambda x: (p[0] * p[1]).tanh() + exp(p[2]), p, 1


def kinks() -> tuple[Loss, list[Value], int]:
    p = numbers(4)
    return lambda x, y: maximum(p[0] * x, p[1]) + abs(p[2] * y) + where(primitives.gt(x, 0.0), p[3] * x, y), p, 2


SHAPES = [
    residual, tied_recurrence, layer_norm, sparse, convolution, products_of_parameters, scaled_weights,
    biases_of_samples, written_out, attention, classes, no_sample, kinks,
]  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
@pytest.mark.parametrize("count", [1, 8, 100, 128, 129, 300])
def test_loss_and_gradient_are_those_of_the_eager_graph(
    shape: Callable[[], tuple[Loss, list[Value], int]], count: int
) -> None:
    loss, parameters, inputs = shape()
    agree(loss, parameters, samples(count, inputs))


@pytest.fixture
def nothing_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No program of an earlier run is found, as one from the disk is not planned; and none is left to later ones."""
    monkeypatch.setenv("STEPGRAD_CACHE", str(tmp_path))


@by_machine_code
@pytest.mark.usefixtures("nothing_kept")
@pytest.mark.parametrize("width", [2, 4, 8])
@pytest.mark.parametrize("shape", [residual, layer_norm, convolution, scaled_weights], ids=lambda shape: shape.__name__)
def test_vectors_of_other_lengths_and_scalar_functions(
    shape: Callable[[], tuple[Loss, list[Value], int]], width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from autograd.compiler.llvm import codegen
    from autograd.compiler.run import kernel_workspace

    for module in (codegen, kernel_workspace):
        monkeypatch.setattr(module, "lanes", lambda: width)
    monkeypatch.setattr(codegen, "vector_functions", dict)
    loss, parameters, inputs = shape()
    agree(loss, parameters, samples(37, inputs))


@pytest.mark.usefixtures("nothing_kept")
@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
def test_interpreted_an_operation_at_a_time(
    shape: Callable[[], tuple[Loss, list[Value], int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grouping, "MAX_STEPS", 0)
    loss, parameters, inputs = shape()
    for count in (3, 130):
        agree(loss, parameters, samples(count, inputs))


PHASES = (Phase.explicit, Phase.reuse, Phase.generate)  # to shrink an example, each of which is compiled, takes minutes


@settings(max_examples=25, deadline=None, phases=PHASES)
@given(st.integers(0, 99), instructions([*SMOOTH, *OF_SEVERAL], 20))
def test_random_graphs(seed: int, made_by: Instructions) -> None:
    parameters = numbers(4, seed)

    def loss(*x: Value) -> Value:
        return total(tanh(node) for node in grown(made_by, [*parameters, *x]))

    agree(loss, parameters, samples(11, 3))


def look_up(table: list[list[Any]], index: Any) -> list[Any]:
    """A row of a table by an index that may be a Value."""
    return [pick(column, index) for column in zip(*table, strict=True)]


@given(st.integers(1, 7), st.integers(1, 5), st.data())
@settings(max_examples=20, deadline=None)
def test_look_ups_by_an_index_gather_and_scatter(count: int, width: int, data: Any) -> None:
    """Indices repeat within a sample and between samples; some of the table is frozen, computed, or used elsewhere."""
    p = numbers(count * width + width)
    table: list[list[Any]] = [p[i * width : (i + 1) * width] for i in range(count)]
    kinds = data.draw(st.lists(st.sampled_from(["parameter", "number", "frozen", "computed"]), min_size=count))
    for row, kind in zip(table, kinds, strict=False):
        if kind == "number":
            row[0] = 0.25
        elif kind == "frozen":
            row[-1] = Value(0.5, requires_grad=False)
    computed = [i for i, kind in enumerate(kinds[:count]) if kind == "computed"]

    def loss(i: Any, j: Any, t: Any) -> Any:
        rows = [[tanh(2.0 * x) for x in row] if n in computed else row for n, row in enumerate(table)]
        first, second, last = look_up(rows, i), look_up(rows, j), look_up(rows, count - 1.0 - i)
        sampled = pick([first[0], t, second[-1]], 2.0 * gt(t, 0.0))  # from what differs between samples
        return (dot(first, second, p[0]) + total(last) * p[-1] - t) ** 2 + sampled

    which = st.integers(0, count - 1)
    rows = data.draw(st.lists(st.tuples(which, which, st.floats(-1.0, 1.0)), min_size=1, max_size=40))
    agree(loss, p, rows)


@pytest.mark.usefixtures("nothing_kept")
def test_a_look_up_takes_as_long_in_a_large_table_as_in_a_small_one() -> None:
    def calls(count: int) -> list[Any]:
        table = [numbers(4, seed=i) for i in range(count)]
        parameters = [p for row in table for p in row]
        made = Training(lambda i, t: (total(look_up(table, i)) - t) ** 2, [Samples(np.ones((2, 1)))], parameters)
        return made.compiled.plan.calls

    assert [type(call) for call in calls(3)] == [type(call) for call in calls(500)]
    assert {"gather 500 x 4", "scatter 4 x 500"} <= {*map(str, calls(500))}


@by_machine_code
def test_weights_are_read_where_they_lie_and_others_packed_once_in_each_direction() -> None:
    def packs(times: int, order: Callable[[list[Value]], list[Value]]) -> int:
        weights = [numbers(3, seed=i) for i in range(4)]

        def loss(*x: Any) -> Any:
            words = [mlp_layer(weights, x[3 * i : 3 * i + 3]) for i in range(times)]
            return total([tanh(y) for word in words for y in word])

        def mlp_layer(w: list[list[Value]], x: Sequence[Any]) -> list[Any]:
            hidden = [tanh(dot(row, list(x))) for row in w]
            return [dot(list(column), hidden) for column in zip(*w, strict=True)]

        parameters = order([p for row in weights for p in row])
        training = Training(loss, [Samples(np.ones((3 * times, 1)))], parameters)
        return training.steps.forms[0].form.prologue_lines

    def at_random(parameters: list[Value]) -> list[Value]:
        return random.Random(0).sample(parameters, len(parameters))

    assert packs(2, list) == packs(5, list) == 0
    assert packs(2, at_random) == packs(5, at_random) > 0


def test_an_index_that_counts_nothing_stops_the_step() -> None:
    table = numbers(3)
    training = Training(lambda i: pick(table, i) ** 2, [Samples(np.ones((1, 1)))], table)
    for wrong in (3.0, -1.0, 0.5, math.nan, 1e300, -math.inf):
        training.load()
        assert len(training.run(np.array([[1.0], [wrong]]), None, [[0, 1], [0, 2]])) == 1


def test_a_sample_that_makes_the_loss_infinite_stops_the_step_and_says_so() -> None:
    (w,) = numbers(1)
    training = Training(lambda x: w / x, [Samples([np.array([1.0, 2.0])])], [w])
    training.load()
    losses = training.run(np.array([[1.0], [0.0], [2.0]]), None, [[0, 1], [0, 2], [0, 3]])
    assert losses.tolist() == [[w.data, w.data]]


def test_batches_take_their_rows_through_the_order() -> None:
    loss, parameters, inputs = residual()
    rows = samples(30, inputs)
    order = list(range(30))
    random.Random(3).shuffle(order)
    training = Training(loss, [Samples(np.ones((inputs, 1)))], parameters)
    training.load()
    data = np.array(rows)
    losses = training.run(data, order, [[0, 7], [7, 20], [20, 30], [5, 6]])
    training.load()
    assert training.run(np.asfortranarray(data), order, [[0, 7], [7, 20], [20, 30], [5, 6]]).tolist() == losses.tolist()
    assert training.run(data[order], None, [[0, 7], [7, 20], [20, 30], [5, 6]]).tolist() == losses.tolist()
    for (first, end), (_, found) in zip([(0, 7), (7, 20), (20, 30), (5, 6)], losses, strict=True):
        value, _, size = eager(loss, parameters, [rows[i] for i in order[first:end]])
        assert abs(found - value) <= 1e-12 * size


def test_what_is_needed_for_a_gradient_anyway_is_computed_early_so_that_what_it_takes_is_not_stored() -> None:
    loss, parameters, inputs = residual()
    calls = [
        call
        for call in Training(loss, [Samples(np.ones((inputs, 1)))], parameters).compiled.plan.calls
        if isinstance(call, Elementwise)
    ]
    stored = [v for call in calls for outputs in call.outputs for v in outputs]
    assert len(stored) <= 4 * inputs + 2  # 7 * inputs + 2, were all of it as late as possible


@by_machine_code
@pytest.mark.usefixtures("nothing_kept")
def test_the_same_network_gives_the_same_code_and_a_layer_is_a_rectangle() -> None:
    def made() -> Training:
        parameters = numbers(8 * 17 + 5 * 9)
        layers = [parameters[: 8 * 17], parameters[8 * 17 :]]
        return Training(
            lambda *x: logsumexp(mlp(layers[1], mlp(layers[0], x, (16, 8), tanh), (8, 5), lambda h: h)),
            [Samples(np.ones((16, 1)))], parameters,
        )  # fmt: skip

    one, two = made(), made()
    assert one.steps.workspace.tables == two.steps.workspace.tables
    assert one.steps.executable.kernels.ir == two.steps.executable.kernels.ir
    assert [str(call) for call in one.compiled.plan.calls if isinstance(call, Outer)] == [
        "outer 1 x 1",
        "outer 5 x 9",
        "outer 8 x 17",
    ]
