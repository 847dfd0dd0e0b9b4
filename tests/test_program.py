"""A program is what its graph says: it prints as named equations and evaluates to the same numbers."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from autograd import Value, dot, hypot, logsumexp
from autograd.program import Program


def made(x: Value, y: Value, w: Value) -> list[Value]:
    a = x * y + 2.0
    return [dot([w, a], [x, y], a.tanh()), logsumexp([a, x]), hypot(a, -y), x]


def test_it_prints_as_named_equations() -> None:
    x, y, w = Value(1.0), Value(2.0), Value(3.0, label="w")
    assert str(Program([x, y], [made(x, y, w)[0]])).splitlines() == [
        "{ a b .",
        "  c = a * b",
        "  d = c + 2",
        "  e = tanh(d)",
        "  f = dot(w, d, a, b, e)",
        "  in f }",
    ]


FINITE = st.floats(-50.0, 50.0)


@given(FINITE, FINITE, FINITE, FINITE, FINITE)
def test_it_evaluates_to_what_the_graph_gives_for_other_inputs(
    a: float, b: float, c: float, d: float, w: float
) -> None:
    x, y, leaf = Value(a), Value(b), Value(w)
    program = Program([x, y], made(x, y, leaf))
    leaf.data = w / 2.0  # leaves are read anew
    assert program.evaluate([c, d]) == [v.data for v in made(Value(c), Value(d), Value(w / 2.0))]


def test_labels_name_variables_where_they_are_unique_and_letters_avoid_them() -> None:
    x, y, a, w = (Value(1.0, label=label) for label in ("x", "same", "a", "same"))
    assert str(Program([x, y], [(x * y + a) * w])).splitlines() == [
        "{ x b .",
        "  d = x * b",
        "  e = d + a",
        "  f = e * c",
        "  in f }",
    ]


def test_it_contains_only_what_the_outputs_need_from_the_inputs() -> None:
    x, y = Value(2.0), Value(3.0)
    middle = (x * y).tanh()
    program = Program([middle], [middle * 2.0])
    assert [equation.primitive.name for equation in program.equations] == ["mul"]
    assert program.leaves == {}
    assert program.evaluate([5.0]) == [10.0]


def test_what_was_computed_before_may_be_fixed_as_a_number() -> None:
    x, y = Value(2.0), Value(3.0)
    before = x * y
    program = Program([x], [before + x], find_fixed=lambda order: {before})
    x.data = 100.0
    assert program.evaluate([1.0]) == [7.0]


def test_where_a_forward_raises_the_result_is_that_of_ieee_arithmetic() -> None:
    x, y = Value(1.0), Value(1.0)
    program = Program([x, y], [x / y, y.log(), x.exp(), (y - 1.0).sqrt()])
    assert program.evaluate([-1.0, 0.0])[:3] == [-math.inf, -math.inf, math.exp(-1.0)]
    assert math.isnan(program.evaluate([1000.0, 0.0])[3])
