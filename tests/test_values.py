"""What a Value means: the promises of the class, one after the other."""

from __future__ import annotations

import contextlib
import gc
import inspect
import itertools
import math
import operator
import random
import struct
import sys
from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd as ag
from autograd import (
    AutogradError,
    NonFiniteError,
    StaleGraphError,
    Value,
    dot,
    draw,
    grad,
    grad_of,
    gradcheck,
    hessian,
    hvp,
    jacobian,
    jvp,
    logsumexp,
    no_grad,
    pick,
    primitive,
    topological_order,
    total,
    value_and_grad,
    where,
)

INF, NAN = math.inf, math.nan

# --- a Value behaves like the float it holds ---------------------------------------------------------------

EDGES = [
    0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1 / 3, 2.0, -2.0, 3.0, 7.5, -7.5, 40.0, 710.0, -746.0, 1000.0,
    5e-324, -5e-324, 2.2250738585072014e-308, 1e-160, 1e200, -1e200, 1.7976931348623157e308, INF, -INF, NAN,
]  # fmt: skip
FLOATS = st.one_of(st.sampled_from(EDGES), st.floats(), st.floats(-10, 10), st.integers(-20, 20).map(float))

BINARY = [
    operator.add, operator.sub, operator.mul, operator.truediv, operator.floordiv, operator.mod, operator.pow,
]  # fmt: skip
UNARY = [operator.neg, operator.pos, operator.abs]
MATH_1 = [
    "exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "erf",
    "exp2", "log2", "log10", "asinh", "acosh", "atanh",
]  # fmt: skip
MATH_2 = ["atan2", "hypot"]


def outcome(f: Callable[..., Any], *args: Any) -> Any:
    """What f gives: the bits of a float, or the exception's type and message."""
    try:
        out = f(*args)
    except (ArithmeticError, ValueError) as error:
        return type(error), str(error.args[-1])
    return "no real number" if isinstance(out, complex) else bits(out)


def bits(x: Any) -> bytes:
    x = x.data if isinstance(x, Value) else x
    assert type(x) is float
    return b"nan" if x != x else struct.pack("<d", x)


def agree(ours: Any, pythons: Any) -> bool:
    if pythons == "no real number":
        return ours[0] is ValueError and "no real value" in ours[1]
    if isinstance(pythons, tuple):
        return ours[0] is pythons[0] and ours[1].startswith(pythons[1] + ": ")
    return ours == pythons


@pytest.mark.parametrize("f", BINARY)
@pytest.mark.parametrize("form", ["Value, Value", "Value, number", "number, Value"])
@settings(deadline=None)
@given(x=FLOATS, y=FLOATS)
def test_operators_give_what_floats_give(f, form, x, y):
    a = x if form.startswith("number") else Value(x)
    b = y if form.endswith("number") else Value(y)
    assert agree(outcome(f, a, b), outcome(f, x, y))


@pytest.mark.parametrize("f", BINARY)
def test_operators_give_what_floats_give_at_the_edges(f):
    for x, y in itertools.product(EDGES, EDGES):
        assert agree(outcome(f, Value(x), Value(y)), outcome(f, x, y)), (x, y)


@pytest.mark.parametrize("f", UNARY)
def test_signs_give_what_floats_give(f):
    for x in EDGES:
        assert outcome(f, Value(x)) == outcome(f, x)


@pytest.mark.parametrize("name", MATH_1)
@settings(deadline=None)
@given(x=FLOATS)
def test_functions_give_what_math_gives(name, x):
    pythons = outcome(getattr(math, name), x)
    assert agree(outcome(getattr(ag, name), Value(x)), pythons)
    assert agree(outcome(getattr(Value(x), name)), pythons)


@pytest.mark.parametrize("name", MATH_2)
@settings(deadline=None)
@given(x=FLOATS, y=FLOATS)
def test_functions_of_two_give_what_math_gives(name, x, y):
    pythons = outcome(getattr(math, name), x, y)
    for ours in (
        outcome(getattr(ag, name), Value(x), Value(y)),
        outcome(getattr(ag, name), x, Value(y)),
        outcome(getattr(Value(x), name), y),
    ):
        assert agree(ours, pythons)


@settings(deadline=None)
@given(x=FLOATS, y=FLOATS)
def test_recording_or_not_the_numbers_are_the_same(x, y):
    for f in BINARY:
        recorded = outcome(f, Value(x), Value(y))
        with no_grad():
            assert outcome(f, Value(x), Value(y)) == recorded


@settings(deadline=None)
@given(n=st.integers(-(10**6), 10**6), x=st.floats(-1e6, 1e6))
def test_whole_numbers_and_bools_count_as_floats(n, x):
    assert bits(Value(x) + n) == bits(n + Value(x)) == bits(x + n)
    assert bits(Value(n) * x) == bits(n * x)
    assert bits(Value(x) - True) == bits(x - 1.0)


def test_integer_powers_stay_floats():
    assert bits(Value(3) ** 2) == bits(9.0)
    assert bits(2 ** Value(-1)) == bits(0.5)
    assert bits(Value(10) ** 20) == bits(10.0**20)


def test_inf_and_nan_that_come_in_flow():
    assert (Value(INF) + 1).data == INF
    assert math.isnan((Value(INF) - INF).data)
    assert math.isnan((Value(NAN) * 0.0).data)
    assert Value(-INF).exp().data == 0.0
    assert math.isnan(Value(NAN).relu().data)
    assert Value(1e308) * 10 > 1e308


