"""One Value at a time: the engine against micrograd."""

from __future__ import annotations

import gc
import statistics
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from autograd import Value

from . import eager_programs as programs
from .eager_programs import OPERATIONS, MicrogradMLP, MicrogradValue
from .table import Aim, Row, table
from .timing import best, collector

TOLERANCE = 1e-12  # how closely contenders must agree
FIT_STEPS = 5  # in one call of fit, which checks the data first
HEAD = ("measured", "stepgrad", "micrograd")


def run() -> list[Row]:
    """Print the table; its rows."""
    if not MicrogradMLP:
        print('Left out: micrograd is not installed: python -m pip install ".[bench]"')
    check_agreement()
    rows = [*moons(), *mixed(), *memory(), *long_chain(), *imports()]
    print(table(HEAD, rows))
    print("\nMoons: 100 points, MLP 2-16-16-1 with relu, hinge loss + 1e-4·Σp²; forward, backward and SGD update.")
    print(f"Mixed: {OPERATIONS:,} operations, {programs.MIX}; a time is per operation, memory per node,")
    print("that is operations, leaves and plain numbers.  Freeing a graph counts in the chain and in our moons steps.")
    print("Chain: x * w + 0.001, over and over.")
    return rows


def check_agreement() -> None:
    worst = 0.0
    for losses, gradients in programs.moons_differences().values():
        worst = max(worst, losses, gradients)
    if MicrogradMLP:
        worst = max(worst, *programs.mixed_difference())
    if not worst <= TOLERANCE:
        raise SystemExit(f"the contenders do not compute the same: they differ by {worst:.1e}")
    print(f"Losses and gradients of all contenders agree to {worst:.0e} (relative).\n")


def moons() -> Iterator[Row]:
    model, same, fitted = programs.new_model(), programs.new_model(), programs.new_model()
    steps: dict[str, Callable[[], Any]] = {
        "with total and dot": lambda: programs.users_step(model),
        "by fit": lambda: programs.fit_steps(fitted, FIT_STEPS),
        "micrograd's own program": lambda: programs.notebook_step(Value, same),
    }
    if MicrogradMLP:
        theirs = programs.new_micrograd_model()
        steps["micrograd"] = lambda: programs.notebook_step(MicrogradValue, theirs)
    for on, aim, turns in ((True, 60.0, 2), (False, 8.0, 8)):
        # With the collector on, a step leaves its garbage behind, and two are timed together that find it there.
        together = 1 + on
        with collector(on):
            found = best({name: partial(repeat, step, together) for name, step in steps.items()}, turns, warm=on)
        found = {name: seconds / together for name, seconds in found.items()}
        found["by fit"] /= FIT_STEPS
        reference = found.pop("micrograd", None)
        for name, mine in found.items():
            aimed = name != "micrograd's own program"
            ratio = reference / mine if reference else None
            yield Row(
                f"Moons step {name}, collector {'on' if on else 'off'}",
                (
                    f"{mine * 1e3:.1f} ms" + (f", {ratio:.1f}x" if ratio else ""),
                    f"{reference * 1e3:.0f} ms" if reference else "",
                ),
                (Aim(ratio, aim, "times as fast", at_least=True),) if ratio and aimed else (),
            )


def repeat(step: Callable[[], Any], times: int) -> None:
    for _ in range(times):
        step()


def mixed() -> Iterator[Row]:
    contestants: dict[str, Any] = {"ours": Value}
    if MicrogradValue:
        contestants["theirs"] = MicrogradValue
    for on, rounds in ((True, 2), (False, 6)):
        times: dict[str, list[tuple[float, float]]] = {name: [] for name in contestants}
        with collector(on):
            for _ in range(rounds):
                for name, make in contestants.items():
                    times[name].append(build_and_backward(make))
        gc.collect()
        found = {}
        for name, rounds_of_it in times.items():
            build, back = min(rounds_of_it, key=sum)
            found[name] = (build + back) / OPERATIONS, build / OPERATIONS, back / OPERATIONS
        ratio = f", {found['theirs'][0] / found['ours'][0]:.1f}x" if "theirs" in found else ""
        yield Row(
            f"Mixed graph, build + backward, an operation, collector {'on' if on else 'off'}",
            (
                _build_and_backward_text(found["ours"]) + ratio,
                _build_and_backward_text(found["theirs"]) if "theirs" in found else "",
            ),
            () if on else (Aim(1e9 * found["ours"][0], 700, "ns"),),
        )


