"""The pictures and the player of a walk, as text: what is in them, and that no label breaks out of them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
import zipfile
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import NASTY, needs_dot
from test_graphs import QUICK, Program, programs, root_of
from test_walkthrough import doubled, lesson, named

from autograd import DrawError, Walkthrough, topological_order, total, walkthrough
from autograd.drawing import format_number as number
from autograd.html import escape
from nn import MLP

ROOT = Path(__file__).parent.parent


class Reader(HTMLParser):
    """The elements of a page with their attributes, and the text inside each."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.scripts: list[str] = []
        self._in = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._in = tag
        if tag == "li":
            self.texts.append("")
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        self._in = ""

    def handle_data(self, data: str) -> None:
        if self._in == "li":
            self.texts[-1] += data
        elif self._in == "script":
            self.scripts[-1] += data

    def only(self, tag: str) -> dict[str, str | None]:
        (found,) = (attributes for name, attributes in self.elements if name == tag)
        return found


def html(w: Walkthrough) -> str:
    return w._repr_mimebundle_()["text/html"]


def parts(svg: str) -> dict[str, str]:
    """The text of every part that frames write into."""
    return {
        e.attrib["data-part"]: e.text or ""
        for e in ET.fromstring(svg).iter()
        if e.tag.endswith("}text") and "data-part" in e.attrib
    }


def marked(svg: str, mark: str) -> set[str]:
    """The parts that have a class."""
    groups = [e for e in ET.fromstring(svg).iter() if e.tag.endswith("}g") and "data-part" in e.attrib]
    return {e.attrib["data-part"].split()[-1] for e in groups if mark in e.attrib["class"].split()}


@pytest.fixture
def no_dot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STEPGRAD_DOT", raising=False)
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)


# --- the picture at a step ----------------------------------------------------------------------------------


@needs_dot
def test_the_picture_shows_what_is_known_at_its_step_and_marks_what_the_step_touches() -> None:
    root, *_ = lesson()  # a b e c d f L are n0 … n6
    w = walkthrough(root)
    start = w.svg(0)
    assert {part: text for part, text in parts(start).items() if "slope" not in part} == {
        "n0.data": "2", "n0.grad": "", "n1.data": "-3", "n1.grad": "", "n2.data": "-6", "n2.grad": "",
        "n3.data": "10", "n3.grad": "", "n4.data": "", "n4.grad": "", "n5.data": "-2", "n5.grad": "",
        "n6.data": "", "n6.grad": "",
    }  # fmt: skip
    assert marked(start, "forward") == {"n0", "n1", "e2.0", "e2.1", "o2", "n2"}
    assert marked(start, "todo") == {"n4", "o4", "e4.0", "e4.1", "n6", "o6", "e6.0", "e6.1"}
    middle = w.svg(6)
    assert marked(middle, "backward") == {"n4", "o4", "e4.0", "n2"}
    assert marked(middle, "forward") == marked(middle, "todo") == set()
    assert {part: text for part, text in parts(middle).items() if part.endswith("grad")} == {
        "n0.grad": "", "n1.grad": "", "n2.grad": "grad -2", "n3.grad": "", "n4.grad": "grad -2",
        "n5.grad": "grad 4", "n6.grad": "grad 1",
    }  # fmt: skip
    assert {part: text.strip() for part, text in parts(middle).items() if part.endswith("slope")} == {
        "e2.0.slope": "", "e2.1.slope": "", "e4.0.slope": "slope 1", "e4.1.slope": "", "e6.0.slope": "slope -2",
        "e6.1.slope": "slope 4",
    }  # fmt: skip
    assert w.svg(-1) == w.svg(9)
    assert w.svg(0) == start
    with pytest.raises(IndexError):
        w.svg(10)


@needs_dot
def test_the_picture_stands_alone_with_a_title_and_no_ids_to_clash() -> None:
    svg = walkthrough(lesson()[0]).svg(3)
    tree = ET.fromstring(svg)
    assert tree.attrib["role"] == "img"
    assert tree[0].text == "computation graph of L"
    assert not [e for e in tree.iter() if "id" in e.attrib or e.tag.endswith("}script")]
    assert svg.count("<title>") == 1  # those of dot would pop up as n0->o2


@needs_dot
@settings(QUICK, max_examples=12)
@given(programs())
def test_the_last_picture_shows_the_gradients_of_backward(program: Program) -> None:
    root, _ = root_of(program)
    w = walkthrough(root)
    shown = parts(w.svg(-1))
    reached = {step.node if step.parent is None else step.parent for step in w if step.after is not None}
    root.backward()
    for i, node in enumerate(topological_order(root)):
        assert shown[f"n{i}.data"] == number(node.data)
        if node in reached:
            assert shown[f"n{i}.grad"] == f"grad {number(node.grad)}"
        else:
            assert shown.get(f"n{i}.grad", "") == ""


