"""Pictures of parts: scopes as boxes, what is alike once, graphs made to fit, heat, models, pages."""

import gc
import json
import math
import random
import re
import time
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import Recurrent, needs_dot

from autograd import Value, dot, draw, mean, scope, topological_order, total
from autograd.drawing import state
from autograd.drawing.collapse import collapse
from autograd.drawing.items import Item, every
from autograd.drawing.style import Heat
from autograd.html import (
    GREY,
    INK,
    PALE_BLUE,
    PALE_GREEN,
    PALE_GREY,
    PALETTE,
    RAMP_INKS,
    RAMPS,
    VERMILION,
    WHITE,
    Colour,
)
from nn import MLP, Layer, Neuron, Sequential

DARK = dict(PALETTE.values())


def moons_loss() -> Value:
    loss = (1.0 - MLP(2, [16, 16, 1], seed=1)([1.0, -2.0])).relu()
    loss.label = "loss"
    loss.backward()
    return loss


def lines(drawing: Any) -> list[str]:
    """The text, its columns parted by |."""
    return [re.sub(" {4,}", " | ", line) for line in str(drawing).splitlines()]


def boxes(source: str) -> dict[str, str]:
    """The attributes of every node."""
    return dict(re.findall(r"^\t([nog]\d\w*) \[(.*)\]$", source, re.MULTILINE))


def parts(source: str) -> list[list[str]]:
    """The lines of text of every part, in order."""
    found = re.findall(r"^\tg\d+ \[label=<(.*)> style", source, re.MULTILINE)
    return [re.sub("<(?!br/)[^>]*>", "", text).split("<br/>") for text in found]


def edges(source: str) -> set[tuple[str, str]]:
    return set(re.findall(r"^\t(\w+) -> (\w+) ", source, re.MULTILINE))


# --- scopes as boxes --------------------------------------------------------------------------------------


def test_at_depth_1_each_layer_is_a_box_with_its_neurons_and_parameters() -> None:
    loss = moons_loss()
    found = parts(draw(loss, depth=1).source)
    assert [box[:3] for box in found] == [
        ["layers.0", "Layer, 48 parameters", "Neuron ×16"],
        ["layers.1", "Layer, 272 parameters", "Neuron ×16"],
        ["layers.2", "Layer, 17 parameters", "Neuron"],
    ]
    assert found[2][3] == f"out {1.0 - loss.data:.4f}"
    assert found[2][4] == "|grad| to 1"


def test_at_depth_2_the_neurons_of_a_layer_are_one_box() -> None:
    found = parts(draw(moons_loss(), depth=2).source)
    assert [box[:3] for box in found] == [
        ["layers.0.neurons.*", "Neuron ×16, 48 parameters", "dot, relu"],
        ["layers.1.neurons.*", "Neuron ×16, 272 parameters", "dot, relu"],
        ["layers.2.neurons.0", "Neuron, 17 parameters", "dot"],
    ]


def test_at_depth_0_the_model_is_one_box_and_data_and_loss_stay() -> None:
    text = lines(draw(moons_loss(), depth=0))
    assert text[2].startswith("MLP(n35, n36) = 0.1096 | MLP, 337 parameters, Layer ×3, |grad| to 1")
    assert [line.split(" = ")[0] for line in text] == ["n35", "n36", "MLP(n35, n36)", "n405", "loss"]


def test_depth_counts_from_the_outermost_module_or_from_the_first_name() -> None:
    model = MLP(1, [2, 1], seed=1)
    with scope("outside"):
        root = model([1.0])
    names = [[box[0] for box in parts(draw(root, depth=depth).source)] for depth in range(1, 5)]
    assert names == [
        ["outside, 7 parameters"],
        ["outside.MLP"],
        ["outside.MLP.layers.0", "outside.MLP.layers.1"],
        ["outside.MLP.layers.0.neurons.*", "outside.MLP.layers.1.neurons.0"],
    ]
    assert draw(root, depth=0).source == draw(root, depth=1).source


def test_of_a_long_path_the_end_is_shown() -> None:
    with scope("a very long name for a part of it"), scope("and one inside"):
        root = Value(1.0) * 2.0
    assert parts(draw(root, depth=2).source)[0][0] == "…ng name for a part of it.and one inside"