# What goes wrong, and all of what is said.
RAISES: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: Value(1.0, label="a") / Value(0.0, label="b"), ZeroDivisionError, "div of 'a' = 1.0, 'b' = 0.0"),
    (lambda: 1 / Value(0.0, label="b"), ZeroDivisionError, "div of 1.0, 'b' = 0.0"),
    (lambda: Value(1.0) / 0, ZeroDivisionError, "div of 1.0, 0.0"),
    (lambda: Value(1.0) // 0, ZeroDivisionError, "floordiv of 1.0, 0.0"),
    (lambda: Value(1.0) % 0, ZeroDivisionError, "mod of 1.0, 0.0"),
    (lambda: Value(0.0, label="z") ** -1, ZeroDivisionError, "pow of 'z' = 0.0, -1.0"),
    (lambda: Value(1e200) ** 2, OverflowError, "pow of 1e+200, 2.0"),
    (lambda: (Value(500.0, label="x") * 2).exp(), OverflowError, "exp of 1000.0 (from mul)"),
    (lambda: Value(710.5, label="x").sinh(), OverflowError, "sinh of 'x' = 710.5"),
    (lambda: Value(-1.0, label="x").log(), ValueError, "log of 'x' = -1.0"),
    (lambda: ag.sqrt(Value(-4.0)), ValueError, "sqrt of -4.0"),
    (lambda: Value(1.5, label="x").asin(), ValueError, "asin of 'x' = 1.5"),
    (lambda: Value(INF).sin(), ValueError, "sin of inf"),
    (lambda: Value(-8.0, label="x") ** (1 / 3), ValueError, "pow of 'x' = -8.0, 0.3333333333333333"),
]


@pytest.mark.parametrize(("f", "error", "said"), RAISES, ids=[said for _, _, said in RAISES])
def test_errors_name_operation_numbers_and_labels(f, error, said):
    with pytest.raises(error) as caught:
        f()
    assert str(caught.value).endswith(f": {said}")
    with no_grad(), pytest.raises(error) as caught:  # there nothing is known of where a number came from
        f()
    assert str(caught.value).endswith(f": {said.removesuffix(' (from mul)')}")


@pytest.mark.parametrize("x", [800.0, 1e6, 1e308])
def test_where_math_has_no_function_nothing_overflows(x):
    assert Value(x).sigmoid().data == 1.0
    assert Value(-x).sigmoid().data < 1e-300
    assert Value(x).softplus().data == x
    assert Value(-x).softplus().data < 1e-300
    assert logsumexp([Value(x), Value(x)]).data == x + math.log(2)
    assert Value(x).relu().data == x


def test_partials_follow_ieee_where_the_forward_is_fine():
    for f, x, slope in [(ag.sqrt, 0.0, INF), (ag.asin, 1.0, INF), (ag.acos, 1.0, -INF), (lambda v: v**0.5, 0.0, INF)]:
        v = Value(x)
        f(v).backward()
        assert v.grad == slope
        assert grad(f)(x) == slope


# --- what data may be --------------------------------------------------------------------------------------

REAL_NUMBERS = [
    3, True, 2.5, Fraction(1, 3), np.float64(0.1), np.float32(0.1), np.float16(0.1), np.int64(3), np.uint8(7),
    np.bool_(True),
]  # fmt: skip
NO_NUMBERS = [
    "3", b"3", None, 1j, np.complex128(1), [1.0], (1.0,), {1.0}, np.array(1.0), np.array([1.0]), Value(1.0), object(),
    Decimal(1), float,
]  # fmt: skip


@pytest.mark.parametrize("x", REAL_NUMBERS, ids=repr)
def test_real_numbers_are_kept_as_floats(x):
    v = Value(x)
    assert type(v.data) is float
    assert v.data == float(x)
    v.data = 0.0
    v.data = x
    assert type(v.data) is float
    assert v.data == float(x)
    for result in (Value(2.0) * x, x * Value(2.0), ag.mul(x, Value(2.0))):
        assert type(result) is Value
        assert result.data == 2.0 * float(x)


@pytest.mark.parametrize("x", NO_NUMBERS, ids=lambda x: type(x).__name__)
def test_anything_else_is_refused(x):
    expected = rf"real number.*{type(x).__name__}"
    with pytest.raises(TypeError, match=expected):
        Value(x)
    v = Value(1.0)
    with pytest.raises(TypeError, match=expected):
        v.data = x
    assert v.data == 1.0
    if not isinstance(x, Value):
        for f in (ag.exp, ag.relu, lambda x: ag.add(v, x), lambda x: v.maximum(x), lambda x: dot([v], [x])):
            with pytest.raises(TypeError, match=type(x).__name__):
                f(x)


def test_the_constructor():
    a = Value(2.0, (), "", "a")
    b = Value(3.0, label="b")
    assert (a.data, a.grad, a.label, a._prev, a._op, a.requires_grad) == (2.0, 0.0, "a", (), "", True)
    c = Value(6.0, (a, b), "*", "c")
    assert (c.label, c._op, c._prev) == ("c", "*", (a, b))
    c.backward()
    assert (a.grad, b.grad) == (3.0, 2.0)
    with pytest.raises(TypeError):
        Value(2.0, (), "", "a", False)  # requires_grad goes by name


