"""The thin library stays thin and stands alone; a wing that is taken away breaks no other."""

from __future__ import annotations

import ast
import io
import shutil
import subprocess
import sys
import tokenize
from pathlib import Path

import pytest

import nn

ROOT = Path(nn.__file__).parents[1]

# What a newcomer reads, in this order; without the faces of the packages, which only list names.
THIN = (
    "init", "activations", "modules/module", "modules/config", "modules/layers", "modules/models", "losses",
    "progress", "samples", "training/optimizers", "training/history", "training/eager", "training/loop",
    "training/trainer",
)  # fmt: skip

# Shared by several wings: what opens other data than lists, the helpers around the data, and predict and evaluate,
# which go through the compiler.
SHARED = ("containers", "data", "evaluation")

# The files of each wing, and a program that uses it.
WINGS: dict[str, tuple[tuple[str, ...], str]] = {
    "watch": (
        ("monitoring",),
        "w = nn.watch(model, X, y, loss='hinge')\ntrain(callbacks=[w])\nassert len(w.records) == 2 and repr(w)\n"
        "w.save('training.html')\n",
    ),
    "plots": (
        ("plots",),
        "nn.plot_gradients(model)\nnn.plot_decision_boundary(model, X, y)\ntrain().plot()\n"
        "nn.plot_loss_surface(lambda: a * a + b * b, a, b)\n",
    ),
    # The export knows the blocks by name: without the one there is not the other.
    "blocks": (
        ("modules/blocks", "export"),
        "nn.Residual(nn.Layer(2, 2), nn.Dropout(0.1), nn.LayerNorm(2), nn.RMSNorm(2))(nn.Embedding(3, 2)(1))\n",
    ),
    "scaling": (
        ("modules/scaling", "export", "tables", "estimators"),
        "assert nn.Standardize(X)([0.0, 1.0])[0].data == -1.0\n",
    ),
    # Training over collections takes from these two.
    "compiled steps": (
        ("training/compiled", "training/cluster"),
        "assert train(compiled=True).compiled is not None\n",
    ),
    "checkpoints": (
        ("training/checkpoint",),
        "train(checkpoint='run.json')\ntrain(checkpoint='run.json', resume=True)\n",
    ),
    # A checkpoint is a model file with more in it: without the one there is not the other.
    "files": (("storage", "training/checkpoint", "tables"), "nn.save(model, 'model.json')\nnn.load('model.json')\n"),
    "export": (
        ("export",),
        "assert 'void predict(const double *x, double *out)' in nn.to_c(model)\n"
        "sys.modules['torch'] = None\ntry:\n    nn.to_torch(model)\nexcept ImportError as error:\n"
        "    assert 'needs PyTorch' in str(error)\ndel sys.modules['torch']\n",
    ),
    "command": (("command",), "from nn.command import main\nmain(['draw', '2*x', 'x=1'])\n"),
    # They train with all of these.
    "tables": (
        ("tables",),
        "from pathlib import Path\nfrom nn.tables import learn_table\n"
        "Path('t.csv').write_text('a,b\\n' + '1,2\\n2,3\\n' * 9)\nlearn_table('t.csv', 'b', epochs=1)\n",
    ),
    "metrics": (
        ("metrics", "training/cluster", "tables"),
        "train(metrics=['accuracy'], validation=(X, y))\nnn.accuracy(model, X, y)\nnn.metrics.f1([1.0], [1])\n",
    ),
    "optimisers": (("training/adaptive",), "nn.RMSprop(model.parameters()).step()\n"),
    "schedules": (("training/schedules", "tables"), "train(schedule=nn.StepDecay(every=1))\n"),
    "callbacks": (("training/callbacks", "tables"), "train(callbacks=[nn.StopBelow(0.0), nn.EarlyStopping()])\n"),
    "shares and weights": (
        ("training/preparation",),
        "train(validation=0.5, sample_weight=[1, 2, 3, 4], class_weight={1: 2.0})\n",
    ),
    "diagnosis": (("training/diagnosis",), "assert issubclass(nn.DivergenceWarning, UserWarning)\n"),
    "cluster": (
        ("training/cluster",),
        "if importlib.util.find_spec('dask'):\n    import dask.array as da\n"
        "    assert len(nn.predict(model, da.from_array(X)).compute()) == 4\n",
    ),
    "estimators": (
        ("estimators",),
        "if importlib.util.find_spec('sklearn'):\n    assert nn.StepClassifier(4, epochs=2).fit(X, y).n_iter_ == 2\n",
    ),
    "datasets": (("datasets",), "assert len(nn.datasets.moons(10)[0]) == 10\n"),
}

