"""A training that changes nothing is refused, and one that diverges says so with its learning rate."""

from __future__ import annotations

import math
import random
import warnings
from typing import Any

import pytest

import nn
from autograd import AutogradError, FallbackWarning, NonFiniteError, Value, eq, no_grad, relu, uniform, where
from nn import DivergenceWarning

X, Y = [[1.0], [2.0], [3.0]], [1.0, 3.0, 2.0]
COMPILED = pytest.mark.parametrize("compiled", [False, True])


class Line(nn.Module):
    def __init__(self) -> None:
        self.w, self.still = Value(0.5), Value(2.0)

    def forward(self, x: Any) -> Any:
        return self.w * x[0]


class Still(Line):
    """Only the parameter that the optimiser does not have takes part."""

    def forward(self, x: Any) -> Any:
        return self.still * x[0]


def train(model: Line, loss: Any = "mse", lr: float = 0.01, **settings: Any) -> nn.History:
    optimizer = settings.pop("optimizer", nn.SGD([model.w], lr=lr))
    return nn.fit(model, X, Y, loss=loss, optimizer=optimizer, **{"epochs": 3, **settings})


# --- a loss that depends on no parameter -----------------------------------------------------------------------


def cut_by_math(prediction: Value, target: float) -> Value:
    return Value(math.exp(prediction.data)) - target


def cut_by_detach(prediction: Value, target: float) -> Value:
    return (prediction.detach() - target) ** 2 + Value(1.0)


@COMPILED
@pytest.mark.parametrize("loss", [cut_by_math, cut_by_detach])
@pytest.mark.parametrize("penalty", [{}, {"l2": 0.1}, {"l1": 0.1}])
@pytest.mark.parametrize("batch_size", [None, 2])
@pytest.mark.filterwarnings("ignore::autograd.FallbackWarning")  # compiled, the number behind a Value is refused
def test_a_loss_that_was_cut_from_the_parameters_is_refused(loss, penalty, batch_size, compiled) -> None:
    with pytest.raises(AutogradError, match=r"fit: the loss depends on no parameter .*its graph was cut: by the bare"):
        train(Line(), loss, compiled=compiled, batch_size=batch_size, **penalty)


@COMPILED
def test_a_loss_of_other_parameters_alone_is_refused(compiled: bool) -> None:
    with pytest.raises(AutogradError, match="fit: the loss depends on no parameter that the optimizer moves"):
        train(Still(), compiled=compiled)
    model = Still()
    model.still.requires_grad = False
    with pytest.raises(AutogradError, match=r"depends on no(thing| parameter)"):
        train(model, compiled=compiled)


def test_a_loss_under_no_grad_is_refused() -> None:
    def loss(prediction: Value, target: float) -> Value:
        with no_grad():
            return (prediction - target) ** 2

    with pytest.raises(AutogradError, match="computed under no_grad"):
        train(Line(), loss, compiled=False)


@COMPILED
def test_a_network_that_is_dead_is_none_that_was_cut(compiled: bool) -> None:
    class Dead(Line):
        def forward(self, x: Any) -> Any:
            return relu(-self.w * x[0])

    assert len(train(Dead(), compiled=compiled).loss) == 3


@COMPILED
def test_one_row_that_depends_on_a_parameter_is_enough(compiled: bool) -> None:
    def loss(prediction: Value, target: float) -> Value:
        return Value(1.0) * relu(-prediction) if target == 2.0 else Value(1.0) * 0.0

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FallbackWarning)
        assert len(train(Line(), loss, compiled=compiled).loss) == 3


def branching(prediction: Value, target: float) -> Any:
    return 0.25 if target == 2.0 else (prediction - target) ** 2


def selecting(prediction: Value, target: float) -> Any:
    return where(eq(target, 2.0), 0.25, lambda: (prediction - target) ** 2)


@COMPILED
@pytest.mark.parametrize("loss", [branching, selecting])
@pytest.mark.parametrize("optimizer", [nn.SGD, nn.Adam])
@pytest.mark.filterwarnings("ignore::autograd.FallbackWarning")  # the branch of Python is trained eagerly
def test_a_row_whose_loss_is_a_plain_number_moves_nothing(loss: Any, optimizer: Any, compiled: bool) -> None:
    """Alone in its batch, too: then a step is taken with a gradient of 0, as momentum and Adam want it."""
    model, same = Line(), Line()
    found = train(model, loss, compiled=compiled, batch_size=1, seed=3, optimizer=optimizer([model.w], lr=0.01))
    expected = train(
        same,
        lambda p, t: 0.0 * p + 0.25 if t == 2.0 else (p - t) ** 2,
        compiled=False,
        batch_size=1,
        seed=3,
        optimizer=optimizer([same.w], lr=0.01),
    )
    assert found.loss == pytest.approx(expected.loss, rel=1e-12)
    assert model.w.data == pytest.approx(same.w.data, rel=1e-12)


