"""Views: pictures before they are laid out, that of a graph and those of what is inside its parts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from typing import NamedTuple

from ..modes import without_collector
from ..value import Value
from .fit import READABLE, fitted
from .heat import Heat
from .items import Item, every
from .lines import text_lines
from .nesting import Scopes
from .parts import collapsed, opened
from .source import dot_lines
from .text import clean, clean_path, number, plural

MAX_VIEWS = 60  # pictures inside parts, on one page


class View(NamedTuple):
    """A picture before it is laid out: DOT lines and lines of text, and the views inside its boxes by their ids."""

    body: list[str]
    text: list[str]
    title: str
    description: str
    inner: Sequence[tuple[str, View]] = ()


@without_collector()
def view_of(order: list[Value], depth: int | None, heat: str | None, direction: str, max_nodes: int) -> View:
    """The view of a graph in topological order."""
    edges = sum(len(node.parents) for node in order)
    scopes = Scopes(order)
    note = ""
    if depth is None and max(len(order), edges) > max_nodes:
        items, note = fitted(order, scopes, None, max_nodes)
    else:
        items = every(order) if depth is None else collapsed(order, scopes, depth)
        if len(items) > max_nodes:
            items, note = fitted(order, scopes, depth, max_nodes)
    scale = Heat(heat, items) if heat is not None else None
    body = dot_lines(items, direction, scale, note)
    inner = _inside(items, scopes, direction, scale, count())
    return View(body, text_lines(items, note), title(order), description(order, items, note), inner)


def _inside(
    items: list[Item], scopes: Scopes, direction: str, heat: Heat | None, made: Iterator[int]
) -> list[tuple[str, View]]:
    """What is inside each part, and inside the parts of that: as many views as a page can hold."""
    views = []
    for item in items:
        if not item.part or not item.part.scopes or next(made) >= MAX_VIEWS:
            continue
        inside = opened(scopes, item.part)
        if len(inside) > READABLE:
            continue
        name = scopes.paths.of(item.part.scopes[0], scopes.several)
        others = [line for line in item.part.summary if line != item.part.title]
        one = f" (one of {len(item.part.scopes):,})" if len(item.part.scopes) > 1 else ""
        view = View(
            dot_lines(inside, direction, heat),
            text_lines(inside),
            f"{clean_path(name)}{one}: {', '.join(others)}",
            f"Shown as {plural(len(inside), 'box', 'boxes')}.",
            _inside(inside, scopes, direction, heat, made),
        )
        views.append((f"g{item.number}", view))
    return views


def title(order: list[Value]) -> str:
    label = clean(order[-1].label)
    return f"computation graph of {label}" if label else "computation graph"


def description(order: list[Value], items: list[Item], note: str = "") -> str:
    """The picture in a sentence or two, for those who hear it."""
    root = order[-1]
    leaves = sum(1 for node in order if node.primitive is None)
    text = (
        f"{plural(len(order) - leaves, 'operation')} on {plural(leaves, 'leaf', 'leaves')} give {number(root._data)}."
    )
    if len(items) < len(order):
        text += f" Shown as {plural(len(items), 'box', 'boxes')}."
    return f"{text} {note}".strip()
