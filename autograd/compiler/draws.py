"""Random numbers for compiled programs: the very numbers that the functions would have drawn one by one.

Needs NumPy, but for the states of generators.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from typing import Any


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
        import numpy as np

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
    import numpy as np

    words = np.frombuffer(generator.randbytes(8 * count), "<u4").reshape(count, 2).astype(np.uint64)
    return ((words[:, 0] >> 5) * 2**26 + (words[:, 1] >> 6)) * 2.0**-53  # as random() makes 53 bits of two words


def generator_state(generator: Any) -> Any:
    """The state of a ``random.Random`` or NumPy ``Generator``, as data that JSON can hold.

    >>> generator = random.Random(1)
    >>> state = generator_state(generator)
    >>> drawn = generator.random()
    >>> restore_generator(generator, state)
    >>> generator.random() == drawn
    True
    """
    if isinstance(generator, random.Random):
        return generator.getstate()
    return json.loads(json.dumps(generator.bit_generator.state, default=lambda array: array.tolist()))


def restore_generator(generator: Any, state: Any) -> None:
    """Let a generator go on from a state that :func:`generator_state` gave."""
    if isinstance(generator, random.Random):
        version, numbers, spare = state
        generator.setstate((version, tuple(numbers), spare))
    else:
        generator.bit_generator.state = state
