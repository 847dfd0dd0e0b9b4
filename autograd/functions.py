"""Functions over several numbers, compositions of primitives, and primitives of one's own: no derivative is here."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from functools import reduce
from random import Random
from typing import Any

from . import primitives
from .modes import mode
from .primitives import Primitive, exp, mul
from .value import Value, as_value


def primitive(
    name: str,
    forward: Callable[..., float],
    partials: Callable[..., tuple[Any, ...]],
    *,
    symbol: str | None = None,
) -> Primitive:
    """Make a primitive of your own; it then works in every mode: eager, higher order, drawn, stepped.

    ``forward(x, ...)`` maps floats to a float.  ``partials(x, ..., out)`` returns ∂out/∂argument, one per
    argument; write it with operators and the functions of ``autograd`` (not ``math``), so that it also
    works on Values.  ``symbol`` is what drawings show; without one, or where it is blank, the name.  ValueError
    for a name that is no identifier, TypeError for what is no function, and for partials that are too many or too few.

    >>> import math
    >>> from autograd import Value, grad, sin
    >>> versine = primitive("versine", lambda x: 1 - math.cos(x), lambda x, out: (sin(x),))
    >>> x = Value(0.5)
    >>> versine(x).backward()
    >>> x.grad == math.sin(0.5)
    True
    >>> grad(grad(versine))(0.5) == math.cos(0.5)
    True
    """
    if not (isinstance(name, str) and name.isidentifier()):
        raise ValueError(f"a primitive's name must be an identifier such as 'versine', not {name!r}")
    for role, function in (("forward", forward), ("partials", partials)):
        if not callable(function):
            raise TypeError(f"primitive {name!r}: {role} must be a function, not {function!r}")

    if not isinstance(symbol, (str, type(None))):
        raise TypeError(f"primitive {name!r}: symbol must be a text such as '⊕', not {symbol!r:.60}")

    def checked(*args: Any) -> Sequence[Any]:
        found = partials(*args)
        if not isinstance(found, (tuple, list)) or len(found) != len(args) - 1:
            raise TypeError(
                f"the partials of primitive {name!r} must be a tuple with one entry for each of its "
                f"{len(args) - 1} arguments, not {found!r:.60}"
            )
        return found

    made = Primitive(name, (symbol or "").strip() or name, forward, checked)
    made.__module__ = sys._getframe(1).f_globals.get("__name__", "")  # where a pickle finds it by its name
    return made


def dot(weights: Iterable[Any], inputs: Iterable[Any], bias: Any = 0.0) -> Any:
    """bias + w₁x₁ + … + wₙxₙ as one node, added strictly from left to right.

    ``weights`` w and ``inputs`` x have the same length, at least 1; else ValueError.

    >>> dot([1.0, 2.0], [3.0, 4.0], 0.5)
    11.5
    """
    if not (isinstance(weights, list) and isinstance(inputs, list)):
        weights, inputs = [*weights], [*inputs]
    if len(weights) != len(inputs):
        raise ValueError(f"dot needs one input for each weight: {len(weights)} weights, {len(inputs)} inputs")
    if not weights:
        raise ValueError("dot of nothing: give it at least one weight and one input")
    args = (*weights, *inputs, bias)
    if type(args[0]) is Value:
        return args[0]._apply(primitives.dot, args)  # what the next line comes to: networks spend their time here
    return primitives.dot(*args)


def total(xs: Iterable[Any]) -> Any:
    """x₁ + … + xₙ of the numbers ``xs`` as one node, added from left to right; 0.0 for none.

    >>> total([0.1, 0.2, 0.3])
    0.6000000000000001
    """
    xs = [*xs]
    return primitives.total(*xs) if xs else 0.0


def logsumexp(xs: Iterable[Any]) -> Any:
    """log(eˣ¹ + … + eˣⁿ) of the numbers ``xs`` as one node, without overflow; ValueError for none.

    >>> logsumexp([1000.0, 1000.0])
    1000.6931471805599
    """
    return primitives.logsumexp(*_some(xs, "logsumexp"))


def softmax(xs: Iterable[Any]) -> list[Any]:
    """exp(xᵢ) / Σ exp(xⱼ) for each of ``xs``: positive numbers that add up to 1.  ValueError for none.

    >>> softmax([0.0, 0.0])
    [0.5, 0.5]
    """
    return [exp(x) for x in log_softmax(_some(xs, "softmax"))]


def log_softmax(xs: Iterable[Any]) -> list[Any]:
    """xᵢ − log Σ exp(xⱼ) for each of ``xs``: the logarithm of softmax, without overflow.  ValueError for none.

    >>> log_softmax([1000.0, 1000.0])
    [-0.69314718056, -0.69314718056]
    """
    xs = _some(xs, "log_softmax")
    whole = primitives.logsumexp(*xs)
    return [x - whole for x in xs]


def mean(xs: Iterable[Any]) -> Any:
    """(x₁ + … + xₙ) / n of the numbers ``xs``; ValueError for none.

    >>> mean([1.0, 2.0, 6.0])
    3.0
    """
    xs = _some(xs, "mean")
    return primitives.total(*xs) / len(xs)


def prod(xs: Iterable[Any]) -> Any:
    """x₁ · … · xₙ of the numbers ``xs``, multiplied from left to right; ValueError for none.

    >>> prod([2.0, 3.0, 4.0])
    24.0
    """
    return reduce(mul, _some(xs, "prod"))


def leaky_relu(x: Any, slope: Any = 0.01) -> Any:
    """x above 0, slope · x below; the derivative at 0 is the slope.

    >>> leaky_relu(-2.0)
    -0.02
    """
    return primitives.leaky_relu(x, slope)


def uniform(generator: Any) -> Any:
    """A random number from 0 up to 1: ``generator.random()``, and in a compiled program a new one for every row.

    ``generator`` is a ``random.Random`` or NumPy's ``Generator``; TypeError for anything else.  Compiled and eager
    programs draw the same numbers: row by row, in the order in which a row draws them.

    >>> import random
    >>> uniform(random.Random(1)) == random.Random(1).random()
    True
    """
    if not isinstance(generator, Random) and not hasattr(generator, "bit_generator"):
        raise TypeError(f"uniform takes a random.Random or a NumPy Generator, not {generator!r:.60}")
    return generator.random() if mode.flags.tracer is None else mode.flags.tracer.draw(generator)


def pick(xs: Sequence[Any], index: Any) -> Any:
    """xs[index], where the index may be a Value: a whole number from 0 to len(xs) − 1, else IndexError.

    >>> from autograd import Value
    >>> pick([10.0, 20.0, 30.0], Value(1.0)).data
    20.0
    """
    if isinstance(index, Value) and mode.flags.tracer is not None:
        return mode.flags.tracer.may_fail(primitives.pick(index, *xs))
    number = index.data if isinstance(index, Value) else index
    if number not in range(len(xs)):
        raise IndexError(f"pick: the index must be a whole number from 0 to {len(xs) - 1}, not {number!r}")
    picked = xs[int(number)]
    # Among Values a number is one too: whoever goes on with what was picked need not know which it was.
    return as_value(picked) if isinstance(index, Value) or any(isinstance(x, Value) for x in xs) else picked


def _some(xs: Iterable[Any], name: str) -> list[Any]:
    xs = [*xs]
    if not xs:
        raise ValueError(f"{name} of nothing: give it at least one number")
    return xs
