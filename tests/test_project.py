"""What surrounds the code: the version is one, the pages say what is there, and PyPI shows what the checkout shows."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

import autograd
import nn

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CITATION = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def test_the_version_is_one() -> None:
    assert autograd.__version__ == nn.__version__
    assert re.search(r"^version: (.*)$", CITATION, re.MULTILINE)[1] == autograd.__version__
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert newest[1] == autograd.__version__
    assert PROJECT["tool"]["hatch"]["version"]["path"] == "autograd/__init__.py"


def test_one_repository_is_named_everywhere() -> None:
    repository = PROJECT["project"]["urls"]["Repository"]
    files = [ROOT / name for name in ("pyproject.toml", "CITATION.cff", "CONTRIBUTING.md", "README.md")]
    texts = [file.read_text(encoding="utf-8") for file in files]
    assert {url for text in texts for url in re.findall(r"https://github\.com/[\w-]+/stepgrad", text)} == {repository}


def test_on_pypi_every_link_of_the_readme_is_absolute() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for substitution in PROJECT["tool"]["hatch"]["metadata"]["hooks"]["fancy-pypi-readme"]["substitutions"]:
        text = re.sub(substitution["pattern"], substitution["replacement"], text)
    pictures, pages = re.findall(r"!\[[^\]]*\]\(([^)]*)\)", text), re.findall(r"(?<!!)\[[^\]]*\]\(([^)]*)\)", text)
    assert pictures
    assert pages
    assert all(picture.startswith("https://raw.githubusercontent.com/") for picture in pictures)
    assert all(page.startswith(("https://", "#")) for page in pages)
    for link in (*pictures, *pages):
        file = re.search(r"stepgrad/stepgrad/(?:blob/)?main/([^#]*)", link)
        assert file is None or (ROOT / file[1]).is_file(), link


FILES = sorted({*re.findall(r"`((?:autograd|nn|tests|docs|notebooks)/[\w/.-]*)`", CONTRIBUTING)})
TABLES = re.findall(r"`([A-Z_]{2,})`\s+(?:of|in)\s+`([\w/.]+\.(?:py|json))`", CONTRIBUTING)


@pytest.mark.parametrize("path", FILES)
def test_the_files_that_contributors_are_sent_to_exist(path: str) -> None:
    assert (ROOT / path).exists() or path == "notebooks/22-name.ipynb"


@pytest.mark.parametrize(("name", "file"), TABLES)
def test_the_tables_that_contributors_are_sent_to_exist(name: str, file: str) -> None:
    assert re.search(rf"^{name}\b.* = ", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE)


def test_contributors_are_sent_somewhere() -> None:
    assert len(FILES) > 10
    assert len(TABLES) > 3
