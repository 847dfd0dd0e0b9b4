"""The benchmarks: one table, in about a minute.

Run it from the top of a checkout, with micrograd installed beside stepgrad to be compared with:

    python -m pip install ".[bench]"
    python -m tests.benchmarks

The contenders take turns in one process and the best of their turns counts, so that the ratios hold on a busy
machine too.  Times are CPU time, but for the import.  All contenders are first checked to compute the same.
"""

from __future__ import annotations

import gc
import os
import platform
import statistics
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from autograd import Value

from . import contenders
from .contenders import OPERATIONS, MicrogradMLP, MicrogradValue

TOLERANCE = 1e-12  # how closely contenders must agree
FIT_STEPS = 5  # in one call of fit, which checks the data first


class Row(NamedTuple):
    """A line of the table: what was measured, ours, micrograd's, what is aimed at and whether it was reached."""

    what: str
    ours: str
    theirs: str = ""
    aim: str = ""
    met: bool | None = None


def main() -> None:
    start = time.perf_counter()
    print(machine(), end="\n\n")
    if not MicrogradMLP:
        print('micrograd is not installed, so there is nothing to compare with: python -m pip install ".[bench]"\n')
    check_agreement()
    rows = [*moons(), *mixed(), *memory(), *long_chain(), *imports()]
    print(table(rows))
    print("\nMoons: 100 points, MLP 2-16-16-1 with relu, hinge loss + 1e-4·Σp²; forward, backward and SGD update.")
    print(f"Mixed: {OPERATIONS:,} operations, {contenders.MIX}; a time is per operation, memory per node,")
    print("that is operations, leaves and plain numbers.  Freeing a graph counts in the chain and in our moons steps.")
    missed = [row.what for row in rows if row.met is False]
    seconds = time.perf_counter() - start
    print(f"\nAims missed, of those measured: {'; '.join(missed) or 'none'}.  {seconds:.0f} s in all.")


# --- measuring ---------------------------------------------------------------------------------------------


@contextmanager
def collector(on: bool) -> Iterator[None]:
    was_on = gc.isenabled()
    (gc.enable if on else gc.disable)()
    try:
        yield
    finally:
        (gc.enable if was_on else gc.disable)()


def best(steps: dict[str, Callable[[], Any]], turns: int, on: bool) -> dict[str, float]:
    """The shortest CPU time of each step in any of its turns, the contenders taking turns.

    With the collector on, a turn is a training loop: a step that leaves its garbage behind, then two that are
    timed together and find it there.  With the collector off, a turn is a single step from a clean heap.
    """
    times: dict[str, list[float]] = {name: [] for name in steps}
    with collector(on):
        for _ in range(turns):
            for name, step in steps.items():
                gc.collect()
                if on:
                    step()
                start = time.process_time()
                for _ in range(1 + on):
                    step()
                times[name].append((time.process_time() - start) / (1 + on))
    gc.collect()
    return {name: min(found) for name, found in times.items()}


# --- the rows ----------------------------------------------------------------------------------------------


def check_agreement() -> None:
    worst = 0.0
    for losses, gradients in contenders.moons_differences().values():
        worst = max(worst, losses, gradients)
    if MicrogradMLP:
        worst = max(worst, *contenders.mixed_difference())
    if not worst <= TOLERANCE:
        raise SystemExit(f"the contenders do not compute the same: they differ by {worst:.1e}")
    print(f"Losses and gradients of all contenders agree to {worst:.0e} (relative).\n")


