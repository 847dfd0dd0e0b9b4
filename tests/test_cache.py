"""Machine code kept on disk: found again, never trusted blindly, never in the way."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import autograd
from autograd.compiler.llvm import cache

pytest.importorskip("llvmlite")
from autograd.compiler.llvm import codegen

ROOT = Path(autograd.__file__).parents[1]

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


def start(program: str = PROGRAM) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    return subprocess.Popen([sys.executable, "-c", program], stdout=pipe, stderr=pipe, text=True)


def run(program: str = PROGRAM) -> tuple[str, int]:
    """The result of a fresh process, and how many modules it had to compile."""
    out, error = start(program).communicate(timeout=120)
    assert error == ""
    result, compiled = out.split()
    return result, int(compiled)


def test_the_second_process_compiles_nothing_and_gives_the_same(folder: Path) -> None:
    first = run()
    assert first[1] == 2
    assert run() == (first[0], 0)


def test_a_program_finds_the_kernels_that_others_have_compiled(folder: Path) -> None:
    result, compiled = run()
    assert compiled == 2  # the loop over rows, and the program's own kernel
    other = PROGRAM.replace("lambda x: sin(x) * x + 0.25", "lambda y, x: [sin(x) * x + 0.25, y]")
    assert run(other.replace("(0.5)", "(7.0, 0.5)[0]")) == (result, 0)


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


# --- what others put into the folder ---------------------------------------------------------------------------

posix = pytest.mark.skipif(os.name != "posix", reason="pipes, links and owners are POSIX's")


@posix
@pytest.mark.parametrize("planted", ["a pipe", "a link", "a link to nothing", "a folder", "unreadable", "a device"])
def test_what_is_planted_under_the_name_of_an_entry_is_not_read_and_gives_way(folder: Path, planted: str) -> None:
    cache.store(b"code", "ir")
    (path,) = folder.iterdir()
    elsewhere = folder.with_name("elsewhere")
    elsewhere.write_bytes(path.read_bytes())
    path.unlink()
    if planted == "a pipe":
        os.mkfifo(path)
    elif planted == "a link":
        path.symlink_to(elsewhere)
    elif planted == "a link to nothing":
        path.symlink_to(folder / "nothing")
    elif planted == "a device":
        path.symlink_to("/dev/zero")
    elif planted == "a folder":
        path.mkdir()
    else:
        path.write_bytes(elsewhere.read_bytes())
        path.chmod(0)
    if planted != "unreadable" or os.geteuid():  # nothing is unreadable to root
        assert cache.load("ir") is None
    before = elsewhere.read_bytes()
    cache.store(b"other", "ir")
    assert cache.load("ir") == (None if planted == "a folder" else b"other")
    assert elsewhere.read_bytes() == before


@posix
def test_a_file_of_another_user_is_not_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.store(b"code", "ir")
    uid = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: uid + 1)
    assert cache.load("ir") is None


def test_only_entries_are_pruned(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "MOST", 2)
    folder.mkdir()
    foreign = {
        "module.o": b"an object file of a build",
        f"{'0' * 64}.o": b"one with such a name",
        f"{'1' * 64}.o.bak": cache.MAGIC,
        f"{'2' * 64}.O": cache.MAGIC,
        ".notes.part": b"",
        f".{'3' * 50}.1234-notes.part": b"",
    }
    for name, content in foreign.items():
        (folder / name).write_bytes(content)
        os.utime(folder / name, (1, 1))
    if os.name == "posix":
        os.mkfifo(folder / f"{'4' * 64}.o")
        (folder / f"{'5' * 64}.o").symlink_to(folder / "module.o")
    planted = {*os.listdir(folder)}
    for i in range(5):
        cache.store(b"code", str(i))
    assert planted <= {*os.listdir(folder)}
    assert {name: (folder / name).read_bytes() for name in foreign} == foreign
    assert len(os.listdir(folder)) == len(planted) + 2


def test_many_writers_and_readers_of_one_entry_at_once(folder: Path) -> None:
    def work(number: int) -> set[bytes | None]:
        found = set()
        for _ in range(20):
            cache.store(bytes([number]) * 100_000, "ir")
            found.add(cache.load("ir"))
        return found

    with ThreadPoolExecutor(8) as pool:
        found = set().union(*pool.map(work, range(8)))
    assert found <= {bytes([number]) * 100_000 for number in range(8)}
    assert len(os.listdir(folder)) == 1


@posix
def test_what_killed_writers_left_goes_with_the_next_entry(folder: Path) -> None:
    script = (
        "import os, signal\nfrom autograd.compiler.llvm import cache\n"
        "os.fsync = lambda file: os.kill(os.getpid(), signal.SIGKILL)\ncache.store(b'code', 'ir')"
    )
    subprocess.run([sys.executable, "-c", script], check=False, cwd=ROOT)
    assert [name.endswith(".part") for name in os.listdir(folder)] == [True]
    cache.store(b"other", "another ir")
    assert [name.endswith(".part") for name in os.listdir(folder)] == [False]


# --- a process that forks --------------------------------------------------------------------------------------

FORK = """
import os
import signal
import threading
import time

import llvmlite.binding as llvm
from autograd import jit, sin

f = jit(lambda x: sin(x) * x + 0.25)
expected = f(0.5)
busy = threading.Event()


def hold():
    with {lock}:
        busy.set()
        time.sleep(1.0)


threading.Thread(target=hold).start()
busy.wait()
child = os.fork()
if child == 0:
    signal.alarm(60)  # kills a child that waits for ever
    os._exit(0 if f(0.5) == expected and jit(lambda x: x / 3.0)(0.75) == 0.25 else 1)
assert os.waitpid(child, 0)[1] == 0
assert f(0.5) == expected and jit(lambda x: x / 5.0)(1.25) == 0.25
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.parametrize("lock", ["llvm.ffi.lib._lock", "f._lock"])
def test_a_fork_while_another_thread_compiles_leaves_a_child_that_can_compile(folder: Path, lock: str) -> None:
    script = FORK.format(lock=lock)
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", script], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr


def test_code_that_no_program_needs_any_more_is_freed() -> None:
    ir = "define double @one() {\n  ret double 1.0\n}"
    held = codegen.machine(ir)
    assert codegen.machine(ir) is held
    del held
    assert ir not in codegen._machines
