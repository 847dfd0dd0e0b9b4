"""Programs in other languages: JavaScript for pages, C for machines without Python.

What this package leaves out: how a function becomes a program, and what derivatives are.  It prints what it is given.
"""

from .c_source import c_function, to_c
from .javascript import javascript_function, javascript_rows, row_key

__all__ = ["c_function", "javascript_function", "javascript_rows", "row_key", "to_c"]
