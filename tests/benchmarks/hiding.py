"""As if llvmlite were not installed: for tests, and for what takes turns with machine code in one process."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from autograd.compiler import compiled_function, fallback, shared_training

# What is imported anew, and then needs llvmlite.
MACHINE_CODE = ("llvm", "llvm.codegen", "run", "run.executable", "run.kernel_workspace")
INSTALL = "Install it with: python -m pip install llvmlite"
SAID = f"{fallback.BY_NUMPY}: llvmlite is not installed. {INSTALL}"

Programs = list[dict[Any, Any]]  # what was compiled for functions, and for trainings


@contextmanager
def without_llvmlite(programs: Programs | None = None) -> Iterator[None]:
    """A context in which NumPy runs what is compiled, and that was told already; ``programs`` are there from before."""
    recent = compiled_function.RECENT, shared_training.RECENT
    before = sys.modules.copy(), fallback.reported, [of._kept for of in recent]
    sys.modules["llvmlite"] = None  # type: ignore[assignment]  # an import of it then fails
    for name in MACHINE_CODE:
        sys.modules.pop(f"autograd.compiler.{name}", None)
    fallback.reported = {SAID}
    for of, kept in zip(recent, programs or [{}, {}], strict=True):
        of._kept = kept
    try:
        yield
    finally:
        modules, fallback.reported, kepts = before
        for name in ("llvmlite", *(f"autograd.compiler.{name}" for name in MACHINE_CODE)):
            sys.modules.pop(name, None)
            if name in modules:
                sys.modules[name] = modules[name]
        for of, kept in zip(recent, kepts, strict=True):
            of._kept = kept
