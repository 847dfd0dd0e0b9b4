"""What an optimiser does to one parameter, as programs: they then run over all parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from ...primitives import sqrt
from ...program import Program, Reach, program_of, trace, tracing
from ...transforms import value_and_grad
from ...value import Value, as_value
from ..fallback import NotCompilable
from ..layout import RulePrograms


class Rule(Protocol):
    """What an optimiser does to one parameter p with gradient g, as functions that can be traced."""

    states: int  # numbers it keeps for each parameter
    clip_norm: float | None  # None: shrink has nothing to do

    def limit(self, g: Any) -> Any:
        """What counts of a gradient."""

    def shrink(self, norm: Any) -> Any:
        """What every gradient is then multiplied by, given the length of all of them."""

    def update(self, p: Any, g: Any, lr: Any, t: Any, *state: Any) -> tuple[Any, ...]:
        """The new parameter and state."""


def rule_programs(rule: Rule, penalty: Callable[[Any], Any] | None, of: Reach) -> RulePrograms:
    """What a rule and a penalty that reach ``of`` do to one parameter."""

    def gradient(p: Value, g: Value) -> list[Any]:
        value, slope = (0.0, 0.0) if penalty is None else value_and_grad(penalty)(p)
        whole = g if penalty is None else g + slope
        return [as_value(value), whole, rule.limit(whole)]

    of_gradient = program_for_one(gradient, ["p", "g"], of)
    lr, t, squares = Value(0.0, label="lr"), Value(0.0, label="t"), Value(0.0, label="Σg²")

    def updated(p: Value, g: Value, *state: Value) -> list[Any]:
        seen = g if rule.clip_norm is None else g * rule.shrink(sqrt(squares))
        # Times 1, so that every result is a row of its own, whatever the rule returns.
        return [as_value(x) * 1.0 for x in rule.update(p, seen, lr, t, *state)]

    update = program_for_one(updated, ["p", "g", *[""] * rule.states], of)
    if len(update.outputs) != 1 + rule.states:
        raise NotCompilable(
            f"the optimiser keeps {rule.states} number(s) for each parameter, and its rule gives "
            f"{len(update.outputs) - 1}"
        )
    return RulePrograms(of_gradient, update, lr, t, squares, penalty is not None, rule.clip_norm is not None)


def program_for_one(f: Callable[..., list[Any]], labels: list[str], of: Reach) -> Program:
    """The program of what is done to one parameter, by functions that reach ``of``."""
    found = trace(f, labels, of)
    if found.generators:
        raise NotCompilable(
            "an optimiser that draws random numbers cannot be compiled: draw them before the training, or train with "
            "compiled=False"
        )
    if found.guard is None:
        return program_of(found.inputs, found.outputs)
    with tracing():
        *outputs, last = found.outputs
        return program_of(found.inputs, [*outputs, last + found.guard])
