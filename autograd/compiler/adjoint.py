"""The gradient of a traced loss, in the form that suits many samples.

It is the reverse sweep of ``transforms.py`` with two differences.  A node that receives several products gets
their sum as one ``dot``, so that the gradients of a layer become a matrix-vector product.  And a parameter
gets no sum at all but its list of (gradient, factor) pairs: their products are added up over the samples.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..graph import dependents
from ..modes import derivative_mode
from ..primitives import dot
from ..transforms.sweeps import rule, times
from ..value import Value, as_value

FEW = 2  # products that are added one by one


def adjoint(
    order: list[Value], seeds: Mapping[Value, Value], leaves: Sequence[Value]
) -> dict[Value, list[tuple[Value, Value]]]:
    """For each leaf, in their order, its pairs (g, factor): the derivative of Σ seed·root is Σ g·factor."""
    fed, stops = dependents(order, leaves), set(leaves)
    terms: dict[Value, list[tuple[Any, Any]]] = {root: [(seed, 1.0)] for root, seed in seeds.items()}
    with derivative_mode():
        for node in reversed(order):
            if node in stops or node not in fed or node not in terms or node.primitive is None:
                continue
            g = _sum(terms.pop(node))
            for parent, partial in zip(node.parents, rule(node), strict=True):
                if parent in fed and not (type(partial) is float and partial == 0.0):
                    terms.setdefault(parent, []).append((g, partial))
        return {
            leaf: [(as_value(g), as_value(factor)) for g, factor in reversed(terms.get(leaf, []))] for leaf in leaves
        }


def _sum(terms: list[tuple[Any, Any]]) -> Any:
    """Σ g·partial; in the order in which the graph was made, so that neighbours stay alike."""
    terms = terms[::-1]
    if len(terms) > FEW:
        return dot(*(partial for _, partial in terms), *(g for g, _ in terms), 0.0)
    total = times(*terms[0])
    for g, partial in terms[1:]:
        total = total + times(g, partial)
    return total
