"""To PyTorch and back: a model as a module of PyTorch, which is loaded only when this is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from autograd import Value, leaky_relu

from ..activations import elu
from ..modules import (
    MLP,
    Dropout,
    Embedding,
    Layer,
    LayerNorm,
    Module,
    Neuron,
    Residual,
    RMSNorm,
    Sequential,
    Standardize,
)

# The class of torch.nn for each activation that both know, and its settings.
ACTIVATIONS: dict[str, tuple[str, dict[str, float]]] = {
    "relu": ("ReLU", {}),
    "leaky_relu": ("LeakyReLU", {}),
    "elu": ("ELU", {}),
    "gelu": ("GELU", {}),
    "silu": ("SiLU", {}),
    "sigmoid": ("Sigmoid", {}),
    "tanh": ("Tanh", {}),
    "softplus": ("Softplus", {"threshold": 40.0}),  # from there on x + e⁻ˣ is x; PyTorch's 20 is 2e-9 off
}


def to_torch(model: Module) -> Any:
    """The ``torch.nn.Module`` that computes the same, in float64, with a copy of every parameter.

    It takes a tensor of shape (…, inputs) and gives (…, outputs), also where there is one output.  Neuron, Layer,
    Sequential, MLP, Residual, Dropout, LayerNorm and Standardize are known, with activations given by name; a module
    that is used twice stays one.  TypeError for other classes and for functions, ValueError where single neurons share
    parameters, which a tensor cannot.

        net = to_torch(MLP(2, [8, 1], seed=1))
        net(torch.tensor([[0.5, -1.0]], dtype=torch.float64))
    """
    try:
        import torch
    except ImportError:
        raise ImportError('to_torch needs PyTorch: python -m pip install "stepgrad[torch]"') from None
    result = _Converter(torch).convert(model)
    if sum(p.numel() for p in result.parameters()) != len(model.parameters()):
        raise ValueError("to_torch: some neurons share parameters, which the rows of a tensor cannot do")
    return result


class _Converter:
    """Modules of ours to modules of torch, each once."""

    def __init__(self, torch: Any) -> None:
        self.torch, self.nn = torch, torch.nn
        self.kinds: dict[type, Callable[[Any], Any]] = {
            Neuron: lambda neuron: self.linear([neuron]),
            Layer: lambda layer: self.linear(layer.neurons),
            LayerNorm: self.layer_norm,
            Dropout: lambda dropout: self.nn.Dropout(dropout.p),
            MLP: self.sequence,
            Sequential: self.sequence,
            Residual: self.residual,
            Standardize: self.standardize,
        }
        self.known: dict[int, Any] = {}  # by identity: one that is used twice stays one

    def convert(self, module: Any) -> Any:
        """The module of torch for one of ours, in the same mode of training or evaluation."""
        if type(module) not in self.kinds:
            raise TypeError(
                f"to_torch knows {', '.join(kind.__name__ for kind in self.kinds)}; {module!r:.80} is none of them: "
                f"write it as a torch.nn.Module"
            )
        if id(module) not in self.known:
            self.known[id(module)] = self.kinds[type(module)](module)
            self.known[id(module)].training = module.training
        return self.known[id(module)]

    def sequence(self, model: Sequential) -> Any:
        return self.nn.Sequential(*map(self.convert, model.layers))

    def residual(self, block: Residual) -> Any:
        plain = self.nn.Sequential
        kind = type("Residual", (plain,), {"forward": lambda module, x: x + plain.forward(module, x)})
        return kind(*map(self.convert, block.layers))

    def linear(self, neurons: list[Neuron]) -> Any:
        """Neurons over the same inputs as a Linear, and its activation behind it."""
        linear = self.nn.Linear(len(neurons[0].w), len(neurons), dtype=self.torch.float64)
        self.copy(linear.weight, [w for neuron in neurons for w in neuron.w])
        self.copy(linear.bias, [neuron.b for neuron in neurons])
        activation = self.activation(neurons)
        return linear if activation is None else self.nn.Sequential(linear, activation)

    def activation(self, neurons: list[Neuron]) -> Any:
        """The one activation of some neurons; None where it is linear."""
        name, *others = {neuron.activation for neuron in neurons}
        if others or not (name == "linear" or name in ACTIVATIONS):
            raise TypeError(
                f"to_torch: a layer needs one activation, given by its name (linear, {', '.join(ACTIVATIONS)}), not "
                f"{', '.join(map(repr, [name, *others]))}"
            )
        if name == "linear":
            return None
        kind, settings = ACTIVATIONS[str(name)]
        return getattr(self.nn, kind)(**settings)

    def layer_norm(self, norm: LayerNorm) -> Any:
        result = self.nn.LayerNorm(len(norm.gain), norm.eps, dtype=self.torch.float64)
        self.copy(result.weight, norm.gain)
        self.copy(result.bias, norm.bias)
        return result

    def standardize(self, scale: Standardize) -> Any:
        """A module with the means and deviations as buffers: saved and moved with the model, not trained."""
        torch, inverted = self.torch, scale.inverted

        def forward(module: Any, x: Any) -> Any:
            if inverted:
                return x * module.deviation + module.mean
            return (x - module.mean) / module.deviation.where(module.deviation > 0.0, torch.inf)

        result = type("Standardize", (self.nn.Module,), {"forward": forward, "inverted": inverted})()
        for name, value in (("mean", scale.mean), ("deviation", scale.deviation)):
            result.register_buffer(name, torch.tensor([v.data for v in value], dtype=torch.float64))
        return result

    def copy(self, tensor: Any, values: list[Value]) -> None:
        """Copy numbers into a tensor, which needs a gradient if one of them does."""
        numbers = self.torch.tensor([v.data for v in values], dtype=self.torch.float64)
        with self.torch.no_grad():
            tensor.copy_(numbers.reshape(tensor.shape))
        tensor.requires_grad_(any(v.requires_grad for v in values))


def from_torch(module: Any) -> Module:
    """The model of ours that computes what a ``torch.nn.Module`` does, with a copy of every parameter.

    Linear, Sequential, Dropout, LayerNorm, RMSNorm, Embedding, Identity and Flatten are known; and behind a Linear, its
    activation: ReLU, LeakyReLU, ELU, GELU, SiLU, Sigmoid, Tanh or Softplus.  What ``to_torch`` has made comes
    back.  Numbers of float32 stay exactly what they are; modules and tensors that are used twice stay one.

    TypeError for any other class, and for settings that ours do not have, with its place in the module.

        model = from_torch(torch.nn.Sequential(torch.nn.Linear(2, 8), torch.nn.Tanh(), torch.nn.Linear(8, 1)))
        model([0.5, -1.0])
    """
    return _Reader().read(module, "")


class _Reader:
    """Modules of torch to modules of ours, each once.  They are known by their names, so torch is not needed here."""

    def __init__(self) -> None:
        self.kinds: dict[str, Callable[[Any], Module]] = {
            "Linear": lambda module: self.layer(module, "linear"),
            "Dropout": lambda module: Dropout(module.p),
            "LayerNorm": self.layer_norm,
            "RMSNorm": self.rms_norm,
            "Embedding": self.embedding,
            "Standardize": self.standardize,
        }
        self.known: dict[tuple[int, ...], Module] = {}  # by identity; a Linear together with its activation
        self.tensors: dict[int, list[Value]] = {}

    def read(self, module: Any, place: str) -> Module:
        """The module of ours for one of torch, which stands in a ``place``, in the same mode."""
        kind, key = _kind(module), (id(module),)
        if key not in self.known:
            if kind in ("Sequential", "Residual"):
                parts = [*self.layers(module, place)]
                made: Module = (Residual if kind == "Residual" else Sequential)(*parts) if parts else Dropout(0.0)
            elif kind in self.kinds:
                made = self.kinds[kind](module)
            else:
                raise _unknown(module, place)
            made.training = module.training
            self.known[key] = made
        return self.known[key]

    def layers(self, module: Any, place: str) -> Iterator[Module]:
        """Those of a Sequential, a Linear together with the activation behind it."""
        parts = [*_flat(module, place)]
        for i, (part, where) in enumerate(parts):
            behind = parts[i + 1] if i + 1 < len(parts) else None
            if _kind(part) == "Linear" and behind is not None and _kind(behind[0]) in NAMES:
                key = (id(part), id(behind[0]))
                if key not in self.known:
                    self.known[key] = self.layer(part, _activation(*behind)).train(part.training)
                yield self.known[key]
            elif _kind(part) not in NAMES:
                yield self.read(part, where)
            elif not i or _kind(parts[i - 1][0]) != "Linear":
                raise TypeError(
                    f"from_torch: {where} is an activation, {part!r:.60}, and no Linear stands before it: here a layer "
                    f"has its activation; put it behind a Linear, or write a function into an nn.Sequential"
                )

    def layer(self, linear: Any, activation: Any) -> Layer:
        layer = Layer(linear.in_features, linear.out_features, activation=activation, init="zeros")
        weights, width = self.values(linear.weight), linear.in_features
        biases = self.values(linear.bias, [neuron.b for neuron in layer.neurons])
        for i, neuron in enumerate(layer.neurons):
            neuron.w, neuron.b = weights[i * width : (i + 1) * width], biases[i]
        return layer

    def layer_norm(self, module: Any) -> LayerNorm:
        norm = LayerNorm(_width(module), module.eps)
        norm.gain, norm.bias = self.values(module.weight, norm.gain), self.values(module.bias, norm.bias)
        return norm

    def rms_norm(self, module: Any) -> RMSNorm:
        if module.eps is None:
            raise TypeError(f"from_torch: {module!r:.60} takes the eps of its inputs' type: give it a number")
        norm = RMSNorm(_width(module), module.eps)
        norm.gain = self.values(module.weight, norm.gain)
        return norm

    def embedding(self, module: Any) -> Embedding:
        table, width = Embedding(module.num_embeddings, module.embedding_dim, init="zeros"), module.embedding_dim
        numbers = self.values(module.weight)
        table.rows = [numbers[i * width : (i + 1) * width] for i in range(module.num_embeddings)]
        return table

    def standardize(self, module: Any) -> Standardize:
        scale = Standardize(len(module.mean))
        scale.inverted, scale.mean, scale.deviation = (
            module.inverted, self.values(module.mean), self.values(module.deviation),
        )  # fmt: skip
        return scale

    def values(self, tensor: Any, usual: list[Value] | None = None) -> list[Value]:
        """The numbers of a tensor as Values, the same ones for the same tensor; without one the usual, frozen."""
        if tensor is None:
            for value in usual or ():
                value.requires_grad = False
            return usual or []
        if id(tensor) not in self.tensors:
            numbers = tensor.detach().double().flatten().tolist()
            self.tensors[id(tensor)] = [Value(x, requires_grad=bool(tensor.requires_grad)) for x in numbers]
        return self.tensors[id(tensor)]


NAMES = {kind: name for name, (kind, _) in ACTIVATIONS.items()}
MADE_HERE = ("Residual", "Standardize", "RMSNorm", "Embedding")  # the classes that ``to_torch`` makes


def _kind(module: Any) -> str:
    """The name of a class of torch.nn, or of one that ``to_torch`` makes; "" for any other."""
    kind = type(module)
    ours = kind.__module__ == __name__ and kind.__name__ in MADE_HERE
    return kind.__name__ if ours or kind.__module__.startswith("torch.nn.modules.") else ""


def _flat(module: Any, place: str) -> Iterator[tuple[Any, str]]:
    """What a Sequential runs, in order, with its place; what stands in another Sequential is taken out of it."""
    for name, part in module._modules.items():  # named_children() leaves out what comes again
        where = f"{place}.{name}".lstrip(".")
        if _kind(part) == "Sequential":
            yield from _flat(part, where)
        elif _kind(part) not in ("Identity", "Flatten"):
            yield part, where


def _activation(module: Any, place: str) -> Any:
    """The activation of ours for one of torch: its name, or where it has a setting of its own a function."""
    kind = _kind(module)
    if kind == "LeakyReLU" and module.negative_slope != 0.01:
        return partial(leaky_relu, slope=module.negative_slope)
    if kind == "ELU" and module.alpha != 1.0:
        return partial(elu, alpha=module.alpha)
    approximate = kind == "GELU" and module.approximate != "none"
    if approximate or (kind == "Softplus" and (module.beta != 1.0 or module.threshold < 20.0)):
        raise TypeError(f"from_torch: {place} is {module!r:.60}, and {NAMES[kind]} has no such setting here")
    return NAMES[kind]


def _width(norm: Any) -> int:
    (width,) = norm.normalized_shape if len(norm.normalized_shape) == 1 else (None,)
    if width is None:
        raise TypeError(f"from_torch: {norm!r:.60} is over several axes, and a sample here has one")
    return int(width)


def _unknown(module: Any, place: str) -> TypeError:
    known = "Linear, Sequential, Dropout, LayerNorm, RMSNorm, Embedding, Identity, Flatten"
    where = f"{place}: " if place else ""
    return TypeError(
        f"from_torch knows {known} and {', '.join(NAMES)}; {where}{module!r:.60} is none of them: write it as "
        f"an nn.Module"
    )
