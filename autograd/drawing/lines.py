"""Items as lines of text: what a picture shows where none can be made."""

from __future__ import annotations

from collections.abc import Sequence

from .items import Item
from .notation import distinct_names, format_call, format_number, format_operation, format_range

MAX_LINES = 60  # that a repr shows
WIDEST = 60  # characters before the column of what is said at the end


def text_lines(items: Sequence[Item], note: str = "") -> list[str]:
    """One line for each item, in topological order; plain numbers stand in the lines that use them."""
    found = distinct_names([item.name for item in items], [item.number for item in items])
    names = dict(zip(items, found, strict=True))
    names |= {item: format_number(item.values[0]._data) for item in items if item.is_constant}
    graded = any(value.grad for item in items for value in item.values)
    rows = [_row(item, names, graded) for item in items if not item.is_constant or item is items[-1]]
    width = min(max(len(text) for text, _ in rows), WIDEST)
    return [*([note] if note else []), *(f"{text.ljust(width)}    {end}".rstrip() for text, end in rows)]


def _row(item: Item, names: dict[Item, str], graded: bool) -> tuple[str, str]:
    """What an item is and its numbers; and what stands in the column after that."""
    operands = [names[edge.tail] for edge in item.edges]
    parts, ends = [names[item]], []
    if item.part:
        parts = [format_call(names[item], list(dict.fromkeys(operands))) if operands else names[item]]
        ends = [line for line in item.part.summary if line != names[item]]
    elif item.operation is not None:
        parts.append(format_operation(item.operation, operands))
    parts.append(format_range(value._data for value in item.shown))
    if len(item.values) > 1 and not item.part:
        ends = [f"×{len(item.values):,}"]
    gradient = item.gradient
    if graded and gradient:
        ends = [*ends, gradient]
    if item.operation is None and not gradient:
        ends = [*ends, "frozen"]
    return " = ".join(parts), ", ".join(ends)


def shorten(lines: list[str], printable: str) -> list[str]:
    """The first and the last lines of a text that is too long for a repr, which says what to print for all."""
    half = MAX_LINES // 2
    if len(lines) <= MAX_LINES:
        return lines
    return [*lines[:half], f"... {len(lines) - 2 * half} more: print({printable}) ...", *lines[-half:]]
