"""Losses against their formulas in mpmath, which differentiates them too, and where a naive one breaks."""

from __future__ import annotations

import math
import random

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nn
from autograd import Value, gradcheck, sigmoid, softmax

mp = mpmath.MPContext()
mp.dps = 50

TINY = mp.mpf(1e-15)  # the double that stands in the logs of bce


def huber(p, t, delta=1):
    d = abs(p - t)
    return d**2 / 2 if d <= delta else delta * (d - mp.mpf(delta) / 2)


# The textbook formulas for one output.
FORMULAS = {
    "mse": lambda p, t: (p - t) ** 2,
    "mae": lambda p, t: abs(p - t),
    "huber": huber,
    "hinge": lambda p, t: max(mp.mpf(0), 1 - (1 if t > 0 else -1) * p),
    "bce": lambda p, t: -(t * mp.log(p + TINY) + (1 - t) * mp.log(1 - p + TINY)),
    "bce_with_logits": lambda z, t: -t * mp.log(1 / (1 + mp.exp(-z))) - (1 - t) * mp.log(1 / (1 + mp.exp(z))),
}


def cross_entropy(zs, k):
    return -mp.log(mp.exp(zs[k]) / mp.fsum(mp.exp(z) for z in zs))


def slopes(f, xs):
    """∂f/∂x for each x, by differences that have 50 digits to lose."""
    return [mp.diff(lambda x, i=i: f([*xs[:i], x, *xs[i + 1 :]]), xs[i]) for i in range(len(xs))]


def check(loss, formula, outputs, target):
    """Value and gradient of loss(outputs, target) are those of formula(outputs)."""
    leaves = [Value(x) for x in outputs]
    result = loss(leaves, target)
    result.backward()
    exact = [mp.mpf(x) for x in outputs]
    scale = max(1.0, *map(abs, outputs))
    assert result.data == pytest.approx(float(formula(exact)), rel=1e-13, abs=4e-16 * scale)
    expected = [float(slope) for slope in slopes(formula, exact)]
    assert [leaf.grad for leaf in leaves] == pytest.approx(expected, rel=1e-12, abs=1e-15)


def regression_rows(smooth):
    """Outputs and targets in pairs, away from where the formula has a kink."""
    number = st.floats(-50, 50).map(lambda x: round(x, 4))
    pair = st.tuples(number, number).filter(lambda pair: smooth(*pair))
    return st.lists(pair, min_size=1, max_size=4)


LOGIT = st.floats(-30, 30).map(lambda x: round(x, 3))
ROWS = {
    "mse": regression_rows(lambda p, t: True),
    "mae": regression_rows(lambda p, t: abs(p - t) > 0.01),
    "huber": regression_rows(lambda p, t: abs(abs(p - t) - 1) > 0.01),
    "hinge": st.lists(st.tuples(LOGIT, st.sampled_from([-1, 0, 1, 0.0, 1.0])), min_size=1, max_size=4).map(
        lambda row: [(p, t) for p, t in row if abs(abs(p) - 1) > 0.01] or [(0.5, 1)]
    ),
    "bce": st.lists(st.tuples(st.floats(0.001, 0.999), st.sampled_from([0, 1, 0.25])), min_size=1, max_size=4),
    "bce_with_logits": st.lists(st.tuples(LOGIT, st.sampled_from([0, 1, 0.25])), min_size=1, max_size=4),
}


def test_every_loss_has_a_formula_here_and_a_name_for_fit():
    assert set(nn.losses.LOSSES) == {*FORMULAS, "cross_entropy"}
    assert all(getattr(nn, name) is loss for name, loss in nn.losses.LOSSES.items())


@pytest.mark.parametrize("name", FORMULAS)
def test_values_and_gradients_are_the_formulas_averaged_over_the_outputs(name):
    @settings(max_examples=40, deadline=None)
    @given(row=ROWS[name])
    def holds(row):
        targets = [t for _, t in row]

        def averaged(ps):
            return mp.fsum(FORMULAS[name](p, mp.mpf(t)) for p, t in zip(ps, targets, strict=True)) / len(row)

        check(getattr(nn, name), averaged, [p for p, _ in row], targets)

    holds()


