"""The page of a walk against Python: the same steps, words and numbers, at first and after every change of a number.

The page's own script runs, under node where there is one, else in a browser; what it says must be what ``walkthrough``
says of a graph that was built anew with the changed numbers.
"""

from __future__ import annotations

import base64
import json
import math
import random
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from conftest import Open
from hypothesis import given, settings
from random_graphs import Instructions, grown, instructions
from samples import needs_dot
from test_browser import page_with, place, press
from test_graphs import QUICK
from test_walkthrough import named

from autograd import Value, primitive, topological_order, walkthrough
from autograd import sin as sine
from autograd.drawing import format_number, parts_of
from autograd.drawing.notation import format_range
from autograd.html import asset, rows_script
from autograd.languages import javascript_rows, row_key
from autograd.primitives import TABLE
from autograd.program import Program, partials_program, traced_input, tracing
from autograd.steps.live import Page
from nn import MLP

NODE = shutil.which("node")

OF_ONE = [
    "sin", "cos", "tan", "tanh", "sigmoid", "sigmoid_slope", "softplus", "atan", "erf", "gaussian", "expm1", "exp",
    "sinh", "cosh", "asinh", "exp2", "neg", "relu", "abs", "one_minus_square",
]  # fmt: skip
OF_SEVERAL = ["add", "sub", "mul", "hypot", "maximum", "minimum", "atan2", "dot", "total", "logsumexp", "where"]
STARTS = (0.5, -1.25, 2.0)

STAND_IN = """
const box = {};
const rows = (text) => {
  new Function("document", text)({ currentScript: { closest: () => box } });
  return box.rows;
};
"""


Run = Callable[[str, object], Any]


