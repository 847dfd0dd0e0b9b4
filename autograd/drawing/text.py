"""How numbers, labels and operations are written, in pictures and in lines of text alike."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence

from ..primitives import TABLE
from ..value import Value

MAX_LABEL = 24  # characters of a label that are shown
MAX_PATH = 40  # of the path of a part
MAX_LINES = 60  # lines of text that a repr shows

# The rows whose result does not depend on the order of their operands.
SYMMETRIC = {
    *(TABLE[name] for name in ("add", "mul", "maximum", "minimum", "hypot", "eq", "ne", "chain")),
    *(TABLE[name] for name in ("logical_and", "logical_or", "total", "logsumexp")),
}


def number(x: float) -> str:
    """A number in four significant digits; whole ones in full."""
    return f"{x:.1f}" if x.is_integer() and math.fabs(x) < 1e6 else f"{x:.4g}"


def spread(xs: Iterable[float]) -> str:
    """One number, or the smallest and the largest of several; nan where one is nan."""
    found = list(xs)
    low, high = min(found), max(found)
    if any(x != x for x in found):
        low = high = math.nan
    return number(low) if low == high or low != low else f"{number(low)} … {number(high)}"


def times(what: str, n: int) -> str:
    """``what``, with a count from 2 on: ``Neuron ×16``."""
    return f"{what} ×{n:,}" if n > 1 else what


def plural(n: int, one: str, many: str = "") -> str:
    """A count of things: ``1 parameter``, ``272 parameters``."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def clean(label: object) -> str:
    """A label on one line, short, and without characters that XML forbids or that turn the text around."""
    text = " ".join(str(label).split())
    if len(text) > MAX_LABEL:
        text = text[: MAX_LABEL - 1] + "…"
    return _printable(text)


def clean_path(path: str) -> str:
    """A path on one line, likewise; where it is long its end says more than its beginning."""
    text = " ".join(path.split())
    return _printable(text if len(text) <= MAX_PATH else f"…{text[1 - MAX_PATH :]}")


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() or c in "\u200c\u200d" else "\ufffd" for c in text)


def escape(text: str) -> str:
    """Clean text as XML."""
    return text.translate({ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;", ord('"'): "&quot;"})


def pattern(name: str) -> str:
    """A name with its numbers left open: ``neurons.3`` and ``neurons.12`` are both ``neurons.*``."""
    return re.sub(r"\d+", "*", name)


def in_common(names: Iterable[str]) -> str:
    """One name for names of one pattern: ``neurons.*`` for ``neurons.0`` and ``neurons.1``."""
    split = [re.split(r"(\d+)", name) for name in dict.fromkeys(names)]
    return "".join(pieces[0] if len({*pieces}) == 1 else "*" for pieces in zip(*split, strict=True))


def distinct(labels: Sequence[str], numbers: Iterable[int]) -> list[str]:
    """Names that tell things apart: a label where no other has it, else with its number: a_n0, n1, a_n2, ...."""
    count = Counter(labels)
    return [
        label if label and count[label] == 1 else f"{label}_n{number}".removeprefix("_")
        for label, number in zip(labels, numbers, strict=True)
    ]


def names_of(order: Sequence[Value]) -> dict[Value, str]:
    """What each value of a topological order is called."""
    return dict(zip(order, distinct([clean(node.label) for node in order], range(len(order))), strict=True))


def shortened(lines: list[str], printable: str) -> list[str]:
    """The first and the last lines of a text that is too long for a repr."""
    half = MAX_LINES // 2
    if len(lines) <= MAX_LINES:
        return lines
    return [*lines[:half], f"... {len(lines) - 2 * half} more: print({printable}) ...", *lines[-half:]]


def expression(symbol: str, operands: Sequence[str]) -> str:
    """An operation on named operands as one would write it: ``a * b``, ``-a``, ``tanh(a)``."""
    symbol = clean(symbol)
    if len(operands) > 12:
        operands = [*operands[:6], "...", *operands[-3:]]
    if len(operands) > 2 or symbol[:1].isalpha():
        return f"{symbol}({', '.join(operands)})"
    return f" {symbol} ".join(operands) if len(operands) == 2 else f"{symbol}{operands[0]}"


def operand_names(node: Value) -> list[str]:
    """What the operands of a node are called: nothing, where their order does not matter."""
    assert node.primitive is not None
    count = len(node.parents)
    if count == 1 or node.primitive in SYMMETRIC:
        return [""] * count
    if node.primitive is TABLE["dot"]:
        pairs = range(1, count // 2 + 1)
        return [*(f"w{i}" for i in pairs), *(f"x{i}" for i in pairs), "b"]
    if node.primitive is TABLE["where"]:
        return ["if", "then", "else"]
    return ["x", "y"] if count == 2 else [f"x{i}" for i in range(1, count + 1)]
