"""The notebooks: they run, what they store is what they print now, and their exercises can be solved."""

from __future__ import annotations

import copy
import importlib.metadata
import json
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from samples import needs_dot

FOLDER = Path(__file__).parent.parent / "notebooks"
PATHS = sorted(FOLDER.glob("*.ipynb"))
STORED = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in PATHS}
MOST_BYTES = 300_000
MOST_LINES = 150
CHECKS = ("# Check", "# Plotting and a check")  # the first line of cells that may assert
WRONG = {  # answers to the exercises that are to get a hint
    "01-values-and-the-chain-rule": ["dz_dp = 5", "dz_dp = 3.0", "dz_dp = 0", 'dz_dp = "8"'],
    "02-nudging-or-backpropagation": ["answer = 79_510", "answer = 1000", 'answer = "2"'],
    "03-a-neuron": [
        "weights = [2.0, 2.0]\nbias = 1.0",
        "weights = 2.0\nbias = -1.0",
        "weights = [1.0]\nbias = -1.0",
    ],
    "04-a-network-on-moons": [
        'settings = dict(layers=[8, 1], activation="tanh", lr=0.05, epochs=2)',
        'settings = dict(layers=[2, 1], activation="tanh", lr=1e-6, epochs=2)',
        'settings = dict(layers=[3], activation="tanh", lr=0.05, epochs=2)',
        "settings = dict(layers=[3, 1])",
    ],
    "05-reading-graphs": ['lost = "p"\nline = "third"', 'lost = "q"\nline = "third"'],
    "06-one-weight-and-a-network-by-hand": ["answer = 0.001", "answer = -1"],
    "07-the-numpy-program": [
        "def slope(a):\n    return 1 - a",
        "def slope(a):\n    return a * float('nan')",
        "def slope(a):\n    pass",
        "slope = 1.0",
    ],
    "08-house-prices": ["answer = standardised_slope", "answer = 0"],
    "09-a-handwritten-five": [
        "def fooled(pixels, slopes):\n    return pixels",
        "def fooled(pixels, slopes):\n    return [ink + s for ink, s in zip(pixels, slopes)][:63]",
        "def fooled(pixels, slopes):\n    return [1 - ink for ink in pixels]",
        "def fooled(pixels, slopes):\n    pass",
    ],
    "10-pitfalls-and-gradient-checking": [
        "def rule(x, out):\n    return (sigmoid(x),)",
        "def rule(x, out):\n    return sigmoid(x)",
        "def rule(x, out):\n    pass",
        "rule = 1.0",
    ],
    "11-vanishing-gradients": [
        "def my_init(nin, nout, rng):\n    return 0.0",
        "def my_init(nin, nout, rng):\n    return rng.normalvariate(0.0, (1.0 / nin) ** 2)",
    ],
    "12-overfitting": [
        "def gone_wrong(history, model):\n    return True",
        "def gone_wrong(history, model):\n    return history.val_loss[-1] > min(history.val_loss)",
    ],
    "13-optimisers": [
        "class MyMomentum(Optimizer):\n    states = 1\n\n"
        "    def rule(self, p, g, lr, t, velocity):\n        return p - lr * (0.8 * velocity + g), velocity"
    ],
    "14-a-convolution": ["mine = [1] * 4", "mine = [1] * 9", "mine = [-1, 0, 1] * 3", "mine = [0] * 9"],
    "15-a-recurrent-cell": ["my_u, my_slope = 3.0, 32.0", "my_u, my_slope = 2.0, 16.0"],
    "16-an-attention-head": [
        "def masked(scores, i):\n    return softmax(scores[: i + 1])",
        "def masked(scores, i):\n    return softmax(scores)",
        "def masked(scores, i):\n    return softmax(scores)[: i + 1] + [0.0] * (len(scores) - i - 1)",
        "def masked(scores, i):\n    return [1 / (i + 1)] * (i + 1) + [0.0] * (len(scores) - i - 1)",
    ],
    "17-autoencoders": ["by_mu, by_sigma = 2.0, -0.5", "by_mu, by_sigma = 1.0, 1.0"],
    "18-a-gan": ["critic_at_rest, generator_at_rest = 0.0, 0.0", "critic_at_rest, generator_at_rest = 0.693, 0.693"],
    "19-a-policy-gradient": [
        "derivatives = [0.7]",
        "derivatives = [0.2, 0.3, 0.5]",
        "derivatives = [0.2, -0.7, 0.5]",
    ],
    "20-fine-tuning": ["all_free, last_free = 33, 545", "all_free, last_free = 2113, 33"],
}


