"""Ctrl-C in a training: the first one ends it when its epoch is done, a second one at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def interruptible() -> Iterator[list[Any]]:
    """A context in which a first Ctrl-C is only noted, in the list that it gives; a second interrupts as usual."""
    noted: list[Any] = []
    usual = signal.getsignal(signal.SIGINT)

    def note(number: int, frame: object) -> None:
        noted.append(number)
        signal.signal(signal.SIGINT, usual)

    # Other threads get no signals; and where the program has a handler of its own, that one stays.
    ours = usual is signal.default_int_handler and threading.current_thread() is threading.main_thread()
    if ours:
        signal.signal(signal.SIGINT, note)
    try:
        yield noted
    except KeyboardInterrupt as interrupt:
        if noted:
            raise
        noted.append(interrupt)  # from a handler of the program's own, or from a callback
    finally:
        if ours:
            signal.signal(signal.SIGINT, usual)
