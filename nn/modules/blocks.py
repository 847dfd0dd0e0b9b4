"""Residual, Dropout, LayerNorm, RMSNorm and Embedding: blocks to put before, between and around layers of neurons.

All but Embedding take a list of numbers or Values, or a single one, and give as many: several as a list, one as itself.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any, Self

from autograd import Value, as_count, as_float, dot, ge, mean, no_index, pick, sqrt, uniform, where

from ..init import find_initialiser, generator
from ..vocabulary import InitialiserLike, Numbers, Output
from .config import buildable, setting
from .layers import as_output
from .models import Sequential
from .module import Module, as_list


@buildable
class Residual(Sequential):
    """x + f(x), where f is the given layers one after the other: as many numbers out as in.

    Through the sum a gradient reaches x undiminished, however small the partials of f are.  ValueError where f gives
    another number of outputs.

    He et al., "Deep Residual Learning for Image Recognition", 2016.

    >>> from nn import Layer
    >>> block = Residual(Layer(2, 8, activation="tanh"), Layer(8, 2, activation="linear", init="zeros"))
    >>> [y.data for y in block([3.0, -1.0])]
    [3.0, -1.0]
    """

    def forward(self, x: Numbers) -> Output:
        xs = as_list(x)
        ys = as_list(super().forward(xs))
        if len(xs) != len(ys):
            text = f"they give {len(ys)} number(s) for {len(xs)}: let the last layer be {len(xs)} wide"
            raise ValueError(f"Residual adds its input to what its layers give, and {text}")
        return as_output([a + b for a, b in zip(xs, ys, strict=True)])


@buildable
class Dropout(Module):
    """In training it gives x·m / (1 − p), where m is 0 with probability p and else 1, drawn for each number and row.

    In evaluation (after ``model.eval()``, and inside ``predict`` and ``evaluate``) it gives x as it is: thanks to the
    division, that is also the mean of what it gives in training.  ``seed`` makes the draws the same in every run, eager
    and compiled.  ValueError unless p is at least 0 and below 1.

    Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from Overfitting", 2014.

    >>> dropout = Dropout(0.5, seed=1)
    >>> dropout([1.0, 2.0, 3.0])
    [0.0, 4.0, 6.0]
    >>> dropout.eval()([1.0, 2.0, 3.0])
    [1.0, 2.0, 3.0]
    """

    def __init__(self, p: float = 0.5, seed: int | None = None) -> None:
        if not 0.0 <= as_float(p) < 1.0:
            raise ValueError(f"Dropout: p is the fraction to drop, at least 0 and below 1, not {p!r}")
        self.p, self.rng = p, generator(seed)

    def forward(self, x: Numbers) -> Output:
        xs = as_list(x)
        if self.training and self.p:
            xs = [xi * where(ge(uniform(self.rng), self.p), 1.0 / (1.0 - self.p), 0.0) for xi in xs]
        return as_output(xs)

    def to_config(self) -> dict[str, Any]:
        return {"p": self.p}

    @classmethod
    def from_config(cls, config: Mapping[str, Any], room: Any) -> Self:
        return cls(setting(config, "p", int, float))

    def __repr__(self) -> str:
        return f"Dropout({self.p})"


@buildable
class LayerNorm(Module):
    """gainᵢ·(xᵢ − m) / √(v + eps) + biasᵢ, where m is the mean of the inputs and v the mean of (xᵢ − m)².

    ``width`` is the number of inputs and outputs; the gains start at 1, the biases at 0.  ValueError for a width below
    1, an eps that is not above 0, and a call with another number of inputs.

    Ba, Kiros and Hinton, "Layer Normalization", 2016.

    >>> [round(y.data, 4) for y in LayerNorm(3)([1.0, 2.0, 3.0])]
    [-1.2247, 0.0, 1.2247]
    """

    def __init__(self, width: int, eps: float = 1e-5) -> None:
        width = as_count(width, "LayerNorm: width")
        if not as_float(eps) > 0.0:
            raise ValueError(f"LayerNorm: eps must be above 0, not {eps!r}: it keeps equal inputs from giving 0 / 0")
        self.eps = eps
        self.gain = [Value(1.0) for _ in range(width)]
        self.bias = [Value(0.0) for _ in range(width)]

    def forward(self, x: Numbers) -> Output:
        xs = _inputs_of(self, x)
        middle = mean(xs)
        centred = [xi - middle for xi in xs]
        scale = 1.0 / sqrt(dot(centred, centred) / len(xs) + self.eps)
        return as_output([g * (c * scale) + b for g, c, b in zip(self.gain, centred, self.bias, strict=True)])

    def to_config(self) -> dict[str, Any]:
        return {"width": len(self.gain), "eps": self.eps}

    @classmethod
    def from_config(cls, config: Mapping[str, Any], room: Any) -> Self:
        width, eps = setting(config, "width", int), setting(config, "eps", int, float)
        room.take(2 * width, f"a LayerNorm of {width} inputs")
        return cls(width, eps)

    def __repr__(self) -> str:
        return f"LayerNorm({len(self.gain)}, eps={self.eps})"


@buildable
class RMSNorm(Module):
    """gainᵢ·xᵢ / √(mean of xⱼ² + eps): of the length that it has, whatever the length of x was.

    With a ``width`` the gains are learned, and start at 1; without one there are none.  ValueError as for LayerNorm.

    Zhang and Sennrich, "Root Mean Square Layer Normalization", 2019.

    >>> [round(y.data, 4) for y in RMSNorm(2)([3.0, 4.0])]
    [0.8485, 1.1314]
    """

    def __init__(self, width: int | None = None, eps: float = 1e-5) -> None:
        width = 0 if width is None else as_count(width, "RMSNorm: width")
        if not as_float(eps) > 0.0:
            raise ValueError(f"RMSNorm: eps must be above 0, not {eps!r}: it keeps zeros from giving 0 / 0")
        self.eps = eps
        self.gain = [Value(1.0) for _ in range(width)]

    def forward(self, x: Numbers) -> Output:
        xs = _inputs_of(self, x)
        scale = 1.0 / sqrt(dot(xs, xs) / len(xs) + self.eps)
        scaled = [xi * scale for xi in xs]
        return as_output([g * y for g, y in zip(self.gain, scaled, strict=True)] if self.gain else scaled)

    def to_config(self) -> dict[str, Any]:
        return {"width": len(self.gain), "eps": self.eps}

    @classmethod
    def from_config(cls, config: Mapping[str, Any], room: Any) -> Self:
        width, eps = setting(config, "width", int), setting(config, "eps", int, float)
        room.take(width, f"an RMSNorm of {width} inputs")
        return cls(width or None, eps)

    def __repr__(self) -> str:
        return f"RMSNorm({len(self.gain) or None}, eps={self.eps})"


def _inputs_of(norm: LayerNorm | RMSNorm, x: Any) -> list[Any]:
    """The inputs of a norm, one for each gain where there are gains."""
    xs = as_list(x)
    if norm.gain and len(xs) != len(norm.gain):
        raise ValueError(f"{norm!r} takes {len(norm.gain)} inputs and was given {len(xs)}")
    return xs


@buildable
class Embedding(Module):
    """The row of a learned table that an index counts from 0: a whole number in, a list of ``width`` Values out.

    The index may be a Value of a program that is compiled: the row is then looked up, and its gradient added, in the
    same time for a table of any length.  The table has ``count`` rows, which begin as ``init``, ``seed`` and ``rng``
    say, as in a Neuron.  IndexError where the index counts no row, ValueError for a count or width below 1.

    >>> table = Embedding(27, 16, seed=1)
    >>> len(table(3)), table(3)[0] is table.rows[3][0]
    (16, True)
    """

    def __init__(
        self, count: int, width: int, *, init: InitialiserLike = "normal", seed: int | None = None,
        rng: random.Random | None = None,
    ) -> None:  # fmt: skip
        count, width = as_count(count, "Embedding: count"), as_count(width, "Embedding: width")
        initialise, rng = find_initialiser(init), rng or generator(seed)
        self.rows = [[Value(initialise(width, width, rng)) for _ in range(width)] for _ in range(count)]

    def forward(self, x: Numbers) -> list[Value]:
        indices = as_list(x)
        if len(indices) != 1:
            raise ValueError(f"{self!r} takes one index and was given {len(indices)}: [table(i) for i in indices]")
        (index,) = indices
        if isinstance(index, Value):
            return [pick(column, index) for column in zip(*self.rows, strict=True)]
        if index not in range(len(self.rows)):
            text = f"{self!r} has no row {index!r}: they are counted from 0 to {len(self.rows) - 1}"
            raise no_index(text, index)
        return [*self.rows[int(index)]]

    @property
    def shape(self) -> tuple[int, int]:
        return 1, len(self.rows[0])

    def to_config(self) -> dict[str, Any]:
        return {"count": len(self.rows), "width": len(self.rows[0])}

    @classmethod
    def from_config(cls, config: Mapping[str, Any], room: Any) -> Self:
        count, width = setting(config, "count", int), setting(config, "width", int)
        possible = count >= 1 and width >= 1
        room.take(count * width if possible else room.left + 1, f"an Embedding of {count!r:.40} rows of {width!r:.40}")
        return cls(count, width, init="zeros")

    def __repr__(self) -> str:
        return f"Embedding({len(self.rows)}, {len(self.rows[0])})"
