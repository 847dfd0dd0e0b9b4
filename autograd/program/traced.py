"""Traced Values, which stand for any number, and how they refuse what only one number can answer."""

from __future__ import annotations

import linecache
import numbers
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from ..errors import TraceError
from ..graph import Labelled, new
from ..modes import mode
from ..value import Value

PACKAGE = str(Path(__file__).parent.parent)
PYTHON = os.path.dirname(os.__file__)  # its own library: abc, copy, logging


def refusal(what: str) -> Any:
    """A method that refuses to do what only a number can."""

    def method(self: Value, *args: Any) -> NoReturn:
        refuse(what)

    return method


class Traced(Value):
    """A Value without a number: an input of a program, or what is computed from one.

    It refuses, with TraceError, all that works on a float and needs to know which one it is.  Outside of any trace
    it refuses every use.  ``kind`` is the class of what stands in its place when the function runs eagerly: float
    for the numbers of a row and what is computed from them alone.
    """

    __slots__ = ("kind",)

    kind: type

    _data = property(refusal("the data of a Value"), refusal("the data of a Value"))
    data = property(refusal("the data of a Value"), refusal("the data of a Value"))
    grad = property(refusal("the gradient of a Value"), refusal("the gradient of a Value"))
    backward = refusal("backward(), which computes numbers,")

    __bool__ = refusal("the truth of a Value")
    __lt__ = __le__ = __gt__ = __ge__ = refusal("which of two Values is larger")
    __float__ = __complex__ = __int__ = __index__ = refusal("the number behind a Value")
    __round__ = __floor__ = __ceil__ = __trunc__ = refusal("a Value, to round it,")
    __divmod__ = __rdivmod__ = refusal("both values of divmod, for which there are // and %,")
    __format__ = refusal("a Value, to print it,")
    __copy__ = __deepcopy__ = __reduce__ = refusal("a Value, to copy or pickle it,")

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        """What isinstance asks, and hears what it hears eagerly: isinstance(t, float) holds for a number of a row."""
        return self.kind

    __hash__ = object.__hash__  # but see ``hashes_asked``

    def __eq__(self, other: object) -> bool:
        if isinstance(other, (Value, numbers.Number)) and (other is not self or self.kind is float):
            refuse("whether two numbers are equal")
        return True if other is self else NotImplemented

    def __getattr__(self, name: str) -> NoReturn:
        """Asked for a name that a Value does not have: refused if floats have it."""
        if hasattr(float, name):
            refuse(f"{name!r} of a Value")
        raise AttributeError(f"a Value has no attribute {name!r}")

    def _where(self, a: Any, b: Any) -> Any:
        """Both branches are computed, as nobody knows yet which will be taken."""
        tracer = mode.flags.tracer
        if tracer is None:
            refuse("a condition")
        return Value._where(self, tracer.branch(a, self, True), tracer.branch(b, self, False))

    def __repr__(self) -> str:
        if mode.flags.tracer is not None and not sys._getframe(1).f_code.co_filename.startswith(PACKAGE):
            refuse("a Value, to print it,")
        return f"Traced({self.label or (self.primitive.name if self.primitive else 'input')})"


def asked_hash(node: Traced) -> int:
    """Sets and dicts of the package hold nodes; for a user's, a number would have to tell whether it is there."""
    if mode.flags.tracer is not None and not sys._getframe(1).f_code.co_filename.startswith(PACKAGE):
        refuse("a Value, to look it up in a dict, set or cache,")
    return object.__hash__(node)


@contextmanager
def hashes_asked() -> Iterator[None]:
    """A context in which a user's function runs on traced Values: each hash is asked who wants it.

    Outside of it the package alone does, very often, and a question takes ten times as long as a hash.
    """
    global running
    with counting:
        running += 1
        setattr(Traced, "__hash__", asked_hash)  # noqa: B010  # mypy knows no other way
    try:
        yield
    finally:
        with counting:
            running -= 1
            if not running:
                setattr(Traced, "__hash__", object.__hash__)  # noqa: B010


running, counting = 0, threading.Lock()  # user's functions that are being traced, in all threads


def refuse(what: str) -> NoReturn:
    """TraceError at the line of the user's code that reads a number."""
    place = _line_of_user()
    if mode.flags.tracer is None:
        raise TraceError(
            f"{place} reads {what} that stood for any number while a program was traced; the trace is over, and "
            f"something kept it: a list, an attribute, a cache. Keep numbers, or compute it anew"
        )
    error = TraceError(
        f"{place} reads {what} while the program is traced, when there are "
        f"no numbers yet. Write autograd.where(condition, a, b) with lt, gt, ... for if and comparisons, maximum "
        f"and minimum for max and min, pick(xs, i) for an index, the functions of autograd for those of math"
    )
    mode.flags.tracer.refused = mode.flags.tracer.refused or error  # also if the function catches it
    raise error


def _line_of_user() -> str:
    """The innermost line that belongs neither to the package nor to Python's own library."""
    frame = sys._getframe(2)
    while frame.f_back is not None and _is_inner(frame.f_code.co_filename):
        frame = frame.f_back
    file, number = frame.f_code.co_filename, frame.f_lineno
    return f"{Path(file).name}, line {number}: {linecache.getline(file, number).strip()!r}"


def _is_inner(file: str) -> bool:
    inner = file.startswith((PACKAGE, PYTHON, "<frozen"))
    return inner and "site-packages" not in file.removeprefix(PACKAGE)


def traced_input(label: str = "", kind: type = float) -> Traced:
    """A new input of a program."""
    node = new(Traced)
    node.kind = kind
    node._tag = Labelled(label, None) if label else None  # no scope: programs are not drawn in parts
    node.primitive = None
    node.requires_grad = True
    node._a = node._b = None
    node._da = node._db = 0.0
    return node
