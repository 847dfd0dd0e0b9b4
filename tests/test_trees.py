"""grad, jit and their kin over what holds numbers: dicts, named tuples, dataclasses, arrays, nested in each other."""

from __future__ import annotations

import collections
import math
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd
import nn
from autograd import Value, grad, gradcheck, hessian, hvp, jacobian, jit, jvp, total, value_and_grad
from autograd.transforms import Tree


class Pair(NamedTuple):
    w: object
    b: object


@dataclass(frozen=True)
class Frozen:
    w: object
    b: object


@dataclass
class Slim:
    __slots__ = ("b", "w")
    w: object
    b: object


@dataclass
class Checked:
    w: float
    b: float
    seen: list[float] = field(init=False)

    def __post_init__(self):
        if not self.w > 0.0:
            raise ValueError("w must be positive")
        self.seen = [0.0]


KINDS = [Pair, Frozen, Slim, lambda w, b: {"w": w, "b": b}, lambda w, b: [w, b], lambda w, b: (w, b)]


def parts(p):
    """(w, b) of any of these."""
    if isinstance(p, dict):
        return p["w"], p["b"]
    return tuple(p) if isinstance(p, (list, tuple)) else (p.w, p.b)


def line(p, x):
    w, b = parts(p)
    return w[0] * x + w[1] * x * x + b


@pytest.mark.parametrize("kind", KINDS)
def test_a_gradient_has_the_form_of_the_argument(kind):
    p = kind([2.0, 1.0], 0.5)
    found = grad(line)(p, 3.0)
    assert type(found) is type(p)
    assert parts(found) == ([3.0, 9.0], 1.0)
    assert parts(p) == ([2.0, 1.0], 0.5)
    value, found = value_and_grad(line)(p, 3.0)
    assert (value, parts(found)) == (15.5, ([3.0, 9.0], 1.0))


@pytest.mark.parametrize("kind", KINDS)
def test_higher_and_forward_derivatives_take_them_too(kind):
    p, v = kind([2.0, 1.0], 0.5), kind([1.0, 0.0], 2.0)
    cubed = lambda p: total([x * x * x for x in [*parts(p)[0], parts(p)[1]]])  # noqa: E731
    assert jvp(cubed, (p,), (v,))[1] == 3 * 4.0 * 1.0 + 3 * 0.25 * 2.0
    assert parts(hvp(cubed, (p,), (v,))) == ([12.0, 0.0], 6.0)
    (of_w, _), of_b = parts(hessian(cubed)(p))
    assert (parts(of_w), parts(of_b)) == (([12.0, 0.0], 0.0), ([0.0, 0.0], 3.0))
    assert gradcheck(cubed, p, order=2).ok
    assert parts(jacobian(lambda p: kind(parts(p)[0], 2.0 * parts(p)[1]))(p))[1] == kind([0.0, 0.0], 2.0)


@pytest.mark.parametrize("kind", KINDS)
def test_jit_takes_and_gives_them(kind):
    p, xs = kind([2.0, 1.0], 0.5), np.array([1.0, 2.0, 3.0])
    compiled = jit(value_and_grad(line))
    value, found = compiled(p, 3.0)
    assert (value, parts(found)) == (15.5, ([3.0, 9.0], 1.0))
    assert type(found) is type(p)
    values, found = compiled(p, xs)
    assert values.tolist() == [line(p, x) for x in xs]
    assert [x.tolist() for x in parts(found)[0]] == [[1.0, 2.0, 3.0], [1.0, 4.0, 9.0]]
    columns = compiled(kind([xs, xs], xs), 2.0)[0]
    assert columns.tolist() == [line(kind([x, x], x), 2.0) for x in xs]


def test_jit_tells_classes_and_keys_apart():
    f = jit(lambda p: parts(p)[0] - parts(p)[1])
    assert [f(kind(3.0, 1.0)) for kind in KINDS] == [2.0] * len(KINDS)
    assert jit(lambda p: p)({"a": 1.0, "b": 2.0}) == {"a": 1.0, "b": 2.0}
    g = jit(lambda p: p)
    assert [g(p) for p in (Pair(1.0, 2.0), (1.0, 2.0), [1.0, 2.0])] == [Pair(1.0, 2.0), (1.0, 2.0), [1.0, 2.0]]


def test_a_program_names_its_inputs_by_their_places():
    f = jit(lambda p: p["w"][0] * p["b"].w)
    f({"w": [1.0, 2.0], "b": Frozen(3.0, 4.0)})
    assert str(f.program).startswith("{ p['w'][0] p['w'][1] p['b'].w p['b'].b .")


