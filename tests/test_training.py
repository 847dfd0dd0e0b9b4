"""fit against training loops written by hand, with plain Values and in NumPy; predict, accuracy and evaluate."""

from __future__ import annotations

import functools
import io
import math
import random
import re
import sys

import numpy as np
import pytest

import autograd
import nn
from autograd import NonFiniteError, Value

fit = functools.partial(nn.fit, compiled=False)  # test_compiled_fit.py holds the compiled steps to these


def numbers(model: nn.Module) -> list[float]:
    return [p.data for p in model.parameters()]


class Line(nn.Module):
    """w·x + b, and a record of the rows that were asked for."""

    def __init__(self, w=1.0, b=0.0):
        self.w, self.b = Value(w), Value(b)
        self.rows = []
        self.modes = []

    def forward(self, x):
        self.rows.append(x[0])
        self.modes.append(self.training)
        return self.w * x[0] + self.b


def squared(prediction, target):
    return (prediction - target) * (prediction - target)


def train(model=None, X=((1.0,), (2.0,), (3.0,)), y=(1.0, 3.0, 2.0), **settings):
    """fit a Line with what is usual here: (model, history)."""
    model = model or Line()
    settings = {"loss": squared, "epochs": 1} | settings
    settings.setdefault("optimizer", nn.SGD(model.parameters(), lr=0.01))
    return model, fit(model, X, y, **settings)


class Recorder(nn.Module):
    """A model around another that keeps the rows of its training, in order."""

    def __init__(self, model):
        self.model = model
        self.seen = []

    def forward(self, x):
        if self.training:
            self.seen.append(x)
        return self.model(x)


def batches_seen(recorder, X, batch_size):
    """The row numbers of each epoch's batches, from what the model saw."""
    n = len(X)
    order = [[list(row) for row in X].index(x) for x in recorder.seen]
    epochs = [order[start : start + n] for start in range(0, len(order), n)]
    return [[epoch[i : i + batch_size] for i in range(0, n, batch_size)] for epoch in epochs]


# --- fit does what a loop written by hand does -----------------------------------------------------------------


def loop_by_hand(model, X, y, epochs, lr, l2):
    """Plain Values and plain operators: the parameters, and (objective, data loss) for each epoch."""
    layers = [[([Value(w.data) for w in n.w], Value(n.b.data)) for n in layer.neurons] for layer in model.layers]
    parameters = [p for layer in layers for w, b in layer for p in (*w, b)]

    def forward(xs):
        for depth, layer in enumerate(layers):
            sums = [sum((wi * xi for wi, xi in zip(w, xs, strict=True)), b) for w, b in layer]
            xs = sums if depth == len(layers) - 1 else [s.tanh() for s in sums]
        return xs

    history = []
    for batches in epochs:
        whole = of_data = 0.0
        for batch in batches:
            data = sum((sum((o - t) ** 2 for o, t in zip(forward(X[i]), y[i], strict=True)) for i in batch), Value(0.0))
            data = data / (len(batch) * len(y[0]))
            objective = data + l2 * sum(p * p for p in parameters)
            for p in parameters:
                p.grad = 0.0
            objective.backward()
            for p in parameters:
                p.data -= lr * p.grad
            whole += objective.data * len(batch)
            of_data += data.data * len(batch)
        history.append((whole / len(X), of_data / len(X)))
    return [p.data for p in parameters], history


@pytest.mark.parametrize("l2", [0.0, 0.03])
@pytest.mark.parametrize("batch_size", [None, 1, 3, 7, 50])
def test_fit_is_the_loop_one_would_write_by_hand(batch_size, l2):
    rng = random.Random("by hand")
    X = [[rng.gauss(0, 1) for _ in range(2)] for _ in range(7)]
    y = [[math.sin(a), a * b] for a, b in X]
    model = nn.MLP(2, [3, 2], activation="tanh", seed=1)
    start = nn.MLP(2, [3, 2], activation="tanh", seed=1)
    recorder = Recorder(model)
    history = fit(
        recorder, X, y, loss="mse", optimizer=nn.SGD(model.parameters(), lr=0.1), epochs=3, batch_size=batch_size,
        l2=l2, seed=5,
    )  # fmt: skip
    epochs = batches_seen(recorder, X, batch_size or 7)
    assert all(sorted(i for batch in batches for i in batch) == list(range(7)) for batches in epochs)
    parameters, expected = loop_by_hand(start, X, y, epochs, lr=0.1, l2=l2)
    assert numbers(model) == pytest.approx(parameters, rel=1e-12)
    assert history.loss == pytest.approx([whole for whole, _ in expected], rel=1e-12)
    assert history.data_loss == pytest.approx([data for _, data in expected], rel=1e-12)
    assert history.val_loss == []
    if l2:
        assert all(whole > data for whole, data in zip(history.loss, history.data_loss, strict=True))


