"""Pictures: what is drawn in them; how they look was looked at."""

from __future__ import annotations

import math
import sys
from pathlib import Path

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
    monkeypatch.delitem(sys.modules, "nn.plots.figures", raising=False)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r'pictures need matplotlib: python -m pip install "stepgrad\[plot\]"'):
        draw()


# --- pictures that appear --------------------------------------------------------------------------------------


def watched():
    model = nn.MLP(2, [2, 1], seed=1)
    w = nn.watch(model, [[0.0, 1.0]], [1], loss="mse")
    nn.fit(model, [[0.0, 1.0]], [1], loss="mse", optimizer=nn.SGD(model.parameters()), epochs=2, callbacks=[w])
    return w


# The number of panels of each plot function, and a call of it.
PLOTS = {
    "plot_history": (2, lambda **ax: nn.plots.plot_history(History(loss=[2.0, 1.0], metrics={"r2": [0.1, 0.2]}), **ax)),
    "history.plot": (1, lambda **ax: History(loss=[2.0, 1.0]).plot(**ax)),
    "plot_gradients": (1, lambda **ax: nn.plot_gradients(nn.Neuron(1), **ax)),
    "plot_layers": (3, lambda **ax: nn.plots.plot_layers([1.0], {"a": [1.0]}, {"a": [0.1]}, **ax)),
    "watch.plot": (3, lambda **ax: watched().plot(**ax)),
    "plot_loss_surface": (1, lambda **ax: nn.plot_loss_surface(lambda: Value(1.0), Value(1.0), Value(1.0), **ax)),
    "plot_predictions": (1, lambda **ax: nn.plots.plot_predictions([1.0, 2.0], [1.5, 2.5], **ax)),
    "plot_confusion": (1, lambda **ax: nn.plots.plot_confusion(["a", "b"], ["a", "a"], ["a", "b"], **ax)),
    "plot_decision_boundary": (1, lambda **ax: nn.plot_decision_boundary(nn.MLP(2, [1]), [[0.0, 1.0]], [1], **ax)),
}


@pytest.fixture
def pyplot():
    pyplot = pytest.importorskip("matplotlib.pyplot")
    backend = pyplot.get_backend()
    pyplot.switch_backend("agg")
    yield pyplot
    pyplot.close("all")
    pyplot.switch_backend(backend)


def test_every_plot_function_is_tested_here():
    assert {name for name in nn.plots.__all__ if name.startswith("plot")} <= {*PLOTS}


@pytest.mark.parametrize("name", PLOTS)
def test_a_picture_is_the_current_figure_of_pyplot_and_shows_itself(name, pyplot, tmp_path):
    _, draw = PLOTS[name]
    figure = draw()
    assert pyplot.gcf() is figure
    pyplot.savefig(tmp_path / "by_pyplot.png")
    figure.savefig(tmp_path / "by_itself.png")
    written = (tmp_path / "by_pyplot.png").read_bytes()
    assert written == (tmp_path / "by_itself.png").read_bytes() == figure._repr_png_()


@pytest.mark.parametrize("name", PLOTS)
def test_a_picture_is_drawn_into_axes_of_ones_own(name, pyplot):
    panels, draw = PLOTS[name]
    before = {artist for axes in draw().axes for artist in (type(child) for child in axes.get_children())}
    figure, axes = pyplot.subplots(panels, 1, squeeze=False)
    given = axes[0, 0] if panels == 1 else axes[:, 0]
    axes[0, 0].set_title("mine")
    assert draw(ax=given) is given
    assert {type(child) for own in figure.axes for child in own.get_children()} == before
    assert axes[0, 0].get_title() == "mine"
    assert pyplot.gcf() is figure  # no other one was opened
    with pytest.raises(ValueError, match=rf"this picture has {panels} panel.* and ax has {panels + 1}: .*subplots"):
        draw(ax=pyplot.subplots(panels + 1, 1)[1])


