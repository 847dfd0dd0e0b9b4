"""The plane of a model's two inputs as a picture: a mark for each sample, an area for each class of the model."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from autograd.drawing import finish_svg
from autograd.html import CATEGORIES, GREY

from ..data import grid_around

SIDE = 320.0  # the longer side
STEPS = 48  # points across and up
SHADES, PALEST, DARKEST = 4, 0.08, 0.55  # of the areas, and how much of their colour they have
MOST_SAMPLES = 400

# The marks of the classes, by shape: colour alone is not enough for everyone.
SHAPES = ("M-4,0a4,4 0 1 0 8,0a4,4 0 1 0 -8,0z", "M-3.5,-3.5h7v7h-7z", "M0,-5l5,8h-10z", "M0,-5l5,5l-5,5l-5,-5z")


class Plane:
    """The plane around some samples.  ``points`` form a grid on it, row by row from below: there the model is asked."""

    def __init__(self, rows: Any) -> None:
        across, up = (grid_around(rows[:, k], STEPS) for k in (0, 1))
        self.points = [[a, b] for b in up for a in across]
        self._left, self._bottom = across[0], up[0]
        wide, high = across[-1] - across[0], up[-1] - up[0]
        self._scale = SIDE / max(wide, high)
        self.width, self.height = wide * self._scale, high * self._scale

    @property
    def corners(self) -> list[float]:
        """The smallest and the largest number across, and up."""
        return [self.points[0][0], self.points[-1][0], self.points[0][1], self.points[-1][1]]

    def regions(self, classes: Sequence[int], sureness: Sequence[float]) -> str:
        """Areas from the class at each point, darker where the model is surer of it, from 0 to 1."""
        areas: dict[tuple[int, int], list[str]] = {}
        shades = [(k, min(int(x * SHADES), SHADES - 1)) for k, x in zip(classes, sureness, strict=True)]
        for i in range(STEPS):
            x = 0
            for shade, run in groupby(shades[i * STEPS : (i + 1) * STEPS]):
                n = len(list(run))
                areas.setdefault(shade, []).append(f"M{x},{STEPS - 1 - i}h{n}v1h{-n}z")
                x += n
        shapes = [
            f'<path d="{"".join(area)}" fill="{CATEGORIES[k % len(CATEGORIES)]}" '
            f'fill-opacity="{PALEST + (DARKEST - PALEST) * (shade + 0.5) / SHADES:.2f}"/>'
            for (k, shade), area in sorted(areas.items())
        ]
        scale = f"scale({self.width / STEPS:.3f} {self.height / STEPS:.3f})"
        return f'<g class="areas" transform="{scale}" shape-rendering="crispEdges">{"".join(shapes)}</g>'

    def svg(self, elements: str, said: str) -> str:
        """The picture of areas and samples."""
        w, h = f"{self.width:.1f}", f"{self.height:.1f}"
        head = f'<svg viewBox="0 0 {w} {h}" width="{w}" height="{h}" xmlns="http://www.w3.org/2000/svg">'
        ground = '<rect class="ground" width="100%" height="100%" fill="white"/>'
        return finish_svg(f"{head}{ground}{elements}</svg>", "the plane of the two inputs", said)

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
