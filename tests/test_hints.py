"""What people type who know other libraries: it works, or one sentence says what to write here."""

from __future__ import annotations

import copy
import pickle
import pydoc
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import autograd
import nn
from autograd import Value
from autograd.hints import OF_AUTOGRAD, OF_VALUE
from nn.wings import OF_MODULE, OF_NN

X, Y = [[0.0, 1.0], [1.0, 0.0]], [0, 1]


def model():
    return nn.MLP(2, [3, 1], seed=1)


def fit(**settings):
    trained = settings.pop("model", None) or model()
    usual = {"loss": "mse", "optimizer": nn.SGD(trained.parameters()), "epochs": 2, "X": X, "y": Y, "compiled": False}
    return nn.fit(trained, **{**usual, **settings})


def with_momentum_set_later(kind, compiled):
    trained = model()
    optimizer = getattr(nn, kind)(trained.parameters())
    optimizer.momentum = 0.9
    fit(model=trained, optimizer=optimizer, compiled=compiled)


# --- refused, with what to write ---------------------------------------------------------------------------------

REFUSED = [
    (lambda: nn.SGD(model()), ValueError, "SGD needs parameters: .* such as model.parameters()"),
    (lambda: nn.Adam(Value(1.0)), ValueError, "Adam needs parameters: a list of Values"),
    (lambda: nn.Adam(model().named_parameters()), ValueError, "Adam needs parameters: a list of Values"),
    (lambda: fit(y=["cat", "dog"]), TypeError, "y, row 0 .*not str: 'cat': number the classes"),
    (lambda: fit(X=[["a", "b"], ["c", "d"]]), TypeError, "X, row 0, column 0 .*not str: 'a'"),
    (lambda: Value(2.0, "x"), TypeError, r"a label goes by its name, Value\(2.0, label='x'\)"),
    (lambda: nn.MLP(2, [1], activation="rleu"), ValueError, "no activation 'rleu': choose from .* Did you mean 'relu'"),
    (lambda: nn.MLP(2, [3, 1], output_activation="Sigmoid"), ValueError, "Did you mean 'sigmoid'"),
    (lambda: nn.Layer(2, 3, init="he_norml"), ValueError, "no initialiser 'he_norml': .* Did you mean 'he_normal'"),
    (lambda: fit(loss="msee"), ValueError, "no loss 'msee': .* Did you mean 'mse'"),
    (lambda: with_momentum_set_later("SGD", False), ValueError, r"make it with SGD\(..., momentum=0.9\)"),
    (lambda: with_momentum_set_later("SGD", True), ValueError, r"make it with SGD\(..., momentum=0.9\)"),
    (lambda: with_momentum_set_later("RMSprop", False), ValueError, r"make it with RMSprop\(..., momentum=0.9\)"),
    (lambda: Value(1.0).backward(gradient=1.0), TypeError, r"no argument 'gradient': .*\(2.0 \* y\).backward\(\)"),
    (lambda: Value(1.0).backward(retain_graph=True), TypeError, "no argument 'retain_graph': leave it out"),
    (lambda: fit(verbose=1), TypeError, "no argument 'verbose': progress=True shows a bar"),
    (lambda: fit(batchsize=1), TypeError, "no argument 'batchsize': Did you mean 'batch_size'"),
    (lambda: fit(nonsense=1), TypeError, "no argument 'nonsense': it has model, X, y, loss, optimizer, epochs"),
    (lambda: nn.SGD(model().parameters(), learning_rate=0.1), TypeError, r"SGD\(\) has no .*: it is called lr"),
    (lambda: nn.Adam(model().parameters(), beta=(0.9, 0.9)), TypeError, "Did you mean 'betas'"),
    (lambda: nn.Sequential(nn.Layer(2, 3), "relu"), TypeError, r"Layer\(2, 3, activation='tanh'\)"),
    (lambda: nn.Sequential([nn.Layer(2, 3), nn.Layer(3, 1)]), TypeError, r"one by one, Sequential\(\*layers\)"),
    (lambda: round(Value(1.5)), TypeError, r"round\(v\).* would silently lose the gradient: .* v.data"),
    (lambda: round(Value(1.5), 1), TypeError, r"round\(v\).* would silently lose the gradient"),
    (lambda: setattr(Value(1.5), "_backward", print), AttributeError, "make the operation with autograd.primitive"),
]  # fmt: skip


@pytest.mark.parametrize(("typed", "error", "message"), REFUSED)
def test_what_cannot_be_meant_is_refused_in_a_sentence(typed, error, message):
    with pytest.raises(error, match=message) as refusal:
        typed()
    assert type(refusal.value) is error


