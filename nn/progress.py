"""Progress: a bar, where there is somebody to see it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from typing import Any

_asked: ContextVar[bool | None] = ContextVar("asked", default=None)  # by the user of what runs now


@contextmanager
def progress_as(asked: bool | None) -> Iterator[None]:
    """A context in which progress is shown or not; with None where there is a terminal or notebook to show it."""
    before = _asked.set(asked)
    try:
        yield
    finally:
        _asked.reset(before)


def progress_bar(done: int, total: int, unit: str, what: str | None = None) -> Any:
    """A context with a bar, if progress is shown; else with None."""
    if not (asked if (asked := _asked.get()) is not None else sys.stderr.isatty() or "ipykernel" in sys.modules):
        return nullcontext()  # without the tenth of a second that it takes to import a bar
    from tqdm import tqdm

    return tqdm(desc=what, initial=done, total=total, unit=unit, leave=what is None)