@settings(max_examples=60, deadline=None)
@given(zs=st.lists(LOGIT, min_size=2, max_size=5), data=st.data())
def test_cross_entropy_is_minus_the_log_of_the_softmax_of_the_class(zs, data):
    k = data.draw(st.integers(0, len(zs) - 1))
    check(nn.cross_entropy, lambda logits: cross_entropy(logits, k), zs, k)


@pytest.mark.parametrize("delta", [0.5, 1.0, 3.0])
@pytest.mark.parametrize("p", [-10.0, -0.4, 0.0, 0.49, 0.51, 2.9, 3.1])
def test_huber_turns_from_a_parabola_to_a_line_at_delta(p, delta):
    check(lambda ps, t: nn.huber(ps, t, delta), lambda ps: huber(ps[0], 0, delta), [p], [0.0])


def test_a_bare_output_and_a_list_of_one_are_the_same():
    for name, (p, t) in {**dict.fromkeys(FORMULAS, (0.3, 1.0)), "mse": (-2.5, 7.0)}.items():
        loss = getattr(nn, name)
        results = [loss(a, b).data for a in (Value(p), [Value(p)], (Value(p),)) for b in (t, [t], np.array([t]))]
        assert len(set(results)) == 1, name
        assert results[0] == pytest.approx(float(FORMULAS[name](mp.mpf(p), t)))


def test_targets_may_be_an_array_and_outputs_plain_floats():
    assert nn.mse([1.0, 2.0], np.array([3.0, 5.0])) == (4.0 + 9.0) / 2
    assert type(nn.cross_entropy([1.0, 2.0], np.int64(1))) is float


@pytest.mark.parametrize("name", ["mse", "huber", "bce_with_logits", "hinge"])
def test_gradcheck_agrees_at_random_points(name):
    rng = random.Random(f"gradcheck {name}")
    loss = getattr(nn, name)
    for _ in range(10):
        outputs, targets = [rng.gauss(0, 2) for _ in range(3)], [rng.randrange(2) for _ in range(3)]
        gradcheck(lambda *ps, targets=targets: loss(list(ps), targets), *outputs)


def test_gradcheck_agrees_at_random_logits_and_probabilities_to_the_second_order():
    rng = random.Random("gradcheck")
    for _ in range(10):
        zs, k = [rng.gauss(0, 2) for _ in range(4)], rng.randrange(4)
        gradcheck(lambda *zs, k=k: nn.cross_entropy(list(zs), k), *zs, order=2)
        gradcheck(lambda p, q, t=k / 3: nn.bce([p, q], [t, 1.0]), rng.uniform(0.1, 0.9), rng.uniform(0.1, 0.9))
        gradcheck(lambda z, t=k / 3: nn.bce_with_logits(z, t), zs[0], order=2)


# --- the hard points ------------------------------------------------------------------------------------------


def value_and_slopes(loss, outputs, target):
    leaves = [Value(x) for x in outputs]
    result = loss(leaves if len(leaves) > 1 else leaves[0], target)
    result.backward()
    return [result.data, *(leaf.grad for leaf in leaves)]


@pytest.mark.parametrize(
    ("name", "outputs", "target", "expected"),
    [
        ("mse", [1000.0], 1, [998001.0, 1998.0]),
        ("mse", [-1000.0], 1, [1002001.0, -2002.0]),
        ("mae", [1000.0], 1, [999.0, 1.0]),
        ("mae", [-1000.0], 1, [1001.0, -1.0]),
        ("huber", [1000.0], 1, [998.5, 1.0]),
        ("huber", [-1000.0], 1, [1000.5, -1.0]),
        ("hinge", [1000.0], 0, [1001.0, 1.0]),
        ("hinge", [1000.0], 1, [0.0, 0.0]),
        ("hinge", [-1000.0], 1, [1001.0, -1.0]),
        ("hinge", [-1000.0], -1, [0.0, 0.0]),
        ("bce_with_logits", [1000.0], 0, [1000.0, 1.0]),
        ("bce_with_logits", [1000.0], 1, [0.0, 0.0]),
        ("bce_with_logits", [-1000.0], 1, [1000.0, -1.0]),
        ("bce_with_logits", [-1000.0], 0, [0.0, 0.0]),
        ("cross_entropy", [1000.0, -1000.0], 0, [0.0, 0.0, 0.0]),
        ("cross_entropy", [1000.0, -1000.0], 1, [2000.0, 1.0, -1.0]),
        ("cross_entropy", [-1000.0, -1000.0], 0, [math.log(2), -0.5, 0.5]),
        ("cross_entropy", [1000.0, 1000.0, 1000.0], 2, [math.log(3), 1 / 3, 1 / 3, -2 / 3]),
    ],
)
def test_outputs_of_a_thousand_are_no_problem(name, outputs, target, expected):
    assert value_and_slopes(getattr(nn, name), outputs, target) == pytest.approx(expected, rel=1e-12, abs=1e-300)


