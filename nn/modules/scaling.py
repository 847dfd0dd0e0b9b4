"""Standardize: columns of mean 0 and deviation 1, learned from data and kept with the model."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from numbers import Integral
from typing import Any, Self

from autograd import Value, gt, where

from ..containers import even
from ..data import scaling_of
from ..samples import as_table
from ..vocabulary import Numbers, Output
from .config import buildable, setting
from .layers import as_output
from .module import Module, as_list


@buildable
class Standardize(Module):
    """(xᵢ − meanᵢ) / deviationᵢ: inputs in any units become numbers around 0, as ``nn.standardize`` makes them.

    ``data`` are the rows to learn from: each column's mean, and its standard deviation, which divides by n.  A column
    that is constant there has deviation 0, and what it gives is 0.0 whatever comes in.  A flat list of numbers, such
    as the targets of a regression, is one column.  ``Standardize(3)`` takes 3 columns as they are, and
    ``load(path, into=model)`` fills it.

    ``inverse()`` is the way back, xᵢ·deviationᵢ + meanᵢ: behind a network, it turns outputs into the units of the
    targets.  Means and deviations are frozen: ``nn.save`` keeps them with the model, no optimiser moves them, they do
    not count as parameters.

    ValueError for fewer than two rows, nan and infinity, TypeError for what is no number, with its row and column.

    >>> scale = Standardize([[1.0, 700.0], [3.0, 900.0]])
    >>> [y.data for y in scale([2.0, 1000.0])]
    [0.0, 2.0]
    >>> [x.data for x in scale.inverse()([0.0, 2.0])]
    [2.0, 1000.0]

    So a model takes the data as they are, and answers in their units::

        Sequential(Standardize(X), MLP(2, [16, 1]), Standardize(y).inverse())
    """

    buffers = ("mean", "deviation")

    def __init__(self, data: int | Iterable[Any]) -> None:
        self.inverted = False
        if isinstance(data, (int, Integral)):
            if data < 1:
                raise ValueError(f"Standardize needs at least one column, not {data!r}")
            mean, deviation = [0.0] * int(data), [1.0] * int(data)
        else:
            table = even(as_table(data, "the data of Standardize"), "the data of Standardize")
            unit, *scaled = scaling_of(table if table.ndim > 1 else table[:, None])
            mean, deviation = ((numbers / unit).tolist() for numbers in scaled)
        self.mean = [Value(m, requires_grad=False) for m in mean]
        self.deviation = [Value(d, requires_grad=False) for d in deviation]

    def inverse(self) -> Standardize:
        """The module that undoes this one, with the same numbers; where a column was constant it gives its mean."""
        result = type(self)(len(self.mean))
        result.inverted, result.mean, result.deviation = not self.inverted, [*self.mean], [*self.deviation]
        return result

    def forward(self, x: Numbers) -> Output:
        xs = as_list(x)
        if len(xs) != len(self.mean):
            raise ValueError(f"{self!r} takes {len(self.mean)} numbers and was given {len(xs)}")
        columns = zip(xs, self.mean, self.deviation, strict=True)
        if self.inverted:
            return as_output([xi * d + m for xi, m, d in columns])
        # A constant column is divided by infinity.  The choice is a part of the graph: code that is compiled from it
        # serves other means and deviations too.
        return as_output([(xi - m) / where(gt(d, 0.0), d, math.inf) for xi, m, d in columns])

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.mean), len(self.mean)

    def applies(self) -> str:
        return "x·deviation + mean" if self.inverted else "(x − mean) / deviation"

    def to_config(self) -> dict[str, Any]:
        return {"width": len(self.mean), "inverted": self.inverted}

    @classmethod
    def from_config(cls, config: Mapping[str, Any], room: Any) -> Self:
        width, inverted = setting(config, "width", int), setting(config, "inverted", bool)
        room.take(2 * width if width >= 1 else room.left + 1, f"a Standardize of {width!r:.40} columns")
        result = cls(width)
        result.inverted = inverted
        return result

    def __repr__(self) -> str:
        return f"Standardize({len(self.mean)}){'.inverse()' * self.inverted}"
