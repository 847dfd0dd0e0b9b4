"""Estimators beside scikit-learn's networks: scores on held-out rows, and the time to learn.

    python -m pip install ".[sklearn]"
    python -m tests.benchmarks.estimators                   # the small tables, about a minute
    python -m tests.benchmarks.estimators large million     # 10⁵ and 10⁶ rows, minutes and hours

Both have their usual settings.  scikit-learn's stands behind a StandardScaler, and a regression there has its targets
scaled too, without which it is far from done after its 200 epochs.  They take turns, each with the rows of its turn;
the time is the least of all turns, of the processor and one thread.
"""

from __future__ import annotations

import statistics
import sys
import time
import warnings
from typing import Any

from .machine import machine, use_one_core
from .table import Aim, Row, duration, table

SMALL = ("iris", "wine", "breast cancer", "digits", "diabetes", "friedman")
TURNS = {"large": 1, "large regression": 1, "million": 1}  # of the small ones 6
HALF = 0.5


def data(name: str) -> tuple[Any, Any, bool]:
    """X, y, and whether y are classes."""
    from sklearn import datasets

    if name.startswith("large r"):
        return *datasets.make_friedman1(100_000, noise=1.0, random_state=0), False
    if name in ("large", "million"):
        rows = 100_000 if name == "large" else 1_000_000
        made = datasets.make_classification(
            rows, n_features=20, n_informative=12, n_classes=4, n_clusters_per_class=3, random_state=0
        )
        return *made, True
    if name == "friedman":
        return *datasets.make_friedman1(5000, noise=1.0, random_state=0), False
    return *getattr(datasets, f"load_{name.replace(' ', '_')}")(return_X_y=True), name != "diabetes"


def estimators(classes: bool, seed: int) -> dict[str, Any]:
    """Those that are compared."""
    from sklearn.compose import TransformedTargetRegressor
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    import nn

    if classes:
        theirs = make_pipeline(StandardScaler(), MLPClassifier(random_state=seed))
        return {"ours": nn.StepClassifier(random_state=seed), "theirs": theirs}
    inner = make_pipeline(StandardScaler(), MLPRegressor(random_state=seed))
    theirs = TransformedTargetRegressor(inner, transformer=StandardScaler())
    return {"ours": nn.StepRegressor(random_state=seed), "theirs": theirs}


def row(name: str) -> Row:
    """The scores and times on one table."""
    from sklearn.model_selection import train_test_split

    X, y, classes = data(name)
    scores: dict[str, list[float]] = {"ours": [], "theirs": []}
    times: dict[str, list[float]] = {"ours": [], "theirs": []}
    for turn in range(TURNS.get(name, 6)):
        split = train_test_split(X, y, test_size=0.25, random_state=turn, stratify=y if classes else None)
        X_train, X_test, y_train, y_test = split
        for who, estimator in estimators(classes, turn).items():
            start = time.process_time()
            estimator.fit(X_train, y_train)
            times[who].append(time.process_time() - start)
            scores[who].append(estimator.score(X_test, y_test))
    ours, theirs = (statistics.mean(found) for found in scores.values())
    apart = [a - b for a, b in zip(*scores.values(), strict=True)]
    noise = statistics.stdev(apart) / len(apart) ** 0.5 if len(apart) > 1 else 0.005
    results = f"{ours:.4f}", f"{theirs:.4f}", f"± {noise:.4f}", *(duration(min(found)) for found in times.values())
    ratio = min(times["ours"]) / min(times["theirs"])
    aims = Aim(ours, theirs - 2 * noise, "of score", at_least=True), Aim(ratio, HALF, "of sklearn's time")
    return Row(name, (*results, f"{ratio:.2f}"), aims)


def main(names: list[str]) -> None:
    use_one_core()
    warnings.simplefilter("ignore")  # that 200 epochs were not enough
    print(f"{machine()}; one core, one thread")
    head = ("table", "score", "sklearn's", "difference", "time", "sklearn's", "ratio")
    print(table(head, [row(name) for name in names or SMALL]))


if __name__ == "__main__":
    main(sys.argv[1:])
