"""The walkthrough: its steps against backward(), its words, and the naive order going wrong."""

from __future__ import annotations

import io
import math
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from test_graphs import QUICK, Program, programs, root_of

from autograd import (
    StaleGraphError,
    Step,
    Value,
    Walkthrough,
    abs,
    acos,
    asin,
    atan2,
    dot,
    draw,
    erf,
    hypot,
    leaky_relu,
    logsumexp,
    lt,
    maximum,
    no_grad,
    primitive,
    tanh,
    topological_order,
    total,
    walkthrough,
    where,
)
from autograd.steps.order import program_order
from autograd.steps.record import MOST_STEPS
from nn import MLP, Neuron

BRIEF = settings(QUICK, max_examples=100)


def named(data: float, label: str, **more: bool) -> Value:
    return Value(data, label=label, **more)


def lesson() -> tuple[Value, Value, Value, Value]:
    """The graph of the usual first lesson: L = (a·b + c)·f."""
    a, b, c, f = named(2.0, "a"), named(-3.0, "b"), named(10.0, "c"), named(-2.0, "f")
    e = a * b
    e.label = "e"
    d = e + c
    d.label = "d"
    out = d * f
    out.label = "L"
    return out, a, d, e


def doubled() -> tuple[Value, Value, Value]:
    """c = b + b of b = a + a: what a naive order gets wrong."""
    a = named(1.0, "a")
    b = a + a
    b.label = "b"
    c = b + b
    c.label = "c"
    return c, b, a


# --- the steps ----------------------------------------------------------------------------------------------


def test_the_steps_are_said_in_words_with_their_numbers() -> None:
    root, *_ = lesson()
    assert [str(step) for step in walkthrough(root)] == [
        "e = a * b = 2 × -3 = -6",
        "d = e + c = -6 + 10 = 4",
        "L = d * f = 4 × -2 = -8",
        "L.grad = 1 — where every walk back begins",
        "d.grad += L.grad × slope along d → L = 1 × -2 = -2 (0 → -2)",
        "f.grad += L.grad × slope along f → L = 1 × 4 = 4 (0 → 4)",
        "e.grad += d.grad × slope along e → d = -2 × 1 = -2 (0 → -2)",
        "c.grad += d.grad × slope along c → d = -2 × 1 = -2 (0 → -2)",
        "a.grad += e.grad × slope along a → e = -2 × -3 = 6 (0 → 6)",
        "b.grad += e.grad × slope along b → e = -2 × 2 = -4 (0 → -4)",
    ]


def test_a_step_is_a_frozen_record() -> None:
    root, _, d, e = lesson()
    forward, backward = walkthrough(root)[0], walkthrough(root)[6]
    assert (forward.index, forward.phase, forward.op, forward.node) == (0, "forward", "mul", e)
    assert forward.operands == e.parents
    assert (forward.parent, forward.adjoint, forward.contribution, forward.after) == (None,) * 4
    assert (backward.phase, backward.op, backward.node, backward.parent, backward.operand) == (
        "backward", "add", d, e, 0,
    )  # fmt: skip
    assert (backward.adjoint, backward.partial, backward.contribution) == (-2.0, 1.0, -2.0)
    assert (backward.before, backward.after) == (0.0, -2.0)
    with pytest.raises(AttributeError):
        backward.after = 1.0  # type: ignore[misc]


def test_a_walk_is_a_sequence() -> None:
    w = walkthrough(lesson()[0])
    assert isinstance(w, Walkthrough)
    assert len(w) == 10
    assert [step.index for step in w] == list(range(10))
    assert w[-1] is w[9]
    assert w[2:4] == (w[2], w[3])
    assert isinstance(w[0], Step)
    with pytest.raises(IndexError):
        w[10]


