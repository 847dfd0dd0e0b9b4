"""explain: one derivative as the sum over all paths, beside what the other ways of computing it give.

∂root/∂x is the sum, over every path from root down to x, of the product of the partials along it.  A graph
may have more paths than anyone can list; then they are counted, and those with the largest products shown.
"""

from __future__ import annotations

import math
import sys
from heapq import nlargest
from itertools import pairwise
from typing import NamedTuple

from ..drawing import format_number, names_of
from ..errors import describe
from ..graph import dependents, topological_order
from ..primitives import chain
from ..program import Program
from ..transforms import check_fresh, difference_step, is_kink, pushforward
from ..value import Value, as_value
from .wording import count, encodable, isolate, place_of

MOST_LISTED = 10  # paths
MOST_FACTORS = 8  # of a path that are written out

product = chain.forward


class Path(NamedTuple):
    """One way from the root down to x: its nodes, both ends included, and the partials between them.

    ``operands`` are the numbers of the operands along the way: x * x has two ways to x.
    """

    nodes: tuple[Value, ...]
    partials: tuple[float, ...]
    product: float
    operands: tuple[int, ...] = ()


class Explanation(NamedTuple):
    """∂root/∂x taken apart; ``print`` it.

    ``paths`` are the ``paths_in_all`` paths, or those of them with the largest products, largest first.
    ``total`` is the sum over all of them, ``grad`` what ``x.grad`` holds, ``forward`` what forward mode gives
    and ``numeric`` the finite difference: nan where root cannot be computed on both sides of x.  At a
    ``kink`` the slopes on the two sides differ, ``left`` and ``right``.
    """

    x: Value
    root: Value
    names: dict[Value, str]
    paths: tuple[Path, ...]
    paths_in_all: int
    total: float
    grad: float
    forward: float
    numeric: float
    left: float
    right: float
    kink: bool
    has_run: bool = True  # root.backward(), as far as the gradients tell

    def __str__(self) -> str:
        x, root = self.names[self.x], self.names[self.root]
        more = "" if len(self.paths) == self.paths_in_all else f", the {len(self.paths)} largest of them"
        ways = "1 path" if self.paths_in_all == 1 else f"{count(self.paths_in_all)} paths"
        lines = [f"∂{root}/∂{x} = {format_number(self.total)}: {ways} from {root} down to {x}{more}"]
        lines += [f"  {self._along(path)}" for path in self.paths]
        kink = f"   a kink: {estimate(self.left)} on the left, {estimate(self.right)} on the right" if self.kink else ""
        held = format_number(self.grad) if self.has_run or self.grad else "not known yet"
        grad = f"{x}.grad", held + ("" if self.has_run else f": {root}.backward() has not run")
        rows = (
            ("sum over the paths", format_number(self.total)),
            grad,
            ("forward mode", format_number(self.forward)),
            ("finite difference", estimate(self.numeric) + kink),
        )
        width = max(len(name) for name, _ in rows)
        lines += [f"{name.ljust(width)}  {value}" for name, value in rows]
        return encodable("\n".join(lines), sys.stdout.encoding if sys.stdout else None)

    def __repr__(self) -> str:
        return str(self)

    def _along(self, path: Path) -> str:
        """L → d → e: the slopes along these arrows, -2 × 1 = -2."""
        names = [self.names[node] for node in path.nodes]
        for k, (node, parent) in enumerate(pairwise(path.nodes)):
            if node.parents.count(parent) > 1 and path.operands:
                names[k + 1] += f" ({place_of(node, path.operands[k])})"
        factors = [format_number(partial) for partial in path.partials]
        for parts, end in ((names, 3), (factors, 2)):
            if len(parts) > MOST_FACTORS:
                parts[MOST_FACTORS - end : -end] = ["..."]
        if not factors:
            return f"{names[0]} itself: 1"
        product = f" = {format_number(path.product)}" if len(factors) > 1 else ""
        return f"{' → '.join(names)}:  slope{'s' * (len(factors) > 1)} {' × '.join(factors)}{product}"


