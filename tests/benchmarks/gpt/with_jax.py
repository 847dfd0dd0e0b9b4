"""The training in JAX as one jitted loop; names are padded to the whole context, and what is padded has weight 0."""

from __future__ import annotations

from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..microgpt import Settings
from .with_numpy import EPSILON, matrices
from .work import Work, padded

LONGEST = 2**17  # steps in a whole loop: the losses always have this length, so that it is compiled once

jax.config.update("jax_enable_x64", True)


def norm(x: Any) -> Any:
    return x / jnp.sqrt(jnp.mean(x * x, axis=1, keepdims=True) + EPSILON)


def loss_of(s: Settings, parameters: Any, tokens: Any, targets: Any, n: Any) -> Any:
    """The mean loss over the first n positions."""
    token, position, layers, logits = parameters
    x = norm(token[tokens] + position)
    future = jnp.where(jnp.tri(s.context, dtype=bool), 0.0, -jnp.inf)
    for attend, join, first, second in layers:
        q, k, v = (norm(x) @ attend.T).reshape(s.context, s.heads, 3, -1).transpose(2, 1, 0, 3)
        weights = jax.nn.softmax(q @ k.swapaxes(1, 2) / jnp.sqrt(s.width // s.heads) + future)
        x = x + (weights @ v).swapaxes(0, 1).reshape(s.context, -1) @ join.T
        x = x + jax.nn.relu(norm(x) @ first.T) @ second.T
    z = x @ logits.T
    losses = jax.nn.logsumexp(z, axis=1) - jnp.take_along_axis(z, targets[:, None], axis=1)[:, 0]
    return jnp.sum(jnp.where(jnp.arange(s.context) < n, losses, 0.0)) / n


@cache
def loop_of(work: Work) -> Any:
    """All steps as one jitted function: (parameters, losses to be filled, steps) -> losses."""
    s, order = work.settings, jnp.array(work.order.ravel())
    rows, targets, lengths = map(jnp.array, padded(work))

    def body(step: Any, state: Any) -> Any:
        parameters, m, v, losses = state
        i = order[step % len(order)]
        loss, g = jax.value_and_grad(lambda p: loss_of(s, p, rows[i], targets[i], lengths[i]))(parameters)
        m = jax.tree.map(lambda m, g: s.beta1 * m + (1.0 - s.beta1) * g, m, g)
        v = jax.tree.map(lambda v, g: s.beta2 * v + (1.0 - s.beta2) * g * g, v, g)
        rate = s.rate * (1.0 - step % work.steps / work.steps) / (1.0 - s.beta1 ** (step + 1.0))
        square = 1.0 / (1.0 - s.beta2 ** (step + 1.0))
        parameters = jax.tree.map(lambda p, m, v: p - rate * m / (jnp.sqrt(square * v) + s.epsilon), parameters, m, v)
        return parameters, m, v, losses.at[step].set(loss)

    def loop(parameters: Any, losses: Any, steps: Any) -> Any:
        zeros = jax.tree.map(jnp.zeros_like, parameters)
        return jax.lax.fori_loop(0, steps, body, (parameters, zeros, zeros, losses))[3]

    return jax.jit(loop, donate_argnums=1)


def train(work: Work, epochs: int) -> Any:
    steps = epochs * work.steps
    assert steps <= LONGEST
    parameters = jax.tree.map(jnp.array, matrices(work.settings, work.parameters.copy()))
    return np.array(loop_of(work)(parameters, jnp.empty(LONGEST), steps)[:steps])


CONTENDERS = {"JAX, jitted loop": train}
