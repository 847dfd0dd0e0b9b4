"""save and load: models as versioned JSON, written whole or not at all.

{"format": "stepgrad model", "version": 1,
 "model": how to build it again, or null for a class of the user's own,
 "parameters": {dotted name: number}}
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from .layers import MLP, Layer, Sequential
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
    content = {"format": FORMAT, "version": VERSION, "model": _describe(model), "parameters": model.state_dict()}
    try:
        text = json.dumps(content, indent=1, allow_nan=False)
    except ValueError:
        raise ValueError("a parameter is nan or infinite: nothing was saved") from None
    target = Path(path)
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".tmp")
    try:
        with open(handle, "w", encoding="utf-8") as file:
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
    if into is None:
        if content["model"] is None:
            raise ValueError(f"{path} holds a model of a class of its own: load(path, into=that_model)")
        into = _build(content["model"], len(content["parameters"]), f"{path}")
    try:
        return into.load_state_dict(content["parameters"])
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


def _describe(model: Module) -> dict[str, Any] | None:
    """How to build the model again: its type and its layers; None for what we cannot build."""
    if type(model) is Layer:
        first = model.neurons[0]
        if not isinstance(first.activation, str):
            return None
        return {"type": "Layer", "nin": len(first.w), "nout": len(model.neurons), "activation": first.activation}
    if isinstance(model, Sequential) and type(model) in (MLP, Sequential):
        layers = [_describe(layer) if isinstance(layer, Module) else None for layer in model.layers]
        return None if None in layers else {"type": type(model).__name__, "layers": layers}
    return None


def _build(spec: Any, parameters: int, where: str) -> Module:
    match spec:
        case {"type": "Layer", "nin": int(nin), "nout": int(nout), "activation": str(activation)}:
            # Before a damaged file makes us build something huge:
            if nin < 1 or nout < 1 or (nin + 1) * nout > parameters:
                raise ValueError(f"{where}: a layer of {nin} inputs and {nout} neurons does not fit its parameters")
            return Layer(nin, nout, activation=activation, init="zeros")
        case {"type": "MLP" | "Sequential" as kind, "layers": [*specs]} if specs:
            layers = [_build(inner, parameters, where) for inner in specs]
            model: Sequential = object.__new__(MLP if kind == "MLP" else Sequential)
            Sequential.__init__(model, *layers)
            return model
    raise ValueError(f"{where} describes a model that this release does not know: {spec!r:.60}")
