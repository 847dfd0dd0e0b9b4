"""Walks over whole graphs: random programs against mpmath, against sums over all paths, and against each other.

A program is a list of instructions (name of a row, positions of its operands) over some leaves.  It runs on
Values, on floats and on mpmath numbers alike, so every derivative has a reference that knows no graph.
"""

from __future__ import annotations

import copy
import gc
import itertools
import math
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from references import REFERENCES, mp

from autograd import (
    AutogradError,
    NonFiniteError,
    StaleGraphError,
    draw,
    grad,
    grad_of,
    hessian,
    hvp,
    jacobian,
    jit,
    jvp,
    no_grad,
    primitive,
    topological_order,
    total,
    value_and_grad,
    where,
)
from autograd.primitives import TABLE
from autograd.transforms import write_out as expand
from autograd.value import Value

QUICK = settings(max_examples=200, deadline=None, derandomize=True, database=None)
DEEP = settings(max_examples=2000, deadline=None)

SMOOTH = ["neg", "tanh", "sin", "cos", "sigmoid", "softplus", "gaussian", "atan", "erf"]
KINKED = ["relu", "abs"]
BINARY = ["add", "sub", "mul", "add", "mul", "div", "hypot", "maximum", "atan2"]
FUSED = ["dot", "total", "logsumexp"]


# --- random programs ------------------------------------------------------------------------------------------


@dataclass
class Program:
    """Instructions over leaves; ``kinds`` says which leaves are free, frozen or plain constants."""

    leaves: list[float]
    kinds: list[str] = field(default_factory=list)
    instructions: list[tuple[str, tuple[int, ...]]] = field(default_factory=list)

    def run(self, leaves: Sequence[Any], apply: Callable[[str, list[Any]], Any]) -> list[Any]:
        """Every result, the leaves first."""
        results = list(leaves)
        for name, operands in self.instructions:
            results.append(apply(name, [results[i] for i in operands]))
        return results

    def nodes(self) -> list[Value | float]:
        made = {"free": Value, "frozen": lambda x: Value(x, requires_grad=False), "constant": float}
        leaves = [made[kind](x) for kind, x in zip(self.kinds, self.leaves, strict=True)]
        for i, leaf in enumerate(leaves):
            if isinstance(leaf, Value):
                leaf.label = f"leaf{i}"
        return self.run(leaves, on_values)

    @property
    def free(self) -> list[int]:
        return [i for i, kind in enumerate(self.kinds) if kind == "free"]

    def function(self, apply: Callable[[str, list[Any]], Any], output: int = -1) -> Callable[..., Any]:
        """The program as a function of its free leaves."""

        def f(*free: Any) -> Any:
            leaves: list[Any] = list(self.leaves)
            for i, x in zip(self.free, free, strict=True):
                leaves[i] = x
            return self.run(leaves, apply)[output]

        return f

    @property
    def point(self) -> list[float]:
        return [self.leaves[i] for i in self.free]


def on_values(name: str, args: list[Any]) -> Any:
    operators = {
        "neg": lambda x: -x, "add": lambda x, y: x + y, "sub": lambda x, y: x - y,
        "mul": lambda x, y: x * y, "div": lambda x, y: x / y,
    }  # fmt: skip
    return operators.get(name, TABLE[name])(*args)


def on_mpmath(name: str, args: list[Any]) -> Any:
    return REFERENCES[name].value(*map(mp.mpf, args))


def well_conditioned(name: str, args: list[float], out: float) -> bool:
    """Away from kinks and poles, and not growing."""
    if abs(out) > 6.0:
        return False
    if name in KINKED:
        return abs(args[0]) > 0.1
    if name == "div":
        return abs(args[1]) > 0.4
    if name in ("hypot", "atan2"):
        return math.hypot(*args) > 0.4 and (name == "hypot" or abs(args[0]) > 0.1)
    return name != "maximum" or abs(args[0] - args[1]) > 0.1


