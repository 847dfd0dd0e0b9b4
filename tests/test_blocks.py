"""The blocks, and the activations that are made of primitives: by formulas of their own."""

from __future__ import annotations

import math
import random
import statistics

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd
import nn
from autograd import Value, grad, gradcheck
from nn.activations import ACTIVATIONS, elu, find_activation, gelu, silu

mp = mpmath.MPContext()
mp.dps = 50

EXACT = {
    "elu": lambda x: x if x >= 0 else mp.expm1(x),
    "gelu": lambda x: x * mp.ncdf(x),
    "silu": lambda x: x / (1 + mp.exp(-x)),
}
FUNCTIONS = {"elu": elu, "gelu": gelu, "silu": silu}
POINTS = [-30.0, -5.5, -2.0, -1.0, -1e-3, -1e-9, 1e-9, 0.5, 1.0, 3.0, 30.0]


# --- activations -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("x", POINTS)
@pytest.mark.parametrize("name", EXACT)
def test_activations_and_their_slopes_are_those_of_50_digit_arithmetic(name, x):
    """1 + erf cancels for gelu far below 0: hence an absolute tolerance of the size of x's rounding."""
    f, exact = FUNCTIONS[name], EXACT[name]
    assert f(x) == pytest.approx(float(exact(mp.mpf(x))), rel=1e-14, abs=2e-16 * abs(x))
    assert grad(f)(x) == pytest.approx(float(mp.diff(exact, mp.mpf(x))), rel=1e-13, abs=1e-15)
    assert grad(grad(f))(x) == pytest.approx(float(mp.diff(exact, mp.mpf(x), 2)), rel=1e-11, abs=1e-12)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_passes_gradcheck(name):
    activation, _ = find_activation(name)
    for x in (-2.5, -0.3, 0.4, 1.7):
        gradcheck(activation, x)


@pytest.mark.parametrize(("name", "slope"), [("elu", 1.0), ("gelu", 0.5), ("silu", 0.5)])
def test_the_slopes_at_0(name, slope):
    assert FUNCTIONS[name](0.0) == 0.0
    assert grad(FUNCTIONS[name])(0.0) == slope


@pytest.mark.parametrize("name", EXACT)
def test_activations_neither_overflow_nor_swallow_a_nan(name):
    f = FUNCTIONS[name]
    assert f(1e4) == 1e4
    assert f(-1e4) == (-1.0 if name == "elu" else 0.0)
    assert grad(f)(1e4) == 1.0
    assert grad(f)(-1e4) == 0.0
    assert math.isnan(f(math.nan))


def test_elu_goes_down_to_minus_alpha():
    assert elu(-50.0, alpha=0.5) == pytest.approx(-0.5)
    assert elu(2.0, alpha=0.5) == 2.0
    assert nn.Neuron(1, activation=lambda v: elu(v, 0.1), init=nn.constant(1.0))([-60.0]).data == pytest.approx(-0.1)


# --- Residual --------------------------------------------------------------------------------------------------


def test_a_residual_is_its_input_plus_what_its_layers_give():
    inner = nn.MLP(3, [5, 3], activation="tanh", seed=1)
    xs = [0.5, -1.0, 2.0]
    out = nn.Residual(*inner.layers)(xs)
    assert [y.data for y in out] == [x + y.data for x, y in zip(xs, inner(xs), strict=True)]


def test_a_gradient_passes_a_residual_whose_layers_let_none_through():
    model = nn.Residual(nn.Layer(2, 2, activation="relu", init=nn.constant(-1.0)))
    xs = [Value(1.0), Value(2.0)]
    a, b = model(xs)
    (3.0 * a + b).backward()
    assert [x.grad for x in xs] == [3.0, 1.0]


def test_a_residual_of_one_number_is_bare():
    layer = nn.Layer(1, 1, activation="linear", init=nn.constant(2.0))
    for x in ([3.0], 3.0, Value(3.0)):
        assert nn.Residual(layer)(x).data == 9.0


def test_a_residual_of_another_width_is_refused_with_both():
    with pytest.raises(ValueError, match=r"they give 2 number\(s\) for 3: let the last layer be 3 wide"):
        nn.Residual(nn.Layer(3, 2))([1.0, 2.0, 3.0])


def test_a_residual_is_printed_as_what_it_is():
    assert repr(nn.Residual(nn.Layer(2, 2))) == "Residual(Layer(2, 2, activation='relu'))"


# --- Dropout ---------------------------------------------------------------------------------------------------


