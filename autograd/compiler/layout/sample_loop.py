"""A program over many samples, laid out in a workspace."""

from __future__ import annotations

from collections.abc import Mapping

from ..plan import UNIT, ZERO, LoopPlan, Scalar, for_one_sample, row_of
from .side_by_side import side_by_side
from .workspace import Places, Section, Workspace, row_stride


class Loop:
    """A program in its places: ``once`` for what is alike for all samples, ``each`` for what differs.

    ``width`` says how long a row is, ``stride`` how far it is from one to the next.
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

        A row is as long as a block of samples, unless ``width`` says otherwise; or it is one number, where every sample
        goes through ``alone``.
        """
        scalars: dict[Scalar, int] = {ZERO: workspace.zero, UNIT: workspace.one}
        scalars |= dict(leaves.items())
        scalars |= {v: workspace.constant(x) for v, x in plan.constants.items()}
        before = workspace.rows(workspace.allocate(plan.once, (), {*plan.uniform}), workspace.lanes)
        self.once = Section(plan.once, Places(before, {**scalars}, {}))
        scalars |= {v: before[v] for v in plan.uniform}

        self.alone = alone
        if alone:
            self.width = self.stride = 1
            for_one = for_one_sample(plan.each, plan.constants)
            rows = side_by_side(for_one, plan.inputs, workspace)
        else:
            numbers = workspace.allocate(plan.each, plan.inputs, plan.kept)
            self.width = width or workspace.block_size(max(numbers.values()) + 1)
            self.stride = row_stride(self.width)
            rows = workspace.rows(numbers, self.width)
        rows |= {row_of(v, plan.scalars): place for v, place in (fixed or {}).items()}
        places = Places(rows, scalars, sums or {})
        self.each = Section(for_one, places) if alone else Section(plan.each, places)
        self._scalars = plan.scalars

    def row(self, v: int) -> int:
        """The place of the row of a variable that is kept."""
        return self.each.places.rows[row_of(v, self._scalars)]
