"""Every row of the table against mpmath: value, partials and second derivatives, over its whole domain.

The accuracy that is held here:

* values within 4 ulp of the true value (logsumexp: 4 ulp of the largest of |value|, |x| and 1; dot and total
  are the Python loop, bit for bit),
* first partials within 8 ulp of the true partial (logsumexp, which is written from its output: 8 ulp of the larger
  of the true partial and 1),
* second derivatives of rows of one argument within 16 ulp of the true one (where they cross 0, those whose reference
  says that it ``turns``: of twice the value, if that is larger), and of the others within 1e-9 of the
  largest entry of the Hessian, or of 1 if that is larger,
* beyond the doubles: OverflowError or inf for values, as Python has it; ±inf for derivatives.

What the format of doubles takes away is granted to every row alike, by ``allowance``, ``flushed`` and
``in_range``; nothing else is.
"""

from __future__ import annotations

import itertools
import math
import operator
import random
import struct
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from references import LARGEST, REFERENCES, mp, on_scale, ulp, ulps

from autograd import grad, grad_of
from autograd.primitives import TABLE
from autograd.value import Value

QUICK = settings(max_examples=60, deadline=None, derandomize=True, database=None)
DEEP = settings(max_examples=1000, deadline=None)

NORMAL = 2.2250738585072014e-308  # below it a double has fewer than 53 bits
TINY = 5e-324

every_row = pytest.mark.parametrize("name", TABLE)


# --- points -------------------------------------------------------------------------------------------------

MAGNITUDES = [
    0.0, 5e-324, 1e-310, NORMAL, 1e-200, 1e-154, 1e-20, 1e-8, 2.0**-27, 0.01, 0.25, math.nextafter(0.5, 0.0), 0.5,
    math.nextafter(1.0, 0.0), 1.0, math.nextafter(1.0, 2.0), 1.5, math.pi / 2, 2.0, 3.0, math.pi, 6.0, 19.0, 20.0,
    26.6, 27.2, 36.7, 37.0, 40.0, 40.1, 100.0, 709.78, 710.4, 710.48, 745.1, 746.0, 1e8, 2.0**53, 1e16, 1e22, 1e100,
    1.3e154, 1e200, 8.99e307, 1e308, 1.7976931348623157e308,
]  # fmt: skip
FEW = [0.0, 5e-324, 1e-310, 1e-200, 1e-8, 0.3, 0.5, 1.0, 3.0, 40.0, 2.0**53, 1e154, 1.7976931348623157e308]


def signed(magnitudes: list[float], lo: float, hi: float) -> list[float]:
    return [x for m in magnitudes for x in (m, -m) if lo <= x <= hi and not (x == 0.0 and lo > 0.0)]


def finite(lo: float, hi: float) -> st.SearchStrategy[float]:
    """Floats of an interval: any at all, any magnitude alike, and the everyday ones."""

    def inside(x: float) -> bool:
        return lo <= x <= hi

    spread = st.builds(math.ldexp, st.floats(0.5, 1.0) | st.floats(-1.0, -0.5), st.integers(-1080, 1023))
    return st.one_of(
        st.floats(max(lo, -40.0), min(hi, 40.0)),
        st.floats(lo, hi, allow_infinity=False, allow_nan=False),
        spread.filter(lambda x: inside(x) and math.isfinite(x)),
        st.sampled_from(signed(MAGNITUDES, lo, hi)),
    )


@st.composite
def powers(draw: Any) -> tuple[float, float]:
    """Bases and exponents whose power is a double, most of the time."""
    x = draw(finite(TINY, math.inf) | st.floats(-1e-3, 1e-3).map(lambda d: 1.0 + d))
    if x == 1.0 or draw(st.booleans()):
        return x, draw(st.floats(-8.0, 8.0) | st.integers(-8, 8).map(float) | finite(-(2.0**53), 2.0**53))
    y = draw(st.floats(-744.0, 709.0)) / math.log(x)
    return x, max(-(2.0**53), min(2.0**53, y))


