"""From templates to machine code.  The only file that knows llvmlite."""

from __future__ import annotations

import ctypes
import ctypes.util
import functools
import os
import platform
import sys
from collections.abc import Mapping
from typing import Any
from weakref import WeakValueDictionary

import llvmlite
import llvmlite.binding as llvm

from . import cache
from .driver import evaluate, join_shares, shares, train
from .emitter import Emitter
from .instructions import FUNCTIONS
from .kernels import OwnKernel, kernels, own_kernel

OPTIMISATION = 2  # of the code generator; the passes before it are not run, as they take longer than all the rest


class Machine:
    """The machine code of a module of LLVM IR, loaded for as long as this object lives."""

    def __init__(self, ir: str) -> None:
        self.ir = ir
        self._engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), _target_machine())
        self._engine.add_object_file(llvm.ObjectFileRef.from_data(object_code(ir)))
        self._engine.finalize_object()

    def address(self, name: str) -> int:
        return int(self._engine.get_function_address(name))


class Kernels:
    """The kernels of a program: those that every program shares, and its own by what they compute."""

    def __init__(self, own: Mapping[OwnKernel, str]) -> None:
        self._shared = machine(shared_ir(lanes(), vector_functions()))
        self._own = machine(own_ir(own, lanes(), vector_functions())) if own else None
        self._names = {*own.values()}

    def address(self, name: str) -> int:
        own = self._own if name in self._names else None
        return (own or self._shared).address(name)

    @property
    def ir(self) -> str:
        return "\n\n".join(m.ir for m in (self._own, self._shared) if m)


_machines: WeakValueDictionary[str, Machine] = WeakValueDictionary()


def machine(ir: str) -> Machine:
    """The machine of some IR: one for all programs that need it, freed with the last of them."""
    found = _machines.get(ir)
    if found is None:
        found = _machines[ir] = Machine(ir)
    return found


def shared_ir(lanes: int, functions: Mapping[str, str]) -> str:
    """The kernels and drivers that are the same for every program."""
    drivers = {"train": train, "shares": shares, "join_shares": join_shares, "evaluate": evaluate}
    written = [write(Emitter(name, lanes, functions)) for name, write in drivers.items()]
    return _module([*kernels(lanes, functions), *written])


def own_ir(own: Mapping[OwnKernel, str], lanes: int, functions: Mapping[str, str]) -> str:
    """The kernels of one program."""
    return _module([own_kernel(Emitter(name, lanes, functions), kernel) for kernel, name in own.items()])


def _module(emitters: list[Emitter]) -> str:
    declarations = sorted(set().union(*(e.declarations for e in emitters)))
    return "\n".join([*declarations, *(e.text() for e in emitters)])


# --- the processor at hand -------------------------------------------------------------------------------------


@functools.cache
def lanes() -> int:
    """Doubles in a vector register of this processor."""
    features = llvm.get_host_cpu_features()
    if features.get("avx512f"):
        return 8
    return 4 if features.get("avx2") else 2


@functools.cache
def vector_functions() -> dict[str, str]:
    """The C library's vector functions for this processor, by name; none where there is no libmvec."""
    found: dict[str, str] = {}
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        return found
    try:
        library = ctypes.CDLL("libmvec.so.1")
    except OSError:
        return found
    letter = {8: "e", 4: "d", 2: "b"}[lanes()]
    for name, arguments in FUNCTIONS.items():
        symbol = f"_ZGV{letter}N{lanes()}{'v' * arguments}_{name}"
        if _add_symbol(library, symbol):
            found[name] = symbol
    return found


@functools.cache
def _initialize() -> None:
    """Once a process: the code generator, and the C library's functions under their names."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    name = "ucrtbase" if sys.platform == "win32" else ctypes.util.find_library("m")
    library = ctypes.CDLL(name)  # None: what the process has loaded
    for function in FUNCTIONS:
        if not _add_symbol(library, function):
            raise LookupError(f"the C library has no function {function!r}, which a row of the table names")


def _add_symbol(library: ctypes.CDLL, name: str) -> bool:
    """Tell LLVM where a function is, if the library has it."""
    try:
        function = getattr(library, name)
    except AttributeError:
        return False
    llvm.add_symbol(name, ctypes.cast(function, ctypes.c_void_p).value)
    return True


def _survive_forks() -> None:
    """Let no fork happen while another thread is in LLVM: its lock would be held in the child for ever.

    llvmlite lets one thread at a time in, by a lock that it keeps to itself.
    """
    lock = getattr(llvm.ffi.lib, "_lock", None)
    if lock is not None and hasattr(os, "register_at_fork"):
        leave = functools.partial(lock.__exit__, None, None, None)
        os.register_at_fork(before=lock.__enter__, after_in_parent=leave, after_in_child=leave)


_survive_forks()


def _target_machine() -> Any:
    """A description of this processor; a new one each time, as an engine owns the one it is given."""
    _initialize()
    return llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=llvm.get_host_cpu_features().flatten(), opt=OPTIMISATION
    )


def object_code(ir: str) -> bytes:
    """The IR compiled for this processor: from the disk, where it was compiled before."""
    version = ".".join(map(str, llvm.llvm_version_info))
    key = (ir, llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten(), llvmlite.__version__, version)
    code = cache.load(*key, str(OPTIMISATION))
    if code is None:
        target = _target_machine()
        module = llvm.parse_assembly(ir)
        module.verify()
        code = bytes(target.emit_object(module))
        cache.store(code, *key, str(OPTIMISATION))
    return code
