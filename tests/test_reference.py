"""The reference: every public name is in it, with what it computes, its arguments, its errors and an example."""

from __future__ import annotations

import ast
import builtins
import doctest
import inspect
import re
import textwrap
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import autograd
import nn
from autograd import TABLE
from autograd.operators import METHODS
from nn import activations, init, losses, metrics

ROOT = Path(__file__).parents[1]
PAGES = {path.stem: path.read_text(encoding="utf-8") for path in (ROOT / "docs/reference").glob("*.md")}
DIRECTIVE = re.compile(r"^\.\. (currentmodule|auto(?!module)\w+):: ([\w.]+)(\(.*\))?\n((?:   :.*\n)*)", re.MULTILINE)
ROWS = [name for name, row in TABLE.items() if getattr(autograd, name) is row]  # the others are called by functions
CONSTANTS = {
    "autograd.TABLE", "nn.datasets.IRIS_FEATURES", "nn.datasets.IRIS_SPECIES", "nn.datasets.WINDSOR_FEATURES",
    "nn.plots.COLOURS",
}  # fmt: skip
EXTERNAL = {"nn.from_torch", "nn.to_onnx", "nn.to_torch"}  # their examples need what the tests may not have
UNTOLD = {"self", "cls"}
OF_OPTIMIZER = {"parameters", "lr", "weight_decay"}  # of every optimiser: its own docstring tells of the rest


def public() -> dict[str, Any]:
    """Everything that users may type, by one of its names: the shortest, but for what is also in nn."""
    listed: list[tuple[ModuleType, Any]] = [
        (module, module.__all__) for module in (autograd, nn, nn.datasets, nn.plots)
    ]
    listed += [(autograd, TABLE), (activations, activations.ACTIVATIONS), (init, [*init.INITIALISERS, "constant"])]
    listed += [(losses, losses.LOSSES), (metrics, metrics.METRICS)]
    found = {f"{module.__name__}.{name}": getattr(module, name, None) for module, names in listed for name in names}
    shortest: dict[int, str] = {}
    for name in sorted(found, key=lambda name: (not name.startswith(("nn.init.", "nn.plots.")), len(name))):
        if found[name] is not None and not isinstance(found[name], ModuleType):
            shortest.setdefault(id(found[name]), name)
    return {name: found[name] for name in shortest.values()}


PUBLIC = public()
DESCRIBED = {name: what for name, what in PUBLIC.items() if name not in CONSTANTS}


def directives() -> list[tuple[str, str, str]]:
    """(name, the arguments where the page has others than Python, options) of everything that the pages describe."""
    found = []
    for text in PAGES.values():
        module = ""
        for kind, name, bare, options in DIRECTIVE.findall(text):
            if kind == "currentmodule":
                module = f"{name}."
            else:
                found.append((name if name.startswith(("autograd.", "nn.")) else module + name, bare, options))
    return found


def told() -> list[tuple[str, Any, str]]:
    """(name, function, docstring) of every function, constructor and method that the reference shows."""
    found = []
    for name, bare, options in directives():
        what = PUBLIC.get(name)
        text = inspect.getdoc(what) or ""
        if inspect.isfunction(what):
            found.append((name, what, text))
        elif isinstance(what, type):
            listed = re.search(r":members:(.*)", options)
            keys = [key.strip() for key in listed[1].split(",")] if listed else []
            own = [key for key, it in vars(what).items() if not key.startswith("_") and inspect.isroutine(it)]
            methods = {key: inspect.getattr_static(what, key) for key in (own if keys == [""] else keys)}
            found += [(f"{name}.{key}", getattr(it, "__func__", it), inspect.getdoc(getattr(what, key)) or "")
                      for key, it in methods.items()]  # fmt: skip
            if not bare:
                found.append((name, vars(what).get("__init__", what), text))
    return [(name, function, text) for name, function, text in found if hasattr(inspect.unwrap(function), "__code__")]


TOLD = told()


def test_the_pages_show_every_public_name_once() -> None:
    rows = [f"autograd.{name}" for name in ROWS]  # a loop over the table writes them
    assert sorted([*rows, *(name for name, *_ in directives())]) == sorted(PUBLIC)


@pytest.mark.parametrize("name", DESCRIBED)
def test_it_says_what_it_does_and_shows_an_example(name: str) -> None:
    text = inspect.getdoc(DESCRIBED[name]) or ""
    assert text.split(">>>")[0].strip()
    assert ">>> " in text or (name in EXTERNAL and "::\n\n    " in text)


@pytest.mark.parametrize("name", ROWS)
def test_the_docstring_of_a_row_has_its_derivative_and_an_example_that_runs(name: str) -> None:
    row = TABLE[name]
    assert f"∂/∂{'g' if name == 'chain' else 'x'} = " in (row.__doc__ or "")
    if row not in METHODS:  # the examples of methods run where they stand
        example = doctest.DocTestParser().get_doctest(row.__doc__ or "", {}, name, None, None)
        assert doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(example) == (0, 2)


@pytest.mark.parametrize(("name", "function", "text"), TOLD, ids=[name for name, *_ in TOLD])
def test_it_tells_of_every_argument(name: str, function: Any, text: str) -> None:
    """In its docstring, or in that of its file, where it is said of many."""
    text += inspect.getmodule(function).__doc__ or ""
    parameters = inspect.signature(function).parameters.values()
    wanted = {p.name for p in parameters if p.kind is not p.VAR_KEYWORD and p.name not in UNTOLD and p.name[0] != "_"}
    if isinstance(PUBLIC.get(name), type) and issubclass(PUBLIC[name], nn.Optimizer):
        wanted -= OF_OPTIMIZER
    assert {p for p in wanted if not re.search(rf"(?<![A-Za-z]){p}(?![A-Za-z])", text)} == set()


@pytest.mark.parametrize(("name", "function", "text"), TOLD, ids=[name for name, *_ in TOLD])
def test_it_names_the_errors_that_it_raises(name: str, function: Any, text: str) -> None:
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(inspect.unwrap(function))))
    except OSError:  # dataclasses wrote it
        return
    raised = {ast.unparse(node.exc.func) for node in ast.walk(tree)
              if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)}  # fmt: skip
    errors = {error for error in raised if isinstance(getattr(builtins, error, getattr(autograd, error, None)), type)}
    assert {error for error in errors - {"NotImplementedError"} if error not in text} == set()
