"""How good predictions are, as numbers to read: functions ``(outputs, targets) -> float`` over many rows.

``outputs`` are what ``predict`` gives.  Where a row has several positions, such as the letters of a name, with outputs
and a target at each, they are measured over all positions of all rows.  Some compare classes.  For them one output
counts as the positive class above ``threshold``, by default that of ``nn.data.threshold_of``: ½ for targets 0 and 1
with outputs that all round to one of them, else 0.  Of several outputs the largest is the class, and the target is its
index.  ``fit`` and ``evaluate`` know the metrics by name, and take functions too.  One whose first parameter is
``y_true``, as in scikit-learn, is called with the targets first; the outputs are those of the model as they are, so a
metric of classes needs them made classes before:

>>> def f1_score(y_true, y_pred):  # stands for that of sklearn.metrics
...     return f1([1.0 if p else -1.0 for p in y_pred], y_true)
>>> def f1_of_classes(outputs, targets):
...     return f1_score(targets, [out > 0.0 for out in outputs])
>>> f1_of_classes([0.5, -2.0, 3.0], [1, 0, 0])
0.6666666666666666
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from functools import partial
from inspect import signature
from typing import Any

from .containers import numbers_in
from .data import classes_of, threshold_of
from .vocabulary import Metric, Metrics

Score = Callable[[int, int, int], float]  # of true positives, false positives and false negatives


def accuracy(outputs: Collection[Any], targets: Collection[Any], threshold: float | None = None) -> float:
    """The fraction of rows classified right.

    >>> accuracy([0.5, -2.0, 3.0, -1.0], [1, 0, 0, 0])
    0.75
    """
    predicted, true = _classes(*_matched(outputs, targets), threshold)
    return int((predicted == true).sum()) / len(true)


def precision(outputs: Collection[Any], targets: Collection[Any], threshold: float | None = None) -> float:
    """TP / (TP + FP): the part of the positive predictions that is right; 0 where there are none.

    Of several classes the mean over those that occur, as target or prediction (the macro average).

    >>> precision([1.0, 2.0, -1.0], [1, 0, 1])
    0.5
    """
    return _macro(_precision, outputs, targets, threshold)


def recall(outputs: Collection[Any], targets: Collection[Any], threshold: float | None = None) -> float:
    """TP / (TP + FN): the part of the positive targets that is found; 0 where there are none.

    Of several classes as for precision.

    >>> recall([1.0, 2.0, -1.0, -2.0], [1, 1, 1, 0])
    0.6666666666666666
    """
    return _macro(_recall, outputs, targets, threshold)


def f1(outputs: Collection[Any], targets: Collection[Any], threshold: float | None = None) -> float:
    """2·TP / (2·TP + FP + FN), the harmonic mean of precision and recall; 0 for 0 / 0.  Classes as for precision.

    >>> f1([[2.0, 1.0], [0.0, 3.0], [1.0, 0.0]], [0, 1, 1])
    0.6666666666666666
    """
    return _macro(_f1, outputs, targets, threshold)


def r2(outputs: Collection[Any], targets: Collection[Any]) -> float:
    """1 − Σ(t − p)² / Σ(t − t̄)², t̄ the mean target; of several outputs the mean.

    Where all targets are equal the quotient is 0 / 0: then 1 if every prediction is right, else 0.

    >>> r2([1.0, 2.0, 4.0], [1.0, 2.0, 3.0])
    0.5
    """
    predicted, wanted = _numbers(outputs, targets)
    scores = [_r2(column, of) for column, of in zip(predicted.T, wanted.T, strict=True)]
    return math.fsum(scores) / len(scores)


def mae(outputs: Collection[Any], targets: Collection[Any]) -> float:
    """The mean of |p − t| over rows and outputs.

    >>> mae([1.0, 2.0], [1.0, 5.0])
    1.5
    """
    predicted, wanted = _numbers(outputs, targets)
    return math.fsum(abs(predicted - wanted).ravel().tolist()) / int(wanted.size)


METRICS: dict[str, Callable[..., float]] = {f.__name__: f for f in (accuracy, precision, recall, f1, r2, mae)}


def find_metrics(metrics: Metrics) -> dict[str, Metric]:
    """Each metric by its name; functions are taken as they are, but for those that take the targets first.

    ValueError where two have one name, or one has that of the loss.
    """
    found: dict[str, Metric] = {}
    given: dict[str, Any] = {}
    if isinstance(metrics, str) or callable(metrics):
        metrics = [metrics]
    elif not isinstance(metrics, Iterable):
        raise TypeError(f"metrics are names, such as 'accuracy', or functions, or a list of them, not {metrics!r}")
    for metric in metrics:
        if callable(metric):
            own = metric.func if isinstance(metric, partial) else metric
            name = getattr(own, "__name__", repr(own))
            found[name] = _targets_first(metric, name) if _wants_targets(metric) else metric
        elif metric not in METRICS:
            raise ValueError(f"no metric {metric!r}: choose from {', '.join(METRICS)}, or give a function")
        else:
            found[name := metric] = METRICS[metric]
        if name == "loss" or given.setdefault(name, metric) != metric:
            raise ValueError(
                f"{name!r} is the name of another number already, of which this metric would take the place: give the "
                f"function another one, by def or by its __name__"
            )
    return found


def _wants_targets(metric: Metric) -> bool:
    """Whether the first parameter of a metric is the targets, by the name that scikit-learn and Keras give it."""
    try:
        return next(iter(signature(metric).parameters), "") == "y_true"
    except (TypeError, ValueError):  # some functions of C tell nothing
        return False


def _targets_first(metric: Metric, name: str) -> Metric:
    """A metric that is called with the targets first; where it refuses outputs that are no classes, with advice."""

    def measured(outputs: Any, targets: Any) -> float:
        try:
            return metric(targets, outputs)
        except ValueError as error:
            if "continuous" not in str(error):  # as scikit-learn calls numbers that are no classes
                raise
            of_one = f"out > {threshold_of(outputs, targets):g}"
            of_one = f"1 if {of_one} else -1" if -1.0 in targets else of_one
            largest = "out.argmax()" if hasattr(outputs, "dtype") else "out.index(max(out))"
            of_one = largest if hasattr(outputs[0], "__len__") else of_one
            raise ValueError(
                f"{name} compares classes, and was given the outputs of the model as they are ({error}). Give a "
                f"function that makes them classes: lambda outputs, targets: {name}(targets, [{of_one} for out in "
                f"outputs])"
            ) from error

    return measured


def _matched(outputs: Any, targets: Any) -> tuple[Any, Any]:
    """Both as arrays, one target for each output; where a row has outputs at several positions, for each of those."""
    outputs, targets = _by_position(outputs, targets)
    outputs, targets = numbers_in(outputs, "outputs"), numbers_in(targets, "targets")
    if len(outputs) != len(targets) or not len(targets):
        raise ValueError(f"{len(outputs)} outputs and {len(targets)} targets: there must be one for each, and some")
    return outputs, targets


def _by_position(outputs: Any, targets: Any) -> tuple[Any, Any]:
    """The outputs and targets at all positions of all rows, where rows differ in length or give lists at each."""
    nested = isinstance(outputs, (list, tuple)) or (hasattr(outputs, "ndim") and outputs.ndim > 2)
    lists = [y for y in outputs if nested and (isinstance(y, (list, tuple)) or (hasattr(y, "ndim") and y.ndim))]
    if len({*map(len, lists)}) <= 1 and not any(hasattr(y[0], "__len__") for y in lists[:1]):
        return outputs, targets
    for i, (y, t) in enumerate(zip(outputs, targets, strict=True)):
        if not hasattr(t, "__len__") or len(y) != len(t):
            positions = f"{len(t)} numbers" if hasattr(t, "__len__") else "a single number"
            raise ValueError(f"row {i}: the model gives outputs at {len(y)} positions, and the target is {positions}")
    return [y for row in outputs for y in row], [t for row in targets for t in row]


def _numbers(outputs: Any, targets: Any) -> tuple[Any, Any]:
    """Both as arrays of one shape, (rows, outputs)."""
    predicted, wanted = (x.reshape(len(x), -1) for x in _matched(outputs, targets))
    if predicted.shape != wanted.shape:
        raise ValueError(
            f"the model gives {predicted.shape[1]} output(s) and the target has {wanted.shape[1]} number(s)"
        )
    return predicted, wanted


def _classes(outputs: Any, targets: Any, threshold: float | None) -> tuple[Any, Any]:
    """The class of every output and of every target: of one output 0 or 1, of several the index of the largest."""
    import numpy as np

    if targets.ndim > 1:
        raise ValueError(f"the target {targets[0].tolist()!r:.40} is no class: numbers are measured by r2 and mae")
    if outputs.ndim > 1:
        count = outputs.shape[1]
        inside = (targets >= 0) & (targets < count) & (targets == np.floor(targets))
        if not inside.all():
            i = int(inside.argmin())
            raise ValueError(f"the target of row {i}, {targets[i]:g}, is no class of {count} outputs, from 0 on")
        return classes_of(outputs, 0.0), targets.astype(int)
    if threshold is None:
        threshold = threshold_of(outputs, targets)
    true = classes_of(targets, middle := threshold_of(targets, targets))
    if not middle and not np.isin(targets, (-1.0, 1.0)).all():
        text = ", ".join(f"{label:g}" for label in np.unique(targets)[:3])
        raise ValueError(f"the targets {text}, … are no classes of one output, which are 0 and 1, or -1 and 1")
    return classes_of(outputs, threshold), true


def _macro(score: Score, outputs: Any, targets: Any, threshold: float | None) -> float:
    """The mean score of the classes; of one output the score of the positive class."""
    outputs, targets = _matched(outputs, targets)
    predicted, true = _classes(outputs, targets, threshold)
    return _macro_of(score, Counter(zip(predicted.tolist(), true.tolist(), strict=True)), outputs.ndim > 1)


def _macro_of(score: Score, pairs: Counter[tuple[int, int]], several: bool) -> float:
    """The same of the number of rows for each (predicted, true) class."""
    scores = []
    for k in sorted({k for pair in pairs for k in pair}) if several else [1]:
        called, there = (sum(n for pair, n in pairs.items() if pair[i] == k) for i in (0, 1))
        right = pairs[k, k]
        scores.append(score(right, called - right, there - right))
    return math.fsum(scores) / len(scores)


def _ratio(a: int, b: int) -> float:
    return a / b if b else 0.0


def _precision(tp: int, fp: int, fn: int) -> float:
    return _ratio(tp, tp + fp)


def _recall(tp: int, fp: int, fn: int) -> float:
    return _ratio(tp, tp + fn)


def _f1(tp: int, fp: int, fn: int) -> float:
    return _ratio(2 * tp, 2 * tp + fp + fn)


def _accuracy_of(pairs: Counter[tuple[int, int]], several: bool) -> float:
    return sum(n for (p, t), n in pairs.items() if p == t) / pairs.total()


# The metrics of classes, given how many rows have each (predicted, true) class, and whether of several outputs.
OF_PAIRS: dict[str, Callable[[Counter[tuple[int, int]], bool], float]] = {
    "accuracy": _accuracy_of,
    "precision": partial(_macro_of, _precision),
    "recall": partial(_macro_of, _recall),
    "f1": partial(_macro_of, _f1),
}


def _r2(predictions: Any, targets: Any) -> float:
    mean = math.fsum(targets.tolist()) / len(targets)
    left = math.fsum(((targets - predictions) ** 2).tolist())
    return r2_of_sums(left, math.fsum(((targets - mean) ** 2).tolist()))


def r2_of_sums(left: float, whole: float) -> float:
    """r2 of one output, of Σ(t − p)² and Σ(t − t̄)²."""
    return 1.0 - left / whole if whole else float(left == 0.0)
