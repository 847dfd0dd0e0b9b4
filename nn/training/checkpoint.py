"""Checkpoints: a model file that also holds the state of a training, which then goes on to the same bits."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from random import Random
from typing import Any

from autograd import as_float
from autograd.compiler import generator_state, restore_generator
from autograd.html import printable

from ..modules import Module
from ..storage import as_json, content_of, description, read, write
from .eager import EagerSteps
from .history import Callback, History
from .optimizers import Optimizer

EVERY_EPOCH = ("loss", "data_loss", "lr", "seconds")  # the numbers of a history that each epoch has
NUMBERS = (*EVERY_EPOCH, "val_loss", "metrics", "val_metrics")  # all that are kept


class Checkpoint:
    """Writes to a file, and reads back, all of a training that changes from epoch to epoch.

    That is the parameters, which of them are frozen, the optimiser, the generator that shuffles the rows, those of
    the model's modules (``random.Random`` and NumPy generators among their attributes), the callbacks that have a
    ``state_dict``, and the history.  ``settings`` are compared, so that no other training goes on from the file.
    """

    def __init__(
        self, path: str | os.PathLike[str], every: int, eager: EagerSteps, rng: Random, history: History,
        callbacks: Sequence[Callback], settings: Mapping[str, Any], resume: bool = False,
    ) -> None:  # fmt: skip
        self.path, self.every = Path(path), every
        folder = self.path.resolve().parent
        if self.path.is_dir() or not folder.is_dir() or not os.access(folder, os.W_OK):
            raise OSError(
                f"fit: the checkpoint {printable(path)} cannot be written: it must be a file, in a folder that is there"
            )
        self.model, self.optimizer, self.history = eager.model, eager.optimizer, history
        self.description = description(eager.model)
        attributes = [x for module in eager.model.modules() for x in vars(module).values()]
        self.generators = [rng, *filter(_is_generator, attributes)]
        self.callbacks: list[Any] = [callback for callback in callbacks if hasattr(callback, "state_dict")]
        self.settings = {"optimizer": _settings_of(eager.optimizer), "rows": len(eager.rows), **settings}
        self.settings["loss"] = getattr(eager.loss, "__name__", "")
        self.settings["callbacks"] = [type(callback).__name__ for callback in self.callbacks]
        self._noted: dict[str, Any] = {}  # what is to be written; nothing where all is in the file
        for callback in self.callbacks:  # now, and not when epochs of work would be lost
            try:
                as_json(callback.state_dict())
            except (TypeError, ValueError) as error:
                raise TypeError(
                    f"fit: a checkpoint cannot keep the state of {printable(type(callback).__name__)}: {error}: let "
                    f"its state_dict() give numbers, texts, lists and dicts"
                ) from error
        if resume:
            self.resume()

    def note(self, lr: float) -> None:
        """Keep the state as it is now, for ``save``, and after each ``every`` epochs write it at once."""
        optimizer, named = self.optimizer, self.model.named_parameters()
        training = {
            "settings": self.settings,
            "lr": lr,
            "optimizer": ([p.data for p in optimizer.parameters], [*optimizer.t], [*optimizer.state]),
            "frozen": [name for name, p in named.items() if not p.requires_grad],
            "generators": [generator_state(generator) for generator in self.generators],
            "callbacks": [deepcopy(callback.state_dict()) for callback in self.callbacks],
            # Of the history, which only grows, how much there is.
            "history": {name: _map_lists(len, getattr(self.history, name)) for name in NUMBERS},
        }
        self._noted = {**content_of(self.description, self.model.state_dict()), "training": training}
        if len(self.history.loss) % self.every == 0:
            self.save()

    def save(self) -> None:
        """Write what was noted last, if it is not in the file; an existing one is replaced in one step, or stays."""
        if not self._noted:
            return
        training = dict(self._noted["training"])
        training["optimizer"] = [*zip(*training["optimizer"], strict=True)]
        training["history"] = {
            name: _cut(getattr(self.history, name), length) for name, length in training["history"].items()
        }
        write({**self._noted, "training": training}, self.path)
        self._noted = {}

    def resume(self) -> None:
        """Take everything over from the file, if it is there; ValueError, and nothing taken, where that cannot be.

        So everything is looked at before the first thing is set.
        """
        if not self.path.exists():
            return
        content, path = read(self.path), printable(self.path)
        training = content.get("training")
        if not isinstance(training, dict):
            raise ValueError(f"{path} is a model without the state of a training: nn.load reads it")
        if content["model"] != self.description:
            raise ValueError(f"{path} is a checkpoint of another model: {content['model']!r:.200}")
        try:
            self._compare(training["settings"])
            self._check(content["parameters"], **training)
            with self._undone_by_errors():
                for callback, state in zip(self.callbacks, training["callbacks"], strict=True):
                    _load(callback, state, self.model)
                self.model.load_state_dict(content["parameters"])
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"{path} is damaged: {printable(f'{type(error).__name__}: {error}'):.600}") from None
        except ValueError as error:
            raise ValueError(f"{path} is a checkpoint of another training: {printable(error):.600}") from None
        self._take(**training)

    def _compare(self, theirs: Mapping[str, Any]) -> None:
        ours = json.loads(as_json(self.settings))
        for name in {**theirs, **ours}:
            if theirs.get(name) != ours.get(name):
                raise ValueError(f"its {name} is {theirs.get(name)}, and here it is {ours.get(name)}")

    def _check(
        self, parameters: dict[str, Any], *, settings: Any, lr: Any, optimizer: Any, frozen: Any, generators: Any,
        callbacks: Any, history: Any,
    ) -> None:  # fmt: skip
        """TypeError where something is not what ``save`` writes for this training."""
        named = self.model.named_parameters()
        names = {parameter: name for name, parameter in named.items()}
        _demand(_is_number(lr) and 0.0 <= lr < math.inf, f"its lr is {lr!r:.40}")
        _demand(_is_list(optimizer, len(self.optimizer.parameters)), "its optimiser has another number of parameters")
        for i, (parameter, entry) in enumerate(zip(self.optimizer.parameters, optimizer, strict=True)):
            what = f"parameter {i} of its optimiser"
            _demand(_is_list(entry, 3), f"{what} is {entry!r:.40}")
            x, t, state = entry
            _demand(_is_number(x) and math.isfinite(x), f"{what} is {x!r:.40}")
            _demand(type(t) is int and t >= 0, f"{what} has taken {t!r:.40} steps")
            whole = _is_list(state, self.optimizer.states) and all(_is_number(x) and x == x for x in state)
            _demand(whole, f"{what} has another state")
            _demand(parameters.get(names.get(parameter, ""), x) == x, f"{what} is not that of its model")
        _demand(isinstance(frozen, list) and all(isinstance(name, str) for name in frozen), "its frozen is no list")
        _demand({*named}.issuperset(frozen), "a parameter is frozen that the model does not have")
        _demand(_is_list(generators, len(self.generators)), "it has another number of generators")
        for generator, state in zip(self.generators, generators, strict=True):
            _demand(_is_state_of(generator, state), f"the state of a {type(generator).__name__} is none")
        _demand(_is_list(callbacks, len(self.callbacks)), "it has another number of callbacks")
        epochs = len(history["loss"])
        for name in NUMBERS:
            lists = history[name].values() if name.endswith("metrics") else [history[name]]
            for numbers in lists:
                _demand(isinstance(numbers, list) and all(map(_is_number, numbers)), f"its {name} are no numbers")
                whole = len(numbers) == epochs if name in EVERY_EPOCH else len(numbers) <= epochs
                _demand(whole, f"its history has {epochs} epochs, and of {name} {len(numbers)}")

    @contextmanager
    def _undone_by_errors(self) -> Iterator[None]:
        """A context after which the callbacks are in the state that they were in before, if it ends by an error."""
        before = [deepcopy(callback.state_dict()) for callback in self.callbacks]
        try:
            yield
        except BaseException:
            for callback, state in zip(self.callbacks, before, strict=True):
                callback.load_state_dict(state)
            raise

    def _take(
        self, *, settings: Any, lr: float, optimizer: Any, frozen: Any, generators: Any, callbacks: Any, history: Any
    ) -> None:
        """Set everything but the callbacks and the parameters of the model; all of it was checked."""
        for name, parameter in self.model.named_parameters().items():
            parameter.requires_grad = name not in frozen
        ours = self.optimizer
        ours.lr = float(lr)
        for i, (x, t, state) in enumerate(optimizer):
            ours.parameters[i].data, ours.t[i], ours.state[i] = x, t, tuple(map(float, state))
        for generator, state in zip(self.generators, generators, strict=True):
            restore_generator(generator, state)
        for name in NUMBERS:
            setattr(self.history, name, _map_lists(lambda numbers: [*map(float, numbers)], history[name]))


def _load(callback: Any, state: Any, model: Module) -> None:
    """Let a callback go on from its state; TypeError where it cannot."""
    try:
        callback.load_state_dict(state)
        if hasattr(callback, "check"):
            callback.check(model)
    except Exception as error:  # of the user's own code, too
        name = type(callback).__name__
        raise TypeError(f"{name} does not take its state over: {type(error).__name__}: {error}") from error


def _settings_of(optimizer: Optimizer) -> str:
    """The optimiser in words: everything but what changes from step to step."""
    changing = ("parameters", "lr", "t", "state")
    settings = ", ".join(f"{name}={x}" for name, x in vars(optimizer).items() if name not in changing)
    return f"{type(optimizer).__name__}({len(optimizer.parameters)} parameters, {settings})"


def _is_generator(x: Any) -> bool:
    return isinstance(x, Random) or hasattr(x, "bit_generator")


def _map_lists(f: Any, numbers: Any) -> Any:
    """f of a list; of a dict of lists f of each."""
    return {name: f(inner) for name, inner in numbers.items()} if isinstance(numbers, dict) else f(numbers)


def _cut(numbers: Any, length: Any) -> Any:
    """The first of the numbers of a list; of a dict the first of each list, of those lists that there were."""
    return {name: numbers[name][:n] for name, n in length.items()} if isinstance(length, dict) else numbers[:length]


# --- what a file may hold ---------------------------------------------------------------------------------------


def _demand(holds: bool, otherwise: str) -> None:
    if not holds:
        raise TypeError(otherwise)


def _is_number(x: Any) -> bool:
    try:
        as_float(x)
    except (TypeError, OverflowError):
        return False
    return type(x) is not bool


def _is_list(x: Any, length: int) -> bool:
    return isinstance(x, list) and len(x) == length


def _is_state_of(generator: Any, state: Any) -> bool:
    """Whether a generator can be in a state: it is tried, and then the generator is put back."""
    before = generator_state(generator)
    try:
        restore_generator(generator, state)
        taken = json.loads(as_json(generator_state(generator)))
    except Exception:  # NumPy's have errors of many kinds
        return False
    finally:
        restore_generator(generator, before)
    return bool(taken == state) and _is_like(taken, state)


def _is_like(one: Any, other: Any) -> bool:
    """Whether equal states are of equal types, and have no place beyond the end of a list, where NumPy would read."""
    if isinstance(one, dict):
        places = [x for name, x in one.items() if name in ("pos", "buffer_pos")]
        most = max((len(x) for x in one.values() if isinstance(x, list)), default=0)
        return all(0 <= x <= most for x in places) and all(_is_like(x, other[name]) for name, x in one.items())
    if isinstance(one, list):
        return all(map(_is_like, one, other))
    return type(one) is type(other) and (type(one) is not float or math.isfinite(one))