def test_a_constructor_that_contradicts_itself_is_refused():
    a, b = Value(2.0), Value(3.0)
    with pytest.raises(ValueError, match=r"6\.0, not 7\.0"):
        Value(7.0, (a, b), "*")
    with pytest.raises(ValueError, match="no primitive"):
        Value(7.0, (a, b), "frobnicate")


# --- operators leave to others what they do not know ---------------------------------------------------------


@pytest.mark.parametrize("x", ["text", None, [1.0], 1j, object()], ids=lambda x: type(x).__name__)
def test_operators_answer_not_implemented(x):
    v = Value(1.0)
    names = ["add", "sub", "mul", "truediv", "pow", "floordiv", "mod"]
    for name in [f"__{prefix}{name}__" for name in names for prefix in ("", "r")]:
        assert getattr(v, name)(x) is NotImplemented
    with pytest.raises(TypeError, match="unsupported operand"):
        v + x


def test_a_class_of_ones_own_may_take_over():
    class Vector:
        def __init__(self, *xs):
            self.xs = xs

        def __rmul__(self, k):
            return [k * x for x in self.xs]

    v = Value(2.0)
    assert [x.data for x in v * Vector(1.0, 3.0)] == [2.0, 6.0]


def test_object_arrays():
    W = np.array([[Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)]])
    x = np.array([Value(5.0), Value(6.0)])
    y = W @ x
    assert [v.data for v in y] == [17.0, 39.0]
    y.sum().backward()
    assert [[w.grad for w in row] for row in W] == [[5.0, 6.0], [5.0, 6.0]]
    assert [v.grad for v in x] == [4.0, 6.0]
    assert [v.data for v in W @ np.array([1.0, -1.0])] == [-1.0, -1.0]
    assert [v.data for v in np.array([[1.0, -1.0], [0.0, 2.0]]) @ x] == [-1.0, 12.0]
    assert [v.data for v in x**2 / 2 - x] == [7.5, 12.0]
    assert x.mean().data == 5.5


