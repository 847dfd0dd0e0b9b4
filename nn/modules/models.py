"""Sequential and MLP: layers one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Self

from autograd.html import printable

from ..activations import find_activation, is_elementwise
from ..init import generator
from ..vocabulary import ActivationLike, InitialiserLike, Numbers, Output
from .config import build, buildable, config_of, setting
from .layers import Layer, as_output
from .module import Module, as_list


@buildable
class Sequential(Module):
    """Layers (or functions) one after the other; each but the first is given a list.

    A function of one number, a primitive as ``autograd.tanh`` is, is applied to each.  ``model[0]`` is the first layer.
    ValueError where there are no ``layers``, TypeError for one that cannot be called.

    >>> model = Sequential(Layer(2, 8, activation="tanh"), Layer(8, 1, activation="linear"))
    >>> len(model.parameters())
    33
    """

    def __init__(self, *layers: Callable[[Any], Any]) -> None:
        if not layers:
            raise ValueError(f"{type(self).__name__} needs at least one layer")
        for i, layer in enumerate(layers):
            if not callable(layer):
                raise TypeError(
                    f"Sequential: layer {i} must be a Module or a function, not {layer!r}: give layers one by one, "
                    f"Sequential(*layers), and an activation by its layer, Layer(2, 3, activation='tanh')"
                )
        self.layers: list[Any] = list(layers)

    def forward(self, x: Numbers) -> Output:
        for layer in self.layers[:-1]:
            x = as_list(_apply(layer, x))
        return _apply(self.layers[-1], x)

    def __len__(self) -> int:
        return len(self.layers)

    def __getitem__(self, i: int) -> Any:
        return self.layers[i]

    @property
    def shape(self) -> tuple[int, int] | None:
        shapes = [getattr(layer, "shape", None) for layer in self.layers]  # each once, in models inside models too
        return (shapes[0][0], shapes[-1][1]) if shapes[0] and shapes[-1] else None

    def sequence(self) -> dict[str, Any]:
        return {f"layers.{i}": layer for i, layer in enumerate(self.layers)}

    def to_config(self) -> dict[str, Any] | None:
        layers = [*map(config_of, self.layers)]
        return None if None in layers else {"layers": layers}

    @classmethod
    def from_config(cls, config: Mapping[str, Any], room: Any) -> Self:
        layers = [build(inner, room) for inner in setting(config, "layers", list)]
        model = object.__new__(cls)  # the __init__ of MLP takes widths, and these are layers
        Sequential.__init__(model, *layers)
        return model

    def __repr__(self) -> str:
        return f"{printable(type(self).__name__)}({', '.join(map(repr, self.layers))})"


def _apply(layer: Callable[[Any], Any], x: Any) -> Output:
    return as_output([layer(xi) for xi in as_list(x)]) if is_elementwise(layer) else layer(x)


@buildable
class MLP(Sequential):
    """A multi-layer perceptron: nin inputs, then a layer for each width in nouts.

    Hidden layers have ``activation``, the last has ``output_activation``.  ``init`` defaults to what suits
    each layer's activation (He for relu and its kin, Xavier for the others).  ``seed`` gives the same network
    on any machine.  With ``init="uniform"`` and no seed, weights come from Python's own ``random`` in
    micrograd's order.

    >>> model = MLP(2, [16, 16, 1], seed=1)
    >>> len(model.parameters())
    337
    >>> from autograd import Value
    >>> isinstance(model([1.0, -2.0]), Value)
    True
    """

    layers: list[Layer]

    def __init__(
        self, nin: int, nouts: Sequence[int] | int, activation: ActivationLike = "relu",
        output_activation: ActivationLike = "linear", init: InitialiserLike | None = None, seed: int | None = None,
    ) -> None:  # fmt: skip
        nouts, rng = [*nouts] if isinstance(nouts, Iterable) else [nouts], generator(seed, init)
        find_activation(activation)  # a wrong name is told where there is no hidden layer, too
        activations = [activation] * (len(nouts) - 1) + [output_activation]
        layers = zip([nin, *nouts], nouts, activations, strict=False)
        super().__init__(*(Layer(m, n, activation=act, init=init, rng=rng) for m, n, act in layers))
