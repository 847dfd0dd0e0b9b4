"""What people type by habit or by mistake: each is taken, or answered by one sentence with a cure."""

from __future__ import annotations

import importlib.util
import math
import random

import numpy as np
import pytest

import autograd
import nn
from autograd import Value, grad, grad_of, hvp, jit, jvp

HAS_SKLEARN = importlib.util.find_spec("sklearn") is not None  # whose estimators ours are

X, y = [[0.0, 1.0], [1.0, 0.0], [1.0, 1.0], [0.0, 0.0]], [1.0, 1.0, 0.0, 0.0]


def model():
    return nn.MLP(2, [4, 1], seed=1)


def fitted(**settings):
    return nn.fit(model(), X, y, **{"loss": "mse", "optimizer": "adam", "epochs": 3, **settings})


class Spelled(nn.Module):
    """A letter and its neighbour, looked up."""

    def __init__(self):
        self.table = nn.Embedding(5, 3, seed=1)
        self.out = nn.Layer(6, 1, activation="linear", seed=1)

    def forward(self, x):
        return self.out([*self.table(x[0]), *self.table(x[1])])


class Indexed(nn.Module):
    """A number of a row as the index of a list, which it cannot be."""

    def __init__(self):
        self.table = [Value(0.0), Value(1.0)]

    def forward(self, x):
        return self.table[x[0]] * 1.0


def trained(made, rows):
    return nn.fit(made, rows, [1.0] * len(rows), loss="mse", optimizer="sgd", epochs=1)


# --- taken -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [np.int64, np.uint8, int])
def test_whole_numbers_of_numpy_are_counts_and_seeds(kind, tmp_path):
    two, three = kind(2), kind(3)
    history = fitted(
        epochs=three, batch_size=two, seed=three, every=two, checkpoint=tmp_path / "state.json",
        callbacks=nn.EarlyStopping(patience=three),
    )  # fmt: skip
    assert history.loss == fitted(epochs=3, batch_size=2, seed=3).loss
    made = nn.MLP(two, [three, kind(1)], seed=three)
    assert made.state_dict() == nn.MLP(2, [3, 1], seed=3).state_dict()
    assert nn.Embedding(three, two, seed=two).state_dict() == nn.Embedding(3, 2, seed=2).state_dict()
    assert nn.datasets.moons(kind(9), seed=three) == nn.datasets.moons(9, seed=3)
    assert nn.train_test_split(X, y, 0.5, two) == nn.train_test_split(X, y, 0.5, 2)
    assert [*nn.batches(X, y, two, seed=two)] == [*nn.batches(X, y, 2, seed=2)]
    assert [nn.Dropout(0.5, seed=two)(1.0) for _ in range(3)] == [nn.Dropout(0.5, seed=2)(1.0) for _ in range(3)]
    assert grad(lambda a, b: a * b, argnums=kind(1))(2.0, 5.0) == 2.0
    assert str(autograd.draw(model()(X[0]), depth=kind(1))) == str(autograd.draw(model()(X[0]), depth=1))


def test_a_single_number_is_a_row_of_one():
    made = nn.MLP(1, [3, 1], seed=1)
    assert made(0.5).data == made([0.5]).data == nn.predict(made, [0.5])[0]
    assert nn.Neuron(1, activation="tanh")(0.0).data == 0.0


def test_settings_say_what_they_are():
    assert repr(nn.EarlyStopping()) == "EarlyStopping(patience=10, min_delta=0.0)"
    assert repr(nn.EarlyStopping(3, monitor="val_accuracy")).endswith(", monitor='val_accuracy', mode='max')")
    assert repr(nn.StopBelow(0.5)) == "StopBelow(0.5)"
    assert repr(jit(math.sin)) == "jit(<built-in function sin>)"
    plain = [
        name
        for package in (autograd, nn)
        for name in package.__all__
        if isinstance(kind := getattr(package, name), type) and kind.__repr__ is object.__repr__
        and (HAS_SKLEARN or name not in ("StepClassifier", "StepRegressor"))
    ]  # fmt: skip
    assert sorted(plain) == ["Module", "Scoped"]  # bases, which have nothing of their own to show


# --- answered --------------------------------------------------------------------------------------------------

