"""Going on to tensors: a model as a module of PyTorch, which is loaded only when this is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from autograd import Value

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

if TYPE_CHECKING:
    import torch

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


def to_torch(model: Module) -> torch.nn.Module:
    """The ``torch.nn.Module`` that computes the same as the model, in float64, with a copy of every parameter.

    It takes a tensor of shape (…, inputs) and gives (…, outputs), also where there is one output, or one input, as the
    index for an Embedding.  Neuron, Layer, Sequential, MLP, Residual, Dropout, LayerNorm, RMSNorm, Embedding and
    Standardize are known, with activations given by name; a module that is used twice stays one.  TypeError for other
    classes and for functions, ValueError where single neurons share parameters, which a tensor cannot, ImportError
    without PyTorch.

    For example::

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
            RMSNorm: self.rms_norm,
            Embedding: self.embedding,
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
        from .torch_modules import Residual as Converted  # which loads PyTorch, as in what follows

        return Converted(*map(self.convert, block.layers))

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
        from .torch_modules import Standardize as Converted

        mean, deviation = ([v.data for v in values] for values in (scale.mean, scale.deviation))
        return Converted(mean, deviation, scale.inverted)

    def rms_norm(self, norm: RMSNorm) -> Any:
        if not norm.gain:
            from .torch_modules import RMSNorm as Converted

            return Converted(norm.eps)
        result = self.nn.RMSNorm(len(norm.gain), norm.eps, dtype=self.torch.float64)
        self.copy(result.weight, norm.gain)
        return result

    def embedding(self, table: Embedding) -> Any:
        from .torch_modules import Embedding as Converted

        result = Converted(len(table.rows), table.shape[1], dtype=self.torch.float64)
        self.copy(result.weight, [x for row in table.rows for x in row])
        return result

    def copy(self, tensor: Any, values: list[Value]) -> None:
        """Copy numbers into a tensor, which needs a gradient if one of them does."""
        numbers = self.torch.tensor([v.data for v in values], dtype=self.torch.float64)
        with self.torch.no_grad():
            tensor.copy_(numbers.reshape(tensor.shape))
        tensor.requires_grad_(any(v.requires_grad for v in values))
