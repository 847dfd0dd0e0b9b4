"""Running machine code: where its numbers lie, its lines and tables, its memory.  It needs llvmlite and NumPy."""

from .assembly import Assembly, Line, Places
from .executable import Executable, address
from .feeding import Part, parts, sources
from .machine import InMachineCode
from .one_sample import few
from .sample_loop import Loop
from .storing import Kept, keep, kept
from .workspace import Workspace, allocate, row_stride

__all__ = [
    "Assembly", "Executable", "InMachineCode", "Kept", "Line", "Loop", "Part", "Places", "Workspace", "address",
    "allocate", "few", "keep", "kept", "parts", "row_stride", "sources",
]  # fmt: skip