def test_at_lists_the_steps_that_touch_a_node() -> None:
    root, a, d, e = lesson()
    w = walkthrough(root)
    assert [step.index for step in w.at(a)] == [0, 8]
    assert [step.index for step in w.at(e)] == [0, 1, 6, 8, 9]
    assert [step.index for step in w.at(d)] == [1, 2, 4, 6, 7]
    with pytest.raises(ValueError, match=r"'z' = 1\.0 is no value of this graph"):
        w.at(named(1.0, "z"))
    with pytest.raises(TypeError, match="at takes a Value of the graph, not float"):
        w.at(2.0)  # type: ignore[arg-type]


def test_a_fused_node_is_one_step_or_its_expansion() -> None:
    w, x, b = [named(0.5, "w1"), named(-0.25, "w2")], [named(2.0, "x1"), named(4.0, "x2")], named(0.5, "b")
    n = dot(w, x, b)
    n.label = "n"
    root = n.tanh()
    fused = walkthrough(root)
    assert fused[0].text == "n = w1 * x1 + w2 * x2 + b = 0.5 × 2 + -0.25 × 4 + 0.5 = 0.5"
    assert [step.op for step in fused.at(n)][:2] == ["dot", "tanh"]
    expanded = walkthrough(root, expand=True)
    assert [step.op for step in expanded if step.phase == "forward"] == ["mul", "add", "mul", "add", "tanh"]
    touching = expanded.at(n)
    assert {step.op for step in touching} == {"mul", "add", "tanh"}
    assert len([step for step in touching if step.phase == "forward"]) == 5
    assert len(expanded.at(w[0])) == 2  # leaves are the same objects
    assert expanded.gradients()[w[0]] == fused.gradients()[w[0]]


def test_long_sums_are_shortened() -> None:
    text = walkthrough(total([named(1.0, f"x{i}") for i in range(20)]))[0].text
    assert text == "n20 = x0 + x1 + x2 + x3 + ... + x19 = 1 + 1 + 1 + 1 + ... + 1 = 20"


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda x: -x, "n1 = -x = -(-3) = 3"),
        (lambda x: x**2, "n2 = x ** 2 = (-3) ** 2 = 9"),
        (lambda x: x - -2, "n2 = x - -2 = -3 - -2 = -1"),
        (lambda x: x / 3, "n2 = x / 3 = -3 / 3 = -1"),
        (lambda x: (x + 3.5).sqrt(), "n3 = √n2 = √0.5 = 0.7071"),
        (lambda x: maximum(x, 1), "n2 = max(x, 1) = max(-3, 1) = 1"),
        (lambda x: Value(1.0) * 2 + x * 0, "n5 = x * 0 = -3 × 0 = -0"),
        (lambda x: x * 1e-5, "n2 = x * 1e-05 = -3 × 1e-05 = -3e-05"),
    ],
)
def test_operations_are_written_as_one_would(make: Any, text: str) -> None:
    assert text in [step.text for step in walkthrough(make(named(-3.0, "x"))) if step.phase == "forward"]


# --- what it computes ---------------------------------------------------------------------------------------


def state(root: Value) -> list[tuple[float, float, str]]:
    return [(node.data, node.grad, node.label) for node in topological_order(root)]


@BRIEF
@given(programs())
def test_after_the_last_step_the_gradients_are_those_of_backward(program: Program) -> None:
    root, _ = root_of(program)
    before = state(root)
    w = walkthrough(root)
    assert state(root) == before
    grads = w.gradients()
    root.backward()
    for node in topological_order(root):
        scale = sum(abs(step.contribution or 0.0) for step in w if step.parent is node)
        assert grads.get(node, 0.0) == pytest.approx(node.grad, rel=1e-15, abs=1e-14 * scale)  # sums in another order
    assert set(grads) == {node for node in topological_order(root) if node.requires_grad}


