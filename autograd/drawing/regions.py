"""Parts of a program as single items: what is made in a scope, a call of a module or ``with scope(name)``.

``Nesting`` knows the scopes of a graph, a ``Level`` says which of them are one item each, and ``group`` makes the
items and joins them by edges.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from ..graph import Node, topological_order
from ..modes import Scope
from ..scopes import Paths, Scoped, enclosing
from .items import Item, Part, edges_into, operations, plain_edges
from .notation import clean_label, kind_of, pattern


class Nesting:
    """The scopes of a graph: what encloses what, and which parameters belong to their modules."""

    def __init__(self, order: Sequence[Node]) -> None:
        self.number = {node: i for i, node in enumerate(order)}
        self.paths = Paths()
        # By identity: two calls of one module are equal pairs.
        self.chains: dict[int, list[Scope]] = {}  # a scope and those around it, outermost first
        self.parameters: dict[int, dict[str, Node]] = {}  # of each module
        self.nodes: dict[int, list[Node]] = {}  # those made in a scope and in none inside it
        for node in order:
            if node.scope is not None:
                self.nodes.setdefault(id(node.scope), []).append(node)
                if id(node.scope) not in self.chains:
                    self.chains[id(node.scope)] = enclosing(node.scope)
        owners = [owner for chain in self.chains.values() for owner, _ in chain if isinstance(owner, Scoped)]
        for owner in owners:
            if id(owner) not in self.parameters:
                self.parameters[id(owner)] = owner.named_leaves()
        self.several = len({id(chain[0][0]) for chain in self.chains.values()}) > 1

    @property
    def deepest(self) -> int:
        """The largest depth at which anything is collapsed."""
        return max((len(chain) - isinstance(chain[0][0], Scoped) for chain in self.chains.values()), default=0)

    def chain(self, node: Node) -> list[Scope]:
        """The scopes around a node, outermost first."""
        return self.chains[id(node.scope)] if node.scope is not None else []

    def within(self, scope: Scope) -> list[Node]:
        """The nodes made in a scope and in those inside it, in topological order."""
        inner = [id for id, chain in self.chains.items() if any(one is scope for one in chain)]
        return sorted((node for id in inner for node in self.nodes[id]), key=self.number.__getitem__)

    def path(self, scope: Scope) -> str:
        """The dotted name of a scope; from the outermost module on where there are several of those."""
        return self.paths.of(scope, self.several)

    def parameter_names(self, scope: Scope) -> dict[Node, str]:
        """The parameters of a scope's module, by their names in it."""
        return {leaf: name for name, leaf in self.parameters.get(id(scope[0]), {}).items()}


class Level:
    """Which scopes are single items: those at a depth, or, where one scope is opened, those directly in it."""

    def __init__(self, nesting: Nesting, depth: int = 0, inside: Scope | None = None) -> None:
        self.nesting, self.depth, self.inside = nesting, depth, inside
        self.around = len(enclosing(inside)) if inside is not None else 0

    def holds(self, node: Node) -> bool:
        """Whether a node was made in what is shown; what comes into an opened scope was not."""
        chain = self.nesting.chain(node)
        return self.inside is None or (len(chain) >= self.around and chain[self.around - 1] is self.inside)

    def scope_of(self, node: Node) -> Scope | None:
        """The scope that stands for a node; None where the node is shown itself."""
        chain = self.nesting.chain(node)
        if not chain:
            return None
        # At depth 0 that is a module called outside of everything; named scopes begin at depth 1.
        index = self.around if self.inside is not None else max(0, self.depth - (not isinstance(chain[0][0], Scoped)))
        return chain[index] if index < len(chain) else None


def group(order: Sequence[Node], level: Level, roots: Sequence[Node]) -> list[Item]:
    """The items of the roots of a graph and of all that feeds them, with the scopes of a level as one item each."""
    items = topological_order(*_Grouping(order, level, join=True).ends(roots))
    place = {item: i for i, item in enumerate(items)}
    if any(place[parent] >= place[item] for item in items for parent in item.parents):
        # A module is called both in a part and outside of it, before that: its parameters stand by themselves.
        items = topological_order(*_Grouping(order, level, join=False).ends(roots))
    return items


