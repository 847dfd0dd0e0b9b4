"""What an import costs, and what is documented."""

from __future__ import annotations

import ast
import builtins
import inspect
import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

import autograd
import autograd.compiler  # nothing else loads it before it is needed
import nn

ROOT = Path(autograd.__file__).parents[1]


def modules(package: str) -> dict[str, Path]:
    """Dotted name → file, for every file of a package; a package's own name stands for its __init__."""
    files = sorted((ROOT / package).rglob("*.py"))
    names = [".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for file in files]
    return dict(zip(names, files, strict=True))


MODULES = modules("autograd") | modules("nn")


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


# --- documentation ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("package", "name"), [(package, name) for package in (autograd, nn) for name in package.__all__]
)  # fmt: skip
def test_every_public_name_has_a_docstring_of_its_own(package, name):
    thing = getattr(package, name)
    if isinstance(thing, dict):
        return  # the table: primitives.py says what it is
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


# --- names that Python has too ---------------------------------------------------------------------------------


@pytest.mark.parametrize("package", [autograd, nn])
def test_a_star_takes_no_builtin_away(package):
    hidden = {*package.__all__} & {*vars(builtins)}
    assert hidden == set()
    names = {}
    exec(f"from {package.__name__} import *", names)  # what a notebook does
    assert {name for name in vars(builtins) if not name.startswith("_") and name in names} == set()
    assert eval("pow(2, 3, 5), abs(-2), max(1, 2), round(2.5)", names) == (3, 2, 2, 2)


@pytest.mark.parametrize("name", sorted({*autograd.__all__, *nn.__all__} & {*vars(math)} - {"prod"}))
def test_a_function_that_math_has_too_gives_the_same_for_numbers(name):
    ours, theirs = getattr(autograd, name), getattr(math, name)

    def outcome(function, numbers):
        try:
            return repr(function(*numbers))
        except (TypeError, ValueError, OverflowError) as error:
            return type(error)

    for numbers in (
        (0.5,),
        (2,),
        (True,),
        (-1.5,),
        (1e3,),
        (-0.0,),
        (math.inf,),
        (math.nan,),
        (3, 4),
        (8, 2),
        (3, 4, 12),
    ):
        assert outcome(ours, numbers) == outcome(theirs, numbers), numbers


def test_prod_is_that_of_math_but_for_no_numbers():
    assert autograd.prod([2, 3.5, 4]) == math.prod([2, 3.5, 4])
    with pytest.raises(ValueError, match="prod of nothing"):
        autograd.prod([])
