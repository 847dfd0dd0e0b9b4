"""Helpers around the data: standardise it, split it, cut it into batches, and some that the wings share.

X and y are lists, NumPy arrays, data frames and series of pandas and Polars, tensors, anything that gives its rows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import ne
from random import Random
from typing import Any

from .samples import as_table, pair, width_of

MARGIN = 0.3  # around the samples of a plane


def standardize(train: Iterable[Any], *others: Iterable[Any]) -> Any:
    """Shift and scale each column so that the rows of ``train`` have mean 0 and standard deviation 1.

    x → (x − mean) / deviation, where the deviation divides by n.  Both come from ``train`` alone, and the
    others go through the same numbers: test rows must not help to choose them.  A column that is constant in
    ``train`` becomes 0.0 everywhere.  Returns new lists: one for one argument, a tuple for several.  A flat
    list of numbers, such as the targets of a regression, is one column and stays flat.

    >>> standardize([[1.0, 7.0], [3.0, 7.0]], [[4.0, 8.0]])
    ([[-1.0, 0.0], [1.0, 0.0]], [[2.0, 0.0]])
    >>> standardize([100, 300])
    [-1.0, 1.0]
    """
    tables = [as_table(rows, f"argument {i} of standardize") for i, rows in enumerate((train, *others), 1)]
    if len({*(widths := [width_of(table[0]) for table in tables])}) > 1:
        raise ValueError(f"the arguments must have rows of one width, not of {' and '.join(widths)}")
    if len(tables[0]) < 2:
        raise ValueError("standardize takes the scale of each column from two rows or more, and there is one")
    flat = isinstance(tables[0][0], float)
    scales = []
    for column in [tables[0]] if flat else zip(*tables[0], strict=True):
        mean = math.fsum(column) / len(column)
        spread = math.hypot(*[x - mean for x in column]) / math.sqrt(len(column))  # no square to overflow
        scales.append((mean, spread if min(column) < max(column) else 0.0))

    def scaled(row: list[float]) -> list[float]:
        return [(x - mean) / spread if spread else 0.0 for x, (mean, spread) in zip(row, scales, strict=True)]

    results = [[scaled([x])[0] for x in table] if flat else [scaled(row) for row in table] for table in tables]
    return tuple(results) if others else results[0]


def train_test_split(X: Iterable[Any], y: Iterable[Any], test: float = 0.25, seed: int = 0) -> Any:
    """(X_train, X_test, y_train, y_test): each row in exactly one part, as it is, in an order made by ``seed``.

    ``test`` is the fraction to hold back, rounded to whole rows, at least one on either side.  Raises
    ValueError for any other ``test``, for fewer than 2 rows and for lengths that differ.

    >>> train_test_split([[1.0], [2.0], [3.0], [4.0]], "abcd")
    ([[2.0], [1.0], [3.0]], [[4.0]], ['b', 'a', 'c'], ['d'])
    """
    rows, targets = pair(_rows(X, "X"), _rows(y, "y"))
    if not 0.0 < test < 1.0 or len(rows) < 2:
        raise ValueError(f"test must be a fraction between 0 and 1 of 2 rows or more, not {test} of {len(rows)}")
    held = min(max(round(len(rows) * test), 1), len(rows) - 1)
    order = Random(seed).sample(range(len(rows)), len(rows))
    return tuple([part[i] for i in some] for part in (rows, targets) for some in (order[held:], order[:held]))


def batches(
    X: Iterable[Any], y: Iterable[Any], batch_size: int, *, shuffle: bool = True, seed: int | Random = 0
) -> Iterator[tuple[list[Any], list[Any]]]:
    """(X_batch, y_batch) one after the other: each row once, batch_size at a time, at last what is left.

    The same ``seed`` gives the same order; a ``random.Random`` of your own gives a new one at every call.
    Raises ValueError for a batch_size below 1 and for lengths that differ.

    >>> [y_batch for _, y_batch in batches([[1.0], [2.0], [3.0]], "abc", 2, shuffle=False)]
    [['a', 'b'], ['c']]
    """
    rows, targets = pair(_rows(X, "X"), _rows(y, "y"))
    if batch_size < 1:
        raise ValueError(f"batch_size must be 1 or more, not {batch_size}")
    order = list(range(len(rows)))
    if shuffle:
        (seed if isinstance(seed, Random) else Random(seed)).shuffle(order)
    cuts = [order[start : start + batch_size] for start in range(0, len(order), batch_size)]
    return (([rows[i] for i in cut], [targets[i] for i in cut]) for cut in cuts)


def _rows(data: Any, name: str) -> list[Any]:
    """The rows of any data, as they are; of a frame as lists."""
    from .containers import rows_of

    return list(rows_of(data, name)[0])


def threshold_of(outputs: Iterable[Any], targets: Iterable[Any] = (0, 1)) -> float:
    """Above which number one output of a model means the positive class, by what the targets and all outputs are.

    This rule holds wherever a class is made of an output and no threshold is named: in ``fit``, ``evaluate``,
    ``accuracy``, the metrics, the picture of the decision boundary and ``watch``.

    =================  ===========================================  =========
    targets            outputs                                      threshold
    =================  ===========================================  =========
    all within [0, 1]  all round to 0 or 1, within [−½, 1½]:        ½
                       probabilities, or the targets themselves
    all within [0, 1]  others: logits, distances of a margin        0
    others: −1 and 1   any                                          0
    =================  ===========================================  =========

    Targets are positive above ½ in the first two cases, else above 0.  Of several outputs the largest is the class.
    The outputs of logits and margins, trained by ``bce_with_logits`` and ``hinge``, tell themselves by lying far out:
    where there are few of them, or the model has hardly learnt, name the threshold.

    >>> threshold_of([0.2, 0.9], [0, 1]), threshold_of([-3.0, 0.9], [0, 1]), threshold_of([0.2, 0.9], [-1, 1])
    (0.5, 0.0, 0.0)
    >>> threshold_of([-0.02, 1.1], [0, 1])  # trained by mse, a little beside the targets
    0.5
    """
    return 0.5 if _within(targets, 0.0, 1.0) and _within(outputs, -0.5, 1.5) else 0.0


def classes_of(outputs: Iterable[Any], threshold: float) -> list[int]:
    """The class that each output of a model means: of several numbers the index of the largest, of one 0 or 1.

    A single number is class 1 above the threshold.  ValueError for nan, which is of no class.

    >>> classes_of([[0.5, 2.0, 1.0], [3.0, 0.0, 0.0]], 0.0), classes_of([0.5, -2.0], 0.0)
    ([1, 0], [1, 0])
    """
    found = []
    for i, out in enumerate(outputs):
        numbers = out if type(out) is list else [out]
        if any(map(ne, numbers, numbers)):
            raise ValueError(f"the output for row {i} is {out!r:.60}: nan is of no class")
        found.append(numbers.index(max(numbers)) if len(numbers) > 1 else int(numbers[0] > threshold))
    return found


def _within(numbers: Iterable[Any], low: float, high: float) -> bool:
    """Whether all are from low to high; lists of several are not, lists of one are as that is."""
    return all(low <= x <= high if type(x) is not list else len(x) == 1 and low <= x[0] <= high for x in numbers)


def grid(low: float, high: float, steps: int) -> list[float]:
    """Numbers in equal steps from low to high."""
    return [low + (high - low) * i / (steps - 1) for i in range(steps)]


def grid_around(xs: Sequence[float], steps: int) -> list[float]:
    """Numbers in equal steps from a margin below the smallest of some numbers to a margin above the largest."""
    return grid(min(xs) - MARGIN, max(xs) + MARGIN, steps)


def with_targets(rows: list[list[float]], targets: list[Any]) -> list[list[float]]:
    """Each row with the numbers of its target behind its own."""
    return [[*row, *(t if isinstance(t, list) else [t])] for row, t in zip(rows, targets, strict=True)]


def loss_of_sample(
    model: Callable[[Any], Any], rows: list[list[float]], targets: list[Any], loss: Callable[[Any, Any], Any]
) -> Callable[..., Any]:
    """The loss as a function of all numbers of a sample: first those of the row, then those of the target."""
    width, several = len(rows[0]), isinstance(targets[0], list)

    def sample(*numbers: Any) -> Any:
        return loss(model(list(numbers[:width])), list(numbers[width:]) if several else numbers[width])

    sample.__name__ = "the loss of a sample"
    return sample
