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
        "  d = a * b",
        "  f = d + 2",
        "  g = tanh f",
        "  h = dot w f a b g",
        "  in h }",
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


def test_programs_are_the_same_when_they_compute_the_same_from_the_same_leaves() -> None:
    w = Value(1.0)

    def program(constant: float, leaf: Value = w) -> Program:
        x = Value(0.5)
        return Program([x], [x * leaf + constant])

    assert program(2.0).same_as(program(2.0))
    assert program(math.nan).same_as(program(math.nan))
    assert not program(2.0).same_as(program(3.0))
    assert not program(0.0).same_as(program(-0.0))
    assert not program(2.0).same_as(program(2.0, Value(1.0)))
