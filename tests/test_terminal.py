"""stepgrad walk: in a terminal key by key, elsewhere as text or as a page."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from test_walkthrough import named

from autograd import walkthrough
from nn.command import terminal
from nn.command.cli import main

ROOT = Path(__file__).parent.parent
NEURON = ["walk", "tanh(w*x + b)", "w=2", "x=-1", "b=0.5"]

posix = pytest.mark.skipif(os.name != "posix", reason="a pseudo-terminal is needed, which Windows has not")


# --- not in a terminal --------------------------------------------------------------------------------------


def test_elsewhere_than_in_a_terminal_all_steps_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    main(NEURON)
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["forward", "0  n2 = w * x = 2 × -1 = -2"]
    assert lines[-1].startswith("8  x.grad += n2.grad × slope along x → n2 = ")
    assert len(lines) == 11


def test_the_page_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main([*NEURON, "-o", str(tmp_path / "steps.html")])
    assert re.match(r"tanh\(w\*x \+ b\) = -0\.905148 in 9 steps: open .*steps\.html", capsys.readouterr().out)
    assert (tmp_path / "steps.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_a_variable_called_out_keeps_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    main(["walk", "out*2", "out=3"])
    assert "0  n2 = out * 2 = 3 × 2 = 6" in capsys.readouterr().out.splitlines()
    main(["walk", "x", "x=3"])
    assert "x.grad = 1" in capsys.readouterr().out


# --- in a terminal ------------------------------------------------------------------------------------------


class Session:
    """The command in a pseudo-terminal of 100 columns and 24 rows."""

    def __init__(self, **environment: str) -> None:
        import fcntl
        import pty
        import struct
        import termios

        self.ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
        self.theirs = theirs
        self.before = termios.tcgetattr(theirs)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "nn", *NEURON],
            stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
            env={"PATH": "", "PYTHONPATH": str(ROOT), "TERM": "xterm", "PYTHONIOENCODING": "utf-8", **environment},
        )  # fmt: skip

    def restored(self) -> bool:
        import termios

        return termios.tcgetattr(self.theirs) == self.before

    def read_until(self, wanted: str) -> str:
        """What the command writes until it has written this."""
        import select

        text, end = b"", time.monotonic() + 30
        while wanted not in text.decode(errors="replace"):
            assert time.monotonic() < end, text.decode(errors="replace")
            ended = self.process.poll() is not None  # asked first: what it wrote before is there to be read
            if select.select([self.ours], [], [], 0.1)[0]:
                text += os.read(self.ours, 65536)
            else:
                assert not ended, text.decode()
        return text.decode()

    def press(self, keys: str) -> None:
        os.write(self.ours, keys.encode())

    def end(self) -> int:
        code = self.process.wait(30)
        os.close(self.ours)
        os.close(self.theirs)
        return code


@posix
def test_every_key_steps_and_the_terminal_is_given_back() -> None:
    session = Session()
    screen = session.read_until("0 of 8")
    for key, place in [
        ("\r", 1), (" ", 2), ("\x1b[C", 3), ("\x1b[B", 4), ("\x1bOC", 5), ("\x1b[D", 4), ("\x1b[A", 3),
        ("\x1b[F", 8), ("\r", 8), ("\x1b[H", 0), ("\x1b[D", 0), ("\x1b[4~", 8), ("\x1b[1~", 0), ("\n", 1),
        ("x", 1), ("\x1b", 1), ("\r", 2),
    ]:  # fmt: skip
        session.press(key)
        screen = session.read_until(f"{place} of 8")
        screen += session.read_until("q: quit") if "q: quit" not in screen else ""
    assert "\x1b[1m2  out = tanh(n4) = tanh(-1.5) = -0.9051" in screen
    assert "grad" not in screen  # the steps to come are not shown
    assert not session.restored()
    session.press("q")
    left = session.read_until("= -0.9051\r\n")
    assert "\x1b[?1049l" in left
    assert left.rstrip().endswith("out = tanh(n4) = tanh(-1.5) = -0.9051")  # what was seen stays on the terminal
    assert session.process.wait(30) == 0
    assert session.restored()
    session.end()


@posix
@pytest.mark.usefixtures("ctrl_c")
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 128 + signal.SIGTERM)], ids=["ctrl-c", "sigterm"]
)
def test_the_terminal_is_given_back_however_it_ends(number: int, code: int) -> None:
    session = Session()
    session.read_until("q: quit")
    assert not session.restored()
    session.process.send_signal(number)
    session.read_until("\x1b[?1049l")
    assert session.process.wait(30) == code
    assert session.restored()
    session.end()


@posix
def test_a_terminal_that_cannot_move_its_cursor_gets_the_text() -> None:
    session = Session(TERM="dumb")
    assert "\x1b" not in session.read_until("x.grad += ")
    assert session.end() == 0


def test_on_windows_the_console_gives_the_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    typed = iter(["\r", "\xe0", "M", "\xe0", "P", "\0", "K", "\xe0", "G", "\xe0", "O", "z", "\xe0", "!", "q", "\x03"])
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setitem(sys.modules, "msvcrt", SimpleNamespace(getwch=lambda: next(typed)))
    with terminal.keyboard() as read:
        moves = [read() for _ in range(9)]
        assert moves == ["forward", "forward", "forward", "back", "first", "last", "nothing", "nothing", "quit"]
        with pytest.raises(KeyboardInterrupt):
            read()


def test_a_long_walk_shows_the_lines_that_fit(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("LINES", "9")
    x = named(-1.0, "x")
    lines = str(walkthrough(x.relu())).splitlines()
    terminal.show(lines, [], "relu step by step: 2 of 2")
    shown = capsys.readouterr().out.removeprefix(terminal.CLEAR).splitlines()
    assert len(shown) == 9
    assert shown[0] == "relu step by step: 2 of 2"
    assert shown[-4].endswith(terminal.PLAIN)  # a long step takes several rows, so that its end is not lost
    plain = re.sub(r"\x1b\[\d*m", "", " ".join(shown))
    assert "a dead relu: its slope below 0 is 0" in " ".join(plain.split())
    assert all(len(re.sub(r"\x1b\[\d*m", "", line)) < 40 for line in shown)
