"""Whole trainings: ``fit`` against NumPy, PyTorch, JAX and C by hand."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np

from . import contenders, works
from .table import Aim, Row, duration, table
from .timing import per_epoch
from .works import Work

CLOSE = 1e-9  # how closely all losses must agree, relative
AGREE_OVER = {"moons": 1000, "digits": 10, "sigmoid": 2000}  # epochs
AIMS = {"moons": 1.05, "digits": 0.75, "sigmoid": 1.3}  # of C's time, at full vector width
HEAD = ("training", "contender", "a step", "÷ NumPy's", "÷ C's", "÷ stepgrad's", "losses differ by")


def run() -> list[Row]:
    """Print the table; its rows."""
    trains, left_out = contenders.load()
    gc.freeze()  # the thousands of objects that PyTorch and JAX consist of are none of the collector's work here
    for reason in left_out:
        print(f"Left out: {reason}")
    rows = [row for work in (works.moons(), works.digits(), works.sigmoid_program()) for row in training(work, trains)]
    print(table(HEAD, rows))
    for work in (works.moons, works.digits, works.sigmoid_program):
        print(f"\n{work().name}: {' '.join((work.__doc__ or '').split())}", end="")
    print("\nA step is forward, backward and update; one of many in a long training, without what is prepared once.")
    print("C's time is that of the quickest of its builds.")
    print("fit shuffles the digits anew for each epoch; the others are given the order.  Float64 everywhere.")
    return rows


def training(work: Work, trains: dict[str, contenders.Train]) -> Iterator[Row]:
    differences = check_agreement(work.name, trains, work, AGREE_OVER[work.name])
    times = per_epoch({name: partial(train, work) for name, train in trains.items()}, turns=5, seconds=0.1)
    numpys, cs, ours = times[contenders.REFERENCE], contenders.quickest_c(times), times[contenders.OURS]
    for name, epoch in times.items():
        ratios = [f"{epoch / numpys:.2f}", f"{epoch / cs:.2f}" if cs else "", f"{epoch / ours:.2f}"]
        results = (name, duration(epoch / work.steps), *ratios, f"{differences[name]:.0e}")
        aims = (Aim(epoch / cs, AIMS[work.name], "of C's"),) if cs and name == contenders.OURS else ()
        yield Row(work.name, results, aims)


def check_agreement(what: str, trains: Mapping[str, contenders.Train], work: Any, epochs: int) -> dict[str, float]:
    """The largest relative difference of each contender's losses from NumPy's; too large a one ends the program."""
    reference = trains[contenders.REFERENCE](work, epochs)
    found = {name: loss_difference(train(work, epochs), reference) for name, train in trains.items()}
    for name, difference in found.items():
        if not difference <= CLOSE:
            raise SystemExit(f"{what}: the losses of {name} differ by {difference:.1e} from NumPy's")
    return found


def loss_difference(losses: Any, reference: Any) -> float:
    """The largest relative difference; of the means of epochs, where only those are known."""
    by_epoch = np.reshape(reference, (len(losses), -1)).mean(axis=1)
    return float(np.max(np.abs(np.asarray(losses) / by_epoch - 1.0)))