def test_a_picture_that_cannot_be_drawn_leaves_no_empty_one(pyplot):
    a = Value(1.0)
    with pytest.raises(ValueError, match="nowhere finite"):
        nn.plot_loss_surface(lambda: (0.0 * a - 1.0).log(), a, a)
    assert pyplot.get_fignums() == []


SETTINGS = {
    "nothing": "",
    "inline": "%matplotlib inline",
    "pyplot": "import matplotlib.pyplot as plt",
    "pyplot without inline": "import matplotlib\nmatplotlib.use('agg')\nimport matplotlib.pyplot as plt",
}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # those of the tools
@pytest.mark.parametrize("setting", SETTINGS)
def test_a_notebook_shows_a_picture_once(setting):
    nbclient = pytest.importorskip("nbclient", reason="notebooks are run with nbclient")
    import nbformat.v4 as nb

    lines = [
        f"{SETTINGS[setting]}\nfrom nn import History\nh = History(loss=[3.0, 2.0])\nh.plot()",
        "figure = h.plot()\nfigure",
        "display(h.plot())\n1",
        "figure",
    ]
    cells = [nb.new_code_cell(text) for text in lines]
    where = {"metadata": {"path": str(Path(nn.__file__).parents[1])}}
    nbclient.NotebookClient(nb.new_notebook(cells=cells), timeout=60, kernel_name="python3", resources=where).execute()
    pictures = [[output for output in cell.outputs if "image/png" in output.get("data", {})] for cell in cells]
    assert [len(found) for found in pictures] == [1, 1, 1, 1]


def test_a_history_is_told_in_one_line_and_is_a_table():
    pandas = pytest.importorskip("pandas")
    history = History(
        loss=[3.0, 2.0], val_loss=[3.5, 2.5], metrics={"r2": [0.1, 0.2]}, val_metrics={"r2": [-1.0, 0.0]}, lr=[0.1, 0.1]
    )
    assert repr(history) == "History(2 epochs: loss 3 → 2, val_loss 3.5 → 2.5, r2 0.1 → 0.2, val_r2 -1 → 0)"
    assert history.table()[1] == {
        "epoch": 2, "loss": 2.0, "val_loss": 2.5, "r2": 0.2, "val_r2": 0.0, "lr": 0.1,
    }  # fmt: skip
    frame = pandas.DataFrame(history)
    assert frame.to_dict("records") == history.table() == [*history]
    assert repr(History()) == "History(0 epochs)"
    assert History().table() == []


def test_the_history_of_many_epochs_is_as_short():
    assert len(repr(History(loss=[1.0] * 10_000, data_loss=[1.0] * 10_000, seconds=[0.1] * 10_000))) < 100


def test_what_was_measured_in_some_epochs_alone_leaves_gaps_in_the_table():
    assert [row["val_loss"] for row in History(loss=[2.0, 1.0], val_loss=[3.0])] == [3.0, None]


@pytest.mark.parametrize(
    ("kind", "settings", "text"),
    [
        ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True}, "lr=0.1, momentum=0.9, nesterov=True"),
        ("SGD", {"lr": 0.0}, "lr=0.0"),
        ("Adam", {"clip_norm": 1.0}, "lr=0.001, clip_norm=1.0, betas=(0.9, 0.999), eps=1e-08"),
        ("AdamW", {"lr": 0.1}, "lr=0.1, weight_decay=0.01, betas=(0.9, 0.999), eps=1e-08"),
        ("RMSprop", {"momentum": 0.5}, "lr=0.01, alpha=0.99, eps=1e-08, momentum=0.5"),
        ("AdaGrad", {}, "lr=0.01, eps=1e-10"),
    ],
)
def test_an_optimiser_tells_its_settings(kind, settings, text):
    made = getattr(nn, kind)(nn.Neuron(2).parameters(), **settings)
    made.step()
    assert repr(made) == f"{kind}(3 parameters, {text})"
