"""What data come in: opened, checked, and made arrays; in pieces, so that large ones need no room of their own."""

from .checking import SMALL, as_lists, even, numbers_in, numbers_of, pieces, table_of, width_of
from .opening import Columns, cells_of, is_array, opened, take

__all__ = [
    "SMALL", "Columns", "as_lists", "cells_of", "even", "is_array", "numbers_in", "numbers_of", "opened", "pieces",
    "table_of", "take", "width_of",
]  # fmt: skip
