"""How a computation is put into words: counts, names among numbers, and what is special at a point."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..drawing import format_number
from ..primitives import TABLE, Primitive

# The signs of the texts, and what stands for them where only ASCII can be shown.
ASCII: dict[str, str | int | None] = {
    **{row.symbol: row.name for row in TABLE.values() if len(row.symbol) == 1 and not row.symbol.isascii()},
    "∂": "d", "·": "*", "×": "x", "→": "->", "—": "--", "√": "sqrt ", "∞": "inf", "≤": "<=", "≥": ">=", "≠": "!=",
    "…": "...", "½": "1/2", "′": "'", "\u2068": "", "\u2069": "",
}  # fmt: skip


def count(n: int) -> str:
    """A number of things in digits, or where there are very many their power of ten.

    >>> count(1234), count(2**10000)
    ('1,234', 'about 10^3010')
    """
    return f"{n:,}" if n < 10**15 else f"about 10^{int(n.bit_length() * math.log10(2.0))}"


def ordinal(n: int) -> str:
    """2nd, 3rd, 4th, ..., 21st.

    >>> [ordinal(n) for n in (1, 2, 3, 11, 22)]
    ['1st', '2nd', '3rd', '11th', '22nd']
    """
    ending = "th" if n % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n}{ending}"


def special(row: Primitive, operands: Sequence[float], out: float, partials: Sequence[float]) -> str:
    """What a learner should know about a row of the table at this point, or nothing.

    >>> from autograd.primitives import TABLE
    >>> special(TABLE["relu"], [-1.0], 0.0, [0.0])
    'a dead relu: its slope below 0 is 0'
    """
    point = row.special_point(operands, out)
    return point.note.format(slope=format_number(partials[0])) if point else ""


def isolate(name: str) -> str:
    """A name among numbers: one that is written from right to left must not turn those around.

    The two characters put around it are of Unicode's bidirectional algorithm, FSI and PDI.
    """
    if name.isascii():
        return name
    from unicodedata import bidirectional

    return f"\u2068{name}\u2069" if any(bidirectional(c) in ("R", "AL", "AN") for c in name) else name


def encodable(text: str, encoding: str | None) -> str:
    """The text in signs that the encoding of a stream has: as it is, or else in ASCII.

    >>> encodable("∂L/∂a = 2 × 3", "ascii")
    'dL/da = 2 x 3'
    """
    try:
        text.encode(encoding or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return text.translate(str.maketrans(ASCII)).encode("ascii", "replace").decode()
    return text
