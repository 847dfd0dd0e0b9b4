"""Module: the base of layers and models.  It finds its parameters by walking its attributes."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Self

from autograd import Scoped, Value, as_float
from autograd.html import printable

from ..wings import OF_MODULE


class Module(Scoped):
    """The base of layers and models: subclass it, set attributes, write ``forward``.

    Its parameters are the leaves of type ``Value`` in its attributes, in lists, tuples, deques, dicts, dataclasses,
    NumPy arrays of objects and modules among these too, in the order of assignment.  One that appears twice
    counts once, under its first name.  In sets, which have no order, and in other objects they are refused.

    >>> class Line(Module):
    ...     def __init__(self):
    ...         self.a, self.b = Value(2.0), Value(1.0)
    ...     def forward(self, x):
    ...         return self.a * x + self.b
    >>> Line()(3.0).data, Line().state_dict()
    (7.0, {'a': 2.0, 'b': 1.0})
    """

    hints = OF_MODULE
    training = True  # set by train() and eval(), for modules that behave differently in the two
    buffers: tuple[str, ...] = ()  # its attributes that are lists of frozen Values: saved and loaded, yet no parameters
    columns: Any = None  # the names of the inputs of a model, as a list, and
    classes: Any = None  # what its outputs mean: files keep both

    def named_parameters(self) -> dict[str, Value]:
        """Every parameter under its dotted name, as ``layers.0.neurons.2.b``; ValueError where two have one name."""
        named = {}
        seen = set()
        for name, found in _walk(self):
            if isinstance(found, Value) and found not in seen:
                if name in named:
                    raise ValueError(f"{type(self).__name__} has two parameters named {name!r}: rename a dict key")
                seen.add(found)
                named[name] = found
        return named

    def parameters(self) -> list[Value]:
        """Every parameter, each neuron's weights before its bias."""
        return list(self.named_parameters().values())

    def named_leaves(self) -> dict[str, Value]:
        """Every parameter, then every number that is saved and never trained, such as the means of ``Standardize``."""
        return self.named_parameters() | {
            f"{name}.{attribute}.{i}".lstrip("."): value
            for name, module in self.named_modules().items()
            for attribute in type(module).buffers
            for i, value in enumerate(getattr(module, attribute))
        }

    def named_modules(self) -> dict[str, Module]:
        """Every module inside this one under its dotted name, such as ``layers.0``; itself under ""."""
        return {"": self} | {name: found for name, found in _walk(self, Module) if isinstance(found, Module)}

    def modules(self) -> list[Module]:
        """This module and every module inside it."""
        return [self, *(found for _, found in _walk(self, Module) if isinstance(found, Module))]

    def parameters_by_layer(self) -> dict[str, list[Value]]:
        """The parameters of each layer (see ``layers_of``), by the name of the layer."""
        named = self.named_parameters()
        found: dict[str, list[Value]] = {}
        for layer, parameter in zip(self.layers_of(named), named.values(), strict=True):
            found.setdefault(layer, []).append(parameter)
        return found

    def zero_grad(self) -> None:
        """Set every parameter's grad to 0.0: do so before each backward pass."""
        for parameter in self.parameters():
            parameter.grad = 0.0

    def train(self, training: bool = True) -> Self:
        """Switch this module and all inside it to training (or, with False, to evaluation)."""
        for module in self.modules():
            module.training = training
        return self

    def eval(self) -> Self:
        """Switch this module and all inside it to evaluation."""
        return self.train(False)

    def freeze(self, frozen: bool = True) -> Self:
        """Let no gradient flow to the parameters, so that optimisers leave them alone; ``frozen=False`` undoes that."""
        for parameter in self.parameters():
            parameter.requires_grad = not frozen
        return self

    def unfreeze(self) -> Self:
        """Undo freeze()."""
        return self.freeze(False)

    def state_dict(self) -> dict[str, float]:
        """Every parameter's number under its dotted name, then every buffer's."""
        return {name: value.data for name, value in self.named_leaves().items()}

    def load_state_dict(self, state: Mapping[str, float]) -> Self:
        """Set every number from a state_dict; ValueError, and nothing set, where the two do not match."""
        named = self.named_leaves()
        missing = [name for name in named if name not in state]
        unknown = [name for name in state if name not in named]
        wrong = [name for name, x in state.items() if not _is_finite(x)]
        for problem, names in (("missing", missing), ("not in this model", unknown), ("no finite number", wrong)):
            if names:
                more = f" and {len(names) - 3} more" if len(names) > 3 else ""
                shown = ", ".join(f"{printable(name):.60}" for name in names[:3])
                raise ValueError(f"the state does not fit {printable(type(self).__name__)}: {problem}: {shown}{more}")
        for name, value in named.items():
            value.data = state[name]
        return self

    def to_config(self) -> dict[str, Any] | None:
        """The settings from which ``from_config`` builds a module of this shape; None where they cannot be data."""
        return None

    @classmethod
    def from_config(cls, config: Mapping[str, Any], room: Any) -> Self:
        """A module of this shape, by its ``config``; ValueError where that is not allowed, or there is no room for it.

        It says ``room.take(parameters, what)``, and may build so many parameters; modules inside it do so themselves.

        The settings may come from a damaged file, which can ask for anything: so they are checked before anything is
        built.
        """
        raise NotImplementedError


