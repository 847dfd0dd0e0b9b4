"""What is alike is shown once.

Two items are alike if they are of one kind, what feeds them is alike, all the way to the leaves, and what they
feed is alike, all the way to the root.  Then what is alike forms no cycles: an item is never alike what feeds it.
"""

from __future__ import annotations

from ..graph import topological_order
from .items import Edge, Item, Part
from .text import in_common, pattern

SINGLY = 8  # alike values up to so many are shown one by one


def alike(order: list[Item]) -> list[Item]:
    """The items with those that are alike made one, in topological order again."""
    kinds = {item: _kind(item) for item in order}
    numbers: dict[object, int] = {}
    below: dict[Item, int] = {}
    uses: dict[Item, set[tuple[str, int]]] = {item: set() for item in order}
    above: dict[Item, int] = {}
    for item in order:
        fed = frozenset((_role(edge), below.get(edge.tail, -1)) for edge in item.edges)
        below[item] = numbers.setdefault(("below", kinds[item], fed), len(numbers))
    for item in reversed(order):
        above[item] = numbers.setdefault(("above", kinds[item], frozenset(uses[item])), len(numbers))
        for edge in item.edges:
            uses[edge.tail].add((_role(edge), above[item]))
    classes: dict[tuple[int, int], list[Item]] = {}
    for item in order:
        classes.setdefault((below[item], above[item]), []).append(item)
    one: dict[Item, Item] = {}
    for members in classes.values():
        merged = members[0].part is not None or len(members) > SINGLY
        one |= dict.fromkeys(members, _merged(members)) if merged and len(members) > 1 else {m: m for m in members}
    if len({*one.values()}) == len(order):
        return order
    edges: dict[Item, dict[tuple[Item, str], list[Edge]]] = {}
    for item in order:
        for i, edge in enumerate(item.edges):
            several = len(one[item].values) > 1 or len(one[edge.tail].values) > 1
            name = _role(edge) if several else f"{edge.name} {i}"
            edges.setdefault(one[item], {}).setdefault((one[edge.tail], name), []).append(edge)
    for item, joined in edges.items():
        item.connect([_together(tail, found) for (tail, _), found in joined.items()])
    return topological_order(*dict.fromkeys(one[item] for item in order if not uses[item]))


def _kind(item: Item) -> tuple[object, ...]:
    """What two items must have in common to be alike."""
    if item.part:
        part = item.part
        counts = (frozenset(count.items()) for count in (part.inner, part.own, part.whole))
        return (part.kind, pattern(part.title), len(part.parameters), *counts)
    value = item.values[0]
    data = value._data if value.is_constant else None
    return (type(value), value.primitive, item.outside, value.requires_grad, pattern(item.name), data)


def _role(edge: Edge) -> str:
    """As which operand, the numbers left out: all weights of a dot are ``w``."""
    return edge.name.rstrip("0123456789")


def _merged(members: list[Item]) -> Item:
    """One item for several that are alike."""
    first = members[0]
    values = list(dict.fromkeys(value for item in members for value in item.values))
    made = Item(first.number, values)
    made.outside = first.outside
    made.name = in_common(item.name for item in members)
    if first.part:
        scopes = [scope for item in members if item.part for scope in item.part.scopes]
        made.part = Part(scopes, made.name, first.part.kind)
        made.part.inner, made.part.own = first.part.inner, first.part.own
        for item in members:
            assert item.part is not None
            made.part.outputs |= item.part.outputs
        for parameters in {id(item.part.parameters): item.part.parameters for item in members if item.part}.values():
            made.part.parameters |= parameters
    return made


def _together(tail: Item, edges: list[Edge]) -> Edge:
    """One edge for several."""
    first = edges[0]
    if len(edges) == 1:
        return first._replace(tail=tail)
    return Edge(tail, _role(first), None)