@pytest.mark.parametrize("name", ["exp", "log", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh", "expm1", "log1p"])
def test_numpys_functions_of_object_arrays(name):
    a = np.array([Value(0.25), Value(0.5)])
    out = getattr(np, name)(a)
    assert [v.data for v in out] == [getattr(math, name)(x) for x in (0.25, 0.5)]
    alone = getattr(np, name)(Value(0.25))
    assert type(alone) is Value
    out[0].backward()
    assert a[0].grad == grad(getattr(ag, name))(0.25)


@pytest.mark.parametrize("scalar", [np.float64(2), np.float32(2), np.int64(2), np.uint8(2)], ids=lambda x: x.dtype.name)
def test_numpys_scalars_on_either_side(scalar):
    for f in BINARY:
        v = Value(3.0)
        for out, expected in ((f(scalar, v), f(2.0, 3.0)), (f(v, scalar), f(3.0, 2.0))):
            assert type(out) is Value
            assert out.data == expected
    v = Value(3.0)
    (scalar * v).backward()
    assert v.grad == 2.0
    for f in (operator.lt, operator.le, operator.gt, operator.ge):
        assert f(scalar, v) is f(2.0, 3.0)
        assert f(v, scalar) is f(3.0, 2.0)


def test_functions_of_floats_alone_return_floats():
    for out in (ag.exp(1), ag.add(1, 2), ag.relu(np.float32(-1)), ag.lt(1, 2), dot([1], [2], 3), total([1, 2]),
                logsumexp([0, 0]), ag.mean([1, 2]), ag.prod([1, 2]), ag.leaky_relu(-1)):  # fmt: skip
        assert type(out) is float
    assert [type(x) for x in ag.softmax([0, 0])] == [float, float]
    assert ag.log(2.0) == math.log(2.0)
    assert outcome(ag.log, -1.0)[0] is ValueError
    assert outcome(ag.div, 1.0, 0.0)[0] is ZeroDivisionError


# --- comparing -----------------------------------------------------------------------------------------------


@settings(deadline=None)
@given(x=FLOATS, y=FLOATS)
def test_order_is_that_of_the_numbers(x, y):
    for f in (operator.lt, operator.le, operator.gt, operator.ge):
        for a, b in ((Value(x), Value(y)), (Value(x), y), (x, Value(y))):
            assert f(a, b) is f(x, y)


def test_order_with_whole_numbers_is_exact():
    big = 2**53
    assert Value(big) < big + 1
    assert not Value(big) >= big + 1
    assert Value(1.0) < 10**400


def test_values_can_be_sorted():
    values = [Value(x) for x in (3.0, 1.0, 2.0)]
    assert [v.data for v in sorted(values)] == [1.0, 2.0, 3.0]
    assert max(values) is values[0]
    assert min(values) is values[1]


@pytest.mark.parametrize("x", ["text", None, 1j, [1.0]], ids=lambda x: type(x).__name__)
def test_order_with_what_is_no_number_is_refused(x):
    with pytest.raises(TypeError, match="not supported between instances of 'Value'"):
        Value(1.0) < x  # noqa: B015


def test_equality_is_identity():
    a, b = Value(2.0), Value(2.0)
    assert a == a
    assert not a != a  # noqa: SIM202
    assert a != b
    assert not a == b  # noqa: SIM201
    assert a != None  # noqa: E711
    assert a != "2.0"


@pytest.mark.parametrize("x", [2, 2.0, True, Fraction(2), np.float64(2), np.float32(2), np.int64(2)], ids=repr)
def test_equality_with_a_number_gives_advice(x):
    v = Value(2.0)
    for compare in (lambda: v == x, lambda: x == v, lambda: v != x, lambda: x != v):
        with pytest.raises(TypeError, match=r"v\.data == .*autograd\.eq"):
            compare()


def test_values_live_in_sets_and_dicts():
    a, b = Value(1.0), Value(1.0)
    assert len({a, b, a}) == 2
    names = {a: "a", b: "b"}
    a.data = 5.0  # the hash is that of the object, not of the number
    assert (names[a], names[b]) == ("a", "b")
    assert a in [b, a]
    assert [b, a].index(a) == 1
    assert hash(a) != hash(b)


# --- what would lose the graph silently raises, with advice --------------------------------------------------


def test_a_value_has_no_truth():
    v = Value(1.0)
    for f in (lambda: bool(v), lambda: not v, lambda: 1 if v else 2, lambda: v and 1, lambda: any([v])):
        with pytest.raises(TypeError, match=r"v\.data != 0.*v > 0.*autograd\.where"):
            f()


@pytest.mark.parametrize(
    "f", [float, int, complex, math.exp, math.sqrt, math.floor, math.isnan, lambda v: math.atan2(1.0, v),
          lambda v: math.fsum([v]), lambda v: f"{'%.2f'}" % v, np.float64, lambda v: np.array([v], dtype=float)],
)  # fmt: skip
def test_turning_a_value_into_a_bare_number_gives_advice(f):
    with pytest.raises(TypeError, match=r"lose the gradient: use autograd\.exp\(v\), v\.exp\(\).*v\.data"):
        f(Value(1.0))


def test_a_value_is_no_index():
    with pytest.raises(TypeError):
        [1.0, 2.0][Value(0.0)]
    with pytest.raises(TypeError):
        range(Value(2.0))


@pytest.mark.parametrize("spec", [".4f", ".3e", ">12.2f", "+.1f", "010.3f", "g", ",.2f", "%"])
def test_formatting(spec):
    assert format(Value(-1234.56789), spec) == format(-1234.56789, spec)


def test_without_a_format_a_value_shows_itself():
    v = Value(2.0, label="v")
    assert repr(v) == str(v) == f"{v}" == f"{v!r}" == "Value(data=2.0, grad=0.0, label='v')"
    assert repr(Value(2.0)) == "Value(data=2.0, grad=0.0)"


# --- the graph -------------------------------------------------------------------------------------------------


def test_parents_are_ordered_and_counted_with_multiplicity():
    x, y = Value(3.0), Value(2.0)
    assert (x * x).parents == (x, x)
    assert (x - y).parents == (x, y)
    assert (y - x).parents == (y, x)
    assert (1.0 - x).parents[1] is x
    assert [p.data for p in (1.0 - x).parents] == [1.0, 3.0]
    assert dot([x, y], [y, y], x).parents == (x, y, y, y, x)
    assert total([x, y, x]).parents == (x, y, x)
    assert x.parents == x._prev == ()
    assert (x * x)._prev == (x, x)


def test_what_was_written_is_what_is_recorded():
    x, y = Value(3.0), Value(2.0)
    made = [x + y, x - y, x * y, x / y, x**y, x // y, x % y, -x, abs(x), x.tanh(), x.exp()]
    assert [v._op for v in made] == ["+", "-", "*", "/", "**", "//", "%", "-", "abs", "tanh", "exp"]
    assert [v.primitive.name for v in made[:7]] == ["add", "sub", "mul", "div", "pow", "floordiv", "mod"]
    assert (2.0 - x).primitive.name == "sub"


def test_assignment_operators_make_new_nodes():
    x = Value(3.0)
    y = x
    y += 1
    y *= 2
    assert x.data == 3.0
    assert y.data == 8.0
    y.backward()
    assert x.grad == 2.0


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3)), min_size=1, max_size=8), st.floats(-1e3, 1e3))
def test_fused_sums_go_from_left_to_right(pairs, bias):
    expected = bias
    for w, x in pairs:
        expected += w * x
    ws, xs = zip(*pairs, strict=True)
    assert bits(dot([Value(w) for w in ws], xs, bias)) == bits(dot(ws, xs, bias)) == bits(expected)
    added = 0.0
    for x in xs:
        added += x
    assert bits(total(map(Value, xs))) == bits(total(xs)) == bits(added)


def test_empty_reductions():
    assert total([]) == 0.0
    for f in (logsumexp, ag.mean, ag.prod, ag.softmax, ag.log_softmax, lambda xs: dot(xs, xs)):
        with pytest.raises(ValueError, match="of nothing"):
            f([])


# --- the backward pass -----------------------------------------------------------------------------------------


def test_each_use_of_a_value_counts():
    x = Value(3.0)
    (x * x * x + x).backward()
    assert x.grad == 28.0


def test_the_order_of_a_diamond():
    a = Value(1.0)
    b = a + a
    c = b + b
    c.backward()
    assert (b.grad, a.grad) == (2.0, 4.0)


def test_a_leaf_changed_after_the_forward_does_not_corrupt_the_backward():
    def build():
        a, b, c = Value(2.0), Value(3.0), Value(0.5)
        return (a, b, c), a * b**c + (a / b).tanh() * dot([a, b], [b, c], c) + logsumexp([a, c]) + where(
            a < b, a * c, b
        )

    leaves, y = build()
    y.backward()
    changed, z = build()
    for leaf in changed:
        leaf.data = 1e6
    z.backward()
    assert [leaf.grad for leaf in changed] == [leaf.grad for leaf in leaves]


