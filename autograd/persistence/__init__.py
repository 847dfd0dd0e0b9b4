"""What outlives a process: pickles of graphs, models and functions, and files that are written whole."""

from .files import clear_parts, is_own, replace_whole, write_whole
from .pickling import Picklable, Reduced, by_name, reduced

__all__ = ["Picklable", "Reduced", "by_name", "clear_parts", "is_own", "reduced", "replace_whole", "write_whole"]
