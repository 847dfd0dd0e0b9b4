"""watch: what it records, what it names, and what the film of a training shows."""

from __future__ import annotations

import base64
import io
import json
import math
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Open
from samples import needs_dot
from test_player import Reader, parts

import nn
from autograd import Value, relu
from autograd.drawing import format_number
from nn import MLP, SGD, Adam, Layer, LayerNorm, Module, Neuron, Residual, Sequential, datasets, fit, predict, watch
from nn.monitoring.plane import STEPS, Plane

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
    assert w.snapshots[0].before != start
    assert w.snapshots[0].after == w.snapshots[1].before
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
    shapes = ET.fromstring(plane.regions(classes).elements)
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


def frames(read: Reader, number: int = 0) -> list[Any]:
    return list(json.loads(read.scripts[2 * number])["frames"])


def test_the_film_has_a_frame_for_each_model_that_marks_its_epoch_and_writes_its_numbers() -> None:
    w = trained(small())
    read = Reader(w._repr_mimebundle_()["text/html"])
    assert read.texts == repr(w).splitlines()[: len(w.snapshots)]
    for snapshot, (marks, texts) in zip(w.snapshots, frames(read), strict=True):
        assert marks == {"now": f"epoch{snapshot.record.epoch}"}
        assert texts["row1.1"] == format_number(snapshot.record.gradients["layers.1"])
    assert read.texts[0].startswith(f"epoch 1: loss {w.records[0].loss:.4g}; layers.0: gradient ")


def test_the_picture_of_the_film_holds_every_part_that_a_frame_names() -> None:
    w = trained(small())
    bundle = w._repr_mimebundle_()["text/html"]
    svg = picture(bundle)
    names = {name for element in ET.fromstring(svg).iter() for name in element.get("data-part", "").split()}
    for marks, texts in frames(Reader(bundle)):
        assert names >= {*marks["now"].split(), *texts}
    assert parts(svg)["row0.0"] == "layers.0"
    assert svg.count('<g class="mark now"') == 1


def picture(html: str) -> str:
    found = re.search(r'src="data:image/svg\+xml;base64,([^"]*)"', html)
    assert found
    return base64.b64decode(found[1]).decode()


def test_the_regions_of_the_film_are_those_of_each_model() -> None:
    model = small()
    w = trained(model, epochs=30, lr=0.5)
    svg = picture(w._repr_mimebundle_()["text/html"])
    plane = Plane(w.rows)
    model.load_state_dict(dict(zip(model.named_parameters(), w.snapshots[2].after, strict=True)))
    expected = plane.regions([int(out > 0.0) for out in predict(model, plane.points)]).elements
    assert expected in svg
    assert svg.count(expected) == 1


@needs_dot
def test_with_more_inputs_it_shows_the_graph_of_the_first_row() -> None:
    rows = [[a, b, a * b] for a, b in X]
    w = trained(MLP(3, [4, 1], seed=1), rows=rows, epochs=2)
    svg = picture(w._repr_mimebundle_()["text/html"])
    ET.fromstring(svg)
    assert svg.count("Layer, 16 parameters") == 2
    ids = re.findall(r' id="([^"]*)"', svg)
    assert ids == []


def test_without_any_dot_the_film_has_its_curve_and_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEPGRAD_DOT", "/nowhere/dot")
    rows = [[a, b, a * b] for a, b in X]
    svg = picture(trained(MLP(3, [4, 1], seed=1), rows=rows, epochs=2)._repr_mimebundle_()["text/html"])
    assert "<polyline" in svg
    assert "parameters" not in svg


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
    assert len(read.scripts) == len(data) + 2  # a script for the film, one for all walks


