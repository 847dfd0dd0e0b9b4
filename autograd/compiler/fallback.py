"""Falling back: what counts as "this cannot be compiled", and how the user is told what is done instead.

There are two steps down: from machine code to the same program run by NumPy, and from a compiled program to
the eager computation, one Value at a time.  Both give the same results, later.  Only three things make the
package take such a step; every other exception is a mistake somewhere, and passes through.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from ..errors import AutogradError, FallbackWarning, TraceError

REQUIRED = ("llvmlite", "numpy")  # by the compiler, and not installed everywhere

BY_NUMPY = "NumPy runs what was compiled, column by column; machine code is 3 to 40 times as fast"

reported: set[str] = set()  # the texts so far: each cause is told once for each thing that it slows down


class NotCompilable(AutogradError):
    """There is no machine code for this, though it was written as it should be."""


@contextmanager
def falling_back(instead: str, *, unasked: bool = False) -> Iterator[None]:
    """A context for an attempt to compile: where that is not possible, a FallbackWarning, and what follows runs.

    ``instead`` says what follows.  Where the user asked for a compiled function, a TraceError is about a mistake
    in it and passes through; where the package compiles ``unasked``, as ``fit`` does, it is a reason not to.

    >>> with warnings.catch_warnings(record=True, action="always") as found:
    ...     with falling_back("Python runs it, which is slower"):
    ...         raise NotCompilable("there is no machine code for it")
    ...     print("it was run by Python")
    it was run by Python
    >>> print(found[0].message)
    Python runs it, which is slower: there is no machine code for it
    """
    try:
        yield
    except NotCompilable as error:
        _report(instead, str(error))
    except TraceError as error:
        if not unasked:
            raise
        _report(instead, str(error))
    except ImportError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in REQUIRED:
            raise
        _report(instead, f"{missing} is not installed. Install it with: python -m pip install {missing}")


class Patience:
    """Counts how often something is compiled anew, and says so when that becomes slow."""

    MOST = 5

    def __init__(self, name: str) -> None:
        self.name, self._count = name, 0

    def compiled_anew(self, changed: str) -> None:
        """A FallbackWarning at the last of the first few times."""
        self._count += 1
        if self._count == self.MOST:
            text = (
                f"{self.name} is compiled anew whenever {changed} changes, for the {self.MOST}th time now, which "
                f"takes long: make it a Value(..., requires_grad=False), whose number is read anew at every call"
            )
            warnings.warn(text, FallbackWarning, stacklevel=_depth())


def _report(instead: str, cause: str) -> None:
    text = f"{instead}: {cause}"
    if text not in reported:
        reported.add(text)
        warnings.warn(text, FallbackWarning, stacklevel=_depth())


def _depth() -> int:
    """How far up the stack the user's code is: the warning names its line."""
    ours = {"autograd", "nn", "contextlib"}
    depth, frame = 1, sys._getframe(1).f_back
    while frame is not None and frame.f_globals.get("__name__", "").partition(".")[0] in ours:
        depth, frame = depth + 1, frame.f_back
    return depth + 1
