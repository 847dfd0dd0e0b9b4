"""fit: train a model over many samples."""

from __future__ import annotations

import math
import os
import random
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from ..data import check_data
from ..evaluation import check_targets
from ..losses import Loss, find_loss, penalty
from ..measures import recorders
from ..metrics import Metric, find_metrics
from ..modules.module import Module
from .checkpoint import Checkpoint
from .compiled import CompiledSteps, steps_for
from .eager import EagerSteps
from .history import Callback, History
from .loop import epochs_of, run_epochs
from .optimizers import Optimizer
from .schedules import Schedule


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
    schedule: Schedule | None = None,
    validation: tuple[Iterable[Any], Iterable[Any]] | None = None,
    metrics: Sequence[str | Metric] = (),
    seed: int | None = None,
    callbacks: Sequence[Callback] = (),
    checkpoint: str | os.PathLike[str] | None = None,
    every: int = 1,
    resume: bool = False,
    progress: bool | None = None,
    compiled: bool = True,
) -> History:
    """Train the model: minimise the mean loss over each batch, plus l1·Σ|p| + l2·Σp² over all parameters.

    X and y are lists, NumPy arrays, anything that iterates over rows.  ``loss`` is a name from ``nn.losses``
    or a function ``(prediction, target) -> Value``.  Without a ``batch_size`` every step takes all rows, in
    order; with one, the rows are shuffled in each epoch by ``seed``.  ``schedule``, one from ``nn.schedules`` or a
    function, sets the learning rate of each epoch; afterwards the optimiser has its own again.

    After each epoch the ``metrics`` are taken, names from ``nn.metrics`` or functions, of the ``validation`` data
    too; then every ``callback(history, model)`` is called, and one that returns True stops the training.
    ``progress`` shows a bar; by default where a terminal or notebook watches.  Ctrl-C ends the training when its
    epoch is done, and the history tells what was learned until then; a second one interrupts at once.

    ``checkpoint`` names a file that is written after ``every`` so many epochs, and at the end.  With ``resume`` the
    training goes on from that file, if it is there, as if it had never stopped, to the last bit: model, optimiser
    and history become what they were then, and ``epochs`` counts from the very beginning.

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
    for name, number in (("epochs", epochs), ("batch_size", batch_size), ("every", every)):
        if number is not None and (not isinstance(number, int) or number < 1):
            raise ValueError(f"fit: {name} must be a whole number of at least 1, not {number!r}")
    for name, weight in (("l1", l1), ("l2", l2)):
        if not 0.0 <= weight < math.inf:
            raise ValueError(f"fit: {name} must be 0 or more, not {weight!r}")
    if resume and checkpoint is None:
        raise ValueError("fit: resume=True goes on from a checkpoint: name its file with checkpoint=")
    if set(model.parameters()).isdisjoint(optimizer.parameters):
        raise ValueError("fit: the optimizer holds no parameter of this model: give it model.parameters()")
    function = find_loss(loss)
    measures = find_metrics(metrics, function)
    rows, targets = check_data(X, y)
    held_out = check_data(*validation) if validation is not None else None
    check_targets(model, rows, targets, function, "fit: ", epoch="epoch 1, ")
    if held_out is not None:
        check_targets(model, *held_out, function, "fit: validation ")

    model.train()
    history, rng = History(), random.Random(seed)
    penalised = partial(penalty, l1=l1, l2=l2) if l1 or l2 else None
    eager = EagerSteps(model, rows, targets, function, optimizer, penalised)
    kept = None
    if checkpoint is not None:
        settings = {"batch_size": batch_size, "l1": l1, "l2": l2}
        kept = Checkpoint(checkpoint, every, eager, rng, history, callbacks, settings)
        if resume:
            kept.resume()
    steps = steps_for(eager) if compiled else eager
    history.compiled = steps.compilation if isinstance(steps, CompiledSteps) else None
    watching = [*recorders(eager, held_out, measures, again=history.compiled is not None), *callbacks]
    order = epochs_of(len(rows), batch_size, rng)
    run_epochs(eager, steps, order, epochs, history, schedule, watching, kept, progress)
    for callback in callbacks:
        if hasattr(callback, "end"):
            callback.end(history, model)
    return history
