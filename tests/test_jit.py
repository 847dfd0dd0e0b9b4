"""jit: compiled functions against the functions themselves, run by machine code and by NumPy."""

from __future__ import annotations

import math
import random
import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_graphs import OF_SEVERAL, SMOOTH, Instructions, grown, instructions

import autograd
import nn
from autograd import (
    AutogradError,
    TraceError,
    Value,
    exp,
    grad,
    gt,
    hessian,
    hvp,
    jacobian,
    jit,
    jvp,
    log,
    maximum,
    minimum,
    pick,
    primitive,
    primitives,
    sin,
    sqrt,
    tanh,
    total,
    uniform,
    value_and_grad,
    where,
)
from autograd.errors import FallbackWarning
from autograd.primitives import TABLE
from autograd.program import same

pytestmark = pytest.mark.usefixtures("backend")


def flat(result: Any) -> list[float]:
    """The numbers of a result, eager or not."""
    if isinstance(result, (list, tuple)):
        return [x for part in result for x in flat(part)]
    return [result.data if isinstance(result, Value) else float(result)]


def assert_same(f: Callable[..., Any], columns: Sequence[Sequence[float]], tolerance: float = 1e-12) -> None:
    """jit(f) over columns is f for every row, in the same shape."""
    found = jit(f)(*map(np.array, columns))
    for i, row in enumerate(zip(*columns, strict=True)):
        expected = flat(f(*row))
        for y, z in zip(expected, flat(_row(found, i)), strict=True):
            assert z == pytest.approx(y, rel=tolerance, abs=tolerance, nan_ok=True), (i, row)


def _row(found: Any, i: int) -> Any:
    return type(found)([_row(part, i) for part in found]) if isinstance(found, (list, tuple)) else found[i]


# --- what goes in and what comes out ---------------------------------------------------------------------------


def test_numbers_give_numbers() -> None:
    f = jit(lambda x, y: x * y + 1.0)
    assert f(2.0, 3.0) == 7.0
    assert type(f(2, True)) is float
    assert f(np.float32(2.0), np.int64(3)) == 7.0


def test_arrays_give_arrays_a_result_for_each_row_and_numbers_count_for_every_row() -> None:
    found = jit(lambda x, y: x * y)(np.arange(5), 2.0)
    assert isinstance(found, np.ndarray)
    assert found.dtype == np.float64
    assert found.tolist() == [0.0, 2.0, 4.0, 6.0, 8.0]


@pytest.mark.parametrize("rows", [0, 1, 3, 4, 8, 127, 128, 129, 1000])
def test_any_number_of_rows(rows: int) -> None:
    x = np.linspace(-2.0, 2.0, rows)
    y, one = jit(lambda x: [x * x, 1.0])(x)
    assert y.tolist() == (x * x).tolist()
    assert one.tolist() == [1.0] * rows


def test_nested_lists_and_tuples_keep_their_shape() -> None:
    f = jit(lambda w, xs: (w[0] * xs[0][0], [w[1], (xs[1][0], xs[0][1] - 1.0)]))
    assert f((2.0, 3.0), [[4.0, 5.0], [6.0]]) == (8.0, [3.0, (6.0, 4.0)])
    product, rest = f((2.0, np.array([3.0, 4.0])), [[4.0, 5.0], [6.0]])
    assert product.tolist() == [8.0, 8.0]
    assert rest[0].tolist() == [3.0, 4.0]


def test_arguments_by_name_and_defaults() -> None:
    def f(x: Any, y: Any = 10.0, *, z: Any = 100.0) -> Any:
        return x + y * z

    compiled = jit(f)
    assert compiled(1.0) == f(1.0)
    assert compiled(1.0, z=2.0) == f(1.0, z=2.0)
    assert compiled(y=3.0, x=1.0) == f(1.0, 3.0)
    assert compiled.__name__ == "f"


def test_integers_of_any_kind_and_strided_columns() -> None:
    table = np.arange(12).reshape(4, 3)
    assert jit(lambda x, y, z: x + y * z)(*table.T).tolist() == [2.0, 23.0, 62.0, 119.0]
    assert jit(lambda x: -x)(np.arange(6.0)[::-2]).tolist() == [-5.0, -3.0, -1.0]


