"""What a model is made of, as plain data from which it can be built again: for files, and to tell models apart."""

from __future__ import annotations

from typing import Any

from .modules.blocks import Dropout, LayerNorm, Residual
from .modules.layers import Layer, Neuron
from .modules.models import MLP, Sequential
from .modules.module import Module

CHAINS = {kind.__name__: kind for kind in (MLP, Sequential, Residual)}


def recipe_of(model: Module) -> dict[str, Any] | None:
    """How to build the model again; None where that gives other parameters, or we cannot."""
    recipe, names = describe(model), [*model.named_parameters()]
    try:
        return recipe if recipe and [*build(recipe, len(names)).named_parameters()] == names else None
    except ValueError:  # more parameters than there are: some are shared
        return None


def describe(model: Any) -> dict[str, Any] | None:
    """A module's type and what it is made of; None for what is not the library's own."""
    if type(model) is Neuron and isinstance(model.activation, str):
        return {"type": "Neuron", "nin": len(model.w), "activation": model.activation}
    if type(model) is Layer:
        first, *others = map(describe, model.neurons)
        if first is None or others.count(first) < len(others):
            return None
        return {**first, "type": "Layer", "nout": len(model.neurons)}
    if type(model) is Dropout:
        return {"type": "Dropout", "p": model.p}
    if type(model) is LayerNorm:
        return {"type": "LayerNorm", "width": len(model.gain), "eps": model.eps}
    if type(model) in CHAINS.values():
        layers = [*map(describe, model.layers)]
        return None if None in layers else {"type": type(model).__name__, "layers": layers}
    return None


def build(spec: Any, room: int) -> Module:
    """The described model, if it has no more than ``room`` parameters: a damaged file could ask for anything."""
    match spec:
        case {"type": "Neuron" | "Layer" as kind, "nin": int(nin), "activation": str(activation), **rest}:
            nout = rest.get("nout", 1)
            if not isinstance(nout, int) or nin < 1 or nout < 1 or (nin + 1) * nout > room:
                raise ValueError(f"a {kind} of {nin} inputs and {nout} neurons does not fit {room} parameters")
            options: dict[str, Any] = {"activation": activation, "init": "zeros"}
            return Neuron(nin, **options) if kind == "Neuron" else Layer(nin, nout, **options)
        case {"type": "Dropout", "p": int() | float() as p}:
            return Dropout(p)
        case {"type": "LayerNorm", "width": int(width), "eps": int() | float() as eps}:
            if 2 * width > room:
                raise ValueError(f"a LayerNorm of {width} inputs does not fit {room} parameters")
            return LayerNorm(width, eps)
        case {"type": str(kind), "layers": [*specs]} if specs and kind in CHAINS:
            layers = []
            for inner in specs:
                layers.append(build(inner, room))
                room -= len(layers[-1].parameters())
            model: Sequential = object.__new__(CHAINS[kind])
            Sequential.__init__(model, *layers)
            return model
    raise ValueError(f"this release knows no such model: {spec!r:.60}")