@COMPILED
def test_a_loss_that_is_a_plain_number_for_every_row_is_refused(compiled: bool) -> None:
    model = Line()
    with pytest.raises(AutogradError, match="fit: the loss depends on no parameter that the optimizer moves"):
        train(model, lambda p, t: t * 0.5 if compiled else 0.5, compiled=compiled)
    with pytest.raises(AutogradError, match="fit: the loss depends on no parameter that the optimizer moves"):
        train(model, lambda p, t: 0, compiled=compiled)
    with pytest.raises(NonFiniteError, match=r"fit: epoch 1, row 0: .* nan"):
        train(model, lambda p, t: math.nan, compiled=compiled)
    assert model.w.data == 0.5


@COMPILED
@pytest.mark.parametrize("wrong", [None, "0.5", [1.0], 1j])
def test_a_loss_that_is_no_number_is_refused(wrong: Any, compiled: bool) -> None:
    with pytest.raises(TypeError, match="the loss: expected a real number"):
        train(Line(), lambda p, t: wrong, compiled=compiled)


@COMPILED
@pytest.mark.parametrize("l2", [0.0, 0.1])
def test_asking_calls_nothing_again_and_draws_no_random_numbers(compiled: bool, l2: float) -> None:
    """It is asked in earnest where all gradients are 0, or behind a penalty, which would hide that they are."""
    draws, expected, called = random.Random(1), random.Random(1), []

    def loss(prediction: Value, target: float) -> Any:
        if not compiled:
            called.append(target)
        return 0.0 * prediction * uniform(draws)

    train(Line(), loss, l2=l2, compiled=compiled)
    for _ in range(3 * len(X)):
        expected.random()
    assert draws.random() == expected.random()
    assert compiled or called == 3 * Y


# --- a training that diverges ----------------------------------------------------------------------------------


@COMPILED
@pytest.mark.parametrize("batch_size", [None, 2])
def test_a_loss_that_grows_beyond_bounds_is_told_once_with_the_learning_rate(compiled: bool, batch_size: Any) -> None:
    with warnings.catch_warnings(record=True, action="always") as found:
        history = train(Line(), lr=0.9, epochs=30, compiled=compiled, batch_size=batch_size, seed=1)
    assert history.loss[-1] > 1e12
    (one,) = found
    assert issubclass(one.category, DivergenceWarning)
    assert one.filename == __file__
    first = next(i for i, x in enumerate(history.loss, 1) if x > 1e6 * max(1.0, history.loss[0]))
    expected = f"fit: the training diverges: in epoch {first} the loss is {history.loss[first - 1]:.3g}, with the "
    assert str(one.message).startswith(f"{expected}learning rate 0.9: try a smaller lr")


@COMPILED
def test_a_training_that_goes_to_infinity_ends_with_the_learning_rate_and_its_last_good_parameters(compiled) -> None:
    model = Line()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DivergenceWarning)  # it comes only where there was an epoch to tell of before
        with pytest.raises(
            NonFiniteError, match=r"fit: epoch \d+, row \d: .*at lr=0.9: .*try a smaller lr, clip_norm="
        ):
            train(model, lr=0.9, epochs=5000, compiled=compiled)
    assert math.isfinite(model.w.data)


@COMPILED
def test_the_learning_rate_that_is_told_is_that_of_the_schedule(compiled: bool) -> None:
    with pytest.warns(DivergenceWarning, match="with the learning rate 1.8:"):
        train(Line(), lr=0.9, epochs=15, compiled=compiled, schedule=lambda lr, epoch, losses: 2.0 * lr)


@COMPILED
def test_a_loss_that_falls_without_end_is_told_too(compiled: bool) -> None:
    with pytest.warns(DivergenceWarning, match="in epoch 12 the loss is -2.32e"):
        train(Line(), lambda p, t: -p * p, lr=0.1, epochs=14, compiled=compiled)


@COMPILED
@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e9])
def test_a_training_that_converges_is_not_complained_about(compiled: bool, scale: float) -> None:
    model = Line()
    y = [scale * t for t in Y]
    nn.fit(model, X, y, loss="mse", optimizer=nn.SGD([model.w], lr=0.05), epochs=50, compiled=compiled)
    nn.fit(model, X, [-t for t in y], loss="mse", optimizer=nn.SGD([model.w], lr=0.05), epochs=50, compiled=compiled)
