"""Large data: how long ``fit`` takes until its first epoch, and how much memory beside the data; in new processes.

As a program it does one job, named on the command line, and prints what it measured:
python -m tests.benchmarks.large_data epoch 100000 64
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .table import Aim, Row, duration, table

GIGABYTES = float(os.environ.get("STEPGRAD_BENCH_GB", "4"))  # of the memory map
WIDTH = 64

# what, the job and its arguments, the aim in seconds, the aim in memory as a multiple of the data
WORKS: list[tuple[str, tuple[str, ...], float | None, float | None]] = [
    ("100,000 x 64, first epoch, cold", ("epoch", "100000", "64"), None, None),
    ("100,000 x 64, first epoch", ("epoch", "100000", "64"), 0.5, 1.5),
    ("100,000 x 64 in lists, first epoch", ("lists", "100000", "64"), None, None),
    ("1,000,000 x 50, three epochs", ("epochs", "1000000", "50"), 5.0, 1.5),
    ("1,000,000 x 50 float32, three epochs", ("epochs32", "1000000", "50"), None, 1.5),
    ("1,000,000 x 50, standardize", ("standardize", "1000000", "50"), 1.0, None),
    ("1,000,000 x 50, a plain copy, to compare", ("copy", "1000000", "50"), None, None),
    ("1,000,000 x 50, predict", ("predict", "1000000", "50"), None, None),
]


def run() -> list[Row]:
    """Print the table; its rows."""
    rows = []
    with tempfile.TemporaryDirectory() as cache:
        for what, job, seconds, memory in WORKS:
            found = measured(cache, *job)
            aims = [Aim(found["seconds"], seconds, shown=duration)] if seconds else []
            aims += [Aim(found["memory"], memory, "of the data")] if memory else []
            results = duration(found["seconds"]), duration(found["wall"]), f"{found['memory']:.2f}x"
            rows.append(Row(what, results, tuple(aims)))
        print(table(("large data", "processor", "clock", "memory ÷ data"), rows))
        print("\nMemory: the peak of the process, less what it had before it made the data, over the data's.\n")
        mapped = []
        for dtype in ("float64", "float32"):
            for size, name in ((0, "all rows a step"), (4096, "batches of 4,096")):
                found = measured(cache, "map", dtype, str(size), cache)
                results = duration(found["wall"]), f"{found['own'] / 1e6:.0f} MB", f"{found['mapped'] / 1e6:.0f} MB"
                what = f"{found['bytes'] / 1e9:.2g} GB of {dtype}, {name}"
                mapped.append(Row(what, results, (Aim(found["own"] / 1e9, 1.0, "GB of its own"),)))
        print(table(("memory map, one epoch", "clock", "own memory", "pages of the file"), mapped))
        print("\nPages of the file are the system's to keep or to drop: they are no copies.")
    return rows + mapped


def measured(cache: str, *job: str) -> dict[str, float]:
    """What one job measures in a new process."""
    command = [sys.executable, "-m", __name__, *job]
    environment = os.environ | {"STEPGRAD_CACHE": cache}
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(result.stdout)
    return found


@contextmanager
def memory_watched() -> Iterator[dict[str, float]]:
    """The peaks of the memory of this process's own and of the pages of files, looked at every few milliseconds."""
    found = {"own": 0.0, "mapped": 0.0}
    done = threading.Event()

    def look() -> None:
        while not done.wait(0.005):
            lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
            for name, field in (("own", "RssAnon"), ("mapped", "RssFile")):
                found[name] = max(found[name], 1024.0 * int(lines[field].split()[0]))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield found
    finally:
        done.set()
        thread.join()


def peak() -> float:
    import resource

    return 1024.0 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main(job: str, *arguments: str) -> None:
    import numpy as np

    from autograd.compiler import Training  # noqa: F401  # loads llvmlite, which is no part of the data
    from nn import MLP, SGD, fit, predict, standardize

    if job == "map":
        dtype, size, folder = arguments
        print(json.dumps(trained_on_a_map(dtype, int(size), Path(folder))))
        return
    rows, width = map(int, arguments)
    rng = np.random.default_rng(1)
    before = peak()
    X = rng.standard_normal((rows, width), dtype=np.float32 if job == "epochs32" else np.float64)
    y = (X[:, 0] > 0.0).astype(np.float64)
    data: Any = (X.tolist(), y.tolist()) if job == "lists" else (X, y)
    model, clocks = MLP(width, [16, 1], seed=1), [time.process_time(), time.perf_counter()]

    def train(epochs: int) -> Any:
        settings: dict[str, Any] = {"loss": "bce_with_logits", "optimizer": SGD(model.parameters(), lr=0.1)}
        return fit(model, *data, epochs=epochs, progress=False, **settings)

    jobs: dict[str, Callable[[], Any]] = {
        "epoch": lambda: train(1), "lists": lambda: train(1), "epochs": lambda: train(3), "epochs32": lambda: train(3),
        "standardize": lambda: standardize(X), "copy": X.copy, "predict": lambda: predict(model, X),
    }  # fmt: skip
    result = jobs[job]()
    processor, wall = time.process_time() - clocks[0], time.perf_counter() - clocks[1]
    del result
    print(json.dumps({"seconds": processor, "wall": wall, "memory": (peak() - before) / (X.nbytes + y.nbytes)}))


def trained_on_a_map(dtype: str, size: int, folder: Path) -> dict[str, float]:
    """One epoch over a table on the disk, which another training may have left there."""
    import numpy as np

    from nn import MLP, SGD, fit

    rows = int(GIGABYTES * 1e9) // (WIDTH * np.dtype(dtype).itemsize)
    path, rng = folder / f"table.{dtype}", np.random.default_rng(1)
    if not path.exists():
        piece = rng.standard_normal((10_000, WIDTH)).astype(dtype)
        with path.open("wb") as file:
            for start in range(0, rows, len(piece)):
                piece[: rows - start].tofile(file)
    X = np.memmap(path, dtype=dtype, mode="r", shape=(rows, WIDTH))
    y = (np.arange(rows) % 2).astype(np.float64)
    model, started = MLP(WIDTH, [16, 1], seed=1), time.perf_counter()
    with memory_watched() as found:
        fit(
            model, X, y, loss="bce_with_logits", optimizer=SGD(model.parameters(), lr=0.1), epochs=1,
            batch_size=size or None, progress=False,
        )  # fmt: skip
    return {"wall": time.perf_counter() - started, "bytes": float(X.nbytes), **found}


if __name__ == "__main__":
    main(*sys.argv[1:])