def test_what_evaluates_again_refuses_a_changed_leaf():
    a, b = Value(2.0, label="a"), Value(3.0, label="b")
    y = dot([a], [b]) * a
    b.data = 4.0
    with pytest.raises(StaleGraphError, match=r"'b' = 4\.0"):
        grad_of(y, [a])
    with pytest.raises(StaleGraphError, match="'b'"):
        draw(y, expand=True)
    b.data = 3.0
    assert grad_of(y, [a])[0].data == 12.0


def test_backward_accumulates_in_leaves_and_resets_the_interior():
    a, b = Value(2.0), Value(3.0)
    d = a * b
    y = d * d
    y.backward()
    assert (a.grad, d.grad, y.grad) == (36.0, 12.0, 1.0)
    y.backward()
    assert (a.grad, b.grad, d.grad, y.grad) == (72.0, 48.0, 12.0, 1.0)
    (d * 5).backward()  # another root over a shared interior
    assert (a.grad, b.grad, d.grad) == (87.0, 58.0, 5.0)


@settings(deadline=None)
@given(st.lists(FLOATS.filter(lambda x: abs(x) < 1e3), min_size=2, max_size=6))
def test_twice_is_exactly_twice(xs):
    leaves = [Value(x) for x in xs]
    y = total(a.tanh() * b * 0.1 + (a - b).sin() / 3.0 for a, b in itertools.pairwise(leaves))
    y.backward()
    once = [leaf.grad for leaf in leaves]
    y.backward()
    assert [leaf.grad for leaf in leaves] == [2 * g for g in once]


def test_a_leaf_gets_the_finished_total():
    x = Value(1.0)
    x.grad = 1e16
    (x + x).backward()
    assert x.grad == 1e16 + 2.0  # one by one, each 1 would be lost


def test_backward_from_a_leaf():
    x = Value(3.0)
    x.backward()
    x.backward()
    assert x.grad == 2.0


def test_no_partial_is_multiplied_by_a_gradient_of_zero():
    x, y = Value(0.0), Value(2.0)
    (x.sqrt() * 0.0 + y).backward()  # the slope of √x is infinite
    assert (x.grad, y.grad) == (0.0, 1.0)


def test_a_deep_chain():
    x = y = Value(0.5)
    for _ in range(100_000):
        y = y * 1.0
    y.backward()
    assert x.grad == 1.0
    del y


# What was computed, and what the message names.
NON_FINITE: list[tuple[Callable[[], Value], list[str]]] = [
    (lambda: Value(INF, label="bad") * 2, ["root that is inf", "the leaf 'bad' = inf"]),
    (lambda: Value(NAN) + 1, ["root that is nan", "the leaf nan"]),
    (
        lambda: (Value(1e308, label="a") * Value(10.0, label="b") + 1).maximum(3.0) * 0.0,
        ["root that is nan", "inf (from mul)", "mul of 'a' = 1e+308, 'b' = 10.0"],
    ),
    (
        lambda: dot([Value(1e200, label="w")], [Value(1e200, label="x")], Value(0.5)).relu(),
        ["root that is inf", "inf (from dot)", "dot of 'w' = 1e+200, 'x' = 1e+200, 0.5"],
    ),
    (
        lambda: -(Value(1e308, label="p") * 2 + Value(1e308, label="q") * 2),
        ["root that is -inf", "mul of 'p' = 1e+308, 2.0"],
    ),
]


@pytest.mark.parametrize(("build", "said"), NON_FINITE)
def test_a_root_that_is_not_finite_is_explained(build, said):
    y = build()
    leaves = [v for v in topological_order(y) if not v.parents]
    with pytest.raises(NonFiniteError) as caught:
        y.backward()
    for part in said:
        assert part in str(caught.value)
    assert all(leaf.grad == 0.0 for leaf in leaves)


def test_a_label_on_the_node_that_went_wrong_is_named():
    h = Value(1e308) * 10
    h.label = "hidden"
    with pytest.raises(NonFiniteError, match=r"'hidden' = inf: mul of 1e\+308, 10\.0"):
        (h * 2).backward()


def test_an_infinite_value_inside_a_finite_result_is_no_error():
    x = Value(1e308)
    y = 1.0 / (x * 10)
    y.backward()
    assert y.data == 0.0
    assert x.grad == 0.0


def test_transforms_return_what_the_arithmetic_gives():
    assert grad(lambda x: x * INF)(2.0) == INF
    assert math.isnan(grad(lambda x: x * NAN)(2.0))


class Interrupting(Value):
    """A leaf that presses Ctrl-C when its grad is set for the nth time from now."""

    __slots__ = ("held", "left")

    @property
    def grad(self) -> float:
        return self.held

    @grad.setter
    def grad(self, g: float) -> None:
        self.left = getattr(self, "left", 0) - 1
        if self.left == 0:
            raise KeyboardInterrupt
        self.held = g


@pytest.mark.parametrize("n", range(1, 8))
@pytest.mark.parametrize("first", [True, False])
def test_ctrl_c_leaves_every_leaf_as_it_was(n, first):
    x, hit = Value(2.0), Interrupting(3.0)
    x.grad, hit.grad = 5.0, 7.0
    y = (hit * x if first else x * hit) * x + hit * hit + x
    hit.left = n
    try:
        y.backward()
    except KeyboardInterrupt:
        assert (x.grad, hit.grad) == (5.0, 7.0)
        hit.left = 0
        y.backward()
    else:
        assert n > 4
    assert (x.grad, hit.grad) == (5.0 + 13.0, 7.0 + 10.0)


