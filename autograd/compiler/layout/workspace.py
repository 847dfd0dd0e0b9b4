"""Where the numbers of a compiled program lie: a workspace, one array of doubles, handed out in stretches."""

from __future__ import annotations

import ctypes
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np

from ..plan import ONES, WASTE, Plan, Row, Scalar, reads, writes

CACHE_LINE = 8  # doubles
BLOCK = 128  # samples that go through a program together, at most: their rows stay in the processor's cache
LEAST = 4  # vectors, at least
BLOCK_DOUBLES = 200_000  # and so do the rows of a program with many of them


class Workspace:
    """Hands out places, each beginning at a cache line; a vector has so many ``lanes``."""

    def __init__(self, lanes: int) -> None:
        self.lanes = lanes
        self.size = 0
        self.contents: dict[int, tuple[int, float]] = {}  # place → (how many, number) that stand there from the start
        self._constants: dict[str, int] = {}  # by their text: 0.0 == -0.0, and nan is unequal to itself
        self.zero, self.one = self.constant(0.0), self.constant(1.0)

    def take(self, doubles: int) -> int:
        """The place of a stretch."""
        place = self.size
        self.size += -(-max(doubles, 1) // CACHE_LINE) * CACHE_LINE
        return place

    def number(self, x: float) -> int:
        """The place of a number that stands there from the beginning."""
        place = self.take(1)
        self.contents[place] = (1, x)
        return place

    def constant(self, x: float) -> int:
        """The place of a number that is never changed, one for all who need it."""
        if repr(x) not in self._constants:
            self._constants[repr(x)] = self.number(x)
        return self._constants[repr(x)]

    def memory(self) -> Any:
        """An array of that size, with the numbers that stand in it from the beginning."""
        raw = np.zeros(self.size + CACHE_LINE)
        first = (-address(raw) // 8) % CACHE_LINE
        base = raw[first : first + self.size]  # keeps raw alive
        for place, (count, x) in self.contents.items():
            base[place : place + count] = x
        return base

    def allocate(self, plan: Plan, inputs: Iterable[int], kept: Collection[Row]) -> dict[Row, int]:
        """A number for every row of a plan."""
        return allocate(plan, inputs, kept)

    def block_size(self, rows: int) -> int:
        """How many samples go through a program of that many rows together."""
        block = BLOCK
        while block > LEAST * self.lanes and block * rows > BLOCK_DOUBLES:
            block //= 2
        return block

    def rows(self, numbers: Mapping[Row, int], width: int) -> dict[Row, int]:
        """The places of rows, given their numbers: neighbours lie ``row_stride(width)`` apart."""
        stride = row_stride(width)
        start = self.take(stride * (max(numbers.values()) + 1))
        places = {row: start + stride * number for row, number in numbers.items()}
        self.contents[places[ONES]] = (width, 1.0)
        return places


class Places(NamedTuple):
    """Where in the workspace every row, scalar and sum over the samples lies; sums[None] takes what nobody wants."""

    rows: Mapping[Row, int]
    scalars: Mapping[Scalar, int]
    sums: Mapping[int | None, int]


P = TypeVar("P")


class Section(NamedTuple, Generic[P]):
    """The calls of a plan, and the places of what they read and write."""

    plan: P
    places: Places


def address(array: Any) -> int:
    """Where the numbers of an array begin."""
    try:
        return ctypes.addressof(ctypes.c_char.from_buffer(array))  # three times as fast as the way below
    except (TypeError, ValueError):  # it cannot be written to, or its numbers do not lie side by side
        found: int = array.__array_interface__["data"][0]
        return found


def row_stride(width: int) -> int:
    """From one row to the next: were it a power of 2, rows would displace each other in the processor's cache."""
    return -(-width // CACHE_LINE) * CACHE_LINE + CACHE_LINE


def allocate(plan: Plan, inputs: Iterable[int], kept: Collection[Row]) -> dict[Row, int]:
    """A number for every row of a plan; one is used again once the last reader of its row is done."""
    last: dict[Row, int] = {}
    for i, call in enumerate(plan.calls):
        for row in (*reads(call), *writes(call)):
            last[row] = i
    given: list[Row] = [*inputs, ONES, WASTE]
    numbers = {row: i for i, row in enumerate(dict.fromkeys(given))}
    free: list[int] = []
    count = len(numbers)
    dying: dict[int, list[Row]] = {}
    for row, i in last.items():
        if row not in numbers and row not in kept:
            dying.setdefault(i, []).append(row)
    for i, call in enumerate(plan.calls):
        for row in writes(call):
            if row not in numbers:
                if free:
                    numbers[row] = free.pop()
                else:
                    numbers[row] = count
                    count += 1
        free += [numbers[row] for row in reversed(dying.get(i, ()))]
    return numbers