def test_with_values_it_runs_the_function_itself() -> None:
    f = jit(lambda x, y: x * y)
    x = Value(3.0)
    y = f(x, 2.0)
    y.backward()
    assert x.grad == 2.0
    assert grad(f)(3.0, 5.0) == 5.0
    assert (f(np.array([x, x]), np.array([1.0, 2.0])) == x).all() is not True  # arrays of Values go to f, too
    assert jit(lambda x: f(x, x) + f(1.0, x))(3.0) == 12.0  # inside another compiled function


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (([1.0, "a"],), TypeError, r"argument\[0\]\[1\]: expected a real number"),
        ((np.zeros((2, 3)), np.zeros(3)), ValueError, r"argument\[0\]\[2\] has 2, argument\[1\] has 3"),
        ((np.array([["a", "b"]]),), TypeError, r"argument\[0\]\[0\]: a column must hold real numbers, not <U1"),
        (
            ([np.zeros(2), np.zeros(3)],),
            ValueError,
            r"equally long, but argument\[0\]\[0\] has 2, argument\[0\]\[1\] has 3",
        ),
        ((None,), TypeError, "NoneType"),
        ((1j,), TypeError, "complex"),
    ],
)
def test_arguments_that_are_no_numbers_are_refused(arguments: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        jit(lambda x: x)(*arguments)


def test_it_takes_a_function() -> None:
    with pytest.raises(TypeError, match="jit takes a function"):
        jit(3.0)  # type: ignore[arg-type]


# --- the transforms ----------------------------------------------------------------------------------------------


def polynomial(x: Any, y: Any) -> Any:
    return x**3 * y + sin(x * y) / (1.0 + y * y) + where(gt(x, 0.0), x * x, -x) * tanh(y)


TRANSFORMED = {
    "value_and_grad": value_and_grad(polynomial, (0, 1)),
    "grad of grad": grad(grad(polynomial), 1),
    "hessian": lambda x, y: hessian(lambda v: polynomial(*v))([x, y]),
    "jacobian": lambda x, y: jacobian(lambda v: [polynomial(*v), v[0] * v[1], v[0]])([x, y]),
    "jvp": lambda x, y: jvp(polynomial, (x, y), (1.0, -2.0)),
    "hvp": lambda x, y: hvp(lambda v: polynomial(*v), ([x, y],), ([1.0, -2.0],)),
}


@pytest.mark.parametrize("name", TRANSFORMED)
def test_it_goes_around_the_transforms(name: str) -> None:
    rng = random.Random(1)
    points = [(rng.uniform(-2.0, 2.0), rng.uniform(-2.0, 2.0)) for _ in range(20)]
    assert_same(TRANSFORMED[name], list(zip(*points, strict=True)))


def test_a_model_over_a_table() -> None:
    model = nn.MLP(3, [5, 2], activation="tanh", seed=1)
    X = np.random.default_rng(1).normal(size=(50, 3))
    f = jit(model)
    found = np.array(f(list(X.T))).T
    assert found == pytest.approx(np.array([[y.data for y in model(list(row))] for row in X]), abs=1e-14)
    model.parameters()[0].data = 5.0  # parameters are read anew
    assert f(list(X[0]))[0] == pytest.approx(model(list(X[0]))[0].data, abs=1e-14)


def test_what_was_computed_outside_stays_as_it_was_computed() -> None:
    a = Value(2.0)
    before = a * 3.0
    f = jit(lambda x: before * x + a)
    a.data = 10.0
    assert f(1.0) == 16.0
    assert f(1.0) == (before * 1.0 + a).data


# --- every primitive, at every hard point ---------------------------------------------------------------------------

POINTS = [-math.inf, -2.0, -1.0, -0.5, -0.0, 0.0, 5e-324, 0.5, 1.0, 2.0, 40.0, 800.0, math.inf, math.nan]
DOMAIN = [
    name for name, row in TABLE.items() if not row.variadic and not name.startswith("logical") and name != "where"
]


def outcome(f: Callable[..., Any], row: Sequence[float]) -> list[float] | type[Exception]:
    try:
        return flat(f(*row))
    except (ArithmeticError, ValueError) as error:
        return type(error)


@pytest.mark.parametrize("name", DOMAIN)
def test_values_and_gradients_at_the_hard_points_are_the_eager_ones(name: str) -> None:
    """Where eager raises, so does the compiled row, or it has the IEEE result."""
    arity = len(TABLE[name].domain)
    f = value_and_grad(TABLE[name], tuple(range(arity)))
    compiled = jit(f)
    grid = [(x,) for x in POINTS] if arity == 1 else [(x, y) for x in POINTS for y in POINTS]
    for row in grid:
        expected = outcome(f, row)
        found = outcome(compiled, row)
        if isinstance(expected, type):
            assert found is expected or isinstance(found, list), row
            continue
        assert isinstance(found, list), (row, found)
        for y, z in zip(expected, found, strict=True):
            assert z == pytest.approx(y, rel=4e-15, abs=0.0, nan_ok=True), (row, expected, found)


@pytest.mark.parametrize(
    ("f", "x", "expected"),
    [
        (autograd.relu, 0.0, 0.0), (abs, 0.0, 0.0), (lambda x: maximum(x, 0.0), 0.0, 0.5),
        (lambda x: minimum(x, 0.0), 0.0, 0.5), (sqrt, 0.0, math.inf), (lambda x: x**0, 0.0, 0.0),
        (lambda x: x**0.5, 0.0, math.inf), (autograd.softplus, 800.0, 1.0), (autograd.asin, 1.0, math.inf),
        (lambda x: where(gt(x, 0.0), sqrt(x), 0.0), 0.0, 0.0), (grad(lambda x: x * sin(x)), 0.0, 2.0),
        (lambda x: autograd.hypot(x, 0.0), 0.0, 0.0), (lambda x: autograd.leaky_relu(x, 0.1), 0.0, 0.1),
    ],
)  # fmt: skip
def test_the_documented_derivatives_at_hard_points(f: Callable[..., Any], x: float, expected: float) -> None:
    assert jit(grad(f))(x) == expected
    assert jit(grad(f))(np.array([0.3, x]))[1] == expected


# --- random graphs ------------------------------------------------------------------------------------------------

NAMES = [*SMOOTH, *OF_SEVERAL, "abs", "relu", "where"]
NUMBER = st.one_of(st.sampled_from([0.0, -0.0, 1.0, -1.0, 5e-324, 700.0]), st.floats(-3.0, 3.0))


@settings(max_examples=25, deadline=None)
@given(
    instructions(NAMES, 15),
    st.lists(st.tuples(NUMBER, NUMBER, NUMBER), min_size=1, max_size=9),
)
def test_random_graphs_and_their_gradients_over_batches(made_by: Instructions, rows: list[tuple[float, ...]]) -> None:
    def f(x: Any, y: Any, z: Any) -> Any:
        return value_and_grad(lambda xs: total(grown(made_by, xs)))([x, y, z])

    size = max(abs(y) for row in rows for y in flat(f(*row)))
    found = jit(f)(*map(np.array, zip(*rows, strict=True)))
    for i, row in enumerate(rows):
        for y, z in zip(flat(f(*row)), flat(_row(found, i)), strict=True):
            assert abs(z - y) <= 1e-11 * max(1.0, size), (i, row)


# --- what is not finite is computed again --------------------------------------------------------------------------


def test_errors_are_those_of_the_function_with_the_row() -> None:
    def risky(x: Any) -> Any:
        return log(x)

    with pytest.raises(ValueError, match=r"^risky, row 2: math domain error: log of -1\.0"):
        jit(risky)(np.array([1.0, 2.0, -1.0, -2.0]))
    with pytest.raises(ValueError, match=r"^math domain error"):
        jit(risky)(-1.0)
    with pytest.raises(OverflowError, match="row 0: math range error: exp of"):
        jit(lambda x: exp(x))(np.array([1000.0]))
    with pytest.raises(ZeroDivisionError, match="row 1"):
        jit(lambda x: 1.0 / x)(np.array([1.0, 0.0]))


def test_finite_numbers_are_not_computed_again_however_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autograd.compiler.compiled_function._Call.again", None)
    x = np.array([1e308 / 2, -1e300, 3.0])  # the sum of their squares is inf
    assert jit(lambda x: x + x)(x).tolist() == [1e308, -2e300, 6.0]


def test_inf_and_nan_that_come_in_flow_as_eagerly() -> None:
    x = np.array([math.inf, -math.inf, math.nan, 1.0])
    assert jit(lambda x: x * 2.0)(x).tolist()[:2] == [math.inf, -math.inf]
    assert jit(tanh)(x).tolist()[:2] == [1.0, -1.0]
    assert math.isnan(jit(tanh)(x)[2])


def test_a_branch_that_is_not_taken_neither_raises_nor_leaks() -> None:
    f = jit(value_and_grad(lambda x: where(gt(x, 0.0), lambda: log(x), lambda: x * x)))
    values, slopes = f(np.array([-3.0, 1.0, 0.0]))
    assert values.tolist() == [9.0, 0.0, 0.0]
    assert slopes.tolist() == [-6.0, 1.0, 0.0]


def test_pick_by_a_traced_class_and_a_class_out_of_range_raises() -> None:
    f = jit(lambda i, x, y: pick([x, y, 7.0], i))
    assert f(np.array([0.0, 2.0, 1.0]), 3.0, 4.0).tolist() == [3.0, 7.0, 4.0]
    for wrong in (3.0, -1.0, 0.5):
        with pytest.raises(IndexError, match=r"row 1: pick: the index must be a whole number from 0 to 2"):
            f(np.array([0.0, wrong]), 3.0, 4.0)


# --- nothing is fixed silently ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "advice"),
    [
        (lambda x: x if x > 0 else -x, "where"),
        (lambda x: x * x.data, "no numbers yet"),
        (lambda x: x * float(x), "no numbers yet"),
        (lambda x: math.sin(x), "the functions of autograd"),
        (lambda x: max(x, 0.0), "maximum"),
        (lambda x: sorted([x, 0.5 * x])[0], "minimum"),
        (lambda x: [1.0, 2.0][x], "pick"),
        (lambda x: x if x else 0.0, "where"),
        (lambda x: float(f"{x:.3f}"), "no numbers yet"),
        (lambda x: x.detach() * x, "no numbers yet"),
        (lambda x: x * x.grad, "no numbers yet"),
        (lambda x: (x * x).backward(), "no numbers yet"),
        (lambda x: x if x == 1.0 else -x, "eq"),
        (lambda x: x if x != x * x else -x, "no numbers yet"),
        (lambda x: x if x.is_integer() else -x, "'is_integer' of a Value"),
        (lambda x: round(x, 2) * x, "no numbers yet"),
        (lambda x: math.trunc(x) * x, "no numbers yet"),
        (lambda x: divmod(x, 2.0)[0] * x, "no numbers yet"),
        (lambda x: x * int(x), "no numbers yet"),
    ],
    ids=[
        "if",
        "data",
        "float",
        "math",
        "max",
        "sorted",
        "index",
        "truth",
        "format",
        "detach",
        "grad",
        "backward",
        "equal",
        "unequal",
        "method",
        "round",
        "trunc",
        "divmod",
        "int",
    ],
)
def test_reading_a_traced_number_is_refused_with_the_line(f: Callable[..., Any], advice: str) -> None:
    with pytest.raises(TraceError, match=rf"test_jit\.py, line \d+: (?s:.)*{advice}"):
        jit(f)(2.0)


