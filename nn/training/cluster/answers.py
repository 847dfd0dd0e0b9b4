"""What workers answer: results, or errors as results, since what an actor raises may not arrive."""

from __future__ import annotations

import functools
import pickle
from collections.abc import Callable
from typing import Any, NamedTuple


class Failure(NamedTuple):
    """An error on a worker, on its way to the client."""

    error: Exception


class Ready(NamedTuple):
    """What a worker says of its assignment: how many operations a sample takes as it is compiled, or why it is not.

    ``by`` says what runs them, machine code or NumPy.
    """

    operations: int | None
    cause: str = ""
    by: str = ""


class Facts(NamedTuple):
    """What the client knows of a part: never its rows."""

    rows: int
    row: tuple[int, ...]  # the shape of a row
    target: tuple[int, ...]
    classes: frozenset[float]  # the targets of hinge, whose choice of classes is seen in all of them


def told(method: Callable[..., Any]) -> Callable[..., Any]:
    """A method whose errors are answers: an actor's own ones, raised, may not arrive."""

    @functools.wraps(method)
    def answer(*args: Any) -> Any:
        try:
            return method(*args)
        except Exception as error:
            return Failure(_sendable(error))

    return answer


def _sendable(error: Exception) -> Exception:
    """The error, without what it came from; another one with its text where it cannot be pickled."""
    error.__cause__ = error.__context__ = error.__traceback__ = None
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error
