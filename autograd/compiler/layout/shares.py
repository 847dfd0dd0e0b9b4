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
        groups, (starts, stops, samples) = part.groups, part.bounds.T
        sizes = np.array([cost.share(n) for n in samples.tolist()])
        # All samples of the part are counted on, in the order in which they are taken.
        ends = np.cumsum(groups[:, 2] - groups[:, 1])
        begins = ends - groups[:, 2] + groups[:, 1]
        counts = -(-(ends[stops - 1] - begins[starts]) // sizes)  # of shares
        first = np.concatenate([[0], np.cumsum(counts)])
        within = np.arange(first[-1]) - np.repeat(first[:-1], counts)
        shares = np.repeat(begins[starts], counts) + within * np.repeat(sizes, counts)
        cuts = np.union1d(begins, shares)
        group = np.searchsorted(begins, cuts, side="right") - 1
        lengths = np.diff(cuts, append=ends[-1])
        places = groups[group, 1] + cuts - begins[group]
        firsts = np.searchsorted(cuts, shares)
        return cls(
            np.column_stack([groups[group, 0], places, places + lengths]),
            np.column_stack([firsts, np.append(firsts[1:], len(cuts)), np.repeat(samples, counts)]),
            first.tolist(),
        )
