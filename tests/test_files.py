"""Files written whole or not at all: what they keep, and what is left where a writer is killed or fails."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from samples import needs_dot

import autograd
import nn
from autograd import Value, draw, walkthrough, write_whole
from autograd.html import write_page
from autograd.persistence import files

ROOT = Path(autograd.__file__).parents[1]
posix = pytest.mark.skipif(os.name != "posix", reason="permissions, pipes and signals are POSIX's")


def network() -> nn.MLP:
    return nn.MLP(2, [2, 1], seed=1)


def train(path: Path, **more: Any) -> Any:
    model = network()
    settings = {"loss": "hinge", "optimizer": nn.SGD(model.parameters(), lr=0.1), "epochs": 2, **more}
    return nn.fit(model, [[0.0, 1.0], [1.0, 0.0]], [-1, 1], **settings)


def watched(path: Path) -> None:
    w = nn.watch(model := network())
    optimizer = nn.SGD(model.parameters(), lr=0.1)
    nn.fit(model, [[0.0, 1.0]], [-1], loss="hinge", optimizer=optimizer, epochs=2, callbacks=[w])
    w.save(path)


WRITERS: dict[str, Callable[[Path], object]] = {
    "write_whole": lambda path: write_whole(path, "text"),
    "write_page": lambda path: write_page(path, "title", "text", "a page"),
    "nn.save": lambda path: nn.save(network(), path),
    "checkpoint": lambda path: train(path, checkpoint=path),
    "draw .dot": lambda path: draw(Value(2.0) * 3.0).save(path),
    "walkthrough": lambda path: walkthrough(Value(2.0) * 3.0).save(path),
    "watch": watched,
}
NAMES = {"write_page": "a.html", "draw .dot": "a.dot", "walkthrough": "a.html", "watch": "a.html"}


@pytest.fixture(params=WRITERS)
def writer(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Callable[[Path], object], Path]:
    """Everything that writes a file, and a name that it takes."""
    return WRITERS[request.param], tmp_path / NAMES.get(request.param, "a.json")


@posix
@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_a_new_file_has_the_usual_permissions(writer: Any, umask: int) -> None:
    write, path = writer
    before = os.umask(umask)
    try:
        write(path)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~umask
    assert os.listdir(path.parent) == [path.name]


@posix
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o666, 0o400])
def test_a_file_keeps_its_permissions_and_a_link_stays_one(writer: Any, mode: int) -> None:
    write, path = writer
    target = path.with_name(f"target{path.suffix}")
    target.write_text("before")
    target.chmod(mode)
    path.symlink_to(target.name)
    write(path)
    assert path.is_symlink()
    assert target.read_text() != "before"
    assert stat.S_IMODE(target.stat().st_mode) == mode
    assert {*os.listdir(path.parent)} == {path.name, target.name}


@posix
def test_nobody_may_read_the_part_who_may_not_read_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "secret.json"
    path.touch(0o600)
    modes = []
    monkeypatch.setattr(os, "fsync", lambda file: modes.append(os.fstat(file).st_mode & 0o777))
    write_whole(path, "secret")
    assert modes == [0o600]


@posix
def test_a_link_to_nothing_gets_what_it_points_to(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "target")
    write_whole(tmp_path / "link", "text")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_text() == "text"


@posix
def test_what_is_no_file_is_written_to_and_stays(tmp_path: Path) -> None:
    write_whole("/dev/null", "text")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as pool:
        read = pool.submit(pipe.read_text)
        write_whole(pipe, "text")
        assert read.result(timeout=30) == "text"
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    with pytest.raises(IsADirectoryError):
        write_whole(tmp_path, "text")


def test_an_error_names_the_file_that_was_asked_for(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as missing:
        write_whole(tmp_path / "none" / "model.json", "x")
    assert (missing.value.filename, missing.value.filename2) == (str(tmp_path / "none" / "model.json"), None)


def test_names_of_any_length_and_kind(tmp_path: Path) -> None:
    for name in ("a" * 250, "é" * 120, "[a-z]*.json", ".hidden", "a b\tc" if os.name == "posix" else "a b"):
        write_whole(tmp_path / name, name)
        write_whole(tmp_path / name, name + "!")
        assert (tmp_path / name).read_text(encoding="utf-8") == name + "!"
    assert len(os.listdir(tmp_path)) == 5


# --- what a killed writer leaves -----------------------------------------------------------------------------

KILLED = """
import os, signal, sys
from autograd import write_whole
os.fsync = lambda file: os.kill(os.getpid(), signal.SIGKILL)
write_whole({path!r}, "half of it")
"""


def kill_a_writer(path: Path) -> str:
    """Returns the name of what it has left."""
    before = {*os.listdir(path.parent)}
    subprocess.run([sys.executable, "-c", KILLED.format(path=str(path))], cwd=ROOT, check=False)
    (left,) = {*os.listdir(path.parent)} - before
    return left


@posix
def test_what_a_killed_writer_left_goes_at_the_next_write_of_the_same_file(writer: Any) -> None:
    write, path = writer
    left, other = kill_a_writer(path), kill_a_writer(path.with_name("other.json"))
    assert left.endswith(".part")
    write(path)
    assert {*os.listdir(path.parent)} == {path.name, other}


@posix
def test_what_may_still_be_written_or_is_not_ours_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.json"
    gone = kill_a_writer(path)
    machine, process, chance = gone.split(".")[3].split("-")
    stays = [
        f".a.json.{machine}-{os.getpid()}-{chance}.part",  # of a process that lives
        f".a.json.{machine}-1-{chance}.part",
        f".a.json.0badcafe-{process}-{chance}.part",  # of another machine, which shares the folder
        f".a.json.{chance}.part",  # nobody knows whose
        f".a.json.{machine}-{process}-notes.part",
        f".a.json.{chance}.part.bak",
        f".b.json.{machine}-{process}-{chance}.part",  # of another file
        "a.json.part",
        "notes.tmp",
    ]
    for name in stays:
        (tmp_path / name).touch()
    os.symlink(path, tmp_path / f".a.json.{machine}-{process}-00000000.part")
    write_whole(path, "text")
    assert {*stays, path.name, f".a.json.{machine}-{process}-00000000.part"} == {*os.listdir(tmp_path)}
    old = time.time() - 2 * files.OLD
    for name in stays:
        os.utime(tmp_path / name, (old, old))
    write_whole(path, "text")
    assert {*stays[4:], path.name, f".a.json.{machine}-{process}-00000000.part"} == {*os.listdir(tmp_path)}


@posix
def test_parts_of_other_users_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left = kill_a_writer(tmp_path / "a.json")
    uid = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: uid + 1)
    write_whole(tmp_path / "a.json", "text")
    assert left in os.listdir(tmp_path)


WRITING = """
import sys
from autograd import write_whole
for i in range(40):
    write_whole({path!r}, sys.argv[1] * 200_000)