def code(notebook: Any) -> list[Any]:
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def outputs(notebook: Any) -> list[Any]:
    return [output for cell in code(notebook) for output in cell["outputs"]]


def source(cell: Any) -> str:
    return "".join(cell["source"])


def answer(notebook: Any) -> str:
    """The code of the folded answer at the end."""
    (found,) = (
        re.search(r"<details>.*```python\n(.*?)```", source(cell), re.DOTALL)
        for cell in notebook["cells"]
        if "<details>" in source(cell)
    )
    assert found
    return found[1]


def test_there_are_those_of_the_course_in_its_order() -> None:
    listed = re.findall(r"\]\((\d\d-[\w-]+\.ipynb)\)", (FOLDER / "README.md").read_text(encoding="utf-8"))
    assert listed == [path.name for path in PATHS]
    for path, following in pairwise(PATHS):
        assert f"]({following.name})" in source(STORED[path.stem]["cells"][-1])


@pytest.mark.parametrize("name", STORED)
def test_what_is_stored_is_small_executed_and_free_of_times(name: str) -> None:
    notebook = STORED[name]
    assert (FOLDER / f"{name}.ipynb").stat().st_size <= MOST_BYTES
    assert [cell["execution_count"] for cell in code(notebook)] == [*range(1, len(code(notebook)) + 1)]
    assert [cell["id"] for cell in notebook["cells"]] == [f"cell-{i:02}" for i in range(len(notebook["cells"]))]
    assert not any("execution" in cell["metadata"] for cell in notebook["cells"])
    assert not any(output["output_type"] == "error" for output in outputs(notebook))
    assert [*notebook["metadata"]] == ["kernelspec"]


@pytest.mark.parametrize("name", STORED)
def test_the_code_is_short(name: str) -> None:
    lines = [line.strip() for cell in code(STORED[name]) for line in source(cell).splitlines()]
    assert sum(bool(line) and not line.startswith("#") for line in lines) <= MOST_LINES


@pytest.mark.parametrize("name", STORED)
def test_cells_that_install_plot_or_check_are_folded_and_no_others(name: str) -> None:
    for cell in code(STORED[name]):
        aside = source(cell).startswith(("# Installs", "# Plotting", "# Check"))
        assert cell["metadata"].get("jupyter", {}).get("source_hidden", False) == aside, source(cell)
        assert "tags" in cell["metadata"] if aside else not cell["metadata"], source(cell)
        assert aside or not re.search(r"\b(plt|axes|panels)\.", source(cell)), source(cell)
        if not source(cell).startswith(CHECKS):
            assert not re.search(r"(?m)^\s*assert\b", source(cell)), source(cell)


@pytest.mark.parametrize("name", STORED)
def test_numbers_are_shown_and_not_whether_they_are_right(name: str) -> None:
    shown = "".join("".join(output.get("text", "")) for output in outputs(STORED[name]))
    assert not re.search(r"(?m)\b(True|False)\.?$", shown)


@pytest.mark.parametrize("name", STORED)
def test_a_wrong_answer_to_the_exercise_is_no_error(name: str) -> None:
    assert not re.search(r"\b(assert|raise)\b", source(code(STORED[name])[-1]))