@pytest.fixture
def run(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Run]:
    """Calls a function of JavaScript, beside the scripts of the page, with some data, and gives what it gives."""
    scripts = f"{STAND_IN}{asset('numbers.js')}\n{asset('walk.js')}\n"

    def under_node(body: str, data: object) -> Any:
        (tmp_path / "data.json").write_text(json.dumps(data), encoding="utf-8")
        read = f"JSON.parse(require('fs').readFileSync({json.dumps(str(tmp_path / 'data.json'))}))"
        text = f"{scripts}console.log(JSON.stringify(({body})({read})));"
        (tmp_path / "run.js").write_text(text, encoding="utf-8")
        done = subprocess.run([NODE or "node", str(tmp_path / "run.js")], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr[-2000:]
        return json.loads(done.stdout)

    if NODE:
        yield under_node
        return
    page = request.getfixturevalue("browser").new_page()

    def in_browser(body: str, data: object) -> Any:
        return json.loads(page.evaluate(f"(data) => {{ {scripts} return JSON.stringify(({body})(data)); }}", data))

    yield in_browser
    page.close()


WALKS = """(cases) => cases.map(({ page, script, leaves }) => {
  const walk = new Walk(page, script && rows(script));
  if (leaves) walk.compute(walk.given.map((x, i) => (i in leaves ? leaves[i] : x)));
  const text = ([words, texts]) => (words ? walk.say(words, texts) : texts.text);
  return walk.steps.map((step) => [walk.line(step), walk.card(step).map(text)]);
})"""


def graph(made: Instructions, xs: Sequence[float]) -> tuple[Value, list[Value]]:
    leaves = [named(x, f"x{i}") for i, x in enumerate(xs)]
    return grown(made, leaves)[-1], leaves


def page_of(root: Value, order: str, live: bool = True) -> tuple[Any, Page]:
    walk = walkthrough(root, order=order)
    page = Page(walk._recorder, walk._scene.ids)
    if not live:
        page.script = ""  # as of a graph with a row that cannot be written out
    return walk, page


def told(root: Value, order: str) -> list[Any]:
    walk = walkthrough(root, order=order)
    return [[step.text, walk.card(step.index)] for step in walk]


@pytest.mark.parametrize("order", ["topological", "naive"])
def test_the_page_says_what_python_says_at_first_and_after_every_change(order: str, run: Run) -> None:
    rng, cases, expected = random.Random(7), [], []
    for _ in range(40):
        made = [
            (rng.choice(OF_ONE + OF_SEVERAL), [rng.randrange(99) for _ in range(5)]) for _ in range(rng.randint(1, 8))
        ]
        root, leaves = graph(made, STARTS)
        for live in (True, False):
            _, page = page_of(root, order, live)
            assert bool(page.script) == live
            cases.append({"page": page.data(), "script": page.script})
            expected.append(told(root, order))
        _, page = page_of(root, order)
        moved = [rng.choice([0.0, 1.0, -1.0, 2.0, rng.gauss(0, 2)]) for _ in leaves]
        places = {page.number[leaf]: x for leaf, x in zip(leaves, moved, strict=True) if leaf in page.number}
        cases.append({"page": page.data(), "script": page.script, "leaves": places})
        expected.append(told(graph(made, moved)[0], order))
    assert run(WALKS, cases) == expected


def test_numbers_are_written_as_python_writes_them(run: Run) -> None:
    rng = random.Random(3)
    xs = [
        0.0,
        -0.0,
        1.0625,
        0.00390625,
        2.5e-5,
        999.99999999,
        123456.5,
        999999.5,
        1e6,
        1e-300,
        12345678.9,
        3.0000000001,
    ]
    xs += [rng.choice([1, -1]) * rng.random() * 10.0 ** rng.randint(-12, 12) for _ in range(2000)]
    xs += [rng.randint(-(2**20), 2**20) / 2 ** rng.randint(0, 20) for _ in range(2000)]  # halves that are exact
    assert run("(xs) => xs.map(formatNumber)", xs) == [format_number(x) for x in xs]


NUMBERS = """(cases) => cases.map(({ page, script, moved }) => {
  const walk = new Walk(page, rows(script));
  return moved.map((leaves) => {
    walk.compute(walk.given.map((x, i) => (i in leaves ? leaves[i] : x)));
    return [walk.data[walk.root], Object.keys(leaves).map((i) => walk.grads[i])];
  });
})"""


def test_a_thousand_random_drags_give_the_numbers_of_python(run: Run) -> None:
    rng, cases, expected = random.Random(13), [], []
    for _ in range(20):
        made = [(rng.choice(OF_ONE + OF_SEVERAL), [rng.randrange(99) for _ in range(5)]) for _ in range(6)]
        root, leaves = graph(made, STARTS)
        _, page = page_of(root, "topological")
        used = [i for i, leaf in enumerate(leaves) if leaf in page.number]
        draws = [[rng.gauss(0, 2) for _ in leaves] for _ in range(50)]
        moved = [{page.number[leaves[i]]: xs[i] for i in used} for xs in draws]
        cases.append({"page": page.data(), "script": page.script, "moved": moved})
        for xs in draws:
            again, others = graph(made, xs)
            again.backward()
            by_number = sorted((page.number[leaves[i]], others[i].grad) for i in used)
            expected.append((again.data, [grad for _, grad in by_number]))
    found = [result for case in run(NUMBERS, cases) for result in case]
    assert len(found) == 1000
    for (data, grads), (expected_data, expected_grads) in zip(found, expected, strict=True):
        assert data == pytest.approx(expected_data, rel=1e-12, abs=1e-14)
        assert grads == pytest.approx(expected_grads, rel=1e-10, abs=1e-12)


def close(x: float, y: float) -> bool:
    return (math.isnan(x) and math.isnan(y)) or math.isclose(x, y, rel_tol=1e-12, abs_tol=1e-300) or x == y


def test_every_row_computes_in_the_page_what_it_computes_in_python(run: Run) -> None:
    """Values, partials and special points, at usual points and at hard ones."""
    rng, points = random.Random(5), []
    hard = [0.0, -0.0, 1.0, -1.0, 0.5, 2.0, -3.0, 40.0, -40.0, 1e-300, 1e200, -1e200, math.inf, -math.inf, math.nan]

    def draw_number() -> float:
        return rng.choice(hard) if rng.random() < 0.4 else rng.gauss(0, 2)

    for name, row in TABLE.items():
        count = 3 if row.variadic else len(row.domain)
        points += [(name, count, [x] * count) for x in hard]
        points += [(name, count, [draw_number() for _ in range(count)]) for _ in range(60)]
    sent = [[row_key(TABLE[name], count), [as_text(x) for x in xs]] for name, count, xs in points]
    keys = {(TABLE[name], count): None for name, count, _ in points}
    script = rows_script("walk", {row_key(*key): text for key, text in javascript_rows(keys).items()})
    body = """({ script, sent }) => { const R = rows(script); return sent.map(([key, texts]) => {
      const xs = texts.map(Number), out = R[key].forward(...xs);
      return [String(out), R[key].partials(...xs, out).map(String)];
    }); }"""
    found = run(body, {"script": script, "sent": sent})
    for (name, count, xs), (out, partials) in zip(points, found, strict=True):
        expected_out, expected_partials = by_python(name, count, xs)
        assert close(as_number(out), expected_out), (name, xs, out, expected_out)
        for x, y in zip(map(as_number, partials), expected_partials, strict=True):
            assert close(x, y) or not math.isfinite(expected_out), (name, xs, partials, expected_partials)


def by_python(name: str, count: int, xs: list[float]) -> tuple[float, list[float]]:
    row, inputs = TABLE[name], [traced_input() for _ in range(count)]
    with tracing():
        made = row(*inputs)
    (out,) = Program(inputs, [made]).evaluate(xs)
    return out, partials_program(row, count).evaluate([*xs, out])


def as_text(x: float) -> str:
    return "NaN" if x != x else "Infinity" if x == math.inf else "-Infinity" if x == -math.inf else repr(x)


def as_number(text: str) -> float:
    return float(text.replace("Infinity", "inf"))


def test_every_row_of_the_table_can_be_printed() -> None:
    for row in TABLE.values():
        count = 3 if row.variadic else len(row.domain)
        assert javascript_rows([(row, count)])[row, count].startswith("{forward: (")


def test_a_primitive_of_ones_own_explains_itself_and_is_live_where_its_forward_can_be_written_out() -> None:
    softsign = primitive(
        "softsign", lambda x: x / (1.0 + abs(x)), lambda x, out: ((1.0 - abs(out)) * (1.0 - abs(out)),)
    )
    walk, page = page_of(softsign(named(1.0, "x")), "topological")
    assert walk.card(2)[0] == "slope along x → n1 = (1 − abs(n1))² = (1 − abs(0.5))² = 0.25"
    assert "R" in page.script
    assert not page.apology
    versine = primitive("versine", lambda x: 1 - math.cos(x), lambda x, out: (sine(x),))
    walk, page = page_of(versine(named(1.0, "x")), "topological")
    assert walk.card(2)[0] == "slope along x → n1 = sin(x) = sin(1) = 0.8415"
    assert not page.script
    assert page.apology.startswith("the forward of versine cannot be written out")


# --- in a browser -------------------------------------------------------------------------------------------


def field(player: Any, name: str) -> Any:
    return player.get_by_label(f"{name}, its number")


@pytest.mark.slow
@needs_dot
def test_random_drags_and_typed_numbers_give_what_python_gives(open_page: Open) -> None:
    rng, build = random.Random(11), lambda a, b, c: (a * b + c).tanh() * a + (b * b + 1.0).sqrt() * c.sigmoid()

    def make(xs: Sequence[float]) -> Value:
        root: Value = build(*(named(x, name) for name, x in zip("abc", xs, strict=True)))
        root.label = "L"
        return root

    page = open_page(page_with(walkthrough(make(STARTS))))
    player = page.locator(".stepgrad-player")
    player.locator("summary").click()
    for turn in range(40):
        xs = [round(rng.gauss(0, 2), 3) for _ in "abc"]
        for name, x in zip("abc", xs, strict=True):
            field(player, name).fill(str(x))
            field(player, name).press("Enter")
        walk = walkthrough(make(xs))
        assert player.locator("li").all_text_contents() == [step.text for step in walk]
        at = rng.randrange(len(walk))
        player.get_by_role("slider").fill(str(at))
        assert player.locator(".card .lines p:not(.head)").all_text_contents() == walk.card(at), turn


@pytest.mark.slow
@needs_dot
def test_a_box_is_dragged_and_everything_changes_at_once(open_page: Open) -> None:
    root = (base := named(3.0, "x")) * base
    root.label = "y"
    page = open_page(page_with(walkthrough(root)))
    player = page.locator(".stepgrad-player")
    player.get_by_role("slider").fill("3")
    box = player.locator('g[data-part="n0"]').bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 100, y, steps=5)
    page.mouse.up()
    assert field(player, "x").input_value() == "4"
    assert place(player) == 3  # a drag is no click
    texts = player.locator("text[data-part]").evaluate_all("all => all.map(e => e.textContent)")
    assert {"16", "4", "grad 8", " slope 4"} <= {*texts}
    assert "x.grad = 4 + 4 = 8" in player.locator(".card").text_content()


