"""What type checkers see: programs as users write them, read by mypy and pyright, and run to see that it is so."""

from __future__ import annotations

import json
import os
import re
import runpy
import shutil
import subprocess
import sys
import types
import typing
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Union, get_args, get_origin

import numpy as np
import pytest

import autograd
import nn
from autograd import TABLE, Primitive, Value
from autograd.drawing.style import RAMPS, HeatName
from nn import vocabulary
from nn.activations import ACTIVATIONS
from nn.init import INITIALISERS
from nn.losses import LOSSES
from nn.metrics import METRICS
from nn.training.optimizers import OPTIMIZERS

ROOT = Path(nn.__file__).parents[1]
FOLDER = Path(__file__).parent / "user_code"
RIGHT, WRONG, ROWS = ("student.py", "engineer.py"), "wrong.py", "rows.py"
OF_OUR_OWN = {  # what nn needs of autograd
    "as_count", "did_you_mean", "located", "missing", "no_index", "refuse", "write_whole",
}  # fmt: skip

Found = dict[tuple[str, int], set[str]]  # by file and line: the rules by which it is flagged


def copy(folder: Path) -> None:
    """The programs in a folder, and one that calls every row of the table with numbers and with Values."""
    for file in (*RIGHT, WRONG):
        shutil.copy(FOLDER / file, folder)
    (folder / ROWS).write_text(rows(), encoding="utf-8")


def rows() -> str:
    lines = ["from typing import assert_type", "", "import autograd", "from autograd import Value", ""]
    for name in sorted(name for name in TABLE if isinstance(getattr(autograd, name), Primitive)):
        numbers = [f"{min(max(1.0, low), high):.17g}" for low, high in TABLE[name].domain]
        lines.append(f"assert_type(autograd.{name}({', '.join(numbers)}), float)")
        for i in range(len(numbers)):
            mixed = [f"Value({x})" if i == j else x for j, x in enumerate(numbers)]
            lines.append(f"assert_type(autograd.{name}({', '.join(mixed)}), Value)")
    return "\n".join(lines) + "\n"


def by_mypy(folder: Path) -> Found:
    flags = ["--strict", "--enable-error-code=truthy-bool", "--no-error-summary", "--no-pretty", "--config-file="]
    flags.append("--follow-imports=silent")  # of our own modules a checkout would be told of, an installation not
    done = run(folder, "mypy", *flags, *RIGHT, ROWS, WRONG)
    found: Found = {}
    for line in done.stdout.splitlines():
        match = re.fullmatch(r"(\w+\.py):(\d+): (error: .*  \[([\w-]+)\]|note: .*)", line)
        assert match, done.stdout + done.stderr
        if match[4]:
            found.setdefault((match[1], int(match[2])), set()).add(match[4])
    return found


def by_pyright(folder: Path) -> Found:
    config = {"include": ["."], "typeCheckingMode": "standard", "extraPaths": [str(ROOT)]}
    (folder / "pyrightconfig.json").write_text(json.dumps(config), encoding="utf-8")
    done = run(folder, "pyright", "--outputjson", "--pythonpath", sys.executable)
    found: Found = {}
    for problem in json.loads(done.stdout)["generalDiagnostics"]:
        if problem["severity"] == "error":
            place = Path(problem["file"]).name, problem["range"]["start"]["line"] + 1
            found.setdefault(place, set()).add(problem.get("rule", problem["message"]))
    return found


def run(folder: Path, checker: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", checker, *arguments], cwd=folder, capture_output=True, text=True, encoding="utf-8",
        timeout=300, env={**os.environ, "MYPYPATH": str(ROOT)},
    )  # fmt: skip


def expected(checker: str) -> Found:
    """What wrong.py says of its own lines."""
    found: Found = {}
    for i, line in enumerate((FOLDER / WRONG).read_text(encoding="utf-8").splitlines(), 1):
        if match := re.search(rf"# flagged: .*\b{checker}\[([^]]*)\]", line):
            found[WRONG, i] = {*match[1].split(", ")}
    return found


