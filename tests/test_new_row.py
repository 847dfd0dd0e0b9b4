"""One row is enough: what is added to the table exists everywhere, and what is forgotten is noticed.

A copy of the package gets two rows more and is generated anew.  ``sinc`` is written with rows, so that it compiles;
``cube_root`` calls a function of math for which it names no instruction, so that it is called for each number.
"""

# ruff: noqa: E501
# (a use of the new rows is a line)

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import autograd

ROOT = Path(autograd.__file__).parents[1]

ROWS = """
def sinc_forward(x: Any) -> Any:
    nowhere_0 = where(eq(x, 0.0), 1.0, x)
    return where(eq(x, 0.0), 1.0, sin(nowhere_0) / nowhere_0)


# fmt: off
sinc = row("sinc", "sinc", sinc_forward, lambda x, out: (where(eq(x, 0.0), 0.0, (cos(x) - out) / where(eq(x, 0.0), 1.0, x)),), (REAL,), "sin(x) / x, and 1 at 0",
           special=(Special(lambda x, out: x == 0.0, "the top of the wave"),))
cube_root = row("cube_root", "∛", lambda x: math.cbrt(x), lambda x, out: (1.0 / (3.0 * out * out),), (REAL,), "the number with cube x", ieee=lambda x: NAN)
# fmt: on
"""

# Each use prints a line; run in the copy.
USES = {
    "exported": "print(autograd.sinc(0.0), autograd.cube_root(8.0), 'sinc' in autograd.__all__)",
    "a method": "print(Value(0.0).sinc().data, Value(8.0).cube_root().data)",
    "eager": "x = Value(2.0); x.sinc().backward(); print(round(x.grad, 9), round((math.cos(2) - math.sin(2) / 2) / 2, 9))",
    "higher order": "print(round(grad(grad(autograd.sinc))(2.0), 9), round(hessian(autograd.sinc)(2.0), 9))",
    "forward mode": "print(round(autograd.jvp(autograd.cube_root, (8.0,), (1.0,))[1], 12))",
    "drawn": "x = Value(2.0, label='x'); y = x.sinc(); y.label = 'y'; print(autograd.draw(y))",
    "walked": "x = Value(0.0, label='x'); y = x.sinc(); y.label = 'y'; print(autograd.walkthrough(y)[0])",
    "explained": "x = Value(2.0, label='x'); y = x.cube_root(); y.label = 'y'; print(str(autograd.explain(x, y)).splitlines()[0])",
    "in the reference": "print(autograd.sinc.__doc__.splitlines()[0], 'cube_root' in autograd.TABLE)",
    "checked": "print(autograd.gradcheck(autograd.sinc, 2.0, order=2).ok, autograd.gradcheck(autograd.cube_root, 2.0).ok)",
    "on the command line": "from nn.command import main; main(['draw', 'sinc(x) + cube_root(y)', 'x=2', 'y=8'])",
    "jit": "f = autograd.jit(lambda x: autograd.sinc(x) * x); print(round(f(2.0), 12), f(np.array([0.0, 2.0])).round(9).tolist())",
    "jit of its derivative": "print(round(autograd.jit(grad(autograd.sinc))(2.0), 9))",
    "jit by NumPy, with a word": (
        "with warnings.catch_warnings(record=True) as said:\n"
        "    warnings.simplefilter('always')\n"
        "    print(autograd.jit(autograd.cube_root)(8.0), autograd.jit(grad(autograd.cube_root))(8.0))\n"
        "print({w.category.__name__ for w in said}, 'cube_root' in str(said[0].message))"
    ),
    "compile_loss": (
        "w = Value(2.0); step = autograd.compile_loss(lambda x: autograd.sinc(w * x), [w]); print(round(step([1.0]), 12), round(w.grad, 9))"
    ),
    "fit": (
        "model = nn.MLP(1, [3, 1], activation=autograd.sinc, seed=1)\n"
        "X, y = [[0.1 * i] for i in range(20)], [math.sin(0.1 * i) for i in range(20)]\n"
        "with warnings.catch_warnings():\n"
        "    warnings.simplefilter('error')\n"
        "    h = nn.fit(model, X, y, loss='mse', optimizer=nn.Adam(model.parameters(), lr=0.05), epochs=50)\n"
        "print(h.compiled is not None, h.loss[-1] < 0.5 * h.loss[0])"
    ),
    "fit by NumPy, with a word": (
        "model = nn.MLP(1, [3, 1], activation=autograd.cube_root, seed=1)\n"
        "with warnings.catch_warnings(record=True) as said:\n"
        "    warnings.simplefilter('always')\n"
        "    h = nn.fit(model, X, y, loss='mse', optimizer=nn.Adam(model.parameters(), lr=0.01), epochs=3)\n"
        "print(h.compiled is not None, [w.category.__name__ for w in said])"
    ),
}