# --- no_grad, detach, frozen leaves ------------------------------------------------------------------------------


def test_no_grad_records_nothing():
    x = Value(2.0)
    with no_grad():
        made = [
            x * x + x.tanh(),
            dot([x], [x]),
            total([x, x]),
            where(x > 1, x, 0.0) * 2,
            +x * 3,
            pick([x, x], Value(1)) + 1,
        ]
    for y in made:
        assert type(y) is Value
        assert y.parents == ()
        assert not y.requires_grad
        with pytest.raises(AutogradError, match="no_grad"):
            y.backward()
    assert made[0].data == 4.0 + math.tanh(2.0)
    assert (x * x).parents == (x, x)


def test_no_grad_nests_and_ends_after_an_error():
    x = Value(2.0)
    with no_grad():
        with contextlib.suppress(ZeroDivisionError), no_grad():
            x / 0
        assert (x * x).parents == ()
    assert (x * x).parents == (x, x)


def test_transforms_work_inside_no_grad():
    with no_grad():
        assert grad(lambda x: x**3)(2.0) == 12.0
        assert jvp(lambda x: x**3, (2.0,), (1.0,)) == (8.0, 12.0)
        x = Value(2.0)
        assert (x * x).parents == ()


def test_results_made_under_no_grad_are_constants_outside():
    x = Value(2.0)
    with no_grad():
        y = x * 3
    (y * x).backward()
    assert (x.grad, y.grad) == (6.0, 0.0)


def test_detach():
    x = Value(2.0, label="x")
    h = x * 3
    h.label = "h"
    cut = h.detach()
    assert (cut.data, cut.label, cut.parents, cut.requires_grad) == (6.0, "h", (), False)
    y = cut * x
    y.backward()
    assert (x.grad, h.grad, cut.grad) == (6.0, 0.0, 0.0)


def test_frozen_leaves_are_recorded_and_drawn_and_keep_their_grad():
    x, f = Value(2.0, label="x"), Value(3.0, label="f", requires_grad=False)
    f.grad = 9.0
    h = f * f
    h.label = "h"
    y = x * h
    y.backward()
    assert (h.parents, y.parents) == ((f, f), (x, h))
    assert not h.requires_grad
    assert (x.grad, h.grad, f.grad) == (9.0, 0.0, 9.0)
    text = str(draw(y))
    assert "f = 3" in text
    assert "h = f * f = 9" in text
    assert "frozen" in text


def test_a_frozen_subgraph_is_not_swept():
    f = Value(0.0, requires_grad=False)
    x = Value(1.0)
    root = f.sqrt()  # its partial is infinite: a sweep would turn the gradients into nan
    (x * root * 0.0 + x).backward()
    assert x.grad == 1.0
    assert root.grad == 0.0


def test_backward_with_all_leaves_frozen_is_refused():
    with pytest.raises(AutogradError, match="frozen"):
        (Value(2.0, requires_grad=False) * 3).backward()


def test_a_leaf_frozen_after_the_forward_keeps_its_grad():
    x, w = Value(2.0), Value(3.0)
    y = x * w
    w.requires_grad = False
    y.backward()
    assert (x.grad, w.grad) == (3.0, 0.0)


def test_plain_numbers_need_no_gradient():
    y = Value(2.0) * 3.0
    assert [p.requires_grad for p in y.parents] == [True, False]
    assert y.requires_grad


# --- where and pick ------------------------------------------------------------------------------------------------


def gradients(f: Callable[..., Value], *xs: float) -> tuple[float, list[float]]:
    leaves = [Value(x) for x in xs]
    y = f(*leaves)
    y.backward()
    return y.data, [leaf.grad for leaf in leaves]


CONDITIONS: list[Callable[[Any], Any]] = [
    lambda x: x < 0,
    lambda x: ag.lt(x, 0.0),
    lambda x: ag.le(x, -5e-324),
    lambda x: ~ag.ge(x, 0.0),
    lambda x: ag.lt(x, 0.0) & ag.gt(x, -100.0),
    lambda x: ag.lt(x, 0.0) & True,
    lambda x: False | ag.lt(x, 0.0),
    lambda x: ag.eq(x, -2.0) | (ag.lt(x, 0.0) & ag.ne(x, 7.0)),
    lambda x: np.bool_(x < 0),
]


@pytest.mark.parametrize("condition", CONDITIONS, ids=range(len(CONDITIONS)))
def test_where_takes_one_branch(condition):
    def plain(x, a, b):
        return where(condition(x), a * 3, b * 5)

    def thunks(x, a, b):
        return where(condition(x), lambda: a * 3, lambda: b * 5)

    def mixed(x, a, b):
        return where(condition(x), lambda: a * 3, b * 5)

    for f in (plain, thunks, mixed):
        assert gradients(f, -2.0, 10.0, 20.0) == (30.0, [0.0, 3.0, 0.0])
        assert gradients(f, 2.0, 10.0, 20.0) == (100.0, [0.0, 0.0, 5.0])
        assert grad(f, (0, 1, 2))(-2.0, 10.0, 20.0) == (0.0, 3.0, 0.0)


