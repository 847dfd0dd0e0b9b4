"""The drawing of a graph: its DOT text, its text lines, and what happens with and without a dot executable."""

import math
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from importlib import import_module
from pathlib import Path
from urllib.parse import unquote

import graphviz
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from samples import NASTY, needs_dot

from autograd import StaleGraphError, Value, dot, explain, lt, primitive, total, walkthrough, where
from autograd.drawing import DrawError, draw, find_dot, format_number
from autograd.drawing.notation import MAX_LABEL

module = import_module("autograd.drawing")


def named(data: float, label: str, requires_grad: bool = True) -> Value:
    return Value(data, label=label, requires_grad=requires_grad)


def edges(source: str) -> list[tuple[str, str, str]]:
    """(tail, head, label without its markup) of every edge."""
    found = re.findall(r"^\t(\w+) -> (\w+) \[weight=\d+(?: label=<(.*)>)?\]$", source, re.MULTILINE)
    return [(tail, head, re.sub("<[^>]*>", "", label).strip()) for tail, head, label in found]


def boxes(source: str) -> dict[str, str]:
    """The attributes of every node."""
    return dict(re.findall(r"^\t([no]\d\w*) \[(.*)\]$", source, re.MULTILINE))


def chain_with_shared_weight(length: int) -> Value:
    x, w = named(0.5, "x"), named(0.9, "w")
    for _ in range(length):
        x = x * w
    return x


def svg_texts(svg: str) -> list[str]:
    root = ET.fromstring(svg)
    assert not [e for e in root.iter() if e.tag.endswith("script")]
    return [(e.text or "").rstrip("\u00a0") for e in root.iter() if e.tag.endswith("}text")]


# --- the DOT text ---------------------------------------------------------------------------------------


def test_the_same_graph_gives_the_same_text_byte_for_byte() -> None:
    def build() -> Value:
        a, b = named(2.0, "a"), Value(-3.0)
        out: Value = where(lt(a, b), a * b, (a / b).tanh()) ** 2
        out.backward()
        return out

    root = build()
    assert draw(root).source == draw(root).source == draw(build()).source
    assert draw(chain_with_shared_weight(100), max_nodes=1500).source == draw(chain_with_shared_weight(100)).source


def test_every_operand_has_its_edge_with_its_partial() -> None:
    x, y = Value(3.0), Value(4.0)
    assert edges(draw(x * x).source) == [("n0", "o1", "slope 3"), ("n0", "o1", "slope 3"), ("o1", "n1", "")]
    assert edges(draw(x * y).source) == [("n0", "o2", "slope 4"), ("n1", "o2", "slope 3"), ("o2", "n2", "")]


def test_operand_order_is_named_where_it_matters_and_only_there() -> None:
    x, y = Value(3.0), Value(4.0)
    assert [label for *_, label in edges(draw(x - y).source)] == ["left  slope 1", "right  slope -1", ""]
    assert [label for *_, label in edges(draw(y - x).source)] == ["left  slope 1", "right  slope -1", ""]
    assert [label for *_, label in edges(draw(x**y).source)][:2] == ["base  slope 108", "exponent  slope 88.99"]
    assert "<b>-</b>" in boxes(draw(y - x).source)["o2"]  # no name there that could be one of theirs
    assert "<b>+</b>" in boxes(draw(x + y).source)["o2"]
    chosen = edges(draw(where(lt(x, y), x, y)).source)
    assert [label.split()[0] for _, head, label in chosen if head == "o3"] == ["if", "then", "else"]
    fused = edges(draw(dot([x, y], [y, x], x)).source)
    assert [label.split()[0] for _, head, label in fused if label] == ["weight", "weight", "input", "input", "bias"]


def test_a_primitive_of_ones_own_is_drawn_even_if_its_name_is_taken() -> None:
    ours = primitive("where", lambda x, y: x + 2 * y, lambda x, y, out: (1.0, 2.0), symbol="<&>")
    source = draw(ours(Value(1.0), Value(2.0))).source
    assert [label for *_, label in edges(source)] == ["left  slope 1", "right  slope 2", ""]
    assert "&lt;&amp;&gt;" in boxes(source)["o2"]


