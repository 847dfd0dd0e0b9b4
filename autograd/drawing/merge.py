"""What is alike is shown once: several items become one with ×n.

Two items are alike if they are of one kind, what feeds them is alike, all the way to the leaves, and what they
feed is alike, all the way to the root.  So an item is never alike what feeds it, and merging makes no cycles.
"""

from __future__ import annotations

from ..graph import topological_order
from .items import Edge, Item, Part
from .notation import common_name, pattern

SINGLY = 8  # alike values up to so many are shown one by one


def merge(order: list[Item]) -> list[Item]:
    """The items of a topological order with those that are alike made one, in topological order again."""
    merged: dict[Item, Item] = {}  # what stands for each item
    for members in _classes(order):
        together = len(members) > 1 and (members[0].part is not None or len(members) > SINGLY)
        merged |= dict.fromkeys(members, _merge_items(members)) if together else {item: item for item in members}
    if len({*merged.values()}) == len(order):
        return order
    fed = {parent for item in order for parent in item.parents}
    for item, edges in _merge_edges(order, merged).items():
        item.connect(edges)
    return topological_order(*dict.fromkeys(merged[item] for item in order if item not in fed))


def _classes(order: list[Item]) -> list[list[Item]]:
    """The items in lists of those that are alike.

    Each item gets a number for all below it and one for all above it: equal numbers, equal graphs.
    """
    kinds = {item: _kind(item) for item in order}
    numbers: dict[object, int] = {}
    below: dict[Item, int] = {}
    above: dict[Item, int] = {}
    uses: dict[Item, set[tuple[str, int]]] = {item: set() for item in order}
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
    return list(classes.values())


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


def _merge_items(members: list[Item]) -> Item:
    """One item for several that are alike."""
    first = members[0]
    made = Item(first.number, list(dict.fromkeys(value for item in members for value in item.values)))
    made.outside = first.outside
    made.name = common_name(item.name for item in members)
    parts = [item.part for item in members if item.part]
    if parts:
        made.part = part = Part([scope for each in parts for scope in each.scopes], made.name, parts[0].kind)
        part.inner, part.own = parts[0].inner, parts[0].own
        part.outputs = {value: None for each in parts for value in each.outputs}
        for parameters in {id(each.parameters): each.parameters for each in parts}.values():  # calls share theirs
            part.parameters |= parameters
    return made


def _merge_edges(order: list[Item], merged: dict[Item, Item]) -> dict[Item, list[Edge]]:
    """What feeds each item after merging: one edge where several end in, or come from, what was merged."""
    groups: dict[Item, dict[tuple[Item, str], list[Edge]]] = {}
    for item in order:
        for i, edge in enumerate(item.edges):
            head, tail = merged[item], merged[edge.tail]
            several = len(head.values) > 1 or len(tail.values) > 1
            name = _role(edge) if several else f"{edge.name} {i}"
            groups.setdefault(head, {}).setdefault((tail, name), []).append(edge)
    return {
        head: [
            edges[0]._replace(tail=tail) if len(edges) == 1 else Edge(tail, _role(edges[0]), None)
            for (tail, _), edges in group.items()
        ]
        for head, group in groups.items()
    }
