"""Going on to tensors: a model as a module of PyTorch.  The only file that knows torch, and only when it is asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd import Value

from .modules.blocks import Dropout, LayerNorm, Residual
from .modules.layers import Layer, Neuron
from .modules.models import MLP, Sequential
from .modules.module import Module


def to_torch(model: Module) -> Any:
    """The ``torch.nn.Module`` that computes the same, in float64, with a copy of every parameter.

    It takes a tensor of shape (…, inputs) and gives (…, outputs), also where there is one output.  Neuron, Layer,
    Sequential, MLP, Residual, Dropout and LayerNorm are known, with activations given by name; a module that is
    used twice stays one.  TypeError for other classes and for functions, ValueError where single neurons share
    parameters, which a tensor cannot.

        net = to_torch(MLP(2, [8, 1], seed=1))
        net(torch.tensor([[0.5, -1.0]], dtype=torch.float64))
    """
    try:
        import torch
    except ImportError:
        raise ImportError('to_torch needs PyTorch: python -m pip install "stepgrad[torch]"') from None

    nn, double = torch.nn, torch.float64
    activations: dict[str, Callable[[], Any]] = {
        "relu": nn.ReLU,
        "leaky_relu": nn.LeakyReLU,
        "elu": nn.ELU,
        "gelu": nn.GELU,
        "silu": nn.SiLU,
        "sigmoid": nn.Sigmoid,
        "tanh": nn.Tanh,
        "softplus": lambda: nn.Softplus(threshold=40.0),  # from there on x + e⁻ˣ is x; PyTorch's 20 is 2e-9 off
    }

    residual = type("Residual", (nn.Sequential,), {"forward": lambda block, x: x + nn.Sequential.forward(block, x)})

    def filled(tensor: Any, values: list[Any]) -> None:
        """Copy numbers into a tensor; it needs a gradient if one of them does."""
        flat: list[Value] = [v for row in values for v in row] if isinstance(values[0], list) else values
        with torch.no_grad():
            tensor.copy_(torch.tensor([v.data for v in flat], dtype=double).reshape(tensor.shape))
        tensor.requires_grad_(any(v.requires_grad for v in flat))

    def dense(neurons: list[Neuron]) -> Any:
        linear = nn.Linear(len(neurons[0].w), len(neurons), dtype=double)
        filled(linear.weight, [neuron.w for neuron in neurons])
        filled(linear.bias, [neuron.b for neuron in neurons])
        used = {neuron.activation for neuron in neurons}
        name = used.pop()
        if used or not (name == "linear" or name in activations):
            raise TypeError(
                f"to_torch: a layer needs one activation, given by its name (linear, {', '.join(activations)}), not "
                f"{', '.join(map(repr, [name, *used]))}"
            )
        return linear if name == "linear" else nn.Sequential(linear, activations[str(name)]())

    def normalised(norm: LayerNorm) -> Any:
        made = nn.LayerNorm(len(norm.gain), norm.eps, dtype=double)
        filled(made.weight, norm.gain)
        filled(made.bias, norm.bias)
        return made

    kinds: dict[type, Callable[[Any], Any]] = {
        Neuron: lambda neuron: dense([neuron]),
        Layer: lambda layer: dense(layer.neurons),
        LayerNorm: normalised,
        Dropout: lambda dropout: nn.Dropout(dropout.p),
        **dict.fromkeys((MLP, Sequential), lambda chain: nn.Sequential(*map(convert, chain.layers))),
        Residual: lambda block: residual(*map(convert, block.layers)),
    }
    made: dict[int, Any] = {}

    def convert(module: Any) -> Any:
        if type(module) not in kinds:
            raise TypeError(
                f"to_torch knows {', '.join(kind.__name__ for kind in kinds)}; {module!r:.80} is none of them: "
                f"write it as a torch.nn.Module"
            )
        if id(module) not in made:
            made[id(module)] = kinds[type(module)](module)
            made[id(module)].training = module.training
        return made[id(module)]

    result = convert(model)
    if sum(p.numel() for p in result.parameters()) != len(model.parameters()):
        raise ValueError("to_torch: some neurons share parameters, which the rows of a tensor cannot do")
    return result