def test_gradients_appear_once_one_is_not_zero() -> None:
    x, y = Value(3.0), Value(0.0)
    root = x * y + y
    assert "grad" not in draw(root).source
    assert "grad" not in str(draw(root))
    root.backward()
    assert "grad 0" in boxes(draw(root).source)["n0"]
    assert "grad 4" in boxes(draw(root).source)["n1"]


def test_frozen_leaves_and_plain_numbers_show_neither_gradient_nor_partial_and_look_different() -> None:
    w, x = named(2.0, "w"), named(5.0, "x", requires_grad=False)
    root = w * x + 7
    root.backward()
    drawn = boxes(draw(root).source)
    leaf, frozen, constant = drawn["n0"], drawn["n1"], drawn["n3"]
    assert "grad" in leaf
    assert "grad" not in frozen + constant
    looks = {re.sub("label=<.*> ", "", box) for box in (leaf, frozen, constant, drawn["n2"])}
    assert len(looks) == 4
    assert edges(draw(root).source)[:2] == [("n0", "o2", "slope 5"), ("n1", "o2", "")]


def test_a_drawing_keeps_what_the_graph_was() -> None:
    x = Value(3.0)
    root = x * x
    drawing = draw(root)
    before = drawing.source, str(drawing)
    root.backward()
    x.data = 8.0
    assert (drawing.source, str(drawing)) == before


def test_expand_writes_fused_operations_out() -> None:
    w, x = [named(1.0, "w1"), named(2.0, "w2")], [named(3.0, "x1"), named(4.0, "x2")]
    root = dot(w, x, 0.5)
    root.label = "out"
    root.backward()
    assert str(draw(root)).splitlines()[-1].split("    ")[0] == "out = dot(w1, w2, x1, x2, 0.5) = 11.5"
    lines = [line.split("    ")[0].strip() for line in str(draw(root, expand=True)).splitlines()]
    assert [line for line in lines if line.count("=") == 2] == [
        "n3 = w1 * x1 = 3", "n4 = 0.5 + n3 = 3.5", "n7 = w2 * x2 = 8", "out = n4 + n7 = 11.5"
    ]  # fmt: skip
    x[0].data = 9.0
    with pytest.raises(StaleGraphError, match="x1"):
        draw(root, expand=True)


def test_a_value_whose_edges_would_cross_the_picture_is_drawn_again_beside_each_use() -> None:
    source = draw(chain_with_shared_weight(100), max_nodes=1500).source
    drawn = boxes(source)
    assert "n1" not in drawn
    copies = [name for name in drawn if name.startswith("n1_")]
    assert len(copies) == 100
    assert all("<b>w</b>" in drawn[name] and "used 100×" in drawn[name] for name in copies)
    assert {tail for tail, head, _ in edges(source)} - set(drawn) == set()

    x, gate = Value(0.5), named(0.3, "").tanh()
    for _ in range(100):
        x = x + gate
    drawn = boxes(draw(x).source)
    assert "<b>n2</b>" in drawn["n2"]  # a computed value keeps its own box, and gets a name to be known by
    assert sum(name.startswith("n2_") and "<b>n2</b>" in box for name, box in drawn.items()) == 100


def test_a_value_with_many_uses_side_by_side_is_drawn_once() -> None:
    x = Value(1.0)
    layer = [dot([Value(0.1)], [x], Value(0.0)).tanh() for _ in range(100)]
    assert not [name for name in boxes(draw(total(layer)).source) if "_" in name]


def test_a_chain_of_50_000_nodes_is_drawn_without_recursion() -> None:
    x = Value(0.5)
    for _ in range(50_000):
        x = x.sin()
    drawing = draw(x, max_nodes=50_001)
    assert drawing.source.count(" -> ") == 100_000
    assert len(str(drawing).splitlines()) == 50_001
    assert "49941 more" in repr(drawing)
    assert len(repr(drawing).splitlines()) == 61