@st.composite
def programs(draw: Any, length: int = 7) -> Program:
    n = draw(st.integers(1, 4))
    number = st.floats(-2.0, 2.0).map(lambda x: round(x, 3) + 0.0)
    leaves = draw(st.lists(number, min_size=n, max_size=n))
    kinds = [
        "free",
        *draw(st.lists(st.sampled_from(["free", "free", "frozen", "constant"]), min_size=n - 1, max_size=n - 1)),
    ]
    program = Program(leaves, kinds)
    values = list(leaves)
    for _ in range(draw(st.integers(1, length))):
        name = draw(st.sampled_from([*SMOOTH, *KINKED, *BINARY, *BINARY, *FUSED, *FUSED]))
        count = 2 if name in BINARY else 1
        if name in FUSED:
            count = draw(st.sampled_from([3, 5] if name == "dot" else [1, 2, 3]))
        recent = st.integers(max(0, len(values) - 4), len(values) - 1)  # so that most results are used again
        operands = tuple(draw(recent | st.integers(0, len(values) - 1)) for _ in range(count))
        args = [values[i] for i in operands]
        out = TABLE[name](*args) if not (name == "div" and args[1] == 0.0) else math.inf
        if not well_conditioned(name, args, out):
            name, operands = "sin", operands[:1]
            out = math.sin(args[0])
        program.instructions.append((name, operands))
        values.append(out)
    return program


def test_programs_run_alike_on_floats_and_values() -> None:
    program = Program([0.5, 2.0], ["free", "frozen"], [("mul", (0, 1)), ("dot", (0, 1, 2)), ("sin", (3,))])
    floats = program.run(program.leaves, lambda name, args: TABLE[name](*args))
    assert [node.data for node in program.nodes()] == floats == [0.5, 2.0, 1.0, 2.0, math.sin(2.0)]


# --- references that know no sweep ----------------------------------------------------------------------------


def paths(node: Value, leaf: Value) -> Iterator[float]:
    """The product of the partials along every path from node down to leaf: the definition of the gradient."""
    if node is leaf:
        yield 1.0
    for parent, partial in zip(node.parents, node.partials, strict=True):
        if parent.requires_grad:
            for product in paths(parent, leaf):
                yield partial * product


def leaf_nodes(program: Program, results: Sequence[Any]) -> list[Value]:
    return [results[i] for i in program.free]


def root_of(program: Program) -> tuple[Value, list[Value]]:
    """The last result and the free leaves, if the result depends on any."""
    results = program.nodes()
    root = results[-1]
    assume(isinstance(root, Value) and root.requires_grad)
    return root, leaf_nodes(program, results)


def true_derivative(program: Program, *order: int) -> Any:
    """∂/∂x for each position in order, of the last result: by differences at 50 digits."""
    unit = tuple(order.count(i) for i in range(len(program.free)))
    return mp.diff(program.function(on_mpmath), tuple(map(mp.mpf, program.point)), unit)


def close(got: float, true: Any, scale: float = 1.0, tolerance: float = 1e-11) -> bool:
    return bool(abs(got - true) <= tolerance * max(1.0, abs(true), scale))


# --- first derivatives ----------------------------------------------------------------------------------------


def check_first_derivatives(program: Program) -> None:
    root, leaves = root_of(program)
    root.backward()
    point = program.point
    f = program.function(on_values)
    gradients = [leaf.grad for leaf in leaves]
    for i, leaf in enumerate(leaves):
        products = list(paths(root, leaf))
        scale = math.fsum(map(abs, products))
        assert close(leaf.grad, math.fsum(products), scale, 1e-14)
        assert close(leaf.grad, true_derivative(program, i), scale)
        tangent = jvp(f, point, [float(i == j) for j in range(len(point))])[1]
        assert close(tangent, leaf.grad, scale, 1e-14)
    transformed = grad(f, tuple(range(len(point))))(*point)
    assert list(transformed) == pytest.approx(gradients, rel=1e-12, abs=1e-12)
    assert value_and_grad(f, tuple(range(len(point))))(*point) == (root.data, transformed)


