"""The moons step as the batch, the width and the depth grow: ``fit`` against NumPy; a table and a picture."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from . import works
from .compiled import check_agreement
from .contenders import OURS, REFERENCE, with_numpy, with_stepgrad
from .table import Aim, Row, duration, table
from .timing import per_epoch
from .works import Work

BATCHES = (10, 100, 1000, 10_000, 100_000)
WIDTHS = {4: 1.0, 8: 1.0, 16: 1.0, 32: 1.0, 64: 1.0, 128: 1.0, 256: 0.95}  # and the part of NumPy's time aimed at
DEPTHS = {1: 1.0, 2: 1.0, 4: 1.0, 8: 0.6}
DEEP = 64  # the width of the deep networks
LONG = 1.0  # seconds of training, beside which it counts little that preparing a large network varies by 0.2 s
LARGE = 10_000  # points; beyond, checking the data takes far longer than training
COLOURS = {"NumPy": "#E69F00", "stepgrad": "#0072B2"}  # Okabe and Ito's: distinguishable with any colour vision
HEAD = ("moons", "stepgrad", "NumPy", "÷ NumPy's")


class Point(NamedTuple):
    """Seconds of a step at one size."""

    size: int
    stepgrad: float
    numpy: float


def run(folder: Path | None) -> list[Row]:
    """Print the table and leave the picture in the folder; the rows."""
    by_batch = [measured(n, works.moons(points=n)) for n in BATCHES]
    by_width = [measured(w, works.moons(width=w)) for w in WIDTHS]
    by_depth = [measured(d, works.moons(width=DEEP, depth=d)) for d in DEPTHS]
    rows = [row(f"{point.size:,} points, width 16", point) for point in by_batch]
    rows += [row(f"100 points, width {point.size}", point, WIDTHS[point.size]) for point in by_width]
    rows.append(row("1,000 points, width 256", measured(256, works.moons(points=1000, width=256)), WIDTHS[256]))
    rows += [row(f"100 points, {point.size} x {DEEP}", point, DEPTHS[point.size]) for point in by_depth]
    rows.append(row(f"1,000 points, 8 x {DEEP}", measured(8, works.moons(1000, DEEP, depth=8)), DEPTHS[8]))
    print(table(HEAD, rows))
    print("\nA step is that of the moons training above, with more points, or wider or more hidden layers (two, if no")
    print(f"number of them is given; 8 x {DEEP} are eight).")
    if folder:
        panels = {
            "points in the batch (2 x 16)": by_batch,
            "width of both hidden layers (100 points)": by_width,
            f"hidden layers (width {DEEP}, 100 points)": by_depth,
        }
        for path in picture(panels, folder):
            print(f"Drawn: {path}")
    return rows


def measured(size: int, work: Work) -> Point:
    check_agreement(f"growth at {size}", {REFERENCE: with_numpy.train, OURS: with_stepgrad.train}, work, epochs=3)
    trains = {"ours": partial(with_stepgrad.train, work), "theirs": partial(with_numpy.train, work)}
    if len(work.rows) > LARGE:
        shortest = shortest_epoch(trains.pop("ours"))
        return Point(size, shortest, per_epoch(trains, turns=3, seconds=LONG)["theirs"])
    times = per_epoch(trains, turns=3, seconds=LONG)
    return Point(size, times["ours"], times["theirs"])


def shortest_epoch(train: Any) -> float:
    """By a callback after each epoch, which costs nothing beside so long a one; checking the rows costs more."""
    clock: list[float] = []
    train(40, callbacks=[lambda *_: clock.append(time.process_time())])
    return min(end - start for start, end in pairwise(clock))


def row(what: str, point: Point, most: float = 1.0) -> Row:
    ratio = point.stepgrad / point.numpy
    return Row(
        what, (duration(point.stepgrad), duration(point.numpy), f"{ratio:.2f}"), (Aim(ratio, most, "of NumPy's"),)
    )


def picture(panels: Mapping[str, list[Point]], folder: Path) -> list[Path]:
    """Each series of times by its title, and how many times faster, as SVG and PNG."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import NullFormatter

    figure = Figure(figsize=(13, 4.4), layout="constrained")
    all_axes = figure.subplots(1, len(panels), sharey=True)
    for axes, (title, points) in zip(all_axes, panels.items(), strict=True):
        _panel(axes, points, title)
    for axes, sizes in zip(all_axes[1:], (WIDTHS, DEPTHS), strict=True):
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.set_xticks([*sizes], map(str, sizes))
    all_axes[0].set_ylabel("a step, forward, backward and update (µs)")
    all_axes[0].legend(frameon=False, loc="upper left")
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
