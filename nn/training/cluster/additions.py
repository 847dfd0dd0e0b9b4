"""Sums over parts, added in one fixed order: the leaves of a binary tree over the numbers of the parts.

Floating-point sums depend on their order.  Here each part is summed alone, and then parts 0 and 1, 2 and 3, …, then
those sums in pairs, and so on.  A worker adds what it holds both halves of, and the client the rest: whoever holds
which part, the additions are the same, and so are the bits.  A worker with a run of neighbours sends few sums.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Node = tuple[int, int]  # (level, place): the sum of the parts from place·2^level on, 2^level of them


def merged(sums: Mapping[Node, Any], parts: int) -> dict[Node, Any]:
    """Those sums in which each two that make a whole one are added; all ``parts`` of them together give one.

    >>> merged({(0, 0): 1.0, (0, 1): 2.0, (0, 3): 4.0}, 4)
    {(0, 3): 4.0, (1, 0): 3.0}
    >>> merged({(0, 2): 4.0, (1, 0): 3.0}, 3)
    {(2, 0): 7.0}
    """
    found: dict[Node, Any] = {}
    level, left = 0, dict(sums)
    while left:
        places = sorted(place for deep, place in left if deep == level)
        last = (parts - 1) >> level
        for place in places:
            if (level, place) not in left or last == 0:
                continue
            pair = (level, place & ~1), (level, place | 1)
            if place == last and place % 2 == 0:  # without a neighbour: it goes up as it is
                left[level + 1, place >> 1] = left.pop((level, place))
            elif all(node in left for node in pair):
                left[level + 1, place >> 1] = left.pop(pair[0]) + left.pop(pair[1])
        found |= {node: left.pop(node) for node in [node for node in left if node[0] == level]}
        level += 1
    return found
