"""Losses ``(prediction, target) -> Value`` for one sample; over several outputs they are averaged.

``prediction`` is a Value or a list of them, ``target`` a number or a list as long.
"""

# mypy: disable-error-code="no-any-return,overload-overlap,overload-cannot-match"
# (the arithmetic is the same for numbers and Values: what comes out is what went in)

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from typing import Any, overload

from autograd import Value, dot, le, log, logsumexp, mean, pick, relu, softplus, total, where

from .init import find
from .modules import as_list
from .vocabulary import Inputs, Loss, Number, Numbers


def mse(prediction: Number | Collection[Number], target: Numbers) -> Number:
    """Mean squared error: (p − t)², averaged over the outputs.

    >>> mse([1.0, 2.0], [3.0, 5.0])
    6.5
    """
    return _average(lambda p, t: (p - t) * (p - t), prediction, target)


def mae(prediction: Number | Collection[Number], target: Numbers) -> Number:
    """Mean absolute error: |p − t|, averaged over the outputs.

    >>> mae([1.0, 2.0], [3.0, 5.0])
    2.5
    """
    return _average(lambda p, t: abs(p - t), prediction, target)


def huber(prediction: Number | Collection[Number], target: Numbers, delta: float = 1.0) -> Number:
    """½(p − t)² where |p − t| ≤ δ, else δ(|p − t| − ½δ): large errors count less than in mse.  ``delta`` is δ.

    Huber, "Robust estimation of a location parameter", 1964.

    >>> huber(1.5, 1.0), huber(3.0, 1.0)
    (0.125, 1.5)
    """

    def one(p: Any, t: Any) -> Any:
        size = abs(p - t)
        return where(le(size, delta), 0.5 * size * size, delta * (size - 0.5 * delta))

    return _average(one, prediction, target)


def hinge(prediction: Number | Collection[Number], target: Numbers) -> Number:
    """max(0, 1 − t·p) with t = ±1; targets 0 and 1 count as −1 and 1.  ValueError for any other target.

    >>> hinge(0.25, 1), hinge(0.25, -1), hinge(0.25, 0)
    (0.75, 1.25, 1.25)
    """

    def one(p: Any, t: Any) -> Any:
        sign = where(le(t, 0.0), -1.0, t)
        return relu(1.0 - sign * p)

    return _average(one, prediction, target, CLASSES)


def bce(prediction: Number | Collection[Number], target: Numbers) -> Number:
    """Binary cross-entropy of a probability: −t·log(p + 10⁻¹⁵) − (1 − t)·log(1 − p + 10⁻¹⁵).

    ValueError for a target that is not from 0 to 1.

    >>> bce(0.5, 1)
    0.6931471806
    """

    def one(p: Any, t: Any) -> Any:
        return -(t * log(p + 1e-15) + (1.0 - t) * log(1.0 - p + 1e-15))

    return _average(one, prediction, target, PROBABILITIES)


def bce_with_logits(prediction: Number | Collection[Number], target: Numbers) -> Number:
    """Binary cross-entropy of sigmoid(z), exact at any z: t·log(1 + e⁻ᶻ) + (1 − t)·log(1 + eᶻ).

    ValueError for a target that is not from 0 to 1.

    >>> bce_with_logits(0.0, 1)
    0.6931471806
    """
    return _average(lambda z, t: t * softplus(-z) + (1.0 - t) * softplus(z), prediction, target, PROBABILITIES)


@overload
def cross_entropy(prediction: Sequence[Number] | Sequence[Sequence[Number]], target: Numbers) -> Number: ...
@overload
def cross_entropy(prediction: Inputs, target: Numbers) -> Value: ...
@overload
def cross_entropy(prediction: Sequence[Inputs], target: Numbers) -> Value: ...
def cross_entropy(prediction: Any, target: Any) -> Any:
    """−log softmax(z)[class] for logits z and the index of the class: log Σ eᶻ − z[class].

    For a list of such z, at several positions, with a list of as many classes: the mean over the positions.
    ValueError for less than two logits, and for a list of classes where there is one position.

    >>> cross_entropy([1.0, 3.0], 1)
    0.126928011
    """
    if isinstance(prediction, (list, tuple)) and prediction and isinstance(prediction[0], (list, tuple)):
        classes = as_list(target)
        if len(prediction) != len(classes):
            raise ValueError(f"cross_entropy: logits at {len(prediction)} position(s), and {len(classes)} class(es)")
        return mean([cross_entropy(logits, one) for logits, one in zip(prediction, classes, strict=True)])
    if not isinstance(prediction, (list, tuple)) or len(prediction) < 2:
        raise ValueError("cross_entropy takes a list of at least two logits; for one logit use bce_with_logits")
    if isinstance(target, (list, tuple)) and len(target) != 1:
        raise ValueError(f"cross_entropy takes the index of a class as its target, not a list of {len(target)} numbers")
    return logsumexp(prediction) - pick(prediction, *as_list(target))


def penalty(parameters: Collection[Number], l1: float = 0.0, l2: float = 0.0) -> Number:
    """l1·Σ|p| + l2·Σp² over the parameters p, to be added to a loss; the slope of |p| at 0 is 0.

    >>> penalty([1.0, -2.0], l1=0.5, l2=0.25)
    2.75
    """
    if l1 and l2:
        return penalty(parameters, l1=l1) + penalty(parameters, l2=l2)
    return l1 * total(map(abs, parameters)) if l1 else l2 * dot(parameters, parameters)


LOSSES: dict[str, Loss] = {f.__name__: f for f in (mse, mae, huber, hinge, bce, bce_with_logits, cross_entropy)}


# What a target may be: in words, and what of it, a number, a Value or an array, must be 0 or less.
NUMBERS = "mse, mae and huber take finite targets", lambda t: t - t
CLASSES = "hinge takes targets 0 and 1, or -1 and 1", lambda t: abs(abs(t) - t * t)
PROBABILITIES = "bce and bce_with_logits take targets from 0 to 1", lambda t: t * (t - 1.0)


def _average(one: Loss, prediction: Any, target: Any, wanted: tuple[str, Callable[[Any], Any]] = NUMBERS) -> Any:
    """The mean of one(p, t) over the outputs; ValueError for a target that is a number and not as it is wanted."""
    predictions, targets = as_list(prediction), as_list(target)
    if len(predictions) != len(targets):
        raise ValueError(f"the model gives {len(predictions)} output(s) and the target has {len(targets)} number(s)")
    if wrong := [t for t in targets if not isinstance(t, Value) and not wanted[1](t) <= 0.0]:
        raise ValueError(f"{wanted[0]}, not {wrong[0]!r}")
    if wanted is not NUMBERS:  # a Value may be a traced one: of nan the loss is nan, and such a row is computed again
        targets = [where(le(wanted[1](t), 0.0), t, math.nan) if isinstance(t, Value) else t for t in targets]
    if len(predictions) == 1:
        return one(predictions[0], targets[0])
    return mean([one(p, t) for p, t in zip(predictions, targets, strict=True)])


def find_loss(loss: str | Loss) -> Loss:
    """The loss with this name; a function is taken as it is."""
    return find("loss", LOSSES, loss)
