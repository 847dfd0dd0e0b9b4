"""From functions to programs: call the function once on Values that have no numbers, and see what it does.

A traced Value stands for any number.  What would make the program depend on one number, reading it, comparing
it with ``<``, ``if``, ``max``, raises TraceError.  The function is called twice: one that does something else
the second time (it drew a random number) raises too.  Random numbers from :func:`autograd.uniform` become inputs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple, NoReturn

from ..errors import TraceError, located_in
from ..graph import topological_order
from ..modes import current_scope, mode
from ..primitives import Primitive
from ..value import Value, as_value, link
from .equations import Program
from .guards import Branches, Risk, guard_of, may_raise
from .reach import Reach
from .traced import Traced, hashes_asked, refuse, traced_input

MOST = 500_000  # operations of a function, which take some ten seconds to compile, with their derivatives more
TOO_MANY = (
    f"for one row there are more than {MOST:,} operations, which would take minutes to compile. Give shorter rows, or "
    f"take sums of products as dot(weights, inputs), which is one operation; or let it run eagerly: fit(..., "
    f"compiled=False), and functions without jit or compile_loss"
)
NODES = {Value, Traced}
NO_PARTIALS = (math.nan, math.nan)  # of a node without numbers, however many parents it has


class Tracer:
    """Takes the operations while a function is traced."""

    def __init__(self) -> None:
        self.draws: list[tuple[Traced, Any]] = []  # inputs that are random numbers, and who draws them
        self.risks: list[Risk] = []  # results of what may raise for some rows
        self.branches: Branches = ()  # those that are being traced
        self.left = MOST  # operations that it takes
        self.refused: TraceError | None = None  # the first thing that was asked of a number

    def __contains__(self, leaf: Value) -> bool:
        """Whether the function made this leaf itself, while it was traced: then it is a number like any other."""
        scope = leaf.scope
        while scope is not None and scope[1] is not None:
            scope = scope[1]
        return scope is not None and scope[0] is self

    def record(self, primitive: Primitive, args: Sequence[Any], operand: Callable[[Primitive, Any], Value]) -> Value:
        """The result of a primitive, without a number; ``operand`` makes a node of an argument that is none."""
        self.left -= 1
        if not self.left:
            self.refused = TraceError(TOO_MANY)
            raise self.refused
        parents: tuple[Value, ...] = tuple(args)
        if not NODES.issuperset(map(type, parents)):
            parents = tuple([arg if type(arg) in NODES else operand(primitive, arg) for arg in args])
        made = traced_input()
        for parent in parents:
            if parent.kind is not float if type(parent) is Traced else not parent.is_constant:
                made.kind = Value
                break
        flags = mode.flags
        made.requires_grad = flags.recording  # False under the function's own no_grad(): nothing flows through it
        if not flags.lenient and may_raise(primitive, parents):
            self.risks.append(Risk(made, self.branches))
        return link(made, primitive, parents, NO_PARTIALS)

    def branch(self, branch: Any, condition: Value, holds: bool) -> Any:
        """A branch of where, called if it is a function: what may raise in it does so only where it is taken."""
        if not callable(branch):
            return branch
        outer, drawn = self.branches, len(self.draws)
        self.branches = (*outer, (condition, holds))
        try:
            made = branch()
        finally:
            self.branches = outer
        if len(self.draws) > drawn:
            refuse("a random number in one branch of where, drawn only for the rows that take it,")
        return made

    def may_fail(self, node: Value) -> Value:
        """The same node, of which nan means that the row raises."""
        self.risks.append(Risk(node, self.branches))
        return node

    def as_argument(self, node: Value) -> Value:
        """The same node, which eagerly is a Value, though it was computed from numbers alone."""
        if type(node) is Traced:
            node.kind = Value
        return node

    def draw(self, generator: Any) -> Value:
        """A random number, drawn anew for each row."""
        self.draws.append((traced_input(f"random{len(self.draws) + 1}"), generator))
        return self.draws[-1][0]

    def refuse(self, what: str) -> NoReturn:
        refuse(what)


@contextmanager
def tracing() -> Iterator[Tracer]:
    """A context in which operations on Values, traced or not, are recorded without being computed."""
    tracer = Tracer()
    outer = current_scope.get()
    current_scope.set((tracer, None))
    try:
        with mode.set(tracer=tracer, recording=True, lenient=False):
            yield tracer
    finally:
        current_scope.set(outer)


class Trace(NamedTuple):
    """A traced function: its inputs and outputs, and who draws those of its last inputs that are random.

    ``guard`` is nan for rows for which something raised on the way, if anything can and the outputs do not show it.
    ``reach`` is what the function was made for.  ``order`` has all nodes below the outputs.
    """

    inputs: list[Traced]
    outputs: list[Value]
    generators: list[Any]
    guard: Value | None
    reach: Reach
    order: list[Value]


def trace(
    f: Callable[..., Sequence[Any]],
    labels: Sequence[str],
    of: Reach,
    row: Sequence[float] | None = None,
    twice: bool = True,
) -> Trace:
    """f called on traced inputs of these labels, and on what it draws.

    ``of`` is what the user's functions behind f can reach.  It holds afterwards what it held before, but for plain
    numbers that they computed when they were first called, to keep them.  Where f raises something on traced
    inputs that it does not raise on the numbers of ``row``, that is a TraceError.

    Not ``twice`` is for a function that was traced before, with inputs of another form, and did the same both times.
    """
    reach = of
    if of.iterator:
        raise TraceError(
            f"{of.iterator} is an iterator, of which each call takes something else: take what is needed before, and "
            f"pass it as an argument. It is reached by {of.code()}"
        )

    def run() -> tuple[Trace, Tracer]:
        inputs = [traced_input(label) for label in labels]
        with tracing() as tracer:
            try:
                with hashes_asked():
                    found = [*f(*inputs)]
                if tracer.refused is not None:
                    raise tracer.refused
            except Exception as error:
                _raise(error, f, row)
            outputs = [*map(as_value, found)]
            order = topological_order(*outputs)
            with mode.set(lenient=True):
                guard = guard_of(outputs, order, tracer)
        drawn, generators = [x for x, _ in tracer.draws], [generator for _, generator in tracer.draws]
        return Trace([*inputs, *drawn], outputs, generators, guard, reach, order), tracer

    try:
        first, made = run()
        changed = of.changed(passing=True)
        if not twice and not changed:
            _refuse_strangers(first)
            return first
        if changed:
            reach = of.anew()
            if Traced in reach.kinds:
                _refuse_kept(changed)
        with reach.other_gradients():
            second, made_again = run()
        if first.generators != second.generators or not same(*first[:2], *second[:2], (made, made_again)):
            changed = reach.changed(passing=True)
            raise TraceError(
                f"the function did something else when it was called again with the same arguments"
                f"{f', and {changed} changed' if changed else ''}: pass what changes as an argument; for a random "
                f"number write autograd.uniform(generator). It runs {of.code()}"
            )
        if changed := reach.changed(passing=True):
            _refuse_kept(changed)
        _refuse_strangers(second)
    except BaseException:
        of.restore()
        raise
    return second


def _raise(error: Exception, f: Callable[..., Any], row: Sequence[float] | None) -> NoReturn:
    """The error of a function that was traced; TraceError where it does not raise for a row of numbers."""
    if row is None or isinstance(error, TraceError):
        raise error
    with mode.set(tracer=None):
        try:
            f(*row)
        except Exception as own:  # which tells of numbers, where the other tells of traced Values
            raise own from None
    raise TraceError(
        f"{located_in(error)} raises {type(error).__name__} while the program is traced: {error}"
    ) from error


def _refuse_kept(place: str) -> NoReturn:
    raise TraceError(
        f"{place} changed while the function was traced, and would hold for all rows what belongs to one: return what "
        f"is to be kept, and keep it outside; for a random number write autograd.uniform(generator)"
    )


def _refuse_strangers(found: Trace) -> None:
    """TraceError where the outputs use a Value of another trace."""
    known = set(found.inputs)
    for node in found.order:
        if type(node) is Traced and node.primitive is None and node not in known:
            raise TraceError(
                "the function uses a Value of another trace, which stood for any number there: something has kept it"
            )


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
        if node.primitive is not other.primitive:
            return False
        if node.primitive is not None:
            parents, others = node.parents, other.parents
            if len(parents) != len(others):
                return False
            stack += zip(parents, others, strict=True)
        elif not all(leaf.is_constant or any(leaf in tracer for tracer in made) for leaf in (node, other)):
            return False  # leaves are the same only if they are one
        elif repr(node._data) != repr(other._data):  # nan equals nan, 0.0 is not -0.0
            return False
    return len(outputs) == len(other_outputs)


def program_of(inputs: Sequence[Value], outputs: Sequence[Value], order: Sequence[Value] | None = None) -> Program:
    """The program of a traced graph.  What was computed before it was traced counts as a number, as it does eagerly."""
    return Program(inputs, outputs, computed_before, order)


def computed_before(order: Sequence[Value]) -> set[Value]:
    """The results in a traced graph that were there already when it was traced."""
    return {node for node in order if type(node) is not Traced and node.primitive is not None}
