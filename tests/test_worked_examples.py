"""Computations that people meet when they learn backpropagation, with their numbers, through the public names.

The numbers stand in the literature or follow by hand; each test says which.
"""

from __future__ import annotations

import math
from itertools import pairwise

import pytest

import autograd as ag
from autograd import GradcheckError, Value, grad, gradcheck, jvp, primitive, sigmoid, total
from nn import MLP, SGD, DivergenceWarning, Module, fit

# --- one weight: predict 2x from x by w·x ------------------------------------------------------------------

INPUTS = [0.0, 3.0, 9.0, 27.0]
DESIRED = [0.0, 6.0, 18.0, 54.0]


@pytest.mark.parametrize(
    ("w", "errors", "squares"),
    [
        (4.0, [0.0, 6.0, 18.0, 54.0], [0.0, 36.0, 324.0, 2916.0]),
        (3.0, [0.0, 3.0, 9.0, 27.0], [0.0, 9.0, 81.0, 729.0]),
        (2.0, [0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]),
    ],
)
def test_the_errors_of_a_weight(w, errors, squares):
    weight = Value(w, label="w")
    found = [weight * x - t for x, t in zip(INPUTS, DESIRED, strict=True)]
    assert [e.data for e in found] == errors
    assert [(e * e).data for e in found] == squares


def squared_error(w: Value) -> Value:
    """Σ (w·x − t)², which is 819 · (w − 2)²."""
    return total((w * x - t) ** 2 for x, t in zip(INPUTS, DESIRED, strict=True))


def test_the_slope_of_the_squared_error():
    w = Value(4.0)
    loss = squared_error(w)
    loss.backward()
    assert loss.data == 3276.0
    assert w.grad == 2 * 819 * (4.0 - 2.0)


def descend(learning_rate: float, steps: int) -> list[float]:
    """The weights that gradient descent visits from 4: Δw = −η ∂loss/∂w."""
    w = Value(4.0)
    visited = [w.data]
    for _ in range(steps):
        w.grad = 0.0
        squared_error(w).backward()
        w.data -= learning_rate * w.grad
        visited.append(w.data)
    return visited


def test_gradient_descent_walks_to_2():
    visited = descend(0.0005, 25)
    # Each step multiplies the distance from 2 by 1 − 2·819·0.0005 = 0.181.
    for step, w in enumerate(visited):
        assert w - 2.0 == pytest.approx(2.0 * 0.181**step, rel=1e-9, abs=1e-14)
    assert visited[-1] == pytest.approx(2.0, abs=1e-15)


def test_one_step_of_just_the_right_size_is_enough():
    assert descend(1 / 1638, 1)[-1] == pytest.approx(2.0, abs=1e-15)


def test_steps_that_are_rather_large_overshoot_and_arrive():
    visited = descend(0.001, 80)
    assert all((before - 2.0) * (after - 2.0) < 0 for before, after in pairwise(visited[:21]))
    assert visited[-1] == pytest.approx(2.0, abs=1e-14)


def test_steps_that_are_too_large_diverge():
    visited = descend(0.002, 30)
    # 1 − 2·819·0.002 = −2.276: to the other side, and more than twice as far.
    for step, w in enumerate(visited):
        assert w - 2.0 == pytest.approx(2.0 * (-2.276) ** step, rel=1e-12)
    assert abs(visited[-1]) > 1e10


class OneWeight(Module):
    def __init__(self) -> None:
        self.w = Value(4.0)

    def forward(self, x):
        return self.w * x[0]


def test_fit_walks_to_2_as_well():
    model = OneWeight()
    X = [[x] for x in INPUTS]
    history = fit(model, X, DESIRED, loss="mse", optimizer=SGD(model.parameters(), lr=0.002), epochs=25)
    assert history.loss[0] == 3276.0 / 4
    assert history.loss == sorted(history.loss, reverse=True)
    assert model.w.data == pytest.approx(2.0, abs=1e-15)


def test_fit_diverges_with_too_large_a_step():
    model = OneWeight()
    X = [[x] for x in INPUTS]
    with pytest.warns(DivergenceWarning, match=r"in epoch 10 the loss is 2.2e\+09, with the learning rate 0.008"):
        history = fit(model, X, DESIRED, loss="mse", optimizer=SGD(model.parameters(), lr=0.008), epochs=10)
    assert history.loss == sorted(history.loss)
    assert history.loss[-1] > 1e6


# --- two layers by hand: Matt Mazur, "A Step by Step Backpropagation Example" ------------------------------

X = [0.05, 0.10]
T = [0.01, 0.99]
WEIGHTS = {"w1": 0.15, "w2": 0.20, "w3": 0.25, "w4": 0.30, "w5": 0.40, "w6": 0.45, "w7": 0.50, "w8": 0.55}
B1, B2 = 0.35, 0.60
OUTPUTS = [0.7513650695523157, 0.7729284653214625]
ERROR = 0.2983711087600027
ERROR_AFTER_1 = 0.29102777369359933
ERROR_AFTER_10_000 = 3.510187782978859e-05


