"""Running machine code: where its numbers lie, its lines and tables, its memory.  It needs llvmlite and NumPy."""

from .assembly import Assembly, Line, Places
from .costs import Cost, nanoseconds
from .executable import Executable, address
from .feeding import Part, parts, sources
from .machine import InMachineCode
from .sample_loop import Loop
from .shares import Desks, run_in_shares
from .storing import Kept, keep, kept
from .workspace import Workspace, allocate, row_stride

__all__ = [
    "Assembly", "Cost", "Desks", "Executable", "InMachineCode", "Kept", "Line", "Loop", "Part", "Places", "Workspace", "address",
    "allocate", "keep", "kept", "nanoseconds", "parts", "row_stride", "run_in_shares",
    "sources",
]  # fmt: skip