def test_leaves_that_the_function_makes_itself_are_numbers() -> None:
    def f(x: Any) -> Any:
        state, weight = Value(0.0), Value(2.0, requires_grad=False)
        return (state + weight * x) * weight

    assert jit(f)(3.0) == 12.0
    numbers = iter(range(100))
    with pytest.raises(TraceError, match="numbers is an iterator"):
        jit(lambda x: x * Value(next(numbers)))(2.0)


def test_what_differs_from_call_to_call_is_refused() -> None:
    for f in (lambda x: x * random.gauss(0.0, 1.0), lambda x: x * np.random.default_rng().normal()):
        with pytest.raises(TraceError, match="did something else"):
            jit(f)(2.0)


@pytest.mark.parametrize("generator", [random.Random, np.random.default_rng])
def test_random_numbers_are_drawn_anew_for_every_row_and_are_the_eager_ones(generator: Callable[[int], Any]) -> None:
    def noisy(one: Any, other: Any, x: Any) -> Any:
        return x + uniform(one), uniform(other) * uniform(one), x

    eager = [generator(1), generator(2)]
    expected = [noisy(*eager, float(i)) for i in range(5)]
    drawn = [generator(1), generator(2)]
    found = jit(lambda x: noisy(*drawn, x))(np.arange(5.0))
    assert [_row(found, i) for i in range(5)] == expected
    assert drawn[0].random() == eager[0].random()
    assert "random1" in str(jit(lambda x: x + uniform(drawn[0])).program)


