"""The house: rooms, faces, and arrows that run one way.

An arrow is any import: at the top of a file, inside a function, for type checkers.  A package's ``__init__`` is its
face; an import through a face counts as one of the file that defines the name.
"""

from __future__ import annotations

import ast
import graphlib
import importlib
import types
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path

import pytest

import autograd

ROOT = Path(autograd.__file__).parents[1]
PACKAGES = ("autograd", "nn")
LONGEST_CHAIN, MOST_MODULES = 12, 12
CORE, MOST_CORE_LINES = ("autograd.primitives", "autograd.graph", "autograd.value"), 500


def files() -> dict[str, Path]:
    """Dotted name → file, for every file; a package's own name stands for its face."""
    found = [file for package in PACKAGES for file in sorted((ROOT / package).rglob("*.py"))]
    return {
        ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): file for file in found
    }  # fmt: skip


FILES = files()
FACES = {name for name, file in FILES.items() if file.name == "__init__.py"}
MODULES = sorted(FILES.keys() - FACES)


def package_of(name: str) -> str:
    """The package in which a file stands; a face is the package."""
    return name if name in FACES else name.rpartition(".")[0]


@cache
def tree(name: str) -> ast.Module:
    return ast.parse(FILES[name].read_text(encoding="utf-8"))


@cache
def imports(name: str) -> frozenset[tuple[str, str]]:
    """(file or face, name) for each import of ours; the name is "" where a whole file is imported."""
    found = set()
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.Import):
            found |= {(alias.name, "") for alias in node.names if alias.name in FILES}
        elif isinstance(node, ast.ImportFrom):
            parts = package_of(name).split(".")
            base = parts[: len(parts) - node.level + 1] if node.level else []
            source = ".".join([*base, *([node.module] if node.module else [])])
            for alias in node.names:
                if f"{source}.{alias.name}" in FILES and not is_handed_on(source, alias.name):
                    found.add((f"{source}.{alias.name}", ""))
                elif source in FILES:
                    found.add((source, alias.name))
    return frozenset(found)


def is_handed_on(face: str, name: str) -> bool:
    """Whether a face has a function or class of the name of a file beside it (there must be none: see below)."""
    return face in FACES and not isinstance(getattr(importlib.import_module(face), name, None), types.ModuleType)


def definer(source: str, name: str) -> str:
    """The file that defines what is imported from a file or face."""
    if source in FACES and name:
        for other, inner in imports(source):
            if inner == name:
                return definer(other, name)
    return source


@cache
def arrows(name: str) -> frozenset[str]:
    """The files from which a file takes something."""
    return frozenset({definer(source, inner) for source, inner in imports(name)} - {name})


def code_lines(name: str) -> int:
    """Lines of code: without docstrings, comments and blank lines."""
    text: set[int] = set()
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            text |= {*range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1)}
    lines = enumerate(FILES[name].read_text(encoding="utf-8").splitlines(), 1)
    return sum(1 for i, line in lines if line.strip() and not line.strip().startswith("#") and i not in text)


def test_the_reader_of_imports_sees_them() -> None:
    assert ("autograd.graph", "topological_order") in imports("autograd.value")
    assert ("autograd", "Value") in imports("nn.modules.module")
    assert {"autograd.value", "autograd.scopes"} <= arrows("nn.modules.module")
    assert "autograd.value" not in arrows("autograd.operators")


# --- arrows ----------------------------------------------------------------------------------------------------


def test_there_is_no_circle() -> None:
    graphlib.TopologicalSorter({name: arrows(name) for name in FILES}).prepare()  # raises CycleError, which names it


def test_no_chain_of_imports_is_long() -> None:
    @cache
    def chain(name: str) -> tuple[str, ...]:
        return (name, *max((chain(other) for other in arrows(name)), key=len, default=()))

    longest = max((chain(name) for name in MODULES), key=len)
    assert len(longest) <= LONGEST_CHAIN, " -> ".join(longest)


@pytest.mark.parametrize("name", [name for name in FILES if name.startswith("autograd")])
def test_autograd_never_imports_nn(name: str) -> None:
    assert not {source for source, _ in imports(name) if source.split(".")[0] == "nn"}


@pytest.mark.parametrize("name", FILES)
def test_a_file_takes_from_its_own_folders_and_from_the_faces_of_others(name: str) -> None:
    own = package_of(name)
    for source, inner in imports(name):
        folder = package_of(source)
        if own == folder or (source in MODULES and own.startswith(f"{folder}.")):
            continue  # the same folder, or one around it
        assert source in FACES, f"{name} reaches into {source}"
        if inner and (not own.startswith("autograd") or folder != "autograd"):
            listed = importlib.import_module(source).__all__
            assert inner in listed, f"{name} imports {inner} from {source}, which does not list it"


def test_nothing_below_a_face_imports_the_face() -> None:
    """It imports everything, and would make circles."""
    for name in FILES:
        assert not any(
            source in FACES and package_of(name).startswith(source) and name != source for source, _ in imports(name)
        ), name


# --- rooms -----------------------------------------------------------------------------------------------------


def test_no_folder_has_many_modules() -> None:
    count = Counter(map(package_of, MODULES))
    assert {package: n for package, n in count.items() if n > MOST_MODULES} == {}


def test_no_module_is_hidden_by_a_function_of_its_name() -> None:
    hidden = []
    for name in MODULES:
        package, _, last = name.rpartition(".")
        if not last.startswith("__") and not isinstance(
            getattr(importlib.import_module(package), last, types), types.ModuleType
        ):
            hidden.append(name)
    assert hidden == []


def test_no_package_is_hidden_either() -> None:
    for name in FACES - {*PACKAGES}:
        package, _, last = name.rpartition(".")
        importlib.import_module(name)
        assert isinstance(getattr(importlib.import_module(package), last), types.ModuleType), name


def test_no_two_files_have_one_name() -> None:
    places = defaultdict(list)
    for name in MODULES:
        places[name.rpartition(".")[2]].append(name)
    assert {last: names for last, names in places.items() if len(names) > 1 and last != "__main__"} == {}


@pytest.mark.parametrize("face", sorted(FACES))
def test_a_face_lists_what_others_may_use(face: str) -> None:
    module = importlib.import_module(face)
    assert len({*module.__all__}) == len(module.__all__)
    assert all(hasattr(module, name) for name in module.__all__)


# --- size ------------------------------------------------------------------------------------------------------


def test_the_core_reads_in_one_sitting() -> None:
    assert sum(map(code_lines, CORE)) <= MOST_CORE_LINES
