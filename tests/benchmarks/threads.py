"""Steps of ``fit`` in one thread and in one for each core: a table and a picture.

The clock is the one on the wall, as threads use the processor at once: run it on a machine that does nothing else.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import NamedTuple

from . import works
from .contenders import with_stepgrad
from .machine import ALL_CORES, all_cores
from .table import Aim, Row, duration, table
from .works import Work

POINTS = (100, 1000, 10_000, 100_000)
WIDTHS = {16: "#0072B2", 64: "#E69F00", 256: "#009E73"}  # Okabe and Ito's colours
MOST = 10**9  # points times parameters, beyond which a step takes too long to measure many
TURNS, SECONDS = 6, 0.3  # of each number of threads, for each size
NO_SLOWER = 1.05  # times as long, as wall times vary


class Point(NamedTuple):
    """Seconds of a step in one thread, and in several."""

    points: int
    one: float
    several: float


def run(folder: Path | None) -> list[Row]:
    """Print the table and leave the picture in the folder; the rows."""
    cores = len(ALL_CORES)
    if cores < 2:
        print("There is only one core.")
        return []
    rows, by_width = [], {}
    with all_cores():
        for width in WIDTHS:
            by_width[width] = [
                measured(n, work, cores)
                for n, work in ((n, works.moons(points=n, width=width)) for n in POINTS)
                if n * len(work.parameters) < MOST
            ]
            rows += [row(f"{point.points:,} points, 2 x {width}", point, cores) for point in by_width[width]]
        for points in (100, 1000):
            deep = measured(points, works.moons(points=points, width=64, depth=8), cores)
            rows.append(row(f"{points:,} points, 8 x 64", deep, cores))
    print(table(("moons", "1 thread", f"{cores} threads", "÷ 1 thread's"), rows))
    print("\nWall times of a step; short ones stay with one thread. The losses are the same to the last bit.")
    if folder:
        for path in picture(by_width, cores, folder):
            print(f"Drawn: {path}")
    return rows


def measured(points: int, work: Work, cores: int) -> Point:
    """The shortest step of all turns, in which one thread and several alternate."""
    losses = [with_stepgrad.train(work, 3, threads=threads) for threads in (1, cores)]
    if losses[0] != losses[1]:
        raise AssertionError(f"threads: with {points:,} points the losses depend on the number of threads")
    step = min(with_stepgrad.history(work, 3, threads=1).seconds)
    epochs = max(math.ceil(SECONDS / step), 5)
    turns = [
        [min(with_stepgrad.history(work, epochs, threads=threads).seconds) for threads in (1, cores)]
        for _ in range(TURNS)
    ]
    one, several = map(min, zip(*turns, strict=True))
    return Point(points, one, several)


def row(what: str, point: Point, cores: int) -> Row:
    ratio = point.several / point.one
    most = 0.6 if what == "10,000 points, 2 x 64" else NO_SLOWER
    results = duration(point.one), duration(point.several), f"{ratio:.2f}"
    return Row(what, results, (Aim(ratio, most, "of one thread's"),))


def picture(by_width: dict[int, list[Point]], cores: int, folder: Path) -> list[Path]:
    """How much of one thread's time several take, as SVG and PNG."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 4.4), layout="constrained")
    axes = figure.subplots()
    for width, points in by_width.items():
        ratios = [point.several / point.one for point in points]
        axes.plot([point.points for point in points], ratios, marker="o", color=WIDTHS[width], label=f"2 x {width}")
    for ratio, name in ((1.0, "one thread"), (1.0 / cores, f"1/{cores}: nothing lost")):
        axes.axhline(ratio, color="grey", linewidth=0.8, linestyle=":")
        axes.annotate(name, (POINTS[0], ratio), (0, 3), textcoords="offset points", fontsize=8, color="grey")
    axes.set(xscale="log", xlabel="points in the batch", ylabel="time of a step ÷ one thread's", ylim=(0.0, 1.2))
    axes.set_title(f"The moons step in {cores} threads, by width")
    axes.legend(frameon=False, loc="lower left", title="hidden layers")
    axes.spines[["top", "right"]].set_visible(False)
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"threads.{kind}" for kind in ("svg", "png")]
    for path in paths:
        figure.savefig(path, dpi=150)
    return paths
