"""The training that every contender carries out: microgpt's, with its names, initial weights and settings."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from nn.command.gpt import tokens_of

from ..microgpt import Settings, start
from ..works import order_of_fit


@dataclass(frozen=True, eq=False)  # compared and hashed by identity: a contender keeps what it compiled for a work
class Work:
    """The names as rows of tokens and of the tokens that follow them, and how a GPT is trained on them.

    ``parameters`` are one flat array: the embeddings of the tokens and of the positions; for each layer the heads, of
    each of them the rows that give queries, keys and values, then the matrices that join, widen and narrow; at last
    that of the logits.  ``order`` has a line for each of the first epochs, the rows in the order in which they are
    taken.  The learning rate falls to 0 in a straight line within an epoch, and then begins anew.
    """

    settings: Settings
    rows: list[list[int]]
    targets: list[list[int]]
    parameters: Any
    order: Any
    batch_size: int = 1

    @property
    def steps(self) -> int:
        """Steps in an epoch."""
        return len(self.rows) // self.batch_size


@cache
def names(
    layers: int = 1, width: int = 16, batch_size: int = 1, count: int = 1000, longest: int | None = None
) -> Work:  # fmt: skip
    """The first names of microgpt, one of them in a step; 4,192 parameters, Adam with a falling learning rate."""
    settings = Settings(layers=layers, width=width)
    docs, state = start(settings)
    samples = batch_size * (count // batch_size)
    chosen = [doc for doc in docs if longest is None or len(doc) <= longest][:samples]
    rows, targets = zip(*map(tokens_of, chosen), strict=True)
    return Work(settings, [*rows], [*targets], flat(settings, state), order_of_fit(samples, batch_size, 4), batch_size)


def flat(s: Settings, state: dict[str, Any]) -> Any:
    """The matrices of microgpt in the order of ``Work.parameters``."""
    parts = [state["wte"], state["wpe"]]
    for i in range(s.layers):
        size = s.width // s.heads
        own = {name: state[f"layer{i}.{name}"] for name in ("attn_wq", "attn_wk", "attn_wv", "attn_wo")}
        for h in range(0, s.width, size):
            parts += [own[name][h : h + size] for name in ("attn_wq", "attn_wk", "attn_wv")]
        parts += [own["attn_wo"], state[f"layer{i}.mlp_fc1"], state[f"layer{i}.mlp_fc2"]]
    return np.array([x for part in [*parts, state["lm_head"]] for row in part for x in row])


def padded(work: Work) -> tuple[Any, Any, Any]:
    """Tokens and targets as arrays [name, position], and the number of positions of each name."""
    context = work.settings.context
    tokens, targets = (
        np.array([[*row, *[0] * (context - len(row))] for row in rows]) for rows in (work.rows, work.targets)
    )
    return tokens, targets, np.array([*map(len, work.rows)])
