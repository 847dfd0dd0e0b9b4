"""Functions over several numbers, compositions of primitives, and primitives of one's own: no derivative is here.

Of numbers alone they give a number, and with a Value among them a Value: the overloads say so to type checkers, and
``Unary``, ``Binary`` and ``Nary`` say it of the rows.
"""

# mypy: disable-error-code="overload-overlap,overload-cannot-match"
# (numbers in a list that could hold Values as well: what comes out is then called a Value, and is a number)

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from functools import reduce
from random import Random
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, overload

from . import primitives
from .errors import no_index
from .modes import mode
from .primitives import Primitive, exp, mul
from .value import Value, as_value

if TYPE_CHECKING:
    Number = Value | float
    N = TypeVar("N", Value, float)
    A = TypeVar("A")
    B = TypeVar("B")

    class Generator(Protocol):
        """What numbers are drawn from: ``random.Random``, or NumPy's ``Generator``."""

        def random(self) -> float: ...

    class Unary(Primitive):
        """A row of one argument."""

        @overload
        def __call__(self, x: float, /) -> float: ...
        @overload
        def __call__(self, x: Value, /) -> Value: ...
        def __call__(self, x: Any, /) -> Any: ...

    class Binary(Primitive):
        """A row of two arguments."""

        @overload
        def __call__(self, x: float, y: float, /) -> float: ...
        @overload
        def __call__(self, x: Value, y: Number, /) -> Value: ...
        @overload
        def __call__(self, x: float, y: Value, /) -> Value: ...
        def __call__(self, x: Any, y: Any, /) -> Any: ...

    class Nary(Primitive):
        """A row of any number of arguments."""

        @overload
        def __call__(self, *args: float) -> float: ...
        @overload
        def __call__(self, *args: Number) -> Value: ...
        def __call__(self, *args: Any) -> Any: ...

    @overload
    def where(condition: float, a: float, b: float) -> float: ...
    @overload
    def where(condition: Value, a: Number, b: Number) -> Value: ...
    @overload
    def where(condition: float, a: Value, b: Number) -> Value: ...
    @overload
    def where(condition: float, a: float, b: Value) -> Value: ...
    @overload
    def where(condition: Number, a: Callable[[], A], b: Callable[[], B]) -> A | B: ...
    @overload
    def where(condition: Number, a: Callable[[], A], b: B) -> A | B: ...
    @overload
    def where(condition: Number, a: A, b: Callable[[], B]) -> A | B: ...
    def where(condition: Any, a: Any, b: Any) -> Any: ...
else:
    from .primitives import where as where


def primitive(
    name: str,
    forward: Callable[..., float],
    partials: Callable[..., tuple[Any, ...]],
    *,
    symbol: str | None = None,
) -> Nary:
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

    made: Nary = Primitive(name, (symbol or "").strip() or name, forward, checked)  # type: ignore[assignment]
    made.__module__ = sys._getframe(1).f_globals.get("__name__", "")  # where a pickle finds it by its name
    return made


@overload
def dot(weights: Iterable[N], inputs: Iterable[N], bias: N | float = 0.0) -> N: ...
@overload
def dot(weights: Iterable[Number], inputs: Iterable[Number], bias: Number = 0.0) -> Value: ...
def dot(weights: Iterable[Any], inputs: Iterable[Any], bias: Any = 0.0) -> Any:
    """bias + w₁x₁ + … + wₙxₙ as one node, added strictly from left to right.

    ``weights`` w and ``inputs`` x have the same length, at least 1; else ValueError.

    >>> dot([1.0, 2.0], [3.0, 4.0], 0.5)
    11.5
    """
    if not (isinstance(weights, list) and isinstance(inputs, list)):
        weights, inputs = _listed(weights, "dot"), _listed(inputs, "dot")
    if len(weights) != len(inputs):
        raise ValueError(f"dot needs one input for each weight: {len(weights)} weights, {len(inputs)} inputs")
    if not weights:
        raise ValueError("dot of nothing: give it at least one weight and one input")
    args = (*weights, *inputs, bias)
    if type(args[0]) is Value:
        return args[0]._apply(primitives.dot, args)  # what the next line comes to: networks spend their time here
    return primitives.dot(*args)