def moons() -> Iterator[Row]:
    model, same, fitted = contenders.new_model(), contenders.new_model(), contenders.new_model()
    steps: dict[str, Callable[[], Any]] = {
        "with total and dot": lambda: contenders.users_step(model),
        "by fit": lambda: contenders.fit_steps(fitted, FIT_STEPS),
        "micrograd's own program": lambda: contenders.notebook_step(Value, same),
    }
    if MicrogradMLP:
        theirs = contenders.new_micrograd_model()
        steps["micrograd"] = lambda: contenders.notebook_step(MicrogradValue, theirs)
    for on, aim, turns in ((True, 60.0, 2), (False, 8.0, 8)):
        found = best(steps, turns, on)
        found["by fit"] /= FIT_STEPS
        reference = found.pop("micrograd", None)
        for name, mine in found.items():
            aimed = name != "micrograd's own program"
            ratio = reference / mine if reference else None
            yield Row(
                f"Moons step {name}, collector {'on' if on else 'off'}",
                f"{mine * 1e3:.1f} ms" + (f", {ratio:.1f}x" if ratio else ""),
                f"{reference * 1e3:.0f} ms" if reference else "",
                f"≥ {aim:.0f}x" if aimed else "",
                ratio >= aim if ratio and aimed else None,
            )


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
            _build_and_backward_text(found["ours"]) + ratio,
            _build_and_backward_text(found["theirs"]) if "theirs" in found else "",
            "" if on else "≤ 1200 ns",
            None if on else found["ours"][0] <= 1.2e-6,
        )


def build_and_backward(make: Callable[[float], Any]) -> tuple[float, float]:
    """The CPU times of building the mixed graph and of its backward pass; freeing it is not counted."""
    leaves = contenders.mixed_leaves(make)
    gc.collect()
    start = time.process_time()
    root = contenders.mixed_graph(leaves)
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
            f"{found['ours'][i]:.0f} B",
            f"{found['theirs'][i]:.0f} B" if "theirs" in found else "",
            "≤ 150 B",
            found["ours"][i] <= 150,
        )


def bytes_a_node(make: Callable[[float], Any]) -> tuple[float, float]:
    """Bytes for each node of the mixed graph (operations, leaves and plain numbers), before and after backward."""
    _, nodes = contenders.count(contenders.mixed_graph(contenders.mixed_leaves(make)))
    gc.collect()
    tracemalloc.start()
    try:
        leaves = contenders.mixed_leaves(make)
        root = contenders.mixed_graph(leaves)
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
        x, y = contenders.chain(length)
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
    yield Row("Chain of 10⁶, build + backward + free, collector on", f"{text} = {sum(times.values()):.1f} s", limit)

    tracemalloc.start()
    try:
        _, y = contenders.chain(length)
        built = tracemalloc.get_traced_memory()[0]
        y.backward()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    yield Row("Chain of 10⁶, memory, built / peak of backward", f"{built / 1e6:.0f} / {peak / 1e6:.0f} MB")


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
    yield Row("import autograd, beyond Python itself", f"{ours * 1e3:.0f} ms", "", "≤ 60 ms", ours <= 0.06)
    yield Row("import nn, which imports autograd", f"{cost['nn'] * 1e3:.0f} ms", theirs)


# --- printing ----------------------------------------------------------------------------------------------


def table(rows: list[Row]) -> str:
    head = ("measured", "stepgrad", "micrograd", "aim", "")
    lines = [head]
    lines += [(*row[:4], {True: "met", False: "MISSED", None: ""}[row.met]) for row in rows]
    widths = [max(len(line[i]) for line in lines) for i in range(5)]
    lines.insert(1, tuple("-" * width for width in widths))
    return "\n".join("  ".join(x.ljust(w) for x, w in zip(line, widths, strict=True)).rstrip() for line in lines)


def machine() -> str:
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{processor()}, {os.cpu_count()} cores{load}; {platform.system()} {platform.machine()}; {python}"


def processor() -> str:
    """The processor's name, where it can be found."""
    try:
        if sys.platform == "linux":
            with open("/proc/cpuinfo", encoding="utf-8") as file:
                return next(line.split(":", 1)[1].strip() for line in file if line.startswith("model name"))
        if sys.platform == "darwin":
            command = ["sysctl", "-n", "machdep.cpu.brand_string"]
            return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, StopIteration, subprocess.SubprocessError):
        pass
    return platform.processor() or "an unknown processor"


if __name__ == "__main__":
    main()
