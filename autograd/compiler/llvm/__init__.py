"""Machine code: instructions, kernels and the loops around them.  It needs llvmlite."""

from .codegen import Kernels, lanes
from .emitter import LINE
from .kernels import TILE, outer_tile
from .records import (
    Arguments,
    EvaluateJob,
    Form,
    GatherArguments,
    LogSumExpArguments,
    MatVecArguments,
    OuterArguments,
    PackArguments,
    PieceArguments,
    RowDotArguments,
    ScatterArguments,
    Source,
    TrainJob,
)

__all__ = [
    "LINE", "TILE", "Arguments", "EvaluateJob", "Form", "GatherArguments", "Kernels", "LogSumExpArguments",
    "MatVecArguments", "OuterArguments", "PackArguments", "PieceArguments", "RowDotArguments", "ScatterArguments",
    "Source", "TrainJob", "lanes", "outer_tile",
]  # fmt: skip