def test_a_dict_of_another_class_and_an_order_of_keys():
    found = grad(lambda p: p["b"] * 2.0 + p["a"])(collections.OrderedDict(b=1.0, a=2.0))
    assert [*found.items()] == [("b", 2.0), ("a", 1.0)]


def test_a_dataclass_is_built_again_without_its_checks():
    found = grad(lambda p: -p.w * p.seen[0] + p.b)(Checked(2.0, 1.0))
    assert (found.w, found.b, found.seen) == (0.0, 1.0, [-2.0])


def test_what_is_no_number_is_named_by_its_place():
    for tree, place in [
        ({"w": [1.0, "x"]}, r"argument 0\['w'\]\[1\]"), (Frozen(1.0, None), r"argument 0\.b"),
        (Pair(1.0, "x"), r"argument 0\[1\]"), (np.array(["x"]), r"argument 0\[0\]"),
    ]:  # fmt: skip
        with pytest.raises(TypeError, match=f"{place}: expected a real number"):
            grad(lambda p: p)(tree)


# --- arrays ----------------------------------------------------------------------------------------------------------

FUNCTIONS = {
    "sum of squares": (lambda a: (a * a).sum(), lambda a: 2.0 * a),
    "exp": (lambda a: np.exp(a).sum(), np.exp),
    "a product with a matrix": (lambda a: np.sum(np.ones(len(a)) @ a), np.ones_like),
    "arcsinh": (lambda a: np.sum(np.arcsinh(a)), lambda a: 1.0 / np.sqrt(1.0 + a * a)),
}


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("a", [np.array([1.0, -2.0, 0.5]), np.arange(6).reshape(2, 3), np.float32([[1.5]])])
def test_an_array_goes_in_as_an_array_of_values_and_comes_out_as_one_of_floats(name, a):
    f, slope = FUNCTIONS[name]
    found = grad(f)(a)
    assert (type(found), found.dtype, found.shape) == (np.ndarray, float, a.shape)
    assert found == pytest.approx(slope(a.astype(float)), rel=1e-14)


def test_values_in_an_array_give_an_array_of_values():
    a = np.array([Value(1.0), Value(2.0)])
    found = grad(lambda a: (a * a * a).sum())(a)
    assert found.dtype == object
    found.sum().backward()
    assert [x.grad for x in a] == [6.0, 12.0]


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 3), st.integers(1, 3), st.integers(0, 10**6))
def test_the_jacobian_of_an_array_by_an_array_has_the_dimensions_of_both(m, n, seed):
    rng = np.random.default_rng(seed)
    A, x = rng.normal(size=(m, n)), rng.normal(size=n)
    assert jacobian(lambda x: A @ x)(x) == pytest.approx(A)
    both = jacobian(lambda p: p["A"] @ p["x"])({"A": A, "x": x})
    assert both["x"] == pytest.approx(A)
    expected = np.einsum("ij,k->ijk", np.eye(m), x)
    assert both["A"].shape == (m, m, n)
    assert both["A"] == pytest.approx(expected)
    assert hessian(lambda x: (x * x * x).sum())(x) == pytest.approx(np.diag(6.0 * x))


def test_arrays_without_numbers_are_arrays_too():
    assert grad(lambda a: 2.0 * total(a.ravel()) + 1.0)(np.zeros((0, 3))).shape == (0, 3)


def test_jit_gives_an_array_where_the_function_does():
    f = jit(lambda x, y: np.array([x * y, x + y]))
    assert f(2.0, 3.0).tolist() == [6.0, 5.0]
    assert f(np.array([2.0, 1.0]), 3.0).tolist() == [[6.0, 5.0], [3.0, 4.0]]  # f(2, 3), then f(1, 3)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("shape", [(5, 3), (5, 3, 2), (1, 1)])
def test_jit_takes_the_rows_of_a_table_one_by_one_as_arrays(shape, order):
    def f(row, scale):
        return autograd.tanh(scale * row.ravel()[0]) * row.sum() + (row * row).sum()

    X = np.asarray(np.random.default_rng(1).normal(size=shape), order=order)
    for transformed in (f, grad(f), value_and_grad(f), hessian(f)):
        found = jit(transformed)(X, 2.0)
        rows = [transformed(row, 2.0) for row in X]
        for one, expected in (
            zip(found, zip(*rows, strict=True), strict=True) if type(found) is tuple else [(found, rows)]
        ):
            assert len(one) == len(X)
            np.testing.assert_allclose(one, np.reshape([*expected], one.shape), rtol=1e-12, atol=1e-12)


