"""Progress: a bar or a line, where there is somebody to see it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from typing import Any

PATIENCE = 1.0  # seconds that pass without a word

_asked: ContextVar[bool | None] = ContextVar("asked", default=None)  # by the user of what runs now


def is_shown() -> bool:
    """Whether progress is shown: as was asked for, or by default where there is a terminal or notebook to show it."""
    asked = _asked.get()
    return sys.stderr.isatty() or "ipykernel" in sys.modules if asked is None else asked


@contextmanager
def progress_as(asked: bool | None) -> Iterator[None]:
    """A context in which progress is shown or not; with None by default."""
    before = _asked.set(asked)
    try:
        yield
    finally:
        _asked.reset(before)


def progress_bar(done: int, total: int, unit: str, what: str | None = None) -> Any:
    """A context with a bar, if progress is shown; else with None."""
    if not is_shown():
        return nullcontext()  # without the tenth of a second that it takes to import a bar
    from tqdm import tqdm

    return tqdm(desc=what, initial=done, total=total, unit=unit, leave=what is None)
