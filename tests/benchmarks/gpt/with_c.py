"""The training by hand in C, ``gpt.c``."""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import Any

import numpy as np

from ..contenders.with_c import DOUBLES, FAST, INTEGERS, PLAIN, contenders
from .work import Work, padded

NUMBER, COUNT = ctypes.c_double, ctypes.c_int64
ARGUMENTS = [
    INTEGERS, INTEGERS, INTEGERS, DOUBLES, NUMBER, NUMBER, NUMBER, NUMBER, COUNT, INTEGERS, COUNT, COUNT, DOUBLES,
]  # fmt: skip


def train(library: ctypes.CDLL, work: Work, epochs: int) -> Any:
    library.train.argtypes, library.train.restype = ARGUMENTS, None
    s, losses = work.settings, np.empty(epochs * work.steps)
    library.train(
        *padded(work), work.parameters.copy(), s.rate, s.beta1, s.beta2, s.epsilon, work.steps, work.order.ravel(),
        work.order.size, len(losses), losses,
    )  # fmt: skip
    return losses


CONTENDERS = contenders(Path(__file__).with_name("gpt.c"), train, f"{PLAIN} {FAST}")
