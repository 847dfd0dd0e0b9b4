"""watch: what it records, what it names, and what the film of a training shows."""

from __future__ import annotations

import io
import json
import math
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
import pytest
from conftest import Open
from samples import needs_dot
from test_player import Reader

import nn
from autograd import Value, relu
from autograd.drawing import format_number
from nn import MLP, SGD, Adam, Layer, LayerNorm, Module, Neuron, Residual, Sequential, datasets, fit, predict, watch
from nn.monitoring.plane import STEPS, Plane
from nn.monitoring.surface import surface_of

X, Y = datasets.moons(30, noise=0.1, seed=1)
QUIET: dict[str, Any] = {"progress": False}


def trained(model: Module, *, epochs: int = 10, lr: float = 0.1, rows: Any = X, targets: Any = Y, **how: Any) -> watch:
    """A watch of some epochs of training on the hinge loss."""
    w = watch(model, rows, targets, loss="hinge")
    optimizer = SGD(model.parameters(), lr=lr)
    fit(model, rows, targets, loss="hinge", optimizer=optimizer, epochs=epochs, callbacks=[w], **QUIET | how)
    return w


def small(seed: int = 1) -> MLP:
    return MLP(2, [4, 1], activation="tanh", seed=seed)


# --- what it records ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("compiled", [True, False])
def test_each_epoch_has_the_norm_of_each_gradient_and_the_part_by_which_each_layer_moved(compiled: bool) -> None:
    model = small()
    seen = []

    def note(history: Any, model: Module) -> None:
        seen.append([[(p.data, p.grad) for p in layer.parameters()] for layer in model.layers])  # type: ignore[attr-defined]

    before = [[p.data for p in layer.parameters()] for layer in model.layers]
    w = watch(model)
    history = fit(
        model, X, Y, loss="hinge", optimizer=Adam(model.parameters(), lr=0.05), epochs=4, batch_size=10, seed=1,
        callbacks=[note, w], compiled=compiled, **QUIET,
    )  # fmt: skip
    assert [record.epoch for record in w.records] == [1, 2, 3, 4]
    assert [record.loss for record in w.records] == history.loss
    for record, layers in zip(w.records, seen, strict=True):
        for i, layer in enumerate(layers):
            norm = math.sqrt(sum(g * g for _, g in layer))
            moved = math.dist([x for x, _ in layer], before[i]) / math.sqrt(sum(x * x for x in before[i]))
            assert record.gradients[f"layers.{i}"] == pytest.approx(norm)
            assert record.updates[f"layers.{i}"] == pytest.approx(moved)
        before = [[x for x, _ in layer] for layer in layers]


def test_compiled_and_eager_training_are_watched_alike() -> None:
    compiled, eager = (trained(small(), compiled=how).table() for how in (True, False))
    assert len(compiled) == 20
    for a, b in zip(compiled, eager, strict=True):
        assert (a["epoch"], a["layer"]) == (b["epoch"], b["layer"])
        assert [a[key] for key in ("loss", "gradient", "update")] == pytest.approx(
            [b[key] for key in ("loss", "gradient", "update")]
        )


def test_a_layer_is_a_module_in_the_model_or_its_sequences_and_what_is_in_none_goes_by_the_models_class() -> None:
    class Scaled(Module):
        def __init__(self) -> None:
            self.body = Sequential(Layer(2, 3, activation="tanh"), Layer(3, 1, activation="linear"))
            self.scale = Neuron(1, activation="linear").w[0]

        def forward(self, x: Any) -> Any:
            return self.scale * self.body(x)

    (record, *_) = trained(Scaled(), epochs=1).records
    assert [*record.gradients] == ["body.layers.0", "body.layers.1", "Scaled"]


def test_watch_and_plot_gradients_agree_on_the_layers_of_a_residual_network() -> None:
    model = Sequential(Layer(2, 3, activation="tanh"), Residual(LayerNorm(3), Layer(3, 3)), Neuron(3))
    w = trained(model, epochs=1)
    (axes,) = nn.plot_gradients(model).axes
    names = ["layers.0", "layers.1.layers.0", "layers.1.layers.1", "layers.2"]
    assert [*w.records[0].gradients] == names
    assert [tick.get_text().partition("\n")[0] for tick in axes.get_xticklabels()] == names
    assert [len(own) for own in model.parameters_by_layer().values()] == [9, 6, 12, 4]


