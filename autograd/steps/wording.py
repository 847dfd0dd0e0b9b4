"""How a computation is put into words: numbers, operations on numbers, and what is special at a point."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from ..drawing.text import expression
from ..points import special_point
from ..primitives import TABLE, Primitive

# The signs of the texts, and what stands for them where only ASCII can be shown.
ASCII: dict[str, str | int | None] = {
    "∂": "d", "·": "*", "×": "x", "→": "->", "—": "--", "√": "sqrt ", "σ": "sigmoid", "Σ": "sum", "∞": "inf",
    "≤": "<=", "≥": ">=", "≠": "!=", "…": "...", "½": "1/2", "\u2068": "", "\u2069": "",
}  # fmt: skip

# The fused primitives written as sums.
SUMS: dict[Primitive, Callable[[Sequence[str], str], list[str]]] = {
    TABLE["total"]: lambda names, times: [*names],
    TABLE["dot"]: lambda names, times: [
        *(f"{w} {times} {x}" for w, x in zip(names[: len(names) // 2], names[len(names) // 2 : -1], strict=True)),
        names[-1],
    ],
}
MOST_TERMS = 6  # of a sum that are written out


def number(x: float) -> str:
    """A number in four significant digits; whole ones as such: 2, -0.5, 1.2e-05.

    >>> number(2.0), number(-1 / 3), number(1e20)
    ('2', '-0.3333', '1e+20')
    """
    return f"{x:.0f}" if x.is_integer() and math.fabs(x) < 1e6 else f"{x:.4g}"


def count(n: int) -> str:
    """A number of things in digits, or where there are very many their power of ten.

    >>> count(1234), count(2**10000)
    ('1,234', 'about 10^3010')
    """
    return f"{n:,}" if n < 10**15 else f"about 10^{int(n.bit_length() * math.log10(2.0))}"


def operation(primitive: Primitive, names: Sequence[str]) -> str:
    """A primitive applied to named operands.

    >>> operation(TABLE["mul"], ["a", "b"]), operation(TABLE["dot"], ["w", "x", "b"])
    ('a * b', 'w * x + b')
    """
    if primitive in SUMS:
        return _sum(SUMS[primitive](names, "*"))
    return expression(primitive.symbol, [*names])


def arithmetic(primitive: Primitive, operands: Sequence[float]) -> str:
    """A primitive applied to numbers.

    >>> arithmetic(TABLE["mul"], [2.0, -3.0]), arithmetic(TABLE["pow"], [-3.0, 2.0])
    ('2 × -3', '(-3) ** 2')
    """
    texts = [number(x) for x in operands]
    if primitive in SUMS:
        return _sum(SUMS[primitive](texts, "×"))
    if primitive in (TABLE["neg"], TABLE["pow"]) and texts[0].startswith("-"):
        texts[0] = f"({texts[0]})"
    return expression("×" if primitive is TABLE["mul"] else primitive.symbol, texts)


def special(primitive: Primitive, operands: Sequence[float], out: float, partials: Sequence[float]) -> str:
    """What a learner should know about a primitive at this point, or nothing.

    >>> special(TABLE["relu"], [-1.0], 0.0, [0.0])
    'a dead relu: its slope below 0 is 0'
    """
    point = special_point(primitive, operands, out)
    return point.note.format(slope=number(partials[0])) if point else ""


def ordinal(n: int) -> str:
    """2nd, 3rd, 4th, ..., 21st.

    >>> [ordinal(n) for n in (1, 2, 3, 11, 22)]
    ['1st', '2nd', '3rd', '11th', '22nd']
    """
    ending = "th" if n % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n}{ending}"


def isolated(name: str) -> str:
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


def _sum(terms: list[str]) -> str:
    if len(terms) > MOST_TERMS:
        terms = [*terms[: MOST_TERMS - 2], "...", terms[-1]]
    return " + ".join(terms)
