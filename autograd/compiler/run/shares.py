"""Steps over many samples: these are cut into shares, which threads add up, and then the sums into one.

A share is so many samples, however many threads there are, and the sums are added in the order of the shares: so they
are the same to the last bit.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from ..layout import Cost, Part, StepPlaces
from ..llvm import TrainJob
from .executable import Executable, address
from .kernel_workspace import KernelWorkspace
from .threads import WORTH, team, threads

TOGETHER = 64  # shares of which the sums are kept at a time

BOUNDS, STEPS, LOSSES, FAILED = map(TrainJob._fields.index, ("bounds", "steps", "losses", "failed"))


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
        bounds: list[list[int]] = []
        first = [0]
        for start, stop, samples in part.bounds.tolist():
            size, room = cost.share(samples), 0  # in the share at hand
            for form, place, end in part.groups[start:stop].tolist():
                while place < end:
                    if not room:
                        bounds.append([len(groups), len(groups), samples])
                        room = size
                    count = min(room, end - place)
                    groups.append((form, place, place + count))
                    bounds[-1][1] += 1
                    place, room = place + count, room - count
            first.append(len(bounds))
        return cls(np.array(groups), np.array(bounds), first)


class StepsInShares:
    """What takes long steps: threads add up the shares, each in a workspace of its own."""

    def __init__(self, executable: Executable, workspace: KernelWorkspace, places: StepPlaces, cost: Cost) -> None:
        self._executable, self._workspace, self._places, self._cost = executable, workspace, places, cost
        self._free: list[Any] = []  # memory of that workspace that no thread is using

    def run(self, memory: Any, job: TrainJob[int], part: Part, losses: Any) -> int:
        """Take the steps of a part; returns how many were finite, up to the first that was not.

        ``job`` says all but which samples.
        """
        places, drive = self._places, self._executable.drive
        shares = Shares.of(part, self._cost)
        most = min(max(end - first for first, end in pairwise(shares.first)), TOGETHER)
        count = min(threads(), most) if part.samples * self._cost.nanoseconds > WORTH else 1
        width = places.sums_vectors * self._workspace.lanes
        whole, sums, taken = memory[places.sums :][:width], np.empty((1 + most, width)), np.zeros(1, dtype=np.int64)
        adding = np.array(job._replace(
            groups=address(shares.groups), taken=address(taken), share_sums=address(sums[1:]), reload=1
        ))  # fmt: skip
        no_samples = part.groups * [1, 0, 0]
        finishing = np.array(job._replace(groups=address(no_samples), steps=1, added=1, reload=1))
        parameters = slice(places.current, places.of_state(1))
        desks = [self._desk() for _ in range(count)]
        addresses = [*map(address, desks)]
        for desk in desks:
            desk[places.captured] = memory[places.captured]

        def add_up(number: int) -> None:
            desks[number][parameters] = memory[parameters]
            drive("shares", addresses[number], address(adding))

        with team(count) as together:
            for step, (start, stop) in enumerate(pairwise(shares.first)):
                for first in range(start, stop, TOGETHER):
                    adding[STEPS] = some = min(TOGETHER, stop - first)
                    adding[BOUNDS], taken[0] = address(shares.bounds[first:]), 0
                    together(add_up, some)
                    begun = first > start or not part.begin
                    if begun:
                        sums[0] = whole
                    np.add.reduce(sums[1 - begun : 1 + some], out=whole)  # row after row
                if part.finish:
                    finishing[BOUNDS], finishing[LOSSES] = address(part.bounds[step:]), address(losses[step:])
                    drive("train", address(memory), address(finishing))
                    if finishing[FAILED] >= 0:
                        break
            else:
                step += 1
        self._free += desks  # not after an exception: they are then forgotten
        return step

    def _desk(self) -> Any:
        try:
            return self._free.pop()
        except IndexError:
            return self._workspace.memory()