@QUICK
@given(programs())
def test_gradients_are_right(program: Program) -> None:
    """backward, grad, jvp, the sum over paths, and mpmath."""
    check_first_derivatives(program)


@pytest.mark.slow
@DEEP
@given(programs(length=9))
def test_gradients_are_right_in_depth(program: Program) -> None:
    check_first_derivatives(program)


@QUICK
@given(programs())
def test_the_order_without_constants_is_the_order_of_the_others(program: Program) -> None:
    root, _ = root_of(program)
    assert topological_order(root, constants=False) == [n for n in topological_order(root) if not n.is_constant]


@QUICK
@given(programs())
def test_backward_twice_gives_exactly_twice(program: Program) -> None:
    root, leaves = root_of(program)
    order = topological_order(root)
    root.backward()
    once = {node: node.grad for node in order}
    root.backward()
    for node in order:
        assert node.grad == (once[node] if node.parents else 2 * once[node])
    root.backward()
    assert [leaf.grad for leaf in leaves] == [once.get(leaf, 0.0) + 2 * once.get(leaf, 0.0) for leaf in leaves]


@QUICK
@given(programs())
def test_backward_adds_finished_totals_and_leaves_the_rest_alone(program: Program) -> None:
    root, _ = root_of(program)
    order = topological_order(root)
    root.backward()
    once = {node: node.grad for node in order}
    for i, node in enumerate(order):
        node.grad = 100.0 + i  # left over from somewhere else
    outsider = Value(3.0)
    outsider.grad = 7.0
    root.backward()
    for i, node in enumerate(order):
        if not node.parents:
            assert node.grad == (100.0 + i + once[node] if node.requires_grad else 100.0 + i)
        else:
            assert node.grad == once[node]
    assert outsider.grad == 7.0
    assert root.grad == 1.0


@QUICK
@given(programs())
def test_frozen_subgraphs_are_recorded_and_not_swept(program: Program) -> None:
    root, _ = root_of(program)
    root.backward()
    for node in topological_order(root):
        feeds = any(parent.requires_grad for parent in node.parents)
        assert node.requires_grad == (feeds if node.parents else node.label in [f"leaf{i}" for i in program.free])
        if not node.requires_grad:
            assert node.grad == 0.0


@QUICK
@given(programs())
def test_transforms_touch_no_grad(program: Program) -> None:
    root, leaves = root_of(program)
    for i, node in enumerate(topological_order(root)):
        node.grad = float(i)
    for g in grad_of(root, leaves):
        grad_of(g, leaves)
    f = program.function(on_values)
    grad(f, tuple(range(len(leaves))))(*leaves)
    jvp(f, leaves, program.point)
    assert [node.grad for node in topological_order(root)] == [float(i) for i in range(len(topological_order(root)))]


@QUICK
@given(programs())
def test_rows_of_the_jacobian_are_the_gradients_of_the_outputs(program: Program) -> None:
    outputs = [-1, -min(2, len(program.instructions)), 0]
    positions = tuple(range(len(program.free)))

    def f(*xs: Any) -> list[Any]:
        return [program.function(on_values, output)(*xs) for output in outputs]

    rows = jacobian(f, positions)(*program.point)
    for output, row in zip(outputs, rows, strict=True):
        assert row == grad(program.function(on_values, output), positions)(*program.point)


# --- second derivatives ---------------------------------------------------------------------------------------


def check_second_derivatives(program: Program) -> None:
    root, leaves = root_of(program)
    n, f, point = len(leaves), program.function(on_values), program.point
    matrix = hessian(f, tuple(range(n)))(*point)
    rows = [[h.data for h in grad_of(g, leaves)] for g in grad_of(root, leaves)]
    largest = max(abs(entry) for row in matrix for entry in row)
    for i, j in itertools.product(range(n), repeat=2):
        assert close(matrix[i][j], true_derivative(program, i, j), 10.0 * largest)
        assert close(matrix[i][j], matrix[j][i], largest, 1e-12)
        assert close(rows[i][j], matrix[i][j], largest, 1e-13)
    vector = [math.cos(3.0 * i) for i in range(n)]
    products = hvp(f, point, vector, tuple(range(n)))
    for row, product in zip(matrix, products, strict=True):
        assert close(product, inner(row, vector), largest)


