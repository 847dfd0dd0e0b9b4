"""Trainings over collections of Dask, by real worker processes: what `fit` gives in memory, whoever holds the parts."""

from __future__ import annotations

import logging
import math
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
import time
from contextlib import contextmanager, suppress
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

import nn
from autograd import AutogradError, FallbackWarning, NonFiniteError, Value, exp, log
from nn import MLP, SGD, AdaGrad, Adam, AdamW, Dropout, EarlyStopping, Layer, RMSprop, Sequential
from nn.losses import mse
from nn.samples import is_collection
from nn.training.cluster.additions import merged
from nn.training.cluster.answers import Ready
from nn.training.cluster.steps import Remote
from nn.training.eager import EagerSteps

ROOT = Path(nn.__file__).parents[1]
slow = pytest.mark.slow
pytestmark = pytest.mark.filterwarnings("default:::distributed", "default:::dask", "ignore::ResourceWarning")

RNG = np.random.default_rng(0)
X = RNG.normal(size=(240, 3))
LOGITS = X[:, 0] * X[:, 1] - X[:, 2]
Y = (LOGITS > 0) * 1.0
CUTS = (37, 0, 100, 3, 90, 10)  # uneven, and one part is empty


# --- without Dask ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("parts", [1, 2, 3, 7, 8, 13])
def test_sums_are_added_in_one_order_whoever_holds_which_part(parts: int) -> None:
    rng = random.Random(parts)
    numbers = [rng.gauss(0.0, 1.0) * 10.0 ** rng.randrange(6) for _ in range(parts)]
    totals = set()
    for workers in (1, 2, 3, 5):
        held = [rng.randrange(workers) for _ in numbers]
        sent: dict = {}
        for worker in range(workers):
            sent |= merged({(0, i): x for i, x in enumerate(numbers) if held[i] == worker}, parts)
        (total,) = merged(sent, parts).values()
        totals.add(total)
    assert len(totals) == 1
    assert totals.pop() == pytest.approx(math.fsum(numbers), rel=1e-12)


@pytest.mark.slow  # runs where Dask is, which brings what packs the model
def test_workers_with_machine_code_and_others_without_are_all_eager() -> None:
    pytest.importorskip("cloudpickle")

    class Crew:
        asked = 0

        def ask_first(self, question, argument):
            self.asked += 1
            return [Ready(7, by="NumPy"), Ready(7, by="machine code"), Ready(0)]

    model, crew = MLP(3, [1], seed=1), Crew()
    remote = Remote(crew, EagerSteps(model, X[:3], Y[:3], mse, SGD(model.parameters())), compiled=True)
    with pytest.warns(FallbackWarning, match="eagerly on the workers.*llvmlite is installed on some workers alone"):
        remote.numbers()
    assert (crew.asked, remote.compiled, remote.operations) == (2, False, None)


def test_a_worker_that_holds_neighbours_sends_few_sums() -> None:
    assert len(merged({(0, i): 1.0 for i in range(300, 700)}, 1000)) <= 2 * math.log2(1000)


def test_data_in_memory_are_no_collection() -> None:
    assert not any(map(is_collection, ([], [[1.0]], X, "text", None, {"a": [1]})))


def test_importing_the_library_loads_no_dask() -> None:
    text = "import sys, nn, autograd, nn.training; sys.exit(bool({'dask', 'distributed', 'pandas'} & {*sys.modules}))"
    assert subprocess.run([sys.executable, "-c", text], cwd=ROOT).returncode == 0


def test_models_in_memory_are_not_averaged() -> None:
    model = MLP(3, [1])
    with pytest.raises(ValueError, match="average_every is of collections of Dask"):
        nn.fit(
            model, X, Y, loss="mse", optimizer=SGD(model.parameters()), epochs=1, batch_size=8, average_every=1
        )  # fmt: skip


# --- with it -----------------------------------------------------------------------------------------------------


@contextmanager
def cluster_of(workers: int, **settings):
    """A client of so many worker processes."""
    distributed = pytest.importorskip("distributed", reason='collections need python -m pip install ".[dask]"')
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    settings = {"threads_per_worker": 1, "dashboard_address": None, "silence_logs": logging.CRITICAL} | settings
    with distributed.LocalCluster(n_workers=workers, **settings) as cluster, distributed.Client(cluster) as client:
        if workers:
            client.wait_for_workers(workers)
        yield client


@pytest.fixture(scope="module")
def client():
    """A client of two worker processes, which tests leave whole."""
    with cluster_of(2) as client:
        yield client


def array(data, cuts=CUTS):
    import dask.array as da

    data = np.asarray(data)
    return da.from_array(data, chunks=(cuts, *data.shape[1:]))


def frame(columns, cuts=CUTS):
    """A dataframe of these columns, cut there, with the divisions unknown."""
    import dask.dataframe as dd
    import pandas as pd
    from dask import delayed

    whole = pd.DataFrame(columns)
    ends = np.cumsum((0, *cuts))
    pieces = [delayed(whole.iloc[first:end]) for first, end in pairwise(ends)]
    return dd.from_delayed(pieces, meta=whole.iloc[:0])


