"""Steps of training by NumPy."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..layout import Backend, FormLayout, Part, StepLayout
from .bound_loop import BoundLoop
from .column_workspace import ColumnWorkspace
from .operations import Operations, run


class StepsInNumPy:
    """The steps of a training laid out."""

    by = "NumPy"

    def __init__(self, layout: StepLayout) -> None:
        self.places, self.cost = layout.places, layout.cost
        self._workspace, self._layouts = layout.workspace, layout.forms
        self._clip, self._update = layout.clip, layout.update
        self.memory: Any = None
        self._forms: list[BoundForm] = []
        self._rule: list[BoundLoop] = []

    def fresh(self) -> StepsInNumPy:
        """See ``TrainingSteps``."""
        twin = copy.copy(self)
        twin.memory = memory = self._workspace.memory()
        twin._forms = [BoundForm(form, memory, self.places.weight) for form in self._layouts]
        twin._rule = [BoundLoop(loop, memory) for loop in (self._clip, self._update) if loop is not None]
        return twin

    def keep(self, key: str, more: dict[str, Any]) -> None:
        """Nothing is written to the disk: there is no code that took long to make."""

    def run(self, part: Part) -> Any:
        """See ``TrainingSteps``."""
        losses = np.empty((len(part.bounds), 2))
        memory, places, loaded = self.memory, self.places, None
        sums = memory[places.sums : places.sums + places.sums_vectors]
        size = (1 + places.states) * places.parameters
        current, changed = (memory[start : start + size] for start in (places.current, places.changed))
        with np.errstate(all="ignore"):
            for step, (start, stop, samples) in enumerate(part.bounds.tolist()):
                if part.begin:
                    sums[:] = 0.0
                    memory[places.weight] = 1.0 / samples
                groups = part.groups[start:stop].tolist()
                for form, first, end in groups:
                    bound = self._forms[form]
                    if part.begin:
                        bound.loop.begin()
                    bound.add_up(part.tables[form], part.order, first, end, fresh=loaded != groups)
                loaded = groups if len(groups) == 1 and bound.holds(end - first) else None
                if not part.finish:
                    continue
                for form, _, _ in groups:
                    self._forms[form].carry_on()
                for loop in self._rule:
                    loop.begin()
                    loop.run(places.parameters)
                losses[step] = memory[places.loss] + memory[places.penalty], memory[places.loss]
                if not (np.isfinite(sums).all() and np.isfinite(changed).all()):
                    return losses[:step]
                current[:] = changed
                memory[places.time] += 1.0
        return losses


class BoundForm:
    """The samples of one form."""

    def __init__(self, layout: FormLayout, memory: Any, weight: int) -> None:
        self._layout, self._memory, self._weight = layout, memory, weight
        self._block = layout.loop.width
        self.loop = BoundLoop(layout.loop, memory)
        self._late = Operations(layout.late, memory, 1)

    def holds(self, samples: int) -> bool:
        """Whether so many samples go through together, and stay in the rows."""
        return samples <= self._block

    def add_up(self, tables: Sequence[Any], order: Any, first: int, end: int, fresh: bool) -> None:
        """The losses and gradients of some samples, which ``fresh`` says are to be read."""
        for start in range(first, end, self._block):
            stop = min(start + self._block, end)
            if fresh:
                self._load(tables, slice(start, stop) if order is None else order[start:stop], stop - start)
            self.loop.run(stop - start)

    def _load(self, tables: Sequence[Any], which: Any, samples: int) -> None:
        """Fill the input rows, and the weights."""
        memory, place = self._memory, self._layout.first_row
        stride = self._layout.loop.stride
        for table in tables:
            some = table[which]
            columns = some.shape[1] if some.ndim > 1 else 1
            rows = np.ndarray((columns, samples), np.float64, memory, 8 * place, (8 * stride, 8))
            rows[:] = some.T
            place += columns * stride
        start = self._layout.weights_row
        memory[start : start + samples] = memory[self._weight]

    def carry_on(self) -> None:
        """The gradients of the edge, on to the parameters."""
        memory, layout = self._memory, self._layout
        for i, place in enumerate(layout.cotangents):
            memory[place] = memory[layout.edge + i]
        run(self._late.packs)
        run(self._late.operations)


NUMPY = Backend(ColumnWorkspace, StepsInNumPy, lambda together, forms: False, lambda key: None)
