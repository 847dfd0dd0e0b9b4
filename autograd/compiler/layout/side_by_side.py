"""One sample in a workspace: a row is one number, and the numbers that a call writes lie side by side."""

from __future__ import annotations

from collections.abc import Sequence

from ..plan import ONES, WASTE, Accumulation, Elementwise, OneSamplePlan, Row, RowDot, Scatter, SharedWeights
from .workspace import Workspace


def fewest(lanes: int) -> int:
    """How many samples must lie in the lanes for that to be faster than one after the other: half of them, about."""
    return max(lanes // 2, 2)


def side_by_side(plan: OneSamplePlan, inputs: Sequence[int], workspace: Workspace) -> dict[Row, int]:
    """The places of all rows: first the inputs, then what is written, call by call.

    What is left of the last vector of a call is nobody's, as kernels write whole vectors.  No place is used again, so
    that what is written one after the other and read together lies side by side, too.
    """
    rows: dict[Row, int] = {ONES: workspace.one}
    longest = 0  # of the rows that kernels may write without need

    def place(written: Sequence[Row], more: int = 0) -> None:
        start = workspace.take(len(written) + more)
        rows.update((row, start + i) for i, row in enumerate(written))

    place(inputs)
    for call in plan.calls:
        match call:
            case SharedWeights(products):
                units = len(products[0].outputs)
                place([row for product in products for row in product.outputs], -units % workspace.lanes)
                longest = max(longest, units)
            case Elementwise(outputs=units_of_call):
                for column in zip(*units_of_call, strict=True):
                    place(column)
            case Accumulation(places=places):
                longest = max(longest, len(places[0]))
            case Scatter() | RowDot(adding=True):
                pass
            case _:
                place(call.outputs)
    rows[WASTE] = workspace.take(longest)
    return rows
