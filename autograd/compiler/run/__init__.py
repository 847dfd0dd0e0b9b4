"""Running machine code: its lines and tables, its memory.  It needs llvmlite and NumPy."""

from .executable import Executable
from .kernel_workspace import KernelWorkspace
from .machine import InMachineCode
from .machine_steps import StepsInMachineCode

__all__ = ["Executable", "InMachineCode", "KernelWorkspace", "StepsInMachineCode"]
