"""Real data, shipped as small files: three tables, and a list of names."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable
from importlib import resources
from typing import Any

Rows = list[list[float]]
IRIS_FEATURES = ("sepal_length_cm", "sepal_width_cm", "petal_length_cm", "petal_width_cm")
IRIS_SPECIES = ("setosa", "versicolor", "virginica")
WINDSOR_FEATURES = (
    "lot_sqft", "bedrooms", "bathrooms", "stories", "driveway", "recreation_room", "full_basement",
    "gas_hot_water", "air_conditioning", "garage_places", "preferred_area",
)  # fmt: skip


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


def names() -> list[str]:
    """32,033 first names of 2 to 15 letters a to z, the most frequent first.

    Those most often given to children born in the United States in 2018: Social Security Administration, "Baby names",
    national data, public domain, in the selection of A. Karpathy's makemore (MIT licence).

    >>> names()[:3]
    ['emma', 'olivia', 'ava']
    """
    return _text("names.txt.gz").split()


def _text(file: str) -> str:
    content = resources.files(__package__).joinpath(file).read_bytes()
    return (gzip.decompress(content) if file.endswith(".gz") else content).decode("ascii")


def _read(file: str, target: Callable[[str], Any]) -> tuple[Rows, list[Any]]:
    """X and y from a file: a header, then a line for each sample, the target first."""
    _, *lines = csv.reader(_text(file).splitlines())
    return [[float(cell) for cell in line[1:]] for line in lines], [target(line[0]) for line in lines]
