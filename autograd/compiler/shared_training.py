"""What trainings of one structure share: the steps made for one serve the next, in this process or another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ..program import Reach, Recent
from ..value import Value
from .layout import TrainingSteps
from .plan import Plan


class Compiled(NamedTuple):
    """The steps of a training, and whose they are.

    ``captured`` are the places of Values that are no parameters and are read anew in every call, ``reached`` the
    parameters that get a gradient, ``made_for`` is what the loss reached when it was traced.
    """

    steps: TrainingSteps
    plan: Plan
    operations: int
    captured: Mapping[Value, int]
    reached: Sequence[Value]
    generators: Sequence[Any]
    made_for: Reach

    def shared(self, parameters: Sequence[Value], walks: Sequence[Reach]) -> Shared | None:
        """What others can take of it; None where it uses a Value or generator that no walk has met."""
        places = {p: i for i, p in enumerate(parameters)}
        numbers = {leaf: (walk, i) for walk, of in enumerate(walks) for i, leaf in enumerate(of.leaves)}
        drawn = {id(generator): i for i, generator in enumerate(walks[0].generators)}
        if not numbers.keys() >= self.captured.keys() or not {*map(id, self.generators)} <= drawn.keys():
            return None
        return Shared(
            self.steps,
            self.plan,
            self.operations,
            [(*numbers[leaf], place) for leaf, place in self.captured.items()],
            [places[p] for p in self.reached],
            [drawn[id(generator)] for generator in self.generators],
        )


class Shared(NamedTuple):
    """What trainings of one structure have in common: all but Values, generators, and what they reach.

    These are kept by their places: among the parameters, in the walks through what loss, rule and penalty reach.
    """

    steps: TrainingSteps
    plan: Plan
    operations: int
    captured: Sequence[Sequence[int]]  # the walk, the number of the Value in it, its place in the workspace
    reached: Sequence[int]
    generators: Sequence[int]

    def bound(self, parameters: Sequence[Value], walks: Sequence[Reach]) -> Compiled:
        """The steps of a training of these parameters, by the walks through what it reaches."""
        return Compiled(
            self.steps,
            self.plan,
            self.operations,
            {walks[walk].leaves[i]: place for walk, i, place in self.captured},
            [parameters[i] for i in self.reached],
            [walks[0].generators[i] for i in self.generators],
            walks[0],
        )

    def keep(self, key: str) -> None:
        """Write it to the disk, but for the plan."""
        more = {name: x for name, x in self._asdict().items() if name not in ("steps", "plan")}
        self.steps.keep(key, more)


RECENT: Recent[Shared] = Recent()
