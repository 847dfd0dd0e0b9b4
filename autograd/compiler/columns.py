"""Columns of numbers: what is taken as one, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..primitives import as_float


def as_column(x: Any, name: str) -> Any:
    """x, a list or array, as float64; TypeError for what is no real number, which NumPy would convert or cut."""
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
    return np.ascontiguousarray(array, dtype=np.float64) if array.ndim else array.astype(np.float64)
