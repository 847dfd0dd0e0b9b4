"""Helpers around the data: standardise it, split it, cut it into batches, and some that the wings share.

X and y are lists, NumPy arrays, data frames and series of pandas and Polars, tensors, anything that gives its rows.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from random import Random
from threading import Timer
from typing import Any, Protocol, TypeVar, overload

from autograd import as_count
from autograd.compiler import Ragged

from .containers import Columns, cells_of, even, is_array, numbers_in, opened, pieces, take, width_of
from .init import generator
from .progress import PATIENCE, is_shown
from .samples import as_table, pair
from .vocabulary import Array, Floats


class Shaped(Protocol):
    """What has rows of its own kind: an array, a frame, a series, a tensor."""

    @property
    def shape(self) -> Any: ...


# What comes out in parts of the kind that went in; all else comes out in lists.
Row = TypeVar("Row", float, list[float], Sequence[float])
A = TypeVar("A")
B = TypeVar("B")
Rows = TypeVar("Rows", bound=list[Any] | Shaped)
Targets = TypeVar("Targets", bound=list[Any] | Shaped)

MARGIN = 0.3  # around the samples of a plane


@overload
def standardize(train: Array) -> Floats: ...
@overload
def standardize(train: Sequence[Row]) -> list[Row]: ...
@overload
def standardize(train: Array, other: Array, /, *others: Array) -> tuple[Floats, ...]: ...
@overload
def standardize(train: Sequence[Row], other: Sequence[Row], /, *others: Sequence[Row]) -> tuple[list[Row], ...]: ...
@overload
def standardize(train: Iterable[Any], *others: Iterable[Any]) -> Any: ...
def standardize(train: Iterable[Any], *others: Iterable[Any]) -> Any:
    """Shift and scale each column so that the rows of ``train`` have mean 0 and standard deviation 1.

    x → (x − mean) / deviation, where the deviation divides by n.  Both come from ``train`` alone, and the
    others go through the same numbers: test rows must not help to choose them.  A column that is constant in
    ``train`` becomes 0.0 everywhere.  Returns new lists, and of arrays, frames and tensors new arrays of float64: one
    for one argument, a tuple for several.  A flat list of numbers, such as the targets of a regression, is one column
    and stays flat.  ValueError for rows of different widths, and for a single row.

    >>> standardize([[1.0, 7.0], [3.0, 7.0]], [[4.0, 8.0]])
    ([[-1.0, 0.0], [1.0, 0.0]], [[2.0, 0.0]])
    >>> standardize([100, 300])
    [-1.0, 1.0]
    """
    names = [f"argument {i} of standardize" for i in range(1, 2 + len(others))]
    tables = [even(as_table(rows, name), name) for rows, name in zip((train, *others), names, strict=True)]
    if len({*(widths := [width_of(table[0]) for table in tables])}) > 1:
        raise ValueError(f"the arguments must have rows of one width, not of {' and '.join(widths)}")
    scaling = scaling_of(tables[0])
    results = [_scaled(table, *scaling) for table in tables]
    results = [x if is_array(rows) else x.tolist() for x, rows in zip(results, (train, *others), strict=True)]
    return tuple(results) if others else results[0]


def scaling_of(table: Any) -> tuple[Any, Any, Any]:
    """For each column a power of 2 that brings its numbers within [−1, 1], then the mean and deviation of these.

    The deviation of a column that is constant is 0.0; ValueError for a single row.
    So no square overflows.  The sums are those of pieces, each about the mean of its own, put together as Chan, Golub
    and LeVeque do ("Updating formulae and a pairwise algorithm for computing sample variances", 1979).
    """
    import numpy as np

    if len(table) < 2:
        raise ValueError("the scale of each column is taken from two rows or more, and there is one")
    low, high = (np.array(f([f(table[some], axis=0) for some in pieces(table, "standardize")], axis=0), dtype=float)
                 for f in (np.min, np.max))  # fmt: skip
    unit = np.ldexp(1.0, -np.frexp(np.maximum(abs(low), abs(high)))[1].clip(-1022, 1022))
    counts, means, squares = [], [], []
    for some in pieces(table, "standardize"):
        piece = table[some].astype(np.float64, copy=False) * unit
        own = piece.mean(axis=0)
        piece -= own
        rest = piece.mean(axis=0)  # what rounding left of the mean
        counts.append(len(piece))
        means.append(own + rest)
        squares.append((piece * piece).sum(axis=0) - len(piece) * rest * rest)
    n, of_pieces = np.array(counts, dtype=float), np.stack(means)
    weights = n.reshape(-1, *[1] * (of_pieces.ndim - 1)) / len(table)
    about = of_pieces[0]
    mean = about + (weights * (of_pieces - about)).sum(axis=0)
    variance = np.stack(squares).sum(axis=0) / len(table) + (weights * (of_pieces - mean) ** 2).sum(axis=0)
    return unit, mean, np.where(low < high, np.sqrt(variance), 0.0)


def _scaled(table: Any, unit: Any, mean: Any, deviation: Any) -> Any:
    """The table with each column shifted and scaled, as a new array."""
    import numpy as np

    result = np.empty(table.shape)
    constant = deviation == 0.0
    for some in pieces(table, "standardize"):
        piece = result[some]
        np.multiply(table[some].astype(np.float64, copy=False), unit, out=piece)
        piece -= mean
        piece /= np.where(constant, 1.0, deviation)
        if constant.any():
            piece[..., constant] = 0.0
    return result


@overload
def train_test_split(X: Rows, y: Targets, test: float = 0.25, seed: int = 0) -> tuple[Rows, Rows, Targets, Targets]: ...
@overload
def train_test_split(
    X: Iterable[Any], y: Iterable[Any], test: float = 0.25, seed: int = 0
) -> tuple[Any, Any, Any, Any]: ...
def train_test_split(X: Any, y: Any, test: float = 0.25, seed: int = 0) -> Any:
    """(X_train, X_test, y_train, y_test): each row in exactly one part, as it is, in an order made by ``seed``.

    The parts are what was given: arrays, frames and series (with their index), tensors; lists of all else.
    ``test`` is the fraction to hold back, rounded to whole rows, at least one on either side.  Raises
    ValueError for any other ``test``, for fewer than 2 rows and for lengths that differ.

    >>> train_test_split([[1.0], [2.0], [3.0], [4.0]], "abcd")
    ([[2.0], [1.0], [3.0]], [[4.0]], ['b', 'a', 'c'], ['d'])
    """
    rows, targets = pair(_of_their_kind(X, "X"), _of_their_kind(y, "y"))
    if not 0.0 < test < 1.0 or len(rows) < 2:
        raise ValueError(f"test must be a fraction between 0 and 1 of 2 rows or more, not {test} of {len(rows)}")
    parts = held_back(len(rows), test, seed)
    return tuple(take(part, some) for part in (rows, targets) for some in parts)


def held_back(count: int, share: float, seed: int) -> tuple[Any, Any]:
    """The numbers of the rows that stay, and of those that are held back, each in the order made by ``seed``."""
    import numpy as np

    held = min(max(round(count * share), 1), count - 1)
    order = np.array(generator(seed).sample(range(count), count))
    return order[held:], order[:held]


@overload
def batches(
    X: list[A], y: list[B], batch_size: int, *, shuffle: bool = True, seed: int | Random = 0
) -> Iterator[tuple[list[A], list[B]]]: ...
@overload
def batches(
    X: Array, y: Array, batch_size: int, *, shuffle: bool = True, seed: int | Random = 0
) -> Iterator[tuple[Array, Array]]: ...
@overload
def batches(
    X: Iterable[Any], y: Iterable[Any], batch_size: int, *, shuffle: bool = True, seed: int | Random = 0
) -> Iterator[tuple[Any, Any]]: ...
def batches(
    X: Iterable[Any], y: Iterable[Any], batch_size: int, *, shuffle: bool = True, seed: int | Random = 0
) -> Iterator[tuple[Any, Any]]:
    """(X_batch, y_batch) one after the other: each row once, batch_size at a time, at last what is left.

    Arrays and tensors give arrays; all else gives lists, of a frame lists of rows.  The same ``seed`` gives the same
    order; a ``random.Random`` of your own gives a new one at every call.  Raises ValueError for a batch_size below 1
    and for lengths that differ.

    >>> [y_batch for _, y_batch in batches([[1.0], [2.0], [3.0]], "abc", 2, shuffle=False)]
    [['a', 'b'], ['c']]
    """
    import numpy as np

    rows, targets = pair(_of_their_kind(X, "X"), _of_their_kind(y, "y"))
    batch_size = as_count(batch_size, "batch_size")
    order = list(range(len(rows)))
    if shuffle:
        (seed if isinstance(seed, Random) else generator(seed)).shuffle(order)
    cuts = [np.array(order[start : start + batch_size]) for start in range(0, len(order), batch_size)]
    return ((_batch(rows, cut), _batch(targets, cut)) for cut in cuts)


def _of_their_kind(data: Any, name: str) -> Any:
    """Data of which rows can be taken: frames and series as they are, arrays, and lists of all else."""
    if isinstance(data, (str, bytes)):
        return list(data)
    found = opened(data, name)
    return data if isinstance(found, Columns) or hasattr(data, "iloc") or hasattr(data, "detach") else found


def _batch(data: Any, rows: Any) -> Any:
    """Some rows as an array, where they lie in one, else as a list."""
    found = opened(take(data, rows), "a batch")
    if not isinstance(found, Columns):
        return found
    columns = [*map(cells_of, found.columns)]
    return columns[0] if found.flat else [list(row) for row in zip(*columns, strict=True)]


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


def classes_of(outputs: Iterable[Any], threshold: float) -> Any:
    """The class that each output of a model means: of several numbers the index of the largest, of one 0 or 1.

    A single number is class 1 above the threshold.  A list for a list, an array for an array.  ValueError for nan,
    which is of no class.

    >>> classes_of([[0.5, 2.0, 1.0], [3.0, 0.0, 0.0]], 0.0), classes_of([0.5, -2.0], 0.0)
    ([1, 0], [1, 0])
    """
    import numpy as np

    numbers = numbers_in(outputs, "outputs")
    unknown = np.isnan(numbers)
    if unknown.any():
        i = np.argwhere(unknown)[0, 0]
        raise ValueError(f"the output for row {i} is {numbers[i].tolist()!r:.60}: nan is of no class")
    found = numbers.argmax(axis=1) if numbers.ndim > 1 else (numbers > threshold).astype(int)
    return found if is_array(outputs) else found.tolist()


def probabilities_of(outputs: Floats) -> Floats:
    """For each row the probability of each class: softmax of several outputs, of one its sigmoid and the rest.

    >>> import numpy as np
    >>> probabilities_of(np.array([0.0, 1000.0])).tolist()
    [[0.5, 0.5], [0.0, 1.0]]
    """
    import numpy as np

    if outputs.ndim == 1:
        outputs = np.stack([np.zeros_like(outputs), outputs], axis=1)
    powers = np.exp(outputs - outputs.max(axis=1, keepdims=True))
    found: Floats = powers / powers.sum(axis=1, keepdims=True)
    return found


def _within(data: Iterable[Any], low: float, high: float) -> bool:
    """Whether all are single numbers from low to high."""
    numbers = numbers_in(data, "outputs or targets")
    return numbers.ndim == 1 and bool(((numbers >= low) & (numbers <= high)).all())


def grid(low: float, high: float, steps: int) -> list[float]:
    """Numbers in equal steps from low to high."""
    return [low + (high - low) * i / (steps - 1) for i in range(steps)]


def grid_around(xs: Any, steps: int) -> list[float]:
    """Numbers in equal steps from a margin below the smallest of an array to a margin above the largest."""
    return grid(float(xs.min()) - MARGIN, float(xs.max()) + MARGIN, steps)


def loss_of_sample(model: Callable[[Any], Any], loss: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """The loss as a function of a row and its target."""

    def sample(row: Any, target: Any) -> Any:
        return loss(model(row), target)

    sample.__name__ = "the loss of a sample"
    return sample


class Weighted:
    """A loss times the weight of its row, which stands behind the numbers of the target.

    So a weight is one more number of a row, in compiled steps as in eager ones.
    """

    def __init__(self, loss: Callable[[Any, Any], Any], several: bool) -> None:
        self.loss, self.several = loss, several
        self.__name__ = f"weighted {getattr(loss, '__name__', '')}"

    def __call__(self, prediction: Any, target: Any) -> Any:
        *target, weight = target
        return weight * self.loss(prediction, target if self.several else target[0])

    @staticmethod
    def beside(targets: Any, weights: Any) -> Any:
        """The targets with the weights behind them."""
        import numpy as np

        if isinstance(targets, Ragged):
            return Ragged([[*target, weight] for target, weight in zip(targets, weights, strict=True)])
        return np.column_stack([targets, weights])

    def without(self, targets: Any) -> Any:
        """The targets alone."""
        if isinstance(targets, Ragged):
            return Ragged([target[:-1] for target in targets])
        return targets[:, :-1] if self.several else targets[:, 0]


@contextmanager
def announced(what: str) -> Iterator[None]:
    """A context for what has no parts to count: a line says what goes on, if that takes long and progress is shown."""
    timer = Timer(PATIENCE, lambda: print(f"{what} …", file=sys.stderr, flush=True))
    if is_shown():
        timer.start()
    try:
        yield
    finally:
        timer.cancel()