@needs_dot
def test_the_page_holds_a_walk_through_the_first_row_at_each_epoch_that_ends_with_the_update(tmp_path: Path) -> None:
    model = MLP(2, [2, 1], activation="tanh", seed=1)
    w = trained(model, epochs=3)
    w.save(tmp_path / "training.html")
    page = (tmp_path / "training.html").read_text(encoding="utf-8")
    assert "http" not in re.sub(r'base64,[^"]*', "", page).replace("http-equiv", "")
    read = Reader(page)
    assert page.count('<div class="stepgrad-player') == 4
    for number, snapshot in enumerate(w.snapshots, 1):
        data = json.loads([script for script in read.scripts if script.startswith("{")][number])
        moved = data["update"][1]
        assert [data["nodes"][int(i)][0] for i in moved] == pytest.approx(snapshot.before)
        assert [float(x) for x in moved.values()] == pytest.approx(snapshot.after, rel=1e-3)
    last = [text for text in read.texts if text.startswith("update: ")][-1]
    assert last.startswith(f"update: layers.0.neurons.0.w.0 {w.snapshots[-1].before[0]:.4g} → ")


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
    updates = re.findall(r"<li>update: ([^<]*)", page)
    assert len(updates) == 2
    assert all(("left" in update) != ("right.w.0" in update) for update in updates)


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
    assert "<li>update:" not in (tmp_path / "training.html").read_text(encoding="utf-8")


def test_a_graph_that_is_too_large_to_look_at_is_walked_through_in_words(tmp_path: Path) -> None:
    trained(MLP(2, [16, 8, 1], seed=1), epochs=1).save(tmp_path / "training.html")
    page = (tmp_path / "training.html").read_text(encoding="utf-8")
    assert page.count("<img ") == 1
    assert "and 187 more" in page
    trained(MLP(2, [180, 1], seed=1), rows=X[:2], targets=Y[:2], epochs=1, compiled=False).save(
        tmp_path / "training.html"
    )
    assert "too many to walk through at each epoch" in (tmp_path / "training.html").read_text(encoding="utf-8")


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
    assert (
        len(set(re.findall(r'fill="(#[0-9A-F]{6})" stroke="white"', picture(w._repr_mimebundle_()["text/html"])))) == 3
    )


@pytest.mark.parametrize("targets", [[[a, b] for a, b in X], [a + b for a, b in X]])
def test_targets_that_are_no_classes_are_shown_alike(targets: list[Any]) -> None:
    model = MLP(2, [3, len(targets[0]) if isinstance(targets[0], list) else 1], activation="tanh", seed=1)
    w = watch(model, X, targets, loss="mse")
    fit(model, X, targets, loss="mse", optimizer=SGD(model.parameters()), epochs=1, callbacks=[w], **QUIET)
    marks = re.findall(r'fill="(#[0-9A-F]{6})" stroke="white"', picture(w._repr_mimebundle_()["text/html"]))
    assert len(marks) == len(X)
    assert len(set(marks)) == 1


# --- in a browser -------------------------------------------------------------------------------------------


@pytest.mark.slow
@needs_dot
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_training_plays_in_a_browser(open_page: Open, tmp_path: Path, scheme: str) -> None:
    trained(MLP(2, [2, 1], activation="tanh", seed=1), epochs=5).save(tmp_path / "training.html")
    page = open_page((tmp_path / "training.html").read_text(encoding="utf-8"), color_scheme=scheme)
    film = page.locator(".stepgrad-player").first
    assert film.get_by_role("status").text_content().startswith("epoch 1: loss ")
    assert [g.get_attribute("data-part") for g in film.locator("g.epoch").all() if g.is_visible()] == ["epoch1"]
    film.locator('g.mark[data-part="epoch3"]').click()
    assert film.get_by_role("status").text_content().startswith("epoch 3: loss ")
    assert [g.get_attribute("data-part") for g in film.locator("g.epoch").all() if g.is_visible()] == ["epoch3"]
    ground = film.locator("svg > rect").evaluate("e => getComputedStyle(e).fill")
    assert (ground == "rgb(255, 255, 255)") == (scheme == "light")
    page.locator("h2 ~ details > summary").nth(1).click()
    walk = page.locator(".stepgrad-player").nth(2)
    walk.get_by_role("button", name="Last").click()
    assert walk.get_by_role("status").text_content().startswith("update: layers.0.neurons.0.w.0 ")
