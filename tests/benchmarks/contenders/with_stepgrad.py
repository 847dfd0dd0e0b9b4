"""The trainings by ``fit``."""

from __future__ import annotations

from typing import Any

from nn import MLP, SGD, History, fit

from ..works import SEED, Work


def new_model(work: Work) -> MLP:
    model = MLP(work.sizes[0], work.sizes[1:], work.activation, work.output_activation)
    for p, x in zip(model.parameters(), work.parameters.tolist(), strict=True):
        p.data = x
    return model


def train(work: Work, epochs: int, **settings: Any) -> list[float]:
    return history(work, epochs, **settings).loss


def history(work: Work, epochs: int, **settings: Any) -> History:
    model = new_model(work)
    return fit(
        model, work.rows, work.targets, loss=work.loss, optimizer=SGD(model.parameters(), lr=work.rate),
        epochs=epochs, batch_size=work.batch_size, l2=work.l2, seed=SEED, progress=False, **settings,
    )  # fmt: skip


CONTENDERS = {"stepgrad, fit": train}
