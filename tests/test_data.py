"""Standardising, splitting, batching and checking data, with NumPy and the statistics module as references."""

import fractions
import math
import random
import statistics
from collections import Counter

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from autograd import Value
from nn import batches, standardize, train_test_split
from nn.samples import check_data, check_rows

NUMBERS = st.floats(-1e6, 1e6).map(lambda x: round(x, 6))


def tables(min_rows=1):
    return st.integers(1, 4).flatmap(
        lambda width: st.lists(st.lists(NUMBERS, min_size=width, max_size=width), min_size=min_rows, max_size=12)
    )


# --- standardize -------------------------------------------------------------------------------------------


@given(table=tables(min_rows=2))
def test_every_column_gets_mean_0_and_deviation_1(table):
    for before, after in zip(zip(*table, strict=True), zip(*standardize(table), strict=True), strict=True):
        if min(before) == max(before):
            assert after == (0.0,) * len(table)
        else:
            assume(max(before) - min(before) > 1e-6 * max(map(abs, before)))
            assert statistics.fmean(after) == pytest.approx(0.0, abs=1e-9)
            assert statistics.pstdev(after) == pytest.approx(1.0, rel=1e-9)


def test_the_others_go_through_the_numbers_of_the_training_rows():
    rng = np.random.default_rng(0)
    train, test, new = (rng.normal(5, 3, (n, 3)) for n in (20, 7, 1))
    results = standardize(train, test, new)
    assert len(results) == 3
    for rows, scaled in zip((train, test, new), results, strict=True):
        np.testing.assert_allclose(scaled, (rows - train.mean(axis=0)) / train.std(axis=0), rtol=1e-12, atol=1e-12)


def test_one_argument_gives_one_list_and_several_a_tuple():
    assert standardize([[0.0], [2.0]]) == [[-1.0], [1.0]]
    assert standardize([[0.0], [2.0]], [[3.0]]) == ([[-1.0], [1.0]], [[2.0]])


def test_a_flat_list_is_one_column_and_stays_flat():
    assert standardize([0, 2], (5, 1)) == ([-1.0, 1.0], [4.0, 0.0])
    assert standardize(np.array([0, 2])).tolist() == [-1.0, 1.0]


@pytest.mark.parametrize("constant", [0.0, 0.1, 1e300, -7.0])
def test_a_column_constant_in_training_becomes_0_everywhere(constant):
    train, test = standardize([[constant, 1.0]] * 2 + [[constant, 4.0]], [[3.0, 2.0], [constant, 2.0]])
    assert [row[0] for row in train + test] == [0.0] * 5


def test_numbers_whose_squares_overflow_or_vanish_are_standardised_all_the_same():
    for scale in (1e300, 1e-300):
        assert standardize([-scale, scale, scale, -scale]) == pytest.approx([-1.0, 1.0, 1.0, -1.0])


def test_the_rows_given_are_left_as_they_were():
    rows = [[1.0, 2.0], [3.0, 4.0]]
    standardize(rows, rows)
    assert rows == [[1.0, 2.0], [3.0, 4.0]]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([[1.0, 2.0]], [[1.0]]), "one width, not of 2 numbers and 1 number"),
        (([[1.0, 2.0]], [0, 1]), "one width, not of 2 numbers and a single number"),
        (([[1.0], [math.inf]],), "argument 1 of standardize, row 1, column 0 .*inf"),
        (([[1.0]], [[math.nan]]), "argument 2 of standardize, row 0, column 0 .*nan"),
        (([],), "argument 1 of standardize is empty"),
    ],
)
def test_rows_that_do_not_match_or_are_no_data_cannot_be_standardised(arguments, message):
    with pytest.raises(ValueError, match=message):
        standardize(*arguments)


# --- train_test_split --------------------------------------------------------------------------------------


@given(n=st.integers(2, 200), test=st.floats(0.001, 0.999), seed=st.integers())
def test_every_row_is_in_exactly_one_part_beside_its_target(n, test, seed):
    X, y = [[float(i)] for i in range(n)], [f"target {i}" for i in range(n)]
    X_train, X_test, y_train, y_test = train_test_split(X, y, test, seed)
    assert Counter(x for (x,) in X_train + X_test) == Counter(range(n))
    assert y_train == [f"target {x:.0f}" for (x,) in X_train]
    assert y_test == [f"target {x:.0f}" for (x,) in X_test]
    assert 1 <= len(X_test) <= n - 1
    assert abs(len(X_test) - n * test) <= 1
    assert train_test_split(X, y, test, seed) == (X_train, X_test, y_train, y_test)


