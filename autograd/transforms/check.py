"""gradcheck: analytic derivatives against central differences, with a report of every comparison."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

from ..errors import GradcheckError
from ..modes import no_grad
from ..value import Value
from .derivatives import grad, jacobian
from .trees import Tree


class Row(NamedTuple):
    """One derivative, both ways."""

    where: str
    analytic: float
    numeric: float
    left: float  # the slope from x - h to x
    right: float  # the slope from x to x + h
    kink: bool

    @property
    def error(self) -> float:
        return relative_error([self.analytic], [self.numeric])


class Report(NamedTuple):
    """What gradcheck compared; ``print`` it.

    ``rows`` are the derivatives, each ``analytic`` and ``numeric``, ``error`` is the relative one over all of them
    together, and ``ok`` whether it is within the ``tolerance`` and there is no kink.
    """

    name: str
    rows: tuple[Row, ...]
    tolerance: float

    @property
    def error(self) -> float:
        return relative_error([row.analytic for row in self.rows], [row.numeric for row in self.rows])

    @property
    def ok(self) -> bool:
        return self.error <= self.tolerance and not any(row.kink for row in self.rows)

    def __str__(self) -> str:
        head = ("derivative", "analytic", "numeric", "error", "")
        body = [
            (
                row.where,
                f"{row.analytic:.9g}",
                f"{row.numeric:.9g}",
                f"{row.error:.1e}",
                f"kink: slope {row.left:.6g} on the left, {row.right:.6g} on the right" if row.kink else "",
            )
            for row in self.rows
        ]
        widths = [max(len(line[i]) for line in (head, *body)) for i in range(5)]
        lines = [
            "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)) for line in (head, *body)
        ]
        title = f"{self.name}: relative error {self.error:.1e}, tolerance {self.tolerance:.1e}"
        return "\n".join([title, *(line.rstrip() for line in lines)])


def gradcheck(f: Callable[..., Any], *args: Any, order: Literal[1, 2] = 1, tolerance: float = 1e-7) -> Report:
    """Compare the derivatives of f at args with central differences, each argument in turn.

    The report that it gives prints as a table; ``ok`` says whether all is well, ``error`` how far both are apart, and
    ``rows`` has each derivative, ``analytic`` and ``numeric``.

    The error is ‖numeric − analytic‖ / (‖numeric‖ + ‖analytic‖) over all of them, 0 where both norms are 0.
    ``order=2`` compares the second derivatives too, with differences of the first.  Raises GradcheckError,
    with a table of every comparison, where the error is above the tolerance, where a value is not finite
    and where the slopes on the two sides of a point differ (a kink: f has no derivative there).  ValueError for
    another order.

    >>> gradcheck(lambda x, y: x * y.sin(), 2.0, 0.5).ok
    True
    """
    if order not in (1, 2):
        raise ValueError(f"gradcheck: order must be 1 or 2, not {order!r}")
    arguments = Tree(list(args), "argument")
    rows = _compare(f, args, lambda output, argument: f"∂f{output}/∂args{argument}")
    report = Report(getattr(f, "__name__", type(f).__name__), tuple(rows), tolerance)
    if order == 2 and report.ok:

        def first_derivatives(*inner: Any) -> list[Any]:
            return Tree(list(grad(f, tuple(range(len(args))))(*inner)), "gradient").leaves

        names = {f"[{i}]": path for i, path in enumerate(arguments.paths)}
        rows = _compare(first_derivatives, args, lambda output, argument: f"∂²f/∂args{names[output]}∂args{argument}")
        report = Report(report.name, report.rows + tuple(rows), tolerance)
    if not report.ok:
        raise GradcheckError(str(report))
    return report


def relative_error(analytic: list[float], numeric: list[float]) -> float:
    """‖numeric − analytic‖ / (‖numeric‖ + ‖analytic‖); 0 where both are 0, inf where one is not finite."""
    if not all(map(math.isfinite, [*analytic, *numeric])):
        return math.inf
    size = math.hypot(*numeric) + math.hypot(*analytic)
    return math.hypot(*(n - a for n, a in zip(numeric, analytic, strict=True))) / size if size else 0.0


def difference_step(x: float) -> float:
    """How far from x to evaluate for a finite difference: about ∛ε, where truncation and rounding errors balance."""
    return 6e-6 * max(1.0, math.fabs(x))


def is_kink(left: float, right: float, nearer: float) -> bool:
    """Whether the slopes on the two sides differ for good; nearer is their gap with a quarter of the step.

    Curvature makes the gap shrink with the step; at a kink it stays.
    """
    gap = math.fabs(right - left)
    return gap > 1e-3 * (math.fabs(left) + math.fabs(right)) and math.fabs(nearer) > 0.5 * gap


def _compare(f: Callable[..., Any], args: tuple[Any, ...], label: Callable[[str, str], str]) -> list[Row]:
    """Every ∂output/∂argument of f, both ways."""
    arguments = Tree(list(args), "argument")
    point = [x.data if isinstance(x, Value) else x for x in arguments.leaves]

    def outputs(xs: list[float]) -> Tree:
        with no_grad():
            result = Tree(f(*arguments.like([Value(x) for x in xs])), "the result")
        result.leaves = [y.data if isinstance(y, Value) else y for y in result.leaves]
        return result

    def slopes(j: int, h: float) -> tuple[list[float], list[float]]:
        """The one-sided slopes of every output along argument j."""
        below, above = [*point], [*point]
        below[j] -= h
        above[j] += h
        left = [(b - a) / (point[j] - below[j]) for a, b in zip(outputs(below).leaves, here.leaves, strict=True)]
        right = [(b - a) / (above[j] - point[j]) for a, b in zip(here.leaves, outputs(above).leaves, strict=True)]
        return left, right

    here = outputs(point)
    derivatives = Tree(jacobian(f, tuple(range(len(args))))(*arguments.like(point)), "derivative").leaves
    analytic = [x.data if isinstance(x, Value) else x for x in derivatives]
    rows = []
    for j, argument in enumerate(arguments.paths):
        h = difference_step(point[j])
        left, right = slopes(j, h)
        nearer_left, nearer_right = slopes(j, h / 4)
        for i, output in enumerate(here.paths):
            kink = is_kink(left[i], right[i], nearer_right[i] - nearer_left[i])
            where = label(output, argument)
            rows.append(Row(where, analytic[i * len(point) + j], (left[i] + right[i]) / 2, left[i], right[i], kink))
    return rows