def test_watching_changes_nothing() -> None:
    with_it, without = small(), small()
    w = trained(with_it)
    fit(without, X, Y, loss="hinge", optimizer=SGD(without.parameters(), lr=0.1), epochs=10, **QUIET)
    state = [(p.data, p.grad, p.label) for p in with_it.parameters()]
    assert [(p.data, p.grad, p.label) for p in without.parameters()] == state
    repr(w), w._repr_mimebundle_(), w.table(), w.plot()
    assert [(p.data, p.grad, p.label) for p in with_it.parameters()] == state


def test_models_are_kept_at_the_chosen_epochs_and_at_the_end() -> None:
    assert [s.record.epoch for s in trained(small(), epochs=13).snapshots] == [1, 2, 3, 5, 10, 13]
    model = small()
    w = watch(model, epochs=range(2, 5))
    start = [p.data for p in model.parameters()]
    fit(model, X, Y, loss="hinge", optimizer=SGD(model.parameters(), lr=0.1), epochs=4, callbacks=[w], **QUIET)
    assert [s.record.epoch for s in w.snapshots] == [2, 3, 4]
    assert w.snapshots[0].after != start
    assert w.snapshots[-1].after == [p.data for p in model.parameters()]


def test_a_new_training_begins_a_new_record() -> None:
    model = small()
    w = trained(model, epochs=5)
    fit(model, X, Y, loss="hinge", optimizer=SGD(model.parameters(), lr=0.1), epochs=2, callbacks=[w], **QUIET)
    assert [record.epoch for record in w.records] == [1, 2]
    assert [s.record.epoch for s in w.snapshots] == [1, 2]


def test_what_cannot_be_watched_is_refused() -> None:
    model = small()
    for arguments in ({"y": Y}, {"loss": "hinge"}, {"X": X, "loss": "hinge"}):
        with pytest.raises(ValueError, match="rows X with targets y, and both with a loss"):
            watch(small(), **arguments)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="another model than the one that is watched"):
        fit(model, X, Y, loss="hinge", optimizer=SGD(model.parameters()), epochs=1, callbacks=[watch(small())], **QUIET)
    with pytest.raises(ValueError, match="nothing was recorded"):
        watch(small()).save("never.html")


# --- what it names ------------------------------------------------------------------------------------------


def test_dead_units_are_counted_and_named_once(capsys: pytest.CaptureFixture[str]) -> None:
    model = MLP(2, [4, 1], activation="relu", seed=2)
    for neuron in model.layers[0].neurons[:2]:
        neuron.b.data = -100.0
    w = trained(model)
    assert w.notes == [
        "epoch 1: layers.0 has dead units, 2 of 4 are 0 on every row, so that hardly anything reaches their weights"
    ]
    assert capsys.readouterr().out.count("watch: epoch 1: layers.0 has dead units") == 1
    assert [s.units["layers.0"].count("dead") for s in w.snapshots] == [2] * 5
    assert "2 of 4 dead" in repr(w)


def test_saturated_units_are_named() -> None:
    model = small()
    model.layers[0].neurons[3].b.data = 50.0
    (note,) = trained(model, epochs=1).notes
    assert "layers.0 has saturated units, 1 of 4 have hardly any slope on every row" in note


def test_a_unit_that_lives_on_one_row_is_not_dead() -> None:
    model = MLP(1, [1, 1], activation="relu", seed=1)
    neuron = model.layers[0].neurons[0]
    neuron.w[0].data, neuron.b.data = 1.0, 0.0
    w = trained(model, epochs=1, lr=0.0, rows=[[-1.0], [-2.0], [3.0]], targets=[1.0, 1.0, -1.0])
    assert w.snapshots[0].units == {"layers.0": [""]}
    assert w.notes == []


def scaled(weights: float) -> MLP:
    """Six layers that pass a gradient on times their weight."""
    model = MLP(1, [1] * 6, activation="linear", seed=1)
    for layer in model.layers:
        layer.neurons[0].w[0].data = weights
    return model