def inner(xs: Sequence[float], ys: Sequence[float]) -> float:
    return math.fsum(x * y for x, y in zip(xs, ys, strict=True))


@QUICK
@given(programs(length=6))
def test_hessians_are_right(program: Program) -> None:
    """hessian, grad_of of grad_of, hvp, symmetry, and mpmath."""
    check_second_derivatives(program)


@pytest.mark.slow
@DEEP
@given(programs(length=8))
def test_hessians_are_right_in_depth(program: Program) -> None:
    check_second_derivatives(program)


def test_transforms_nest_without_confusing_their_variables() -> None:
    assert grad(lambda x: grad(lambda y: x * y)(x))(3.0) == 1.0
    assert grad(lambda x: x * grad(lambda y: x * y * y)(2.0))(3.0) == 24.0
    assert grad(lambda x: x * jvp(lambda y: x * y * y, (2.0,), (1.0,))[1])(3.0) == 24.0
    assert jvp(lambda x: x * grad(lambda y: x * y * y)(2.0), (3.0,), (1.0,)) == (36.0, 24.0)
    assert hessian(lambda v: v[0] ** 2 * v[1])([3.0, 5.0]) == [[10.0, 6.0], [6.0, 0.0]]


def test_grad_reaches_values_that_f_closes_over() -> None:
    w = Value(3.0)
    g = grad(lambda x: w * x * x)(2.0)
    assert isinstance(g, Value)
    g.backward()
    assert (g.data, w.grad) == (12.0, 4.0)


def frozen_values(xs: Sequence[float]) -> list[list[Value]]:
    """The numbers as Values that no gradient goes through, made in every way there is."""
    with no_grad():
        computed = [Value(x - 1.0) + 1.0 for x in xs]
    leaves = [Value(x, requires_grad=False) for x in xs]
    return [leaves, computed, [x * 1.0 for x in leaves], [Value(x).detach() for x in xs]]


def test_transforms_differentiate_by_an_argument_that_is_frozen_too() -> None:
    """It is a number to them, as it is to f; what is frozen is the graph that it came from."""

    def f(x: Any, y: Any) -> Any:
        return x * x * y + y * y

    def results(x: Any, y: Any) -> list[Any]:
        return [
            grad(f)(x, y), grad(f, (0, 1))(x, y), value_and_grad(f, 1)(x, y), jacobian(f, (0, 1))(x, y),
            hessian(f, (0, 1))(x, y), jvp(f, (x, y), (1.0, 0.5)), hvp(f, (x, y), (1.0, 0.5), (0, 1)),
            grad(grad(f))(x, y), grad(lambda z: grad(f)(z, y))(x), grad(lambda z: grad(f)(x, z))(y),
        ]  # fmt: skip

    expected = results(2.0, 3.0)
    assert expected[:2] == [12.0, (12.0, 10.0)]
    for x, y in frozen_values([2.0, 3.0]):
        assert results(x, y) == expected


# --- shapes that break a sweep --------------------------------------------------------------------------------


def test_a_diamond_of_diamonds_has_as_many_paths_as_it_should() -> None:
    x = Value(1.0)
    y = x
    for _ in range(40):
        y = y + y  # 2**40 paths
    y.backward()
    assert x.grad == 2.0**40
    assert grad_of(y, [x])[0].data == 2.0**40


def test_an_operand_twice_is_two_edges() -> None:
    x = Value(3.0)
    y = x * x
    assert y.parents == (x, x)
    assert y.partials == (3.0, 3.0)
    y.backward()
    assert x.grad == 6.0
    z = TABLE["dot"](x, x, x, x, x)
    z.backward()
    assert z.parents == (x,) * 5
    assert x.grad == 6.0 + (4 * 3.0 + 1)