def test_fit_is_backpropagation_written_in_numpy():
    rng = np.random.default_rng(8)
    X = rng.normal(size=(10, 3))
    classes = rng.integers(0, 4, size=10)
    model = nn.MLP(3, [5, 4], activation="tanh", seed=2)
    recorder = Recorder(model)
    W1, W2 = (np.array([[w.data for w in neuron.w] for neuron in layer.neurons]) for layer in model.layers)
    b1, b2 = np.zeros(5), np.zeros(4)
    history = fit(
        recorder, X, classes, loss="cross_entropy", optimizer=nn.SGD(model.parameters(), lr=0.2, momentum=0.9),
        epochs=4, batch_size=4, l2=0.01, seed=3,
    )  # fmt: skip

    parameters = [W1, b1, W2, b2]
    velocities = [np.zeros_like(p) for p in parameters]
    losses, data_losses = [], []
    for batches in batches_seen(recorder, X, 4):
        assert [len(batch) for batch in batches] == [4, 4, 2]
        per_sample = []
        whole = 0.0
        for batch in batches:
            x, k = X[batch], classes[batch]
            hidden = np.tanh(x @ W1.T + b1)
            logits = hidden @ W2.T + b2
            odds = np.exp(logits)
            probabilities = odds / odds.sum(axis=1, keepdims=True)
            sample_losses = -np.log(probabilities[np.arange(len(k)), k])
            per_sample += [*sample_losses]
            whole += len(k) * (sample_losses.mean() + 0.01 * sum((p * p).sum() for p in parameters))
            d_logits = (probabilities - np.eye(4)[k]) / len(k)
            d_hidden = (d_logits @ W2) * (1 - hidden**2)
            gradients = [d_hidden.T @ x, d_hidden.sum(axis=0), d_logits.T @ hidden, d_logits.sum(axis=0)]
            for p, v, g in zip(parameters, velocities, gradients, strict=True):
                v *= 0.9
                v += g + 0.02 * p
                p -= 0.2 * v
        losses.append(whole / 10)
        data_losses.append(np.mean(per_sample))

    ours = [np.array([[w.data for w in neuron.w] for neuron in layer.neurons]) for layer in model.layers]
    np.testing.assert_allclose(ours[0], W1, rtol=1e-11)
    np.testing.assert_allclose(ours[1], W2, rtol=1e-11)
    for layer, bias in zip(model.layers, (b1, b2), strict=True):
        np.testing.assert_allclose([neuron.b.data for neuron in layer.neurons], bias, rtol=1e-10)
    np.testing.assert_allclose(history.loss, losses, rtol=1e-12)
    np.testing.assert_allclose(history.data_loss, data_losses, rtol=1e-12)


def test_without_a_batch_size_each_epoch_is_one_step_on_all_rows_in_order():
    model, _ = train(epochs=3, seed=1)
    assert model.rows == [1.0, 2.0, 3.0] * 3
    steps = nn.SGD(model.parameters(), lr=0.01)
    train(model, epochs=3, optimizer=steps)
    assert steps.t == [3, 3]


def test_with_a_batch_size_every_epoch_has_every_row_once_in_a_new_order():
    X = [[float(i)] for i in range(20)]
    model, _ = train(X=X, y=[0.0] * 20, batch_size=6, epochs=5, seed=1)
    epochs = [tuple(model.rows[start : start + 20]) for start in range(0, 100, 20)]
    assert all(sorted(epoch) == [float(i) for i in range(20)] for epoch in epochs)
    assert len({*epochs, tuple(float(i) for i in range(20))}) == 6