@pytest.mark.parametrize(("weight", "what"), [(0.1, "vanishes"), (10.0, "explodes")])
def test_a_gradient_that_fades_or_grows_from_layer_to_layer_is_named(weight: float, what: str) -> None:
    w = trained(scaled(weight), epochs=1, lr=0.0, rows=[[0.0]], targets=[1.0])
    told = [note for note in w.notes if what in note]
    assert [re.search(r"gradient of (layers\.\d)", note)[1] for note in told] == ["layers.0", "layers.1"]  # type: ignore[index]
    assert "a parameter, beside" in told[0]
    assert len(w.notes) == len(told)


@pytest.mark.filterwarnings("ignore::nn.DivergenceWarning")
def test_a_gradient_that_grows_in_training_is_named() -> None:
    model = Neuron(1, activation="linear", init="zeros")
    w = watch(model)
    fit(model, [[1.0]], [1.0], loss="mse", optimizer=SGD(model.parameters(), lr=2.0), epochs=12, callbacks=[w], **QUIET)
    assert [note.partition(",")[0] for note in w.notes] == ["epoch 5: the gradient of Neuron explodes"]  # 7⁴ > 1000


def test_usual_training_is_not_complained_about() -> None:
    assert trained(small(), epochs=60).notes == []


def test_frozen_layers_have_no_gradient_to_lose() -> None:
    model = small()
    model.layers[0].freeze()
    assert trained(model, epochs=2).notes == []


# --- the plane ----------------------------------------------------------------------------------------------


def test_the_regions_lie_where_the_model_gives_their_class() -> None:
    plane = Plane(np.array([[-1.0, -2.0], [1.0, 2.0]]))
    classes = [int(a > 0.0 and b > 0.0) for a, b in plane.points]
    shapes = ET.fromstring(plane.regions(classes, [1.0] * len(classes)))
    covered = set()
    for x, y, n in re.findall(r"M(\d+),(\d+)h(\d+)v1h", shapes[1].attrib["d"]):
        covered |= {(int(x) + i, int(y)) for i in range(int(n))}
    half = STEPS // 2
    assert covered == {(i, j) for i in range(half, STEPS) for j in range(half)}  # right, and up: y goes down in SVG
    assert plane.height == pytest.approx(320.0)
    assert plane.width == pytest.approx(320.0 * 2.6 / 4.6)


def test_a_sample_stands_where_its_numbers_say() -> None:
    plane = Plane(np.array([[0.0, 0.0], [1.0, 1.0]]))
    marks = ET.fromstring(f"<g>{plane.samples(np.array([[0.0, 0.0], [1.0, 1.0]]), [0, 1])}</g>")[1:]
    places = [[float(x) for x in re.findall(r"[\d.]+", mark.attrib["transform"])] for mark in marks]
    low, high = 320.0 * 0.3 / 1.6, 320.0 * 1.3 / 1.6
    assert places == [pytest.approx([low, high], abs=0.1), pytest.approx([high, low], abs=0.1)]
    assert len({mark.attrib["d"] for mark in marks}) == len({mark.attrib["fill"] for mark in marks}) == 2


# --- the film -----------------------------------------------------------------------------------------------


def data_of(html: str, number: int = 0) -> dict[str, Any]:
    return dict(json.loads([script for script in Reader(html).scripts if script.startswith("{")][number]))


def pictures(html: str) -> list[str]:
    return [unquote(found).replace("'", '"') for found in re.findall(r'src="data:image/svg\+xml,([^"]*)"', html)]


def test_the_film_has_a_frame_for_every_epoch_with_the_numbers_of_the_model_after_it() -> None:
    model, states = small(), []
    w = watch(model, X, Y, loss="hinge")
    start = [p.data for p in model.parameters()]

    def note(history: Any, model: Module) -> None:
        states.append([p.data for p in model.parameters()])

    optimizer = SGD(model.parameters(), lr=0.1)
    history = fit(model, X, Y, loss="hinge", optimizer=optimizer, epochs=7, callbacks=[note, w], **QUIET)
    data = data_of(w._repr_mimebundle_()["text/html"])
    assert data["epochs"] == [*range(8)]
    assert data["losses"] == history.loss
    for found, expected in zip(data["numbers"], [start, *states], strict=True):
        assert found == pytest.approx(expected, rel=1e-5)
    assert [layers[1][0] for layers in data["layers"]] == [format_number(r.gradients["layers.1"]) for r in w.records]