def test_the_digraph_is_the_same_text() -> None:
    drawing = draw(named(2.0, 'a "b" \\') * 3)
    assert type(drawing.digraph) is graphviz.Digraph
    assert drawing.digraph.source == drawing.source
    drawing.digraph.node("mine")  # adding to one does not change the next
    assert drawing.digraph.source == drawing.source


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (2.0, "2"), (-0.0, "-0"), (-0.6931471, "-0.6931"), (1.2e-5, "1.2e-05"), (123456.0, "123456"),
        (1e300, "1e+300"), (1234.5678, "1234.6"), (float("nan"), "nan"), (float("inf"), "inf"), (float("-inf"), "-inf"),
        (math.tanh(6.0), "0.99999"), (5.99999, "5.99999"), (-0.999999, "-0.999999"), (1e6 + 0.25, "1e+06"),
        (1.0 - 2.0**-53, "1.000"), (12345.0 + 2.0**-30, "12345.0"), (1000.0 - 2.0**-40, "1000.0"),
        (999_999.75, "999999.8"), (1e-320, "1e-320"),
    ],
)  # fmt: skip
def test_numbers_are_short(x: float, text: str) -> None:
    assert str(draw(Value(x))) == f"n0 = {text}"
    assert f"label=<{text}>" in boxes(draw(Value(x)).source)["n0"]


@given(st.floats(-1e300, 1e300) | st.integers(-(10**7), 10**7).map(lambda n: math.nextafter(n, 0)))
def test_a_number_looks_whole_exactly_where_it_is(x: float) -> None:
    text = format_number(x)
    assert float(text) == pytest.approx(x, rel=5e-4, abs=1e-323)
    if abs(x) < 1e6:
        assert text.lstrip("-").isdigit() == x.is_integer()


def test_pictures_lines_walkthrough_and_explain_write_a_number_in_one_way() -> None:
    x = named(6.0, "x")
    y = x.tanh()
    y.backward()
    written, slope = "0.99999", format_number(x.grad)
    assert f"= {written} " in str(draw(y)) + " "
    assert f"label=<{written}<br/>" in draw(y).source
    assert f"tanh(6) = {written}" in str(walkthrough(y))
    assert f"∂n1/∂x = {slope}:" in str(explain(x, y))
    assert f"slope {slope}>" in draw(y).source


def test_what_cannot_be_drawn_is_refused_with_advice() -> None:
    with pytest.raises(TypeError, match=r"not float"):
        draw(3.0)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"not list; for several"):
        draw([Value(1.0)])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="LR, TB, RL, BT"):
        draw(Value(1.0), direction="left")


# --- the text lines -------------------------------------------------------------------------------------


def test_the_text_shows_one_line_a_value_in_topological_order() -> None:
    a, b, c = named(2.0, "a"), named(-3.0, "b"), named(4.0, "c", requires_grad=False)
    e = a * b
    e.label = "e"
    root = -(e / c - 1).relu() + dot([a], [b])
    root.backward()
    assert [re.sub(" {4,}", " | ", line) for line in str(draw(root)).splitlines()] == [
        "a = 2 | grad -3",
        "b = -3 | grad 2",
        "e = a * b = -6 | grad 0",
        "c = 4 | frozen",
        "n4 = e / c = -1.5 | grad 0",
        "n6 = n4 - 1 = -2.5 | grad 0",
        "n7 = relu(n6) = 0 | grad -1",
        "n8 = -n7 = -0 | grad 1",
        "n10 = dot(a, b, 0) = -6 | grad 1",
        "n11 = n8 + n10 = -6 | grad 1",
    ]


def test_two_values_of_one_label_are_told_apart() -> None:
    assert str(draw(named(1.0, "x") * named(2.0, "x"))).splitlines()[-1] == "n2 = x_n0 * x_n1 = 2"


# --- labels ---------------------------------------------------------------------------------------------


