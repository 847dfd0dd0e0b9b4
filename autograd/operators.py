"""The operators and methods of Value.  Written by generate.py from the table; do not edit.

Every method is alike: the forward and the partials of its row on floats, then a node that stores them.
What is not plain goes to ``_apply``, which does the same by calling the row: a number or mode out of the
ordinary, and a forward or partial that raises.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from . import primitives
from .graph import Node, mode

if TYPE_CHECKING:
    from .value import Operand, Value  # value.py puts the class here once it exists

new = object.__new__


class Operators(Node):
    """A node that knows arithmetic."""

    __slots__ = ()

    if TYPE_CHECKING:  # what Value adds

        def _apply(self, primitive: primitives.Primitive, args: tuple[Any, ...]) -> Value: ...

        def _lift(self, x: Any) -> Any: ...

        def _operand(self, primitive: primitives.Primitive, x: Any) -> Value: ...

    def __neg__(self) -> Value:
        """−x.  ∂/∂x = -1.0"""
        if mode.recording:
            x = self._data
            x_needed = self.requires_grad
            try:
                out = -x
                dx = -1.0 if x_needed else 0.0
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(Value)
                node._data = out
                node.grad = 0.0
                node.label = ""
                node.primitive = primitives.neg
                node.requires_grad = x_needed
                node._a = self
                node._da = dx
                node._b = None
                node._db = 0.0
                return node
        return self._apply(primitives.neg, (self,))

    def __add__(self, other: Operand) -> Value:
        """x + y.  ∂/∂x = 1.0, ∂/∂y = 1.0"""
        if type(other) is not Value:
            other = self._lift(other)
            if other is NotImplemented:
                return NotImplemented
        if mode.recording:
            x = self._data
            y = other._data
            x_needed = self.requires_grad
            y_needed = other.requires_grad
            try:
                out = x + y
                dx = 1.0 if x_needed else 0.0
                dy = 1.0 if y_needed else 0.0
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(Value)
                node._data = out
                node.grad = 0.0
                node.label = ""
                node.primitive = primitives.add
                node.requires_grad = x_needed or y_needed
                node._a = self
                node._da = dx
                node._b = other
                node._db = dy
                return node
        return self._apply(primitives.add, (self, other))

    def __radd__(self, other: Operand) -> Value:
        x = self._lift(other)
        return NotImplemented if x is NotImplemented else x.__add__(self)

    def __sub__(self, other: Operand) -> Value:
        """x − y.  ∂/∂x = 1.0, ∂/∂y = -1.0"""
        if type(other) is not Value:
            other = self._lift(other)
            if other is NotImplemented:
                return NotImplemented
        if mode.recording:
            x = self._data
            y = other._data
            x_needed = self.requires_grad
            y_needed = other.requires_grad
            try:
                out = x - y
                dx = 1.0 if x_needed else 0.0
                dy = -1.0 if y_needed else 0.0
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(Value)
                node._data = out
                node.grad = 0.0
                node.label = ""
                node.primitive = primitives.sub
                node.requires_grad = x_needed or y_needed
                node._a = self
                node._da = dx
                node._b = other
                node._db = dy
                return node
        return self._apply(primitives.sub, (self, other))

    def __rsub__(self, other: Operand) -> Value:
        x = self._lift(other)
        return NotImplemented if x is NotImplemented else x.__sub__(self)

    def __mul__(self, other: Operand) -> Value:
        """x · y.  ∂/∂x = y, ∂/∂y = x"""
        if type(other) is not Value:
            other = self._lift(other)
            if other is NotImplemented:
                return NotImplemented
        if mode.recording:
            x = self._data
            y = other._data
            x_needed = self.requires_grad
            y_needed = other.requires_grad
            try:
                out = x * y
                dx = y if x_needed else 0.0
                dy = x if y_needed else 0.0
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(Value)
                node._data = out
                node.grad = 0.0
                node.label = ""
                node.primitive = primitives.mul
                node.requires_grad = x_needed or y_needed
                node._a = self
                node._da = dx
                node._b = other
                node._db = dy
                return node
        return self._apply(primitives.mul, (self, other))

    def __rmul__(self, other: Operand) -> Value:
        x = self._lift(other)
        return NotImplemented if x is NotImplemented else x.__mul__(self)

    def __truediv__(self, other: Operand) -> Value:
        """x / y.  ∂/∂x = 1.0 / y, ∂/∂y = -out / y"""
        if type(other) is not Value:
            other = self._lift(other)
            if other is NotImplemented:
                return NotImplemented
        if mode.recording:
            x = self._data
            y = other._data
            x_needed = self.requires_grad
            y_needed = other.requires_grad
            try:
                out = x / y
                dx = 1.0 / y if x_needed else 0.0
                dy = -out / y if y_needed else 0.0
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(Value)
                node._data = out
                node.grad = 0.0
                node.label = ""
                node.primitive = primitives.div
                node.requires_grad = x_needed or y_needed
                node._a = self
                node._da = dx
                node._b = other
                node._db = dy
                return node
        return self._apply(primitives.div, (self, other))

    def __rtruediv__(self, other: Operand) -> Value:
        x = self._lift(other)
        return NotImplemented if x is NotImplemented else x.__truediv__(self)

    def __pow__(self, other: Operand) -> Value:
        """x to the power y.  ∂/∂x = chain(y, where(lt(y, 0.5), where(ne(x, 0.0), out / x, x ** (y - 1.0)), x ** (y - 1.0))), ∂/∂y = where(logical_and(eq(x, 0.0), ge(y, 0.0)), 0.0, out * log(x))"""
        if type(other) is not Value:
            other = self._lift(other)
            if other is NotImplemented:
                return NotImplemented
        if mode.recording:
            x = self._data
            y = other._data
            x_needed = self.requires_grad
            y_needed = other.requires_grad
            try:
                out = primitives.power(x, y)
                dx = primitives.chain.forward(y, (out / x if x != 0.0 else x ** (y - 1.0)) if y < 0.5 else x ** (y - 1.0)) if x_needed else 0.0
                dy = (0.0 if x == 0.0 and y >= 0.0 else out * math.log(x)) if y_needed else 0.0
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(Value)
                node._data = out
                node.grad = 0.0
                node.label = ""
                node.primitive = primitives.pow
                node.requires_grad = x_needed or y_needed
                node._a = self
                node._da = dx
                node._b = other
                node._db = dy
                return node
        return self._apply(primitives.pow, (self, other))

    def __rpow__(self, other: Operand) -> Value:
        x = self._lift(other)
        return NotImplemented if x is NotImplemented else x.__pow__(self)

    def __mod__(self, other: Operand) -> Value:
        """x − y·⌊x / y⌋.  ∂/∂x = 1.0, ∂/∂y = -(x // y)"""
        if type(other) is not Value:
            other = self._lift(other)
            if other is NotImplemented:
                return NotImplemented
        if mode.recording:
            x = self._data
            y = other._data
            x_needed = self.requires_grad
            y_needed = other.requires_grad
            try:
                out = x % y
                dx = 1.0 if x_needed else 0.0
                dy = -(x // y) if y_needed else 0.0
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(Value)
                node._data = out
                node.grad = 0.0
                node.label = ""
                node.primitive = primitives.mod
                node.requires_grad = x_needed or y_needed
                node._a = self
                node._da = dx
                node._b = other
                node._db = dy
                return node
        return self._apply(primitives.mod, (self, other))

    def __rmod__(self, other: Operand) -> Value:
        x = self._lift(other)
        return NotImplemented if x is NotImplemented else x.__mod__(self)

    def __floordiv__(self, other: Operand) -> Value:
        """⌊x / y⌋.  ∂/∂x = 0.0, ∂/∂y = 0.0"""
        if type(other) is not Value:
            other = self._lift(other)
            if other is NotImplemented:
                return NotImplemented
        if mode.recording:
            x = self._data
            y = other._data
            x_needed = self.requires_grad
            y_needed = other.requires_grad
            try:
                out = x // y
                dx = 0.0
                dy = 0.0
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(Value)
                node._data = out
                node.grad = 0.0
                node.label = ""
                node.primitive = primitives.floordiv
                node.requires_grad = x_needed or y_needed
                node._a = self
                node._da = dx
                node._b = other
                node._db = dy
                return node
        return self._apply(primitives.floordiv, (self, other))

    def __rfloordiv__(self, other: Operand) -> Value:
        x = self._lift(other)
        return NotImplemented if x is NotImplemented else x.__floordiv__(self)

    def __abs__(self) -> Value:
        """|x|.  ∂/∂x = gt(x, 0.0) - lt(x, 0.0)"""
        if mode.recording:
            x = self._data
            x_needed = self.requires_grad
            try:
                out = math.fabs(x)
                dx = (1.0 if x > 0.0 else 0.0) - (1.0 if x < 0.0 else 0.0) if x_needed else 0.0
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(Value)
                node._data = out
                node.grad = 0.0
                node.label = ""
                node.primitive = primitives.abs
                node.requires_grad = x_needed
                node._a = self
                node._da = dx
                node._b = None
                node._db = 0.0
                return node
        return self._apply(primitives.abs, (self,))

    def exp(self) -> Value:
        """eˣ.  ∂/∂x = out"""
        if mode.recording:
            x = self._data
            x_needed = self.requires_grad
            try:
                out = math.exp(x)
                dx = out if x_needed else 0.0
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(Value)
                node._data = out
                node.grad = 0.0
                node.label = ""
                node.primitive = primitives.exp
                node.requires_grad = x_needed
                node._a = self
                node._da = dx
                node._b = None
                node._db = 0.0
                return node
        return self._apply(primitives.exp, (self,))

    def expm1(self) -> Value:
        """eˣ − 1, exact near 0.  ∂/∂x = exp(x)"""
        if mode.recording:
            x = self._data
            x_needed = self.requires_grad
            try:
                out = math.expm1(x)
                dx = math.exp(x) if x_needed else 0.0
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(Value)
                node._data = out
                node.grad = 0.0
                node.label = ""
                node.primitive = primitives.expm1
                node.requires_grad = x_needed
                node._a = self
                node._da = dx
                node._b = None
                node._db = 0.0
                return node
        return self._apply(primitives.expm1, (self,))

    def gaussian(self) -> Value:
        """exp(−x²).  ∂/∂x = -2.0 * x * out"""
        if mode.recording:
            x = self._data
            x_needed = self.requires_grad
            try:
                out = primitives.gaussian_forward(x)
                dx = -2.0 * x * out if x_needed else 0.0
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(Value)
                node._data = out
                node.grad = 0.0
                node.label = ""
                node.primitive = primitives.gaussian
                node.requires_grad = x_needed
                node._a = self
                node._da = dx
                node._b = None
                node._db = 0.0
                return node
        return self._apply(primitives.gaussian, (self,))

    def log(self) -> Value:
        """the natural logarithm of x.  ∂/∂x = 1.0 / x"""
        if mode.recording:
            x = self._data
            x_needed = self.requires_grad
            try:
                out = math.log(x)
                dx = 1.0 / x if x_needed else 0.0
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(Value)
                node._data = out
                node.grad = 0.0
                node.label = ""
                node.primitive = primitives.log
                node.requires_grad = x_needed
                node._a = self
                node._da = dx
                node._b = None
                node._db = 0.0
                return node
        return self._apply(primitives.log, (self,))

    def log1p(self) -> Value:
        """log(1 + x), exact near 0.  ∂/∂x = 1.0 / (1.0 + x)"""
        if mode.recording:
            x = self._data
            x_needed = self.requires_grad
            try:
                out = math.log1p(x)
                dx = 1.0 / (1.0 + x) if x_needed else 0.0
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(Value)
                node._data = out
                node.grad = 0.0
                node.label = ""
                node.primitive = primitives.log1p
                node.requires_grad = x_needed
                node._a = self
                node._da = dx
                node._b = None
                node._db = 0.0
                return node
        return self._apply(primitives.log1p, (self,))

    def sqrt(self) -> Value:
        """the square root of x.  ∂/∂x = 0.5 / (out + 0.0)"""
        if mode.recording:
            x = self._data
            x_needed = self.requires_grad
            try:
                out = math.sqrt(x)
                dx = 0.5 / (out + 0.0) if x_needed else 0.0
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(Value)
                node._data = out
                node.grad = 0.0
                node.label = ""
                node.primitive = primitives.sqrt
                node.requires_grad = x_needed
                node._a = self
                node._da = dx
                node._b = None
                node._db = 0.0
                return node
        return self._apply(primitives.sqrt, (self,))

    def sin(self) -> Value:
        """the sine of x, in radians.  ∂/∂x = cos(x)"""
        if mode.recording:
            x = self._data
            x_needed = self.requires_grad
            try:
                out = math.sin(x)
                dx = math.cos(x) if x_needed else 0.0
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(Value)
                node._data = out
                node.grad = 0.0
                node.label = ""
                node.primitive = primitives.sin
                node.requires_grad = x_needed
                node._a = self
                node._da = dx
                node._b = None
                node._db = 0.0
                return node
        return self._apply(primitives.sin, (self,))

    def cos(self) -> Value:
        """the cosine of x, in radians.  ∂/∂x = -sin(x)"""
        if mode.recording:
            x = self._data
            x_needed = self.requires_grad
            try:
                out = math.cos(x)
                dx = -math.sin(x) if x_needed else 0.0
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(Value)
                node._data = out
                node.grad = 0.0
                node.label = ""
                node.primitive = primitives.cos
                node.requires_grad = x_needed
                node._a = self
                node._da = dx
                node._b = None
                node._db = 0.0
                return node
        return self._apply(primitives.cos, (self,))

    def tan(self) -> Value:
        """the tangent of x, in radians.  ∂/∂x = 1.0 + out * out"""
        if mode.recording:
            x = self._data
            x_needed = self.requires_grad
            try:
                out = math.tan(x)
                dx = 1.0 + out * out if x_needed else 0.0
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(Value)
                node._data = out
                node.grad = 0.0
                node.label = ""
                node.primitive = primitives.tan
                node.requires_grad = x_needed
                node._a = self
                node._da = dx
                node._b = None
                node._db = 0.0
                return node
        return self._apply(primitives.tan, (self,))

    def asin(self) -> Value:
        """the angle in radians whose sine is x.  ∂/∂x = 1.0 / sqrt((1.0 - x) * (1.0 + x))"""
        if mode.recording:
            x = self._data
            x_needed = self.requires_grad
            try:
                out = math.asin(x)
                dx = 1.0 / math.sqrt((1.0 - x) * (1.0 + x)) if x_needed else 0.0
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(Value)
                node._data = out
                node.grad = 0.0
                node.label = ""
                node.primitive = primitives.asin
                node.requires_grad = x_needed
                node._a = self
                node._da = dx
                node._b = None
                node._db = 0.0
                return node
        return self._apply(primitives.asin, (self,))

    def acos(self) -> Value:
        """the angle in radians whose cosine is x.  ∂/∂x = -1.0 / sqrt((1.0 - x) * (1.0 + x))"""
        if mode.recording:
            x = self._data
            x_needed = self.requires_grad
            try:
                out = math.acos(x)
                dx = -1.0 / math.sqrt((1.0 - x) * (1.0 + x)) if x_needed else 0.0
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(Value)
                node._data = out
                node.grad = 0.0
                node.label = ""
                node.primitive = primitives.acos
                node.requires_grad = x_needed
                node._a = self
                node._da = dx
                node._b = None
                node._db = 0.0
                return node
        return self._apply(primitives.acos, (self,))

    def atan(self) -> Value:
        """the angle in radians whose tangent is x.  ∂/∂x = 1.0 / hypot(1.0, x) / hypot(1.0, x)"""
        if mode.recording:
            x = self._data
            x_needed = self.requires_grad
            try:
                out = math.atan(x)
                dx = 1.0 / math.hypot(1.0, x) / math.hypot(1.0, x) if x_needed else 0.0
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(Value)
                node._data = out
                node.grad = 0.0
                node.label = ""
                node.primitive = primitives.atan
                node.requires_grad = x_needed
                node._a = self
                node._da = dx
                node._b = None
                node._db = 0.0
                return node
        return self._apply(primitives.atan, (self,))

    def atan2(self, other: Operand) -> Value:
        """the angle in radians of the point (y, x).  ∂/∂x = y / hypot(x, y) / hypot(x, y), ∂/∂y = -x / hypot(x, y) / hypot(x, y)"""
        if type(other) is not Value:
            other = self._operand(primitives.atan2, other)
        if mode.recording:
            x = self._data
            y = other._data
            x_needed = self.requires_grad
            y_needed = other.requires_grad
            try:
                out = math.atan2(x, y)
                dx = y / math.hypot(x, y) / math.hypot(x, y) if x_needed else 0.0
                dy = -x / math.hypot(x, y) / math.hypot(x, y) if y_needed else 0.0
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(Value)
                node._data = out
                node.grad = 0.0
                node.label = ""
                node.primitive = primitives.atan2
                node.requires_grad = x_needed or y_needed
                node._a = self
                node._da = dx
                node._b = other
                node._db = dy
                return node
        return self._apply(primitives.atan2, (self, other))

    def sinh(self) -> Value:
        """(eˣ − e⁻ˣ) / 2.  ∂/∂x = cosh(x)"""
        if mode.recording:
            x = self._data
            x_needed = self.requires_grad
            try:
                out = math.sinh(x)
                dx = math.cosh(x) if x_needed else 0.0
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(Value)
                node._data = out
                node.grad = 0.0
                node.label = ""
                node.primitive = primitives.sinh
                node.requires_grad = x_needed
                node._a = self
                node._da = dx
                node._b = None
                node._db = 0.0
                return node
        return self._apply(primitives.sinh, (self,))

    def cosh(self) -> Value:
        """(eˣ + e⁻ˣ) / 2.  ∂/∂x = sinh(x)"""
        if mode.recording:
            x = self._data
            x_needed = self.requires_grad
            try:
                out = math.cosh(x)
                dx = math.sinh(x) if x_needed else 0.0
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(Value)
                node._data = out
                node.grad = 0.0
                node.label = ""
                node.primitive = primitives.cosh
                node.requires_grad = x_needed
                node._a = self
                node._da = dx
                node._b = None
                node._db = 0.0
                return node
        return self._apply(primitives.cosh, (self,))

    def tanh(self) -> Value:
        """(eˣ − e⁻ˣ) / (eˣ + e⁻ˣ).  ∂/∂x = 1.0 - out * out"""
        if mode.recording:
            x = self._data
            x_needed = self.requires_grad
            try:
                out = math.tanh(x)
                dx = 1.0 - out * out if x_needed else 0.0
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(Value)
                node._data = out
                node.grad = 0.0
                node.label = ""
                node.primitive = primitives.tanh
                node.requires_grad = x_needed
                node._a = self
                node._da = dx
                node._b = None
                node._db = 0.0
                return node
        return self._apply(primitives.tanh, (self,))

    def erf(self) -> Value:
        """the error function, 2/√π ∫₀ˣ exp(−t²) dt.  ∂/∂x = TWO_OVER_ROOT_PI * gaussian(x)"""
        if mode.recording:
            x = self._data
            x_needed = self.requires_grad
            try:
                out = math.erf(x)
                dx = primitives.TWO_OVER_ROOT_PI * primitives.gaussian_forward(x) if x_needed else 0.0
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(Value)
                node._data = out
                node.grad = 0.0
                node.label = ""
                node.primitive = primitives.erf
                node.requires_grad = x_needed
                node._a = self
                node._da = dx
                node._b = None
                node._db = 0.0
                return node
        return self._apply(primitives.erf, (self,))

    def relu(self) -> Value:
        """max(x, 0).  ∂/∂x = gt(out, 0.0)"""
        if mode.recording:
            x = self._data
            x_needed = self.requires_grad
            try:
                out = 0.0 if x <= 0.0 else x
                dx = (1.0 if out > 0.0 else 0.0) if x_needed else 0.0
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(Value)
                node._data = out
                node.grad = 0.0
                node.label = ""
                node.primitive = primitives.relu
                node.requires_grad = x_needed
                node._a = self
                node._da = dx
                node._b = None
                node._db = 0.0
                return node
        return self._apply(primitives.relu, (self,))

    def leaky_relu(self, other: Operand = 0.01) -> Value:
        """x above 0, slope · x below.  ∂/∂x = where(gt(x, 0.0), 1.0, y), ∂/∂y = where(gt(x, 0.0), 0.0, x)"""
        if type(other) is not Value:
            other = self._operand(primitives.leaky_relu, other)
        if mode.recording:
            x = self._data
            y = other._data
            x_needed = self.requires_grad
            y_needed = other.requires_grad
            try:
                out = x if x > 0.0 else y * x
                dx = (1.0 if x > 0.0 else y) if x_needed else 0.0
                dy = (0.0 if x > 0.0 else x) if y_needed else 0.0
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(Value)
                node._data = out
                node.grad = 0.0
                node.label = ""
                node.primitive = primitives.leaky_relu
                node.requires_grad = x_needed or y_needed
                node._a = self
                node._da = dx
                node._b = other
                node._db = dy
                return node
        return self._apply(primitives.leaky_relu, (self, other))

    def sigmoid(self) -> Value:
        """1 / (1 + e⁻ˣ).  ∂/∂x = out * (1.0 - out)"""
        if mode.recording:
            x = self._data
            x_needed = self.requires_grad
            try:
                out = primitives.sigmoid_forward(x)
                dx = out * (1.0 - out) if x_needed else 0.0
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(Value)
                node._data = out
                node.grad = 0.0
                node.label = ""
                node.primitive = primitives.sigmoid
                node.requires_grad = x_needed
                node._a = self
                node._da = dx
                node._b = None
                node._db = 0.0
                return node
        return self._apply(primitives.sigmoid, (self,))

    def softplus(self) -> Value:
        """log(1 + eˣ).  ∂/∂x = sigmoid(x)"""
        if mode.recording:
            x = self._data
            x_needed = self.requires_grad
            try:
                out = max(x, 0.0) + math.log1p(math.exp(-math.fabs(x)))
                dx = primitives.sigmoid_forward(x) if x_needed else 0.0
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(Value)
                node._data = out
                node.grad = 0.0
                node.label = ""
                node.primitive = primitives.softplus
                node.requires_grad = x_needed
                node._a = self
                node._da = dx
                node._b = None
                node._db = 0.0
                return node
        return self._apply(primitives.softplus, (self,))

    def maximum(self, other: Operand) -> Value:
        """the larger of x and y.  ∂/∂x = where(ne(out, out), out, gt(x, y) + 0.5 * eq(x, y)), ∂/∂y = where(ne(out, out), out, lt(x, y) + 0.5 * eq(x, y))"""
        if type(other) is not Value:
            other = self._operand(primitives.maximum, other)
        if mode.recording:
            x = self._data
            y = other._data
            x_needed = self.requires_grad
            y_needed = other.requires_grad
            try:
                out = x if x > y or x != x else y
                dx = (out if out != out else (1.0 if x > y else 0.0) + 0.5 * (1.0 if x == y else 0.0)) if x_needed else 0.0
                dy = (out if out != out else (1.0 if x < y else 0.0) + 0.5 * (1.0 if x == y else 0.0)) if y_needed else 0.0
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(Value)
                node._data = out
                node.grad = 0.0
                node.label = ""
                node.primitive = primitives.maximum
                node.requires_grad = x_needed or y_needed
                node._a = self
                node._da = dx
                node._b = other
                node._db = dy
                return node
        return self._apply(primitives.maximum, (self, other))

    def minimum(self, other: Operand) -> Value:
        """the smaller of x and y.  ∂/∂x = where(ne(out, out), out, lt(x, y) + 0.5 * eq(x, y)), ∂/∂y = where(ne(out, out), out, gt(x, y) + 0.5 * eq(x, y))"""
        if type(other) is not Value:
            other = self._operand(primitives.minimum, other)
        if mode.recording:
            x = self._data
            y = other._data
            x_needed = self.requires_grad
            y_needed = other.requires_grad
            try:
                out = x if x < y or x != x else y
                dx = (out if out != out else (1.0 if x < y else 0.0) + 0.5 * (1.0 if x == y else 0.0)) if x_needed else 0.0
                dy = (out if out != out else (1.0 if x > y else 0.0) + 0.5 * (1.0 if x == y else 0.0)) if y_needed else 0.0
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(Value)
                node._data = out
                node.grad = 0.0
                node.label = ""
                node.primitive = primitives.minimum
                node.requires_grad = x_needed or y_needed
                node._a = self
                node._da = dx
                node._b = other
                node._db = dy
                return node
        return self._apply(primitives.minimum, (self, other))

    def hypot(self, other: Operand) -> Value:
        """√(x² + y²), without overflow.  ∂/∂x = where(eq(out, 0.0), 0.0, x / out), ∂/∂y = where(eq(out, 0.0), 0.0, y / out)"""
        if type(other) is not Value:
            other = self._operand(primitives.hypot, other)
        if mode.recording:
            x = self._data
            y = other._data
            x_needed = self.requires_grad
            y_needed = other.requires_grad
            try:
                out = math.hypot(x, y)
                dx = (0.0 if out == 0.0 else x / out) if x_needed else 0.0
                dy = (0.0 if out == 0.0 else y / out) if y_needed else 0.0
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(Value)
                node._data = out
                node.grad = 0.0
                node.label = ""
                node.primitive = primitives.hypot
                node.requires_grad = x_needed or y_needed
                node._a = self
                node._da = dx
                node._b = other
                node._db = dy
                return node
        return self._apply(primitives.hypot, (self, other))
