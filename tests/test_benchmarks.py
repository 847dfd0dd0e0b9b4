"""What the benchmarks time computes the same in every contender; the timing itself is `python -m tests.benchmarks`."""

from __future__ import annotations

import ast
import gc
import inspect
import json
import math
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from benchmarks import compiled, contenders, eager_programs, timing, works
from benchmarks.contenders import with_numpy, with_stepgrad
from benchmarks.table import Aim, Row, duration, table

from autograd import Value, mean, total
from nn import SGD
from nn.losses import hinge


@pytest.fixture
def _no_collector() -> Iterator[None]:
    """The collector is most of micrograd's time."""
    gc.disable()
    yield
    gc.enable()
    gc.collect()


@pytest.mark.usefixtures("_no_collector")
def test_every_eager_step_computes_the_same():
    for name, (losses, gradients) in eager_programs.moons_differences().items():
        assert losses <= 1e-12, name
        assert gradients <= 1e-12, name


@pytest.mark.usefixtures("_no_collector")
def test_the_mixed_graph_is_what_it_is_said_to_be():
    leaves = eager_programs.mixed_leaves(Value)
    root = eager_programs.mixed_graph(leaves)
    operations, nodes = eager_programs.count(root)
    assert operations == eager_programs.OPERATIONS
    assert 100_000 <= operations < nodes < 1.5 * operations
    root.backward()
    assert all(math.isfinite(leaf.grad) and leaf.grad for leaf in leaves)


@pytest.mark.skipif(eager_programs.MicrogradValue is None, reason="micrograd is not installed")
@pytest.mark.usefixtures("_no_collector")
def test_the_mixed_graph_is_micrograds_too():
    assert max(eager_programs.mixed_difference()) <= 1e-12


def test_the_chain():
    x, y = eager_programs.chain(1000)
    assert eager_programs.count(y) == (1000, 1502)
    y.backward()
    assert x.grad == pytest.approx(0.999**500, rel=1e-12)


# --- compiled ------------------------------------------------------------------------------------------------

# PyTorch and JAX change the process that they are loaded into, so all contenders meet in one of their own.
MEETING = """
import json
from benchmarks import compiled, contenders, works
from benchmarks.gpt import work as gpt

trains, left_out = contenders.load()
found = {"modules": len(contenders.MODULES), "left out": left_out, "differences": {}}

def meet(name, work, epochs, trains):
    reference = trains[contenders.REFERENCE](work, epochs)
    assert len(reference) == epochs * work.steps
    found["differences"][name] = {
        name: compiled.loss_difference(train(work, epochs), reference) for name, train in trains.items()
    }

for work, epochs in ((works.moons(), 100), (works.digits(), 3), (works.sigmoid_program(), 50)):
    meet(work.name, work, epochs, trains)
trains, _ = contenders.load("benchmarks.gpt")
meet("short names", gpt.names(count=30, longest=4), 3, trains)
del trains[contenders.OURS]  # as it compiles each length by itself
meet("names of all lengths", gpt.names(), 2, trains)
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def meeting() -> Any:
    """What the contenders, as far as they are installed, have to say of each other's losses."""
    folder = Path(__file__).parent
    result = subprocess.run(
        [sys.executable, "-c", MEETING],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{folder.parent}"},  # not what is installed
        capture_output=True,
        text=True,
    )
    assert not result.returncode, result.stderr
    return json.loads(result.stdout)


@pytest.mark.slow
@pytest.mark.parametrize("work", ["moons", "digits", "sigmoid", "short names", "names of all lengths"])
def test_every_contender_has_the_same_losses(meeting, work):
    differences = meeting["differences"][work]
    there, all_of_them = ({name.split(",")[0] for name in meeting["differences"][own]} for own in (work, "moons"))
    assert there >= all_of_them - ({"stepgrad"} if work == "names of all lengths" else set())
    assert {"stepgrad", "NumPy"} <= all_of_them
    assert all(difference <= compiled.CLOSE for difference in differences.values()), differences


@pytest.mark.slow
def test_a_contender_is_there_or_said_to_be_left_out(meeting):
    there = {name.split(",")[0] for name in meeting["differences"]["moons"]}
    assert len(there) + len(meeting["left out"]) == meeting["modules"]


