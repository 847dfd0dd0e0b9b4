"""A program over many samples, laid out in a workspace."""

from __future__ import annotations

from collections.abc import Mapping

from ..plan import UNIT, ZERO, LoopPlan, Scalar, for_one_sample, row_of
from .assembly import Assembly, Places
from .one_sample import OneSample
from .workspace import Workspace, allocate, block_size, row_stride


class Loop:
    """A program as lines of code: ``once`` for what is alike for all samples, ``each`` for what differs.

    ``places`` says where everything lies, ``width`` how long a row is, ``stride`` how far it is to the next one.
    """

    def __init__(
        self,
        workspace: Workspace,
        plan: LoopPlan,
        leaves: Mapping[int, int],
        *,
        sums: Mapping[int | None, int] | None = None,
        fixed: Mapping[int, int] | None = None,
        width: int | None = None,
        alone: bool = False,
    ) -> None:
        """``leaves`` and ``sums`` are the places of those; ``fixed`` are rows that lie somewhere already.

        A row is as long as a block of samples, unless ``width`` says otherwise; or one sample goes through ``alone``.
        """
        scalars: dict[Scalar, int] = {ZERO: workspace.zero, UNIT: workspace.one}
        scalars |= dict(leaves.items())
        scalars |= {v: workspace.constant(x) for v, x in plan.constants.items()}
        before = workspace.rows(allocate(plan.once, (), {*plan.uniform}), workspace.lanes)
        once = Assembly(plan.once, Places(before, scalars, {}), workspace)
        scalars |= {v: before[v] for v in plan.uniform}

        each: Assembly | OneSample
        if alone:
            self.width = self.stride = 1
            each = OneSample(for_one_sample(plan.each), plan.inputs, scalars, sums or {}, workspace)
            self.places = Places(each.rows, scalars, sums or {})
        else:
            numbers = allocate(plan.each, plan.inputs, plan.kept)
            self.width = width or block_size(max(numbers.values()) + 1, workspace.lanes)
            self.stride = row_stride(self.width)
            rows = workspace.rows(numbers, self.width)
            rows |= {row_of(v, plan.scalars): place for v, place in (fixed or {}).items()}
            self.places = Places(rows, scalars, sums or {})
            each = Assembly(plan.each, self.places, workspace)
        self.once, self.each = [*once.packs, *once.lines, *each.packs], each.lines
        self._scalars = plan.scalars

    def row(self, v: int) -> int:
        """The place of the row of a variable that is kept."""
        return self.places.rows[row_of(v, self._scalars)]
