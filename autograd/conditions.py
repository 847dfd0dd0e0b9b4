"""Conditions: comparisons that are part of the graph, joined by ``& | ~`` and asked by ``where``.

A comparison made by ``lt``, ``gt``, … is a node with the number 1.0 or 0.0.  Python's own ``<`` between Values
answers a plain bool at once, and leaves nothing in the graph; ``==`` is identity, and ``if x`` is refused.
"""

from __future__ import annotations

import numbers
from typing import TYPE_CHECKING, Any, NoReturn

from . import primitives
from .errors import NO_EQUALITY, NO_TRUTH
from .graph import Node
from .modes import mode
from .primitives import Primitive

MYPY = False  # mypy takes it for True, as all take TYPE_CHECKING


class Conditions(Node):
    """What a Value does as a condition, and in Python's comparisons."""

    __slots__ = ()

    if TYPE_CHECKING:  # what Value adds
        data: float

        def _apply(self, primitive: Primitive, args: tuple[Any, ...]) -> Any: ...

    __hash__ = object.__hash__

    if not TYPE_CHECKING:  # a checker that knows of no other equality finds that x == 2.0 never holds

        def __eq__(self, other: object) -> bool:
            if self is other:
                return True
            if isinstance(other, numbers.Number):
                raise TypeError(NO_EQUALITY.format(other))
            return NotImplemented

    if not MYPY:  # it would take all behind an `if x` for unreachable, and check none of it

        def __bool__(self) -> NoReturn:
            raise TypeError(NO_TRUTH)

    def _compare(self, row: Primitive, other: Any) -> bool:
        """Python's ``<`` and its kin: the numbers compared at once."""
        if isinstance(other, Conditions):
            return bool(row.on_floats(self.data, other.data))
        return bool(row.on_floats(self.data, other)) if isinstance(other, numbers.Real) else NotImplemented

    def _join(self, row: Primitive, *others: Any) -> Any:
        """``&``, ``|`` and ``~`` of comparisons."""
        for operand in (self, *others):
            if not is_condition(operand):
                raise TypeError(f"{row.symbol} joins comparisons made by lt, le, gt, ge, eq, ne; {operand!r} is none")
        return self._apply(row, (self, *others))

    def _where(self, a: Any, b: Any) -> Any:
        """where(self, a, b): only the branch that is taken is called."""
        if not is_condition(self):
            raise TypeError(f"the condition of where must be a comparison such as ne(x, 0.0), not {self!r}")
        if callable(a) or callable(b):
            return primitives.where(self._data != 0.0, a, b)
        return self._apply(primitives.select, (self, a, b))


def is_condition(x: Any) -> bool:
    """A comparison, comparisons joined, or a plain truth; where nothing is recorded the number has to tell."""
    if isinstance(x, Node):
        recorded = x.primitive is not None and x.primitive.condition
        return recorded or (not mode.flags.recording and x._data in (0, 1))
    return x in (0, 1)
