"""A GPT on names: ``fit`` against NumPy, PyTorch, JAX and C by hand, and against microgpt's own class."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from . import contenders
from .compiled import check_agreement, loss_difference
from .gpt.work import Work, names
from .microgpt import OwnValue, train
from .table import Aim, Row, duration, table
from .timing import collector, cpu_time, per_epoch

OWN = "microgpt's own class"
OWN_STEPS = 8
HEAD = ("one name a step", "a step", "÷ C's", "÷ stepgrad's", "losses differ by")
OF_C = 1.5  # of C's time, at most
AT_LEAST = {contenders.REFERENCE: 3.0, contenders.TORCH: 15.0, OWN: 1000.0}  # of stepgrad's
A_NAME, THOUSAND = 0.6, 0.5  # of a batch of 32, part of the time of one; seconds for a thousand steps


def run() -> list[Row]:
    """Print the table; its rows."""
    trains, left_out = contenders.load("tests.benchmarks.gpt")
    gc.freeze()  # the thousands of objects that PyTorch and JAX consist of are none of the collector's work here
    for reason in left_out:
        print(f"Left out: {reason}")
    rows = [*steps(trains)]
    print(table(HEAD, rows))
    work = names()
    print(f"\n{len(work.rows):,} names of {sum(map(len, work.rows)) / len(work.rows):.1f} positions. {names.__doc__}")
    print("A step is forward, backward and update; one of many in a long training, without what is prepared once.")
    print("fit shuffles the names anew for each epoch; the others are given the order.  Float64 everywhere.")
    return rows


def steps(trains: dict[str, contenders.Train]) -> Iterator[Row]:
    work, batches = names(), names(batch_size=32, count=1024)
    differences = check_agreement("GPT", trains, work, len(work.order))
    ours = contenders.OURS
    actions = {name: partial(train, work) for name, train in trains.items()}
    actions["32 names"] = partial(trains[ours], batches)
    times = per_epoch(actions, turns=5, seconds=0.1)
    a_name = times.pop("32 names") / len(batches.rows)
    found = {name: epoch / work.steps for name, epoch in times.items()} | {OWN: own_step()}
    cs = contenders.quickest_c(found)
    differences[OWN] = own_difference(trains[contenders.REFERENCE], work)
    for name, step in found.items():
        ratio, of_c = step / found[ours], step / cs if cs else None
        aims = (Aim(ratio, AT_LEAST[name], "of stepgrad's", at_least=True),) if name in AT_LEAST else ()
        if name == ours and of_c is not None:
            aims = (Aim(of_c, OF_C, "of C's"),)
        by_c = "" if of_c is None else f"{of_c:.2f}"
        yield Row(name, (duration(step), by_c, f"{ratio:,.2f}", f"{differences[name]:.0e}"), aims)
    part, thousand = a_name / found[ours], 1000 * found[ours]
    yield Row(
        "stepgrad, a name of a batch of 32", (duration(a_name), "", f"{part:.2f}", ""),
        (Aim(part, A_NAME, "of a name alone"),),
    )  # fmt: skip
    yield Row(
        "stepgrad, 1,000 steps", (duration(thousand), "", "", ""), (Aim(thousand, THOUSAND, shown=duration),)
    )  # fmt: skip


def own_difference(reference: Any, work: Work, count: int = OWN_STEPS) -> float:
    """The same of microgpt's program with its own class, over its first steps, in its order."""
    in_order = Work(work.settings, work.rows, work.targets, work.parameters, np.arange(len(work.rows))[None])
    return loss_difference([*train(OwnValue, work.settings, count)], reference(in_order, 1)[:count])


def own_step() -> float:
    """The mean time of a step of microgpt's program with its own class, the collector on, as it is published."""
    with collector(on=True):
        taken = train(OwnValue, names().settings, 1 + OWN_STEPS)
        next(taken)
        return cpu_time(lambda: [*taken]) / OWN_STEPS