@pytest.mark.parametrize("condition", [lambda x: x > 0, lambda x: ag.gt(x, 0.0)])
def test_where_calls_only_the_branch_that_is_taken(condition):
    def safe_log(x):
        return where(condition(x), lambda: x.log(), lambda: x * 0.0)

    assert gradients(safe_log, 2.0) == (math.log(2.0), [0.5])
    assert gradients(safe_log, -1.0) == (-0.0, [0.0])


@pytest.mark.parametrize("condition", [lambda x: x > 0, lambda x: ag.gt(x, 0.0)])
def test_the_branch_not_taken_leaks_nothing(condition):
    def f(x):
        return where(condition(x), x * x, x.sqrt())

    assert gradients(f, 0.0) == (0.0, [INF])

    def g(x):
        return where(condition(x + 1.0), x * x, x.sqrt())

    assert gradients(g, 0.0) == (0.0, [0.0])
    assert grad(grad(g))(0.0) == 2.0


def test_where_of_numbers():
    assert where(True, 1.0, 2.0) == 1.0
    x = Value(2.0)
    for y in (where(x < 3, 1.0, x), where(ag.lt(x, 3.0), 1.0, x), where(ag.lt(x, 3.0), 1.0, 2.0)):
        assert type(y) is not float
        assert y.data == 1.0


@pytest.mark.parametrize("condition", [True, False])
def test_where_refuses_a_branch_that_is_no_number(condition):
    v = Value(1.0)
    branches = ("text", v) if condition else (v, "text")
    with pytest.raises(TypeError, match="str"):
        where(condition, *branches)


def test_comparisons_as_functions_give_one_or_zero():
    a, b = Value(1.0), Value(2.0)
    made = [ag.lt(a, b), ag.le(a, a), ag.gt(a, b), ag.ge(a, b), ag.eq(a, 1.0), ag.ne(a, b)]
    assert [v.data for v in made] == [1.0, 1.0, 0.0, 0.0, 1.0, 1.0]
    assert [v.data for v in (made[0] & made[2], made[0] | made[2], ~made[0])] == [0.0, 1.0, 0.0]


def test_only_comparisons_are_joined():
    a, b = Value(1.0), Value(2.0)
    for f in (lambda: ag.lt(a, b) & a, lambda: a | ag.lt(a, b), lambda: ~a, lambda: ag.lt(a, b) & 2.0):
        with pytest.raises(TypeError, match="joins comparisons made by lt"):
            f()


def test_pick():
    def f(a, b, c, i):
        return pick([a * 2, b * 3, c * 5], i)

    for i, slope in enumerate([2.0, 3.0, 5.0]):
        expected = [0.0, 0.0, 0.0]
        expected[i] = slope
        assert gradients(lambda *xs, i=i: f(*xs, i), 1.0, 1.0, 1.0) == (slope, expected)
        assert gradients(f, 1.0, 1.0, 1.0, float(i)) == (slope, [*expected, 0.0])
    assert pick([1.0, 2.0], np.int64(1)) == 2.0


@pytest.mark.parametrize("index", [-1, 2, 0.5, NAN, "a", None, Value(-1.0), Value(2.0), Value(0.5)], ids=repr)
def test_pick_refuses_what_is_no_index(index):
    with pytest.raises(IndexError, match="whole number from 0 to 1"):
        pick([Value(1.0), Value(2.0)], index)


# --- transforms ------------------------------------------------------------------------------------------------------


def test_transforms_touch_no_grad():
    w, x = Value(3.0), Value(2.0)
    w.grad, x.grad = 0.25, 0.75

    def f(a):
        return a * w + (a * x).tanh()

    for call in (
        lambda: grad(f)(x),
        lambda: value_and_grad(f)(1.0),
        lambda: jacobian(lambda a: [f(a), a * x])(x),
        lambda: hessian(f)(x),
        lambda: jvp(f, (x,), (1.0,)),
        lambda: hvp(f, (x,), (1.0,)),
        lambda: grad(grad(f))(w),
        lambda: grad_of(f(x), [x, w]),
        lambda: gradcheck(lambda a: a * a, 2.0),
    ):
        call()
        assert (w.grad, x.grad) == (0.25, 0.75)


def test_transforms_touch_no_grad_of_the_interior():
    x = Value(2.0)
    h = x * x
    y = h * x
    y.backward()
    before = (x.grad, h.grad, y.grad)
    grad_of(y, [x, h])
    assert (x.grad, h.grad, y.grad) == before


def test_nested_gradients_do_not_mix_up_their_variables():
    assert grad(lambda x: grad(lambda y: x * y)(x))(3.0) == 1.0
    assert grad(lambda x: x * grad(lambda y: x * y)(2.0))(3.0) == 6.0
    assert grad(lambda x: jvp(lambda y: x * y * y, (x,), (1.0,))[1])(3.0) == 12.0
    assert grad(grad(grad(lambda x: x**4)))(2.0) == 48.0


# --- primitives of one's own -----------------------------------------------------------------------------------------


def bump_forward(x: float, y: float) -> float:
    return x * math.exp(-y * x)


bump = primitive(
    "bump", bump_forward, lambda x, y, out: ((1.0 - x * y) * ag.exp(-y * x), -x * out), symbol="⌒"
)  # fmt: skip


