"""Several threads: the same bits for any number of them, whatever is trained; and nothing is left running."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import nn
from autograd import Value, compile_loss, dot, jit, log, tanh, thread_limit, value_and_grad
from autograd.modes import mode

pytest.importorskip("llvmlite")
from autograd.compiler.layout import Cost, Part, Shares, costs
from autograd.compiler.run import machine, machine_steps, threads
from autograd.compiler.run.executable import Executable
from autograd.compiler.run.threads import team

ROOT = Path(__file__).parent.parent
ROWS = 700
RNG = np.random.default_rng(1)
X = RNG.normal(size=(ROWS, 3))
Y = (X.sum(axis=1) > 0.0) * 1.0
NAMES = [RNG.normal(size=1 + i % 4).tolist() for i in range(ROWS)]  # rows of unequal length


@pytest.fixture
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if threads cost nothing: few samples are a share, and all that has two of them goes to several threads."""
    monkeypatch.setattr(costs, "LONG", 0.0)
    monkeypatch.setattr(costs, "SHARE", 0.0)
    monkeypatch.setattr(costs, "USUAL", 100)
    monkeypatch.setattr(machine_steps, "TOGETHER", 4)
    for module in (machine_steps, machine):
        monkeypatch.setattr(module, "WORTH", 0.0)


