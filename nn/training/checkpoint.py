"""Checkpoints: a model file that also holds the state of a training, which then goes on to the same bits."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

from ..storage import content_of, description, read, write
from .eager import EagerSteps
from .history import Callback, History
from .optimizers import Optimizer

NUMBERS = ("loss", "data_loss", "val_loss", "metrics", "val_metrics", "lr", "seconds")  # of a history, to be kept


class Checkpoint:
    """Writes to a file, and reads back, all of a training that changes from epoch to epoch.

    That is the parameters, which of them are frozen, the optimiser, the generator that shuffles the rows, those of
    the model's modules (``random.Random`` and NumPy generators among their attributes), the callbacks that have a
    ``state_dict``, and the history.  ``settings`` are compared, so that no other training goes on from the file.
    """

    def __init__(
        self, path: str | os.PathLike[str], every: int, eager: EagerSteps, rng: Random, history: History,
        callbacks: Sequence[Callback], settings: Mapping[str, Any],
    ) -> None:  # fmt: skip
        self.path, self.every = Path(path), every
        self.model, self.optimizer, self.history = eager.model, eager.optimizer, history
        self.description = description(eager.model)
        attributes = [x for module in eager.model.modules() for x in vars(module).values()]
        self.generators = [rng, *filter(_is_generator, attributes)]
        self.callbacks: list[Any] = [callback for callback in callbacks if hasattr(callback, "state_dict")]
        self.settings = {"optimizer": _settings_of(eager.optimizer), "rows": len(eager.rows), **settings}
        self.settings["loss"] = getattr(eager.loss, "__name__", "")
        self.settings["callbacks"] = [type(callback).__name__ for callback in self.callbacks]

    def save(self, lr: float) -> None:
        """Write the file; an existing one is replaced in one step, or stays as it was."""
        optimizer = self.optimizer
        training = {
            "settings": self.settings,
            "lr": lr,
            "optimizer": [
                [p.data, t, s] for p, t, s in zip(optimizer.parameters, optimizer.t, optimizer.state, strict=True)
            ],
            "frozen": [name for name, p in self.model.named_parameters().items() if not p.requires_grad],
            "generators": [generator_state(generator) for generator in self.generators],
            "callbacks": [callback.state_dict() for callback in self.callbacks],
            "history": {name: getattr(self.history, name) for name in NUMBERS},
        }
        write({**content_of(self.model, self.description), "training": training}, self.path)

    def resume(self) -> None:
        """Take everything over from the file, if it is there; ValueError where it belongs to another training."""
        if not self.path.exists():
            return
        content = read(self.path)
        training = content.get("training")
        if not isinstance(training, dict):
            raise ValueError(f"{self.path} is a model without the state of a training: nn.load reads it")
        if content["model"] != self.description:
            raise ValueError(f"{self.path} is a checkpoint of another model: {content['model']!r:.200}")
        try:
            self._compare(training["settings"])
            self.model.load_state_dict(content["parameters"])
            self._take(**training)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"{self.path} is damaged: {type(error).__name__}: {error}") from None
        except ValueError as error:
            raise ValueError(f"{self.path} is a checkpoint of another training: {error}") from None

    def _compare(self, theirs: Mapping[str, Any]) -> None:
        ours = json.loads(json.dumps(self.settings))
        for name in {**theirs, **ours}:
            if theirs.get(name) != ours.get(name):
                raise ValueError(f"its {name} is {theirs.get(name)}, and here it is {ours.get(name)}")

    def _take(
        self, *, settings: Any, lr: float, optimizer: Any, frozen: Any, generators: Any, callbacks: Any, history: Any
    ) -> None:
        for name, parameter in self.model.named_parameters().items():
            parameter.requires_grad = name not in frozen
        self.optimizer.lr = lr
        for i, (x, t, state) in enumerate(optimizer):
            self.optimizer.parameters[i].data, self.optimizer.t[i], self.optimizer.state[i] = x, t, tuple(state)
        for generator, state in zip(self.generators, generators, strict=True):
            restore_generator(generator, state)
        for callback, state in zip(self.callbacks, callbacks, strict=True):
            callback.load_state_dict(state)
        for name in NUMBERS:
            setattr(self.history, name, history[name])


def _settings_of(optimizer: Optimizer) -> str:
    """The optimiser in words: everything but what changes from step to step."""
    changing = ("parameters", "lr", "t", "state")
    settings = ", ".join(f"{name}={x}" for name, x in vars(optimizer).items() if name not in changing)
    return f"{type(optimizer).__name__}({len(optimizer.parameters)} parameters, {settings})"


def _is_generator(x: Any) -> bool:
    return isinstance(x, Random) or hasattr(x, "bit_generator")


# TODO(merge): with autograd/compiler/draws._state and _restore one helper, which must not need NumPy or llvmlite.


def generator_state(generator: Any) -> Any:
    """The state of a ``random.Random`` or NumPy generator, as data for JSON."""
    if isinstance(generator, Random):
        return generator.getstate()
    return json.loads(json.dumps(generator.bit_generator.state, default=lambda array: array.tolist()))


def restore_generator(generator: Any, state: Any) -> None:
    """Let a generator go on from a state that ``generator_state`` gave."""
    if isinstance(generator, Random):
        version, numbers, spare = state
        generator.setstate((version, tuple(numbers), spare))
    else:
        generator.bit_generator.state = state
