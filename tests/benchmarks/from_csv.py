"""``stepgrad train`` and our estimators beside scikit-learn's networks, all with their own defaults, on unseen rows.

Here the defaults of ``nn.tables`` and ``nn.estimators`` come from.  The times are those of the processor.  Those of
``stepgrad train`` begin with the CSV file, hold rows out, train twice where the rows are few; all others are those of
imputing, scaling, one-hot columns and the training alone, over arrays in memory, scikit-learn's with scaled targets, as
without these its regressions fail.
"""

from __future__ import annotations

import csv
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from nn import StepClassifier, StepRegressor, datasets
from nn.tables import TableModel, learn_table

from .table import Aim, Row, duration, table

TEST = 0.3  # of the rows, 20,000 at most


class Data(NamedTuple):
    """Numbers, texts and a target for each row; a target of texts is one of classes."""

    numbers: Any
    texts: Any
    target: Any
    trainings: int = 5


def texts_and_labels(rows: int = 4000) -> Data:
    """Two classes by name, which hang on products of numbers and on a text."""
    rng = np.random.default_rng(1)
    X, town = rng.normal(size=(rows, 8)), rng.choice(["Ulm", "Bonn", "Kiel", "Jena"], rows)
    z = X[:, 0] * X[:, 1] + np.sin(2 * X[:, 2]) + (town == "Ulm") * X[:, 3] - (town == "Bonn") * 0.8
    return Data(X, town[:, None], np.where(z + rng.logistic(size=rows) * 0.4 > 0, "yes", "no"))


def gaps(rows: int = 3000) -> Data:
    """A number after Friedman ("Multivariate adaptive regression splines", 1991), a tenth of the cells missing."""
    rng = np.random.default_rng(2)
    X = rng.uniform(size=(rows, 10))
    y = 10 * np.sin(np.pi * X[:, 0] * X[:, 1]) + 20 * (X[:, 2] - 0.5) ** 2 + 10 * X[:, 3] + 5 * X[:, 4]
    X[rng.random(X.shape) < 0.1] = np.nan
    return Data(X, np.empty((rows, 0), dtype=str), y + rng.normal(size=rows))


def unbalanced(rows: int = 5000) -> Data:
    """Three classes, 85, 10 and 5 of a hundred, each in two heaps."""
    rng = np.random.default_rng(3)
    k, heap, centres = rng.choice(3, rows, p=[0.85, 0.1, 0.05]), rng.integers(0, 2, rows), rng.normal(size=(3, 2, 6))
    X = np.column_stack([1.5 * centres[k, heap] + rng.normal(size=(rows, 6)), rng.normal(size=(rows, 4))])
    return Data(X, np.empty((rows, 0), dtype=str), np.array(["often", "seldom", "rarely"])[k])


def million(rows: int = 1_000_000) -> Data:
    """A number of ten others and a text."""
    rng = np.random.default_rng(4)
    X, colour = rng.normal(size=(rows, 10)), rng.integers(0, 5, rows)
    y = 3 * np.sin(X[:, 0]) + X[:, 1] * X[:, 2] + colour + 0.3 * rng.normal(size=rows)
    return Data(X, np.array(["red", "green", "blue", "black", "white"])[colour][:, None], y, trainings=1)


def noise(rows: int = 442) -> Data:
    """A number of which ten others, three of them alike, tell no more than a half, as of diabetes."""
    rng = np.random.default_rng(5)
    X = rng.normal(size=(rows, 10))
    X[:, 5:8] = X[:, [4]] + 0.3 * rng.normal(size=(rows, 3))
    y = X[:, :6] @ np.array([0.1, -0.6, 1.3, 0.8, 0.5, -0.5]) + 1.7 * rng.normal(size=rows)
    return Data(X, np.empty((rows, 0), dtype=str), y)


def heaps(rows: int = 100_000) -> Data:
    """Three classes, each in four heaps in ten dimensions, beside ten numbers that say nothing."""
    rng = np.random.default_rng(6)
    k, heap, centres = rng.integers(0, 3, rows), rng.integers(0, 4, rows), rng.normal(size=(3, 4, 10))
    X = np.column_stack([1.2 * centres[k, heap] + rng.normal(size=(rows, 10)), rng.normal(size=(rows, 10))])
    return Data(X, np.empty((rows, 0), dtype=str), np.array(["low", "middle", "high"])[k], trainings=2)


def shipped(name: str) -> Data:
    """One of the data sets of this library, classes by name."""
    X, y = getattr(datasets, name)()
    target = np.array(y) if name == "windsor_houses" else np.array([f"class {k}" for k in y])
    return Data(np.array(X), np.empty((len(X), 0), dtype=str), target)


