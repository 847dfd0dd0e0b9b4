"""The site: it builds without a warning, its links lead somewhere, and its pages play without a network."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag

import pytest
from conftest import Open
from test_reference import PUBLIC

ROOT = Path(__file__).parents[1]
EXTERNAL = ("http:", "https:", "mailto:", "data:", "javascript:")
PLAYERS = ("01-values-and-the-chain-rule", "03-a-neuron", "06-one-weight-and-a-network-by-hand", "15-a-recurrent-cell",
           "21-a-gpt")  # fmt: skip

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the built site.  In CI, where STEPGRAD_BROWSER is set, what it needs must be there."""
    if not os.environ.get("STEPGRAD_BROWSER"):
        for library in ("furo", "myst_nb", "sphinx"):
            pytest.importorskip(library, reason='the site needs python -m pip install ".[docs]"')
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "--quiet", "--fail-on-warning", "-c", "docs", ".", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return folder


class Page(HTMLParser):
    """What a page links to, what it loads, and the places in it that links may lead to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.places = {"", "top"}
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attributes}
        self.places |= {found[name] for name in ("id", "name") if name in found}
        if "src" in found:
            self.loaded.append(found["src"])
        elif tag == "link" and "href" in found:
            self.loaded += [found["href"]] * (found.get("rel") in ("stylesheet", "icon", "preload"))
        elif "href" in found:
            self.links.append(found["href"])


@cache
def page_of(path: Path) -> Page:
    return Page(path.read_text(encoding="utf-8"))


def test_every_link_leads_to_a_page_and_a_place_in_it(site: Path) -> None:
    broken, followed = [], 0
    for path in site.rglob("*.html"):
        for link in page_of(path).links + page_of(path).loaded:
            if link.startswith(EXTERNAL):
                continue
            file, place = urldefrag(unquote(link))
            target = (path.parent / file.partition("?")[0]).resolve() if file.partition("?")[0] else path
            followed += 1
            if not target.is_file() or (target.suffix == ".html" and place not in page_of(target).places):
                broken.append(f"{path.relative_to(site)}: {link}")
    assert broken == []
    assert followed > 1000


def test_nothing_is_loaded_from_the_network(site: Path) -> None:
    loaded = {source for path in site.rglob("*.html") for source in page_of(path).loaded}
    assert not {source for source in loaded if source.startswith(("http:", "https:", "//"))}


def test_every_public_name_has_its_place_in_the_reference(site: Path) -> None:
    places = {place for path in (site / "docs/reference").glob("*.html") for place in page_of(path).places}
    assert PUBLIC.keys() - places == set()


def test_the_pages_of_readme_course_and_changelog_are_there(site: Path) -> None:
    notebooks = [f"notebooks/{path.stem}.html" for path in (ROOT / "notebooks").glob("*.ipynb")]
    assert len(notebooks) >= 21
    for page in ("index.html", "README.html", "CHANGELOG.html", "CONTRIBUTING.html", "notebooks/tour.html", *notebooks):
        assert (site / page).is_file(), page


@pytest.fixture
def visit(site: Path, open_page: Open) -> Any:
    """Opens a page of the site; at its end nothing may have failed, or asked the network."""

    def visit(page: str, **options: Any) -> Any:
        opened = open_page("", **options)
        opened.goto(f"{(site / page.partition('?')[0]).as_uri()}?{page.partition('?')[2]}")
        return opened

    return visit


@pytest.mark.parametrize("name", PLAYERS)
def test_the_players_of_the_course_play(name: str, visit: Any) -> None:
    player = visit(f"notebooks/{name}.html").locator(".stepgrad-player.walk").first
    said = player.get_by_role("status").text_content()
    player.get_by_role("button", name="Forward", exact=True).click()
    assert player.locator(".place").text_content().startswith("0 / ")
    assert player.get_by_role("status").text_content() != said


def test_the_film_of_a_training_plays(visit: Any) -> None:
    film = visit("notebooks/04-a-network-on-moons.html").locator(".stepgrad-player").first
    assert film.locator(".place").text_content() == "epoch 150 / 150"
    film.get_by_role("button", name="First", exact=True).click()
    assert film.locator(".place").text_content() == "epoch 0 / 150"


def test_a_number_that_is_changed_in_the_course_changes_the_result(visit: Any) -> None:
    player = visit(f"notebooks/{PLAYERS[0]}.html").locator(".stepgrad-player.walk").first
    player.get_by_label("x, its number").fill("5")
    player.get_by_role("button", name="Last", exact=True).click()
    assert "225" in player.text_content()  # z = (3x)²


def test_no_page_is_wider_than_a_phone(site: Path, visit: Any) -> None:
    page = visit("index.html", viewport={"width": 390, "height": 844})
    wide = []
    for path in sorted(site.rglob("*.html")):
        if "_modules" not in path.parts:
            page.goto(path.as_uri())
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                wide.append(path.name)
    assert wide == []


def test_players_and_pictures_follow_the_theme_that_is_chosen(visit: Any) -> None:
    page = visit(f"notebooks/{PLAYERS[0]}.html", color_scheme="light")
    schemes = []
    for theme in ("light", "dark"):
        page.evaluate(f"document.body.dataset.theme = '{theme}'")
        shown = [page.locator(it).first for it in (".stepgrad-player", ".stepgrad-player svg", ".output img")]
        schemes += [it.evaluate("it => getComputedStyle(it).colorScheme") for it in shown]
    assert schemes == ["light"] * 3 + ["dark"] * 3


def test_the_search_finds_a_name_without_a_network(visit: Any) -> None:
    page = visit("search.html?q=log_softmax")
    page.locator("#search-results li").first.wait_for()
    assert "log_softmax" in page.inner_text("#search-results")
