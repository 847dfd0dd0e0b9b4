"""From a graph and its scopes to the items that are shown: all nodes, its parts, or what fits into a picture.

The scopes at a depth become one item each (``regions``), and what is alike is shown once (``merge``).  A graph that
is still too large is collapsed further; one without scopes is cut into stretches.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import count
from typing import NamedTuple

from ..graph import Node, topological_order
from ..modes import without_collector
from .items import Edge, Item, Part, every, operations, plain_edges
from .merge import merge
from .notation import clean_path, plural
from .regions import Level, Nesting, group

READABLE = 150  # items: what a graph that is too large is collapsed to
ABREAST = 5  # a picture of n items has at most n / 5 beside each other: 60 boxes are about 3,000 points tall
STRETCHES = 8
MAX_FIGURES = 60  # inside the parts of one


class Figure(NamedTuple):
    """The items of a picture in topological order, what was left out, and the figures inside its parts."""

    items: list[Item]
    title: str = ""
    note: str = ""
    inner: Sequence[tuple[Item, Figure]] = ()

    def all_items(self) -> Iterator[Item]:
        """Its items, and those of the figures inside its parts."""
        yield from self.items
        for _, figure in self.inner:
            yield from figure.all_items()


@without_collector()
def collapse(order: Sequence[Node], depth: int | None, max_nodes: int) -> Figure:
    """What is shown of a graph in topological order: every node, or its parts from a depth on, as far as they fit.

    >>> from autograd import Value
    >>> x = Value(2.0, label="x")
    >>> [item.name for item in collapse(topological_order(x * x), None, 100).items]
    ['x', '']
    """
    edges = sum(len(node.parents) for node in order)
    nesting = Nesting(order)
    note = ""
    if depth is None and (max(len(order), edges) > max_nodes or _abreast(order) > max_nodes // ABREAST):
        items, note = _fit(order, nesting, None, max_nodes)
    else:
        items = every(order) if depth is None else _at_depth(order, nesting, depth)
        if len(items) > max_nodes:
            items, note = _fit(order, nesting, depth, max_nodes)
    return Figure(items, note=note, inner=_inside(items, nesting, count()))


def _at_depth(order: Sequence[Node], nesting: Nesting, depth: int) -> list[Item]:
    """The items of a graph whose scopes are one item each from a depth on."""
    return _show(group(order, Level(nesting, depth), order[-1:]))


def _show(items: list[Item]) -> list[Item]:
    """The items with what is alike shown once; parts that have the same parameters say that they share them."""
    items = merge(items)
    parts = [item.part for item in items if item.part and item.part.parameters]
    boxes = Counter(next(iter(part.parameters)) for part in parts)
    for part in parts:
        part.shared = boxes[next(iter(part.parameters))] > 1
    return items


# --- inside the parts ---------------------------------------------------------------------------------------


def _inside(items: Sequence[Item], nesting: Nesting, made: Iterator[int]) -> list[tuple[Item, Figure]]:
    """The figure inside each part, and inside the parts of that: as many as a page can hold."""
    figures = []
    for item in items:
        if item.part and item.part.scopes and next(made) < MAX_FIGURES:
            inside = _open(item.part, nesting)
            if len(inside) <= READABLE:
                title = _title(item.part, nesting)
                figures.append((item, Figure(inside, title, inner=_inside(inside, nesting, made))))
    return figures


def _open(part: Part, nesting: Nesting) -> list[Item]:
    """The items inside a part, of several calls the first: those in it collapsed, what comes in as it is."""
    scope = part.scopes[0]
    inner = [node for node in nesting.within(scope) if node.primitive is not None]
    nodes = {*inner, *(parent for node in inner for parent in node.parents)}
    order = sorted(nodes, key=nesting.number.__getitem__)
    roots = [node for node in inner if node in part.outputs]
    items = group(order, Level(nesting, inside=scope), roots or order[-1:])
    names = nesting.parameter_names(scope)
    for item in items:
        if item.part is None and not item.name:
            item.name = names.get(item.values[0], "")
    return _show(items)


def _title(part: Part, nesting: Nesting) -> str:
    """What is opened: ``layers.0.neurons.0 (one of 16): Neuron, 3 parameters, dot, relu``."""
    one = f" (one of {len(part.scopes):,})" if len(part.scopes) > 1 else ""
    says = ", ".join(line for line in part.summary if line != part.title)
    return f"{clean_path(nesting.path(part.scopes[0]))}{one}: {says}"


# --- what does not fit --------------------------------------------------------------------------------------


def _fit(order: Sequence[Node], nesting: Nesting, depth: int | None, limit: int) -> tuple[list[Item], str]:
    """The items of a graph that is larger than the limit, few enough to be readable, and what was done to it."""
    best: list[Item] | None = None
    deepest = nesting.deepest if depth is None else depth
    for tried in range(deepest + 1):
        items = _at_depth(order, nesting, tried)
        if len(items) > min(limit, READABLE) or (best is not None and _abreast(items) > limit // ABREAST):
            break
        best, depth = items, tried
    if best is not None:
        how = f"shown to depth {depth}, a part of the program as one box" if nesting.chains else "alike ones shown once"
    else:
        best = _cut(items)
        how = (
            f"cut into {plural(len(best) - 1, 'stretch', 'stretches')} from the leaves to the root; name the parts of "
            f"the program, with scope(...), to see those"
        )
    return best, f"{plural(len(order), 'value')}, more than can be shown one by one: {how}"


def _abreast(order: Sequence[Node]) -> int:
    """The most items of a topological order that a picture has beside each other: those as far from the root."""
    distance: dict[Node, int] = {}
    for item in reversed(order):
        distance.setdefault(item, 0)
        for parent in item.parents:
            distance[parent] = max(distance.get(parent, 0), distance[item] + 1)
    return max(Counter(distance.values()).values())


def _cut(order: list[Item]) -> list[Item]:
    """The items by their distance from the root, cut into a few stretches; the root stays by itself."""
    root = order[-1]
    stretch_of = _stretches(order)
    members: list[list[Item]] = [[] for _ in {*stretch_of.values()}]
    for item, stretch in stretch_of.items():
        members[stretch].append(item)
    made: list[Item] = []
    for stretch, inside in enumerate(members):
        values = list(dict.fromkeys(value for item in inside for value in item.values))
        part = Part([], f"stretch {stretch + 1} of {len(members)}", "")
        part.own = operations(values)
        part.leaves = len(values) - part.own.total()
        made.append(Item(inside[0].number, values, part))
        if any(stretch_of[parent] == stretch - 1 for item in inside for parent in item.parents):
            made[-1].connect([Edge(made[-2], "", None)])
    for tail in root.parents:
        last = made[stretch_of[tail]].part
        assert last is not None
        last.outputs |= dict.fromkeys(tail.shown)
    root.connect(plain_edges(made[stretch_of[tail]] for tail in root.parents))
    return topological_order(*made, root)


def _stretches(order: list[Item]) -> dict[Item, int]:
    """The number of the stretch of each item but the root, in order from the leaves, all about equally large."""
    distance = dict.fromkeys(order, 0)  # the longest way to the root
    for item in reversed(order):
        for parent in item.parents:
            distance[parent] = max(distance[parent], distance[item] + 1)
    sizes = Counter(distance.values())
    stretch_at: dict[int, int] = {}  # by distance
    stretches = passed = 0
    for at in sorted({*distance.values()} - {0}, reverse=True):
        if passed >= stretches * len(order) / STRETCHES:
            stretches += 1
        stretch_at[at] = stretches - 1
        passed += sizes[at]
    return {item: stretch_at[distance[item]] for item in order if item is not order[-1]}