@given(st.lists(st.text(st.characters(exclude_categories=()), max_size=40), min_size=1))
def test_any_label_stays_on_its_line_and_inside_its_brackets(labels: list[str]) -> None:
    drawing = draw(total([named(1.0, label) for label in labels]))
    assert len(str(drawing).splitlines()) == len(labels) + 1
    assert len(drawing.source.splitlines()) == 8 + 2 * len(labels)  # a box and an edge for each
    for box in boxes(drawing.source).values():
        label = re.match("label=<(.*)> s", box)
        assert label is not None
        ET.fromstring(f"<x>{label[1]}</x>")  # well-formed, so its angle brackets balance
    drawing.source.encode()


def test_a_label_is_shown_on_one_line_shortened_and_without_control_characters() -> None:
    def shown(label: str) -> str:
        return str(draw(named(1.0, label))).removesuffix(" = 1")

    assert shown(" two\nlines\t\r and \u2028more ") == "two lines and more"
    assert shown("W" * MAX_LABEL) == "W" * MAX_LABEL
    assert shown("W" * 1000) == "W" * (MAX_LABEL - 1) + "…"
    assert shown("a\0b\u202ec\ud800") == "a\ufffdb\ufffdc\ufffd"
    assert shown("می\u200cخواهم 重み ä") == "می\u200cخواهم 重み ä"


@needs_dot
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.text(st.characters(exclude_categories=()), max_size=MAX_LABEL), min_size=20, max_size=30))
def test_any_label_is_shown_as_it_is(labels: list[str]) -> None:
    check_shown(labels)


@needs_dot
def test_labels_made_to_break_out_are_shown_as_they_are() -> None:
    check_shown(NASTY)


def check_shown(labels: list[str]) -> None:
    root = total([named(1.0, label) for label in labels])
    root.label = labels[-1]
    shown = svg_texts(draw(root).svg)
    for label in labels:
        if 0 < len(" ".join(label.split())) <= MAX_LABEL and label.isprintable():
            assert " ".join(label.split()).rstrip("\u00a0") in shown


# --- rendering ------------------------------------------------------------------------------------------


@needs_dot
def test_the_svg_is_one_element_with_a_title_on_white() -> None:
    a = named(2.0, "a")
    root = a * a
    root.label = "loss <&> \\"
    svg = draw(root).svg
    tree = ET.fromstring(svg)
    assert svg.startswith('<svg role="img" ')
    assert tree[0].tag.endswith("title")
    assert tree[0].text == "computation graph of loss <&> \\"
    assert tree[1].tag.endswith("desc")
    assert tree[1].text == "1 operation on 1 leaf give 4."
    ground = next(element for element in tree.iter() if element.tag.endswith("polygon"))
    assert ground.attrib["fill"] == "white"
    assert {"a", "2", "*", "4"} <= set(svg_texts(svg))


@needs_dot
@pytest.mark.parametrize("direction", ["LR", "TB", "RL", "BT"])
def test_the_computation_runs_in_the_direction_asked_for(direction: str) -> None:
    svg = draw(named(1.0, "first").exp(), direction=direction).svg
    at = {
        e.text: (float(e.attrib["x"]), float(e.attrib["y"]))
        for e in ET.fromstring(svg).iter()
        if e.tag.endswith("}text")
    }
    (x0, y0), (x1, y1) = at["1"], at["2.718"]
    assert {"LR": x1 > x0, "RL": x1 < x0, "TB": y1 > y0, "BT": y1 < y0}[direction]


@needs_dot
def test_save_goes_by_the_extension(tmp_path: Path) -> None:
    drawing = draw(named(2.0, "ä") * 3)
    for name in ("g.svg", "g.PNG", "g.dot", "g.gv"):
        drawing.save(tmp_path / name)
    drawing.save(str(tmp_path / "text.svg"))
    assert (tmp_path / "g.svg").read_text(encoding="utf-8") == drawing.svg
    assert (tmp_path / "g.PNG").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "g.dot").read_text(encoding="utf-8") == drawing.source
    assert (tmp_path / "g.gv").read_bytes() == (tmp_path / "g.dot").read_bytes()


