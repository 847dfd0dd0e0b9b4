"""save and load: models as versioned JSON, written whole or not at all.

{"format": "stepgrad model", "version": 1,
 "model": how to build it again, or null for a class of the user's own,
 "parameters": {dotted name: number}}
"""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import Any

from .layers import Layer, Neuron
from .models import MLP, Sequential
from .module import Module

FORMAT, VERSION = "stepgrad model", 1


def save(model: Module, path: str | os.PathLike[str]) -> None:
    """Write the model to a JSON file; an existing file is replaced in one step, or stays as it was.

    >>> import tempfile, pathlib
    >>> model = MLP(2, [3, 1], seed=1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "model.json")
    ...     save(model, path)
    ...     load(path).state_dict() == model.state_dict()
    True
    """
    state = model.state_dict()
    content = {"format": FORMAT, "version": VERSION, "model": _recipe(model, state), "parameters": state}
    try:
        text = json.dumps(content, indent=1, allow_nan=False)
    except ValueError:
        raise ValueError("a parameter is nan or infinite: nothing was saved") from None
    target = Path(path)
    temporary = target.with_name(f".{target.name}.{os.urandom(4).hex()}.tmp")
    try:
        with open(temporary, "x", encoding="utf-8") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def load(path: str | os.PathLike[str], *, into: Module | None = None) -> Module:
    """The model in a file; for a class of your own, ``into`` is a model of that class to be filled.

    ValueError, saying what is wrong, for a file that is no whole model of ours, or not of this shape.
    """
    content = _read(Path(path))
    if into is None and content["model"] is None:
        raise ValueError(
            f"{path}: classes, functions and sharing of your own are not in the file: load(path, into=model)"
        )
    try:
        if into is None:
            into = _build(content["model"], len(content["parameters"]))
        return into.load_state_dict(content["parameters"])
    except RecursionError:
        raise ValueError(f"{path} is nested too deeply to be a model") from None
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except RecursionError:
        raise ValueError(f"{path} is nested too deeply to be a model") from None
    except ValueError as error:  # JSONDecodeError and UnicodeDecodeError among them
        raise ValueError(f"{path} is no model file, or was cut short: {error}") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ValueError(f"{path} is no model saved by nn.save")
    if content.get("version") != VERSION:
        raise ValueError(f"{path} has version {content.get('version')!r}; this release reads version {VERSION}")
    if not isinstance(content.get("parameters"), dict) or "model" not in content:
        raise ValueError(f"{path} is incomplete: it has no model or no parameters")
    return content


def _recipe(model: Module, state: dict[str, float]) -> dict[str, Any] | None:
    """How to build the model again; None where that gives other parameters, or we cannot."""
    recipe = _describe(model)
    try:
        return recipe if recipe and [*_build(recipe, len(state)).state_dict()] == [*state] else None
    except ValueError:  # more parameters than there are: some are shared
        return None


def _describe(model: Any) -> dict[str, Any] | None:
    """A module's type and what it is made of; None for what is not the library's own."""
    if type(model) is Neuron and isinstance(model.activation, str):
        return {"type": "Neuron", "nin": len(model.w), "activation": model.activation}
    if type(model) is Layer:
        first, *others = map(_describe, model.neurons)
        if first is None or others.count(first) < len(others):
            return None
        return {**first, "type": "Layer", "nout": len(model.neurons)}
    if type(model) in (MLP, Sequential):
        layers = [*map(_describe, model.layers)]
        return None if None in layers else {"type": type(model).__name__, "layers": layers}
    return None


def _build(spec: Any, room: int) -> Module:
    """The described model, if it has no more than ``room`` parameters: a damaged file could ask for anything."""
    match spec:
        case {"type": "Neuron" | "Layer" as kind, "nin": int(nin), "activation": str(activation), **rest}:
            nout = rest.get("nout", 1)
            if not isinstance(nout, int) or nin < 1 or nout < 1 or (nin + 1) * nout > room:
                raise ValueError(f"a {kind} of {nin} inputs and {nout} neurons does not fit {room} parameters")
            options: dict[str, Any] = {"activation": activation, "init": "zeros"}
            return Neuron(nin, **options) if kind == "Neuron" else Layer(nin, nout, **options)
        case {"type": "MLP" | "Sequential" as kind, "layers": [*specs]} if specs:
            layers = []
            for inner in specs:
                layers.append(_build(inner, room))
                room -= len(layers[-1].parameters())
            model: Sequential = object.__new__(MLP if kind == "MLP" else Sequential)
            Sequential.__init__(model, *layers)
            return model
    raise ValueError(f"this release knows no such model: {spec!r:.60}")