def train(X, Y, model=None, optimizer=None, epochs=8, loss="bce_with_logits", **settings):
    model = MLP(3, [4, 1], activation="tanh", seed=1) if model is None else model
    optimizer = (optimizer or (lambda p: Adam(p, lr=0.05)))(model.parameters())
    history = nn.fit(model, X, Y, loss=loss, optimizer=optimizer, epochs=epochs, **settings)
    return model, history, optimizer


def assert_close(one, other):
    (model, history, optimizer), (model2, history2, optimizer2) = one, other
    for name in ("loss", "data_loss", "val_loss", "lr"):
        np.testing.assert_allclose(getattr(history, name), getattr(history2, name), rtol=0, atol=1e-12)
    for name in ("metrics", "val_metrics"):
        measured, measured2 = getattr(history, name), getattr(history2, name)
        assert measured.keys() == measured2.keys()
        for metric in measured:
            np.testing.assert_allclose(measured[metric], measured2[metric], rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose([*model.state_dict().values()], [*model2.state_dict().values()], rtol=0, atol=1e-12)
    np.testing.assert_allclose(optimizer.state, optimizer2.state, rtol=0, atol=1e-12)
    assert optimizer.t == optimizer2.t
    np.testing.assert_allclose(
        [p.grad for p in model.parameters()], [p.grad for p in model2.parameters()], rtol=0, atol=1e-12
    )


OPTIMISERS = {
    "SGD": lambda p: SGD(p, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01),
    "plain SGD": lambda p: SGD(p, lr=0.1),
    "Adam, clipped": lambda p: Adam(p, lr=0.05, clip_norm=0.1, clip_value=0.05),
    "AdamW": lambda p: AdamW(p, lr=0.05),
    "RMSprop": lambda p: RMSprop(p, lr=0.01, momentum=0.5),
    "AdaGrad": lambda p: AdaGrad(p, lr=0.1),
}


@slow
@pytest.mark.parametrize("name", OPTIMISERS)
@pytest.mark.parametrize("penalties", [{}, {"l1": 0.01, "l2": 0.02}], ids=["", "l1 and l2"])
def test_it_is_fit_on_the_concatenated_data(client, name, penalties) -> None:
    settings = {"optimizer": OPTIMISERS[name], **penalties}
    assert_close(train(array(X), array(Y), **settings), train(X, Y, **settings))


@slow
def test_dataframes_arrays_and_delayed_parts_are_collections(client) -> None:
    from dask import delayed

    columns = {"a": X[:, 0], "b": X[:, 1], "c": X[:, 2].astype("float32"), "target": Y.astype(int)}
    whole = frame(columns)
    rounded = np.column_stack([columns["a"], columns["b"], columns["c"]])
    expected = train(rounded, Y)
    assert_close(train(whole[["a", "b", "c"]], whole["target"]), expected)
    assert_close(train(array(rounded).rechunk({1: 2}), array(Y)), expected)
    halves = [delayed(rounded[:99].tolist()), delayed(rounded[99:])], [delayed(Y[:99].tolist()), delayed(Y[99:])]
    assert_close(train(*halves), expected)
    assert_close(train(delayed(rounded), delayed(Y)), expected)


@slow
def test_targets_may_be_vectors_or_classes(client) -> None:
    targets = np.column_stack([X[:, 0] * 2, X[:, 1] - X[:, 2]])
    settings = {"loss": "mse", "metrics": ["r2", "mae"]}
    outcomes = [
        train(*data, MLP(3, [4, 2], activation="tanh", seed=1), **settings)
        for data in ((array(X), array(targets)), (X, targets))
    ]
    assert_close(*outcomes)
    classes = (X[:, 0] > 0) * 1.0 + (X[:, 1] > 0.5)
    settings = {"loss": "cross_entropy", "metrics": ["accuracy", "f1", "precision", "recall"]}
    outcomes = [
        train(*data, MLP(3, [4, 3], activation="tanh", seed=1), **settings)
        for data in ((array(X), array(classes)), (X, classes))
    ]
    assert_close(*outcomes)


def half_frozen():
    model = MLP(3, [4, 1], activation="tanh", seed=1)
    model.layers[0].freeze()
    return model


@slow
def test_frozen_parameters_stay_and_are_penalised(client) -> None:
    before = half_frozen().layers[0].state_dict()
    one, other = (train(*data, half_frozen(), l2=0.1) for data in ((array(X), array(Y)), (X, Y)))
    assert_close(one, other)
    assert one[0].layers[0].state_dict() == before


@slow
def test_schedules_validation_metrics_callbacks_and_early_stopping_work_as_in_memory(client) -> None:
    def settings(held_out):
        return {
            "epochs": 40, "schedule": nn.Warmup(3, then=nn.ReduceOnPlateau(factor=0.5, patience=2)),
            "validation": held_out, "metrics": ["accuracy", "f1", "r2", "mae", constant],
            "callbacks": [EarlyStopping(patience=4)], "optimizer": lambda p: Adam(p, lr=0.3),
        }  # fmt: skip

    small = X[:70] + 0.5, Y[:70]
    expected = train(X, Y, **settings(small))
    assert len(expected[1].loss) < 40
    halves = tuple(array(data, (40, 30)) for data in small)
    assert_close(train(array(X), array(Y), **settings(halves)), expected)
    assert_close(train(array(X), array(Y), **settings(small)), expected)


@slow
def test_a_step_of_one_s_own_is_taken_and_where_all_is_frozen_it_is_refused(client) -> None:
    class Signs(SGD):
        def step(self) -> None:
            for p in self.parameters:
                p.data -= self.lr * math.copysign(1.0, p.grad)

    settings = {"optimizer": lambda p: Signs(p, lr=0.01), "l2": 0.1}
    one, other = train(array(X), array(Y), **settings), train(X, Y, compiled=False, **settings)
    assert_close(one, other)
    with pytest.raises(AutogradError, match="frozen"):
        train(array(X), array(Y), MLP(3, [4, 1], seed=1).freeze())


def constant(outputs, targets) -> float:
    """A metric that needs all rows at once."""
    return float(np.median(outputs) + np.asarray(targets).sum())


@slow
def test_what_callbacks_change_counts_from_the_next_epoch_on(client) -> None:
    def settings():
        def change(history, model):
            epoch = len(history.loss)
            if epoch == 3:
                model.layers[0].freeze()
                optimizer[0].momentum = 0.5
            if epoch == 5:
                model.layers[0].unfreeze()
                scale[0] = 2.0

        optimizer, scale = [], [1.0]

        def make(parameters):
            optimizer.append(SGD(parameters, lr=0.1, momentum=0.9))
            return optimizer[0]

        def loss(prediction, target):
            return scale[0] * (prediction - target) ** 2

        return {"optimizer": make, "callbacks": [change], "loss": loss}

    assert_close(train(array(X), array(Y), **settings()), train(X, Y, **settings()))


@slow
def test_a_parameter_of_the_loss_is_trained_too_and_a_lambda_is_a_loss(client) -> None:
    def outcome(*data):
        model, width = MLP(3, [4, 1], activation="tanh", seed=1), Value(0.3)

        def make(parameters):
            return Adam([*parameters, width], lr=0.05)

        loss = lambda p, t: (p - t) ** 2 * exp(-width) + width  # noqa: E731
        return *train(*data, model, make, loss=loss), width.data

    one, other = outcome(array(X), array(Y)), outcome(X, Y)
    assert_close(one[:3], other[:3])
    assert one[3] == pytest.approx(other[3], abs=1e-12)
    assert one[3] != 0.3


class Clamped(nn.Module):
    """Its choice is Python's own, so it cannot be compiled."""

    def __init__(self) -> None:
        self.inner = MLP(3, [1], seed=1)

    def forward(self, x):
        out = self.inner(x)
        return out if out.data > -0.5 else out * 0.1


@slow
def test_what_cannot_be_compiled_is_eager_on_the_workers_and_the_client_is_told(client) -> None:
    few = X[:60], Y[:60]
    with pytest.warns(FallbackWarning, match=r"eagerly on the workers.*out\.data|eagerly"):
        one = train(array(few[0], (20, 40)), array(few[1], (20, 40)), Clamped(), epochs=3)
    other = train(*few, Clamped(), epochs=3, compiled=False)
    assert one[1].compiled is None
    assert_close(one, other)


@slow
@pytest.mark.parametrize("settings", [{}, {"batch_size": 8, "average_every": 2}], ids=["all rows", "apart"])
def test_the_same_bits_on_one_two_and_three_workers_random_draws_included(settings) -> None:
    outcomes = []
    for workers in (1, 2, 3):
        with cluster_of(workers):
            model = Sequential(
                Layer(3, 6, activation="tanh", rng=random.Random(1)), Dropout(0.3, seed=2),
                Layer(6, 1, activation="linear", rng=random.Random(3)),
            )  # fmt: skip
            model, history, optimizer = train(array(X), array(Y), model, l2=0.01, seed=5, metrics=["r2"], **settings)
            outcomes.append((model.state_dict(), history, optimizer.state))
    assert outcomes[0] == outcomes[1] == outcomes[2]
    assert len({*outcomes[0][1].loss}) == 8


# --- workers that are lost ---------------------------------------------------------------------------------------


def kill(client, chosen) -> None:
    """SIGKILL those workers a moment from now, in the middle of a step."""
    for worker, pid in sorted(client.run(os.getpid).items()):
        if worker in chosen:
            threading.Timer(0.02, os.kill, (pid, signal.SIGKILL)).start()


def long_training(client, victims, settings):
    """A training in whose course workers are killed: ``victims`` maps epochs to functions of the sorted workers."""
    import dask.array as da

    rows = da.random.default_rng(7).normal(size=(160_000, 16), chunks=(20_000, 16))
    targets = (rows[:, 0] * rows[:, 1] > 0) * 1.0

    def killer(history, model):
        if len(history.loss) in victims:
            kill(client, victims[len(history.loss)](sorted(client.nthreads())))

    model = MLP(16, [16, 1], activation="tanh", seed=1)
    return train(rows, targets, model, epochs=24, callbacks=[killer], seed=1, **settings)


@slow
@pytest.mark.parametrize("settings", [{}, {"batch_size": 256, "average_every": 1}], ids=["all rows", "apart"])
def test_workers_that_are_killed_change_no_bit(settings) -> None:
    with cluster_of(3) as client:
        undisturbed = long_training(client, {}, settings)
        started = time.monotonic()
        in_turn = {4 + 4 * i: lambda workers, i=i: workers[i : i + 1] for i in range(3)}
        for victims in (in_turn, {5: lambda workers: workers[1:]}):  # each in turn; and all but one at once
            client.wait_for_workers(3, timeout=30)
            model, history, optimizer = long_training(client, victims, settings)
            assert history == undisturbed[1]
            assert model.state_dict() == undisturbed[0].state_dict()
            assert optimizer.state == undisturbed[2].state
        assert time.monotonic() - started < 60


@slow
def test_without_any_worker_it_ends_with_an_error_and_a_checkpoint_from_which_it_goes_on(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("nn.training.cluster.clustered.PATIENCE", 2.0)
    path = tmp_path / "run.json"

    def run(client, epochs, **more):
        model = MLP(3, [4, 1], activation="tanh", seed=1)
        try:
            return train(array(X), array(Y), model, epochs=epochs, checkpoint=path, **more)
        finally:
            states.append(model.state_dict())

    states: list = []
    with cluster_of(0) as client:
        address = client.cluster.scheduler_address
        workers = [start_worker(address) for _ in range(2)]
        client.wait_for_workers(2, timeout=30)
        expected = run(client, 12)
        path.unlink()

        def end_all(history, model):
            if len(history.loss) == 5:
                for worker in workers:
                    worker.kill()

        with pytest.raises(RuntimeError, match=r"no worker for 2 s.*start workers, and go on with resume=True"):
            run(client, 12, callbacks=[end_all])
        assert nn.load(path).state_dict() == states[-1]
        workers = [start_worker(address)]
        client.wait_for_workers(1, timeout=30)
        resumed = run(client, 12, resume=True)
        assert resumed[1].loss == expected[1].loss
        assert resumed[0].state_dict() == expected[0].state_dict()
        workers[0].kill()


def start_worker(address, *arguments, env=None):
    """A worker without a nanny, which would start it again."""
    command = [
        sys.executable,
        "-m",
        "distributed.cli.dask_worker",
        address,
        "--no-nanny",
        "--nthreads",
        "1",
        "--no-dashboard",
    ]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen([*command, *arguments], env=env, cwd=ROOT, **quiet)


@slow
def test_a_worker_that_comes_later_gets_parts_too(monkeypatch) -> None:
    monkeypatch.setattr("nn.training.cluster.crew.LOOK", 0.0)
    with cluster_of(1) as client:
        undisturbed = train(array(X), array(Y), epochs=30)

        def grow(history, model):
            if len(history.loss) == 3:
                client.cluster.scale(2)
                client.wait_for_workers(2, timeout=30)
            counts.append(sorted(actors_of(client)))

        counts: list = []
        grown = train(array(X), array(Y), epochs=30, callbacks=[grow])
        assert counts[1] == [1]
        assert counts[-1] == [1, 1]
        assert grown[1].loss == undisturbed[1].loss


def actors_of(client):
    return client.run(lambda dask_worker: len(dask_worker.state.actors)).values()


# --- what goes wrong ---------------------------------------------------------------------------------------------


@slow
def test_a_number_that_is_not_finite_is_named_by_part_row_and_column_and_nothing_was_trained(client) -> None:
    broken = X.copy()
    broken[37 + 41, 2] = math.nan
    whole = frame({"a": broken[:, 0], "b": broken[:, 1], "age": broken[:, 2], "y": Y})
    model = MLP(3, [4, 1], seed=1)
    before = model.state_dict()
    with pytest.raises(ValueError, match=r"^fit: part 2, X, row 41, column 'age' \(from 0\): nan teaches nothing"):
        train(whole[["a", "b", "age"]], whole["y"], model)
    with pytest.raises(ValueError, match=r"^fit: part 2, X, row 41, column 2 \(from 0\): nan"):
        train(array(broken), array(Y), model)
    assert model.state_dict() == before


@slow
@pytest.mark.parametrize("compiled", [True, False])
def test_a_loss_that_is_not_finite_is_named_by_part_and_row_and_the_parameters_are_kept(client, compiled) -> None:
    def loss(prediction, target):
        return (prediction - target) ** 2 + log(target)

    targets = np.ones(240)
    targets[37 + 100 + 3 + 22] = -1.0
    model = MLP(3, [4, 1], seed=1)
    before = model.state_dict()
    with pytest.raises(ValueError, match=r"fit: epoch 1, part 4, row 22: math domain error"):
        train(array(X), array(targets), model, loss=loss, compiled=compiled)
    assert model.state_dict() == before
    model.layers[1].neurons[0].b.data = 1e200
    with pytest.raises((NonFiniteError, OverflowError), match=r"fit: epoch 1, part 0, row 0"):
        train(array(X), array(Y), model, loss="mse", compiled=compiled)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"sample_weight": [1.0]}, "sample_weight and class_weight are of rows in this process"),
        ({"class_weight": "balanced"}, "sample_weight and class_weight are of rows in this process"),
        ({"validation": 0.2}, "validation=0.2 holds out rows that are in this process"),
    ],
)
def test_what_is_done_to_rows_in_memory_alone_is_refused_by_its_name(client, settings, message) -> None:
    with pytest.raises(ValueError, match=message):
        train(array(X), array(Y), **settings)