@pytest.mark.parametrize("name", ["g.gif", "g", ".svg"])
def test_save_refuses_another_extension_and_names_what_is_possible(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match=r"\.svg, \.png, \.pdf, \.html, \.dot or \.gv, not as"):
        draw(Value(1.0)).save(tmp_path / name)
    assert not list(tmp_path.iterdir())


@needs_dot
@pytest.mark.parametrize("width", [100, 1234])
def test_a_png_has_the_width_that_is_asked_for(tmp_path: Path, width: int) -> None:
    drawing = draw(named(2.0, "a") * 3)
    drawing.save(tmp_path / "g.png", width=width)
    found = int.from_bytes((tmp_path / "g.png").read_bytes()[16:20], "big")  # in the first chunk of a PNG
    assert abs(found - width) <= 1  # each dot rounds in its own way
    for file, wanted in (("g.svg", 100), ("g.png", 0), ("g.png", 10**6)):
        with pytest.raises(ValueError, match=r"only a \.png has a width|is from 1 to 20000 pixels"):
            drawing.save(tmp_path / file, width=wanted)


@needs_dot
def test_graphviz_writes_a_pdf(tmp_path: Path) -> None:
    if Path(find_dot()).stem != "dot":
        pytest.skip("the dot here is not that of Graphviz")
    draw(named(2.0, "a") * 3).save(tmp_path / "g.pdf")
    assert (tmp_path / "g.pdf").read_bytes().startswith(b"%PDF")


def test_where_dot_writes_no_pdf_it_is_said_which_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEPGRAD_DOT", sys.executable)  # which fails, as graphviz-pure does
    with pytest.raises(DrawError, match=r"writes no PDF; Graphviz does: sudo apt .* print that to a PDF"):
        draw(named(2.0, "a") * 3).save(tmp_path / "g.pdf")
    assert not list(tmp_path.iterdir())


@needs_dot
def test_a_notebook_shows_an_image_of_the_svg() -> None:
    drawing = draw(named(2.0, "a") * 3)
    bundle = drawing._repr_mimebundle_()
    found = re.fullmatch(r'<img alt="([^"]*)" src="data:image/svg\+xml,([^"]*)">', bundle["text/html"])
    assert found is not None
    canonical = [ET.canonicalize(svg) for svg in (unquote(found[2]), drawing.svg)]
    assert canonical[0] == canonical[1]
    assert bundle["text/plain"] == str(drawing)


@needs_dot
@pytest.mark.parametrize("uses", [64, 500])
def test_one_value_used_by_hundreds_of_operations_in_a_row_is_laid_out(uses: int) -> None:
    assert (
        len(svg_texts(draw(chain_with_shared_weight(uses), max_nodes=1500).svg)) > uses
    )  # drawn once: over a minute at 100


