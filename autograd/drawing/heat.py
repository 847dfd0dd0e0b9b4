"""Heat: boxes coloured by the size of their gradients or data, and what is dead or saturated named.

The steps are single-hue ramps, light to dark (Cynthia Brewer's Oranges and Blues, colorbrewer2.org), so that
they differ in lightness for every eye; each has the ink that is readable on it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from .items import Item, largest

DARK_INK, LIGHT_INK = "#111111", "#FEFEFE"
RAMPS = {
    "grad": ("#FEEDDE", "#FDBE85", "#FD8D3C", "#C44103", "#8C2D04"),
    "data": ("#EFF3FF", "#BDD7E7", "#6BAED6", "#2171B5", "#08306B"),
}
INKS = (DARK_INK, DARK_INK, DARK_INK, LIGHT_INK, LIGHT_INK)
STEPS = len(INKS)
NOTHING = "#FFFFFE"  # the fill of 0: as good as white, and not turned dark with the page
NOT_FINITE = "#000001"


class Heat:
    """A scale over the items of a picture: five steps of equal ratio from the smallest size to the largest."""

    def __init__(self, by: str, items: Iterable[Item]) -> None:
        if by not in RAMPS:
            raise ValueError(f"heat must be 'grad' or 'data', not {by!r}")
        self.by = by
        sizes = [x for item in items if not item.is_constant for x in [self.size(item)] if x and math.isfinite(x)]
        low, high = (min(sizes), max(sizes)) if sizes else (1.0, 1.0)
        low = max(low, high * 1e-12)
        self.bounds = [low * (high / low) ** (i / STEPS) for i in range(STEPS)] + [high]

    def size(self, item: Item) -> float:
        """The largest |grad| or |data| among what an item stands for; nan where one is nan."""
        if self.by == "grad":
            return largest(value.grad for value in item.values if value.requires_grad)
        return largest(value._data for value in item.shown)

    def colours(self, item: Item) -> tuple[str, str]:
        """The fill of a box and its ink."""
        size = self.size(item)
        if not math.isfinite(size):
            return NOT_FINITE, LIGHT_INK
        if size == 0.0:
            return NOTHING, DARK_INK
        step = sum(1 for bound in self.bounds[1:-1] if size >= bound)
        return RAMPS[self.by][step], INKS[step]

    def legend(self) -> Sequence[tuple[str, str, str]]:
        """(fill, ink, text) of each step, with that of 0 in front."""
        texts = [f"to {bound:.2g}" for bound in self.bounds[1:]]
        return [(NOTHING, DARK_INK, f"|{self.by}|: 0"), *zip(RAMPS[self.by], INKS, texts, strict=True)]
