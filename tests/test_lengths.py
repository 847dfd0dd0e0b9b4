"""Rows of unequal length: compiled as eager, in every order and batch, and with the errors of one row alone."""

from __future__ import annotations

import math
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import needs_llvmlite
from hypothesis import given, settings
from hypothesis import strategies as st

import nn
from autograd import (
    AutogradError,
    NonFiniteError,
    TraceError,
    Value,
    compile_loss,
    dot,
    jit,
    log,
    mean,
    relu,
    softmax,
    tanh,
)
from autograd.compiler import Mixed, Ragged, alike
from autograd.errors import FallbackWarning


class Recurrent(nn.Module):
    """A number for a list of them, or one at each of its positions."""

    def __init__(self, everywhere: bool = False) -> None:
        self.cell, self.head = nn.Layer(3, 2, activation="tanh", init="zeros"), nn.Neuron(2, activation="linear")
        self.everywhere = everywhere
        for i, p in enumerate(self.parameters()):
            p.data = math.sin(i + 1.0)

    def forward(self, x: list[Any]) -> Any:
        state: Any = [0.0, 0.0]
        outputs = []
        for xi in x:
            state = self.cell([xi, *state])
            outputs.append(self.head(state))
        return outputs if self.everywhere else outputs[-1]


class Attention(nn.Module):
    """A small transformer: the logits of the next token, at each position."""

    def __init__(self, tokens: int = 5, width: int = 4, context: int = 6) -> None:
        rng = random.Random(1)

        def matrix(rows: int, columns: int) -> list[list[Value]]:
            return [[Value(rng.gauss(0.0, 0.4)) for _ in range(columns)] for _ in range(rows)]

        self.tokens, self.places = nn.Embedding(tokens, width, rng=rng), matrix(context, width)
        self.query, self.key, self.value = (matrix(width, width) for _ in range(3))
        self.up, self.down, self.head = matrix(2 * width, width), matrix(width, 2 * width), matrix(tokens, width)
        self.norm = nn.RMSNorm()

    def forward(self, tokens: list[Any]) -> Any:
        keys, values, logits = [], [], []
        for token, place in zip(tokens, self.places, strict=False):
            x = self.norm([a + b for a, b in zip(self.tokens(token), place, strict=True)])
            query, key, value = ([dot(w, x) for w in m] for m in (self.query, self.key, self.value))
            keys.append(key)
            values.append(value)
            weights = softmax([dot(query, k) * 0.5 for k in keys])
            x = [a + dot(weights, [*v]) for a, v in zip(x, zip(*values, strict=True), strict=True)]
            hidden = [relu(dot(w, self.norm(x))) for w in self.up]
            x = [a + dot(w, hidden) for a, w in zip(x, self.down, strict=True)]
            logits.append([dot(w, x) for w in self.head])
        return logits


def sequences(count: int, seed: int = 1) -> tuple[list[list[float]], list[float], list[list[float]]]:
    """Rows of one to five numbers; for each its mean, and at each position the mean so far."""
    rng = random.Random(seed)
    X = [[rng.gauss(0.0, 1.0) for _ in range(rng.randrange(1, 6))] for _ in range(count)]
    return X, [sum(x) / len(x) for x in X], [[sum(x[: i + 1]) / (i + 1) for i in range(len(x))] for x in X]


def words(count: int) -> tuple[list[list[int]], list[list[int]]]:
    """Tokens, and the token that follows each of them."""
    rng = random.Random(2)
    whole = [[4, *(rng.randrange(4) for _ in range(rng.randrange(1, 6))), 4] for _ in range(count)]
    return [w[:-1] for w in whole], [w[1:] for w in whole]


def trained(model: nn.Module, X: Any, y: Any, compiled: bool, **given: Any) -> tuple[list[float], nn.History]:
    """The parameters after a training, and its history."""
    optimizer = given.pop("optimizer", nn.Adam)(model.parameters(), lr=0.01)
    history = nn.fit(model, X, y, optimizer=optimizer, compiled=compiled, **{"loss": "mse", "seed": 3} | given)
    return [p.data for p in model.parameters()], history