def test_of_a_large_model_the_film_has_every_second_or_fourth_epoch_and_the_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("nn.monitoring.recorder.MOST_NUMBERS", 17 * 4)
    w = trained(small(), epochs=11)
    data = data_of(w._repr_mimebundle_()["text/html"])
    assert data["epochs"] == [0, 4, 8, 11]
    assert data["losses"] == [w.records[i].loss for i in (3, 7, 10)]
    assert len(data["numbers"]) == 4


def test_where_scripts_are_stripped_the_curve_the_plane_the_table_and_the_chosen_epochs_remain() -> None:
    w = trained(small())
    html = w._repr_mimebundle_()["text/html"]
    read = Reader(html)
    assert read.texts == repr(w).splitlines()[: len(w.snapshots)]
    assert read.texts[0].startswith(f"epoch 1: loss {w.records[0].loss:.4g}; layers.0: gradient ")
    curve, plane = pictures(html)
    assert "<polyline" in curve
    assert ET.fromstring(plane).tag.endswith("svg")
    assert f"<td>{format_number(w.records[-1].gradients['layers.1'])}</td>" in html


def test_the_still_plane_has_the_class_of_the_last_model_at_each_point_and_darker_where_it_is_surer() -> None:
    w = trained(small(), epochs=30, lr=0.5)
    _, svg = pictures(w._repr_mimebundle_()["text/html"])
    plane = Plane(w.rows)
    outs = predict(w.model, plane.points)
    areas = plane.regions([int(out > 0.0) for out in outs], [min(abs(out), 1.0) for out in outs])
    assert areas in svg  # of targets −1 and 1 the whole colour is reached 1 away from the border
    shades = {float(x) for x in re.findall(r'fill-opacity="([^"]*)"', areas)}
    assert len(shades) > 2


class Sign(Module):
    """A model that asks whether a number is positive: it cannot be written out for a page."""

    def __init__(self) -> None:
        self.body = MLP(2, [2, 1], activation="tanh", seed=1)

    def forward(self, x: Any) -> Any:
        out = self.body(x)
        return out * 2.0 if x[0] > 0.0 else out


@pytest.mark.filterwarnings("ignore::autograd.FallbackWarning")
def test_a_model_that_cannot_be_written_out_for_the_page_is_shown_as_it_was_at_the_end() -> None:
    html = trained(Sign(), epochs=2, compiled=False)._repr_mimebundle_()["text/html"]
    assert "Only the last epoch is shown: " in html
    assert "plane" not in data_of(html)
    assert "fill-opacity" in pictures(html)[1]


def test_each_neuron_that_is_no_output_has_its_answer_beside_that_of_the_model() -> None:
    model = MLP(2, [3, 2, 1], activation="relu", seed=1)
    found = surface_of(model)
    assert found.units == [f"layers.{i}.neurons.{k}" for i, n in enumerate((3, 2)) for k in range(n)]
    assert found.outputs == 1
    assert not found.apology
    big = MLP(2, [2000, 1], seed=1)
    assert "up to 3,000 parameters, and this model has 8,001" in surface_of(big).apology


@needs_dot
def test_with_more_inputs_it_shows_the_graph_of_the_first_row() -> None:
    rows = [[a, b, a * b] for a, b in X]
    w = trained(MLP(3, [4, 1], seed=1), rows=rows, epochs=2)
    curve, first, second = pictures(w._repr_mimebundle_()["text/html"])
    assert "<polyline" in curve
    for svg in (first, second):
        ET.fromstring(svg)
        assert svg.count("Layer, 16 parameters") == 1


def test_without_any_dot_the_film_has_its_curve_and_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEPGRAD_DOT", "/nowhere/dot")
    rows = [[a, b, a * b] for a, b in X]
    (curve,) = pictures(trained(MLP(3, [4, 1], seed=1), rows=rows, epochs=2)._repr_mimebundle_()["text/html"])
    assert "<polyline" in curve


def test_a_name_cannot_leave_its_place(tmp_path: Path) -> None:
    class Named(Module):
        def __init__(self) -> None:
            self.parts = {"</script><script>pwned()": Layer(2, 1, activation="tanh")}

        def forward(self, x: Any) -> Any:
            return next(iter(self.parts.values()))(x)

    trained(Named(), epochs=1).save(tmp_path / "training.html")
    read = Reader((tmp_path / "training.html").read_text(encoding="utf-8"))
    data = [script for script in read.scripts if script.startswith("{")]
    assert not any("pwned()" in script for script in read.scripts if script not in data)
    assert all(json.loads(script) for script in data)
    assert len(read.scripts) == len(data) + 4  # of the film and of the walk the script, and what was printed for it


