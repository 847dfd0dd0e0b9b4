"""How good predictions are, as numbers to read: functions ``(outputs, targets) -> float`` over many rows.

``outputs`` are what ``predict`` gives.  Some compare classes.  For them one output counts as the positive class
above ``threshold``, and targets above 0 are positive; of several outputs the largest is the class, and the target is
its index.  ``fit`` and ``evaluate`` know the metrics by name.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from . import losses
from .data import classes_of
from .losses import Metric
from .modules import as_list


def accuracy(outputs: Sequence[Any], targets: Sequence[Any], threshold: float = 0.0) -> float:
    """The fraction of rows classified right.

    >>> accuracy([0.5, -2.0, 3.0, -1.0], [1, 0, 0, 0])
    0.75
    """
    predicted, true = _classes(outputs, targets, threshold)
    return [p == t for p, t in zip(predicted, true, strict=True)].count(True) / len(true)


def precision(outputs: Sequence[Any], targets: Sequence[Any], threshold: float = 0.0) -> float:
    """TP / (TP + FP): the part of the positive predictions that is right; 0 where there are none.

    Of several classes the mean over those that occur, as target or prediction (the macro average).

    >>> precision([1.0, 2.0, -1.0], [1, 0, 1])
    0.5
    """
    return _macro(lambda tp, fp, fn: _ratio(tp, tp + fp), outputs, targets, threshold)


def recall(outputs: Sequence[Any], targets: Sequence[Any], threshold: float = 0.0) -> float:
    """TP / (TP + FN): the part of the positive targets that is found; 0 where there are none.

    Of several classes as for precision.

    >>> recall([1.0, 2.0, -1.0, -2.0], [1, 1, 1, 0])
    0.6666666666666666
    """
    return _macro(lambda tp, fp, fn: _ratio(tp, tp + fn), outputs, targets, threshold)


def f1(outputs: Sequence[Any], targets: Sequence[Any], threshold: float = 0.0) -> float:
    """2·TP / (2·TP + FP + FN), the harmonic mean of precision and recall; 0 for 0 / 0.  Classes as for precision.

    >>> f1([[2.0, 1.0], [0.0, 3.0], [1.0, 0.0]], [0, 1, 1])
    0.6666666666666666
    """
    return _macro(lambda tp, fp, fn: _ratio(2 * tp, 2 * tp + fp + fn), outputs, targets, threshold)


def r2(outputs: Sequence[Any], targets: Sequence[Any]) -> float:
    """1 − Σ(t − p)² / Σ(t − t̄)², t̄ the mean target; of several outputs the mean.

    Where all targets are equal the quotient is 0 / 0: then 1 if every prediction is right, else 0.

    >>> r2([1.0, 2.0, 4.0], [1.0, 2.0, 3.0])
    0.5
    """
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
    return math.fsum(map(losses.mae, outputs, targets)) / len(targets)


METRICS: dict[str, Callable[..., float]] = {f.__name__: f for f in (accuracy, precision, recall, f1, r2, mae)}


def find_metrics(metrics: Sequence[str | Metric], loss: losses.Loss | None) -> dict[str, Metric]:
    """Each metric by its name; functions are taken as they are.

    Outputs for the loss bce are probabilities, which count as positive above ½.
    """
    found: dict[str, Metric] = {}
    for metric in metrics:
        if callable(metric):
            found[getattr(metric, "__name__", repr(metric))] = metric
        elif metric not in METRICS:
            raise ValueError(f"no metric {metric!r}: choose from {', '.join(METRICS)}, or give a function")
        elif metric in ("r2", "mae") or loss is not losses.bce:
            found[metric] = METRICS[metric]
        else:
            found[metric] = partial(METRICS[metric], threshold=0.5)
    return found


def _classes(outputs: Sequence[Any], targets: Sequence[Any], threshold: float) -> tuple[list[int], list[Any]]:
    """The class of every output and of every target: of one output 0 or 1, of several the index of the largest."""
    if isinstance(targets[0], list):
        raise ValueError(f"the target {targets[0]!r:.40} is no class: numbers are measured by r2 and mae")
    if isinstance(outputs[0], list):
        return classes_of(outputs), list(targets)
    return classes_of(outputs, threshold), classes_of(targets)


def _macro(
    score: Callable[[int, int, int], float], outputs: Sequence[Any], targets: Sequence[Any], threshold: float
) -> float:
    """The mean score of the classes; of one output the score of the positive class."""
    predicted, true = _classes(outputs, targets, threshold)
    classes = {*predicted, *true} if isinstance(outputs[0], list) else {1}
    scores = []
    for k in classes:
        pairs = [(p == k, t == k) for p, t in zip(predicted, true, strict=True)]
        scores.append(score(pairs.count((True, True)), pairs.count((True, False)), pairs.count((False, True))))
    return math.fsum(scores) / len(scores)


def _ratio(a: int, b: int) -> float:
    return a / b if b else 0.0


def _r2(predictions: Sequence[float], targets: Sequence[float]) -> float:
    mean = math.fsum(targets) / len(targets)
    left = math.fsum((t - p) ** 2 for p, t in zip(predictions, targets, strict=True))
    whole = math.fsum((t - mean) ** 2 for t in targets)
    return 1.0 - left / whole if whole else float(left == 0.0)