def test_jit_of_a_table_without_rows_has_none_either():
    assert jit(lambda row: (row[0] + row[1], row))(np.zeros((0, 2)))[1].shape == (0, 2)


def test_jit_takes_tables_beside_columns_and_in_dicts():
    X, w = np.arange(6.0).reshape(3, 2), np.array([1.0, 2.0, 3.0])
    assert jit(lambda p, w: (p["X"] @ p["X"]) * w)({"X": X}, w).tolist() == [1.0, 26.0, 123.0]
    assert jit(lambda x: x * x)(np.array(3.0)) == 9.0
    with pytest.raises(TypeError, match=r"is given one number for each row; give a table.* x\[None\]"):
        jit(lambda x: x[0] * x[1])(np.array([1.0, 2.0]))


def test_a_compiled_model_takes_a_table_as_predict_does():
    X, model = np.random.default_rng(1).normal(size=(7, 2)), nn.MLP(2, [4, 3], seed=1)
    np.testing.assert_allclose(np.array(jit(model)(X)).T, nn.predict(model, X), rtol=1e-12)


# --- which arguments, and what else --------------------------------------------------------------------------------


def test_arguments_by_name_go_through():
    def f(x, y=1.0, *, scale=1.0):
        return scale * x * x * y

    assert grad(f)(3.0, scale=2.0) == 12.0
    assert value_and_grad(f)(3.0, y=2.0) == (18.0, 12.0)
    assert jacobian(f)(3.0, y=Value(2.0)).data == 12.0
    assert hessian(f)(3.0, scale=0.5) == 1.0
    assert jit(grad(f))(3.0, scale=2.0) == 12.0
    with pytest.raises(ValueError, match="argnums 0: f was called with 0 argument"):
        grad(f)(x=3.0)


def test_arguments_count_from_the_end_too():
    f = lambda x, y, z: x * y * y * z  # noqa: E731
    assert grad(f, -1)(2.0, 3.0, 5.0) == 18.0
    assert grad(f, (0, -2))(2.0, 3.0, 5.0) == (45.0, 60.0)
    assert hessian(f, -2)(2.0, 3.0, 5.0) == 20.0
    for wrong in (-4, 3, (0, -3)):
        with pytest.raises(ValueError, match="was called with 3 argument"):
            grad(f, wrong)(2.0, 3.0, 5.0)


def test_what_a_function_returns_beside_its_result_comes_along_as_numbers():
    def f(p, x):
        y = autograd.tanh(p["w"] * x)
        return (y - 1.0) ** 2, {"y": y, "name": "tanh", "rows": [x, None]}

    y = math.tanh(1.0)
    slope = 2.0 * (y - 1.0) * (1.0 - y * y) * 2.0
    p, beside = {"w": 0.5}, {"y": y, "name": "tanh", "rows": [2.0, None]}
    (value, first), found = value_and_grad(f, has_aux=True)(p, 2.0)
    assert (value, first, found) == ((y - 1.0) ** 2, beside, {"w": pytest.approx(slope, rel=1e-14)})
    assert grad(f, has_aux=True)(p, 2.0) == (found, beside)
    assert jacobian(f, has_aux=True)(p, 2.0) == (found, beside)
    with pytest.raises(TypeError, match="has_aux: <lambda> must return a pair"):
        grad(lambda *args: f(*args)[0], has_aux=True)(p, 2.0)


def test_what_comes_along_is_compiled_with_it():
    f = jit(value_and_grad(lambda w, x: ((w * x) ** 2, [w * x]), has_aux=True))
    assert f(3.0, 2.0) == ((36.0, [6.0]), 24.0)
    (values, (products,)), slopes = f(3.0, np.array([1.0, 2.0]))
    assert (values.tolist(), products.tolist(), slopes.tolist()) == ([9.0, 36.0], [3.0, 6.0], [6.0, 24.0])


def test_a_list_of_numbers_has_the_shape_and_paths_of_any_list() -> None:
    floats, mixed = Tree([1.0, 2.0], "argument"), Tree([1.0, 2], "argument")  # of which the first is taken as a whole
    assert (floats.leaves, floats.paths, floats.shape) == (mixed.leaves, mixed.paths, mixed.shape)
    assert floats.like([3.0, 4.0]) == [3.0, 4.0]
    column = np.ones(3)
    assert Tree([column, 1.0], "argument", leaf=lambda part: part is column).leaves == [column, 1.0]
    assert Tree([], "argument").shape == Tree((), "argument").shape._replace(kind=list)