def test_a_part_stays_on_its_line_whatever_its_name() -> None:
    with scope("two\nlines\u202e"):
        root = Value(1.0) * 2.0
    assert "two lines\ufffd" in str(draw(root, depth=1))
    assert len(str(draw(root, depth=1)).splitlines()) == 1


def test_what_a_fused_operation_is_written_out_in_belongs_to_its_part() -> None:
    out = MLP(2, [3, 1], seed=1)([1.0, -2.0])
    assert parts(draw(out, depth=2, expand=True).source)[0][:4] == [
        "layers.0.neurons.*", "Neuron ×3, 9 parameters", "* ×2, + ×2", "relu"
    ]  # fmt: skip


def test_deeper_than_the_scopes_everything_is_shown_under_the_names_it_has_without_a_depth() -> None:
    with scope("sum"):
        root = Value(1.0, label="a") + Value(2.0, label="b")
    assert draw(root, depth=2).source == draw(root).source
    assert edges(draw(root).source) == {("n0", "o2"), ("n1", "o2"), ("o2", "n2")}


def test_named_scopes_are_boxes_and_what_is_made_outside_stays_outside() -> None:
    w, x = Value(2.0, label="w"), Value(3.0, label="x")
    with scope("square"):
        y = (w * x) ** 2.0
    drawing = draw(y + 1.0, depth=1)
    assert parts(drawing.source) == [["square", "*, **", "out 36"]]
    assert lines(drawing)[2] == "square(w, x) = 36 | *, **"


def test_calls_of_a_shared_module_stay_in_order_and_say_that_they_share() -> None:
    xs = [Value(x, label=f"x{i}", requires_grad=False) for i, x in enumerate((1.0, 2.0, -1.0, 0.5))]
    found = parts(draw(Recurrent()(xs), depth=1).source)
    assert [box[0] for box in found] == ["cell", "cell", "cell", "cell", "head"]
    assert {box[1] for box in found[:4]} == {"Cell, 2 shared parameters"}
    assert found[4][1] == "Neuron, 2 parameters"


def test_a_batch_with_a_penalty_shows_each_layer_once() -> None:
    model = MLP(2, [4, 1], seed=1)
    losses = [(model([0.1 * i, 1.0]) - 1.0) ** 2.0 for i in range(50)]
    parameters = model.parameters()
    drawing = draw(mean(losses) + 0.01 * dot(parameters, parameters), depth=1)
    assert [box[:2] for box in parts(drawing.source)] == [
        ["layers.0", "Layer, called 50×, 12 parameters"],
        ["layers.1", "Layer, called 50×, 5 parameters"],
    ]
    heads = {head for tail, head in edges(drawing.source) if tail.startswith("g")}
    assert len(heads) == 3  # the second layer, the error, the penalty
    assert drawing.source.count("×100") == 1  # two input numbers a sample


def test_two_models_in_one_graph_are_told_apart() -> None:
    class Generator(Sequential):
        pass

    made = Generator(Layer(1, 2))([1.0])
    text = str(draw(MLP(2, [1])(made), depth=1))
    assert "Generator.layers.0" in text
    assert "MLP.layers.0" in text


def test_what_differs_is_not_shown_as_alike() -> None:
    x = Value(1.0, label="x")
    neurons = [Neuron(1, activation=activation) for activation in ("tanh", "tanh", "sigmoid")]
    text = str(draw(total([neuron([x]) for neuron in neurons]), depth=0))
    assert "Neuron ×2, 4 parameters" in text
    assert "Neuron, 2 parameters" in text


@pytest.mark.parametrize("depth", [-1, 1.5, "1"])
def test_a_depth_that_is_none_is_refused(depth: Any) -> None:
    with pytest.raises(ValueError, match="depth must be a whole number from 0"):
        draw(Value(1.0), depth=depth)


