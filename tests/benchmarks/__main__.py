"""The benchmarks: python -m tests.benchmarks, from the top of a checkout.

    python -m pip install ".[plot,bench]"
    python -m tests.benchmarks               # all of it, about 11 minutes
    python -m tests.benchmarks compiled      # a part (--help names them)
    python -m tests.benchmarks growth -o .   # and its picture

All runs in one process on one core.  What is not installed is left out, and so said.  Contenders are first
checked to compute the same.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from .machine import machine, use_one_core

PARTS = ("eager", "compiled", "gpt", "compile-times", "again", "large-data", "growth", "from-csv", "backends")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description="Measure stepgrad and its peers.")
    parser.add_argument("parts", nargs="*", metavar="part", help=f"{', '.join(PARTS)}; all of them if none is named")
    parser.add_argument("-o", type=Path, metavar="FOLDER", help="where to leave the picture of growth")
    chosen = parser.parse_args()
    if unknown := set(chosen.parts) - set(PARTS):
        parser.error(f"no part {', '.join(sorted(unknown))}: choose from {', '.join(PARTS)}")

    start = time.perf_counter()
    use_one_core()
    # Now, as NumPy and others read the limit when they are imported.
    from . import again, backends, compile_times, compiled, eager, from_csv, gpt_training, growth, large_data

    print(f"{machine()}; one core, one thread")
    runs = {
        "eager": eager.run,
        "compiled": compiled.run,
        "gpt": gpt_training.run,
        "compile-times": compile_times.run,
        "again": again.run,
        "large-data": large_data.run,
        "growth": lambda: growth.run(chosen.o),
        "from-csv": from_csv.run,
        "backends": backends.run,
    }
    missed: list[str] = []
    for part in chosen.parts or PARTS:
        print(f"\n--- {part} ---\n", flush=True)
        missed += [f"{row.what} {row.aim}" for row in runs[part]() if row.met is False]
    print(f"\nAims missed, of those measured: {'; '.join(missed) or 'none'}.")
    print(f"{time.perf_counter() - start:.0f} s in all.")


if __name__ == "__main__":
    main()
