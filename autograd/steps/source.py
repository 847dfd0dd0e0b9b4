"""The lines of a function in which its values are made: asked for while it runs, and of no cost at any other time."""

from __future__ import annotations

import linecache
import sys
from collections.abc import Callable, Sequence
from typing import Any

from ..modes import mode
from ..primitives import Primitive
from ..value import Value


def run_with_lines(f: Callable[[], Any]) -> tuple[Value, dict[Value, str]]:
    """The value that a function gives, and for each that it made the line: ``line 3: y = a * b``.

    The line is one of the file in which the function stands, the innermost that was running: what a model computes
    stands at the line that calls the model.
    """
    lines = Lines(getattr(getattr(f, "__code__", None), "co_filename", ""))
    with mode.set(tracer=lines):
        root = f()
    if not isinstance(root, Value):
        raise TypeError(
            f"walkthrough takes a Value, or a function without arguments that gives one; this function gave "
            f"{type(root).__name__}: {root!r:.60}"
        )
    return root, lines.found


class Lines:
    """Takes the place of a tracer, and hands every operation on to be computed and recorded as ever."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.found: dict[Value, str] = {}

    def record(self, primitive: Primitive, args: Sequence[Any], operand: Callable[[Primitive, Any], Value]) -> Value:
        """The result of an operation, and where it was asked for."""
        with mode.set(tracer=None):
            parents = tuple([arg if isinstance(arg, Value) else operand(primitive, arg) for arg in args])
            made = parents[0]._apply(primitive, parents)
        frame = sys._getframe(1)
        while frame.f_back is not None and frame.f_code.co_filename != self.file:
            frame = frame.f_back
        if frame.f_code.co_filename == self.file:
            source = linecache.getline(self.file, frame.f_lineno).strip()
            self.found[made] = f"line {frame.f_lineno}" + (f": {source}" if source else "")
        return made

    # What else is asked of a tracer; here there are numbers.

    def refuse(self, what: str) -> None:
        """A number may be read."""

    def draw(self, generator: Any) -> Any:
        """A random number."""
        return generator.random()

    def may_fail(self, node: Value) -> Value:
        """A result of what may raise: it would have done so."""
        return node

    as_argument = may_fail