@st.composite
def scoped_graphs(draw: Any) -> Value:
    """A random graph, built in random scopes, with leaves of every kind."""
    values = [Value(float(i), requires_grad=draw(st.booleans())) for i in range(draw(st.integers(1, 4)))]
    neuron = Neuron(2, init="zeros")

    def build(size: int, depth: int) -> None:
        for _ in range(size):
            a, b = (values[draw(st.integers(0, len(values) - 1))] for _ in range(2))
            kind = draw(st.integers(0, 5))
            if kind == 0 and depth < 3:
                with scope(draw(st.sampled_from(["first", "second"]))):
                    build(draw(st.integers(1, 3)), depth + 1)
            elif kind == 1:
                values.append(neuron([a, b]))
            else:
                values.append([a + b, a * 0.5, a.tanh(), dot([a, b], [b, a])][kind - 2])

    build(draw(st.integers(1, 12)), 0)
    return total(values)


@settings(deadline=None, max_examples=60)
@given(scoped_graphs(), st.integers(0, 4))
def test_every_value_is_in_one_box_and_boxes_are_fed_by_boxes_before_them(root: Value, depth: int) -> None:
    order = topological_order(root)
    items = collapse(order, depth, 1500).items
    homes: dict[Value, Item] = {}
    for item in items:
        for value in item.values:
            if value.primitive is not None:
                assert value not in homes
                homes[value] = item
    assert set(homes) == {node for node in order if node.primitive is not None}
    before: set[Item] = set()
    for item in items:
        assert before.issuperset(item.parents)
        before.add(item)
    assert root in items[-1].values
    for node, item in homes.items():  # an edge of the graph is inside a box, or between the right ones
        for parent in node.parents:
            if parent in homes and homes[parent] is not item:
                assert homes[parent] in item.parents
    draw(root, depth=depth)


# --- what does not fit ------------------------------------------------------------------------------------


def test_a_graph_over_the_cap_is_collapsed_to_the_deepest_level_that_is_readable_and_says_so() -> None:
    drawing = draw(moons_loss(), max_nodes=100)
    assert [box[1] for box in parts(drawing.source)] == [box[1] for box in parts(draw(moons_loss(), depth=2).source)]
    says = "407 values, more than can be shown one by one: shown to depth 2"
    assert str(drawing).startswith(says)
    assert "407 values, more than can be shown one by one: shown to" in drawing.source


def test_a_graph_with_too_many_edges_is_collapsed_too() -> None:
    xs = [Value(float(i)) for i in range(60)]
    assert "more than can be shown" in str(draw(total([dot(xs, xs) for _ in range(20)])))


def test_without_scopes_what_is_alike_is_shown_once() -> None:
    xs = [Value(0.1 * i) for i in range(1000)]
    drawing = draw(total([(x * x + 1.0).tanh() for x in xs]))
    assert "alike ones shown once" in str(drawing)
    assert [line.split(" | ")[-1] for line in lines(drawing)[1:-1]] == ["×1,000"] * 4


def test_a_long_chain_is_cut_into_stretches_that_hold_all_of_it() -> None:
    x = Value(0.5)
    for _ in range(5000):
        x = x.sin()
    drawing = draw(x)
    found = re.findall(r"sin ×([\d,]+)", drawing.source)
    assert len(found) == 8
    assert sum(int(count.replace(",", "")) for count in found) == 4999  # and the root by itself
    assert "name the parts" in str(drawing)
    tails = [tail for tail, _ in edges(drawing.source) if tail.startswith("g")]
    assert len(tails) == 8


def test_leaves_alone_can_be_too_many() -> None:
    drawing = draw(total([Value(float(i), label=f"x{'abcdefghij'[i % 10] * (1 + i // 10)}") for i in range(2000)]))
    assert "2,000 leaves" in drawing.source


@pytest.mark.slow
@needs_dot
@pytest.mark.parametrize("kind", ["chain", "network", "batch", "tangle"])
def test_a_hundred_thousand_nodes_are_a_picture_within_ten_seconds(kind: str) -> None:
    rng = random.Random(1)
    if kind == "chain":
        root = Value(0.5)
        for _ in range(100_000):
            root = root.sin()
    elif kind == "network":
        root = total(MLP(100, [256, 256, 10], seed=1)([0.1] * 100))
    elif kind == "batch":
        model = MLP(2, [16, 16, 1], seed=1)
        root = mean([model([0.001 * i, 1.0]) for i in range(1400)])
    else:
        values = [Value(rng.uniform(-1, 1)) for _ in range(200)]
        for _ in range(50_000):
            a, b = rng.choice(values[-400:]), rng.choice(values[-400:])
            values.append((a * b).tanh() if rng.random() < 0.5 else a + b * 0.3)
        root = total(values[-400:])
    assert len(topological_order(root)) > 90_000
    started = time.process_time()
    drawing = draw(root)
    svg = drawing.svg
    assert time.process_time() - started < 10.0
    assert svg.count('class="node"') <= 170


