"""Data to learn on: five made-up problems in the plane and three real sets shipped as small files.

Each returns ``(X, y)``, new lists at every call: X a list of rows of floats, y one target per row.
The made-up sets have n points in classes 0, 1, ... as equal in number as n allows, in shuffled order;
``noise`` is the standard deviation added to both coordinates; n or classes below 1 and a noise that is
negative or not finite raise ValueError.  A seed gives the same points on every machine: they come from a
``random.Random`` of their own, without the functions of ``math`` whose last bit differs between machines.
"""

from __future__ import annotations

import csv
import gzip
import math
import random
from collections.abc import Callable
from importlib import resources
from typing import Any

Rows = list[list[float]]
Place = Callable[[int, int, int], tuple[float, float]]
IRIS_FEATURES = ("sepal_length_cm", "sepal_width_cm", "petal_length_cm", "petal_width_cm")
IRIS_SPECIES = ("setosa", "versicolor", "virginica")
WINDSOR_FEATURES = (
    "lot_sqft", "bedrooms", "bathrooms", "stories", "driveway", "recreation_room", "full_basement",
    "gas_hot_water", "air_conditioning", "garage_places", "preferred_area",
)  # fmt: skip


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
    """Two circles around the origin: class 0 of radius 1, class 1 of radius ``factor``."""
    return _scatter(n, 2, noise, seed, lambda label, k, count: _polar((1.0, factor)[label], k / count))


def blobs(n: int = 100, centers: int = 3, spread: float = 0.5, seed: int = 0) -> tuple[Rows, list[int]]:
    """A round cloud per class, of standard deviation ``spread``, the centers evenly on a circle of radius 2."""
    return _scatter(n, centers, spread, seed, lambda label, k, count: _polar(2.0, label / centers))


def xor(n: int = 100, noise: float = 0.1, seed: int = 0) -> tuple[Rows, list[int]]:
    """Clouds around the corners (a, b) of the unit square, of class a xor b: no straight line parts them.

    Without noise they are the corners themselves, and four of them the truth table:

    >>> sorted(zip(*xor(4, noise=0.0)))
    [([0.0, 0.0], 0), ([0.0, 1.0], 1), ([1.0, 0.0], 1), ([1.0, 1.0], 0)]
    """
    return _scatter(n, 2, noise, seed, lambda label, k, count: (float(k % 2), float(k % 2 != label)))


def spirals(n: int = 100, classes: int = 2, noise: float = 0.02, seed: int = 0) -> tuple[Rows, list[int]]:
    """An arm per class, each one turn around the origin while the radius grows from 0.1 towards 1."""

    def place(label: int, k: int, count: int) -> tuple[float, float]:
        return _polar(0.1 + 0.9 * k / count, k / count + label / classes)

    return _scatter(n, classes, noise, seed, place)


def iris() -> tuple[Rows, list[int]]:
    """150 flowers x 4 measures in cm (IRIS_FEATURES), 50 of each of the 3 classes (IRIS_SPECIES).

    R. A. Fisher, "The use of multiple measurements in taxonomic problems", Annals of Eugenics 7(2), 179-188,
    1936.  UCI Machine Learning Repository, https://doi.org/10.24432/C56C76, CC BY 4.0; by way of scikit-learn.

    >>> iris()[0][0]
    [5.1, 3.5, 1.4, 0.2]
    """
    return _read("iris.csv", int)


def digits() -> tuple[Rows, list[int]]:
    """1,797 handwritten digits: X is 1797 x 64, images of 8 x 8 row by row, ink from 0.0 to 16.0; y is 0 to 9.

    The test part of E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", 1998, UCI Machine
    Learning Repository, https://doi.org/10.24432/C50P49, CC BY 4.0; by way of scikit-learn.

    >>> X, y = digits()
    >>> len(X), len(X[0]), y[:5]
    (1797, 64, [0, 1, 2, 3, 4])
    """
    return _read("digits.csv.gz", int)


def windsor_houses() -> tuple[Rows, list[float]]:
    """546 houses sold in Windsor, Canada, July to September 1987; y is the price in Canadian dollars.

    X is 546 x 11 (WINDSOR_FEATURES): lot in square feet; number of bedrooms, full bathrooms, and stories
    without the basement; 1 for yes, 0 for no: driveway, recreation room, full finished basement, gas for hot
    water, central air conditioning; number of garage places; 1 in the preferred area of the city.  Source:
    P. M. Anglin and R. Gençay, "Semiparametric estimation of a hedonic price function", Journal of Applied
    Econometrics 11(6), 633-648, 1996.

    >>> X, y = windsor_houses()
    >>> y[0], dict(zip(WINDSOR_FEATURES, X[0]))["lot_sqft"]
    (42000.0, 5850.0)
    """
    return _read("windsor_houses.csv", float)


def _read(file: str, target: Callable[[str], Any]) -> tuple[Rows, list[Any]]:
    """X and y from a file with a header whose first column is the target."""
    content = resources.files(__name__).joinpath(file).read_bytes()
    text = (gzip.decompress(content) if file.endswith(".gz") else content).decode("ascii")
    _, *lines = csv.reader(text.splitlines())
    return [[float(cell) for cell in line[1:]] for line in lines], [target(line[0]) for line in lines]


def _scatter(n: int, classes: int, noise: float, seed: int, place: Place) -> tuple[Rows, list[int]]:
    """n points: the k-th of the count points of a class at place(label, k, count), plus noise; shuffled."""
    if n < 1 or classes < 1 or not 0.0 <= noise < math.inf:
        raise ValueError(f"need n ≥ 1, classes ≥ 1 and a finite noise ≥ 0, not {n}, {classes} and {noise}")
    rng = random.Random(seed)
    points = []
    for label in range(classes):
        count = len(range(label, n, classes))
        for x, y in [place(label, k, count) for k in range(count)]:
            # normalvariate makes its result by arithmetic alone, gauss by cosines and logarithms.
            points.append(([rng.normalvariate(x, noise), rng.normalvariate(y, noise)], label))
    rng.shuffle(points)
    return [point for point, _ in points], [label for _, label in points]


def _polar(radius: float, turn: float) -> tuple[float, float]:
    """The point at a radius and a part of a full turn: cosine and sine by their series, so in + and * alone."""
    t = 2.0 * math.pi * (turn - round(turn))
    cos, sin, term = 0.0, 0.0, 1.0
    for k in range(1, 31, 2):
        cos += term
        term *= t / k
        sin += term
        term *= -t / (k + 1)
    return radius * cos, radius * sin