@pytest.fixture(autouse=True)
def _nothing_is_left_running() -> Iterator[None]:
    yield
    assert not {thread.name for thread in threading.enumerate() if thread.name.startswith("stepgrad")}


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The names of the threads that machine code has run in; the first call for several waits for a second thread."""
    found: set[str] = set()
    begun = threading.Event()
    drive = Executable.drive

    def seen(executable: Executable, driver: str, memory: int, job: int) -> None:
        found.add(threading.current_thread().name)
        if threading.current_thread() is not threading.main_thread():
            begun.set()
        elif (mode.flags.threads or 1) > 1 and driver in ("shares", "evaluate"):
            assert begun.wait(timeout=30.0)
        drive(executable, driver, memory, job)

    monkeypatch.setattr(Executable, "drive", seen)
    return found


class Last(nn.Module):
    """A state that goes from number to number of a list of any length."""

    def __init__(self) -> None:
        self.cell = nn.Neuron(2, activation="tanh")
        self.cell.w[0].data, self.cell.w[1].data = 0.7, -0.4

    def forward(self, xs: list[Any]) -> Any:
        state: Any = 0.0
        for x in xs:
            state = self.cell([x, state])
        return state


class Normed(nn.Module):
    """Weights of length 1: what is computed of parameters alone comes before the samples, its gradient after them."""

    def __init__(self) -> None:
        self.w, self.scale = [Value(0.3), Value(-0.2), Value(0.5)], Value(2.0, requires_grad=False)

    def forward(self, x: list[Any]) -> Any:
        length = dot(self.w, self.w) ** 0.5
        return self.scale * dot([w / length for w in self.w], x)


def mlp() -> nn.Module:
    return nn.MLP(3, [5, 1], activation="tanh", seed=1)


FLOATS = X.astype("f4")  # which are gathered and converted, some at a time
WEIGHTS = RNG.uniform(0.5, 2.0, ROWS)
TRAININGS: dict[str, tuple[Callable[[], nn.Module], Any, dict[str, Any]]] = {
    "all rows": (mlp, X, {}),
    "batches, the last one small": (mlp, X, {"batch_size": 300}),
    "columns in the order of Fortran": (mlp, np.asfortranarray(X), {}),
    "gathered and converted": (mlp, FLOATS, {"batch_size": 300}),
    "converted": (mlp, FLOATS, {}),
    "rows of any length": (Last, NAMES, {}),
    "rows of any length in batches": (Last, NAMES, {"batch_size": 300}),
    "weights": (mlp, X, {"sample_weight": WEIGHTS, "class_weight": "balanced"}),
    "penalties": (mlp, X, {"l1": 1e-3, "l2": 1e-2, "validation": 0.2, "metrics": ["accuracy"]}),
    "clipped": (mlp, X, {"optimizer": lambda p: nn.SGD(p, lr=0.5, momentum=0.9, clip_norm=0.1)}),
    "before and after the samples": (Normed, X, {}),
    "dropout": (lambda: nn.Sequential(nn.Layer(3, 4, seed=1), nn.Dropout(0.5, seed=2), nn.Neuron(4, seed=3)), X, {}),
}  # fmt: skip


def trained(name: str, rows: int = ROWS, **given: Any) -> tuple[list[float], list[float], list[float]]:
    """The losses of a training, its parameters, and their gradients in the last step."""
    make, x, some = TRAININGS[name]
    model = make()
    more = (
        {"loss": "bce_with_logits", "epochs": 3, "seed": 4, "optimizer": lambda p: nn.Adam(p, lr=0.05)} | some | given
    )
    more["optimizer"] = more["optimizer"](model.parameters())
    history = nn.fit(model, x[:rows], Y[:rows], **more)
    assert (history.compiled is not None) == more.get("compiled", True)
    return [*history.loss, *history.val_loss], *zip(*((p.data, p.grad) for p in model.parameters()), strict=True)


@pytest.mark.usefixtures("_cheap")
@pytest.mark.parametrize("name", TRAININGS)
def test_a_training_has_the_same_bits_for_any_number_of_threads(name: str, names: set[str]) -> None:
    found = [trained(name, threads=count) for count in (1, 2, 3, 5)]
    assert found[1:] == found[:1] * 3
    assert len(names) > 1
    eager = trained(name, compiled=False)
    for some, wanted in zip(found[0], eager, strict=True):
        assert some == pytest.approx(wanted, abs=1e-9)


@pytest.mark.usefixtures("_cheap")
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.integers(1, ROWS), size=st.none() | st.integers(1, ROWS), count=st.integers(2, 7),
    name=st.sampled_from(["all rows", "converted", "rows of any length"]),
)  # fmt: skip
def test_so_has_one_of_any_rows_and_batches(rows: int, size: int | None, count: int, name: str) -> None:
    one, several = (trained(name, rows, batch_size=size, epochs=2, threads=n) for n in (1, count))
    assert one == several


@pytest.mark.usefixtures("_cheap")
def test_data_that_are_converted_as_steps_need_them_have_the_same_bits_too(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = trained("converted", threads=2)
    assert trained("all rows", threads=1) != whole  # of other numbers
    monkeypatch.setitem(TRAININGS, "converted before", (mlp, FLOATS.astype(float), {}))
    for most in (2**21, 900):  # all at once, or two shares at a time
        monkeypatch.setattr(costs, "MOST", most)
        assert trained("converted before", threads=3) == trained("converted", threads=2) == whole


@pytest.mark.usefixtures("_cheap")
def test_a_training_that_goes_on_elsewhere_has_the_bits_of_one(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    whole = trained("all rows", threads=1, epochs=6, batch_size=300)
    trained("all rows", threads=3, epochs=3, batch_size=300, checkpoint=path)
    assert trained("all rows", threads=2, epochs=6, batch_size=300, checkpoint=path, resume=True) == whole


@pytest.mark.slow
@pytest.mark.usefixtures("_cheap")
def test_functions_over_rows_have_the_same_bits_for_any_number_of_threads(names: set[str]) -> None:
    w, model = Value(0.3), mlp()
    f = jit(value_and_grad(lambda x, y, z: tanh(w * x) * y + z))
    step = compile_loss(lambda x, y: (tanh(w * x[0]) * x[1] - y) ** 2, [w])
    backwards = X[::-1, 0]

    def results() -> list[Any]:
        w.grad = 0.0
        found = [f(X[:, 0], backwards, 0.5), [step(X, Y), w.grad], nn.predict(model, X)]
        return [np.asarray(some).tolist() for some in found]

    with thread_limit(1):
        one = results()
    for count in (2, 3, 5, 1000):
        with thread_limit(count):
            assert results() == one
    assert len(names) > 1
    assert one[0] == [pytest.approx([float(f(*row, 0.5)[i]) for row in zip(X[:, 0], backwards, strict=True)])
                      for i in range(2)]  # fmt: skip


def test_what_is_short_starts_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading.Thread, "start", lambda thread: pytest.fail("a thread was started"))
    trained("all rows", threads=8)
    with thread_limit(8):
        jit(tanh)(X[:, 0])


def test_a_long_step_does(names: set[str]) -> None:
    x = RNG.normal(size=(60_000, 3))
    model = nn.MLP(3, [16, 1], seed=1)
    nn.fit(model, x, x[:, 0], loss="mse", optimizer="SGD", epochs=1, threads=2)
    assert len(names) == 2


def test_many_rows_do(names: set[str]) -> None:
    with thread_limit(2):
        jit(lambda a: tanh(tanh(tanh(a))))(np.linspace(-1.0, 1.0, 2_000_000))
    assert len(names) == 2


# --- errors and interrupts ---------------------------------------------------------------------------------------


@pytest.mark.usefixtures("_cheap")
@pytest.mark.parametrize("row", [0, 250, 699])
def test_a_row_that_is_not_finite_is_named_and_the_step_is_not_taken(row: int) -> None:
    class Fragile(nn.Module):
        def __init__(self) -> None:
            self.w = Value(1.0)

        def forward(self, x: Any) -> Any:
            return log(self.w * x[0])

    x = np.ones((ROWS, 1))
    x[row] = 0.0
    model = Fragile()
    with pytest.raises(ValueError, match=rf"epoch 1, row {row}: math domain error: log of 0.0"):
        nn.fit(model, x, Y, loss="mse", optimizer=nn.SGD([model.w]), epochs=2, threads=3)
    assert model.w.data == 1.0


@pytest.mark.usefixtures("_cheap")
@pytest.mark.parametrize("call", [1, 4, 9])
@pytest.mark.parametrize("driver", ["shares", "train"])
def test_an_interrupt_keeps_what_whole_steps_have_learned(
    call: int, driver: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C is noticed in the main thread, between two calls of machine code."""
    drive, calls = Executable.drive, [0]

    def interrupted(executable: Executable, name: str, memory: int, job: int) -> None:
        if name == driver and threading.current_thread() is threading.main_thread():
            calls[0] += 1
            if calls[0] == call:
                raise KeyboardInterrupt
        drive(executable, name, memory, job)

    model = mlp()
    adam = nn.Adam(model.parameters(), lr=0.05)
    monkeypatch.setattr(Executable, "drive", interrupted)
    assert nn.fit(model, X, Y, loss="bce_with_logits", optimizer=adam, epochs=30, threads=3).interrupted
    monkeypatch.undo()
    (taken,) = {*adam.t}
    assert (taken == 0) == (call == 1)
    same = mlp()
    if taken:
        for module, name in ((costs, "LONG"), (costs, "SHARE")):
            monkeypatch.setattr(module, name, 0.0)
        monkeypatch.setattr(costs, "USUAL", 100)
        nn.fit(
            same, X, Y, loss="bce_with_logits", optimizer=nn.Adam(same.parameters(), lr=0.05), epochs=taken, threads=1
        )
    assert [p.data for p in model.parameters()] == [p.data for p in same.parameters()]


