"""Machine code kept on disk: found again, never trusted blindly, never in the way."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from autograd.compiler.llvm import cache

pytest.importorskip("llvmlite")
from autograd.compiler.llvm import codegen

PROGRAM = """
import sys
import autograd.compiler.llvm.codegen as codegen
from autograd import jit, sin
from autograd.compiler.llvm import cache

stored = []
store = cache.store
cache.store = lambda code, *parts: (stored.append(len(code)), store(code, *parts))
print(jit(lambda x: sin(x) * x + 0.25)(0.5), len(stored))
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "cache"
    monkeypatch.setenv("STEPGRAD_CACHE", str(path))
    return path


def start() -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    return subprocess.Popen([sys.executable, "-c", PROGRAM], stdout=pipe, stderr=pipe, text=True)


def run() -> tuple[str, int]:
    """The result of a fresh process, and how many modules it had to compile."""
    out, error = start().communicate(timeout=120)
    assert error == ""
    result, compiled = out.split()
    return result, int(compiled)


def test_the_second_process_compiles_nothing_and_gives_the_same(folder: Path) -> None:
    first = run()
    assert first[1] == 2  # the shared kernels and the program's own
    assert run() == (first[0], 0)


def test_two_processes_at_once(folder: Path) -> None:
    both = [start(), start()]
    outs = [process.communicate(timeout=120) for process in both]
    assert [error for _, error in outs] == ["", ""]
    assert outs[0][0].split()[0] == outs[1][0].split()[0]
    assert not list(folder.glob("*.part"))
    assert run()[1] == 0


@pytest.mark.parametrize("damage", ["truncated", "empty", "flipped", "another's", "writable", "longer", "a folder"])
def test_a_damaged_or_foreign_entry_is_compiled_again(folder: Path, damage: str) -> None:
    result, _ = run()
    entries = sorted(folder.glob("*.o"))
    data = [path.read_bytes() for path in entries]
    for i, path in enumerate(entries):
        if damage == "truncated":
            path.write_bytes(data[i][: len(data[i]) // 2])
        elif damage == "empty":
            path.write_bytes(b"")
        elif damage == "flipped":
            path.write_bytes(data[i][:-100] + bytes([data[i][-100] ^ 1]) + data[i][-99:])
        elif damage == "another's":  # a valid entry under the name of another
            path.write_bytes(data[1 - i])
        elif damage == "longer":
            path.write_bytes(data[i] + b"\0")
        elif damage == "writable":
            path.chmod(0o666)
        else:
            path.unlink()
            path.mkdir()
    assert run() == (result, 2)
    if damage != "a folder":
        assert run() == (result, 0)


def test_without_a_place_to_write_nothing_is_kept_and_everything_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("STEPGRAD_CACHE", str(tmp_path / "file" / "cache"))
    assert run()[1] == 2


def test_an_entry_belongs_to_all_that_it_depends_on(folder: Path) -> None:
    cache.store(b"code", "ir", "this processor")
    assert cache.load("ir", "this processor") == b"code"
    assert cache.load("ir", "another processor") is None
    assert cache.load("irthis processor") is None


def test_it_is_the_users_own(folder: Path) -> None:
    cache.store(b"code", "ir")
    (path,) = folder.iterdir()
    if os.name == "posix":
        assert path.stat().st_mode & 0o077 == 0
        assert folder.stat().st_mode & 0o077 == 0


def test_what_was_not_used_for_longest_goes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "MOST", 3)
    for i in range(3):
        cache.store(b"code", str(i))
        path = max(folder.glob("*.o"), key=lambda p: p.stat().st_mtime_ns)
        os.utime(path, (i, i))
    assert cache.load("0") == b"code"  # used just now
    cache.store(b"code", "3")
    assert [cache.load(str(i)) for i in range(4)] == [b"code", None, b"code", b"code"]


def test_without_the_variable_it_lies_where_the_system_keeps_caches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STEPGRAD_CACHE", raising=False)
    assert cache.directory().name.lower() in ("stepgrad", "cache")
    assert cache.directory().is_absolute()


def test_code_that_no_program_needs_any_more_is_freed() -> None:
    ir = "define double @one() {\n  ret double 1.0\n}"
    held = codegen.machine(ir)
    assert codegen.machine(ir) is held
    del held
    assert ir not in codegen._machines