def test_a_quarter_is_held_back_if_nothing_is_said():
    X_train, X_test, y_train, y_test = train_test_split(range(100), range(100))
    assert [len(part) for part in (X_train, X_test, y_train, y_test)] == [75, 25, 75, 25]


def test_the_split_is_shuffled_by_its_seed():
    parts = [train_test_split(range(50), range(50), seed=seed)[0] for seed in range(20)]
    assert all(part != sorted(part) for part in parts)
    assert len({tuple(part) for part in parts}) == 20


def test_over_many_seeds_every_row_is_held_back_equally_often():
    held = Counter(i for seed in range(2000) for i in train_test_split(range(8), range(8), seed=seed)[1])
    expected, deviation = 500, math.sqrt(2000 * 0.25 * 0.75)
    assert all(abs(held[i] - expected) < 5 * deviation for i in range(8))


@pytest.mark.parametrize("test", [0, 0.0, 1, 1.0, -0.1, 1.5, 20, math.nan])
def test_a_fraction_that_is_none_is_refused(test):
    with pytest.raises(ValueError, match="fraction between 0 and 1"):
        train_test_split([[1.0], [2.0], [3.0]], [1, 2, 3], test=test)


def test_a_split_needs_two_rows_and_a_target_for_each():
    with pytest.raises(ValueError, match="2 rows or more"):
        train_test_split([[1.0]], [1])
    with pytest.raises(ValueError, match="X has 2 rows but y has 3 targets"):
        train_test_split([[1.0], [2.0]], [1, 2, 3])


# --- batches -----------------------------------------------------------------------------------------------