@pytest.mark.parametrize("number", [0, 1, 2])
def test_what_a_thread_raises_is_raised_here_and_the_others_end(number: int) -> None:
    finished, all_have_begun = [], threading.Barrier(3)

    def fail(which: int) -> None:
        all_have_begun.wait(timeout=30.0)
        if which == number:
            raise MemoryError(f"in thread {which}")
        finished.append(which)

    def attempt() -> None:
        with team(3) as together:
            together(fail, 3)

    with pytest.raises(MemoryError, match=f"in thread {number}"):
        attempt()
    assert sorted(finished) == sorted({0, 1, 2} - {number})


def test_a_thread_that_has_not_begun_when_all_is_done_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine: a thread that was woken waits for a core."""
    held_up, called = threading.Event(), []
    run = threading.Thread.run
    monkeypatch.setattr(threading.Thread, "run", lambda thread: held_up.wait(timeout=30.0) and run(thread))
    with team(3) as together:
        for _ in range(2):
            together(called.append, 3)
        held_up.set()
    assert called == [0, 0]


def test_no_interrupt_leaves_a_thread_behind_that_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second Ctrl-C comes while the threads are waited for."""
    may_end, begun, ended = threading.Event(), threading.Event(), []
    join, interrupts = threading.Thread.join, [KeyboardInterrupt(), KeyboardInterrupt()]

    def interrupted(thread: threading.Thread, timeout: float | None = None) -> None:
        if interrupts and thread.name.startswith("stepgrad"):
            raise interrupts.pop()
        may_end.set()
        join(thread, timeout)

    def work(number: int) -> None:
        if number == 0:
            begun.wait(timeout=30.0)
            raise KeyboardInterrupt
        begun.set()
        may_end.wait(timeout=30.0)
        ended.append(number)

    def attempt() -> None:
        with team(2) as together:
            together(work, 2)

    monkeypatch.setattr(threading.Thread, "join", interrupted)
    with pytest.raises(KeyboardInterrupt):
        attempt()
    assert not interrupts
    assert ended == [1]


