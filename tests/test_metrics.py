"""Metrics against counts by hand and formulas in NumPy; what fit and evaluate do with them."""

from __future__ import annotations

import functools
import importlib.util
import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nn
from autograd import Value
from nn import metrics
from nn.data import classes_of, threshold_of

BY_NAME = metrics.METRICS

# Four called positive, three of them rightly; five are positive: TP 3, FP 1, FN 2, TN 2.
OUTPUTS = [2.0, 0.5, 1.0, 3.0, -1.0, -0.5, -2.0, -3.0]
TARGETS = [1, 1, -1, 1, 1, 1, -1, -1]


def test_of_one_output_by_hand():
    assert metrics.accuracy(OUTPUTS, TARGETS) == 5 / 8
    assert metrics.precision(OUTPUTS, TARGETS) == 3 / 4
    assert metrics.recall(OUTPUTS, TARGETS) == 3 / 5
    assert metrics.f1(OUTPUTS, TARGETS) == pytest.approx(2 * (3 / 4) * (3 / 5) / (3 / 4 + 3 / 5), rel=1e-15)


def test_of_one_output_above_a_threshold():
    assert metrics.precision([0.4, 0.6, 0.9], [1, 0, 1], threshold=0.5) == 1 / 2
    assert metrics.recall([0.4, 0.6, 0.9], [1, 0, 1], threshold=0.5) == 1 / 2
    assert metrics.precision([0.4, 0.6, 0.9], [1, 0, 1], threshold=0.7) == 1.0


def logits(classes: list[int], count: int) -> list[list[float]]:
    return [[3.0 if k == c else float(-k) for k in range(count)] for c in classes]


def test_of_several_classes_by_hand():
    # class 0: TP 2, FP 1, FN 0; class 1: TP 1, FP 0, FN 1; class 2: TP 1, FP 1, FN 1; class 3 does not occur
    outputs, targets = logits([0, 0, 0, 1, 2, 2], 4), [0, 0, 2, 1, 1, 2]
    assert metrics.accuracy(outputs, targets) == 4 / 6
    assert metrics.precision(outputs, targets) == pytest.approx((2 / 3 + 1 + 1 / 2) / 3)
    assert metrics.recall(outputs, targets) == pytest.approx((1 + 1 / 2 + 1 / 2) / 3)
    assert metrics.f1(outputs, targets) == pytest.approx((4 / 5 + 2 / 3 + 1 / 2) / 3)


def test_nothing_called_positive_nothing_positive_and_neither_count_as_0():
    assert metrics.precision([-1.0, -1.0], [1, 0]) == 0.0
    assert metrics.recall([1.0, -1.0], [0, 0]) == 0.0
    assert metrics.f1([-1.0, -1.0], [0, 0]) == 0.0
    # a class that is predicted and never right, and one that is missed, count in the mean as 0
    assert metrics.precision(logits([1, 0], 3), [2, 0]) == pytest.approx(1 / 3)
    assert metrics.recall(logits([1, 0], 3), [2, 0]) == pytest.approx(1 / 3)


@given(rows=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=30))
def test_of_several_classes_by_a_confusion_matrix(rows):
    predicted, true = zip(*rows, strict=True)
    table = np.zeros((4, 4))
    for p, t in rows:
        table[t, p] += 1
    right, called, there = table.diagonal(), table.sum(axis=0), table.sum(axis=1)
    seen = (called + there) > 0
    outputs = logits([*predicted], 4)
    assert metrics.accuracy(outputs, true) == pytest.approx(right.sum() / table.sum())
    assert metrics.precision(outputs, true) == pytest.approx((right / np.maximum(called, 1))[seen].mean())
    assert metrics.recall(outputs, true) == pytest.approx((right / np.maximum(there, 1))[seen].mean())
    assert metrics.f1(outputs, true) == pytest.approx((2 * right / np.maximum(called + there, 1))[seen].mean())


