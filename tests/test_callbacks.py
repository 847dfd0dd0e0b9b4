"""Early stopping, stopping at a loss, and Ctrl-C: what ends a training, and what is left of it."""

from __future__ import annotations

import math
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import nn
from autograd import Value
from nn import EarlyStopping, History, StopBelow

BOTH = pytest.mark.parametrize("compiled", [False, True])


class Number(nn.Module):
    """One parameter, which is the epoch after training with ``count``."""

    def __init__(self):
        self.w = Value(0.0)

    def forward(self, x):
        return self.w * x[0]


def run(stopping, losses, val_losses=()):
    """What early stopping makes of these losses: the epoch at which it stops, the parameter that is left."""
    model, history = Number(), History()
    for epoch, loss in enumerate(losses):
        history.loss.append(loss)
        history.val_loss += val_losses[epoch : epoch + 1]
        model.w.data = float(epoch)
        if stopping(history, model):
            break
    stopping.end(history, model)
    return epoch, model.w.data


def test_early_stopping_waits_for_its_patience_and_restores_the_best():
    losses = [5.0, 3.0, 4.0, 2.0, 2.5, 2.0, 3.0, 1.0]
    assert run(EarlyStopping(patience=3), losses) == (6, 3.0)
    assert run(EarlyStopping(patience=1), losses) == (2, 1.0)


def test_early_stopping_restores_the_best_also_where_the_epochs_run_out():
    assert run(EarlyStopping(patience=10), [5.0, 3.0, 4.0, 6.0]) == (3, 1.0)


def test_early_stopping_asks_for_more_than_min_delta():
    losses = [5.0, 4.95, 4.9, 4.85, 4.0]
    assert run(EarlyStopping(patience=3, min_delta=0.2), losses) == (3, 0.0)
    assert run(EarlyStopping(patience=4, min_delta=0.2), losses) == (4, 4.0)


def test_early_stopping_goes_by_the_validation_loss_where_there_is_one():
    assert run(EarlyStopping(patience=2), [5.0, 4.0, 3.0, 2.0], [1.0, 2.0, 3.0, 4.0]) == (2, 0.0)


def test_a_loss_that_is_nan_is_no_better():
    assert run(EarlyStopping(patience=2), [math.nan, 3.0, math.nan, math.nan, 1.0]) == (3, 1.0)
    assert run(EarlyStopping(patience=2), [math.nan, math.nan]) == (1, 1.0)  # nothing to restore


def test_early_stopping_begins_anew_with_a_new_training():
    stopping = EarlyStopping(patience=2)
    assert run(stopping, [1.0, 2.0, 2.0]) == (2, 0.0)
    assert run(stopping, [5.0, 4.0, 6.0, 6.0]) == (3, 1.0)


@pytest.mark.parametrize("settings", [{"patience": 0}, {"min_delta": -1.0}, {"min_delta": math.nan}])
def test_settings_that_stop_nothing_are_refused(settings):
    with pytest.raises(
        ValueError, match=r"patience must be a whole number of at least 1, not 0|min_delta must be 0 or more"
    ):
        EarlyStopping(**settings)


def overfitted():
    """A model that is too large for twelve points, half of whose labels are chance."""
    rng = random.Random(3)
    X = [[rng.gauss(0, 1), rng.gauss(0, 1)] for _ in range(24)]
    y = [int(a + 1.5 * rng.gauss(0, 1) > 0) for a, _ in X]
    return nn.MLP(2, [8, 8, 1], activation="tanh", seed=1), X[:12], y[:12], (X[12:], y[12:])


@BOTH
def test_fit_stops_early_and_leaves_the_model_at_its_best(compiled):
    model, X, y, held_out = overfitted()
    history = nn.fit(model, X, y, loss="bce_with_logits", optimizer=nn.Adam(model.parameters(), lr=0.05), epochs=500,
                     validation=held_out, callbacks=[EarlyStopping(patience=15)], compiled=compiled)  # fmt: skip
    best = min(history.val_loss)
    assert len(history.loss) == history.val_loss.index(best) + 1 + 15 < 500
    assert nn.evaluate(model, *held_out, loss="bce_with_logits") == pytest.approx(best, rel=1e-12)


