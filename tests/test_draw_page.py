"""The page of a picture, driven in a real browser: every control, by mouse and by keyboard, light and dark."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from samples import needs_dot

from autograd import draw
from nn import MLP

there = shutil.which("chromium") and shutil.which("chromedriver")
pytestmark = [
    pytest.mark.slow, needs_dot, pytest.mark.skipif(not there, reason="no chromium and chromedriver here")
]  # fmt: skip

FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--window-size=1400,900",
)  # fmt: skip


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = str(shutil.which("chromium"))
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options, webdriver.ChromeService(shutil.which("chromedriver")))
    yield driver
    driver.quit()


@pytest.fixture
def page(browser: Any, tmp_path: Path) -> Iterator[Any]:
    """The page of a network at depth 1; no test may leave an error in the console."""
    loss = (1.0 - MLP(2, [4, 4, 1], seed=1)([1.0, -2.0])).relu()
    loss.backward()
    draw(loss, depth=1).save(tmp_path / "x.html")
    browser.get((tmp_path / "x.html").as_uri())
    yield browser
    assert browser.get_log("browser") == []


def buttons(page: Any, name: str = "") -> list[Any]:
    """The boxes that open, by the beginning of what they say."""
    found = page.find_elements("css selector", "g[role=button]")
    return [one for one in found if one.get_attribute("aria-label").startswith(name) and one.is_displayed()]


def size(page: Any) -> float:
    width: float = page.find_element("css selector", ".stepgrad-view > svg").size["width"]
    return width


def test_a_click_opens_a_part_in_place_and_another_closes_it(page: Any) -> None:
    (box,) = buttons(page, "layers.1:")
    before = size(page)
    box.click()
    assert box.get_attribute("aria-expanded") == "true"
    assert size(page) > before
    (inner,) = buttons(page, "layers.1.neurons.0")
    inner.click()
    assert "w.*" not in page.find_element("css selector", ".stepgrad-view").text
    assert "w.3" in page.find_element("css selector", ".stepgrad-view").text
    page.execute_script("arguments[0].dispatchEvent(new MouseEvent('click', {bubbles: true}))", box)
    assert box.get_attribute("aria-expanded") == "false"
    assert size(page) == before
    assert not buttons(page, "layers.1.neurons")


def test_enter_and_space_do_the_same_and_say_what_happened(page: Any) -> None:
    page.find_element("tag name", "body").click()
    (box,) = buttons(page, "layers.0:")
    for _ in range(8):  # by Tab alone: two buttons, then the boxes in order
        page.switch_to.active_element.send_keys("\ue004")
        if page.switch_to.active_element == box:
            break
    assert page.switch_to.active_element == box
    status = page.find_element("css selector", "[role=status]")
    box.send_keys("\n")
    assert status.text.startswith("layers.0: Layer, 12 parameters, Neuron ×4: open, ")
    box.send_keys(" ")
    assert status.text.endswith("closed")
    assert box.get_attribute("aria-expanded") == "false"


def test_all_open_and_all_close_and_no_two_boxes_overlap(page: Any) -> None:
    before = size(page)
    page.find_element("xpath", "//button[text()='Open all']").click()
    assert len(buttons(page)) == 6
    apart = """
        const boxes = [...document.querySelectorAll('.stepgrad-view > svg > g.graph > g.node')]
            .map(g => g.getBoundingClientRect());
        return boxes.every((a, i) => boxes.slice(i + 1).every(b => a.right <= b.left + 1 || b.right <= a.left + 1
            || a.bottom <= b.top + 1 || b.bottom <= a.top + 1));"""
    assert page.execute_script(apart)
    inside = """
        const view = document.querySelector('.stepgrad-view > svg').getBoundingClientRect();
        return [...document.querySelectorAll('.stepgrad-view g.node')].map(g => g.getBoundingClientRect()).every(b =>
            b.left >= view.left && b.right <= view.right && b.top >= view.top && b.bottom <= view.bottom);"""
    assert page.execute_script(inside)
    page.find_element("xpath", "//button[text()='Close all']").click()
    assert size(page) == before
    assert len(buttons(page)) == 3


@pytest.mark.parametrize(("scheme", "ground"), [("light", "rgb(255, 255, 255)"), ("dark", "rgb(22, 24, 29)")])
def test_the_picture_follows_the_colour_scheme(page: Any, scheme: str, ground: str) -> None:
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    polygon = page.find_element("css selector", ".stepgrad-view > svg > g > polygon")
    assert polygon.value_of_css_property("fill") == ground
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_without_its_script_the_page_still_holds_every_picture(page: Any) -> None:
    page.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    page.refresh()
    summary = page.find_element("css selector", "details[data-box] > summary")
    summary.click()
    assert page.find_element("css selector", "details[data-box] > svg").is_displayed()
    page.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_a_cell_shows_the_image_and_where_scripts_run_the_parts(browser: Any, tmp_path: Path) -> None:
    model = MLP(2, [4, 1], seed=1)
    html = draw(model([1.0, 2.0]), depth=1)._repr_mimebundle_()["text/html"]
    (tmp_path / "cell.html").write_text(f"<!DOCTYPE html><meta charset=utf-8>{html}{html}", encoding="utf-8")
    browser.get((tmp_path / "cell.html").as_uri())
    assert len(buttons(browser, "layers.0:")) == 2
    still = html[: html.index("<script>")]
    (tmp_path / "still.html").write_text(f"<!DOCTYPE html><meta charset=utf-8>{still}", encoding="utf-8")
    browser.get((tmp_path / "still.html").as_uri())
    assert browser.execute_script("return document.querySelector('img').naturalWidth") > 300
