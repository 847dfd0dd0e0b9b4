"""The README's code runs and prints what its comments say; its commands are the ones CI runs."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def promised(block: str) -> list[str]:
    """The output that a block promises: the comment behind a print, or comment lines at its end."""
    behind = re.findall(r"print\(.*\)  # (.*)", block)
    lines = re.findall(r"^# (.*)", block, re.MULTILINE)
    return behind + lines


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.strip().splitlines()[-1][:40])
def test_block_prints_what_its_comments_say(block: str) -> None:
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        exec(compile(block, "README.md", "exec"), {})
    assert output.getvalue().splitlines() == promised(block)
    assert promised(block)


def test_the_first_block_is_short_enough_to_be_read_at_a_glance() -> None:
    code = [line for line in BLOCKS[0].splitlines() if line.strip()]
    assert len(code) <= 12


def test_ci_runs_the_test_command_of_the_readme() -> None:
    command = re.search(r'^python -m pip install "\.\[test\]" && python -m pytest$', README, re.MULTILINE)
    assert command is not None
    assert 'pip install --quiet ".[test]" && python -m pytest' in (ROOT / ".ci/run").read_text()


def test_every_file_of_the_tour_exists_and_no_module_is_left_out() -> None:
    named = set(re.findall(r"`((?:autograd|nn)/\w+\.py)`", README))
    there = {
        path.relative_to(ROOT).as_posix()
        for package in ("autograd", "nn")
        for path in (ROOT / package).glob("*.py")
        if not path.name.startswith("__")
    }
    there -= {"autograd/errors.py", "autograd/trees.py"}  # nothing to read there on a first tour
    assert named - {"autograd/generate.py"} == there - {"autograd/generate.py"}


def test_every_picture_of_the_readme_exists() -> None:
    pictures = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", README)
    assert pictures
    assert all((ROOT / picture).is_file() for picture in pictures)
