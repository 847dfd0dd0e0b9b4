"""Pictures over a plane: the class that a model gives at each point, and the contours of a loss."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, overload

from autograd import Value, no_grad
from autograd.html import CATEGORIES, GREY

from ..containers import even
from ..data import classes_of, grid, grid_around, threshold_of
from ..evaluation import predict
from ..modules import Module
from ..samples import check_data
from ..vocabulary import Drawn, Figure
from .curves import figure_of

Points = Sequence[tuple[float, float]]
Region = tuple[tuple[float, float], tuple[float, float]]


@overload
def plot_decision_boundary(
    model: Module, X: Iterable[Any], y: Iterable[Any], threshold: float | None = None, title: str = "", ax: None = None
) -> Figure: ...
@overload
def plot_decision_boundary(
    model: Module, X: Iterable[Any], y: Iterable[Any], threshold: float | None = None, title: str = "", ax: Drawn = ...
) -> Drawn: ...
def plot_decision_boundary(
    model: Module, X: Iterable[Any], y: Iterable[Any], threshold: float | None = None, title: str = "", ax: Any = None
) -> Any:
    """Where a model of two inputs says which class, with the samples X of classes y on top; a matplotlib Figure.

    One output is the positive class above ``threshold``, by default the one by which ``accuracy`` counts these
    samples; of several the largest is the class.  ``title`` stands above.  With ``ax``, axes of one's own, it is drawn
    there, and these are returned.

    >>> from nn import MLP, datasets
    >>> X, y = datasets.moons(40, seed=1)
    >>> figure = plot_decision_boundary(MLP(2, [4, 1], seed=1), X, y, title="Before training")
    >>> figure.axes[0].get_title()  # figure.savefig("boundary.png") writes it
    'Before training'
    """
    rows, targets = check_data(X, y)
    even(rows, "X")
    even(targets, "y")
    steps = 120
    across, up = (grid_around(rows[:, k], steps) for k in (0, 1))
    if threshold is None:
        threshold = threshold_of(predict(model, rows), targets)
    flat = classes_of(predict(model, [[a, b] for b in up for a in across]), threshold)
    regions = [flat[i * steps : (i + 1) * steps] for i in range(steps)]

    figure, (axes,) = figure_of(title, ax=ax)
    from matplotlib.colors import ListedColormap  # now that it is known to be there

    labels = targets.reshape(len(targets), -1)[:, 0]
    classes = sorted({*labels.tolist()})
    colours = ListedColormap(CATEGORIES[: max(len(classes), max(flat) + 1, 2)])
    axes.pcolormesh(across, up, regions, cmap=colours, vmin=0, vmax=colours.N - 1, alpha=0.25, rasterized=True)
    for k, label in enumerate(classes):
        axes.scatter(
            *rows[labels == label].T,
            color=CATEGORIES[k % len(CATEGORIES)],
            marker="os^Dv*XP"[k % 8],
            edgecolor="white",
            linewidth=0.6,
            label=f"class {label:g}",
        )
    axes.legend(frameon=True, framealpha=0.9)
    axes.set(xlabel="x₁", ylabel="x₂")
    axes.set_aspect("equal")
    return figure


@overload
def plot_loss_surface(
    loss: Callable[[], Value | float], a: Value, b: Value, paths: Points | Mapping[str, Points] = (),
    region: Region | None = None, title: str = "", ax: None = None,
) -> Figure: ...  # fmt: skip
@overload
def plot_loss_surface(
    loss: Callable[[], Value | float], a: Value, b: Value, paths: Points | Mapping[str, Points] = (),
    region: Region | None = None, title: str = "", ax: Drawn = ...,
) -> Drawn: ...  # fmt: skip
def plot_loss_surface(
    loss: Callable[[], Value | float], a: Value, b: Value, paths: Points | Mapping[str, Points] = (),
    region: Region | None = None, title: str = "", ax: Any = None,
) -> Any:  # fmt: skip
    """The contours of ``loss()`` over two of the parameters that it is computed from; a matplotlib Figure.

    ``paths`` are the points (a, b) that an optimiser visited, or several such lists by the optimiser's name; each
    is drawn from its start, a circle, to its end, a star.  ``region`` is ((lowest a, highest a), (lowest b,
    highest b)); without it the picture shows all points and some room around them.  ``loss`` is called for each of
    1,681 points, and a and b get their numbers back.  ``title`` stands above.  With ``ax``, axes of one's own, it is
    drawn there, and these are returned.

    >>> from autograd import Value
    >>> a, b = Value(1.0, label="a"), Value(2.0, label="b")
    >>> figure = plot_loss_surface(lambda: a * a + 3 * b * b, a, b, paths=[(1.0, 2.0), (0.8, 0.8)])
    >>> figure.axes[0].get_xlabel(), figure.axes[0].get_ylabel()
    ('a', 'b')
    """
    steps = 41
    named = paths if isinstance(paths, Mapping) else {"": paths}
    if region is None:
        points = [(a.data, b.data), *(point for path in named.values() for point in path)]
        region = _span([x for x, _ in points]), _span([y for _, y in points])
    across, up = (grid(low, high, steps) for low, high in region)
    before = a.data, b.data
    try:
        with no_grad():
            heights = [[_height(loss, a, b, x, y) for x in across] for y in up]
    finally:
        a.data, b.data = before
    levels = _levels(heights)
    figure, (axes,) = figure_of(title, ax=ax)
    _draw_contours(axes, across, up, heights, levels)
    for colour, (name, path) in zip(CATEGORIES * len(named), named.items(), strict=False):
        if path:
            _draw_path(axes, path, colour, name)
    if isinstance(paths, Mapping) and any(named.values()):
        axes.legend(frameon=True, framealpha=0.9)
    axes.set(xlabel=a.label or "a", ylabel=b.label or "b", xlim=region[0], ylim=region[1])
    return figure


def _levels(heights: Sequence[Sequence[float]]) -> list[float]:
    """Where to draw contours: at quantiles of the heights, so that there is as much room between any two of them."""
    known = sorted(z for row in heights for z in row if math.isfinite(z))
    if not known:
        raise ValueError("the loss is nowhere finite in this region: choose another with region=((a, a), (b, b))")
    return sorted({known[i * (len(known) - 1) // 20] for i in range(21)})


def _draw_contours(
    axes: Any, across: Sequence[float], up: Sequence[float], heights: Sequence[Sequence[float]], levels: list[float]
) -> None:
    from matplotlib.colors import BoundaryNorm

    if len(levels) > 1:
        shades = BoundaryNorm(levels, 256)
        axes.contourf(across, up, heights, levels=levels, cmap="Greys", norm=shades, alpha=0.5)
        axes.contour(across, up, heights, levels=levels, colors=GREY.light, linewidths=0.6)


def _draw_path(axes: Any, path: Points, colour: str, name: str) -> None:
    """The points that an optimiser visited, a circle at the first and a star at the last."""
    xs, ys = zip(*path, strict=True)
    axes.plot(xs, ys, color=colour, marker=".", markersize=4, linewidth=1.4, label=name)
    axes.plot(xs[0], ys[0], color=colour, marker="o", markersize=7)
    axes.plot(xs[-1], ys[-1], color=colour, marker="*", markersize=13, markeredgecolor="white")


def _height(loss: Callable[[], Any], a: Value, b: Value, x: float, y: float) -> float:
    a.data, b.data = x, y
    try:
        z = loss()
        return z.data if isinstance(z, Value) else float(z)
    except (ArithmeticError, ValueError):  # outside of what the loss is defined for
        return math.nan


def _span(numbers: Sequence[float]) -> tuple[float, float]:
    low, high = min(numbers), max(numbers)
    room = 0.25 * (high - low) or 1.0
    return low - room, high + room