X, MEANS, RUNNING = sequences(25)
WORDS = words(20)
JOBS: dict[str, tuple[Any, Any, Any, dict[str, Any]]] = {
    "one row a step": (Recurrent, X, MEANS, {"batch_size": 1, "epochs": 8}),
    "mixed batches": (Recurrent, X, MEANS, {"batch_size": 7, "epochs": 50}),
    "all rows a step": (Recurrent, X, MEANS, {"epochs": 200, "optimizer": nn.SGD}),
    "targets of any length": (lambda: Recurrent(True), X, RUNNING, {"batch_size": 7, "epochs": 50, "l2": 0.01}),
    "logits of any length": (Attention, *WORDS, {"batch_size": 6, "epochs": 50, "loss": "cross_entropy"}),
}


@pytest.mark.usefixtures("backend_in_time")
@pytest.mark.parametrize("job", JOBS)
def test_compiled_steps_are_the_eager_ones_over_200_steps(job: str) -> None:
    make, rows, targets, given = JOBS[job]
    (eager, by_hand), (fast, compiled) = (trained(make(), rows, targets, on, **given) for on in (False, True))
    assert compiled.compiled is not None
    assert compiled.loss == pytest.approx(by_hand.loss, rel=1e-9)
    assert fast == pytest.approx(eager, rel=1e-9, abs=1e-12)


@pytest.mark.usefixtures("backend_in_time")
@settings(max_examples=8, deadline=None)
@given(
    st.lists(st.lists(st.floats(-2.0, 2.0), min_size=1, max_size=3), min_size=2, max_size=6),
    st.integers(1, 6),
    st.integers(0, 9),
)
def test_any_lengths_in_any_batches_are_as_eager(rows: list[list[float]], size: int, seed: int) -> None:
    targets = [math.sin(i) for i in range(len(rows))]
    (eager, one), (fast, other) = (
        trained(Recurrent(), rows, targets, on, batch_size=size, epochs=3, seed=seed) for on in (False, True)
    )
    assert fast == pytest.approx(eager, rel=1e-9, abs=1e-12)
    assert other.loss == pytest.approx(one.loss, rel=1e-9, abs=1e-12)


@given(st.lists(st.integers(1, 3), min_size=1, max_size=12), st.integers(1, 5), st.integers(0, 9))
def test_each_step_takes_its_own_rows_form_by_form(lengths: list[int], size: int, seed: int) -> None:
    from autograd.compiler.layout.feeding import by_form

    table = Ragged([[float(i)] * n for i, n in enumerate(lengths)])
    forms = alike(table) if len({*lengths}) > 1 else alike(table, Ragged([[1.0]] * len(lengths)))
    data = Mixed.of([some.numbers for some in forms], [some.tables[:1] for some in forms])
    order = np.random.default_rng(seed).permutation(len(lengths))
    bounds = np.array([(i, min(i + size, len(order))) for i in range(0, len(order), size)])
    part = by_form(data, order, bounds)
    for (first, end), (start, stop, count) in zip(bounds, part.bounds.tolist(), strict=True):
        groups = part.groups[start:stop].tolist()
        taken = [part.tables[form][0][part.order[i]][0] for form, a, b in groups for i in range(a, b)]
        assert count == len(taken)
        assert sorted(taken) == sorted(order[first:end].tolist())
        assert len({form for form, _, _ in groups}) == len(groups)


@needs_llvmlite
def test_steps_of_all_lengths_are_taken_without_coming_back_to_python(monkeypatch: pytest.MonkeyPatch) -> None:
    from autograd.compiler.run import Executable

    calls = []
    drive = Executable.drive
    monkeypatch.setattr(Executable, "drive", lambda *args: calls.append(1) or drive(*args))
    trained(Recurrent(), X * 8, MEANS * 8, True, batch_size=1, epochs=20)
    assert len(calls) < 200  # of 4,000 steps; calls last longer and longer


@pytest.mark.parametrize("some", [slice(0, 5), slice(None)], ids=["few", "many"])
def test_predictions_are_those_of_each_row_in_order(some: slice) -> None:
    rows, model, everywhere = (X * 10)[some], Recurrent(), Recurrent(True)
    assert nn.predict(model, rows) == pytest.approx([model(x).data for x in rows], rel=1e-12)
    found = nn.predict(everywhere, rows)
    assert [*map(len, found)] == [*map(len, rows)]
    for x, ys in zip(rows, found, strict=True):
        assert ys == pytest.approx([y.data for y in everywhere(x)], rel=1e-12)
    assert nn.predict(everywhere, [rows[0]])[0] == pytest.approx(found[0], rel=1e-12)


