"""PartActor: it lives on a worker, holds parts and the compiled sums over them, and answers the client's questions.

Nothing of an answer depends on the questions before it: a part that is held elsewhere tomorrow gives the same bits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from autograd import NonFiniteError, TraceError, located, topological_order
from autograd.compiler import NotCompilable, Samples

from ...data import loss_of_sample
from ...evaluation import Measure, check_targets
from ...losses import hinge
from ...samples import row_of
from ..eager import EagerSteps, Epoch, loss_of_row
from .additions import Node, merged
from .answers import Facts, Failure, Ready, told
from .assignment import Assignment, reach_of, seed_for_part, unpacked
from .measures import Measured, all_of, applied, summary_of
from .partitions import Part


class PartActor:
    """Parts by their numbers, of ``whole`` in all, and what is computed over them.

    Every answer of sums is a mapping of nodes to vectors, see ``additions``.
    """

    def __init__(self, whole: int, numbers: Sequence[int], *parts: Part) -> None:
        self.whole, self.parts = whole, dict(zip(numbers, parts, strict=True))
        self.full = {number: part for number, part in self.parts.items() if len(part.rows)}
        self.assignment: Assignment | None = None
        self.training: Any = None  # the compiled sums; None where they are eager
        self.local: Any = None  # the steps of a training apart
        self.measures: dict[Any, Any] = {}

    def here(self) -> str:
        """The address of the worker where this actor is."""
        from distributed import get_worker

        return str(get_worker().address)

    @told
    def facts(self, sent: bytes, which: str) -> dict[int, Facts]:
        """What is to be known of each part; ValueError for targets that the loss cannot mean."""
        model, loss = unpacked(sent)
        found = {}
        for number, part in self.parts.items():
            classes = frozenset[float]()
            if len(part.rows):
                check_targets(model, *part, loss, f"{which}part {number}, ")
                if loss is hinge:
                    classes = frozenset(part.targets.ravel().tolist())
            found[number] = Facts(len(part.rows), part.rows.shape[1:], part.targets.shape[1:], classes)
        return found

    # --- sums over all rows ---------------------------------------------------------------------------------------

    @told
    def prepare(self, data: bytes) -> Ready:
        """Take an assignment, and compile its sums."""
        self.assignment = given = unpacked(data)
        self.training = self.local = None
        self.measures = {}
        if not self.full:
            return Ready(0)
        first = next(iter(self.full.values()))
        self._refuse_own_values(given, first)
        if not given.compiled:
            return Ready(None)
        try:
            training = self._compile(given, first)
            return Ready(training.compiled.operations, by=training.steps.by)
        except (NotCompilable, TraceError) as error:
            return Ready(None, str(error))
        except ImportError as error:
            return Ready(None, f"on a worker {error.name} is not installed")

    def _compile(self, given: Assignment, first: Part) -> Any:
        """Compile the sums, or the steps of a training apart."""
        from autograd.compiler import Training

        if given.apart:
            from ..compiled import CompiledSteps

            steps = CompiledSteps(self._eager(given, first))
            training = steps.training
        else:
            sample = loss_of_sample(given.model, given.loss)
            training = Training(sample, [Samples(first)], given.moved)
        known = {id(generator) for generator in given.generators}
        if not known.issuperset(map(id, training.generators)):
            raise NotCompilable(
                "random numbers are drawn from a generator that is no attribute of a module of the model, so that each "
                "worker would draw the same: make it one"
            )
        if given.apart:
            self.local = steps
        else:
            self.training = training
        return training

    def _eager(self, given: Assignment, part: Part) -> EagerSteps:
        return EagerSteps(given.model, *part, given.loss, given.optimizer, given.penalty)

    def _refuse_own_values(self, given: Assignment, first: Part) -> None:
        known = {id(leaf) for leaf in given.leaves}
        reach = reach_of(given.model, given.loss, *first)
        if any(id(leaf) not in known for leaf in reach.leaves):
            raise ValueError(
                f"fit: the loss or the model uses a Value that stands in a module, where each worker has one of its "
                f"own: make it an attribute of the model. It runs {reach.code()}"
            )

    @told
    def sums(self, epoch: int, numbers: Any, seeds: Sequence[int]) -> dict[Node, Any]:
        """Of each part (Σ loss, whether some loss is seen to depend on a moved parameter, Σ gradient) over its rows."""
        given = self._given(numbers)
        if self.training is not None:
            self.training.load()
        found: dict[Node, Any] = {}
        for number, part in self.full.items():
            seed_for_part(given.generators, seeds, number)
            found[0, number] = self._sum(given, part, f"fit: epoch {epoch}, part {number}")
        return self._merged(found, 2 + len(given.moved))

    def _sum(self, given: Assignment, part: Part, where: str) -> Any:
        import numpy as np

        rows = len(part.rows)
        if self.training is None:
            return _eager_sum(given, part, range(rows), where)
        losses = self.training.run(tuple(part), None, [[0, rows]])
        if len(losses):
            return np.concatenate([[losses[0, 1], 0.0], self.training.gradient()]) * rows
        # Something is not finite.  The first row of which that is true alone raises, or turns out to be finite.
        alone = np.stack([np.arange(rows), np.arange(1, rows + 1)], axis=1)
        fine = len(self.training.run(tuple(part), None, alone))
        _eager_sum(given, part, range(fine, min(fine + 1, rows)), where)
        return _eager_sum(given, part, range(rows), where)

    def _given(self, numbers: Any) -> Assignment:
        given = self.assignment
        assert given is not None
        for leaf, x in zip(given.leaves, numbers.tolist(), strict=True):
            leaf._data = x
        return given

    def _merged(self, found: dict[Node, Any], size: int) -> dict[Node, Any]:
        import numpy as np

        empty = {(0, number): np.zeros(size) for number in self.parts.keys() - self.full.keys()}
        return merged(found | empty, self.whole)

    # --- local training -------------------------------------------------------------------------------------------

    @told
    def train(
        self, first: int, numbers: Any, lr: float, steps: Sequence[int], state: Any, seeds: Sequence[int],
        size: int, orders: Sequence[int],
    ) -> dict[Node, Any]:  # fmt: skip
        """Train on each part alone, from the same parameters; of each, times its rows, what it came to.

        That is the objective of each epoch, the data loss of each, then every parameter of the optimiser, its state,
        its steps.  ``orders`` has the seed of each epoch's order of the rows.
        """
        import numpy as np

        found: dict[Node, Any] = {}
        epochs, moved = len(orders), len(steps)
        width = 2 * epochs + moved * (2 + state.shape[1])
        for number, part in self.full.items():
            given, rows = self._given(numbers), len(part.rows)
            seed_for_part(given.generators, seeds, number)
            optimizer = given.optimizer
            optimizer.lr, optimizer.t, optimizer.state = lr, [*steps], [*map(tuple, state.tolist())]
            shuffled = [
                Epoch(np.random.default_rng([seed, number]).permutation(rows), min(size, rows)) for seed in orders
            ]
            with located(f"fit: part {number}"):
                losses = self._steps_on(given, part).run(first, shuffled)
            vector = np.concatenate([
                np.ravel(losses), [p.data for p in optimizer.parameters], np.ravel(optimizer.state), optimizer.t,
            ])  # fmt: skip
            found[0, number] = vector * rows
        return self._merged(found, width)

    def _steps_on(self, given: Assignment, part: Part) -> Any:
        """The steps of a training in memory, on this part."""
        if self.local is None:
            self.local = self._eager(given, part)
        steps = self.local
        eager = getattr(steps, "eager", steps)
        eager.rows, eager.targets = part
        steps.tables = tuple(part)
        return steps

    # --- measurements ---------------------------------------------------------------------------------------------

    @told
    def measure(
        self, numbers: Any, summaries: Mapping[str, Callable[..., Any]], with_loss: bool, repeated: bool
    ) -> dict[int, Measured]:
        """Of each part the mean loss, and what the summaries give."""
        given, found = self._given(numbers), {}
        for number, part in self.full.items():
            key = (number, *summaries)
            if key not in self.measures:
                loss = given.loss if with_loss else None
                self.measures[key] = Measure(given.model, *part, loss, summaries, repeated)
            with located(f"part {number}"):
                found[number] = summary_of(self.measures[key], len(part.rows))
        return found


def apply(own: bytes, numbers: Any, actors: Sequence[Any]) -> Any:
    """On one worker: what functions of the user's make of the outputs and targets of all parts."""
    calls = [actor.measure(numbers, {"": all_of}, False, True) for actor in actors]
    parts: dict[int, Any] = {}
    for call in calls:
        answer = call.result()
        if isinstance(answer, Failure):
            return answer
        parts |= answer
    return told(lambda: applied(unpacked(own), [part[""] for _, part in sorted(parts.items())]))()


def _eager_sum(given: Assignment, part: Part, rows: range, where: str) -> Any:
    """See ``sums``, row after row; what goes wrong is told with the row."""
    import numpy as np

    for p in given.moved:
        p.grad = 0.0
    whole, live, moved = 0.0, False, {*given.moved}
    for i in rows:
        with located(f"{where}, row {i}", row_of(part[0], i)):
            one = loss_of_row(given.model, given.loss, *part, i)
            if one.requires_grad:
                one.backward()
            if not all(math.isfinite(p.grad) for p in given.moved):
                raise NonFiniteError("a gradient is not finite; nothing was updated")
            whole, live = whole + one.data, live or not moved.isdisjoint(topological_order(one))
    return np.array([whole, live, *(p.grad for p in given.moved)])