@given(rows=st.lists(st.tuples(st.floats(-9, 9), st.floats(-9, 9)), min_size=2, max_size=20))
def test_of_numbers_by_numpy(rows):
    p, t = np.array(rows).T
    assert metrics.mae([*p], [*t]) == pytest.approx(np.abs(p - t).mean())
    if t.var() > 1e-3:
        assert metrics.r2([*p], [*t]) == pytest.approx(1 - ((t - p) ** 2).mean() / t.var(), rel=1e-9, abs=1e-9)


def test_of_several_numbers_it_is_the_mean_over_the_outputs():
    outputs, targets = [[1.0, 5.0], [2.0, 7.0], [4.0, 9.0]], [[1.0, 5.0], [2.0, 7.0], [3.0, 12.0]]
    assert metrics.r2(outputs, targets) == pytest.approx((1 - 1 / 2 + 1 - 9 / 26) / 2)
    assert metrics.mae(outputs, targets) == pytest.approx((1 + 3) / 6)


def test_r2_where_there_is_nothing_to_explain():
    assert metrics.r2([2.0, 2.0], [2.0, 2.0]) == 1.0
    assert metrics.r2([2.0, 2.1], [2.0, 2.0]) == 0.0


@pytest.mark.parametrize("name", ["accuracy", "precision", "recall", "f1"])
def test_targets_that_are_lists_are_no_classes(name):
    with pytest.raises(ValueError, match=r"the target \[0\.0, 1\.0\] is no class: numbers are measured by r2 and mae"):
        BY_NAME[name]([[1.0, 2.0]], [[0.0, 1.0]])


def test_numbers_of_another_width_are_refused():
    with pytest.raises(ValueError, match=r"2 output\(s\) and the target has 1"):
        metrics.mae([[1.0, 2.0]], [1.0])
    with pytest.raises(ValueError, match=r"the model gives 2 output\(s\) and the target has 1"):
        metrics.r2([[1.0, 2.0]], [1.0])


# --- in evaluate and fit ---------------------------------------------------------------------------------------


X = [[-2.0], [-0.5], [0.5], [2.0], [3.0]]
Y = [0, 1, 0, 1, 1]


class Line(nn.Module):
    def __init__(self) -> None:
        self.w = Value(1.0)

    def forward(self, x):
        return self.w * x[0]


def test_evaluate_gives_what_is_asked_for():
    assert nn.evaluate(Line(), X, Y, loss="hinge") == pytest.approx((0 + 1.5 + 1.5 + 0 + 0) / 5)
    found = nn.evaluate(Line(), X, Y, loss="hinge", metrics=["accuracy", "precision", metrics.mae])
    assert found == {
        "loss": pytest.approx(0.6),
        "accuracy": 3 / 5,
        "precision": 2 / 3,
        "mae": metrics.mae([x for (x,) in X], Y),
    }
    assert [*found] == ["loss", "accuracy", "precision", "mae"]
    assert nn.evaluate(Line(), X, Y, metrics=["recall"]) == {"recall": 2 / 3}


def test_evaluate_of_nothing_and_of_an_unknown_name_is_refused():
    with pytest.raises(ValueError, match="say what to measure: loss='mse', metrics="):
        nn.evaluate(Line(), X, Y)
    with pytest.raises(
        ValueError, match="no metric 'acc': choose from accuracy, precision, recall, f1, r2, mae, or give"
    ):
        nn.evaluate(Line(), X, Y, metrics=["acc"])


def test_outputs_that_bce_reads_are_positive_above_a_half():
    class Probability(Line):
        def forward(self, x):
            return super().forward(x).sigmoid()

    assert nn.evaluate(Probability(), X, Y, loss="bce", metrics=["accuracy"])["accuracy"] == 3 / 5
    assert nn.evaluate(Line(), X, Y, loss="bce_with_logits", metrics=["accuracy"])["accuracy"] == 3 / 5


