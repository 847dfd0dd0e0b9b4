"""The two sweeps that build graphs: derivatives as Values, to be differentiated, drawn and compiled again.

Both read the table's rules with Values in place of numbers; ``sweep`` in ``value.py`` is the one over numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..graph import dependents, topological_order
from ..modes import derivative_mode
from ..primitives import chain
from ..value import Value

Pairs = list[tuple[Any, Any]]  # (an adjoint, the partial that it is multiplied by)


def add_up(pairs: Pairs) -> Any:
    """Σ g·p, in the order in which the pairs came; 0.0 for none."""
    if not pairs:
        return 0.0
    total = times(*pairs[0])
    for g, p in pairs[1:]:
        total = total + times(g, p)
    return total


def pullback(order: Sequence[Value], seeds: Mapping[Value, Any], xs: Sequence[Value]) -> dict[Value, Pairs]:
    """The reverse sweep: for each x its pairs (g, p), whose Σ g·p is the derivative of Σ seed·root with respect to x.

    ``order`` is topological and holds the roots, which are the keys of ``seeds``; an x may be any node.  To be called
    in ``derivative_mode``.
    """
    fed, wanted = dependents(order, xs), set(xs)
    pairs: dict[Value, Pairs] = {root: [(seed, 1.0)] for root, seed in seeds.items()}
    for node in reversed(order):
        if node not in fed or node not in pairs or node.primitive is None:
            continue
        if not node.requires_grad:
            continue  # traced under no_grad()
        g = add_up(pairs[node] if node in wanted else pairs.pop(node))
        for parent, partial in zip(node.parents, rule(node), strict=True):
            if parent in fed and not (type(partial) is float and partial == 0.0):
                if parent in pairs:
                    pairs[parent].append((g, partial))
                else:
                    pairs[parent] = [(g, partial)]
    return {x: pairs.get(x, []) for x in xs}


def pushforward(outputs: Sequence[Value], tangents: Mapping[Value, Any]) -> list[Any]:
    """The forward sweep: the tangent of each output, given those of some nodes."""
    found = dict(tangents)
    with derivative_mode():
        for node in topological_order(*outputs):
            if not node.requires_grad:
                continue  # traced under no_grad()
            if node.primitive is None or node in found or not any(p in found for p in node.parents):
                continue
            pairs = [(found[p], partial) for p, partial in zip(node.parents, rule(node), strict=True) if p in found]
            found[node] = add_up([(t, p) for t, p in pairs if not (type(p) is float and p == 0.0)])
    return [found.get(y, 0.0) for y in outputs]


def rule(node: Value) -> Sequence[Any]:
    """The partials of a node as graphs; constants go in as plain numbers, so that what is fixed folds away.

    Plain numbers raise where a Value in a derivative is inf or nan, as log(0.0) does: then constants go in as nodes.
    """
    row = node.primitive
    assert row is not None
    args = [parent._data if parent._db is None else parent for parent in node.parents]  # is_constant, asked very often
    try:
        return row.partials(args, node) if row.variadic else row.partials(*args, node)
    except (ArithmeticError, ValueError):
        return row.partials([*node.parents], node) if row.variadic else row.partials(*node.parents, node)


def times(g: Any, p: Any) -> Any:
    """chain(g, p) without multiplications by a fixed 1.  Fixed means a number in the rule, never data."""
    if type(p) is float and p == 1.0:
        return g
    if type(g) is float and g == 1.0:
        return p
    return chain(g, p)