@pytest.mark.usefixtures("_cheap")
def test_a_process_that_may_start_no_more_threads_does_all_in_those_that_it_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wanted = trained("all rows", threads=4), jit(tanh)(X[:, 0]).tolist()
    start, left = threading.Thread.start, [0]

    def limited(thread: threading.Thread) -> None:
        if not left[0]:
            raise RuntimeError("can't start new thread")
        left[0] -= 1
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", limited)
    for more in (0, 1):
        left[0] = more
        with thread_limit(4):
            assert jit(tanh)(X[:, 0]).tolist() == wanted[1]
        left[0] = more
        assert trained("all rows", threads=4) == wanted[0]


# --- how many ----------------------------------------------------------------------------------------------------


def test_as_many_as_the_process_may_use_cores(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("STEPGRAD_THREADS", raising=False)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {*range(6)}, raising=False)
    for text, wanted in (("max 100000", 6), ("250000 100000", 2), ("50000 100000", 1), ("6400000 100000", 6), ("", 6)):
        (tmp_path / "cpu.max").write_text(text)
        monkeypatch.setattr(threads, "QUOTA", tmp_path / "cpu.max")
        assert threads.threads() == wanted
    monkeypatch.setattr(threads, "QUOTA", tmp_path / "nothing")
    assert threads.threads() == 6


def test_the_environment_and_a_limit_say_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEPGRAD_THREADS", "3")
    assert threads.threads() == 3
    with thread_limit(7):
        assert threads.threads() == 7
        with thread_limit(None):
            assert threads.threads() == 7
        with thread_limit(np.int64(2)):
            assert threads.threads() == 2
        assert threads.threads() == 7
    assert threads.threads() == 3


@pytest.mark.parametrize("text", ["0", "-1", "two", "1.5"])
def test_a_wrong_environment_variable_is_named(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEPGRAD_THREADS", text)
    with pytest.raises(ValueError, match=rf"STEPGRAD_THREADS must be a whole number of at least 1, not '{text}'"):
        threads.threads()


@pytest.mark.parametrize("count", [0, -2, 1.5, "2"])
def test_a_wrong_number_is_refused_before_the_training(count: Any) -> None:
    with pytest.raises(ValueError, match=r"threads must be a whole number of at least 1, not"):
        trained("all rows", threads=count)


def test_what_shares_work_already_has_one_thread_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STEPGRAD_THREADS", raising=False)
    monkeypatch.setattr(threads, "cores", lambda: 4)

    def limited() -> int:
        with thread_limit(3):
            return threads.threads()

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(threads.threads).result() == 1
        assert pool.submit(limited).result() == 3
    assert threads.threads() == 4


IN_PROCESSES = """
import concurrent.futures, multiprocessing
from autograd.compiler.run import threads

if __name__ == "__main__":
    with concurrent.futures.ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        print(pool.submit(threads.threads).result())
"""


def test_so_have_processes(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(IN_PROCESSES)
    environment = {name: x for name, x in os.environ.items() if name != "STEPGRAD_THREADS"} | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, tmp_path / "program.py"], capture_output=True, text=True, timeout=60, env=environment
    )
    assert done.stdout == "1\n", done.stderr


