"""What is computed together: equations become calls over many samples."""

from .calls import (
    ONES,
    UNIT,
    WASTE,
    ZERO,
    Call,
    Elementwise,
    Epilogue,
    Filler,
    Gather,
    LogSumExp,
    MatVec,
    Number,
    Operand,
    Outer,
    Plan,
    Row,
    RowDot,
    Scalar,
    Scatter,
    Spread,
    Step,
    Template,
    reads,
    row_of,
    writes,
)
from .one_sample import Accumulation, OneSamplePlan, SharedWeights, for_one_sample
from .pieces import LoopPlan, plan_loop
from .sums import Indexed, Products, rows_of

__all__ = [
    "ONES", "UNIT", "WASTE", "ZERO", "Accumulation", "Call", "Elementwise", "Epilogue", "Filler", "Gather", "Indexed",
    "LogSumExp", "LoopPlan", "MatVec", "Number", "OneSamplePlan", "Operand", "Outer", "Plan", "Products", "Row",
    "RowDot", "Scalar", "Scatter", "SharedWeights", "Spread", "Step", "Template",
    "for_one_sample", "plan_loop", "reads", "row_of", "rows_of", "writes",
]  # fmt: skip