@settings(max_examples=30, deadline=None)
@given(p=st.floats(0.0, 0.95), seed=st.integers(0, 10**6))
def test_dropout_drops_where_the_draw_is_below_p_and_scales_the_others(p, seed):
    xs = [1.0, -2.0, 3.0, 0.5]
    rng = random.Random(seed)
    expected = [x / (1 - p) if rng.random() >= p else 0.0 for x in xs] if p else xs
    assert nn.Dropout(p, seed)(xs) == pytest.approx(expected, rel=1e-15)


def test_dropout_keeps_the_expectation():
    dropout = nn.Dropout(0.3, seed=2)
    sample = [y for _ in range(500) for y in dropout([1.0] * 10)]
    assert statistics.fmean(sample) == pytest.approx(1.0, abs=4 * math.sqrt(0.3 / 0.7 / len(sample)))
    assert sample.count(0.0) / len(sample) == pytest.approx(0.3, abs=4 * math.sqrt(0.21 / len(sample)))
    assert {*sample} == {0.0, 1.0 / 0.7}


def test_the_gradient_of_dropout_goes_through_what_was_kept():
    xs = [Value(1.0) for _ in range(6)]
    ys = nn.Dropout(0.5, seed=1)(xs)
    sum(ys).backward()
    assert {x.grad for x in xs} == {0.0, 2.0}
    assert [x.grad for x in xs] == [y.data for y in ys]


def test_dropout_in_evaluation_is_nothing_and_draws_nothing():
    dropout = nn.Dropout(0.5, seed=1)
    before = dropout.rng.getstate()
    xs = [Value(1.0), Value(2.0)]
    assert dropout.eval()(xs) == xs
    model = nn.Sequential(nn.Layer(2, 3, activation="tanh"), dropout, nn.Layer(3, 1))
    plain = nn.Sequential(model.layers[0], model.layers[2])
    assert nn.predict(model.train(), [[1.0, 2.0]]) == nn.predict(plain, [[1.0, 2.0]])
    assert dropout.rng.getstate() == before


def test_dropout_of_one_number_is_bare():
    assert nn.Dropout(0.0)([2.0]) == 2.0
    assert nn.Dropout(0.5, seed=1).eval()(2.0) == 2.0
    assert isinstance(nn.Sequential(nn.Layer(1, 1), nn.Dropout(0.5))([1.0]), Value)


@pytest.mark.parametrize("p", [-0.1, 1.0, 2.0, math.nan])
def test_dropout_of_everything_or_of_less_than_nothing_is_refused(p):
    with pytest.raises(ValueError, match=f"p is the fraction to drop, at least 0 and below 1, not {p}"):
        nn.Dropout(p)


def test_unseeded_dropouts_differ():
    first, second = ([y for _ in range(10) for y in nn.Dropout(0.5)([1.0] * 10)] for _ in range(2))
    assert first != second


# --- LayerNorm -------------------------------------------------------------------------------------------------


@settings(max_examples=50, deadline=None)
@given(xs=st.lists(st.floats(-100, 100), min_size=1, max_size=6))
def test_layer_norm_is_its_formula(xs):
    norm = nn.LayerNorm(len(xs), eps=1e-3)
    for i, (g, b) in enumerate(zip(norm.gain, norm.bias, strict=True)):
        g.data, b.data = 1.0 + 0.5 * i, 0.25 * i
    m, v = statistics.fmean(xs), statistics.pvariance(xs)
    expected = [(1.0 + 0.5 * i) * (x - m) / math.sqrt(v + 1e-3) + 0.25 * i for i, x in enumerate(xs)]
    out = norm(xs)
    assert [y.data for y in (out if len(xs) > 1 else [out])] == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_layer_norm_passes_gradcheck_to_inputs_gains_and_biases():
    def normalised(*numbers):
        norm = nn.LayerNorm(3, eps=1e-2)
        norm.gain, norm.bias = list(numbers[3:6]), list(numbers[6:])
        a, b, c = norm(list(numbers[:3]))
        return a * a + 2.0 * b + a * c

    gradcheck(normalised, 0.5, -1.0, 2.0, 1.5, 0.5, -0.25, 0.1, 0.2, 0.3)


def test_layer_norm_forgets_shift_and_scale_of_its_inputs():
    norm = nn.LayerNorm(4, eps=1e-12)
    xs = [0.3, -1.2, 2.0, 0.7]
    shifted = [y.data for y in norm([5.0 * x + 3.0 for x in xs])]
    assert shifted == pytest.approx([y.data for y in norm(xs)], abs=1e-9)
    assert statistics.fmean(shifted) == pytest.approx(0.0, abs=1e-12)
    assert statistics.pvariance(shifted) == pytest.approx(1.0)


def test_layer_norm_of_equal_inputs_is_its_bias():
    assert [y.data for y in nn.LayerNorm(3)([7.0, 7.0, 7.0])] == [0.0, 0.0, 0.0]


