"""Running machine code: where its numbers lie, its lines and tables, its memory.  It needs llvmlite and NumPy."""

from .executable import Executable
from .lines import Assembly, Line, Places
from .loop import Loop
from .machine import InMachineCode
from .workspace import Workspace, allocate, row_stride

__all__ = ["Assembly", "Executable", "InMachineCode", "Line", "Loop", "Places", "Workspace", "allocate", "row_stride"]
