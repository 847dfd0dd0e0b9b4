"""Columns of numbers: what is taken as one, and what is refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..primitives import as_float

Columns = Sequence[Any]  # arrays of float64 of one length, or floats, which count for every row


def as_column(x: Any, name: str) -> Any:
    """x, a list or array, as float64: where that can be x itself; TypeError for what is no real number, which NumPy
    would convert or cut.
    """
    if hasattr(x, "mask") and isinstance(x, np.ma.MaskedArray):
        raise TypeError(f"{name}: a masked array is no column, as a masked number is none: fill it, x.filled(0.0)")
    array = np.asarray(x)
    if array.dtype.kind == "O":  # numbers of mixed classes, or what is no number: each is looked at
        try:
            return np.array([as_float(item) for item in array.ravel().tolist()]).reshape(array.shape)
        except (TypeError, OverflowError) as error:
            raise TypeError(f"{name}: {error}") from None
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name}: a column must hold real numbers, not {array.dtype}: {array.ravel()[:3].tolist()!r}")
    if array.ndim and is_readable(array):
        return array
    return np.ascontiguousarray(array, dtype=np.float64) if array.ndim else array.astype(np.float64)


def is_readable(array: Any) -> bool:
    """Whether machine code can read an array where it lies: float64, at places that are multiples of 8 bytes."""
    if array.dtype != np.float64 or not array.flags.aligned:
        return False
    return array.flags.c_contiguous or not any(stride % 8 for stride in array.strides)
