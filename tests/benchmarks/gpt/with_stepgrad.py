"""The training by ``fit``."""

from __future__ import annotations

from typing import Any

from nn import Adam, fit
from nn.command.gpt import GPT

from ..works import SEED
from .work import Work


class Falling(Adam):
    """Adam with a learning rate that falls to 0 in so many steps, and then begins anew."""

    falling = 1

    def update(self, p: Any, g: Any, lr: Any, t: Any, *state: Any) -> tuple[Any, ...]:
        return super().update(p, g, lr * (1.0 - (t - 1.0) % self.falling / self.falling), t, *state)


def new_model(work: Work) -> GPT:
    s = work.settings
    model = GPT(s.width, s.heads, s.layers)
    for p, x in zip(model.parameters(), work.parameters.tolist(), strict=True):
        p.data = x
    return model


def train(work: Work, epochs: int, **settings: Any) -> list[float]:
    s, model = work.settings, new_model(work)
    optimizer = Falling(model.parameters(), lr=s.rate, betas=(s.beta1, s.beta2), eps=s.epsilon)
    optimizer.falling = work.steps
    return fit(
        model, work.rows, work.targets, loss="cross_entropy", optimizer=optimizer, epochs=epochs,
        batch_size=work.batch_size, seed=SEED, progress=False, **settings,
    ).loss  # fmt: skip


CONTENDERS = {"stepgrad, fit": train}