def test_the_mean_over_an_epoch_weighs_batches_by_their_rows():
    # Nothing moves at a learning rate of 0: the mean over the epoch is the mean over the rows, whatever the cut.
    model = Line()
    model, history = train(
        model, X=[[0.0]] * 5, y=[0.0, 0.0, 0.0, 0.0, 5.0], batch_size=2, optimizer=nn.SGD(model.parameters(), lr=0.0)
    )
    assert history.loss == pytest.approx([25.0 / 5])


def test_the_history_is_of_the_forward_passes_before_their_updates():
    model = Line(w=0.0)
    lr = 0.25
    _, history = train(model, X=[[1.0]], y=[4.0], epochs=2, optimizer=nn.SGD([model.w], lr=lr), l2=0.5)
    w1 = 0.0 - lr * (2 * (0.0 - 4.0) + 2 * 0.5 * 0.0)
    assert history.data_loss == [16.0, (w1 - 4.0) ** 2]
    assert history.loss == [16.0, (w1 - 4.0) ** 2 + 0.5 * w1**2]


def test_l2_counts_every_parameter_biases_and_frozen_ones_too():
    model = Line(w=2.0, b=3.0)
    model.w.requires_grad = False
    _, history = train(model, l2=0.1, optimizer=nn.SGD(model.parameters(), lr=0.01))
    assert history.loss[0] - history.data_loss[0] == pytest.approx(0.1 * (2.0**2 + 3.0**2))
    assert model.w.data == 2.0
    assert model.b.data != 3.0

    model = Line(w=2.0, b=3.0)  # and those that the optimiser does not hold
    _, history = train(model, l2=0.1, optimizer=nn.SGD([model.b], lr=0.01))
    assert history.loss[0] - history.data_loss[0] == pytest.approx(0.1 * (2.0**2 + 3.0**2))
    assert model.w.data == 2.0


def test_a_model_in_evaluation_mode_is_trained_in_training_mode():
    model = Line().eval()
    train(model, loss="mse", epochs=2, validation=([[1.0]], [1.0]))
    training = [mode for row, mode in zip(model.rows, model.modes, strict=True) if row != 1.0]
    assert training == [True] * 4


def test_an_optimiser_of_a_part_trains_that_part_alone():
    model = nn.MLP(1, [2, 1], activation="tanh", seed=1)
    first, last = numbers(model.layers[0]), numbers(model.layers[1])
    train(model, optimizer=nn.SGD(model.layers[1].parameters(), lr=0.1))
    assert numbers(model.layers[0]) == first
    assert all(a != b for a, b in zip(numbers(model.layers[1]), last, strict=True))


# --- losses, data, seeds ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*nn.losses.LOSSES])
def test_a_loss_by_name_is_the_function(name):
    def run(loss):
        outputs = 3 if name == "cross_entropy" else 1
        model = nn.MLP(2, [3, outputs], output_activation="sigmoid" if name == "bce" else "linear", seed=6)
        optimizer = nn.Adam(model.parameters(), lr=0.05)
        history = fit(model, [[0.0, 1.0], [1.0, -1.0], [2.0, 0.5]], [0, 1, 1], loss=loss, optimizer=optimizer, epochs=3)
        return history, numbers(model)

    assert run(name) == run(getattr(nn, name)) == run(lambda p, t: getattr(nn, name)(p, t))


def test_data_may_be_lists_tuples_arrays_and_generators():
    X, y = [[0.5, 1.0], [1.5, -1.0], [2.0, 0.25]], [1.0, 0.0, 2.0]

    def run(X, y, validation):
        model = nn.MLP(2, [3, 1], seed=1)
        history = fit(
            model, X, y, loss="mse", optimizer=nn.SGD(model.parameters(), lr=0.1), epochs=3, batch_size=2, seed=1,
            validation=validation,
        )  # fmt: skip
        return history, numbers(model)

    expected = run(X, y, (X, y))
    assert run(tuple(map(tuple, X)), tuple(y), (np.array(X), y)) == expected
    assert run(np.array(X), np.array(y), (X, np.array(y))) == expected
    assert run(list(np.array(X)), list(np.array(y)), (iter(X), iter(y))) == expected
    assert run((row for row in X), (t for t in y), ((row for row in X), (t for t in y))) == expected
    assert run(map(iter, X), iter(y), (map(iter, X), iter(y))) == expected


