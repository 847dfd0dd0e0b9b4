"""Run: one training, with all that it is made of, and the loop over its epochs."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice, repeat
from typing import Any

from ..init import generator
from ..progress import progress_bar
from .eager import EagerSteps, Epoch, Steps
from .history import Callback, History, Schedule

CLOCK = 0.25  # seconds between two looks at the clock, where nothing else happens between epochs


class Run:
    """One training: its model, data, loss and optimiser (in ``eager``), and all that ``fit`` was asked to add.

    ``steps`` are the eager ones, or what was compiled of them.  ``recorders`` write measurements into the history
    after each epoch; then the ``callbacks`` are called.
    """

    def __init__(self, eager: EagerSteps, batch_size: int | None = None, seed: int | None = None) -> None:
        self.eager, self.batch_size, self.rng = eager, batch_size, generator(seed)
        self.steps: Steps = eager
        self.history = History()
        self.schedule: Schedule | None = None
        self.recorders: list[Callback] = []
        self.callbacks: list[Callback] = []
        self.checkpoint: Any = None  # has every, note(lr) and save()
        eager.model.train()

    def epochs(self, wanted: int) -> History:
        """Train until the history has so many epochs, or a callback or Ctrl-C ends it."""
        history, optimizer, order = self.history, self.eager.optimizer, self._order()
        lr, stopped, together = optimizer.lr, False, 1
        try:
            with progress_bar(len(history.loss), wanted, "epoch") as bar, interruptible() as interrupts:
                while not stopped and not interrupts and (done := len(history.loss)) < wanted:
                    started = time.perf_counter()
                    count = self._count(done, wanted, together)
                    if self.schedule is not None:
                        optimizer.lr = self.schedule(lr, done, history.watched)
                    self._take([*islice(order, count)])
                    if bar is not None:
                        bar.set_postfix_str(f"loss {history.loss[-1]:.4g}", refresh=False)
                        bar.update(count)
                    stopped = self._call_back()
                    if self.checkpoint is not None:
                        self.checkpoint.note(optimizer.lr if self.schedule is None else lr)
                    together = max(1, min(10_000, int(count * CLOCK / (time.perf_counter() - started))))
        finally:
            if self.schedule is not None:
                optimizer.lr = lr
            if self.checkpoint is not None:
                self.checkpoint.save()
        history.interrupted = bool(interrupts)
        if interrupts:
            print(f"fit: stopped by Ctrl-C after epoch {len(history.loss)} of {wanted}", file=sys.stderr)
        for callback in self.callbacks:
            if hasattr(callback, "end"):
                callback.end(history, self.eager.model)
        return history

    def _order(self) -> Iterator[Epoch]:
        """One epoch after the other: all rows in order, or with a batch size shuffled anew each time."""
        import numpy as np

        rows, size = len(self.eager.rows), self.batch_size
        while size is not None:  # by NumPy, in a tenth of the time of rng.shuffle
            yield Epoch(np.random.default_rng(self.rng.getrandbits(64)).permutation(rows), size)
        yield from repeat(Epoch(np.arange(rows), rows))

    def _count(self, done: int, wanted: int, together: int) -> int:
        """How many epochs to take in one go: one, where something happens after each."""
        if self.schedule is not None or self.recorders:
            return 1
        every = [
            *(getattr(callback, "every", 1) for callback in self.callbacks),
            getattr(self.checkpoint, "every", wanted),
        ]
        return min(together, wanted - done, *(n - done % n for n in every))

    def _take(self, epochs: Sequence[Epoch]) -> None:
        history, count, started = self.history, len(epochs), time.perf_counter()
        self.eager.optimizer.lr = lr = float(0 + self.eager.optimizer.lr)  # of any kind of number, and no text
        objectives, data_losses = self.steps.run(len(history.loss) + 1, epochs)
        history.loss += objectives
        history.data_loss += data_losses
        history.lr += [lr] * count
        history.seconds += [(time.perf_counter() - started) / count] * count

    def _call_back(self) -> bool:
        """Whether a callback says stop; all of them are called, also when one does."""
        answers = [callback(self.history, self.eager.model) for callback in [*self.recorders, *self.callbacks]]
        return any(type(x).__name__ in ("bool", "bool_") and x for x in answers)  # True, of Python or NumPy


@contextmanager
def interruptible() -> Iterator[list[Any]]:
    """A context in which a first Ctrl-C is only noted, in the list that it gives; a second interrupts as usual."""
    noted: list[Any] = []
    usual = signal.getsignal(signal.SIGINT)

    def note(number: int, frame: object) -> None:
        noted.append(number)
        signal.signal(signal.SIGINT, usual)

    # Other threads get no signals; and where the program has a handler of its own, that one stays.
    ours = usual is signal.default_int_handler and threading.current_thread() is threading.main_thread()
    if ours:
        signal.signal(signal.SIGINT, note)
    try:
        yield noted
    except KeyboardInterrupt as interrupt:
        if noted:
            raise
        noted.append(interrupt)  # from a handler of the program's own, or from a callback
    finally:
        if ours:
            signal.signal(signal.SIGINT, usual)