# --- which dot, and when there is none ------------------------------------------------------------------


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine without any dot: an empty PATH, and a Python with nothing beside it."""
    for folder in ("path", "beside"):
        (tmp_path / folder).mkdir()
    monkeypatch.delenv("STEPGRAD_DOT", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    monkeypatch.setattr("sys.executable", str(tmp_path / "beside" / "python"))
    monkeypatch.setattr("sysconfig.get_path", lambda *_: str(tmp_path / "path"))
    return tmp_path


def executable(path: Path) -> str:
    path = path.with_suffix(".bat") if os.name == "nt" else path
    path.write_text("")
    path.chmod(0o755)
    return str(path)


def test_dot_is_looked_for_in_the_documented_order(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DrawError):
        find_dot()
    for place in ("beside/graphviz-pure", "path/graphviz-pure", "path/dot"):  # each goes before those so far
        expected = executable(bare / place)
        assert os.path.normcase(find_dot()) == os.path.normcase(expected)
    mine = executable(bare / "mine")
    monkeypatch.setenv("STEPGRAD_DOT", mine)
    assert find_dot() == mine


def test_a_chosen_dot_that_is_not_there_is_an_error_even_if_another_is(
    bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    executable(bare / "path" / "dot")
    monkeypatch.setenv("STEPGRAD_DOT", "/nowhere/dot")
    with pytest.raises(DrawError, match="STEPGRAD_DOT is '/nowhere/dot'"):
        find_dot()


def test_without_dot_the_error_says_what_to_type_and_the_text_remains(bare: Path) -> None:
    drawing = draw(named(2.0, "a") * 3)
    for render in (lambda: drawing.svg, lambda: drawing.save(bare / "g.png"), lambda: drawing.save(bare / "g.svg")):
        with pytest.raises(DrawError, match="python -m pip install graphviz-pure"):
            render()
    assert not list(bare.glob("g.*"))
    drawing.save(bare / "g.dot")
    shown = drawing._repr_mimebundle_()
    assert list(shown) == ["text/plain"]
    assert shown["text/plain"].startswith("a = 2\nn2 = a * 3 = 6\n\nNo picture: ")
    assert "graphviz-pure" in shown["text/plain"]


def test_a_dot_that_fails_is_reported_with_what_it_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEPGRAD_DOT", sys.executable)  # which knows no option -T
    with pytest.raises(DrawError, match=r"(?s)failed with exit status 2: .*-T"):
        _ = draw(Value(1.0)).svg


def test_a_dot_that_cannot_be_run_is_reported(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEPGRAD_DOT", executable(bare / "empty"))

    def refuse(*args: object, **more: object) -> None:
        raise OSError("exec format error")

    monkeypatch.setattr(subprocess, "run", refuse)
    with pytest.raises(DrawError, match="could not be run: exec format error"):
        _ = draw(Value(1.0)).svg


def test_a_dot_that_takes_too_long_is_stopped_with_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEPGRAD_DOT", sys.executable)  # any program takes longer than a microsecond
    with pytest.raises(DrawError, match=r"not finished after 1e-06 seconds: draw a smaller root"):
        _ = draw(Value(1.0), timeout=1e-6).svg


def test_importing_the_drawing_imports_nothing_heavy() -> None:
    heavy = {"graphviz", "numpy", "subprocess", "shutil", "base64"}
    code = (
        f"import sys; before = set(sys.modules); import autograd.drawing; print({heavy} & (set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@needs_dot
def test_each_line_of_a_box_is_centred_in_it_whatever_font_the_viewer_has() -> None:
    x = Value(2.0, label="x")
    y = (x * x).tanh()
    y.backward()
    boxes = re.findall(r'(?s)<g id="[^"]*" class="node">.*?</g>', draw(y).svg)
    assert len(boxes) == 5
    for box in boxes:
        outline = re.search(r' (?:d|points)="([^"]*)"', box)
        assert outline is not None
        xs = [float(pair.split(",")[0]) for pair in re.findall(r"-?[\d.]+,-?[\d.]+", outline[1])]
        lines = re.findall(r'<text [^>]*text-anchor="(\w+)" x="([^"]*)"', box)
        assert lines
        for anchor, at in lines:
            assert anchor == "middle"
            assert math.isclose(float(at), (min(xs) + max(xs)) / 2, abs_tol=0.02)


@needs_dot
@pytest.mark.parametrize("symbol", ["", " ", "\t\n", "\u200b", "\0", "<b></b>", "]", " ⊕ "])
@pytest.mark.parametrize("operands", [1, 2, 3])
def test_a_primitive_with_a_symbol_that_cannot_be_seen_is_drawn_by_its_name(symbol: str, operands: int) -> None:
    own = primitive("own", lambda *xs: sum(xs), lambda *xs: (1.0,) * (len(xs) - 1), symbol=symbol)
    y = own(*map(Value, range(1, operands + 1)))
    shown = symbol.strip() or "own"
    assert own.symbol == shown
    texts = [text.text for text in ET.fromstring(draw(y).svg).iter("{http://www.w3.org/2000/svg}text")]
    shown = "".join(c if c.isprintable() else "\ufffd" for c in shown)
    assert any(shown in (text or "") for text in texts)
    assert shown in str(draw(y))
    assert shown in str(walkthrough(y))