def test_rows_may_be_plain_numbers_and_targets_integers_or_bools():
    results = []
    for X, y in (([[1.0], [2.0]], [0.0, 1.0]), ([1, 2], [False, True]), (np.array([1, 2]), np.array([False, True]))):
        model, history = train(X=X, y=y, loss="hinge")
        results.append((history, numbers(model)))
    assert results[0] == results[1] == results[2]


def run_seeded(seed, model_seed=1):
    rng = random.Random(0)
    X = [[rng.gauss(0, 1), rng.gauss(0, 1)] for _ in range(23)]
    model = nn.MLP(2, [4, 1], activation="tanh", seed=model_seed)
    history = fit(
        model, X, [a * b for a, b in X], loss="huber", optimizer=nn.Adam(model.parameters(), lr=0.05), epochs=4,
        batch_size=5, seed=seed, validation=(X[:5], [0.0] * 5), l2=1e-3,
    )  # fmt: skip
    return history.loss, history.data_loss, history.val_loss, numbers(model)


def test_a_seeded_fit_is_the_same_to_the_last_bit():
    assert run_seeded(3) == run_seeded(3)
    assert run_seeded(3) != run_seeded(4)


def test_an_unseeded_fit_differs_and_leaves_pythons_random_alone():
    random.seed(5)
    before = random.getstate()
    assert run_seeded(None) != run_seeded(None)
    assert random.getstate() == before


# --- validation and callbacks ----------------------------------------------------------------------------------


def test_val_loss_is_the_loss_after_each_epoch_in_evaluation_mode_without_penalties():
    model = Line()
    X, y = [[1.0], [2.0]], [3.0, 1.0]
    after = []

    def callback(history, model):
        w, b = numbers(model)
        after.append(sum((w * x + b - t) ** 2 for (x,), t in zip(X, y, strict=True)) / 2)

    _, history = train(model, epochs=3, l2=0.5, validation=(X, y), callbacks=[callback])
    assert history.val_loss == pytest.approx(after, rel=1e-13)
    assert model.modes == ([True] * 3 + [False] * 2) * 3
    assert model.training


def test_every_callback_is_called_after_every_epoch_with_history_and_model():
    calls = []
    model, history = train(
        epochs=3,
        callbacks=[
            lambda h, m: calls.append(("a", len(h.loss), h, m)),
            lambda h, m: calls.append(("b", len(h.loss), h, m)),
        ],
    )
    assert [(name, n) for name, n, _, _ in calls] == [("a", 1), ("b", 1), ("a", 2), ("b", 2), ("a", 3), ("b", 3)]
    assert all(h is history and m is model for _, _, h, m in calls)


@pytest.mark.parametrize("yes", [True, np.bool_(True)])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_callback_that_returns_true_stops_and_all_are_still_called(yes, place):
    calls = []

    def callback(name):
        def call(history, model):
            calls.append(name)
            return yes if name == place and len(history.loss) == 2 else None

        return call

    _, history = train(epochs=10, callbacks=[callback(name) for name in range(3)])
    assert len(history.loss) == 2
    assert calls == [0, 1, 2] * 2


@pytest.mark.parametrize("answer", [None, False, 1, 1.0, "stop", [True], Value(1.0), np.bool_(False), np.ones(3)])
def test_nothing_but_true_stops(answer):
    _, history = train(epochs=3, callbacks=[lambda history, model: answer])
    assert len(history.loss) == 3


# --- what is refused before the first step ---------------------------------------------------------------------

