"""Measurements over parts: each part gives a few numbers, and the client makes losses and metrics of them.

So it is for the metrics of ``nn.metrics``.  What a function of the user's makes of outputs and targets cannot be put
together from parts: one worker gets all of them, which must fit into its memory.
"""

from __future__ import annotations

import functools
import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from ...data import classes_of, threshold_of
from ...evaluation import Measure
from ...metrics import METRICS, OF_PAIRS, accuracy, find_metrics, mae, r2, r2_of_sums
from ...vocabulary import Metric, Metrics

Measured = Mapping[str, Any]  # of a part: "rows", perhaps "loss", and what each summary gives


class Classes(NamedTuple):
    """Of a part, how often each (predicted, true) class occurs, for each pair of thresholds that may hold for all."""

    unit_targets: bool  # by these targets the middle is ½ (see ``threshold_of``), and not 0
    unit: bool  # by the outputs too
    labels: list[float]  # some of the targets, with one that is no class if there is any
    counted: dict[tuple[float, float], Counter[tuple[int, int]]]  # by the thresholds of outputs and targets


def classes(outputs: Any, targets: Any, threshold: float | None = None) -> Classes:
    """The summary of a part for the metrics of classes."""
    import numpy as np

    if targets.ndim > 1 or outputs.ndim > 1:
        accuracy(outputs, targets)  # for its errors
        return Classes(True, True, [], {SEVERAL: _count(classes_of(outputs, 0.0), targets)})
    counted = {}
    for pair in ((0.5, 0.5), (0.0, 0.5), (0.0, 0.0)):
        predicted = classes_of(outputs, pair[0] if threshold is None else threshold)
        counted[pair] = _count(predicted, classes_of(targets, pair[1]))
    labels = np.unique(targets)
    some = [*labels[:3], labels[-1], *labels[~np.isin(labels, (-1.0, 1.0))][:1]]
    return Classes(threshold_of(targets, targets) > 0.0, threshold_of(outputs, targets) > 0.0, some, counted)


SEVERAL = (-1.0, -1.0)  # the thresholds of several outputs, which have none


def _count(predicted: Any, true: Any) -> Counter[tuple[int, int]]:
    return Counter(zip(predicted.astype(int).tolist(), true.astype(int).tolist(), strict=True))


def pairs_of(parts: Sequence[Classes]) -> tuple[Counter[tuple[int, int]], bool]:
    """The pairs of all parts, by the thresholds that hold for all (see ``threshold_of``); whether of several."""
    several = SEVERAL in parts[0].counted
    unit_targets, unit = all(part.unit_targets for part in parts), all(part.unit for part in parts)
    key = SEVERAL if several else (0.5 if unit else 0.0, 0.5 if unit_targets else 0.0)
    if not unit_targets:
        some = [label for part in parts for label in part.labels]
        accuracy(some, some)  # which refuses targets that are no classes
    found: Counter[tuple[int, int]] = Counter()
    for part in parts:
        found.update(part.counted[key])
    return found, several


class Spread(NamedTuple):
    """Of a column of a part: rows, the mean target, Σ(t − mean)² and Σ(t − p)²."""

    rows: int
    mean: float
    whole: float
    left: float

    def beside(self, other: Spread) -> Spread:
        """Of both together: Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm", 1979."""
        rows, apart = self.rows + other.rows, other.mean - self.mean
        whole = self.whole + other.whole + apart * apart * self.rows * other.rows / rows
        return Spread(rows, self.mean + apart * other.rows / rows, whole, self.left + other.left)


def spreads(outputs: Any, targets: Any) -> list[Spread]:
    """The summary of a part for r2: of each column."""
    r2(outputs, targets)  # for its errors
    predicted, wanted = (x.reshape(len(x), -1) for x in (outputs, targets))
    means = wanted.mean(axis=0)
    whole, left = ((wanted - means) ** 2).sum(axis=0), ((wanted - predicted) ** 2).sum(axis=0)
    return [
        Spread(len(wanted), *numbers) for numbers in zip(means.tolist(), whole.tolist(), left.tolist(), strict=True)
    ]


def r2_of(parts: Sequence[list[Spread]]) -> float:
    whole = [functools.reduce(Spread.beside, column) for column in zip(*parts, strict=True)]
    scores = [r2_of_sums(spread.left, spread.whole) for spread in whole]
    return math.fsum(scores) / len(scores)


def all_of(outputs: Any, targets: Any) -> tuple[Any, Any]:
    """The summary of a part for a function of the user's: everything."""
    return outputs, targets


def summary_of(measure: Measure, rows: int) -> Measured:
    """What a part tells: its mean loss, if it is measured, and what the summaries that it has for metrics give."""
    found, outputs = measure.computed()
    summaries = {name: summary(outputs, measure.targets) for name, summary in measure.metrics.items()}
    return {"rows": rows, **found, **summaries}


class Plan:
    """Which summaries the parts give for some metrics, and what those make of them."""

    def __init__(self, metrics: Metrics, threshold: float | None = None) -> None:
        found = find_metrics(metrics)
        ours = {name: metric for name, metric in found.items() if metric is METRICS.get(name)}
        self.names = [*found]
        self.own: dict[str, Metric] = {name: metric for name, metric in found.items() if name not in ours}
        self.summaries: dict[str, Callable[..., Any]] = {}
        if OF_PAIRS.keys() & ours:
            self.summaries["classes"] = partial(classes, threshold=threshold)
        if "r2" in ours:
            self.summaries["r2"] = spreads
        if "mae" in ours:
            self.summaries["mae"] = mae

    def result(self, parts: Iterable[Measured], own: Mapping[str, float]) -> dict[str, float]:
        """The loss, if it was measured, and the metrics; ``own`` has those that one worker computed."""
        measured = [*parts]
        found: dict[str, float] = {}
        rows: list[int] = [part["rows"] for part in measured]

        def mean(name: str) -> float:
            return math.fsum(part[name] * n for part, n in zip(measured, rows, strict=True)) / sum(rows)

        if "loss" in measured[0]:
            found["loss"] = mean("loss")
        pairs = pairs_of([part["classes"] for part in measured]) if "classes" in self.summaries else None
        for name in self.names:
            if name in self.own:
                found[name] = own[name]
            elif pairs is not None and name in OF_PAIRS:
                found[name] = OF_PAIRS[name](*pairs)
            else:
                found[name] = r2_of([part["r2"] for part in measured]) if name == "r2" else mean("mae")
        return found


def applied(own: Mapping[str, Metric], parts: Sequence[tuple[Any, Any]]) -> dict[str, float]:
    """What functions of the user's make of the outputs and targets of all parts."""
    import numpy as np

    outputs: Any = np.concatenate([part[0] for part in parts])
    targets: Any = np.concatenate([part[1] for part in parts])
    return {name: metric(outputs, targets) for name, metric in own.items()}
