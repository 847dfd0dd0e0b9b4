"""From templates to machine code.  The only file that knows llvmlite."""

from __future__ import annotations

import ctypes
import ctypes.util
import functools
import os
import platform
import sys
from collections.abc import Iterable, Mapping
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
    """The machine code of some modules of LLVM IR, loaded for as long as this object lives."""

    def __init__(self, *modules: str) -> None:
        self.ir = "\n\n".join(modules)
        self._engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), _target_machine())
        for ir in modules:
            self._engine.add_object_file(llvm.ObjectFileRef.from_data(object_code(ir)))
        self._engine.finalize_object()

    def address(self, name: str) -> int:
        return int(self._engine.get_function_address(name))


_machines: WeakValueDictionary[tuple[str, ...], Machine] = WeakValueDictionary()


def machine(*modules: str) -> Machine:
    """The machine of some IR: one for all programs that need it, freed with the last of them."""
    found = _machines.get(modules)
    if found is None:
        found = _machines[modules] = Machine(*modules)
    return found


def kernels_of(called: Iterable[str], own: Mapping[OwnKernel, str]) -> Machine:
    """The kernels that a program calls, by their names: those that every program shares, and its own.

    Each is a module of its own, so that it is compiled once, and found on the disk by the next program that calls it.
    """
    names = {*called}
    shared = shared_modules(lanes(), frozenset(vector_functions().items()))
    own_modules = [own_ir({kernel: name}, lanes(), vector_functions()) for kernel, name in own.items()]
    return machine(*[shared[name] for name in sorted(names & shared.keys())], *own_modules)


@functools.cache
def shared_modules(lanes: int, functions: frozenset[tuple[str, str]]) -> dict[str, str]:
    """The kernels and drivers that are the same for every program, each as a module."""
    drivers = {"train": train, "shares": shares, "join_shares": join_shares, "evaluate": evaluate}
    written = [write(Emitter(name, lanes, dict(functions))) for name, write in drivers.items()]
    return {emitter.name: _module([emitter]) for emitter in [*kernels(lanes, dict(functions)), *written]}


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


@functools.cache
def _compiler() -> Any:
    """The one for all modules: to make it takes as long as to compile a small one."""
    return _target_machine()


@functools.cache
def _processor() -> tuple[str, ...]:
    """What code depends on beside its IR: the processor, and who compiles."""
    version = ".".join(map(str, llvm.llvm_version_info))
    features = llvm.get_host_cpu_features().flatten()
    return llvm.get_host_cpu_name(), features, llvmlite.__version__, version, str(OPTIMISATION)


def object_code(ir: str) -> bytes:
    """The IR compiled for this processor: from the disk, where it was compiled before."""
    code = cache.load(ir, *_processor())
    if code is None:
        module = llvm.parse_assembly(ir)
        module.verify()
        code = bytes(_compiler().emit_object(module))
        cache.store(code, ir, *_processor())
    return code