NAN, INF = math.nan, math.inf
MLP2 = {"X": [[0.0, 1.0], [1.0, 0.0]], "y": [0, 1]}


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"y": [0]}, ValueError, "X has 2 rows but y has 1 targets"),
        ({"y": [0, 1, 1]}, ValueError, "X has 2 rows but y has 3 targets"),
        ({"X": [], "y": []}, ValueError, "X is empty"),
        ({"X": np.zeros((0, 2)), "y": np.zeros(0)}, ValueError, "X is empty"),
        ({"X": iter([]), "y": iter([])}, ValueError, "X is empty"),
        ({"X": [[0.0, 1.0], [1.0, NAN]]}, ValueError, "X, row 1, column 1 .*nan"),
        ({"X": [[INF, 1.0], [1.0, 0.0]]}, ValueError, "X, row 0, column 0 .*inf"),
        ({"X": np.array([[0.0, 1.0], [-INF, 0.0]])}, ValueError, "X, row 1, column 0 .*-inf"),
        ({"y": [0, NAN]}, ValueError, "y, row 1 .*nan"),
        ({"X": [[0.0, 1.0], [1.0]]}, ValueError, "X, row 1 .* has 1 number, row 0 has 2 numbers"),
        ({"X": [[0.0, 1.0], [1.0, "2"]]}, TypeError, "X, row 1, column 1 .*str"),
        ({"X": [[0.0], [1.0]]}, ValueError, "row 0: .* takes 2 inputs and was given 1"),
        ({"y": [0, 3]}, ValueError, r"fit: target 1 \(3\.0\): .*from 0 to 2, not 3"),
        ({"y": [0, -1]}, ValueError, r"fit: target 1 \(-1\.0\): .*from 0 to 2, not -1"),
        ({"y": [0.5, 1]}, ValueError, r"fit: target 0 \(0\.5\): .*from 0 to 2, not 0.5"),
        ({"loss": "mse"}, ValueError, r"fit: target 0 \(0\.0\): the model gives 3 output\(s\) .* 1 number\(s\)"),
        ({"loss": "mse", "y": [[1, 2], [3, 4]]}, ValueError, r"fit: target 0 .* 3 output\(s\) .* 2 number\(s\)"),
        ({"loss": "hinge", "y": [[0, 1, 1], [0, 1, 2]]}, ValueError, "fit: target 1 .* hinge takes targets 0 and 1"),
        ({"loss": "bec"}, ValueError, "no loss 'bec': choose from"),
        ({"validation": ([[0.0, 1.0]], [3])}, ValueError, r"fit: validation target 0 \(3\.0\): .*from 0 to 2, not 3"),
        ({"validation": ([[0.0, 1.0]], [0, 1])}, ValueError, "X has 1 rows but y has 2 targets"),
        ({"validation": ([[0.0, NAN]], [0])}, ValueError, "X, row 0, column 1 .*nan"),
        ({"validation": ([], [])}, ValueError, "X is empty"),
        ({"validation": ([[0.0]], [0])}, ValueError, "fit: validation row 0: .* takes 2 inputs and was given 1"),
        ({"epochs": 0}, ValueError, "epochs must be a whole number of at least 1, not 0"),
        ({"epochs": 2.5}, ValueError, r"epochs must be a whole number of at least 1, not 2\.5"),
        ({"batch_size": 0}, ValueError, "batch_size must be a whole number of at least 1, not 0"),
        ({"batch_size": -3}, ValueError, "batch_size must be a whole number of at least 1, not -3"),
        ({"batch_size": 1.5}, ValueError, r"batch_size must be a whole number of at least 1, not 1\.5"),
        ({"l1": -0.1}, ValueError, "l1 must be 0 or more, not -0.1"),
        ({"l2": -0.1}, ValueError, "l2 must be 0 or more, not -0.1"),
        ({"l2": NAN}, ValueError, "l2 must be 0 or more, not nan"),
        ({"l2": INF}, ValueError, "l2 must be 0 or more, not inf"),
    ],
)  # fmt: skip
def test_bad_data_and_settings_are_refused_before_the_first_step(change, error, message):
    model = nn.MLP(2, [4, 3], seed=1)
    optimizer = nn.Adam(model.parameters(), lr=0.1)
    before = numbers(model)
    called = []
    settings = {"loss": "cross_entropy", "epochs": 2, "batch_size": 1, **MLP2} | change
    X, y = settings.pop("X"), settings.pop("y")
    with pytest.raises(error, match=message):
        fit(model, X, y, optimizer=optimizer, callbacks=[lambda h, m: called.append(h)], **settings)
    assert numbers(model) == before
    assert optimizer.t == [0] * len(before)
    assert not called


def test_what_those_were_made_from_is_good():
    model = nn.MLP(2, [4, 3], seed=1)
    optimizer = nn.Adam(model.parameters(), lr=0.1)
    history = fit(model, MLP2["X"], MLP2["y"], loss="cross_entropy", optimizer=optimizer, epochs=2, batch_size=1)
    assert history.loss[1] < history.loss[0]


