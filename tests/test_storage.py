"""save and load: whole models, bit for bit, and nothing but a clear ValueError from any other file."""

from __future__ import annotations

import json
import math
import os
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nn
from autograd import Value
from nn.activations import ACTIVATIONS
from nn.modules.config import KINDS


def bits(module: nn.Module) -> list[str]:
    return [x.hex() for x in module.state_dict().values()]


class Own(nn.Module):
    """A class that no file can build."""

    def __init__(self):
        self.w = Value(1.5)
        self.inner = nn.MLP(1, [2, 1], seed=1)

    def forward(self, x):
        return self.inner(x) * self.w


# --- there and back --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "model",
    [
        nn.MLP(3, [4, 1, 2], activation="tanh", output_activation="sigmoid", seed=1),
        nn.MLP(3, [1], seed=2),
        nn.Layer(3, 2, activation="softplus"),
        nn.Layer(3, 1),
        nn.Neuron(3, activation="leaky_relu"),
        nn.Neuron(3, nonlin=False),
        nn.Sequential(nn.Layer(3, 4, activation="relu"), nn.Layer(4, 2, activation="linear")),
        nn.Sequential(
            nn.Layer(3, 4, activation="silu"),
            nn.Residual(nn.LayerNorm(4, eps=1e-3), nn.RMSNorm(), nn.RMSNorm(4), nn.Dropout(0.25), nn.Layer(4, 4)),
        ),
        nn.Sequential(nn.Standardize([[1, 2, 3], [4, 2, 7]]), nn.MLP(3, [2, 1]), nn.Standardize([1, 4]).inverse()),
        nn.Sequential(nn.MLP(3, [4, 2], seed=3), nn.Sequential(nn.Layer(2, 5)), nn.Neuron(5, activation="tanh")),
    ],
    ids=repr,
)
def test_library_modules_come_back_whole(model, tmp_path):
    for parameter in model.parameters():
        parameter.data += 0.1
    nn.save(model, tmp_path / "model.json")
    copy = nn.load(tmp_path / "model.json")
    assert type(copy) is type(model)
    assert repr(copy) == repr(model)
    assert [*copy.named_parameters()] == [*model.named_parameters()]
    assert bits(copy) == bits(model)
    assert not set(copy.parameters()) & set(model.parameters())
    rows = [[0.5, -1.0, 2.0], [-3.0, 0.25, 0.0]]
    assert nn.predict(copy, rows) == nn.predict(model, rows)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_comes_back(activation, tmp_path):
    nn.save(nn.Layer(2, 2, activation=activation), tmp_path / "model.json")
    assert [neuron.activation for neuron in nn.load(tmp_path / "model.json").neurons] == [activation] * 2


def test_a_loaded_model_can_be_trained_and_saved_again(tmp_path):
    path = str(tmp_path / "model.json")  # a string will do
    nn.save(nn.MLP(1, [3, 1], seed=1), path)
    model = nn.load(path)
    history = nn.fit(
        model, [[0.0], [1.0]], [0.0, 1.0], loss="mse", optimizer=nn.SGD(model.parameters(), lr=0.1), epochs=20
    )
    assert history.loss[-1] < history.loss[0]
    nn.save(model, path)
    assert bits(nn.load(path)) == bits(model)