def test_unused_inputs_have_no_gradient() -> None:
    x, y = Value(2.0), Value(3.0)
    (x * x).backward()
    assert y.grad == 0.0
    assert [g.data for g in grad_of(x * x, [x, y])] == [4.0, 0.0]
    assert grad(lambda x, y: x * x, (0, 1))(2.0, 3.0) == (4.0, 0.0)
    assert grad(lambda x: 5.0)(2.0) == 0.0
    assert value_and_grad(lambda x: 5.0)(2.0) == (5.0, 0.0)
    assert hessian(lambda x: 5.0 * x)(2.0) == 0.0
    assert jvp(lambda x: 5.0, (2.0,), (1.0,)) == (5.0, 0.0)


def test_a_root_that_is_a_leaf() -> None:
    x = Value(2.0)
    x.backward()
    x.backward()
    assert x.grad == 2.0
    assert grad(lambda x: x)(2.0) == 1.0
    assert [g.data for g in grad_of(x, [x])] == [1.0]


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_fused_nodes_of_any_width(n: int) -> None:
    xs = [Value(float(i + 1)) for i in range(n)]
    out = total(xs)
    assert out.parents == tuple(xs)
    assert out.partials == (1.0,) * n
    out.backward()
    assert [x.grad for x in xs] == [1.0] * n
    assert topological_order(out) == [*xs, out]


def test_backward_refuses_what_has_no_gradient() -> None:
    with pytest.raises(AutogradError, match="frozen"):
        (Value(1.0, requires_grad=False) * 2.0).backward()
    with no_grad():
        y = Value(1.0) * 2.0
    assert y.parents == ()
    with pytest.raises(AutogradError, match="no_grad"):
        y.backward()


def test_backward_from_a_root_that_is_not_finite_names_the_first_node_that_went() -> None:
    x = Value(1e200, label="big")
    y = (x * x).tanh() + (x * x) * 2.0
    with pytest.raises(NonFiniteError, match=r"\(from mul\): mul of 'big' = 1e\+200, 'big' = 1e\+200"):
        y.backward()
    assert x.grad == 0.0
    nan = Value(math.nan, label="hole")
    with pytest.raises(NonFiniteError, match="leaf 'hole'"):
        (nan + 1.0).backward()


def test_gradients_reach_the_taken_branch_alone() -> None:
    x, y = Value(2.0), Value(3.0)
    where(x < y, x * y, x).backward()
    assert (x.grad, y.grad) == (3.0, 2.0)


# --- stale graphs, expansion, order ---------------------------------------------------------------------------


@QUICK
@given(programs(), st.data())
def test_a_changed_leaf_is_named(program: Program, data: Any) -> None:
    """Unless no node above it would come out differently."""
    root, leaves = root_of(program)
    changed = data.draw(st.sampled_from(leaves))
    before = changed.data
    changed.data += 0.375
    if any(recomputed(node) != node.data for node in topological_order(root) if node.parents):
        for evaluate in (lambda: grad_of(root, leaves), lambda: expand(root)):
            with pytest.raises(StaleGraphError, match=f"'{changed.label}' = {changed.data!r}"):
                evaluate()
        root.backward()  # what was recorded is still right
        changed.data = before
    assert len(grad_of(root, leaves)) == len(leaves)


def recomputed(node: Value) -> float:
    try:
        return TABLE[node.primitive.name](*(parent.data for parent in node.parents))
    except (ArithmeticError, ValueError):
        return math.nan


def test_the_changed_leaf_alone_is_named() -> None:
    a, b = Value(2.0, label="a"), Value(3.0, label="b")
    c = a * b + b.sin()
    a.data = 5.0
    with pytest.raises(StaleGraphError) as caught:
        grad_of(c, [b])
    assert "'a' = 5.0 changed" in str(caught.value)
    assert "'b' = " not in str(caught.value).split("changed")[0]