@overload
def total(xs: Iterable[N]) -> N: ...
@overload
def total(xs: Iterable[Number]) -> Value: ...
def total(xs: Iterable[Any]) -> Any:
    """x₁ + … + xₙ of the numbers ``xs`` as one node, added from left to right; 0.0 for none.

    >>> total([0.1, 0.2, 0.3])
    0.6000000000000001
    """
    xs = _listed(xs, "total")
    return primitives.total(*xs) if xs else 0.0


@overload
def logsumexp(xs: Iterable[N]) -> N: ...
@overload
def logsumexp(xs: Iterable[Number]) -> Value: ...
def logsumexp(xs: Iterable[Any]) -> Any:
    """log(eˣ¹ + … + eˣⁿ) of the numbers ``xs`` as one node, without overflow; ValueError for none.

    >>> logsumexp([1000.0, 1000.0])
    1000.6931471805599
    """
    return primitives.logsumexp(*_some(xs, "logsumexp"))


@overload
def softmax(xs: Iterable[N]) -> list[N]: ...
@overload
def softmax(xs: Iterable[Number]) -> list[Value]: ...
def softmax(xs: Iterable[Any]) -> list[Any]:
    """exp(xᵢ) / Σ exp(xⱼ) for each of ``xs``: positive numbers that add up to 1.  ValueError for none.

    >>> softmax([0.0, 0.0])
    [0.5, 0.5]
    """
    return [exp(x) for x in log_softmax(_some(xs, "softmax"))]


@overload
def log_softmax(xs: Iterable[N]) -> list[N]: ...
@overload
def log_softmax(xs: Iterable[Number]) -> list[Value]: ...
def log_softmax(xs: Iterable[Any]) -> list[Any]:
    """xᵢ − log Σ exp(xⱼ) for each of ``xs``: the logarithm of softmax, without overflow.  ValueError for none.

    >>> log_softmax([1000.0, 1000.0])
    [-0.69314718056, -0.69314718056]
    """
    xs = _some(xs, "log_softmax")
    whole = primitives.logsumexp(*xs)
    return [x - whole for x in xs]


@overload
def mean(xs: Iterable[N]) -> N: ...
@overload
def mean(xs: Iterable[Number]) -> Value: ...
def mean(xs: Iterable[Any]) -> Any:
    """(x₁ + … + xₙ) / n of the numbers ``xs``; ValueError for none.

    >>> mean([1.0, 2.0, 6.0])
    3.0
    """
    xs = _some(xs, "mean")
    return primitives.total(*xs) / len(xs)


@overload
def prod(xs: Iterable[N]) -> N: ...
@overload
def prod(xs: Iterable[Number]) -> Value: ...
def prod(xs: Iterable[Any]) -> Any:
    """x₁ · … · xₙ of the numbers ``xs``, multiplied from left to right; ValueError for none.

    >>> prod([2.0, 3.0, 4.0])
    24.0
    """
    return reduce(mul, _some(xs, "prod"))


@overload
def leaky_relu(x: Value, slope: Number = 0.01) -> Value: ...
@overload
def leaky_relu(x: float, slope: float = 0.01) -> float: ...
@overload
def leaky_relu(x: float, slope: Value) -> Value: ...
def leaky_relu(x: Any, slope: Any = 0.01) -> Any:
    """x above 0, slope · x below; the derivative at 0 is the slope.

    >>> leaky_relu(-2.0)
    -0.02
    """
    return primitives.leaky_relu(x, slope)


def uniform(generator: Generator) -> float:
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


@overload
def pick(xs: Sequence[N], index: float) -> N: ...
@overload
def pick(xs: Sequence[Number], index: Number) -> Value: ...
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
        raise no_index(f"pick: the index must be a whole number from 0 to {len(xs) - 1}, not {number!r}", number)
    picked = xs[int(number)]
    # Among Values a number is one too: whoever goes on with what was picked need not know which it was.
    return as_value(picked) if isinstance(index, Value) or any(isinstance(x, Value) for x in xs) else picked


def _listed(xs: Any, name: str) -> list[Any]:
    """What is iterated over, as a list; for what is not, a TypeError that says so."""
    if isinstance(xs, Value) or not isinstance(xs, Iterable):
        raise TypeError(f"{name} takes a list of numbers and Values, not {xs!r:.60}")
    return [*xs]


def _some(xs: Iterable[Any], name: str) -> list[Any]:
    xs = _listed(xs, name)
    if not xs:
        raise ValueError(f"{name} of nothing: give it at least one number")
    return xs
