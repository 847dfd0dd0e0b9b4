"""Standardize: the means and deviations of data, kept with the model and never trained."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nn
from autograd import Value, draw

X = [[1.0, -200.0, 5.0], [3.0, 400.0, 5.0], [8.0, 100.0, 5.0]]
Y = [100.0, 900.0, 350.0]


def outputs(module, rows):
    return [[y.data for y in nn.modules.as_list(module(row))] for row in rows]


def scaled_model(**settings) -> nn.Sequential:
    return nn.Sequential(nn.Standardize(X), nn.MLP(3, [4, 1], seed=1, **settings), nn.Standardize(Y).inverse())


def numbers(model):
    """The means and deviations in a model, by their names."""
    parameters = model.named_parameters()
    return {name: value for name, value in model.named_leaves().items() if name not in parameters}


# --- what it computes --------------------------------------------------------------------------------------------


@settings(max_examples=100, deadline=None)
@given(
    st.integers(1, 4).flatmap(
        lambda width: st.lists(
            st.lists(st.floats(-1e6, 1e6).map(lambda x: round(x, 3)), min_size=width, max_size=width), min_size=2
        )
    )
)
def test_it_gives_what_the_function_gives_to_the_last_bit(rows):
    assert outputs(nn.Standardize(rows), rows) == nn.standardize(rows)


def test_the_numbers_are_the_mean_and_deviation_of_each_column():
    scale, table = nn.Standardize(X), np.array(X)
    assert [m.data for m in scale.mean] == pytest.approx(table.mean(axis=0).tolist(), rel=1e-15)
    assert [d.data for d in scale.deviation] == pytest.approx(table.std(axis=0).tolist(), rel=1e-15)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(-1e9, 1e9).map(lambda x: round(x, 2)), min_size=2), st.floats(-1e9, 1e9))
def test_the_inverse_gives_the_units_back(targets, x):
    scale = nn.Standardize(targets)
    back = scale.inverse()(scale(x)).data
    constant = len({*targets}) == 1
    assert back == pytest.approx(
        targets[0] if constant else x, rel=1e-9, abs=1e-9 * max(map(abs, [x, *targets])) + 1e-6
    )
    assert outputs(scale.inverse().inverse(), [[x]]) == outputs(scale, [[x]])


def test_a_column_that_is_constant_gives_0_whatever_comes_in():
    assert (
        outputs(nn.Standardize(X), [[1.0, 0.0, 1e300], [1.0, 0.0, -7.0]])
        == [[pytest.approx(-1.0190493307301363), pytest.approx(-0.4082482904638631), 0.0]] * 2
    )


@pytest.mark.parametrize("size", [1e-200, 1e200])
def test_no_square_overflows_or_vanishes(size):
    assert outputs(nn.Standardize([-size, size]), [[size]]) == [[pytest.approx(1.0)]]


def test_arrays_frames_and_integers_are_learned_from():
    pandas = pytest.importorskip("pandas")
    expected = nn.Standardize(X).state_dict()
    assert nn.Standardize(np.array(X)).state_dict() == expected
    assert nn.Standardize(pandas.DataFrame(X)).state_dict() == expected
    assert nn.Standardize([[int(x) for x in row] for row in X]).state_dict() == expected


def test_a_single_column_takes_a_number_and_gives_one():
    scale = nn.Standardize(Y)
    assert isinstance(scale(100.0), Value)
    assert scale([100.0]).data == scale(100.0).data


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        ([[1.0, 2.0], [3.0, math.nan]], ValueError, r"the data of Standardize, row 1, column 1 \(from 0\): nan"),
        ([[1.0, 2.0], [None, 4.0]], TypeError, r"row 1, column 0 \(from 0\): .*it is missing"),
        ([[1.0, 2.0], [3.0, "x"]], TypeError, r"row 1, column 1 \(from 0\)"),
        ([[1.0, 2.0], [3.0]], ValueError, "row 1 .* has 1 number, row 0 has 2 numbers"),
        ([[1.0, 2.0]], ValueError, "two rows or more"),
        ([], ValueError, "is empty"),
        (0, ValueError, "at least one column, not 0"),
        (2.5, TypeError, "must be a list of rows or of numbers, not float"),
    ],
)
def test_bad_data_are_refused_with_their_place(data, error, message):
    with pytest.raises(error, match=message):
        nn.Standardize(data)


def test_a_row_of_another_width_is_refused():
    with pytest.raises(ValueError, match=r"Standardize\(3\) takes 3 numbers and was given 2"):
        nn.Standardize(X)([1.0, 2.0])


# --- frozen ------------------------------------------------------------------------------------------------------


def test_the_numbers_are_no_parameters_and_stay_frozen():
    model = scaled_model()
    assert len(model.parameters()) == len(nn.MLP(3, [4, 1]).parameters())
    assert [*numbers(model)] == [
        *(f"layers.0.{what}.{i}" for what in ("mean", "deviation") for i in range(3)), "layers.2.mean.0",
        "layers.2.deviation.0",
    ]  # fmt: skip
    model.freeze().unfreeze()
    assert not any(value.requires_grad for value in numbers(model).values())
    assert all(parameter.requires_grad for parameter in model.parameters())


@pytest.mark.parametrize("compiled", [True, False])
def test_a_training_leaves_them_alone_and_penalties_do_not_count_them(compiled):
    model, plain = scaled_model(activation="tanh"), nn.MLP(3, [4, 1], activation="tanh", seed=1)
    before = {name: value.data for name, value in numbers(model).items()}
    settings = {"epochs": 5, "l2": 0.1}
    optimizer = nn.SGD(model.parameters(), lr=1e-3)
    history = nn.fit(model, X, Y, loss="mae", optimizer=optimizer, compiled=compiled, **settings)
    assert {name: value.data for name, value in numbers(model).items()} == before
    # The same steps by hand: over scaled data; mae in the units of the targets is deviation times that of the scaled.
    deviation = float(np.std(Y))
    rows, targets = nn.standardize(X), nn.standardize(Y)
    theirs = nn.fit(
        plain, rows, targets, loss=lambda p, t: abs(p - t) * deviation, optimizer=nn.SGD(plain.parameters(), lr=1e-3),
        compiled=False, **settings,
    )  # fmt: skip
    assert history.loss == pytest.approx(theirs.loss, rel=1e-12)
    assert (history.compiled is not None) == compiled


# --- kept --------------------------------------------------------------------------------------------------------


class Own(nn.Module):
    """A class that no file can build: what it learned from data is filled in all the same."""

    def __init__(self, data):
        self.scale, self.inner = nn.Standardize(data), nn.MLP(3, [2, 1], seed=1)

    def forward(self, x):
        return self.inner(self.scale(x))


def test_another_process_needs_the_file_alone(tmp_path):
    model = scaled_model()
    nn.save(model, tmp_path / "model.json")
    program = f"import nn; print(nn.predict(nn.load('model.json'), {X}))"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(Path(nn.__file__).parents[1])!r}); {program}"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == str(nn.predict(model, X))


def test_the_numbers_go_into_a_class_of_the_users_own(tmp_path):
    model, other = Own(X), Own(3)
    nn.save(model, tmp_path / "model.json")
    assert nn.predict(nn.load(tmp_path / "model.json", into=other), X) == nn.predict(model, X)


def test_a_checkpoint_keeps_them(tmp_path):
    model, other = Own(X), Own(3)
    for each in (model, other):
        nn.fit(
            each, X, Y, loss="mae", optimizer=nn.Adam(each.parameters(), lr=0.1), epochs=3, resume=each is other,
            checkpoint=tmp_path / "run.json", callbacks=[nn.EarlyStopping()],
        )  # fmt: skip
    assert other.state_dict() == model.state_dict()


def test_pictures_name_them_and_show_them_in_their_module():
    loss = scaled_model()(X[0])
    assert "mean[2]" in str(draw(loss))
    assert [line.split()[0] for line in str(draw(loss, depth=1)).splitlines()] == [
        "layers.0",
        "layers.1(layers.0)",
        "layers.2(layers.1)",
    ]
    assert "(x − mean) / deviation" in str(draw(scaled_model()))
