"""Models as programs, from which they are written in another language."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd import TraceError, as_value
from autograd.program import Program, program_of, traced_input, tracing

from ..evaluation import evaluating
from ..modules import Module, Sequential, as_list


def inputs_of(model: Module, inputs: int | None, who: str) -> int:
    """How many numbers a model takes: what the caller says, else what the model or the first of its layers does."""
    first: Any = model
    while inputs is None:
        shape = getattr(first, "shape", None)
        if isinstance(shape, tuple):
            return int(shape[0])
        if not isinstance(first, Sequential):
            raise ValueError(f"{who}: how many numbers {type(model).__name__} takes is not known: pass inputs=…")
        first = first.layers[0]
    return inputs


def traced_model(model: Module, inputs: int) -> Program:
    """The program of a model of so many inputs, in evaluation mode."""
    with evaluating(model.modules()):
        return traced_function(model, inputs)


def traced_function(f: Callable[[Any], Any], inputs: int) -> Program:
    """The program of what takes a list of so many numbers; TraceError where it does not run on any number."""
    xs = [traced_input(f"x{i + 1}") for i in range(inputs)]
    with tracing() as tracer:
        outputs = [as_value(out) for out in as_list(f([*xs]))]
    if tracer.refused is not None:
        raise tracer.refused
    if tracer.draws:
        raise TraceError(f"{f!r:.60} draws random numbers, which a file cannot: switch that off in evaluation mode")
    return program_of(xs, outputs)
