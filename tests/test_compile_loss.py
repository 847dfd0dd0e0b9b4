"""compile_loss: loops of one's own, compiled."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest

import nn
from autograd import AutogradError, NonFiniteError, TraceError, Value, compile_loss, log, lt, mean, primitive, where
from autograd.errors import FallbackWarning

pytestmark = pytest.mark.usefixtures("backend")

X = [random.Random(1).uniform(-1.0, 1.0) for _ in range(50)]
NOISE = [random.Random(2).gauss(0.0, 1.0) for _ in range(50)]


def test_it_returns_the_mean_and_adds_the_gradient_that_a_loop_would_add() -> None:
    model = nn.MLP(1, [5, 1], activation="tanh", seed=1)
    loss = lambda x, y: (model([x]) - y) ** 2  # noqa: E731  # a loss in a line
    expected = mean([loss(x, y) for x, y in zip(X, NOISE, strict=True)])
    for _ in range(2):
        expected.backward()
    gradients = [p.grad for p in model.parameters()]
    model.zero_grad()
    step = compile_loss(loss, model.parameters())
    assert step(np.array(X), NOISE) == pytest.approx(expected.data, abs=1e-14)
    step(X, NOISE)
    assert [p.grad for p in model.parameters()] == pytest.approx(gradients, abs=1e-13)


def test_two_models_and_two_steps_train_against_each_other_as_eagerly() -> None:
    """A generator and a critic on one-dimensional data."""

    def train(compiled: bool) -> list[float]:
        generator = nn.MLP(1, [4, 1], activation="tanh", seed=1)
        critic = nn.MLP(1, [4, 1], activation="tanh", seed=2)
        optimisers = [nn.Adam(m.parameters(), lr=0.01) for m in (generator, critic)]
        losses: list[Callable[..., Any]] = [
            lambda z: nn.bce_with_logits(critic([generator([z])]), 1.0),
            lambda z, x: nn.bce_with_logits(critic([x]), 1.0) + nn.bce_with_logits(critic([generator([z])]), 0.0),
        ]
        steps = [compile_loss(loss, o.parameters) for loss, o in zip(losses, optimisers, strict=True)]
        for _ in range(10):
            for loss, step, optimiser, columns in zip(losses, steps, optimisers, [(NOISE,), (NOISE, X)], strict=True):
                generator.zero_grad()
                critic.zero_grad()
                if compiled:
                    step(*columns)
                else:
                    mean([loss(*sample) for sample in zip(*columns, strict=True)]).backward()
                optimiser.step()
        return [p.data for m in (generator, critic) for p in m.parameters()]

    assert train(True) == pytest.approx(train(False), abs=1e-10)


def test_a_single_number_counts_for_every_sample_and_captured_values_are_read_anew() -> None:
    w, scale = Value(2.0), Value(3.0, requires_grad=False)
    step = compile_loss(lambda x, c: w * x * c * scale, [w])
    assert step([1.0, 3.0], 0.5) == 6.0
    scale.data = 1.0
    assert step([1.0, 3.0], 0.5) == 2.0
    assert w.grad == 3.0 + 1.0


@pytest.mark.parametrize(
    "columns", [([1.0, 2.0], [1.0]), ([[[1.0]]], [1.0]), ([], [])], ids=["length", "table", "empty"]
)
def test_columns_that_do_not_fit_are_refused(columns: tuple[Any, Any]) -> None:
    w = Value(1.0)
    with pytest.raises(ValueError, match="step takes columns of"):
        compile_loss(lambda x, y: w * x - y, [w])(*columns)
    assert w.grad == 0.0


def test_what_is_not_finite_raises_what_the_eager_loop_raises() -> None:
    w = Value(1.0, label="w")
    with pytest.raises(ValueError, match=r"^row 1: math domain error: log of -1\.0"):
        compile_loss(lambda x: log(w * x), [w])([1.0, -1.0])
    with pytest.raises(NonFiniteError):
        compile_loss(lambda x: w * x * 1e300 * 1e300, [w])([1.0])
    assert w.grad == 0.0


def test_a_branch_on_a_number_is_refused_with_the_line_that_reads_it() -> None:
    w = Value(1.0)
    step = compile_loss(lambda x: w if x > 0 else -w, [w])
    with pytest.raises(TraceError, match=r"test_compile_loss\.py, line \d+: .*x > 0.*where"):
        step([1.0])


def test_what_was_computed_from_parameters_before_is_refused() -> None:
    w = Value(2.0)
    square = w * w
    with pytest.raises(TraceError, match=r"the loss uses 4\.0 \(from mul\).*compute it in the loss"):
        compile_loss(lambda x: square * x, [w])([1.0])


def test_a_primitive_that_cannot_be_compiled_is_called_for_each_number(backend: str) -> None:
    w = Value(2.0)
    odd = primitive("odd", lambda x: float(math.ceil(x)) * x, lambda x, out: (x,))
    step = compile_loss(lambda x: odd(w * x), [w])
    why = "^NumPy runs what was compiled, .*: the primitive 'odd' cannot be compiled"
    with pytest.warns(FallbackWarning, match=why) if backend == "machine code" else nullcontext():
        assert step([1.0, 3.0]) == (4.0 + 36.0) / 2.0
    assert w.grad == (2.0 * 1.0 + 6.0 * 3.0) / 2.0


def test_a_row_whose_loss_is_a_plain_number_has_no_gradient(backend: str) -> None:
    w = Value(3.0)
    step = compile_loss(lambda x: where(lt(x, 0.0), 5.0, lambda: (w * x) ** 2), [w])
    assert step([-1.0, 2.0]) == (5.0 + 36.0) / 2.0
    assert w.grad == 2.0 * 3.0 * 4.0 / 2.0
    with pytest.raises(AutogradError, match="depends on none of the parameters"):
        compile_loss(lambda x: 5.0, [w])([1.0, 2.0])


def test_a_loss_that_depends_on_no_parameter_is_refused(backend):
    w, other, frozen = Value(3.0), Value(2.0), Value(2.0, requires_grad=False)
    with pytest.raises(AutogradError, match="depends on none of the parameters"):
        compile_loss(lambda x: (other * x) ** 2, [w])([1.0, 2.0])
    with pytest.raises(AutogradError, match="depends on no"):
        compile_loss(lambda x: (frozen * x) ** 2, [frozen])([1.0, 2.0])
    assert w.grad == other.grad == frozen.grad == 0.0
