"""Trees of scalars, such as the parameters of a program: taken apart into their leaves, and put together again."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

from ..primitives import as_float
from ..value import Value


class Branch(NamedTuple):
    """Where a tree branches: the class of what holds the parts, their keys or names, and the shape of each part.

    Of an array, ``names`` are its dimensions.
    """

    kind: type
    names: tuple[Any, ...]
    inner: tuple[Branch | None, ...]


class Tree:
    """A scalar, a number or Value, or anything that holds such, as flat leaves and a shape.

    What holds them may be nested: lists, tuples, named tuples, dicts, dataclasses and NumPy arrays.  ``shape`` is None
    for a scalar; ``paths`` name each leaf: "[0]['w'][2]" or ".bias".  ``leaf`` says of what else that it is a leaf.
    TypeError names what is no number.
    """

    def __init__(self, tree: Any, what: str, leaf: Callable[[Any], bool] = lambda part: False) -> None:
        self._leaf = leaf
        self.leaves: list[Any] = []
        self.paths: list[str] = []
        self.shape: Branch | None
        if type(tree) is list and all(type(x) is float or leaf(x) for x in tree):  # most arguments of a call are so
            self.shape, paths = _flat(len(tree))
            self.leaves, self.paths = [*tree], [*paths]
        else:
            self.shape = self._walk(tree, "", what)

    def _walk(self, part: Any, path: str, what: str) -> Branch | None:
        leaf = isinstance(part, Value) or self._leaf(part)
        names, parts = ((), None) if leaf else _parts(part)
        if parts is not None:
            kind, attributes = _kind(part), _is_dataclass(type(part))
            steps = (
                _indices(names) if is_array(part) else [f".{name}" if attributes else f"[{name!r}]" for name in names]
            )
            inner = [self._walk(one, f"{path}{step}", what) for step, one in zip(steps, parts, strict=True)]
            return Branch(kind, names, tuple(inner))
        if not leaf:
            try:
                part = as_float(part)
            except TypeError as error:
                raise TypeError(f"{what}{path}: {error}") from None
        self.leaves.append(part)
        self.paths.append(path)
        return None

    def like(self, flat: Sequence[Any], array: Callable[..., Any] | None = None) -> Any:
        """The flat items in this tree's shape; an array of other arrays is one array with all their dimensions.

        ``array`` makes one of its dimensions and items, where that is to be done in another way.
        """
        return _put(self.shape, iter(flat), array or _array)


@cache
def _flat(count: int) -> tuple[Branch, tuple[str, ...]]:
    """The shape of a list of so many scalars, and their paths."""
    return Branch(list, tuple(range(count)), (None,) * count), tuple([f"[{i}]" for i in range(count)])


def is_array(x: Any) -> bool:
    """Whether x is a NumPy array; where there is one, NumPy was loaded."""
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(x, numpy.ndarray) and x.ndim > 0


def holds_parts(x: Any) -> bool:
    """Whether x holds others, and so is no leaf."""
    return not isinstance(x, Value) and _parts(x)[1] is not None


def _is_dataclass(kind: type) -> bool:
    return hasattr(kind, "__dataclass_fields__")


def _kind(part: Any) -> type:
    """The class that is built again; lists for what is like one."""
    if isinstance(part, tuple):
        return type(part) if hasattr(part, "_fields") else tuple
    return dict if isinstance(part, dict) else type(part) if is_array(part) or _is_dataclass(type(part)) else list


def _parts(part: Any) -> tuple[tuple[Any, ...], Sequence[Any] | None]:
    """The names of the parts and the parts; None for what has none."""
    if isinstance(part, dict):
        return tuple(part), [*part.values()]
    if _is_dataclass(type(part)):
        from dataclasses import fields  # it was loaded for the class; to load it takes longer than all of this package

        names = tuple(field.name for field in fields(part))
        return names, [getattr(part, name) for name in names]
    if is_array(part):
        return part.shape, part.ravel().tolist()
    if isinstance(part, (list, tuple)) or getattr(part, "ndim", None):
        parts = [*part]
        return tuple(range(len(parts))), parts
    return (), None


def _indices(dimensions: Sequence[int]) -> list[str]:
    """The places in an array, as they are written: "[0][2]"."""
    found = [""]
    for size in dimensions:
        found = [f"{place}[{i}]" for place in found for i in range(size)]
    return found


def _put(shape: Branch | None, items: Iterator[Any], array: Callable[..., Any]) -> Any:
    if shape is None:
        return next(items)
    kind, names, inner = shape.kind, shape.names, [_put(one, items, array) for one in shape.inner]
    if kind is dict:
        return dict(zip(names, inner, strict=True))
    if hasattr(kind, "_make"):
        return kind._make(inner)
    if _is_dataclass(kind):
        made: Any = object.__new__(kind)  # what __init__ checks is true of numbers, and not of gradients
        for name, x in zip(names, inner, strict=True):
            object.__setattr__(made, name, x)  # of a frozen one too
        return made
    return kind(inner) if kind in (list, tuple) else array(names, inner)


def _array(dimensions: tuple[int, ...], items: Sequence[Any]) -> Any:
    """An array of floats; one of objects, where there are Values among them."""
    import numpy as np

    first: Any = items[0] if items else 0.0
    if is_array(first):
        return np.stack(items).reshape(dimensions + first.shape)
    if holds_parts(first):  # a derivative by a dict: a dict of arrays
        trees = [Tree(item, "", leaf=is_array) for item in items]
        columns = zip(*(tree.leaves for tree in trees), strict=True)
        return trees[0].like([_array(dimensions, column) for column in columns])
    made = np.empty(len(items), dtype=object if any(isinstance(x, Value) for x in items) else float)
    for i, x in enumerate(items):
        made[i] = x
    return made.reshape(dimensions)