class _Grouping:
    """Puts every computed value of a graph into its item, and joins each item to what feeds it.

    A parameter that others use too, in a penalty, say, stands where its module is: where ``join`` is set, an edge from
    the part to what uses the parameter takes its place.
    """

    def __init__(self, order: Sequence[Node], level: Level, join: bool) -> None:
        self.level, self.join = level, join
        self.parts: dict[int, Item] = {}  # by the id of their scope
        self.leaves: dict[Node, Item] = {}
        computed = [node for node in order if node.primitive is not None]
        self.items = {node: self._item(node) for node in computed}
        self.owners = _assign_parameters(self.parts.values(), level.nesting)
        tails: dict[Item, dict[Item, None]] = {item: {} for item in self.parts.values()}
        for node in computed:
            item = self.items[node]
            if item.outside:
                continue
            self._mark_outputs(node, item)
            if item.part:
                tails[item] |= self._tails(node, item, item.part)
            else:
                edges = edges_into(node, self._tail)
                item.connect(edges + plain_edges(self._elsewhere(node, item)))
        for item, found in tails.items():
            item.connect(plain_edges(found))

    def ends(self, roots: Sequence[Node]) -> list[Item]:
        """The items of the roots."""
        for root in roots:
            if root in self.items and (part := self.items[root].part):
                part.outputs[root] = None
        return list(dict.fromkeys(self.items.get(root) or self._leaf(root) for root in roots))

    def _item(self, node: Node) -> Item:
        """The item of a computed node, which may be that of its scope."""
        nesting, holds = self.level.nesting, self.level.holds(node)
        scope = self.level.scope_of(node) if holds else None
        if scope is None:
            item = Item(nesting.number[node], [node])
            item.outside = not holds
        elif id(scope) in self.parts:
            item = self.parts[id(scope)]
            item.values.append(node)
        else:
            kind = kind_of(scope[0]) if isinstance(scope[0], Scoped) else ""
            item = Item(nesting.number[node], [node], Part([scope], nesting.path(scope), kind))
            self.parts[id(scope)] = item
        return item

    def _leaf(self, node: Node) -> Item:
        if node not in self.leaves:
            self.leaves[node] = Item(self.level.nesting.number[node], [node])
        return self.leaves[node]

    def _tail(self, parent: Node) -> Item | None:
        """The item at the tail of an edge from a parent; None where an edge from its part takes that place."""
        return None if self._owned(parent) else self.items.get(parent) or self._leaf(parent)

    def _owned(self, parent: Node) -> bool:
        """Whether a parent stands where its module is."""
        return self.join and parent in self.owners and parent not in self.items

    def _tails(self, node: Node, item: Item, part: Part) -> dict[Item, None]:
        """The items that feed a part because of one of its nodes; leaves that belong to it become values of it."""
        tails: dict[Item, None] = {}
        for parent in dict.fromkeys(node.parents):
            if parent in part.parameters or self._owned(parent):
                continue
            if parent not in self.items and self._inside(parent, part):
                item.values.append(parent)
            elif (tail := self._tail(parent)) and tail is not item:
                tails[tail] = None
        return tails | self._elsewhere(node, item)

    def _inside(self, leaf: Node, part: Part) -> bool:
        """Whether a leaf that is no parameter is inside a part: plain numbers, and what was made there; data is not."""
        return leaf.is_constant or (leaf.requires_grad and self.level.scope_of(leaf) is part.scopes[0])

    def _elsewhere(self, node: Node, item: Item) -> dict[Item, None]:
        """The other parts that own parameters which a node uses."""
        own = item.part.parameters if item.part else {}
        # The parameters of a module share one list of owners: each list is gone through once.
        lists = {id(self.owners[p]): self.owners[p] for p in node.parents if self._owned(p) and p not in own}
        return dict.fromkeys(owner for owners in lists.values() for owner in owners)

    def _mark_outputs(self, node: Node, item: Item) -> None:
        """Note the values of other parts that a node of an item uses."""
        for parent in node.parents:
            tail = self.items.get(parent)
            if tail and tail.part and tail is not item:
                tail.part.outputs[parent] = None


def _assign_parameters(parts: Iterable[Item], nesting: Nesting) -> dict[Node, list[Item]]:
    """Describe each part and give it its parameters; returns the parts to which each parameter belongs."""
    by_modules: dict[tuple[int, ...], list[Item]] = {}  # the parts made of the same modules
    for item in parts:
        assert item.part is not None
        by_modules.setdefault(_describe(item, item.part, nesting), []).append(item)
    owners: dict[Node, list[Item]] = {}
    for modules, items in by_modules.items():
        parameters = {leaf: None for module in modules for leaf in nesting.parameters[module].values()}
        for item in items:
            assert item.part is not None
            item.part.parameters = parameters
            item.values.extend(parameters)
        for leaf in parameters:
            owners[leaf] = owners[leaf] + items if leaf in owners else items
    return owners


def _describe(item: Item, part: Part, nesting: Nesting) -> tuple[int, ...]:
    """Count what a part consists of; returns the ids of its modules."""
    depth = len(enclosing(part.scopes[0]))
    inner: dict[int, str] = {}  # the kinds of the scopes directly in it
    modules: dict[int, None] = {}
    deeper: dict[int, bool] = {}  # of each scope that a node was made in: whether it is inside another one of the part
    for node in item.values:
        if id(node.scope) in deeper:
            continue
        chain = nesting.chain(node)
        deeper[id(node.scope)] = len(chain) > depth
        if len(chain) > depth:
            owner = chain[depth][0]
            inner[id(chain[depth])] = kind_of(owner) if isinstance(owner, Scoped) else clean_label(pattern(owner))
        modules |= {id(owner): None for owner, _ in chain[depth - 1 :] if isinstance(owner, Scoped)}
    part.inner = Counter(inner.values())
    part.own = operations(node for node in item.values if not deeper[id(node.scope)])
    part.whole = operations(item.values)
    return tuple(modules)
