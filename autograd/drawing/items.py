"""What a picture shows: the graph as items and the edges between them.

An item is one value, several alike that are shown once, or a part of the program that stands for all the
nodes made in it.  Where nothing is collapsed every node of the graph is an item: that is :func:`every`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from ..graph import Node
from ..modes import Scope
from ..primitives import Primitive
from .names import labels_of
from .notation import clean_label, clean_path, format_number, format_range, plural, times


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
        self.outputs: dict[Node, None] = {}  # the values that others use, in order
        self.parameters: dict[Node, None] = {}  # the leaves that belong to its modules
        self.shared = False  # whether other boxes of the picture have the same parameters

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
        symbols = Counter({clean_label(primitive.symbol): n for primitive, n in self.own.items()})
        return [*named, about, *leaves, *_most_common(self.inner), *_most_common(symbols)]


class Item(Node):
    """One thing in a picture; its parents are the items that feed it."""

    __slots__ = ("edges", "name", "number", "outside", "part", "values")

    def __init__(self, number: int, values: list[Node], part: Part | None = None) -> None:
        self.number = number  # of the first of its values in topological order
        self.values = values  # a single one, those alike, or all that a part stands for
        self.part = part
        self.name = clean_label(values[0].label) if part is None else part.title
        self.edges: list[Edge] = []
        self.outside = False  # made elsewhere and shown as it comes in
        self._a, self._b = (), None

    def connect(self, edges: list[Edge]) -> None:
        """Set what feeds this item."""
        self.edges = edges
        self._a = tuple(dict.fromkeys(edge.tail for edge in edges))

    @property
    def operation(self) -> Primitive | None:
        """The primitive of the operation that is drawn in front of the value."""
        return None if self.part or self.outside else self.values[0].primitive

    @property
    def is_constant(self) -> bool:
        return self.part is None and self.values[0].is_constant

    @property
    def shown(self) -> list[Node]:
        """The values that the box gives the numbers of: of a part, those that leave it."""
        return list(self.part.outputs) or self.values if self.part else self.values

    @property
    def gradient(self) -> str:
        """Its gradient, or what those of all that it stands for come to; "" where none is needed."""
        needed = [value.grad or 0.0 for value in self.values if value.requires_grad]
        if not needed:
            return ""
        return f"|grad| to {format_number(largest(needed))}" if self.part else f"grad {format_range(needed)}"


def every(order: Sequence[Node]) -> list[Item]:
    """One item for each node of a topological order."""
    items = {node: Item(i, [node]) for i, node in enumerate(order)}
    labels = labels_of(order)
    for node, item in items.items():
        item.name = labels[node]
        item.connect(edges_into(node, items.__getitem__))
    return list(items.values())


def edges_into(node: Node, item_of: Callable[[Node], Item | None]) -> list[Edge]:
    """An edge for each operand of a node that has an item."""
    if node.primitive is None:
        return []
    roles = node.primitive.roles(len(node.parents))
    return [
        Edge(tail, role, partial if parent.requires_grad else None)
        for parent, partial, role in zip(node.parents, node.partials, roles, strict=True)
        if (tail := item_of(parent)) is not None
    ]


def plain_edges(tails: Iterable[Item]) -> list[Edge]:
    """One edge from each tail, which says nothing of operands."""
    return [Edge(tail, "", None) for tail in dict.fromkeys(tails)]


def state(node: Node) -> str:
    """``dead`` for a relu that gives 0, ``saturated`` for a tanh, sigmoid or erf with hardly any slope left."""
    if node.primitive is None or not node.requires_grad:
        return ""
    point = node.primitive.special_point([parent._data for parent in node.parents], node._data)
    return point.state if point else ""


def largest(xs: Iterable[float]) -> float:
    """The largest size of some numbers; 0 of none, nan where one is nan."""
    sizes = [math.fabs(x) for x in xs]
    return math.nan if any(x != x for x in sizes) else max(sizes, default=0.0)


def operations(values: Iterable[Node]) -> Counter[Primitive]:
    """How often each primitive is among some values."""
    return Counter(value.primitive for value in values if value.primitive is not None)


def _most_common(count: Counter[str]) -> list[str]:
    """The most frequent of some things, in lines: ``dot ×16, relu ×16``."""
    found = [times(what, n) for what, n in count.most_common(5)]
    if len(count) > 5:
        found[4:] = [f"and {len(count) - 4} more"]
    return [", ".join(found[i : i + 2]) for i in range(0, len(found), 2)]
