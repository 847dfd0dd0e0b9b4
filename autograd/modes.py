"""How the next operation is carried out: computed and recorded at once, or otherwise inside some context.

Modes belong to their context: a thread, a task of asyncio.  Each ``with`` takes away only what it set itself, so that
two that overlap, in generators, say, leave nothing behind.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

Scope = tuple[Any, Any]  # (owner, the scope around it or None): see scopes.py


class Flags(NamedTuple):
    """What the ``with`` statements around the next operation come to."""

    recording: bool = True  # False under no_grad(): values are computed, nothing is recorded
    lenient: bool = False  # True while a derivative is built: IEEE 754 results instead of exceptions
    tracer: Any = None  # what takes the operations while a program is traced, when there are no numbers


USUAL = Flags()


class Mode:
    """``eager`` holds while no context anywhere does anything but compute and record at once.

    To ask a context for its own flags takes long, so operations ask ``eager`` first.  ``scope`` is what the next
    node is made in, one for the whole process.
    """

    __slots__ = ("_flags", "_lock", "_others", "_settings", "eager", "scope")

    def __init__(self) -> None:
        self.eager = True
        self.scope: Scope | None = None
        self._settings: ContextVar[tuple[dict[str, Any], ...]] = ContextVar("settings", default=())
        self._flags = ContextVar("flags", default=USUAL)
        self._others = 0  # settings in force, of any context, that are not eager
        self._lock = threading.Lock()

    @property
    def flags(self) -> Flags:
        """Those of this context."""
        return self._flags.get()

    @contextmanager
    def set(self, **flags: Any) -> Iterator[None]:
        """A context with some other flags."""
        count = not flags.get("recording", True) or flags.get("tracer") is not None
        self._count(count)
        self._put((*self._settings.get(), flags))
        try:
            yield
        finally:
            self._put(tuple(setting for setting in self._settings.get() if setting is not flags))
            self._count(-count)

    def _put(self, settings: tuple[dict[str, Any], ...]) -> None:
        self._settings.set(settings)
        self._flags.set(Flags(**{name: flag for setting in settings for name, flag in setting.items()}))

    def _count(self, change: int) -> None:
        with self._lock:
            self._others += change
            self.eager = not self._others


mode = Mode()


def no_grad() -> Any:
    """A context in which nothing is recorded: faster, lighter, and ``backward`` raises.

    It holds for the thread or asyncio task that enters it.

    >>> from autograd import Value
    >>> x = Value(3.0)
    >>> with no_grad():
    ...     y = x * x
    >>> y.data, y.parents
    (9.0, ())
    """
    return mode.set(recording=False)


def recording() -> Any:
    """A context in which everything is recorded, inside no_grad() too."""
    return mode.set(recording=True)


def derivative_mode() -> Any:
    """A context in which everything is recorded and IEEE 754 results replace exceptions.

    Only the forward that a user writes raises; partials and derivative graphs carry inf and nan.
    """
    return mode.set(recording=True, lenient=True)


@contextmanager
def without_collector() -> Iterator[None]:
    """A context for building large graphs and tables, which hold no cycles.

    The cyclic garbage collector, woken by so many new objects, walks them all again and again.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
