"""The colours of everything that is shown: pictures, pages and plots take theirs from here.

Blue and vermilion are the pair that the colour-blind tell apart.  A gradient, how fast the result moves with a value,
is vermilion; a slope, how fast a value moves along one arrow into it, is purple.  Each has a second
one, for dark pages.
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
PURPLE = Colour("#7A3EA8", "#D3A4FF")
GREEN = Colour("#00684B", "#5CC9A0")
PALE_GREEN = Colour("#E8F5EF", "#143328")
MAGENTA = Colour("#CC0066", "#FF6FB0")  # what has gone wrong

# By the name of the CSS variable that holds each.
PALETTE = {
    "white": WHITE, "ink": INK, "grey": GREY, "palegrey": PALE_GREY, "blue": BLUE, "paleblue": PALE_BLUE,
    "vermilion": VERMILION, "purple": PURPLE, "green": GREEN, "palegreen": PALE_GREEN, "magenta": MAGENTA,
}  # fmt: skip

# Of classes and curves, distinguishable with any colour vision: Okabe and Ito, "Color Universal Design", 2008.
CATEGORIES = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#000000")

# Heat, from cold to hot: single-hue ramps, light to dark, which differ in lightness for every eye (Cynthia Brewer's
# Oranges and Blues, colorbrewer2.org), and the ink that is readable on each step.  They are the same on dark pages,
# so none of them may be a colour of the palette.
RAMPS = {
    "grad": ("#FEEDDE", "#FDBE85", "#FD8D3C", "#C44103", "#8C2D04"),
    "data": ("#EFF3FF", "#BDD7E7", "#6BAED6", "#2171B5", "#08306B"),
}
DARK_INK, LIGHT_INK = "#111111", "#FEFEFE"
RAMP_INKS = (DARK_INK, DARK_INK, DARK_INK, LIGHT_INK, LIGHT_INK)
ZERO = "#FFFFFE"  # the fill of 0: as good as white, and not turned dark with the page
NOT_FINITE = "#000001"


def css_colours(selector: str, rules: str = "") -> str:
    """CSS that gives the palette to the elements of a selector, as the variables --white, --ink and so on.

    The ``color-scheme`` of an element decides between light and dark, not the media query: a notebook in which
    another theme was chosen than the system's sets it, and it reaches images too.  A browser that knows no
    ``light-dark`` shows the light colours, without the ``rules``, which are for browsers that do.
    """
    light = ";".join(f"--{name}:{colour.light}" for name, colour in PALETTE.items())
    both = ";".join(f"--{name}:light-dark({colour.light},{colour.dark})" for name, colour in PALETTE.items())
    return (
        f"{selector}{{color-scheme:light dark;{light}}}"
        f"@supports (color:light-dark(red,tan)){{{selector}{{{both}}}{rules}}}"
    )