ANSWERS = {
    "v.note": (lambda: setattr(Value(1.0), "note", "x"), AttributeError, r"no room .* v\.label .* notes\[v\] = "),
    "Value(2.0, v)": (lambda: Value(2.0, Value(1.0)), TypeError, r"_children, a tuple of Values, not Value\("),
    "epochs=5.0": (
        lambda: fitted(epochs=5.0),
        ValueError,
        r"fit: epochs must be a whole number of at least 1, not 5\.0",
    ),
    "seed=1.5": (lambda: nn.MLP(2, [1], seed=1.5), ValueError, r"seed must be a whole number, not 1\.5"),
    "patience": (lambda: nn.EarlyStopping("3"), ValueError, "patience must be a whole number of at least 1, not '3'"),
    "MLP(2.0)": (lambda: nn.MLP(2.0, [1]), ValueError, r"nin, the number of inputs, must be .* not 2\.0"),
    "fit(lr=)": (lambda: fitted(lr=0.1), TypeError, r"no argument 'lr': it belongs to the optimizer.*nn\.Adam\("),
    "loss='MSE'": (lambda: fitted(loss="MSE"), ValueError, "no loss 'MSE'.* Did you mean 'mse'"),
    "Keras' name": (lambda: fitted(loss="binary_crossentropy"), ValueError, "Did you mean 'bce'"),
    "l2='a'": (lambda: fitted(l2="a"), TypeError, "expected a real number .*, not str: 'a'"),
    "lr='x'": (lambda: nn.SGD(model().parameters(), lr="x"), ValueError, "SGD: lr must not be negative, it is 'x'"),
    "schedule=0.1": (lambda: fitted(schedule=0.1), TypeError, r"0\.1 is none: give one, nn\.CosineDecay"),
    "a class of schedules": (lambda: fitted(schedule=nn.StepDecay), TypeError, r"give StepDecay\(…\), made with its"),
    "fit([model])": (
        lambda: nn.fit([model()], X, y, loss="mse", optimizer="adam", epochs=1),
        TypeError,
        "fit: the model comes first",
    ),
    "save(path, model)": (lambda: nn.save("model.json", model()), TypeError, r"save\(model, 'model\.json'\)"),
    "model(1.0)": (lambda: model()(1.0), ValueError, r"Layer\(2, 4, .*\) takes 2 inputs and was given 1$"),
    "model(table)": (lambda: model()(np.ones((2, 2))), ValueError, r"given 2 rows: nn\.predict\(model, X\) takes many"),
    "table([1, 2])": (lambda: nn.Embedding(5, 2)([1, 2]), ValueError, r"takes one index and was given 2"),
    "classes from 1": (
        lambda: nn.fit(nn.MLP(2, [3]), X, [1, 2, 3, 1], loss="cross_entropy", optimizer="adam", epochs=1),
        ValueError,
        r"target 2 \(3\.0\): .*: classes are counted from 0, one for each output",
    ),
    "bce of any number": (lambda: fitted(loss="bce"), ValueError, r"log of -0\..*output_activation='sigmoid', or give"),
    "grad_of(y, x)": (lambda: grad_of(Value(1.0), Value(2.0)), TypeError, r"\(dx,\) = grad_of\(y, \[x\]\)"),
    "jvp(f, x, t)": (lambda: jvp(lambda x: x, 3.0, 1.0), TypeError, r"jvp\(f, \(x,\), \(1\.0,\)\), not 3\.0 and 1\.0"),
    "hvp(f, x, t)": (lambda: hvp(lambda x: x, 3.0, 1.0), TypeError, "jvp and hvp take a tuple of the arguments"),
    "hvp of a list": (
        lambda: hvp(lambda x: x[0] * x[1], [1.0, 2.0], [1.0, 0.0]),
        TypeError,
        r"takes 1 positional argument but 2 were given: .* for one that is a list write \(\[\.\.\.\],\)",
    ),
    "explain(root, x)": (
        lambda: autograd.explain(3.0 * (x := Value(2.0, label="x")), x),
        ValueError,
        r"computed from 'x' = 2\.0, and not .*: explain\(x, root\) takes first",
    ),
    "mean(3)": (lambda: autograd.mean(3), TypeError, "mean takes a list of numbers and Values, not 3"),
    "total(v)": (lambda: autograd.total(Value(1.0)), TypeError, r"total takes a list .*, not Value\("),
    "dot(v, w)": (lambda: autograd.dot(Value(1.0), Value(1.0)), TypeError, "dot takes a list"),
    "jacrev": (lambda: autograd.jacrev, AttributeError, r"use jacobian\(f\)"),
    "xs[i] of a row": (lambda: trained(Indexed(), [[1], [0]]), TypeError, r"row 0: .*autograd\.pick\(xs, i\)"),
    "Dropout('a')": (lambda: nn.Dropout("a"), TypeError, "not str: 'a'"),
    "CosineDecay('a')": (lambda: nn.CosineDecay("a"), TypeError, "not str: 'a'"),
    "moons(10.5)": (lambda: nn.datasets.moons(10.5), ValueError, r"n must be a whole number of at least 1, not 10\.5"),
}


@pytest.mark.parametrize("typed", ANSWERS)
def test_the_answer_is_a_sentence_with_a_cure(typed):
    call, error, message = ANSWERS[typed]
    with pytest.raises(error, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize("index", [7.0, -1.0, 2.5])
def test_an_index_out_of_range_is_told_with_its_row_and_place(index, compiled):
    rows, where = [[1.0, 2.0], [3.0, 0.0], [4.0, index]], r"row 2, number 1 \(from 0\): Embedding\(5, 3\) has no row "
    settings = {"loss": "mse", "optimizer": "sgd", "epochs": 2, "compiled": compiled}
    with pytest.raises(IndexError, match=f"fit: epoch 1, {where}{index}"):
        nn.fit(Spelled(), rows, [1.0] * 3, **settings)
    with pytest.raises(IndexError, match=where):
        nn.predict(Spelled(), rows if compiled else np.array(rows))
    lengths = [[1.0, 2.0], [3.0, 0.0, 4.0], [2.0, index]]
    with pytest.raises(IndexError, match=f"fit: epoch 1, {where}"):
        nn.fit(Spelled(), lengths, [1.0] * 3, **settings)


def test_a_generator_of_ones_own_draws_what_its_seed_draws():
    assert nn.Layer(2, 3, rng=random.Random(4)).state_dict() == nn.Layer(2, 3, seed=4).state_dict()
