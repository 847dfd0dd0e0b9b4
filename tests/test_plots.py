"""Pictures: what is drawn in them; how they look was looked at."""

from __future__ import annotations

import math
import sys

import pytest

import nn
from autograd import Value
from nn import History

pytest.importorskip("matplotlib")


def points(line):
    return [*zip(*line.get_data(), strict=True)]


def test_a_history_is_drawn_with_a_panel_for_the_loss_and_for_each_metric():
    history = History(
        loss=[3.0, 2.0, 1.0], val_loss=[3.5, 2.5, 2.0], metrics={"accuracy": [0.5, 0.6, 0.9], "r2": [0.1, 0.2, 0.3]},
        val_metrics={"accuracy": [0.4, 0.5, 0.6], "r2": [-1.0, 0.0, 0.1]},
    )  # fmt: skip
    figure = history.plot("A title")
    loss, accuracy, r2 = figure.axes
    assert [axes.get_ylabel() for axes in figure.axes] == ["loss", "accuracy", "r2"]
    assert loss.get_title() == "A title"
    assert r2.get_xlabel() == "epoch"
    assert points(loss.lines[0]) == [(1, 3.0), (2, 2.0), (3, 1.0)]
    assert points(loss.lines[1]) == [(1, 3.5), (2, 2.5), (3, 2.0)]
    assert points(accuracy.lines[1]) == [(1, 0.4), (2, 0.5), (3, 0.6)]
    assert [text.get_text() for text in loss.get_legend().get_texts()] == ["training", "validation"]
    assert loss.get_ylim()[0] == 0.0


def test_a_history_is_drawn_by_its_method_and_by_the_function_alike():
    history = History(loss=[2.0, 1.0], metrics={"r2": [0.1, 0.2]})
    by_method, by_function = history.plot("T"), nn.plots.plot_history(history, title="T")
    assert [points(axes.lines[0]) for axes in by_method.axes] == [points(axes.lines[0]) for axes in by_function.axes]


def test_a_history_without_validation_has_one_curve_and_no_legend():
    (axes,) = History(loss=[2.0, -1.0]).plot().axes
    assert len(axes.lines) == 1
    assert axes.get_legend() is None
    assert axes.get_ylim()[0] < -1.0


@pytest.mark.parametrize("history", [History(), History(loss=[1.0])])
def test_a_history_of_one_epoch_or_none_is_drawn_too(history, tmp_path):
    history.plot().savefig(tmp_path / "loss.png")
    assert (tmp_path / "loss.png").stat().st_size > 1000


def test_a_loss_surface_has_contours_and_every_path_from_start_to_end(tmp_path):
    a, b = Value(2.0, label="a"), Value(-1.0, label="b")
    paths = {"one": [(2.0, -1.0), (1.0, 0.0), (0.0, 0.5)], "two": [(2.0, -1.0), (0.5, 0.5)]}
    seen = []

    def loss():
        seen.append((a.data, b.data))
        return a * a + 3.0 * b * b

    figure = nn.plot_loss_surface(loss, a, b, paths, title="A valley")
    figure.savefig(tmp_path / "surface.png")
    (axes,) = figure.axes
    assert (axes.get_xlabel(), axes.get_ylabel(), axes.get_title()) == ("a", "b", "A valley")
    drawn = [points(line) for line in axes.lines]
    assert all([*map(tuple, path)] in drawn for path in paths.values())
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["one", "two"]
    assert (a.data, b.data) == (2.0, -1.0)
    assert a.grad == b.grad == 0.0
    assert len(seen) == 41 * 41
    assert axes.get_xlim() == (-0.5, 2.5)  # all points, and a quarter of their extent on either side
    assert axes.get_ylim() == (-1.375, 0.875)


def test_a_loss_surface_of_a_model_over_a_region():
    model = nn.MLP(1, [1], seed=1)
    w, b = model.parameters()
    before = model.state_dict()

    def loss():
        return nn.evaluate(model, [1.0, 2.0], [2.0, 4.0], loss="mse")

    (axes,) = nn.plot_loss_surface(loss, w, b, [(0.0, 0.0), (1.0, 0.5)], region=((-1.0, 5.0), (-2.0, 2.0))).axes
    assert (axes.get_xlim(), axes.get_ylim()) == ((-1.0, 5.0), (-2.0, 2.0))
    assert axes.get_legend() is None
    assert model.state_dict() == before


def test_a_loss_that_is_not_defined_everywhere_is_drawn_where_it_is(tmp_path):
    a, b = Value(1.0), Value(1.0)
    nn.plot_loss_surface(lambda: a.log() + b.sqrt(), a, b).savefig(tmp_path / "surface.png")
    with pytest.raises(ValueError, match="nowhere finite in this region"):
        nn.plot_loss_surface(lambda: (0.0 * a - 1.0).log(), a, b)
    assert (a.data, b.data) == (1.0, 1.0)


def test_a_loss_that_is_the_same_everywhere_is_drawn_too(tmp_path):
    a, b = Value(1.0), Value(1.0)
    nn.plot_loss_surface(lambda: 0.0 * a * b, a, b).savefig(tmp_path / "surface.png")


def test_gradients_are_drawn_layer_by_layer(tmp_path):
    model = nn.Sequential(nn.Layer(2, 3, activation="tanh"), nn.Residual(nn.LayerNorm(3), nn.Layer(3, 3)), nn.Neuron(3))
    for i, parameter in enumerate(model.parameters()):
        parameter.grad = -float(i) if i < 9 else 1.0
    figure = nn.plot_gradients(model)
    figure.savefig(tmp_path / "gradients.png")
    (axes,) = figure.axes
    assert [text.get_text() for text in axes.get_xticklabels()] == [
        "layers.0\n1 of 9 are 0", "layers.1.layers.0", "layers.1.layers.1", "layers.2",
    ]  # fmt: skip
    assert axes.get_yscale() == "log"
    dots = [collection.get_offsets()[:, 1].tolist() for collection in axes.collections[::2]]
    assert dots[0] == [float(i) for i in range(1, 9)]
    assert [len(sizes) for sizes in dots] == [8, 6, 12, 4]
    means = [collection.get_segments()[0][0][1] for collection in axes.collections[1::2]]
    assert means == [36.0 / 9, 1.0, 1.0, 1.0]


def test_gradients_that_are_all_0_or_not_finite_are_drawn_too(tmp_path):
    model = nn.Neuron(2)
    nn.plot_gradients(model).savefig(tmp_path / "gradients.png")
    model.b.grad = math.inf
    (axes,) = nn.plot_gradients(model).axes
    assert [text.get_text() for text in axes.get_xticklabels()] == ["Neuron\n2 of 3 are 0"]


@pytest.mark.parametrize(
    "draw",
    [
        lambda: History(loss=[1.0]).plot(),
        lambda: nn.plot_gradients(nn.Neuron(1)),
        lambda: nn.plot_loss_surface(lambda: Value(1.0), Value(1.0), Value(1.0)),
        lambda: nn.plot_decision_boundary(nn.MLP(2, [1]), [[0.0, 1.0]], [1]),
    ],
)
def test_without_matplotlib_the_message_says_what_to_install(draw, monkeypatch):
    for name in [name for name in sys.modules if name.split(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r'pictures need matplotlib: python -m pip install "stepgrad\[plot\]"'):
        draw()
