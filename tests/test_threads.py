"""Modes hold for the context that enters them, a thread or a task: what one does never shows in another."""

from __future__ import annotations

import asyncio
import itertools
import os
import threading
import warnings
from collections.abc import Callable, Iterator

import pytest

from autograd import Value, no_grad
from autograd.modes import mode, recording
from autograd.program import tracing


def meanwhile(work: Callable[[], None]) -> None:
    """Run work in another thread, to its end."""
    errors: list[BaseException] = []

    def guarded() -> None:
        try:
            work()
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=guarded)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]


def differentiate() -> None:
    x = Value(3.0)
    y = x * x + x.tanh()
    assert y.data == 9.0 + Value(3.0).tanh().data
    y.backward()
    assert x.grad == 6.0 + 1.0 - Value(3.0).tanh().data ** 2


def test_another_thread_computes_as_usual_while_this_one_traces_or_records_nothing() -> None:
    with tracing():
        meanwhile(differentiate)
    with no_grad():
        meanwhile(differentiate)
        assert Value(2.0).tanh().parents == ()


def test_modes_that_overlap_in_time_leave_nothing_behind() -> None:
    entered, left = threading.Event(), threading.Event()

    def other() -> None:
        with no_grad():
            entered.set()
            assert left.wait(10)
            assert (Value(1.0) * 2.0).parents == ()

    thread = threading.Thread(target=other)
    thread.start()
    assert entered.wait(10)
    assert not mode.eager
    with tracing():
        pass
    differentiate()
    left.set()
    thread.join()
    assert mode.eager
    differentiate()


def test_modes_nest() -> None:
    with no_grad():
        with tracing():
            assert (Value(1.0) * 2.0).parents != ()
        assert (Value(1.0) * 2.0).parents == ()
    assert (Value(1.0) * 2.0).parents != ()
    assert mode.eager


# --- contexts that overlap ---------------------------------------------------------------------------------------


def records() -> bool:
    return bool((Value(3.0) * 2.0).parents)


def test_tasks_that_overlap_leave_the_loop_as_it_was() -> None:
    async def quietly(started: asyncio.Event, other: asyncio.Event) -> None:
        with no_grad():
            started.set()
            await other.wait()
            assert not records()
        assert records()

    async def main() -> None:
        first, second = asyncio.Event(), asyncio.Event()
        assert records()
        tasks = [asyncio.create_task(quietly(first, second)), asyncio.create_task(quietly(second, first))]
        await first.wait()
        assert records()  # a task's mode is its own
        await asyncio.gather(*tasks)
        assert records()

    asyncio.run(main())
    assert records()
    assert mode.eager


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_generators_take_away_only_what_they_set_in_whatever_order_they_end(order: tuple[int, ...]) -> None:
    def quietly() -> Iterator[None]:
        with no_grad():
            yield

    generators = [quietly() for _ in range(3)]
    for generator in generators:
        next(generator)
    for i in order:
        assert not records()
        generators[i].close()
    assert records()
    assert mode.eager


def test_recording_inside_no_grad_ends_before_or_after_it() -> None:
    outer, inner = no_grad(), recording()
    outer.__enter__()
    inner.__enter__()
    assert records()
    outer.__exit__(None, None, None)
    assert records()
    inner.__exit__(None, None, None)
    assert records()
    assert mode.eager


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_process_counts_no_setting_of_the_threads_that_it_left_behind() -> None:
    inside, done = threading.Event(), threading.Event()

    def quietly() -> None:
        with no_grad():
            inside.set()
            done.wait()

    thread = threading.Thread(target=quietly)
    thread.start()
    inside.wait()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Python 3.12 warns of forks beside threads
        child = os.fork()
    if not child:
        os._exit(0 if mode.eager and records() else 1)
    assert os.waitpid(child, 0)[1] == 0
    done.set()
    thread.join()
    assert mode.eager
