"""Checkpoints: a training that goes on from one ends where it would have ended, to the last bit; others are refused."""

from __future__ import annotations

import json
import math
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from copy import deepcopy
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import nn
from autograd import Value, uniform
from nn import EarlyStopping, ReduceOnPlateau, Warmup
from nn.training import History
from nn.training.checkpoint import Checkpoint
from nn.training.eager import EagerSteps

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
train(None, 9)  # compiled code is written to files too: only now, so that checkpoints alone are counted
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
@pytest.mark.parametrize(
    ("act", "allowed"), [("nn.save(network(5), {path!r})", 0), ("train({path!r}, 9, compiled=False)", 1)]
)
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


# --- Ctrl-C, wherever it comes from ----------------------------------------------------------------------------


class Count:
    """A callback with a state, which notices an epoch that is told twice or not at all."""

    def __init__(self):
        self.seen = []

    def __call__(self, history, model):
        self.seen.append(len(history.loss))

    def state_dict(self):
        return {"seen": self.seen}

    def load_state_dict(self, state):
        if not isinstance(state["seen"], list) or not all(type(n) is int for n in state["seen"]):
            raise TypeError("seen is no list of epochs")
        self.seen = [*state["seen"]]


def interrupt_at(calls, act=None):
    """A function that interrupts, once, when it is called for the so-many-th time."""
    left = [calls]

    def called(*args):
        left[0] -= 1
        if left[0] == 0:
            (act or raise_interrupt)()

    return called


def raise_interrupt():
    raise KeyboardInterrupt


class Interrupted(nn.Module):
    """A network that interrupts in the midst of a step."""

    def __init__(self, calls):
        self.inner = network()
        self.notice = interrupt_at(calls)

    def forward(self, x):
        self.notice()
        return self.inner(x)


def resumed_after(path, interrupt, epochs=9, **settings):
    """The whole training, and the one that was interrupted and went on; with the number of epochs in between."""
    whole = train(None, epochs, callbacks=[(count := Count())], checkpoint=None, **settings)
    first = interrupt(path, Count())
    assert first.interrupted
    done = len(json.loads(path.read_text())["training"]["history"]["loss"])
    resumed = train(path, epochs, model=network(seed=8), callbacks=[(again := Count())], resume=True, **settings)
    assert again.seen == count.seen == [*range(1, epochs + 1)]
    assert_same(whole, resumed)
    assert not [name for name in os.listdir(path.parent) if name.endswith(".part")]
    return done


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("order", ["before", "after"])
def test_a_callback_may_interrupt(order, compiled, tmp_path):
    def interrupt(path, count):
        callbacks = [interrupt_at(5), count] if order == "before" else [count, interrupt_at(5)]
        return train(path, 9, callbacks=callbacks, every=100, compiled=compiled)[2]

    assert resumed_after(tmp_path / "run.json", interrupt, compiled=compiled) == 4


def test_an_interrupt_from_the_midst_of_an_eager_step(tmp_path):
    def interrupt(path, count):
        model = network()
        loss = nn.losses.bce_with_logits
        notice = interrupt_at(20 * 3 + 13)

        def bce_with_logits(p, t):
            notice()
            return loss(p, t)

        return train(path, 9, model=model, callbacks=[count], every=100, compiled=False, loss=bce_with_logits)[2]

    assert resumed_after(tmp_path / "run.json", interrupt, compiled=False) >= 2


def test_an_interrupt_from_inside_a_compiled_step(tmp_path, monkeypatch):
    from autograd.compiler import Training

    run = Training.run

    def interrupt(path, count):
        notice = interrupt_at(4)

        def interrupted(self, *args):
            found = run(self, *args)  # the numbers have moved
            notice()
            return found

        with monkeypatch.context() as patch:
            patch.setattr(Training, "run", interrupted)
            return train(path, 9, callbacks=[count], every=100)[2]

    assert resumed_after(tmp_path / "run.json", interrupt) >= 1


