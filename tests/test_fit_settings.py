"""What fit takes beside the exact thing: names, single items, a share to hold out, weights of rows and classes."""

from __future__ import annotations

import functools
import math
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nn
from autograd import NonFiniteError, Value, log

X = [[0.1, 0.9], [0.8, 0.2], [0.4, -0.5], [-0.6, 0.3], [0.7, 0.7], [-0.2, -0.8]]
y = [1, 0, 0, 1, 1, 0]


def train(rows=X, targets=y, outputs=1, **changes):
    model = nn.MLP(2, [3, outputs], activation="tanh", seed=1)
    more = {"loss": "bce_with_logits", "optimizer": "sgd", "epochs": 4, **changes}
    return model, nn.fit(model, rows, targets, **more)


def numbers(model):
    return [p.data for p in model.parameters()]


# --- names and single items ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [nn.SGD, nn.Adam, nn.AdamW, nn.RMSprop, nn.AdaGrad])
def test_an_optimiser_by_name_is_the_one_with_its_usual_settings(kind):
    model = nn.MLP(2, [3, 1], activation="tanh", seed=1)
    nn.fit(model, X, y, loss="bce_with_logits", optimizer=kind(model.parameters()), epochs=4)
    for way in (kind.__name__, kind.__name__.lower(), kind):
        assert numbers(train(optimizer=way)[0]) == numbers(model)


def test_one_metric_and_one_callback_need_no_list():
    seen = []
    _, history = train(metrics="accuracy", callbacks=lambda history, model: seen.append(len(history.loss)))
    assert history.metrics == train(metrics=["accuracy"])[1].metrics
    assert seen == [1, 2, 3, 4]

    def right(outputs, targets):
        return float(len(outputs))

    assert train(metrics=right)[1].metrics == {"right": [6.0] * 4}
    model, _ = train()
    assert nn.evaluate(model, X, y, metrics="accuracy") == {"accuracy": nn.accuracy(model, X, y)}


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"optimizer": "adm"}, ValueError, "no optimizer 'adm': choose from sgd, adam, adamw, rmsprop, adagrad, or"),
        ({"optimizer": None}, ValueError, r"or give one: nn.Adam(model.parameters(), lr=0.01)"),
        ({"metrics": 3}, TypeError, "metrics are names, such as 'accuracy', or functions, or a list of them, not 3"),
        ({"callbacks": [nn.EarlyStopping]}, TypeError, "is none: give EarlyStopping(…), made with its settings"),
        ({"callbacks": nn.EarlyStopping}, TypeError, "is none: give EarlyStopping(…), made with its settings"),
        ({"callbacks": ["stop"]}, TypeError, "and 'stop' is none: give a function of the two"),
        ({"validation": X}, TypeError, "must be a pair (X, y), or a share of the rows such as 0.2, not [[0.1"),
        ({"validation": 1.0}, ValueError, "validation=1.0 of 6 row(s): to hold some out, give a share above 0 and"),
        ({"validation": 0}, ValueError, "validation=0 of 6 row(s)"),
        ({"validation": math.nan}, ValueError, "validation=nan of 6 row(s)"),
        ({"sample_weight": [1.0]}, ValueError, "one number for each of the 6 rows, and it has the shape (1,)"),
        ({"sample_weight": [1, 1, -2, 1, 1, 1]}, ValueError, "sample_weight, row 2 (from 0) is -2: a weight is 0 or"),
        ({"sample_weight": [0] * 6}, ValueError, "the weights of all rows are 0: there is nothing to learn from"),
        ({"sample_weight": [math.nan] * 6}, ValueError, "sample_weight, row 0 (from 0): nan teaches nothing"),
        ({"class_weight": "balance"}, ValueError, "or 'balanced', not 'balance'"),
        ({"class_weight": {2: 3.0}}, ValueError, "class_weight has a class 2, which is not in y: there are 0, 1"),
        ({"class_weight": {"1": 3.0}}, ValueError, "class_weight has a class '1', which is not in y"),
        ({"class_weight": {1: -3.0}}, ValueError, "class_weight of class 1 is -3.0: a weight is 0 or more"),
        ({"class_weight": {1: "a"}}, ValueError, "class_weight of class 1 is 'a': a weight is 0 or more"),
        (
            {"class_weight": "balanced", "targets": [0.5] * 6},
            ValueError,
            "is of classes, and y has numbers that are not whole: give sample_weight, one for each row",
        ),
        (
            {"class_weight": "balanced", "targets": [[0, 1]] * 6, "outputs": 2},
            ValueError,
            "is of classes, and y has several numbers in a row",
        ),
        ({"callbacks": nn.EarlyStopping(monitor="val_loss")}, ValueError, "is not recorded in this training, but"),
        ({"callbacks": nn.EarlyStopping(monitor="accuracy")}, ValueError, "give fit metrics=, such as 'accuracy', and"),
    ],
)  # fmt: skip
def test_what_is_not_meant_is_refused_with_what_to_type(changes, error, message):
    with pytest.raises(error, match=re.escape(message)):
        train(**changes)