@settings(max_examples=100, deadline=None)
@given(data=st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=4, max_size=4))
def test_numbers_come_back_to_the_last_bit(data, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "bits.json"
    model = nn.Neuron(3)
    for parameter, x in zip(model.parameters(), data, strict=True):
        parameter.data = x
    nn.save(model, path)
    assert bits(nn.load(path)) == [x.hex() for x in data]


@pytest.mark.parametrize("x", [-0.0, 5e-324, -2.2250738585072014e-308, 1.7976931348623157e308, 0.1 + 0.2, 1e23])
def test_awkward_numbers_come_back_to_the_last_bit(x, tmp_path):
    model = nn.Neuron(1, init=nn.constant(x))
    nn.save(model, tmp_path / "model.json")
    assert bits(nn.load(tmp_path / "model.json"))[0] == x.hex()


def test_a_file_is_the_same_every_time_and_says_what_it_is(tmp_path):
    model = nn.MLP(2, [2, 1], seed=1)
    nn.save(model, tmp_path / "a.json")
    nn.save(model, tmp_path / "b.json")
    text = (tmp_path / "a.json").read_text(encoding="utf-8")
    assert text == (tmp_path / "b.json").read_text(encoding="utf-8")
    content = json.loads(text)
    assert content["format"] == "stepgrad model"
    assert content["version"] == 2
    assert content["parameters"] == model.state_dict()


def test_a_file_of_version_1_is_read_for_ever(tmp_path):
    path = tmp_path / "model.json"
    path.write_text("""{"format": "stepgrad model", "version": 1,
        "model": {"type": "MLP", "layers": [{"type": "Layer", "nin": 2, "nout": 1, "activation": "tanh"},
                                            {"type": "Layer", "nin": 1, "nout": 2, "activation": "linear"}]},
        "parameters": {"layers.0.neurons.0.w.0": 0.5, "layers.0.neurons.0.w.1": -1, "layers.0.neurons.0.b": 0.25,
                       "layers.1.neurons.0.w.0": 2.0, "layers.1.neurons.0.b": 0.0,
                       "layers.1.neurons.1.w.0": 3.0, "layers.1.neurons.1.b": 1.0}}""")
    model = nn.load(path)
    hidden = math.tanh(0.25 + 0.5 * 3.0 + -1.0 * 2.0)
    assert type(model) is nn.MLP
    assert [v.data for v in model([3.0, 2.0])] == [2.0 * hidden, 1.0 + 3.0 * hidden]


def test_columns_and_classes_are_kept_with_the_model(tmp_path):
    model = nn.MLP(2, [3, 1], seed=1)
    model.columns, model.classes = ["width", "height"], np.array(["no", "yes"])
    nn.save(model, tmp_path / "model.json")
    into = nn.MLP(2, [3, 1], seed=2)
    for copy in (nn.load(tmp_path / "model.json"), nn.load(tmp_path / "model.json", into=into)):
        assert (copy.columns, copy.classes) == (["width", "height"], ["no", "yes"])
        nn.save(copy, tmp_path / "again.json")
        assert (tmp_path / "again.json").read_bytes() == (tmp_path / "model.json").read_bytes()
    assert (nn.MLP.columns, nn.MLP.classes) == (None, None)


@pytest.mark.parametrize("classes", [[1, 2, 3], [-1.5, 0, 1], (True, False, True), ["ä", "b", "c"]])
def test_classes_are_texts_and_numbers(classes, tmp_path):
    model = nn.Layer(2, 3)
    model.classes = classes
    nn.save(model, tmp_path / "model.json")
    assert nn.load(tmp_path / "model.json").classes == [*classes]


@pytest.mark.parametrize(("name", "names"), [("columns", ["a"]), ("classes", ["a", "b"]), ("classes", [*"abcd"])])
def test_names_for_other_inputs_and_outputs_are_not_saved(name, names, tmp_path):
    model = nn.Layer(2, 3)
    setattr(model, name, names)
    with pytest.raises(ValueError, match=rf"{name}: {len(names)} where there must be"):
        nn.save(model, tmp_path / "model.json")
    assert [*tmp_path.iterdir()] == []


def test_a_class_of_the_users_own_may_call_something_else_columns_and_classes(tmp_path):
    model, other = Own(), Own()
    model.columns = [nn.Layer(1, 1, init=nn.constant(3.0))]
    other.columns = [nn.Layer(1, 1)]
    model.classes = other.classes = 10
    nn.save(model, tmp_path / "model.json")
    assert bits(nn.load(tmp_path / "model.json", into=other)) == bits(model)
    assert other.classes == 10


# --- classes of one's own --------------------------------------------------------------------------------------


def tied() -> nn.Module:
    model = nn.Sequential(nn.Layer(2, 2), nn.Layer(2, 2))
    model.layers[1].neurons[0].w[0] = model.layers[0].neurons[0].w[0]
    return model


def shared() -> nn.Module:
    layer = nn.Layer(2, 2)
    return nn.Sequential(layer, layer)


def extended() -> nn.Module:
    model = nn.MLP(2, [1])
    model.temperature = Value(1.0)
    return model


def mixed() -> nn.Module:
    layer = nn.Layer(2, 2)
    layer.neurons[1] = nn.Neuron(2, activation="tanh")
    return layer


class Subclass(nn.MLP):
    """An MLP that does something else."""

    def forward(self, x):
        return super().forward(x) * 2.0


@pytest.mark.parametrize(
    "make",
    [
        Own, tied, shared, extended, mixed,
        lambda: Subclass(2, [1]),
        lambda: nn.Layer(2, 1, activation=lambda v: v * v),
        lambda: nn.Sequential(nn.Layer(2, 2), lambda xs: xs, nn.Layer(2, 1)),
        lambda: nn.Sequential(Own(), nn.Layer(1, 1)),
    ],
)  # fmt: skip
def test_what_a_file_cannot_build_is_loaded_into_a_model(make, tmp_path):
    path = tmp_path / "model.json"
    model, other = make(), make()
    for parameter in model.parameters():
        parameter.data += 0.125
    nn.save(model, path)
    with pytest.raises(ValueError, match=r"model\.json.* load\(path, into="):
        nn.load(path)
    assert nn.load(path, into=other) is other
    assert bits(other) == bits(model)


def test_every_module_of_the_library_describes_itself():
    ours = {
        name for name in nn.__all__ if isinstance(found := getattr(nn, name), type) and issubclass(found, nn.Module)
    }
    assert {*KINDS} == ours - {"Module"}
    assert all("from_config" in vars(kind) or kind in (nn.MLP, nn.Residual) for kind in KINDS.values())


def test_a_subclass_of_a_library_module_is_of_the_users_own(tmp_path):
    class Layer(nn.Layer):
        """One with the same name."""

    nn.save(Layer(2, 1, init="zeros"), tmp_path / "model.json")
    with pytest.raises(ValueError, match=r"load\(path, into=model\)"):
        nn.load(tmp_path / "model.json")


def test_into_works_for_library_modules_too_and_keeps_the_values(tmp_path):
    model, other = nn.MLP(2, [2, 1], seed=1), nn.MLP(2, [2, 1], seed=2)
    nn.save(model, tmp_path / "model.json")
    parameters = other.parameters()
    assert nn.load(tmp_path / "model.json", into=other) is other
    assert other.parameters() == parameters
    assert bits(other) == bits(model)


def test_a_model_of_another_shape_is_refused_and_left_as_it_was(tmp_path):
    other = nn.MLP(2, [3, 1], seed=2)
    before = bits(other)
    nn.save(nn.MLP(2, [2, 1], seed=1), tmp_path / "model.json")
    with pytest.raises(ValueError, match=r"model\.json.*does not fit MLP: missing: layers\.0\.neurons\.2\.w\.0"):
        nn.load(tmp_path / "model.json", into=other)
    assert bits(other) == before


# --- whole or not at all ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("function", ["replace", "fsync"])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()], ids=["full", "Ctrl-C"])
@pytest.mark.parametrize("exists", [True, False])
def test_a_failure_while_writing_leaves_the_old_file_and_nothing_else(function, error, exists, tmp_path, monkeypatch):
    path = tmp_path / "model.json"
    old = nn.MLP(2, [2, 1], seed=1)
    if exists:
        nn.save(old, path)

    def fail(*_):
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(os, function, fail)
        with pytest.raises(type(error)):
            nn.save(nn.MLP(2, [2, 1], seed=2), path)
    assert [file.name for file in tmp_path.iterdir()] == ["model.json"] * exists
    if exists:
        assert bits(nn.load(path)) == bits(old)


@pytest.mark.parametrize("x", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_none_is_not_saved(x, tmp_path):
    path = tmp_path / "model.json"
    model = nn.Neuron(2)
    nn.save(model, path)
    before = path.read_bytes()
    model.b.data = x
    with pytest.raises(ValueError, match="nan or infinite: nothing was saved"):
        nn.save(model, path)
    assert path.read_bytes() == before
    assert [*tmp_path.iterdir()] == [path]


def test_a_process_killed_while_writing_leaves_the_old_file_whole(tmp_path):
    path = tmp_path / "model.json"
    nn.save(nn.Neuron(1, init=nn.constant(1.0)), path)
    before = path.read_bytes()
    script = f"import os, nn; os.replace = lambda *_: os._exit(9); nn.save(nn.Neuron(1), {str(path)!r})"
    root = Path(nn.__file__).parents[1]
    assert subprocess.run([sys.executable, "-c", script], cwd=root, check=False).returncode == 9
    assert path.read_bytes() == before
    nn.save(nn.Neuron(1, init=nn.constant(2.0)), path)  # what it left behind is in nobody's way
    assert nn.load(path).w[0].data == 2.0


def test_a_folder_that_is_not_there_is_an_error_of_the_operating_system(tmp_path):
    with pytest.raises(FileNotFoundError):
        nn.save(nn.Neuron(1), tmp_path / "missing" / "model.json")
    with pytest.raises(FileNotFoundError, match=r"model\.json"):
        nn.load(tmp_path / "model.json")


@pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX's")
def test_a_saved_file_has_the_permissions_of_any_new_file(tmp_path):
    nn.save(nn.Neuron(1), tmp_path / "model.json")
    (tmp_path / "other").write_text("")
    assert stat.S_IMODE((tmp_path / "model.json").stat().st_mode) == stat.S_IMODE((tmp_path / "other").stat().st_mode)


# --- other files -----------------------------------------------------------------------------------------------


def test_every_truncation_of_a_file_is_refused(tmp_path):
    path = tmp_path / "model.json"
    nn.save(nn.Sequential(nn.MLP(1, [2, 1], seed=1), nn.Neuron(1)), path)
    whole = path.read_bytes()
    assert whole.endswith(b"}\n")
    for end in range(len(whole) - 1):  # the newline at the end is no loss
        path.write_bytes(whole[:end])
        with pytest.raises(ValueError, match=r"model\.json is no model file, or was cut short"):
            nn.load(path)


def description(**changes):
    layer = {"type": "Layer", "nin": 1, "nout": 1, "activation": "relu"}
    content = {
        "format": "stepgrad model", "version": 1, "model": layer,
        "parameters": {"neurons.0.w.0": 1.0, "neurons.0.b": 2.0},
    }  # fmt: skip
    for name, change in changes.items():
        content[name] = {**content[name], **change} if isinstance(change, dict) and name != "model" else change
    return content


def layers(*specs, kind="Sequential"):
    return {"type": kind, "layers": [*specs]}


LAYER = {"type": "Layer", "nin": 1, "nout": 1, "activation": "relu"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([], "is no model saved by nn.save"),
        ("stepgrad model", "is no model saved by nn.save"),
        (3, "is no model saved by nn.save"),
        (None, "is no model saved by nn.save"),
        ({}, "is no model saved by nn.save"),
        ({"format": "other", "version": 1}, "is no model saved by nn.save"),
        ({"cells": [], "metadata": {}, "nbformat": 4}, "is no model saved by nn.save"),
        (description(version=3), "has version 3; this release reads versions 1 and 2"),
        (description(version="1"), "has version '1'; this release reads versions 1 and 2"),
        (description(version=None), "has version None; this release reads versions 1 and 2"),
        ({"format": "stepgrad model", "version": 1}, "is incomplete"),
        ({"format": "stepgrad model", "version": 1, "model": None}, "is incomplete"),
        ({"format": "stepgrad model", "version": 1, "parameters": {}}, "is incomplete"),
        ({"format": "stepgrad model", "version": 1, "model": None, "parameters": [1.0]}, "is incomplete"),
        (description(model=7), "knows no such model: 7"),
        (description(model={"type": "Transformer"}), "knows no such model: {'type': 'Transformer'}"),
        (description(model={**LAYER, "nin": 1.0}), "knows no such model"),
        (description(model={**LAYER, "nin": "1"}), "knows no such model"),
        (description(model={**LAYER, "activation": None}), "knows no such model"),
        (description(model={**LAYER, "activation": "magic"}), "no activation 'magic'"),
        (description(model=layers()), "knows no such model"),
        (description(model={"type": "MLP", "layers": LAYER}), "knows no such model"),
        (description(model={"type": "Dropout", "p": 1.5}), "at least 0 and below 1, not 1.5"),
        (description(model={"type": "Dropout", "p": "0.5"}), "knows no such model"),
        (
            description(model={"type": "LayerNorm", "width": 0, "eps": 1e-5}),
            "width must be a whole number of at least 1",
        ),
        (description(model={"type": "Standardize", "width": 10**9, "inverted": False}), "does not fit"),
        (description(model={"type": "Standardize", "width": -1, "inverted": False}), "does not fit"),
        (description(model={"type": "Standardize", "width": 1, "inverted": 0}), "knows no such model"),
        (description(columns="a"), "its columns are 'a'"),
        (description(columns=[1]), r"its columns are \[1\]"),
        (description(columns=["a", "b"]), r"columns: 2 where there must be 1: the model has 1 input\(s\)"),
        (description(classes=[["a"], ["b"]]), "its classes are"),
        (description(classes=["a", "b", "c"]), r"classes: 3 where there must be 2: .* 1 output\(s\)"),
        (description(model=layers(LAYER, None)), "knows no such model: None"),
        (description(model={**LAYER, "nin": 0}), "does not fit"),
        (description(model={**LAYER, "nin": -5, "nout": -5}), "does not fit"),
        (description(model={**LAYER, "nout": 0}), "does not fit"),
        (description(model={**LAYER, "nout": None}), "does not fit"),
        (description(parameters={"neurons.0.b": None}), r"no finite number: neurons\.0\.b"),
        (description(parameters={"neurons.0.b": "2"}), r"no finite number: neurons\.0\.b"),
        (description(parameters={"neurons.0.b": [2.0]}), r"no finite number: neurons\.0\.b"),
        (description(parameters={"neurons.0.b": 10**400}), r"no finite number: neurons\.0\.b"),
        (description(parameters={"neurons.0.b": math.nan}), r"no finite number: neurons\.0\.b"),
        (description(parameters={"neurons.0.b": math.inf}), r"no finite number: neurons\.0\.b"),
        (description(parameters={"extra": 1.0}), "not in this model: extra"),
    ],
)
def test_json_that_is_no_model_is_refused_with_what_is_wrong(content, message, tmp_path):
    path = tmp_path / "model.json"
    path.write_text(json.dumps(content))
    with pytest.raises(ValueError, match=rf"model\.json.*{message}"):
        nn.load(path)


def test_the_description_that_these_were_made_from_is_good(tmp_path):
    (tmp_path / "model.json").write_text(json.dumps(description()))
    assert nn.load(tmp_path / "model.json").state_dict() == {"neurons.0.w.0": 1.0, "neurons.0.b": 2.0}


@pytest.mark.parametrize(
    "content",
    [b"", b"\n", b"\x00" * 100, b"\x89PNG\r\n\x1a\n\x00\x00", b"\xff\xfe{\x00}\x00", b"\x80\x04\x95.", b"x,y\n1,2\n",
     b"{'format': 'stepgrad model'}", b"\xef\xbb\xbf{}", b'{"a": 1' + b"0" * 5000 + b"}"],
)  # fmt: skip
def test_a_file_that_is_no_json_is_refused(content, tmp_path):
    path = tmp_path / "model.json"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"model\.json is no model file, or was cut short"):
        nn.load(path)


