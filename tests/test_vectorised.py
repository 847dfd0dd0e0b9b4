"""What NumPy runs of a plan: how much at a time, and what becomes of what it cannot do."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import nn
from autograd import Value, dot, jit, primitive, sin, tanh, value_and_grad
from autograd.compiler import Samples, Training
from autograd.compiler.expansion import expand
from autograd.compiler.vectorised import InNumPy, column_workspace
from autograd.program import Reach, program_of, trace

pytestmark = pytest.mark.usefixtures("without_llvmlite")

X = [[0.3, -0.7], [1.2, 0.4], [-0.5, 0.9], [0.1, 0.2], [-1.1, -0.3]]
Y = [1.0, -1.0, 0.5, 0.25, -0.75]


def operations(width: int, activation: str) -> int:
    """How many operations of NumPy a network takes, forward and backward."""
    model = nn.MLP(2, [width, width, 1], activation=activation, seed=1)
    table = np.array([[*x, y] for x, y in zip(X, Y, strict=True)])
    training = Training(lambda *x: (model(x[:2]) - x[2]) ** 2, [Samples([*table.T])], model.parameters())
    training.load()
    training.run(table, None, [[0, len(table)]])
    (form,) = training.steps._forms
    (each,) = form.loop._each.values()
    return len(each.operations)


@pytest.mark.parametrize("activation", ["tanh", "relu", "sigmoid"])
def test_a_wide_layer_takes_as_many_operations_as_a_narrow_one(activation: str) -> None:
    assert operations(40, activation) == operations(8, activation) < 150


@pytest.mark.parametrize("rows", [1, 2, 15, 16, 17, 1024, 1025, 3000])
@pytest.mark.parametrize("least", [16, 1024])
def test_columns_go_through_in_blocks(rows: int, least: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(column_workspace, "DOUBLES", 500_000 if least > 16 else 0)
    x, y = np.random.default_rng(rows).normal(size=(2, rows))
    f = value_and_grad(lambda x, y: tanh(x * y) + y * sin(x))
    traced = trace(lambda x, y: [tanh(x * y) + y * sin(x)], ["x", "y"], Reach())
    program = InNumPy(expand(program_of(traced.inputs, traced.outputs)))
    assert program._loop.width == least
    assert program.run([x, y], rows)[0] == pytest.approx(np.tanh(x * y) + y * np.sin(x), rel=1e-14, abs=1e-15)
    assert jit(f)(x, 2.0)[1] == pytest.approx(2.0 / np.cosh(2.0 * x) ** 2 + 2.0 * np.cos(x), rel=1e-12, abs=1e-14)


PRICES = {0.0: 2.0, 1.0: 3.0}


class Shop(nn.Module):
    """A look-up by a primitive of one's own, which not every row has."""

    def __init__(self) -> None:
        self.w = [Value(0.3), Value(-0.2)]
        self.price = primitive("price", lambda x: PRICES[x], lambda x, out: (0.0,))

    def forward(self, x: Any) -> Any:
        return dot(self.w, [self.price(x[0]), x[1]], 0.1)


def test_a_row_for_which_a_primitive_of_ones_own_raises_is_named_as_eagerly() -> None:
    rows, found = [[0.0, 1.0], [1.0, 0.5], [2.0, 0.25]], []
    for compiled in (False, True):
        model = Shop()
        with pytest.raises(KeyError) as raised:
            nn.fit(
                model, rows, [0.0, 1.0, 2.0], loss="mse", optimizer=nn.SGD(model.parameters()), epochs=1,
                batch_size=3, compiled=compiled,
            )  # fmt: skip
        found.append((raised.value.args, getattr(raised.value, "__notes__", None)))
    assert found[0] == found[1]
    model = Shop()
    assert jit(model)([np.array([0.0, 1.0]), np.array([1.0, 1.0])]).tolist() == pytest.approx([0.5, 0.8])
    with pytest.raises(KeyError):
        jit(model)([np.array([0.0, 5.0]), np.array([1.0, 1.0])])


def test_a_power_whose_exponent_is_one_half_for_all_rows_is_none_of_numpys_roots() -> None:
    root = jit(lambda x: x**0.5)
    assert math.copysign(1.0, root(np.array([-0.0, 4.0]))[0]) == 1.0
    assert root(np.array([-math.inf, 4.0])).tolist() == [math.inf, 2.0]
