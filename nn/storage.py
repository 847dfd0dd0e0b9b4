"""save and load: models as versioned JSON, written whole or not at all.

{"format": "stepgrad model", "version": 2,
 "model": how to build it again, or null for a class of the user's own,
 "parameters": {dotted name: number}, of buffers too,
 "columns": [the name of each input], "classes": [what each output means]}

The last two are there where the model has them.  Files of version 1, from before these, are read for ever.
"""

from __future__ import annotations

import json
import math
import os
from numbers import Integral, Real
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, overload

from autograd import write_whole
from autograd.html import printable

from .modules import Module, build, config_of
from .vocabulary import Numbers, Output

M = TypeVar("M", bound=Module)

if TYPE_CHECKING:

    class Built(Module):
        """A model of this library's own classes; of which of them only the file knows."""

        def forward(self, x: Numbers, /) -> Output: ...


FORMAT, VERSION = "stepgrad model", 2
# What a model may have besides its numbers, and of what kind it is: the names of its inputs, what its outputs mean.
NAMES: dict[str, tuple[type, ...]] = {"columns": (str,), "classes": (str, Real)}


class Room:
    """How many parameters a file has for the modules that are yet to be built: none may ask for more."""

    def __init__(self, parameters: int) -> None:
        self.left = parameters

    def take(self, parameters: int, what: str) -> None:
        """Less room by so many parameters; ValueError where there is not so much."""
        if parameters > self.left:
            raise ValueError(f"{what} does not fit {self.left} parameters")
        self.left -= parameters


def save(model: Module, path: str | os.PathLike[str]) -> None:
    """Write the model to a JSON file; an existing file is replaced in one step, or stays as it was.

    Where ``model.columns`` names its inputs, and ``model.classes`` says what its outputs mean, they are kept with it.
    What is no module is a TypeError.

    >>> import tempfile, pathlib
    >>> from nn import MLP
    >>> model = MLP(2, [3, 1], seed=1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "model.json")
    ...     save(model, path)
    ...     load(path).state_dict() == model.state_dict()
    True
    """
    if not isinstance(model, Module):
        raise TypeError(f"save takes the model and then the path, save(model, 'model.json'), not {model!r:.60} first")
    write(content_of_model(model), path)


def content_of_model(model: Module) -> dict[str, Any]:
    """What the file of a model holds; ValueError where that cannot be."""
    try:
        content = content_of(description(model), model.state_dict()) | names_of(model)
    except RecursionError:  # of Python, at some 300 modules in each other, where such a model cannot be called either
        raise ValueError("the model is nested too deeply: nothing was saved") from None
    if not all(map(math.isfinite, content["parameters"].values())):
        raise ValueError("a parameter is nan or infinite: nothing was saved")
    return content


@overload
def load(path: str | os.PathLike[str], *, into: None = None) -> Built: ...
@overload
def load(path: str | os.PathLike[str], *, into: M) -> M: ...
def load(path: str | os.PathLike[str], *, into: Module | None = None) -> Module:
    """The model in the file at ``path``; for a class of your own, ``into`` is a model of that class to be filled.

    ValueError, with what is wrong, for a file that is damaged, of another kind or of another shape than ``into``.

    >>> import tempfile, pathlib
    >>> from nn import MLP
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "model.json")
    ...     save(MLP(2, [3, 1], seed=1), path)
    ...     load(path)
    MLP(Layer(2, 3, activation='relu'), Layer(3, 1, activation='linear'))
    """
    content = read(path)
    if into is None and content["model"] is None:
        raise ValueError(
            f"{printable(path)}: classes, functions and sharing of your own are not in the file: load(path, into=model)"
        )
    try:
        if into is None:
            into = build(content["model"], Room(len(content["parameters"])))
        names = names_in(content, into)
        into.load_state_dict(content["parameters"])
        vars(into).update(names)
        return into
    except RecursionError:
        raise ValueError(f"{printable(path)} is nested too deeply to be a model") from None
    except ValueError as error:
        raise ValueError(f"{printable(path)}: {error}") from None


def names_of(model: Module) -> dict[str, list[Any]]:
    """The columns and classes of a model; ValueError where they are more or fewer than its inputs and outputs.

    A class of the user's own may call something else so, such as the number of its classes: that is left alone.
    """
    found = {name: getattr(model, name) for name in NAMES}
    found = {name: given.tolist() if hasattr(given, "tolist") else given for name, given in found.items()}
    return _fitting({name: [*given] for name, given in found.items() if _are_names(given, NAMES[name])}, model)


def names_in(content: dict[str, Any], model: Module) -> dict[str, list[Any]]:
    """The columns and classes in a file, for this model; ValueError where they cannot be."""
    found = {name: content[name] for name in NAMES if name in content}
    for name, given in found.items():
        if not _are_names(given, NAMES[name]):
            raise ValueError(f"its {name} are {given!r:.60}")
    return _fitting(found, model)


def _are_names(given: Any, kinds: tuple[type, ...]) -> bool:
    return isinstance(given, (list, tuple)) and bool(given) and all(isinstance(x, kinds) for x in given)


def _fitting(names: dict[str, list[Any]], model: Module) -> dict[str, list[Any]]:
    """The same, if there is a column for each input and a class for each output, or two classes for one output."""
    shape = getattr(model, "shape", None)
    if isinstance(shape, tuple):
        wanted = {"columns": shape[0], "classes": max(shape[1], 2)}
        for name, given in names.items():
            if len(given) != wanted[name]:
                text = f"the model has {shape[0]} input(s) and {shape[1]} output(s)"
                raise ValueError(f"{name}: {len(given)} where there must be {wanted[name]}: {text}")
    return names


def content_of(description: dict[str, Any] | None, parameters: dict[str, float]) -> dict[str, Any]:
    """What the file of a model holds."""
    return {"format": FORMAT, "version": VERSION, "model": description, "parameters": parameters}


def description(model: Module) -> dict[str, Any] | None:
    """The model as data from which it can be built again; None where that would give other parameters."""
    config, names = config_of(model), [*model.named_leaves()]
    try:
        return config if config and [*build(config, Room(len(names))).named_leaves()] == names else None
    except ValueError:  # some parameters are shared, so that building needs more of them
        return None


def write(content: dict[str, Any], path: str | os.PathLike[str]) -> None:
    """Write the content of a model file, whole or not at all."""
    write_whole(path, as_json(content, indent=1) + "\n")


def as_json(content: Any, indent: int | None = None) -> str:
    """Content as JSON, numbers of any kind among it, such as NumPy's and fractions; TypeError for what is no data."""
    return json.dumps(content, indent=indent, default=_plain)


def _plain(x: Any) -> Any:
    """What JSON has in place of a number or array that it does not know."""
    if getattr(x, "ndim", 0):
        return x.tolist()
    if isinstance(x, Integral):
        return int(x)
    return bool(x) if type(x).__name__ in ("bool", "bool_") else float(x)


def read(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The content of a file that ``write`` has written; ValueError, with what is wrong, for any other."""
    name = printable(path)
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except RecursionError:
        raise ValueError(f"{name} is nested too deeply to be a model") from None
    except ValueError as error:  # JSONDecodeError and UnicodeDecodeError among them
        raise ValueError(f"{name} is no model file, or was cut short: {error}") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ValueError(f"{name} is no model saved by nn.save")
    if content.get("version") not in (1, VERSION):
        raise ValueError(f"{name} has version {content.get('version')!r:.40}; this release reads versions 1 and 2")
    if not isinstance(content.get("parameters"), dict) or "model" not in content:
        raise ValueError(f"{name} is incomplete: it has no model or no parameters")
    return content