def test_layer_norm_has_a_gain_and_a_bias_for_each_input():
    assert [*nn.LayerNorm(2).named_parameters()] == ["gain.0", "gain.1", "bias.0", "bias.1"]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: nn.LayerNorm(0), "width must be a whole number of at least 1, not 0"),
        (lambda: nn.LayerNorm(2, eps=0.0), r"eps must be above 0, not 0\.0"),
        (lambda: nn.LayerNorm(2)([1.0]), r"LayerNorm\(2, eps=1e-05\) takes 2 inputs and was given 1"),
        (lambda: nn.LayerNorm(1)([1.0, 2.0]), "takes 1 inputs and was given 2"),
    ],
)
def test_what_no_layer_norm_can_be_made_of_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


# --- RMSNorm ---------------------------------------------------------------------------------------------------


@settings(max_examples=50, deadline=None)
@given(xs=st.lists(st.floats(-100, 100), min_size=1, max_size=6), gains=st.booleans())
def test_rms_norm_is_its_formula(xs, gains):
    norm = nn.RMSNorm(len(xs) if gains else None, eps=1e-3)
    for i, g in enumerate(norm.gain):
        g.data = 1.0 + 0.5 * i
    length = math.sqrt(statistics.fmean(x * x for x in xs) + 1e-3)
    expected = [(1.0 + 0.5 * i if gains else 1.0) * x / length for i, x in enumerate(xs)]
    out = norm([Value(x) for x in xs])
    assert [y.data for y in (out if len(xs) > 1 else [out])] == pytest.approx(expected, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: nn.RMSNorm(0), "width must be a whole number of at least 1, not 0"),
        (lambda: nn.RMSNorm(2, eps=-1.0), r"eps must be above 0, not -1\.0"),
        (lambda: nn.RMSNorm(2)([1.0]), r"RMSNorm\(2, eps=1e-05\) takes 2 inputs and was given 1"),
    ],
)
def test_what_no_rms_norm_can_be_made_of_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


# --- Embedding -------------------------------------------------------------------------------------------------


def test_an_embedding_gives_the_parameters_of_a_row():
    table = nn.Embedding(5, 3, seed=1)
    assert table(4) == table.rows[4] == table([4.0])
    assert [*nn.Embedding(2, 2).named_parameters()] == ["rows.0.0", "rows.0.1", "rows.1.0", "rows.1.1"]
    assert [p.data for p in table.parameters()] == [p.data for p in nn.Embedding(5, 3, seed=1).parameters()]
    assert [p.data for p in table.parameters()] != [p.data for p in nn.Embedding(5, 3, seed=2).parameters()]


@pytest.mark.parametrize("index", [5, -1, 0.5, math.nan])
def test_an_index_that_counts_no_row_is_refused_eagerly_and_compiled(index):
    model = nn.Sequential(nn.Embedding(5, 2, seed=1), nn.Layer(2, 1, activation="tanh"))
    with pytest.raises(IndexError, match=r"Embedding\(5, 2\) has no row .*: they are counted from 0 to 4"):
        model([index])
    with pytest.raises(IndexError, match="row 3"):
        autograd.jit(lambda i: model([i]))(np.array([0.0, 1.0, 2.0, index]))


def test_an_embedding_trains_compiled_as_eagerly():
    X, y = [[i % 7] for i in range(40)], [math.sin(i % 7) for i in range(40)]
    losses = []
    for compiled in (True, False):
        model = nn.Sequential(nn.Embedding(7, 3, seed=1), nn.Layer(3, 1, activation="linear", rng=random.Random(1)))
        optimizer = nn.Adam(model.parameters(), lr=0.05)
        history = nn.fit(
            model, X, y, loss="mse", optimizer=optimizer, epochs=30, batch_size=8, seed=1, compiled=compiled
        )
        assert (history.compiled is not None) == compiled
        losses.append(history.loss)
    assert losses[0] == pytest.approx(losses[1], rel=1e-12)
    assert losses[0][-1] < 0.1 * losses[0][0]


def test_an_embedding_comes_back_whole_from_a_file(tmp_path):
    table = nn.Embedding(3, 2, seed=1)
    nn.save(table, tmp_path / "table.json")
    found = nn.load(tmp_path / "table.json")
    assert repr(found) == repr(table) == "Embedding(3, 2)"
    assert [p.data for p in found.parameters()] == [p.data for p in table.parameters()]


@pytest.mark.parametrize(("count", "width"), [(0, 2), (2, 0), (-1, 1)])
def test_an_embedding_of_nothing_is_refused(count, width):
    with pytest.raises(ValueError, match=r"Embedding: (count|width) must be a whole number of at least 1"):
        nn.Embedding(count, width)
