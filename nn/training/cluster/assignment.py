"""What a worker is told to compute: the model, the loss and all that belongs to them, in one piece.

It is pickled as one, so that a parameter which the model, the loss and the optimiser share is shared on the worker too.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from autograd import Value
from autograd.program import Reach

from ...data import loss_of_sample
from ...modules import Module
from ...vocabulary import Loss
from ..optimizers import Optimizer


@dataclass
class Assignment:
    """``apart`` tells whether parts train by themselves, ``compiled`` whether that is to be compiled.

    ``leaves`` are the Values whose numbers come anew with every call, ``moved`` those that get a gradient.
    """

    model: Module
    loss: Loss
    optimizer: Optimizer
    penalty: Callable[[list[Any]], Any] | None
    compiled: bool
    apart: bool
    leaves: list[Value] = field(default_factory=list)
    moved: list[Value] = field(default_factory=list)
    generators: list[Any] = field(default_factory=list)


def packed(x: Any) -> bytes:
    """Anything of the user's as bytes; TypeError where something of it cannot be sent."""
    import cloudpickle  # Dask brings it

    try:
        return cloudpickle.dumps(x)  # type: ignore[no-any-return]
    except Exception as error:
        raise TypeError(
            f"this cannot be sent to the workers: {error}. Something in the model, the loss, the optimizer or a metric "
            f"belongs to this process, such as an open file or a lock"
        ) from error


def unpacked(data: bytes) -> Any:
    """What was packed; ImportError, with what to do, where it needs a module that is not there."""
    import cloudpickle

    try:
        return cloudpickle.loads(data)
    except ModuleNotFoundError as error:
        raise ImportError(
            f"the workers have no module {error.name!r}, which the model or the loss comes from: send it with "
            f"client.upload_file('{error.name}.py'), or define them in the program itself"
        ) from error


def generators_of(model: Module) -> list[Any]:
    """The generators of random numbers among the attributes of a model's modules."""
    attributes = [x for module in model.modules() for x in vars(module).values()]
    return [x for x in attributes if isinstance(x, random.Random) or hasattr(x, "bit_generator")]


def draw_seeds(generators: Sequence[Any]) -> list[int]:
    """A number from each generator, from which the parts make their own."""
    return [g.getrandbits(63) if isinstance(g, random.Random) else int(g.integers(2**63)) for g in generators]


def seed_for_part(generators: Sequence[Any], seeds: Sequence[int], number: int) -> None:
    """Let each generator begin anew, by its number of this call and that of the part: alike on every worker."""
    import numpy as np

    for generator, seed in zip(generators, seeds, strict=True):
        if isinstance(generator, random.Random):
            generator.seed(f"{seed} {number}")
        else:
            generator.bit_generator.state = type(generator.bit_generator)(np.random.SeedSequence([seed, number])).state


def reach_of(model: Module, loss: Loss, rows: Any, targets: Any) -> Reach:
    """What the loss of a sample can reach."""
    return Reach(loss_of_sample(model, loss))
