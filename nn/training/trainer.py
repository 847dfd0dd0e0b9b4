"""fit: train a model over many samples."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, Never

from autograd import as_count, as_float, refuse, thread_limit

from ..losses import find_loss, penalty
from ..modules import Module
from ..progress import progress_as
from ..samples import Samples, check_data, is_collection
from ..vocabulary import ClassWeight, Loss, LossLike, Metrics
from ..wings import cluster
from .eager import EagerSteps
from .history import Callback, History, Schedule
from .loop import Run
from .optimizers import OptimizerLike, find_optimizer


def fit(
    model: Module, X: Iterable[Any], y: Iterable[Any], *, loss: LossLike, optimizer: OptimizerLike, epochs: int,
    batch_size: int | None = None, l1: float = 0.0, l2: float = 0.0, schedule: Schedule | None = None,
    validation: tuple[Iterable[Any], Iterable[Any]] | float | None = None, metrics: Metrics = (),
    sample_weight: Iterable[Any] | None = None, class_weight: ClassWeight | None = None, seed: int | None = None,
    callbacks: Callback | Sequence[Callback] = (), checkpoint: str | os.PathLike[str] | None = None, every: int = 1,
    resume: bool = False, progress: bool | None = None, compiled: bool = True, threads: int | None = None,
    average_every: int | None = None, **unknown: Never,
) -> History:  # fmt: skip
    """Train the model: minimise the mean loss over each batch, plus l1·Σ|p| + l2·Σp² over all parameters.

    X and y are lists, NumPy arrays, data frames and series, tensors, anything that gives its rows.  Arrays of float64
    are read where they lie, memory maps as the steps need them: do not change them on the way.  Rows and targets may be
    lists of any length, such as the letters of names: the model is given the list, and the loss what the model made of
    it, with the target.  A batch mixes lengths; its loss is the mean over its rows.  ``loss`` is a name from
    ``nn.losses`` or a function ``(prediction, target) -> Value``; ``optimizer`` is one of ``nn``, such as
    ``nn.Adam(model.parameters(), lr=0.01)``, or the name of one, which then has its usual settings.  Without a
    ``batch_size`` every step takes all rows, in order; with one, the rows are shuffled in each epoch by ``seed``.
    ``schedule``, such as ``nn.StepDecay`` or a function, sets the learning rate of each epoch; afterwards the
    optimiser has its own again.

    ``validation`` is a pair (X, y) of other data, or a share of these: with 0.2 a fifth of the rows is held out, the
    same as by ``train_test_split(X, y, 0.2, seed)`` (with seed 0 where there is none), and never trained on.

    ``sample_weight`` has a number for each row, by which its loss counts; ``class_weight`` one for each class in y,
    such as ``{0: 1.0, 1: 5.0}`` (1 for those it does not name), or "balanced": all classes together weigh the same.
    Where both are given they are multiplied.  Weights are taken relative to their mean: 2 counts a row like two rows,
    0 not at all.  They count in the loss of the validation data too, those of rows only in a share; in no metric.

    X and y may also be collections of Dask (dataframes, arrays, delayed parts): the workers of the current client then
    add up losses and gradients over the parts that they hold, and everything else is as it is here.  There a
    ``batch_size`` goes with ``average_every``: each part trains by itself for so many epochs, then the models are
    averaged, weighted by their rows.

    After each epoch the ``metrics`` are measured, names from ``nn.metrics`` or functions, on the validation data
    too; then every ``callback(history, model)`` is called, and one that returns True stops the training.  A single one
    of either needs no list.
    ``progress`` shows a bar; by default where there is a terminal or notebook to show it.  Ctrl-C ends the training
    when its epoch is done, and the history tells what was learned until then; a second one interrupts at once.

    ``checkpoint`` names a file that is written after each ``every`` epochs, and at the end, also by Ctrl-C or an
    error: it has the last epoch that was whole, with its callbacks.  With ``resume`` the
    training goes on from that file, if it is there, and gives the same bits as one that never stopped: model,
    optimiser and history become what they were then, and ``epochs`` counts from the very beginning.

    ``compiled`` runs the steps over whole batches: as machine code, or where llvmlite is not installed by NumPy, column
    by column, and a FallbackWarning says so.  It gives what the eager steps give, up to the order of sums, errors and
    random numbers included; or a FallbackWarning says which line or attribute is in the way, and the training is eager:
    a branch on a target, a look-up of one, a state that the model keeps from row to row.  Settings that callbacks and
    schedules change, of the optimiser, of modules, in closures, count from the next epoch on, in the validation too; to
    that end the steps are compiled anew.

    ``threads`` is how many threads machine code may use at once; by default one for each core that the process may use
    (see ``autograd.thread_limit``).  Steps of about half a millisecond or more are shared among them, and the results
    are the same to the last bit for any number.

    What was compiled for one training serves others: those of a model of the same structure, with the same loss and
    settings, whatever their parameters, learning rate and rows; in other processes too, where the code is the same.
    Rows of each length have a program of their own, and one that draws random numbers needs rows of one length.

    Bad data and settings, and targets that the loss cannot mean, are a ValueError before the first step; what is no
    model is a TypeError.  A loss or gradient that is not finite raises NonFiniteError with the epoch and row; the
    parameters stay those of the last good step.  A row whose loss is a plain number moves nothing; a loss that depends
    on no parameter in any row is refused after the first epoch; one that leaves all bounds gives a DivergenceWarning.

    >>> from nn import MLP, Adam, datasets
    >>> X, y = datasets.xor(40, noise=0.1)
    >>> model = MLP(2, [4, 1], activation="tanh", seed=1)
    >>> history = fit(model, X, y, loss="hinge", optimizer=Adam(model.parameters(), lr=0.1), epochs=60)
    >>> history.loss[-1] < 0.1 < history.loss[0]
    True
    """
    refuse(fit, unknown)
    epochs, every = as_count(epochs, "fit: epochs"), as_count(every, "fit: every")
    batch_size = None if batch_size is None else as_count(batch_size, "fit: batch_size")
    average_every = None if average_every is None else as_count(average_every, "fit: average_every")
    for name, weight in (("l1", l1), ("l2", l2)):
        if not 0.0 <= as_float(weight) < math.inf:
            raise ValueError(f"fit: {name} must be 0 or more, not {weight!r}")
    if resume and checkpoint is None:
        raise ValueError("fit: resume=True goes on from a checkpoint: name its file with checkpoint=")
    if not isinstance(model, Module):
        raise TypeError(f"fit: the model comes first, a Module such as nn.MLP(2, [8, 1]), not {model!r:.60}")
    optimizer = find_optimizer(optimizer, parameters := model.parameters())
    if set(parameters).isdisjoint(optimizer.parameters):
        raise ValueError("fit: the optimizer holds no parameter of this model: give it model.parameters()")
    regularizer = partial(penalty, l1=l1, l2=l2) if l1 or l2 else None
    with progress_as(progress), thread_limit(threads):
        function, weights = find_loss(loss), (sample_weight, class_weight)
        if is_collection(X) or is_collection(y):
            settings = validation, metrics, batch_size, average_every, epochs, seed, compiled
            run: Run = cluster().run_on_cluster(model, X, y, function, optimizer, regularizer, *settings, *weights)
        elif average_every is not None:
            raise ValueError("fit: average_every is of collections of Dask, whose parts train apart")
        else:
            data = check_data(X, y)
            (rows, targets), held_out, function, numbers = _prepare(data, validation, function, model, seed, *weights)
            run = Run(EagerSteps(model, rows, targets, function, optimizer, regularizer, numbers), batch_size, seed)
        run.schedule, run.callbacks = schedule, [callbacks] if callable(callbacks) else [*callbacks]
        if checkpoint is not None:
            from .checkpoint import Checkpoint

            kept: dict[str, Any] = {"batch_size": batch_size, "l1": l1, "l2": l2, "average_every": average_every}
            kept["validation"] = [validation, seed or 0] if run.eager.numbers else None
            run.checkpoint = Checkpoint(checkpoint, every, run.eager, run.rng, run.history, run.callbacks, kept, resume)
        if run.steps is run.eager:  # in this process: a cluster has its own steps, and measures by itself
            if compiled:
                _compile(run)
            if held_out is not None or metrics:
                from ..evaluation import recorders

                run.recorders = recorders(run.eager, held_out, metrics, run.history.compiled is not None, X)
        with suppress(ModuleNotFoundError):  # of a wing that was taken away
            from .diagnosis import Diagnosed, check_callbacks

            check_callbacks(run.callbacks, schedule)
            run.steps = Diagnosed(run.steps, run.eager)
        return run.epochs(epochs)


# Parts that only some trainings need.  Each is a wing, imported here and nowhere else, when it is asked for.


def _prepare(data: Samples, validation: Any, loss: Loss, model: Module, *weights: Any) -> tuple[Any, ...]:
    """The data to train on and those held out, their loss with its weights, the numbers of the rows; all checked."""
    with suppress(ModuleNotFoundError):  # of a wing that was taken away
        from ..evaluation import check_targets
        from .preparation import prepared

        return prepared(data, validation, loss, partial(check_targets, model), *weights)
    return data, validation and check_data(*validation), loss, None


def _compile(run: Run) -> None:
    """Let the run take compiled steps, where they are possible."""
    try:
        from .compiled import compile_steps
    except ModuleNotFoundError:  # the wing was taken away
        return
    compile_steps(run)