@pytest.mark.parametrize(("z", "t"), [(1000.0, 0), (-1000.0, 1)])
def test_a_sigmoid_that_is_wrong_and_certain_costs_log_1e15_and_not_infinity(z, t):
    leaf = Value(z)
    result = nn.bce(sigmoid(leaf), t)
    result.backward()
    assert result.data == pytest.approx(-math.log(1e-15), rel=1e-14)
    assert leaf.grad == 0.0  # the sigmoid is flat there: bce_with_logits is for such cases


@pytest.mark.parametrize(("p", "t"), [(0.0, 0), (1.0, 1)])
def test_a_probability_that_is_right_and_certain_costs_nothing(p, t):
    value, slope = value_and_slopes(nn.bce, [p], t)
    assert abs(value) < 2e-15
    assert slope == pytest.approx(1.0 if t == 0 else -1.0)


@pytest.mark.parametrize(
    ("name", "p", "t"), [("mse", 3.0, 3), ("mae", 3.0, 3), ("huber", 3.0, 3), ("hinge", 1.0, 1), ("hinge", -1.0, 0)]
)
def test_a_loss_that_just_reached_0_is_flat(name, p, t):
    assert value_and_slopes(getattr(nn, name), [p], t) == [0.0, 0.0]


def test_hinge_takes_0_and_minus_1_as_the_same_class():
    for p in (-2.0, -0.5, 0.5, 2.0):
        assert nn.hinge(p, 0) == nn.hinge(p, -1) == nn.hinge(p, False) == max(0.0, 1.0 + p)
        assert nn.hinge(p, 1) == nn.hinge(p, True) == max(0.0, 1.0 - p)


def test_the_gradient_of_cross_entropy_is_the_softmax_less_1_at_the_class():
    zs = [0.2, -1.3, 2.5]
    expected = [s - (i == 1) for i, s in enumerate(softmax(zs))]
    assert value_and_slopes(nn.cross_entropy, zs, 1)[1:] == pytest.approx(expected, rel=1e-12)


def test_the_penalty_is_its_formula_and_its_slope_at_0_is_0():
    ps = [Value(x) for x in (0.0, -2.0, 3.0)]
    nn.penalty(ps, l1=0.5, l2=0.25).backward()
    assert nn.penalty(ps, l1=0.5, l2=0.25).data == 0.5 * 5.0 + 0.25 * 13.0
    assert nn.penalty(ps, l1=0.5).data == 2.5
    assert nn.penalty(ps, l2=0.25).data == 3.25
    assert [p.grad for p in ps] == [0.0, -0.5 + 0.25 * 2 * -2.0, 0.5 + 0.25 * 2 * 3.0]


# --- what is refused ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", [3, -1, 100, 0.5, math.nan, math.inf])
def test_a_class_that_does_not_exist_is_refused(target):
    with pytest.raises(IndexError, match=r"whole number from 0 to 2, not .*" + str(target).replace("-", r"\-")):
        nn.cross_entropy([Value(0.0), Value(1.0), Value(2.0)], target)


@pytest.mark.parametrize("prediction", [Value(1.0), [Value(1.0)], 0.5])
def test_cross_entropy_of_one_logit_is_refused_with_advice(prediction):
    with pytest.raises(ValueError, match="at least two logits; for one logit use bce_with_logits"):
        nn.cross_entropy(prediction, 0)