# --- a share that is held out ----------------------------------------------------------------------------------


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize("seed", [None, 7])
def test_a_share_is_held_out_as_by_train_test_split(compiled, seed):
    rows, held, targets, held_targets = nn.train_test_split(X, y, 0.3, 0 if seed is None else seed)
    kinds = {"compiled": compiled, "metrics": "accuracy", "seed": 7}
    model, history = train(rows, targets, validation=(held, held_targets), **kinds)
    other, same = train(validation=0.3, **(kinds | {"seed": seed}))
    assert numbers(model) == numbers(other)
    assert history == same
    assert len(history.val_loss) == 4


@pytest.mark.parametrize("batch_size", [None, 2])
def test_a_row_that_goes_wrong_has_the_number_that_it_has_in_the_data(batch_size):
    bad = nn.train_test_split(range(6), y, 0.3)[0][0]  # one that stays
    rows = [list(row) for row in X]
    rows[bad][0] = -1e300

    class Root(nn.Module):
        def __init__(self):
            self.w = Value(1.0)

        def forward(self, row):
            return log(self.w * row[0] * 1e200 * self.w + 1e210)  # of the bad row log of -inf

    for compiled in (True, False):
        model = Root()
        with pytest.raises((NonFiniteError, ValueError, OverflowError), match=f"row {bad}:"):
            nn.fit(
                model, rows, y, loss="mse", optimizer="sgd", epochs=1, validation=0.3, batch_size=batch_size,
                compiled=compiled,
            )  # fmt: skip


def test_a_checkpoint_is_of_its_share_and_seed(tmp_path):
    file = {"checkpoint": tmp_path / "run.json", "batch_size": 2}
    straight = train(validation=0.3, seed=3, epochs=6, batch_size=2)
    train(validation=0.3, seed=3, epochs=3, **file)
    model, history = train(validation=0.3, seed=3, epochs=6, resume=True, **file)
    assert (numbers(model), history) == (numbers(straight[0]), straight[1])
    for other in ({"validation": 0.3, "seed": 4}, {"validation": 0.32, "seed": 3}):
        with pytest.raises(ValueError, match="its validation is"):
            train(epochs=9, resume=True, **other, **file)


# --- weights ---------------------------------------------------------------------------------------------------


@settings(max_examples=10, deadline=None)
@given(st.lists(st.integers(0, 3), min_size=6, max_size=6).filter(any), st.booleans())
def test_a_row_of_weight_2_is_two_rows_and_one_of_0_is_none(weights, compiled):
    rows, targets = ([x for x, n in zip(data, weights, strict=True) for _ in range(n)] for data in (X, y))
    model, history = train(sample_weight=weights, l2=0.1, compiled=compiled)
    other, wanted = train(rows, targets, l2=0.1, compiled=False)
    assert numbers(model) == pytest.approx(numbers(other), rel=1e-12)
    assert history.loss == pytest.approx(wanted.loss, rel=1e-12)
    scaled = train(sample_weight=[1e-3 * w for w in weights], l2=0.1, compiled=compiled)[1]
    assert scaled.loss == pytest.approx(history.loss, rel=1e-12)


@pytest.mark.parametrize(("loss", "outputs", "targets"), [
    ("cross_entropy", 3, [0, 1, 2, 0, 1, 0]), ("mse", 1, y), ("mse", 2, [[t, 1.0 - t] for t in y]), ("hinge", 1, y),
])  # fmt: skip
def test_compiled_weights_are_the_eager_ones_in_batches_too(loss, outputs, targets):
    made = {
        compiled: train(
            X, targets, outputs, loss=loss, sample_weight=[3, 1, 0.5, 0, 2, 1], batch_size=4, seed=2, compiled=compiled,
            validation=0.3, metrics="mae" if loss == "mse" else "accuracy",
        )
        for compiled in (True, False)
    }  # fmt: skip
    assert made[True][1].compiled is not None
    assert numbers(made[True][0]) == pytest.approx(numbers(made[False][0]), rel=1e-12)
    for name in ("loss", "val_loss"):
        assert getattr(made[True][1], name) == pytest.approx(getattr(made[False][1], name), rel=1e-12)


