"""Several threads for one call of a program: how many, and how they work together.  They end with the call.

Machine code runs without the GIL, so threads run on cores of their own.  To wake one and wait for it takes about as
long as 0.06 ms of work: what is shorter than a few times that stays with one thread.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from ...modes import mode

WORTH = 1_000_000.0  # nanoseconds of a call for which threads are started, which takes about 150,000
VARIABLE = "STEPGRAD_THREADS"
QUOTA = Path("/sys/fs/cgroup/cpu.max")  # of a container: microseconds of all cores together, in a period of so many


def threads() -> int:
    """How many threads a call may use: those of ``thread_limit``, or of the environment, or one for each core.

    What was itself started to share work, another thread than the main one or a process of multiprocessing, has one.
    """
    if (asked := mode.flags.threads) is not None:
        return asked
    if text := os.environ.get(VARIABLE):
        if not text.isdecimal() or int(text) < 1:
            raise ValueError(f"the environment variable {VARIABLE} must be a whole number of at least 1, not {text!r}")
        return int(text)
    if threading.current_thread() is not threading.main_thread():
        return 1
    processes = sys.modules.get("multiprocessing")  # its children have imported it; to do so here would take long
    return cores() if processes is None or processes.parent_process() is None else 1


def cores() -> int:
    """The cores that this process may use."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with suppress(OSError, ValueError):  # there is no such file, or no limit in it
        most, period = map(int, QUOTA.read_text().split())
        count = min(count, max(most // period, 1))
    return count


Together = Callable[[Callable[[int], object], int], None]


@contextmanager
def team(size: int) -> Iterator[Together]:
    """So many threads, the one that asks among them; they end with the context.

    It gives ``together(f, count)``: f is called so many times at once, with the number of the thread that does, 0 for
    this one, and all are waited for.  It takes what is to be done from a common heap, until nothing is left: then those
    that have not begun are not needed, be it that they are held up or that the process may start no more threads.
    """
    work: SimpleQueue[Callable[[int], object] | None] = SimpleQueue()
    done: SimpleQueue[BaseException | None] = SimpleQueue()
    others: list[threading.Thread] = []

    def serve(number: int) -> None:
        while (f := work.get()) is not None:
            try:
                f(number)
            except BaseException as error:
                done.put(error)
            else:
                done.put(None)

    def together(f: Callable[[int], object], count: int) -> None:
        wanted = min(count - 1, len(others))
        for _ in range(wanted):
            work.put(f)
        f(0)
        with suppress(Empty):  # a thread that has not begun is not waited for
            while wanted:
                work.get_nowait()
                wanted -= 1
        errors = [done.get() for _ in range(wanted)]
        for error in errors:
            if error is not None:
                raise error

    try:
        with suppress(RuntimeError):
            for number in range(1, size):
                thread = threading.Thread(target=serve, args=(number,), name=f"stepgrad {number}", daemon=True)
                thread.start()
                others.append(thread)
        yield together
    finally:
        _end(others, work, size)


def _end(threads: list[threading.Thread], work: SimpleQueue[Any], size: int) -> None:
    """Let so many threads end, and wait for them whatever comes: they write into memory that is freed afterwards."""
    try:
        for _ in range(size):
            work.put(None)
        for thread in threads:
            thread.join()
    except BaseException:  # Ctrl-C
        _end(threads, work, size)
        raise