@pytest.mark.slow
@needs_dot
def test_what_a_learner_may_do_with_the_numbers(open_page: Open) -> None:
    x = named(3.0, "x")
    y = x * x + 1
    y.label = "y"
    page = open_page(page_with(walkthrough(y)), reduced_motion="reduce")
    player = page.locator(".stepgrad-player")
    player.get_by_role("button", name="x, nudge by 0.001").click()
    assert player.locator(".told").text_content() == (
        "x + 0.001 really moves y by 0.006001; its gradient foretold 0.001 × 6 = 0.006."
    )
    player.get_by_role("button", name="Take a step").click()
    assert field(player, "x").input_value() == str(3.0 - 0.1 * 6.0)
    assert player.locator(".told").text_content() == "Each number moved by −0.1 × its gradient: y went from 10 to 6.76."
    assert player.locator(".curve svg").count() == 1
    player.get_by_role("button", name="Reset numbers").click()
    assert field(player, "x").input_value() == "3"
    field(player, "x").press("ArrowUp")
    assert field(player, "x").input_value() == "3.1"
    assert place(player) == -1


@pytest.mark.slow
@needs_dot
def test_the_learner_is_asked_first_gets_hints_and_a_score(open_page: Open) -> None:
    x = named(3.0, "x")
    y = x * x
    y.label = "y"
    page = open_page(page_with(walkthrough(y)))
    player = page.locator(".stepgrad-player")
    press(player, "Last")
    player.get_by_label("Ask me first").check()
    page.keyboard.press("Home")  # a box to tick has no use for that key
    assert place(player) == -1
    press(player, "Forward")
    card, answer = player.locator(".card"), player.get_by_label("Your answer")
    assert "9" not in card.text_content()
    assert player.locator('text[data-part="n1.data"]').text_content() == ""
    answer.fill("9")
    answer.press("Enter")
    assert "y = x * x = 3 × 3 = 9" in card.text_content()
    player.get_by_role("slider").fill("3")
    answer.fill("3")  # what comes along this arrow alone
    answer.press("Enter")
    assert "x.grad has 3 from another way already" in card.text_content()
    answer.fill("6")
    answer.press("Enter")
    assert player.locator(".told").text_content() == "Right: 6. 1 of 2 right at the first try."
    press(player, "Last")
    assert card.locator("p").last.text_content() == "1 of 2 right at the first try."