def as_list(x: Any) -> list[Any]:
    """The numbers that go into a layer or loss, as a list: a single one becomes a list of one."""
    return [*x] if isinstance(x, (list, tuple)) or getattr(x, "ndim", None) else [x]


def _walk(root: Any, only: type = object) -> Iterator[tuple[str, Any]]:
    """(dotted name, item) for every Module and leaf Value inside root, in order, without recursion.

    Where ``only`` modules are wanted, lists of weights are not looked through one by one.
    """
    stack = [iter(_items(root, "", only))]
    entered = {id(root): root}  # kept, for no other object may get its id meanwhile
    while stack:
        for name, item in stack[-1]:
            if not isinstance(item, Value) and getattr(item, "dtype", None) == "object":
                item = item.tolist()  # an array of Values
            if _is_parameter(item):
                yield name, item
            elif isinstance(item, (list, tuple, dict, deque, Module)) or hasattr(type(item), "__dataclass_fields__"):
                if id(item) in entered:
                    continue
                entered[id(item)] = item
                if isinstance(item, Module):
                    yield name, item
                stack.append(iter(_items(item, f"{name}.", only)))
                break
            elif any(_is_parameter(x) or (isinstance(x, Module) and id(x) not in entered) for x in _hidden_in(item)):
                raise TypeError(
                    f"{name} is a {printable(type(item).__name__)}, in which parameters and modules are not found, "
                    f"trained and saved: make it a list (a set has no order), a dict, a dataclass or a Module"
                )
        else:
            stack.pop()


def _hidden_in(x: Any) -> Iterable[Any]:
    """What lies in a set, or in the attributes of any object."""
    return x if isinstance(x, (set, frozenset)) else vars(x).values() if type(x).__dictoffset__ else ()


def _is_parameter(x: Any) -> bool:
    """Whether x is a leaf: no result, no number that met a Value, nor, without data, what a traced call left behind."""
    return isinstance(x, Value) and x.primitive is None and not x.is_constant and type(x).data is Value.data


def _is_finite(x: Any) -> bool:
    try:
        return math.isfinite(as_float(x))
    except (TypeError, OverflowError):
        return False


def _items(holder: Any, prefix: str, only: type) -> list[tuple[str, Any]]:
    if isinstance(holder, (list, tuple, deque)):
        return [(f"{prefix}{i}", x) for i, x in enumerate(holder) if only is object or type(x) is not Value]
    if not isinstance(holder, dict):
        slots = getattr(type(holder), "__dataclass_fields__", ())  # a dataclass may have these alone
        apart = type(holder).buffers if isinstance(holder, Module) else ()
        holder = {slot: getattr(holder, slot, None) for slot in slots} | getattr(holder, "__dict__", {})
        holder = {key: item for key, item in holder.items() if key not in apart}
    return [(f"{prefix}{key}", item) for key, item in holder.items()]