@needs_dot
def test_the_edges_of_one_value_used_twice_are_marked_one_by_one() -> None:
    x = named(3.0, "x")
    w = walkthrough(x * x)
    assert [marked(w.svg(i), "backward") for i in (2, 3)] == [
        {"n1", "o1", "e1.0", "n0"}, {"n1", "o1", "e1.1", "n0"},
    ]  # fmt: skip


@needs_dot
def test_a_value_that_is_drawn_again_is_filled_in_everywhere_and_marked_where_it_is_used() -> None:
    x, w = named(0.5, "x"), named(0.9, "w")
    for _ in range(60):
        x = x * w
    walk = walkthrough(x)
    svg = walk.svg(-1)
    texts = re.findall(r'data-part="n1.grad">([^<]*)<', svg)
    assert len(texts) == 60
    assert set(texts) == {f"grad {number(walk.gradients()[w])}"}
    assert {part for part in marked(svg, "backward") if part.startswith("n1_")} == {"n1_2"}


@needs_dot
def test_a_naive_walk_shows_the_wrong_result_beside_the_right_one() -> None:
    c, *_ = doubled()
    w = walkthrough(c, order="naive")
    assert parts(w.svg(-1))["n0.grad"] == "grad 6 ≠ 4"
    assert marked(w.svg(-1), "wrong") == {"n0"}
    assert marked(w.svg(7), "wrong") == {"n1", "o1", "e1.0", "n0"}


@needs_dot
def test_the_picture_and_the_steps_keep_what_the_graph_was() -> None:
    root, a, *_ = lesson()
    w = walkthrough(root)
    before = w.svg(4), html(w), str(w)
    later = walkthrough(root)
    a.data, a.label, a.requires_grad = 77.0, "changed", False
    root.backward()
    assert (w.svg(4), html(w), str(w)) == before
    assert (later.svg(4), html(later), str(later)) == before
    assert w.gradients()[a] == 6.0


# --- the page -----------------------------------------------------------------------------------------------


@needs_dot
def test_a_page_is_one_file_that_loads_nothing(tmp_path: Path) -> None:
    walkthrough(lesson()[0]).save(tmp_path / "steps.html")
    page = (tmp_path / "steps.html").read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>")
    read = Reader(page)
    assert not [tag for tag, _ in read.elements if tag in ("link", "iframe", "object", "embed")]
    assert all((attributes.get("src") or "data:").startswith("data:") for _, attributes in read.elements)
    assert "http" not in re.sub(r"data:image[^\"]*", "", page).replace("http-equiv", "").replace("image/svg", "")
    assert len(page) < 90_000


@needs_dot
@pytest.mark.parametrize("widths", [[4, 2, 1], [4, 1], [8, 8, 1]])  # the last is shown in parts
def test_a_page_takes_120_kilobytes_and_150_bytes_a_step(widths: list[int], tmp_path: Path) -> None:
    loss = (MLP(2, widths, activation="tanh", seed=1)([1.0, -2.0]) - 1.0) ** 2
    w = walkthrough(loss, expand=True)
    assert len(w) > 70
    w.save(tmp_path / "steps.html")
    assert (tmp_path / "steps.html").stat().st_size <= 120_000 + 150 * len(w)


def test_a_walk_is_saved_as_html_alone(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"saved as \.html, not as 'steps.svg'"):
        walkthrough(lesson()[0]).save("steps.svg")


@needs_dot
def test_where_scripts_and_styles_are_stripped_the_picture_and_the_list_remain() -> None:
    w = walkthrough(lesson()[0])
    page = html(w)
    bare = Reader(re.sub(r"(?s)<(script|style|svg)\b.*?</\1>", "", page))
    assert bare.texts == [step.text for step in w]
    image = bare.only("img")
    assert image["alt"] == "L step by step"
    head, _, data = (image["src"] or "").partition(",")
    assert head == "data:image/svg+xml"
    ET.fromstring(unquote(data))
    for text in parts(w.svg(-1)).values():
        assert f">{escape(text)}</text>" in unquote(data)
    assert [tag for tag, _ in bare.elements if tag in ("details", "summary", "ol")] == ["details", "summary", "ol"]


@needs_dot
def test_a_notebook_gets_the_text_too() -> None:
    w = walkthrough(lesson()[0])
    assert w._repr_mimebundle_()["text/plain"] == repr(w) == str(w)


@pytest.mark.usefixtures("no_dot")
def test_without_any_dot_the_steps_are_there_as_an_open_list(tmp_path: Path) -> None:
    w = walkthrough(lesson()[0])
    read = Reader(html(w))
    assert read.texts == [step.text for step in w]
    assert not [tag for tag, _ in read.elements if tag == "img"]
    assert "open" in read.only("details")
    assert "No picture: a picture needs a dot executable, and there is none here." in html(w)
    assert len(json.loads(read.scripts[0])["nodes"]) == 7
    w.save(tmp_path / "steps.html")
    assert (tmp_path / "steps.html").is_file()
    with pytest.raises(DrawError, match="graphviz-pure"):
        w.svg(0)