def test_the_optimiser_of_another_model_is_refused():
    other = Line()
    with pytest.raises(ValueError, match=r"holds no parameter of this model: give it model\.parameters"):
        train(Line(), optimizer=nn.SGD(other.parameters()))


@pytest.mark.parametrize("loss", [lambda p, t: [p], lambda p, t: "0", lambda p, t: None])
def test_a_loss_that_is_no_value_is_refused(loss):
    model = Line()
    with pytest.raises(TypeError, match="epoch 1, row 0: the loss: expected a real number"):
        train(model, loss=loss)
    assert numbers(model) == [1.0, 0.0]


# --- what goes wrong on the way --------------------------------------------------------------------------------


# A product of floats that is too large is inf, and a power raises: Python's rules, and so the Values'.
@pytest.mark.filterwarnings("ignore::nn.DivergenceWarning")
@pytest.mark.parametrize(
    ("error", "square"), [(NonFiniteError, lambda d: d * d), (OverflowError, lambda d: d**2)], ids=["inf", "raises"]
)
@pytest.mark.parametrize("batch_size", [None, 2])
@pytest.mark.parametrize("optimiser", [lambda ps: nn.SGD(ps, lr=3.0), lambda ps: nn.SGD(ps, lr=1e200, momentum=0.9)])
def test_a_diverging_training_stops_and_keeps_the_parameters_of_the_last_good_step(
    optimiser, batch_size, error, square
):
    model = Line()
    used = []  # the parameters of every forward pass

    def loss(prediction, target):
        used.append(numbers(model))
        return square(prediction - target)

    with pytest.raises(error, match=r"fit: epoch \d+") as caught:
        train(model, loss=loss, epochs=2000, batch_size=batch_size, seed=1, optimizer=optimiser(model.parameters()))
    assert all(map(math.isfinite, numbers(model)))
    assert numbers(model) == used[-1]  # the update of the last pass was not made
    good = int(re.search(r"epoch (\d+)", str(caught.value)).group(1)) - 1
    if batch_size is None:
        assert good >= 1
        again = Line()
        train(again, loss=lambda p, t: square(p - t), epochs=good, optimizer=optimiser(again.parameters()))
        assert numbers(model) == numbers(again)


@pytest.mark.parametrize("loss", ["mse", squared])
def test_a_loss_that_overflows_names_epoch_and_row_and_moves_nothing(loss):
    model = Line()
    with pytest.raises(NonFiniteError, match=r"fit: epoch 1, row 2: .*inf"):
        train(model, X=[[1.0], [2.0], [1e200]], loss=loss)
    assert numbers(model) == [1.0, 0.0]


class Root(nn.Module):
    """√(w − x), whose slope is infinite at x = w."""

    def __init__(self):
        self.w = Value(4.0)

    def forward(self, x):
        return autograd.sqrt(self.w - x[0])


def test_a_gradient_that_is_not_finite_names_epoch_row_and_parameter_and_moves_nothing():
    model = Root()
    with pytest.raises(NonFiniteError, match=r"fit: epoch 1.* row 1: the gradient of w is (-?inf|nan)"):
        train(model, X=[[0.0], [4.0], [3.0]], y=[1.0, 1.0, 1.0])
    assert numbers(model) == [4.0]


def test_a_penalty_that_overflows_is_told_with_the_epoch():
    model = Line(w=1e200)
    with pytest.raises(NonFiniteError, match=r"fit: epoch 1: .*inf"):
        train(model, X=[[0.0]], y=[0.0], l2=1.0)
    assert numbers(model) == [1e200, 0.0]


class Custom(ValueError):
    """An exception that cannot be made from one text."""

    def __init__(self, a, b):
        super().__init__(f"{a} and {b}")


@pytest.mark.parametrize("loss", ["mse", squared])
@pytest.mark.parametrize("row", [0, 2])
@pytest.mark.parametrize(
    ("fail", "error", "text"),
    [
        (lambda x: autograd.exp(x * 1e6), OverflowError, "exp of"),
        (lambda x: x / 0.0, ZeroDivisionError, "division"),
        (lambda x: autograd.log(-x), ValueError, "log of"),
        (lambda x: [][3], IndexError, "list index out of range"),
        (lambda x: x + "1", TypeError, "unsupported operand"),
        (lambda x: {}[3], KeyError, "3"),
    ],
)
def test_an_error_in_the_users_forward_carries_epoch_and_row(fail, error, text, row, loss):
    class Model(Line):
        def forward(self, x):
            out = super().forward(x)
            return fail(out) if x[0] == row + 1.0 else out

    model = Model()
    with pytest.raises(error, match=text) as caught:
        train(model, loss=loss)
    told = "\n".join([str(caught.value), *getattr(caught.value, "__notes__", ())])
    assert f"fit: epoch 1, row {row}" in told
    assert numbers(model) == [1.0, 0.0]


