"""How long machine code takes, about, and so into which shares the samples of a step are cut.

The numbers were measured on a processor with AVX-512; elsewhere all is slower, and a second thread pays earlier.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

from ...primitives import Primitive
from ..plan import Call, Elementwise, Gather, LogSumExp, MatVec, Outer, RowDot, Scatter, Template

# Nanoseconds a sample.
MULTIPLY_ADD = 0.04
OPERATION = 0.1  # of a piece
FUNCTION = 1.0  # of the C library
NUMBER = 0.6  # of a table

LONG = 500_000.0  # nanoseconds of a step that is cut: to wake a thread and wait for it takes 60,000
SHARE = 100_000.0  # of a share, and
USUAL = 1024  # samples of one at least, as to add up its sums takes as long as some ten samples;
LEAST = 256  # where there would be only one else
MOST = 2**21  # numbers that are gathered or converted at a time, 16 MB


class Cost(NamedTuple):
    """Of one sample: about how many nanoseconds it takes, and how many numbers it has; and how many go together."""

    nanoseconds: float
    numbers: int
    block: int

    @classmethod
    def of(cls, calls: Iterable[Call], numbers: int, block: int) -> Cost:
        """Of calls, and so many numbers that are read from tables."""
        return cls(numbers * NUMBER + sum(map(_of_call, calls)), numbers, block)

    @property
    def most(self) -> int:
        """How many samples are gathered or converted at a time."""
        return max(MOST // max(self.numbers, 1), 1)

    def share(self, samples: int) -> int:
        """How many samples are a share, of a step with so many: whole blocks, or all of them.

        It does not depend on the number of threads, nor on where the samples lie: so the sums have the same bits.
        """
        count = samples / self.most
        if samples * self.nanoseconds > LONG:
            count = max(count, samples / max(SHARE / self.nanoseconds, USUAL), 2 if samples >= 2 * LEAST else 1)
        blocks = -(-samples // (max(round(count), 1) * self.block))
        return min(blocks * self.block, samples)


def _of_call(call: Call) -> float:
    match call:
        case Elementwise():
            return len(call.outputs) * _of_template(call.template)
        case MatVec(inputs=inputs, outputs=outputs, then=then):
            return len(outputs) * (len(inputs) * MULTIPLY_ADD + (_of_template(then.template) if then else OPERATION))
        case RowDot(left=left):
            return len(left) * len(left[0]) * OPERATION
        case LogSumExp(inputs=inputs):
            return len(inputs) * len(inputs[0]) * FUNCTION
        case Gather(choices=units) | Scatter(places=units):
            return len(units) * FUNCTION  # the lanes one by one
        case Outer(left=left, right=right):
            return len(left) * len(right) * MULTIPLY_ADD


def _of_template(template: Template) -> float:
    return sum(OPERATION if _is_quick(step.instruction) else FUNCTION for step in template.steps)


def _is_quick(instruction: str | Primitive) -> bool:
    return isinstance(instruction, str) and not hasattr(math, instruction)
