"""The trainings by hand in NumPy: no array is made inside a loop where one can be filled again.

A layer's inputs get a 1 at the end, so that its biases are a column of its weights.  All parameters lie in one
array and all gradients in another, and the update is a line.  ``np.dot`` takes half as long as ``@`` on
matrices of this size.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from ..works import Work


def by_layers(flat: Any, sizes: tuple[int, ...]) -> list[Any]:
    """Each layer's part of a flat array as a matrix [unit, input], the biases in its last column."""
    matrices, start = [], 0
    for inputs, units in pairwise(sizes):
        end = start + units * (inputs + 1)
        matrices.append(flat[start:end].reshape(units, inputs + 1))
        start = end
    return matrices


def moons(work: Work, epochs: int) -> Any:
    """Arrays are [unit, sample]; with any number of hidden layers."""
    n = len(work.rows)
    p, g = work.parameters.copy(), np.empty_like(work.parameters)
    weights, gradients = by_layers(p, work.sizes), by_layers(g, work.sizes)
    x = np.vstack([work.rows.T, np.ones(n)])
    forward: list[Any] = []
    backward: list[Any] = []
    for w, gradient, w_above in zip(weights, gradients, weights[1:], strict=False):
        with_one = np.ones((len(w) + 1, n))
        forward.append((w, x, a := with_one[:-1]))
        backward.insert(0, (w_above[:, :-1].T, a, np.empty_like(a), np.empty(a.shape, bool), x.T, gradient))
        x = with_one
    last, of_last = weights[-1], gradients[-1]
    margin, dscore, wrong = np.empty((1, n)), np.empty((1, n)), np.empty((1, n), bool)
    minus_y = -work.targets.reshape(1, n)
    slope = minus_y / n
    shrink = 1 - 2 * work.rate * work.l2
    losses = np.empty(epochs)
    for step in range(epochs):
        for w, below, a in forward:
            np.dot(w, below, out=a)
            np.maximum(a, 0.0, out=a)
        np.dot(last, with_one, out=margin)
        margin *= minus_y
        margin += 1.0
        np.maximum(margin, 0.0, out=margin)
        losses[step] = margin.sum() / n + work.l2 * (p @ p)

        np.greater(margin, 0.0, out=wrong)
        np.multiply(slope, wrong, out=dscore)
        np.dot(dscore, with_one.T, out=of_last)
        above, product = dscore, np.multiply  # of one output: quicker than as matrices
        for w, a, d, active, below, gradient in backward:
            np.greater(a, 0.0, out=active)
            product(w, above, out=d)
            d *= active
            np.dot(d, below, out=gradient)
            above, product = d, np.dot
        g *= work.rate
        p *= shrink
        p -= g
    return losses


def digits(work: Work, epochs: int) -> Any:
    """Arrays are [sample, unit], as rows are what an epoch shuffles."""
    n, (_, width, classes) = work.batch_size, work.sizes
    p, g = work.parameters.copy(), np.empty_like(work.parameters)
    (w1, w2), (g1, g2) = by_layers(p, work.sizes), by_layers(g, work.sizes)
    rows = np.hstack([work.rows, np.ones((len(work.rows), 1))])
    shuffled = np.empty_like(rows)
    with_one = np.ones((n, width + 1))
    a = with_one[:, :-1]
    z, d, z2 = np.empty((n, width)), np.empty((n, width)), np.empty((n, classes))
    top, sums, cells = np.empty((n, 1)), np.empty((n, 1)), z2.reshape(-1)
    first_cells = np.tile(np.arange(0, n * classes, classes), work.steps)
    losses = np.empty((epochs, work.steps))
    for epoch in range(epochs):
        order = work.order[epoch % len(work.order)]
        np.take(rows, order, axis=0, out=shuffled, mode="clip")  # the mode that fills ``out`` without a copy
        right_cells = first_cells + work.targets[order]
        for step in range(work.steps):
            x, right = shuffled[step * n : (step + 1) * n], right_cells[step * n : (step + 1) * n]
            np.dot(x, w1.T, out=z)
            np.tanh(z, out=a)
            np.dot(with_one, w2.T, out=z2)
            np.max(z2, axis=1, out=top, keepdims=True)
            z2 -= top
            scores = cells[right]
            np.exp(z2, out=z2)
            np.sum(z2, axis=1, out=sums, keepdims=True)
            losses[epoch, step] = (np.log(sums).sum() - scores.sum()) / n

            sums *= n
            z2 /= sums
            cells[right] -= 1 / n
            np.dot(z2.T, with_one, out=g2)
            np.dot(z2, w2[:, :-1], out=d)
            np.multiply(a, a, out=z)
            np.subtract(1.0, z, out=z)
            d *= z
            np.dot(d.T, x, out=g1)
            g *= work.rate
            p -= g
    return losses.ravel()


def sigmoid(work: Work, epochs: int) -> Any:
    """Arrays are [unit, sample]."""
    n, width = len(work.rows), work.sizes[1]
    p, g = work.parameters.copy(), np.empty_like(work.parameters)
    (w1, w2), (g1, g2) = by_layers(p, work.sizes), by_layers(g, work.sizes)
    x = np.vstack([work.rows.T, np.ones(n)])
    with_one = np.ones((width + 1, n))
    a, out = with_one[:-1], np.empty((1, n))
    d, slope, log = np.empty((width, n)), np.empty((width, n)), np.empty((1, n))
    y = work.targets.reshape(1, n)
    y1, y0 = y[0], 1.0 - y[0]
    losses = np.empty(epochs)
    for step in range(epochs):
        np.dot(w1, x, out=a)
        _sigmoid(a)
        np.dot(w2, with_one, out=out)
        _sigmoid(out)
        np.add(out, 1e-15, out=log)
        np.log(log, out=log)
        positive = y1 @ log[0]
        np.subtract(1.0 + 1e-15, out, out=log)
        np.log(log, out=log)
        losses[step] = -(positive + y0 @ log[0]) / n

        out -= y
        out /= n
        np.dot(out, with_one.T, out=g2)
        np.multiply(w2[:, :-1].T, out, out=d)
        np.subtract(1.0, a, out=slope)
        slope *= a
        d *= slope
        np.dot(d, x.T, out=g1)
        g *= work.rate
        p -= g
    return losses


def _sigmoid(z: Any) -> None:
    """1 / (1 + e⁻ᶻ), in place."""
    np.negative(z, out=z)
    np.exp(z, out=z)
    z += 1.0
    np.reciprocal(z, out=z)


PROGRAMS = {"moons": moons, "digits": digits, "sigmoid": sigmoid}


def train(work: Work, epochs: int) -> Any:
    return PROGRAMS[work.name](work, epochs)


CONTENDERS = {"NumPy": train}