def test_only_generators_draw() -> None:
    with pytest.raises(TypeError, match=r"a random\.Random or a NumPy Generator, not"):
        uniform(random)


def test_a_refused_trace_leaves_eager_work_as_it_was() -> None:
    with pytest.raises(TraceError):
        jit(lambda x: math.sin(x))(2.0)
    x = Value(2.0)
    (x * x).backward()
    assert x.grad == 4.0


# --- primitives of one's own ------------------------------------------------------------------------------------------


def test_a_primitive_whose_forward_runs_on_values_is_compiled_with_its_own_derivative() -> None:
    cube = primitive("cube", lambda x: x * x * x, lambda x, out: (-1.0 * x,))  # wrong on purpose: the rule counts
    twice = primitive("twice", lambda x: cube(x) * 2.0, lambda x, out: (6.0 * x * x,))
    same = primitive("same", lambda x, y: y, lambda x, y, out: (0.0, 1.0))
    f = lambda x: value_and_grad(lambda x: cube(x) + twice(x) + same(3.0, x))(x)  # noqa: E731  # a function in a line
    assert jit(f)(2.0) == f(2.0)
    assert "cube" in str(jit(lambda x: cube(x)).program)  # without a FallbackWarning, which would be an error here


def sinc(x: float) -> float:
    return math.sin(x) / x if x else 1.0


