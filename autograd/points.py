"""What is special about a node: dead and saturated units."""

from __future__ import annotations

from collections.abc import Sequence

from .graph import Node
from .primitives import TABLE, Primitive, Special

# The primitives of units that can be dead or saturated.
UNITS = {row for row in TABLE.values() if any(point.state for point in row.special)}


def special_point(primitive: Primitive, operands: Sequence[float], out: float) -> Special | None:
    return primitive.special_point(operands, out)


def state(node: Node) -> str:
    """``dead`` for a relu that gives 0, ``saturated`` for a tanh, sigmoid or erf with hardly any slope left."""
    if node.primitive is None or not node.requires_grad:
        return ""
    point = node.primitive.special_point([parent._data for parent in node.parents], node._data)
    return point.state if point else ""
