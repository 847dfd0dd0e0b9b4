"""to_onnx: onnxruntime computes what predict gives."""

from __future__ import annotations

import math
import random
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import nn
from autograd import Value, exp, leaky_relu, maximum, total
from autograd.primitives import TABLE
from nn.activations import ACTIVATIONS


def test_without_onnx_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ImportError, match=r'to_onnx needs onnx: python -m pip install "stepgrad\[onnx\]"'):
        nn.to_onnx(nn.MLP(2, [1]))


def run(made: Any, X: Any) -> Any:
    """What onnxruntime gives for rows."""
    runtime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    session = runtime.InferenceSession(made.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {"x": np.asarray(X, dtype=float)})[0]


@pytest.fixture(autouse=True)
def _needs_onnx(request: pytest.FixtureRequest) -> None:
    if "without" not in request.node.name:
        pytest.importorskip("onnx", reason="onnx is not installed: python -m pip install 'stepgrad[onnx]'")


def layer(nin: int, nout: int, activation: Any = "tanh") -> nn.Layer:
    return nn.Layer(nin, nout, activation=activation, rng=random.Random(nin * 10 + nout))


def softmax(xs: Any) -> Any:
    powers = [exp(x) for x in xs]
    whole = total(powers)
    return [power / whole for power in powers]


class Own(nn.Module):
    """A module of a user's, which does not say how wide it is, with a branch and a constant."""

    def __init__(self) -> None:
        self.inner, self.slope = layer(3, 4), Value(0.25)

    def forward(self, x: Any) -> Any:
        return [*(maximum(y, self.slope * x[0]) for y in self.inner(x)), self.slope, 2.0]


def mixed() -> nn.Layer:
    found = layer(3, 3)
    found.neurons[1] = nn.Neuron(3, activation="relu", rng=random.Random(3))
    return found


MODELS: dict[str, Callable[[], nn.Module]] = {
    **{
        name: lambda name=name: nn.MLP(3, [6, 5, 2], activation=name, output_activation=name, seed=2)
        for name in ACTIVATIONS
    },
    "neuron": lambda: nn.Neuron(3, activation="silu", rng=random.Random(1)),
    "a function as activation": lambda: layer(3, 2, lambda v: leaky_relu(v * v - 1.0, 0.2)),
    "several activations": mixed,
    "blocks": lambda: nn.Sequential(
        layer(3, 6), nn.Residual(nn.LayerNorm(6, eps=1e-3), layer(6, 6, "gelu"), nn.Dropout(0.5)), nn.RMSNorm(),
        nn.RMSNorm(6), layer(6, 2, "linear"),
    ),
    "a function": lambda: nn.Sequential(layer(3, 4), softmax),
    "scaled": lambda: nn.Sequential(
        nn.Standardize([[1.0, -2.0, 5.0], [3.0, 7.0, 5.0]]), layer(3, 1), nn.Standardize([300.0, 500.0]).inverse()
    ),
    "used twice": lambda: (lambda inner: nn.Sequential(layer(3, 4), inner, inner, layer(4, 1)))(layer(4, 4)),
    "own": Own,
}  # fmt: skip


@pytest.mark.parametrize("name", MODELS)
def test_every_activation_and_block_is_what_predict_gives(name: str) -> None:
    rng = np.random.default_rng(1)
    model = MODELS[name]()
    for parameter in model.parameters():
        parameter.data += float(rng.normal(0.0, 0.1))
    X = np.concatenate([rng.normal(0.0, 2.0, (60, 3)), rng.normal(0.0, 50.0, (20, 3)), np.zeros((1, 3))])
    expected = np.array(nn.predict(model, X.tolist())).reshape(len(X), -1)
    found = run(nn.to_onnx(model, inputs=3 if name == "own" else None), X)
    assert found.dtype == np.float64
    assert found.shape == expected.shape
    size = np.abs(expected).max()
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-14 * size)


def test_not_finite_numbers_go_through() -> None:
    X = [[math.nan], [math.inf], [-math.inf], [1e308], [-1e308]]
    for name in ACTIVATIONS:
        model = nn.Neuron(1, activation=name, init="zeros")
        model.w[0].data = 1.0
        expected = [[model(row).data] for row in X]
        np.testing.assert_array_equal(run(nn.to_onnx(model), X), expected, err_msg=name)


def test_every_row_of_the_table_goes_along() -> None:
    """Each by itself over its domain, against Python; cancellation costs some of them their last digits."""
    rng = random.Random(4)
    for name, row in TABLE.items():
        count = 3 if row.variadic else len(row.domain)
        bounds = [(max(low, -6.0), min(high, 6.0)) for low, high in (row.domain * 3)[:count]]
        rows = [[rng.uniform(*each) for each in bounds] for _ in range(80)]
        if name == "pick":
            rows = [[float(rng.randrange(3)), *rest] for _, *rest in rows]
        if name.startswith("logical") or name == "where":
            rows = [[float(rng.randrange(2)), *(round(x) for x in rest)] for _, *rest in rows]
        model = nn.Sequential(lambda xs, row=row: row(*xs))
        expected = [[row(*xs)] for xs in rows]
        found = run(nn.to_onnx(model, inputs=count), rows)
        np.testing.assert_allclose(found, expected, rtol=1e-13, atol=1e-15, err_msg=name)


def test_an_embedding_is_looked_up() -> None:
    model = nn.Sequential(nn.Embedding(5, 3, seed=1), layer(3, 2))
    X = [[i] for i in (4, 0, 2)]
    np.testing.assert_allclose(run(nn.to_onnx(model), X), nn.predict(model, X), rtol=1e-14)
    assert np.isnan(run(nn.to_onnx(model), [[5.0], [-1.0], [0.5], [math.nan]])).all()


def test_names_of_columns_and_classes_are_in_the_file() -> None:
    model = nn.MLP(2, [1], seed=1)
    model.columns, model.classes = ["age", "size"], ["no", "yes"]
    made = nn.to_onnx(model)
    assert {entry.key: entry.value for entry in made.metadata_props} == {
        "columns": '["age", "size"]', "classes": '["no", "yes"]',
    }  # fmt: skip
    (x,), (y,) = made.graph.input, made.graph.output
    assert [d.dim_param or d.dim_value for d in x.type.tensor_type.shape.dim] == ["rows", 2]
    assert [d.dim_param or d.dim_value for d in y.type.tensor_type.shape.dim] == ["rows", 1]


def test_layers_that_do_not_fit_are_refused_as_they_are_by_the_model() -> None:
    with pytest.raises(ValueError, match="takes 3 inputs and was given 2"):
        nn.to_onnx(nn.Sequential(nn.Layer(2, 2), nn.Layer(3, 1)))
    with pytest.raises(ValueError, match="Residual adds its input to what its layers give, and they give 1"):
        nn.to_onnx(nn.Residual(nn.Layer(2, 1)))
    with pytest.raises(ValueError, match="how many numbers Own takes is not known: pass inputs"):
        nn.to_onnx(Own())
