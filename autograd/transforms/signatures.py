"""What a type checker sees of the functions that the transforms return.

A derivative by the first argument has its form: a float for a number, a Value for a Value, a list of floats for one of
numbers, a dict for a dict.  That f closes over a Value no checker can tell: then what is said to be a float is a Value,
and to give f a Value as its argument says so.
"""

# mypy: disable-error-code="overload-overlap"
# (numbers may be given where Values could be as well)

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar, overload

from ..value import Value

Number = Value | float
Scalar = Callable[..., Number]  # a function that returns one number, as all transforms but jacobian and jvp take
Floats = list[float] | list[int]
Plain = float | Floats
T = TypeVar("T")


class Gradient(Protocol):
    """What ``grad(f)`` returns."""

    @overload
    def __call__(self, x: float, /, *others: Plain, **named: Plain) -> float: ...
    @overload
    def __call__(self, x: float, /, *others: Number, **named: Number) -> Value: ...
    @overload
    def __call__(self, x: Floats, /, *others: Plain, **named: Plain) -> list[float]: ...
    @overload
    def __call__(self, x: Plain, /, *others: Any, **named: Any) -> Any: ...
    @overload
    def __call__(self, x: T, /, *others: Any, **named: Any) -> T: ...


class ValueAndGradient(Protocol):
    """What ``value_and_grad(f)`` returns."""

    @overload
    def __call__(self, x: float, /, *others: Plain, **named: Plain) -> tuple[float, float]: ...
    @overload
    def __call__(self, x: Number, /, *others: Number, **named: Number) -> tuple[Value, Value]: ...
    @overload
    def __call__(self, x: Floats, /, *others: Plain, **named: Plain) -> tuple[float, list[float]]: ...
    @overload
    def __call__(self, x: list[Value], /, *others: Any, **named: Any) -> tuple[Value, list[Value]]: ...
    @overload
    def __call__(self, x: Plain, /, *others: Any, **named: Any) -> tuple[Any, Any]: ...
    @overload
    def __call__(self, x: T, /, *others: Any, **named: Any) -> tuple[Any, T]: ...


class Hessian(Protocol):
    """What ``hessian(f)`` returns."""

    @overload
    def __call__(self, x: float, /, *others: Plain, **named: Plain) -> float: ...
    @overload
    def __call__(self, x: Number, /, *others: Number, **named: Number) -> Value: ...
    @overload
    def __call__(self, x: Floats, /, *others: Plain, **named: Plain) -> list[list[float]]: ...
    @overload
    def __call__(self, x: list[Value], /, *others: Any, **named: Any) -> list[list[Value]]: ...
    @overload
    def __call__(self, x: Any, /, *others: Any, **named: Any) -> Any: ...


class Jacobian(Protocol):
    """What ``jacobian(f)`` returns, where f gives a list."""

    @overload
    def __call__(self, x: float, /, *others: Plain, **named: Plain) -> list[float]: ...
    @overload
    def __call__(self, x: Number, /, *others: Number, **named: Number) -> list[Value]: ...
    @overload
    def __call__(self, x: Floats, /, *others: Plain, **named: Plain) -> list[list[float]]: ...
    @overload
    def __call__(self, x: list[Value], /, *others: Any, **named: Any) -> list[list[Value]]: ...
    @overload
    def __call__(self, x: Any, /, *others: Any, **named: Any) -> Any: ...