def test_a_batch_counts_each_row_by_its_weight_relative_to_the_mean_of_all():
    w = Value(2.0)

    class Scale(nn.Module):
        def __init__(self):
            self.w = w

        def forward(self, row):
            return self.w * row[0]

    xs, ts, weights = np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.0, 0.0, 2.0, 1.0]), np.array([1.0, 2.0, 4.0, 1.0])
    optimizer = nn.SGD([w], lr=0.01)
    nn.fit(Scale(), xs, ts, loss="mse", optimizer=optimizer, epochs=1, batch_size=2, seed=5, sample_weight=weights)

    class Order(nn.Module):
        def __init__(self):
            self.w, self.seen = Value(0.0), []

        def forward(self, row):
            self.seen.append(int(row[0]) - 1)
            return self.w * row[0]

    order = Order()
    nn.fit(order, xs, ts, loss="mse", optimizer="sgd", epochs=1, batch_size=2, seed=5, compiled=False)
    by_hand, rows = 2.0, order.seen[-4:]
    for batch in (rows[:2], rows[2:]):
        slope = 2.0 * (by_hand * xs[batch] - ts[batch]) * xs[batch]
        by_hand -= 0.01 * (weights[batch] / weights.mean() * slope).mean()
    assert w.data == pytest.approx(by_hand, rel=1e-14)


@pytest.mark.parametrize("compiled", [True, False])
def test_class_weights_are_those_of_the_rows_of_a_class(compiled):
    few = functools.partial(train, targets=[1, 0, 0, 0, 0, 0], compiled=compiled)
    by_class = few(class_weight={1: 5.0})[1].loss
    assert by_class == pytest.approx(few(sample_weight=[5, 1, 1, 1, 1, 1])[1].loss, rel=1e-12)
    # As in scikit-learn: rows / (classes · rows of the class), 6 / (2 · 1) and 6 / (2 · 5).
    assert few(class_weight="balanced")[1].loss == pytest.approx(by_class, rel=1e-12)
    both = few(class_weight={1: 5.0}, sample_weight=[1, 2, 0, 1, 1, 1])[1].loss
    assert both == pytest.approx(few(sample_weight=[5, 2, 0, 1, 1, 1])[1].loss, rel=1e-12)


def test_balanced_classes_weigh_the_same_by_the_weights_of_their_rows():
    weights = [4.0, 2.0, 1.0, 1.0, 1.0, 0.0]  # of class 1: 6, of class 0: 3
    balanced = train(class_weight="balanced", sample_weight=weights)[1].loss
    wanted = [w / (6.0 if t else 3.0) for w, t in zip(weights, y, strict=True)]
    assert balanced == pytest.approx(train(sample_weight=wanted)[1].loss, rel=1e-12)


def test_weights_count_in_the_loss_of_what_is_held_out_and_in_no_metric():
    weights = [1.0, 5.0, 2.0, 3.0, 4.0, 6.0]
    kept, held, held_targets = [nn.train_test_split(data, y, 0.3)[i] for data, i in ((weights, 0), (X, 1), (X, 3))]
    model, history = train(validation=0.3, sample_weight=weights, metrics="accuracy")
    of_held = nn.train_test_split(weights, y, 0.3)[1]
    losses = [nn.evaluate(model, [x], [t], loss="bce_with_logits") for x, t in zip(held, held_targets, strict=True)]
    assert len(kept) == 4
    assert history.val_loss[-1] == pytest.approx(np.average(losses, weights=of_held), rel=1e-12)
    assert history.val_metrics["accuracy"][-1] == nn.accuracy(model, held, held_targets)
    pair = train(validation=(X, y), sample_weight=weights, class_weight={1: 2.0})
    losses = [nn.evaluate(pair[0], [x], [t], loss="bce_with_logits") for x, t in zip(X, y, strict=True)]
    assert pair[1].val_loss[-1] == pytest.approx(np.average(losses, weights=[1 + t for t in y]), rel=1e-12)


def test_a_checkpoint_of_a_weighted_training_is_no_other_one(tmp_path):
    train(checkpoint=tmp_path / "run.json", class_weight={1: 5.0}, epochs=1)
    with pytest.raises(ValueError, match="its loss is weighted bce_with_logits, and here it is bce_with_logits"):
        train(checkpoint=tmp_path / "run.json", resume=True)


# --- early stopping by what is recorded ------------------------------------------------------------------------


class Number(nn.Module):
    def __init__(self):
        self.x = Value(0.0)


def stopped_at(stopping, **lists):
    """(the epoch at which it stops, the parameter in the end), where each epoch's parameter is its number."""
    model, history = Number(), nn.History()
    length = len(next(iter(lists.values())))
    for epoch in range(length):
        model.x.data = float(epoch)
        history.loss.append(1.0)
        for name, xs in lists.items():
            kept = history.val_metrics if name.startswith("val_") else history.metrics
            kept.setdefault(name.removeprefix("val_"), []).append(xs[epoch])
        if stopping(history, model):
            break
    stopping.end(history, model)
    return epoch, model.x.data


