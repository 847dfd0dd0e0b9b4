"""How times are taken: the contenders take turns in one process, and the best of their turns counts.

A disturbance only ever makes a turn longer, and over many turns every contender finds a quiet moment; the
ratios hold on a busy machine, too.  The clock is the CPU time of the process: every contender has a single
thread, and what other programs do meanwhile does not count.
"""

from __future__ import annotations

import gc
import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar

Name = TypeVar("Name")


@contextmanager
def collector(on: bool) -> Iterator[None]:
    """The cyclic garbage collector on or off."""
    was_on = gc.isenabled()
    (gc.enable if on else gc.disable)()
    try:
        yield
    finally:
        (gc.enable if was_on else gc.disable)()


def cpu_time(action: Callable[[], Any]) -> float:
    start = time.process_time()
    action()
    return time.process_time() - start


def best(actions: Mapping[Name, Callable[[], Any]], turns: int, *, warm: bool = False) -> dict[Name, float]:
    """The shortest CPU time of each action in any of its turns; ``warm`` runs it once before, in each turn."""
    times: dict[Name, list[float]] = {name: [] for name in actions}
    for _ in range(turns):
        for name, action in actions.items():
            gc.collect()
            if warm:
                action()
            times[name].append(cpu_time(action))
    gc.collect()
    return {name: min(found) for name, found in times.items()}


def per_epoch(trains: Mapping[str, Callable[[int], Any]], turns: int, seconds: float) -> dict[str, float]:
    """CPU time of an epoch of each ``train(epochs)`` in a long training.

    It is what further epochs take beyond the first, so that preparations (tracing, compiling, checking the
    data) do not count.  Where these varied by more than that, all is measured again, twice as long.
    """
    further = {name: enough(train, seconds) for name, train in trains.items()}
    actions = {(name, "first"): partial(train, 1) for name, train in trains.items()}
    actions |= {(name, "whole"): partial(train, 1 + further[name]) for name, train in trains.items()}
    found = best(actions, turns)
    times = {name: (found[name, "whole"] - found[name, "first"]) / further[name] for name in trains}
    return times if min(times.values()) > 0 else per_epoch(trains, turns, 2 * seconds)


def enough(train: Callable[[int], Any], seconds: float) -> int:
    """Epochs that take so long beyond the first, and half as long as the first: they must outweigh its variation."""
    train(1)  # prepares whatever is kept
    first = cpu_time(partial(train, 1))
    wanted = max(seconds, first / 2)
    epochs = 1
    while (found := cpu_time(partial(train, 1 + epochs)) - first) < wanted:
        epochs *= min(max(2, math.ceil(wanted / found)), 64) if found > 0 else 64
    return epochs
