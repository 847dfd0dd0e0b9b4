"""What a type checker sees of the functions that the transforms return.

A derivative by the first argument has its form: a float for a number, a Value for a Value, a list of floats for one of
numbers, a dict for a dict.  That f closes over a Value no checker can tell: then what is said to be a float is a Value,
and to give f a Value as its argument says so.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar, overload

from ..value import Value

Number = Value | float
Scalar = Callable[..., Number]  # a function that returns one number, as all transforms but jacobian and jvp take
Plain = float | list[float] | list[int]
T = TypeVar("T")


class Gradient(Protocol):
    """What ``grad(f)`` returns."""

    @overload
    def __call__(self, x: float, /, *others: Plain, **named: Any) -> float: ...
    @overload
    def __call__(self, x: float, /, *others: Number, **named: Any) -> Value: ...
    @overload
    def __call__(self, x: list[float] | list[int], /, *others: Any, **named: Any) -> list[float]: ...
    @overload
    def __call__(self, x: float, /, *others: Any, **named: Any) -> Any: ...
    @overload
    def __call__(self, x: T, /, *others: Any, **named: Any) -> T: ...


class ValueAndGradient(Protocol):
    """What ``value_and_grad(f)`` returns."""

    @overload
    def __call__(self, x: float, /, *others: Plain, **named: Any) -> tuple[float, float]: ...
    @overload
    def __call__(self, x: Number, /, *others: Number, **named: Any) -> tuple[Value, Value]: ...
    @overload
    def __call__(self, x: list[float] | list[int], /, *others: Plain, **named: Any) -> tuple[float, list[float]]: ...
    @overload
    def __call__(self, x: list[Value], /, *others: Any, **named: Any) -> tuple[Value, list[Value]]: ...
    @overload
    def __call__(self, x: float, /, *others: Any, **named: Any) -> tuple[Any, Any]: ...
    @overload
    def __call__(self, x: T, /, *others: Any, **named: Any) -> tuple[Any, T]: ...


class Hessian(Protocol):
    """What ``hessian(f)`` returns."""

    @overload
    def __call__(self, x: float, /, *others: Plain, **named: Any) -> float: ...
    @overload
    def __call__(self, x: Number, /, *others: Number, **named: Any) -> Value: ...
    @overload
    def __call__(self, x: list[float] | list[int], /, *others: Any, **named: Any) -> list[list[float]]: ...
    @overload
    def __call__(self, x: list[Value], /, *others: Any, **named: Any) -> list[list[Value]]: ...
    @overload
    def __call__(self, x: Any, /, *others: Any, **named: Any) -> Any: ...


class Jacobian(Protocol):
    """What ``jacobian(f)`` returns, where f gives a list."""

    @overload
    def __call__(self, x: float, /, *others: Plain, **named: Any) -> list[float]: ...
    @overload
    def __call__(self, x: Number, /, *others: Number, **named: Any) -> list[Value]: ...
    @overload
    def __call__(self, x: list[float] | list[int], /, *others: Any, **named: Any) -> list[list[float]]: ...
    @overload
    def __call__(self, x: list[Value], /, *others: Any, **named: Any) -> list[list[Value]]: ...
    @overload
    def __call__(self, x: Any, /, *others: Any, **named: Any) -> Any: ...