def test_an_exception_that_cannot_be_made_anew_keeps_its_type_and_gets_a_note():
    class Model(Line):
        def forward(self, x):
            raise Custom("this", "that")

    with pytest.raises(Custom, match="this and that") as caught:
        train(Model())
    assert caught.value.__notes__ == ["fit: epoch 1, row 0"]


def test_an_error_in_a_later_epoch_names_that_epoch_and_keeps_the_steps_before_it():
    class Model(Line):
        def forward(self, x):
            if len(self.rows) == 7:
                raise OverflowError("too much")
            return super().forward(x)

    model, twice = Model(), Line()
    with pytest.raises(OverflowError, match="fit: epoch 3, row 1: too much"):
        train(model, epochs=5)
    train(twice, epochs=2)
    assert numbers(model) == numbers(twice)


def test_an_error_in_a_callback_is_its_own():
    def callback(history, model):
        raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match=r"^mine$"):
        train(callbacks=[callback])


# --- progress --------------------------------------------------------------------------------------------------


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("stream", "progress", "shown"),
    [
        (io.StringIO, None, False), (io.StringIO, False, False), (io.StringIO, True, True),
        (Terminal, None, True), (Terminal, False, False), (Terminal, True, True),
    ],
)  # fmt: skip
def test_progress_is_shown_to_a_terminal_or_on_request_alone(stream, progress, shown, monkeypatch, capsys):
    monkeypatch.setattr(sys, "stderr", stream())
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    train(epochs=3, progress=progress)
    text = sys.stderr.getvalue()
    assert ("3/3" in text and "loss" in text) == shown
    assert bool(text) == shown
    assert capsys.readouterr().out == ""


# --- predict, evaluate, accuracy -------------------------------------------------------------------------------


def test_predict_gives_raw_floats_or_lists_of_them():
    one, two = nn.MLP(2, [3, 1], seed=1), nn.MLP(2, [3, 2], seed=1)
    X = [[0.5, 1.0], [-1.0, 2.0]]
    assert nn.predict(one, X) == [one(row).data for row in X]
    assert nn.predict(two, np.array(X)).tolist() == [[o.data for o in two(row)] for row in X]
    assert nn.predict(two, iter(X)) == nn.predict(two, X)
    assert {type(x) for out in nn.predict(two, X) for x in out} == {float} == {type(x) for x in nn.predict(one, X)}


def test_predict_records_nothing_and_is_in_evaluation_mode():
    class Model(Line):
        def forward(self, x):
            out = super().forward(x)
            assert out.parents == ()
            return out

    model = Model()
    assert nn.predict(model, [[1.0], [2.0]]) == [1.0, 2.0]
    assert model.modes == [False, False]
    assert model.training


def test_predict_leaves_the_mode_of_every_module_as_it_was_also_after_an_error():
    model = nn.Sequential(nn.Layer(1, 1), nn.Layer(1, 1), nn.Layer(1, 1))
    model.layers[1].eval()
    before = [module.training for module in model.modules()]
    assert len({*before}) == 2
    nn.predict(model, [[1.0]])
    assert [module.training for module in model.modules()] == before
    with pytest.raises(ValueError, match="takes 1 inputs and was given 2"):
        nn.predict(model, [[1.0, 2.0]])
    assert [module.training for module in model.modules()] == before


def test_predict_refuses_bad_rows():
    with pytest.raises(ValueError, match=r"X, row 0, column 0 .*nan"):
        nn.predict(Line(), [[math.nan]])


