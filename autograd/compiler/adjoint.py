"""The gradient of a traced loss, in the form that suits many samples.

A node that receives several products gets their sum as one ``dot``, so that the gradients of a layer become a
matrix-vector product.  A parameter gets no sum at all but its list of (gradient, factor) pairs: their products are
added up over the samples.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..modes import derivative_mode
from ..primitives import dot
from ..transforms import Pairs, add_up, pullback
from ..value import Value, as_value

FEW = 2  # products that are added one by one


def adjoint(
    order: list[Value], seeds: Mapping[Value, Value], leaves: Sequence[Value], picks: Sequence[Value] = ()
) -> dict[Value, list[tuple[Value, Value]]]:
    """For each leaf, in their order, its pairs (g, factor): the derivative of Σ seed·root is Σ g·factor.

    The gradient of a pick among ``picks`` does not go on to each of what it picks from: it has one pair, (its gradient,
    its index).
    """
    with derivative_mode():
        ends = [*leaves, *picks]
        pairs = pullback(order, seeds, ends, stops=set(ends), add_up=add_up_by_dot)
        found = {leaf: [(as_value(g), as_value(factor)) for g, factor in pairs[leaf][::-1]] for leaf in leaves}
        return found | {pick: [(add_up_by_dot(pairs[pick]), pick.parents[0])] for pick in picks if pairs[pick]}


def add_up_by_dot(pairs: Pairs) -> Value:
    """Σ g·factor; in the order in which the graph was made, so that what lies side by side stays alike."""
    pairs = pairs[::-1]
    if len(pairs) <= FEW:
        return as_value(add_up(pairs))
    made: Value = dot(*(factor for _, factor in pairs), *(g for g, _ in pairs), 0.0)
    return made