def test_outputs_may_be_lists_of_any_shape() -> None:
    class Triangle(nn.Module):
        def forward(self, x: list[Any]) -> Any:
            return [[xi * xj for xj in x[: i + 1]] for i, xi in enumerate(x)]

    rows = [[1.0, 2.0, 3.0], [2.0], [4.0, 5.0]] * 80
    assert nn.predict(Triangle(), rows)[:3] == [
        [[1.0], [2.0, 4.0], [3.0, 6.0, 9.0]], [[4.0]], [[16.0], [20.0, 25.0]],
    ]  # fmt: skip
    assert nn.predict(Triangle(), [[4.0, 5.0]] * 240)[7] == [[16.0], [20.0, 25.0]]


def test_the_mean_loss_is_over_rows_and_metrics_are_over_positions() -> None:
    model, (rows, targets) = Attention(), WORDS
    losses = [nn.cross_entropy(model(x), t).data for x, t in zip(rows, targets, strict=True)]
    guesses = [max(range(5), key=lambda k: z[k].data) for x in rows for z in model(x)]
    wanted = [t for target in targets for t in target]
    accuracy = sum(g == t for g, t in zip(guesses, wanted, strict=True)) / len(wanted)
    for times in (1, 15):  # row by row, and by machine code
        found = nn.evaluate(model, rows * times, targets * times, loss="cross_entropy", metrics=["accuracy"])
        assert found == pytest.approx({"loss": math.fsum(losses) / len(losses), "accuracy": accuracy}, rel=1e-9)
    assert nn.accuracy(model, rows, targets) == pytest.approx(accuracy)
    numbers = nn.evaluate(Recurrent(True), X, RUNNING, metrics=["mae"])["mae"]
    errors = [abs(y.data - t) for x, ts in zip(X, RUNNING, strict=True)
              for y, t in zip(Recurrent(True)(x), ts, strict=True)]  # fmt: skip
    assert numbers == pytest.approx(math.fsum(errors) / len(errors))


@pytest.mark.parametrize("compiled", [False, True])
def test_a_metric_of_the_users_gets_the_lists_and_one_of_ours_a_target_for_each_position(compiled: bool) -> None:
    seen: list[Any] = []

    def longest(outputs: Any, targets: Any) -> float:
        seen.append((outputs, targets))
        return float(max(map(len, outputs)))

    model = Recurrent(True)
    _, history = trained(model, X, RUNNING, compiled, epochs=2, metrics=[longest], validation=(X[:3], RUNNING[:3]))
    assert history.metrics["longest"] == [5.0, 5.0]
    assert [*map(len, seen[0][0])] == [*map(len, seen[0][1])] == [*map(len, X)]
    with pytest.raises(ValueError, match=r"row 1: the model gives outputs at 2 positions, and the target is 1 numbers"):
        nn.metrics.mae([[1.0], [1.0, 2.0]], [[1.0], [2.0]])


@pytest.mark.usefixtures("backend_in_time")
def test_a_length_may_occur_in_the_validation_data_alone() -> None:
    longer = ([[0.1] * 9, [0.2]], [0.5, 0.25])
    _, by_hand = trained(Recurrent(), X, MEANS, False, epochs=3, validation=longer)
    _, compiled = trained(Recurrent(), X, MEANS, True, epochs=3, validation=longer)
    assert compiled.val_loss == pytest.approx(by_hand.val_loss, rel=1e-9)


@pytest.mark.usefixtures("backend_in_time")
def test_a_training_that_was_stopped_goes_on_to_the_same_bits(tmp_path: Path) -> None:
    whole, one = trained(Recurrent(), X, MEANS, True, batch_size=4, epochs=6)
    path = tmp_path / "run.json"
    trained(Recurrent(), X, MEANS, True, batch_size=4, epochs=3, checkpoint=path)
    resumed, other = trained(Recurrent(), X, MEANS, True, batch_size=4, epochs=6, checkpoint=path, resume=True)
    assert resumed == whole
    assert other.loss == one.loss


@pytest.mark.usefixtures("backend_in_time")
def test_a_callback_may_freeze_parameters_and_the_steps_are_compiled_anew() -> None:
    def freeze(history: nn.History, model: Any) -> None:
        if len(history.loss) == 2:
            model.cell.freeze()

    (eager, _), (fast, _) = (
        trained(Recurrent(), X, MEANS, on, batch_size=7, epochs=5, callbacks=[freeze]) for on in (False, True)
    )
    assert fast == pytest.approx(eager, rel=1e-9)