@BOTH
def test_stop_below_stops_at_its_loss(compiled):
    model, X, y, _ = overfitted()
    optimizer = nn.Adam(model.parameters(), lr=0.05)
    settings = {"loss": "bce_with_logits", "optimizer": optimizer, "epochs": 500, "compiled": compiled}
    history = nn.fit(model, X, y, callbacks=[StopBelow(0.3)], **settings)
    assert history.loss[-1] <= 0.3 < history.loss[-2]
    assert StopBelow(0.3)(History(loss=[0.1], val_loss=[0.4]), model) is False
    assert StopBelow(0.4)(History(loss=[0.9], val_loss=[0.4]), model) is True


def test_end_is_called_once_with_the_finished_history():
    ended = []

    class Ending:
        def __call__(self, history, model):
            return len(history.loss) == 2

        def end(self, history, model):
            ended.append((len(history.loss), model))

    model, X, y, _ = overfitted()
    nn.fit(model, X, y, loss="hinge", optimizer=nn.SGD(model.parameters()), epochs=5, callbacks=[Ending()])
    assert ended == [(2, model)]


# --- Ctrl-C ----------------------------------------------------------------------------------------------------


def press_ctrl_c_after(seconds, times=1):
    def press():
        for _ in range(times):
            time.sleep(seconds)
            signal.raise_signal(signal.SIGINT) if os.name == "nt" else os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=press)
    thread.start()
    return thread


@BOTH
@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_ends_the_training_with_what_was_learned(compiled, capsys):
    model, X, y, _ = overfitted()
    optimizer = nn.Adam(model.parameters(), lr=0.001)
    settings = {"loss": "bce_with_logits", "compiled": compiled, "batch_size": 5, "seed": 1}
    thread = press_ctrl_c_after(0.6)
    history = nn.fit(model, X, y, optimizer=optimizer, epochs=10**9, **settings)
    thread.join()
    assert history.interrupted
    assert f"fit: stopped by Ctrl-C after epoch {len(history.loss)} of 1000000000" in capsys.readouterr().err
    assert {*optimizer.t} == {3 * len(history.loss)}  # whole epochs
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler

    again, *_ = overfitted()
    twice = nn.fit(again, X, y, optimizer=nn.Adam(again.parameters(), lr=0.001), epochs=len(history.loss), **settings)
    assert not twice.interrupted
    assert twice == history  # as if that many epochs had been asked for
    assert again.state_dict() == model.state_dict()


@pytest.mark.skipif(os.name == "nt", reason="a signal does not interrupt a sleep on Windows")
@pytest.mark.usefixtures("ctrl_c")
def test_a_second_ctrl_c_interrupts_at_once():
    model, X, y, _ = overfitted()
    thread = press_ctrl_c_after(0.2, times=2)
    with pytest.raises(KeyboardInterrupt):
        nn.fit(model, X, y, loss="hinge", optimizer=nn.SGD(model.parameters()), epochs=2, compiled=False,
               callbacks=[lambda *_: time.sleep(30)])  # fmt: skip
    thread.join()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@BOTH
def test_a_keyboard_interrupt_from_elsewhere_ends_the_training_too(compiled):
    def interrupt(history, model):
        if len(history.loss) == 3:
            raise KeyboardInterrupt

    model, X, y, _ = overfitted()
    stopping = EarlyStopping()
    history = nn.fit(model, X, y, loss="hinge", optimizer=nn.SGD(model.parameters()), epochs=9, compiled=compiled,
                     callbacks=[stopping, interrupt])  # fmt: skip
    assert history.interrupted
    assert len(history.loss) == 3
    assert model.state_dict() == stopping.parameters


def test_another_handler_and_another_thread_are_left_alone():
    model, X, y, _ = overfitted()
    settings = {"loss": "hinge", "optimizer": nn.SGD(model.parameters()), "epochs": 1, "compiled": False}
    seen = []
    mine = lambda *_: None  # noqa: E731  # a handler in a line
    usual = signal.signal(signal.SIGINT, mine)
    try:
        nn.fit(model, X, y, callbacks=[lambda *_: seen.append(signal.getsignal(signal.SIGINT))], **settings)
    finally:
        signal.signal(signal.SIGINT, usual)
    thread = threading.Thread(target=lambda: seen.append(nn.fit(model, X, y, **settings)))
    thread.start()
    thread.join()
    assert seen[0] is mine
    assert len(seen[1].loss) == 1


@pytest.mark.skipif(os.name == "nt", reason="POSIX sends signals to processes")
@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_stops_the_demo_as_before(tmp_path):
    """The demo is not to go on with its next training."""
    root = Path(nn.__file__).parents[1]
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "nn", "demo", "-o", str(tmp_path)], cwd=root, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    process.stdout.readline()  # of the neuron: the moons come next
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "stepgrad: stopped" in told
