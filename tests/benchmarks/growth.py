"""The moons step as the batch and the network grow: ``fit`` against NumPy; a table and a picture."""

from __future__ import annotations

import time
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from . import works
from .compiled import check_agreement
from .contenders import OURS, REFERENCE, with_numpy, with_stepgrad
from .table import Row, duration, table
from .timing import per_epoch
from .works import Work

BATCHES = (10, 100, 1000, 10_000, 100_000)
WIDTHS = (4, 8, 16, 32, 64, 128)
LARGE = 10_000  # points; beyond, checking the data takes far longer than training
COLOURS = {"NumPy": "#E69F00", "stepgrad": "#0072B2"}  # Okabe and Ito's: distinguishable with any colour vision
HEAD = ("moons", "stepgrad", "NumPy", "÷ NumPy's", "aim")


class Point(NamedTuple):
    """Seconds of a step at one size."""

    size: int
    stepgrad: float
    numpy: float


def run(folder: Path | None) -> list[Row]:
    """Print the table and leave the picture in the folder; the rows."""
    by_batch = [measured(n, works.moons(points=n)) for n in BATCHES]
    by_width = [measured(w, works.moons(width=w)) for w in WIDTHS]
    rows = [row(f"{point.size:,} points, width 16", point) for point in by_batch]
    rows += [row(f"100 points, width {point.size}", point) for point in by_width]
    print(table(HEAD, rows))
    print("\nA step is that of the moons training above, with more points or wider hidden layers.")
    if folder:
        for path in picture(by_batch, by_width, folder):
            print(f"Drawn: {path}")
    return rows


def measured(size: int, work: Work) -> Point:
    check_agreement(f"growth at {size}", {REFERENCE: with_numpy.train, OURS: with_stepgrad.train}, work, epochs=3)
    trains = {"ours": partial(with_stepgrad.train, work), "theirs": partial(with_numpy.train, work)}
    if len(work.rows) > LARGE:
        shortest = shortest_epoch(trains.pop("ours"))
        return Point(size, shortest, per_epoch(trains, turns=3, seconds=0.05)["theirs"])
    times = per_epoch(trains, turns=3, seconds=0.05)
    return Point(size, times["ours"], times["theirs"])


def shortest_epoch(train: Any) -> float:
    """By a callback after each epoch, which costs nothing beside so long a one; checking the rows costs more."""
    clock: list[float] = []
    train(40, callbacks=[lambda *_: clock.append(time.process_time())])
    return min(end - start for start, end in pairwise(clock))


def row(what: str, point: Point) -> Row:
    ratio = point.stepgrad / point.numpy
    return Row(what, (duration(point.stepgrad), duration(point.numpy), f"{ratio:.2f}"), "< NumPy's", ratio < 1)


def picture(by_batch: list[Point], by_width: list[Point], folder: Path) -> list[Path]:
    """Both series of times, and how many times faster, as SVG and PNG."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import NullFormatter

    figure = Figure(figsize=(9.6, 4.4), layout="constrained")
    panels = figure.subplots(1, 2, sharey=True)
    for axes, points, title in (
        (panels[0], by_batch, "points in the batch (width 16)"),
        (panels[1], by_width, "width of both hidden layers (100 points)"),
    ):
        _panel(axes, points, title)
    panels[1].xaxis.set_minor_formatter(NullFormatter())
    panels[1].set_xticks(WIDTHS, map(str, WIDTHS))
    panels[0].set_ylabel("a step, forward, backward and update (µs)")
    panels[0].legend(frameon=False, loc="upper left")
    figure.suptitle("The moons step as it grows; small numbers: how many times faster than NumPy by hand")
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"growth.{kind}" for kind in ("svg", "png")]
    for path in paths:
        figure.savefig(path, dpi=150)
    return paths


def _panel(axes: Any, points: list[Point], title: str) -> None:
    sizes = [point.size for point in points]
    for name, marker, times in (
        ("NumPy", "s", [point.numpy for point in points]),
        ("stepgrad", "o", [point.stepgrad for point in points]),
    ):
        axes.plot(sizes, [1e6 * t for t in times], marker=marker, color=COLOURS[name], label=name)
    for point in points:
        faster = point.numpy / point.stepgrad
        place, away = (point.size, 1e6 * point.stepgrad), -14 if faster > 1 else 8  # from the other line
        axes.annotate(f"{faster:.1f}x", place, (0, away), textcoords="offset points", ha="center", fontsize=8)
    axes.set(xscale="log", yscale="log", xlabel=title)
    axes.spines[["top", "right"]].set_visible(False)
    axes.margins(x=0.06, y=0.12)
