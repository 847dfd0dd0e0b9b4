"""Neuron and Layer: one sample in, a list of numbers or Values; Values out."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any, Self

from autograd import Value, as_count, dot
from autograd.html import printable

from ..activations import find_activation
from ..init import find_initialiser, generator
from ..vocabulary import ActivationLike, InitialiserLike, Inputs, Output
from .config import buildable, config_of, setting
from .module import Module, as_list


@buildable
class Neuron(Module):
    """activation(b + w₁x₁ + … + wₙxₙ): nin inputs, one Value out.

    ``activation`` is a name or a function of one Value; without one it is relu, or linear where nonlin is False.
    ``init`` is a name or a function from ``nn.init``, told ``nout``, how many neurons share the inputs; the bias starts
    at 0.  ``seed``, or a generator ``rng`` that several share, gives the same weights on any machine.  ValueError for
    less than one input, an unknown name, and a call with another number of inputs.

    >>> neuron = Neuron(2, activation="tanh", init="zeros")
    >>> neuron([1.0, -2.0]).data
    0.0
    """

    def __init__(
        self, nin: int, nonlin: bool = True, *, activation: ActivationLike | None = None,
        init: InitialiserLike | None = None, rng: random.Random | None = None, nout: int = 1, seed: int | None = None,
    ) -> None:  # fmt: skip
        nin = as_count(nin, "nin, the number of inputs,")
        self.activation = activation if activation is not None else "relu" if nonlin else "linear"
        self._activate, usual = find_activation(self.activation)
        initialise = find_initialiser(usual if init is None else init)
        rng = rng or generator(seed, init)
        self.w = [Value(initialise(nin, nout, rng)) for _ in range(nin)]
        self.b = Value(0.0)

    def forward(self, x: Inputs) -> Value:
        if len(x := as_list(x)) != len(self.w):
            raise ValueError(f"this neuron has {len(self.w)} weights and was given {len(x)} inputs")
        return self._activate(dot(self.w, x, self.b))

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.w), 1

    def applies(self) -> str:
        return _name(self.activation)

    def to_config(self) -> dict[str, Any] | None:
        return {"nin": len(self.w), "activation": self.activation} if isinstance(self.activation, str) else None

    @classmethod
    def from_config(cls, config: Mapping[str, Any], room: Any) -> Self:
        nin, activation = setting(config, "nin", int), setting(config, "activation", str)
        _take_room("Neuron", nin, 1, room)
        return cls(nin, activation=activation, init="zeros")

    def __repr__(self) -> str:
        return f"Neuron({len(self.w)}, activation={_name(self.activation)!r})"


@buildable
class Layer(Module):
    """nout neurons over the same nin inputs: a list of Values, or the Value itself where nout is 1.

    The settings (nonlin, activation, init, rng, seed) are those of ``Neuron``.  ValueError for less than one neuron,
    and for a call with another number of inputs.

    >>> layer = Layer(2, 3, activation="tanh", seed=1)
    >>> len(layer([1.0, -2.0]))
    3
    """

    def __init__(
        self, nin: int, nout: int, nonlin: bool = True, *, activation: ActivationLike | None = None,
        init: InitialiserLike | None = None, rng: random.Random | None = None, seed: int | None = None,
    ) -> None:  # fmt: skip
        nout = as_count(nout, "nout, the number of neurons,")
        rng = rng or generator(seed, init)
        self.neurons = [Neuron(nin, nonlin, activation=activation, init=init, rng=rng, nout=nout) for _ in range(nout)]

    def forward(self, x: Inputs) -> Output:
        width = len(self.neurons[0].w)
        if len(x := as_list(x)) != width or getattr(x[0], "ndim", False):
            many = " rows: nn.predict(model, X) takes many" * hasattr(next(iter(x), 0), "__len__")
            raise ValueError(f"{self!r} takes {width} inputs and was given {len(x)}{many}")
        # One leaf for an input number, shared by all neurons.
        inputs = [xi if isinstance(xi, Value) else Value(xi, requires_grad=False) for xi in x]
        return as_output([neuron(inputs) for neuron in self.neurons])

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.neurons[0].w), len(self.neurons)

    def applies(self) -> str:
        return self.neurons[0].applies()

    def to_config(self) -> dict[str, Any] | None:
        first, *others = map(config_of, self.neurons)
        if first is None or any(other != first for other in others):
            return None
        return {"nin": first["nin"], "activation": first["activation"], "nout": len(self.neurons)}

    @classmethod
    def from_config(cls, config: Mapping[str, Any], room: Any) -> Self:
        nin, activation = setting(config, "nin", int), setting(config, "activation", str)
        nout: Any = config.get("nout")
        _take_room("Layer", nin, nout, room)
        return cls(nin, nout, activation=activation, init="zeros")

    def __repr__(self) -> str:
        return f"Layer({len(self.neurons[0].w)}, {len(self.neurons)}, activation={self.applies()!r})"


def as_output(xs: list[Any]) -> Output:
    """The numbers that come out of a layer: several as a list, a single one as itself."""
    return xs[0] if len(xs) == 1 else xs  # type: ignore[return-value]  # one or the other


def _take_room(kind: str, nin: int, nout: Any, room: Any) -> None:
    possible = isinstance(nout, int) and nin >= 1 and nout >= 1
    room.take((nin + 1) * nout if possible else room.left + 1, f"a {kind} of {nin} inputs and {nout!r:.40} neurons")


def _name(function: str | Callable[..., Any]) -> str:
    return printable(function if isinstance(function, str) else getattr(function, "__name__", repr(function)))