@pytest.mark.parametrize(
    "f",
    [
        pytest.param(lambda a, b: a / a + (a + b), id="a / a"),
        pytest.param(lambda a, b: (a - a) + (a + b), id="a - a"),
        pytest.param(lambda a, b: a * a + a * b, id="a · a, and −a"),
        pytest.param(lambda a, b: abs(a) + a * b, id="|a|, and −a"),
        pytest.param(lambda a, b: (a - 9.0).relu() + (a + b), id="a relu that stays off"),
    ],
)
def test_a_node_that_agrees_by_coincidence_clears_no_leaf(f: Callable[..., Value]) -> None:
    a, b = Value(2.0, label="a"), Value(3.0, label="b")
    y = f(a, b)
    a.data = -2.0
    with pytest.raises(StaleGraphError, match=r"'a' = -2\.0"):
        grad_of(y, [b])


def test_expansion_touches_no_leaf_and_shows_no_gradient_on_what_is_frozen() -> None:
    x = Value(2.0, label="x")
    y = total([x])
    y.label = "y"
    (y * y).backward()
    assert (expand(y).data, x.label, x.grad) == (2.0, "x", 4.0)
    w, v, bias = Value(2.0, requires_grad=False), Value(3.0, requires_grad=False), Value(1.0)
    out = TABLE["dot"](w, v, bias)
    out.backward()
    assert [node.grad for node in topological_order(expand(out)) if not node.requires_grad] == [0.0, 0.0, 0.0]


def test_changing_a_leaf_does_not_corrupt_backward_of_what_was_computed() -> None:
    x = Value(3.0)
    y = x * x
    x.data = 100.0
    y.backward()
    assert x.grad == 6.0


@QUICK
@given(programs())
def test_expansion_keeps_values_and_gradients(program: Program) -> None:
    root, leaves = root_of(program)
    root.label = "root"
    root.backward()
    gradients = [leaf.grad for leaf in leaves]
    written_out = expand(root)
    order = topological_order(written_out)
    assert not any(node.primitive and node.primitive.definition for node in order)
    assert {node for node in order if not node.parents and node.requires_grad} <= set(leaves)
    assert written_out.data == pytest.approx(root.data, rel=1e-13, abs=1e-13)
    assert [leaf.grad for leaf in leaves] == gradients
    if written_out is not root and root.parents:
        assert (written_out.label, written_out.grad) == ("root", 1.0)
    shown = {node: node.grad for node in order}
    for leaf in leaves:
        leaf.grad = 0.0
    written_out.backward()
    for node in order:
        assert node.grad == pytest.approx(shown[node], rel=1e-11, abs=1e-11)
    if not any(name == "logsumexp" for name, _ in program.instructions):
        assert written_out.data == root.data  # dot and total: the same additions in the same order


@QUICK
@given(programs())
def test_the_order_is_topological_complete_and_repeatable(program: Program) -> None:
    root, _ = root_of(program)
    order = topological_order(root)
    position = {node: i for i, node in enumerate(order)}
    assert len(position) == len(order)
    assert order[-1] is root
    for node in order:
        assert all(position[parent] < position[node] for parent in node.parents)
    reachable, rest = set(), [root]
    while rest:
        node = rest.pop()
        if node not in reachable:
            reachable.add(node)
            rest.extend(node.parents)
    assert reachable == set(order)
    assert topological_order(root) == order
    again = topological_order(program.nodes()[-1])
    assert [(n._op, n.label, n.data) for n in again] == [(n._op, n.label, n.data) for n in order]


def test_the_order_goes_depth_first_and_first_parent_first() -> None:
    a, b, c = Value(1.0, label="a"), Value(2.0, label="b"), Value(3.0, label="c")
    names = [node.label or node._op for node in topological_order(total([a * b, c, b + c]))]
    assert names == ["a", "b", "*", "c", "+", "Σ"]
    two = topological_order(a + b, b * c)
    assert [node.label or node._op for node in two] == ["a", "b", "+", "c", "*"]
    assert topological_order() == []


# --- depth and width ------------------------------------------------------------------------------------------


@pytest.fixture
def shallow_stack() -> Iterator[None]:
    """So little stack that a recursion over the graph, even over a small one, fails."""
    before, frame, depth = sys.getrecursionlimit(), sys._getframe(), 0
    while frame:
        frame, depth = frame.f_back, depth + 1
    sys.setrecursionlimit(depth + 150)
    yield
    sys.setrecursionlimit(before)


