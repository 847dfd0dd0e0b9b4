"""Module: anything that holds parameters, found by walking its attributes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, Self

from autograd import Scoped, Value, as_float


class Module(Scoped):
    """The base of layers and models: subclass it, set attributes, write ``forward``.

    Parameters are the leaf ``Value``s found in its attributes, in the order of assignment, in lists, tuples
    and dicts too, and in the modules among them.  One that appears twice counts once, under its first name.
    """

    training = True  # set by train() and eval(), for modules that behave differently in the two

    def named_parameters(self) -> dict[str, Value]:
        """Every parameter under its dotted name, such as ``layers.0.neurons.2.b``."""
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

    def named_modules(self) -> dict[str, Module]:
        """Every module inside this one under its dotted name, such as ``layers.0``; itself under ""."""
        return {"": self} | {name: found for name, found in _walk(self) if isinstance(found, Module)}

    def modules(self) -> list[Module]:
        """This module and every module inside it."""
        return [self, *(found for _, found in _walk(self) if isinstance(found, Module))]

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

    def freeze(self) -> Self:
        """Let no gradient flow to the parameters; optimisers leave them as they are."""
        for parameter in self.parameters():
            parameter.requires_grad = False
        return self

    def unfreeze(self) -> Self:
        """Undo freeze()."""
        for parameter in self.parameters():
            parameter.requires_grad = True
        return self

    def state_dict(self) -> dict[str, float]:
        """Every parameter's number under its dotted name."""
        return {name: parameter.data for name, parameter in self.named_parameters().items()}

    def load_state_dict(self, state: Mapping[str, float]) -> Self:
        """Set every parameter from a state_dict; ValueError, and nothing set, where the two do not match."""
        named = self.named_parameters()
        missing = [name for name in named if name not in state]
        unknown = [name for name in state if name not in named]
        wrong = [name for name, x in state.items() if not _is_finite(x)]
        for problem, names in (("missing", missing), ("not in this model", unknown), ("no finite number", wrong)):
            if names:
                more = f" and {len(names) - 3} more" if len(names) > 3 else ""
                raise ValueError(
                    f"the state does not fit {type(self).__name__}: {problem}: {', '.join(names[:3])}{more}"
                )
        for name, parameter in named.items():
            parameter.data = state[name]
        return self


def listed(x: Any) -> list[Any]:
    """The numbers that go into a layer or loss as a list: a bare one is a list of one."""
    return [*x] if isinstance(x, (list, tuple)) or getattr(x, "ndim", None) else [x]


def bare(xs: list[Any]) -> Any:
    """What a layer gives: several numbers as a list, one as itself."""
    return xs[0] if len(xs) == 1 else xs


def _walk(root: Any) -> Iterator[tuple[str, Any]]:
    """(dotted name, item) for every Module and leaf Value inside root, in order, without recursion."""
    stack = [iter(_items(root, ""))]
    entered = {id(root)}
    while stack:
        for name, item in stack[-1]:
            if isinstance(item, Value):
                if type(item) is Value and not item.parents:  # not what a traced call left behind
                    yield name, item
            elif isinstance(item, (Module, list, tuple, dict)) and id(item) not in entered:
                entered.add(id(item))
                if isinstance(item, Module):
                    yield name, item
                stack.append(iter(_items(item, f"{name}.")))
                break
        else:
            stack.pop()


def _is_finite(x: Any) -> bool:
    try:
        return math.isfinite(as_float(x))
    except (TypeError, OverflowError):
        return False


def _items(holder: Any, prefix: str) -> list[tuple[str, Any]]:
    if isinstance(holder, (list, tuple)):
        return [(f"{prefix}{i}", item) for i, item in enumerate(holder)]
    attributes = holder if isinstance(holder, dict) else vars(holder)
    return [(f"{prefix}{key}", item) for key, item in attributes.items()]
