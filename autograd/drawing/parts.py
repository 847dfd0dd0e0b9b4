"""Parts: the nodes of a scope become one item, which stands for a call of a module or a ``with scope(name)``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType

from ..graph import topological_order
from ..modes import Scope
from ..scopes import Scoped, enclosing
from ..value import Value
from .alike import alike
from .items import Edge, Item, Part, edges_into, operations
from .nesting import Scopes
from .text import pattern


def collapsed(order: Sequence[Value], scopes: Scopes, depth: int) -> list[Item]:
    """The items of a graph whose scopes are single items from a depth on, what is alike shown once."""
    return _shown(order, scopes, scopes.at_depth(depth))


def opened(scopes: Scopes, part: Part) -> list[Item]:
    """The items inside a part, of several calls the first: those in it collapsed, what comes in as it is."""
    scope = part.scopes[0]
    depth = len(enclosing(scope)) - 1

    def here(node: Value) -> bool:
        chain = scopes.chain(node)
        return len(chain) > depth and chain[depth] is scope

    inner = [node for node in scopes.within(scope) if node.primitive is not None]
    nodes = {*inner, *(parent for node in inner for parent in node.parents)}
    roots = [node for node in inner if node in part.outputs]
    order = sorted(nodes, key=scopes.number.__getitem__)
    return _shown(order, scopes, scopes.inside(scope), here, roots, scopes.belongs(scope))


def _shown(
    order: Sequence[Value],
    scopes: Scopes,
    chosen: Callable[[Value], Scope | None],
    here: Callable[[Value], bool] = lambda node: True,
    roots: Sequence[Value] = (),
    names: Mapping[Value, str] = MappingProxyType({}),
) -> list[Item]:
    """The items of a graph in which every chosen scope is one, those that are alike made one."""
    items = topological_order(*_gather(order, scopes, chosen, here, roots or order[-1:], True))
    place = {item: i for i, item in enumerate(items)}
    if any(place[parent] >= place[item] for item in items for parent in item.parents):
        # A module is called both in a part and outside of it, before that: its parameters stand by themselves.
        items = topological_order(*_gather(order, scopes, chosen, here, roots or order[-1:], False))
    for item in items:
        if item.part is None and not item.name:
            item.name = names.get(item.values[0], "")
    items = alike(items)
    parts = [item.part for item in items if item.part and item.part.parameters]
    boxes = Counter(next(iter(part.parameters)) for part in parts)
    for part in parts:
        part.shared = boxes[next(iter(part.parameters))] > 1
    return items


# --- scopes as items ----------------------------------------------------------------------------------------


def _gather(
    order: Sequence[Value],
    scopes: Scopes,
    chosen: Callable[[Value], Scope | None],
    here: Callable[[Value], bool],
    roots: Sequence[Value],
    joined: bool,
) -> list[Item]:
    """The items of the roots of a graph in which every chosen scope is one; their parents are the others.

    A parameter that others use too, in a penalty, say, is where its module is: an edge from there joins them.
    """
    items: dict[Value, Item] = {}
    parts: dict[int, Item] = {}
    computed = [node for node in order if node.primitive is not None]
    for node in computed:
        scope = chosen(node) if here(node) else None
        if scope is None:
            items[node] = Item(scopes.number[node], [node])
            items[node].outside = not here(node)
        elif id(scope) in parts:
            items[node] = parts[id(scope)]
            items[node].values.append(node)
        else:
            kind = type(scope[0]).__name__ if isinstance(scope[0], Scoped) else ""
            part = Part([scope], scopes.paths.of(scope, scopes.several), kind)
            items[node] = parts[id(scope)] = Item(scopes.number[node], [node], part)
    owned = _settle(parts.values(), scopes)
    leaves: dict[Value, Item] = {}

    def leaf(node: Value) -> Item:
        if node not in leaves:
            leaves[node] = Item(scopes.number[node], [node])
        return leaves[node]

    feeding: dict[Item, dict[Item, None]] = {item: {} for item in parts.values()}
    for node in computed:
        item = items[node]
        if item.outside:
            continue
        homes: dict[int, list[Item]] = {}  # of parameters that others use
        for parent in dict.fromkeys(node.parents):
            if item.part and parent in item.part.parameters:
                continue
            tail = items.get(parent)
            if tail is None and joined and parent in owned:
                homes[id(owned[parent])] = owned[parent]
            elif tail is None and item.part and _belongs_to(parent, item.part, chosen):
                item.values.append(parent)
            elif item.part and tail is not item:
                feeding[item][tail or leaf(parent)] = None
            if tail and tail.part and tail is not item:
                tail.part.outputs[parent] = None
        others = dict.fromkeys(home for found in homes.values() for home in found)
        if item.part:
            feeding[item] |= others
        else:
            mine = edges_into(node, lambda parent: items.get(parent) or leaf(parent), but=owned if joined else ())
            item.connect(mine + [Edge(home, "", None) for home in others])
    for item, tails in feeding.items():
        item.connect([Edge(tail, "", None) for tail in tails])
    for root in roots:
        if root in items and (ended := items[root].part):
            ended.outputs[root] = None
    return list(dict.fromkeys(items.get(root) or leaf(root) for root in roots))


def _settle(parts: Iterable[Item], scopes: Scopes) -> dict[Value, list[Item]]:
    """Say of each part what it consists of; returns the parts to which each parameter belongs."""
    homes: dict[tuple[int, ...], list[Item]] = {}  # the parts made of the same modules
    for item in parts:
        homes.setdefault(_describe(item, scopes), []).append(item)
    owned: dict[Value, list[Item]] = {}
    for owners, items in homes.items():
        parameters = {leaf: None for owner in owners for leaf in scopes.parameters[owner].values()}
        for item in items:
            assert item.part is not None
            item.part.parameters = parameters
            item.values.extend(parameters)
        for leaf in parameters:
            owned[leaf] = owned[leaf] + items if leaf in owned else items
    return owned


def _describe(item: Item, scopes: Scopes) -> tuple[int, ...]:
    """Say what one part consists of; returns the ids of its modules."""
    part = item.part
    assert part is not None
    depth = len(enclosing(part.scopes[0]))
    inner: dict[int, str] = {}
    owners: dict[int, None] = {}
    deeper: dict[int, bool] = {}  # scopes seen: are they inside another one in this part?
    for node in item.values:
        if id(node.scope) in deeper:
            continue
        chain = scopes.chain(node)
        deeper[id(node.scope)] = len(chain) > depth
        if len(chain) > depth:
            owner = chain[depth][0]
            inner[id(chain[depth])] = type(owner).__name__ if isinstance(owner, Scoped) else pattern(owner)
        owners |= {id(owner): None for owner, _ in chain[depth - 1 :] if isinstance(owner, Scoped)}
    part.inner = Counter(inner.values())
    part.own = operations(node for node in item.values if not deeper[id(node.scope)])
    part.whole = operations(item.values)
    return tuple(owners)


def _belongs_to(leaf: Value, part: Part, chosen: Callable[[Value], Scope | None]) -> bool:
    """Whether a leaf that is no parameter is inside a part: plain numbers, and what was made there; data is not."""
    return leaf.is_constant or (leaf.requires_grad and chosen(leaf) is part.scopes[0])
