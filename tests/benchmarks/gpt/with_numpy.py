"""The training by hand in NumPy, all positions of a name at once; no array is made that can be filled again.

Arrays are [position, unit].  All parameters lie in one array and all gradients in another, and the update is a few
lines over them.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..microgpt import Settings
from .work import Work

EPSILON = 1e-5  # of the norms


def matrices(s: Settings, p: Any) -> tuple[Any, Any, list[tuple[Any, ...]], Any]:
    """Tokens, positions, (queries with keys and values, join, widen, narrow) of each layer, logits: views of p."""
    start = 0

    def take(rows: int, columns: int) -> Any:
        nonlocal start
        start += rows * columns
        return p[start - rows * columns : start].reshape(rows, columns)

    w = s.width
    tokens, positions = take(27, w), take(s.context, w)
    layers = [(take(3 * w, w), take(w, w), take(4 * w, w), take(w, 4 * w)) for _ in range(s.layers)]
    return tokens, positions, layers, take(27, w)


class Norm:
    """x / √(mean of x² + ε) of every row, and the way back."""

    def __init__(self, n: int, width: int) -> None:
        self.y, self.scale, self.along = np.empty((n, width)), np.empty((n, 1)), np.empty((n, 1))
        self.product = np.empty((n, width))

    def forward(self, x: Any) -> Any:
        np.multiply(x, x, out=self.product)
        np.add.reduce(self.product, axis=1, out=self.scale, keepdims=True)
        self.scale /= x.shape[1]
        self.scale += EPSILON
        np.sqrt(self.scale, out=self.scale)
        np.divide(x, self.scale, out=self.y)
        return self.y

    def backward(self, dy: Any) -> Any:
        """The gradient of x, in place of that of y."""
        np.multiply(dy, self.y, out=self.product)
        np.add.reduce(self.product, axis=1, out=self.along, keepdims=True)
        self.along /= dy.shape[1]
        np.multiply(self.y, self.along, out=self.product)
        dy -= self.product
        dy /= self.scale
        return dy


class Layer:
    """Attention and a network of one hidden layer over n positions."""

    def __init__(self, s: Settings, n: int, weights: tuple[Any, ...], gradients: tuple[Any, ...]) -> None:
        w, size = s.width, s.width // s.heads
        (self.attend, self.join, self.first, self.second), self.gradients = weights, gradients
        self.norm1, self.norm2 = Norm(n, w), Norm(n, w)
        self.qkv, self.dqkv = np.empty((n, 3 * w)), np.empty((n, 3 * w))
        # Each of queries, keys and values as [head, position, unit of the head].
        self.q, self.k, self.v = self.qkv.reshape(n, s.heads, 3, size).transpose(2, 1, 0, 3)
        self.dq, self.dk, self.dv = self.dqkv.reshape(n, s.heads, 3, size).transpose(2, 1, 0, 3)
        self.weights, self.dweights = np.empty((s.heads, n, n)), np.empty((s.heads, n, n))
        self.mask = np.where(np.tri(n, dtype=bool), 0.0, -np.inf)
        self.narrow = np.empty((s.heads, n, 1))
        self.gathered, self.dgathered = np.empty((n, w)), np.empty((n, w))
        self.by_head, self.dby_head = (
            a.reshape(n, s.heads, size).swapaxes(0, 1) for a in (self.gathered, self.dgathered)
        )
        self.x, self.out, self.dx = np.empty((n, w)), np.empty((n, w)), np.empty((n, w))
        self.hidden, self.dhidden, self.active = np.empty((n, 4 * w)), np.empty((n, 4 * w)), np.empty((n, 4 * w), bool)
        self.root = 1.0 / math.sqrt(size)

    def forward(self, x: Any) -> Any:
        np.dot(self.norm1.forward(x), self.attend.T, out=self.qkv)
        weights, narrow = self.weights, self.narrow
        np.matmul(self.q, self.k.swapaxes(1, 2), out=weights)
        weights *= self.root
        weights += self.mask
        np.maximum.reduce(weights, axis=2, out=narrow, keepdims=True)
        weights -= narrow
        np.exp(weights, out=weights)
        np.add.reduce(weights, axis=2, out=narrow, keepdims=True)
        weights /= narrow
        np.matmul(weights, self.v, out=self.by_head)
        np.dot(self.gathered, self.join.T, out=self.x)
        self.x += x
        np.dot(self.norm2.forward(self.x), self.first.T, out=self.hidden)
        np.maximum(self.hidden, 0.0, out=self.hidden)
        np.dot(self.hidden, self.second.T, out=self.out)
        self.out += self.x
        return self.out

    def backward(self, dout: Any) -> Any:
        """The gradient of the inputs, in place of that of the outputs."""
        attend, join, first, second = self.gradients
        np.dot(dout.T, self.hidden, out=second)
        np.dot(dout, self.second, out=self.dhidden)
        np.greater(self.hidden, 0.0, out=self.active)
        self.dhidden *= self.active
        np.dot(self.dhidden.T, self.norm2.y, out=first)
        np.dot(self.dhidden, self.first, out=self.dx)
        dout += self.norm2.backward(self.dx)

        np.dot(dout.T, self.gathered, out=join)
        np.dot(dout, self.join, out=self.dgathered)
        weights, dweights, narrow = self.weights, self.dweights, self.narrow
        np.matmul(weights.swapaxes(1, 2), self.dby_head, out=self.dv)
        np.matmul(self.dby_head, self.v.swapaxes(1, 2), out=dweights)
        dweights *= weights
        np.add.reduce(dweights, axis=2, out=narrow, keepdims=True)
        dweights -= np.multiply(weights, narrow)
        dweights *= self.root
        np.matmul(dweights, self.k, out=self.dq)
        np.matmul(dweights.swapaxes(1, 2), self.q, out=self.dk)
        np.dot(self.dqkv.T, self.norm1.y, out=attend)
        np.dot(self.dqkv, self.attend, out=self.dx)
        dout += self.norm1.backward(self.dx)
        return dout


class Step:
    """The loss of a name of n positions, and its gradient, for parameters p, into g."""

    def __init__(self, s: Settings, n: int, p: Any, g: Any) -> None:
        self.n, self.g = n, g
        self.tokens, positions, weights, self.logits = matrices(s, p)
        self.dtokens, dpositions, gradients, self.dlogits = matrices(s, g)
        self.positions, self.dpositions = positions[:n], dpositions[:n]
        self.embeddings = g[: (27 + s.context) * s.width]
        self.layers = [Layer(s, n, *own) for own in zip(weights, gradients, strict=True)]
        self.norm, self.sum, self.dx = Norm(n, s.width), np.empty((n, s.width)), np.empty((n, s.width))
        self.z, self.narrow, self.at = np.empty((n, 27)), np.empty((n, 1)), np.arange(n)

    def __call__(self, tokens: Any, targets: Any) -> float:
        z, narrow = self.z, self.narrow
        np.take(self.tokens, tokens, axis=0, out=self.sum, mode="clip")  # the mode that fills ``out`` without a copy
        self.sum += self.positions
        x = self.norm.forward(self.sum)
        for layer in self.layers:
            x = layer.forward(x)
        np.dot(x, self.logits.T, out=z)
        np.maximum.reduce(z, axis=1, out=narrow, keepdims=True)
        z -= narrow
        right = z[self.at, targets].sum()
        np.exp(z, out=z)
        np.add.reduce(z, axis=1, out=narrow, keepdims=True)
        loss = (np.log(narrow).sum() - right) / self.n

        narrow *= self.n
        z /= narrow
        z[self.at, targets] -= 1.0 / self.n
        np.dot(z.T, x, out=self.dlogits)
        np.dot(z, self.logits, out=self.dx)
        for layer in reversed(self.layers):
            layer.backward(self.dx)
        dx = self.norm.backward(self.dx)
        self.embeddings.fill(0.0)
        np.add.at(self.dtokens, tokens, dx)  # a token may stand at several positions
        self.dpositions += dx
        return float(loss)


def train(work: Work, epochs: int) -> Any:
    s, p = work.settings, work.parameters.copy()
    g, m, v, root, move = np.zeros_like(p), np.zeros_like(p), np.zeros_like(p), np.empty_like(p), np.empty_like(p)
    steps = {n: Step(s, n, p, g) for n in {*map(len, work.rows)}}
    rows, targets = ([np.array(row) for row in rows] for rows in (work.rows, work.targets))
    order, losses = work.order.ravel(), np.empty(epochs * work.steps)
    for step in range(len(losses)):
        i = order[step % len(order)]
        losses[step] = steps[len(rows[i])](rows[i], targets[i])

        m *= s.beta1
        np.multiply(g, 1.0 - s.beta1, out=move)
        m += move
        v *= s.beta2
        np.multiply(g, g, out=move)
        move *= 1.0 - s.beta2
        v += move
        np.sqrt(v, out=root)
        root /= math.sqrt(1.0 - s.beta2 ** (step + 1))
        root += s.epsilon
        np.divide(m, root, out=move)
        move *= s.rate * (1.0 - step % work.steps / work.steps) / (1.0 - s.beta1 ** (step + 1))
        p -= move
    return losses


CONTENDERS = {"NumPy": train}