def test_numpy_computes_what_one_value_at_a_time_does():
    work = works.moons(points=20, width=4)
    losses = with_numpy.train(work, 5)
    model = with_stepgrad.new_model(work)
    sgd = SGD(model.parameters(), lr=work.rate)
    for found in losses:
        data = mean([hinge(model(row), target) for row, target in zip(work.rows, work.targets, strict=True)])
        objective = data + work.l2 * total(p * p for p in model.parameters())
        assert found == pytest.approx(objective.data, rel=1e-13)
        sgd.zero_grad()
        objective.backward()
        sgd.step()


def test_the_sigmoid_program_has_its_known_losses():
    losses = with_numpy.train(works.sigmoid_program(), 2000)
    assert [losses[0], losses[1], losses[-1]] == pytest.approx(
        [0.6716722765718265, 0.6714871330378404, 0.4058883722709217], rel=1e-12
    )


def test_the_order_of_the_digits_has_every_row_once_an_epoch():
    order = works.digits().order
    assert all(sorted(epoch) == list(range(1792)) for epoch in order.tolist())
    assert order[0].tolist() != order[1].tolist()


def test_a_difference_of_losses_is_seen():
    assert compiled.loss_difference([1.0, 2.0], np.array([1.0, 2.0])) == 0.0
    assert compiled.loss_difference([1.0, 2.0], np.array([1.0, 2.002])) == pytest.approx(0.001, rel=1e-2)
    assert compiled.loss_difference([1.5, 3.5], np.array([1.0, 2.0, 3.0, 4.0])) == 0.0  # means of two epochs


def test_durations_have_three_digits():
    assert [duration(s) for s in (4.52e-5, 1.234, 0.0123, 1e-9)] == ["45.2 µs", "1.23 s", "12.3 ms", "1.00 ns"]


def test_an_aim_says_what_it_is_missed_by():
    assert [str(Aim(1.0, 1.05, "of C's")), str(Aim(1.12, 1.05, "of C's"))] == [
        "≤ 1.05 of C's: met", "≤ 1.05 of C's: MISSED, 1.12",
    ]  # fmt: skip
    assert [str(Aim(5.0, 4.0, "times as fast", at_least=True)), str(Aim(0.012, 0.01, shown=duration))] == [
        "≥ 4 times as fast: met", "≤ 10.0 ms: MISSED, 12.0 ms",
    ]  # fmt: skip
    assert not Aim(math.nan, 1.0).met
    assert table(("it", "time"), [Row("x", ("1 s",), (Aim(2.0, 1.0),)), Row("longer", ("2 s",))]) == (
        "it      time  aim\n------  ----  --------------\nx       1 s   ≤ 1: MISSED, 2\nlonger  2 s"
    )


def test_the_c_that_counts_is_its_quickest_build():
    assert contenders.quickest_c({"C, -O2": 2.0, "C, -O3 -march=native": 1.5, "NumPy": 1.0}) == 1.5
    assert contenders.quickest_c({"NumPy": 1.0}) is None


# --- timing ----------------------------------------------------------------------------------------------------


def test_an_epoch_is_what_further_epochs_take(monkeypatch):
    """Preparations of 100 s and epochs of 2 s, by a clock that only they move."""
    now = 0.0

    def train(epochs: int) -> None:
        nonlocal now
        now += 100.0 + 2.0 * epochs

    monkeypatch.setattr(timing.time, "process_time", lambda: now)
    assert timing.per_epoch({"a": train}, turns=2, seconds=5.0) == {"a": pytest.approx(2.0)}
    assert 2.0 * timing.enough(train, 5.0) >= 50.0  # half of what is prepared


def test_a_disturbed_measurement_is_taken_again(monkeypatch):
    """Epochs of 1 s; the first trainings at length seem to take no longer than a single epoch."""
    now, calls = 0.0, 0

    def train(epochs: int) -> None:
        nonlocal now, calls
        calls += 1
        now += 2.0 if calls in (4, 5) else 1.0 + epochs

    monkeypatch.setattr(timing.time, "process_time", lambda: now)
    assert timing.per_epoch({"a": train}, turns=1, seconds=1.0) == {"a": pytest.approx(1.0)}
    assert calls > 5


def test_every_line_of_a_table_is_made_as_lines_are():
    """Most are made after minutes: a wrong one would be noticed by nobody else."""
    made = []
    for path in Path(timing.__file__).parent.rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in ("Row", "Aim"):
                kind = {"Row": Row, "Aim": Aim}[call.func.id]
                inspect.signature(kind).bind(*call.args, **{word.arg: word.value for word in call.keywords})
                made.append(call)
    assert len(made) > 20
