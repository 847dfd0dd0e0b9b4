"""Data of every kind train as the lists of their numbers do, to the last bit; nothing is copied that need not be."""

from __future__ import annotations

import math
import time
import tracemalloc
from array import array
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nn
from autograd import Value, dot, log, no_grad
from autograd.compiler import Samples, Training
from autograd.compiler.layout import costs
from autograd.compiler.vectorised import column_workspace
from nn import containers, evaluation, progress
from nn.containers import checking
from nn.samples import check_data, check_rows
from nn.training import compiled as compiled_steps

ROWS = 300
NUMBERS = np.random.default_rng(1).integers(-4, 5, (ROWS, 3)) / 4.0  # which every dtype of floats has
CLASSES = (NUMBERS.sum(axis=1) > 0.0).astype(float)


class Exchanged:
    """An array of another library that has DLPack alone."""

    def __init__(self, numbers: Any) -> None:
        self.numbers = numbers

    def __dlpack__(self, **settings: Any) -> Any:
        return self.numbers.__dlpack__(**settings)

    def __dlpack_device__(self) -> Any:
        return self.numbers.__dlpack_device__()


class Convertible:
    """An object that NumPy can make an array of."""

    def __init__(self, numbers: Any) -> None:
        self.numbers = numbers

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return np.asarray(self.numbers, dtype=dtype)

    def __iter__(self) -> Any:
        raise AssertionError("an array is not to be taken row by row")


class Tensor(Convertible):
    """What is asked of a tensor of PyTorch; bfloat16 is none of NumPy's."""

    dtype, is_sparse = "torch.bfloat16", False

    def detach(self) -> Tensor:
        return self

    def cpu(self) -> Tensor:
        return self

    def float(self) -> Convertible:
        return Convertible(self.numbers.astype(np.float32))


def read_only(x: Any) -> Any:
    x = x.copy()
    x.flags.writeable = False
    return x


def misaligned(x: Any) -> Any:
    raw = np.zeros(x.nbytes + 1, dtype=np.uint8)
    found = raw[1:].view(np.float64).reshape(x.shape)
    found[...] = x
    assert not found.flags.aligned
    return found


def apart(x: Any) -> Any:
    """Every other row and column of a larger array."""
    wide = np.full([2 * n for n in x.shape], math.nan)
    found = wide[tuple(slice(1, None, 2) for _ in x.shape)]
    found[...] = x
    return found


def backwards(x: Any) -> Any:
    return x[::-1].copy()[::-1]


def of(library: str, make: Callable[[Any, Any], Any]) -> Any:
    """What a library makes of an array, where it is installed; it is given itself first."""

    def made(x: Any) -> Any:
        return make(pytest.importorskip(library), x)

    return made


def columns(x: Any) -> dict[str, Any]:
    return {f"column {j}": column for j, column in enumerate(x.T)}


MAKERS: dict[str, Callable[[Any], Any]] = {
    "tuples": lambda x: tuple(map(tuple, x.tolist())) if x.ndim > 1 else tuple(x.tolist()),
    "fractions": lambda x: [list(map(Fraction, row)) for row in x.tolist()] if x.ndim > 1 else [*map(Fraction, x)],
    "a generator": lambda x: iter(x.tolist()),
    "a list of arrays": lambda x: [*x],
    **{name: lambda x, name=name: x.astype(name) for name in ("f2", "f4", "f8", "longdouble", ">f4", ">f8")},
    **{name: lambda x, name=name: x.astype(name) for name in ("i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", ">i4")},
    "bool": lambda x: x.astype(bool),
    "objects": lambda x: x.astype(object),
    "the order of C": np.ascontiguousarray,
    "the order of Fortran": np.asfortranarray,
    "strides": apart,
    "negative strides": backwards,
    "read-only": read_only,
    "misaligned": misaligned,
    "nothing masked": np.ma.array,
    "a buffer": lambda x: memoryview(np.ascontiguousarray(x)),
    "__array__": Convertible,
    "DLPack": Exchanged,
    "bfloat16": Tensor,
    "pandas": of("pandas", lambda pd, x: pd.DataFrame(x) if x.ndim > 1 else pd.Series(x)),
    "pandas, an odd index": of(
        "pandas", lambda pd, x: (pd.DataFrame if x.ndim > 1 else pd.Series)(x, index=[7] * len(x))
    ),
    "pandas, float32": of("pandas", lambda pd, x: (pd.DataFrame if x.ndim > 1 else pd.Series)(x.astype("f4"))),
    "pandas, mixed": of("pandas", lambda pd, x: pd.DataFrame(x).astype({0: "f4"}) if x.ndim > 1 else pd.Series(x)),
    "pandas, nullable": of(
        "pandas", lambda pd, x: (pd.DataFrame if x.ndim > 1 else pd.Series)(x.astype("i8")).convert_dtypes()
    ),
    "polars": of("polars", lambda pl, x: pl.DataFrame(columns(x)) if x.ndim > 1 else pl.Series(x)),
    "polars, float32": of("polars", lambda pl, x: pl.DataFrame(columns(x.astype("f4"))) if x.ndim > 1 else x),
    "arrow": of("pyarrow", lambda pa, x: pa.table(columns(x)) if x.ndim > 1 else pa.chunked_array([x])),
    "torch": of("torch", lambda torch, x: torch.tensor(x)),
    "jax": of("jax.numpy", lambda jnp, x: jnp.asarray(x)),
}  # fmt: skip