def test_names_and_single_metrics_and_callbacks_are_as_in_memory(client) -> None:
    def run(X, Y):
        model = MLP(3, [4, 1], activation="tanh", seed=1)
        single = {"callbacks": nn.EarlyStopping(3, monitor="accuracy"), "metrics": "accuracy", "optimizer": "adam"}
        return nn.fit(model, X, Y, loss="bce_with_logits", epochs=8, **single)

    assert run(array(X), array(Y)).metrics == run(X, Y).metrics


@slow
def test_bad_targets_shapes_and_cuts_are_refused_before_the_first_step(client) -> None:
    def refused(text, *data, **settings):
        with pytest.raises((ValueError, TypeError), match=text):
            train(*data, **settings)

    few = array(X, (120, 120)), array(Y, (120, 120))
    refused(
        r"X has 6 parts of 37, 0, 100, 3, 90, … rows and y 2 parts of 120, 120 rows: they must be cut", array(X), few[1]
    )
    refused(r"y is a ndarray in the memory of this process", few[0], Y)
    refused(r"X is a list in the memory", X.tolist(), few[1])
    refused(r"part 1, X has 120 rows but y has 110", *map(blocks_of, (few[0], array(Y[:230], (120, 110)))))
    refused(r"part 1, target 3 \(-5\.0\): bce", few[0], array(np.where(np.arange(240) == 123, -5.0, Y), (120, 120)))
    signs = np.where(np.arange(240) < 120, 0.0, -1.0)
    refused(
        r"hinge takes targets 0 and 1, or -1 and 1, and here are -1, 0", few[0], array(signs, (120, 120)), loss="hinge"
    )
    refused(r"X is empty in every part", array(X[:0], (0, 0)), array(Y[:0], (0, 0)))
    refused(r"batches.*Two ways exist.*average_every=1", *few, batch_size=16)
    refused(r"give a batch_size too", *few, average_every=1)
    refused(r"epochs=8 is no multiple", *few, batch_size=16, average_every=3)
    refused(r"fit: validation part 0, X, row 0, column 0.*nan", *few, validation=(few[0] * math.nan, few[1]))
    wait_until_forgotten(client)