WORKS = {
    "2 classes, texts, 4,000 rows": texts_and_labels,
    "number, gaps, 3,000 rows": gaps,
    "3 classes, unbalanced, 5,000 rows": unbalanced,
    "number, noisy, 442 rows": noise,
    "3 classes, 100,000 rows": heaps,
    "number, 1,000,000 rows": million,
    "iris, 150 rows": lambda: shipped("iris"),
    "digits, 1,797 rows": lambda: shipped("digits"),
    "Windsor houses, 546 rows": lambda: shipped("windsor_houses"),
}


def run() -> list[Row]:
    """Measure, print and return the rows."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for what, make in WORKS.items():
            data = make()
            rows.append(compare(what, data, Path(folder, "table.csv")))
    print(table(("score (R² or accuracy), time", "stepgrad train", "our estimator", "scikit-learn"), rows))
    return rows


def compare(what: str, data: Data, path: Path) -> Row:
    """All on the same rows, several times, each time with others held back."""
    found = []
    for seed in range(data.trainings):
        order = np.random.default_rng(seed).permutation(len(data.target))
        held = min(int(TEST * len(order)), 20_000)
        rows = order[held:], order[:held]
        found.append(
            [with_command(data, *rows, seed, path), *(with_sklearn(data, *rows, seed, ours) for ours in (True, False))]
        )
    scores, times = np.array(found).transpose(2, 1, 0)  # of each contender, each time
    results = tuple(f"{x.mean():.4f}, {duration(t.mean())}" for x, t in zip(scores, times, strict=True) if x[0] == x[0])
    if len(results) < len(scores):
        return Row(what, (*results, "not installed", "not installed"))
    noise = 2.0 * (scores[:2] - scores[2]).std(axis=1) / max(data.trainings - 1, 1) ** 0.5 + 0.001
    least, (*ours, theirs) = scores[2].mean() - noise, times.mean(axis=1)
    as_good = [
        Aim(x, y, "of score", at_least=True, shown="{:.4f}".format)
        for x, y in zip(scores[:2].mean(axis=1), least, strict=True)
    ]
    return Row(what, results, (*as_good, *(Aim(seconds / theirs, 0.5, "of its time") for seconds in ours)))


def score(predicted: Any, target: Any) -> float:
    """R² of numbers, accuracy of classes."""
    if target.dtype.kind == "U":
        return float((np.array(predicted, dtype=str) == target).mean())
    return float(1 - ((np.array(predicted) - target) ** 2).mean() / target.var())


def with_command(data: Data, training: Any, testing: Any, seed: int, path: Path) -> tuple[float, float]:
    """The score of what ``stepgrad train`` writes, and the time from the file to the model."""
    write(data, training, path)
    started = time.process_time()
    model: TableModel = learn_table(path, "target", seed=seed, say=lambda text: None).model
    seconds = time.process_time() - started
    write(data, testing, path)
    rows = model.read(path, print)
    return score(model.answers(model.outputs(rows, np.arange(len(testing)))), data.target[testing]), seconds


def write(data: Data, rows: Any, path: Path) -> None:
    """Some rows as a CSV file."""
    numbers, texts = data.numbers[rows].tolist(), data.texts[rows].tolist()
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([*(f"x{i}" for i in range(data.numbers.shape[1] + data.texts.shape[1])), "target"])
        for some, words, target in zip(numbers, texts, data.target[rows].tolist(), strict=True):
            writer.writerow([*("" if x != x else f"{x:.6g}" for x in some), *words, target])


def with_sklearn(data: Data, training: Any, testing: Any, seed: int, ours: bool) -> tuple[float, float]:
    """The score and the time of scikit-learn's network, or of our estimator; nan where it is not installed."""
    try:
        from sklearn.compose import TransformedTargetRegressor
        from sklearn.impute import SimpleImputer
        from sklearn.neural_network import MLPClassifier, MLPRegressor
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import OneHotEncoder, StandardScaler
    except ImportError:
        return float("nan"), float("nan")
    import warnings

    numbers = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler())
    texts = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    if ours:
        network = (StepClassifier if data.target.dtype.kind == "U" else StepRegressor)(random_state=seed)
    elif data.target.dtype.kind == "U":
        network = MLPClassifier(random_state=seed)
    else:
        network = TransformedTargetRegressor(MLPRegressor(random_state=seed), transformer=StandardScaler())

    def inputs(rows: Any, way: str) -> Any:
        parts = [getattr(numbers, way)(data.numbers[rows])]
        if data.texts.size:
            parts.append(getattr(texts, way)(data.texts[rows]))
        return np.hstack(parts)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that its default of 200 epochs was not enough
        started = time.process_time()
        network.fit(inputs(training, "fit_transform"), data.target[training])
        seconds = time.process_time() - started
    return score(network.predict(inputs(testing, "transform")), data.target[testing]), seconds