@pytest.mark.parametrize(
    ("owner", "name", "hint"),
    [
        *((nn, name, hint) for name, hint in OF_NN.items()),
        *((autograd, name, hint) for name, hint in OF_AUTOGRAD.items()),
        *((model(), name, hint) for name, hint in OF_MODULE.items()),
        *((Value(1.0), name, hint) for name, hint in OF_VALUE.items()),
    ],
)
def test_a_name_of_another_library_leads_to_ours(owner, name, hint):
    """It is an AttributeError still: by that hasattr, copies and pickles go."""
    assert not hasattr(owner, name)
    with pytest.raises(AttributeError) as refusal:
        getattr(owner, name)
    assert str(refusal.value).endswith(f"has no attribute {name!r}: {hint}")


@pytest.mark.parametrize("names", [OF_NN, OF_AUTOGRAD, OF_MODULE, OF_VALUE])
def test_what_the_hints_name_is_there(names):
    """The code in a hint, after "write", is Python that runs."""
    own = model()
    known = {"nn": nn, "autograd": autograd, "model": own, "X": X, "y": Y, "v": Value(1.0), "x": Value(2.0)}
    known |= {name: getattr(autograd, name) for name in ("jit", "grad", "Value", "log")} | {"f": autograd.tanh}
    for hint in names.values():
        code = hint.partition("write ")[2].partition(", or ")[0].partition(", which ")[0].partition(", and ")[0]
        if code and "loss=" not in code[:5] and "save" not in code and "load" not in code:
            exec(code, dict(known))


def test_the_commonest_names_are_among_them():
    assert {"Linear", "ReLU"} <= OF_NN.keys()
    assert {"fit", "summary"} <= OF_MODULE.keys()
    assert "item" in OF_VALUE


# --- accepted ------------------------------------------------------------------------------------------------------


def test_a_single_width_is_a_list_of_one():
    assert repr(nn.MLP(2, 1)) == repr(nn.MLP(2, [1]))


@pytest.mark.parametrize("make", [lambda **s: nn.Layer(2, 3, **s), lambda **s: nn.Neuron(2, **s)])
def test_a_layer_takes_a_seed_as_a_model_does(make):
    assert make(seed=1).state_dict() == make(seed=1).state_dict() != make(seed=2).state_dict()
    assert make(seed=1, init="uniform").state_dict() == make(seed=1, init="uniform").state_dict()


def test_a_gradient_that_was_set_to_none_counts_as_none_yet():
    a, b = Value(2.0), Value(3.0)
    a.grad = None
    (a * b).backward()
    assert (a.grad, b.grad) == (3.0, 2.0)
    b.grad = None
    nn.SGD([a, b], lr=1.0).step()
    assert (a.data, b.data) == (-1.0, 3.0)
    a.grad = None
    autograd.compile_loss(lambda x: a * x, [a])([1.0, 2.0])
    assert a.grad == 1.5


@pytest.mark.parametrize("function", [autograd.tanh, nn.activations.gelu, nn.activations.elu, autograd.leaky_relu])
def test_a_function_of_one_number_in_a_sequence_is_applied_to_each(function):
    layer = nn.Layer(2, 3, activation="linear", seed=1)
    found = [y.data for y in nn.Sequential(layer, function)([1.0, -2.0])]
    assert found == [function(y).data for y in layer([1.0, -2.0])]
    last = nn.Neuron(3, seed=1)
    assert nn.Sequential(layer, function, last)([1.0, -2.0]).data == last(list(map(Value, found))).data


def test_a_sequence_has_a_length_and_its_layers_by_number():
    layers = nn.Layer(2, 3), nn.Layer(3, 1)
    chain = nn.Sequential(*layers)
    assert len(chain) == 2
    assert (chain[0], chain[-1], [*chain]) == (layers[0], layers[1], [*layers])
    assert chain[:1] == [layers[0]]
    with pytest.raises(IndexError):
        chain[2]


def test_a_training_that_diverges_names_the_learning_rate():
    trained = model()
    optimizer = nn.SGD(trained.parameters(), lr=10.0)
    with pytest.warns(nn.DivergenceWarning, match="with the learning rate 10: try a smaller lr"):
        fit(model=trained, X=[[100.0, 100.0], [200.0, -100.0]], y=[1000.0, 5.0], epochs=20, optimizer=optimizer)


# --- what goes by AttributeError goes on -----------------------------------------------------------------------------


