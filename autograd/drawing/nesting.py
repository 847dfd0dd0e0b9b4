"""Which scopes enclose which in a graph, and which parameters belong to their modules."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..modes import Scope
from ..scopes import Paths, Scoped, enclosing
from ..value import Value


class Scopes:
    """The scopes of a graph: what encloses what, and what belongs to the modules."""

    def __init__(self, order: Sequence[Value]) -> None:
        self.number = {node: i for i, node in enumerate(order)}
        self.paths = Paths()
        # By identity: two calls of one module are equal pairs.
        self.chains: dict[int, list[Scope]] = {}
        self.parameters: dict[int, dict[str, Value]] = {}
        self.nodes: dict[int, list[Value]] = {}  # those made right in a scope
        for node in order:
            if node.scope is not None:
                self.nodes.setdefault(id(node.scope), []).append(node)
                if id(node.scope) not in self.chains:
                    self.chains[id(node.scope)] = enclosing(node.scope)
        owners = [owner for chain in self.chains.values() for owner, _ in chain if isinstance(owner, Scoped)]
        for owner in owners:
            if id(owner) not in self.parameters:
                self.parameters[id(owner)] = owner.named_parameters()
        self.several = len({id(chain[0][0]) for chain in self.chains.values()}) > 1

    @property
    def deepest(self) -> int:
        """The largest depth at which anything is collapsed."""
        return max((len(chain) - isinstance(chain[0][0], Scoped) for chain in self.chains.values()), default=0)

    def chain(self, node: Value) -> list[Scope]:
        """The scopes around a node, outermost first."""
        return self.chains[id(node.scope)] if node.scope is not None else []

    def within(self, scope: Scope) -> list[Value]:
        """The nodes made in a scope and in those inside it, in topological order."""
        inner = [id for id, chain in self.chains.items() if any(one is scope for one in chain)]
        return sorted((node for id in inner for node in self.nodes[id]), key=self.number.__getitem__)

    def at_depth(self, depth: int) -> Callable[[Value], Scope | None]:
        """The scope that stands for a node at a depth: at depth 0 a module called outside of everything."""

        def chosen(node: Value) -> Scope | None:
            chain = self.chain(node)
            if not chain:
                return None
            index = max(0, depth - (not isinstance(chain[0][0], Scoped)))
            return chain[index] if index < len(chain) else None

        return chosen

    def inside(self, scope: Scope) -> Callable[[Value], Scope | None]:
        """The scope that stands for a node where one scope is opened."""
        depth = len(enclosing(scope))

        def chosen(node: Value) -> Scope | None:
            chain = self.chain(node)
            return chain[depth] if len(chain) > depth else None

        return chosen

    def belongs(self, scope: Scope) -> dict[Value, str]:
        """The parameters of a scope's module, by their names in it."""
        return {leaf: name for name, leaf in self.parameters.get(id(scope[0]), {}).items()}
