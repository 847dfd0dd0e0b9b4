"""What a model of two inputs answers at any point, as JavaScript: its outputs, and those of its hidden neurons.

The function is printed from the rows of the table, as the compiler has it: the page computes what Python computes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from autograd import TraceError, Value, as_value, topological_order
from autograd.languages import javascript_function, javascript_rows, row_key
from autograd.program import Program, traced_input, tracing

from ..evaluation import evaluating
from ..modules import Module, as_list

MOST_PARAMETERS = 3000  # that a page computes with
MOST_UNITS = 48  # of which the answers are shown


class Surface(NamedTuple):
    """A function of the parameters that gives a function of x1 and x2, and the ``rows`` that it calls.

    That gives the ``outputs`` of the model, and after them those of ``units``, by their names.  Where a model cannot be
    written so, the ``apology`` says why.
    """

    function: str
    rows: Mapping[str, str]
    outputs: int
    units: list[str]
    apology: str = ""


def surface_of(model: Module) -> Surface:
    """The model as a function of the page."""
    parameters = model.parameters()
    if len(parameters) > MOST_PARAMETERS:
        why = f"a page computes with up to {MOST_PARAMETERS:,} parameters, and this model has {len(parameters):,}"
        return Surface("", {}, 0, [], why)
    inputs: list[Any] = [Value(0.5, requires_grad=False), Value(-0.25, requires_grad=False)]
    traced = [traced_input("x1"), traced_input("x2")]
    try:
        with evaluating(model.modules()):
            seen = [as_value(out) for out in as_list(model(inputs))]
            with tracing():
                outputs = [as_value(out) for out in as_list(model(traced))]
            program = Program([*traced, *parameters], outputs)
            # Traced values do not know where they were made; the same graph of numbers does.
            units = _units(model, seen)
            if Program([*inputs, *parameters], seen).equations == program.equations:
                program = Program([*inputs, *parameters], [*seen, *units.values()])
            else:
                units = {}
        function, used = javascript_function(program, len(inputs))
        rows = {row_key(*key): text for key, text in javascript_rows(used).items()}
    except TraceError as error:
        return Surface("", {}, 0, [], str(error))
    return Surface(function, rows, len(outputs), [*units])


def _units(model: Module, outputs: list[Value]) -> dict[str, Value]:
    """The one value that leaves each module without modules in it, such as a neuron; not those that are outputs."""
    names = {id(module): name for name, module in model.named_modules().items() if len(module.modules()) == 1}
    order = topological_order(*outputs)
    leaving: dict[str, dict[Value, None]] = {}
    for node in order:
        for parent in node.parents:
            if parent.scope is not None and parent.scope is not node.scope and id(parent.scope[0]) in names:
                leaving.setdefault(names[id(parent.scope[0])], {})[parent] = None
    found = {name: next(iter(some)) for name, some in leaving.items() if len(some) == 1}
    return dict([(name, node) for name, node in found.items() if node not in outputs][:MOST_UNITS])
