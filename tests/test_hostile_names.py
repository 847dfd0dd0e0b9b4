"""Text in every name that there is: none of it runs, moves a cursor, turns a line around or breaks a picture.

The strings here, quickly; the pages in a real browser, slowly.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from random import Random
from typing import Any

import pytest
from conftest import Open
from samples import needs_dot

import autograd
import nn
from autograd import Value, draw, explain, jit, primitive, scope, walkthrough
from autograd.html import page as page_of
from autograd.html import printable
from nn.command import cli, main

ROOT = Path(autograd.__file__).parents[1]

HOSTILE = [
    "<script>window.pwned=1</script>", '"><img src=x onerror=window.pwned=1>', "]]>",
    "</script><script>window.pwned=1//",
    "\x1b[2J\x1b]0;title\x07\x1b[31mred", "\u202eturned\u2066 around\u200f", "nul\0bell\a\b\r\x7f\x9b31m", "W" * 10_000,
    "two\nlines\u2028three\x85four", "</svg><svg onload=window.pwned=1>", "' onclick='window.pwned=1", "<!--<script>",
    "\\u003cscript>window.pwned=1</script>", "</style></title></textarea><script>window.pwned=1</script>",
    "\ud800\uffff",
    "javascript:window.pwned=1", "&lt;script>&#x1b;", "{title}{0}%s$x^2$", "] [\\N\\G", "\u200b", "\ufeff\u2069",
]  # fmt: skip
KEPT = (
    "\n\u200c\u200d\u2068\u2069"  # line breaks of our own, joiners, and what keeps a name from turning the text around
)


def ids(text: str) -> str:
    return f"{text[:20]!a}"


def class_named(name: str, base: type, **members: Any) -> Any:
    """A class of this name, as far as Python allows it."""
    return type(name.replace("\0", "?").encode(errors="replace").decode(), (base,), members)


def model_of(text: str) -> Any:
    """A model with the text for the names of its class, its parts, its parameters, its activation and its scopes."""

    def activation(x: Any) -> Any:
        return own(x.tanh())

    own = primitive("own", lambda x: 2.0 * x, lambda x, out: (2.0,), symbol=text)
    activation.__name__ = text

    def init(self: Any) -> None:
        self.parts = {
            text: class_named(text, nn.Sequential)(
                nn.Layer(2, 2, activation="tanh", rng=Random(1)), nn.Layer(2, 1, rng=Random(1))
            )
        }
        self.own = {f"{text}2": Value(0.5), text: Value(0.25)}
        self.last = nn.Neuron(2, activation=activation, rng=Random(1))

    def forward(self: Any, x: Any) -> Any:
        with scope(text), scope(f"inner {text}"):
            found = [v * p for v, p in zip(x, self.own.values(), strict=True)]
        return self.parts[text](found) + self.last(found)

    return class_named(text, nn.Module, __init__=init, forward=forward)()


def root_of(text: str) -> Value:
    """A loss with the text for every label, below a model with such names."""
    x = [Value(0.5, label=text), Value(-1.5, label=f"{text}2")]
    root: Value = model_of(text)(x)
    root = (root - 1.0) * root
    root.label = text
    root.backward()
    return root


def watch_of(text: str) -> nn.watch:
    """A film of a training of such a model, to whose names a warning is attached."""
    model = model_of(text)
    X, y = [[0.5, -1.5], [1.0, 2.0]], [-1, 1]
    w = nn.watch(model, X, y, loss="hinge")
    optimizer = nn.SGD(model.parameters(), lr=0.01)
    nn.fit(model, X, y, loss="hinge", optimizer=optimizer, epochs=2, callbacks=[w], compiled=False, progress=False)
    w._note(2, f"the gradient of {text} vanishes", f"beside {text}")
    return w


def message(act: Callable[[], object], *errors: type[Exception]) -> str:
    with pytest.raises((Exception, *errors)) as caught:
        act()
    return str(caught.value)


def command(*arguments: str) -> None:
    with contextlib.suppress(SystemExit):
        main([*arguments])


def state(text: str) -> dict[str, float]:
    return {text: 1.0, f"{text}2": 2.0}


def texts(text: str, folder: Path) -> Iterator[tuple[str, str]]:
    """What is printed, by what prints it."""
    root, model = root_of(text), model_of(text)
    for depth in (None, 0, 1, 2):
        yield f"draw depth={depth}", f"{draw(root, depth=depth)}\n{draw(root, depth=depth)!r}"
    yield "draw model", f"{draw(model)}\n{draw(model)!r}"
    yield "walkthrough", f"{(w := walkthrough(root))}\n{w!r}\n{w.title}\n{w[0]}"
    yield "naive walkthrough", str(walkthrough(root, order="naive"))
    leaf = next(node for node in autograd.topological_order(root) if node.label)
    yield "explain", str(explain(leaf, root))
    yield "Value", f"{root!r}{leaf!r}"
    yield "program", str(jit(lambda a, b: a * b + leaf * root).program)
    yield (
        "model",
        repr(class_named(text, nn.Sequential)(nn.Layer(2, 2), nn.Neuron(2, activation=model.last.activation))),
    )
    yield "primitive", f"{message(lambda: primitive(f'{text}.', abs, abs))}\n{message(lambda: draw(text))}"  # type: ignore[arg-type, return-value]
    w = watch_of(text)
    yield "watch", f"{w!r}\n{w.notes}"
    yield "history", repr(nn.training.History(metrics={text: [0.5]}))
    yield "state", message(lambda: model.load_state_dict(state(text)))
    yield "state of a class", message(lambda: model.load_state_dict({}))
    yield (
        "target",
        message(
            lambda: nn.fit(model, [[0.0, 1.0]], [text], loss="mse", optimizer=nn.SGD(model.parameters()), epochs=1)
        ),
    )
    yield "loss", message(lambda: nn.evaluate(model, [[0.0, 1.0]], [1.0], loss=text))
    lost = nn.Module()
    lost.parts = {text: Value(0.0)}  # type: ignore[attr-defined]
    lost.forward = lambda x: lost.parts[text].sqrt()  # type: ignore[attr-defined, method-assign]
    sgd = nn.SGD(lost.parameters())
    yield "gradient", message(lambda: nn.fit(lost, [1.0], [2.0], loss="mse", optimizer=sgd, epochs=1, compiled=False))
    yield "activation", message(lambda: nn.Neuron(2, activation=text))
    leaf.data += 1.0
    yield "stale", message(lambda: walkthrough(root))
    name = f"{text.translate({0: 63, 47: 63}).encode(errors='replace').decode()[:50]}.json"
    for what, content in {
        "cut short": "{",
        "other": "{}",
        "unknown": {"model": {"type": text}, "parameters": {}},
        "names": {"model": {"type": "Neuron", "nin": 1, "activation": "tanh"}, "parameters": state(text)},
        "setting": {"model": {"type": "Neuron", "nin": 1, "activation": text}, "parameters": state(text)},
        "version": {"version": text, "model": None, "parameters": {}},
        "own": {"model": None, "parameters": {}},
    }.items():
        if isinstance(content, dict):
            content = json.dumps({"format": "stepgrad model", "version": 1, **content})
        (folder / name).write_text(content, encoding="utf-8")
        yield f"file: {what}", message(lambda: nn.load(folder / name))


@pytest.mark.parametrize("text", HOSTILE, ids=ids)
def test_no_name_reaches_a_terminal_as_anything_but_signs(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for what, shown in texts(text, tmp_path):
        odd = {c for c in shown if not c.isprintable() and c not in KEPT}
        assert not odd, (what, odd)
    noted = capsys.readouterr().err  # watch says what it notes
    assert all(c.isprintable() or c in KEPT for c in noted)


@pytest.mark.parametrize("text", HOSTILE, ids=ids)
def test_the_command_repeats_its_arguments_as_signs(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = f"{text.translate({0: 63, 47: 63}).encode(errors='replace').decode()[:50]}.dot"
    command("draw", text)
    command("draw", "2*x", f"x={text}")
    command("draw", "2*x", f"{text}=2")
    command("draw", "2*x", "x=1", "-o", file)
    command("draw", "2*x", "x=1", "-o", f"missing/{file}")
    command("walk", "2*x", "x=1", "-o", file)
    command(text)
    command("draw", "2*x", "x=1", f"--{text}")
    command("demo", f"--{text}")
    out, err = capsys.readouterr()
    assert "drawn in" in out
    assert "stepgrad" in err
    assert not {c for c in out + err if not c.isprintable() and c != "\n"}


def test_the_command_says_any_error_as_signs(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(arguments: list[str]) -> None:
        raise ValueError("from a file: \x1b[2J\nnext line")

    monkeypatch.setattr(cli, "run", fail)
    with pytest.raises(SystemExit):
        main([])
    assert capsys.readouterr().err == "stepgrad: from a file: \ufffd[2J\nnext line\n"


def test_the_texts_are_all_there_are() -> None:
    """The one function that makes text fit to be shown, by an independent list of what terminals obey."""
    commands = [*range(32), *range(127, 160), *range(0x200B, 0x2010), *range(0x2028, 0x202F), *range(0x2066, 0x206A)]
    joiners = {0x200C, 0x200D}
    assert not {*map(chr, {*commands} - joiners)} & {*printable("".join(map(chr, commands)))}
    assert printable("Gewichtsänderung سلام 重み 😀👩\u200d🔬 ½ ≠") == "Gewichtsänderung سلام 重み 😀👩\u200d🔬 ½ ≠"


@needs_dot
@pytest.mark.parametrize("text", HOSTILE, ids=ids)
def test_every_picture_is_well_formed_and_shows_the_text(text: str) -> None:
    root = root_of(text)
    shown = printable(" ".join(text.split())[:8])
    for drawing in (draw(root), draw(root, depth=1), draw(root, depth=0), draw(model_of(text))):
        said = "".join(ET.fromstring(drawing.svg).itertext()).replace("\u00a0", " ")
        assert shown.strip() in said
        ET.fromstring(walkthrough(root).svg(0))


# --- pages ---------------------------------------------------------------------------------------------------


def page(fragment: str) -> str:
    """What a notebook shows, in a page without a policy, where nothing but escaping keeps scripts out."""
    return f"<!DOCTYPE html><meta charset='utf-8'><title>notebook</title><main>{fragment}</main>"


def pages(text: str, folder: Path) -> Iterator[tuple[str, str]]:
    """Every kind of page, by name."""
    root = root_of(text)

    def saved(thing: Any) -> str:
        thing.save(folder / "page.html")
        return (folder / "page.html").read_text(encoding="utf-8")

    yield "drawing", saved(draw(root, depth=1))
    yield "model", saved(draw(model_of(text)))
    yield "walkthrough", saved(walkthrough(root))
    yield "watch", saved(w := watch_of(text))
    yield "drawing in a notebook", page(draw(root, depth=1)._repr_mimebundle_()["text/html"])
    yield "player in a notebook", page(walkthrough(root)._repr_mimebundle_()["text/html"])
    yield "film in a notebook", page(w._repr_mimebundle_()["text/html"])


OURS = {
    "div", "img", "details", "summary", "ol", "ul", "li", "script", "style", "p", "pre", "h1", "h2", "main", "html",
    "head", "body", "meta", "title", "button", "span", "label", "input", "select", "option", "b",
    "figure", "figcaption", "table", "thead", "tbody", "tr", "th", "td", "canvas",
}  # fmt: skip
IN_SVG = {
    "svg",
    "g",
    "path",
    "polygon",
    "polyline",
    "text",
    "tspan",
    "title",
    "desc",
    "style",
    "rect",
    "circle",
    "line",
}


class Elements(HTMLParser):
    """The elements of a page, and the attributes that are scripts."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.handlers: list[str] = []
        self.feed(content)

    def handle_starttag(self, tag: str, attributes: Any) -> None:
        self.found.add(tag)
        self.handlers += [name for name, _ in attributes if name.startswith("on")]