def explain(x: Value, root: Value) -> Explanation:
    """∂root/∂x as the sum over the paths from root to x, beside x.grad, forward mode and a finite difference.

    x may be a leaf or a value in between.  All paths are counted exactly; at most ten are listed, those whose product
    is largest in size: ``paths``; ``total``, ``grad``, ``forward`` and ``numeric`` are the four numbers at the end.
    Nothing in the graph changes.  ValueError where x is frozen or was computed from root, TypeError for what is no
    Value, StaleGraphError where a leaf has changed since root was computed.

    >>> a = Value(3.0, label="a")
    >>> y = a * a + 2 * a
    >>> y.label = "y"
    >>> y.backward()
    >>> print(explain(a, y))
    ∂y/∂a = 8: 3 paths from y down to a
      y → n1 → a (left):  slopes 1 × 3 = 3
      y → n1 → a (right):  slopes 1 × 3 = 3
      y → n3 → a:  slopes 1 × 2 = 2
    sum over the paths  8
    a.grad              8
    forward mode        8
    finite difference   8
    """
    for node in (x, root):
        if not isinstance(node, Value):
            raise TypeError(f"explain takes two Values, explain(x, root), not {type(node).__name__}: {node!r:.60}")
    if not x.requires_grad:
        raise ValueError(f"explain: {describe(x)} is frozen or constant, so no gradient flows to it")
    order = topological_order(root)
    check_fresh(order)
    if root is not x and root in {*topological_order(x)}:
        raise ValueError(
            f"explain: {describe(x)} was computed from {describe(root)}, and not the other way round: explain(x, root) "
            f"takes first what the other depends on"
        )
    names = {node: isolate(name) for node, name in names_of(topological_order(root, x)).items()}
    found, in_all, total = _paths(x, order)
    (tangent,) = pushforward([root], {x: 1.0})
    return Explanation(
        x, root, names, found, in_all, total, x.grad or 0.0, as_value(tangent).data, *_numeric(x, root), bool(root.grad)
    )


def estimate(x: float) -> str:
    """A number that a finite difference gave: after six digits comes rounding."""
    return format_number(float(f"{x:.6g}"))


class _Way(NamedTuple):
    """A path from x up to a node, as a chain of links: the last partial and the way before it."""

    product: float
    partial: float
    operand: int
    node: Value
    before: _Way | None


def _paths(x: Value, order: list[Value]) -> tuple[tuple[Path, ...], int, float]:
    """The largest paths from the last node of the order to x, the number of all, and the sum over all."""
    fed = dependents(order, [x])
    counts, sums, best = {x: 1}, {x: 1.0}, {x: [_Way(1.0, 1.0, 0, x, None)]}
    for node in order:
        if node not in fed or node is x:
            continue
        counts[node], sums[node] = 0, 0.0
        ways: list[_Way] = []
        for operand, (parent, partial) in enumerate(zip(node.parents, node.partials, strict=True)):
            if parent in counts:
                counts[node] += counts[parent]
                sums[node] += product(sums[parent], partial)
                ways += [_Way(product(way.product, partial), partial, operand, node, way) for way in best[parent]]
        best[node] = nlargest(MOST_LISTED, ways, key=_size)
    root = order[-1]
    return tuple(_path(way) for way in best.get(root, ())), counts.get(root, 0), sums.get(root, 0.0)


def _size(way: _Way) -> float:
    return math.inf if math.isnan(way.product) else math.fabs(way.product)


def _path(way: _Way) -> Path:
    size, nodes, partials, operands = way.product, [way.node], [], []
    while way.before is not None:
        partials.append(way.partial)
        operands.append(way.operand)
        way = way.before
        nodes.append(way.node)
    return Path(tuple(nodes), tuple(partials), size, tuple(operands))


def _numeric(x: Value, root: Value) -> tuple[float, float, float, bool]:
    """The finite difference, the slopes on the left and on the right of x, and whether they stay apart."""
    program = Program([x], [root])

    def slopes(h: float) -> tuple[float, float]:
        points = x.data - h, x.data, x.data + h
        below, here, above = (program.evaluate([point])[0] for point in points)
        return (here - below) / (points[1] - points[0]), (above - here) / (points[2] - points[1])

    h = difference_step(x.data)
    try:
        left, right = slopes(h)
        nearer_left, nearer_right = slopes(h / 4)
    except (ArithmeticError, ValueError):
        return math.nan, math.nan, math.nan, False
    return (left + right) / 2, left, right, is_kink(left, right, nearer_right - nearer_left)
