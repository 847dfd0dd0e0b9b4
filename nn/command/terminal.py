"""Stepping through lines of text in a terminal, key by key."""

from __future__ import annotations

import os
import select
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from shutil import get_terminal_size
from textwrap import wrap

FORWARD, BACK, FIRST, LAST, QUIT, NOTHING = "forward", "back", "first", "last", "quit", "nothing"
HELP = "enter, right: forward   left: back   home, end   q: quit"

KEYS = {
    "\r": FORWARD, "\n": FORWARD, " ": FORWARD, "q": QUIT, "Q": QUIT, "\x04": QUIT, "": QUIT,
    **{f"\x1b{kind}{letter}": move for kind in "[O" for letter, move in
       {"C": FORWARD, "B": FORWARD, "D": BACK, "A": BACK, "H": FIRST, "F": LAST}.items()},
    "\x1b[1~": FIRST, "\x1b[7~": FIRST, "\x1b[4~": LAST, "\x1b[8~": LAST,
}  # fmt: skip
WINDOWS_KEYS = {"M": FORWARD, "P": FORWARD, "K": BACK, "H": BACK, "G": FIRST, "O": LAST}  # each after \0 or \xe0

# The second screen of a terminal, which editors use: when it closes, what was there before is back.
OPEN, CLEAR, CLOSE = "\x1b[?1049h\x1b[?25l", "\x1b[2J\x1b[H", "\x1b[?25h\x1b[?1049l"
BOLD, PLAIN = "\x1b[1m", "\x1b[0m"


def can_step() -> bool:
    """Whether input and output are a terminal that can move its cursor."""
    return sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def step_through(title: str, lines: list[str], ends: Sequence[int], cards: Sequence[list[str]]) -> None:
    """Show the steps one by one as keys ask for them; at the end, leave those that were seen on the terminal.

    With step i the first ``ends[i]`` of the lines are shown, and below them ``cards[i]``, which explains it.
    """
    at, last = 0, len(ends) - 1
    with keyboard() as read, screen():
        while True:
            show(lines[: ends[at]], cards[at], f"{title}: {at} of {last}")
            move = read()
            if move == QUIT:
                break
            at = {FORWARD: min(at + 1, last), BACK: max(at - 1, 0), FIRST: 0, LAST: last}.get(move, at)
    print("\n".join(lines[: ends[at]]))


def show(lines: list[str], card: list[str], title: str) -> None:
    """Show the last lines that fit, long ones on several rows, the last of them in bold, and what explains it."""
    columns, rows = get_terminal_size()
    below = ["", *(part for line in card for part in wrap(line, columns - 1))][: max(rows // 2, 1)]
    room = max(rows - 4 - len(below), 1)  # title, help and a blank row for each
    parts = [wrap(line, columns - 1, subsequent_indent="     ") for line in lines[-room:]]
    parts[-1] = [f"{BOLD}{part}{PLAIN}" for part in parts[-1]]
    fitting = [part for line in parts for part in line][-room:]
    sys.stdout.write(CLEAR + "\n".join([title[: columns - 1], "", *fitting, *below, "", HELP[: columns - 1]]))
    sys.stdout.flush()


@contextmanager
def screen() -> Iterator[None]:
    if sys.platform == "win32":
        os.system("")  # from then on the console of Windows understands these codes
    sys.stdout.write(OPEN)
    try:
        yield
    finally:
        sys.stdout.write(CLOSE)
        sys.stdout.flush()


@contextmanager
def keyboard() -> Iterator[Callable[[], str]]:
    """A context with a function that waits for the next key and gives the move that it stands for."""
    if sys.platform == "win32":
        import msvcrt

        def read_console() -> str:
            key = msvcrt.getwch()
            if key == "\x03":
                raise KeyboardInterrupt
            if key in ("\0", "\xe0"):
                return WINDOWS_KEYS.get(msvcrt.getwch(), NOTHING)
            return KEYS.get(key, NOTHING)

        yield read_console
    else:
        import termios
        import tty

        descriptor = sys.stdin.fileno()
        before = termios.tcgetattr(descriptor)
        signals = (signal.SIGTERM, signal.SIGHUP)
        handlers = [signal.signal(number, stop) for number in signals]
        try:
            tty.setcbreak(descriptor)  # keys come one by one and are not shown; Ctrl-C still interrupts
            yield lambda: read_terminal(descriptor)
        finally:
            termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
            for number, handler in zip(signals, handlers, strict=True):
                signal.signal(number, handler)


def stop(number: int, frame: object) -> None:
    """End through the ``finally`` clauses, which restore the terminal."""
    sys.exit(128 + number)


def read_terminal(descriptor: int) -> str:
    key = os.read(descriptor, 1)
    # An arrow is several bytes, sent at once; after the escape key alone nothing follows.
    while key[:1] == b"\x1b" and len(key) < 6 and select.select([descriptor], [], [], 0.05)[0]:
        key += os.read(descriptor, 1)
        if len(key) > 2 and (key[-1:].isalpha() or key[-1:] == b"~"):
            break
    return KEYS.get(key.decode("ascii", "replace"), NOTHING)
