"""Where a generator of random numbers stands, taken down and restored."""

from __future__ import annotations

import json
from random import Random
from typing import Any


def generator_state(generator: Any) -> Any:
    """The state of a ``random.Random`` or NumPy ``Generator``, as data that JSON can hold.

    >>> generator = Random(1)
    >>> state = generator_state(generator)
    >>> drawn = generator.random()
    >>> restore_generator(generator, state)
    >>> generator.random() == drawn
    True
    """
    if isinstance(generator, Random):
        return generator.getstate()
    return json.loads(json.dumps(generator.bit_generator.state, default=lambda array: array.tolist()))


def restore_generator(generator: Any, state: Any) -> None:
    """Let a generator go on from a state that :func:`generator_state` gave."""
    if isinstance(generator, Random):
        version, numbers, spare = state
        generator.setstate((version, tuple(numbers), spare))
    else:
        generator.bit_generator.state = state
