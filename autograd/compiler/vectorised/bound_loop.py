"""A program in its places, as operations on one memory."""

from __future__ import annotations

from typing import Any

from ..layout import Loop
from .operations import Operations, run

SIZES = 8  # of blocks, of which the operations are kept


class BoundLoop:
    """``begin`` computes what is alike for all samples, ``run`` a block of them, which lies in the rows already."""

    def __init__(self, loop: Loop, memory: Any) -> None:
        self.memory, self._loop = memory, loop
        self._once = Operations(loop.once, memory, 1)
        self._each: dict[int, Operations] = {}  # for so many samples, the latest last
        self._ready: set[int] = set()  # of these the scalars are packed

    def begin(self) -> None:
        run(self._once.packs)
        run(self._once.operations)
        self._ready.clear()

    def run(self, samples: int) -> None:
        each = self._each.get(samples)
        if each is None:
            each = self._each[samples] = Operations(self._loop.each, self.memory, samples)
            if len(self._each) > SIZES:
                del self._each[next(iter(self._each))]
        if samples not in self._ready:
            run(each.packs)
            self._ready.add(samples)
        run(each.operations)
