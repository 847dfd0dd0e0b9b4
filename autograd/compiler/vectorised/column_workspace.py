"""A workspace for NumPy: what a call writes lies side by side, so that it is one array to read."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import chain

from ..layout import Workspace
from ..plan import ONES, WASTE, Plan, Row, writes

MOST, LEAST = 1024, 16  # samples that go through together: a call of NumPy takes about 1 µs, however few they are
DOUBLES = 500_000  # in the rows of a program: what is worked on stays in the processor's cache


class ColumnWorkspace(Workspace):
    """Each row has a place of its own."""

    def __init__(self) -> None:
        super().__init__(lanes=1)

    def allocate(self, plan: Plan, inputs: Iterable[int], kept: Collection[Row]) -> dict[Row, int]:
        """A number for every row of a plan, in the order in which they are written."""
        given: list[Row] = [*inputs, ONES, WASTE]
        return {row: i for i, row in enumerate(dict.fromkeys(chain(given, *map(writes, plan.calls))))}

    def block_size(self, rows: int) -> int:
        block = MOST
        while block > LEAST and block * rows > DOUBLES:
            block //= 2
        return block
