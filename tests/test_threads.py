"""Modes hold for the thread that enters them: what one does never shows in another."""

from __future__ import annotations

import threading
from collections.abc import Callable

from autograd import Value, no_grad
from autograd.graph import mode
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
