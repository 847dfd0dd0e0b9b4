"""From functions to programs: call the function once on Values that have no numbers, and see what it does.

A traced Value stands for any number.  What would make the program depend on one number, reading it, comparing
it with ``<``, ``if``, ``max``, raises TraceError.  The function is called twice: one that does something else
the second time (it drew a random number) raises too.  Random numbers from :func:`autograd.uniform` become inputs.
"""

from __future__ import annotations

import linecache
import math
import numbers
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from ..errors import TraceError
from ..graph import Labelled, new, topological_order
from ..modes import mode
from ..primitives import Primitive
from ..value import Value, as_value, link
from .equations import Program

PACKAGE = str(Path(__file__).parent.parent)


def refusal(what: str) -> Any:
    """A method that refuses to do what only a number can."""

    def method(self: Value, *args: Any) -> NoReturn:
        refuse(what)

    return method


class Traced(Value):
    """A Value without a number: an input of a program, or what is computed from one.

    It refuses, with TraceError, all that works on a float and needs to know which one it is.
    """

    __slots__ = ()

    data = property(refusal("the data of a Value"), refusal("the data of a Value"))
    grad = property(refusal("the gradient of a Value"), refusal("the gradient of a Value"))
    backward = refusal("backward(), which computes numbers,")

    __bool__ = refusal("the truth of a Value")
    __lt__ = __le__ = __gt__ = __ge__ = refusal("which of two Values is larger")
    __float__ = __complex__ = __int__ = __index__ = refusal("the number behind a Value")
    __round__ = __floor__ = __ceil__ = __trunc__ = refusal("a Value, to round it,")
    __divmod__ = __rdivmod__ = refusal("both values of divmod, for which there are // and %,")
    __hash__ = Value.__hash__

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if isinstance(other, (Value, numbers.Number)):
            refuse("whether two numbers are equal")
        return NotImplemented

    def __getattr__(self, name: str) -> NoReturn:
        """Asked for a name that a Value does not have: refused if floats have it."""
        if hasattr(float, name):
            refuse(f"{name!r} of a Value")
        raise AttributeError(f"a Value has no attribute {name!r}")

    def _where(self, a: Any, b: Any) -> Any:
        """Both branches are computed, as nobody knows yet which will be taken."""
        return super()._where(a() if callable(a) else a, b() if callable(b) else b)

    def __repr__(self) -> str:
        return f"Traced({self.label or (self.primitive.name if self.primitive else 'input')})"


class Tracer:
    """Takes the operations while a function is traced."""

    def __init__(self) -> None:
        self.draws: list[tuple[Traced, Any]] = []  # inputs that are random numbers, and who draws them

    def __contains__(self, leaf: Value) -> bool:
        """Whether the function made this leaf itself, while it was traced: then it is a number like any other."""
        scope = leaf.scope
        while scope is not None and scope[1] is not None:
            scope = scope[1]
        return scope is not None and scope[0] is self

    def record(self, primitive: Primitive, parents: Sequence[Value]) -> Value:
        """The result of a primitive, without a number."""
        return link(traced_input(), primitive, tuple(parents), (math.nan,) * len(parents))

    def draw(self, generator: Any) -> Value:
        """A random number, drawn anew for each row."""
        self.draws.append((traced_input(f"random{len(self.draws) + 1}"), generator))
        return self.draws[-1][0]

    def refuse(self, what: str) -> NoReturn:
        refuse(what)


def refuse(what: str) -> NoReturn:
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


def traced_input(label: str = "") -> Traced:
    """A new input of a program."""
    node = new(Traced)
    node._data = math.nan
    node._tag = Labelled(label, None) if label else None  # no scope: programs are not drawn in parts
    node.primitive = None
    node.requires_grad = True
    node._a = node._b = None
    node._da = node._db = 0.0
    return node


@contextmanager
def tracing() -> Iterator[Tracer]:
    """A context in which operations on Values, traced or not, are recorded without being computed."""
    tracer = Tracer()
    outer, mode.scope = mode.scope, (tracer, None)
    try:
        with mode.set(tracer=tracer, recording=True, lenient=False):
            yield tracer
    finally:
        mode.scope = outer


class Trace(NamedTuple):
    """A traced function: its inputs and outputs, and who draws those of its last inputs that are random."""

    inputs: list[Traced]
    outputs: list[Value]
    generators: list[Any]


def trace(f: Callable[..., Sequence[Any]], labels: Sequence[str]) -> Trace:
    """f called on traced inputs of these labels, and on what it draws."""

    def run() -> tuple[Trace, Tracer]:
        inputs = [traced_input(label) for label in labels]
        with tracing() as tracer:
            outputs = [as_value(y) for y in f(*inputs)]
        drawn, generators = [x for x, _ in tracer.draws], [generator for _, generator in tracer.draws]
        return Trace([*inputs, *drawn], outputs, generators), tracer

    (first, made), (second, made_again) = run(), run()
    if first.generators != second.generators or not same(*first[:2], *second[:2], (made, made_again)):
        raise TraceError(
            "the function did something else when it was called again with the same arguments: pass what changes "
            "as an argument; for a random number write autograd.uniform(generator)"
        )
    return first


def same(
    inputs: Sequence[Value],
    outputs: Sequence[Value],
    other_inputs: Sequence[Value],
    other_outputs: Sequence[Value],
    made: Sequence[Tracer] = (),
) -> bool:
    """Whether two traced graphs compute the same from the same Values and numbers; leaves just made are numbers."""
    twin = dict(zip(inputs, other_inputs, strict=True))  # of each node that was met: what stands in its place
    stack = list(zip(outputs, other_outputs, strict=False))
    while stack:
        node, other = stack.pop()
        if node in twin or node is other:
            if twin.get(node, node) is not other:
                return False
            continue
        twin[node] = other
        if all(leaf.is_constant or any(leaf in tracer for tracer in made) for leaf in (node, other)):
            if repr(node._data) != repr(other._data):  # nan equals nan, 0.0 is not -0.0
                return False
        elif node.primitive is None or node.primitive is not other.primitive:
            return False  # leaves are the same only if they are one
        elif len(node.parents) != len(other.parents):
            return False
        stack += zip(node.parents, other.parents, strict=True)
    return len(outputs) == len(other_outputs)


def program_of(inputs: Sequence[Value], outputs: Sequence[Value]) -> Program:
    """The program of a traced graph.  What was computed before it was traced counts as a number, as it does eagerly."""
    return Program(inputs, outputs, computed_before(topological_order(*outputs)))


def computed_before(order: Sequence[Value]) -> set[Value]:
    """The results in a traced graph that were there already when it was traced."""
    return {node for node in order if type(node) is not Traced and node.primitive is not None}