def blocks_of(data):
    """The blocks of an array as delayed parts, of which nobody knows how long they are."""
    return [*np.ravel(data.to_delayed())]


@slow
def test_a_user_s_own_error_arrives_with_part_and_row_even_one_that_cannot_be_pickled(client) -> None:
    class Odd(Exception):
        def __init__(self, a, b):
            super().__init__(f"{a} {b}")

    def loss(prediction, target):
        raise Odd("odd", "one")

    with pytest.raises(Exception, match=r"odd one"):
        train(array(X), array(Y), loss=loss, compiled=False)


@slow
def test_something_that_cannot_be_sent_is_said_so(client) -> None:
    lock = threading.Lock()

    def loss(prediction, target):
        with lock:
            return (prediction - target) ** 2

    with pytest.raises(TypeError, match="cannot be sent to the workers"):
        train(array(X), array(Y), loss=loss)


WITHOUT = """
import asyncio
import dask.array as da
import nn
from dask.distributed import Client

X = da.ones((10, 2)), da.ones(10)

def refused():
    model = nn.MLP(2, [1])
    try:
        nn.fit(model, *X, loss="mse", optimizer=nn.SGD(model.parameters()), epochs=1)
    except RuntimeError as error:
        print(error)

async def inside():
    async with Client(processes=False, asynchronous=True, dashboard_address=None):
        refused()

if __name__ == "__main__":
    refused()
    asyncio.run(inside())
"""