@needs_dot
def test_the_page_holds_a_walk_through_the_first_row_whose_leaves_are_those_of_the_film(tmp_path: Path) -> None:
    model = MLP(2, [2, 1], activation="tanh", seed=1)
    w = trained(model, epochs=3)
    w.save(tmp_path / "training.html")
    page = (tmp_path / "training.html").read_text(encoding="utf-8")
    assert "http" not in re.sub(r'data:image[^"]*', "", page).replace("http-equiv", "")
    assert page.count('<div class="stepgrad-player') == 2
    film, walk = data_of(page), data_of(page, 1)
    leaves = [int(i) for i in re.findall(r'data-leaves="([^"]*)"', page)[0].split()]
    assert [walk["nodes"][i][0] for i in leaves] == w.snapshots[-1].after
    assert film["numbers"][-1] == pytest.approx(w.snapshots[-1].after, rel=1e-5)
    assert "moves each number by −learning rate × its gradient from this row" in page


class Gate(Module):
    """One parameter for rows on the right, another for rows on the left, and none for those in the middle."""

    def __init__(self) -> None:
        self.right, self.left = nn.Neuron(3), Value(0.5)

    def forward(self, x: Any) -> Any:
        return self.right(x) if x[0] > 0 else self.left * x[0] if x[0] < 0 else 1.0


@pytest.mark.parametrize("rows", [[[1.0, 1.0, 1.0], [-1.0, 0.0, 0.0]], [[-1.0, 0.0, 0.0], [1.0, 1.0, 1.0]]])
def test_parameters_that_the_first_row_does_not_use_are_left_out_of_its_walk(
    rows: list[list[float]], tmp_path: Path
) -> None:
    w = trained(Gate(), rows=rows, targets=[1, -1], epochs=2, compiled=False)
    w.save(tmp_path / "training.html")
    page = (tmp_path / "training.html").read_text(encoding="utf-8")
    leaves = dict(zip(w.model.named_parameters(), re.findall(r'data-leaves="([^"]*)"', page)[0].split(), strict=True))
    assert (leaves["left"] == "-1") != (leaves["right.w.0"] == "-1")


def test_a_first_row_without_any_parameter_or_with_all_frozen_is_shown_too(tmp_path: Path) -> None:
    rows, targets = [[0.0, 1.0, 1.0], [1.0, 1.0, 1.0]], [1, -1]
    model = Gate()

    def freeze(history: Any, model: Module) -> None:
        model.left.requires_grad = False  # type: ignore[attr-defined]

    w = watch(model, rows, targets, loss=lambda p, t: (p - t) * (p - t) * 1.0)
    optimizer = SGD(model.parameters(), lr=0.1)
    loss = lambda p, t: Value(1.0) * (p - t) * (p - t)  # noqa: E731
    fit(model, rows, targets, loss=loss, optimizer=optimizer, epochs=2, callbacks=[freeze, w], compiled=False, **QUIET)
    w.save(tmp_path / "training.html")
    page = (tmp_path / "training.html").read_text(encoding="utf-8")
    assert set(re.findall(r'data-leaves="([^"]*)"', page)[0].split()) == {"-1"}
    assert "there is nothing to pass back</li>" in page


def test_a_graph_that_is_too_large_to_walk_through_says_so(tmp_path: Path) -> None:
    w = trained(MLP(2, [180, 1], seed=1), rows=X[:2], targets=Y[:2], epochs=1, compiled=False)
    assert "values, too many to walk through: watch a smaller" in saved(w, tmp_path)


def test_the_curves_are_those_of_the_records() -> None:
    w = trained(small())
    loss, gradient, update = w.plot("moons").axes
    assert [*loss.lines[0].get_ydata()] == [record.loss for record in w.records]
    assert [line.get_label() for line in gradient.lines] == ["layers.0", "layers.1"]
    assert [*update.lines[1].get_ydata()] == [record.updates["layers.1"] for record in w.records]


