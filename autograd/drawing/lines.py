"""Items as lines of text: what a picture shows where none can be made."""

from __future__ import annotations

from collections.abc import Sequence

from .items import Item
from .text import distinct, expression, number, spread


def text_lines(items: Sequence[Item], note: str = "") -> list[str]:
    """One line for each item, in topological order; plain numbers stand in the lines that use them."""
    told = distinct([item.name for item in items], [item.number for item in items])
    names = dict(zip(items, told, strict=True))
    names |= {item: number(item.values[0]._data) for item in items if item.is_constant}
    graded = any(value.grad for item in items for value in item.values)
    rows = [_row(item, names, graded) for item in items if not item.is_constant or item is items[-1]]
    width = min(max(len(text) for text, _ in rows), 60)
    return [*([note] if note else []), *(f"{text.ljust(width)}    {end}".rstrip() for text, end in rows)]


def _row(item: Item, names: dict[Item, str], graded: bool) -> tuple[str, str]:
    """What an item is and its numbers; and what stands in the column after that."""
    operands = [names[edge.tail] for edge in item.edges]
    parts, ends = [names[item]], []
    if item.part:
        parts = [expression(names[item], list(dict.fromkeys(operands))) if operands else names[item]]
        ends = [line for line in item.part.summary if line != names[item]]
    elif item.operation is not None:
        parts.append(expression(item.operation.symbol, operands))
    parts.append(spread(value._data for value in item.shown))
    if len(item.values) > 1 and not item.part:
        ends = [f"×{len(item.values):,}"]
    gradient = item.gradient
    if graded and gradient:
        ends = [*ends, gradient]
    if item.operation is None and not gradient:
        ends = [*ends, "frozen"]
    return " = ".join(parts), ", ".join(ends)
