"""The gradient as equations, by Python's own arithmetic, against backward."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_graphs import OF_SEVERAL, SMOOTH, Instructions, grown, instructions

from autograd import Value, dot, exp, no_grad, sqrt, tanh, total
from autograd.compiler.expansion import Writer
from autograd.compiler.step.adjoint import adjoint
from autograd.program import LIST, Program, Reach, program_of, trace

Loss = Callable[..., Any]


def written(loss: Loss, parameters: list[Value], row: list[float]) -> tuple[list[float], Program]:
    """The gradient for one row, from the products that the adjoint names, and the program of these."""
    traced = trace(lambda *xs: [loss(*xs)], [""] * len(row), Reach(loss))
    forward = program_of(traced.inputs, traced.outputs).listed()
    leaves = {leaf: v for v, leaf in forward.leaves.items()}
    writer = Writer(forward)
    seed = writer.input()
    places = {leaves[p]: i for i, p in enumerate(parameters) if p in leaves}
    products = adjoint(forward, writer, {forward.outputs[0]: seed}, places).products
    wanted = list(dict.fromkeys(v for g, (factors, _) in products.items() for v in (g, *factors)))
    program = writer.program(wanted)
    numbers = dict(zip(wanted, program.evaluate([*row, 1.0]), strict=True))
    gradient = [0.0] * len(parameters)
    for g, (factors, sums) in products.items():
        for factor, place in zip(factors, sums, strict=True):
            gradient[place] += numbers[g] * numbers[factor]
    return gradient, program


def eager(loss: Loss, parameters: list[Value], row: list[float]) -> list[float]:
    for p in parameters:
        p.grad = 0.0
    loss(*row).backward()
    return [p.grad for p in parameters]


def agree(loss: Loss, parameters: list[Value], row: list[float]) -> None:
    found, _ = written(loss, parameters, row)
    assert found == pytest.approx(eager(loss, parameters, row), rel=1e-9, abs=1e-12)


@settings(deadline=None, max_examples=50)
@given(instructions([*SMOOTH, *OF_SEVERAL], 12), st.lists(st.floats(-2.0, 2.0), min_size=2, max_size=2))
def test_of_any_graph(steps: Instructions, row: list[float]) -> None:
    parameters = [Value(x) for x in (0.3, -0.7, 1.1)]
    agree(lambda *xs: total(grown(steps, [*parameters, *xs])), parameters, row)


W, V, U = ([Value(x) for x in numbers] for numbers in ((0.5, -0.3), (0.7, 0.2), (-0.4, 0.9)))
ALL = [*W, *V, *U]


@pytest.mark.parametrize(
    "loss",
    [
        lambda x, y: dot(W, [x, y], V[0]) * dot(W, [y, x]),
        lambda x, y: dot(W, W) * x + y,
        lambda x, y: dot([W[0], x], [y, W[1]]) + dot([W[0], x], [y, V[0]]),
        lambda x, y: dot(U, [tanh(dot(W, [x, y])), tanh(dot(V, [x, y]))]),
        lambda x, y: dot(U, [dot(W, [x, y]), dot(V, [x, y]), U[0]][1:]) + dot(V, [dot(W, [x, y]), U[0]]),
        lambda x, y: total([exp(w * x) for w in W]) + W[0] * y,
        lambda x, y: W[0] + 0.0 * x * y,
    ],
    ids=["weights twice", "squared", "both sides", "two layers", "mixed lists", "no sums", "a parameter itself"],
)
def test_of_sums_that_share_what_they_are_of(loss: Loss) -> None:
    agree(loss, ALL, [0.8, -1.2])


def test_a_factor_that_is_fixed_to_be_0_keeps_an_infinite_gradient_away() -> None:
    def loss(x: Any, y: Any) -> Any:
        inner = [w * x for w in W]
        sums = [dot([0.0, 1.0], inner), dot([0.0, 2.0], inner), dot([0.0, 3.0], inner), dot([0.0, y], W)]
        return total([sqrt(s) for s in sums])

    found, _ = written(loss, W, [0.0, 0.0])
    assert eager(loss, W, [0.0, 0.0])[0] == found[0] == 0.0
    assert not math.isfinite(found[1])


def test_no_gradient_goes_through_what_was_traced_without() -> None:
    def loss(x: Any, y: Any) -> Any:
        with no_grad():
            still = dot(W, [x, y])
        return still * dot(W, [y, x])

    agree(loss, W, [0.8, -1.2])


def test_a_list_is_written_once_for_all_that_use_it() -> None:
    layers = [[Value(0.1 * i + 0.01 * j) for j in range(4)] for i in range(6)]

    def loss(*xs: Any) -> Any:
        return total([tanh(dot(row, [*xs])) for _ in range(3) for row in layers])

    _, program = written(loss, [w for row in layers for w in row], [0.1, 0.2, 0.3, 0.4])
    lists = [args for _, primitive, args in program.equations if primitive is LIST]
    assert len(lists) == len({*lists}) == 7  # the inputs, and the weights of each neuron