def test_an_array_saved_by_numpy_is_refused(tmp_path):
    np.save(tmp_path / "model.npy", np.arange(10.0))
    with pytest.raises(ValueError, match=r"model\.npy is no model file"):
        nn.load(tmp_path / "model.npy")


@pytest.mark.parametrize("into", [None, nn.Neuron(1)])
@pytest.mark.parametrize("opening", ["[", '{"a":', '{"format": "stepgrad model", "model": [[', "[{" * 10])
def test_absurd_nesting_is_refused(opening, into, tmp_path):
    path = tmp_path / "model.json"
    path.write_text(opening * 100_000)
    with pytest.raises(ValueError, match=r"model\.json is (nested too deeply to be|no model file)"):
        nn.load(path, into=into)


@pytest.mark.parametrize("depth", [1, 100, 470, 480, 490, 500, 1000, 5000, 100_000])
def test_a_model_in_a_model_in_a_model_is_loaded_or_refused_at_any_depth(depth, tmp_path):
    text = json.dumps(description(model="@"))
    path = tmp_path / "model.json"
    path.write_text(
        text.replace('"@"', '{"type": "Sequential", "layers": [' * depth + json.dumps(LAYER) + "]}" * depth).replace(
            "neurons", "layers.0." * depth + "neurons"
        )
        if depth < 2000
        else text.replace('"@"', '{"type": "Sequential", "layers": [' * depth + json.dumps(LAYER) + "]}" * depth)
    )
    try:
        model = nn.load(path)
    except ValueError as error:
        assert "nested too deeply" in str(error)  # noqa: PT017  # which depth is too deep depends on Python
        assert depth > 100
    else:
        assert len(model.modules()) == depth + 2


