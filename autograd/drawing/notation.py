"""How numbers, operations and names are written, in pictures, in lines of text and in the walkthrough alike."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from ..html import printable
from ..primitives import Primitive

MAX_LABEL = 24  # characters of a label that are shown
MAX_PATH = 40  # of the path of a part
MAX_OPERANDS = 12  # of an operation that are written out
MAX_TERMS = 6  # of a sum
DIGITS, MOST_DIGITS = 4, 7  # significant ones of a number, and of one that would look whole with fewer
IN_FULL = 1e6  # whole numbers below it are written in full


# --- numbers ------------------------------------------------------------------------------------------------


def format_number(x: float) -> str:
    """A number for people: four significant digits, and without a point only where it is whole.

    >>> [format_number(x) for x in (2.0, -1 / 3, 1e20, 0.000012)]
    ['2', '-0.3333', '1e+20', '1.2e-05']

    A number that is not whole and would look so gets up to seven digits, as the tanh of 6 is not 1.  What differs from
    a whole number by less, mostly by rounding, is written with a point.

    >>> [format_number(x) for x in (1234.5678, math.tanh(6.0), 1.0, 10 * (0.1 + 0.2))]
    ['1234.6', '0.99999', '1', '3.000']
    """
    if not math.fabs(x) < IN_FULL:  # nan too
        return f"{x:.{DIGITS}g}"
    if x.is_integer():
        return f"{x:.0f}"
    for digits in range(DIGITS, MOST_DIGITS + 1):
        text = f"{x:.{digits}g}"
        if not float(text).is_integer():
            return text
    return f"{x:#.{DIGITS}g}" if round(math.fabs(x)) < 10 ** (DIGITS - 1) else f"{x:.1f}"


def format_range(xs: Iterable[float]) -> str:
    """One number, or the smallest and the largest of several; nan where one is nan.

    >>> format_range([2.0, 0.5, 1.0])
    '0.5 … 2'
    """
    found = list(xs)
    low, high = min(found), max(found)
    if any(x != x for x in found):
        low = high = math.nan
    return format_number(low) if low == high or low != low else f"{format_number(low)} … {format_number(high)}"


def times(what: str, n: int) -> str:
    """``what``, with a count from 2 on: ``Neuron ×16``."""
    return f"{what} ×{n:,}" if n > 1 else what


def plural(n: int, one: str, many: str = "") -> str:
    """A count of things: ``1 parameter``, ``272 parameters``."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"


# --- operations ---------------------------------------------------------------------------------------------


SLOT = re.compile(r"\{(\(?)(\w+)\)?\}")


def fill(template: str, texts: Mapping[str, str]) -> str:
    """A template with texts in its slots: {name}, or {(name)} where a negative number needs brackets.

    >>> fill("{(0)}² + {1}", {"0": "-3", "1": "-4"})
    '(-3)² + -4'
    """

    def text(slot: re.Match[str]) -> str:
        found = texts.get(slot[2], slot[0])
        return f"({found})" if slot[1] and found[:1] in ("-", "−") else found

    return SLOT.sub(text, template)


def operation_template(row: Primitive, count: int, sign: str = "×") -> str:
    """A row applied to so many operands, which are the slots {0}, {1}, …; sums of products are written out."""
    slots = [f"{{{i}}}" for i in range(count)]
    if row.terms:
        return _format_sum(row.terms(slots), sign)
    if (count == 1 and not row.symbol[0].isalpha()) or row.symbol == "**":  # -3 ** 2 would be -(3 ** 2)
        slots[0] = "{(0)}"
    return format_call(sign if row.symbol == "*" else row.symbol, slots)


def format_operation(row: Primitive, operands: Sequence[str], *, sums: bool = False) -> str:
    """A row applied to named operands as one would write it; with ``sums``, sums of products are written out.

    >>> from autograd.primitives import TABLE
    >>> [format_operation(TABLE[name], ["a", "b"]) for name in ("mul", "maximum")]
    ['a * b', 'max(a, b)']
    >>> format_operation(TABLE["dot"], ["w", "x", "b"]), format_operation(TABLE["dot"], ["w", "x", "b"], sums=True)
    ('dot(w, x, b)', 'w * x + b')
    """
    if sums and row.terms:
        return _format_sum(row.terms(operands), "*")
    return format_call(row.symbol, operands)


def format_arithmetic(row: Primitive, numbers: Sequence[float]) -> str:
    """A row applied to numbers, with the signs of arithmetic.

    >>> from autograd.primitives import TABLE
    >>> format_arithmetic(TABLE["mul"], [2.0, -3.0]), format_arithmetic(TABLE["pow"], [-3.0, 2.0])
    ('2 × -3', '(-3) ** 2')
    """
    texts = {str(i): format_number(x) for i, x in enumerate(numbers)}
    return fill(operation_template(row, len(numbers)), texts)


def format_call(symbol: str, operands: Sequence[str]) -> str:
    """A symbol or a function's name applied to operands: ``a * b``, ``-a``, ``tanh(a)``, ``where(a, b, c)``."""
    symbol = clean_label(symbol)
    if len(operands) > MAX_OPERANDS:
        operands = [*operands[: MAX_OPERANDS // 2], "...", *operands[-3:]]
    if len(operands) > 2 or symbol[:1].isalpha():
        return f"{symbol}({', '.join(operands)})"
    return f" {symbol} ".join(operands) if len(operands) == 2 else f"{symbol}{operands[0]}"


def _format_sum(products: Sequence[Sequence[str]], sign: str) -> str:
    terms = [f" {sign} ".join(factors) for factors in products]
    if len(terms) > MAX_TERMS:
        terms = [*terms[: MAX_TERMS - 2], "...", terms[-1]]
    return " + ".join(terms)


# --- names --------------------------------------------------------------------------------------------------


def clean_label(label: object, most: int = MAX_LABEL) -> str:
    """A label on one line, short, and without characters that XML forbids or that turn the text around."""
    text = " ".join(str(label).split())
    return printable(text if len(text) <= most else f"{text[: most - 1]}…")


def clean_path(path: str) -> str:
    """A path on one line, likewise; where it is long its end says more than its beginning."""
    text = " ".join(path.split())
    return printable(text if len(text) <= MAX_PATH else f"…{text[1 - MAX_PATH :]}")


def kind_of(module: object) -> str:
    """What the class of a module is called; never nothing, as what is shown for that is no module."""
    return clean_label(type(module).__name__, MAX_PATH) or "?"


def pattern(name: str) -> str:
    """A name with its numbers left open: ``neurons.3`` and ``neurons.12`` are both ``neurons.*``."""
    return re.sub(r"\d+", "*", name)


def common_name(names: Iterable[str]) -> str:
    """One name for names of one pattern: ``neurons.*`` for ``neurons.0`` and ``neurons.1``."""
    split = [re.split(r"(\d+)", name) for name in dict.fromkeys(names)]
    return "".join(pieces[0] if len({*pieces}) == 1 else "*" for pieces in zip(*split, strict=True))


def distinct_names(labels: Sequence[str], numbers: Iterable[int]) -> list[str]:
    """Names that tell things apart: a label where no other has it, else with its number: a_n0, n1, a_n2, ...."""
    count = Counter(labels)
    return [
        label if label and count[label] == 1 else f"{label}_n{number}".removeprefix("_")
        for label, number in zip(labels, numbers, strict=True)
    ]
