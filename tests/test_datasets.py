"""The data sets: the shapes of the made-up ones, and the real ones against what was published about them."""

import hashlib
import itertools
import math
import random
from collections import Counter
from importlib import resources

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nn import datasets

MADE_UP = [datasets.moons, datasets.circles, datasets.blobs, datasets.xor, datasets.spirals]
REAL = [datasets.iris, datasets.digits, datasets.windsor_houses]


def of_class(X, y, label):
    return [point for point, its in zip(X, y, strict=True) if its == label]


@pytest.mark.parametrize("make", MADE_UP)
@given(n=st.integers(1, 60), noise=st.floats(0.0, 10.0), seed=st.integers())
def test_has_n_points_of_two_floats_in_classes_as_equal_as_can_be(make, n, noise, seed):
    X, y = make(n, **{"spread" if make is datasets.blobs else "noise": noise}, seed=seed)
    classes = 3 if make is datasets.blobs else 2
    assert len(X) == len(y) == n
    assert all(len(point) == 2 and all(type(x) is float and math.isfinite(x) for x in point) for point in X)
    assert all(type(label) is int for label in y)
    sizes = [y.count(label) for label in range(classes)]
    assert sum(sizes) == n
    assert max(sizes) - min(sizes) <= 1


@pytest.mark.parametrize("make", MADE_UP)
def test_a_seed_gives_the_same_points_again_and_another_seed_others(make):
    assert make(seed=5) == make(seed=5)
    assert make(seed=5)[0] != make(seed=6)[0]
    assert make() == make(seed=0)


@pytest.mark.parametrize("make", MADE_UP)
def test_the_classes_come_shuffled(make):
    _, y = make(60)
    changes = sum(a != b for a, b in itertools.pairwise(y))
    assert changes > 15  # 1 or 2 if sorted, 59 if alternating; about 30 or 40 when shuffled
    assert changes < 55


def test_the_points_are_the_same_bits_on_every_machine():
    points = [number for make in MADE_UP for point in make(50, seed=3)[0] for number in point]
    digest = hashlib.sha256(" ".join(number.hex() for number in points).encode()).hexdigest()
    assert digest == "202019044b83506e88be21102b50047063e2885f1179d4d048d410571b396043"


def test_drawing_a_data_set_leaves_pythons_own_random_numbers_alone():
    random.seed(1)
    expected = random.random()
    random.seed(1)
    datasets.moons()
    assert random.random() == expected


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: datasets.moons(0),
        lambda: datasets.circles(-3),
        lambda: datasets.xor(noise=-0.1),
        lambda: datasets.moons(noise=math.nan),
        lambda: datasets.moons(noise=math.inf),
        lambda: datasets.blobs(centers=0),
        lambda: datasets.spirals(classes=0),
    ],
)
def test_too_few_points_or_classes_and_a_noise_that_is_none_are_refused(wrong):
    with pytest.raises(ValueError, match=r"must be a whole number of at least 1|noise must be 0 or more, and finite"):
        wrong()


def test_moons_without_noise_are_the_half_circles_of_scikit_learn():
    X, y = datasets.moons(100, noise=0.0)
    t = np.linspace(0, math.pi, 50)  # make_moons: outer (cos t, sin t), inner (1 − cos t, 1 − sin t − ½)
    outer = sorted(zip(np.cos(t), np.sin(t), strict=True))
    inner = sorted(zip(1 - np.cos(t), 0.5 - np.sin(t), strict=True))
    np.testing.assert_allclose(sorted(of_class(X, y, 0)), outer, rtol=0, atol=1e-14)
    np.testing.assert_allclose(sorted(of_class(X, y, 1)), inner, rtol=0, atol=1e-14)


def test_the_noise_of_moons_is_normal_with_that_standard_deviation():
    clean, _ = datasets.moons(4000, noise=0.0, seed=2)
    noisy, _ = datasets.moons(4000, noise=0.3, seed=2)
    noise = (np.array(noisy) - np.array(clean)).ravel() / 0.3  # a seed keeps the order whatever the noise
    assert abs(noise.mean()) < 4 / math.sqrt(8000)
    assert abs(noise.std() - 1) < 4 / math.sqrt(2 * 8000)
    assert abs(np.mean(np.abs(noise) < 1) - 0.6827) < 4 * math.sqrt(0.6827 * 0.3173 / 8000)
    assert abs(np.mean(np.abs(noise) < 2) - 0.9545) < 4 * math.sqrt(0.9545 * 0.0455 / 8000)


def test_circles_without_noise_are_two_circles_evenly_filled():
    X, y = datasets.circles(60, noise=0.0, factor=0.3)
    for label, radius in ((0, 1.0), (1, 0.3)):
        points = of_class(X, y, label)
        assert [math.hypot(*point) for point in points] == pytest.approx([radius] * 30, abs=1e-14)
        angles = sorted(math.atan2(b, a) for a, b in points)
        gaps = np.diff([*angles, angles[0] + 2 * math.pi])
        np.testing.assert_allclose(gaps, 2 * math.pi / 30, atol=1e-12)


def test_blobs_have_the_asked_number_of_clouds_and_their_spread():
    X, y = datasets.blobs(4000, centers=4, spread=0.25)
    assert set(y) == {0, 1, 2, 3}
    for label, center in enumerate([(2, 0), (0, 2), (-2, 0), (0, -2)]):
        cloud = np.array(of_class(X, y, label))
        np.testing.assert_allclose(cloud.mean(axis=0), center, atol=4 * 0.25 / math.sqrt(1000))
        np.testing.assert_allclose(cloud.std(axis=0), 0.25, rtol=4 / math.sqrt(2 * 1000))


