"""What the benchmarks run on, and the limit to one core."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

ONE_THREAD = {
    "STEPGRAD_THREADS": "1",
    "OMP_NUM_THREADS": "1",  # PyTorch, and BLAS libraries built with OpenMP
    "OPENBLAS_NUM_THREADS": "1",  # NumPy
    "MKL_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",  # NumPy on macOS
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",  # JAX
    "JAX_PLATFORMS": "cpu",
}


ALL_CORES = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else {*range(os.cpu_count() or 1)}


def use_one_core() -> None:
    """Hold every contender to one thread; call it before any of them is imported, as they read it once.

    Where the system lets a process choose its cores, it keeps to one, and so do all its threads and children.
    """
    os.environ.update(ONE_THREAD)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


@contextmanager
def all_cores() -> Iterator[None]:
    """A context in which this thread, and those that it starts, may use them all again."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, ALL_CORES)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def machine() -> str:
    """The machine in a line."""
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