@pytest.mark.parametrize("name", STORED)
def test_every_picture_is_stored_as_png_too(name: str) -> None:
    shown = [output["data"] for output in outputs(STORED[name]) if "data" in output]
    pictures = [data for data in shown if "image/png" in data or "<img" in "".join(data.get("text/html", ""))]
    assert pictures
    assert all(data["image/png"].startswith("iVBOR") for data in pictures)


# --- the first cell -----------------------------------------------------------------------------------------


def first_cells() -> set[str]:
    return {source(code(notebook)[0]) for notebook in STORED.values()}


class Found:
    """An installed distribution."""

    def __init__(self, name: str) -> None:
        self.metadata = {"Name": name}


@pytest.mark.parametrize(
    ("installed", "checkout", "calls"),
    [
        (["stepgrad", "numpy"], True, []),
        (["numpy"], True, [["install", "..[dot,plot]"]]),
        (["numpy"], False, [["install", "stepgrad[dot,plot]"]]),
        (["autograd"], False, [["uninstall", "--yes", "autograd"], ["install", "stepgrad[dot,plot]"]]),
    ],
)
def test_the_first_cell_installs_what_is_missing_and_removes_its_namesake_before(
    installed: list[str], checkout: bool, calls: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (cell,) = first_cells()
    ran: list[list[str]] = []
    monkeypatch.setattr(importlib.metadata, "distributions", lambda: [Found(name) for name in installed])
    monkeypatch.setattr(subprocess, "run", lambda words, check: ran.append(words[4:]))
    monkeypatch.delitem(sys.modules, "autograd")
    (tmp_path / "notebooks").mkdir()
    if checkout:
        (tmp_path / "pyproject.toml").touch()
    monkeypatch.chdir(tmp_path / "notebooks")
    exec(cell, {})
    assert ran == calls


def test_the_first_cell_says_when_its_namesake_was_loaded_already(monkeypatch: pytest.MonkeyPatch) -> None:
    (cell,) = first_cells()
    monkeypatch.setattr(importlib.metadata, "distributions", lambda: [Found("autograd")])
    monkeypatch.setattr(subprocess, "run", lambda words, check: None)
    with pytest.raises(SystemExit, match="restart the session"):
        exec(cell, {})


# --- running them -------------------------------------------------------------------------------------------


def tools() -> Any:
    """What ``python -m notebooks`` is made of."""
    pytest.importorskip("nbclient", reason='notebooks are run with nbclient: python -m pip install ".[browser]"')
    sys.path.insert(0, str(FOLDER.parent))
    try:
        from notebooks import __main__
    finally:
        sys.path.pop(0)
    return __main__


@pytest.mark.slow
@needs_dot
@pytest.mark.filterwarnings("ignore")  # those of the tools
@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_the_texts_that_are_stored_are_those_that_the_cells_print(path: Path) -> None:
    run = tools()
    stored = [*run.texts(run.read(path))]
    printed = [*run.texts(run.execute(run.read(path)))]
    for (cell, before), (_, now) in zip(stored, printed, strict=True):
        assert now == before, f"python -m notebooks {path.stem[:2]}: stale is what this cell shows:\n{cell}"


@pytest.mark.slow
@needs_dot
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_the_exercise_is_open_until_it_is_answered_a_wrong_answer_gets_a_hint_and_the_folded_one_is_right(
    path: Path,
) -> None:
    run = tools()
    notebook = run.read(path)
    *_, exercise, check = run.code_cells(notebook)
    assert "Still open" in [*run.texts(notebook)][-1][1]
    answers = [*WRONG[path.stem], answer(STORED[path.stem])]
    # One run for all: the last two cells once more for each answer.
    exercise.source = answers[0]
    for other in answers[1:]:
        for cell in (exercise, check):
            notebook.cells.append(copy.deepcopy(cell))
        notebook.cells[-2].source = other
    *wrong, right = [text for _, text in [*run.texts(run.execute(notebook))][-2 * len(answers) + 1 :: 2]]
    assert right.startswith("Right! ")
    for text in wrong:
        assert text.strip()
        assert "Right!" not in text
