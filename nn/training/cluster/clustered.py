"""ClusterRun: a training over collections of Dask."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

from ...evaluation import Measure, check_targets, recording
from ...metrics import find_metrics
from ...modules import Module
from ...samples import check_data, is_collection
from ...vocabulary import Loss, Metrics
from ..eager import EagerSteps, Epoch
from ..history import History
from ..loop import Run
from ..optimizers import Optimizer
from .actor import PartActor, apply
from .answers import Facts
from .assignment import packed
from .crew import Crew
from .measures import Plan
from .partitions import aligned
from .steps import LocalSteps, Remote, SumSteps, compilation_of
from .workers import PATIENCE, Workers, current_client

SHUFFLED = (
    "fit: rows that lie on many machines are not shuffled into batches: each step of {size} rows would wait for "
    "the network. Two ways exist: without batch_size every step takes all rows; with batch_size={size} and "
    "average_every=1 each part of the collection trains by itself for an epoch, and then the models are averaged"
)

WEIGHTED = (
    "fit: sample_weight and class_weight are of rows in this process: over collections of Dask make the weight a part "
    "of the loss, such as loss=lambda p, t: where(gt(t, 0.0), 5.0, 1.0) * nn.losses.bce_with_logits(p, t)"
)


class ClusterRun(Run):
    """A run whose rows are on the workers.  Where models are averaged, that many epochs are taken in one go."""

    def __init__(self, remote: Remote, batch_size: int | None, together: int | None, seed: int | None) -> None:
        super().__init__(remote.eager, batch_size, seed)
        self.remote, self.together, self.closing = remote, together, ExitStack()
        self.steps = SumSteps(remote) if together is None else LocalSteps(remote, batch_size or 0)

    def epochs(self, wanted: int) -> History:
        """See ``Run``; the workers then forget the data."""
        with self.closing:
            started = time.perf_counter()
            self.remote.numbers()
            self.history.compiled = compilation_of(self.remote, time.perf_counter() - started)
            return super().epochs(wanted)

    def _order(self) -> Iterator[Epoch]:
        while True:
            yield Epoch(None if self.together is None else self.rng.getrandbits(63), len(self.eager.rows))

    def _count(self, done: int, wanted: int, together: int) -> int:
        return super()._count(done, wanted, together) if self.together is None else self.together


def run_on_cluster(
    model: Module, X: Any, y: Any, loss: Loss, optimizer: Optimizer, penalty: Callable[[list[Any]], Any] | None,
    validation: tuple[Any, Any] | None, metrics: Metrics, batch_size: int | None,
    average_every: int | None, epochs: int, seed: int | None, compiled: bool, *weights: Any,
) -> ClusterRun:  # fmt: skip
    """The run of ``fit`` over collections, all of it checked."""
    if any(weight is not None for weight in weights):
        raise ValueError(WEIGHTED)
    if isinstance(validation, (int, float)):
        raise ValueError(
            f"fit: validation={validation!r} holds out rows that are in this process: of collections of Dask divide X "
            f"and y yourself, and give validation=(X_val, y_val)"
        )
    if batch_size is not None and average_every is None:
        raise ValueError(SHUFFLED.format(size=batch_size))
    if average_every is not None and batch_size is None:
        raise ValueError("fit: average_every is of models that train apart, in batches: give a batch_size too")
    if average_every is not None and epochs % average_every:
        raise ValueError(
            f"fit: after every {average_every} epochs the models are averaged, and epochs={epochs} is no multiple of it"
        )
    workers = Workers(current_client(), PATIENCE)
    workers.check()
    with ExitStack() as stack:  # what goes wrong before the first step closes it: the workers then forget the data

        def crew_of(X: Any, y: Any, which: str) -> Crew:
            crew = Crew(PartActor, workers, aligned(X, y, which), which)
            stack.callback(crew.close)
            return crew

        crew = crew_of(X, y, "fit: ")
        eager = EagerSteps(model, *seen(crew, model, loss, "fit: "), loss, optimizer, penalty)
        remote, plan = Remote(crew, eager, compiled, average_every is not None), Plan(metrics)
        of_held_out: Callable[[], dict[str, float]] | None = None
        if validation is not None and any(map(is_collection, validation)):
            held_out = crew_of(*validation, "fit: validation ")
            seen(held_out, model, loss, "fit: validation ")
            of_held_out = OnWorkers(Remote(held_out, eager, False), plan, True, compiled)
        elif validation is not None:
            rows, targets = check_data(*validation, "validation ")
            check_targets(model, rows, targets, loss, "fit: validation ")
            of_held_out = Measure(model, rows, targets, loss, find_metrics(metrics), compiled)
        of_data = OnWorkers(remote, plan, False, compiled) if metrics else None
        run = ClusterRun(remote, batch_size, average_every, seed)
        run.recorders = recording(of_data, of_held_out)
        run.closing = stack.pop_all()
    return run


class OnWorkers:
    """A function that measures the model as it is at the call, over the parts of a crew."""

    def __init__(self, remote: Remote, plan: Plan, with_loss: bool, repeated: bool) -> None:
        self.remote, self.plan, self._how = remote, plan, (with_loss, repeated)

    def __call__(self) -> dict[str, float]:
        crew, numbers, own = self.remote.crew, self.remote.numbers(), {}
        answers = crew.ask("measure", numbers, self.plan.summaries, *self._how)
        parts = dict(sorted((number, part) for answer in answers for number, part in answer.items()))
        if self.plan.own:
            own = crew.compute(apply, packed(self.plan.own), numbers)
        return self.plan.result(parts.values(), own)


def seen(crew: Crew, model: Module, loss: Loss, which: str) -> tuple[Any, Any]:
    """What the client has of the rows and targets of a crew: zeros in their shape, all of which are the same one.

    ValueError where the parts do not go together.
    """
    import numpy as np

    answers = crew.ask("facts", packed((model, loss)), which)
    facts: dict[int, Facts] = dict(sorted((number, fact) for answer in answers for number, fact in answer.items()))
    full = {number: fact for number, fact in facts.items() if fact.rows}
    if not full:
        raise ValueError(f"{which}X is empty in every part: it must have one row at least")
    first, like = next(iter(full.items()))
    for number, fact in full.items():
        for name, one, other in (("X", fact.row, like.row), ("y", fact.target, like.target)):
            if one != other:
                shapes = (f"{shape[0]} columns" if shape else "single numbers" for shape in (one, other))
                raise ValueError(f"{which}{name}, part {number} has {f' and part {first} has '.join(shapes)}")
    classes = frozenset[float]().union(*(fact.classes for fact in full.values()))
    if {-1.0, 0.0} <= classes:
        text = ", ".join(f"{x:g}" for x in sorted(classes))
        raise ValueError(f"{which}hinge takes targets 0 and 1, or -1 and 1, and here are {text}: of which class is 0?")
    count = sum(fact.rows for fact in full.values())
    rows, targets = (np.broadcast_to(np.zeros(shape), (count, *shape)) for shape in (like.row, like.target))
    return rows, targets