@pytest.mark.slow
@pytest.mark.parametrize(("checker", "found_by"), [("mypy", by_mypy), ("pyright", by_pyright)])
def test_checkers_flag_every_mistake_and_nothing_else(
    checker: str, found_by: Callable[[Path], Found], tmp_path: Path
) -> None:
    if find_spec(checker) is None:
        if os.environ.get("STEPGRAD_TYPES"):
            pytest.fail(f"STEPGRAD_TYPES is set, and there is no {checker}")
        pytest.skip(f'{checker} is not installed: python -m pip install ".[types]"')
    wanted = expected(checker)
    assert len(wanted) > 60
    copy(tmp_path)
    found = found_by(tmp_path)
    assert {place: found[place] for place in found.keys() - wanted} == {}, "flagged, and no mistake"
    assert {place: wanted[place] for place in wanted.keys() - found} == {}, "a mistake, and not flagged"
    # Releases differ in what else they say of a line.
    assert {place: found[place] for place in wanted if found[place].isdisjoint(wanted[place])} == {}, (
        "flagged otherwise"
    )


def test_every_public_name_is_used_as_users_do() -> None:
    text = "".join((FOLDER / file).read_text(encoding="utf-8") for file in RIGHT) + rows()
    names = {*autograd.__all__, *nn.__all__} - OF_OUR_OWN
    assert {name for name in names if not re.search(rf"\b{name}\b", text)} == set()


# --- what is said is so ----------------------------------------------------------------------------------------


def is_one(x: Any, kind: Any) -> bool:
    """Whether a value is what a type says."""
    origin, inner = get_origin(kind), get_args(kind)
    if kind is Any:
        return True
    if origin in (Union, types.UnionType):
        return any(is_one(x, one) for one in inner)
    if origin is list:
        return type(x) is list and all(is_one(item, inner[0]) for item in x)
    if origin is dict:
        return type(x) is dict and all(is_one(key, inner[0]) and is_one(item, inner[1]) for key, item in x.items())
    if origin is tuple:
        inner = inner[:1] * len(x) if inner[1:] == (...,) else inner
        return type(x) is tuple and len(x) == len(inner) and all(map(is_one, x, inner))
    if origin is np.ndarray:
        return isinstance(x, np.ndarray) and x.dtype == get_args(inner[1])[0]
    return isinstance(x, (float, int) if kind is float else origin or kind)


def test_the_reader_of_types_tells_them_apart() -> None:
    x = Value(1.0)
    floats = np.ndarray[tuple[int], np.dtype[np.float64]]
    for value, right, wrong in (
        (x, Value, float), (1.0, float, Value), ([x], list[Value], list[float]), ((1.0, x), tuple[float, Value],
        tuple[float, float]), ({"a": 1.0}, dict[str, float], dict[str, Value]), (np.zeros(2), floats, list[float]),
        (x, Value | float, float | list[float]), ((x,), tuple[Value, ...], tuple[float, ...]),
        (np.zeros(2, dtype=int), np.ndarray, floats),
    ):  # fmt: skip
        assert is_one(value, right)
        assert not is_one(value, wrong)


@pytest.mark.parametrize("file", [*RIGHT, ROWS])
def test_a_value_is_of_the_type_that_checkers_see(file: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    seen = []

    def assert_type(x: Any, kind: Any) -> Any:
        assert is_one(x, kind), f"{x!r:.60} is no {kind}"
        seen.append(kind)
        return x

    monkeypatch.setattr(typing, "assert_type", assert_type)
    copy(tmp_path)
    runpy.run_path(str(tmp_path / file))
    assert len(seen) > 30


# --- names -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "table"),
    [
        (vocabulary.ActivationName, ACTIVATIONS),
        (vocabulary.InitialiserName, INITIALISERS),
        (vocabulary.LossName, LOSSES),
        (vocabulary.MetricName, METRICS),
        (HeatName, RAMPS),
    ],
)
def test_checkers_know_the_names_that_are_there(names: Any, table: dict[str, Any]) -> None:
    assert get_args(names) == (*table,)


def test_checkers_know_optimisers_by_the_names_of_their_classes_too() -> None:
    names = get_args(vocabulary.OptimizerName)
    classes = names[len(OPTIMIZERS) :]
    assert names[: len(OPTIMIZERS)] == (*OPTIMIZERS,) == (*map(str.lower, classes),)
    assert all(isinstance(getattr(nn, name), type) for name in classes)


@pytest.mark.parametrize("package", ["autograd", "nn"])
def test_a_package_says_that_it_has_types(package: str) -> None:
    assert (ROOT / package / "py.typed").is_file()