@pytest.mark.slow
@needs_dot
def test_an_arrow_shows_its_curve_and_a_box_the_sum_over_its_ways(open_page: Open) -> None:
    x = named(0.5, "x")
    y = x.tanh() * x
    y.label = "y"
    page = open_page(page_with(walkthrough(y)))
    player = page.locator(".stepgrad-player")
    press(player, "Last")
    player.locator('g[data-part="e1.0"] path').dispatch_event("pointerover", {"bubbles": True})
    looked = player.locator(".looked")
    assert looked.locator("p").text_content() == "n1 for each x, and its slope 0.7864 here"
    assert looked.locator(".plotted, .tangent, .point").count() == 3
    player.locator('g[data-part="n0"]').dispatch_event("pointerover", {"bubbles": True})
    assert looked.locator("p").all_text_contents()[1:] == [
        "y.grad × slope = 1 × 0.4621 = 0.4621", "n1.grad × slope = 0.5 × 0.7864 = 0.3932",
    ]  # fmt: skip


@pytest.mark.slow
@needs_dot
@pytest.mark.parametrize("size", [(1280, 720), (1280, 800), (390, 844)])
def test_nothing_moves_and_nothing_is_too_small_to_read(open_page: Open, size: tuple[int, int]) -> None:
    a, b = named(2.0, "a"), named(-3.0, "b")
    y = ((a * b + 6.5).tanh() * a).sigmoid() + b * b
    page = open_page(page_with(walkthrough(y)), viewport={"width": size[0], "height": size[1]})
    player = page.locator(".stepgrad-player")
    tops = set()
    for _ in range(16):
        tops.add(tuple(player.locator(s).bounding_box()["y"] for s in (".controls", ".picture", ".leaves", "summary")))
        press(player, "Forward")
    assert len(tops) == 1
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    sizes = page.locator(".stepgrad-player *").evaluate_all(
        "all => all.filter(e => e.childNodes.length && [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()))"
        ".filter(e => !e.closest('style, script')).map(e => e.getScreenCTM && e.closest('.picture')"
        " ? parseFloat(getComputedStyle(e).fontSize) * e.getScreenCTM().a : parseFloat(getComputedStyle(e).fontSize))"
    )
    assert min(sizes) >= 10.9


