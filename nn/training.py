"""fit: train a model over many samples."""

from __future__ import annotations

import math
import random
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from .compiled import Compilation, CompiledSteps, steps_for
from .data import check_data
from .eager import EagerSteps, Epoch
from .evaluation import check_targets, mean_loss
from .losses import Loss, find_loss, penalty
from .module import Module
from .optim import Optimizer


@dataclass
class History:
    """What happened, one number for each epoch.

    ``loss`` is the mean of the whole objective over the epoch's own forward passes, before their updates;
    ``data_loss`` is the same without penalties; ``val_loss`` is the loss on the validation data after the
    epoch, without penalties, and empty where there is none; ``seconds`` is how long the steps took.
    ``compiled`` tells what was compiled: how many operations a sample takes, and the seconds until they were
    machine code; None where training was eager.
    """

    loss: list[float] = field(default_factory=list)
    data_loss: list[float] = field(default_factory=list)
    val_loss: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list, compare=False)
    compiled: Compilation | None = field(default=None, compare=False)


Callback = Callable[[History, Module], Any]


def fit(
    model: Module,
    X: Iterable[Any],
    y: Iterable[Any],
    *,
    loss: str | Loss,
    optimizer: Optimizer,
    epochs: int,
    batch_size: int | None = None,
    l1: float = 0.0,
    l2: float = 0.0,
    validation: tuple[Iterable[Any], Iterable[Any]] | None = None,
    seed: int | None = None,
    callbacks: Sequence[Callback] = (),
    progress: bool | None = None,
    compiled: bool = True,
) -> History:
    """Train the model: minimise the mean loss over each batch, plus l1·Σ|p| + l2·Σp² over all parameters.

    X and y are lists, NumPy arrays, anything that iterates over rows.  ``loss`` is a name from ``nn.losses``
    or a function ``(prediction, target) -> Value``.  Without a ``batch_size`` every step takes all rows, in
    order; with one, the rows are shuffled in each epoch by ``seed``.  After each epoch every
    ``callback(history, model)`` is called, and one that returns True stops the training.  ``progress`` shows
    a bar; by default where a terminal or notebook watches.

    ``compiled`` runs the steps as machine code over whole batches, where NumPy and llvmlite are installed; a
    model, loss or optimiser that cannot be compiled trains eagerly, with a line that says why.  Both give the
    same up to the order of sums.

    Bad data is refused before the first step.  A loss or gradient that is not finite raises NonFiniteError
    with the epoch and row; the parameters stay those of the last good step.

    >>> from nn import MLP, Adam, datasets
    >>> X, y = datasets.xor(40, noise=0.1)
    >>> model = MLP(2, [4, 1], activation="tanh", seed=1)
    >>> history = fit(model, X, y, loss="hinge", optimizer=Adam(model.parameters(), lr=0.1), epochs=60)
    >>> history.loss[-1] < 0.1 < history.loss[0]
    True
    """
    for name, number in (("epochs", epochs), ("batch_size", batch_size)):
        if number is not None and (not isinstance(number, int) or number < 1):
            raise ValueError(f"fit: {name} must be a whole number of at least 1, not {number!r}")
    for name, weight in (("l1", l1), ("l2", l2)):
        if not 0.0 <= weight < math.inf:
            raise ValueError(f"fit: {name} must be 0 or more, not {weight!r}")
    if set(model.parameters()).isdisjoint(optimizer.parameters):
        raise ValueError("fit: the optimizer holds no parameter of this model: give it model.parameters()")
    function = find_loss(loss)
    rows, targets = check_data(X, y)
    held_out = check_data(*validation) if validation is not None else None
    check_targets(model, rows, targets, function, "fit: ", epoch="epoch 1, ")
    if held_out is not None:
        check_targets(model, *held_out, function, "fit: validation ")

    model.train()
    penalised = partial(penalty, l1=l1, l2=l2) if l1 or l2 else None
    eager = EagerSteps(model, rows, targets, function, optimizer, penalised)
    steps = steps_for(eager) if compiled else eager
    validate = mean_loss(model, *held_out, function) if held_out is not None else None
    history = History(compiled=steps.compilation if isinstance(steps, CompiledSteps) else None)
    epoch_of = _epochs(len(rows), batch_size, seed)
    together = 1  # epochs between two looks at the clock, where nobody else looks
    with _bar(epochs, progress) as bar:
        while len(history.loss) < epochs:
            started = time.perf_counter()
            count = 1 if callbacks or validate else min(together, epochs - len(history.loss))
            for objective, data_loss in steps.run(len(history.loss) + 1, [next(epoch_of) for _ in range(count)]):
                history.loss.append(objective)
                history.data_loss.append(data_loss)
            history.seconds += [(time.perf_counter() - started) / count] * count
            if validate is not None:
                history.val_loss.append(validate())
            bar.set_postfix_str(f"loss {history.loss[-1]:.4g}", refresh=False)
            bar.update(count)
            answers = [callback(history, model) for callback in callbacks]  # all of them, also when one stops
            if any(type(x).__name__ in ("bool", "bool_") and x for x in answers):  # True, of Python or NumPy
                break
            together = max(1, min(1000, int(count * 0.05 / (time.perf_counter() - started))))
    return history


def _epochs(rows: int, size: int | None, seed: int | None) -> Iterator[Epoch]:
    """One epoch after the other: all rows in order, or with a batch size shuffled anew each time."""
    import numpy as np

    rng, order = random.Random(seed), np.arange(rows)
    while True:
        if size is not None:
            order = np.argsort(np.frombuffer(rng.randbytes(8 * rows), "<u8"), kind="stable")
        yield Epoch(order, size or rows)


def _bar(epochs: int, progress: bool | None) -> Any:
    from tqdm import tqdm

    watched = sys.stderr.isatty() or "ipykernel" in sys.modules
    return tqdm(total=epochs, unit="epoch", disable=not (watched if progress is None else progress))