@BRIEF
@given(programs())
def test_each_step_adds_its_contribution_to_what_was_there(program: Program) -> None:
    root, _ = root_of(program)
    w = walkthrough(root)
    shown: dict[Value, float] = {}
    for step in w:
        if step.parent is not None:
            assert step.node.parents[step.operand or 0] is step.parent
            assert step.before == shown.get(step.parent, 0.0)
            assert step.adjoint == shown[step.node]
            assert step.contribution == (step.adjoint or 0.0) * (step.partial or 0.0)
            assert step.after == step.before + step.contribution
            shown[step.parent] = step.after
        elif step.after is not None:
            shown[step.node] = step.after
        assert {**dict.fromkeys(w.gradients(), 0.0), **shown} == w.gradients(step.index)


@BRIEF
@given(programs())
def test_the_forward_steps_compute_every_result_once_after_its_operands(program: Program) -> None:
    root, _ = root_of(program)
    known = {node for node in topological_order(root) if not node.parents}
    for step in walkthrough(root):
        if step.phase == "forward":
            assert step.node not in known
            assert known.issuperset(step.operands)
            known.add(step.node)
    assert known == set(topological_order(root))


@BRIEF
@given(programs())
def test_an_expanded_walk_gives_the_same_gradients_up_to_rounding(program: Program) -> None:
    root, leaves = root_of(program)
    before = state(root)
    grads = walkthrough(root, expand=True).gradients()
    assert state(root) == before
    root.backward()
    for leaf in leaves:
        assert grads.get(leaf, 0.0) == pytest.approx(leaf.grad, rel=1e-12, abs=1e-12)


def test_gradients_of_earlier_passes_are_neither_used_nor_touched() -> None:
    root, a, *_ = lesson()
    root.backward()
    assert "from before" not in str(walkthrough(root))  # what a holds is what this walk arrives at
    a.grad = 5.0
    w = walkthrough(root)
    assert a.grad == 5.0
    assert w.gradients()[a] == 6.0
    assert w[8].note == "a.grad holds 5 from before: backward() adds to it"
    assert w[8].text.endswith("(0 → 6) — a.grad holds 5 from before: backward() adds to it")


def test_frozen_subgraphs_are_computed_and_not_swept() -> None:
    a, k = named(2.0, "a"), named(3.0, "k", requires_grad=False)
    root = a * (k * k)
    w = walkthrough(root)
    assert [step.op for step in w] == ["mul", "mul", "mul", "mul"]
    assert [step.parent for step in w if step.parent is not None] == [a]
    assert k not in w.gradients()


def test_a_changed_leaf_makes_the_graph_stale() -> None:
    root, a, *_ = lesson()
    a.data = 7.0
    for expand in (False, True):
        with pytest.raises(StaleGraphError, match=r"stale: 'a' = 7\.0 or 'b' = -3\.0 changed"):
            walkthrough(root, expand=expand)


def test_a_chain_of_20_000_nodes_is_walked_without_recursion() -> None:
    x = named(0.5, "x")
    y = x
    for _ in range(20_000):
        y = y.sin()
    w = walkthrough(y)
    assert len(w) == 40_001
    assert len(repr(w).splitlines()) == 61
    y.backward()
    assert w.gradients()[x] == x.grad


def test_what_cannot_be_walked_is_refused_with_advice() -> None:
    with pytest.raises(TypeError, match="walkthrough takes the Value to walk to, not float"):
        walkthrough(3.0)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="order must be one of topological, naive"):
        walkthrough(Value(1.0), order="random")


def test_a_walk_without_anything_to_pass_back_says_so() -> None:
    leaf = named(2.0, "x")
    assert [step.text for step in walkthrough(leaf)] == ["x.grad = 1 — where every walk back begins"]
    frozen = named(2.0, "k", requires_grad=False)
    assert walkthrough(frozen * 2)[-1].text == (
        "n2 depends on nothing that needs a gradient: there is nothing to pass back"
    )
    with no_grad():
        unrecorded = leaf * 2
    assert len(walkthrough(unrecorded)) == 1


