"""The page of a picture, driven in a real browser: every control, by mouse and by keyboard, light and dark."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import Open
from samples import needs_dot

from autograd import draw
from nn import MLP

pytestmark = [pytest.mark.slow, needs_dot]


def parts_page() -> str:
    """The page of a network at depth 1."""
    loss = (1.0 - MLP(2, [4, 4, 1], seed=1)([1.0, -2.0])).relu()
    loss.backward()
    return draw(loss, depth=1).html


@pytest.fixture
def page(open_page: Open) -> Any:
    return open_page(parts_page(), viewport={"width": 1400, "height": 900})


def buttons(page: Any, name: str = "") -> list[Any]:
    """The boxes that open and can be seen, by the beginning of what they say."""
    found = page.locator("g[role=button]").all()
    return [one for one in found if one.is_visible() and one.get_attribute("aria-label").startswith(name)]


def size(page: Any) -> float:
    width: float = page.locator(".picture > svg").bounding_box()["width"]
    return width


def test_a_click_opens_a_part_in_place_and_another_closes_it(page: Any) -> None:
    (box,) = buttons(page, "layers.1:")
    before = size(page)
    box.click()
    assert box.get_attribute("aria-expanded") == "true"
    assert size(page) > before
    (inner,) = buttons(page, "layers.1.neurons.0")
    view = page.locator(".stepgrad-view")
    inner.click()
    assert "w.*" not in view.inner_text()
    assert "w.3" in view.inner_text()
    box.dispatch_event("click")  # on its heading, beside what is open in it
    assert box.get_attribute("aria-expanded") == "false"
    assert size(page) == pytest.approx(before, abs=1.0)  # Graphviz may round the width that it writes
    assert not buttons(page, "layers.1.neurons")


def test_enter_and_space_do_the_same_and_say_what_happened(page: Any) -> None:
    (box,) = buttons(page, "layers.0:")
    for _ in range(8):  # by Tab alone: two buttons, then the boxes in order
        page.keyboard.press("Tab")
        if box.evaluate("e => e === document.activeElement"):
            break
    assert box.evaluate("e => e === document.activeElement")
    status = page.get_by_role("status")
    page.keyboard.press("Enter")
    assert status.text_content().startswith("layers.0: Layer, 12 parameters, Neuron ×4: open, ")
    page.keyboard.press(" ")
    assert status.text_content().endswith("closed")
    assert box.get_attribute("aria-expanded") == "false"


def test_all_open_and_all_close_and_no_two_boxes_overlap(page: Any) -> None:
    before = size(page)
    page.get_by_role("button", name="Open all").click()
    assert len(buttons(page)) == 6
    apart = """() => {
        const boxes = [...document.querySelectorAll('.picture > svg > g.graph > g.node')]
            .map(g => g.getBoundingClientRect());
        return boxes.every((a, i) => boxes.slice(i + 1).every(b => a.right <= b.left + 1 || b.right <= a.left + 1
            || a.bottom <= b.top + 1 || b.bottom <= a.top + 1)); }"""
    assert page.evaluate(apart)
    inside = """() => {
        const view = document.querySelector('.picture > svg').getBoundingClientRect();
        return [...document.querySelectorAll('.stepgrad-view g.node')].map(g => g.getBoundingClientRect()).every(b =>
            b.left >= view.left && b.right <= view.right && b.top >= view.top && b.bottom <= view.bottom); }"""
    assert page.evaluate(inside)
    page.get_by_role("button", name="Close all").click()
    assert size(page) == pytest.approx(before, abs=1.0)  # Graphviz may round the width that it writes
    assert len(buttons(page)) == 3


def scale(page: Any) -> float:
    """Pixels for each unit of the picture."""
    found: float = page.locator(".picture > svg").evaluate("e => e.getScreenCTM().a")
    return found


@pytest.mark.parametrize("size", [(1280, 720), (390, 844)])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_picture_fits_zooms_and_is_dragged_and_what_opens_stays_as_large(
    open_page: Open, size: tuple[int, int], scheme: str
) -> None:
    page = open_page(parts_page(), viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)
    frame = page.locator(".picture")
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    before = scale(page)
    assert before * 12 >= 10.9  # its smallest text can be read
    page.get_by_role("button", name="Open all").click()
    assert scale(page) == pytest.approx(before, rel=0.01)
    frame.evaluate("e => e.scrollTo(0, 0)")
    box = frame.bounding_box()
    page.mouse.move(box["x"] + box["width"] - 20, box["y"] + box["height"] - 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 120, box["y"] + box["height"] - 20, steps=4)
    page.mouse.up()
    assert frame.evaluate("e => e.scrollLeft") == pytest.approx(box["width"] - 140, abs=2)
    assert len(buttons(page)) == 6  # a drag is no click
    page.get_by_role("button", name="Larger").click()
    assert scale(page) == pytest.approx(1.25 * before, rel=0.01)
    page.get_by_role("button", name="Fit: the whole picture").click()
    assert frame.evaluate("e => [e.scrollWidth - e.clientWidth, e.scrollHeight - e.clientHeight]") == [0, 0]


def test_a_picture_without_parts_fits_and_zooms_too(open_page: Open) -> None:
    page = open_page(draw(MLP(2, [4, 4, 1], seed=1)).html, viewport={"width": 390, "height": 844})
    page.get_by_role("button", name="Fit: the whole picture").click()
    assert size(page) <= 390
    assert page.get_by_role("button", name="Open all").count() == 0


def ground(page: Any) -> str:
    return str(page.locator(".picture > svg > g > polygon").evaluate("e => getComputedStyle(e).fill"))


@pytest.mark.parametrize(("scheme", "colour"), [("light", "rgb(255, 255, 255)"), ("dark", "rgb(22, 24, 29)")])
def test_the_picture_follows_the_colour_scheme(open_page: Open, scheme: str, colour: str) -> None:
    assert ground(open_page(parts_page(), color_scheme=scheme)) == colour


def test_a_notebook_theme_goes_before_the_scheme_of_the_system(open_page: Open) -> None:
    themed = parts_page().replace("<body>", '<body data-jp-theme-light="false">')
    assert ground(open_page(themed, color_scheme="light")) == "rgb(22, 24, 29)"


def test_an_image_of_a_picture_follows_the_colour_scheme_too(open_page: Open) -> None:
    html = draw(MLP(2, [4, 1], seed=1))._repr_mimebundle_()["text/html"]
    for scheme, dark in (("light", False), ("dark", True)):
        page = open_page(f"<!DOCTYPE html><meta charset=utf-8>{html}", color_scheme=scheme)
        corner = page.locator("img").evaluate(
            """img => {
                const canvas = document.createElement('canvas');
                canvas.getContext('2d').drawImage(img, 0, 0);
                return canvas.getContext('2d').getImageData(2, 2, 1, 1).data[0];
            }"""
        )
        assert (corner < 128) == dark


def test_without_its_script_the_page_still_holds_every_picture(open_page: Open) -> None:
    page = open_page(parts_page(), java_script_enabled=False)
    page.locator("details[data-box] > summary").first.click()
    assert page.locator("details[data-box] > svg").first.is_visible()


def test_a_cell_shows_the_image_and_where_scripts_run_the_parts(open_page: Open) -> None:
    model = MLP(2, [4, 1], seed=1)
    html = draw(model([1.0, 2.0]), depth=1)._repr_mimebundle_()["text/html"]
    page = open_page(f"<!DOCTYPE html><meta charset=utf-8>{html}{html}")
    assert len(buttons(page, "layers.0:")) == 2
    still = html[: html.index("<script>")]
    page = open_page(f"<!DOCTYPE html><meta charset=utf-8>{still}")
    assert page.locator("img").evaluate("e => e.naturalWidth") > 300
