"""Data to learn on: five made-up problems in the plane, three real sets and a list of names, shipped as small files.

All but ``names`` return ``(X, y)``, new lists at every call: X a list of rows of floats, y one target per row.
The made-up sets have n points in classes 0, 1, ... as equal in number as n allows, in shuffled order;
``noise`` is the standard deviation added to both coordinates; n or classes below 1 and a noise that is
negative or not finite raise ValueError.  A seed gives the same points on every machine.
"""

from .shapes import blobs, circles, moons, spirals, xor
from .tables import IRIS_FEATURES, IRIS_SPECIES, WINDSOR_FEATURES, digits, iris, names, windsor_houses

__all__ = [
    "IRIS_FEATURES", "IRIS_SPECIES", "WINDSOR_FEATURES", "blobs", "circles", "digits", "iris", "moons", "names",
    "spirals", "windsor_houses", "xor",
]  # fmt: skip