@st.composite
def points(draw: Any, name: str) -> tuple[float, ...]:
    """Arguments of a row, in its domain."""
    row = TABLE[name]
    if name == "pow":
        return draw(powers())
    if row.variadic:
        kind = finite(*row.domain[0]) if draw(st.booleans()) else st.floats(-5.0, 5.0)
        xs = draw(st.lists(kind, min_size=1, max_size=9))
        if name == "pick":
            return (float(draw(st.integers(0, len(xs) - 1))), *xs)
        return tuple(xs[:-1] if name == "dot" and len(xs) % 2 == 0 else xs)
    args = [draw(finite(*interval)) for interval in row.domain]
    if len(args) == 2 and draw(st.integers(0, 3)) == 0:  # a tie, or nearly one
        near = args[0] * draw(st.sampled_from([1.0, -1.0]) | st.floats(1.0 - 1e-6, 1.0 + 1e-6))
        lo, hi = row.domain[1]
        args[1] = near if lo <= near <= hi and math.isfinite(near) else args[1]
    return tuple(args)


def special_points(name: str) -> list[tuple[float, ...]]:
    row = TABLE[name]
    if row.variadic:
        lists = [(x,) for x in signed(MAGNITUDES, *row.domain[0])]
        rng = random.Random(name)
        if name == "pick":
            return [(float(k), *rng.choices(signed(FEW, *row.domain[0]), k=4)) for k in range(4) for _ in range(50)]
        return lists + [tuple(rng.choices(signed(FEW, *row.domain[0]), k=rng.choice((1, 3, 5)))) for _ in range(100)]
    some = [MAGNITUDES, FEW, [0.0, 5e-324, 0.3, 1e200]][len(row.domain) - 1]
    axes = [signed(some, *interval) for interval in row.domain]
    return [args for args in itertools.product(*axes) if name != "pow" or abs(args[1]) <= 2.0**53]


anything = st.floats() | st.sampled_from(signed(MAGNITUDES, -math.inf, math.inf))  # nan and inf too


def lists_for(name: str) -> st.SearchStrategy[list[float]]:
    """Any floats at all, as many as the row takes."""
    row = TABLE[name]
    if not row.variadic:
        return st.lists(anything, min_size=len(row.domain), max_size=len(row.domain))
    pairs = st.integers(1, 3).flatmap(lambda n: st.lists(anything, min_size=2 * n + 1, max_size=2 * n + 1))
    return pairs if name == "dot" else st.lists(anything, min_size=1, max_size=5)


# --- the modes ----------------------------------------------------------------------------------------------


def fast(name: str) -> Callable[..., Value] | None:
    """The method or operator that generate.py wrote for a row, if it did."""
    row = TABLE[name]
    return None if row.condition else getattr(Value, row.method, None)


def general(name: str) -> Callable[..., Value]:
    return lambda *args: args[0]._apply(TABLE[name], args)


def call(name: str) -> Callable[..., Value]:
    return fast(name) or general(name)


def bits(x: float) -> Any:
    """What makes two floats the same: every bit, but one nan is like another."""
    assert type(x) is float
    return "nan" if x != x else struct.pack("d", x)


def outcome(f: Callable[..., Any], *args: Any) -> Any:
    """What calling f gives: the bits of a float, or the type of an exception."""
    try:
        out = f(*args)
    except (ArithmeticError, ValueError) as error:
        return type(error)
    return bits(out.data if isinstance(out, Value) else out)


# --- accuracy -----------------------------------------------------------------------------------------------


def subnormal(x: float) -> bool:
    return 0.0 < abs(x) < NORMAL


def allowance(args: tuple[float, ...], out: float) -> float:
    """The relative error that comes with subnormal numbers: they are rounded to multiples of 5e-324.

    A rule written on its output inherits the output's rounding, and a quotient of two arguments that of the
    smaller one.  Everything is allowed where the output is 0 for what is not, or inf: nothing is left of it.
    """
    inherited = [z for z in (out, *(args if len(args) > 1 else ())) if subnormal(z)]
    return max((4.0 * (TINY / abs(z)) for z in inherited), default=0.0)


def lost(out: float, true: Any) -> bool:
    """Is nothing left of the output, because it underflowed to 0 or overflowed to inf?"""
    return (out == 0.0 and true != 0) or math.isinf(out)


def flushed(got: float, true: Any) -> bool:
    """Has a partial too small for 53 bits come out as any number as small?"""
    return 0 < abs(true) < NORMAL and abs(got) <= NORMAL


def in_range(args: tuple[float, ...], largest: Any) -> bool:
    """Do the terms that the chain rule adds up for a second derivative stay among the doubles?

    They hold up to the fourth power of an argument.  Of rows with one argument nothing is excluded.
    """
    return len(args) == 1 or (largest < 1e290 and all(x == 0.0 or 1e-75 <= abs(x) <= 1e75 for x in args))


