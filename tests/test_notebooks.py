"""The notebooks: they run, what they store is what they print now, and their exercises can be solved."""

from __future__ import annotations

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
def test_the_exercise_is_open_until_it_is_answered_and_the_folded_answer_is_right(path: Path) -> None:
    run = tools()
    notebook = run.read(path)
    exercise = run.code_cells(notebook)[-2]
    assert "Still open" in [*run.texts(notebook)][-1][1]
    exercise.source = answer(STORED[path.stem])
    assert [*run.texts(run.execute(notebook))][-1][1].startswith("Right! ")