SAYS = {
    "exported": "1.0 2.0 True",
    "a method": "1.0 2.0",
    "eager": "-0.435397775 -0.435397775",
    "higher order": "-0.019250938 -0.019250938",
    "forward mode": "0.083333333333",
    "walked": "y = sinc(x) = sinc(0) = 1 — the top of the wave",
    "explained": "∂y/∂x = 0.21: 1 path from y down to x",
    "in the reference": "sinc(x) = sin(x) / x, and 1 at 0. True",
    "checked": "True True",
    "jit": "0.909297426826 [0.0, 0.909297427]",
    "jit of its derivative": "-0.435397775",
    "jit by NumPy, with a word": "2.0 0.08333333333333333\n{'FallbackWarning'} True",
    "compile_loss": "0.454648713413 -0.435397775",
    "fit": "True True",
    "fit by NumPy, with a word": "True ['FallbackWarning']",
}

PREAMBLE = """
import math, os, sys, warnings
import numpy as np
import autograd, nn
from autograd import Value, grad, hessian
assert os.path.dirname(autograd.__file__) == os.path.join(os.getcwd(), "autograd"), autograd.__file__
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The two packages and the tests of the table, with two rows more, generated anew."""
    folder = tmp_path_factory.mktemp("copy")
    for name in ("autograd", "nn"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "tests" / "benchmarks").mkdir(parents=True)
    for name in (
        "conftest.py", "references.py", "test_primitives.py", "test_generated.py", "benchmarks/hiding.py",
    ):  # fmt: skip
        shutil.copy(ROOT / "tests" / name, folder / "tests" / name)
    table = folder / "autograd" / "primitives.py"
    table.write_text(table.read_text(encoding="utf-8") + ROWS, encoding="utf-8")
    return folder


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, capture_output=True, text=True, encoding="utf-8", timeout=100,
        env={**os.environ, "PYTHONPATH": str(folder), "PYTHONUTF8": "1"},
    )  # fmt: skip


def test_a_row_that_was_not_generated_is_noticed(copy: Path) -> None:
    done = run(copy, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n0", "tests/test_generated.py")
    assert done.returncode == 1
    assert "run `python autograd/generate.py`" in done.stdout


def test_the_row_works_everywhere(copy: Path) -> None:
    done = run(copy, "autograd/generate.py")
    assert done.returncode == 0, done.stderr
    script = PREAMBLE + "\n".join(f"print({name!r})\n{use}" for name, use in USES.items())
    done = run(copy, "-c", script)
    assert done.returncode == 0, done.stderr
    parts = dict(zip(USES, split(done.stdout), strict=True))
    for name, said in SAYS.items():
        assert parts[name] == said, name
    assert "y = sinc(x) = 0.4546" in parts["drawn"]
    assert "sinc" in parts["on the command line"]


def split(output: str) -> list[str]:
    """What stands behind each use's name."""
    parts, lines = [], output.splitlines()
    places = [*(lines.index(name) for name in USES), len(lines)]
    for start, end in itertools.pairwise(places):
        parts.append(textwrap.dedent("\n".join(lines[start + 1 : end])))
    return parts


@pytest.mark.slow
def test_a_row_without_a_reference_of_50_digits_fails_the_tests(copy: Path) -> None:
    run(copy, "autograd/generate.py")
    done = run(
        copy, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n0", "tests/test_primitives.py", "-k", "reference"
    )
    assert done.returncode == 1
    assert "test_every_row_has_a_reference" in done.stdout