def test_curves_of_nothing_but_zeros_are_drawn_too() -> None:
    w = trained(small(), epochs=3, lr=0.0)
    assert not any(size for record in w.records for size in record.updates.values())
    w.plot().savefig(io.BytesIO())
    dead = MLP(2, [2, 1], seed=1)
    for neuron in dead.layers[0].neurons:
        neuron.b.data = -100.0
    dead.layers[1].freeze()
    trained(dead, epochs=3).plot().savefig(io.BytesIO())


def test_several_classes_have_several_regions() -> None:
    rows, targets = [[0.0, 0.0], [4.0, 0.0], [0.0, 4.0]] * 5, [0, 1, 2] * 5
    model = MLP(2, [3], seed=1, output_activation=relu)
    w = watch(model, rows, targets, loss="cross_entropy")
    optimizer = Adam(model.parameters(), lr=0.1)
    fit(model, rows, targets, loss="cross_entropy", optimizer=optimizer, epochs=5, callbacks=[w], **QUIET)
    plane = pictures(w._repr_mimebundle_()["text/html"])[1]
    assert len(set(re.findall(r'fill="(#[0-9A-F]{6})" stroke="white"', plane))) == 3


@pytest.mark.parametrize("targets", [[[a, b] for a, b in X], [a + b for a, b in X]])
def test_targets_that_are_no_classes_are_shown_alike(targets: list[Any]) -> None:
    model = MLP(2, [3, len(targets[0]) if isinstance(targets[0], list) else 1], activation="tanh", seed=1)
    w = watch(model, X, targets, loss="mse")
    fit(model, X, targets, loss="mse", optimizer=SGD(model.parameters()), epochs=1, callbacks=[w], **QUIET)
    marks = re.findall(r'fill="(#[0-9A-F]{6})" stroke="white"', pictures(w._repr_mimebundle_()["text/html"])[1])
    assert len(marks) == len(X)
    assert len(set(marks)) == 1


# --- in a browser -------------------------------------------------------------------------------------------


def saved(w: watch, tmp_path: Path) -> str:
    w.save(tmp_path / "training.html")
    return (tmp_path / "training.html").read_text(encoding="utf-8")


def film_of(page: Any) -> Any:
    return page.locator(".stepgrad-player").first


def place(film: Any) -> str:
    return str(film.locator(".place").text_content())


ANSWERS = """(film, [numbers, points]) => {
    const model = film.model(...numbers);
    return points.map(([x, y]) => model(x, y));
}"""


@pytest.mark.slow
@pytest.mark.parametrize("activation", ["tanh", "relu", "gelu"])
def test_the_page_computes_what_the_model_and_its_neurons_answer(open_page: Open, activation: str) -> None:
    model = MLP(2, [3, 2, 2], activation=activation, seed=1)
    w = watch(model, X, [int(t > 0) for t in Y], loss="cross_entropy")
    optimizer = Adam(model.parameters(), lr=0.1)
    fit(model, X, [int(t > 0) for t in Y], loss="cross_entropy", optimizer=optimizer, epochs=3, callbacks=[w], **QUIET)
    page = open_page(f"<!DOCTYPE html><meta charset='utf-8'><body>{w._repr_mimebundle_()['text/html']}")
    points = [[0.1, -0.7], [1.5, 2.0], [-3.0, 0.0]]
    found = film_of(page).evaluate(ANSWERS, [[p.data for p in model.parameters()], points])
    for point, answers in zip(points, found, strict=True):
        assert answers[:2] == pytest.approx([out.data for out in model(point)], rel=1e-12)
        hidden = [out.data for out in model.layers[0](point)]
        assert answers[2:] == pytest.approx([*hidden, *(out.data for out in model.layers[1](hidden))], rel=1e-12)