@slow
def test_without_a_client_and_with_an_asynchronous_one_it_is_said_what_to_do(tmp_path) -> None:
    pytest.importorskip("distributed")
    without, asynchronous = run_program(WITHOUT, tmp_path).split("fit: ")[1:]
    assert "there is no client" in without
    assert "    from dask.distributed import Client\n    client = Client()" in without
    assert "is asynchronous" in asynchronous
    assert "await asyncio.to_thread(train)" in asynchronous


def run_program(text: str, folder: Path, *arguments: str) -> str:
    """What a program prints."""
    (folder / "program.py").write_text(text)
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    words = [sys.executable, "program.py", *arguments]
    done = subprocess.run(words, cwd=folder, env=env, capture_output=True, text=True, timeout=120)
    assert not done.returncode, done.stderr
    return done.stdout


PRELOADED = {
    "sys.modules['nn'] = sys.modules['autograd'] = None": r"has no package (nn|autograd)\b.*Install the same",
    "sys.path.insert(0, {folder!r})": r"has Python 3\S+, stepgrad \w+, and here is Python",
}


@slow
@pytest.mark.parametrize("preloaded", PRELOADED, ids=["none", "another"])
def test_a_worker_without_the_package_or_with_another_version_is_named(preloaded, tmp_path) -> None:
    for package in ("autograd", "nn"):
        shutil.copytree(ROOT / package, tmp_path / package)
    with (tmp_path / "nn" / "init.py").open("a") as file:
        file.write("\n# changed\n")
    preload = tmp_path / "preload.py"
    preload.write_text(f"import sys\n{preloaded.format(folder=str(tmp_path))}\n")
    with cluster_of(0) as client:
        worker = start_worker(client.cluster.scheduler_address, "--preload", str(preload))
        try:
            client.wait_for_workers(1, timeout=30)
            with pytest.raises(RuntimeError, match=PRELOADED[preloaded]):
                train(array(X), array(Y))
        finally:
            worker.kill()
            worker.wait()