@pytest.mark.parametrize("compiled", [False, True])
def test_fit_keeps_the_metrics_after_each_epoch_in_evaluation_mode(compiled):
    def spread(outputs, targets):
        return max(outputs) - min(outputs)

    model = nn.Sequential(nn.MLP(1, [4, 1], activation="tanh", seed=1), nn.Dropout(0.5, seed=1))
    after = []

    def look(history, model):
        after.append((nn.accuracy(model, X, Y), nn.accuracy(model, X[:2], Y[:2])))
        assert len(history.metrics["accuracy"]) == len(after)  # measured before the callbacks are called

    history = nn.fit(
        model, X, Y, loss="hinge", optimizer=nn.Adam(model.parameters(), lr=0.1), epochs=8, compiled=compiled,
        metrics=["accuracy", spread], validation=(X[:2], Y[:2]), callbacks=[look],
    )  # fmt: skip
    assert [*zip(history.metrics["accuracy"], history.val_metrics["accuracy"], strict=True)] == after
    assert [*history.metrics] == [*history.val_metrics] == ["accuracy", "spread"]
    outputs = nn.predict(model, X)
    assert history.metrics["spread"][-1] == pytest.approx(max(outputs) - min(outputs), rel=1e-12)
    assert len(history.val_loss) == 8


def test_without_validation_there_are_no_metrics_of_it():
    model = Line()
    history = nn.fit(model, X, Y, loss="mse", optimizer=nn.SGD([model.w]), epochs=2, metrics=["r2"], compiled=False)
    assert len(history.metrics["r2"]) == 2
    assert history.val_metrics == {}
    assert all(map(math.isfinite, history.metrics["r2"]))


def test_fit_refuses_an_unknown_metric_before_the_first_step():
    model = Line()
    with pytest.raises(ValueError, match="no metric 'F1'"):
        nn.fit(model, X, Y, loss="mse", optimizer=nn.SGD([model.w]), epochs=2, metrics=["F1"])
    assert model.w.data == 1.0


# --- functions that take the targets first ---------------------------------------------------------------------


def first_is_bigger(y_true, y_pred, *, by=0.0):
    """As scikit-learn's: the fraction of rows whose target is above the output."""
    return sum(t > p + by for t, p in zip(y_true, y_pred, strict=True)) / len(y_true)


class Score:
    def __call__(self, y_true, y_pred):
        return first_is_bigger(y_true, y_pred)


@pytest.mark.parametrize(
    "metric", [first_is_bigger, functools.partial(first_is_bigger, by=0.0), Score(), functools.wraps(first_is_bigger)(
        lambda *args: first_is_bigger(*args))]
)  # fmt: skip
def test_a_metric_of_scikit_learn_is_called_with_the_targets_first(metric):
    right = first_is_bigger(Y, [x for (x,) in X])
    assert right != first_is_bigger([x for (x,) in X], Y)
    (found,) = nn.evaluate(Line(), X, Y, metrics=[metric]).values()
    assert found == right
    model = Line()
    still = nn.SGD(model.parameters(), lr=0.0)
    history = nn.fit(model, X, Y, loss="mse", optimizer=still, epochs=1, metrics=[metric], validation=(X, Y))
    assert [*history.metrics.values()] == [*history.val_metrics.values()] == [[right]]


def share_right(y_true, y_pred):
    """As scikit-learn's metrics of classes: whole numbers, or it raises in such words."""
    if any(p not in range(-1, 3) for p in y_pred):
        raise ValueError("Classification metrics can't handle a mix of binary and continuous targets")
    return [t == p for t, p in zip(y_true, y_pred, strict=True)].count(True) / len(y_true)


@pytest.mark.parametrize(
    ("model", "rows", "targets"),
    [
        (lambda x: Value(x[0]), [0.1, 0.7, 0.4, 0.9], [0, 1, 1, 1]),
        (lambda x: Value(x[0]), [-3.1, 0.2, 4.5, -0.9], [0, 1, 1, 1]),
        (lambda x: Value(x[0]), [-3.1, 0.2, 4.5, -0.9], [-1, 1, 1, 1]),
        (lambda x: [Value(0.5), x[0] * Value(1.0), Value(0.75)], [0.6, 0.7, 0.9, 1.5], [2, 2, 0, 1]),
    ],
)
def test_a_metric_of_classes_that_refuses_raw_outputs_says_how_it_is_written(model, rows, targets):
    model = nn.Sequential(model)
    with pytest.raises(ValueError, match=r"share_right compares classes, .*\(Classification metrics can't") as refused:
        nn.evaluate(model, rows, targets, metrics=[share_right])
    advised = re.search(r"lambda outputs, targets: .*\]\)", str(refused.value))[0]
    found = nn.evaluate(model, rows, targets, metrics=[eval(advised)])
    assert [*found.values()] == [nn.accuracy(model, rows, targets)] == [0.75]


