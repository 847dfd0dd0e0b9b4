"""explain: the paths of a derivative against an enumeration that knows no dynamic programming."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from test_graphs import QUICK, Program, paths, programs, root_of

from autograd import StaleGraphError, Value, dot, explain, topological_order


def named(data: float, label: str, **more: bool) -> Value:
    return Value(data, label=label, **more)


def routes(node: Value, x: Value) -> Iterator[tuple[Value, ...]]:
    """The nodes of every path from node down to x; parallel edges are paths of their own."""
    if node is x:
        yield (x,)
    for parent in node.parents:
        for rest in routes(parent, x):
            yield (node, *rest)


@settings(QUICK, max_examples=100)
@given(programs(length=6))
def test_the_paths_are_all_there_is_and_add_up(program: Program) -> None:
    root, leaves = root_of(program)
    root.backward()
    for x in leaves:
        found = explain(x, root)
        every = list(paths(root, x))
        assert found.paths_in_all == len(every)
        assert found.grad == x.grad
        scale = math.fsum(map(abs, every))
        assert found.total == pytest.approx(math.fsum(every), rel=1e-13, abs=1e-13 * scale)
        assert found.forward == pytest.approx(x.grad, rel=1e-12, abs=1e-12 * max(scale, 1.0))
        assert found.numeric == pytest.approx(x.grad, rel=1e-5, abs=1e-5 * max(scale, 1.0)) or found.kink
        sizes = sorted(map(abs, every), reverse=True)[: len(found.paths)]
        assert [abs(path.product) for path in found.paths] == pytest.approx(sizes, rel=1e-13, abs=1e-300)
        assert len(found.paths) == min(len(every), 10)
        for path in found.paths:
            assert path.product == pytest.approx(math.prod(path.partials), rel=1e-13, abs=1e-300)
            assert len(path.nodes) == len(path.partials) + 1
            assert path.nodes in set(routes(root, x))


def test_the_paths_are_said_in_words() -> None:
    a, b = named(2.0, "a"), named(3.0, "b")
    e = a * b
    e.label = "e"
    root = e + a
    root.label = "L"
    root.backward()
    assert str(explain(a, root)).splitlines() == [
        "∂L/∂a = 4: 2 paths from L down to a",
        "  L → e → a:  slopes 1 × 3 = 3",
        "  L → a:  slope 1",
        "sum over the paths  4",
        "a.grad              4",
        "forward mode        4",
        "finite difference   4",
    ]


def test_more_paths_than_can_be_listed_are_counted_exactly_and_the_largest_shown() -> None:
    x = named(1.0, "x")
    y = x
    for _ in range(200):
        y = y * 0.25 + y * 0.75
    y.label = "y"
    y.backward()
    found = explain(x, y)
    assert found.paths_in_all == 2**200
    assert len(found.paths) == 10
    assert found.paths[0].product == pytest.approx(0.75**200)  # along the heavier edge throughout
    assert {round(math.log(path.product / 0.75**200, 3)) for path in found.paths[1:]} == {-1}
    assert found.total == x.grad == pytest.approx(1.0)
    first, path, *_ = str(found).splitlines()
    assert first == "∂y/∂x = 1: about 10^60 paths from y down to x, the 10 largest of them"
    assert path.startswith("  y → n")
    assert len(path) < 300


def test_the_gradient_that_x_holds_is_shown_as_it_is() -> None:
    x = named(3.0, "x")
    y = x * x
    assert "x.grad              not known yet: n1.backward() has not run\n" in str(explain(x, y))
    y.backward()
    assert "x.grad              6\n" in str(explain(x, y))
    x.grad = 100.0
    before = [(node.data, node.grad) for node in topological_order(y)]
    assert explain(x, y).grad == 100.0
    assert [(node.data, node.grad) for node in topological_order(y)] == before


def test_a_value_in_between_a_root_itself_and_a_value_without_any_path() -> None:
    x, other = named(3.0, "x"), named(1.0, "z")
    h = x * x
    h.label = "h"
    y = h.sin() * h
    y.label = "y"
    y.backward()
    assert explain(h, y).paths_in_all == 2
    assert explain(h, y).total == pytest.approx(h.grad)
    assert explain(h, y).numeric == pytest.approx(h.grad, rel=1e-6)
    assert str(explain(y, y)).splitlines()[:2] == ["∂y/∂y = 1: 1 path from y down to y", "  y itself: 1"]
    nothing = explain(other, y)
    assert (nothing.paths, nothing.paths_in_all, nothing.total, nothing.forward, nothing.numeric) == ((), 0, 0, 0, 0)
    assert str(nothing).startswith("∂y/∂z = 0: 0 paths from y down to z\n")


def test_a_kink_is_told_from_a_wrong_derivative() -> None:
    x = named(0.0, "x")
    found = explain(x, x.relu())
    assert found.kink
    assert str(found).splitlines()[-1] == "finite difference   0.5   a kink: 0 on the left, 1 on the right"


def test_a_kink_is_one_at_any_scale_and_a_curve_is_none() -> None:
    x = named(0.0, "x")
    assert explain(x, abs(x)).kink
    assert explain(x, 1e-5 * x.relu()).kink
    assert not explain(x, x * x).kink  # nothing but curvature: both slopes shrink with the step


@pytest.mark.parametrize("slope", [1.0, -1.0])
def test_the_rounding_of_a_large_value_is_no_kink(slope: float) -> None:
    x = named(0.7, "x")
    found = explain(x, slope * x + 1e6)  # each slope is off by 1e-5 or so, of which a smaller step makes more
    assert found.numeric != slope
    assert found.numeric == pytest.approx(slope, rel=1e-4)
    assert not found.kink


def test_where_no_difference_can_be_taken_there_is_none() -> None:
    x = named(0.0, "x")
    found = explain(x, x.sqrt())
    assert math.isnan(found.numeric)
    assert found.total == found.forward == math.inf


def test_a_fused_node_is_one_link_of_a_path() -> None:
    w, x = named(2.0, "w"), named(5.0, "x")
    assert [path.partials for path in explain(w, dot([w, w], [x, 1.0], 0.5)).paths] == [(5.0,), (1.0,)]


def test_what_cannot_be_explained_is_refused_with_advice() -> None:
    x, k = named(2.0, "x"), named(3.0, "k", requires_grad=False)
    y = x * k
    with pytest.raises(ValueError, match=r"'k' = 3\.0 is frozen"):
        explain(k, y)
    with pytest.raises(TypeError, match=r"explain takes two Values, explain\(x, root\), not float"):
        explain(x, 2.0)  # type: ignore[arg-type]
    x.data = 5.0
    with pytest.raises(StaleGraphError):
        explain(x, y)


def test_explain_prints_ascii_where_the_output_has_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    x = named(2.0, "x")
    text = explain(x, x * x)
    monkeypatch.setattr(sys, "stdout", type("Ascii", (), {"encoding": "ascii"})())
    lines = str(text).splitlines()
    assert lines[:2] == ["dn1/dx = 4: 2 paths from n1 down to x", "  n1 -> x (left):  slope 2"]
