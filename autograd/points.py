"""What is special about a primitive at a point: kinks and the conventions there, dead and saturated units, ties.

x, y, ...   the operands as numbers         out     the result
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from .graph import Node
from .primitives import TABLE, Primitive

# A tanh, sigmoid or erf whose slope is below this part of its steepest one hardly learns any more.
SATURATED = 0.01


class Special(NamedTuple):
    """Where ``holds`` of the operands and the result, ``note`` says what is special; {slope} is the first partial.

    ``state`` is what a unit is there that passes hardly any gradient on: dead or saturated.
    """

    holds: Callable[..., bool]
    note: str
    state: str = ""


KINK = "a kink: its slope there is taken as "
VERTICAL = "vertical here: its slope is "
LOW = "saturated: its slope is down to {slope}"
ALWAYS = Special(lambda *_: True, "flat on both sides: its slope is 0 everywhere")

# By primitive; the first that holds is told.
SPECIAL: dict[str, tuple[Special, ...]] = {
    "relu": (
        Special(lambda x, out: x == 0.0, KINK + "0", "dead"),
        Special(lambda x, out: x < 0.0, "a dead relu: its slope below 0 is 0", "dead"),
    ),
    "abs": (Special(lambda x, out: x == 0.0, KINK + "0"),),
    "leaky_relu": (Special(lambda x, y, out: x == 0.0, KINK + "that of the left side"),),
    "maximum": (Special(lambda x, y, out: x == y, "a tie: each side gets ½"),),
    "minimum": (Special(lambda x, y, out: x == y, "a tie: each side gets ½"),),
    "hypot": (Special(lambda x, y, out: out == 0.0, KINK + "0 both ways"),),
    "atan2": (Special(lambda x, y, out: x == y == 0.0, "the origin has no direction: its slopes are nan"),),
    "sqrt": (Special(lambda x, out: x == 0.0, VERTICAL + "∞"),),
    "asin": (Special(lambda x, out: math.fabs(x) == 1.0, VERTICAL + "∞"),),
    "acos": (Special(lambda x, out: math.fabs(x) == 1.0, VERTICAL + "-∞"),),
    "pow": (
        Special(lambda x, y, out: x == y == 0.0, "0 to the power 0 is 1, its slopes are taken as 0"),
        Special(lambda x, y, out: x == 0.0 and 0.0 < y < 1.0, VERTICAL + "∞"),
    ),
    "mod": (Special(lambda x, y, out: out == 0.0, "a jump: its slope is taken as that of the pieces"),),
    "tanh": (Special(lambda x, out: 1.0 - out * out < SATURATED, LOW, "saturated"),),
    "erf": (Special(lambda x, out: math.fabs(x) > math.sqrt(-math.log(SATURATED)), LOW, "saturated"),),
    "sigmoid": (Special(lambda x, out: out * (1.0 - out) < SATURATED / 4.0, LOW, "saturated"),),
    "where": (
        Special(lambda c, x, y, out: c != 0.0, "the condition holds: the first branch was taken"),
        Special(lambda c, x, y, out: c == 0.0, "the condition fails: the second branch was taken"),
    ),
    **dict.fromkeys(("floordiv", "lt", "le", "gt", "ge", "eq", "ne"), (ALWAYS,)),
    **dict.fromkeys(("logical_and", "logical_or", "logical_not"), (ALWAYS,)),
}


# The primitives of units that can be dead or saturated.
UNITS = {TABLE[name] for name, points in SPECIAL.items() if any(point.state for point in points)}


def special_point(primitive: Primitive, operands: Sequence[float], out: float) -> Special | None:
    """What is special about a primitive of the table at this point, if anything.

    >>> special_point(TABLE["relu"], [-1.0], 0.0).state
    'dead'
    """
    if TABLE.get(primitive.name) is not primitive:
        return None  # one of the user's own
    return next((point for point in SPECIAL.get(primitive.name, ()) if point.holds(*operands, out)), None)


def state(node: Node) -> str:
    """``dead`` for a relu that gives 0, ``saturated`` for a tanh, sigmoid or erf with hardly any slope left."""
    if node.primitive is None or not node.requires_grad:
        return ""
    point = special_point(node.primitive, [parent._data for parent in node.parents], node._data)
    return point.state if point else ""