@pytest.mark.parametrize(
    "model",
    [
        {**LAYER, "nin": 10**9},
        {**LAYER, "nout": 10**9},
        {**LAYER, "nin": 10**5, "nout": 10**5},
        {**LAYER, "nin": 10**300},
        {"type": "Neuron", "nin": 10**9, "activation": "relu"},
        layers({**LAYER, "nin": 10**9}, kind="MLP"),
        layers(layers(layers({**LAYER, "nout": 10**9}))),
        layers(*[{**LAYER, "nin": 900}] * 1000),
        {"type": "LayerNorm", "width": 10**9, "eps": 1e-5},
        layers({"type": "LayerNorm", "width": 502, "eps": 1e-5}, kind="Residual"),
        layers(*[layers(*[{**LAYER, "nin": 900}] * 100)] * 100),
    ],
)
def test_a_declared_size_without_the_parameters_for_it_is_refused_before_anything_is_built(
    model, tmp_path, monkeypatch
):
    path = tmp_path / "model.json"
    path.write_text(json.dumps(description(model=model, parameters={f"p{i}": 1.0 for i in range(1000)})))
    made = []
    monkeypatch.setattr("nn.modules.layers.Value", lambda x, **_: made.append(x) or Value(x))
    with pytest.raises(ValueError, match=r"model\.json.* does not fit \d+ parameters"):
        nn.load(path)
    assert len(made) <= 1002


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_damaged_file_is_refused_or_read_and_never_anything_else(data, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "damaged.json"
    start = nn.constant(-1.25e-7)
    nn.save(nn.Sequential(nn.Layer(1, 2, init=start), nn.Neuron(2, activation="tanh", init=start)), path)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(
            st.sampled_from(b'0129eE-+.,:[]{}"ntf \x00\xff')
        )
    path.write_bytes(content)
    try:
        model = nn.load(path)
    except ValueError as error:
        assert "damaged.json" in str(error)  # noqa: PT017  # some damage leaves a good file
    else:
        assert all(math.isfinite(p.data) for p in model.parameters())


# --- large files -----------------------------------------------------------------------------------------------


def nested(depth):
    """A model in a model …, each beside a layer of its own."""
    model = nn.Sequential(nn.Layer(1, 1))
    for _ in range(depth):
        model = nn.Sequential(nn.Layer(1, 1), model, nn.Dropout(0.5))
    return model


def calls(function):
    """How many functions of Python are called while this one runs."""
    count = 0

    def note(frame, event, arg):
        nonlocal count
        count += event == "call"

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        function()
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize("make", [nested, lambda n: nn.Sequential(*[nested(2) for _ in range(n)])])
def test_the_work_of_load_grows_as_the_file_does(make, tmp_path):
    """Twice as deep, or as wide, is twice the work: the parameters of what is inside are not counted at every level."""
    path = tmp_path / "model.json"
    work = []
    for size in (50, 100):
        nn.save(make(size), path)
        work.append(calls(lambda: nn.load(path)))
    assert work[1] < 2.1 * work[0]


@pytest.mark.slow
def test_a_large_nested_file_is_built_with_one_walk_over_the_whole(tmp_path, monkeypatch):
    path = tmp_path / "model.json"
    model = nn.Sequential(*[nested(100) for _ in range(30)])
    nn.save(model, path)
    assert path.stat().st_size > 500_000
    walks = []
    named_parameters = nn.Module.named_parameters
    monkeypatch.setattr(nn.Module, "named_parameters", lambda self: walks.append(self) or named_parameters(self))
    loaded = nn.load(path)
    assert len(walks) == 1
    assert bits(loaded) == bits(model)


def test_a_model_that_is_nested_too_deeply_is_not_saved(tmp_path):
    model = nn.Layer(1, 1)
    for _ in range(2000):
        model = nn.Sequential(model)
    path = tmp_path / "model.json"
    path.write_text("as it was")
    with pytest.raises(ValueError, match="nested too deeply: nothing was saved"):
        nn.save(model, path)
    assert [*tmp_path.iterdir()] == [path]
    assert path.read_text() == "as it was"
