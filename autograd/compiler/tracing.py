"""From functions to programs: call the function once on Values that have no numbers, and see what it does.

A traced Value stands for any number.  What would make the program depend on one number, reading it, comparing
it with ``<``, ``if``, ``max``, raises TraceError.  Tracing runs twice: a function that does something else the
second time (it drew a random number) raises too.
"""

from __future__ import annotations

import linecache
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from ..errors import TraceError
from ..operators import new
from ..primitives import Primitive
from ..program import Program
from ..value import Value, as_value, link, set_mode

PACKAGE = str(Path(__file__).parent.parent)


class Traced(Value):
    """A Value without a number: an input of a program, or what is computed from one."""

    __slots__ = ()

    @property
    def grad(self) -> float:
        return TRACER.refuse("the gradient of a Value")

    @grad.setter
    def grad(self, x: float) -> None:
        TRACER.refuse("the gradient of a Value")

    def backward(self) -> None:
        """Not while tracing: the gradient of a program is asked of the function, with grad."""
        TRACER.refuse("backward(), which computes numbers,")

    def __repr__(self) -> str:
        return f"Traced({self.label or (self.primitive.name if self.primitive else 'input')})"


class Tracer:
    """Takes the operations while a function is traced."""

    def record(self, primitive: Primitive, parents: Sequence[Value]) -> Value:
        """The result of a primitive, without a number."""
        return link(traced_input(), primitive, tuple(parents), (math.nan,) * len(parents))

    def refuse(self, what: str) -> NoReturn:
        """TraceError at the line of the user's code that reads a number."""
        frame = sys._getframe(1)
        while frame.f_back is not None and frame.f_code.co_filename.startswith(PACKAGE):
            frame = frame.f_back
        file, number = frame.f_code.co_filename, frame.f_lineno
        line = linecache.getline(file, number).strip()
        raise TraceError(
            f"{Path(file).name}, line {number}: {line!r} reads {what} while the program is traced, when there are "
            f"no numbers yet. Write autograd.where(condition, a, b) with lt, gt, ... for if and comparisons, maximum "
            f"and minimum for max and min, pick(xs, i) for an index, the functions of autograd for those of math"
        )


TRACER = Tracer()


def traced_input(label: str = "") -> Traced:
    """A new input of a program."""
    node = new(Traced)
    node._data = math.nan
    node.label = label
    node.primitive = None
    node.requires_grad = True
    node._a = node._b = None
    node._da = node._db = 0.0
    return node


@contextmanager
def tracing() -> Iterator[None]:
    """A context in which operations on Values, traced or not, are recorded without being computed."""
    with set_mode(tracer=TRACER, recording=True, lenient=False):
        yield


def trace(f: Callable[..., Sequence[Any]], count: int) -> tuple[list[Traced], list[Value]]:
    """f called on ``count`` traced inputs: the inputs, and the outputs that it returned as Values."""

    def run() -> tuple[list[Traced], list[Value]]:
        inputs = [traced_input() for _ in range(count)]
        with tracing():
            return inputs, [as_value(y) for y in f(*inputs)]

    first, second = run(), run()
    if not Program(*first).same_as(Program(*second)):
        raise TraceError(
            "the function did something else when it was called again with the same arguments: pass what changes "
            "(a random number, say) as an argument"
        )
    return first
