"""The player in a real browser: every control, every key, both colour schemes, and pages that try to break out.

What they need, and what happens without it, stands at the fixture ``browser``.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import Open
from samples import needs_dot
from test_player import HOSTILE, html, parts
from test_walkthrough import doubled, lesson, named

from autograd import Walkthrough, total, walkthrough
from autograd.html import page as page_of

pytestmark = [pytest.mark.slow, needs_dot]

TICK = 1500  # milliseconds that a frame stays while playing
BUTTONS = ["First", "Back", "Forward", "Last", "Play"]


def page_with(*walks: Walkthrough) -> str:
    return page_of("test", "\n".join(map(html, walks)))


@pytest.fixture
def player(open_page: Open) -> Any:
    """The player of the usual first lesson, at the first of its 10 steps."""
    player = open_page(page_with(walkthrough(lesson()[0]))).locator(".stepgrad-player")
    assert place(player) == -1
    press(player, "Forward")
    return player


def place(player: Any) -> int:
    """The number of the step that is shown: -1 before the first, 10 after the last of the usual lesson."""
    text = player.locator(".place").text_content()
    last = int(player.get_by_role("slider").get_attribute("max"))
    return {"start": -1, "end": last}.get(text) if text in ("start", "end") else int(text.split(" / ")[0])


def button(player: Any, name: str) -> Any:
    return player.get_by_role("button", name=name, exact=True)


def press(player: Any, name: str) -> None:
    button(player, name).click(force=True)  # at the ends some are disabled, for those who hear the page


def shown(player: Any) -> dict[str, str]:
    """The text of every part of the picture that frames write into."""
    found: dict[str, str] = player.locator("text[data-part]").evaluate_all(
        "all => Object.fromEntries(all.map(e => [e.dataset.part, e.textContent]))"
    )
    return found


def with_class(player: Any, mark: str) -> set[str]:
    return {*player.locator(f"g.{mark}").evaluate_all("all => all.map(e => e.dataset.part)")}


# --- every control ------------------------------------------------------------------------------------------


def test_the_buttons_go_where_they_say(player: Any) -> None:
    texts = [step.text for step in walkthrough(lesson()[0])]
    said = player.get_by_role("status")
    assert place(player) == 0
    for name, expected in [
        ("Forward", 1),
        ("Forward", 2),
        ("Back", 1),
        ("Last", 10),
        ("Forward", 10),
        ("Back", 9),
        ("First", -1),
        ("Back", -1),
    ]:
        press(player, name)
        assert place(player) == expected
        if 0 <= expected < 10:
            assert said.text_content() == texts[expected]
    assert button(player, "First").get_attribute("aria-disabled") == "true"
    assert button(player, "Last").get_attribute("aria-disabled") == "false"


def test_play_goes_on_by_itself_until_the_end_or_pause(open_page: Open) -> None:
    page = open_page("<p>not yet</p>")
    page.clock.install()
    page.goto(page.url)
    page.set_content(page_with(walkthrough(lesson()[0])))
    player = page.locator(".stepgrad-player")
    press(player, "Play")
    page.clock.run_for(4 * TICK)
    assert place(player) == 3
    assert player.get_by_role("status").get_attribute("aria-live") == "off"  # no reading aloud of every frame
    press(player, "Pause")
    page.clock.run_for(5 * TICK)
    assert place(player) == 3
    assert player.get_by_role("status").get_attribute("aria-live") == "polite"
    press(player, "Play")
    page.clock.run_for(20 * TICK)
    assert place(player) == 10
    press(player, "Play")  # at the end: from the start
    assert place(player) == -1
    page.clock.run_for(3 * TICK)
    press(player, "Back")  # any other control takes over
    page.clock.run_for(5 * TICK)
    assert place(player) == 1
    assert button(player, "Play").is_visible()


def test_the_slider_goes_to_a_step(player: Any) -> None:
    slider = player.get_by_role("slider", name="Step")
    slider.fill("6")
    assert place(player) == 6
    assert slider.get_attribute("aria-valuetext") == "step 6 of 9"
    slider.press("ArrowRight")
    slider.press("ArrowRight")
    assert place(player) == 8  # one a key, though the player has arrows too
    slider.press("Home")
    assert place(player) == -1


def test_a_click_on_a_value_goes_to_its_next_step_and_round_again(player: Any) -> None:
    a = player.locator('g[data-part="n0"]')
    for expected in (8, 0, 8):  # w.at(a)
        a.click()
        assert place(player) == expected


def test_the_menu_goes_to_the_steps_of_a_value_too(player: Any) -> None:
    menu = player.get_by_role("combobox", name="Next step of")
    assert menu.locator("option").all_text_contents() == ["a value", "a", "b", "e", "c", "d", "f", "L"]
    for expected in (1, 6, 8):  # w.at(e), from step 0
        menu.select_option("e")
        assert place(player) == expected


def test_a_click_on_a_line_of_the_list_goes_there(player: Any) -> None:
    player.locator("summary").click()
    player.locator("li").nth(5).click()
    assert place(player) == 5
    assert player.locator("li[aria-current=step]").text_content().startswith("f.grad += L.grad")


# --- every key ----------------------------------------------------------------------------------------------


def test_the_keys_step_when_the_player_has_the_focus(player: Any) -> None:
    player.focus()
    for key, expected in [("ArrowRight", 1), ("ArrowRight", 2), ("ArrowLeft", 1), ("End", 10), ("Home", -1)]:
        player.press(key)
        assert place(player) == expected
    player.press(" ")
    assert button(player, "Pause").is_visible()
    player.press(" ")
    assert button(player, "Play").is_visible()


def test_keys_are_left_alone_without_the_focus_with_a_modifier_and_on_controls_that_use_them(player: Any) -> None:
    page = player.page
    page.evaluate("document.querySelector('main').insertAdjacentHTML('beforeend', '<p class=stepgrad-player></p>')")
    page.evaluate("document.activeElement.blur()")
    for key in ("ArrowRight", "End", " "):  # of two players neither takes them
        page.keyboard.press(key)
    page.evaluate("document.querySelector('p.stepgrad-player').remove()")
    assert place(player) == 0
    assert button(player, "Play").is_visible()
    page.keyboard.press("ArrowRight")  # one alone in its page does
    page.keyboard.press("ArrowLeft")
    player.focus()
    page.keyboard.press("Control+ArrowRight")
    page.keyboard.press("Shift+End")
    assert place(player) == 0
    button(player, "Forward").focus()
    page.keyboard.press(" ")  # presses the button: one step, and nothing plays
    assert place(player) == 1
    assert button(player, "Play").is_visible()
    page.keyboard.press("ArrowRight")
    assert place(player) == 2
    player.locator("summary").focus()
    page.keyboard.press(" ")
    assert player.locator("details").get_attribute("open") is not None
    assert button(player, "Play").is_visible()


def test_tab_reaches_every_control_and_shows_where_it_is(player: Any) -> None:
    page = player.page
    reached = []
    page.reload()
    while "10 steps" not in reached:
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.textContent.slice(0, 8) || document.activeElement.type"))
        outline = page.evaluate("getComputedStyle(document.activeElement).outline")
        assert "solid 3px" in outline, outline
        assert len(reached) < 40
    assert reached[1:6] == BUTTONS
    assert reached[6] == "range"
    assert reached[7].startswith("a value")
    assert reached[8:11] == ["−", "+", "Fit"]
    assert reached[-1] == "10 steps"


# --- what it shows ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", ["topological", "naive"])
def test_every_step_shows_the_picture_of_that_step_whichever_way_it_was_reached(open_page: Open, order: str) -> None:
    w = walkthrough(doubled()[0], order=order)
    player = open_page(page_with(w)).locator(".stepgrad-player")
    pictures = []
    press(player, "Forward")
    for i in range(len(w)):
        assert place(player) == i
        assert shown(player) == parts(w.svg(i))
        pictures.append(player.locator(".picture").inner_html())
        press(player, "Forward")
    for i in reversed(range(len(w))):
        press(player, "Back")
        assert player.locator(".picture").inner_html() == pictures[i]
    for i in (3, 1, len(w) - 1, 0, 2):
        player.get_by_role("slider").fill(str(i))
        assert player.locator(".picture").inner_html() == pictures[i]


def test_the_current_values_and_edges_are_marked(player: Any) -> None:
    assert with_class(player, "forward") == {"n0", "n1", "e2.0", "e2.1", "o2", "n2"}
    assert with_class(player, "backward") == set()
    assert "n6" in with_class(player, "todo")
    player.get_by_role("slider").fill("6")
    assert with_class(player, "backward") == {"n4", "o4", "e4.0", "n2"}
    assert with_class(player, "forward") == with_class(player, "todo") == set()
    player.page.wait_for_timeout(300)  # the line grows in 0.15 s
    widths = player.locator("g.backward path").first.evaluate("e => getComputedStyle(e).strokeWidth")
    assert widths == "3px"


def test_several_players_on_one_page_do_not_interfere(open_page: Open) -> None:
    page = open_page(page_with(walkthrough(lesson()[0]), walkthrough(doubled()[0], order="naive")))
    first, second = page.locator(".stepgrad-player").all()
    press(second, "Last")
    first.focus()
    page.keyboard.press("ArrowRight")
    assert (place(first), place(second)) == (0, 10)
    assert shown(second)["n0.grad"] == "grad 6 ≠ 4"
    assert shown(first)["n0.grad"] == ""
    assert page.locator(".controls").count() == 2


def test_without_any_dot_the_steps_play_beside_the_list(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEPGRAD_DOT", "/nowhere/dot")
    x = named(0.9, "x")
    y = x
    for _ in range(40):
        y = y * 0.9
    player = open_page(page_with(walkthrough(y))).locator(".stepgrad-player")
    assert player.locator(".picture, img, select").count() == 0
    player.focus()
    player.press("End")
    player.press("ArrowLeft")
    current = player.locator("li[aria-current]")
    assert current.text_content() == player.get_by_role("status").text_content()
    box, line = player.locator("ol").bounding_box(), current.bounding_box()
    assert box["y"] <= line["y"]
    assert line["y"] + line["height"] <= box["y"] + box["height"]


def test_a_wide_picture_scrolls_to_the_step_and_the_page_does_not(open_page: Open) -> None:
    x = named(0.9, "x")
    y = x
    for _ in range(30):
        y = y.sin()
    page = open_page(page_with(walkthrough(y)), viewport={"width": 700, "height": 500})
    player = page.locator(".stepgrad-player")
    frame = player.locator(".picture")
    for i in (0, 15, 29, 45, 60):
        player.get_by_role("slider").fill(str(i))
        outer, inner = (
            frame.bounding_box(),
            player.locator("g:is(.forward, .backward) :is(path, rect)").first.bounding_box(),
        )
        assert outer["x"] - 1 <= inner["x"] <= outer["x"] + outer["width"]
    assert page.evaluate("[scrollX, scrollY]") == [0, 0]


def test_a_narrow_window_clips_no_control(open_page: Open) -> None:
    page = open_page(page_with(walkthrough(lesson()[0])), viewport={"width": 340, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") <= 340
    for control in page.locator("button, select, input").all():
        box = control.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 340


def test_ten_thousand_steps_are_still_quick(open_page: Open) -> None:
    x = named(1.0, "x")
    y = x
    for _ in range(60):
        y = (y + y) * 0.5
    page = open_page(page_with(walkthrough(y, order="naive")))
    taken = page.evaluate(
        """() => {
            const [, , forward, last] = document.querySelectorAll("button");
            last.click();
            const start = performance.now();
            document.querySelectorAll("button")[1].click();
            return performance.now() - start;
        }"""
    )
    assert taken < 500


# --- colours and motion -------------------------------------------------------------------------------------


def contrast(page: Any, selector: str, ground: str) -> float:
    """The contrast ratio of WCAG 2 between the text of an element and what it stands on."""
    texts = page.evaluate(
        """([selector, ground]) => {
            const style = getComputedStyle(document.querySelector(selector));
            const below = getComputedStyle(document.querySelector(ground));
            const svg = (s) => document.querySelector(s) instanceof SVGElement;
            return [svg(selector) ? style.fill : style.color, svg(ground) ? below.fill : below.backgroundColor];
        }""",
        [selector, ground],
    )

    def luminance(text: str) -> float:
        channels = [int(x) / 255 for x in re.findall(r"\d+", text)[:3]]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted(map(luminance, texts))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everything_can_be_read_in_light_and_dark(open_page: Open, scheme: str) -> None:
    page = open_page(page_with(walkthrough(lesson()[0])), color_scheme=scheme)
    press(page, "Last")
    ground = page.locator(".stepgrad-player").evaluate("e => getComputedStyle(e).backgroundColor")
    assert (ground == "rgb(255, 255, 255)") == (scheme == "light")
    for text, below in [
        (".card p", ".card"),
        (".card .formula", ".card"),
        ("button", ".stepgrad-player"),
        ('text[data-part="n0.data"]', 'g[data-part="n0"] rect'),
        ('text[data-part="n0.grad"]', 'g[data-part="n0"] rect'),
        ('text[data-part="n2.grad"]', 'g[data-part="n2"] rect'),
        ('g[data-part="o2"] text', 'g[data-part="o2"] rect'),
        ('g[data-part="e2.0"] text', ".graph > polygon"),
    ]:
        assert contrast(page, text, below) >= 4.5, (scheme, text)


def test_a_notebook_theme_goes_before_the_scheme_of_the_system(open_page: Open) -> None:
    text = page_with(walkthrough(lesson()[0]))
    for theme, expected in (("true", True), ("false", False)):
        page = open_page(
            text.replace("<body>", f'<body data-jp-theme-light="{theme}">'),
            color_scheme="dark" if expected else "light",
        )
        ground = page.locator(".stepgrad-player").evaluate("e => getComputedStyle(e).backgroundColor")
        assert (ground == "rgb(255, 255, 255)") == expected
        inside = page.locator(".graph > polygon").evaluate("e => getComputedStyle(e).fill")
        assert inside == ground


def test_nothing_moves_where_less_motion_is_asked_for(open_page: Open) -> None:
    text = page_with(walkthrough(lesson()[0]))
    for motion, expected in (("no-preference", "0.15s"), ("reduce", "0s")):
        page = open_page(text, reduced_motion=motion)
        taken = page.locator(".picture path").first.evaluate("e => getComputedStyle(e).transitionDuration")
        assert taken == expected
        press(page, "Forward")
        assert place(page) == 0


# --- those who hear the page --------------------------------------------------------------------------------


def test_the_page_is_told_to_a_screen_reader(player: Any) -> None:
    snapshot = player.aria_snapshot()
    assert 'group "L step by step"' in player.page.locator("main").aria_snapshot()
    for line in (
        *(f'- button "{name}"' for name in BUTTONS),
        '- spinbutton "a, its number"',
        '- button "a, nudge by 0.001"',
        '- slider "Step',
        '- combobox "Next step of"',
        "- status: e = a * b = 2 × -3 = -6",
        '- group "computation graph of L"',
        '- img "e"',
    ):
        assert line in snapshot, snapshot
    player.locator("summary").click()
    assert "- listitem: L.grad = 1 — where every walk back begins" in player.aria_snapshot()


# --- where scripts do not run, and where labels would like them to ------------------------------------------


def test_without_scripts_the_picture_and_the_list_can_be_read(open_page: Open) -> None:
    page = open_page(page_with(walkthrough(lesson()[0])), java_script_enabled=False)
    image = page.locator("img")
    assert image.get_attribute("alt") == "L step by step"
    assert image.bounding_box()["width"] > 400
    page.locator("summary").click()
    assert page.locator("li").count() == 10
    assert page.locator("li").last.is_visible()
    assert page.locator("button").count() == 0


def test_sanitised_the_picture_and_the_list_can_be_read(open_page: Open) -> None:
    text = re.sub(r"(?s)<(script|style|svg)\b.*?</\1>", "", html(walkthrough(lesson()[0])))
    page = open_page(f"<!DOCTYPE html><meta charset='utf-8'>{text}")
    assert page.locator("img").evaluate("e => e.complete && e.naturalWidth") > 400
    page.locator("summary").click()
    assert page.locator("li").last.text_content() == "b.grad += e.grad × slope along b → e = -2 × 2 = -4 (0 → -4)"


def test_no_script_of_a_label_runs(open_page: Open) -> None:
    root = total([named(1.0, label) for label in HOSTILE])
    root.label = HOSTILE[len(HOSTILE) // 2]
    w = walkthrough(root)
    page = open_page(page_with(w))
    player = page.locator(".stepgrad-player")
    for i in range(0, len(w), 5):
        player.get_by_role("slider").fill(str(i))
        assert player.get_by_role("status").text_content() == w[i].text
    page.locator("summary").click()
    assert page.evaluate("window.pwned") is None
    assert page.locator(".stepgrad-player").count() == 1
    assert page.locator("script").count() == 3


# --- in a notebook ------------------------------------------------------------------------------------------

CELLS = (
    "from autograd import Value, walkthrough\n"
    "x, w = Value(2.0, label='x'), Value(-3.0, label='w')\n"
    "y = (w * x + 6.5).tanh()\n"
    "y.label = 'y'\n"
    "walkthrough(y)",
    "walkthrough(y, order='naive')",
)


def test_a_notebook_plays_in_the_page_that_nbconvert_makes(browser: Any, tmp_path: Path) -> None:
    pytest.importorskip("nbconvert", reason='notebooks are run with nbconvert: python -m pip install ".[browser]"')
    cells = [
        {"cell_type": "code", "id": f"c{i}", "metadata": {}, "source": source, "outputs": [], "execution_count": None}
        for i, source in enumerate(CELLS)
    ]
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (tmp_path / "walk.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    subprocess.run(
        [sys.executable, "-m", "nbconvert", "--execute", "--to", "html", "walk.ipynb"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent), "PYTHONWARNINGS": "ignore"},
        check=True,
        capture_output=True,
        timeout=180,
    )
    page = browser.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.route(re.compile("^https?:"), lambda route: route.abort())  # nbconvert's page asks for MathJax
    page.goto((tmp_path / "walk.html").as_uri())
    first, second = page.locator(".stepgrad-player").all()
    press(first, "Last")
    second.focus()
    page.keyboard.press("ArrowRight")
    assert (place(first), place(second)) == (8, 0)
    assert shown(first)["n0.grad"].startswith("grad ")
    assert shown(second)["n0.grad"] == ""
    assert not [complaint for complaint in complaints if "require" not in complaint and "MathJax" not in complaint]
    page.close()
