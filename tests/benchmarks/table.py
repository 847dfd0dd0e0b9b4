"""Rows of results as text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

WHAT_AIMS_ARE = """\
An aim is what the project sets itself: a bound on one number of the line, which is reached (met) or not (MISSED,
with the number).  Times of one contender are bound by another's of the same run; those in seconds are meant for a
processor like the README's.  Whatever is missed is named again at the end."""


class Aim(NamedTuple):
    """A bound on a number: at most, or at least, so much ``of`` something.

    >>> print(Aim(1.12, 1.05, "of C's"))
    ≤ 1.05 of C's: MISSED, 1.12
    """

    found: float
    bound: float
    of: str = ""
    at_least: bool = False
    shown: Callable[[float], str] = "{:,.3g}".format

    @property
    def met(self) -> bool:
        return self.found >= self.bound if self.at_least else self.found <= self.bound

    def __str__(self) -> str:
        aimed = f"{'≥' if self.at_least else '≤'} {self.shown(self.bound)} {self.of}".strip()
        return f"{aimed}: met" if self.met else f"{aimed}: MISSED, {self.shown(self.found)}"


class Row(NamedTuple):
    """A line of a table: what was measured, the results, and what is aimed at."""

    what: str
    results: tuple[str, ...]
    aims: tuple[Aim, ...] = ()


def table(head: Sequence[str], rows: Sequence[Row]) -> str:
    """The rows under the names of their columns, and the aims."""
    lines = [(*head, "aim"), *((row.what, *row.results, "; ".join(map(str, row.aims))) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    lines.insert(1, tuple("-" * width for width in widths))
    return "\n".join("  ".join(x.ljust(w) for x, w in zip(line, widths, strict=True)).rstrip() for line in lines)


def duration(seconds: float) -> str:
    """Three digits with the unit that suits them.

    >>> duration(0.0000452), duration(1.234)
    ('45.2 µs', '1.23 s')
    """
    factor, unit = next((f, u) for f, u in ((1, "s"), (1e3, "ms"), (1e6, "µs"), (1e9, "ns")) if seconds * f >= 1)
    digits = max(0, 2 - len(str(int(seconds * factor))) + 1)
    return f"{seconds * factor:.{digits}f} {unit}"
