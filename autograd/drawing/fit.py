"""A graph that is too large for a picture, collapsed until it is readable."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ..graph import topological_order
from ..value import Value
from .items import Edge, Item, Part, joined, operations
from .nesting import Scopes
from .parts import collapsed
from .text import plural

READABLE = 150  # items: what a graph that is too large is collapsed to
STRETCHES = 8


def fitted(order: Sequence[Value], scopes: Scopes, depth: int | None, limit: int) -> tuple[list[Item], str]:
    """A graph with more nodes than the limit, collapsed until it is readable; and what was done."""
    best: list[Item] | None = None
    deepest = scopes.deepest if depth is None else depth
    for tried in range(deepest + 1):
        items = collapsed(order, scopes, tried)
        if len(items) > min(limit, READABLE):
            break
        best, depth = items, tried
    if best is not None:
        how = f"shown to depth {depth}, a part of the program as one box" if scopes.chains else "alike ones shown once"
    else:
        best = _stretches(items)
        how = f"cut into {plural(len(best) - 1, 'stretch', 'stretches')} from the leaves to the root; name the parts"
        how += " of the program, with scope(...), to see those"
    return best, f"{plural(len(order), 'value')}, more than can be shown one by one: {how}"


def _stretches(order: list[Item]) -> list[Item]:
    """The items by their distance from the root, cut into a few stretches; the root stays by itself."""
    root = order[-1]
    distance = dict.fromkeys(order, 0)
    for item in reversed(order):
        for parent in item.parents:
            distance[parent] = max(distance[parent], distance[item] + 1)
    levels = sorted({*distance.values()} - {0}, reverse=True)
    count = Counter(distance[item] for item in order)
    cuts: list[int] = []
    size, found = len(order) / STRETCHES, 0
    for at in levels:
        if found >= len(cuts) * size:
            cuts.append(at)
        found += count[at]
    stretch_of = {}
    stretches: list[list[Item]] = [[] for _ in cuts]
    for item in order:
        if item is not root:
            at = sum(1 for cut in cuts if cut >= distance[item]) - 1
            stretch_of[item] = at
            stretches[at].append(item)
    made: list[Item] = []
    for at, members in enumerate(stretches):
        values = list(dict.fromkeys(value for item in members for value in item.values))
        part = Part([], f"stretch {at + 1} of {len(stretches)}", "")
        part.own = operations(values)
        part.leaves = len(values) - part.own.total()
        item = Item(members[0].number, values, part)
        made.append(item)
        crossing = {stretch_of[parent] for member in members for parent in member.parents}
        item.connect([Edge(made[i], "", None) for i in crossing if i == at - 1])
    for edge in root.edges:
        tail = made[stretch_of[edge.tail]].part
        assert tail is not None
        tail.outputs |= dict.fromkeys(edge.tail.shown)
    root.connect(joined(edge._replace(tail=made[stretch_of[edge.tail]]) for edge in root.edges))
    return topological_order(*made, root)
