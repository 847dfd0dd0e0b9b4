"""Training over a cluster of worker processes on this machine: python -m tests.benchmarks.cluster [small]

    python -m pip install ".[dask]"

What a step costs beside its sums, how two workers compare with one, what a lost worker costs, and how many
synchronisations models need that train apart.  On a busy machine the times on the clock say little: beside them stands
the time on the processors, of the client and of the busiest worker.
"""

from __future__ import annotations

import logging
import os
import signal
import statistics
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from nn import MLP, Adam, datasets, evaluate, fit


class Cost(NamedTuple):
    """Of a step, in milliseconds: on the clock, and on the processors of the client and of the busiest worker."""

    clock: float
    client: float
    worker: float

    def __str__(self) -> str:
        return f"{self.clock:8.2f} ms on the clock, {self.client:6.2f} client, {self.worker:8.2f} busiest worker"


@contextmanager
def cluster_of(workers: int) -> Iterator[Any]:
    from dask.distributed import Client, LocalCluster

    quiet = {"dashboard_address": None, "silence_logs": logging.CRITICAL}
    with LocalCluster(n_workers=workers, threads_per_worker=1, **quiet) as cluster, Client(cluster) as client:
        client.wait_for_workers(workers)
        yield client


def table(rows: int, parts: int) -> tuple[Any, Any]:
    """A lazy table of 64 columns, and targets."""
    import dask.array as da

    X = da.random.default_rng(1).normal(size=(rows, 64), chunks=(rows // parts, 64))
    return X, (X[:, 0] * X[:, 1] > 0) * 1.0


def cost(client: Any, data: tuple[Any, Any], steps: int) -> Cost:
    """The cost of a step of a network of 1,057 parameters: the difference of a long training and a short one."""

    def train(epochs: int) -> tuple[float, dict[str, float], float]:
        model = MLP(64, [16, 1], activation="tanh", seed=1)
        client.run(time.process_time)
        marks: list[Any] = []

        def mark(history: Any, model: Any) -> None:
            if len(history.loss) in (1, epochs):
                marks.append((time.process_time(), client.run(time.process_time)))

        optimizer = Adam(model.parameters(), lr=0.01)
        history = fit(model, *data, loss="bce_with_logits", optimizer=optimizer, epochs=epochs, callbacks=[mark])
        (begun, workers), (ended, workers_then) = marks
        spent = {worker: workers_then[worker] - workers[worker] for worker in workers}
        return ended - begun, spent, statistics.median(history.seconds[1:])

    client_time, spent, clock = train(steps + 1)
    return Cost(clock * 1e3, client_time / steps * 1e3, max(spent.values()) / steps * 1e3)


def overhead() -> None:
    print("A step over 400 rows in 20 parts, so that nearly all of it is the way there and back:")
    for workers in (1, 2):
        with cluster_of(workers) as client:
            print(f"  {workers} worker(s): {cost(client, table(400, 20), 200)}")


def speed(rows: int) -> None:
    print(f"A step over {rows:,} x 64 in 20 parts:")
    costs = []
    with cluster_of(2) as two, cluster_of(1) as one:
        for _ in range(2):  # turn about, as other work comes and goes
            for workers, client in ((1, one), (2, two)):
                with client.as_current():
                    costs.append((workers, cost(client, table(rows, 20), 10)))
                    print(f"  {workers} worker(s): {costs[-1][1]}")
    best = {n: Cost(*map(min, zip(*(c for workers, c in costs if workers == n), strict=True))) for n in (1, 2)}
    clock, processor = best[1].clock / best[2].clock, best[1].worker / best[2].worker
    print(f"  two workers against one: {clock:.2f}x on the clock, {processor:.2f}x by the busiest processor")


def loss_of_a_worker(rows: int) -> None:
    print(f"A worker of two is killed in the middle of a step over {rows:,} x 64:")
    with cluster_of(2) as client:

        def train(*victims: int) -> Any:
            model = MLP(64, [16, 1], activation="tanh", seed=1)

            def kill(history: Any, model: Any) -> None:
                if len(history.loss) in victims:
                    pid = sorted(client.run(os.getpid).values())[0]
                    threading.Timer(0.005, os.kill, (pid, signal.SIGKILL)).start()

            optimizer = Adam(model.parameters(), lr=0.01)
            return fit(
                model, *table(rows, 20), loss="bce_with_logits", optimizer=optimizer, epochs=12, callbacks=[kill]
            )

        undisturbed, disturbed = train(), train(6)
        usual = statistics.median(undisturbed.seconds)
        print(f"  that step took {max(disturbed.seconds[1:]):.2f} s, the others {usual:.3f} s")
        print(f"  the losses are {'the same bits' if disturbed.loss == undisturbed.loss else 'NOT THE SAME'}")


def apart(rows: int) -> None:
    images, digits = (np.asarray(data, dtype=float) for data in datasets.digits())
    parts = 8
    times = -(-rows // (parts * len(images)))
    print(f"Digits repeated to {parts * times * len(images):,} rows in {parts} parts, 64-16-10:")
    with cluster_of(2):
        from dask import delayed

        X = [delayed(np.tile)(images, (times, 1)) for _ in range(parts)]
        y = [delayed(np.tile)(digits, times) for _ in range(parts)]
        for name, epochs, settings in (
            ("all rows in every step", 50, {}),
            ("apart, in batches of 64", 10, {"batch_size": 64, "average_every": 1, "seed": 1}),
        ):
            model = MLP(64, [16, 10], activation="relu", seed=1)
            started = time.perf_counter()
            fit(
                model,
                X,
                y,
                loss="cross_entropy",
                optimizer=Adam(model.parameters(), lr=0.01),
                epochs=epochs,
                **settings,
            )
            took, loss = time.perf_counter() - started, evaluate(model, X, y, loss="cross_entropy")
            print(f"  {name}: {epochs} synchronisations, loss {loss:.6f}, {took:.0f} s")


def main() -> None:
    rows = 100_000 if "small" in sys.argv[1:] else 1_000_000
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} before this began")
    overhead()
    speed(rows)
    loss_of_a_worker(rows)
    apart(rows)
    print(f"load {os.getloadavg()[0]:.1f} at the end")


if __name__ == "__main__":
    main()
