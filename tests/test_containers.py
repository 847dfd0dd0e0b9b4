"""Data of every kind come in as rows, or are refused with the place and what to do; never as names of columns."""

from __future__ import annotations

import datetime
import importlib.util
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

import nn
from autograd import Value
from nn.samples import check_data, check_rows

ROWS = [[1.0, 2.5], [3.0, 4.0], [5.0, 7.0]]
Y = [0, 1, 1]


def library(name: str) -> Any:
    """A library of frames, if it is installed."""
    return pytest.param(name, marks=pytest.mark.skipif(importlib.util.find_spec(name) is None, reason=f"no {name}"))


pandas, polars = library("pandas"), library("polars")


def frame(name: str, columns: dict[Any, list[Any]]) -> Any:
    return importlib.import_module(name).DataFrame(columns)


class Tensor:
    """What PyTorch's tensors have of what is asked here: no libraries of their size for a test."""

    is_sparse, requires_grad = False, True

    def __init__(self, numbers: Any, dtype: str = "torch.float32") -> None:
        self.numbers, self.dtype = numbers, dtype

    def detach(self) -> Tensor:
        return Tensor(self.numbers, self.dtype)

    cpu = detach

    def float(self) -> Tensor:
        return Tensor(self.numbers)

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        if self.dtype == "torch.bfloat16":
            raise TypeError("Got unsupported ScalarType BFloat16")
        return np.array(self.numbers)

    def __iter__(self) -> Iterator[Tensor]:
        return iter([Tensor(part) for part in self.numbers])


class Exchanged:
    """An array of another library that has DLPack alone."""

    def __init__(self, array: Any) -> None:
        self.array = array

    def __dlpack__(self, **settings: Any) -> Any:
        return self.array.__dlpack__(**settings)

    def __dlpack_device__(self) -> Any:
        return self.array.__dlpack_device__()


GIVEN: dict[str, Callable[[], Any]] = {
    "tuples": lambda: tuple(map(tuple, ROWS)),
    "a generator": lambda: (iter(row) for row in ROWS),
    "zip": lambda: zip(*zip(*ROWS, strict=True), strict=True),
    "the values of a dict": lambda: dict(enumerate(ROWS)).values(),
    "float32": lambda: np.array(ROWS, dtype=np.float32),
    "float16": lambda: np.array(ROWS, dtype=np.float16),
    "longdouble": lambda: np.array(ROWS, dtype=np.longdouble),
    "the order of Fortran": lambda: np.asfortranarray(ROWS),
    "every other row": lambda: np.repeat(ROWS, 2, axis=0)[::2],
    "another byte order": lambda: np.array(ROWS, dtype=">f8"),
    "objects": lambda: np.array(ROWS, dtype=object),
    "records": lambda: np.array([tuple(row) for row in ROWS], dtype=[("a", int), ("b", float)]),
    "nothing masked": lambda: np.ma.array(ROWS),
    "memory": lambda: memoryview(np.array(ROWS)),
    "a list of arrays": lambda: [np.array(row) for row in ROWS],
    "a tensor": lambda: Tensor(ROWS),
    "bfloat16": lambda: Tensor(ROWS, "torch.bfloat16"),
    "a list of tensors": lambda: [Tensor(row) for row in ROWS],
    "DLPack": lambda: Exchanged(np.array(ROWS)),
}


@pytest.mark.parametrize("kind", GIVEN)
def test_whatever_has_rows_comes_in_as_rows(kind: str) -> None:
    rows = check_rows(GIVEN[kind]())
    assert rows.tolist() == ROWS
    assert rows.dtype == float


def test_a_memory_map_comes_in_as_rows(tmp_path: Any) -> None:
    table: Any = np.memmap(tmp_path / "table", dtype=np.float32, mode="w+", shape=(3, 2))
    table[:] = ROWS
    assert check_rows(table).tolist() == ROWS


@pytest.mark.parametrize("kind", ["float32", "a tensor", "DLPack", "records", "a generator"])
def test_numbers_without_rows_are_targets(kind: str) -> None:
    given = {
        "float32": np.array(Y, dtype=np.float32), "a tensor": Tensor(Y), "DLPack": Exchanged(np.array(Y)),
        "records": [np.float64(y) for y in Y], "a generator": iter(Y),
    }  # fmt: skip
    assert check_data(ROWS, given[kind])[1].tolist() == [0.0, 1.0, 1.0]
    assert check_data(ROWS, [Tensor(y) for y in Y])[1].tolist() == [0.0, 1.0, 1.0]


# --- frames ----------------------------------------------------------------------------------------------------

A, B = [1, 3, 5], [2.5, 4.0, 7.0]