def assess(name: str, args: tuple[float, ...]) -> None:
    """Hold one row at one point to its reference: value, partials, second derivatives."""
    reference, exact = REFERENCES[name], [mp.mpf(x) for x in args]
    nodes = [Value(x) for x in args]
    try:
        true = reference.value(*exact)
    except ZeroDivisionError:
        with pytest.raises(ZeroDivisionError):
            call(name)(*nodes)
        return
    try:
        node = call(name)(*nodes)
    except OverflowError:
        assert abs(true) > LARGEST - 4 * ulp(LARGEST), f"{name}{args} raises OverflowError, true value {true}"
        return
    assess_value(name, args, node.data, true)
    if lost(node.data, true):
        return
    try:
        gradient = reference.gradient(*exact)
    except ZeroDivisionError:
        return
    least = 1.0 if reference.from_output else 0.0
    for i, (got, partial) in enumerate(zip(node.partials, gradient, strict=True)):
        allowed = 8.0 + 2.0**53 * allowance(args, node.data)
        error = ulps(got, mp.mpf(partial), least)
        message = f"{name}{args}: ∂{i} is {got}, not {mp.nstr(on_scale(partial), 20)}: {error:.3g} ulp"
        assert error <= allowed or flushed(got, partial), message
    try:
        hessian = [[on_scale(entry) for entry in line] for line in reference.hessian(*exact)]
    except ZeroDivisionError:
        return
    largest = max(abs(entry) for line in hessian for entry in line)
    for i, (g, line) in enumerate(zip(grad_of(node, nodes), hessian, strict=True)):
        seconds = [h.data for h in grad_of(g, nodes)]
        if not in_range(args, largest):
            continue
        if len(args) == 1 and not TABLE[name].variadic:
            off = ulps(seconds[0], line[0], 2.0 * node.data if reference.turns else 0.0)
            allowed = 16.0 + 2.0**53 * allowance(args, node.data)
            assert off <= allowed or flushed(seconds[0], line[0]), (
                f"{name}{args}: ∂∂ is {seconds[0]}, {off:.2g} ulp off"
            )
            continue
        for j, (got, entry) in enumerate(zip(seconds, line, strict=True)):
            error = math.inf if got != got else abs(on_scale(got) - entry) / max(1, largest)
            message = f"{name}{args}: ∂{i}∂{j} is {got}, not {mp.nstr(entry, 20)}: error {mp.nstr(error, 3)}"
            assert error <= 1e-9 + allowance(args, node.data), message


def assess_value(name: str, args: tuple[float, ...], got: float, true: Any) -> None:
    reference = REFERENCES[name]
    if TABLE[name].variadic and reference.python:
        assert bits(got) == bits(reference.python(*args))
        return
    least = max(1.0, *map(abs, args)) if name == "logsumexp" else 0.0
    if name == "atan2" and args[0] == 0.0:
        true = math.copysign(1.0, args[0]) * (0 if math.copysign(1.0, args[1]) > 0.0 else mp.pi)  # signed zeros
    error = ulps(got, true, least)
    assert error <= 4.0, f"{name}{args} is {got}, not {mp.nstr(on_scale(true), 20)}: {error:.3g} ulp"


def test_every_row_has_a_reference() -> None:
    assert list(TABLE) == list(REFERENCES)


@every_row
def test_accurate_at_special_points(name: str) -> None:
    for args in special_points(name):
        assess(name, args)


@every_row
@QUICK
@given(data=st.data())
def test_accurate_over_the_domain(name: str, data: Any) -> None:
    assess(name, data.draw(points(name)))


@pytest.mark.slow
@every_row
@DEEP
@given(data=st.data())
def test_accurate_over_the_domain_in_depth(name: str, data: Any) -> None:
    assess(name, data.draw(points(name)))


@every_row
def test_references_agree_with_numerical_differentiation(name: str) -> None:
    """Away from the kinks; what is tested against is tested too."""
    reference, row = REFERENCES[name], TABLE[name]
    rng = random.Random(name)
    n = 5 if row.variadic else len(row.domain)
    lo, hi = max(row.domain[0][0], -3.0), min(row.domain[0][1], 3.0)
    for _ in range(5):
        point = tuple(mp.mpf(rng.uniform(max(lo, 0.1) if name == "pow" else lo, hi)) for _ in range(n))
        if name == "pick":  # between two whole numbers, where the reference rounds down
            point = (rng.randrange(n - 1) + mp.mpf(0.5), *point[1:])
        for i in range(n):
            unit = tuple(int(k == i) for k in range(n))
            slope = mp.diff(reference.value, point, unit)
            assert mp.almosteq(reference.gradient(*point)[i], slope, 1e-20, 1e-20)
            for j in range(n):
                slope = mp.diff(lambda *xs, j=j: mp.mpf(reference.gradient(*xs)[j]), point, unit)
                assert mp.almosteq(reference.hessian(*point)[i][j], slope, 1e-20, 1e-20)


