"""Initial weights: functions ``(nin, nout, rng) -> float``, called once for each weight.

``rng`` is a ``random.Random``.  Only its ``random`` and ``normalvariate`` are used, which give the same
numbers on every machine.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping
from typing import TypeVar

from autograd import as_count, did_you_mean

T = TypeVar("T")
Initialiser = Callable[[int, int, random.Random], float]


def he_normal(nin: int, nout: int, rng: random.Random) -> float:
    """Normal, mean 0, variance 2 / nin: keeps the size of signals through relu.

    He et al., "Delving Deep into Rectifiers", 2015.

    >>> he_normal(2, 3, random.Random(1))
    0.60745585764
    """
    return rng.normalvariate(0.0, math.sqrt(2.0 / nin))


def he_uniform(nin: int, nout: int, rng: random.Random) -> float:
    """Uniform within ±√(6 / nin): the variance of he_normal.

    >>> he_uniform(2, 3, random.Random(1))
    -1.26659941252
    """
    return _uniform(math.sqrt(6.0 / nin), rng)


def xavier_normal(nin: int, nout: int, rng: random.Random) -> float:
    """Normal, mean 0, variance 2 / (nin + nout): keeps signals and gradients through tanh and sigmoid.

    Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks", 2010.

    >>> xavier_normal(2, 3, random.Random(1))
    0.38418881763
    """
    return rng.normalvariate(0.0, math.sqrt(2.0 / (nin + nout)))


def xavier_uniform(nin: int, nout: int, rng: random.Random) -> float:
    """Uniform within ±√(6 / (nin + nout)): the variance of xavier_normal.

    >>> xavier_uniform(2, 3, random.Random(1))
    -0.80106780532
    """
    return _uniform(math.sqrt(6.0 / (nin + nout)), rng)


def uniform(nin: int, nout: int, rng: random.Random) -> float:
    """Uniform within ±1, whatever the width: micrograd's.

    >>> uniform(2, 3, random.Random(1))
    -0.73127151178
    """
    return _uniform(1.0, rng)


def zeros(nin: int, nout: int, rng: random.Random) -> float:
    """0.0: a bad start, to be studied: all neurons of a layer get the same gradients, and so stay equal.

    >>> zeros(2, 3, random.Random(1))
    0.0
    """
    return 0.0


def normal(deviation: float = 0.02) -> Initialiser:
    """An initialiser that draws from the normal distribution of mean 0, whatever the width: GPT-2's, unless told.

    ``init="normal"`` has a deviation of 0.02, ``init=normal(0.08)`` one of 0.08.

    Radford et al., "Language Models are Unsupervised Multitask Learners", 2019.

    >>> normal(0.08)(2, 3, random.Random(1))
    0.04859646861
    """

    def give(nin: int, nout: int, rng: random.Random) -> float:
        return rng.normalvariate(0.0, deviation)

    return give


def constant(x: float) -> Initialiser:
    """An initialiser that gives every weight the number x.

    >>> constant(0.5)(2, 3, random.Random(1))
    0.5
    """

    def give(nin: int, nout: int, rng: random.Random) -> float:
        return x

    return give


INITIALISERS: dict[str, Initialiser] = {
    f.__name__: f for f in (he_normal, he_uniform, xavier_normal, xavier_uniform, uniform, zeros)
} | {"normal": normal()}


def _uniform(bound: float, rng: random.Random) -> float:
    return rng.uniform(-bound, bound)


def generator(seed: int | None, init: str | Initialiser | None = None) -> random.Random:
    """A generator of one's own; Python's shared one for micrograd's initialisation without a seed."""
    if init == "uniform" and seed is None:
        return random  # type: ignore[return-value]  # the module has the methods of its hidden Random
    return random.Random(seed if seed is None else as_count(seed, "seed", None))


def find_initialiser(init: str | Initialiser) -> Initialiser:
    """The initialiser with this name; a function is taken as it is."""
    return find("initialiser", INITIALISERS, init)


def find(kind: str, table: Mapping[str, T], x: str | T, other: str = "a function") -> T:
    """What a name stands for in a table; a function is taken as it is."""
    if callable(x):
        return x
    if not isinstance(x, str) or x not in table:
        question = did_you_mean(x, table)
        raise ValueError(f"no {kind} {x!r}: choose from {', '.join(table)}, or give {other}. {question}".rstrip())
    return table[x]