@needs_dot
@pytest.mark.parametrize("text", [HOSTILE[i] for i in (0, 1, 3, 9, 10)], ids=ids)
def test_no_text_becomes_an_element_or_an_attribute_of_any_page(text: str, tmp_path: Path) -> None:
    for kind, content in pages(text, tmp_path):
        elements = Elements(content)
        assert elements.found <= OURS | IN_SVG, kind
        assert elements.handlers == [], kind


@pytest.mark.slow
@needs_dot
@pytest.mark.parametrize("text", HOSTILE, ids=ids)
def test_no_text_is_code_in_any_page(text: str, open_page: Open, tmp_path: Path) -> None:
    shown = printable(" ".join(text.split())[:8]).strip()
    for kind, content in pages(text, tmp_path):
        opened = open_page(content)  # which fails where a dialog opens, a script fails or the network is asked
        # Whatever can be clicked is, whatever can be opened opens.
        opened.evaluate("document.querySelectorAll('details').forEach(e => { e.open = true; })")
        click = "e => e.dispatchEvent(new MouseEvent('click', {bubbles: true}))"
        opened.evaluate(f"document.querySelectorAll('button, li, g[role=button], g[data-part]').forEach({click})")
        opened.wait_for_timeout(50)
        assert opened.evaluate("window.pwned") is None, kind
        assert opened.locator("main").count() == 1, kind
        said = opened.evaluate("document.documentElement.textContent").replace("\u00a0", " ")
        assert shown in said or "\ufffd" in shown, kind
        found = opened.evaluate(
            "[...document.querySelectorAll('*')].filter(e => !e.closest('svg')).map(e => e.localName)"
        )
        assert {*found} <= OURS, kind
        handlers = "[...document.querySelectorAll('*')].flatMap(e => e.getAttributeNames()).filter(n => /^on/.test(n))"
        assert opened.evaluate(handlers) == [], kind