def test_drawing_leaves_the_garbage_collector_as_it_was() -> None:
    root = Value(1.0) * 2.0
    draw(root)
    assert gc.isenabled()
    gc.disable()
    try:
        draw(root)
        assert not gc.isenabled()
    finally:
        gc.enable()


# --- heat -------------------------------------------------------------------------------------------------


def fills(source: str) -> dict[str, str]:
    return {name: re.search(r'fillcolor="?([#\w]+)', look)[1] for name, look in boxes(source).items()}  # type: ignore[index]


def test_heat_colours_by_size_and_keeps_the_numbers() -> None:
    a, b, c = Value(1.0, label="a"), Value(0.01, label="b"), Value(-100.0, label="c")
    root = a + b + c
    root.backward()
    source = draw(root, heat="data").source
    colour = fills(source)
    steps = RAMPS["data"]
    assert steps.index(colour["n1"]) < steps.index(colour["n0"]) < steps.index(colour["n3"])
    assert colour["n3"] == steps[-1]
    plain, hot = (re.sub("<[^>]*>", " ", draw(root, **more).source) for more in ({}, {"heat": "data"}))
    assert re.findall(r"grad \S+", plain) == re.findall(r"grad \S+", hot)
    assert "|data|: 0" in source
    assert "|data|" not in draw(root).source


def test_zero_and_what_is_not_finite_have_colours_of_their_own() -> None:
    zero, finite, inf = Value(0.0, label="z"), Value(2.0, label="f"), Value(math.inf, label="i")
    colour = fills(draw(zero * finite + inf, heat="data").source)
    assert len({colour["n0"], colour["n1"], colour["n3"]}) == 3
    assert colour["n0"] not in RAMPS["data"]
    assert colour["n3"] not in RAMPS["data"]


def test_a_graph_without_gradients_is_all_cold() -> None:
    x = Value(2.0)
    assert not set(fills(draw(x * x, heat="grad").source).values()) & set(RAMPS["grad"])


def test_heat_by_anything_else_is_refused() -> None:
    with pytest.raises(ValueError, match="'grad' or 'data', not 'temperature'"):
        draw(Value(1.0), heat="temperature")


@pytest.mark.parametrize(
    ("made", "word"),
    [
        (Value(-1.0).relu(), "dead"), (Value(1.0).relu(), ""), (Value(0.0).relu(), "dead"),
        (Value(4.0).tanh(), "saturated"), (Value(-4.0).tanh(), "saturated"), (Value(2.9).tanh(), ""),
        (Value(7.0).sigmoid(), "saturated"), (Value(5.0).sigmoid(), ""), (Value(-7.0).sigmoid(), "saturated"),
        (Value(4.0, requires_grad=False).tanh(), ""), (Value(0.0), ""), (Value(0.0).sin(), ""),
    ],
)  # fmt: skip
def test_dead_and_saturated_are_named(made: Value, word: str) -> None:
    assert state(made) == word
    source = draw(made, heat="data").source
    assert ("dead" in source) == (word == "dead")
    assert ("saturated" in source) == (word == "saturated")
    assert "dead" not in draw(made).source


def test_a_part_counts_its_dead_units() -> None:
    layer = Layer(1, 8, init="zeros")
    for i, neuron in enumerate(layer.neurons):
        neuron.b.data = 1.0 if i < 3 else -1.0
    assert "5 of 8 dead" in draw(total(layer([1.0])), depth=0, heat="data").source


def test_the_steps_of_the_scale_have_one_ratio() -> None:
    heat = Heat("data", every(topological_order(total([Value(0.001), Value(100.0)]))))
    ratios = [high / low for low, high in pairwise(heat.bounds)]
    assert ratios == pytest.approx([10.0] * 5, rel=1e-3)


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(a: str, b: str) -> float:
    dark, light = sorted(luminance("#FFFFFF" if c == WHITE.light else c) for c in (a, b))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("by", RAMPS)
