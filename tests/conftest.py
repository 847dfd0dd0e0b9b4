"""Fixtures that several files share."""

import sys

import pytest

MACHINE_CODE = ("codegen", "executable", "machine", "training")  # the files of autograd.compiler that need llvmlite


@pytest.fixture
def without_llvmlite(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if llvmlite were not installed."""
    monkeypatch.setitem(sys.modules, "llvmlite", None)
    for name in MACHINE_CODE:
        monkeypatch.delitem(sys.modules, f"autograd.compiler.{name}", raising=False)
