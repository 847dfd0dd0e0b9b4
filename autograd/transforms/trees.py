"""Nested lists of scalars: taken apart into their leaves, and put together again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ..primitives import as_float
from ..value import Value


class Tree:
    """A scalar or nested lists of scalars (numbers and Values), as flat leaves and a shape.

    ``shape`` is None for a scalar, else a list or tuple of the shapes inside; ``paths`` name each leaf:
    "[0][2]".  NumPy arrays count as nested lists, unless ``leaf`` says that they are leaves.  TypeError names
    what is no number.
    """

    def __init__(self, tree: Any, what: str, leaf: Callable[[Any], bool] = lambda part: False) -> None:
        self._leaf = leaf
        self.leaves: list[Any] = []
        self.paths: list[str] = []
        self.shape = self._walk(tree, "", what)

    def _walk(self, part: Any, path: str, what: str) -> Any:
        leaf = isinstance(part, Value) or self._leaf(part)
        if isinstance(part, (list, tuple)) or (not leaf and getattr(part, "ndim", None)):
            kind = tuple if isinstance(part, tuple) else list
            return kind([self._walk(inner, f"{path}[{i}]", what) for i, inner in enumerate(part)])
        if not leaf:
            try:
                part = as_float(part)
            except TypeError as error:
                raise TypeError(f"{what}{path}: {error}") from None
        self.leaves.append(part)
        self.paths.append(path)
        return None

    def like(self, flat: Sequence[Any]) -> Any:
        """The flat items in this tree's shape."""
        return _put(self.shape, iter(flat))


def _put(shape: Any, items: Iterator[Any]) -> Any:
    return next(items) if shape is None else type(shape)([_put(inner, items) for inner in shape])