@pytest.mark.slow
@needs_dot
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1280, 720), (390, 844)])
def test_the_film_plays_and_curve_border_and_slider_are_seen_at_once(
    open_page: Open, tmp_path: Path, scheme: str, size: tuple[int, int]
) -> None:
    w = trained(MLP(2, [4, 1], activation="tanh", seed=1), epochs=12)
    page = open_page(saved(w, tmp_path), color_scheme=scheme, viewport={"width": size[0], "height": size[1]})
    film = film_of(page)
    assert place(film) == "epoch 12 / 12"
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    for seen in ("figure.loss svg", "div.plane canvas", "input[type=range]"):
        box = film.locator(seen).bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= size[0]
        assert box["y"] + box["height"] <= size[1]
    assert film.locator("figure.tiles canvas").count() == 4
    page.keyboard.press("Home")  # at once: the walk below is folded away
    assert place(film) == "epoch 0 / 12"
    assert film.get_by_role("status").text_content() == "before the first epoch: the model as it was made"
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    assert place(film) == "epoch 3 / 12"
    assert film.locator("tbody td").first.text_content() == format_number(w.records[2].gradients["layers.0"])
    curve = film.locator("figure.loss svg").bounding_box()
    page.mouse.click(curve["x"] + curve["width"] * (46 + 150) / 360, curve["y"] + 40)
    assert place(film) in ("epoch 6 / 12", "epoch 7 / 12")
    film.locator("summary").click()
    film.locator("li").nth(1).click()
    assert place(film) == "epoch 2 / 12"
    ground = film.evaluate("e => getComputedStyle(e).backgroundColor")
    assert (ground == "rgb(255, 255, 255)") == (scheme == "light")


@pytest.mark.slow
def test_the_plane_has_the_colour_of_the_class_and_its_shade_says_how_sure_the_model_is(open_page: Open) -> None:
    model = small()
    w = trained(model, epochs=20, lr=0.3)
    page = open_page(f"<!DOCTYPE html><meta charset='utf-8'><body>{w._repr_mimebundle_()['text/html']}")
    pixels = (
        film_of(page)
        .locator("div.plane canvas")
        .evaluate("e => [e.width, [...e.getContext('2d').getImageData(0, 0, e.width, e.height).data]]")
    )
    n, data = pixels
    left, right, low, high = Plane(w.rows).corners
    checked = 0
    for i in range(3, n, 19):
        for j in range(3, n, 19):
            point = [left + (right - left) * (i + 0.5) / n, high - (high - low) * (j + 0.5) / n]
            out = model(point).data
            if abs(out) < 0.1:
                continue
            red, _, blue, alpha = data[4 * (j * n + i) : 4 * (j * n + i) + 4]
            assert (red > blue) == (out > 0.0)  # orange above, blue below
            assert alpha / 255 == pytest.approx(0.08 + 0.55 * min(abs(out), 1.0), abs=0.01)
            checked += 1
    assert checked > 40


@pytest.mark.slow
@needs_dot
def test_the_row_is_walked_through_with_the_numbers_of_the_epoch_and_a_step_is_lr_times_its_own_gradient(
    open_page: Open, tmp_path: Path
) -> None:
    w = trained(MLP(2, [2, 1], activation="tanh", seed=1), epochs=5, lr=0.25)
    page = open_page(saved(w, tmp_path))
    film, walk = page.locator(".stepgrad-player").all()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    summary = page.locator("details.onerow > summary")
    summary.click()
    assert summary.text_content() == "One row after epoch 1: forward, loss and backward"
    weight = walk.get_by_label("layers.0.neurons.0.w.0, its number")
    first = data_of(saved(w, tmp_path))["numbers"][1]
    assert float(weight.input_value()) == first[0]
    model = w.model
    for p, x in zip(model.parameters(), first, strict=True):
        p.data, p.grad = x, 0.0
    loss = nn.hinge(model([Value(x) for x in w.rows[0]]), w.targets[0])
    loss.backward()
    rate = walk.get_by_label("learning rate")
    assert rate.input_value() == "0.25"
    walk.get_by_role("button", name="Take a step").click()
    assert float(weight.input_value()) == pytest.approx(first[0] - 0.25 * model.parameters()[0].grad, rel=1e-12)
    film.get_by_role("slider").fill("4")
    assert float(weight.input_value()) == data_of(saved(w, tmp_path))["numbers"][4][0]


@pytest.mark.slow
def test_the_film_goes_slower_where_less_motion_is_asked_for(open_page: Open) -> None:
    html = trained(small(), epochs=60)._repr_mimebundle_()["text/html"]
    for motion, ticks in (("no-preference", 4), ("reduce", 1)):
        page = open_page("<p>not yet</p>", reduced_motion=motion)
        page.clock.install()
        page.goto(page.url)
        page.set_content(f"<!DOCTYPE html><meta charset='utf-8'><body>{html}")
        film = film_of(page)
        film.get_by_role("button", name="Play").click()  # at the end: from the start
        page.clock.run_for(1001)
        assert place(film) == f"epoch {ticks} / 60"