@pytest.mark.parametrize("name", ["accuracy", "val_accuracy", "val_r2", "f1", "roc_auc_score"])
def test_of_some_metrics_more_is_better(name):
    stopping = nn.EarlyStopping(2, monitor=name)
    assert stopped_at(stopping, **{name: [0.1, 0.9, 0.8, 0.9, 1.0]}) == (3, 1.0)
    assert stopping.best == 0.9


@pytest.mark.parametrize("name", ["mae", "val_mae", "zero_one_loss", "distance"])
def test_of_others_less_is_better(name):
    assert stopped_at(nn.EarlyStopping(2, monitor=name), **{name: [0.9, 0.1, 0.2, 0.1, 0.0]}) == (3, 1.0)


def test_a_mode_says_what_is_better():
    assert stopped_at(nn.EarlyStopping(2, monitor="hits", mode="max"), hits=[1.0, 3.0, 2.0, 2.0]) == (3, 1.0)
    assert stopped_at(nn.EarlyStopping(2, monitor="accuracy", mode="min"), accuracy=[0.3, 0.1, 0.2, 0.3]) == (3, 1.0)
    with pytest.raises(ValueError, match="mode must be 'min' or 'max', what is better of hits, not 'up'"):
        nn.EarlyStopping(monitor="hits", mode="up")


def test_fit_stops_by_a_metric_and_gives_the_best_model_back():
    rows, targets = nn.datasets.moons(80, noise=0.3, seed=2)
    model, history = train(
        rows, targets, loss="hinge", optimizer="adam", epochs=400, validation=0.25, metrics="accuracy",
        callbacks=nn.EarlyStopping(20, monitor="val_accuracy"),
    )  # fmt: skip
    scores = history.val_metrics["accuracy"]
    assert len(scores) < 400
    assert len(scores) == scores.index(max(scores)) + 21
    _, held, _, held_targets = nn.train_test_split(rows, targets, 0.25)
    assert nn.accuracy(model, held, held_targets) == max(scores)


def test_early_stopping_by_a_metric_goes_on_from_a_checkpoint(tmp_path):
    def run(epochs, **more):
        stopping = nn.EarlyStopping(50, monitor="accuracy")
        return train(epochs=epochs, metrics="accuracy", callbacks=stopping, optimizer="adam", **more), stopping

    (model, history), stopping = run(8)
    file = tmp_path / "run.json"
    run(3, checkpoint=file)
    (again, same), other = run(8, checkpoint=file, resume=True)
    assert (numbers(again), same, other.best, other.waited) == (
        numbers(model), history, stopping.best, stopping.waited
    )  # fmt: skip


# --- one threshold ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("loss", ["hinge", "bce_with_logits", "mse"])
def test_the_accuracy_that_fit_records_is_that_of_evaluate_and_of_accuracy(loss):
    rows, targets = nn.datasets.xor(40, noise=0.2, seed=3)
    model, history = train(rows, [float(t > 0) for t in targets], loss=loss, metrics="accuracy", optimizer="adam")
    classes = [float(t > 0) for t in targets]
    measured = {nn.accuracy(model, rows, classes), nn.metrics.accuracy(nn.predict(model, rows), classes)}
    measured |= {nn.evaluate(model, rows, classes, metrics="accuracy")["accuracy"], history.metrics["accuracy"][-1]}
    assert len(measured) == 1


# --- rows of unequal length ------------------------------------------------------------------------------------


class Scaled(nn.Module):
    """w·x for each number of the row."""

    def __init__(self):
        self.w = Value(0.5)

    def forward(self, row):
        return [self.w * x for x in row]


@pytest.mark.parametrize("compiled", [True, False])
def test_rows_of_unequal_length_are_held_out_and_weighted_too(compiled):
    rows = [[1.0], [1.0, 2.0], [3.0], [2.0, 1.0, 1.0], [0.5, 1.5], [1.0, 1.0]]
    targets = [[2.0 * x for x in row] for row in rows]
    weights = [1, 0, 2, 1, 1, 3]

    def run(rows, targets, **more):
        model = Scaled()
        history = nn.fit(model, rows, targets, loss="mse", optimizer="sgd", epochs=3, compiled=compiled, **more)
        return model.w.data, history.loss, history.val_loss

    repeated = [[x for x, n in zip(data, weights, strict=True) for _ in range(n)] for data in (rows, targets)]
    (w, losses, _), (wanted, of_repeated, _) = run(rows, targets, sample_weight=weights), run(*repeated)
    assert [w, *losses] == pytest.approx([wanted, *of_repeated], rel=1e-12)
    kept, held, kept_targets, held_targets = nn.train_test_split(rows, targets, 0.3)
    assert run(rows, targets, validation=0.3) == run(kept, kept_targets, validation=(held, held_targets))
