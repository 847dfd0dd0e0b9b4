"""Machine code: instructions, kernels and the loops around them.  It needs llvmlite."""

from .codegen import Kernels, lanes
from .emitter import LINE
from .kernels import TILE, MatVecThen, OwnKernel, outer_tiles
from .records import (
    Arguments,
    EvaluateJob,
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
    "LINE", "TILE", "Arguments", "EvaluateJob", "GatherArguments", "Kernels", "LogSumExpArguments", "MatVecArguments",
    "MatVecThen", "OuterArguments", "OwnKernel", "PackArguments", "PieceArguments", "RowDotArguments",
    "ScatterArguments", "Source", "TrainJob", "lanes", "outer_tiles",
]  # fmt: skip