@pytest.mark.parametrize("target", [2, -2, 0.5, math.nan, [1, 3]])
def test_hinge_refuses_targets_that_are_no_class(target):
    outputs = [Value(0.0), Value(0.0)] if isinstance(target, list) else Value(0.0)
    wrong = target[1] if isinstance(target, list) else target
    with pytest.raises(ValueError, match=f"hinge takes targets 0 and 1, or -1 and 1, not {wrong}"):
        nn.hinge(outputs, target)


@pytest.mark.parametrize("name", FORMULAS)
@pytest.mark.parametrize(
    ("outputs", "target", "counts"),
    [(2, [1.0], (2, 1)), (2, 1.0, (2, 1)), (1, [0.0, 1.0], (1, 2)), (3, [0, 1], (3, 2))],
)
def test_uneven_lengths_are_refused_with_both_numbers(name, outputs, target, counts):
    prediction = [Value(0.5) for _ in range(outputs)] if outputs > 1 else Value(0.5)
    with pytest.raises(ValueError, match=rf"{counts[0]} output\(s\) and the target has {counts[1]} number\(s\)"):
        getattr(nn, name)(prediction, target)


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(ValueError, match=r"no loss 'mes': choose from mse, .*cross_entropy, or give a function"):
        nn.evaluate(nn.Neuron(1), [[1.0]], [1.0], loss="mes")


@pytest.mark.parametrize("name", ["bce", "bce_with_logits"])
@pytest.mark.parametrize("target", [-1, 2, 1.0000001, -1e-9, math.nan, math.inf, np.float32(2)])
def test_an_entropy_refuses_targets_that_are_no_probability(name, target):
    with pytest.raises(ValueError, match="bce and bce_with_logits take targets from 0 to 1, not"):
        getattr(nn, name)(Value(0.5), target)
    with pytest.raises(ValueError, match="take targets from 0 to 1"):
        getattr(nn, name)([Value(0.5), Value(0.5)], [1.0, target])
    for fine in (0, 1, True, 0.25, np.float64(1.0)):
        assert math.isfinite(getattr(nn, name)(0.5, fine))


@pytest.mark.parametrize("name", ["mse", "mae", "huber"])
@pytest.mark.parametrize("target", [math.nan, math.inf, -math.inf])
def test_a_target_that_is_not_finite_teaches_nothing(name, target):
    with pytest.raises(ValueError, match=rf"take finite targets, not {target}"):
        getattr(nn, name)(Value(0.5), target)


@pytest.mark.parametrize(
    ("loss", "outside"), [(nn.bce, 2.0), (nn.bce_with_logits, -1.0), (nn.hinge, 0.5), (nn.hinge, math.inf)]
)
def test_the_loss_of_a_value_that_is_no_target_is_nan(loss, outside):
    """A Value may be a traced one, which has no number to refuse: what is compiled finds the nan, and asks again."""
    assert math.isnan(loss(Value(0.25), Value(outside)).data)
    for inside in (0.0, 1.0):
        assert loss(Value(0.25), Value(inside)).data == loss(Value(0.25), inside).data


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize(
    ("loss", "message"),
    [
        (lambda p, t: nn.bce_with_logits(p, t), "row 2: bce and bce_with_logits take targets from 0 to 1, not -1.0"),
        (lambda p, t: nn.bce(p.sigmoid(), 2.0 * t), "row 1: bce and bce_with_logits take targets from 0 to 1, not 2.0"),
        (lambda p, t: 0.1 * nn.hinge(p, 3.0 * t), "row 1: hinge takes targets 0 and 1, or -1 and 1, not 3.0"),
        (lambda p, t: nn.cross_entropy([p, 0.0], t), "row 2: .*whole number from 0 to 1, not -1.0"),
    ],
)
def test_a_loss_of_ones_own_that_calls_one_of_these_refuses_the_same_targets(loss, message, compiled):
    """Compiled, too: there it once trained on, to a loss far below 0."""
    model, X, y = nn.MLP(1, [1], seed=1), [[0.5], [1.0], [2.0]], [0, 1, -1]
    before = model.state_dict()
    with pytest.raises((ValueError, IndexError), match=message):
        nn.fit(model, X, y, loss=loss, optimizer=nn.SGD(model.parameters()), epochs=2, compiled=compiled)
    assert model.state_dict() == before
    with pytest.raises((ValueError, IndexError), match=message.partition(": ")[2]):
        nn.evaluate(model, X * (100 if compiled else 1), y * (100 if compiled else 1), loss=loss)


