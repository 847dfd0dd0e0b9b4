"""The benchmarks: python -m tests.benchmarks, from the top of a checkout.

    python -m pip install ".[plot,bench]"
    python -m tests.benchmarks               # all of it
    python -m tests.benchmarks compiled      # a part (--help names them, and how long each takes)
    python -m tests.benchmarks growth -o .   # and its picture

All runs in one process, on one core but for threads.  What is not installed is left out, and so said.  Contenders are
first checked to compute the same.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from .machine import machine, use_one_core
from .table import WHAT_AIMS_ARE

PARTS = {  # and about how many seconds of one core each took, with the processes that it starts
    "eager": 60,
    "compiled": 35,
    "gpt": 110,
    "compile-times": 145,
    "stages": 10,
    "again": 3,
    "large-data": 55,
    "growth": 300,
    "threads": 60,
    "from-csv": 100,
    "backends": 100,
}


def main() -> None:
    parts = ", ".join(f"{part} ({seconds} s)" for part, seconds in PARTS.items())
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description="Measure stepgrad and its peers.")
    parser.add_argument("parts", nargs="*", metavar="part", help=f"{parts}; all of them if none is named")
    parser.add_argument("-o", type=Path, metavar="FOLDER", help="where to leave the pictures of growth and threads")
    chosen = parser.parse_args()
    if unknown := set(chosen.parts) - set(PARTS):
        parser.error(f"no part {', '.join(sorted(unknown))}: choose from {', '.join(PARTS)}")

    start = time.perf_counter()
    use_one_core()
    # Now, as NumPy and others read the limit when they are imported.
    from . import (
        again,
        backends,
        compile_times,
        compiled,
        eager,
        from_csv,
        gpt_training,
        growth,
        large_data,
        stages,
        threads,
    )

    wanted = {part: PARTS[part] for part in chosen.parts or PARTS}
    takes = ", ".join(f"{part} {seconds} s" for part, seconds in wanted.items())
    print(f"{machine()}; one core, one thread")
    print(f"About {sum(wanted.values()) / 60:.1f} minutes, longer on a busy machine: {takes}.\n\n{WHAT_AIMS_ARE}")
    runs = {
        "eager": eager.run,
        "compiled": compiled.run,
        "gpt": gpt_training.run,
        "compile-times": compile_times.run,
        "stages": stages.run,
        "again": again.run,
        "large-data": large_data.run,
        "growth": lambda: growth.run(chosen.o),
        "threads": lambda: threads.run(chosen.o),
        "from-csv": from_csv.run,
        "backends": backends.run,
    }
    missed: list[str] = []
    for part in wanted:
        print(f"\n--- {part} ---\n", flush=True)
        began = time.perf_counter()
        missed += [f"  {part}, {row.what}: {aim}" for row in runs[part]() for aim in row.aims if not aim.met]
        print(f"\n{time.perf_counter() - began:.0f} s.")
    print("\nAims missed, of those measured:", *(missed or ["  none"]), sep="\n")
    print(f"{time.perf_counter() - start:.0f} s in all.")


if __name__ == "__main__":
    main()
