"""The plane of a model's two inputs as a picture: a mark for each sample, an area for each class of the model."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any, NamedTuple

from autograd.html import CATEGORIES, GREY

from ..data import grid_around

SIDE = 320.0  # the longer side
STEPS = 48  # points across and up
MOST_SAMPLES = 400

# The marks of the classes, by shape: colour alone is not enough for everyone.
SHAPES = ("M-4,0a4,4 0 1 0 8,0a4,4 0 1 0 -8,0z", "M-3.5,-3.5h7v7h-7z", "M0,-5l5,8h-10z", "M0,-5l5,5l-5,5l-5,-5z")


class Group(NamedTuple):
    """Elements of an SVG and the room that they take."""

    width: float
    height: float
    elements: str


class Plane:
    """The plane around some samples.  ``points`` form a grid on it, row by row from below: there the model is asked."""

    def __init__(self, rows: Any) -> None:
        across, up = (grid_around(rows[:, k], STEPS) for k in (0, 1))
        self.points = [[a, b] for b in up for a in across]
        self._left, self._bottom = across[0], up[0]
        wide, high = across[-1] - across[0], up[-1] - up[0]
        self._scale = SIDE / max(wide, high)
        self.width, self.height = wide * self._scale, high * self._scale

    def regions(self, classes: Sequence[int]) -> Group:
        """Areas from the class at each point."""
        areas: dict[int, list[str]] = {}
        for i in range(STEPS):
            x = 0
            for k, run in groupby(classes[i * STEPS : (i + 1) * STEPS]):
                n = len(list(run))
                areas.setdefault(k, []).append(f"M{x},{STEPS - 1 - i}h{n}v1h{-n}z")
                x += n
        shapes = [
            f'<path d="{"".join(area)}" fill="{CATEGORIES[k % len(CATEGORIES)]}" fill-opacity="0.28"/>'
            for k, area in sorted(areas.items())
        ]
        scale = f"scale({self.width / STEPS:.3f} {self.height / STEPS:.3f})"
        grid = f'<g transform="{scale}" shape-rendering="crispEdges">{"".join(shapes)}</g>'
        return Group(self.width, self.height, grid)

    def samples(self, rows: Any, classes: Sequence[int]) -> str:
        """A mark for each sample; where there are very many, for a part of them."""
        parts = [f'<rect width="{self.width:.1f}" height="{self.height:.1f}" fill="none" stroke="{GREY.light}"/>']
        step = -(-len(rows) // MOST_SAMPLES)
        for (a, b), k in zip(rows[::step].tolist(), classes[::step], strict=True):
            x, y = (a - self._left) * self._scale, self.height - (b - self._bottom) * self._scale
            parts.append(
                f'<path transform="translate({x:.1f} {y:.1f})" d="{SHAPES[k % len(SHAPES)]}" '
                f'fill="{CATEGORIES[k % len(CATEGORIES)]}" stroke="white"/>'
            )
        return "".join(parts)
