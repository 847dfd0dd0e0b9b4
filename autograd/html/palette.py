"""The colours of everything that is shown: pictures, pages and plots take theirs from here.

Blue and vermilion are the pair that the colour-blind tell apart; whatever is a derivative is vermilion.  Each colour
has a second one, for dark pages.
"""

from __future__ import annotations

from typing import NamedTuple


class Colour(NamedTuple):
    """A colour on a light page and on a dark one."""

    light: str
    dark: str


WHITE = Colour("white", "#16181D")
INK = Colour("#222222", "#E8E8E8")
GREY = Colour("#666666", "#A4A8B0")
PALE_GREY = Colour("#EEEEEE", "#2E3138")
BLUE = Colour("#0072B2", "#6CB4EE")
PALE_BLUE = Colour("#E5F1F9", "#16324A")
VERMILION = Colour("#B34700", "#FF9E6B")
GREEN = Colour("#00684B", "#5CC9A0")
PALE_GREEN = Colour("#E8F5EF", "#143328")

# By the name of the CSS variable that holds each.
PALETTE = {
    "white": WHITE, "ink": INK, "grey": GREY, "palegrey": PALE_GREY, "blue": BLUE, "paleblue": PALE_BLUE,
    "vermilion": VERMILION, "green": GREEN, "palegreen": PALE_GREEN,
}  # fmt: skip

# Of classes and curves, distinguishable with any colour vision: Okabe and Ito, "Color Universal Design", 2008.
CATEGORIES = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#000000")
