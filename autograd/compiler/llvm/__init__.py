"""Machine code: instructions, kernels and the loops around them.  It needs llvmlite."""

from .cache import load as from_disk
from .cache import store as to_disk
from .codegen import Machine, kernels_of, lanes
from .emitter import LINE
from .kernels import TILE, MatVecThen, OwnKernel, outer_rows, outer_tiles, vectors_together
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
    RepeatArguments,
    RowDotArguments,
    ScatterArguments,
    Source,
    TrainJob,
    TurnArguments,
)

__all__ = [
    "LINE", "TILE", "Arguments", "EvaluateJob", "Form", "GatherArguments", "LogSumExpArguments", "Machine",
    "MatVecArguments", "MatVecThen", "OuterArguments", "OwnKernel", "PackArguments", "PieceArguments",
    "RepeatArguments", "RowDotArguments", "ScatterArguments", "Source", "TrainJob", "TurnArguments", "from_disk",
    "kernels_of", "lanes", "outer_rows", "outer_tiles", "to_disk", "vectors_together",
]  # fmt: skip
