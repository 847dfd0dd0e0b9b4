"""The same trainings, each written as a careful user of the library would.

A contender is a function ``train(work, epochs)`` that returns the loss of every step as it was before its
update; stepgrad's returns the mean of every epoch, as ``fit`` does.  What a contender prepares for a work
(compiled code) it keeps.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

Train = Callable[[Any, int], Any]  # (a Work, epochs)

MODULES = ("with_stepgrad", "with_numpy", "with_torch", "with_jax", "with_c")
OURS, REFERENCE, TORCH = "stepgrad, fit", "NumPy", "PyTorch, eager"


def load(package: str = __name__) -> tuple[dict[str, Train], list[str]]:
    """The contenders of a package by name, and for each module that is left out the reason."""
    found: dict[str, Train] = {}
    left_out = []
    for name in MODULES:
        try:
            found |= import_module(f"{package}.{name}").CONTENDERS
        except ImportError as error:
            left_out.append(str(error))
    return found, left_out


def quickest_c(times: Mapping[str, float]) -> float | None:
    """The time of C's quickest build, where there is a compiler: which one that is differs by processor and program."""
    return min((time for name, time in times.items() if name.startswith("C, ")), default=None)