def test_a_task_of_dask_has_one(monkeypatch: pytest.MonkeyPatch) -> None:
    distributed = pytest.importorskip("distributed", reason='collections need python -m pip install ".[dask]"')
    monkeypatch.delenv("STEPGRAD_THREADS", raising=False)
    monkeypatch.setattr(threads, "cores", lambda: 4)
    with distributed.Client(
        processes=False, n_workers=1, threads_per_worker=2, dashboard_address=None
    ) as client:  # fmt: skip
        assert client.submit(threads.threads, pure=False).result() == 1
        assert client.submit(trained, "all rows", pure=False).result() == trained("all rows")


# --- forks -------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")  # of Python 3.12, as there are other threads
@pytest.mark.usefixtures("_cheap")
def test_a_child_that_was_forked_meanwhile_trains_in_threads_of_its_own() -> None:
    wanted = trained("all rows", threads=3, epochs=2)
    stop = threading.Event()

    def keep_training() -> None:
        while not stop.is_set():
            trained("all rows", threads=3, epochs=2)

    other = threading.Thread(target=keep_training)
    other.start()
    try:
        for _ in range(5):
            pid = os.fork()
            if not pid:
                with suppress(BaseException):
                    signal.alarm(30)
                    os._exit(0 if trained("all rows", threads=3, epochs=2) == wanted else 1)
                os._exit(2)
            assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    finally:
        stop.set()
        other.join()


# --- shares ------------------------------------------------------------------------------------------------------


@given(
    sizes=st.lists(st.lists(st.integers(1, 3000), min_size=1, max_size=4), min_size=1, max_size=4),
    nanoseconds=st.floats(0.5, 10_000.0), numbers=st.integers(1, 10_000), block=st.sampled_from([1, 64, 128]),
)  # fmt: skip
def test_shares_are_all_samples_in_order_and_of_one_size(
    sizes: list[list[int]], nanoseconds: float, numbers: int, block: int
) -> None:
    groups, bounds, start = [], [], 0
    for step in sizes:
        bounds.append([len(groups), len(groups) + len(step), sum(step)])
        for form, size in enumerate(step):
            groups.append([form, start, start + size])
            start += size
    cost = Cost(nanoseconds, numbers, block)
    found = Shares.of(Part([], None, np.array(groups), np.array(bounds)), cost)
    for step, (first, end, samples) in enumerate(bounds):
        wanted = [(form, i) for form, start, stop in groups[first:end] for i in range(start, stop)]
        taken, counts = [], []
        for share in found.bounds[found.first[step] : found.first[step + 1]]:
            assert share[2] == samples
            some = [(form, i) for form, a, b in found.groups[share[0] : share[1]] for i in range(a, b)]
            counts.append(len(some))
            taken += some
        assert taken == wanted
        assert [*{*counts[:-1]}] in ([], [cost.share(samples)])
        assert all(0 < count <= cost.share(samples) for count in counts)


@given(samples=st.integers(1, 10**7), nanoseconds=st.floats(0.5, 1e5), numbers=st.integers(1, 10**5))
def test_a_share_is_long_enough_and_no_longer_than_need_be(samples: int, nanoseconds: float, numbers: int) -> None:
    cost = Cost(nanoseconds, numbers, 128)
    share = cost.share(samples)
    assert share == samples or share % 128 == 0
    if samples * nanoseconds < costs.LONG and samples <= cost.most:
        assert share == samples
    assert share * numbers <= 2 * costs.MOST + 128 * numbers  # what is gathered at a time is little beside the data
