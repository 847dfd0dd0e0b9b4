"""The trainings in JAX: each step a call of a jitted function, and the whole loop as one."""

from __future__ import annotations

from functools import cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..works import Work
from .with_numpy import by_layers

LONGEST = 2**17  # steps in a whole loop: the losses always have this length, so that it is compiled once

jax.config.update("jax_enable_x64", True)


def moons(work: Work, layers: Any, x: Any, y: Any) -> Any:
    (w1, b1), (w2, b2), (w3, b3) = layers
    score = jax.nn.relu(jax.nn.relu(x @ w1.T + b1) @ w2.T + b2) @ w3[0] + b3[0]
    penalty = sum(jnp.sum(p * p) for layer in layers for p in layer)
    return jnp.mean(jax.nn.relu(1.0 - y * score)) + work.l2 * penalty


def digits(work: Work, layers: Any, x: Any, y: Any) -> Any:
    (w1, b1), (w2, b2) = layers
    logits = jnp.tanh(x @ w1.T + b1) @ w2.T + b2
    right = jnp.take_along_axis(logits, y[:, None], axis=1)[:, 0]
    return jnp.mean(jax.nn.logsumexp(logits, axis=1) - right)


def sigmoid(work: Work, layers: Any, x: Any, y: Any) -> Any:
    (w1, b1), (w2, b2) = layers
    a = jax.nn.sigmoid(jax.nn.sigmoid(x @ w1.T + b1) @ w2[0] + b2[0])
    return -jnp.mean(y * jnp.log(a + 1e-15) + (1.0 - y) * jnp.log(1.0 - a + 1e-15))


LOSSES = {"moons": moons, "digits": digits, "sigmoid": sigmoid}


def new_layers(work: Work) -> Any:
    """(weights, biases) of every layer."""
    return [(jnp.array(m[:, :-1]), jnp.array(m[:, -1])) for m in by_layers(work.parameters, work.sizes)]


def updated(work: Work, layers: Any, x: Any, y: Any) -> Any:
    """(new layers, loss)."""
    loss, gradients = jax.value_and_grad(partial(LOSSES[work.name], work))(layers, x, y)
    return jax.tree.map(lambda p, g: p - work.rate * g, layers, gradients), loss


@cache
def step_of(work: Work) -> Any:
    """A jitted step over all rows, or over those of an index."""
    rows, targets = jnp.array(work.rows), jnp.array(work.targets)
    if work.order is None:
        return jax.jit(lambda layers: updated(work, layers, rows, targets), donate_argnums=0)
    return jax.jit(lambda layers, own: updated(work, layers, rows[own], targets[own]), donate_argnums=0)


def step_by_step(work: Work, epochs: int) -> Any:
    layers, step, losses = new_layers(work), step_of(work), []
    if work.order is None:
        for _ in range(epochs):
            layers, loss = step(layers)
            losses.append(loss)
    else:
        batches = work.order.reshape(-1, work.batch_size)
        for i in range(epochs * work.steps):
            layers, loss = step(layers, batches[i % len(batches)])
            losses.append(loss)
    return np.array(jax.device_get(losses))


@cache
def loop_of(work: Work) -> Any:
    """All steps as one jitted function: (layers, losses to be filled, steps) -> losses."""
    rows, targets = jnp.array(work.rows), jnp.array(work.targets)
    batches = None if work.order is None else jnp.array(work.order.reshape(-1, work.batch_size))

    def loop(layers: Any, losses: Any, steps: Any) -> Any:
        def body(i: Any, state: Any) -> Any:
            layers, losses = state
            if batches is None:
                layers, loss = updated(work, layers, rows, targets)
            else:
                own = batches[i % len(batches)]
                layers, loss = updated(work, layers, rows[own], targets[own])
            return layers, losses.at[i].set(loss)

        return jax.lax.fori_loop(0, steps, body, (layers, losses))[1]

    return jax.jit(loop, donate_argnums=1)


def whole_loop(work: Work, epochs: int) -> Any:
    steps = epochs * work.steps
    assert steps <= LONGEST
    return np.array(loop_of(work)(new_layers(work), jnp.empty(LONGEST), steps)[:steps])


CONTENDERS = {"JAX, jitted step": step_by_step, "JAX, jitted loop": whole_loop}