def test_every_step_of_the_heat_is_readable_and_darker_than_the_one_before(by: str) -> None:
    assert all(contrast(fill, ink) >= 4.5 for fill, ink in zip(RAMPS[by], RAMP_INKS, strict=True))
    shades = [luminance(fill) for fill in RAMPS[by]]
    assert all(a / b > 1.25 for a, b in pairwise(shades))


@pytest.mark.parametrize("ink", [INK, VERMILION, GREY])
@pytest.mark.parametrize("ground", [WHITE, PALE_BLUE, PALE_GREEN, PALE_GREY])
def test_text_is_readable_on_every_box_light_and_dark(ink: Colour, ground: Colour) -> None:
    assert contrast(ink.light, ground.light) >= 4.5
    assert contrast(ink.dark, ground.dark) >= 4.5


def test_no_colour_is_written_down_outside_the_palette() -> None:
    package = files("autograd")
    sources = [Path(str(package)) / folder for folder in ("drawing", "steps", "html")]
    found = {
        file.name
        for folder in sources
        for file in folder.rglob("*.*")
        if file.suffix in (".py", ".css", ".js")
        if re.search(r"#([0-9a-fA-F]{3}){1,2}\b", file.read_text(encoding="utf-8"))
    }
    assert found == {"palette.py"}


# --- the SVG ----------------------------------------------------------------------------------------------


@needs_dot
def test_every_colour_of_a_picture_has_one_for_dark_pages() -> None:
    drawing = draw(moons_loss(), depth=2)
    body = drawing.svg.split("</style>")[1]
    used = {c.lower() for c in re.findall(r'(?:fill|stroke)="([^"]+)"', body)} - {"none", "transparent"}
    assert used <= {colour.lower() for colour in DARK}
    assert all(f"light-dark({light},{dark})" in drawing.svg for light, dark in DARK.items())
    assert "<desc>67 operations on 340 leaves give 0.8904. Shown as 8 boxes.</desc>" in drawing.svg


@needs_dot
def test_heat_looks_the_same_on_dark_pages() -> None:
    assert not {fill for ramp in RAMPS.values() for fill in ramp} & set(DARK)


# --- models -----------------------------------------------------------------------------------------------


def test_a_model_is_drawn_without_data() -> None:
    drawing = draw(MLP(2, [16, 16, 1], activation="tanh"))
    assert str(drawing).splitlines() == [
        "MLP, 337 parameters",
        "  layers.0  Layer, 48 parameters, 2 → 16, tanh, Neuron ×16",
        "  layers.1  Layer, 272 parameters, 16 → 16, tanh, Neuron ×16",
        "  layers.2  Layer, 17 parameters, 16 → 1, linear, Neuron",
    ]
    assert edges(drawing.source + "\n") == {("g1", "g2"), ("g2", "g3")}
    assert "2 inputs" in drawing.source
    assert "1 output" in drawing.source


def test_layers_that_say_the_same_are_one_box_with_all_their_parameters() -> None:
    text = str(draw(MLP(4, [8] * 6 + [1])))
    assert "layers.1 … layers.5  Layer ×5, 360 parameters, 8 → 8, relu, Neuron ×8" in text


def test_a_model_of_ones_own_shows_what_is_in_it_without_arrows_that_are_not_known() -> None:
    text = str(draw(Recurrent()))
    assert text.splitlines() == [
        "Recurrent, 4 parameters", "  cell  Cell, 2 parameters", "  head  Neuron, 2 parameters, 1 → 1, linear"
    ]  # fmt: skip
    assert "->" not in draw(Recurrent()).source


def test_modules_inside_modules_are_frames() -> None:
    model = Sequential(Layer(2, 3), Recurrent(), abs, Layer(3, 1))
    source = draw(model).source
    assert source.count("subgraph cluster") == 1
    assert "lhead=cluster" in source
    assert "ltail=cluster" in source
    assert "abs" in str(draw(model))


def test_a_shared_module_is_counted_once() -> None:
    layer = Layer(2, 2)
    assert str(draw(Sequential(layer, layer))).startswith("Sequential, 6 parameters")


