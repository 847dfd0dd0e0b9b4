"""What a picture shows: the graph as items and the edges between them.

An item is one value, several alike that are shown once, or a part of the program that stands for all the
nodes made in it.  Where nothing is collapsed every node of the graph is an item: that is :func:`every`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Container, Iterable, Sequence
from typing import NamedTuple

from ..graph import Node
from ..modes import Scope
from ..primitives import Primitive
from ..value import Value
from .text import clean, clean_path, number, operand_names, plural, spread, times


class Edge(NamedTuple):
    """What an item takes from another: as which operand, and with which partial."""

    tail: Item
    name: str
    partial: float | None  # None: no gradient flows here, or it is not one edge of the graph


class Part:
    """What an item that stands for a part of the program says of it."""

    def __init__(self, scopes: list[Scope], title: str, kind: str) -> None:
        self.scopes = scopes  # a call each; none where a stretch of the graph has no scope
        self.title = clean_path(title)  # its path
        self.kind = kind  # the class of its module; "" for a named scope
        self.inner: Counter[str] = Counter()  # the kinds of the scopes in one of them
        self.own: Counter[Primitive] = Counter()  # the operations of one that are in none of those
        self.whole: Counter[Primitive] = Counter()  # all operations of one
        self.leaves = 0  # where a stretch has no parameters to tell, but leaves
        self.outputs: dict[Value, None] = {}  # the values that others use, in order
        self.parameters: dict[Value, None] = {}  # the leaves that belong to its modules
        self.shared = False  # by other boxes of the picture

    @property
    def what(self) -> str:
        """``Neuron ×16, called 100×``: what it is and how often; for a named scope ``step ×3``."""
        calls = len(self.scopes)
        if not self.kind:
            return times(self.title, calls)
        modules = len({id(owner) for owner, _ in self.scopes})
        return times(self.kind, modules) + (f", called {calls // modules:,}×" if calls > modules else "")

    @property
    def summary(self) -> list[str]:
        """Its lines: its path, what it is, how many parameters it has, what it consists of."""
        named = [self.title] if self.kind not in ("", self.title) else []
        parameters = [plural(len(self.parameters), f"{'shared ' if self.shared else ''}parameter")]
        about = ", ".join([self.what, *parameters * bool(self.parameters)])
        leaves = [plural(self.leaves, "leaf", "leaves")] * bool(self.leaves)
        symbols = Counter({clean(primitive.symbol): n for primitive, n in self.own.items()})
        return [*named, about, *leaves, *_counted(self.inner), *_counted(symbols)]


class Item(Node):
    """One thing in a picture; its parents are the items that feed it."""

    __slots__ = ("edges", "name", "number", "outside", "part", "values")

    def __init__(self, number: int, values: list[Value], part: Part | None = None) -> None:
        self.number = number  # of the first of its values in topological order
        self.values = values  # a single one, those alike, or all that a part stands for
        self.part = part
        self.name = clean(values[0].label) if part is None else part.title
        self.edges: list[Edge] = []
        self.outside = False  # made elsewhere and shown as it comes in
        self._a, self._b = (), None

    def connect(self, edges: list[Edge]) -> None:
        """Set what feeds this item."""
        self.edges = edges
        self._a = tuple(dict.fromkeys(edge.tail for edge in edges))

    @property
    def operation(self) -> Primitive | None:
        """The primitive whose operation is drawn in front of the value."""
        return None if self.part or self.outside else self.values[0].primitive

    @property
    def is_constant(self) -> bool:
        return self.part is None and self.values[0].is_constant

    @property
    def shown(self) -> list[Value]:
        """The values whose numbers stand in the box: of a part, those that leave it."""
        return list(self.part.outputs) or self.values if self.part else self.values

    @property
    def gradient(self) -> str:
        """Its gradient, or what those of all that it stands for come to; "" where none is needed."""
        needed = [value.grad for value in self.values if value.requires_grad]
        if not needed:
            return ""
        return f"|grad| to {number(largest(needed))}" if self.part else f"grad {spread(needed)}"


def every(order: Sequence[Value]) -> list[Item]:
    """One item for each node of a topological order."""
    items = {node: Item(i, [node]) for i, node in enumerate(order)}
    for node, item in items.items():
        item.connect(edges_into(node, lambda parent: items[parent]))
    return list(items.values())


def edges_into(node: Value, item_of: Callable[[Value], Item], but: Container[Value] = ()) -> list[Edge]:
    """An edge for each operand of a node, but for some."""
    if node.primitive is None:
        return []
    return [
        Edge(item_of(parent), name, partial if parent.requires_grad else None)
        for parent, partial, name in zip(node.parents, node.partials, operand_names(node), strict=True)
        if parent not in but
    ]


def largest(xs: Iterable[float]) -> float:
    """The largest size of some numbers; 0 of none, nan where one is nan."""
    sizes = [math.fabs(x) for x in xs]
    return math.nan if any(x != x for x in sizes) else max(sizes, default=0.0)


def joined(edges: Iterable[Edge]) -> list[Edge]:
    """One edge from each tail."""
    return [Edge(tail, "", None) for tail in dict.fromkeys(edge.tail for edge in edges)]


def operations(values: Iterable[Value]) -> Counter[Primitive]:
    """How often each primitive is among some values."""
    return Counter(value.primitive for value in values if value.primitive is not None)


def _counted(count: Counter[str]) -> list[str]:
    """The most frequent of some things, in lines: ``dot ×16, relu ×16``."""
    found = [times(what, n) for what, n in count.most_common(5)]
    if len(count) > 5:
        found[4:] = [f"and {len(count) - 4} more"]
    return [", ".join(found[i : i + 2]) for i in range(0, len(found), 2)]


def drawn_again(order: Sequence[Item], limit: int) -> dict[Item, int]:
    """The items to draw again beside each that they feed, and how many those are.

    The time of a layout grows steeply with the layers that edges cross.  An item stands one layer before the
    first that it feeds; its edges to later ones have layers to cross.  Those that cross most go, until all
    edges together cross no more than ``limit``.
    """
    layer = dict.fromkeys(order[-1:], 0)  # counted back from the root
    uses: dict[Item, list[int]] = {}
    for item in reversed(order):
        for parent in item.parents:
            uses.setdefault(parent, []).append(layer.setdefault(item, 0))
            layer[parent] = max(layer.get(parent, 0), layer[item] + 1)
    crossed = {item: len(at) * max(at) - sum(at) for item, at in uses.items()}
    total, again = sum(crossed.values()), {}
    for item in sorted(crossed, key=lambda item: -crossed[item]):
        if total <= limit:
            break
        total -= crossed[item]
        again[item] = len(uses[item])
    return again
