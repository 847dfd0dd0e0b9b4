"""Checkpoints: a training that goes on from one ends where it would have ended, to the last bit; others are refused."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import nn
from autograd import Value, uniform
from nn import EarlyStopping, ReduceOnPlateau, Warmup

X, Y = nn.datasets.moons(20, noise=0.2, seed=3)
ROOT = Path(nn.__file__).parents[1]

OPTIMISERS = {
    "SGD": lambda p: nn.SGD(p, lr=0.1, momentum=0.9),
    "Adam": lambda p: nn.Adam(p, lr=0.02, clip_norm=1.0),
    "RMSprop": lambda p: nn.RMSprop(p, lr=0.01, momentum=0.5),
}


def layer(nin, nout, seed, activation="tanh"):
    return nn.Layer(nin, nout, activation=activation, rng=random.Random(seed))


def network(seed=1):
    return nn.Sequential(layer(2, 5, seed), nn.Dropout(0.2, seed=seed), nn.LayerNorm(5), layer(5, 1, 9, "linear"))


def train(path, epochs, name="Adam", model=None, **settings):
    """(model, optimiser, history) of a training with everything that a checkpoint keeps."""
    model = network() if model is None else model
    optimizer = OPTIMISERS[name](model.parameters())
    settings = {
        "loss": "bce_with_logits", "batch_size": 8, "seed": 4, "l2": 1e-3, "every": 3, "checkpoint": path,
        "schedule": Warmup(3, then=ReduceOnPlateau(factor=0.5, patience=2)), "validation": (X[:9], Y[:9]),
        "metrics": ["accuracy"],
    } | settings  # fmt: skip
    return model, optimizer, nn.fit(model, X, Y, optimizer=optimizer, epochs=epochs, **settings)


def assert_same(one, two):
    (model, optimizer, history), (other, other_optimizer, other_history) = one, two
    assert other.state_dict() == model.state_dict()
    assert (other_optimizer.t, other_optimizer.state) == (optimizer.t, optimizer.state)
    assert other_optimizer.lr == optimizer.lr
    assert other_history == history


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("name", OPTIMISERS)
def test_a_resumed_training_is_the_one_that_never_stopped(name, compiled, tmp_path):
    path = tmp_path / "run.json"
    whole = train(tmp_path / "other.json", 17, name, compiled=compiled)
    train(path, 7, name, compiled=compiled)
    resumed = train(path, 17, name, model=network(seed=8), resume=True, compiled=compiled)  # other weights, other draws
    assert_same(whole, resumed)
    assert json.loads(path.read_text()) == json.loads(path.read_text())
    assert len(resumed[2].loss) == len(resumed[2].seconds) == 17


def test_without_watchers_epochs_run_many_at_a_time_and_resume_all_the_same(tmp_path):
    plain = {"schedule": None, "validation": None, "metrics": (), "batch_size": None, "l2": 0.0}
    whole = train(None, 1000, **plain)
    train(tmp_path / "run.json", 300, every=70, **plain)
    assert_same(whole, train(tmp_path / "run.json", 1000, resume=True, every=70, **plain))


def test_the_file_is_written_every_so_many_epochs_and_at_the_end(tmp_path):
    path = tmp_path / "run.json"
    written = []

    def look(history, model):
        written.append(len(json.loads(path.read_text())["training"]["history"]["loss"]) if path.exists() else 0)

    train(path, 8, callbacks=[look])
    assert written == [0, 0, 0, 3, 3, 3, 6, 6]
    assert len(json.loads(path.read_text())["training"]["history"]["loss"]) == 8


def test_a_training_without_a_file_to_resume_from_starts_from_the_beginning(tmp_path):
    assert_same(train(None, 4), train(tmp_path / "run.json", 4, resume=True))


def test_a_training_that_is_done_is_left_as_it_was(tmp_path):
    path = tmp_path / "run.json"
    done = train(path, 5)
    before = path.read_bytes()
    assert_same(done, train(path, 5, model=network(seed=2), resume=True))
    assert path.read_bytes() == before


def test_an_unseeded_training_resumes_its_own_order_too(tmp_path):
    path = tmp_path / "run.json"
    train(path, 3, seed=None)
    kept = path.read_bytes()
    first = train(path, 6, seed=None, resume=True)
    path.write_bytes(kept)
    assert_same(first, train(path, 6, seed=None, resume=True))


def test_early_stopping_resumes_with_the_best_it_had(tmp_path):
    def run(path, epochs, **more):
        stopping = EarlyStopping(patience=6)
        return train(path, epochs, callbacks=[stopping], schedule=None, name="SGD", **more), stopping.state_dict()

    whole, stopped = run(tmp_path / "other.json", 60)
    assert len(whole[2].loss) < 60
    run(tmp_path / "run.json", len(whole[2].loss) - 3)
    resumed, stopped_again = run(tmp_path / "run.json", 60, resume=True)
    assert_same(whole, resumed)
    assert stopped_again == stopped


def test_what_a_callback_changed_is_kept(tmp_path):
    def run(path, epochs, **more):
        def change(history, model):
            if len(history.loss) == 2:
                model.layers[0].freeze()
                optimizer.lr *= 0.5

        model = network()
        optimizer = nn.SGD(model.parameters(), lr=0.1)
        settings = {"loss": "hinge", "callbacks": [change], "checkpoint": path}
        return model, optimizer, nn.fit(model, X, Y, optimizer=optimizer, epochs=epochs, **settings, **more)

    whole = run(tmp_path / "other.json", 8)
    run(tmp_path / "run.json", 4)
    resumed = run(tmp_path / "run.json", 8, resume=True)
    assert_same(whole, resumed)
    assert resumed[1].lr == 0.05
    assert not resumed[0].layers[0].neurons[0].b.requires_grad


@pytest.mark.parametrize(
    "generator", [np.random.default_rng, lambda s: np.random.Generator(np.random.MT19937(s)),
                  lambda s: np.random.Generator(np.random.Philox(s))]
)  # fmt: skip
def test_generators_of_numpy_in_a_model_of_ones_own_are_kept(generator, tmp_path):
    class Noisy(nn.Module):
        def __init__(self, seed):
            self.w, self.noise = Value(1.0), generator(seed)

        def forward(self, x):
            return self.w * (x[0] + uniform(self.noise))

    def run(path, epochs, seed, **more):
        model = Noisy(seed)
        optimizer = nn.SGD([model.w], lr=0.1)
        return (
            model,
            optimizer,
            nn.fit(model, X, Y, loss="mse", optimizer=optimizer, epochs=epochs, checkpoint=path, **more),
        )

    whole = run(tmp_path / "other.json", 6, seed=1)
    run(tmp_path / "run.json", 3, seed=1)
    assert_same(whole, run(tmp_path / "run.json", 6, seed=2, resume=True))


def test_a_checkpoint_is_a_model_file_too(tmp_path):
    model, *_ = train(tmp_path / "run.json", 4)
    loaded = nn.load(tmp_path / "run.json")
    assert nn.predict(loaded, X) == nn.predict(model, X)


def test_parameters_that_the_model_does_not_hold_are_kept_with_the_optimiser(tmp_path):
    def run(path, epochs, start, **more):
        model, scale = nn.MLP(2, [3, 1], seed=1), Value(start)
        optimizer = nn.Adam([*model.parameters(), scale], lr=0.05)
        nn.fit(
            model,
            X,
            Y,
            loss=lambda p, t: (scale * p - t) ** 2,
            optimizer=optimizer,
            epochs=epochs,
            checkpoint=path,
            **more,
        )
        return scale.data

    whole = run(tmp_path / "other.json", 6, 1.0)
    run(tmp_path / "run.json", 3, 1.0)
    assert run(tmp_path / "run.json", 6, 5.0, resume=True) == whole


# --- what is refused -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model": nn.MLP(2, [5, 1], seed=1)}, "a checkpoint of another model"),
        ({"model": nn.Sequential(layer(2, 5, 1, "relu"), nn.Dropout(0.2), nn.LayerNorm(5), layer(5, 1, 1, "linear"))},
         "a checkpoint of another model"),
        ({"model": nn.Sequential(layer(2, 5, 1), nn.Dropout(0.3), nn.LayerNorm(5), layer(5, 1, 1, "linear"))},
         "a checkpoint of another model"),
        ({"name": "SGD"}, r"its optimizer is Adam\(31 parameters, .*clip_norm=1\.0.*, and here it is SGD\(31 .*=0\.9"),
        ({"loss": "hinge"}, "its loss is bce_with_logits, and here it is hinge"),
        ({"batch_size": None}, "its batch_size is 8, and here it is None"),
        ({"l2": 0.0}, r"its l2 is 0\.001, and here it is 0\.0"),
        ({"callbacks": [EarlyStopping()]}, r"its callbacks is \[\], and here it is \['EarlyStopping'\]"),
    ],
)  # fmt: skip
def test_a_checkpoint_of_another_model_optimiser_or_training_is_refused_and_moves_nothing(change, message, tmp_path):
    path = tmp_path / "run.json"
    train(path, 2)
    before = path.read_bytes()
    model = change.pop("model", None) or network(seed=5)
    state = model.state_dict()
    with pytest.raises(ValueError, match=rf"run\.json is .*{message}"):
        train(path, 4, model=model, resume=True, **change)
    assert model.state_dict() == state
    assert path.read_bytes() == before


def test_a_model_of_ones_own_class_is_told_by_its_parameters(tmp_path):
    class Own(nn.Module):
        def __init__(self, count):
            self.w = [Value(1.0) for _ in range(count)]

        def forward(self, x):
            return self.w[0] * x[0]

    def run(count, **more):
        model = Own(count)
        nn.fit(model, X, Y, loss="mse", optimizer=nn.SGD(model.parameters()[:1]), epochs=2,
               checkpoint=tmp_path / "run.json", **more)  # fmt: skip

    run(2)
    with pytest.raises(ValueError, match=r"another training: the state does not fit Own: missing: w\.2"):
        run(3, resume=True)


def test_a_plain_model_and_a_damaged_file_are_refused(tmp_path):
    path = tmp_path / "run.json"
    nn.save(network(), path)
    with pytest.raises(ValueError, match=r"a model without the state of a training: nn\.load reads it"):
        train(path, 4, resume=True)
    train(path, 2)
    content = json.loads(path.read_text())
    for damage in ("settings", "optimizer", "generators", "history", "lr"):
        path.write_text(
            json.dumps(content | {"training": {k: v for k, v in content["training"].items() if k != damage}})
        )
        with pytest.raises(ValueError, match=r"run\.json is damaged"):
            train(path, 4, resume=True)
    path.write_text(path.read_text()[:-200])
    with pytest.raises(ValueError, match=r"run\.json is no model file, or was cut short"):
        train(path, 4, resume=True)


def test_settings_that_cannot_be_met_are_refused(tmp_path):
    with pytest.raises(ValueError, match="every must be a whole number of at least 1, not 0"):
        train(tmp_path / "run.json", 2, every=0)
    with pytest.raises(ValueError, match="resume=True goes on from a checkpoint: name its file with checkpoint="):
        train(None, 2, resume=True)


# --- a process that is killed ----------------------------------------------------------------------------------

SCRIPT = """
import sys
sys.path.insert(0, {tests!r})
from test_checkpoint import train
train({path!r}, 10**6, every=1, compiled=False)
"""


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL is POSIX's")
def test_a_killed_training_leaves_a_whole_checkpoint_from_which_it_goes_on(tmp_path):
    """kill -9 at a moment of chance, again and again: the file is whole each time, and the numbers are the same."""
    path = tmp_path / "run.json"
    script = SCRIPT.format(tests=str(Path(__file__).parent), path=str(path))
    process = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT)
    deadline = time.monotonic() + 60
    while not path.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.3 + random.random() * 0.2)
    process.send_signal(signal.SIGKILL)
    process.wait()
    done = len(json.loads(path.read_text())["training"]["history"]["loss"])
    assert done >= 1
    assert_same(train(None, done + 2, compiled=False), train(path, done + 2, resume=True, compiled=False))


WRITING = """
import os, sys
sys.path.insert(0, {tests!r})
from test_checkpoint import network, nn, train
calls = []

def killed(*args):
    calls.append(args)
    if len(calls) == {allowed} + 1:
        os.kill(os.getpid(), 9)
    return real(*args)

real, os.{function} = os.{function}, killed
{act}
"""


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL is POSIX's")
@pytest.mark.parametrize("function", ["fsync", "replace"])
@pytest.mark.parametrize(("act", "allowed"), [("nn.save(network(5), {path!r})", 0), ("train({path!r}, 9)", 1)])
def test_kill_9_in_the_middle_of_writing_leaves_the_old_file(function, act, allowed, tmp_path):
    path = tmp_path / "run.json"
    nn.save(network(), path)
    before = path.read_bytes()
    script = WRITING.format(
        tests=str(Path(__file__).parent), function=function, allowed=allowed, act=act.format(path=str(path))
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False)
    assert done.returncode == -signal.SIGKILL
    if allowed:  # the first checkpoint was written, and the second was not
        assert len(json.loads(path.read_text())["training"]["history"]["loss"]) == 3
    else:
        assert path.read_bytes() == before
        assert nn.predict(nn.load(path), X[:2]) == nn.predict(network(), X[:2])