def build_and_backward(make: Callable[[float], Any]) -> tuple[float, float]:
    """The CPU times of building the mixed graph and of its backward pass; freeing it is not counted."""
    leaves = programs.mixed_leaves(make)
    gc.collect()
    start = time.process_time()
    root = programs.mixed_graph(leaves)
    built = time.process_time()
    root.backward()
    return built - start, time.process_time() - built


def _build_and_backward_text(found: tuple[float, float, float]) -> str:
    whole, build, back = (1e9 * x for x in found)
    return f"{build:.0f} + {back:.0f} = {whole:.0f} ns"


def memory() -> Iterator[Row]:
    found = {}
    for name, make in (("ours", Value), ("theirs", MicrogradValue)):
        if make:
            found[name] = bytes_a_node(make)
    for i, when in enumerate(("built", "after backward")):
        yield Row(
            f"Mixed graph, memory of a node, {when}",
            (f"{found['ours'][i]:.0f} B", f"{found['theirs'][i]:.0f} B" if "theirs" in found else ""),
            (Aim(found["ours"][i], 150, "B"),),
        )


def bytes_a_node(make: Callable[[float], Any]) -> tuple[float, float]:
    """Bytes for each node of the mixed graph (operations, leaves and plain numbers), before and after backward."""
    _, nodes = programs.count(programs.mixed_graph(programs.mixed_leaves(make)))
    gc.collect()
    tracemalloc.start()
    try:
        leaves = programs.mixed_leaves(make)
        root = programs.mixed_graph(leaves)
        built = tracemalloc.get_traced_memory()[0]
        root.backward()
        after = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    return built / nodes, after / nodes


def long_chain() -> Iterator[Row]:
    length = 10**6
    times: dict[str, float] = {}

    def live() -> None:
        start = time.process_time()
        x, y = programs.chain(length)
        times["build"] = time.process_time() - start
        start = time.process_time()
        y.backward()
        times["backward"] = time.process_time() - start
        assert x.grad
        start = time.process_time()
        del x, y
        times["free"] = time.process_time() - start

    live()
    text = " + ".join(f"{t:.1f}" for t in times.values())
    limit = "RecursionError" if MicrogradValue else ""
    yield Row("Chain of 10⁶, build + backward + free, collector on", (f"{text} = {sum(times.values()):.1f} s", limit))

    tracemalloc.start()
    try:
        _, y = programs.chain(2 * length)
        built = tracemalloc.get_traced_memory()[0]
        y.backward()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    what = "Chain of 2·10⁶, memory, built / peak of backward"
    yield Row(what, (f"{built / 1e6:.0f} / {peak / 1e6:.0f} MB", ""), (Aim(peak / 1e6, 420, "MB"),))


def imports() -> Iterator[Row]:
    statements = {"bare": "pass", "autograd": "import autograd", "nn": "import nn"}
    if MicrogradValue:
        statements["micrograd"] = "import micrograd.nn"
    times: dict[str, list[float]] = {name: [] for name in statements}
    for _ in range(9):
        for name, statement in statements.items():
            start = time.perf_counter()
            subprocess.run([sys.executable, "-c", statement], check=True)
            times[name].append(time.perf_counter() - start)
    middle = {name: statistics.median(found) for name, found in times.items()}
    cost = {name: middle[name] - middle["bare"] for name in statements}
    theirs = f"{cost['micrograd'] * 1e3:.0f} ms" if "micrograd" in cost else ""
    ours = cost["autograd"]
    yield Row("import autograd, beyond Python itself", (f"{ours * 1e3:.0f} ms", ""), (Aim(1e3 * ours, 60, "ms"),))
    yield Row("import nn, which imports autograd", (f"{cost['nn'] * 1e3:.0f} ms", theirs))