def test_a_result_that_is_not_finite_is_walked_to_and_not_back() -> None:
    x = named(1e308, "x")
    w = walkthrough((x * 10) - 1)
    assert w[0].note == "the first result that is not finite"
    assert w[1].note == ""
    assert w[2].text == "n4 is inf: backward() refuses to start from a result that is not finite"
    assert len(w) == 3


# --- what is special ----------------------------------------------------------------------------------------

X = named(0.0, "x")


@pytest.mark.parametrize(
    ("root", "note"),
    [
        (named(0.0, "x").relu(), "a kink: its slope there is taken as 0"),
        (named(-1.0, "x").relu(), "a dead relu: its slope below 0 is 0"),
        (abs(named(0.0, "x")), "a kink: its slope there is taken as 0"),
        (leaky_relu(named(0.0, "x"), 0.1), "a kink: its slope there is taken as that of the left side"),
        (maximum(named(1.0, "x"), named(1.0, "y")), "a tie: each side gets ½"),
        (hypot(named(0.0, "x"), named(0.0, "y")), "a kink: its slope there is taken as 0 both ways"),
        (atan2(named(0.0, "x"), named(0.0, "y")), "the origin has no direction: its slopes are nan"),
        (named(0.0, "x").sqrt(), "vertical here: its slope is ∞"),
        (named(0.0, "x") ** 0.5, "vertical here: its slope is ∞"),
        (named(0.0, "x") ** 0, "0 to the power 0 is 1, its slopes are taken as 0"),
        (asin(named(-1.0, "x")), "vertical here: its slope is ∞"),
        (acos(named(1.0, "x")), "vertical here: its slope is -∞"),
        (named(4.0, "x") % 2, "a jump: its slope is taken as that of the pieces"),
        (named(4.5, "x") // 2, "flat on both sides: its slope is 0 everywhere"),
        (named(5.0, "x").tanh(), "saturated: its slope is down to 0.0001816"),
        (named(-9.0, "x").sigmoid(), "saturated: its slope is down to 0.0001234"),
        (erf(named(3.0, "x")), "saturated: its slope is down to 0.0001393"),
        (lt(named(1.0, "x"), 2.0), "flat on both sides: its slope is 0 everywhere"),
        (where(lt(X, 1.0), X, X * 2), "the condition holds: the first branch was taken"),
        (where(lt(X, -1.0), X, X * 2), "the condition fails: the second branch was taken"),
    ],
)
def test_a_special_point_is_named_on_the_way_there_and_back(root: Value, note: str) -> None:
    w = walkthrough(root)
    assert [step.note for step in w if step.node is root and step.phase == "forward"] == [note]
    passed = [step.note for step in w if step.node is root and step.parent is not None]
    assert passed
    assert all(said.startswith(note) for said in passed)


@pytest.mark.parametrize("x", [0.5, -0.5, 2.0])
def test_a_usual_point_is_not(x: float) -> None:
    v = named(x, "x")
    root = v.tanh() * v.sigmoid() + maximum(v, 0.1) + v**2 + (v * v).sqrt() + abs(v)
    assert {step.note for step in walkthrough(root) if step.phase == "forward"} == {""}


def test_a_primitive_of_ones_own_is_not_taken_for_one_of_the_table() -> None:
    ours = primitive("relu", lambda x: 0.0, lambda x, out: (0.0,))
    assert walkthrough(ours(named(-1.0, "x")))[0].note == ""


def test_a_zero_gradient_stops_and_is_named_once() -> None:
    x, w, b = named(1.0, "x"), named(-2.0, "w"), named(0.5, "b")
    n = w * x + b
    n.label = "n"
    h = n.relu()
    h.label = "h"
    root = h * 3
    root.label = "L"
    back = [step.text for step in walkthrough(root) if step.phase == "backward"]
    assert back[2:] == [
        "n.grad += h.grad × slope along n → h = 3 × 0 = 0 (0 → 0) — a dead relu: its slope below 0 is 0",
        "n.grad = 0 — nothing flows on to n2, b",
    ]


def test_a_second_path_is_named() -> None:
    x = named(3.0, "x")
    steps = [step for step in walkthrough(x * x + x) if step.parent is x]
    assert [step.note for step in steps] == ["", "way 2 of 3 into x: they add up", "way 3 of 3 into x: they add up"]
    assert [step.formula.split(" = ")[0] for step in steps] == [
        "x.grad += n2.grad × slope along x → n2", "x.grad += n1.grad × slope along x → n1 (left)",
        "x.grad += n1.grad × slope along x → n1 (right)",
    ]  # fmt: skip


def test_zero_times_infinity_is_zero_by_the_product_rule() -> None:
    t = named(-1.0, "t")
    r = t.relu()
    r.label = "r"
    root = (r + 1e-300) * 1e300 * 1e300  # ∂root/∂r overflows
    w = walkthrough(root)
    assert w.gradients()[r] == math.inf
    assert w[-1].text == (
        "t.grad += r.grad × slope along t → r = inf × 0 = 0 (0 → 0) — "
        "a dead relu: its slope below 0 is 0; 0 times anything is 0 here, even infinity and nan"
    )


# --- the naive order ------------------------------------------------------------------------------------------


def naive(root: Value) -> dict[Value, float]:
    """The naive order written as a beginner would: recursive, each parent at once with all it has."""
    grads = dict.fromkeys(topological_order(root), 0.0)
    grads[root] = 1.0

    def visit(node: Value) -> None:
        for parent, partial in zip(node.parents, node.partials, strict=True):
            if node.requires_grad and parent.requires_grad:
                grads[parent] += grads[node] * partial
                visit(parent)

    visit(root)
    return grads


def test_the_naive_order_gives_6_where_4_is_right() -> None:
    c, b, a = doubled()
    w = walkthrough(c, order="naive")
    assert w.gradients()[a] == 6.0
    assert w[-1].text == ("a.grad = 6, right is 4 — a value must wait for its whole gradient before it passes it on")
    wrong = [step for step in w if step.wrong]
    assert [(step.node, step.parent, step.operand, step.contribution) for step in wrong] == [
        (b, a, k, 2.0) for k in (0, 1)
    ]
    assert {step.note for step in wrong} == {"wrong: b passed on 1 of this 2 before, and passes it on again"}
    assert all(not step.wrong for step in walkthrough(c))


@BRIEF
@given(programs(length=5))
def test_the_naive_order_is_exactly_the_beginners(program: Program) -> None:
    root, leaves = root_of(program)
    w = walkthrough(root, order="naive")
    expected = naive(root)
    for node, grad in w.gradients().items():
        assert grad == expected[node]
    root.backward()
    wrong = [leaf for leaf in leaves if not math.isclose(leaf.grad, expected.get(leaf, 0.0), rel_tol=1e-9)]
    if any(step.wrong for step in w):
        assert ("right is" in w[-1].text) == bool(wrong)
    else:
        assert expected == {node: pytest.approx(node.grad, rel=1e-12, abs=1e-12) for node in expected}


def test_the_naive_order_is_right_where_nothing_is_used_twice() -> None:
    w = walkthrough(lesson()[0], order="naive")
    assert w[-1].text == (
        "the same result as in the right order — no value that is used twice passed anything on twice"
    )
    assert not any(step.wrong for step in w)


def test_the_naive_order_stops_at_10_000_steps_and_says_why() -> None:
    x = named(1.0, "x")
    y = x
    for _ in range(60):
        y = (y + y) * 0.5
    w = walkthrough(y, order="naive")
    assert len(w) == MOST_STEPS == 10_000
    contributions = sum(3 * 2**k for k in range(60))  # the 2 edges of y + y and the 1 of · 0.5, along each path
    assert w[-1].note == (
        "stopped after 10,000 steps: this order goes along every path from the root anew, "
        f"which takes about 10^{math.floor(math.log2(contributions + 1) * math.log10(2))}"
    )


def test_the_naive_order_stops_at_once_where_the_way_there_takes_as_many_steps() -> None:
    x = named(1.0, "x")
    y = x
    for _ in range(5_000):
        y = (y + y) * 0.5
    w = walkthrough(y, order="naive")
    assert [step.text for step in w if step.phase == "backward"] == [
        "n15000.grad = 1 — where every walk back begins",
        "x.grad = 0, right is 1 — stopped after 10,000 steps: this order goes along every path from the root "
        "anew, which takes about 10^1505",
    ]


# --- the faces ----------------------------------------------------------------------------------------------


class Terminal(io.StringIO):
    def __init__(self, encoding: str) -> None:
        super().__init__()
        self._encoding = encoding

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._encoding


def printed(w: Walkthrough, encoding: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    terminal = Terminal(encoding)
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", terminal)
        print(w)
    return terminal.getvalue().splitlines()


def test_print_aligns_the_notes(monkeypatch: pytest.MonkeyPatch) -> None:
    root = named(-1.0, "x").relu() + named(5.0, "y").tanh()
    for encoding in ("utf-8", "ascii"):
        lines = printed(walkthrough(root), encoding, monkeypatch)
        assert lines[0] == "forward"
        assert lines[4] == "backward"
        assert {line.index("a dead relu") for line in lines[:4] if "a dead relu" in line} == {
            line.index("saturated") for line in lines[:4] if "saturated" in line
        }


def test_print_writes_ascii_where_the_output_has_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    x = named(0.25, "x")
    root = x.sqrt() * x
    root.label = "L"
    w = walkthrough(root)
    assert (
        printed(w, "utf-8", monkeypatch)[-1].split(None, 1)[1].startswith("x.grad += n1.grad × slope along x → n1 = ")
    )
    for encoding in ("ascii", "cp1252", "latin-1"):  # some have ×, none has ∂
        lines = printed(w, encoding, monkeypatch)
        "\n".join(lines).encode("ascii")
        assert (
            lines[-1]
            .split(None, 1)[1]
            .startswith("x.grad += n1.grad x slope along x -> n1 = 0.25 x 1 = 0.25 (0.5 -> 0.75)")
        )
        assert "n1 = sqrt x = sqrt 0.25 = 0.5" in lines[1]


def test_print_replaces_the_letters_of_a_label_that_the_output_has_not(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "n1 = -? = -2 = -2" in printed(walkthrough(-named(2.0, "β")), "ascii", monkeypatch)[1]


def test_the_table_has_a_row_for_each_step() -> None:
    root, *_ = lesson()
    rows = walkthrough(root).table()
    assert [row["index"] for row in rows] == list(range(10))
    assert {len(row) for row in rows} == {len(Step._fields)}
    assert rows[0]["operands"] == "a, b"
    assert (rows[0]["node"], rows[0]["parent"], rows[0]["after"]) == ("e", None, None)
    assert (rows[6]["node"], rows[6]["parent"], rows[6]["adjoint"], rows[6]["after"]) == ("d", "e", -2.0, -2.0)


def test_a_name_from_right_to_left_is_kept_apart_from_the_numbers() -> None:
    assert walkthrough(named(2.0, "سلام") * 3)[0].text == "n2 = \u2068سلام\u2069 * 3 = 2 × 3 = 6"


def test_logsumexp_steps_like_the_others() -> None:
    a, b = named(0.0, "a"), named(0.0, "b")
    assert walkthrough(logsumexp([a, b]))[0].text == "n2 = logsumexp(a, b) = logsumexp(0, 0) = 0.6931"


# --- names and order ------------------------------------------------------------------------------------------


def test_parameters_are_called_by_their_paths_as_short_as_tells_them_apart() -> None:
    model = MLP(2, [2, 1], seed=1)
    loss = (model([1.0, 2.0]) - 1.0) ** 2
    names = {row["parent"] for row in walkthrough(loss).table()} & {*str(draw(loss)).split()}
    assert {"layers.0.neurons.0.w[1]", "neurons.1.w[0]", "neurons.1.b", "layers.1.neurons.0.b"} <= names
    assert "w[0] * " in walkthrough(Neuron(2)([1.0, 2.0]))[0].text
    own = Neuron(1)
    own.w[0].label = "weight"
    assert "weight * " in walkthrough(own([1.0]))[0].text


@pytest.mark.parametrize("labelled", [True, False])
def test_a_recurrent_cell_begins_at_its_first_time_step(labelled: bool) -> None:
    w, u, h = named(0.5, "w"), named(2.0, "u"), named(0.0, "h0")
    for t, x in enumerate([1.0, -1.0, 3.0], 1):
        h = tanh(w * x + u * h)
        h.label = f"h{t}" if labelled else ""
    walk = walkthrough(h)
    fed = [step.operands[1].data for step in walk if step.phase == "forward" and step.operands[0] is w]
    assert fed == [1.0, -1.0, 3.0]
    back = [step.node.parents[1].data for step in walk if step.parent is w]
    assert back == [3.0, -1.0, 1.0]


@BRIEF
@given(programs())
def test_the_order_of_the_program_is_topological_and_whole(program: Program) -> None:
    root, _ = root_of(program)
    order, seen = program_order(root), set[Value]()
    assert len(order) == len({*order})
    assert {*order} == {*topological_order(root)}
    for node in order:
        assert seen.issuperset(node.parents)
        seen.add(node)


# --- lines of the program -----------------------------------------------------------------------------------


def test_the_steps_of_a_function_say_its_lines_and_its_numbers_are_those_without_them() -> None:
    a, b = named(2.0, "a"), named(-3.0, "b")
    model = MLP(2, [2, 1], activation="tanh", seed=1)

    def loss() -> Value:
        e = a * b
        if e.data < 0.0:  # numbers may be read
            e = e + 1.0
        y: Value = model([a, e])
        return total([y, dot([a], [b])]) ** 2

    w = walkthrough(loss)
    first = loss.__code__.co_firstlineno
    source = {step.op: step.line for step in w if step.phase == "forward"}
    assert source["mul"] == f"line {first + 1}: e = a * b"
    assert source["add"] == f"line {first + 3}: e = e + 1.0"
    assert source["tanh"] == f"line {first + 4}: y: Value = model([a, e])"
    assert source["pow"] == f"line {first + 5}: return total([y, dot([a], [b])]) ** 2"
    assert all(step.line for step in w)
    plain = walkthrough(loss())
    assert [step.text for step in w] == [step.text for step in plain]
    assert {step.line for step in plain} == {""}
    assert w.card(0)[-1] == w.table()[0]["line"] == source["mul"]
    expanded = walkthrough(loss, expand=True)
    assert all(step.line for step in expanded)


def test_values_that_were_made_elsewhere_have_no_line() -> None:
    a = named(2.0, "a")
    before = a * 3.0

    def double() -> Value:
        return before * 2.0

    lines = [step.line for step in walkthrough(double) if step.phase == "forward"]
    assert lines[0] == ""
    assert lines[1].endswith(": return before * 2.0")


def test_what_is_no_value_and_gives_none_is_refused() -> None:
    with pytest.raises(TypeError, match=r"a function without arguments that gives one; this function gave float: 2\.0"):
        walkthrough(lambda: 2.0)  # type: ignore[arg-type, return-value]
    with pytest.raises(TypeError, match="walkthrough takes the Value to walk to, not float"):
        walkthrough(2.0)  # type: ignore[arg-type]
