"""The house: which file imports which, what an import costs, how long the files are, what is documented."""

from __future__ import annotations

import ast
import graphlib
import inspect
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import autograd
import autograd.compiler  # nothing else loads it before it is needed
import nn

ROOT = Path(autograd.__file__).parents[1]

# Reading order: each file imports only from those before it.
ORDER = (
    "errors", "primitives", "graph", "scopes", "operators", "value", "trees", "replay", "transforms", "check",
    "functions", "program", "points", "pages", "draw.text", "draw.items", "draw.alike", "draw.nesting", "draw.parts",
    "draw.fit", "draw.heat", "draw.source", "draw.architecture", "draw.svg", "draw.lines", "draw.layout", "draw.page",
    "draw.views", "draw", "expression", "wording", "steps", "explain", "player", "scene", "walkthrough",
)  # fmt: skip


def modules(package: str) -> dict[str, Path]:
    """Dotted name → file, for every file of a package; a package's own name stands for its __init__."""
    files = sorted((ROOT / package).rglob("*.py"))
    names = [".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for file in files]
    return dict(zip(names, files, strict=True))


MODULES = modules("autograd") | modules("nn")


def runtime_nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """Every node, inside functions too, but not what only type checkers see."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            for other in node.orelse:
                yield from (other, *runtime_nodes(other))
            continue
        yield node
        yield from runtime_nodes(node)


def imports(module: str) -> set[tuple[str, str]]:
    """(module, name) for each name that a file imports; the name is "" where a whole module is."""
    file = MODULES[module]
    package = module if file.name == "__init__.py" else module.rpartition(".")[0]
    found = set()
    for node in runtime_nodes(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {(alias.name, "") for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package.split(".")[: len(package.split(".")) - node.level + 1]) if node.level else ""
            source = ".".join(part for part in (base, node.module) if part)
            for alias in node.names:
                inner = f"{source}.{alias.name}"
                function = source == "autograd" and alias.name in autograd.__all__  # draw of draw.py, and others
                found.add((inner, "") if inner in MODULES and not function else (source, alias.name))
    return found


def arrows(module: str) -> set[str]:
    """The files of ours that a file imports from."""
    return {source for source, _ in imports(module) if source in MODULES}


def test_the_reader_of_imports_sees_them():
    assert ("autograd.primitives", "") in imports("autograd.value")
    assert ("autograd.graph", "topological_order") in imports("autograd.value")
    assert ("autograd", "Value") in imports("nn.modules.module")
    assert arrows("autograd.operators") == {"autograd.primitives", "autograd.graph"}  # value for type checkers alone
    assert ("nn.command.demo", "demo") in imports("nn.command.cli")  # inside a function


# --- arrows run one way ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("module", [name for name in MODULES if name.startswith("autograd")])
def test_autograd_never_imports_nn(module):
    assert not {source for source, _ in imports(module) if source.split(".")[0] == "nn"}


@pytest.mark.parametrize("module", [name for name in MODULES if name.startswith("nn")])
def test_nn_takes_from_autograd_what_is_public_and_the_command_what_it_draws_with(module):
    for source, name in imports(module):
        if source.split(".")[0] == "autograd":
            if source in SHOWS_WITH.get(module, ()):
                assert not name.startswith("_")
            elif (
                module == "nn.training.compiled" and source == "autograd.compiler.compiled_training"
            ):  # where NumPy and llvmlite are
                assert name == "Training"
            else:
                assert source == "autograd", f"{module} reaches into {source}"
                assert name in autograd.__all__, f"{module} imports autograd.{name}, which is not public"


# The command, and the film of a training, show things with what shows a graph.
SHOWS_WITH = {
    "nn.command.cli": {"autograd.draw", "nn.command.expression"}, "nn.command.demo": {"autograd.draw", "nn.command.expression"},
    "nn.watch": {"autograd.html.page"}, "nn.monitoring.film": {"autograd.html.player"}, "nn.monitoring.health": {"autograd.points"},
    "nn.monitoring.panels": {"autograd.drawing.source", "autograd.drawing.svg", "autograd.html.player"}, "nn.monitoring.plane": {"autograd.drawing.source"},
}  # fmt: skip


@pytest.mark.parametrize("package", ["autograd", "nn"])
def test_imports_have_no_cycles(package):
    """A file of a package does not import the package's own front either, which imports them all."""
    graph = {name: arrows(name) for name in MODULES if name.split(".")[0] == package}
    graphlib.TopologicalSorter(graph).prepare()  # raises CycleError, which names the cycle
    assert not any(package in arrows(name) for name in graph)


@pytest.mark.parametrize("name", ORDER)
def test_each_file_of_autograd_imports_only_from_those_before_it(name):
    before = {f"autograd.{other}" for other in ORDER[: ORDER.index(name)]}
    assert arrows(f"autograd.{name}") <= before


def test_no_star_imports():
    for module in MODULES:
        assert "*" not in {name for _, name in imports(module)}, module


# --- what an import costs --------------------------------------------------------------------------------------

HEAVY = {"numpy", "torch", "graphviz", "matplotlib", "tqdm", "llvmlite", "scipy", "sklearn", "IPython"}


def loaded_after(statements: str) -> set[str]:
    """The top-level modules of a fresh interpreter that ran the statements."""
    script = f"{statements}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    # -S would hide the installed packages, and -I the checkout: -E alone.
    done = subprocess.run(
        [sys.executable, "-E", "-c", script], cwd=ROOT, check=True, capture_output=True, text=True, timeout=60
    )
    return {name.split(".")[0] for name in json.loads(done.stdout)}


def test_importing_autograd_loads_nothing_heavy():
    loaded = loaded_after("import autograd")
    assert "autograd" in loaded
    assert not loaded & (HEAVY | {"nn"})


def test_importing_nn_loads_nothing_heavy_either():
    loaded = loaded_after("import nn")
    assert {"nn", "autograd"} <= loaded
    assert not loaded & HEAVY


def test_differentiating_and_predicting_load_nothing_heavy():
    loaded = loaded_after("import nn\nmodel = nn.MLP(2, [3, 1])\nmodel([1, 2]).backward()\nnn.predict(model, [[1, 2]])")
    assert not loaded & HEAVY


# --- size ------------------------------------------------------------------------------------------------------

LONGEST = 150
AROUND = {  # around the library, not of it: they show things
    *SHOWS_WITH, "nn.__main__", "nn.plots", "nn.surfaces", "nn.command.terminal",
}  # fmt: skip


def length(module: str) -> int:
    return len(MODULES[module].read_text(encoding="utf-8").splitlines())


@pytest.mark.parametrize("module", [name for name in MODULES if name.startswith("nn") and "datasets" not in name])
def test_no_file_of_nn_is_long(module):
    assert length(module) <= LONGEST


def test_nn_stays_a_thin_library():
    library = [name for name in MODULES if name.startswith("nn") and "datasets" not in name and name not in AROUND]
    assert sum(map(length, library)) <= 2600


# --- documentation ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("package", "name"), [(package, name) for package in (autograd, nn) for name in package.__all__]
)  # fmt: skip
def test_every_public_name_has_a_docstring_of_its_own(package, name):
    thing = getattr(package, name)
    own = vars(thing).get("__doc__") if isinstance(thing, type) else thing.__doc__
    assert own, name
    assert own.strip(), name
    if not isinstance(thing, type) and not inspect.ismodule(thing):
        assert own != type(thing).__doc__, f"{name} shows the docstring of its class"


@pytest.mark.parametrize("module", [name for name, file in MODULES.items() if file.stat().st_size])
def test_every_file_says_what_it_does(module):
    assert ast.get_docstring(ast.parse(MODULES[module].read_text(encoding="utf-8")))


@pytest.mark.parametrize("package", [autograd, nn])
def test_the_public_names_are_listed_once_and_exist(package):
    assert len({*package.__all__}) == len(package.__all__)
    for name in package.__all__:
        assert not name.startswith("_")
        assert hasattr(package, name)