def test_copies_pickles_and_help_take_no_notice():
    own = model()
    for other in (copy.deepcopy(own), pickle.loads(pickle.dumps(own)), copy.copy(own)):
        assert other.state_dict() == own.state_dict()
    assert copy.deepcopy(Value(2.0, label="x")).label == "x"
    assert "backward" in pydoc.render_doc(Value)
    assert "parameters" in pydoc.render_doc(nn.Module)
    assert {"backward", "data"} <= {*dir(Value(1.0))}
    assert not OF_VALUE.keys() & {*dir(Value(1.0))}


def test_an_error_inside_a_property_is_told_and_not_hidden():
    class Own(nn.Module):
        @property
        def wrong(self):
            return self.misspelt

    with pytest.raises(AttributeError, match="'Own' object has no attribute 'misspelt'"):
        Own().wrong  # noqa: B018  # the access is the test


def test_a_model_of_ones_own_may_have_what_the_hints_name():
    class Own(nn.Module):
        def fit(self, X):
            return "fitted"

    assert Own().fit(X) == "fitted"


def test_a_subclass_of_value_has_room_for_attributes_of_ones_own():
    class Named(Value):
        pass

    v = Named(2.0)
    assert not hasattr(v, "name")
    v.name, v.mine = "x", 3
    assert (v.name, v.mine) == ("x", 3)
    with pytest.raises(AttributeError, match=r"'Value' object has no attribute 'name': v\.label"):
        Value(2.0).name = "x"


# --- another autograd ------------------------------------------------------------------------------------------------

ROOT = Path(nn.__file__).parents[1]
CURE = "python -m pip uninstall -y autograd, then python -m pip install --force-reinstall --no-deps stepgrad"
HIPS = "from .differential_operators import grad\n"


@pytest.fixture
def site(tmp_path):
    """A folder as pip fills it with this project."""
    for package in ("autograd", "nn"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def install_hips(folder):
    """What HIPS autograd leaves in a folder: its files, and what pip knows of it."""
    package, info = folder / "autograd", folder / "autograd-1.7.0.dist-info"
    package.mkdir(exist_ok=True)
    (package / "numpy").mkdir()
    (package / "numpy" / "numpy_vjps.py").touch()
    (package / "numpy" / "__init__.py").touch()
    (package / "differential_operators.py").write_text("def grad(f): ...\n", encoding="utf-8")
    (package / "__init__.py").write_text(HIPS, encoding="utf-8")
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: autograd\nVersion: 1.7.0\n", encoding="utf-8")


def import_nn(*folders):
    """What Python writes about import nn, with these folders first on its path."""
    lines = "".join(f"sys.path.insert(0, {str(folder)!r})\n" for folder in reversed(folders))
    code = f"import sys\nsys.path[:] = [p for p in sys.path if p]\n{lines}import nn\nprint(nn.MLP(2, [1]))"
    environment = {"PATH": "", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, cwd=folders[0], env=environment
    )
    return done.returncode, done.stdout + done.stderr


def test_hips_autograd_on_top_is_recognised_with_the_cure(site):
    install_hips(site)
    failed, text = import_nn(site)
    assert failed
    assert text.splitlines()[-1].startswith("ImportError: import autograd finds ")
    assert f"of HIPS autograd, which hides that of stepgrad: {CURE}" in text


def test_hips_autograd_in_another_folder_is_recognised_by_what_pip_knows(site, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    install_hips(other)
    shutil.rmtree(other / "autograd" / "numpy")  # a release with other files
    failed, text = import_nn(other, site)
    assert failed
    assert f"of HIPS autograd, which hides that of stepgrad: {CURE}" in text


def test_this_project_on_top_of_hips_autograd_works_with_a_warning(site, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    install_hips(other)
    shutil.copytree(site / "autograd", other / "autograd", dirs_exist_ok=True)
    shutil.copytree(site / "nn", other / "nn")
    failed, text = import_nn(other)
    assert not failed
    assert "MLP(Layer(2, 1, activation='linear'))" in text
    assert "UserWarning: HIPS autograd is installed into the folder of stepgrad's" in text
    assert CURE in text


def test_a_file_of_ones_own_called_autograd_is_recognised(site, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    (other / "autograd.py").write_text("x = 1\n", encoding="utf-8")
    failed, text = import_nn(other, site)
    assert failed
    assert "autograd.py, which is not that of stepgrad: rename it" in text
    assert "HIPS" not in text


def test_a_clean_installation_imports_without_a_word(site):
    assert import_nn(site) == (0, "MLP(Layer(2, 1, activation='linear'))\n")