def cases(x: float) -> float:
    """Asks for all that a float can be asked for."""
    if x == 0.0 or not x:
        return 0.0
    return float(math.ceil(x)) * x if x < 2 else divmod(x, 2.0)[1] + round(x) + int(x) + x.real


UNTRACEABLE: dict[str, Callable[[float], Any]] = {
    "math": lambda x: 1.0 - math.cos(x),
    "if": sinc,
    "method": lambda x: x if x.is_integer() else 2.0 * x,
    "equal": lambda x: x if x == 1.0 else 2.0 * x,
    "truth": lambda x: x if x else 1.0,
    "round": lambda x: round(x) * x,
    "divmod": lambda x: divmod(x, 0.3)[0] * x,
    "floor": lambda x: math.floor(x) * x,
    "text": lambda x: len(f"{x:.3f}") * x,
    "bits": lambda x: math.frexp(x)[0] * x,
    "ufunc": lambda x: float(np.cbrt(x)),
    "array": lambda x: np.array([x], float)[0] * x,
    "lookup": lambda x: {0.5: 2.0, 1.0: 3.0}[x] * x,
    "cases": cases,
}


@pytest.mark.parametrize("kind", UNTRACEABLE)
def test_a_primitive_that_cannot_be_compiled_is_called_for_each_number_and_named(backend: str, kind: str) -> None:
    name = f"{kind}_{backend.split()[0]}_"
    odd = primitive(name, UNTRACEABLE[kind], lambda x, out: (sin(x),))
    f = jit(value_and_grad(lambda x: odd(x) * x))
    if backend == "machine code":
        why = f"^NumPy runs what was compiled, .*the primitive '{name}' cannot be compiled"
        with pytest.warns(FallbackWarning, match=why):
            f(0.5)
    assert f(0.5) == value_and_grad(lambda x: odd(x) * x)(0.5)
    assert f(np.array([0.5, 1.0]))[0].tolist() == [odd(x) * x for x in (0.5, 1.0)]
    assert jit(grad(lambda x: odd(x) * x + 1.0))(0.5) == grad(lambda x: odd(x) * x)(0.5)  # and says no more about it


