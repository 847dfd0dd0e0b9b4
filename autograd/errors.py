"""The exceptions of the package; those of the arithmetic itself stay Python's own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class AutogradError(Exception):
    """The base of all of them."""


class StaleGraphError(AutogradError):
    """A leaf's data changed after the graph was computed, and the graph was to be evaluated again."""


class NonFiniteError(AutogradError):
    """A gradient was asked of a result that is nan or infinite."""


class TraceError(AutogradError):
    """A number was read while a program was traced, when there are no numbers yet."""


class GradcheckError(AutogradError):
    """An analytic derivative disagrees with the numeric one."""


class FallbackWarning(UserWarning):
    """Something could not be compiled, and is done in a slower way with the same result."""


@contextmanager
def located(where: str) -> Iterator[None]:
    """A context that adds the place to what goes wrong inside, the user's own code included.

    >>> with located("row 3"):
    ...     1 / 0
    Traceback (most recent call last):
    ZeroDivisionError: row 3: division by zero
    """
    try:
        yield
    except Exception as error:
        if type(error) in (ZeroDivisionError, OverflowError, ValueError, TypeError, IndexError, NonFiniteError):
            raise type(error)(f"{where}: {error}") from error
        error.add_note(where)  # of a class that is made who knows how
        raise
