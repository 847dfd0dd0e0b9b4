"""How long ``fit`` takes to get going: tracing and compiling, each in a process of its own.

As a program it measures one network, named on the command line, and prints its seconds:
python -m tests.benchmarks.compile_times moons
"""

from __future__ import annotations

import json
import math
import os
import pkgutil
import subprocess
import sys
import tempfile
import time
from importlib import import_module
from typing import Any

from .table import Aim, Row, duration, table

MLPS = {
    "moons": (2, 16, 16, 1),
    "digits": (64, 16, 10),
    "64-64-64-10": (64, 64, 64, 10),
    "64-128-128-10": (64, 128, 128, 10),
}
ONE_LENGTH = "GPT, one length"
GPTS = {
    "GPT": {"layers": 1, "width": 16},
    ONE_LENGTH: {"layers": 1, "width": 16},
    "GPT, 2 layers of width 32": {"layers": 2, "width": 32},
}
NETWORKS = [*MLPS, *GPTS]
AIMS = {  # seconds: cold, from the cache
    "moons": (0.15, 0.05),
    "digits": (0.2, 0.05),
    "64-64-64-10": (0.3, 0.12),
    "64-128-128-10": (0.5, 0.25),
    "GPT": (3.0, 0.5),
    ONE_LENGTH: (math.inf, math.inf),
    "GPT, 2 layers of width 32": (6.0, math.inf),
}
ROUNDS = 3


def run() -> list[Row]:
    """Print the table; its rows."""
    times: dict[tuple[str, str], list[float]] = {}
    for _ in range(ROUNDS):
        for network in NETWORKS:
            with tempfile.TemporaryDirectory() as cache:
                for when in ("cold", "from the cache"):
                    found = measured(network, cache)
                    times.setdefault((network, when), []).append(found["compile"])
                    times.setdefault(("", "imports"), []).append(found["imports"])
    rows = []
    for network, of_network in AIMS.items():
        for when, aim in zip(("cold", "from the cache"), of_network, strict=True):
            found = min(times[network, when])
            aims = (Aim(found, aim, shown=duration),) if aim < math.inf else ()
            rows.append(Row(f"{network}, {when}", (duration(found),), aims))
    rows.append(Row("imports: NumPy, llvmlite, tqdm, ours", (duration(min(times["", "imports"])),)))
    print(table(("trace and compile", "best"), rows))
    print(f"\nThe first epoch of fit on few rows in a new process, of which compiling is nearly all; best of {ROUNDS}.")
    print("MLPs have two rows, GPTs one for each length from 1 to 16.")
    print("Cold: with an empty cache.  Imports are not counted, as a process pays for them once.")
    return rows


def measured(network: str, cache: str) -> dict[str, float]:
    """The times of one network in a new process."""
    command = [sys.executable, "-m", __name__, network]
    environment = os.environ | {"STEPGRAD_CACHE": cache}
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(result.stdout)
    return found


def prepared(network: str) -> tuple[Any, Any, Any, dict[str, Any]]:
    """The model, its rows and targets, and the settings of fit."""
    if network in GPTS:
        from nn.command.gpt import CONTEXT, GPT

        lengths = [CONTEXT] if network == ONE_LENGTH else range(1, CONTEXT + 1)
        rows = [[0] * n for n in lengths]
        return GPT(**GPTS[network], seed=1), rows, rows, {"loss": "cross_entropy", "batch_size": 1}
    from nn import MLP

    sizes = MLPS[network]
    model = MLP(sizes[0], sizes[1:], activation="relu" if network == "moons" else "tanh", seed=1)
    settings = {"loss": "hinge", "l2": 1e-4} if network == "moons" else {"loss": "cross_entropy"}
    return model, [[0.5] * sizes[0], [-0.5] * sizes[0]], [0, 1], settings


def main(network: str) -> None:
    start = time.process_time()
    import autograd.compiler
    from nn import SGD, fit

    for module in pkgutil.walk_packages(autograd.compiler.__path__, "autograd.compiler."):
        import_module(module.name)  # now, as fit imports them when it first compiles
    import_module("tqdm")
    imported = time.process_time()
    model, rows, targets, settings = prepared(network)
    made = time.process_time()
    fit(model, rows, targets, optimizer=SGD(model.parameters()), epochs=1, progress=False, **settings)
    print(json.dumps({"imports": imported - start, "compile": time.process_time() - made}))


if __name__ == "__main__":
    main(sys.argv[1])
