"""The trainings by hand in C, ``training.c``, compiled here and now with each of some sets of flags.

With -ffast-math sums may be reordered.  Vectors of 512 bits must be asked for, as compilers use half of them.
"""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ..works import Work

SOURCE = Path(__file__).with_name("training.c")
DOUBLES = np.ctypeslib.ndpointer(np.float64, flags="C_CONTIGUOUS")
INTEGERS = np.ctypeslib.ndpointer(np.int64, flags="C_CONTIGUOUS")
STEPS = [ctypes.c_int64, DOUBLES]
ARGUMENTS = {
    "moons": [DOUBLES, DOUBLES, DOUBLES, ctypes.c_double, ctypes.c_double, *STEPS],
    "digits": [DOUBLES, INTEGERS, DOUBLES, ctypes.c_double, INTEGERS, ctypes.c_int64, *STEPS],
    "sigmoid": [DOUBLES, DOUBLES, DOUBLES, ctypes.c_double, *STEPS],
}
PLAIN, FAST, WIDE = "-O3 -march=native", "-ffast-math", "-mprefer-vector-width=512"


def contenders(source: Path, train: Callable[..., Any], *builds: str) -> dict[str, Callable[..., Any]]:
    """``train(library, ...)`` for each of some builds, named by their flags; and the fast one at full vector width."""
    compiler = shutil.which("cc")
    if not compiler:
        raise ImportError("no C compiler: there is no command cc")
    if has_wide_vectors(compiler):
        builds = f"{PLAIN} {FAST} {WIDE}", *builds
    return {f"C, {flags}": partial(train, build(compiler, source, flags)) for flags in builds}


def has_wide_vectors(compiler: str) -> bool:
    """Whether this processor has vectors of 512 bits."""
    command = [compiler, "-march=native", "-dM", "-E", "-x", "c", "/dev/null"]
    return "__AVX512F__" in subprocess.run(command, capture_output=True, text=True).stdout


def build(compiler: str, source: Path, flags: str) -> ctypes.CDLL:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        library = Path(folder) / "program.so"
        command = [compiler, *flags.split(), "-shared", "-fPIC", str(source), "-o", str(library), "-lm"]
        result = subprocess.run(command, capture_output=True, text=True)
        if result.returncode:
            raise ImportError(f"cc could not compile {source.name}: {result.stderr.strip()}")
        return ctypes.CDLL(str(library))  # loaded, it needs its file no longer


def train(library: ctypes.CDLL, work: Work, epochs: int) -> Any:
    program = getattr(library, work.name)
    program.argtypes, program.restype = ARGUMENTS[work.name], None
    losses = np.empty(epochs * work.steps)
    settings: list[Any] = [work.rate]
    if work.name == "moons":
        settings.append(work.l2)
    if work.order is not None:
        settings += [work.order, len(work.order) * work.steps]
    program(work.rows, work.targets, work.parameters.copy(), *settings, len(losses), losses)
    return losses


CONTENDERS = contenders(SOURCE, train, f"{PLAIN} {FAST}", PLAIN)
