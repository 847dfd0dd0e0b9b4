"""Running machine code: where its numbers lie, its lines and tables, its memory.  It needs llvmlite and NumPy."""

from .assembly import Assembly, Line, Places
from .executable import Executable, address
from .feeding import Part, parts, sources
from .machine import InMachineCode
from .sample_loop import Loop
from .workspace import Workspace, allocate, row_stride

__all__ = [
    "Assembly", "Executable", "InMachineCode", "Line", "Loop", "Part", "Places", "Workspace", "address", "allocate",
    "parts", "row_stride", "sources",
]  # fmt: skip
