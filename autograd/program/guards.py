"""Guards: of what would have raised eagerly, a program keeps a trace, though what comes after it is finite.

tanh(log(0.0)) raises; machine code has −inf for the logarithm and −1 for the tanh.  So a traced function has one
more output, 0 times the sum of all results that are not finite where their primitive raises: nan says that the row is
to be computed again, eagerly.  Most programs need none: where a result that is not finite makes an output so,
by sums and products, the output says it already.
"""

from __future__ import annotations

import functools
import itertools
import math
import operator
import sys
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from ..errors import TraceError
from ..modes import mode
from ..primitives import TABLE, Primitive, select, total
from ..value import Value, evaluate

Branches = tuple[tuple[Value, bool], ...]  # of where, around an operation: the condition, and whether it must hold

LARGEST = sys.float_info.max  # where powers overflow, whatever the other operand is
CORNERS = (-math.inf, -LARGEST, -2.5, -1.0, 0.0, 0.5, 800.0, LARGEST, math.inf)  # what raises anywhere does so at one
FEW = 8  # terms that are added one by one, beside what else is done to each number: a sum is computed apart from that
NOT_FINITE = (-math.inf, math.inf, math.nan)


class Risk(NamedTuple):
    """A result that is not finite where its primitive raises, if all these branches are taken."""

    node: Value
    branches: Branches


class Risks(Protocol):
    """Who notes the risks while a function is traced."""

    risks: list[Risk]
    branches: Branches


def may_raise(primitive: Primitive, operands: Sequence[Value]) -> bool:
    """Whether a primitive raises for some numbers, given those of its operands that are plain ones."""
    if TABLE.get(primitive.name) is not primitive:
        return True
    return not primitive.variadic and _raises(primitive, _known(operands))


def passes_on(primitive: Primitive, operands: Sequence[Value], place: int) -> bool:
    """Whether the result is nan or infinite wherever the operand at a place is."""
    if TABLE.get(primitive.name) is not primitive:
        return False
    if primitive.variadic:
        return primitive.terms is not None  # sums and products do, maxima and exponentials do not
    return _passes_on(primitive, _known(operands), place)


def _known(operands: Sequence[Value]) -> tuple[float | None, ...]:
    """The numbers of the operands that are plain ones."""
    return tuple([operand._data if operand.is_constant else None for operand in operands])


@functools.lru_cache(4096)  # plain numbers may be others in every trace
def _raises(primitive: Primitive, known: tuple[float | None, ...]) -> bool:
    for point in itertools.product(*(CORNERS if x is None else (x,) for x in known)):
        try:
            primitive.on_floats(*point)
        except (ArithmeticError, ValueError):
            return True
    return False


@functools.lru_cache(4096)
def _passes_on(primitive: Primitive, known: tuple[float | None, ...], place: int) -> bool:
    tried: list[tuple[float, ...]] = [CORNERS if x is None else (x,) for x in known]
    tried[place] = NOT_FINITE
    with mode.set(lenient=True):
        return not any(math.isfinite(evaluate(primitive, point, ())) for point in itertools.product(*tried))


def guard_of(outputs: Sequence[Value], order: Sequence[Value], tracer: Risks) -> Value | None:
    """0 where nothing raised, else nan; None where the outputs, with ``order`` below them, show it themselves."""
    risks = _inside(tracer)
    shown = _shown_by(outputs, order) if risks else set()
    terms = []
    for node, branches in risks:
        if node in shown:
            continue
        term: Any = node
        for condition, holds in reversed(branches):
            term = select(condition, term, 0.0) if holds else select(condition, 0.0, term)
        terms.append(term)
    if not terms:
        return None
    sum_of_terms = functools.reduce(operator.add, terms) if len(terms) <= FEW else total(*terms)
    guard: Value = sum_of_terms * 0.0
    return guard


def _inside(tracer: Risks) -> list[Risk]:
    """The risks, those inside of a user's primitives in the place of their results."""
    found = []
    while tracer.risks:
        risk = tracer.risks.pop()
        primitive = risk.node.primitive
        if primitive is not None and TABLE.get(primitive.name) is not primitive:
            tracer.branches = risk.branches
            try:
                with mode.set(lenient=False):
                    primitive.forward(*risk.node.parents)
                continue
            except (TraceError, TypeError, AttributeError, LookupError):
                pass  # it is not compiled either: where it raises, its result is nan
            finally:
                tracer.branches = ()
        found.append(risk)
    return found[::-1]


def _shown_by(outputs: Sequence[Value], order: Sequence[Value]) -> set[Value]:
    """The nodes that make an output nan or infinite if they are."""
    shown = set(outputs)
    for node in reversed(order):
        if node not in shown or node.primitive is None:
            continue
        shown.update(p for k, p in enumerate(node.parents) if passes_on(node.primitive, node.parents, k))
    return shown
