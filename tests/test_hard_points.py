"""The derivatives at the hard points: kinks, poles, ties and corners, the same in every mode."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import pytest

import autograd as ag
from autograd import Value, grad, grad_of, gt, hessian, jvp, lt, sigmoid, softplus, where
from autograd.modes import derivative_mode
from autograd.primitives import TABLE

INF, NAN = math.inf, math.nan
TINY, HUGE = 5e-324, 1.7976931348623157e308


def half_power(x: Any) -> Any:
    return x**0.5


def integer_power(n: float) -> Callable[[Any], Any]:
    return lambda x: x**n


# What, the function, where, and its partials there.
HARD_POINTS: list[tuple[str, Callable[..., Any], Sequence[float], Sequence[float]]] = [
    ("relu at 0", ag.relu, (0.0,), (0.0,)),
    ("relu at −0", ag.relu, (-0.0,), (0.0,)),
    ("relu just above 0", ag.relu, (TINY,), (1.0,)),
    ("relu with a nan: 0, the value flows", ag.relu, (NAN,), (0.0,)),
    ("leaky_relu at 0: the slope", ag.leaky_relu, (0.0, 0.01), (0.01, 0.0)),
    ("leaky_relu at −0: the slope", ag.leaky_relu, (-0.0, 0.3), (0.3, 0.0)),
    ("abs at 0", ag.abs, (0.0,), (0.0,)),
    ("abs at −0", abs, (-0.0,), (0.0,)),
    ("maximum, tie", ag.maximum, (2.0, 2.0), (0.5, 0.5)),
    ("maximum, tie of 0 and −0", ag.maximum, (0.0, -0.0), (0.5, 0.5)),
    ("maximum, tie of inf", ag.maximum, (INF, INF), (0.5, 0.5)),
    ("minimum, tie", ag.minimum, (2.0, 2.0), (0.5, 0.5)),
    ("minimum, tie of −0 and 0", ag.minimum, (-0.0, 0.0), (0.5, 0.5)),
    ("maximum, nan first", ag.maximum, (NAN, 1.0), (NAN, NAN)),
    ("maximum, nan second", ag.maximum, (1.0, NAN), (NAN, NAN)),
    ("minimum, nan first", ag.minimum, (NAN, 1.0), (NAN, NAN)),
    ("minimum, nan second", ag.minimum, (1.0, NAN), (NAN, NAN)),
    ("sqrt at 0", ag.sqrt, (0.0,), (INF,)),
    ("sqrt at −0", ag.sqrt, (-0.0,), (INF,)),
    ("x**0.5 at 0", half_power, (0.0,), (INF,)),
    ("x**0.5 at −0", half_power, (-0.0,), (INF,)),
    ("x**y at (0, ½)", ag.pow, (0.0, 0.5), (INF, 0.0)),
    ("x**y at (−0, ½)", ag.pow, (-0.0, 0.5), (INF, 0.0)),
    ("x**y at (0, ¼)", ag.pow, (0.0, 0.25), (INF, 0.0)),
    ("hypot(0, 0)", ag.hypot, (0.0, 0.0), (0.0, 0.0)),
    ("hypot(−0, 0)", ag.hypot, (-0.0, 0.0), (0.0, 0.0)),
    ("hypot at (0, 3)", ag.hypot, (0.0, 3.0), (0.0, 1.0)),
    ("hypot at (−3, 0)", ag.hypot, (-3.0, 0.0), (-1.0, 0.0)),
    ("hypot, huge", ag.hypot, (1e200, 1e200), (math.sqrt(0.5), math.sqrt(0.5))),
    ("hypot, small", ag.hypot, (1e-200, 1e-200), (math.sqrt(0.5), math.sqrt(0.5))),
    ("where, taken", TABLE["where"], (1.0, 5.0, 7.0), (0.0, 1.0, 0.0)),
    ("where, not taken", TABLE["where"], (0.0, 5.0, 7.0), (0.0, 0.0, 1.0)),
    ("where, inf not taken", TABLE["where"], (0.0, INF, 7.0), (0.0, 0.0, 1.0)),
    ("where, nan not taken", TABLE["where"], (1.0, 5.0, NAN), (0.0, 1.0, 0.0)),
    ("x % y", ag.mod, (7.5, 2.0), (1.0, -3.0)),
    ("x % y, x < 0", ag.mod, (-7.5, 2.0), (1.0, 4.0)),
    ("x % y at a jump", ag.mod, (6.0, 2.0), (1.0, -3.0)),
    ("x // y", ag.floordiv, (7.5, 2.0), (0.0, 0.0)),
    ("x // y at a jump", ag.floordiv, (6.0, 2.0), (0.0, 0.0)),
    ("x**0 at 0", integer_power(0), (0.0,), (0.0,)),
    ("x**0 at −0", integer_power(0), (-0.0,), (0.0,)),
    ("x**1 at 0", integer_power(1), (0.0,), (1.0,)),
    ("x**2 at 0", integer_power(2), (0.0,), (0.0,)),
    ("x**3 below 0", integer_power(3), (-2.0,), (12.0,)),
    ("x**−1 below 0", integer_power(-1), (-2.0,), (-0.25,)),
    ("x**y at (0, y > 0)", ag.pow, (0.0, 3.0), (0.0, 0.0)),
    ("x**y at (0, 1)", ag.pow, (0.0, 1.0), (1.0, 0.0)),
    ("x**y at (0, 0)", ag.pow, (0.0, 0.0), (0.0, 0.0)),
    ("x**y at (−0, 0)", ag.pow, (-0.0, 0.0), (0.0, 0.0)),
    ("x**y, x < 0, y odd", ag.pow, (-2.0, 3.0), (12.0, NAN)),
    ("x**y, x < 0, y even", ag.pow, (-2.0, 2.0), (-4.0, NAN)),
    ("x**y, x < 0, y = 0", ag.pow, (-2.0, 0.0), (0.0, NAN)),
    ("x**y, x < 0, y < 0", ag.pow, (-2.0, -1.0), (-0.25, NAN)),
    ("asin at 1", ag.asin, (1.0,), (INF,)),
    ("asin at −1", ag.asin, (-1.0,), (INF,)),
    ("acos at 1", ag.acos, (1.0,), (-INF,)),
    ("acos at −1", ag.acos, (-1.0,), (-INF,)),
    ("atan2(0, 0)", ag.atan2, (0.0, 0.0), (NAN, NAN)),
    ("atan2 on an axis", ag.atan2, (0.0, 2.0), (0.5, 0.0)),
    ("a / b, ∂b is −(a/b)/b, b² too large", ag.div, (1e200, 1e200), (1e-200, -1e-200)),
    ("a / b, ∂b is −(a/b)/b, b² too small", ag.div, (1e-200, 1e-200), (1e200, -1e200)),
    ("0 / b", ag.div, (0.0, 2.0), (0.5, 0.0)),
    ("softplus at 800", ag.softplus, (800.0,), (1.0,)),
    ("softplus at −800", ag.softplus, (-800.0,), (0.0,)),
    ("sigmoid at 1000", ag.sigmoid, (1000.0,), (0.0,)),
    ("sigmoid at −1000", ag.sigmoid, (-1000.0,), (0.0,)),
    ("tanh at 1000", ag.tanh, (1000.0,), (0.0,)),
    ("gaussian beyond all squares", ag.gaussian, (HUGE,), (0.0,)),
    ("acosh at 1", ag.acosh, (1.0,), (INF,)),
    ("expm1 at 0", ag.expm1, (0.0,), (1.0,)),
    ("cosh at 0", ag.cosh, (0.0,), (0.0,)),
    ("logsumexp of huge numbers", lambda *xs: ag.logsumexp(xs), (1000.0, 1000.0), (0.5, 0.5)),
]

every_hard_point = pytest.mark.parametrize(
    ("f", "at", "expected"), [pytest.param(*case[1:], id=case[0]) for case in HARD_POINTS]
)


def same(got: Sequence[float], expected: Sequence[float]) -> bool:
    """The same numbers, but for the last bit; nan is like nan, and 0 like −0."""
    return len(got) == len(expected) and all(
        (a != a and b != b) or math.isclose(a, b, rel_tol=4e-16) for a, b in zip(got, expected, strict=True)
    )


def gradient(f: Callable[..., Any], at: Sequence[float]) -> list[float]:
    return list(grad(f, tuple(range(len(at))))(*at))


@every_hard_point
def test_recorded_partials(f: Callable[..., Any], at: Sequence[float], expected: Sequence[float]) -> None:
    nodes = [Value(x) for x in at]
    out = f(*nodes)
    assert same(out.partials[: len(at)], expected)
    if math.isfinite(out.data):
        out.backward()
        assert same([x.grad for x in nodes], expected)


@every_hard_point
def test_partials_of_the_table_alone(f: Callable[..., Any], at: Sequence[float], expected: Sequence[float]) -> None:
    out = f(*(Value(x) for x in at))
    again = out._apply(out.primitive, tuple(Value(parent.data) for parent in out.parents))
    assert same(again.partials[: len(at)], expected)


@every_hard_point
def test_derivative_graphs(f: Callable[..., Any], at: Sequence[float], expected: Sequence[float]) -> None:
    nodes = [Value(x) for x in at]
    assert same([g.data for g in grad_of(f(*nodes), nodes)], expected)
    assert same(gradient(f, at), expected)


@every_hard_point
def test_forward_mode(f: Callable[..., Any], at: Sequence[float], expected: Sequence[float]) -> None:
    for i in range(len(at)):
        direction = [float(i == j) for j in range(len(at))]
        tangent = jvp(f, at, direction)[1]
        sums = [g * d if g and d else 0.0 for g, d in zip(expected, direction, strict=True)]
        assert same([tangent], [math.fsum(sums) if not any(map(math.isnan, sums)) else NAN])


@every_hard_point
def test_second_derivatives_do_not_raise(f: Callable[..., Any], at: Sequence[float], expected: Sequence[float]) -> None:
    n = len(at)
    rows = hessian(f, tuple(range(n)))(*at)
    assert [len(row) for row in rows] == [n] * n
    nodes = [Value(x) for x in at]
    again = [[h.data for h in grad_of(g, nodes)] for g in grad_of(f(*nodes), nodes)]
    for row, other in zip(rows, again, strict=True):
        assert same(row, other)


@every_hard_point
def test_compiled_gradients(f: Callable[..., Any], at: Sequence[float], expected: Sequence[float]) -> None:
    assert same(ag.jit(grad(f, tuple(range(len(at)))))(*at), expected)


@every_hard_point
def test_the_walkthrough_and_explain_tell_the_same(
    f: Callable[..., Any], at: Sequence[float], expected: Sequence[float]
) -> None:
    nodes = [Value(x) for x in at]
    out = f(*nodes)
    if math.isfinite(out.data):
        gradients = ag.walkthrough(out).gradients()
        assert same([gradients[x] for x in nodes], expected)
    for x, slope in zip(nodes, expected, strict=True):
        explanation = ag.explain(x, out)
        assert same([explanation.total, explanation.forward], [slope, slope])


@every_hard_point
def test_third_derivatives_do_not_raise(f: Callable[..., Any], at: Sequence[float], expected: Sequence[float]) -> None:
    n = len(at)
    cube = ag.jacobian(hessian(f, tuple(range(n))), tuple(range(n)))(*at)
    assert len(cube) == n


# Second derivatives that one might get wrong.
SECOND: list[tuple[str, Callable[[Any], Any], float, float]] = [
    ("relu at 0: the rule's own", ag.relu, 0.0, 0.0),
    ("abs at 0: the rule's own", ag.abs, 0.0, 0.0),
    ("x · sin x at 0: no skipping by data", lambda x: x * x.sin(), 0.0, 2.0),
    ("x · x at 0", lambda x: x * x, 0.0, 2.0),
    ("x ** 2 at 0", lambda x: x**2, 0.0, 2.0),
    ("x ** 3 at 0", lambda x: x**3, 0.0, 0.0),
    ("x ** 1 at 0", lambda x: x**1, 0.0, 0.0),
    ("x ** 0 at 0", lambda x: x**0, 0.0, 0.0),
    ("sin(x)² at 0", lambda x: x.sin() * x.sin(), 0.0, 2.0),
    ("relu(x)·x at 1", lambda x: x.relu() * x, 1.0, 2.0),
    ("softplus at 800", ag.softplus, 800.0, 0.0),
    ("softplus at 0", ag.softplus, 0.0, 0.25),
    ("sigmoid at 0", ag.sigmoid, 0.0, 0.0),
    ("sigmoid at −1000", ag.sigmoid, -1000.0, 0.0),
    ("tanh at 0", ag.tanh, 0.0, 0.0),
    ("gaussian at 0", ag.gaussian, 0.0, -2.0),
    ("gaussian beyond all squares", ag.gaussian, -HUGE, 0.0),
    ("erf beyond all squares", ag.erf, HUGE, 0.0),
    ("sqrt at 0", ag.sqrt, 0.0, -INF),
    ("1 / x at 1e-100", lambda x: 1 / x, 1e-100, 2e300),
]


@pytest.mark.parametrize(("f", "x", "expected"), [pytest.param(*case[1:], id=case[0]) for case in SECOND])
def test_second_derivatives(f: Callable[[Any], Any], x: float, expected: float) -> None:
    for got in (grad(grad(f))(x), hessian(f)(x), jvp(grad(f), (x,), (1.0,))[1]):
        assert got == pytest.approx(expected, rel=1e-12)


def test_third_derivative_at_zero() -> None:
    assert grad(grad(grad(lambda x: x * x * x)))(0.0) == 6.0
    assert grad(grad(grad(lambda x: x * x.sin() * x.exp())))(0.0) == 6.0


# Branches of a where that are not taken: nothing of them, not even a nan, may reach the result.
BRANCHES: list[tuple[str, Callable[[Any], Any], float, tuple[float, float]]] = [
    ("log", lambda x: where(gt(x, 0.0), ag.log(x), 0.0), -1.0, (0.0, 0.0)),
    ("log", lambda x: where(gt(x, 0.0), ag.log(x), 0.0), 0.0, (0.0, 0.0)),
    ("log", lambda x: where(gt(x, 0.0), ag.log(x), x * x), -1.0, (-2.0, 2.0)),
    ("log", lambda x: where(gt(x, 0.0), ag.log(x), x * x), 0.0, (0.0, 2.0)),
    ("log", lambda x: where(gt(x, 0.0), ag.log(x), x * x), 2.0, (0.5, -0.25)),
    ("sqrt", lambda x: where(gt(x, 0.0), ag.sqrt(x), x * x), 0.0, (0.0, 2.0)),
    ("sqrt", lambda x: where(gt(x, 0.0), ag.sqrt(x), x * x), -1.0, (-2.0, 2.0)),
    ("1 / x", lambda x: where(ag.ne(x, 0.0), 1.0 / x, x), 0.0, (1.0, 0.0)),
    ("sin x / x", lambda x: where(ag.ne(x, 0.0), x.sin() / x, 1.0), 0.0, (0.0, 0.0)),
    ("x·log x", lambda x: where(gt(x, 0.0), x * ag.log(x), 3.0 * x), 0.0, (3.0, 0.0)),
    ("exp", lambda x: where(lt(x, 1.0), x.exp(), x * x), 1000.0, (2000.0, 2.0)),
    ("asin", lambda x: where(lt(x, 1.0), x.asin(), x * x), 1.0, (2.0, 2.0)),
    ("asin", lambda x: where(lt(x, 1.0), x.asin(), x * x), 2.0, (4.0, 2.0)),
    ("pow", lambda x: where(gt(x, 0.0), x**1.5, x * x), -1.0, (-2.0, 2.0)),
    ("other branch", lambda x: where(lt(x, 0.0), x * x, ag.log(x)), -1.0, (-2.0, 2.0)),
    ("two conditions", lambda x: where(gt(x, 0.0) & lt(x, 9.0), ag.log(x), x * x), -1.0, (-2.0, 2.0)),
]


@pytest.mark.parametrize(("f", "x", "expected"), [pytest.param(*c[1:], id=f"{c[0]} at {c[2]}") for c in BRANCHES])
def test_an_untaken_branch_leaks_nothing(f: Callable[[Any], Any], x: float, expected: tuple[float, float]) -> None:
    """Both branches are in the graph; where the untaken one would raise, it holds what IEEE 754 says."""
    with derivative_mode():
        node = Value(x)
        y = f(node)
        assert len(y.parents) == 3
        y.backward()
        (first,) = grad_of(y, [node])
        second = grad_of(first, [node])[0].data
        assert (node.grad, first.data, second) == pytest.approx((expected[0], *expected), rel=1e-12)
        assert (grad(f)(x), grad(grad(f))(x)) == pytest.approx(expected, rel=1e-12)
        assert jvp(f, (x,), (1.0,))[1] == pytest.approx(expected[0], rel=1e-12)
        assert jvp(grad(f), (x,), (1.0,))[1] == pytest.approx(expected[1], rel=1e-12)


def test_branches_given_as_functions_are_called_only_if_taken() -> None:
    x = Value(-1.0)
    y = where(gt(x, 0.0), lambda: ag.log(x), lambda: x * x)
    y.backward()
    assert (y.data, x.grad) == (1.0, -2.0)
    assert grad(grad(lambda x: where(gt(x, 0.0), lambda: ag.log(x), lambda: x * x)))(-1.0) == 2.0


@pytest.mark.parametrize(("g", "p"), [(0.0, INF), (INF, 0.0), (0.0, NAN), (-0.0, -INF), (NAN, 0.0)])
def test_zero_times_anything_is_zero_in_the_product_rule(g: float, p: float) -> None:
    assert ag.chain(g, p) == 0.0
    assert ag.chain(Value(g), Value(p)).data == 0.0


def test_zero_times_infinity_is_zero_in_every_sweep() -> None:
    x = Value(0.0)
    y = x.sqrt() * 0.0  # the gradient that reaches sqrt is 0, its partial inf
    y.backward()
    assert x.grad == 0.0
    assert grad_of(y, [x])[0].data == 0.0
    assert jvp(lambda x: x.sqrt() * 0.0, (0.0,), (1.0,))[1] == 0.0
    assert jvp(lambda x: x.sqrt(), (0.0,), (0.0,))[1] == 0.0


def test_sigmoid_and_kin_neither_overflow_nor_warn() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert (sigmoid(1000.0), sigmoid(-1000.0)) == (1.0, 0.0)
        assert (softplus(800.0), softplus(-800.0)) == (800.0, 0.0)
        for x in (1000.0, -1000.0, HUGE, -HUGE, INF, -INF):
            for f in (sigmoid, softplus, ag.tanh, ag.erf, ag.atan, ag.gaussian):
                node = Value(x)
                out = f(node)
                assert out.data == out.data
                assert math.isfinite(out.partials[0])
                assert grad(f)(x) == out.partials[0]


BOOLEAN = ("lt", "le", "gt", "ge", "eq", "ne", "logical_and", "logical_or", "logical_not", "where")


@pytest.mark.parametrize("name", [name for name in TABLE if name not in BOOLEAN])
def test_a_nan_flows_through(name: str) -> None:
    n = 3 if TABLE[name].variadic else len(TABLE[name].domain)
    for i in range(n):
        args = [NAN if i == j else -2.0 for j in range(n)]
        for out in (TABLE[name](*args), TABLE[name](*map(Value, args)).data):
            assert math.isnan(out), args


@pytest.mark.parametrize(
    ("f", "args", "expected"),
    [
        (ag.relu, (INF,), INF),
        (ag.relu, (-INF,), 0.0),
        (ag.leaky_relu, (-INF, 0.5), -INF),
        (ag.sigmoid, (INF,), 1.0),
        (ag.sigmoid, (-INF,), 0.0),
        (ag.softplus, (INF,), INF),
        (ag.softplus, (-INF,), 0.0),
        (ag.gaussian, (-INF,), 0.0),
        (ag.maximum, (-INF, 1.0), 1.0),
        (ag.minimum, (INF, 1.0), 1.0),
        (TABLE["logsumexp"], (INF, 1.0), INF),
        (TABLE["logsumexp"], (-INF, 1.0), 1.0),
        (TABLE["logsumexp"], (-INF, -INF), -INF),
    ],
)
def test_values_at_infinity(f: Callable[..., Any], args: Sequence[float], expected: float) -> None:
    assert f(*args) == expected
    assert f(*map(Value, args)).data == expected


# Only the forward that a user writes raises; the message has the operation, the numbers and the labels.
RAISING: list[tuple[Callable[[Any], Any], float, type[Exception], str]] = [
    (lambda x: 1.0 / x, 0.0, ZeroDivisionError, "div of 1.0, 'rate' = 0.0"),
    (lambda x: 1.0 % x, 0.0, ZeroDivisionError, "mod of 1.0, 'rate' = 0.0"),
    (lambda x: x**-1.0, 0.0, ZeroDivisionError, "pow of 'rate' = 0.0, -1.0"),
    (lambda x: ag.pow(x, 0.5), -1.0, ValueError, "pow of 'rate' = -1.0, 0.5"),
    (ag.exp, 1000.0, OverflowError, "exp of 'rate' = 1000.0"),
    (ag.log, 0.0, ValueError, "log of 'rate' = 0.0"),
    (ag.sqrt, -1.0, ValueError, "sqrt of 'rate' = -1.0"),
    (ag.asin, 2.0, ValueError, "asin of 'rate' = 2.0"),
]


@pytest.mark.parametrize(("f", "x", "error", "message"), RAISING)
def test_a_forward_raises_as_python_does(
    f: Callable[[Any], Any], x: float, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message.replace(".", r"\.")):
        f(Value(x, label="rate"))
    with pytest.raises(error):
        f(x)


# --- plain numbers in rules: what is fixed is inf and nan in a derivative too, and raises nothing ---------------------

FIXED = [
    ("0 to the power y", lambda y: 0.0**y, 2.0, 0.0),
    ("−2 to the power y", lambda y: (-2.0) ** y, 3.0, NAN),
    ("0 to the power y, second order", grad(lambda y: 0.0**y), 2.0, 0.0),
    ("a branch that divides by 0 and is not taken", lambda x: where(gt(x, 0.0), x, lambda: x / 0.0), 3.0, 1.0),
]


@pytest.mark.parametrize(("f", "at", "slope"), [case[1:] for case in FIXED], ids=[case[0] for case in FIXED])
def test_a_constant_at_a_pole_raises_in_no_transform(f: Callable[..., Any], at: float, slope: float) -> None:
    def same(x: Any) -> bool:
        x = x.data if isinstance(x, Value) else x
        return bool(x == slope or (x != x and slope != slope))

    assert same(grad(f)(at))
    assert same(jvp(f, (at,), (1.0,))[1])
    assert same(ag.jacobian(f)(at))
    x = Value(at)
    y = f(x)
    assert same(grad_of(y, [x])[0])
    y.backward()
    assert same(x.grad)
    assert same(ag.jit(grad(f))(at))
    grad(grad(grad(f)))(at)  # raises nothing