def test_a_notebook_is_not_filled_with_more_steps_than_anyone_plays() -> None:
    x = named(0.5, "x")
    for _ in range(6_000):
        x = x.sin()
    w = walkthrough(x)
    assert w._repr_mimebundle_() == {"text/plain": repr(w)}


@needs_dot
def test_a_graph_too_large_to_look_at_is_collapsed_first() -> None:
    w = walkthrough(total([named(1.0, f"x{i}") for i in range(1500)]))
    assert "<img" in html(w)
    svg = w.svg(0)
    assert "1,501 values, more than can be shown one by one" in svg
    assert len(svg) < 20_000
    assert len(marked(svg, "forward")) == 2


@needs_dot
def test_with_a_depth_the_parts_are_boxes_and_their_steps_mark_them() -> None:
    loss = (MLP(2, [2, 1], seed=1)([1.0, -2.0]) - 1.0) ** 2
    w = walkthrough(loss, depth=1)
    assert [step.text for step in w] == [step.text for step in walkthrough(loss)]
    assert "layers.0" in w.svg(0)
    assert {box[0] for box in marked(w.svg(0), "forward")} == {"g", "n"}  # the layer, and the inputs
    assert marked(w.svg(-1), "backward") <= marked(w.svg(-1), "node")
    data = json.loads(Reader(html(w)).scripts[0])
    assert data["byParts"]
    assert {scope for scope in data["scopes"] if scope} == {"layers.0", "layers.1"}
    with pytest.raises(ValueError, match="depth must be a whole number from 0"):
        walkthrough(loss, depth=-1)


# --- labels that want out -----------------------------------------------------------------------------------

HOSTILE = [
    *NASTY, "</script><script>window.pwned=1</script>", "<img src=x onerror=window.pwned=1>", "]]>", "<!--<script>",
    "\\u003c/script>", "{|}", "' onclick='window.pwned=1", '" onload="window.pwned=1', "</li></ol></details>",
    "&lt;script&gt;", "</style>", "{title}", "</title>", "\u2029\u2028", "\0class:0:n0\0",
]  # fmt: skip
OURS = {"div", "img", "details", "summary", "ol", "li", "script", "style"}


def check_harmless(labels: list[str]) -> None:
    leaves = [named(1.0, label) for label in labels]
    root = total(leaves)
    root.label = labels[-1]
    w = walkthrough(root)
    page = html(w)
    read = Reader(page)
    assert {tag for tag, _ in read.elements} <= OURS
    assert len(read.scripts) == 3  # the data, the rows of the graph, and ours
    # The script of the rows is the same for every label.
    assert read.scripts[1] == Reader(html(walkthrough(total([named(1.0, "") for _ in labels])))).scripts[1]
    assert read.texts == [step.text for step in w]
    allowed = {"class", "role", "aria-label", "dir", "alt", "src", "open", "start", "type"}
    assert {name for _, attributes in read.elements for name in attributes} <= allowed
    data = json.loads(read.scripts[0])
    names = [name for name, node in zip(data["names"], data["nodes"], strict=True) if node[1] != "given"]
    in_page = unquote((read.only("img")["src"] or "").partition(",")[2])
    for svg in (w.svg(-1), in_page):
        tags = {e.tag.rpartition("}")[2] for e in ET.fromstring(svg).iter()}
        assert tags <= {"svg", "title", "desc", "style", "g", "path", "polygon", "text", "rect"}
    assert len(names) == len(leaves) + 1


@needs_dot
def test_labels_made_to_break_out_stay_labels() -> None:
    check_harmless(HOSTILE)


@needs_dot
@settings(max_examples=8, deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=()), max_size=24), min_size=10, max_size=20))
def test_any_label_stays_a_label(labels: list[str]) -> None:
    check_harmless(labels)


# --- what is in the package ----------------------------------------------------------------------------------

ASSETS = {
    "arithmetic.js", "colours.css", "compact.css", "film.css", "film.js", "inline.js", "live.js", "numbers.js",
    "page.css", "parts.css", "parts.js", "player.css", "player.js", "scene.css", "view.js", "walk.js",
}  # fmt: skip


def test_the_assets_are_in_the_package() -> None:
    folder = files("autograd.html").joinpath("assets")
    assert {file.name for file in folder.iterdir()} >= ASSETS


@pytest.mark.slow
def test_the_assets_are_in_the_wheel(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(tmp_path), str(ROOT)],
        check=True,
        timeout=300,
    )
    (wheel,) = tmp_path.glob("*.whl")
    held = set(zipfile.ZipFile(wheel).namelist())
    assert held >= {f"autograd/html/assets/{name}" for name in ASSETS}


def test_walking_imports_nothing_heavy() -> None:
    heavy = {"graphviz", "numpy", "subprocess", "shutil", "base64", "json", "html", "importlib.resources", "inspect"}
    code = f"import sys; before = set(sys.modules); import autograd; print({heavy} & (set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
