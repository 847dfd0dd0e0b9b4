"""Problems in the plane, made from a seed.

The n points are in classes 0, 1, ... as equal in number as n allows, in shuffled order; ``noise`` is the standard
deviation added to both coordinates, and a ``seed`` gives the same points on every machine.  A ``random.Random`` of
their own and arithmetic alone make them: the last bit of the functions of ``math`` differs between machines.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from autograd import as_count, as_float

from ..init import generator

Rows = list[list[float]]
Place = Callable[[int, int, int], tuple[float, float]]  # (class, k, count): where the k-th of so many points lies


def moons(n: int = 100, noise: float = 0.1, seed: int = 0) -> tuple[Rows, list[int]]:
    """Two interleaving half circles of radius 1, as scikit-learn's make_moons.

    Class 0 lies on (cos t, sin t), class 1 on (1 − cos t, ½ − sin t), with t evenly from 0 to π.

    >>> X, y = moons(4, noise=0.0)
    >>> sorted(zip(y, X))[1]
    (0, [1.0, 0.0])
    """

    def place(label: int, k: int, count: int) -> tuple[float, float]:
        x, y = _polar(1.0, 0.5 * k / max(count - 1, 1))
        return (1.0 - x, 0.5 - y) if label else (x, y)

    return _scatter(n, 2, noise, seed, place)


def circles(n: int = 100, noise: float = 0.1, factor: float = 0.5, seed: int = 0) -> tuple[Rows, list[int]]:
    """Two circles around the origin: class 0 of radius 1, class 1 of radius ``factor``.

    >>> X, y = circles(4, noise=0.0)
    >>> sorted(y), max(X)
    ([0, 0, 1, 1], [1.0, 0.0])
    """
    return _scatter(n, 2, noise, seed, lambda label, k, count: _polar((1.0, factor)[label], k / count))


def blobs(n: int = 100, centers: int = 3, spread: float = 0.5, seed: int = 0) -> tuple[Rows, list[int]]:
    """A round cloud per class, of standard deviation ``spread``, the ``centers`` evenly on a circle of radius 2.

    >>> X, y = blobs(3, spread=0.0)
    >>> sorted(y), max(X)
    ([0, 1, 2], [2.0, 0.0])
    """
    return _scatter(n, centers, spread, seed, lambda label, k, count: _polar(2.0, label / centers))


def xor(n: int = 100, noise: float = 0.1, seed: int = 0) -> tuple[Rows, list[int]]:
    """Clouds around the corners (a, b) of the unit square, of class a xor b: no straight line separates them.

    Without noise they are the corners themselves, and four of them the truth table:

    >>> sorted(zip(*xor(4, noise=0.0)))
    [([0.0, 0.0], 0), ([0.0, 1.0], 1), ([1.0, 0.0], 1), ([1.0, 1.0], 0)]
    """
    return _scatter(n, 2, noise, seed, lambda label, k, count: (float(k % 2), float(k % 2 != label)))


def spirals(n: int = 100, classes: int = 2, noise: float = 0.02, seed: int = 0) -> tuple[Rows, list[int]]:
    """An arm for each of the ``classes``, one turn around the origin while the radius grows from 0.1 towards 1.

    >>> X, y = spirals(4, noise=0.0)
    >>> sorted(y), max(X)
    ([0, 0, 1, 1], [0.55, 0.0])
    """

    def place(label: int, k: int, count: int) -> tuple[float, float]:
        return _polar(0.1 + 0.9 * k / count, k / count + label / classes)

    return _scatter(n, classes, noise, seed, place)


def _scatter(n: int, classes: int, noise: float, seed: int, place: Place) -> tuple[Rows, list[int]]:
    """n points in shuffled order: the k-th of the ``count`` points of a class at place(label, k, count), plus noise."""
    n, classes = as_count(n, "n"), as_count(classes, "classes")
    if not 0.0 <= as_float(noise) < math.inf:
        raise ValueError(f"noise must be 0 or more, and finite, not {noise}")
    rng = generator(seed)
    points = []
    for label in range(classes):
        count = len(range(label, n, classes))
        for x, y in [place(label, k, count) for k in range(count)]:
            # normalvariate makes its result by arithmetic alone, gauss by cosines and logarithms.
            points.append(([rng.normalvariate(x, noise), rng.normalvariate(y, noise)], label))
    rng.shuffle(points)
    return [point for point, _ in points], [label for _, label in points]


def _polar(radius: float, turn: float) -> tuple[float, float]:
    """The point at this radius and this fraction of a full turn; cosine and sine by their series, in + and * alone."""
    t = 2.0 * math.pi * (turn - round(turn))
    cos, sin, term = 0.0, 0.0, 1.0
    for k in range(1, 31, 2):
        cos += term
        term *= t / k
        sin += term
        term *= -t / (k + 1)
    return radius * cos, radius * sin
