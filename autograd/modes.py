"""How the next operation is carried out: computed and recorded at once, or otherwise inside some context.

Modes belong to their context: a thread, a task of asyncio.  Each ``with`` takes away only what it set itself, so that
two that overlap, in generators, say, leave nothing behind.
"""

from __future__ import annotations

import gc
import os
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
    threads: int | None = None  # how many machine code may use at once; None: as many as there are cores


Settings = tuple[dict[str, Any], ...]  # those of the ``with`` statements, outermost first
NO_SETTINGS: tuple[Settings, Flags] = ((), Flags())


class Mode:
    """``eager`` holds while no context anywhere does anything but compute and record at once.

    To ask a context for its own flags takes long, so operations ask ``eager`` first.
    """

    __slots__ = ("_lock", "_others", "current", "eager")

    def __init__(self) -> None:
        self.eager = True
        self.current = ContextVar("settings", default=NO_SETTINGS)  # of this context, and what they come to
        self._others = 0  # settings in force, of any context, that are not eager
        self._lock = threading.Lock()

    @property
    def flags(self) -> Flags:
        """Those of this context."""
        return self.current.get()[1]

    def set(self, **flags: Any) -> Setting:
        """A context with some other flags."""
        return Setting(flags)

    def count(self, change: int) -> None:
        """Note that so many settings more are not eager."""
        with self._lock:
            self._others += change
            self.eager = not self._others


class Setting:
    """What ``with`` enters and leaves: some flags that are others in between.  A class, as that is quicker."""

    __slots__ = ("_before", "_flags", "_inside")

    def __init__(self, flags: dict[str, Any]) -> None:
        self._flags = flags

    def __enter__(self) -> None:
        if self._is_other():
            mode.count(1)
        self._before = mode.current.get()
        settings, flags = self._before
        self._inside = (*settings, self._flags), flags._replace(**self._flags)
        mode.current.set(self._inside)

    def __exit__(self, *error: object) -> None:
        if mode.current.get() is self._inside:
            mode.current.set(self._before)
        else:  # one that began later is still there, or one that began earlier has ended
            settings = tuple(setting for setting in mode.current.get()[0] if setting is not self._flags)
            flags = {name: flag for setting in settings for name, flag in setting.items()}
            mode.current.set((settings, Flags(**flags)))
        if self._is_other():
            mode.count(-1)

    def _is_other(self) -> bool:
        return not self._flags.get("recording", True) or self._flags.get("tracer") is not None


mode = Mode()
current_scope: ContextVar[Scope | None] = ContextVar("scope", default=None)  # what the next node is made in
scope_here = current_scope.get


def _begin_anew() -> None:
    """In a forked process, which has the thread that asked for it and no other: no lock is held, no setting counted."""
    mode._lock = threading.Lock()
    mode._others = sum(1 for setting in mode.current.get()[0] if Setting(setting)._is_other())
    mode.eager = not mode._others


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)


def no_grad() -> Setting:
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


def recording() -> Setting:
    """A context in which everything is recorded, inside no_grad() too."""
    return mode.set(recording=True)


def derivative_mode() -> Setting:
    """A context in which everything is recorded and IEEE 754 results replace exceptions.

    Only the forward that a user writes raises; partials and derivative graphs carry inf and nan.
    """
    return mode.set(recording=True, lenient=True)


def thread_limit(threads: int | None) -> Any:
    """A context in which machine code uses at most so many threads, in ``fit``, ``predict``, compiled functions.

    With None, as without a context, ``threads`` is what the environment variable STEPGRAD_THREADS says, else the number
    of cores that the process may use.  It is one in threads and processes that were themselves started to share work:
    all but the main thread, and those of multiprocessing.  Only what takes long enough is shared out, and the results
    are the same to the last bit for any number.  ValueError for what is no whole number of at least 1.

    >>> from autograd import jit
    >>> with thread_limit(1):
    ...     y = jit(lambda x: x * x)(3.0)
    >>> y
    9.0
    """
    if threads is None:
        return mode.set()
    if not hasattr(threads, "__index__") or threads < 1:
        raise ValueError(f"threads must be a whole number of at least 1, not {threads!r}")
    return mode.set(threads=int(threads))


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
