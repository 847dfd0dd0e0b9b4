"""The order in which a program computed a graph, as far as the graph tells.

A graph does not say when its values were made.  But what was made in another call, has a label or is used more than
once was there before the expression that uses it; and what is much deeper than the operand before it, as the state of
a recurrent cell is, was too.  Those come first, then the rest of the expression from left to right.
"""

from __future__ import annotations

from collections import Counter

from ..graph import topological_order
from ..value import Value

MUCH_DEEPER = 3  # operations: those of one time step


def program_order(root: Value) -> list[Value]:
    """Every value below root once, each after all of its parents, as a program would come by them.

    >>> w, h = Value(0.5, label="w"), Value(0.0, label="h")
    >>> for x in (1.0, 2.0):
    ...     h = (w * x + h * 0.1).tanh()
    >>> [node.parents[1].data for node in program_order(h) if node._op == "*" and w in node.parents]
    [1.0, 2.0]
    """
    order = topological_order(root)
    depth: dict[Value, int] = {}
    uses: Counter[Value] = Counter()
    for node in order:
        depth[node] = 1 + max((depth[parent] for parent in node.parents), default=-1)
        uses.update(set(node.parents))

    def is_earlier(node: Value, user: Value) -> bool:
        return bool(node.label) or uses[node] > 1 or node.scope is not user.scope

    def statement(user: Value) -> list[Value]:
        """The values that were there before the expression that ends with a value, in the order of their use."""
        found, stack = [], [user]
        while stack:
            node = stack.pop()
            shallow = MUCH_DEEPER + min((depth[p] for p in node.parents if p.primitive is not None), default=0)
            inner = []
            for parent in dict.fromkeys(node.parents):
                if parent.primitive is None:
                    continue
                if is_earlier(parent, user) or (len(node.parents) > 1 and depth[parent] >= shallow):
                    found.append(parent)
                else:
                    inner.append(parent)
            stack += inner[::-1]
        return found

    made: dict[Value, None] = {}
    opened: set[Value] = set()
    stack = [root]
    while stack:
        node = stack[-1]
        if node in made:
            stack.pop()
        elif node not in opened:
            opened.add(node)
            stack += [earlier for earlier in statement(node) if earlier not in made][::-1]
        else:
            _finish(stack.pop(), made)
    return [*made]


def _finish(user: Value, made: dict[Value, None]) -> None:
    """Add a value and what is left of its expression, first operands first."""
    stack = [(user, iter(user.parents))]
    while stack:
        node, parents = stack[-1]
        parent = next(parents, None)
        if parent is None:
            made[node] = None
            stack.pop()
        elif parent not in made:
            stack.append((parent, iter(parent.parents)))