def test_other_errors_of_a_metric_pass_through():
    def odd(y_true, y_pred):
        raise ValueError("not today")

    with pytest.raises(ValueError, match=r"^not today$"):
        nn.evaluate(Line(), X, Y, metrics=[odd])


def test_a_metric_with_settings_keeps_its_name_and_one_that_tells_no_parameters_gets_the_outputs_first():
    found = nn.evaluate(Line(), X, Y, metrics=[functools.partial(metrics.accuracy, threshold=2.5), math.dist])
    assert found == {"accuracy": 3 / 5, "dist": math.dist([x for (x,) in X], Y)}
    assert nn.evaluate(Line(), X, Y, metrics="accuracy") == {"accuracy": 3 / 5}


class Named:
    def __init__(self, name):
        self.__name__ = name

    def __call__(self, outputs, targets):
        return 1.0


@pytest.mark.parametrize(
    "both",
    [
        [lambda o, t: 1.0, lambda o, t: 2.0],
        ["accuracy", functools.partial(metrics.accuracy, threshold=0.25)],
        ["mae", functools.wraps(first_is_bigger)(lambda *args: 0.0), first_is_bigger],
        [Named("loss")],
    ],
)
def test_two_metrics_of_one_name_are_refused(both):
    for measured in (
        lambda: nn.evaluate(Line(), X, Y, loss="mse", metrics=both),
        lambda: nn.fit(model := Line(), X, Y, loss="mse", optimizer=nn.SGD([model.w]), epochs=1, metrics=both),
    ):
        with pytest.raises(ValueError, match="is the name of another number already, of which this metric"):
            measured()
    assert nn.evaluate(Line(), X, Y, metrics=["mae", "mae"]) == nn.evaluate(Line(), X, Y, metrics=["mae"])


@pytest.mark.parametrize("wrong", [None, np.array([1.0, 2.0]), "0.5", [1.0], 1j])
def test_a_metric_that_gives_no_number_is_refused_with_its_name(wrong):
    def odd(outputs, targets):
        return wrong

    with pytest.raises(TypeError, match="the metric odd must give one real number, not "):
        nn.evaluate(Line(), X, Y, metrics=[odd])


@pytest.mark.parametrize("targets", [[2, 2, 2], [-3, 2, 5], [-1, 0, 1], [1, 2, 1]])
def test_targets_that_are_no_classes_are_not_counted_by_their_signs(targets):
    for measured in (metrics.accuracy, metrics.f1):
        with pytest.raises(ValueError, match="are no classes of one output, which are 0 and 1, or -1 and 1"):
            measured([0.5, -1.0, 2.0], targets)


# --- one threshold, wherever classes are compared --------------------------------------------------------------


class Output(nn.Module):
    """The input, through a weight that stays as it is."""

    def __init__(self) -> None:
        self.w = Value(1.0)

    def forward(self, x):
        return self.w * x[0]


# outputs, targets, the threshold, the classes right
RULE = [
    ([0.1, 0.4, 0.6, 0.9], [0, 0, 1, 1], 0.5, 1.0),
    ([0.1, 0.4, 0.6, 1.0], [0, 1, 1, 1], 0.5, 0.75),
    ([0.1, 0.4, 0.6, 0.9], [0.2, 0.0, 0.8, 1.0], 0.5, 1.0),  # soft targets
    ([-0.1, 0.4, 0.6, 0.9], [0, 0, 1, 1], 0.5, 1.0),  # a regression of the targets
    ([0.1, 0.4, 0.6, 1.1], [0, 0, 1, 1], 0.5, 1.0),
    ([-0.6, 0.4, 0.6, 0.9], [0, 0, 1, 1], 0.0, 0.75),
    ([-3.0, -0.4, 0.6, 9.0], [0, 0, 1, 1], 0.0, 1.0),
    ([0.1, 0.4, 0.6, 0.9], [-1, -1, 1, 1], 0.0, 0.5),
    ([-0.1, -0.4, 0.6, 0.9], [-1, -1, 1, 1], 0.0, 1.0),
    ([0.1, 0.4, 0.6, 1.6], [0, 0, 1, 1], 0.0, 0.5),
]