# --- one rule, every mode -----------------------------------------------------------------------------------


def assess_modes(name: str, args: list[float]) -> None:
    """Recorded by the generated method, by the general way and by the transforms: the same bits."""
    nodes = [Value(x) for x in args]
    try:
        node = general(name)(*nodes)
    except (ArithmeticError, ValueError) as error:
        for f in filter(None, (fast(name), grad(general(name)))):
            with pytest.raises(type(error)):
                f(*map(Value, args))
        return
    recorded = [bits(p) for p in node.partials]
    assert len(recorded) == len(args)
    if quick := fast(name):
        quick_node = quick(*nodes)
        assert [bits(p) for p in quick_node.partials] == recorded
        assert bits(quick_node.data) == bits(node.data)
        assert quick_node.parents == node.parents == tuple(nodes)
        assert quick_node.primitive is TABLE[name]
    assert [bits(g.data) for g in grad_of(node, nodes)] == recorded
    assert [bits(g) for g in grad(general(name), tuple(range(len(args))))(*args)] == recorded
    if math.isfinite(node.data) and all(map(math.isfinite, node.partials)):
        node.backward()
        assert [x.grad for x in nodes] == list(node.partials)


@every_row
def test_modes_agree_at_special_points(name: str) -> None:
    axis = [0.0, -0.0, 1.0, -1.0, 0.5, -2.0, 3.0, 5e-324, 1e308, math.inf, -math.inf, math.nan]
    row = TABLE[name]
    n = 3 if row.variadic else len(row.domain)
    for args in itertools.product(axis if n < 3 else axis[::2], repeat=n):
        assess_modes(name, list(args))


@every_row
@QUICK
@given(data=st.data())
def test_modes_agree_everywhere(name: str, data: Any) -> None:
    assess_modes(name, data.draw(lists_for(name)))


@every_row
@QUICK
@given(data=st.data())
def test_frozen_arguments_get_zero_and_change_nothing_else(name: str, data: Any) -> None:
    args = data.draw(lists_for(name))
    needed = data.draw(st.lists(st.booleans(), min_size=len(args), max_size=len(args)))
    try:
        free = [bits(p) for p in general(name)(*map(Value, args)).partials]
    except (ArithmeticError, ValueError):
        return
    for f in filter(None, (fast(name), general(name))):
        nodes = [Value(x, requires_grad=need) for x, need in zip(args, needed, strict=True)]
        node = f(*nodes)
        assert node.requires_grad == any(needed)
        for recorded, expected, need in zip(map(bits, node.partials), free, needed, strict=True):
            assert recorded == expected or (recorded == bits(0.0) and not need)
        if any(needed) and math.isfinite(node.data):
            node.backward()
            assert [bits(x.grad) for x in nodes if not x.requires_grad] == [bits(0.0)] * needed.count(False)


@every_row
@QUICK
@given(data=st.data())
def test_forward_is_python_s_own_exceptions_included(name: str, data: Any) -> None:
    args = data.draw(lists_for(name))
    row, python = TABLE[name], REFERENCES[name].python
    of_floats = outcome(row, *args)
    assert outcome(row, *map(Value, args)) == of_floats
    assert outcome(call(name), *map(Value, args)) == of_floats
    if python:
        assert outcome(python, *args) == of_floats


OPERATORS = [
    name for name, row in TABLE.items() if row.method.startswith("__") and f"__r{row.method[2:]}" in dir(Value)
]


@pytest.mark.parametrize("name", [name for name in OPERATORS if not TABLE[name].condition])
@QUICK
@given(x=anything, y=anything)
def test_operators_take_numbers_on_either_side(name: str, x: float, y: float) -> None:
    """A number that meets a Value is a constant: the same float, and the partial that there would be."""
    apply: Any = {"div": operator.truediv}.get(name) or getattr(operator, name)
    expected = outcome(TABLE[name], x, y)
    assert outcome(apply, Value(x), y) == outcome(apply, x, Value(y)) == expected
    if isinstance(expected, type):
        return
    both = general(name)(Value(x), Value(y))
    assert bits(apply(Value(x), y).partials[0]) == bits(both.partials[0])
    assert bits(apply(x, Value(y)).partials[1]) == bits(both.partials[1])