def test_the_warning_names_the_line_that_asked_for_it(backend: str) -> None:
    if backend == "machine code":
        cosine = primitive("cosine", math.cos, lambda x, out: (-sin(x),))
        with pytest.warns(FallbackWarning) as found:
            jit(cosine)(0.5)
        assert [warning.filename for warning in found] == [__file__]


def test_a_mistake_in_a_function_is_not_taken_for_something_that_cannot_be_compiled() -> None:
    def misspelt(x: Any) -> Any:
        return x.cosine()

    with pytest.raises(AttributeError, match="cosine"):
        jit(misspelt)(0.5)
    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        jit(lambda x: x * __import__("no_such_module").number)(0.5)
    with pytest.raises(KeyError):
        jit(lambda x: x * {}["slope"])(0.5)


def test_a_primitive_with_a_name_of_the_table_is_not_taken_for_the_tables() -> None:
    ours = primitive("tanh", lambda x: x * 10.0, lambda x, out: (10.0,))
    assert jit(value_and_grad(ours))(2.0) == (20.0, 10.0)


# --- looking inside -----------------------------------------------------------------------------------------------


def test_the_program_prints_with_the_names_of_the_arguments() -> None:
    def affine(w: Any, x: Any) -> Any:
        return w[0] * x + w[1]

    f = jit(affine)
    with pytest.raises(AutogradError, match="call the function once"):
        str(f.program)
    f([2.0, 1.0], 3.0)
    assert str(f.program).splitlines() == ["{ w[0] w[1] x .", "  a = w[0] * x", "  b = a + w[1]", "  in b }"]


def test_before_the_first_call_the_program_is_that_for_numbers() -> None:
    assert str(jit(lambda x, y: x * y).program).splitlines() == ["{ x y .", "  a = x * y", "  in a }"]


def test_the_plan_says_what_is_computed_together() -> None:
    model = nn.MLP(3, [5, 1], activation="tanh", seed=1)
    f = jit(model)
    f([1.0, 2.0, 3.0])
    assert str(f.plan).splitlines() == ["matvec 3 -> 5", "5 x [tanh(row0)]", "matvec 5 -> 1"]


def test_what_is_done_to_each_sum_of_a_layer_is_done_where_it_is_added_up() -> None:
    model = nn.MLP(3, [5, 1], activation="relu", seed=1)
    f = jit(model)
    f([1.0, 2.0, 3.0])
    first, *rest = str(f.plan).splitlines()
    assert first.startswith("matvec 3 -> 5 then [")
    assert rest == ["matvec 5 -> 1"]


def test_the_code_in_llvms_language(backend: str) -> None:
    code = jit(lambda x: x * x).llvm
    assert ("fmul" in code) == (backend == "machine code")


# --- more than one thread -----------------------------------------------------------------------------------------


def test_calls_from_several_threads_give_each_its_own_answer() -> None:
    f = jit(lambda x, c: sin(x) * c + x)
    x = np.linspace(-1.0, 1.0, 500)
    results: dict[int, Any] = {}

    def work(k: int) -> None:
        results[k] = [f(x, float(k)) for _ in range(5)]

    threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for k in range(8):
        for found in results[k]:
            assert found == pytest.approx(np.sin(x) * k + x, abs=1e-14)


def test_a_program_of_many_kinds_of_operations_is_interpreted_with_the_same_results(backend: str) -> None:
    """Every operation differs from every other, so that no two pieces are alike."""
    rng = random.Random(3)
    names = ["sin", "cos", "tanh", "sigmoid", "mul", "add", "sub", "maximum", "where"]
    steps = [(rng.choice(names), [rng.randrange(1000) for _ in range(4)], rng.random()) for _ in range(1500)]

    def f(x: Any, y: Any) -> Any:
        nodes = [x, y]
        for name, picks, c in steps:
            a, b, d = (nodes[-1 - i % min(len(nodes), 40)] for i in picks[:3])
            if name == "where":
                made = where(primitives.gt(a, c), b, d)
            else:
                made = TABLE[name](a) if len(TABLE[name].domain) == 1 else TABLE[name](a, b) * c
            nodes.append(tanh(made + c))
        return value_and_grad(lambda x: x * nodes[-1])(x)[0], nodes[-2]

    compiled = jit(f)
    rows = [(0.1 * i - 1.0, 0.3) for i in range(20)]
    for found, row in zip(zip(*compiled(*map(np.array, zip(*rows, strict=True))), strict=True), rows, strict=True):
        assert found == pytest.approx(flat(f(*row)), abs=1e-11)
    if backend == "machine code":
        assert compiled.llvm.count("define void @piece") < 60  # one for each kind of operation, not for each operation