PROGRAM = """
import numpy as np
import dask.array as da
from dask.distributed import Client, LocalCluster
import nn
from autograd import tanh

class Own(nn.Module):
    def __init__(self):
        self.inner = nn.MLP(2, [3, 1], seed=1)
    def forward(self, x):
        return tanh(self.inner(x))

def own_loss(p, t):
    return (p - t) ** 2 * WEIGHT

WEIGHT = 2.0

if __name__ == "__main__":
    X = np.random.default_rng(0).normal(size=(50, 2)); y = X[:, 0] * X[:, 1]
    losses = []
    def run(X, y):
        model = Own()
        return nn.fit(model, X, y, loss=own_loss, optimizer=nn.Adam(model.parameters()), epochs=3).loss
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as cluster, Client(cluster):
        found = run(da.from_array(X, chunks=(20, 2)), da.from_array(y, chunks=20))
        assert np.allclose(found, run(X, y), rtol=0, atol=1e-12)
    print("same")
"""


@slow
def test_modules_and_losses_of_the_main_program_work(tmp_path) -> None:
    pytest.importorskip("distributed")
    assert run_program(PROGRAM, tmp_path) == "same\n"


@slow
def test_a_module_that_the_workers_do_not_have_is_named_with_what_to_do(client, tmp_path, monkeypatch) -> None:
    (tmp_path / "only_here.py").write_text("def loss(p, t):\n    return (p - t) ** 2\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    import only_here

    with pytest.raises(ImportError, match=r"the workers have no module 'only_here'.*upload_file\('only_here.py'\)"):
        train(array(X), array(Y), loss=only_here.loss)


# --- the course of a training ------------------------------------------------------------------------------------


@slow
@pytest.mark.parametrize("settings", [{}, {"batch_size": 16, "average_every": 2}], ids=["all rows", "apart"])
def test_a_training_goes_on_from_a_checkpoint_to_the_same_bits(client, tmp_path, settings) -> None:
    settings = {"seed": 3, "callbacks": [], **settings}

    def model():
        return Sequential(Layer(3, 5, rng=random.Random(1)), Dropout(0.2, seed=1), Layer(5, 1, rng=random.Random(2)))

    whole = train(array(X), array(Y), model(), epochs=12, **settings)
    path = tmp_path / "run.json"
    train(array(X), array(Y), model(), epochs=6, checkpoint=path, **settings)
    resumed = train(array(X), array(Y), model(), epochs=12, checkpoint=path, resume=True, **settings)
    assert resumed[1] == whole[1]
    assert resumed[0].state_dict() == whole[0].state_dict()
    assert resumed[2].state == whole[2].state


@slow
@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_ends_it_after_the_epoch_and_the_workers_forget_the_data(client, capsys) -> None:
    def interrupt(history, model):
        if len(history.loss) == 3:
            os.kill(os.getpid(), signal.SIGINT)

    _, history, _ = train(array(X), array(Y), epochs=50, callbacks=[interrupt])
    assert history.interrupted
    assert len(history.loss) == 3
    assert "stopped by Ctrl-C after epoch 3 of 50" in capsys.readouterr().err
    wait_until_forgotten(client)


def wait_until_forgotten(client) -> None:
    until = time.monotonic() + 10
    while any(actors_of(client)) and time.monotonic() < until:
        time.sleep(0.1)
    assert not any(actors_of(client))


@slow
def test_two_trainings_share_a_client(client) -> None:
    alone = [train(array(X), array(Y), MLP(3, [4, 1], seed=seed), epochs=30) for seed in (1, 2)]
    found: dict = {}

    def run(seed):
        found[seed] = train(array(X), array(Y), MLP(3, [4, 1], seed=seed), epochs=30)

    threads = [threading.Thread(target=run, args=(seed,)) for seed in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for seed in (1, 2):
        assert found[seed][1].loss == alone[seed - 1][1].loss


@slow
def test_it_can_be_watched_and_shows_its_progress(client, capsys) -> None:
    model = MLP(3, [4, 1], activation="tanh", seed=1)
    watch = nn.watch(model)
    train(array(X), array(Y), model, epochs=5, callbacks=[watch], progress=True)
    assert len(watch.records) == 5
    assert all(norm > 0.0 for norm in watch.records[-1].gradients.values())
    assert "5/5" in capsys.readouterr().err


@slow
def test_a_loss_that_depends_on_no_parameter_and_one_that_diverges_are_told(client) -> None:
    with pytest.raises(AutogradError, match="depends on no parameter"):
        train(array(X), array(Y), loss=lambda p, t: Value(p.data) * t, compiled=False)
    model = MLP(3, [4, 1], activation="linear", seed=1)
    with pytest.warns(nn.DivergenceWarning, match="diverges"), suppress(NonFiniteError, OverflowError):
        train(array(X), array(Y), model, lambda p: SGD(p, lr=3.0), loss="mse", epochs=30, callbacks=[print_nothing])


def print_nothing(history, model) -> None:
    """A callback, so that epochs are taken one by one."""


# --- more data than there is room for ----------------------------------------------------------------------------

PARTS, ROWS, WIDTH = 6, 40_000, 32  # of 10 MB each

MEMORY = """
import os, sys, time
from pathlib import Path
import dask.dataframe as dd
from dask.distributed import Client, LocalCluster
import nn

def peak():
    text = Path("/proc/self/status").read_text()
    return int(text.split("VmHWM:")[1].split()[0]) * 1024

def train(read):
    frame = read()
    features = [name for name in frame.columns if name != "y"]
    model = nn.MLP(len(features), [4, 1], activation="tanh", seed=1)
    optimizer = nn.Adam(model.parameters(), lr=0.01)
    history = nn.fit(model, frame[features], frame["y"], loss="bce_with_logits", optimizer=optimizer, epochs=5)
    assert history.loss[-1] < history.loss[0]
    nn.evaluate(model, frame[features], frame["y"], loss="bce_with_logits", metrics=["accuracy"])

if __name__ == "__main__":
    folder, kind = sys.argv[1:]
    read = dd.read_parquet if kind == "parquet" else dd.read_csv
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster, Client(cluster):
        train(lambda: read(f"{folder}/warm-*.{kind}"))
        Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
        before = peak()
        train(lambda: read(f"{folder}/part-*.{kind}"))
        print(peak() - before)
"""


@slow
@pytest.mark.skipif(sys.platform != "linux", reason="the peak is read from /proc")
@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_the_memory_of_the_client_grows_by_less_than_one_part(kind, tmp_path) -> None:
    pytest.importorskip("distributed")
    import pandas as pd
    import pyarrow as pa
    import pyarrow.csv

    for i in range(PARTS):
        table = np.random.default_rng(i).normal(size=(ROWS, WIDTH)).round(4)
        data = pd.DataFrame(table, columns=[f"x{j}" for j in range(WIDTH)]).assign(y=(table[:, 0] > table[:, 1]) * 1.0)
        for name, some in [(f"part-{i}", data), *([(f"warm-{i}", data.head(100))] if i < 2 else [])]:
            if kind == "parquet":
                some.to_parquet(tmp_path / f"{name}.parquet")
            else:
                pa.csv.write_csv(pa.Table.from_pandas(some, preserve_index=False), tmp_path / f"{name}.csv")
    grown = int(run_program(MEMORY, tmp_path, str(tmp_path), kind))
    assert grown < ROWS * (WIDTH + 1) * 8


@slow
def test_more_data_than_the_memory_of_one_worker_is_trained_on() -> None:
    limit = 900 * 10**6
    with cluster_of(2, memory_limit=limit):
        import dask.array as da

        rows = da.random.default_rng(1).normal(size=(1_600_000, 75), chunks=(50_000, 75))
        assert rows.nbytes > limit
        targets = (rows[:, 0] > rows[:, 1]) * 1.0
        _, history, _ = train(rows, targets, MLP(75, [1], activation="linear", seed=1), epochs=4)
        assert history.loss[-1] < history.loss[0]


@slow
def test_data_that_fit_into_no_memory_end_with_an_error_that_says_so(monkeypatch) -> None:
    monkeypatch.setattr("nn.training.cluster.crew.PATIENCE", 3.0)
    with cluster_of(1, memory_limit=400 * 10**6):
        import dask.array as da

        rows = da.random.default_rng(1).normal(size=(400_000, 200), chunks=(20_000, 200))
        with pytest.raises(RuntimeError, match=r"(?s)cannot take the data.*memory.*more or larger ones help"):
            train(rows, rows[:, 0], MLP(200, [1]), loss="mse")


@slow
def test_models_that_train_apart_need_a_fifth_of_the_synchronisations() -> None:
    """Digits, repeated to 10⁵ rows here, and to 10⁶ in the benchmark."""
    images, digits = (np.asarray(data) for data in nn.datasets.digits())
    times = -(-100_000 // len(images))
    with cluster_of(2):
        from dask import delayed

        rows = [delayed(np.tile)(images, (times // 4, 1)) for _ in range(4)]
        targets = [delayed(np.tile)(digits, times // 4) for _ in range(4)]

        def outcome(epochs, **settings):
            model = MLP(64, [16, 10], activation="relu", seed=1)
            return train(rows, targets, model, lambda p: Adam(p, lr=0.01), epochs, "cross_entropy", **settings)[0]

        together, apart = outcome(50), outcome(10, batch_size=64, average_every=1, seed=1)
        one, other = (nn.evaluate(model, rows, targets, loss="cross_entropy") for model in (together, apart))
        assert other <= one


# --- predict and evaluate ----------------------------------------------------------------------------------------


@slow
@pytest.mark.parametrize("outputs", [1, 2])
def test_predictions_are_lazy_collections_of_the_same_kind(outputs) -> None:
    dask = pytest.importorskip("dask")
    model = MLP(3, [4, outputs], activation="tanh", seed=1)
    expected = nn.predict(model, X)
    with dask.config.set(scheduler="synchronous"):
        found = nn.predict(model, array(X))
        assert found.chunks[0] == CUTS
        assert found.shape == expected.shape
        np.testing.assert_allclose(found.compute(), expected, rtol=0, atol=1e-12)
        whole = frame({"a": X[:, 0], "b": X[:, 1], "c": X[:, 2]})
        found = nn.predict(model, whole)
        assert found.npartitions == len(CUTS)
        assert found.ndim == expected.ndim
        computed = found.compute()
        np.testing.assert_allclose(computed, expected, rtol=0, atol=1e-12)
        assert (computed.index == whole.compute().index).all()
        parts = nn.predict(model, [dask.delayed(X[:5].tolist()), dask.delayed(X[5:9])])
        np.testing.assert_allclose(np.concatenate(dask.compute(*parts)), expected[:9], rtol=0, atol=1e-12)
        with pytest.raises(ValueError, match=r"predict: part 1 \(from 0\)"):
            dask.compute(*nn.predict(model, [dask.delayed(X[:5]), dask.delayed(X[:5, :2])]))


@slow
def test_evaluation_is_that_of_all_rows_with_a_client_and_without() -> None:
    dask = pytest.importorskip("dask")
    metrics = ["accuracy", "precision", "recall", "f1", "r2", "mae", constant]
    for model, targets, loss in (
        (MLP(3, [4, 1], activation="tanh", seed=1), Y, "bce_with_logits"),
        (MLP(3, [4, 1], activation="tanh", seed=1), np.where(Y, 1.0, -1.0), "hinge"),
        (Sequential(MLP(3, [1], seed=1), Layer(1, 1, activation="sigmoid", rng=random.Random(1))), Y, "bce"),
    ):
        expected = nn.evaluate(model, X, targets, loss=loss, metrics=metrics)
        with dask.config.set(scheduler="threads"):
            found = nn.evaluate(model, array(X), array(targets), loss=loss, metrics=metrics)
            assert found == pytest.approx(expected, rel=1e-12)
            assert nn.evaluate(model, array(X), array(targets), loss=loss) == pytest.approx(expected["loss"], rel=1e-12)
            assert nn.accuracy(model, array(X), array(targets)) == expected["accuracy"]
            assert nn.accuracy(model, array(X), array(targets), 0.3) == nn.accuracy(model, X, targets, 0.3)
    with cluster_of(2):
        assert nn.evaluate(model, array(X), array(Y), loss="bce", metrics=metrics) == pytest.approx(expected, rel=1e-12)


# --- the page ----------------------------------------------------------------------------------------------------


@slow
def test_the_programs_of_the_page_print_what_their_comments_say(tmp_path) -> None:
    pytest.importorskip("distributed")
    page = (ROOT / "notebooks" / "beyond-one-machine.md").read_text(encoding="utf-8")
    program = "".join(re.findall(r"```python\n(.*?)```", page, re.DOTALL))
    promised = re.findall(r"print\(.*\)  # (.*)", program)
    printed = run_program(f"if __name__ == '__main__':\n{textwrap.indent(program, '    ')}", tmp_path)
    assert printed.splitlines() == promised
    assert promised