def test_a_primitive_of_ones_own_in_every_mode():
    x0, y0 = 0.7, 1.3
    e = math.exp(-y0 * x0)
    assert bump(x0, y0) == bump_forward(x0, y0)
    x, y = Value(x0, label="x"), Value(y0, label="y")
    out = bump(x, y)
    assert (out.data, out._op, out.parents) == (bump_forward(x0, y0), "⌒", (x, y))
    out.backward()
    assert [x.grad, y.grad] == pytest.approx([(1 - x0 * y0) * e, -x0 * x0 * e], rel=1e-14)
    assert grad(bump, (0, 1))(x0, y0) == (x.grad, y.grad)
    second = y0 * (x0 * y0 - 2) * e
    assert grad(grad(bump))(x0, y0) == pytest.approx(second, rel=1e-14)
    assert jvp(bump, (x0, y0), (1.0, 0.0)) == pytest.approx((out.data, x.grad), rel=1e-14)
    assert hessian(lambda v: bump(v[0], v[1]))([x0, y0])[0][0] == pytest.approx(second, rel=1e-14)
    assert gradcheck(bump, x0, y0, order=2).ok
    assert "x ⌒ y = 0.2818" in str(draw(out))
    assert "⌒" in draw(out).source


def test_a_primitive_of_ones_own_explains_its_errors():
    half_line = primitive("half_line", math.sqrt, lambda x, out: (0.5 / out,))
    with pytest.raises(ValueError, match=r"half_line of 'x' = -1\.0"):
        half_line(Value(-1.0, label="x"))
    x = Value(0.0)
    half_line(x).backward()  # the partial follows IEEE 754
    assert x.grad == INF


# --- dying ---------------------------------------------------------------------------------------------------------


def values_alive() -> int:
    return sum(isinstance(thing, Value) for thing in gc.get_objects())


@pytest.fixture
def no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def a_graph(x: Value) -> Value:
    y = dot([x, x], [x, Value(2.0)], x) * 2 + total([x, x.tanh()]) - logsumexp([x, 0.0])
    return where(ag.lt(y, 100.0), y * 1.5, lambda: y / 3) + pick([y, y * 2], Value(1.0)) ** 2 / 1e3


USES: dict[str, Callable[[Value], Any]] = {
    "building": a_graph,
    "backward": lambda x: a_graph(x).backward(),
    "grad": lambda x: grad(a_graph)(x.data),
    "grad of grad": lambda x: grad(grad(a_graph))(x.data),
    "grad of a closure": lambda x: grad(lambda y: a_graph(y * x))(x),
    "jvp": lambda x: jvp(a_graph, (x.data,), (1.0,)),
    "hessian": lambda x: hessian(lambda v: a_graph(v[0] * v[1]))([x.data, 2.0]),
    "grad_of": lambda x: grad_of(grad_of(a_graph(x), [x])[0], [x]),
    "drawing": lambda x: (str(draw(a_graph(x))), draw(a_graph(x), expand=True).source),
    "gradcheck": lambda x: gradcheck(a_graph, x.data),
}


@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize("use", USES)
def test_graphs_die_by_reference_count(use):
    x = Value(0.5)
    before = values_alive()
    USES[use](x)
    assert values_alive() == before


@pytest.mark.usefixtures("no_collector")
def test_graphs_die_after_errors():
    x = Value(0.0)
    before = values_alive()
    with contextlib.suppress(ZeroDivisionError):
        (x * 2 + 1) / (x * 3)
    with contextlib.suppress(NonFiniteError):
        (x * 2 + INF).backward()
    assert values_alive() == before


@pytest.mark.usefixtures("no_collector")
def test_a_long_chain_dies_without_recursion():
    before = values_alive()
    y = Value(1.0)
    for _ in range(50_000):
        y = y.tanh() + total([y, y]) * 0.1
    y.backward()
    assert values_alive() > before + 200_000
    del y
    assert values_alive() == before


@pytest.mark.usefixtures("no_collector")
def test_parents_do_not_know_their_children():
    x = Value(2.0)
    references = sys.getrefcount(x)
    y = x * 3 + 1
    y.backward()
    del y
    assert sys.getrefcount(x) == references


# --- the operators that debuggers and completion see ------------------------------------------------------------------


def test_methods_have_source_and_documentation():
    for name in ("__add__", "__pow__", "tanh", "relu", "maximum"):
        method = getattr(Value, name)
        assert f"def {name}(" in inspect.getsource(method)
        assert method.__doc__
    assert "tanh" in dir(Value(1.0))


def test_random_programs_agree_with_plain_floats():
    rng = random.Random(1)
    for _ in range(200):
        values, floats = [Value(rng.uniform(-2, 2)) for _ in range(3)], []
        floats = [v.data for v in values]
        for _ in range(20):
            f = rng.choice(
                [operator.add, operator.sub, operator.mul, lambda x, y: abs(x) - y, lambda x, y: x % (y * y + 1)]
            )
            i, j = rng.randrange(len(values)), rng.randrange(len(values))
            values.append(f(values[i], values[j]))
            floats.append(f(floats[i], floats[j]))
        assert [bits(v) for v in values] == [bits(x) for x in floats]


@pytest.mark.parametrize("transform", [grad, value_and_grad, jacobian, hessian])
def test_a_value_in_place_of_a_function_is_refused_at_once(transform: Callable[..., Any]) -> None:
    """PyTorch's grad(y, x) has these arguments."""
    x = Value(2.0)
    with pytest.raises(TypeError, match="grad_of"):
        transform(x * x, x)


@pytest.mark.parametrize("argnums", [(0, 0), Value(1.0), (), "x", 0.0])
def test_argnums_are_numbers_of_different_arguments(argnums: Any) -> None:
    with pytest.raises(TypeError, match="argnums"):
        grad(lambda x: x, argnums)
