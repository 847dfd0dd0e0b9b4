"""A program that one process compiled serves the next, from the disk: the same bits, and never for other code."""

from __future__ import annotations

import os
import subprocess
import sys
import weakref
from pathlib import Path
from typing import Any

import pytest
from conftest import needs_llvmlite

from autograd.program import Reach, lasting
from autograd.program.structure import _code

SCRIPT = """
import sys
import nn
from autograd import Value, tanh, dot
from autograd.compiler.step import SampleSums

SCALE = 0.5
traced = []
usual = SampleSums.__init__
SampleSums.__init__ = lambda *args, **named: (traced.append(1), usual(*args, **named))[1]

class Sum(nn.Module):
    def __init__(self):
        self.w, self.u = [Value(0.1 * i) for i in range(4)], Value(-0.3)

    def forward(self, x):
        return tanh(dot(self.w[: len(x)], x) * SCALE) + self.u * {"a", "b", "c"}.__len__()

X, y = [[0.5], [1.0, -1.0], [0.25, 2.0, 0.5, 1.5]], [0.5, 0.25, -0.5]
model = Sum()
optimizer = nn.Adam(model.parameters(), lr=0.01, clip_norm=0.5)
history = nn.fit(model, X, y, loss="mse", optimizer=optimizer, epochs=20, l2=0.01, compiled=sys.argv[1] == "True")
print(len(traced), history.loss[-1].hex(), *[p.data.hex() for p in model.parameters()])
"""


def run(script: str, cache: Path, seed: int, compiled: bool = True) -> tuple[int, list[float]]:
    """How many forms of samples were traced, and what came out."""
    environment = os.environ | {"STEPGRAD_CACHE": str(cache), "PYTHONHASHSEED": str(seed)}
    done = subprocess.run(
        [sys.executable, "-c", script, str(compiled)], env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    count, *numbers = done.stdout.split()
    return int(count), [*map(float.fromhex, numbers)]


@needs_llvmlite
def test_the_next_process_traces_nothing_and_comes_to_the_same_bits(tmp_path: Path) -> None:
    first, second = (run(SCRIPT, tmp_path, seed) for seed in (1, 2))
    assert first[0] == 3
    assert second == (0, first[1])
    assert first[1] == pytest.approx(run(SCRIPT, tmp_path, 3, compiled=False)[1], rel=1e-9)
    for file in tmp_path.iterdir():
        file.write_bytes(file.read_bytes()[:-1] + b"?")  # damaged: it is compiled again
    assert run(SCRIPT, tmp_path, 4) == first


@needs_llvmlite
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("SCALE = 0.5", "SCALE = 0.25"), ("tanh(dot", "(dot"), ("self.w[: len(x)]", "self.w[-len(x) :]"),
        ("clip_norm=0.5", "clip_norm=0.25"), ("l2=0.01", "l2=0.02"), ('loss="mse"', 'loss="mae"'),
        ("nn.Adam(model.parameters(), lr=0.01,", "nn.SGD(model.parameters(), lr=0.01,"),
        ("[0.5], [1.0", "[0.5, 0.1], [1.0"),
        ("model = Sum()", "model = Sum()\nmodel.u.requires_grad = False"),
    ],
    ids=["global", "operation", "slice", "setting", "penalty", "loss", "rule", "lengths", "what is frozen"],
)  # fmt: skip
def test_other_code_and_other_settings_are_another_program(tmp_path: Path, old: str, new: str) -> None:
    run(SCRIPT, tmp_path, 1)
    changed = SCRIPT.replace(old, new)
    assert changed != SCRIPT
    traced, found = run(changed, tmp_path, 1)
    assert traced > 0
    assert found == pytest.approx(run(changed, tmp_path, 1, compiled=False)[1], rel=1e-9)


def structure(f: Any) -> str | None:
    return lasting(Reach(f).structure())


def test_no_text_lasts_while_our_code_on_the_disk_is_not_the_one_that_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autograd.program.structure.LOADED", 0.0)  # as if every file was changed since
    _code.cache_clear()
    assert structure(lambda x: x) is None
    monkeypatch.undo()
    assert structure(lambda x: x) is not None


def test_a_text_lasts_where_all_that_it_stands_for_can_be_told_in_another_process() -> None:
    def scaled(by: Any) -> Any:
        return lambda x: by * x

    assert structure(scaled(1.0)) == structure(scaled(1.0)) is not None
    texts = [structure(scaled(by)) for by in (1.0, 1, True, -0.0, 0.0, "1", (1.0,), [1.0])]
    assert None not in texts
    assert len({*texts}) == len(texts)
    assert structure(lambda x: x + 1) != structure(lambda x: x - 1)
    assert structure(lambda x: x in {"a", "b"}) == structure(lambda x: x in {"b", "a"})
    assert lasting((weakref.ref(Path),)) != lasting((weakref.ref(int),))
    for unknown in (object(), [1], lambda: None):
        assert lasting((1, unknown)) is None