@pytest.mark.usefixtures("ctrl_c")
@pytest.mark.skipif(os.name == "nt", reason="a process of Windows cannot signal itself so")
@pytest.mark.parametrize("handler", [signal.default_int_handler, lambda *_: raise_interrupt()])
def test_a_signal_with_a_handler_of_any_kind(handler, tmp_path):
    def interrupt(path, count):
        act = interrupt_at(5, lambda: os.kill(os.getpid(), signal.SIGINT))
        before = signal.signal(signal.SIGINT, handler)
        try:
            return train(path, 9, callbacks=[count, act], every=100, compiled=False)[2]
        finally:
            signal.signal(signal.SIGINT, before)

    assert resumed_after(tmp_path / "run.json", interrupt, compiled=False) in (4, 5)


@pytest.mark.usefixtures("ctrl_c")
@pytest.mark.skipif(os.name == "nt", reason="a process of Windows cannot signal itself so")
def test_a_second_ctrl_c_interrupts_at_once_and_what_was_learned_is_in_the_file(tmp_path):
    path = tmp_path / "run.json"

    def twice(history, model):
        if len(history.loss) == 5:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.01)
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(1.0)

    with pytest.raises(KeyboardInterrupt):
        train(path, 9, callbacks=[twice], every=100, compiled=False)
    assert len(json.loads(path.read_text())["training"]["history"]["loss"]) == 4
    assert_same(train(None, 9, compiled=False), train(path, 9, resume=True, compiled=False))


def test_a_training_that_fails_leaves_its_last_whole_epoch(tmp_path):
    def fail(history, model):
        if len(history.loss) == 5:
            raise LookupError("the disk of another program is full")

    with pytest.raises(LookupError):
        train(tmp_path / "run.json", 9, callbacks=[fail], every=100)
    assert len(json.loads((tmp_path / "run.json").read_text())["training"]["history"]["loss"]) == 4


def test_a_training_that_is_interrupted_before_anything_is_learned_writes_nothing(tmp_path):
    assert train(tmp_path / "run.json", 3, callbacks=[interrupt_at(1)])[2].interrupted
    assert not (tmp_path / "run.json").exists()


# --- numbers of any kind ---------------------------------------------------------------------------------------