def weights() -> dict[str, Value]:
    return {name: Value(x, label=name) for name, x in WEIGHTS.items()}


def two_layers(w: dict[str, Value]) -> tuple[list[Value], list[Value], Value]:
    """(hidden outputs, outputs, error)."""
    h1 = sigmoid(w["w1"] * X[0] + w["w2"] * X[1] + B1)
    h2 = sigmoid(w["w3"] * X[0] + w["w4"] * X[1] + B1)
    o1 = sigmoid(w["w5"] * h1 + w["w6"] * h2 + B2)
    o2 = sigmoid(w["w7"] * h1 + w["w8"] * h2 + B2)
    error = 0.5 * (T[0] - o1) ** 2 + 0.5 * (T[1] - o2) ** 2
    return [h1, h2], [o1, o2], error


def step(w: dict[str, Value], learning_rate: float = 0.5) -> Value:
    _, _, error = two_layers(w)
    for v in w.values():
        v.grad = 0.0
    error.backward()
    for v in w.values():
        v.data -= learning_rate * v.grad
    return error


def test_the_forward_pass_by_hand():
    hidden, out, error = two_layers(weights())
    assert [h.data for h in hidden] == pytest.approx([0.5932699921071872, 0.596884378259767], rel=1e-15)
    assert [o.data for o in out] == pytest.approx(OUTPUTS, rel=1e-15)
    assert error.data == pytest.approx(ERROR, rel=1e-15)
    # As the article prints them.
    assert [f"{0.5 * (t - o.data) ** 2:.9f}" for t, o in zip(T, out, strict=True)] == ["0.274811083", "0.023560026"]


def test_the_backward_pass_by_hand():
    w = weights()
    two_layers(w)[2].backward()
    assert f"{w['w5'].grad:.9f}" == "0.082167041"
    assert f"{w['w1'].grad:.9f}" == "0.000438568"


def test_one_step_by_hand():
    w = weights()
    step(w)
    assert w["w5"].data == pytest.approx(0.35891647971788465, rel=1e-15)
    assert w["w1"].data == pytest.approx(0.1497807161327628, rel=1e-15)
    assert [f"{w[name].data:.8f}" for name in WEIGHTS] == [
        "0.14978072", "0.19956143", "0.24975114", "0.29950229", "0.35891648", "0.40866619", "0.51130127", "0.56137012",
    ]  # fmt: skip
    assert two_layers(w)[2].data == pytest.approx(ERROR_AFTER_1, rel=1e-15)


def test_ten_thousand_steps_by_hand():
    w = weights()
    for _ in range(10_000):
        step(w)
    _, out, error = two_layers(w)
    assert error.data == pytest.approx(ERROR_AFTER_10_000, rel=1e-12)
    assert [f"{o.data:.7f}" for o in out] == ["0.0159136", "0.9840643"]


def the_network() -> MLP:
    model = MLP(2, [2, 2], activation="sigmoid", output_activation="sigmoid")
    w1, w2, w3, w4, w5, w6, w7, w8 = WEIGHTS.values()
    model.load_state_dict({
        "layers.0.neurons.0.w.0": w1, "layers.0.neurons.0.w.1": w2, "layers.0.neurons.0.b": B1,
        "layers.0.neurons.1.w.0": w3, "layers.0.neurons.1.w.1": w4, "layers.0.neurons.1.b": B1,
        "layers.1.neurons.0.w.0": w5, "layers.1.neurons.0.w.1": w6, "layers.1.neurons.0.b": B2,
        "layers.1.neurons.1.w.0": w7, "layers.1.neurons.1.w.1": w8, "layers.1.neurons.1.b": B2,
    })  # fmt: skip
    for layer in model.layers:
        for neuron in layer.neurons:
            neuron.b.requires_grad = False
    return model


def half_squares(prediction: list[Value], target: list[float]) -> Value:
    return total(0.5 * (t - p) ** 2 for p, t in zip(prediction, target, strict=True))


def test_the_same_network_from_nn():
    model = the_network()
    assert [o.data for o in model(X)] == pytest.approx(OUTPUTS, rel=1e-15)
    sgd = SGD(model.parameters(), lr=0.5)
    history = fit(model, [X], [T], loss=half_squares, optimizer=sgd, epochs=2)
    assert history.loss == pytest.approx([ERROR, ERROR_AFTER_1], rel=1e-14)
    assert [n.b.data for layer in model.layers for n in layer.neurons] == [B1, B1, B2, B2]


def test_the_same_network_from_nn_for_ten_thousand_steps():
    model = the_network()
    sgd = SGD(model.parameters(), lr=0.5)
    fit(model, [X], [T], loss=half_squares, optimizer=sgd, epochs=10_000)
    assert half_squares(model(X), T).data == pytest.approx(ERROR_AFTER_10_000, rel=1e-12)


# --- gradient checking: ‖numeric − analytic‖ / (‖numeric‖ + ‖analytic‖) ≤ 10⁻⁷ -----------------------------


