"""How well a model learns: the size of gradients and updates in each layer, and units that have stopped to learn."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from autograd import Value, as_value, topological_order
from autograd.drawing import format_number, state

from ..evaluation import evaluating
from ..modules import Module, as_list
from ..samples import row_of

# A gradient vanishes where its size per parameter (root mean square) is below this fraction of the last layer's.  It
# explodes where it is above the last layer's divided by this fraction, or above the first epoch's divided by it.
LOST = 1e-3
MOST_ROWS = 200  # on which units are looked at


class Record(NamedTuple):
    """The numbers of one epoch: its loss, and for each layer by name two norms over its parameters p.

    ``gradients`` has ‖g‖ at the last step, ``updates`` ‖Δp‖ / ‖p‖: the change over the epoch relative to the size.
    ``lr`` is the learning rate of the epoch.
    """

    epoch: int
    loss: float
    gradients: dict[str, float]
    updates: dict[str, float]
    lr: float


class Snapshot(NamedTuple):
    """A model after an epoch: its parameters, and for each layer the state of its units."""

    record: Record
    after: list[float]
    units: dict[str, list[str]]


def record_of(
    epoch: int, loss: float, lr: float, layers: Mapping[str, list[Value]], before: Mapping[Value, float]
) -> Record:
    """The record of an epoch, given the parameters of each layer and the numbers they had before the epoch."""
    gradients, updates = {}, {}
    for name, own in layers.items():
        gradients[name] = math.hypot(*(p.grad for p in own))
        moved = math.hypot(*(p.data - before[p] for p in own))
        size = math.hypot(*(before[p] for p in own))
        updates[name] = moved / size if size else math.inf if moved else 0.0
    return Record(epoch, loss, gradients, updates, lr)


def units(model: Module, rows: Any) -> dict[str, list[str]]:
    """For each layer the state of each of its units: "dead" or "saturated" if it is so on every row, else "".

    A unit is a module that computes a relu, tanh, sigmoid or erf itself, such as a neuron.
    """
    names = {id(module): name for name, module in model.named_modules().items()}
    states: dict[str, set[str]] = {}
    with evaluating(model.modules()):
        for i in range(0, len(rows), max(1, len(rows) // MOST_ROWS)):
            out = model(row_of(rows, i))
            for node in topological_order(*map(as_value, as_list(out))):
                owner = None if node.scope is None else names.get(id(node.scope[0]))
                if owner is not None and node.primitive is not None and any(p.state for p in node.primitive.special):
                    states.setdefault(owner, set()).add(state(node))
    found: dict[str, list[str]] = {}
    for layer, seen in zip(model.layers_of(states), states.values(), strict=True):
        found.setdefault(layer, []).append(seen.pop() if len(seen) == 1 else "")
    return found


def gradient_warnings(record: Record, first: Record, counts: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    """(what, why) for each layer with a gradient that vanishes or explodes.

    ``counts`` has the number of parameters of each layer, the last layer of the model last.
    """
    sizes = {name: record.gradients[name] / math.sqrt(n) for name, n in counts.items()}
    last = next(reversed(sizes), "")
    for name, size in sizes.items():
        beside = f"{format_number(size)} a parameter, beside {format_number(sizes[last])} in {last}"
        limit = first.gradients[name] / LOST
        if size < LOST * sizes[last]:
            yield f"the gradient of {name} vanishes", beside
        elif size > sizes[last] / LOST > 0.0:
            yield f"the gradient of {name} explodes", beside
        elif record.gradients[name] > limit > 0.0:
            yield f"the gradient of {name} explodes", f"its norm began at {format_number(first.gradients[name])}"


def unit_warnings(found: Mapping[str, list[str]]) -> Iterator[tuple[str, str]]:
    """(what, why) for each layer with units that are dead or saturated."""
    for name, states in found.items():
        for what, how in (("dead", "are 0"), ("saturated", "have hardly any slope")):
            if n := states.count(what):
                why = f"{n} of {len(states)} {how} on every row, so that hardly anything reaches their weights"
                yield f"most units of {name} are {what}" if 2 * n > len(states) else f"{name} has {what} units", why


@contextmanager
def as_of(model: Module, numbers: Sequence[float]) -> Iterator[None]:
    """A context in which the parameters have these numbers, no gradients, and their names as labels."""
    named = model.named_parameters()
    now = [(p, p.data, p.grad, p.label) for p in named.values()]
    try:
        for (name, p), x in zip(named.items(), numbers, strict=True):
            p.data, p.grad, p.label = x, 0.0, p.label or name
        yield
    finally:
        for p, data, grad, label in now:
            p.data, p.grad, p.label = data, grad, label