def test_cross_entropy_takes_the_index_of_the_class_and_not_a_list_of_0_and_1():
    outputs = [Value(0.0), Value(1.0), Value(2.0)]
    with pytest.raises(ValueError, match="index of a class as its target, not a list of 3 numbers"):
        nn.cross_entropy(outputs, [0, 1, 0])
    assert nn.cross_entropy(outputs, [1.0]).data == nn.cross_entropy(outputs, 1).data  # the column of a table


WRONG = [  # loss, outputs, targets, what is said
    ("bce_with_logits", 1, [0, 1, -1], r"target 2 \(-1.0\): .*from 0 to 1"),
    ("bce_with_logits", 1, [1, 2, 1], r"target 1 \(2.0\): .*from 0 to 1"),
    ("bce", 1, [1, 0, -1], r"target 2 \(-1.0\): .*from 0 to 1"),
    ("hinge", 1, [1, 2, 1], r"target 1 \(2.0\): hinge takes targets 0 and 1, or -1 and 1"),
    ("hinge", 1, [1, -1, 0], r"target 2 \(0.0\): .*and here are -1, 0, 1: of which class is 0\?"),
    ("hinge", 2, [[1, -1], [0, 1], [1, 1]], r"target 1 \(\[0.0, 1.0\]\): .*here are -1, 0, 1"),
    ("cross_entropy", 3, [0, 1, 3], r"target 2 \(3.0\): .*whole number from 0 to 2"),
    ("cross_entropy", 3, [0, 1, 0.5], r"target 2 \(0.5\): .*whole number from 0 to 2"),
    ("cross_entropy", 3, [[1, 0, 0]] * 3, r"target 0 \(\[1.0, 0.0, 0.0\]\): .*not a list of 3"),
    ("mse", 1, [[1, 0]] * 3, r"target 0 \(\[1.0, 0.0\]\): the model gives 1 output\(s\) and the target has 2"),
    ("mse", 2, [1, 0, 0], r"target 0 \(1.0\): the model gives 2 output\(s\) and the target has 1"),
    ("mse", 1, [1, math.nan, 0], r"y, row 1 .*nan teaches nothing"),
]


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize(("loss", "outputs", "y", "message"), WRONG)
def test_fit_and_evaluate_refuse_targets_that_the_loss_cannot_mean(loss, outputs, y, message, compiled):
    model, X = nn.MLP(1, [outputs], output_activation="sigmoid", seed=1), [[0.0], [1.0], [2.0]]
    before, fine = model.state_dict(), {"cross_entropy": [0, 1, 2]}.get(loss, [[0.0] * outputs] * 3)
    settings = {"loss": loss, "optimizer": nn.SGD(model.parameters()), "epochs": 1, "compiled": compiled}
    with pytest.raises(ValueError, match=message):
        nn.fit(model, X, y, **settings)
    with pytest.raises(ValueError, match=message):
        nn.fit(model, X, fine, validation=(X, y), **settings)
    with pytest.raises(ValueError, match=message):
        nn.evaluate(model, X, y, loss=loss)
    assert model.state_dict() == before


@pytest.mark.parametrize("loss", ["hinge", "bce", "bce_with_logits", "mse"])
@pytest.mark.parametrize("y", [[True, False], np.array([True, False]), [[1], [0]], np.array([[1], [0]])])
def test_bool_targets_and_a_column_of_them_are_0_and_1(loss, y):
    model = nn.MLP(1, [1], output_activation="sigmoid", seed=1)
    X = [[0.5], [1.0]]
    assert nn.evaluate(model, X, y, loss=loss) == nn.evaluate(model, X, [1, 0], loss=loss)