TRAIN = """
import importlib.util
import sys
import warnings

warnings.simplefilter("error")
import nn
from autograd import Value

a, b = Value(1.0), Value(2.0)
X, y = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [-1, 1, 1, -1]
model = nn.MLP(2, [2, 1], activation="tanh", seed=1)


def train(**settings):
    optimizer = nn.Adam(model.parameters(), lr=0.01)
    return nn.fit(model, X, y, loss="hinge", optimizer=optimizer, epochs=2, **{"compiled": False, **settings})


assert len(train(batch_size=2, l2=0.1).loss) == 2
"""
PREDICT = "assert nn.evaluate(model, X, y, loss='hinge') >= 0.0 and len(nn.predict(model, X * 100)) == 400\n"


def run(folder: Path, program: str) -> None:
    """Run a program on the packages in a folder."""
    script = f"import sys\nsys.path.insert(0, {str(folder)!r})\n{program}"
    done = subprocess.run([sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


def copy(folder: Path) -> Path:
    """The two packages in a folder."""
    for package in ("autograd", "nn"):
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    return folder / "nn"


def take_away(part: Path) -> None:
    if part.is_dir():
        shutil.rmtree(part)
    else:
        part.with_suffix(".py").unlink()


def test_every_file_is_of_the_thin_library_or_of_a_wing() -> None:
    lists = ("wings", "vocabulary")  # of names alone, as the faces of the packages are
    parts = [*THIN, *SHARED, *lists, "__main__", *(part for parts, _ in WINGS.values() for part in parts)]
    for file in (ROOT / "nn").rglob("*.py"):
        name = file.relative_to(ROOT / "nn").with_suffix("").as_posix()
        if not name.endswith("__init__"):
            assert any(name == part or name.startswith(f"{part}/") for part in parts), name


@pytest.mark.slow
@pytest.mark.parametrize("wing", WINGS)
def test_without_a_wing_a_model_trains_and_every_other_wing_works(wing: str, tmp_path: Path) -> None:
    package = copy(tmp_path)
    missing, _ = WINGS[wing]
    for part in missing:
        take_away(package / part)
    others = [use for parts, use in WINGS.values() if not {*parts} & {*missing}]
    run(tmp_path, TRAIN + PREDICT + "".join(others))


def test_the_thin_library_trains_alone(tmp_path: Path) -> None:
    """Also where nobody says that the steps cannot be compiled."""
    package = copy(tmp_path)
    for part in {*SHARED, "__main__", *(part for parts, _ in WINGS.values() for part in parts)}:
        take_away(package / part)
    run(tmp_path, TRAIN + "train(compiled=True)\n")


def test_a_name_of_a_missing_wing_says_what_is_missing(tmp_path: Path) -> None:
    package = copy(tmp_path)
    take_away(package / "storage")
    take_away(package / "training" / "schedules")
    run(
        tmp_path,
        "import nn\n"
        "for name, file in (('save', 'nn.storage'), ('StepDecay', 'nn.training.schedules')):\n"
        "    try:\n        getattr(nn, name)\n"
        "    except ImportError as error:\n        assert f'needs the files of {file}' in str(error), error\n"
        "    else:\n        raise AssertionError(name)\n",
    )


def test_names_that_are_not_loaded_yet_are_completed_too() -> None:
    assert {*nn.__all__} <= {*dir(nn)}
    assert {*nn.training.__all__} <= {*dir(nn.training)}


def test_a_name_that_never_was_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'nn' has no attribute 'MLPP'"):
        nn.MLPP  # noqa: B018  # the access is the test


def code_lines(file: Path) -> int:
    """The lines of a file that hold code: not its docstrings, comments and blank lines, and no overloads.

    These say again, for type checkers, what the function behind them says: who reads what happens passes them by.
    """
    text = file.read_text(encoding="utf-8")
    strings: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef) and [*map(ast.unparse, node.decorator_list)] == ["overload"]:
            strings |= {*range(node.lineno - 1, (node.end_lineno or 0) + 1)}
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            strings |= {*range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1)}
    blank = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
    code: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in blank:
            code |= {*range(token.start[0], token.end[0] + 1)}
    return len(code - strings)


def test_the_thin_library_has_at_most_900_lines_of_code() -> None:
    assert sum(code_lines(ROOT / "nn" / f"{name}.py") for name in THIN) <= 900