@pytest.mark.parametrize("name", [pandas, polars])
def test_a_frame_gives_its_rows_everywhere(name: str) -> None:
    X = frame(name, {"a": A, "b": B})
    y = X["a"] > 2
    model = nn.MLP(2, [3, 1], seed=1)
    assert check_rows(X).tolist() == ROWS
    assert [part.tolist() for part in check_data(X, y)] == [ROWS, [0.0, 1.0, 1.0]]
    assert check_data(X, X[["a"]])[1].tolist() == [[1.0], [3.0], [5.0]]
    assert nn.predict(model, X).tolist() == nn.predict(model, ROWS)
    assert nn.standardize(X).tolist() == nn.standardize(ROWS)
    assert nn.standardize(X["a"]).tolist() == nn.standardize(A)
    for part, wanted in zip(nn.train_test_split(X, y), nn.train_test_split(ROWS, Y), strict=True):
        assert type(part) in (type(X), type(y))
        assert np.asarray(part).tolist() == wanted
    assert [*nn.batches(X, y, 2)] == [*nn.batches(ROWS, Y, 2)]
    assert nn.accuracy(model, X, y) == nn.accuracy(model, ROWS, Y)
    assert nn.evaluate(model, X, y, loss="hinge") == nn.evaluate(model, ROWS, Y, loss="hinge")
    assert nn.metrics.accuracy(X["b"] - 4.0, y) == nn.metrics.accuracy([-1.5, 0.0, 3.0], Y)
    twin, histories = nn.MLP(2, [3, 1], seed=1), []
    for net, data in ((model, (X, y)), (twin, (ROWS, Y))):
        watched = nn.watch(net, *data, loss="hinge")
        sgd = nn.SGD(net.parameters(), lr=0.01)
        histories.append(
            nn.fit(net, *data, loss="hinge", optimizer=sgd, epochs=2, validation=data, callbacks=[watched])
        )
        assert watched.rows.tolist() == ROWS
        nn.plot_decision_boundary(net, *data)
    assert histories[0] == histories[1]


@pytest.mark.parametrize("name", [pandas, polars])
def test_a_square_frame_is_not_turned_round(name: str) -> None:
    columns: dict[Any, list[Any]] = {"a": [1, 3], "b": [2, 4]}
    assert check_rows(frame(name, columns)).tolist() == [[1.0, 2.0], [3.0, 4.0]]


@pytest.mark.parametrize("name", [pandas])
def test_whole_numbers_as_names_of_columns_are_no_rows(name: str) -> None:
    X = frame(name, {7: A, 9: B})
    X.index = [5, 5, 2]
    assert check_rows(X).tolist() == ROWS
    assert check_rows(X.convert_dtypes()).tolist() == ROWS  # dtypes that can be missing, where nothing is
    X.columns = ["a", "a"]
    assert check_rows(X).tolist() == ROWS