@pytest.mark.parametrize("more", [{"depth": 1}, {"heat": "grad"}, {"expand": True}])
def test_what_needs_values_is_refused_for_a_model(more: Any) -> None:
    with pytest.raises(ValueError, match="a model has no values"):
        draw(MLP(1, [1]), **more)


@needs_dot
def test_a_model_is_laid_out() -> None:
    assert "337 parameters" in draw(MLP(2, [16, 16, 1])).svg
    assert "Cell, 2 parameters" in draw(Sequential(Layer(1, 1), Recurrent(), Layer(1, 1))).svg


# --- pages ------------------------------------------------------------------------------------------------


@needs_dot
def test_a_page_holds_the_picture_of_every_part_and_needs_nothing_from_anywhere() -> None:
    html = draw(moons_loss(), depth=1).html
    summaries = re.findall(r'<details data-box="g\d+"><summary>([^:]*):', html)
    assert summaries == [
        "layers.0", "layers.0.neurons.0 (one of 16)", "layers.1", "layers.1.neurons.0 (one of 16)",
        "layers.2", "layers.2.neurons.0",
    ]  # fmt: skip
    assert html.count("<svg ") == 7
    fetched = re.findall(r'(?:src|href|url)\s*[=(]\s*["\']?([^"\')\s>]+)', html)
    assert fetched == []
    assert len(html) - sum(map(len, re.findall("(?s)<svg.*?</svg>", html))) < 20_000


@needs_dot
def test_inside_a_part_the_parameters_have_their_names_and_what_comes_in_is_there() -> None:
    view = draw(moons_loss(), depth=1)._view
    neuron = view.inner[0][1].inner[0][1]
    assert [line.split(" = ")[0] for line in neuron.text][:5] == ["w.0", "w.1", "n35", "n36", "b"]


@needs_dot
def test_a_label_cannot_leave_its_place_on_a_page_or_in_a_notebook() -> None:
    evil = "</script><script>x()"
    with scope(evil), scope("</style><b onclick=x()>"):
        root = Value(1.0, label=evil) * 2.0
    root = root + 1.0
    root.label = '"><script>y()</script>'
    drawing = draw(root, depth=1)
    assert drawing.html.count("<script") == 1
    bundle = drawing._repr_mimebundle_()["text/html"]
    assert bundle.count("<script") == bundle.count("</script") == 2  # one puts the parts there, one opens them
    assert "<b onclick" not in drawing.html + bundle


@needs_dot
def test_a_notebook_shows_an_image_that_a_script_replaces_by_the_parts() -> None:
    html = draw(moons_loss(), depth=1)._repr_mimebundle_()["text/html"]
    assert html.startswith('<div><img alt="computation graph of loss" src="data:image/svg+xml,%3Csvg ')
    content = json.loads(re.search(r"innerHTML = (\".*\");", html)[1])  # type: ignore[index]
    assert content.count("<details") == content.count("<svg ") == 6  # the whole is in the image already


@needs_dot
def test_a_page_of_a_picture_without_parts_is_a_page(tmp_path: Any) -> None:
    x = Value(2.0, label="x")
    draw(x * x).save(tmp_path / "x.html")
    assert "<svg" in (tmp_path / "x.html").read_text(encoding="utf-8")


def test_the_heat_of_zeros_has_one_step_and_says_so() -> None:
    x = Value(1.0)
    y = x * 0.0
    y.grad = 0.0
    source = draw(y, heat="grad").source
    assert "|grad|: 0" in source
    assert "to " not in re.sub("<[^>]*>", " ", source).split("|grad|: 0")[1].split("n0 [")[0]
    assert not Heat("grad", every(topological_order(y))).bounds


@needs_dot
def test_the_heat_tells_boxes_inside_an_opened_one_apart() -> None:
    model = MLP(2, [3, 1], activation="tanh", seed=1)
    loss = (model([1.0, -2.0]) - 1.0) ** 2
    loss.backward()
    page = draw(loss, depth=0, heat="grad").html
    inside = page[page.index("<details") :]
    used = {colour for colour in RAMPS["grad"] if f'fill="{colour.lower()}"' in inside.lower()}
    assert len(used) >= 3
