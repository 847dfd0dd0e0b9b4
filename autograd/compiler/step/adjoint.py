"""The gradient of a traced loss, in the form that suits many samples.

A node that receives several products gets their sum as one ``dot``, so that the gradients of a layer become a
matrix-vector product.  A parameter gets no sum at all: its products of a gradient and a factor are added up over the
samples.  A layer has one gradient for each of its neurons, and a factor for each weight of it: so products are kept by
their gradients.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ...modes import derivative_mode
from ...primitives import dot
from ...transforms import Pairs, add_up, pullback
from ...value import Value, as_value

FEW = 2  # products that are added one by one


class OfGradient(NamedTuple):
    """What a gradient g contributes: g·factor to the derivative with respect to each leaf."""

    factors: list[Value]
    leaves: list[Value]


class Adjoint(NamedTuple):
    """The derivative of Σ seed·root with respect to some leaves, as products by their gradients.

    A pick does not send its gradient on to each of what it picks from: ``picks`` has one for each pick.
    """

    products: dict[Value, OfGradient]
    picks: dict[Value, Value]


def adjoint(
    order: list[Value], seeds: Mapping[Value, Value], leaves: Sequence[Value], picks: Sequence[Value] = ()
) -> Adjoint:
    """The derivative with respect to the leaves, the gradients in the order in which these need them first."""
    with derivative_mode():
        ends = [*leaves, *picks]
        pairs = pullback(order, seeds, ends, stops=set(ends), add_up=add_up_by_dot)
        products: dict[Value, OfGradient] = {}
        for leaf in leaves:
            for g, factor in reversed(pairs[leaf]):
                node = as_value(g) if type(g) is float else g
                of = products.get(node)
                if of is None:
                    of = products[node] = OfGradient([], [])
                of.factors.append(as_value(factor) if type(factor) is float else factor)
                of.leaves.append(leaf)
        return Adjoint(products, {pick: add_up_by_dot(pairs[pick]) for pick in picks if pairs[pick]})


def add_up_by_dot(pairs: Pairs) -> Value:
    """Σ g·factor; in the order in which the graph was made, so that what lies side by side stays alike."""
    pairs = pairs[::-1]
    if len(pairs) <= FEW:
        return as_value(add_up(pairs))
    made: Value = dot(*(factor for _, factor in pairs), *(g for g, _ in pairs), 0.0)
    return made
