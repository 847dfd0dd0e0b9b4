"""What is done to checked data before a training: a share of the rows is held out, and rows get weights."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from numbers import Real
from typing import Any

from autograd.compiler import Ragged

from ..data import Weighted, held_back
from ..samples import Samples, as_table, check_data
from ..vocabulary import ClassWeight, Loss


def prepared(
    data: Samples, validation: Any, loss: Loss, check: Callable[..., None], seed: int | None,
    sample_weight: Iterable[Any] | None, class_weight: ClassWeight | None,
) -> tuple[Samples, Samples | None, Loss, list[int] | None]:  # fmt: skip
    """The data to train on and those held out, their loss, and the numbers of the rows, where some were held out.

    ``validation`` is a pair, or a share of the data.  ``check`` refuses targets that the loss cannot mean.
    """
    import numpy as np

    share = validation if isinstance(validation, (int, float)) else None
    held_out = None if validation is None or share is not None else check_data(*_pair(validation), "validation ")
    check(*data, loss, "fit: ", epoch="epoch 1, ")
    if held_out is not None:
        check(*held_out, loss, "fit: validation ")
    rows, targets = data
    weights = np.ones(len(rows)) if sample_weight is None else _weights_of(sample_weight, len(rows))
    of_held_out, numbers = np.ones(0 if held_out is None else len(held_out[0])), None
    if share is not None:
        kept, held = _divided(len(rows), share, 0 if seed is None else seed)
        held_out, of_held_out, numbers = (_some(rows, held), _some(targets, held)), weights[held], kept.tolist()
        data, weights = (_some(rows, kept), _some(targets, kept)), weights[kept]
    if sample_weight is None and class_weight is None:
        return data, held_out, loss, numbers
    if class_weight is not None:
        by_class = _by_class(targets, data[1], weights, class_weight)
        weights = weights * [by_class.get(t, 1.0) for t in data[1].tolist()]
        if held_out is not None:
            of_held_out = of_held_out * [by_class.get(t, 1.0) for t in held_out[1].tolist()]
    weighted = Weighted(loss, targets.ndim > 1)

    def beside(part: Samples, weights: Any, which: str) -> Samples:
        if not weights.any():
            raise ValueError(f"fit: the weights of all {which} are 0: there is nothing to learn from them")
        return part[0], weighted.beside(part[1], weights / weights.mean())

    held_out = held_out and beside(held_out, of_held_out, "rows that are held out")
    return beside(data, weights, "rows"), held_out, weighted, numbers


def _pair(validation: Any) -> tuple[Any, Any]:
    if not isinstance(validation, (tuple, list)) or len(validation) != 2:
        raise TypeError(
            f"fit: validation must be a pair (X, y), or a share of the rows such as 0.2, not {validation!r:.60}"
        )
    return validation[0], validation[1]


def _divided(count: int, share: float, seed: int) -> tuple[Any, Any]:
    if not 0.0 < share < 1.0 or count < 2:
        raise ValueError(
            f"fit: validation={share!r} of {count} row(s): to hold some out, give a share above 0 and below 1, such as "
            f"0.2, of 2 rows or more"
        )
    return held_back(count, share, seed)


def _some(table: Any, rows: Any) -> Any:
    """Some rows of a table, which may be ragged."""
    return Ragged([table[i] for i in rows]) if isinstance(table, Ragged) else table[rows]


def _weights_of(given: Iterable[Any], count: int) -> Any:
    """One weight for each row, as an array."""
    table = as_table(given, "sample_weight")
    weights = table[:, 0] if table.ndim > 1 and table.shape[1] == 1 else table
    if weights.ndim > 1 or len(weights) != count:
        raise ValueError(
            f"fit: sample_weight must have one number for each of the {count} rows, and it has the shape {table.shape}"
        )
    if (weights < 0.0).any():
        i = int((weights < 0.0).argmax())
        raise ValueError(f"fit: sample_weight, row {i} (from 0) is {weights[i]:g}: a weight is 0 or more")
    return weights.astype(float)


def _by_class(given: Any, targets: Any, weights: Any, class_weight: ClassWeight) -> dict[float, float]:
    """The weight of each class; where they are to be balanced, all classes together weigh the same."""
    import numpy as np

    if given.ndim > 1 or (given != np.floor(given)).any():
        what = "several numbers in a row" if given.ndim > 1 else "numbers that are not whole"
        raise ValueError(f"fit: class_weight is of classes, and y has {what}: give sample_weight, one for each row")
    if isinstance(class_weight, Mapping):
        found = dict(class_weight)
        classes = np.unique(given).tolist()
        for label, weight in found.items():
            if label not in classes:
                there = ", ".join(f"{x:g}" for x in classes[:10])
                raise ValueError(f"fit: class_weight has a class {label!r}, which is not in y: there are {there}")
            if not isinstance(weight, Real) or not 0.0 <= weight < np.inf:
                raise ValueError(f"fit: class_weight of class {label!r} is {weight!r}: a weight is 0 or more")
        return found
    if class_weight != "balanced":
        raise ValueError(
            f"fit: class_weight must be a dict, such as {{0: 1.0, 1: 5.0}}, or 'balanced', not {class_weight!r:.60}"
        )
    classes, places = np.unique(targets, return_inverse=True)
    sums = np.bincount(places, weights)
    return {c: float(weights.sum() / (len(classes) * s)) for c, s in zip(classes.tolist(), sums, strict=True) if s}