@pytest.mark.parametrize("loss", ["mse", "hinge", "bce_with_logits"])
@pytest.mark.parametrize(("outputs", "targets", "threshold", "right"), RULE)
def test_one_threshold_holds_in_fit_evaluate_accuracy_and_metrics(outputs, targets, threshold, right, loss):
    if (loss == "bce_with_logits" and -1 in targets) or (loss == "hinge" and 0.2 in targets):
        loss = "mse"
    model, rows = Output(), [[x] for x in outputs]
    assert threshold_of(outputs, targets) == threshold
    assert metrics.accuracy(outputs, targets) == right
    assert nn.accuracy(model, rows, targets) == right
    assert nn.evaluate(model, rows, targets, metrics=["accuracy"])["accuracy"] == right
    assert nn.evaluate(model, rows, targets, loss=loss, metrics=["accuracy"])["accuracy"] == right
    for compiled in (False, True):
        history = nn.fit(
            model, rows, targets, loss=loss, optimizer=nn.SGD([model.w], lr=0.0), epochs=1, compiled=compiled,
            metrics=["accuracy"], validation=(rows, targets),
        )  # fmt: skip
        assert history.metrics["accuracy"] == history.val_metrics["accuracy"] == [right]
    true = [int(t > (0.5 if min(targets) >= 0 else 0.0)) for t in targets]
    predicted = [int(x > threshold) for x in outputs]
    both = sum(p and t for p, t in zip(predicted, true, strict=True))
    assert metrics.precision(outputs, targets) == pytest.approx(both / sum(predicted))
    assert metrics.recall(outputs, targets) == pytest.approx(both / sum(true))
    assert metrics.f1(outputs, targets) == pytest.approx(2 * both / (sum(predicted) + sum(true)))


@pytest.mark.parametrize(("outputs", "targets", "threshold", "right"), RULE)
def test_the_same_threshold_holds_in_pictures(outputs, targets, threshold, right, monkeypatch):
    plots = pytest.importorskip("nn.plots.surfaces")
    from nn.monitoring import film

    seen = []

    def noting(outputs, threshold):
        seen.append(threshold)
        return [0 for _ in outputs]

    class First(Output):
        def forward(self, x):
            return super().forward(x) + 0.0 * x[1]

    monkeypatch.setattr(film, "classes_of", noting)
    rows, model = [[x, 0.0] for x in outputs], First()
    watched = nn.watch(model, rows, targets)
    sgd = nn.SGD([model.w], lr=0.0)
    nn.fit(model, rows, targets, loss="mse", optimizer=sgd, epochs=1, callbacks=[watched], progress=False)
    assert watched._repr_mimebundle_()["text/html"]
    if importlib.util.find_spec("matplotlib") is not None:
        monkeypatch.setattr(plots, "classes_of", noting)
        nn.plot_decision_boundary(model, rows, targets)
    assert {*seen} == {threshold}


@pytest.mark.parametrize(("loss", "threshold"), [("mse", 0.5), ("hinge", 0.0), ("bce_with_logits", 0.0)])
@pytest.mark.parametrize("seed", range(3))
def test_the_threshold_is_that_of_the_loss_that_a_model_was_trained_by(loss, threshold, seed):
    """One linear output, targets 0 and 1: mse makes it the target, the others put the border at 0."""
    X, y = nn.datasets.moons(100, noise=0.12, seed=seed)
    model = nn.MLP(2, [8, 1], activation="tanh", seed=seed)
    optimizer = nn.Adam(model.parameters(), lr=0.03)
    history = nn.fit(model, X, y, loss=loss, optimizer=optimizer, epochs=150, metrics=["accuracy"])
    outputs = nn.predict(model, X)
    assert not all(0.0 <= x <= 1.0 for x in outputs)
    right = [(x > threshold) == (t == 1) for x, t in zip(outputs, y, strict=True)].count(True) / len(y)
    assert history.metrics["accuracy"][-1] == nn.accuracy(model, X, y) == right


