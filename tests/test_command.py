"""The command: stepgrad demo, stepgrad draw, and what stepgrad walk refuses."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from math import log
from pathlib import Path
from statistics import fmean as mean

import pytest
from samples import needs_dot

from nn import MLP, datasets
from nn.command import cli
from nn.command.cli import main
from nn.command.gpt import tokens_of


def test_draw_prints_the_graph_with_its_gradients(capsys: pytest.CaptureFixture[str]) -> None:
    main(["draw", "w*x + b", "w=2", "x=-1", "b=0.5"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["w", "=", "2", "grad", "-1"]
    assert lines[-1].split()[-4:] == ["=", "-1.5", "grad", "1"]


def test_an_expression_may_begin_with_a_minus(capsys: pytest.CaptureFixture[str]) -> None:
    main(["draw", "-x**2", "x=3"])
    assert capsys.readouterr().out.splitlines()[-1].split()[-4:] == ["=", "-9", "grad", "1"]


@needs_dot
@pytest.mark.parametrize(("name", "begins"), [("g.svg", b"<svg"), ("g.png", b"\x89PNG"), ("g.dot", b"digraph")])
def test_draw_writes_a_picture_by_its_extension(tmp_path: Path, name: str, begins: bytes) -> None:
    main(["draw", "tanh(w*x + b)", "w=2", "x=-1", "b=0.5", "-o", str(tmp_path / name)])
    assert (tmp_path / name).read_bytes().startswith(begins)


@pytest.mark.parametrize(("option", "name"), [(["-og.dot"], "g.dot"), (["-o", "-g.dot"], "-g.dot")])
def test_the_name_of_a_file_may_follow_at_once_and_begin_with_a_minus(
    option: list[str], name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    main(["draw", "x*x", "x=1", *option])
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("expression", ["-o", "-o*2", "-o/2.5", "-offset", "-h*2"])
def test_an_expression_may_look_like_an_option(expression: str, capsys: pytest.CaptureFixture[str]) -> None:
    if expression == "-o":  # which is the option: a blank or brackets make it an expression
        expression = "(-o)"
    name = expression.strip("()").lstrip("-").partition("*")[0].partition("/")[0]
    main(["draw", expression, f"{name}=1"])
    assert capsys.readouterr().out.startswith(name)


def test_alone_it_says_what_it_can(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main([])
    assert stop.value.code == 0
    said = capsys.readouterr().out
    assert all(f"\n    {name} " in said for name in ("train", "predict", "show", "demo", "draw", "walk"))


def test_it_tells_its_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["--version"])
    assert stop.value.code == 0
    assert re.fullmatch(r"stepgrad (\d+\.\d+\.\d+\S*|\(not installed\))\n", capsys.readouterr().out)


@pytest.mark.skipif(sys.platform == "win32", reason="a shell of POSIX")
@pytest.mark.parametrize("arguments", ["draw x*y x=1 y=2", "walk x*y x=1 y=2", "--help", ""])
def test_a_reader_that_has_enough_is_no_error(arguments: str, tmp_path: Path) -> None:
    done = subprocess.run(
        f"{sys.executable} -m nn {arguments} | true",
        shell=True,
        capture_output=True,
        env={"PYTHONPATH": str(Path(__file__).parent.parent), "PATH": "/usr/bin:/bin"},
        cwd=tmp_path,
        check=True,
    )
    assert done.stderr == b""


def test_an_expression_of_numbers_alone_is_drawn_without_gradients(capsys: pytest.CaptureFixture[str]) -> None:
    main(["draw", "2 + 3"])
    assert "grad" not in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        ["paint"],
        ["-o", "g.svg"],
        ["draw"],
        ["draw", "x +", "x=1"],
        ["draw", "y", "x=1"],
        ["draw", "x", "x=one"],
        ["draw", "x", "x"],
        ["draw", "1/x", "x=0"],
        ["draw", "x*x", "x=1e308"],
        ["draw", "__import__('os')"],
        ["draw", "x", "x=1", "-o", "g.gif"],
        ["draw", "x", "x=1", "-o", "no/such/folder/g.dot"],
        ["draw", "(" * 5000],
        ["draw", "9" * 5000],
        ["draw", "x", "x=1", "--colour"],
        ["draw", "x", "x=1", "-o"],
        ["walk"],
        ["walk", "x +", "x=1"],
        ["walk", "x", "x=1", "-o", "steps.svg"],
        ["walk", "x", "x=1", "-o", "no/such/folder/steps.html"],
    ],
    ids=lambda arguments: " ".join(arguments)[:40] or "nothing",
)
def test_bad_input_takes_three_lines_at_most_and_exit_status_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")  # a narrow terminal breaks the lines
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert 1 <= len(said.err.splitlines()) <= 3
    assert "Traceback" not in said.err
    assert list(tmp_path.iterdir()) == []


def test_without_any_dot_the_command_says_what_to_type(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    monkeypatch.delenv("STEPGRAD_DOT", raising=False)
    with pytest.raises(SystemExit) as stop:
        main(["draw", "x", "x=1", "-o", str(tmp_path / "g.svg")])
    assert stop.value.code == 2
    said = capsys.readouterr().err
    assert "python -m pip install graphviz-pure" in said
    assert len(said.splitlines()) <= 3


@pytest.mark.parametrize("module", ["nn", "nn.command"])
def test_a_terminal_without_the_signs_still_gets_the_text(module: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", module, "draw", "sqrt(x)", "x=4"],
        capture_output=True,
        env={"PYTHONIOENCODING": "ascii", "PYTHONPATH": str(Path(__file__).parent.parent), "PATH": ""},
        cwd=tmp_path,
        check=True,
    )
    assert b"= 2" in done.stdout
    assert done.stderr == b""


@pytest.mark.slow
def test_demo_trains_three_networks_and_leaves_its_pictures_in_one_folder(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "nn", "demo"],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={
            "PYTHONIOENCODING": "utf-8",
            "PYTHONPATH": str(Path(__file__).parent.parent),
            "PATH": "",
            "HOME": str(tmp_path / "home"),
        },
        cwd=tmp_path,
        timeout=300,
        check=True,
    )
    accuracies = dict(re.findall(r"^(\w+): .*held-out accuracy ([\d.]+)$", done.stdout, re.MULTILINE))
    assert float(accuracies["Moons"]) >= 0.95
    assert float(accuracies["Digits"]) >= 0.93
    (loss,) = re.findall(r"^Names: .* → ([\d.]+), counting pairs", done.stdout, re.MULTILINE)
    assert float(loss) < cli.BIGRAM - 0.2
    (invented,) = re.findall(r"^  ten that are in no list: (.*)$", done.stdout, re.MULTILINE)
    assert len({*invented.split(", ")} - {*datasets.names()}) == 10
    pictures = {path.name for path in (tmp_path / "stepgrad-demo").iterdir()}
    assert pictures >= {"boundary.svg", "loss.svg", "sample.html"}
    sample = (tmp_path / "stepgrad-demo" / "sample.html").read_text(encoding="utf-8")
    assert re.search(r"<li>layers\.0\.neurons\.\d+\.b\.grad \+= ", sample)  # the model has something to learn from it
    assert all(f"stepgrad-demo/{name}" in done.stdout.replace("\\", "/") for name in pictures)
    assert {path.name for path in tmp_path.iterdir()} <= {"stepgrad-demo", "home"}


def test_counting_pairs_of_letters_gives_the_loss_that_the_demo_says() -> None:
    rows = [[*zip(*tokens_of(name), strict=True)] for name in datasets.names() if len(name) <= cli.LONGEST]
    pairs = Counter(pair for row in rows for pair in row)
    letters = Counter(first for row in rows for first, _ in row)
    losses = [mean(log(letters[pair[0]] / pairs[pair]) for pair in row) for row in rows]
    assert mean(losses) == pytest.approx(cli.BIGRAM, abs=0.005)


def test_the_demo_leaves_pages_to_play_with(tmp_path: Path) -> None:
    written: list[Path] = []
    cli.draw_neuron(tmp_path, written)
    cli.walk_sample(MLP(2, [3, 1], seed=1), [0.5, -0.5], 1, tmp_path / "sample.html", written)
    assert {path.name for path in written} >= {"neuron.html", "sample.html"}
    assert "layers.0" in (tmp_path / "sample.html").read_text(encoding="utf-8")
    assert "w1.grad += " in (tmp_path / "neuron.html").read_text(encoding="utf-8")
