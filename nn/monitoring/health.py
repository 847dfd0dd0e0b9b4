"""How well a model learns: the size of gradients and updates in each layer, and units that learn nothing more."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from autograd import Value, topological_order
from autograd.drawing import state
from autograd.points import UNITS

from ..measures import evaluating
from ..modules.module import Module

# A gradient vanishes where its size per parameter (root mean square) is less than this part of the last layer's; it
# explodes where it is more than the inverse of it, or where it grew by as much since the first epoch.
LOST = 1e-3
MOST_ROWS = 200  # on which units are looked at


class Record(NamedTuple):
    """One epoch: its loss; by the name of each layer the norm of the gradient at the last step, and by what part of
    its size the epoch moved the layer.
    """

    epoch: int
    loss: float
    gradients: dict[str, float]  # ‖g‖
    updates: dict[str, float]  # ‖Δp‖ / ‖p‖


def record_of(epoch: int, loss: float, layers: Mapping[str, list[Value]], before: Mapping[Value, float]) -> Record:
    """What is recorded of an epoch before which the parameters had other numbers."""
    gradients, updates = {}, {}
    for name, own in layers.items():
        gradients[name] = math.hypot(*(p.grad for p in own))
        moved = math.hypot(*(p.data - before[p] for p in own))
        size = math.hypot(*(before[p] for p in own))
        updates[name] = moved / size if size else math.inf if moved else 0.0
    return Record(epoch, loss, gradients, updates)


def layers(model: Module) -> dict[str, list[Value]]:
    """The parameters of each module right inside the model; what is in none of them goes by the model's class."""
    found: dict[str, list[Value]] = {}
    for name, parameter in model.named_parameters().items():
        found.setdefault(layer_of(name, model), []).append(parameter)
    return found


def layer_of(name: str, model: Module) -> str:
    """The module right inside the model that holds what has this dotted name."""
    holders = (layer for layer in model.direct_modules() if f"{name}.".startswith(f"{layer}."))
    return next(holders, type(model).__name__)


def units(model: Module, rows: list[list[float]]) -> dict[str, list[str]]:
    """For each layer what each of its units is on every row: "dead", "saturated", or "" for one that still learns.

    A unit is a module whose call ends in a relu, tanh, sigmoid or erf, such as a neuron.
    """
    names = {id(module): name for name, module in model.named_modules().items()}
    states: dict[str, set[str]] = {}
    with evaluating(model.modules()):
        for row in rows[:: max(1, len(rows) // MOST_ROWS)]:
            out = model(row)
            for node in topological_order(*(out if isinstance(out, (list, tuple)) else [out])):
                if node.primitive in UNITS and node.scope is not None and id(node.scope[0]) in names:
                    states.setdefault(names[id(node.scope[0])], set()).add(state(node))
    found: dict[str, list[str]] = {}
    for unit, seen in states.items():
        found.setdefault(layer_of(unit, model), []).append(seen.pop() if len(seen) == 1 else "")
    return found


def lost_gradients(record: Record, first: Record, counts: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    """What is wrong with the gradients of layers of so many parameters, last layer last; and why one says so."""
    sizes = {name: record.gradients[name] / math.sqrt(n) for name, n in counts.items()}
    last = next(reversed(sizes), "")
    for name, size in sizes.items():
        beside = f"{size:.2g} a parameter, beside {sizes[last]:.2g} in {last}"
        grown = first.gradients[name] / LOST
        if size < LOST * sizes[last]:
            yield f"the gradient of {name} vanishes", beside
        elif size > sizes[last] / LOST > 0.0:
            yield f"the gradient of {name} explodes", beside
        elif record.gradients[name] > grown > 0.0:
            yield f"the gradient of {name} explodes", f"its norm began at {first.gradients[name]:.2g}"


def lost_units(found: Mapping[str, list[str]]) -> Iterator[tuple[str, str]]:
    """The layers with units that learn nothing more; and how many those are."""
    for name, states in found.items():
        for what, why in (("dead", "are 0"), ("saturated", "have hardly any slope")):
            if n := states.count(what):
                told = f"{n} of {len(states)} {why} on every row, so that hardly anything reaches their weights"
                most = 2 * n > len(states)
                yield f"{name} has {what} units" if not most else f"most units of {name} are {what}", told


@contextmanager
def as_of(model: Module, numbers: Sequence[float]) -> Iterator[None]:
    """A context in which the parameters have other numbers, no gradients, and their names as labels."""
    named = model.named_parameters()
    now = [(p, p.data, p.grad, p.label) for p in named.values()]
    try:
        for (name, p), x in zip(named.items(), numbers, strict=True):
            p.data, p.grad, p.label = x, 0.0, p.label or name
        yield
    finally:
        for p, data, grad, label in now:
            p.data, p.grad, p.label = data, grad, label
