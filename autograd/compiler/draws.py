"""Random numbers for compiled programs: the very numbers that the functions would have drawn one by one."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import numpy as np

from .generators import generator_state, restore_generator


class Draws:
    """What a program draws for each of many rows, in the order in which the rows would have drawn it one by one.

    ``generators`` names who makes each draw: Python's ``random.Random`` or NumPy's ``Generator``.
    """

    def __init__(self, generators: Sequence[Any]) -> None:
        self._count = len(generators)
        self._places = {id(g): [i for i, other in enumerate(generators) if other is g] for g in generators}
        self._states = [(g, generator_state(g)) for g in {id(g): g for g in generators}.values()]

    def take(self, rows: int) -> Any:
        """An array of shape (rows, draws)."""
        numbers = np.empty((rows, self._count))
        for generator, _ in self._states:
            places = self._places[id(generator)]
            numbers[:, places] = _uniform(generator, rows * len(places)).reshape(rows, len(places))
        return numbers

    def skip(self, rows: int) -> None:
        """Leave the generators as if so many rows more had been drawn."""
        self.take(rows)

    def keep(self, rows: int) -> None:
        """Leave the generators as if only so many rows had been drawn."""
        for generator, state in self._states:
            restore_generator(generator, state)
        self.take(rows)


def _uniform(generator: Any, count: int) -> Any:
    """What ``count`` calls of generator.random() give."""
    if not isinstance(generator, random.Random):
        return generator.random(count)
    words = np.frombuffer(generator.randbytes(8 * count), "<u4").reshape(count, 2).astype(np.uint64)
    return ((words[:, 0] >> 5) * 2**26 + (words[:, 1] >> 6)) * 2.0**-53  # as random() makes 53 bits of two words
