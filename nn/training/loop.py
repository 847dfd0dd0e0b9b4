"""The loop over the epochs of a training, and the order of the rows in each."""

from __future__ import annotations

import random
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Self

from .checkpoint import Checkpoint
from .compiled import Steps
from .eager import EagerSteps, Epoch
from .history import Callback, History
from .schedules import Schedule


def run_epochs(
    eager: EagerSteps,
    steps: Steps,
    order: Iterator[Epoch],
    epochs: int,
    history: History,
    schedule: Schedule | None,
    callbacks: Sequence[Callback],
    checkpoint: Checkpoint | None,
    progress: bool | None,
) -> None:
    """Add epochs to the history until there are as many as wanted, or a callback or Ctrl-C stops.

    ``eager`` knows model and optimiser; ``steps`` are its own, or what was compiled of them.
    """
    together = 1  # epochs between two looks at the clock, where nobody else looks
    every = epochs if checkpoint is None else checkpoint.every
    optimizer, lr = eager.optimizer, eager.optimizer.lr
    try:
        with _bar(len(history.loss), epochs, progress) as bar, _interruptible() as interrupts:
            while (done := len(history.loss)) < epochs and not interrupts:
                started = time.perf_counter()
                count = 1 if callbacks or schedule else min(together, epochs - done, every - done % every)
                if schedule is not None:
                    optimizer.lr = schedule(lr, done, history.watched)
                for objective, data_loss in steps.run(done + 1, [next(order) for _ in range(count)]):
                    history.loss.append(objective)
                    history.data_loss.append(data_loss)
                history.lr += [optimizer.lr] * count
                history.seconds += [(time.perf_counter() - started) / count] * count
                bar.set_postfix_str(f"loss {history.loss[-1]:.4g}", refresh=False)
                bar.update(count)
                answers = [callback(history, eager.model) for callback in callbacks]  # all of them, also when one stops
                stop = any(type(x).__name__ in ("bool", "bool_") and x for x in answers)  # True, of Python or NumPy
                done += count
                if checkpoint and (stop or interrupts or done == epochs or done % every == 0):
                    checkpoint.save(optimizer.lr if schedule is None else lr)
                if stop:
                    break
                together = max(1, min(10_000, int(count * 0.25 / (time.perf_counter() - started))))
    finally:
        if schedule is not None:
            optimizer.lr = lr
    history.interrupted = bool(interrupts)
    if interrupts:
        print(f"fit: stopped by Ctrl-C after epoch {len(history.loss)} of {epochs}", file=sys.stderr)


def epochs_of(rows: int, size: int | None, rng: random.Random) -> Iterator[Epoch]:
    """One epoch after the other: all rows in order, or with a batch size shuffled anew each time."""
    import numpy as np

    order = np.arange(rows)
    while True:
        if size is not None:
            order = np.random.default_rng(rng.getrandbits(64)).permutation(rows)  # a tenth of the time of rng.shuffle
        yield Epoch(order, size or rows)


@contextmanager
def _interruptible() -> Iterator[list[Any]]:
    """A context in which a first Ctrl-C is only noted, in the list; a second interrupts as usual."""
    noted: list[Any] = []
    usual = signal.getsignal(signal.SIGINT)

    def note(number: int, frame: object) -> None:
        noted.append(number)
        signal.signal(signal.SIGINT, usual)

    ours = usual is signal.default_int_handler and threading.current_thread() is threading.main_thread()
    if ours:  # other threads get no signals, and another handler has its reasons
        signal.signal(signal.SIGINT, note)
    try:
        yield noted
    except KeyboardInterrupt as interrupt:
        if noted:
            raise
        noted.append(interrupt)  # of another handler, or of a callback
    finally:
        if ours:
            signal.signal(signal.SIGINT, usual)


class _Silent:
    """The progress bar where nobody watches, without the tenth of a second that it takes to import one."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None: ...

    def set_postfix_str(self, text: str, refresh: bool = True) -> None: ...

    def update(self, count: int) -> None: ...


def _bar(done: int, epochs: int, progress: bool | None) -> Any:
    if not (sys.stderr.isatty() or "ipykernel" in sys.modules if progress is None else progress):
        return _Silent()
    from tqdm import tqdm

    return tqdm(initial=done, total=epochs, unit="epoch")