@pytest.mark.slow
@pytest.mark.parametrize(
    "content",
    [
        "<script>window.pwned=1</script>", "<img src=x onerror=window.pwned=1>", "<svg onload=window.pwned=1></svg>",
        "<script src='data:text/javascript,window.pwned=1'></script>",
        "<iframe srcdoc='<script>top.pwned=1</script>'></iframe>", "<a id=a href='javascript:window.pwned=1'>a</a>",
    ],
)  # fmt: skip
def test_a_script_that_is_not_ours_does_not_run_even_where_it_is_in_a_page(
    content: str, browser: Any, tmp_path: Path
) -> None:
    file = tmp_path / "page.html"
    file.write_text(page_of("title", content + walkthrough(Value(2.0) * 3.0).player()), encoding="utf-8")
    opened = browser.new_page()
    opened.goto(file.as_uri())
    if "id=a" in content:
        opened.locator("#a").click()
    assert opened.evaluate("window.pwned") is None
    assert opened.get_by_role("button", name="Forward").count() == 1  # ours does
    opened.close()


@needs_dot
def test_the_policy_names_the_scripts_of_the_page_and_no_other() -> None:
    import base64
    import hashlib

    for content in (draw(Value(2.0) * 3.0).html, page_of("walk", walkthrough(Value(2.0) * 3.0).player())):
        policy = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', content)[0]
        sources = policy.partition("script-src ")[2].split(";")[0].split()
        scripts = re.findall(r"(?s)<script>(.*?)</script>", content)
        hashes = {f"'sha256-{base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()}'" for s in scripts}
        assert hashes
        assert hashes <= {*sources}
        assert all(source.startswith("'sha256-") for source in sources)


# --- plots ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [*HOSTILE, r"$\frac{1}$", "$", r"\$a$"], ids=ids)
def test_plots_show_names_and_read_no_formula_in_them(text: str) -> None:
    pytest.importorskip("matplotlib")
    model = model_of(text[:20])
    w = watch_of(text[:20])
    history = nn.training.History(loss=[1.0, 0.5], metrics={text[:20]: [0.5, 0.25]})
    for figure in (nn.plot_gradients(model), w.plot(), history.plot()):
        figure.savefig(io.BytesIO(), format="svg")