@pytest.mark.usefixtures("backend_in_time")
def test_random_numbers_in_rows_of_unequal_length_are_drawn_eagerly() -> None:
    class Dropping(Recurrent):
        def __init__(self) -> None:
            super().__init__()
            self.drop = nn.Dropout(0.5, seed=1)

        def forward(self, x: list[Any]) -> Any:
            return super().forward(self.drop([*x, 0.0]))

    eager, _ = trained(Dropping(), X, MEANS, False, epochs=3, batch_size=4)
    with pytest.warns(FallbackWarning, match=r"random numbers for rows of unequal length.*give rows of one length"):
        fast, _ = trained(Dropping(), X, MEANS, True, epochs=3, batch_size=4)
    assert fast == eager


# --- compile_loss --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", [list, tuple, np.array], ids=["lists", "tuples", "arrays"])
def test_a_compiled_loss_takes_lists_of_any_length(form: Any) -> None:
    model = Recurrent(True)
    loss = lambda x, ys, scale: nn.mse(model(x), ys) * scale  # noqa: E731
    step = compile_loss(loss, model.parameters())
    rows, targets = [form(x) for x in X], [form(ys) for ys in RUNNING]
    for some in (slice(None), slice(3, 9), slice(0, 1)):
        model.zero_grad()
        found = step(rows[some], targets[some], 2.0)
        gradient = [p.grad for p in model.parameters()]
        model.zero_grad()
        root = mean([loss([*x], [*ys], 2.0) for x, ys in zip(X[some], RUNNING[some], strict=True)])
        root.backward()
        assert found == pytest.approx(root.data, rel=1e-12)
        assert gradient == pytest.approx([p.grad for p in model.parameters()], rel=1e-9, abs=1e-14)


def test_a_compiled_loss_of_rows_says_where_it_is_not_finite_and_adds_nothing() -> None:
    w = Value(1.0)
    step = compile_loss(lambda x: mean([log(w * xi) for xi in x]), [w])
    with pytest.raises(ValueError, match=r"^row 2: math domain error: log of -1\.0"):
        step([[1.0], [1.0, 2.0], [3.0, -1.0, 2.0]])
    assert w.grad == 0.0
    assert step([[1.0], [1.0, 1.0]]) == 0.0
    assert w.grad == 1.0
    with pytest.raises(ValueError, match=r"column 0, row 1 has shape \(0,\)"):
        step([[1.0], []])
    with pytest.raises(AutogradError, match="depends on none of the parameters"):
        compile_loss(lambda x: tanh(x[0]), [w])([[1.0], [1.0, 2.0]])


# --- what is refused -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("compiled", [False, True])
def test_a_row_that_a_part_of_the_model_does_not_take_is_named(compiled: bool) -> None:
    class Own(nn.Module):
        def __init__(self) -> None:
            self.layer = nn.Layer(2, 1)

        def forward(self, x: list[Any]) -> Any:
            return self.layer(x)

    rows, targets = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0, 7.0]], [0.0, 1.0, 2.0]
    with pytest.raises(ValueError, match=r"^fit: epoch 1, row 2: Layer\(2, 1.*takes 2 inputs and was given 3"):
        trained(Own(), rows, targets, compiled, epochs=1)
    with pytest.raises(ValueError, match=r"^fit: X, row 2 \(from 0\) has 3 numbers, row 0 has 2 numbers"):
        trained(nn.MLP(2, [1]), rows, targets, compiled, epochs=1)
    for many in (1, 100):
        with pytest.raises(ValueError, match=r"X, row 2 \(from 0\) has 3 numbers, row 0 has 2 numbers"):
            nn.predict(nn.MLP(2, [1]), rows * many)
        with pytest.raises(ValueError, match=r"prediction, row 2: Layer\(2, 1.*takes 2 inputs and was given 3"):
            nn.predict(Own(), rows * many)
    with pytest.raises(ValueError, match=r"argument 1 of standardize, row 2 .* has 3 numbers, row 0 has 2 numbers"):
        nn.standardize(rows)


