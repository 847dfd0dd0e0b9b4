"""Pages that need nothing from the network, the player in them, and the colours of all that is shown.

What this package leaves out: what the pictures are of.  It knows nothing of graphs.
"""

from .document import Framed, asset, page, write_page
from .frames import film_player, rows_script, walk_player
from .markup import escape, image, printable
from .palette import (
    BLUE,
    CATEGORIES,
    DARK_INK,
    GREEN,
    GREY,
    INK,
    LIGHT_INK,
    MAGENTA,
    NOT_FINITE,
    PALE_BLUE,
    PALE_GREEN,
    PALE_GREY,
    PALETTE,
    PURPLE,
    RAMP_INKS,
    RAMPS,
    VERMILION,
    WHITE,
    ZERO,
    Colour,
    css_colours,
)
from .parts import NestedPicture, parts_cell, parts_page

__all__ = [
    "BLUE", "CATEGORIES", "DARK_INK", "GREEN", "GREY", "INK", "LIGHT_INK", "MAGENTA", "NOT_FINITE", "PALETTE",
    "PALE_BLUE", "PALE_GREEN", "PALE_GREY", "PURPLE", "RAMPS", "RAMP_INKS", "VERMILION", "WHITE", "ZERO", "Colour",
    "Framed", "NestedPicture", "asset", "css_colours", "escape", "film_player", "image", "page", "parts_cell",
    "parts_page", "printable", "rows_script", "walk_player", "write_page",
]  # fmt: skip