"""


def test_writers_of_one_file_all_end_well_and_readers_see_one_of_them(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_whole(path, "0" * 200_000)
    command = [sys.executable, "-c", WRITING.format(path=str(path))]
    processes = [subprocess.Popen([*command, letter], cwd=ROOT, stderr=subprocess.PIPE) for letter in "123"]
    threads = [threading.Thread(target=lambda: [write_whole(path, "4" * 200_000) for _ in range(40)]) for _ in "45"]
    for thread in threads:
        thread.start()
    seen = set()
    while any(process.poll() is None for process in processes):
        text = path.read_text()
        seen.add((len(text), *{*text}))
    for thread in threads:
        thread.join()
    assert [process.communicate()[1] for process in processes] == [b""] * 3
    assert seen <= {(200_000, letter) for letter in "01234"}
    assert os.listdir(tmp_path) == [path.name]


# --- pictures ------------------------------------------------------------------------------------------------


@needs_dot
@pytest.mark.parametrize("name", ["a.svg", "a.png", "a.html", "a.dot"])
def test_a_full_disk_leaves_the_old_picture(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / name
    draw(Value(2.0) * 3.0).save(path)
    before = path.read_bytes()

    def full(file: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        draw(Value(2.0) * 4.0).save(path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == [name]


def test_a_plot_of_the_demo_is_written_whole_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("matplotlib")
    from nn.command.cli import save

    history = train(tmp_path)
    written: list[Path] = []
    save(tmp_path / "loss.svg", written, history.plot)
    before = (tmp_path / "loss.svg").read_bytes()
    assert written == [tmp_path / "loss.svg"]
    assert b"<svg" in before

    class Broken:
        def savefig(self, file: Any, **settings: Any) -> None:
            file.write(b"<svg")
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        save(tmp_path / "loss.svg", written, Broken)
    assert (tmp_path / "loss.svg").read_bytes() == before
