"""Fixtures that several files share."""

import importlib.util
import sys

import pytest

MACHINE_CODE = ("codegen", "executable", "machine", "training")  # the files of autograd.compiler that need llvmlite


@pytest.fixture
def without_llvmlite(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if llvmlite were not installed."""
    monkeypatch.setitem(sys.modules, "llvmlite", None)
    for name in MACHINE_CODE:
        monkeypatch.delitem(sys.modules, f"autograd.compiler.{name}", raising=False)


HAS_LLVMLITE = importlib.util.find_spec("llvmlite") is not None
needs_llvmlite = pytest.mark.skipif(not HAS_LLVMLITE, reason="llvmlite is not installed")


@pytest.fixture(params=[pytest.param("machine code", marks=needs_llvmlite), "Python"])
def backend(request: pytest.FixtureRequest) -> str:
    """A test that uses this runs twice: by machine code, and by Python."""
    if request.param == "Python":
        request.getfixturevalue("without_llvmlite")
    return str(request.param)