@pytest.mark.parametrize("name", [pandas, polars])
@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (["x", "y", "z"], r"X, row 0, column 'name' .*str: 'x': number the classes"),
        ([1.0, 2.0, None], r"X, row 2, column 'name' .*(nan teaches nothing|it is missing): ?leave such rows out"),
        ([1.0, float("nan"), 3.0], r"X, row 1, column 'name' .*nan teaches nothing"),
        ([datetime.datetime(2020, 1, 1)] * 3, r"X, row 0, column 'name' .*such as the days since the first date"),
        ([datetime.timedelta(1)] * 3, r"X, row 0, column 'name' .*such as the days since the first date"),
        ([[1.0, 2.0]] * 3, r"X, row 0, column 'name' .*more than two dimensions"),
    ],
)
def test_a_cell_that_is_no_number_is_named_by_its_column(name: str, cells: list[Any], message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        nn.predict(nn.MLP(2, [1], seed=1), frame(name, {"a": A, "name": cells}))


@pytest.mark.parametrize("name", [pandas])
def test_missing_whole_numbers_are_refused(name: str) -> None:
    X = frame(name, {"a": A, "b": importlib.import_module(name).array([1, None, 3], dtype="Int64")})
    with pytest.raises(TypeError, match=r"row 1, column 'b' .*it is missing"):
        check_rows(X)


@pytest.mark.parametrize("name", [polars])
def test_a_frame_that_is_not_computed_yet_is_refused(name: str) -> None:
    for use in (check_rows, nn.standardize, lambda X: nn.train_test_split(X, Y)):
        with pytest.raises(TypeError, match=r"a LazyFrame is not computed yet: give .*\.collect\(\)"):
            use(frame(name, {"a": A}).lazy())


class Labelled(Tensor):
    """As xarray has it: an array that may be one of Dask, and is one already computed."""

    def __init__(self, numbers: Any, graph: Any = None) -> None:
        super().__init__(numbers)
        self.graph = graph

    def compute(self) -> Labelled:
        return Labelled(self.numbers)

    def __dask_graph__(self) -> Any:
        return self.graph


def test_an_array_of_dask_is_refused_until_it_is_computed() -> None:
    later = Labelled(ROWS, graph={"sum": 1})
    with pytest.raises(TypeError, match=r"a Labelled is not computed yet: give X.compute\(\)"):
        check_rows(later)
    assert check_rows(later.compute()).tolist() == ROWS


# --- what is refused -------------------------------------------------------------------------------------------


class Sparse:
    shape = (2, 2)

    def tocsr(self) -> None: ...


REFUSED = [
    ({"a": [1.0, 2.0]}, TypeError, r"X: a dict gives its keys: .* list\(zip\(\*d.values\(\)\)\)"),
    ({1: 2.0}.keys(), TypeError, "X: a dict_keys has no order"),
    ({1.0, 2.0}, TypeError, "X: a set has no order: give a list"),
    ([{0: 1.0, 1: 2.0}], TypeError, r"X, row 0: a dict gives its keys: give list\(d.values\(\)\)"),
    (({0: 1.0} for _ in range(2)), TypeError, "X, row 0: a dict gives its keys"),
    ([[1.0], {2.0}], TypeError, "X, row 1: a set has no order"),
    (Sparse(), TypeError, r"X: a Sparse is sparse: give X.toarray\(\)"),
    (np.zeros((2, 3, 3)), ValueError, r"X has 3 dimensions, \(2, 3, 3\), .*X.reshape\(len\(X\), -1\)"),
    ([np.zeros((2, 2))], ValueError, "X, row 0 has 2 dimensions"),
    ([[[1.0]]], TypeError, "X, row 0, column 0 .*more than two dimensions: put all numbers"),
    (np.array(3.0), TypeError, "X must be a list of rows or of numbers, not a single number"),
    (Tensor(3.0), TypeError, "X must be a list of rows or of numbers, not a single number"),
    (np.array([[1j]]), TypeError, "X, row 0, column 0 .*complex: 1j: give its real and imaginary part"),
    (np.array(["2020"], dtype="M8[ns]"), TypeError, r"X holds datetime64\[ns\]: make a number of it"),
    (np.array([[1]], dtype="m8[ns]"), TypeError, r"X holds timedelta64\[ns\]: make a number of it"),
    (np.array([["1"]]), TypeError, "X, row 0, column 0 .*str: '1': number the classes"),
    (np.array([b"a"]), TypeError, "X, row 0 .*bytes"),
    (np.ma.array([[1, 2], [3, 4]], mask=[[0, 0], [0, 1]]), ValueError, "X, row 1, column 1 .*masked"),
    ([np.ma.array([1, 2], mask=[0, 1])], ValueError, "X, row 0, column 1 .*masked"),
    (np.array([[1, 2], [3, np.inf]], dtype=np.float32), ValueError, "X, row 1, column 1 .*inf teaches nothing"),
    (np.array([Value(1.0)]), TypeError, "X, row 0 .*the bare number of a Value is v.data"),
    (nn.Neuron(2, init="zeros").parameters(), TypeError, "X, row 0 .*the bare number of a Value is v.data"),
    ([[np.array(1.0)]], TypeError, r"X, row 0, column 0 .*its number is x.item\(\)"),
    ([[Decimal(1)]], TypeError, "X, row 0, column 0 .*Decimal"),
    (bytearray(b"ab"), TypeError, "X must be a list of rows or of numbers, not bytearray"),
    (nn.Neuron(2), TypeError, "X must be a list of rows or of numbers, not Neuron"),
]  # fmt: skip


@pytest.mark.parametrize(("X", "error", "message"), REFUSED)
def test_what_has_no_rows_of_numbers_is_refused_with_its_place(X: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        check_rows(X)


@pytest.mark.parametrize("data", [{0: 1.0, 1: 2.0}, {1.0, 2.0}, Sparse()], ids=["dict", "set", "sparse"])
def test_keys_and_sets_are_no_rows_to_split_or_to_batch_either(data: Any) -> None:
    for use in (nn.train_test_split, lambda X, y: nn.batches(X, y, 1), nn.standardize):
        with pytest.raises(TypeError, match=r"a (dict|set|Sparse) (gives its keys|has no order|is sparse)"):
            use(data, [1, 2])


def test_rows_are_split_as_they_are() -> None:
    images = np.arange(16.0).reshape(4, 2, 2)
    train, test, *_ = nn.train_test_split(images, "abcd")
    assert train.shape == (3, 2, 2)
    assert sorted(image.tolist() for image in (*train, *test)) == images.tolist()


def test_one_row_has_no_deviation_to_standardise_by() -> None:
    with pytest.raises(ValueError, match="two rows or more, and there is one"):
        nn.standardize([[1.0, 2.0]], [[3.0, 4.0]])