def test_evaluate_is_the_mean_loss_without_penalties_and_changes_nothing():
    model = Line(w=2.0)
    X, y = [[1.0], [2.0], [3.0]], [1.0, 3.0, 9.0]
    assert nn.evaluate(model, X, y, loss="mse") == pytest.approx((1 + 1 + 9) / 3)
    assert nn.evaluate(model, iter(X), np.array(y), loss=lambda p, t: abs(p - t)) == pytest.approx((1 + 1 + 3) / 3)
    assert numbers(model) == [2.0, 0.0]
    assert [p.grad for p in model.parameters()] == [0.0, 0.0]
    with pytest.raises(ValueError, match="X has 3 rows but y has 2 targets"):
        nn.evaluate(model, X, y[:2], loss="mse")


def test_accuracy_of_one_output_is_by_the_threshold():
    X = [[-2.0], [-0.5], [0.0], [0.5], [2.0]]
    assert nn.accuracy(Line(), X, [0, 0, 0, 1, 1]) == 1.0
    assert nn.accuracy(Line(), X, [-1, -1, -1, 1, 1]) == 1.0
    assert nn.accuracy(Line(), X, [1, 0, 0, 1, 1]) == 0.8
    assert nn.accuracy(Line(), X, [1, 1, 1, 0, 0]) == 0.0
    assert nn.accuracy(Line(), X, [0, 0, 0, 0, 1], threshold=0.5) == 1.0
    assert nn.accuracy(Line(), np.array(X), np.array([0, 0, 0, 0, 1])) == 0.8


def test_accuracy_of_several_outputs_is_by_the_largest():
    class Distances(nn.Module):
        def forward(self, x):
            return [-((Value(x[0]) - centre) ** 2) for centre in (0.0, 5.0, 9.0)]

    X = [[0.1], [4.0], [8.0], [20.0]]
    assert nn.accuracy(Distances(), X, [0, 1, 2, 2]) == 1.0
    assert nn.accuracy(Distances(), X, np.array([0, 1, 1, 0])) == 0.5


def test_a_small_network_learns_xor():
    X, y = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0, 1, 1, 0]
    for loss, outputs, output_activation, threshold in [
        ("hinge", 1, "linear", 0.0),
        ("bce_with_logits", 1, "linear", 0.0),
        ("bce", 1, "sigmoid", 0.5),
        ("cross_entropy", 2, "linear", 0.0),
    ]:
        model = nn.MLP(2, [8, outputs], "tanh", output_activation, seed=1)
        fit(model, X, y, loss=loss, optimizer=nn.Adam(model.parameters(), lr=0.05), epochs=150)
        assert nn.accuracy(model, X, y, threshold=threshold) == 1.0, loss


def test_a_mistake_in_the_model_is_not_taken_for_something_that_cannot_be_compiled():
    class Mistaken(nn.Module):
        def __init__(self):
            self.w = Value(0.3)

        def forward(self, x):
            return {}["no such key"] * self.w

    model = Mistaken()
    optimizer = nn.SGD(model.parameters(), lr=0.1)
    with pytest.raises(KeyError, match="no such key"):
        nn.fit(model, [1.0, 2.0], [1.0, 2.0], loss=lambda p, t: p * t, optimizer=optimizer, epochs=1)


@pytest.mark.parametrize("compiled", [False, True])
def test_x_and_y_that_are_swapped_are_recognised(compiled):
    model, (X, y) = nn.MLP(2, [3, 1], seed=1), nn.datasets.moons(20, seed=1)
    sgd = nn.SGD(model.parameters())
    for use in (
        lambda: nn.fit(model, y, X, loss="hinge", optimizer=sgd, epochs=1, compiled=compiled),
        lambda: nn.fit(model, y, X, loss=squared, optimizer=sgd, epochs=1, compiled=compiled),
        lambda: nn.fit(model, X, y, loss="hinge", optimizer=sgd, epochs=1, compiled=compiled, validation=(y, X)),
        lambda: nn.evaluate(model, y, X, loss="hinge"),
    ):
        with pytest.raises(ValueError, match=r"have 1 number, those of y 2 numbers, .*are X and y swapped\?"):
            use()


def test_one_row_without_its_second_brackets_is_recognised():
    model = nn.MLP(2, [3, 1], seed=1)
    with pytest.raises(
        ValueError, match=r"X has 2 rows of 1 number, and the model takes 2 inputs: write one row as \[\["
    ):
        nn.predict(model, [0.5, 1.0])
    assert len(nn.predict(model, [[0.5, 1.0]])) == 1
