"""From functions to programs: call the function once on Values that have no numbers, and see what it does.

A traced Value stands for any number.  What would make the program depend on one number, reading it, comparing
it with ``<``, ``if``, ``max``, raises TraceError.  Tracing runs twice: a function that does something else the
second time (it drew a random number) raises too.  Random numbers from :func:`autograd.uniform` become inputs.
"""

from __future__ import annotations

import copy
import itertools
import linecache
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from ..compiler.llvm.instructions import has_lowering
from ..errors import AutogradError, TraceError
from ..graph import Labelled, new, topological_order
from ..modes import mode
from ..primitives import Primitive
from ..value import Value, as_value, link
from .equations import Equation, Program

PACKAGE = str(Path(__file__).parent.parent)


class Traced(Value):
    """A Value without a number: an input of a program, or what is computed from one."""

    __slots__ = ()

    @property
    def grad(self) -> float:
        return refuse("the gradient of a Value")

    @grad.setter
    def grad(self, x: float) -> None:
        refuse("the gradient of a Value")

    def backward(self) -> None:
        """Not while tracing: the gradient of a program is asked of the function, with grad."""
        refuse("backward(), which computes numbers,")

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


class NoLowering(AutogradError):
    """A program contains a primitive that cannot be compiled."""


def expand(program: Program) -> Program:
    """The program with every primitive that is not of the table replaced by what its forward consists of.

    Raises NoLowering where a forward does not run on Values.
    """
    if all(has_lowering(equation.primitive) for equation in program.equations):
        return program
    expanded = copy.copy(program)
    expanded.equations, expanded.constants, expanded.leaves = [], {**program.constants}, {**program.leaves}
    new = itertools.count(max([*program.variables.values(), *program.inputs], default=0) + 1)
    known: dict[int, int] = {}  # results that turned out to be another variable
    for out, primitive, args in program.equations:
        operands = tuple([known.get(arg, arg) for arg in args])
        if has_lowering(primitive):
            expanded.equations.append(Equation(out, primitive, operands))
        else:
            known[out] = _inline(expanded, _forward_program(primitive, len(args)), operands, new)
    expanded.outputs = tuple([known.get(output, output) for output in program.outputs])
    return expanded


def _forward_program(primitive: Primitive, count: int) -> Program:
    try:
        traced = trace(lambda *xs: [primitive.forward(*xs)], [""] * count)
        return expand(program_of(traced.inputs, traced.outputs))
    except NoLowering:
        raise
    except Exception as error:
        raise NoLowering(
            f"the primitive {primitive.name!r} cannot be compiled, as its forward does not run on Values: "
            f"{str(error) or type(error).__name__}"
        ) from error


def _inline(program: Program, part: Program, args: Sequence[int], new: Iterator[int]) -> int:
    """Add the equations of ``part``, applied to ``args``; returns the variable of its output."""
    names = dict(zip(part.inputs, args, strict=True))
    for variable, x in part.constants.items():
        names[variable] = next(new)
        program.constants[names[variable]] = x
    for variable, leaf in part.leaves.items():
        names[variable] = next(new)
        program.leaves[names[variable]] = leaf
    for out, primitive, operands in part.equations:
        names[out] = next(new)
        program.equations.append(Equation(names[out], primitive, tuple([names[v] for v in operands])))
    return names[part.outputs[0]]
