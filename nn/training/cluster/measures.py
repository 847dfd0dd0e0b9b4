"""Measurements over parts: each part gives a few numbers, and the client makes losses and metrics of them.

So it is for the metrics of ``nn.metrics``.  What a function of the user's makes of outputs and targets cannot be put
together from parts: one worker gets all of them, which must fit into its memory.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from ...data import classes_of, threshold_of
from ...losses import Metric
from ...metrics import OF_PAIRS, Pairs, count_pairs, find_metrics, mae, no_classes, r2
from ...modules import as_list

Measured = Mapping[str, Any]  # of a part: "rows", perhaps "loss", and what each summary gives


class Classes(NamedTuple):
    """(predicted, true) classes of a part, counted for each pair of thresholds that all parts together may call for."""

    unit_targets: bool  # all within [0, 1]
    unit: bool  # the outputs too
    labels: frozenset[float]  # some of the targets
    counted: dict[tuple[float, float], dict[tuple[int, int], int]]  # by the thresholds of outputs and targets


def classes(outputs: Sequence[Any], targets: Sequence[Any], threshold: float | None = None) -> Classes:
    """The summary of a part for the metrics of classes."""
    if isinstance(targets[0], list) or isinstance(outputs[0], list):
        return Classes(True, True, frozenset(), {(0.0, 0.0): dict(count_pairs(outputs, targets))})
    counted = {}
    for of_outputs, of_targets in ((0.5, 0.5), (0.0, 0.5), (0.0, 0.0)):
        cut = of_outputs if threshold is None else threshold
        both = zip(classes_of(outputs, cut), classes_of(targets, of_targets), strict=True)
        counted[of_outputs, of_targets] = dict(Pairs(both))
    labels = frozenset(sorted({*targets})[:4])
    unit = threshold_of(outputs, targets) > 0.0
    return Classes(threshold_of(targets) > 0.0, unit, labels, counted)


def pairs_of(parts: Sequence[Classes]) -> Pairs:
    """The pairs of all parts, by the thresholds that hold for all of them (see ``threshold_of``)."""
    several = (0.0, 0.5) not in parts[0].counted
    unit_targets, unit = all(part.unit_targets for part in parts), all(part.unit for part in parts)
    key = (0.5 if unit else 0.0, 0.5 if unit_targets else 0.0)
    pairs = Pairs()
    for part in parts:
        pairs.update(part.counted[(0.0, 0.0) if several else key])
    pairs.binary = not several
    if not several:
        labels = sorted(frozenset().union(*(part.labels for part in parts)))
        no_classes({true for _, true in pairs}, labels, key[1])
    return pairs


class Spread(NamedTuple):
    """Of a column of a part: rows, the mean target, Σ(t − mean)² and Σ(t − p)²."""

    rows: int
    mean: float
    whole: float
    left: float

    def __add__(self, other: Spread) -> Spread:  # type: ignore[override]
        """Of both together: Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm", 1979."""
        rows, apart = self.rows + other.rows, other.mean - self.mean
        whole = self.whole + other.whole + apart * apart * self.rows * other.rows / rows
        return Spread(rows, self.mean + apart * other.rows / rows, whole, self.left + other.left)


def spreads(outputs: Sequence[Any], targets: Sequence[Any]) -> list[Spread]:
    """The summary of a part for r2: of each column."""
    r2(outputs, targets)  # for its errors
    found = []
    columns = zip(zip(*map(as_list, outputs), strict=True), zip(*map(as_list, targets), strict=True), strict=True)
    for predicted, wanted in columns:
        mean = math.fsum(wanted) / len(wanted)
        left = math.fsum((t - p) ** 2 for p, t in zip(predicted, wanted, strict=True))
        found.append(Spread(len(wanted), mean, math.fsum((t - mean) ** 2 for t in wanted), left))
    return found


def r2_of(parts: Sequence[list[Spread]]) -> float:
    scores = []
    for column in zip(*parts, strict=True):
        whole: Spread = column[0]
        for spread in column[1:]:
            whole += spread
        scores.append(1.0 - whole.left / whole.whole if whole.whole else float(whole.left == 0.0))
    return math.fsum(scores) / len(scores)


def all_of(outputs: Sequence[Any], targets: Sequence[Any]) -> tuple[Any, Any]:
    """The summary of a part for a function of the user's: everything."""
    return outputs, targets


class Plan:
    """Which summaries the parts give for some metrics, and what those make of them."""

    def __init__(self, metrics: Sequence[str | Metric], threshold: float | None = None) -> None:
        found = find_metrics(metrics)
        ours = {name: metric for name, metric in found.items() if name in metrics}
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
        pairs = pairs_of([part["classes"] for part in measured]) if "classes" in self.summaries else Pairs()
        for name in self.names:
            if name in self.own:
                found[name] = own[name]
            elif name in OF_PAIRS:
                found[name] = OF_PAIRS[name](pairs)
            else:
                found[name] = r2_of([part["r2"] for part in measured]) if name == "r2" else mean("mae")
        return found


def applied(own: Mapping[str, Metric], parts: Sequence[tuple[Any, Any]]) -> dict[str, float]:
    """What functions of the user's make of the outputs and targets of all parts."""
    outputs, targets = ([x for part in parts for x in part[i]] for i in (0, 1))
    return {name: metric(outputs, targets) for name, metric in own.items()}
