"""Coming from tensors: a module of PyTorch as a model, without loading PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from autograd import Value, leaky_relu, relu, sigmoid, softplus, tanh

from ..activations import elu, gelu, silu
from ..modules import Dropout, Embedding, Layer, LayerNorm, Module, Residual, RMSNorm, Sequential, Standardize
from .pytorch import ACTIVATIONS

if TYPE_CHECKING:
    import torch


def from_torch(module: torch.nn.Module) -> Module:
    """The model of ours that computes what a ``torch.nn.Module`` does, with a copy of every parameter.

    Linear, Sequential, Dropout, LayerNorm, RMSNorm, Embedding, Identity and Flatten are known; and in a Sequential
    ReLU, LeakyReLU, ELU, GELU, SiLU, Sigmoid, Tanh and Softplus, which behind a Linear become its activation.  What
    ``to_torch`` has made comes back.  Numbers of float32 stay exactly what they are; modules and tensors that are used
    twice stay one.

    TypeError for any other class, and for settings that ours do not have, with its place in the module.

    For example::

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
            **dict.fromkeys(("Identity", "Flatten"), lambda _: Dropout(0.0)),
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

    def layers(self, module: Any, place: str) -> Iterator[Any]:
        """Those of a Sequential, a Linear together with the activation behind it; one behind others as a function."""
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
                name = _activation(part, where)
                if name not in FUNCTIONS:
                    raise TypeError(
                        f"from_torch: {where} is an activation with a setting of its own, {part!r:.60}, and no Linear "
                        f"stands before it: put it behind a Linear"
                    )
                yield FUNCTIONS[name]

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
        if module.normalized_shape is None:  # of any width: to_torch made it
            return RMSNorm(eps=module.eps)
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
FUNCTIONS: dict[Any, Callable[[Any], Any]] = {
    "relu": relu, "leaky_relu": leaky_relu, "elu": elu, "gelu": gelu, "silu": silu, "sigmoid": sigmoid, "tanh": tanh,
    "softplus": softplus,
}  # fmt: skip
MADE_HERE = f"{__package__}.torch_modules"  # the classes that ``to_torch`` makes


def _kind(module: Any) -> str:
    """The name of a class of torch.nn, or of one that ``to_torch`` makes; "" for any other."""
    kind = type(module)
    return kind.__name__ if kind.__module__ == MADE_HERE or kind.__module__.startswith("torch.nn.modules.") else ""


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
        f"from_torch knows {known}, and in a Sequential {', '.join(NAMES)}; {where}{module!r:.60} is none of "
        f"them: write it as an nn.Module"
    )
