"""The trainings by ``fit``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from nn import MLP, SGD, fit

from ..works import SEED, Work


def new_model(work: Work) -> MLP:
    model = MLP(work.sizes[0], work.sizes[1:], work.activation, work.output_activation)
    for p, x in zip(model.parameters(), work.parameters.tolist(), strict=True):
        p.data = x
    return model


def train(work: Work, epochs: int, callbacks: Sequence[Callable[..., Any]] = (), compiled: bool = True) -> list[float]:
    model = new_model(work)
    history = fit(
        model, work.rows, work.targets, loss=work.loss, optimizer=SGD(model.parameters(), lr=work.rate),
        epochs=epochs, batch_size=work.batch_size, l2=work.l2, seed=SEED, progress=False,
        callbacks=callbacks, compiled=compiled,
    )  # fmt: skip
    return history.loss


CONTENDERS = {"stepgrad, fit": train}