def chain_of(n: int) -> tuple[Value, Value]:
    x = Value(0.5)
    y = x
    for i in range(n):
        y = y + x if i % 2 else y.sin()
    return x, y


@pytest.mark.usefixtures("shallow_stack")
def test_deep_chains() -> None:
    """Everything that walks a graph, over 20,000 levels."""
    x, y = chain_of(20_000)
    assert len(topological_order(y)) == 20_001
    y.backward()
    first = x.grad
    assert math.isfinite(first)
    assert first != 0.0
    assert repr(y).startswith("Value(data=")
    assert f"{y:.3f}"
    (g,) = grad_of(y, [x])
    assert g.data == pytest.approx(first, rel=1e-9)
    assert math.isfinite(grad_of(g, [x])[0].data)
    assert expand(y).data == y.data
    assert jvp(lambda v: chain_on(v, 5_000), (0.5,), (1.0,))[1] == pytest.approx(
        grad(lambda v: chain_on(v, 5_000))(0.5), rel=1e-9
    )
    del y, g


def chain_on(x: Any, n: int) -> Any:
    y = x
    for _ in range(n):
        y = y.sin() + x
    return y


@pytest.mark.usefixtures("shallow_stack")
def test_deep_chains_of_fused_nodes() -> None:
    x = Value(0.5)
    y = x
    for _ in range(20_000):
        y = TABLE["dot"](y, x, x, y, x) * 0.5
    y.backward()
    assert math.isfinite(x.grad)
    assert grad_of(y, [x])[0].data == pytest.approx(x.grad, rel=1e-9)


def test_a_long_sum_of_values() -> None:
    xs = [Value(float(i)) for i in range(100_000)]
    for out in (sum(xs), total(xs)):
        assert out.data == 4999950000.0
        out.backward()
    assert {x.grad for x in xs} == {2.0}


def test_a_leaf_used_many_times() -> None:
    x = Value(1.0)
    out = total([x * float(i) for i in range(10_000)])
    out.backward()
    assert x.grad == grad_of(out, [x])[0].data == 49995000.0


def test_a_chain_of_a_million_in_seconds() -> None:
    """Built, differentiated, and freed without the cyclic garbage collector."""
    start = time.perf_counter()
    gc.collect()
    gc.disable()
    try:
        x, y = chain_of(1_000_000)
        y.backward()
        assert math.isfinite(x.grad)
        assert x.grad != 0.0
        before = len(gc.get_objects())
        del y
        assert before - len(gc.get_objects()) >= 999_999
    finally:
        gc.enable()
    assert time.perf_counter() - start < 60.0


def test_graphs_die_by_reference_count() -> None:
    gc.collect()
    gc.disable()
    try:
        before = len(gc.get_objects())
        x, y = chain_of(1_000)
        y.backward()
        g = grad_of(y, [x])
        hessian(lambda v: v.sin() * v.exp())(0.5)
        del x, y, g
        assert len(gc.get_objects()) - before < 50
    finally:
        gc.enable()


# --- copies --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", TABLE.values(), ids=TABLE)
def test_a_copy_of_a_row_is_the_row(row: Any) -> None:
    assert copy.copy(row) is row
    assert copy.deepcopy([row, row]) == [row, row]


def test_a_copy_of_a_graph_is_of_the_same_primitives_and_of_other_values() -> None:
    own = primitive("cube", lambda x: x**3, lambda x, out: (3 * x * x,))
    x = Value(0.5, label="x")
    y = own(x.tanh()) * x + x.relu()
    order, copied = topological_order(y), topological_order(copy.deepcopy(y))
    assert [node.primitive for node in copied] == [node.primitive for node in order]
    assert not {*order} & {*copied}
    copied[-1].backward()
    y.backward()
    assert copied[0].grad == x.grad != 0.0
    assert str(draw(copied[-1])) == str(draw(y))
    assert jit(lambda x: own(x.tanh()))(0.5) == own(math.tanh(0.5))
