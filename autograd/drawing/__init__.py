"""The graph as a picture: graph and scopes → items → their looks → DOT text → SVG or PNG, and lines of text.

What this package leaves out: steps and animation.
"""

from .drawing import Drawing, draw, draw_with_marks, parts_of
from .items import state
from .lines import shorten
from .names import names_of
from .notation import (
    clean_path,
    fill,
    format_arithmetic,
    format_number,
    format_operation,
    operation_template,
)
from .renderer import DrawError, find_dot, finish_svg
from .style import FONT

__all__ = [
    "FONT", "DrawError", "Drawing", "clean_path", "draw", "draw_with_marks", "fill", "find_dot", "finish_svg",
    "format_arithmetic", "format_number", "format_operation", "names_of", "operation_template", "parts_of",
    "shorten", "state",
]  # fmt: skip