@given(instructions(OF_ONE + OF_SEVERAL, 6))
@settings(QUICK, max_examples=25)
def test_a_card_says_the_numbers_of_its_step(made: Instructions) -> None:
    root, _ = graph(made, STARTS)
    walk = walkthrough(root)
    for step in walk:
        lines = walk.card(step.index)
        if step.parent is not None and step.partial is not None and step.contribution is not None:
            assert lines[0].endswith(f"= {format_number(step.partial)}")
            assert lines[1].endswith(f" = {format_number(step.contribution)}")
            assert lines[2].endswith(f" = {format_number(step.after or 0.0)}")


@pytest.mark.slow
@needs_dot
def test_the_boxes_of_parts_change_with_the_numbers_too(open_page: Open) -> None:
    inputs = [named(1.0, "x1"), named(2.0, "x2")]
    loss = (MLP(2, [3, 1], activation="tanh", seed=1)(inputs) - 1.0) ** 2
    page = open_page(page_with(walkthrough(loss, depth=1)))
    player = page.locator(".stepgrad-player")
    box = player.locator('text[data-part^="g"]').first
    before = box.text_content()
    assert before == "out " + format_range(node.data for node in layer_outputs(loss))
    field(player, "x1").fill("-3")
    moved = (MLP(2, [3, 1], activation="tanh", seed=1)([-3.0, 2.0]) - 1.0) ** 2
    assert box.text_content() == "out " + format_range(node.data for node in layer_outputs(moved)) != before


def layer_outputs(loss: Value) -> list[Value]:
    return [node for node in topological_order(loss) if node._op == "tanh"]


@pytest.mark.slow
@needs_dot
def test_the_arrow_of_a_step_is_reached_and_explained_by_the_keyboard(open_page: Open) -> None:
    x = named(0.5, "x")
    page = open_page(page_with(walkthrough(x.tanh() * 2.0)))
    player = page.locator(".stepgrad-player")
    press(player, "Last")
    press(player, "Back")
    arrow = player.get_by_role("img", name="slope along x → n1")
    arrow.focus()
    assert player.locator(".looked p").text_content() == "n1 for each x, and its slope 0.7864 here"
    player.get_by_role("img", name="n1", exact=True).focus()
    assert player.locator(".looked p").first.text_content() == "n1 moves n3 by 2 for each 1"


@pytest.mark.slow
@needs_dot
def test_marimo_gets_the_page_in_a_frame(open_page: Open) -> None:
    kind, text = walkthrough(named(2.0, "x") * 3)._display_()._mime_()
    assert kind == "text/html"
    page = open_page(f"<!DOCTYPE html><meta charset='utf-8'><body>{text}")
    frame = page.frame_locator("iframe")
    frame.get_by_role("button", name="Forward", exact=True).click()
    assert frame.locator(".card .formula").text_content() == "n2 = x * 3 = 2 × 3 = 6"


