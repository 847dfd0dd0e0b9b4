"""How good predictions are, as numbers to read: functions ``(outputs, targets) -> float`` over many rows.

``outputs`` are what ``predict`` gives.  Some compare classes.  For them one output counts as the positive class
above ``threshold``, by default that of ``nn.data.threshold_of``: ½ for targets 0 and 1 with outputs within [0, 1],
else 0.  Of several outputs the largest is the class, and the target is its index.  ``fit`` and ``evaluate`` know the
metrics by name, and take functions too.  One whose first parameter is ``y_true``, as in scikit-learn, is called with
the targets first; the outputs are those of the model as they are, so a metric of classes needs them made classes
before.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence, Set
from functools import partial
from inspect import signature
from typing import Any

from . import losses
from .containers import rows_of
from .data import classes_of, threshold_of
from .losses import Metric
from .modules import as_list


def accuracy(outputs: Sequence[Any], targets: Sequence[Any], threshold: float | None = None) -> float:
    """The fraction of rows classified right.

    >>> accuracy([0.5, -2.0, 3.0, -1.0], [1, 0, 0, 0])
    0.75
    """
    return right(count_pairs(outputs, targets, threshold))


def precision(outputs: Sequence[Any], targets: Sequence[Any], threshold: float | None = None) -> float:
    """TP / (TP + FP): the part of the positive predictions that is right; 0 where there are none.

    Of several classes the mean over those that occur, as target or prediction (the macro average).

    >>> precision([1.0, 2.0, -1.0], [1, 0, 1])
    0.5
    """
    return _macro(_precision, count_pairs(outputs, targets, threshold))


def recall(outputs: Sequence[Any], targets: Sequence[Any], threshold: float | None = None) -> float:
    """TP / (TP + FN): the part of the positive targets that is found; 0 where there are none.

    Of several classes as for precision.

    >>> recall([1.0, 2.0, -1.0, -2.0], [1, 1, 1, 0])
    0.6666666666666666
    """
    return _macro(_recall, count_pairs(outputs, targets, threshold))


def f1(outputs: Sequence[Any], targets: Sequence[Any], threshold: float | None = None) -> float:
    """2·TP / (2·TP + FP + FN), the harmonic mean of precision and recall; 0 for 0 / 0.  Classes as for precision.

    >>> f1([[2.0, 1.0], [0.0, 3.0], [1.0, 0.0]], [0, 1, 1])
    0.6666666666666666
    """
    return _macro(_f1, count_pairs(outputs, targets, threshold))


def r2(outputs: Sequence[Any], targets: Sequence[Any]) -> float:
    """1 − Σ(t − p)² / Σ(t − t̄)², t̄ the mean target; of several outputs the mean.

    Where all targets are equal the quotient is 0 / 0: then 1 if every prediction is right, else 0.

    >>> r2([1.0, 2.0, 4.0], [1.0, 2.0, 3.0])
    0.5
    """
    outputs, targets = _matched(outputs, targets)
    predicted, wanted = [*map(as_list, outputs)], [*map(as_list, targets)]
    if len(predicted[0]) != len(wanted[0]):
        raise ValueError(f"the model gives {len(predicted[0])} outputs and the target has {len(wanted[0])} numbers")
    columns = zip(zip(*predicted, strict=True), zip(*wanted, strict=True), strict=True)
    scores = [_r2(column, of) for column, of in columns]
    return math.fsum(scores) / len(scores)


def mae(outputs: Sequence[Any], targets: Sequence[Any]) -> float:
    """The mean of |p − t| over rows and outputs.

    >>> mae([1.0, 2.0], [1.0, 5.0])
    1.5
    """
    outputs, targets = _matched(outputs, targets)
    return math.fsum(map(losses.mae, outputs, targets)) / len(targets)


METRICS: dict[str, Callable[..., float]] = {f.__name__: f for f in (accuracy, precision, recall, f1, r2, mae)}


def find_metrics(metrics: Sequence[str | Metric]) -> dict[str, Metric]:
    """Each metric by its name; functions are taken as they are, but for those that take the targets first."""
    found: dict[str, Metric] = {}
    for metric in [metrics] if isinstance(metrics, str) else metrics:
        if callable(metric):
            own = metric.func if isinstance(metric, partial) else metric
            found[getattr(own, "__name__", repr(own))] = _targets_first(metric) if _wants_targets(metric) else metric
        elif metric not in METRICS:
            raise ValueError(f"no metric {metric!r}: choose from {', '.join(METRICS)}, or give a function")
        else:
            found[metric] = METRICS[metric]
    return found


def _wants_targets(metric: Metric) -> bool:
    """Whether the first parameter of a metric is the targets, by the name that scikit-learn and Keras give it."""
    try:
        return next(iter(signature(metric).parameters), "") == "y_true"
    except (TypeError, ValueError):  # some functions of C tell nothing
        return False


def _targets_first(metric: Metric) -> Metric:
    return lambda outputs, targets: metric(targets, outputs)


def _matched(outputs: Sequence[Any], targets: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    """Both as lists, one target for each output."""
    outputs, targets = _plain(outputs, "outputs"), _plain(targets, "targets")
    if len(outputs) != len(targets) or not targets:
        raise ValueError(f"{len(outputs)} outputs and {len(targets)} targets: there must be one for each, and some")
    return outputs, targets


def _plain(data: Sequence[Any], name: str) -> list[Any]:
    """Any data as a list of numbers, or of lists of several of them."""
    rows = [row.tolist() if hasattr(row, "tolist") else row for row in rows_of(data, name)[0]]
    return [(row[0] if len(row) == 1 else [*row]) if isinstance(row, (list, tuple)) else row for row in rows]


def _classes(outputs: Sequence[Any], targets: Sequence[Any], threshold: float | None) -> tuple[list[int], list[int]]:
    """The class of every output and of every target: of one output 0 or 1, of several the index of the largest."""
    outputs, targets = _matched(outputs, targets)
    if isinstance(targets[0], list):
        raise ValueError(f"the target {targets[0]!r:.40} is no class: numbers are measured by r2 and mae")
    if isinstance(outputs[0], list):
        for i, (target, out) in enumerate(zip(targets, outputs, strict=True)):
            if target not in range(len(out)):
                raise ValueError(f"the target of row {i}, {target!r}, is no class of {len(out)} outputs, from 0 on")
        return classes_of(outputs, 0.0), [*map(int, targets)]
    if threshold is None:
        threshold = threshold_of(outputs, targets)
    true = classes_of(targets, middle := threshold_of(targets))
    no_classes({*true}, sorted({*targets}), middle)
    return classes_of(outputs, threshold), true


def no_classes(found: Set[int], labels: Sequence[float], middle: float) -> None:
    """ValueError for targets of one output that all mean one class, though they differ; ``middle`` parts the two."""
    if len(found) == 1 < len(labels) and not middle:
        text = ", ".join(f"{label:g}" for label in labels[:3])
        raise ValueError(f"the targets {text}, … are no classes of one output, which are 0 and 1, or -1 and 1")


class Pairs(Counter[tuple[int, int]]):
    """How many rows have each (predicted class, true class); ``binary`` ones are of one output, and 1 is positive."""

    binary = False


def count_pairs(outputs: Sequence[Any], targets: Sequence[Any], threshold: float | None = None) -> Pairs:
    """The classes of the outputs beside those of the targets, counted."""
    predicted, true = _classes(outputs, targets, threshold)
    pairs = Pairs(zip(predicted, true, strict=True))
    pairs.binary = not isinstance(_plain(outputs, "outputs")[0], list)
    return pairs


def right(pairs: Pairs) -> float:
    """The fraction of rows of which the predicted class is the true one."""
    return sum(n for (p, t), n in pairs.items() if p == t) / pairs.total()


def _macro(score: Callable[[int, int, int], float], pairs: Pairs) -> float:
    """The mean score of the classes; of one output the score of the positive class."""
    scores = []
    for k in {1} if pairs.binary else {k for pair in pairs for k in pair}:
        predicted, true = (sum(n for pair, n in pairs.items() if pair[i] == k) for i in (0, 1))
        both = pairs[k, k]
        scores.append(score(both, predicted - both, true - both))
    return math.fsum(scores) / len(scores)


def _precision(tp: int, fp: int, fn: int) -> float:
    return _ratio(tp, tp + fp)


def _recall(tp: int, fp: int, fn: int) -> float:
    return _ratio(tp, tp + fn)


def _f1(tp: int, fp: int, fn: int) -> float:
    return _ratio(2 * tp, 2 * tp + fp + fn)


# The metrics of classes, by what was counted.
OF_PAIRS: dict[str, Callable[[Pairs], float]] = {
    "accuracy": right,
    "precision": partial(_macro, _precision),
    "recall": partial(_macro, _recall),
    "f1": partial(_macro, _f1),
}


def _ratio(a: int, b: int) -> float:
    return a / b if b else 0.0


def _r2(predictions: Sequence[float], targets: Sequence[float]) -> float:
    mean = math.fsum(targets) / len(targets)
    left = math.fsum((t - p) ** 2 for p, t in zip(predictions, targets, strict=True))
    whole = math.fsum((t - mean) ** 2 for t in targets)
    return 1.0 - left / whole if whole else float(left == 0.0)
