"""The training by hand in C, ``gpt.c``; with -ffast-math sums may be reordered."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np

from ..contenders.with_c import DOUBLES, INTEGERS, build
from .work import Work, padded

SOURCE = Path(__file__).with_name("gpt.c")
NUMBER, COUNT = ctypes.c_double, ctypes.c_int64


def widest() -> list[str]:
    """The flag for vectors of 512 bits, which compilers do not choose by themselves, where the processor has them."""
    command = ["cc", "-march=native", "-dM", "-E", "-x", "c", "/dev/null"]
    if not shutil.which("cc"):
        return []  # which is said below
    found = subprocess.run(command, capture_output=True, text=True).stdout
    return ["-mprefer-vector-width=512"] if "__AVX512F__" in found else []


LIBRARY = build(SOURCE, "-ffast-math", *widest())
LIBRARY.train.restype = None
LIBRARY.train.argtypes = [
    INTEGERS, INTEGERS, INTEGERS, DOUBLES, NUMBER, NUMBER, NUMBER, NUMBER, COUNT, INTEGERS, COUNT, COUNT, DOUBLES,
]  # fmt: skip


def train(work: Work, epochs: int) -> Any:
    s, losses = work.settings, np.empty(epochs * work.steps)
    LIBRARY.train(
        *padded(work), work.parameters.copy(), s.rate, s.beta1, s.beta2, s.epsilon, work.steps, work.order.ravel(),
        work.order.size, len(losses), losses,
    )  # fmt: skip
    return losses


CONTENDERS = {"C, -O3 -march=native -ffast-math": train}