@pytest.mark.slow
@needs_dot
def test_players_play_where_scripts_run_outside_of_their_place(open_page: Open) -> None:
    """As in some notebooks: each script of an output is run at the end of the document, one after the other."""
    x = named(2.0, "x")
    output = walkthrough(x * 3).player() + walkthrough(x.tanh()).player()
    page = open_page("<!DOCTYPE html><meta charset='utf-8'><body><div id='output'></div>")
    page.evaluate(
        """(html) => {
          const output = document.getElementById("output");
          output.innerHTML = html;
          for (const script of output.querySelectorAll("script:not([type])")) {
            const twin = document.createElement("script");
            twin.text = script.text;
            document.head.append(twin);
          }
        }""",
        output,
    )
    first, second = page.locator(".stepgrad-player").all()
    for player, formula in ((first, "n2 = x * 3 = 2 × 3 = 6"), (second, "n1 = tanh(x) = tanh(2) = 0.964")):
        press(player, "Forward")
        assert player.locator(".card .formula").text_content() == formula


# --- parts of the program, lines, papers ----------------------------------------------------------------------


@pytest.mark.slow
@needs_dot
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1280, 720), (390, 844)])
def test_parts_open_and_close_one_by_one(open_page: Open, size: tuple[int, int], scheme: str) -> None:
    inputs = [named(1.0, "x1"), named(2.0, "x2")]
    loss = (MLP(2, [3, 1], activation="tanh", seed=1)(inputs) - 1.0) ** 2
    page = open_page(
        page_with(walkthrough(loss, depth=1)), viewport={"width": size[0], "height": size[1]}, color_scheme=scheme
    )
    player = page.locator(".stepgrad-player")
    door, last = player.locator(".door"), lambda: int(player.get_by_role("slider").get_attribute("max"))
    press(player, "Forward")
    closed = last()
    assert player.locator(".head").text_content().startswith("forward layers.0: 6 steps")
    door.press("Enter")  # opens layers.0: its neurons are places of their own
    assert player.locator(".head").text_content().startswith("forward layers.0.neurons.0: 2 steps")
    assert last() > closed
    door.press("Enter")
    assert player.locator(".head").text_content().endswith("Close layers.0.neurons.0")
    assert player.locator(".card .formula").count() == 1
    opened = last()
    door.click()
    assert door.text_content() == "Open layers.0.neurons.0"
    assert last() < opened
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    press(player, "Last")
    press(player, "Back")
    assert place(player) >= 0


def test_two_calls_of_one_module_are_two_parts() -> None:
    model = MLP(1, [1], activation="tanh", seed=1)
    walk, _ = page_of(model([model([named(0.5, "x")])]), "topological")
    names, around = parts_of(walk._order, 1)
    calls = [name for name in names if "neurons" not in name]
    assert [name.rpartition(", ")[2] for name in calls] == ["call 1 of 2", "call 2 of 2"]
    assert len({chain[0] for chain in around.values()}) == 2


@pytest.mark.slow
@needs_dot
def test_the_card_says_the_line_of_the_program(open_page: Open) -> None:
    a, b = named(2.0, "a"), named(-3.0, "</script><b>")

    def product() -> Value:
        return a * b  # "<b>"

    walk = walkthrough(product)
    page = open_page(page_with(walk))
    player = page.locator(".stepgrad-player")
    press(player, "Forward")
    assert player.locator(".card .source").text_content() == walk[0].line
    assert walk[0].line.endswith(': return a * b  # "<b>"')
    assert player.locator(".card .lines p:not(.head)").all_text_contents() == walk.card(0)


@needs_dot
def test_papers_get_the_last_picture_as_a_png() -> None:
    x = named(3.0, "x")
    bundle = walkthrough(x * x)._repr_mimebundle_()
    assert [*bundle] == ["text/html", "text/plain", "image/png"]
    assert base64.b64decode(bundle["image/png"]).startswith(b"\x89PNG")
