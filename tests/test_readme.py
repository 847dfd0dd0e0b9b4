"""The code of README, tour and lecture runs and prints what its comments say; the commands are those that CI runs."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import Open
from samples import needs_dot

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
TOUR = (ROOT / "notebooks/tour.md").read_text(encoding="utf-8")
LECTURE = (ROOT / "notebooks/lecture.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", README + TOUR + LECTURE, re.DOTALL)


def promised(block: str) -> list[str]:
    """The output that a block promises: the comment behind a print, or comment lines at its end."""
    behind = re.findall(r"print\(.*\)  # (.*)", block)
    lines = re.findall(r"^# (.*)", block, re.MULTILINE)
    return behind + lines


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.strip().splitlines()[-1][:40])
def test_block_prints_what_its_comments_say(block: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # one writes a picture
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        exec(compile(block, "README.md", "exec"), {})
    assert output.getvalue().splitlines() == promised(block)
    assert promised(block)


SCRIPTS = re.findall(r"```py\n(.*?)```", TOUR, re.DOTALL)  # each a file, the first sweep.py


@pytest.mark.parametrize("number", [0, 1, pytest.param(2, marks=pytest.mark.slow)], ids=["futures", "joblib", "dask"])
def test_a_sweep_of_the_tour_runs_in_several_processes(number: int, tmp_path: Path) -> None:
    for library in ("joblib", "dask.distributed"):
        if f"from {library} import" in SCRIPTS[number] and importlib.util.find_spec(library.partition(".")[0]) is None:
            pytest.skip(f"{library} is not installed")
    (tmp_path / "sweep.py").write_text(SCRIPTS[0], encoding="utf-8")
    script = tmp_path / ("sweep.py" if number == 0 else "other.py")
    script.write_text(SCRIPTS[number], encoding="utf-8")
    done = subprocess.run([sys.executable, script], cwd=tmp_path, capture_output=True, text=True, timeout=110)
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"6 trainings; the best: \(1\.0, 16\) MLP\(.*\)\n", done.stdout), done.stdout


def test_the_first_block_is_short_enough_to_be_read_at_a_glance() -> None:
    code = [line for line in BLOCKS[0].splitlines() if line.strip()]
    assert len(code) <= 12


def test_ci_runs_the_test_command_of_the_readme() -> None:
    command = re.search(r'^python -m pip install "\.\[test\]" && python -m pytest$', README, re.MULTILINE)
    assert command is not None
    assert 'pip install --quiet ".[test]" && python -m pytest' in (ROOT / ".ci/run").read_text()


def test_the_readme_is_read_in_one_go() -> None:
    assert len(README.splitlines()) <= 200


def test_the_map_shows_rooms_that_exist_and_leaves_no_package_out() -> None:
    rooms = README[README.index("## The rooms") : README.index("## Installing")]
    named = set(re.findall(r"`([a-z]+/[\w/.]*)`", rooms))
    assert all((ROOT / path).exists() for path in named)
    packages = [init.parent for package in ("autograd", "nn") for init in (ROOT / package).glob("*/__init__.py")]
    assert {f"{package.relative_to(ROOT).as_posix()}/" for package in packages} <= named


def test_every_picture_of_the_pages_exists() -> None:
    for text, folder in ((README, ROOT), (TOUR, ROOT / "notebooks"), (LECTURE, ROOT / "notebooks")):
        pictures = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", text)
        assert pictures
        assert all((folder / picture).is_file() for picture in pictures)


BOARD = re.findall(r"```python\n(.*?)```\n\n!\[[^\]]*\]\(([^)]+)\)", LECTURE, re.DOTALL)


@needs_dot
@pytest.mark.parametrize(("block", "picture"), BOARD, ids=[picture for _, picture in BOARD])
def test_a_picture_of_the_lecture_shows_what_its_block_draws(block: str, picture: str, tmp_path: Path) -> None:
    from autograd import draw

    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(block, "lecture.md", "exec"), names)
    drawing = names["picture"] if "picture" in names else draw(names[re.findall(r"^draw\((\w+)\)", block, re.M)[0]])
    drawing.save(tmp_path / "now.svg")
    stored, now = (
        sorted(re.findall(r"<text[^>]*>([^<]*)</text>", path.read_text(encoding="utf-8")))
        for path in (ROOT / "notebooks" / picture, tmp_path / "now.svg")
    )
    assert stored == now


def test_the_lecture_builds_three_graphs_and_its_minutes_leave_no_gap() -> None:
    assert len(BOARD) == 3
    times = [(int(start), int(end)) for start, end in re.findall(r"^\| (\d+)-(\d+) \|", LECTURE, re.MULTILINE)]
    assert times == [(int(start), int(end)) for start, end in re.findall(r"^## (\d+)-(\d+): ", LECTURE, re.MULTILINE)]
    assert [0, *(end for _, end in times)] == [*(start for start, _ in times), 90]


@pytest.mark.slow
@needs_dot
def test_what_the_lecturer_presses_gives_the_numbers_that_the_page_tells(open_page: Open, tmp_path: Path) -> None:
    from autograd import walkthrough

    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(BOARD[0][0], "lecture.md", "exec"), names)
        chain = walkthrough(names["z"])
        exec(compile(BOARD[2][0], "lecture.md", "exec"), names)
    pages = []
    for walk in (chain, names["player"]):
        walk.save(tmp_path / "walk.html")
        pages.append((tmp_path / "walk.html").read_text(encoding="utf-8"))
    page = open_page(pages[0])
    page.get_by_role("button", name="Last").click()
    page.get_by_text("+0.001", exact=True).click()
    assert "moves z by 0.03601" in page.inner_text("body")
    page = open_page(pages[1])
    page.get_by_role("button", name="Last").click()
    for rate, loss in (("0.1", "1.236"), ("5", "0")):
        page.get_by_role("button", name="Reset numbers").click()
        page.get_by_label("learning rate").fill(rate)
        page.get_by_role("button", name="Take a step").click()
        assert re.search(rf"loss\n{loss}\n", page.inner_text("body"))