def relative_error(numeric: list[float], analytic: list[float]) -> float:
    return math.dist(numeric, analytic) / (math.hypot(*numeric) + math.hypot(*analytic))


def test_the_gradient_of_the_two_layers_against_differences_by_hand():
    w = weights()
    two_layers(w)[2].backward()
    h = 1e-5
    numeric = []
    for v in w.values():
        at = v.data
        v.data = at + h
        above = two_layers(w)[2].data
        v.data = at - h
        below = two_layers(w)[2].data
        v.data = at
        numeric.append((above - below) / (2 * h))
    assert relative_error(numeric, [v.grad for v in w.values()]) <= 1e-9


def test_gradcheck_of_the_two_layers():
    def error(*ws):
        return two_layers(dict(zip(WEIGHTS, ws, strict=True)))[2]

    report = gradcheck(error, *WEIGHTS.values())
    assert report.ok
    assert report.error <= 1e-7
    assert len(report.rows) == 8
    w = weights()
    two_layers(w)[2].backward()
    assert [row.analytic for row in report.rows] == pytest.approx([v.grad for v in w.values()], rel=1e-12)


def test_the_error_that_gradcheck_reports_is_the_formula():
    report = gradcheck(lambda x, y: x * ag.sin(y) + ag.exp(x), 0.7, -1.3)
    numeric, analytic = [row.numeric for row in report.rows], [row.analytic for row in report.rows]
    assert report.error == pytest.approx(relative_error(numeric, analytic), rel=1e-12)
    assert analytic == pytest.approx([math.sin(-1.3) + math.exp(0.7), 0.7 * math.cos(-1.3)], rel=1e-15)


def cubed(x: float) -> float:
    return x * x * x


# The rule, and the relative error it gives; cubed'(x) is 3x².
WRONG_RULES = {
    "right": (lambda x, out: (3.0 * x * x,), 0.0),
    "a factor of 1 + 1e-6": (lambda x, out: (3.0 * x * x * (1.0 + 1e-6),), 5e-7),
    "a factor of 1 − 1e-6": (lambda x, out: (3.0 * x * x * (1.0 - 1e-6),), 5e-7),
    "the wrong factor": (lambda x, out: (2.0 * x * x,), 0.2),
    "the wrong sign": (lambda x, out: (-3.0 * x * x,), 1.0),
    "zero": (lambda x, out: (0.0,), 1.0),
    "nan": (lambda x, out: (math.nan,), math.inf),
}


@pytest.mark.parametrize("what", WRONG_RULES)
def test_gradcheck_catches_a_planted_rule(what):
    rule, error = WRONG_RULES[what]
    cube = primitive("cube", cubed, rule)
    if not error:
        assert gradcheck(cube, 0.7, order=2).error < 1e-9
        return
    with pytest.raises(GradcheckError) as caught:
        gradcheck(cube, 0.7)
    title, _, *rows = str(caught.value).splitlines()
    assert title == f"cube: relative error {error:.1e}, tolerance 1.0e-07"
    assert len(rows) == 1


@pytest.mark.parametrize("what", [what for what, (_, error) in WRONG_RULES.items() if error])
def test_gradcheck_catches_it_inside_a_larger_function(what):
    cube = primitive("cube", cubed, WRONG_RULES[what][0])
    with pytest.raises(GradcheckError):
        gradcheck(lambda x, y: ag.tanh(cube(x) + x * y), 0.7, 0.3)


def test_gradcheck_catches_operands_mixed_up():
    power = primitive("power", lambda x, y: x**y, lambda x, y, out: (out * ag.log(x), y * x ** (y - 1.0)))
    with pytest.raises(GradcheckError):
        gradcheck(power, 1.7, 2.5)
    power = primitive("power", lambda x, y: x**y, lambda x, y, out: (y * x ** (y - 1.0), out * ag.log(x)))
    assert gradcheck(power, 1.7, 2.5, order=2).ok


def test_gradcheck_catches_a_rule_that_is_right_once_only():
    # The first derivative is right as a number and forgets how it depends on x.
    forgetful = primitive("forgetful", cubed, lambda x, out: (3.0 * getattr(x, "data", x) ** 2,))
    assert gradcheck(forgetful, 0.7).ok
    with pytest.raises(GradcheckError, match="∂²f"):
        gradcheck(forgetful, 0.7, order=2)


def test_the_planted_rule_is_what_every_mode_uses():
    rule, _ = WRONG_RULES["a factor of 1 + 1e-6"]
    cube = primitive("cube", cubed, rule)
    x = Value(0.7)
    cube(x).backward()
    wrong = 3.0 * 0.7 * 0.7 * (1.0 + 1e-6)
    assert x.grad == wrong
    assert grad(cube)(0.7) == wrong
    assert jvp(cube, (0.7,), (1.0,)) == (cubed(0.7), wrong)


def test_the_tolerance_is_the_users():
    cube = primitive("cube", cubed, WRONG_RULES["a factor of 1 + 1e-6"][0])
    assert gradcheck(cube, 0.7, tolerance=1e-6).error == pytest.approx(5e-7, rel=1e-2)
