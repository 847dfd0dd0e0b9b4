"""Steps over many samples in shares: threads add these up, and then the sums of the shares are added in their order.

A share is so many samples, however many threads there are: so the sums are the same to the last bit.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .costs import Cost
from .feeding import Part


class Shares(NamedTuple):
    """The samples of some steps in shares: ``groups`` and ``bounds`` of these as in a ``Part``.

    ``first`` has for each step its first share, and behind the last one how many there are.
    """

    groups: Any
    bounds: Any
    first: list[int]

    @classmethod
    def of(cls, part: Part, cost: Cost) -> Shares:
        """All of one size in a step, but for its last one."""
        groups: list[tuple[int, int, int]] = []
        bounds: list[tuple[int, int, int]] = []
        first = [0]
        given = part.groups.tolist()
        for start, stop, samples in part.bounds.tolist():
            size = cost.share(samples)
            begun, room = len(groups), size  # of the share at hand
            for form, place, end in given[start:stop]:
                while place < end:
                    count = min(room, end - place)
                    groups.append((form, place, place + count))
                    place, room = place + count, room - count
                    if not room:
                        bounds.append((begun, len(groups), samples))
                        begun, room = len(groups), size
            if begun < len(groups):
                bounds.append((begun, len(groups), samples))
            first.append(len(bounds))
        return cls(np.array(groups), np.array(bounds), first)