def test_xor_is_the_exclusive_or_of_the_nearest_corner():
    X, y = datasets.xor(200, noise=0.05)
    corners = [(round(a), round(b)) for a, b in X]
    assert [a ^ b for a, b in corners] == y
    assert Counter(corners) == dict.fromkeys([(0, 0), (0, 1), (1, 0), (1, 1)], 50)


def test_spirals_are_turned_copies_of_one_arm_that_winds_once():
    X, y = datasets.spirals(90, classes=3, noise=0.0)
    arms = [sorted(of_class(X, y, label), key=lambda point: math.hypot(*point)) for label in range(3)]
    for label, arm in enumerate(arms):
        turned = np.exp(2j * math.pi * label / 3) * np.array([complex(*point) for point in arms[0]])
        np.testing.assert_allclose([complex(*point) for point in arm], turned, atol=1e-14)
    angles = np.unwrap([math.atan2(b, a) for a, b in arms[0]])
    radii = [math.hypot(*point) for point in arms[0]]
    np.testing.assert_allclose(np.diff(angles), 2 * math.pi / 30, atol=1e-12)
    np.testing.assert_allclose(np.diff(radii), 0.9 / 30, atol=1e-14)
    assert radii[0] == pytest.approx(0.1)


# --- the real sets, against what was published about them ------------------------------------------------


@pytest.mark.parametrize("load", REAL)
def test_what_a_caller_does_to_the_lists_does_not_reach_the_next_call(load):
    X, y = load()
    X[0][0], y[0] = -1.0, -1
    X.pop()
    again, targets = load()
    assert len(again) == len(targets) == len(X) + 1
    assert again[0][0] != -1.0
    assert targets[0] != -1


def test_iris_has_the_means_of_fishers_table():
    X, y = datasets.iris()
    assert len(X) == 150
    assert Counter(y) == {0: 50, 1: 50, 2: 50}
    means = {  # Fisher 1936, in cm
        "setosa": [5.006, 3.428, 1.462, 0.246],
        "versicolor": [5.936, 2.770, 4.260, 1.326],
        "virginica": [6.588, 2.974, 5.552, 2.026],
    }
    for label, species in enumerate(datasets.IRIS_SPECIES):
        np.testing.assert_allclose(np.mean(of_class(X, y, label), axis=0), means[species], atol=1e-9)


def test_digits_are_those_of_the_uci_test_set():
    X, y = datasets.digits()
    assert np.shape(X) == (1797, 64)
    assert [y.count(digit) for digit in range(10)] == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]  # UCI
    # sha256 of data.astype("uint8").tobytes() of scikit-learn 1.9.1's load_digits(), and of its target
    pixels = hashlib.sha256(bytes(int(pixel) for image in X for pixel in image)).hexdigest()
    assert pixels == "8f26b2bd9d135c256808f68f14fdabddde6d9c7f869ae419704b051f0f14b3b3"
    assert hashlib.sha256(bytes(y)).hexdigest() == "8ba4f891220f5e4c9c819638d1602d74b83618f167043c6da52a2a247841ddf0"


def test_windsor_houses_give_the_regression_of_the_textbook():
    X, y = datasets.windsor_houses()
    assert np.shape(X) == (546, 11)
    column = dict(zip(datasets.WINDSOR_FEATURES, np.transpose(X), strict=True))
    # Verbeek, "A Guide to Modern Econometrics", 2nd ed. 2004, Table 3.1: OLS of log(price), 546 houses
    design = np.column_stack(
        [
            np.ones(546),
            np.log(column["lot_sqft"]),
            column["bedrooms"],
            column["bathrooms"],
            column["air_conditioning"],
        ]
    )
    log_price = np.log(y)
    coefficients, (residual,), *_ = np.linalg.lstsq(design, log_price, rcond=None)
    np.testing.assert_allclose(coefficients, [7.094, 0.400, 0.078, 0.216, 0.212], atol=5e-4)
    assert 1 - residual / np.sum((log_price - log_price.mean()) ** 2) == pytest.approx(0.5674, abs=5e-5)


@pytest.mark.parametrize(
    ("file", "target", "features"),
    [
        ("iris.csv", "species", datasets.IRIS_FEATURES),
        ("windsor_houses.csv", "price_cad", datasets.WINDSOR_FEATURES),
    ],
)
def test_the_features_are_named_as_in_the_file(file, target, features):
    header = resources.files(datasets).joinpath(file).read_text("ascii").splitlines()[0]
    assert header.split(",") == [target, *features]


def test_the_names_are_in_the_order_of_the_file_and_of_26_letters():
    names = datasets.names()
    assert (len(names), names[0], names[-1]) == (32033, "emma", "zzyzx")
    assert {*"".join(names)} == {*"abcdefghijklmnopqrstuvwxyz"}
    assert {*map(len, names)} == {*range(2, 16)}


def test_every_number_of_the_real_sets_is_a_float_and_every_class_an_int():
    for load in REAL:
        X, y = load()
        assert {type(x) for row in X for x in row} == {float}
        assert {type(target) for target in y} == {float if load is datasets.windsor_houses else int}