def test_two_graphs_are_the_same_when_they_compute_the_same_from_the_same_leaves() -> None:
    w = Value(1.0)

    def graph(constant: float, leaf: Value = w, swapped: bool = False) -> tuple[list[Value], list[Value]]:
        x, y = Value(0.5), Value(0.5)
        return [x, y], [(y * x if swapped else x * y) * leaf + constant, x * x]

    assert same(*graph(2.0), *graph(2.0))
    assert same(*graph(math.nan), *graph(math.nan))
    assert not same(*graph(2.0), *graph(3.0))
    assert not same(*graph(0.0), *graph(-0.0))
    assert not same(*graph(2.0), *graph(2.0, Value(1.0)))
    assert not same(*graph(2.0), *graph(2.0, swapped=True))
    inputs, outputs = graph(2.0)
    assert not same(inputs, outputs, inputs, outputs[:1])
    assert not same(inputs, [inputs[0] * inputs[0]], *[[a, b] for a, b in [(Value(1.0), Value(2.0))]], [Value(1.0) * w])


@pytest.mark.parametrize("show", [repr, str, lambda w: f"{w}", lambda w: f"{w:.3f}"])
def test_the_text_of_a_parameter_is_a_number_that_may_change(show):
    w = Value(2.0)
    with pytest.raises(TraceError):
        jit(lambda x: x * (1.0 if "2" in show(w) else 3.0))(1.0)


@pytest.mark.parametrize("exponent", [-2, -1, 1, 2, 3, 4, 5, 0.5])
def test_a_power_with_a_constant_exponent_is_within_4_ulp_and_ieee_at_the_edges(exponent):
    random = np.random.default_rng(0)
    bases = np.ldexp(random.uniform(-1.0, 1.0, 2000), random.integers(-540, 540, 2000))
    edges = [0.0, -0.0, math.inf, -math.inf, math.nan, 5e-324, -1e-310, 1.5e154, 1e-154, -1e-103, 1e77]

    def is_defined(x):
        try:
            return isinstance(x**exponent, float)
        except (OverflowError, ZeroDivisionError):
            return False

    xs = np.array([x for x in [*bases.tolist(), *edges] if is_defined(x)])
    wanted = np.array([x**exponent for x in xs.tolist()])
    got = jit(lambda x: x**exponent)(xs)
    finite = np.isfinite(wanted)
    np.testing.assert_array_equal(got[~finite], wanted[~finite])
    got, wanted = got[finite], wanted[finite]
    np.testing.assert_array_equal(np.signbit(got), np.signbit(wanted))
    assert np.all(np.abs(got - wanted) <= 4.0 * np.spacing(np.abs(wanted)))


def test_a_number_times_itself_is_a_product_even_as_a_dot() -> None:
    x = np.array([-3.0, -0.0, 1e-200, 2.0])
    f, g = jit(lambda x: autograd.dot([x], [x])), jit(lambda x: autograd.dot([x], [x], -0.0))
    assert str(f.plan) == str(jit(lambda x: x * x).plan)
    assert f(x).tolist() == g(x).tolist() == [9.0, 0.0, 0.0, 4.0]


@pytest.mark.parametrize("f", [lambda x: (x**2).tanh(), lambda x: 1.0 / (1.0 + 1.5**x), lambda x: (x**1.01).tanh()])
def test_a_power_that_overflows_raises_though_what_follows_is_finite(f, backend):
    at = 1.5e308
    with pytest.raises(OverflowError):
        f(Value(at))
    with pytest.raises(OverflowError):
        jit(f)(at)
