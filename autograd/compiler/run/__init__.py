"""Running machine code: its lines and tables, its memory.  It needs llvmlite and NumPy."""

from .executable import Executable
from .machine import InMachineCode
from .machine_steps import MACHINE_CODE, StepsInMachineCode

__all__ = ["MACHINE_CODE", "Executable", "InMachineCode", "StepsInMachineCode"]