def test_an_output_in_a_list_of_its_own_is_one_output():
    class Listed(Output):
        def forward(self, x):
            return [super().forward(x)]

    outputs, targets = [0.1, 0.4, 0.6, 0.9], [0, 0, 1, 1]
    assert threshold_of([[x] for x in outputs], [[t] for t in targets]) == 0.5
    assert classes_of([[x] for x in outputs], 0.5) == targets
    assert nn.accuracy(Listed(), [[x] for x in outputs], targets) == 1.0


def test_a_threshold_that_is_named_wins_everywhere():
    outputs, targets = [0.1, 0.4, 0.6, 0.9], [0, 0, 1, 1]
    for threshold, right in ((0.0, 0.5), (0.5, 1.0), (0.7, 0.75)):
        assert metrics.accuracy(outputs, targets, threshold) == right
        assert nn.accuracy(Output(), [[x] for x in outputs], targets, threshold) == right


def test_a_sigmoid_that_learned_its_classes_has_one_accuracy():
    rows, targets = nn.datasets.moons(60, seed=1)
    targets = [max(t, 0) for t in targets]
    for loss in ("bce", "mse"):
        model = nn.MLP(2, [8, 1], "tanh", "sigmoid", seed=1)
        adam = nn.Adam(model.parameters(), lr=0.05)
        history = nn.fit(model, rows, targets, loss=loss, optimizer=adam, epochs=80, metrics=["accuracy"])
        found = nn.evaluate(model, rows, targets, metrics=["accuracy"])["accuracy"]
        assert nn.accuracy(model, rows, targets) == found == history.metrics["accuracy"][-1] > 0.8


# --- targets and outputs that are no classes -------------------------------------------------------------------


@pytest.mark.parametrize("name", ["accuracy", "precision", "recall", "f1"])
@pytest.mark.parametrize(
    ("outputs", "targets", "message"),
    [
        ([1.0, math.nan], [0, 1], "the output for row 1 is nan: nan is of no class"),
        ([[1.0, 2.0], [math.nan, 0.0]], [0, 1], "the output for row 1 is .*nan is of no class"),
        ([[1.0, 2.0], [3.0, 0.0]], [1, 2], r"the target of row 1, 2, is no class of 2 outputs"),
        ([[1.0, 2.0], [3.0, 0.0]], [-1, 1], r"the target of row 0, -1, is no class of 2 outputs"),
        ([[1.0, 2.0], [3.0, 0.0]], [0.5, 1], r"the target of row 0, 0.5, is no class of 2 outputs"),
        ([1.0, -1.0, 2.0], [1, 2, 1], "the targets 1, 2, … are no classes of one output"),
        ([1.0, -1.0, 2.0], [3.5, 2.5, 1.5], "the targets 1.5, 2.5, 3.5, … are no classes of one output"),
        ([1.0, 2.0], [1], "2 outputs and 1 targets: there must be one for each"),
        ([], [], "0 outputs and 0 targets"),
    ],
)
def test_what_is_no_class_is_refused_with_its_row(name, outputs, targets, message):
    with pytest.raises(ValueError, match=message):
        BY_NAME[name](outputs, targets)


def test_arrays_and_a_column_of_targets_are_measured_as_lists_are():
    outputs, targets = [[2.0, 1.0], [0.0, 3.0], [1.0, 0.0]], [0, 1, 1]
    for name in ("accuracy", "precision", "recall", "f1"):
        assert BY_NAME[name](np.array(outputs), np.array(targets)) == BY_NAME[name](outputs, targets)
        assert BY_NAME[name](np.array([1.0, -1.0]), np.array([[1], [0]])) == 1.0
        assert BY_NAME[name](np.array([[1.0], [-1.0]]), [1, 0]) == BY_NAME[name]([(1.0,), (-1.0,)], [1, 0]) == 1.0
    assert metrics.mae(np.array(outputs), np.array(outputs) + 1.0) == 1.0
    assert metrics.r2(np.array([1.0, 2.0, 4.0]), np.array([[1.0], [2.0], [3.0]])) == 0.5