WHOLE = {"i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", ">i4", "bool", "pandas, nullable"}  # have no ¼


def numbers_for(kind: str) -> Any:
    """What a kind can hold."""
    return (NUMBERS > 0.0).astype(float) if kind in WHOLE else NUMBERS


@pytest.fixture
def _in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if all data were large: nothing is copied as a whole, and parts are small."""
    monkeypatch.setattr(checking, "SMALL", 0)
    monkeypatch.setattr(checking, "PIECE", 50)
    monkeypatch.setattr(evaluation, "CONVERTED", 90)
    monkeypatch.setattr(compiled_steps, "SMALL", 0)
    monkeypatch.setattr(costs, "MOST", 3 * 128)
    monkeypatch.setattr(column_workspace, "MOST", 128)


def trained(X: Any, y: Any, again: Any = None, **given: Any) -> Any:
    """The history and the parameters of a training, validated on the same data."""
    model = nn.MLP(3, [4, 1], activation="tanh", seed=1)
    settings = {"loss": "bce_with_logits", "epochs": 3, "seed": 1, "progress": False} | given
    history = nn.fit(
        model, X, y, optimizer=nn.Adam(model.parameters(), lr=0.1), validation=again, metrics=["accuracy"], **settings
    )
    return history, model.state_dict()


REFERENCES: dict[Any, Any] = {}


def reference(x: Any, size: int | None, compiled: bool) -> Any:
    key = x.tobytes(), size, compiled
    if key not in REFERENCES:
        given = x.tolist(), CLASSES.tolist()
        REFERENCES[key] = trained(*given, given, batch_size=size, compiled=compiled)
    return REFERENCES[key]


@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize("parts", [False, True], ids=["at once", "in parts"])
def test_every_kind_of_data_trains_as_lists_do(kind: str, parts: bool, request: pytest.FixtureRequest) -> None:
    x, make = numbers_for(kind), MAKERS[kind]
    outputs = nn.predict(nn.MLP(3, [2], seed=2), x.tolist())
    if parts:
        request.getfixturevalue("_in_parts")
    wanted = {size: reference(x, size, True) for size in ((64, 200) if parts else (None,))}
    for size, (history, parameters) in wanted.items():
        found = trained(make(x), make(CLASSES), (make(x), make(CLASSES)), batch_size=size)
        assert found[0] == history
        assert found[1] == parameters
    model = nn.MLP(3, [2], seed=2)
    predicted = nn.predict(model, make(x))
    listed = kind in ("tuples", "fractions", "a generator", "a list of arrays")
    assert isinstance(predicted, list if listed else np.ndarray)
    assert np.asarray(predicted).tolist() == outputs
    assert nn.accuracy(model, make(x), make(CLASSES)) == nn.accuracy(model, x.tolist(), CLASSES.tolist())
    loss = nn.evaluate(model, make(x), make(CLASSES), loss="cross_entropy")
    assert loss == nn.evaluate(model, x.tolist(), CLASSES.tolist(), loss="cross_entropy")


@pytest.mark.parametrize("kind", ["f4", "i8", "strides", "misaligned", "pandas", "polars"])
def test_eager_steps_take_them_too(kind: str) -> None:
    x, make = numbers_for(kind)[:20], MAKERS[kind]
    lists = x.tolist(), CLASSES[:20].tolist()
    found = trained(make(x), make(CLASSES[:20]), compiled=False)
    assert found == trained(*lists, compiled=False)


def test_a_flat_buffer_is_a_column() -> None:
    numbers = array("d", NUMBERS[:, 0])
    assert check_rows(numbers).tolist() == NUMBERS[:, :1].tolist()
    assert np.shares_memory(check_rows(numbers), np.frombuffer(numbers))


@pytest.mark.usefixtures("_in_parts")
@pytest.mark.parametrize("dtype", ["f8", "f4", "i2"])
def test_a_memory_map_trains_as_the_array_does(dtype: str, tmp_path: Path) -> None:
    x = numbers_for("i2") if dtype == "i2" else NUMBERS
    x.astype(dtype).tofile(tmp_path / "table")
    table: Any = np.memmap(tmp_path / "table", dtype=dtype, mode="r", shape=x.shape)
    assert np.shares_memory(check_rows(table), table)
    for size in (None, 64, 200):
        assert trained(table, CLASSES, (table, CLASSES), batch_size=size) == reference(x, size, True)


# --- nothing is copied that need not be ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind",
    ["f8", "the order of Fortran", "strides", "negative strides", "read-only", "nothing masked", "__array__", "DLPack"],
)
def test_numbers_of_float64_stay_where_they_lie(kind: str) -> None:
    given = MAKERS[kind](NUMBERS)
    memory = getattr(given, "numbers", given)
    assert np.shares_memory(check_rows(given), memory)


@pytest.mark.parametrize("library", ["pandas", "torch"])
def test_a_frame_or_tensor_of_float64_stays_where_it_lies(library: str) -> None:
    given = MAKERS[library](NUMBERS)
    memory = given.to_numpy() if library == "pandas" else given.numpy()
    assert np.shares_memory(check_rows(given), memory)


@pytest.mark.usefixtures("backend_in_time")
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("size", [None, 1000])
def test_a_training_takes_little_memory_beside_the_data(order: Any, size: int | None) -> None:
    X = np.asarray(np.random.default_rng(1).normal(size=(100_000, 32)), order=order)
    y = (X[:, 0] > 0.0).astype(float)
    model = nn.MLP(32, [1], seed=1)
    sgd = nn.SGD(model.parameters(), lr=0.1)
    nn.fit(model, X[:10], y[:10], loss="hinge", optimizer=sgd, epochs=1)  # what is loaded once
    tracemalloc.start()
    try:
        nn.fit(model, X, y, loss="hinge", optimizer=sgd, epochs=2, batch_size=size)
        nn.predict(model, X)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < X.nbytes / 2


def test_whoever_changes_a_list_afterwards_changes_no_training() -> None:
    given = [[1.0, 2.0]]
    rows = check_rows(given)
    given[0][0] = 9.0
    assert rows.tolist() == [[1.0, 2.0]]


@pytest.mark.usefixtures("backend_in_time")
@pytest.mark.parametrize("columns", [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17])
@pytest.mark.parametrize("shuffled", [False, True])
def test_compiled_steps_read_tables_of_every_width_and_order_of_memory(columns: int, shuffled: bool) -> None:
    rng = np.random.default_rng(columns)
    x, y, weights = rng.normal(size=(301, columns)), rng.normal(size=301), [*map(Value, rng.normal(size=columns))]
    training = Training(
        lambda *row: dot(weights, row[:-1]) * row[-1], [Samples([*np.column_stack([x, y])[:2].T])], weights
    )
    order, bounds = rng.permutation(301), [[0, 100], [100, 301], [7, 8]]
    wanted = [
        (x[rows] @ [w.data for w in weights] * y[rows]).mean()
        for rows in (order[a:b] if shuffled else np.arange(a, b) for a, b in bounds)
    ]
    found = set()
    for made in (np.ascontiguousarray, np.asfortranarray, apart, backwards, misaligned, lambda x: x.astype(">f8")):
        for tables in ((made(x), y), (x, made(y)), made(np.column_stack([x, y]))):
            training.load()
            losses = training.run(tables, order if shuffled else None, bounds)
            assert losses[:, 1] == pytest.approx(wanted, rel=1e-12, abs=1e-12)
            found.add((losses.tobytes(), training.gradient().tobytes()))
    assert len(found) == 1


# --- steps in parts --------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("backend_in_time")
@pytest.mark.usefixtures("_in_parts")
def test_steps_in_parts_draw_the_same_numbers() -> None:
    def run(dtype: str) -> Any:
        model = nn.Sequential(nn.MLP(3, [4, 1], activation="tanh", seed=1), nn.Dropout(0.5, seed=3))
        sgd = nn.SGD(model.parameters(), lr=0.1)
        history = nn.fit(
            model, NUMBERS.astype(dtype), CLASSES, loss="bce_with_logits", optimizer=sgd, epochs=2, batch_size=200,
            seed=1,
        )  # fmt: skip
        return history.loss, model.state_dict(), model.layers[1].rng.random()

    at_once, parted = run("f8"), run("f4")
    assert at_once == parted


@pytest.mark.usefixtures("backend_in_time")
@pytest.mark.usefixtures("_in_parts")
@pytest.mark.parametrize("size", [None, 200])
def test_a_step_that_is_not_finite_in_a_later_part_is_not_taken(size: int | None) -> None:
    class Fragile(nn.Module):
        def __init__(self) -> None:
            self.w = Value(1.0)

        def forward(self, x: Any) -> Any:
            return log(self.w * x[0])

    X = np.ones((ROWS, 1), dtype=np.float32)
    X[250] = 0.0
    model = Fragile()
    with pytest.raises(ValueError, match=r"epoch 1, row 250: math domain error: log of 0.0"):
        nn.fit(model, X, CLASSES, loss="mse", optimizer=nn.SGD([model.w]), epochs=1, batch_size=size, seed=1)
    if size is None:
        assert model.w.data == 1.0
    with pytest.raises(ValueError, match=r"prediction, row 250: math domain error: log of 0.0"):
        nn.predict(model, X)


# --- what is refused -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
@pytest.mark.parametrize("column", [[1, None, 3], [0.5, None, 1.5], [True, None, False]])
def test_a_gap_is_refused_by_the_name_of_its_column(library: str, column: Any) -> None:
    made = pytest.importorskip(library)
    if library == "pandas":
        X = made.DataFrame({"a": [1.0, 2.0, 3.0], "age": made.array(column)})
    else:
        X = (made.DataFrame if library == "polars" else made.table)({"a": [1.0, 2.0, 3.0], "age": column})
    with pytest.raises((TypeError, ValueError), match=r"part 3, X, row 1, column 'age' .*(missing|nan teaches)"):
        check_data(X, [0, 1, 2], where="part 3, ")


@pytest.mark.usefixtures("_in_parts")
@pytest.mark.parametrize("place", [(0, 0), (137, 1), (299, 2)])
@pytest.mark.parametrize(
    "kind", ["f2", "f4", "f8", "longdouble", "the order of Fortran", "strides", "pandas", "polars"]
)
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_the_first_number_that_is_not_finite_is_found(place: tuple[int, int], kind: str, bad: float) -> None:
    x = NUMBERS.copy()
    x[place] = bad
    row, j = place
    with pytest.raises(ValueError, match=rf"X, row {row}, column '?(column )?{j}'? .*: {bad} teaches nothing"):
        check_rows(MAKERS[kind](x))


def test_large_numbers_whose_sum_is_not_finite_are_fine() -> None:
    x = np.full((10, 2), 1e308)
    assert check_rows(x) is not None
    assert check_rows(-x).tolist() == (-x).tolist()


@pytest.mark.parametrize("shape", [(0, 3), (3, 0)])
def test_an_array_of_nothing_is_refused(shape: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match=r"X is empty|X, row 0 \(from 0\) has 0 numbers"):
        check_rows(np.zeros(shape))


# Targets that may be wrong, by all that is special about them.
TARGETS = st.one_of(
    st.sampled_from([0.0, 1.0, -1.0, 2.0, 0.5, -0.0, 3.0, 1e-320, -1e-320, 1e200, 1.0 + 2**-52, 1.0 - 2**-53]),
    st.floats(-2.0, 4.0),
)


@given(targets=st.lists(TARGETS, min_size=1, max_size=8), outputs=st.integers(1, 4))
@pytest.mark.parametrize("name", nn.losses.LOSSES)
def test_the_first_wrong_target_of_an_array_is_the_first_that_the_loss_refuses(
    name: str, targets: list[float], outputs: int
) -> None:
    loss = nn.losses.LOSSES[name]
    several = name == "cross_entropy"
    outputs = outputs + 1 if several else 1
    prediction = [0.5] * outputs if several else 0.5

    def refused(target: float) -> bool:
        try:
            with no_grad():
                loss(prediction, target)
        except (ValueError, IndexError):
            return True
        return False

    wanted = next((i for i, target in enumerate(targets) if refused(target)), None)
    assert evaluation.first_wrong(loss, np.array(targets), outputs) == wanted
    rows = np.array([[t] for t in targets])
    assert evaluation.first_wrong(loss, rows, outputs) == wanted


# --- helpers around the data -----------------------------------------------------------------------------------


@given(
    column=st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=30),
    shift=st.sampled_from([0.0, 1e8]),
    scale=st.sampled_from([1.0, 1e-300, 1e300]),
    piece=st.sampled_from([1, 3, 1000]),
)
@settings(max_examples=50)
def test_standardised_columns_are_those_of_exact_arithmetic(
    column: list[float], shift: float, scale: float, piece: int
) -> None:
    x = (np.array(column) + shift) * scale / 1e9
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checking, "PIECE", piece)
        found = nn.standardize(x)
    exact = [Fraction(float(number)) for number in x]
    mean = sum(exact) / len(exact)
    variance = sum((number - mean) ** 2 for number in exact) / len(exact)
    if not variance:
        assert found.tolist() == [0.0] * len(x)
        return
    spread = Fraction(math.isqrt(int(variance * 10**1300))) / 10**650
    size = max(map(abs, exact))
    for number, z in zip(exact, found, strict=True):
        wanted = (number - mean) / spread
        assert abs(Fraction(float(z)) - wanted) <= Fraction(1e-14) * (abs(wanted) + 1 + size / spread)


def test_an_array_gives_arrays_and_a_list_lists() -> None:
    for use in (nn.standardize, lambda x: nn.train_test_split(x, x)[0], lambda x: next(nn.batches(x, x, 10))[0]):
        assert isinstance(use(NUMBERS), np.ndarray)
        assert isinstance(use(NUMBERS.tolist()), list)
        assert use(NUMBERS).tolist() == use(NUMBERS.tolist())
    assert nn.train_test_split(NUMBERS.astype("f4"), CLASSES)[0].dtype == np.float32


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
def test_a_split_frame_is_a_frame_with_its_columns_and_index(library: str) -> None:
    made = pytest.importorskip(library)
    given = {"name": [f"row {i}" for i in range(8)], "age": list(range(8))}
    X = (made.table if library == "pyarrow" else made.DataFrame)(given)
    train, test, ages, held = nn.train_test_split(X, X["age"])
    listed, *_ = nn.train_test_split(given["name"], given["age"])
    assert type(train) is type(test) is type(X)
    names = train["name"]
    assert (names.to_pylist() if library == "pyarrow" else names.to_list()) == listed
    assert type(ages) is type(held) is type(X["age"])
    if library == "pandas":
        assert train.index.tolist() == ages.tolist()


def test_the_metrics_take_arrays_as_they_take_lists() -> None:
    outputs, targets = NUMBERS[:, 0] * 1.5, CLASSES
    for name, metric in nn.metrics.METRICS.items():
        assert metric(outputs, targets) == metric(outputs.tolist(), targets.tolist()), name
    several = np.abs(NUMBERS)
    for name in ("accuracy", "precision", "recall", "f1"):
        metric = nn.metrics.METRICS[name]
        assert metric(several, targets) == metric(several.tolist(), targets.tolist()), name
    with pytest.raises(ValueError, match=r"outputs, row 3 \(from 0\): it is masked"):
        nn.metrics.mae(np.ma.array(outputs, mask=np.arange(ROWS) == 3), targets)
    values = [Value(x) for x in outputs]
    assert nn.metrics.accuracy(values, targets) == nn.metrics.accuracy(outputs, targets)


def test_metrics_of_ones_own_get_what_predict_gives() -> None:
    seen = []

    def metric(outputs: Any, targets: Any) -> float:
        seen.append((type(outputs), type(targets)))
        return 0.0

    model = nn.MLP(3, [1], seed=1)
    for x, y, kind in ((NUMBERS, CLASSES, np.ndarray), (NUMBERS.tolist(), CLASSES.tolist(), list)):
        seen.clear()
        nn.evaluate(model, x, y, metrics=[metric])
        for compiled in (False, True):
            nn.fit(
                model, x[:20], y[:20], loss="mse", optimizer=nn.SGD(model.parameters()), epochs=1, metrics=[metric],
                validation=(x[:5], y[:5]), compiled=compiled,
            )  # fmt: skip
        assert seen == [(kind, kind)] * 5


# --- progress --------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("_in_parts")
def test_a_check_that_takes_long_shows_a_bar_where_progress_is_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(checking, "PATIENCE", -1.0)
    model = nn.MLP(3, [1], seed=1)

    def shown(asked: bool | None) -> str:
        sgd = nn.SGD(model.parameters(), lr=0.1)
        nn.fit(model, NUMBERS, CLASSES, loss="hinge", optimizer=sgd, epochs=1, progress=asked)
        return capsys.readouterr().err

    assert "checking X" in shown(True)
    assert shown(False) == shown(None) == ""  # the tests have no terminal
    assert progress.progress_bar(0, 1, "epoch").__enter__() is None


@pytest.mark.usefixtures("backend_in_time")
def test_a_compilation_that_takes_long_says_so_where_progress_is_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("nn.data.PATIENCE", 0.0)

    class Slow(nn.MLP):
        def forward(self, x: Any) -> Any:
            time.sleep(0.02)
            return super().forward(x)

    def shown(asked: bool | None) -> str:
        model = Slow(3, [1], seed=1)
        sgd = nn.SGD(model.parameters(), lr=0.1)
        nn.fit(model, NUMBERS[:2], CLASSES[:2], loss="hinge", optimizer=sgd, epochs=1, progress=asked)
        return capsys.readouterr().err

    assert "fit: compiling the steps …" in shown(True)
    assert shown(False) == shown(None) == ""


def test_pieces_are_the_rows_in_order() -> None:
    table = np.arange(20_000_00.0).reshape(-1, 4)
    found = [table[some] for some in containers.pieces(table, "looking at it")]
    assert len(found) > 1
    assert np.array_equal(np.concatenate(found), table)


# --- several positions -----------------------------------------------------------------------------------------


class Positions(nn.Module):
    """Logits of three classes at two positions, as a model of letters has them."""

    def __init__(self) -> None:
        self.layers = [nn.MLP(3, [3], seed=k) for k in (1, 2)]

    def forward(self, x: Any) -> Any:
        return [layer(x) for layer in self.layers]


def test_classes_at_several_positions_are_checked_at_each() -> None:
    model, classes = Positions(), np.tile([[0.0, 2.0]], (ROWS, 1))
    settings = {"loss": "cross_entropy", "optimizer": nn.SGD(model.parameters(), lr=0.1), "epochs": 2}
    assert nn.fit(model, NUMBERS, classes, **settings).loss[1] > 0.0
    classes[7, 1] = 3.0
    with pytest.raises(ValueError, match=r"target 7 \(\[0\.0, 3\.0\]\): pick: the index must be a whole number"):
        nn.fit(model, NUMBERS, classes, **settings)


def test_outputs_at_several_positions_are_predicted_for_few_rows_and_many() -> None:
    model = Positions()
    many, few = nn.predict(model, NUMBERS), nn.predict(model, NUMBERS[:5].tolist())
    assert many.shape == (ROWS, 2, 3)
    assert many[:5] == pytest.approx(np.array(few), rel=1e-12)