@pytest.mark.parametrize("compiled", [False, True])
def test_an_index_out_of_range_is_told_with_its_row(compiled: bool) -> None:
    rows, targets = [[0, 1], [4], [2, 5, 1]], [[1, 2], [3], [1, 1, 1]]
    with pytest.raises(
        IndexError, match=r"epoch 1, row 2, number 1 \(from 0\): Embedding\(5, 4\) has no row 5\.0.*from 0 to 4"
    ):
        trained(Attention(), rows, targets, compiled, epochs=1, loss="cross_entropy")
    with pytest.raises(ValueError, match=r"fit: target 1 \(\[5\.0\]\): .*from 0 to 4, not 5"):
        trained(Attention(), [[0, 1], [4]], [[1, 2], [5]], compiled, epochs=1, loss="cross_entropy")


@pytest.mark.parametrize("compiled", [False, True])
def test_a_row_that_is_not_finite_is_named_whatever_its_length(compiled: bool) -> None:
    class Logarithm(nn.Module):
        def __init__(self) -> None:
            self.w = Value(1.0)

        def forward(self, x: list[Any]) -> Any:
            return mean([log(self.w * xi) for xi in x])

    rows = [[1.0, 2.0], [1.0], [2.0, -1.0], [3.0]]
    for size in (1, 2, None):
        with pytest.raises((ValueError, NonFiniteError), match=r"epoch 1, row 2: .*log of -1"):
            trained(Logarithm(), rows, [0.0] * 4, compiled, epochs=1, batch_size=size)


@pytest.mark.parametrize(
    "rows",
    [
        [(1.0, 2.0), (3.0,)], ([1.0, 2.0], [3.0]), [np.array([1.0, 2.0]), np.array([3])], iter([[1, 2], [3]]),
        np.array([[1.0, 2.0], [3.0]], dtype=object), np.array([np.array([1.0, 2.0]), np.array([3.0])], dtype=object),
        [range(1, 3), [3.0]],
    ],
    ids=["tuples", "tuple", "arrays", "iterator", "object array", "array of arrays", "range"],
)  # fmt: skip
def test_rows_may_come_in_what_holds_them(rows: Any) -> None:
    from nn.samples import check_data

    found, targets = check_data(rows, [[1.0], [2.0, 3.0]])
    assert found.tolist() == [[1.0, 2.0], [3.0]]
    assert targets.tolist() == [[1.0], [2.0, 3.0]]


def test_the_parts_of_a_cluster_have_rows_of_one_length() -> None:
    pytest.importorskip("dask")
    from nn.training.cluster.partitions import checked

    with pytest.raises(ValueError, match=r"part 3, X, row 1 \(from 0\) has 1 number, row 0 has 2 numbers"):
        checked([[1.0, 2.0], [3.0]], [1.0, 2.0], 3, "")


@pytest.mark.usefixtures("backend_in_time")
def test_a_program_without_end_is_refused_with_what_to_do_instead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autograd.program.tracer.MOST", 500)
    with pytest.raises(TraceError, match=r"more than .* operations, which would take minutes.*dot.*compiled=False"):
        jit(lambda x: sum((x * i for i in range(300)), x))(1.0)
    rows = [[1.0], [0.01] * 200]  # the longer one alone takes too many
    eager, _ = trained(Recurrent(), rows, [0.5, 0.25], False, epochs=2)
    with pytest.warns(FallbackWarning, match="more than .* operations"):
        fast, history = trained(Recurrent(), rows, [0.5, 0.25], True, epochs=2)
    assert (fast, history.compiled) == (eager, None)


@pytest.mark.usefixtures("backend_in_time")
def test_a_length_that_few_rows_have_is_not_compiled_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    from autograd.compiler import compiled_function

    made = []
    usual = compiled_function.evaluator
    monkeypatch.setattr(compiled_function, "RECENT", compiled_function.Recent())
    monkeypatch.setattr(compiled_function, "evaluator", lambda program: made.append(1) or usual(program))
    rows, model = [[0.1 * i, 0.2] for i in range(250)] + [[0.5] * 3, [0.25]], Recurrent()
    assert nn.predict(model, rows)[-3:] == pytest.approx([model(x).data for x in rows[-3:]], rel=1e-12)
    assert len(made) == 1
    _, history = trained(model, rows[-3:], [0.0] * 3, True, epochs=2, validation=(rows[-3:], [0.0] * 3))
    assert len(made) == 4  # after every epoch it pays
    assert len(history.val_loss) == 2
