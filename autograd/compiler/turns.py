"""Turn: a lock of which a forked process does not inherit that it is held.

A fork copies the thread that asks for it and no other.  A lock that another thread held would be held in the child for
ever, by nobody: the next call of the same compiled function would wait without end.
"""

from __future__ import annotations

import os
import threading
from weakref import WeakSet


class Turn:
    """A lock, to be used with ``with``: one thread at a time, in each process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        _turns.add(self)

    def __enter__(self) -> None:
        lock = self._lock
        lock.acquire()
        self._held = lock  # which, in a child that was forked meanwhile, is no longer the lock for others

    def __exit__(self, *error: object) -> None:
        self._held.release()


_turns: WeakSet[Turn] = WeakSet()


def _renew() -> None:
    for turn in _turns:
        turn._lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew)
