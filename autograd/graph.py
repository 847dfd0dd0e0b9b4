"""The graph: what a node stores, and the one order in which every walk visits it.

A node points to its parents, the nodes it was computed from, and never to its children: so a graph has no
cycles, and Python frees it by reference count as soon as its root goes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Self, TypeVar

from .modes import Scope
from .primitives import Primitive

new = object.__new__  # a node without its __init__


class Labelled:
    """What a node with a label keeps in place of its scope."""

    __slots__ = ("label", "scope")

    def __init__(self, label: str, scope: Scope | None) -> None:
        self.label = label
        self.scope = scope


class Node:
    """One number of a computation: a leaf, or the output of a primitive applied to its parents.

    One or two parents stand in slots of their own (``_a``, ``_b``), their partials beside them (``_da``,
    ``_db``): that takes half the time and memory of tuples.  Three or more stand in ``_a`` as a tuple,
    their partials in ``_da``, a sequence as long.  A leaf has None in ``_a``; a plain number that met a node has
    None in ``_db`` too.

    ``_tag`` is the scope in which the node was made; few nodes have a label, and share the slot.
    """

    __slots__ = ("_a", "_b", "_da", "_data", "_db", "_tag", "grad", "primitive", "requires_grad")

    _data: float
    grad: float
    primitive: Primitive | None
    requires_grad: bool
    _a: Any
    _b: Any
    _da: Any
    _db: Any
    _tag: Any

    @property
    def label(self) -> str:
        """A name for drawings and messages; "" without one."""
        return self._tag.label if type(self._tag) is Labelled else ""

    @label.setter
    def label(self, label: str) -> None:
        self._tag = Labelled(label, self.scope) if label else self.scope

    @property
    def scope(self) -> Scope | None:
        """The scope in which this node was made; None outside of all, and while a program is traced."""
        tag = self._tag
        return tag.scope if type(tag) is Labelled else tag

    @property
    def parents(self) -> tuple[Self, ...]:
        """The operands in order, with multiplicity: those of ``x * x`` are ``(x, x)``; a leaf has none."""
        if self._a is None:
            return ()
        if type(self._a) is tuple:
            return self._a
        return (self._a,) if self._b is None else (self._a, self._b)

    @property
    def is_constant(self) -> bool:
        """Whether this is a plain number that met a Value: a leaf that never changes and needs no gradient."""
        return self._db is None

    @property
    def partials(self) -> tuple[float, ...]:
        """∂self/∂parent for each parent, as numbers; one that no gradient needs may be left at 0.0."""
        if self._a is None:
            return ()
        if type(self._a) is tuple:
            return tuple(self._da)
        return (self._da,) if self._b is None else (self._da, self._db)


N = TypeVar("N", bound=Node)


def topological_order(*roots: N, seen: set[N] | None = None, constants: bool = True) -> list[N]:
    """Every node below the roots once, each after all of its parents, without recursion.

    The order is that of a depth-first walk, first parent first: the same graph always gives the same.  Nodes that are
    ``seen`` already are left out with all behind them; the others are added to them.  Without ``constants``, plain
    numbers that met a node are left out: no gradient reaches them, and many graphs are a third of them.

    >>> from autograd import Value
    >>> a, b = Value(2.0, label="a"), Value(3.0, label="b")
    >>> [node.label or node._op for node in topological_order(a * b + a)]
    ['a', 'b', '*', '+']
    """
    order: list[N] = []
    seen = set() if seen is None else seen
    rest: dict[N, Iterator[N]] = {}  # the parents still to visit of nodes that have many
    emit, see = order.append, seen.add
    for root in roots:
        if root in seen:
            continue
        see(root)
        stack = [root]
        push, pop = stack.append, stack.pop
        while stack:
            node = stack[-1]
            parent = node._a
            if type(parent) is tuple:
                if node not in rest:
                    if seen.issuperset(parent):  # usual in networks, and quick
                        emit(pop())
                        continue
                    rest[node] = iter(parent)
                for parent in rest[node]:
                    if parent not in seen and (constants or parent._db is not None):
                        see(parent)
                        push(parent)
                        break
                else:
                    emit(pop())
                continue
            if parent is not None and parent not in seen and (constants or parent._db is not None):
                see(parent)
                push(parent)
                continue
            parent = node._b
            if parent is not None and parent not in seen and (constants or parent._db is not None):
                see(parent)
                push(parent)
                continue
            emit(pop())
    return order


def dependents(order: Iterable[N], nodes: Iterable[N]) -> set[N]:
    """The nodes themselves and those of a topological order that were computed from any of them."""
    found = set(nodes)
    for node in order:
        if not found.isdisjoint(node.parents):
            found.add(node)
    return found
