"""The operators and methods of Value.  Written by generate.py from the table; do not edit.

Every method is alike: the forward and the partials of its row on floats, then a node that stores them.
What is not plain goes to ``_apply``, which does the same by calling the row: a number or mode out of the
ordinary, and a forward or partial that raises.  The node is of the class of the left operand.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Protocol, Self, Union, overload

from . import primitives
from .graph import Node, new
from .modes import mode, scope_here

Operand = Union["Operators", float]

if TYPE_CHECKING:

    class Array(Protocol):
        """What NumPy computes with, an element at a time."""

        def __array__(self) -> Any: ...


def gaussian_on_floats(x: float) -> float:
    """The forward of gaussian on floats."""
    scaled = 134217729.0 * x
    head = scaled - (scaled - x)
    tail = x - head
    return 0.0 if math.fabs(x) > 40.0 else math.exp(-head * head) * math.exp(-tail * (head + x))


def relu_on_floats(x: float) -> float:
    """The forward of relu on floats."""
    return 0.0 if x <= 0.0 else x


def leaky_relu_on_floats(x: float, y: float) -> float:
    """The forward of leaky_relu on floats."""
    return x if x > 0.0 else y * x


def sigmoid_on_floats(x: float) -> float:
    """The forward of sigmoid on floats."""
    e = math.exp(-math.fabs(x))
    return (1.0 if x >= 0.0 else e) / (1.0 + e)


def sigmoid_slope_on_floats(x: float) -> float:
    """The forward of sigmoid_slope on floats."""
    e = math.exp(-math.fabs(x))
    return e / ((1.0 + e) * (1.0 + e))


def softplus_on_floats(x: float) -> float:
    """The forward of softplus on floats."""
    return (0.0 if x <= 0.0 else x) + math.log1p(math.exp(-math.fabs(x)))


def maximum_on_floats(x: float, y: float) -> float:
    """The forward of maximum on floats."""
    return x if x >= y or x != x else y


def minimum_on_floats(x: float, y: float) -> float:
    """The forward of minimum on floats."""
    return x if x <= y or x != x else y


class Operators(Node):
    """A node that knows arithmetic."""

    __slots__ = ()

    if TYPE_CHECKING:  # what Value adds

        def _apply(self, primitive: primitives.Primitive, args: tuple[Any, ...]) -> Self: ...

        def _operand(self, primitive: primitives.Primitive, x: Any) -> Any: ...

        @staticmethod
        def _lift(x: Any) -> Any: ...

        def _compare(self, row: primitives.Primitive, other: Any) -> bool: ...

        def _join(self, row: primitives.Primitive, *others: Any) -> Self: ...

    def __neg__(self) -> Self:
        """neg(x) = −x.

        ``∂/∂x = -1.0``.

        >>> from autograd import neg
        >>> neg(0.5)
        -0.5
        """
        if mode.eager:
            x = self._data
            x_needed = self.requires_grad
            try:
                out = -x
                dx = -1.0
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(type(self))
                node._data = out
                node.grad = 0.0
                node._tag = scope_here()
                node.primitive = primitives.neg
                node.requires_grad = x_needed
                node._a = self
                node._da = dx
                node._b = None
                node._db = 0.0
                return node
        return self._apply(primitives.neg, (self,))

    @overload
    def __add__(self, other: Operand) -> Self: ...
    @overload
    def __add__(self, other: Array) -> Any: ...
    def __add__(self, other: Any) -> Any:
        """add(x, y) = x + y.

        ``∂/∂x = 1.0, ∂/∂y = 1.0``.

        >>> from autograd import add
        >>> add(0.5, 2.0)
        2.5
        """
        kind = type(self)
        right: Any = other
        if type(right) is not kind:
            right = self._lift(right)
            if right is NotImplemented:
                return NotImplemented
        if mode.eager:
            x = self._data
            y = right._data
            x_needed = self.requires_grad
            y_needed = right.requires_grad
            try:
                out = x + y
                dx = 1.0
                dy = 1.0
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(kind)
                node._data = out
                node.grad = 0.0
                node._tag = scope_here()
                node.primitive = primitives.add
                node.requires_grad = x_needed or y_needed
                node._a = self
                node._da = dx
                node._b = right
                node._db = dy
                return node
        return self._apply(primitives.add, (self, right))

    @overload
    def __radd__(self, other: Operand) -> Self: ...
    @overload
    def __radd__(self, other: Array) -> Any: ...
    def __radd__(self, other: Any) -> Any:
        left = self._lift(other)
        return NotImplemented if left is NotImplemented else left.__add__(self)

    @overload
    def __sub__(self, other: Operand) -> Self: ...
    @overload
    def __sub__(self, other: Array) -> Any: ...
    def __sub__(self, other: Any) -> Any:
        """sub(x, y) = x − y.

        ``∂/∂x = 1.0, ∂/∂y = -1.0``.

        >>> from autograd import sub
        >>> sub(0.5, 2.0)
        -1.5
        """
        kind = type(self)
        right: Any = other
        if type(right) is not kind:
            right = self._lift(right)
            if right is NotImplemented:
                return NotImplemented
        if mode.eager:
            x = self._data
            y = right._data
            x_needed = self.requires_grad
            y_needed = right.requires_grad
            try:
                out = x - y
                dx = 1.0
                dy = -1.0
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(kind)
                node._data = out
                node.grad = 0.0
                node._tag = scope_here()
                node.primitive = primitives.sub
                node.requires_grad = x_needed or y_needed
                node._a = self
                node._da = dx
                node._b = right
                node._db = dy
                return node
        return self._apply(primitives.sub, (self, right))

    @overload
    def __rsub__(self, other: Operand) -> Self: ...
    @overload
    def __rsub__(self, other: Array) -> Any: ...
    def __rsub__(self, other: Any) -> Any:
        left = self._lift(other)
        return NotImplemented if left is NotImplemented else left.__sub__(self)

    @overload
    def __mul__(self, other: Operand) -> Self: ...
    @overload
    def __mul__(self, other: Array) -> Any: ...
    def __mul__(self, other: Any) -> Any:
        """mul(x, y) = x · y.

        ``∂/∂x = y, ∂/∂y = x``.

        >>> from autograd import mul
        >>> mul(0.5, 2.0)
        1.0
        """
        kind = type(self)
        right: Any = other
        if type(right) is not kind:
            right = self._lift(right)
            if right is NotImplemented:
                return NotImplemented
        if mode.eager:
            x = self._data
            y = right._data
            x_needed = self.requires_grad
            y_needed = right.requires_grad
            try:
                out = x * y
                dx = y
                dy = x
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(kind)
                node._data = out
                node.grad = 0.0
                node._tag = scope_here()
                node.primitive = primitives.mul
                node.requires_grad = x_needed or y_needed
                node._a = self
                node._da = dx
                node._b = right
                node._db = dy
                return node
        return self._apply(primitives.mul, (self, right))

    @overload
    def __rmul__(self, other: Operand) -> Self: ...
    @overload
    def __rmul__(self, other: Array) -> Any: ...
    def __rmul__(self, other: Any) -> Any:
        left = self._lift(other)
        return NotImplemented if left is NotImplemented else left.__mul__(self)

    @overload
    def __truediv__(self, other: Operand) -> Self: ...
    @overload
    def __truediv__(self, other: Array) -> Any: ...
    def __truediv__(self, other: Any) -> Any:
        """div(x, y) = x / y.

        ``∂/∂x = 1.0 / y, ∂/∂y = -out / y``, where out is the result.
        Raises ZeroDivisionError, as ``div(0.5, 0.0)`` does.

        >>> from autograd import div
        >>> div(0.5, 2.0)
        0.25
        """
        kind = type(self)
        right: Any = other
        if type(right) is not kind:
            right = self._lift(right)
            if right is NotImplemented:
                return NotImplemented
        if mode.eager:
            x = self._data
            y = right._data
            x_needed = self.requires_grad
            y_needed = right.requires_grad
            try:
                out = x / y
                dx = 1.0 / y if x_needed else 0.0
                dy = -out / y if y_needed else 0.0
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(kind)
                node._data = out
                node.grad = 0.0
                node._tag = scope_here()
                node.primitive = primitives.div
                node.requires_grad = x_needed or y_needed
                node._a = self
                node._da = dx
                node._b = right
                node._db = dy
                return node
        return self._apply(primitives.div, (self, right))

    @overload
    def __rtruediv__(self, other: Operand) -> Self: ...
    @overload
    def __rtruediv__(self, other: Array) -> Any: ...
    def __rtruediv__(self, other: Any) -> Any:
        left = self._lift(other)
        return NotImplemented if left is NotImplemented else left.__truediv__(self)

    @overload
    def __pow__(self, other: Operand) -> Self: ...
    @overload
    def __pow__(self, other: Array) -> Any: ...
    def __pow__(self, other: Any) -> Any:
        """pow(x, y) = x to the power y, for x > 0.

        ``∂/∂x = where(lt(y, 0.5), where(ne(x, 0.0), chain(y, out) / x, chain(y, pow(x, y - 1.0))), chain(y, pow(x, y - 1.0))), ∂/∂y = where(logical_and(eq(x, 0.0), ge(y, 0.0)), 0.0, out * log(x))``, where out is the result.
        Raises ZeroDivisionError, as ``pow(0.0, -1.5)`` does, and ValueError, as ``pow(-1.5, 0.5)`` does, and OverflowError, as ``pow(-1.5, 2000.0)`` does.

        >>> from autograd import pow
        >>> pow(0.5, 2.0)
        0.25
        """
        kind = type(self)
        right: Any = other
        if type(right) is not kind:
            right = self._lift(right)
            if right is NotImplemented:
                return NotImplemented
        if mode.eager:
            x = self._data
            y = right._data
            x_needed = self.requires_grad
            y_needed = right.requires_grad
            try:
                out = primitives.power(x, y)
                dx = (((y * out if y and out else 0.0) / x if x != 0.0 else primitives.chain.forward(y, primitives.power(x, y - 1.0))) if y < 0.5 else primitives.chain.forward(y, primitives.power(x, y - 1.0))) if x_needed else 0.0
                dy = (0.0 if x == 0.0 and y >= 0.0 else out * math.log(x)) if y_needed else 0.0
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(kind)
                node._data = out
                node.grad = 0.0
                node._tag = scope_here()
                node.primitive = primitives.pow
                node.requires_grad = x_needed or y_needed
                node._a = self
                node._da = dx
                node._b = right
                node._db = dy
                return node
        return self._apply(primitives.pow, (self, right))

    @overload
    def __rpow__(self, other: Operand) -> Self: ...
    @overload
    def __rpow__(self, other: Array) -> Any: ...
    def __rpow__(self, other: Any) -> Any:
        left = self._lift(other)
        return NotImplemented if left is NotImplemented else left.__pow__(self)

    @overload
    def __mod__(self, other: Operand) -> Self: ...
    @overload
    def __mod__(self, other: Array) -> Any: ...
    def __mod__(self, other: Any) -> Any:
        """mod(x, y) = x − y·⌊x / y⌋.

        ``∂/∂x = 1.0, ∂/∂y = -(x // y)``.
        Raises ZeroDivisionError, as ``mod(0.5, 0.0)`` does.

        >>> from autograd import mod
        >>> mod(0.5, 2.0)
        0.5
        """
        kind = type(self)
        right: Any = other
        if type(right) is not kind:
            right = self._lift(right)
            if right is NotImplemented:
                return NotImplemented
        if mode.eager:
            x = self._data
            y = right._data
            x_needed = self.requires_grad
            y_needed = right.requires_grad
            try:
                out = x % y
                dx = 1.0
                dy = -(x // y) if y_needed else 0.0
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(kind)
                node._data = out
                node.grad = 0.0
                node._tag = scope_here()
                node.primitive = primitives.mod
                node.requires_grad = x_needed or y_needed
                node._a = self
                node._da = dx
                node._b = right
                node._db = dy
                return node
        return self._apply(primitives.mod, (self, right))

    @overload
    def __rmod__(self, other: Operand) -> Self: ...
    @overload
    def __rmod__(self, other: Array) -> Any: ...
    def __rmod__(self, other: Any) -> Any:
        left = self._lift(other)
        return NotImplemented if left is NotImplemented else left.__mod__(self)

    @overload
    def __floordiv__(self, other: Operand) -> Self: ...
    @overload
    def __floordiv__(self, other: Array) -> Any: ...
    def __floordiv__(self, other: Any) -> Any:
        """floordiv(x, y) = ⌊x / y⌋.

        ``∂/∂x = 0.0, ∂/∂y = 0.0``.
        Raises ZeroDivisionError, as ``floordiv(0.5, 0.0)`` does.

        >>> from autograd import floordiv
        >>> floordiv(0.5, 2.0)
        0.0
        """
        kind = type(self)
        right: Any = other
        if type(right) is not kind:
            right = self._lift(right)
            if right is NotImplemented:
                return NotImplemented
        if mode.eager:
            x = self._data
            y = right._data
            x_needed = self.requires_grad
            y_needed = right.requires_grad
            try:
                out = x // y
                dx = 0.0
                dy = 0.0
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(kind)
                node._data = out
                node.grad = 0.0
                node._tag = scope_here()
                node.primitive = primitives.floordiv
                node.requires_grad = x_needed or y_needed
                node._a = self
                node._da = dx
                node._b = right
                node._db = dy
                return node
        return self._apply(primitives.floordiv, (self, right))

    @overload
    def __rfloordiv__(self, other: Operand) -> Self: ...
    @overload
    def __rfloordiv__(self, other: Array) -> Any: ...
    def __rfloordiv__(self, other: Any) -> Any:
        left = self._lift(other)
        return NotImplemented if left is NotImplemented else left.__floordiv__(self)

    def __abs__(self) -> Self:
        """abs(x) = |x|.

        ``∂/∂x = gt(x, 0.0) - lt(x, 0.0)``.

        >>> from autograd import abs
        >>> abs(0.5)
        0.5
        """
        if mode.eager:
            x = self._data
            x_needed = self.requires_grad
            try:
                out = math.fabs(x)
                dx = (1.0 if x > 0.0 else 0.0) - (1.0 if x < 0.0 else 0.0) if x_needed else 0.0
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(type(self))
                node._data = out
                node.grad = 0.0
                node._tag = scope_here()
                node.primitive = primitives.abs
                node.requires_grad = x_needed
                node._a = self
                node._da = dx
                node._b = None
                node._db = 0.0
                return node
        return self._apply(primitives.abs, (self,))

    def exp(self) -> Self:
        """exp(x) = eˣ.

        ``∂/∂x = out``, where out is the result.
        Raises OverflowError, as ``exp(2000.0)`` does.

        >>> from autograd import exp
        >>> exp(0.5)
        1.64872
        """
        if mode.eager:
            x = self._data
            x_needed = self.requires_grad
            try:
                out = math.exp(x)
                dx = out
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(type(self))
                node._data = out
                node.grad = 0.0
                node._tag = scope_here()
                node.primitive = primitives.exp
                node.requires_grad = x_needed
                node._a = self
                node._da = dx
                node._b = None
                node._db = 0.0
                return node
        return self._apply(primitives.exp, (self,))

    def exp2(self) -> Self:
        """exp2(x) = 2ˣ.

        ``∂/∂x = out * LN_2``, where out is the result.
        Raises OverflowError, as ``exp2(2000.0)`` does.

        >>> from autograd import exp2
        >>> exp2(0.5)
        1.41421
        """
        if mode.eager:
            x = self._data
            x_needed = self.requires_grad
            try:
                out = math.exp2(x)
                dx = out * primitives.LN_2 if x_needed else 0.0
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(type(self))
                node._data = out
                node.grad = 0.0
                node._tag = scope_here()
                node.primitive = primitives.exp2
                node.requires_grad = x_needed
                node._a = self
                node._da = dx
                node._b = None
                node._db = 0.0
                return node
        return self._apply(primitives.exp2, (self,))

    def expm1(self) -> Self:
        """expm1(x) = eˣ − 1, exact near 0.

        ``∂/∂x = exp(x)``.
        Raises OverflowError, as ``expm1(2000.0)`` does.

        >>> from autograd import expm1
        >>> expm1(0.5)
        0.648721
        """
        if mode.eager:
            x = self._data
            x_needed = self.requires_grad
            try:
                out = math.expm1(x)
                dx = math.exp(x) if x_needed else 0.0
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(type(self))
                node._data = out
                node.grad = 0.0
                node._tag = scope_here()
                node.primitive = primitives.expm1
                node.requires_grad = x_needed
                node._a = self
                node._da = dx
                node._b = None
                node._db = 0.0
                return node
        return self._apply(primitives.expm1, (self,))

    def gaussian(self) -> Self:
        """gaussian(x) = exp(−x²).

        ``∂/∂x = chain(x, -2.0 * out)``, where out is the result.

        >>> from autograd import gaussian
        >>> gaussian(0.5)
        0.778801
        """
        if mode.eager:
            x = self._data
            x_needed = self.requires_grad
            try:
                out = gaussian_on_floats(x)
                dx = primitives.chain.forward(x, -2.0 * out) if x_needed else 0.0
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(type(self))
                node._data = out
                node.grad = 0.0
                node._tag = scope_here()
                node.primitive = primitives.gaussian
                node.requires_grad = x_needed
                node._a = self
                node._da = dx
                node._b = None
                node._db = 0.0
                return node
        return self._apply(primitives.gaussian, (self,))

    def log(self) -> Self:
        """log(x) = the natural logarithm of x, for x > 0.

        ``∂/∂x = 1.0 / x``.
        Raises ValueError, as ``log(0.0)`` does.

        >>> from autograd import log
        >>> log(0.5)
        -0.693147
        """
        if mode.eager:
            x = self._data
            x_needed = self.requires_grad
            try:
                out = math.log(x)
                dx = 1.0 / x if x_needed else 0.0
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(type(self))
                node._data = out
                node.grad = 0.0
                node._tag = scope_here()
                node.primitive = primitives.log
                node.requires_grad = x_needed
                node._a = self
                node._da = dx
                node._b = None
                node._db = 0.0
                return node
        return self._apply(primitives.log, (self,))

    def log2(self) -> Self:
        """log2(x) = the logarithm of x to base 2, for x > 0.

        ``∂/∂x = 1.0 / LN_2 / x``.
        Raises ValueError, as ``log2(0.0)`` does.

        >>> from autograd import log2
        >>> log2(0.5)
        -1.0
        """
        if mode.eager:
            x = self._data
            x_needed = self.requires_grad
            try:
                out = math.log2(x)
                dx = 1.0 / primitives.LN_2 / x if x_needed else 0.0
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(type(self))
                node._data = out
                node.grad = 0.0
                node._tag = scope_here()
                node.primitive = primitives.log2
                node.requires_grad = x_needed
                node._a = self
                node._da = dx
                node._b = None
                node._db = 0.0
                return node
        return self._apply(primitives.log2, (self,))

    def log10(self) -> Self:
        """log10(x) = the logarithm of x to base 10, for x > 0.

        ``∂/∂x = 1.0 / LN_10 / x``.
        Raises ValueError, as ``log10(0.0)`` does.

        >>> from autograd import log10
        >>> log10(0.5)
        -0.30103
        """
        if mode.eager:
            x = self._data
            x_needed = self.requires_grad
            try:
                out = math.log10(x)
                dx = 1.0 / primitives.LN_10 / x if x_needed else 0.0
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(type(self))
                node._data = out
                node.grad = 0.0
                node._tag = scope_here()
                node.primitive = primitives.log10
                node.requires_grad = x_needed
                node._a = self
                node._da = dx
                node._b = None
                node._db = 0.0
                return node
        return self._apply(primitives.log10, (self,))

    def log1p(self) -> Self:
        """log1p(x) = log(1 + x), exact near 0, for x > -1.

        ``∂/∂x = 1.0 / (1.0 + x)``.
        Raises ValueError, as ``log1p(-1.5)`` does.

        >>> from autograd import log1p
        >>> log1p(0.5)
        0.405465
        """
        if mode.eager:
            x = self._data
            x_needed = self.requires_grad
            try:
                out = math.log1p(x)
                dx = 1.0 / (1.0 + x) if x_needed else 0.0
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(type(self))
                node._data = out
                node.grad = 0.0
                node._tag = scope_here()
                node.primitive = primitives.log1p
                node.requires_grad = x_needed
                node._a = self
                node._da = dx
                node._b = None
                node._db = 0.0
                return node
        return self._apply(primitives.log1p, (self,))

    def sqrt(self) -> Self:
        """sqrt(x) = √x, for x ≥ 0.

        ``∂/∂x = 0.5 / (out + 0.0)``, where out is the result.
        Raises ValueError, as ``sqrt(-1.5)`` does.

        >>> from autograd import sqrt
        >>> sqrt(0.5)
        0.707107
        """
        if mode.eager:
            x = self._data
            x_needed = self.requires_grad
            try:
                out = math.sqrt(x)
                dx = 0.5 / (out + 0.0) if x_needed else 0.0
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(type(self))
                node._data = out
                node.grad = 0.0
                node._tag = scope_here()
                node.primitive = primitives.sqrt
                node.requires_grad = x_needed
                node._a = self
                node._da = dx
                node._b = None
                node._db = 0.0
                return node
        return self._apply(primitives.sqrt, (self,))

    def sin(self) -> Self:
        """sin(x) = the sine of x radians.

        ``∂/∂x = cos(x)``.
        Raises ValueError, as ``sin(math.inf)`` does.

        >>> from autograd import sin
        >>> sin(0.5)
        0.479426
        """
        if mode.eager:
            x = self._data
            x_needed = self.requires_grad
            try:
                out = math.sin(x)
                dx = math.cos(x) if x_needed else 0.0
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(type(self))
                node._data = out
                node.grad = 0.0
                node._tag = scope_here()
                node.primitive = primitives.sin
                node.requires_grad = x_needed
                node._a = self
                node._da = dx
                node._b = None
                node._db = 0.0
                return node
        return self._apply(primitives.sin, (self,))

    def cos(self) -> Self:
        """cos(x) = the cosine of x radians.

        ``∂/∂x = -sin(x)``.
        Raises ValueError, as ``cos(math.inf)`` does.

        >>> from autograd import cos
        >>> cos(0.5)
        0.877583
        """
        if mode.eager:
            x = self._data
            x_needed = self.requires_grad
            try:
                out = math.cos(x)
                dx = -math.sin(x) if x_needed else 0.0
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(type(self))
                node._data = out
                node.grad = 0.0
                node._tag = scope_here()
                node.primitive = primitives.cos
                node.requires_grad = x_needed
                node._a = self
                node._da = dx
                node._b = None
                node._db = 0.0
                return node
        return self._apply(primitives.cos, (self,))

    def tan(self) -> Self:
        """tan(x) = the tangent of x radians.

        ``∂/∂x = 1.0 + out * out``, where out is the result.
        Raises ValueError, as ``tan(math.inf)`` does.

        >>> from autograd import tan
        >>> tan(0.5)
        0.546302
        """
        if mode.eager:
            x = self._data
            x_needed = self.requires_grad
            try:
                out = math.tan(x)
                dx = 1.0 + out * out if x_needed else 0.0
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(type(self))
                node._data = out
                node.grad = 0.0
                node._tag = scope_here()
                node.primitive = primitives.tan
                node.requires_grad = x_needed
                node._a = self
                node._da = dx
                node._b = None
                node._db = 0.0
                return node
        return self._apply(primitives.tan, (self,))

    def asin(self) -> Self:
        """asin(x) = the angle in radians with sine x, for -1 ≤ x ≤ 1.

        ``∂/∂x = 1.0 / sqrt(one_minus_square(x))``.
        Raises ValueError, as ``asin(-1.5)`` does.

        >>> from autograd import asin
        >>> asin(0.5)
        0.523599
        """
        if mode.eager:
            x = self._data
            x_needed = self.requires_grad
            try:
                out = math.asin(x)
                dx = 1.0 / math.sqrt((1.0 - x) * (1.0 + x)) if x_needed else 0.0
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(type(self))
                node._data = out
                node.grad = 0.0
                node._tag = scope_here()
                node.primitive = primitives.asin
                node.requires_grad = x_needed
                node._a = self
                node._da = dx
                node._b = None
                node._db = 0.0
                return node
        return self._apply(primitives.asin, (self,))

    arcsin = asin  # what NumPy calls

    def acos(self) -> Self:
        """acos(x) = the angle in radians with cosine x, for -1 ≤ x ≤ 1.

        ``∂/∂x = -1.0 / sqrt(one_minus_square(x))``.
        Raises ValueError, as ``acos(-1.5)`` does.

        >>> from autograd import acos
        >>> acos(0.5)
        1.0472
        """
        if mode.eager:
            x = self._data
            x_needed = self.requires_grad
            try:
                out = math.acos(x)
                dx = -1.0 / math.sqrt((1.0 - x) * (1.0 + x)) if x_needed else 0.0
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(type(self))
                node._data = out
                node.grad = 0.0
                node._tag = scope_here()
                node.primitive = primitives.acos
                node.requires_grad = x_needed
                node._a = self
                node._da = dx
                node._b = None
                node._db = 0.0
                return node
        return self._apply(primitives.acos, (self,))

    arccos = acos  # what NumPy calls

    def atan(self) -> Self:
        """atan(x) = the angle in radians with tangent x.

        ``∂/∂x = 1.0 / hypot(1.0, x) / hypot(1.0, x)``.

        >>> from autograd import atan
        >>> atan(0.5)
        0.463648
        """
        if mode.eager:
            x = self._data
            x_needed = self.requires_grad
            try:
                out = math.atan(x)
                dx = 1.0 / math.hypot(1.0, x) / math.hypot(1.0, x) if x_needed else 0.0
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(type(self))
                node._data = out
                node.grad = 0.0
                node._tag = scope_here()
                node.primitive = primitives.atan
                node.requires_grad = x_needed
                node._a = self
                node._da = dx
                node._b = None
                node._db = 0.0
                return node
        return self._apply(primitives.atan, (self,))

    arctan = atan  # what NumPy calls

    def atan2(self, other: Operand) -> Self:
        """atan2(x, y) = the angle in radians of the point (y, x).

        ``∂/∂x = y / hypot(x, y) / hypot(x, y), ∂/∂y = -x / hypot(x, y) / hypot(x, y)``.

        >>> from autograd import atan2
        >>> atan2(0.5, 2.0)
        0.244979
        """
        kind = type(self)
        right: Any = other
        if type(right) is not kind:
            right = self._operand(primitives.atan2, right)
        if mode.eager:
            x = self._data
            y = right._data
            x_needed = self.requires_grad
            y_needed = right.requires_grad
            try:
                out = math.atan2(x, y)
                dx = y / math.hypot(x, y) / math.hypot(x, y) if x_needed else 0.0
                dy = -x / math.hypot(x, y) / math.hypot(x, y) if y_needed else 0.0
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(kind)
                node._data = out
                node.grad = 0.0
                node._tag = scope_here()
                node.primitive = primitives.atan2
                node.requires_grad = x_needed or y_needed
                node._a = self
                node._da = dx
                node._b = right
                node._db = dy
                return node
        return self._apply(primitives.atan2, (self, right))

    arctan2 = atan2  # what NumPy calls

    def sinh(self) -> Self:
        """sinh(x) = (eˣ − e⁻ˣ) / 2.

        ``∂/∂x = cosh(x)``.
        Raises OverflowError, as ``sinh(2000.0)`` does.

        >>> from autograd import sinh
        >>> sinh(0.5)
        0.521095
        """
        if mode.eager:
            x = self._data
            x_needed = self.requires_grad
            try:
                out = math.sinh(x)
                dx = math.cosh(x) if x_needed else 0.0
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(type(self))
                node._data = out
                node.grad = 0.0
                node._tag = scope_here()
                node.primitive = primitives.sinh
                node.requires_grad = x_needed
                node._a = self
                node._da = dx
                node._b = None
                node._db = 0.0
                return node
        return self._apply(primitives.sinh, (self,))

    def cosh(self) -> Self:
        """cosh(x) = (eˣ + e⁻ˣ) / 2.

        ``∂/∂x = sinh(x)``.
        Raises OverflowError, as ``cosh(2000.0)`` does.

        >>> from autograd import cosh
        >>> cosh(0.5)
        1.12763
        """
        if mode.eager:
            x = self._data
            x_needed = self.requires_grad
            try:
                out = math.cosh(x)
                dx = math.sinh(x) if x_needed else 0.0
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(type(self))
                node._data = out
                node.grad = 0.0
                node._tag = scope_here()
                node.primitive = primitives.cosh
                node.requires_grad = x_needed
                node._a = self
                node._da = dx
                node._b = None
                node._db = 0.0
                return node
        return self._apply(primitives.cosh, (self,))

    def tanh(self) -> Self:
        """tanh(x) = (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ).

        ``∂/∂x = where(lt(abs(out), 0.75), 1.0 - out * out, lambda: 4.0 * sigmoid_slope(2.0 * x))``, where out is the result.

        >>> from autograd import tanh
        >>> tanh(0.5)
        0.462117
        """
        if mode.eager:
            x = self._data
            x_needed = self.requires_grad
            try:
                out = math.tanh(x)
                dx = (1.0 - out * out if math.fabs(out) < 0.75 else 4.0 * sigmoid_slope_on_floats(2.0 * x)) if x_needed else 0.0
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(type(self))
                node._data = out
                node.grad = 0.0
                node._tag = scope_here()
                node.primitive = primitives.tanh
                node.requires_grad = x_needed
                node._a = self
                node._da = dx
                node._b = None
                node._db = 0.0
                return node
        return self._apply(primitives.tanh, (self,))

    def asinh(self) -> Self:
        """asinh(x) = the number with sinh x.

        ``∂/∂x = 1.0 / hypot(1.0, x)``.

        >>> from autograd import asinh
        >>> asinh(0.5)
        0.481212
        """
        if mode.eager:
            x = self._data
            x_needed = self.requires_grad
            try:
                out = math.asinh(x)
                dx = 1.0 / math.hypot(1.0, x) if x_needed else 0.0
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(type(self))
                node._data = out
                node.grad = 0.0
                node._tag = scope_here()
                node.primitive = primitives.asinh
                node.requires_grad = x_needed
                node._a = self
                node._da = dx
                node._b = None
                node._db = 0.0
                return node
        return self._apply(primitives.asinh, (self,))

    arcsinh = asinh  # what NumPy calls

    def acosh(self) -> Self:
        """acosh(x) = the number from 0 up with cosh x, for x ≥ 1.

        ``∂/∂x = 1.0 / (sqrt(x - 1.0) * sqrt(x + 1.0))``.
        Raises ValueError, as ``acosh(0.5)`` does.

        >>> from autograd import acosh
        >>> acosh(2.0)
        1.31696
        """
        if mode.eager:
            x = self._data
            x_needed = self.requires_grad
            try:
                out = math.acosh(x)
                dx = 1.0 / (math.sqrt(x - 1.0) * math.sqrt(x + 1.0)) if x_needed else 0.0
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(type(self))
                node._data = out
                node.grad = 0.0
                node._tag = scope_here()
                node.primitive = primitives.acosh
                node.requires_grad = x_needed
                node._a = self
                node._da = dx
                node._b = None
                node._db = 0.0
                return node
        return self._apply(primitives.acosh, (self,))

    arccosh = acosh  # what NumPy calls

    def atanh(self) -> Self:
        """atanh(x) = the number with tanh x, for -1 < x < 1.

        ``∂/∂x = 1.0 / one_minus_square(x)``.
        Raises ValueError, as ``atanh(-1.5)`` does.

        >>> from autograd import atanh
        >>> atanh(0.5)
        0.549306
        """
        if mode.eager:
            x = self._data
            x_needed = self.requires_grad
            try:
                out = math.atanh(x)
                dx = 1.0 / ((1.0 - x) * (1.0 + x)) if x_needed else 0.0
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(type(self))
                node._data = out
                node.grad = 0.0
                node._tag = scope_here()
                node.primitive = primitives.atanh
                node.requires_grad = x_needed
                node._a = self
                node._da = dx
                node._b = None
                node._db = 0.0
                return node
        return self._apply(primitives.atanh, (self,))

    arctanh = atanh  # what NumPy calls

    def one_minus_square(self) -> Self:
        """one_minus_square(x) = 1 − x², exact near ±1.

        ``∂/∂x = -2.0 * x``.

        >>> from autograd import one_minus_square
        >>> one_minus_square(0.5)
        0.75
        """
        if mode.eager:
            x = self._data
            x_needed = self.requires_grad
            try:
                out = (1.0 - x) * (1.0 + x)
                dx = -2.0 * x if x_needed else 0.0
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(type(self))
                node._data = out
                node.grad = 0.0
                node._tag = scope_here()
                node.primitive = primitives.one_minus_square
                node.requires_grad = x_needed
                node._a = self
                node._da = dx
                node._b = None
                node._db = 0.0
                return node
        return self._apply(primitives.one_minus_square, (self,))

    def erf(self) -> Self:
        """erf(x) = 2/√π ∫₀ˣ exp(−t²) dt.

        ``∂/∂x = TWO_OVER_ROOT_PI * gaussian(x)``.

        >>> from autograd import erf
        >>> erf(0.5)
        0.5205
        """
        if mode.eager:
            x = self._data
            x_needed = self.requires_grad
            try:
                out = math.erf(x)
                dx = primitives.TWO_OVER_ROOT_PI * gaussian_on_floats(x) if x_needed else 0.0
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(type(self))
                node._data = out
                node.grad = 0.0
                node._tag = scope_here()
                node.primitive = primitives.erf
                node.requires_grad = x_needed
                node._a = self
                node._da = dx
                node._b = None
                node._db = 0.0
                return node
        return self._apply(primitives.erf, (self,))

    def relu(self) -> Self:
        """relu(x) = max(x, 0).

        ``∂/∂x = gt(out, 0.0)``, where out is the result.

        >>> from autograd import relu
        >>> relu(0.5)
        0.5
        """
        if mode.eager:
            x = self._data
            x_needed = self.requires_grad
            try:
                out = 0.0 if x <= 0.0 else x
                dx = (1.0 if out > 0.0 else 0.0) if x_needed else 0.0
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(type(self))
                node._data = out
                node.grad = 0.0
                node._tag = scope_here()
                node.primitive = primitives.relu
                node.requires_grad = x_needed
                node._a = self
                node._da = dx
                node._b = None
                node._db = 0.0
                return node
        return self._apply(primitives.relu, (self,))

    def leaky_relu(self, other: Operand = 0.01) -> Self:
        """leaky_relu(x, y) = x above 0, slope · x below; the slope is y.

        ``∂/∂x = where(gt(x, 0.0), 1.0, y), ∂/∂y = where(gt(x, 0.0), 0.0, x)``.

        >>> from autograd import leaky_relu
        >>> leaky_relu(0.5, 2.0)
        0.5
        """
        kind = type(self)
        right: Any = other
        if type(right) is not kind:
            right = self._operand(primitives.leaky_relu, right)
        if mode.eager:
            x = self._data
            y = right._data
            x_needed = self.requires_grad
            y_needed = right.requires_grad
            try:
                out = x if x > 0.0 else y * x
                dx = (1.0 if x > 0.0 else y) if x_needed else 0.0
                dy = (0.0 if x > 0.0 else x) if y_needed else 0.0
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(kind)
                node._data = out
                node.grad = 0.0
                node._tag = scope_here()
                node.primitive = primitives.leaky_relu
                node.requires_grad = x_needed or y_needed
                node._a = self
                node._da = dx
                node._b = right
                node._db = dy
                return node
        return self._apply(primitives.leaky_relu, (self, right))

    def sigmoid(self) -> Self:
        """sigmoid(x) = 1 / (1 + e⁻ˣ).

        ``∂/∂x = sigmoid_slope(x)``.

        >>> from autograd import sigmoid
        >>> sigmoid(0.5)
        0.622459
        """
        if mode.eager:
            x = self._data
            x_needed = self.requires_grad
            try:
                out = sigmoid_on_floats(x)
                dx = sigmoid_slope_on_floats(x) if x_needed else 0.0
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(type(self))
                node._data = out
                node.grad = 0.0
                node._tag = scope_here()
                node.primitive = primitives.sigmoid
                node.requires_grad = x_needed
                node._a = self
                node._da = dx
                node._b = None
                node._db = 0.0
                return node
        return self._apply(primitives.sigmoid, (self,))

    def sigmoid_slope(self) -> Self:
        """sigmoid_slope(x) = the slope of sigmoid, e⁻ˣ / (1 + e⁻ˣ)².

        ``∂/∂x = -tanh(0.5 * x) * out``, where out is the result.

        >>> from autograd import sigmoid_slope
        >>> sigmoid_slope(0.5)
        0.235004
        """
        if mode.eager:
            x = self._data
            x_needed = self.requires_grad
            try:
                out = sigmoid_slope_on_floats(x)
                dx = -math.tanh(0.5 * x) * out if x_needed else 0.0
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(type(self))
                node._data = out
                node.grad = 0.0
                node._tag = scope_here()
                node.primitive = primitives.sigmoid_slope
                node.requires_grad = x_needed
                node._a = self
                node._da = dx
                node._b = None
                node._db = 0.0
                return node
        return self._apply(primitives.sigmoid_slope, (self,))

    def softplus(self) -> Self:
        """softplus(x) = log(1 + eˣ).

        ``∂/∂x = sigmoid(x)``.

        >>> from autograd import softplus
        >>> softplus(0.5)
        0.974077
        """
        if mode.eager:
            x = self._data
            x_needed = self.requires_grad
            try:
                out = (0.0 if x <= 0.0 else x) + math.log1p(math.exp(-math.fabs(x)))
                dx = sigmoid_on_floats(x) if x_needed else 0.0
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(type(self))
                node._data = out
                node.grad = 0.0
                node._tag = scope_here()
                node.primitive = primitives.softplus
                node.requires_grad = x_needed
                node._a = self
                node._da = dx
                node._b = None
                node._db = 0.0
                return node
        return self._apply(primitives.softplus, (self,))

    def maximum(self, other: Operand) -> Self:
        """maximum(x, y) = the larger of x and y.

        ``∂/∂x = where(ne(out, out), out, gt(x, y) + 0.5 * eq(x, y)), ∂/∂y = where(ne(out, out), out, lt(x, y) + 0.5 * eq(x, y))``, where out is the result.

        >>> from autograd import maximum
        >>> maximum(0.5, 2.0)
        2.0
        """
        kind = type(self)
        right: Any = other
        if type(right) is not kind:
            right = self._operand(primitives.maximum, right)
        if mode.eager:
            x = self._data
            y = right._data
            x_needed = self.requires_grad
            y_needed = right.requires_grad
            try:
                out = x if x >= y or x != x else y
                dx = (out if out != out else (1.0 if x > y else 0.0) + 0.5 * (1.0 if x == y else 0.0)) if x_needed else 0.0
                dy = (out if out != out else (1.0 if x < y else 0.0) + 0.5 * (1.0 if x == y else 0.0)) if y_needed else 0.0
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(kind)
                node._data = out
                node.grad = 0.0
                node._tag = scope_here()
                node.primitive = primitives.maximum
                node.requires_grad = x_needed or y_needed
                node._a = self
                node._da = dx
                node._b = right
                node._db = dy
                return node
        return self._apply(primitives.maximum, (self, right))

    def minimum(self, other: Operand) -> Self:
        """minimum(x, y) = the smaller of x and y.

        ``∂/∂x = where(ne(out, out), out, lt(x, y) + 0.5 * eq(x, y)), ∂/∂y = where(ne(out, out), out, gt(x, y) + 0.5 * eq(x, y))``, where out is the result.

        >>> from autograd import minimum
        >>> minimum(0.5, 2.0)
        0.5
        """
        kind = type(self)
        right: Any = other
        if type(right) is not kind:
            right = self._operand(primitives.minimum, right)
        if mode.eager:
            x = self._data
            y = right._data
            x_needed = self.requires_grad
            y_needed = right.requires_grad
            try:
                out = x if x <= y or x != x else y
                dx = (out if out != out else (1.0 if x < y else 0.0) + 0.5 * (1.0 if x == y else 0.0)) if x_needed else 0.0
                dy = (out if out != out else (1.0 if x > y else 0.0) + 0.5 * (1.0 if x == y else 0.0)) if y_needed else 0.0
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(kind)
                node._data = out
                node.grad = 0.0
                node._tag = scope_here()
                node.primitive = primitives.minimum
                node.requires_grad = x_needed or y_needed
                node._a = self
                node._da = dx
                node._b = right
                node._db = dy
                return node
        return self._apply(primitives.minimum, (self, right))

    def hypot(self, other: Operand) -> Self:
        """hypot(x, y) = √(x² + y²), without overflow.

        ``∂/∂x = where(eq(out, 0.0), 0.0, x / out), ∂/∂y = where(eq(out, 0.0), 0.0, y / out)``, where out is the result.

        >>> from autograd import hypot
        >>> hypot(0.5, 2.0)
        2.06155
        """
        kind = type(self)
        right: Any = other
        if type(right) is not kind:
            right = self._operand(primitives.hypot, right)
        if mode.eager:
            x = self._data
            y = right._data
            x_needed = self.requires_grad
            y_needed = right.requires_grad
            try:
                out = math.hypot(x, y)
                dx = (0.0 if out == 0.0 else x / out) if x_needed else 0.0
                dy = (0.0 if out == 0.0 else y / out) if y_needed else 0.0
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(kind)
                node._data = out
                node.grad = 0.0
                node._tag = scope_here()
                node.primitive = primitives.hypot
                node.requires_grad = x_needed or y_needed
                node._a = self
                node._da = dx
                node._b = right
                node._db = dy
                return node
        return self._apply(primitives.hypot, (self, right))

    def __lt__(self, other: Any) -> bool:
        """Whether 1 if x < y, else 0: of the numbers, at once; ``lt(x, y)`` is part of the graph."""
        return self._compare(primitives.lt, other)

    def __le__(self, other: Any) -> bool:
        """Whether 1 if x ≤ y, else 0: of the numbers, at once; ``le(x, y)`` is part of the graph."""
        return self._compare(primitives.le, other)

    def __gt__(self, other: Any) -> bool:
        """Whether 1 if x > y, else 0: of the numbers, at once; ``gt(x, y)`` is part of the graph."""
        return self._compare(primitives.gt, other)

    def __ge__(self, other: Any) -> bool:
        """Whether 1 if x ≥ y, else 0: of the numbers, at once; ``ge(x, y)`` is part of the graph."""
        return self._compare(primitives.ge, other)

    def __and__(self, other: Any) -> Self:
        """logical_and: 1 if x and y hold, else 0, of comparisons that are part of the graph."""
        return self._join(primitives.logical_and, other)

    __rand__ = __and__

    def __or__(self, other: Any) -> Self:
        """logical_or: 1 if x or y holds, else 0, of comparisons that are part of the graph."""
        return self._join(primitives.logical_or, other)

    __ror__ = __or__

    def __invert__(self) -> Self:
        """logical_not: 1 if x does not hold, else 0, of comparisons that are part of the graph."""
        return self._join(primitives.logical_not)


# The method of each row that computes by it.
METHODS: dict[primitives.Primitive, Any] = {
    primitives.neg: Operators.__neg__,
    primitives.add: Operators.__add__,
    primitives.sub: Operators.__sub__,
    primitives.mul: Operators.__mul__,
    primitives.div: Operators.__truediv__,
    primitives.pow: Operators.__pow__,
    primitives.mod: Operators.__mod__,
    primitives.floordiv: Operators.__floordiv__,
    primitives.abs: Operators.__abs__,
    primitives.exp: Operators.exp,
    primitives.exp2: Operators.exp2,
    primitives.expm1: Operators.expm1,
    primitives.gaussian: Operators.gaussian,
    primitives.log: Operators.log,
    primitives.log2: Operators.log2,
    primitives.log10: Operators.log10,
    primitives.log1p: Operators.log1p,
    primitives.sqrt: Operators.sqrt,
    primitives.sin: Operators.sin,
    primitives.cos: Operators.cos,
    primitives.tan: Operators.tan,
    primitives.asin: Operators.asin,
    primitives.acos: Operators.acos,
    primitives.atan: Operators.atan,
    primitives.atan2: Operators.atan2,
    primitives.sinh: Operators.sinh,
    primitives.cosh: Operators.cosh,
    primitives.tanh: Operators.tanh,
    primitives.asinh: Operators.asinh,
    primitives.acosh: Operators.acosh,
    primitives.atanh: Operators.atanh,
    primitives.one_minus_square: Operators.one_minus_square,
    primitives.erf: Operators.erf,
    primitives.relu: Operators.relu,
    primitives.leaky_relu: Operators.leaky_relu,
    primitives.sigmoid: Operators.sigmoid,
    primitives.sigmoid_slope: Operators.sigmoid_slope,
    primitives.softplus: Operators.softplus,
    primitives.maximum: Operators.maximum,
    primitives.minimum: Operators.minimum,
    primitives.hypot: Operators.hypot,
}
primitives.gaussian.on_floats = gaussian_on_floats
primitives.relu.on_floats = relu_on_floats
primitives.leaky_relu.on_floats = leaky_relu_on_floats
primitives.sigmoid.on_floats = sigmoid_on_floats
primitives.sigmoid_slope.on_floats = sigmoid_slope_on_floats
primitives.softplus.on_floats = softplus_on_floats
primitives.maximum.on_floats = maximum_on_floats
primitives.minimum.on_floats = minimum_on_floats

for _row, _method in METHODS.items():
    _row.__doc__ = _method.__doc__
primitives.lt.__doc__ = """lt(x, y) = 1 if x < y, else 0.

``∂/∂x = 0.0, ∂/∂y = 0.0``.

>>> from autograd import lt
>>> lt(0.5, 2.0)
1.0
"""
primitives.le.__doc__ = """le(x, y) = 1 if x ≤ y, else 0.

``∂/∂x = 0.0, ∂/∂y = 0.0``.

>>> from autograd import le
>>> le(0.5, 2.0)
1.0
"""
primitives.gt.__doc__ = """gt(x, y) = 1 if x > y, else 0.

``∂/∂x = 0.0, ∂/∂y = 0.0``.

>>> from autograd import gt
>>> gt(0.5, 2.0)
0.0
"""
primitives.ge.__doc__ = """ge(x, y) = 1 if x ≥ y, else 0.

``∂/∂x = 0.0, ∂/∂y = 0.0``.

>>> from autograd import ge
>>> ge(0.5, 2.0)
0.0
"""
primitives.eq.__doc__ = """eq(x, y) = 1 if x = y, else 0.

``∂/∂x = 0.0, ∂/∂y = 0.0``.

>>> from autograd import eq
>>> eq(0.5, 2.0)
0.0
"""
primitives.ne.__doc__ = """ne(x, y) = 1 if x ≠ y, else 0.

``∂/∂x = 0.0, ∂/∂y = 0.0``.

>>> from autograd import ne
>>> ne(0.5, 2.0)
1.0
"""
primitives.logical_and.__doc__ = """logical_and(x, y) = 1 if x and y hold, else 0.

``∂/∂x = 0.0, ∂/∂y = 0.0``.

>>> from autograd import logical_and
>>> logical_and(0.5, 2.0)
1.0
"""
primitives.logical_or.__doc__ = """logical_or(x, y) = 1 if x or y holds, else 0.

``∂/∂x = 0.0, ∂/∂y = 0.0``.

>>> from autograd import logical_or
>>> logical_or(0.5, 2.0)
1.0
"""
primitives.logical_not.__doc__ = """logical_not(x) = 1 if x does not hold, else 0.

``∂/∂x = 0.0``.

>>> from autograd import logical_not
>>> logical_not(0.5)
0.0
"""
primitives.chain.__doc__ = """chain(g, p) = g · p, and 0 if either is 0.

``∂/∂g = p, ∂/∂p = g``.

>>> from autograd import chain
>>> chain(0.5, 2.0)
1.0
"""