KINDS = [np.float32, np.float64, np.float16, np.longdouble, Fraction, Decimal, lambda x: np.array(x)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("compiled", [False, True])
def test_rates_metrics_and_states_may_be_numbers_of_any_kind(kind, compiled, tmp_path):
    class Odd(Count):
        def state_dict(self):
            return {"seen": [np.int64(n) for n in self.seen], "odd": kind(0.5), "yes": np.bool_(True)}

    def measure(predictions, targets):
        return kind(0.5)

    def run(path, epochs, **more):
        model = network()
        optimizer = nn.Adam(model.parameters(), lr=kind(0.02))
        settings = {"schedule": lambda lr, epoch, losses: kind(0.25) / (epoch + 1), "metrics": [measure], "every": 2}
        history = nn.fit(
            model, X, Y, loss="hinge", optimizer=optimizer, epochs=epochs, checkpoint=path, compiled=compiled,
            callbacks=[Odd()], **settings, **more,
        )  # fmt: skip
        return model.state_dict(), [float(x) for x in history.lr], history.loss

    whole = run(None, 6)
    run(tmp_path / "run.json", 3)
    assert run(tmp_path / "run.json", 6, resume=True) == whole
    training = json.loads((tmp_path / "run.json").read_text())["training"]
    assert training["lr"] == pytest.approx(0.02, rel=1e-3)
    assert training["history"]["metrics"] == {"measure": [0.5] * 6}
    assert training["callbacks"] == [{"seen": [1, 2, 3, 4, 5, 6], "odd": 0.5, "yes": True}]


@pytest.mark.parametrize("name", ["none/run.json", "file/run.json", "folder"])
def test_a_checkpoint_that_cannot_be_written_is_refused_before_the_first_epoch(name, tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    count = Count()
    with pytest.raises(OSError, match=r"fit: the checkpoint .* cannot be written: it must be a file, in a folder"):
        train(tmp_path / name, 3, callbacks=[count], every=100)
    assert count.seen == []


def test_a_callback_whose_state_is_no_data_is_refused_before_the_first_epoch(tmp_path):
    class Bad(Count):
        def state_dict(self):
            return {"seen": {1, 2}}

    bad = Bad()
    with pytest.raises(
        TypeError, match=r"a checkpoint cannot keep the state of Bad: .*numbers, texts, lists and dicts"
    ):
        train(tmp_path / "run.json", 3, callbacks=[bad])
    assert bad.seen == []


# --- a damaged file --------------------------------------------------------------------------------------------


def everything(model, optimizer, rng, count, stopping):
    """All that a checkpoint may set, to the last bit."""
    return (
        [p.data.hex() for p in optimizer.parameters], [p.requires_grad for p in optimizer.parameters],
        float(optimizer.lr), [*optimizer.t], [*optimizer.state], rng.getstate(),
        model.layers[1].rng.getstate(), repr(model.noise.bit_generator.state), [*count.seen], stopping.state_dict(),
    )  # fmt: skip


def setting(noise, seed):
    """A Checkpoint of a training with everything, before it begins."""
    model = network(seed)
    model.noise = noise(seed)
    optimizer = nn.Adam(model.parameters(), lr=0.02)
    count, stopping, rng, history = Count(), EarlyStopping(), random.Random(seed), History()
    eager = EagerSteps(model, X, Y, nn.losses.hinge, optimizer)
    checkpoint = Checkpoint("run.json", 1, eager, rng, history, [count, stopping], {})
    return checkpoint, (model, optimizer, rng, count, stopping)


def places(content, path=()):
    """The path of every value in some JSON."""
    yield path
    inner = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    for key, value in inner:
        if not isinstance(key, int) or key < 2 or key == len(content) - 1:  # of long lists some
            yield from places(value, (*path, key))


DAMAGES = {
    "gone": None, "a text": "x", "null": None, "an object": {}, "a list": [], "true": True, "negative": -1,
    "large": 10**400, "nan": math.nan, "inf": math.inf, "longer": None, "shorter": None,
}  # fmt: skip


def damaged(content, path, damage):
    """A copy of the content with a value changed; None where that is not possible."""
    content = json.loads(json.dumps(content))
    holder = content
    for key in path[:-1]:
        holder = holder[key]
    if damage == "gone":
        del holder[path[-1]]
    elif damage in ("longer", "shorter"):
        if not isinstance(holder[path[-1]], list) or not holder[path[-1]]:
            return None
        holder[path[-1]] = [*holder[path[-1]], holder[path[-1]][-1]] if damage == "longer" else holder[path[-1]][:-1]
    else:
        holder[path[-1]] = DAMAGES[damage]
    return content


@pytest.mark.parametrize("noise", [np.random.default_rng, lambda s: np.random.Generator(np.random.MT19937(s))])
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_taken_over_whole_or_not_at_all(noise, damage, tmp_path, monkeypatch):
    """One value after the other: either the file is refused and nothing has moved, or it is a possible one."""
    monkeypatch.chdir(tmp_path)
    checkpoint, parts = setting(noise, 1)
    model, optimizer, _, count, stopping = parts
    nn.fit(model, X, Y, loss="hinge", optimizer=optimizer, epochs=3, callbacks=[count, stopping], compiled=False)
    for name in ("loss", "data_loss", "lr", "seconds", "val_loss"):
        getattr(checkpoint.history, name)[:] = [0.5, 0.25, 0.125]
    checkpoint.history.metrics["f1"] = [0.5, 0.5, 0.5]
    checkpoint.note(0.02)
    checkpoint.save()
    content = json.loads(Path("run.json").read_text())
    refused = 0
    for path in places(content["training"], ("training",)):
        if len(path) < 2 or (changed := damaged(content, path, damage)) is None:
            continue
        Path("run.json").write_text(json.dumps(changed))
        other, others = setting(noise, 2)
        before, history = everything(*others), deepcopy(other.history)
        with suppress(ValueError):
            other.resume()
            # It was taken: what is written from it is what was read.
            other.note(others[1].lr)
            other.save()
            read, again = (
                json.loads(text, parse_constant=str) for text in (json.dumps(changed), Path("run.json").read_text())
            )
            assert read["training"] == again["training"], path
            continue
        refused += 1
        assert everything(*others) == before, path
        assert other.history == history, path
    assert refused


@pytest.mark.parametrize("what", ["optimizer", "generators", "callbacks"])
def test_a_shortened_list_is_refused(what, tmp_path):
    path = tmp_path / "run.json"
    train(path, 2, callbacks=[Count()])
    content = json.loads(path.read_text())
    content["training"][what].pop()
    path.write_text(json.dumps(content))
    model = network(seed=5)
    state = model.state_dict()
    with pytest.raises(ValueError, match=r"run\.json is damaged: TypeError: it|its"):
        train(path, 4, model=model, callbacks=[Count()], resume=True)
    assert model.state_dict() == state


def test_callbacks_go_back_where_a_later_one_refuses_its_state(tmp_path):
    class Refusing(Count):
        def load_state_dict(self, state):
            if state["seen"] == [1, 2]:
                raise LookupError("not mine")
            super().load_state_dict(state)

    path = tmp_path / "run.json"
    train(path, 2, callbacks=[Count(), Refusing()])
    first, second = Count(), Refusing()
    with pytest.raises(ValueError, match=r"damaged: .*Refusing does not take its state over: LookupError: not mine"):
        train(path, 4, callbacks=[first, second], resume=True)
    assert first.seen == second.seen == []


@pytest.mark.parametrize("change", ["renamed", "gone", "more", "none at all"])
def test_best_parameters_of_other_names_are_refused_when_they_are_read(change, tmp_path):
    path = tmp_path / "run.json"
    train(path, 2, callbacks=[Count(), EarlyStopping()])
    content = json.loads(path.read_text())
    best = content["training"]["callbacks"][1]["parameters"]
    first = next(iter(best))
    if change == "none at all":
        best.clear()
    elif change == "more":
        best["layers.9.w"] = 0.5
    else:
        number = best.pop(first)
        best |= {"x" + first: number} if change == "renamed" else {}
    path.write_text(json.dumps(content))
    model, count, stopping = network(seed=5), Count(), EarlyStopping()
    state = model.state_dict()
    with pytest.raises(ValueError, match=r"EarlyStopping does not take its state over: .*are those of another model"):
        train(path, 4, model=model, callbacks=[count, stopping], resume=True)
    assert model.state_dict() == state
    assert (count.seen, stopping.state_dict()) == ([], EarlyStopping().state_dict())


def test_what_a_file_says_reaches_no_terminal_raw(tmp_path):
    path = tmp_path / "run\x1b[31m.json"
    train(path, 2)
    content = json.loads(path.read_text())
    for key, value in [("settings", {"\x1b]0;title\x07": "\x1b[2J\u202e"}), ("lr", "\x1b[2J"), ("frozen", ["\x1b[2J"])]:
        path.write_text(json.dumps(content | {"training": content["training"] | {key: value}}))
        with pytest.raises(ValueError, match="run") as caught:
            train(path, 4, resume=True)
        assert str(caught.value).isprintable()


@pytest.mark.parametrize("kind", [np.random.MT19937, np.random.Philox])
@pytest.mark.parametrize("place", [-1, 5_000])
def test_a_generator_whose_place_is_outside_of_its_numbers_is_refused(kind, place, tmp_path, monkeypatch):
    """NumPy takes such a state, and then draws from the memory beside the numbers."""
    monkeypatch.chdir(tmp_path)
    checkpoint, (model, *_) = setting(lambda seed: np.random.Generator(kind(seed)), 1)
    checkpoint.note(0.02)
    checkpoint.save()
    content = json.loads(Path("run.json").read_text())
    (state,) = (state for state in content["training"]["generators"] if isinstance(state, dict))
    holder, name = (state["state"], "pos") if "pos" in state["state"] else (state, "buffer_pos")
    holder[name] = place
    Path("run.json").write_text(json.dumps(content))
    before = repr(model.noise.bit_generator.state)
    with pytest.raises(ValueError, match="the state of a Generator is none"):
        checkpoint.resume()
    assert repr(model.noise.bit_generator.state) == before
