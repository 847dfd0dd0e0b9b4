"""From templates to machine code.  The only file that knows llvmlite."""

from __future__ import annotations

import ctypes
import platform
from collections.abc import Mapping
from functools import cache
from typing import Any

import llvmlite.binding as llvm

from .driver import train
from .emitter import Emitter
from .grouping import Template
from .kernels import kernels
from .lowering import LOWERINGS


class Machine:
    """Compiled code: the address of each kernel by its name, alive as long as this object."""

    def __init__(self, ir: str) -> None:
        module = llvm.parse_assembly(ir)
        module.verify()
        self._engine = llvm.create_mcjit_compiler(module, _target_machine())
        self._engine.finalize_object()
        self.ir = ir

    def address(self, name: str) -> int:
        return int(self._engine.get_function_address(name))

    def kernel(self, name: str) -> Any:
        """A kernel as a function of (base, tables, lanes, args) that runs without the GIL."""
        signature = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_void_p)
        return signature(self.address(name))


def build(templates: Mapping[Template, str]) -> Machine:
    """Compile the kernels, the driver and one function for each template."""
    functions = vector_functions()
    emitters = kernels(lanes(), functions)
    emitters += [piece(Emitter(name, lanes(), functions), template) for template, name in templates.items()]
    emitters.append(train(Emitter("train", lanes(), functions)))
    declarations = sorted(set().union(*(e.declarations for e in emitters)))
    return _machine("\n".join([*declarations, *(e.text() for e in emitters)]))


@cache
def _machine(ir: str) -> Machine:
    return Machine(ir)


def piece(e: Emitter, template: Template) -> Emitter:
    """args: units, table.  The table has a column for each row, scalar and output, one offset for each unit."""
    units, table = e.argument(0), e.argument(1)
    used = [operand for _, operands in template.steps for operand in operands]
    rows = 1 + max((int(str(i)) for kind, i in used if kind == "row"), default=-1)
    scalars = 1 + max((int(str(i)) for kind, i in used if kind == "scalar"), default=-1)

    def unit(u: str) -> None:
        def column(c: int) -> str:
            return e.table(e.integer("add", table, e.integer("mul", units, c)), u)

        row_places = [column(c) for c in range(rows)]
        spread = [e.spread(e.load_scalar(column(rows + c))) for c in range(scalars)]
        out_places = [column(rows + scalars + c) for c in range(len(template.stored))]

        def vector(lane: str) -> None:
            values = {"row": [e.load(place, lane) for place in row_places], "scalar": spread, "step": []}
            for name, operands in template.steps:
                names = [
                    e.constant(float(str(v))) if kind == "constant" else values[kind][int(str(v))]
                    for kind, v in operands
                ]
                values["step"].append(names[0] if name == "copy" else LOWERINGS[name](e, *names))
            for place, step in zip(out_places, template.stored, strict=True):
                e.store(values["step"][step], place, lane)

        e.loop("%lanes", vector, step=e.lanes)

    e.loop(units, unit)
    return e


@cache
def lanes() -> int:
    """Doubles in a vector register of this processor."""
    features = llvm.get_host_cpu_features()
    if features.get("avx512f"):
        return 8
    return 4 if features.get("avx2") else 2


@cache
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
    for name in ("acos", "asin", "atan", "cos", "cosh", "erf", "exp", "expm1", "log", "log1p", "sin", "sinh", "tan",
                 "tanh", "atan2", "hypot", "pow"):  # fmt: skip
        arguments = "vv" if name in ("atan2", "hypot", "pow") else "v"
        symbol = f"_ZGV{letter}N{lanes()}{arguments}_{name}"
        try:
            function = getattr(library, symbol)
        except AttributeError:
            continue
        llvm.add_symbol(symbol, ctypes.cast(function, ctypes.c_void_p).value)
        found[name] = symbol
    return found


def _target_machine() -> Any:
    """A description of this processor; a new one each time, as an engine owns the one it is given."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    target = llvm.Target.from_default_triple()
    return target.create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=llvm.get_host_cpu_features().flatten(), opt=2
    )
