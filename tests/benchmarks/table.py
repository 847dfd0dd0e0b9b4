"""Rows of results as text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Row(NamedTuple):
    """A line of a table: what was measured, the results, what is aimed at and whether it was reached."""

    what: str
    results: tuple[str, ...]
    aim: str = ""
    met: bool | None = None


def table(head: Sequence[str], rows: Sequence[Row]) -> str:
    """The rows under the names of their columns, the last of which is the aim."""
    lines = [(*head, "")]
    lines += [(row.what, *row.results, row.aim, {True: "met", False: "MISSED", None: ""}[row.met]) for row in rows]
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
