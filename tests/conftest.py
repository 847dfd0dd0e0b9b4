"""Fixtures that several files share."""

import importlib.util
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from benchmarks.hiding import SAID, without_llvmlite

from autograd.compiler import fallback


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The slow tests have more time than the others; the examples of estimators need scikit-learn."""
    missing = importlib.util.find_spec("sklearn") is None
    for item in items:
        if item.get_closest_marker("slow"):
            item.add_marker(pytest.mark.timeout(600))
        if missing and item.nodeid.startswith("nn/estimators/"):
            item.add_marker(pytest.mark.skip(reason='estimators need python -m pip install ".[sklearn]"'))


@pytest.fixture
def ctrl_c() -> Iterator[None]:
    """Ctrl-C as Python has it: in the background job of a script it is ignored, here and in processes started here."""
    inherited = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, inherited)


@pytest.fixture(name="without_llvmlite")
def _without_llvmlite() -> Iterator[None]:
    with without_llvmlite():
        yield


HAS_LLVMLITE = importlib.util.find_spec("llvmlite") is not None
needs_llvmlite = pytest.mark.skipif(not HAS_LLVMLITE, reason="llvmlite is not installed")
if not HAS_LLVMLITE:
    fallback.reported.add(SAID)


def _backend(request: pytest.FixtureRequest) -> str:
    """A test that uses this runs twice: by machine code, and by NumPy."""
    if request.param == "NumPy":
        request.getfixturevalue("without_llvmlite")
    return str(request.param)


MACHINE = pytest.param("machine code", marks=needs_llvmlite)
backend = pytest.fixture(params=[MACHINE, "NumPy"], name="backend")(_backend)
# The same, by NumPy among the slow tests.
backend_in_time = pytest.fixture(
    params=[MACHINE, pytest.param("NumPy", marks=pytest.mark.slow)], name="backend_in_time"
)(_backend)


# --- pages in a browser --------------------------------------------------------------------------------------

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
QUIET = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
Open = Callable[..., Any]


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium.  It needs the extra ``browser`` and a chromium on the PATH.

    Without them the tests are skipped; where the environment variable STEPGRAD_BROWSER is set, as in CI, they fail.
    """
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        sync_playwright = None
    if sync_playwright is None or CHROMIUM is None:
        missing = "Chromium" if sync_playwright else 'playwright (python -m pip install ".[browser]")'
        if os.environ.get("STEPGRAD_BROWSER"):
            pytest.fail(f"STEPGRAD_BROWSER is set, and there is no {missing}")
        pytest.skip(f"pages are tested in a browser, and there is no {missing}")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", *QUIET])
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser: Any, tmp_path: Path) -> Iterator[Open]:
    """Opens HTML text in a page; at the end, nothing may have failed, opened a dialog or asked the network."""
    contexts, complaints = [], []

    def open_(text: str, **options: Any) -> Any:
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: message.type in ("error", "warning") and complaints.append(message.text))
        page.on("dialog", lambda dialog: complaints.append(dialog.message))
        page.on("request", lambda request: request.url.startswith(("file:", "data:")) or complaints.append(request.url))
        file = tmp_path / f"page{len(contexts)}.html"
        file.write_text(text, encoding="utf-8")
        page.goto(file.as_uri())
        return page

    yield open_
    for context in contexts:
        context.close()
    assert complaints == []
