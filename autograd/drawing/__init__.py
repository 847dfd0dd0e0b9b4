"""The graph as a picture: graph and scopes → items → their looks → DOT text → SVG or PNG, and lines of text.

What this package leaves out: steps and animation.
"""

from .drawing import Drawing, draw, draw_with_marks
from .items import state
from .lines import shorten
from .notation import clean_path, format_arithmetic, format_number, format_operation, names_of
from .renderer import DrawError, find_dot, finish_svg
from .style import FONT

__all__ = [
    "FONT", "DrawError", "Drawing", "clean_path", "draw", "draw_with_marks", "find_dot", "finish_svg",
    "format_arithmetic", "format_number", "format_operation", "names_of", "shorten", "state",
]  # fmt: skip