@given(n=st.integers(0, 50), batch_size=st.integers(1, 60), shuffle=st.booleans(), seed=st.integers())
def test_batches_cover_each_row_once_beside_its_target_and_only_the_last_is_smaller(n, batch_size, shuffle, seed):
    X, y = [[float(i)] for i in range(n)], list(range(n))
    got = list(batches(X, y, batch_size, shuffle=shuffle, seed=seed))
    sizes = [len(rows) for rows, _ in got]
    assert sizes == [batch_size] * (n // batch_size) + ([n % batch_size] if n % batch_size else [])
    targets = [target for _, batch in got for target in batch]
    assert [[float(target)] for target in targets] == [row for rows, _ in got for row in rows]
    assert sorted(targets) == y
    if not shuffle:
        assert targets == y


def order(**options):
    return [target for _, batch in batches(range(40), range(40), 7, **options) for target in batch]


def test_an_int_seed_gives_the_same_order_again_and_another_another():
    assert order(seed=1) == order(seed=1)
    assert order(seed=1) != order(seed=2)
    assert order() == order(seed=0)
    assert order() != list(range(40))


def test_a_generator_of_ones_own_goes_on_from_epoch_to_epoch():
    rng = random.Random(4)
    first, second = order(seed=rng), order(seed=rng)
    assert first != second
    assert first == order(seed=4)


def test_bad_batches_are_refused_at_the_call_not_at_the_first_batch():
    with pytest.raises(ValueError, match="batch_size must be a whole number of at least 1, not 0"):
        batches([[1.0]], [1], 0)
    with pytest.raises(ValueError, match="X has 1 rows but y has 2 targets"):
        batches([[1.0]], [1, 2], 1)


# --- check_data --------------------------------------------------------------------------------------------


@given(table=tables())
def test_good_data_of_any_kind_comes_out_as_lists_of_floats(table):
    y = [sum(row) for row in table]
    for X in (table, tuple(map(tuple, table)), np.array(table), list(np.array(table)), map(iter, table)):
        for targets in (y, np.array(y), iter(y)):
            if isinstance(X, map):
                X = map(iter, table)
            rows, numbers = check_data(X, targets)
            assert rows.tolist() == table
            assert numbers.tolist() == y
            assert rows.dtype == numbers.dtype == float


@pytest.mark.parametrize(
    "number", [3, True, np.float32(3), np.int64(3), np.bool_(True), fractions.Fraction(3, 2), -0.0]
)
def test_every_kind_of_real_number_is_taken(number):
    rows, targets = check_data([[number]], [number])
    assert rows.dtype == targets.dtype == float
    assert rows.tolist() == [[number]]
    assert targets.tolist() == [number]


def test_a_row_that_is_one_number_becomes_a_row_of_one_and_targets_keep_their_shape():
    for y, wanted in (([3, 4], [3.0, 4.0]), ([[3, 5], [4, 6]], [[3.0, 5.0], [4.0, 6.0]])):
        rows, targets = check_data([1, 2], y)
        assert rows.tolist() == [[1.0], [2.0]]
        assert targets.tolist() == wanted


def test_of_lists_a_copy_is_returned():
    X, y = [[1.0, 2.0]], [[3.0]]
    rows, targets = check_data(X, y)
    rows[0, 0] = targets[0, 0] = 9.0
    assert (X, y) == ([[1.0, 2.0]], [[3.0]])


@pytest.mark.parametrize(
    ("X", "y", "error", "message"),
    [
        ([[1.0], [2.0]], [1], ValueError, "X has 2 rows but y has 1 targets"),
        ([], [], ValueError, "X is empty"),
        ([[1.0]], [], ValueError, "y is empty"),
        (np.zeros((0, 3)), [], ValueError, "X is empty"),
        ([[], []], [1, 2], ValueError, "X, row 0 .* has 0 numbers"),
        ([[1, 2], [], [1, 2, 3]], [1, 2, 3], ValueError, r"X, row 1 .*has 0 numbers"),
        ([[1, 2], 3], [1, 2], ValueError, "X, row 1 .*has a single number, row 0 has 2 numbers"),
        ([[1], [2]], [[1, 2], []], ValueError, "y, row 1 .*has 0 numbers"),
        ([[1.0, 2.0], [3.0, math.nan]], [1, 2], ValueError, "X, row 1, column 1 .*nan"),
        ([[1.0, 2.0], [-math.inf, 3.0]], [1, 2], ValueError, "X, row 1, column 0 .*-inf"),
        ([[1.0], [2.0]], [1, math.nan], ValueError, "y, row 1 .*nan"),
        ([[1.0, "2"]], [1], TypeError, "X, row 0, column 1 .*str: '2'"),
        (["12"], [1], TypeError, "X, row 0 .*str: '12'"),
        ([[1.0]], ["cat"], TypeError, "y, row 0 .*str: 'cat'"),
        ([[1.0], [None]], [1, 2], TypeError, "X, row 1, column 0 .*NoneType"),
        ([[1.0], None], [1, 2], TypeError, "X, row 1 .*NoneType"),
        ([[1j]], [1], TypeError, "X, row 0, column 0 .*complex"),
        (np.array([[1j]]), [1], TypeError, "X, row 0, column 0 .*complex"),
        ([[Value(1.0)]], [1], TypeError, "X, row 0, column 0 .*Value"),
        (np.zeros((2, 3, 3)), [1, 2], ValueError, r"X has 3 dimensions, \(2, 3, 3\), and should have 2 at most"),
        ([[10**400]], [1], OverflowError, "X, row 0, column 0 .*too large"),
        (3.0, [1], TypeError, "X must be a list of rows or of numbers, not float"),
        ("abc", [1], TypeError, "X must be a list of rows or of numbers, not str"),
        ([[1.0]], None, TypeError, "y must be a list of rows or of numbers, not NoneType"),
    ],
)
def test_bad_data_is_refused_with_its_place(X, y, error, message):
    with pytest.raises(error, match=message):
        check_data(X, y)


def test_rows_alone_can_be_checked():
    assert check_rows(np.array([[1, 2], [3, 4]])).tolist() == [[1.0, 2.0], [3.0, 4.0]]
    assert check_rows((5, 6)).tolist() == [[5.0], [6.0]]
    with pytest.raises(ValueError, match=r"X, row 1 .*has a single number, row 0 has 2 numbers"):
        check_rows([[1, 2], 3])
