"""Value: a float that remembers how it was computed, and the backward pass over that memory.

What this file leaves out: the arithmetic (``operators.py``, written from the table in ``primitives.py``), conditions,
micrograd's names, and everything that differentiates a function rather than a graph (``transforms``).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Never, NoReturn, cast

from .conditions import Conditions
from .errors import NO_FLOAT, NO_GRADIENT, AutogradError, describe, refuse_backward
from .graph import Labelled, new, topological_order
from .hints import refuse
from .micrograd import Micrograd
from .modes import mode, scope_here
from .operators import METHODS, Operators
from .persistence import Picklable
from .primitives import NAN, Primitive, as_float


class Value(Operators, Conditions, Micrograd, Picklable):
    """A real number in a computation graph.

    ``data`` is the number, ``grad`` the derivative of the last root(s) that ``backward`` was called on with
    respect to it, ``label`` a name for drawings and messages.  A leaf with ``requires_grad=False`` is
    frozen: it is recorded and drawn, and no gradient flows to it.  There is no room for attributes of your own, for a
    program has many Values; a subclass has it.  ``Value(x)`` takes a real number; TypeError for anything else.

    Arithmetic gives bit for bit what Python gives for the floats, exceptions included.  ``==`` between
    Values is identity, so that they live in sets and dicts; ``<`` and its kin compare the numbers.

    >>> a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    >>> c = a * b + a.tanh()
    >>> c.backward()
    >>> f"{c:.4f} {a.grad:.4f} {b.grad:.4f}"
    '-5.0360 -2.9293 2.0000'
    """

    __slots__ = ()

    def __init__(
        self, data: float, _children: Any = (), _op: str = "", label: str = "", *, requires_grad: bool = True
    ) -> None:
        self.data = data
        self.grad = 0.0
        self._tag = Labelled(label, scope_here()) if label else scope_here()
        self.primitive = None
        self.requires_grad = requires_grad
        self._a = self._b = None
        self._da = self._db = 0.0
        if type(_children) is not tuple or _children:
            self._adopt(_children, _op)

    @property
    def data(self) -> float:
        """The number.  Setting it changes this node alone: what was computed from it stays as it was."""
        if not mode.eager and mode.flags.tracer is not None:
            mode.flags.tracer.refuse("the data of a Value")
        return self._data

    @data.setter
    def data(self, x: float) -> None:
        self._data = x if type(x) is float else as_float(x)

    def backward(self, **unknown: Never) -> None:
        """Add ∂self/∂leaf to the ``.grad`` of every leaf, by the chain rule from this root down.

        Interior nodes get the gradient of this pass alone.  Calling it twice adds twice: set the leaves'
        ``.grad`` to 0.0 (``zero_grad`` of a module or optimiser) between steps.  NonFiniteError from a root that is nan
        or infinite; AutogradError from one that depends on nothing which needs a gradient.

        >>> x = Value(3.0)
        >>> (x * x).backward()
        >>> x.grad
        6.0
        """
        refuse(Value.backward, unknown)
        if not self.requires_grad:
            raise AutogradError(NO_GRADIENT)
        order = topological_order(self, constants=False)
        if not math.isfinite(self._data):
            refuse_backward(topological_order(self))
        before = [(leaf, leaf.grad or 0.0) for leaf in order if leaf._a is None]  # PyTorch sets it to None
        try:
            sweep(order, 1.0)
            for leaf, grad in before:
                leaf.grad = grad + leaf.grad if leaf.requires_grad else grad
        except BaseException:  # Ctrl-C half-way: leave every leaf as it was
            for leaf, grad in before:
                leaf.grad = grad
            raise

    def detach(self) -> Value:
        """The same number as a frozen leaf: no gradient flows through it."""
        return Value(self.data, label=self.label, requires_grad=False)

    def __pos__(self) -> Value:
        return self

    def __repr__(self) -> str:
        label = f", label={self.label!r}" if self.label else ""
        return f"Value(data={self.data}, grad={self.grad}{label})"

    def __format__(self, spec: str) -> str:
        return format(self.data, spec) if spec else repr(self)

    if not TYPE_CHECKING:  # a checker is to find that math.sin(v) cannot be

        def __float__(self, digits: int = 0) -> NoReturn:
            raise TypeError(NO_FLOAT)

        __int__ = __complex__ = __index__ = __round__ = __float__  # they raise the same advice

    # --- making nodes the general way --------------------------------------------------------------------

    @staticmethod
    def _lift(x: Any) -> Any:
        """x as a node: itself, or a number as a constant; NotImplemented for what is neither."""
        try:
            return constant(x) if type(x) is float else as_value(x)
        except TypeError:
            return NotImplemented

    def _call(self, primitive: Primitive, args: tuple[Any, ...]) -> Value:
        """primitive(*args): by the method written out for it where there is one, else by calling the row."""
        method = METHODS.get(primitive)
        made = method(*args) if method is not None and isinstance(args[0], Value) else NotImplemented
        return self._apply(primitive, args) if made is NotImplemented else made

    def _apply(self, primitive: Primitive, args: tuple[Any, ...]) -> Value:
        """primitive(*args) as a node, computed by calling the row: the reference for operators.py."""
        flags = None if mode.eager else mode.flags
        if flags is not None and flags.tracer is not None:
            return cast(Value, flags.tracer.record(primitive, args, self._operand))
        try:
            data = [arg._data for arg in args]
        except AttributeError:
            args = tuple([arg if type(arg) is Value else self._operand(primitive, arg) for arg in args])
            data = [arg._data for arg in args]
        out = evaluate(primitive, data, args)
        if flags is not None and not flags.recording:
            return frozen(out)
        node = new(Value)  # not by way of constant: networks spend their time here
        node._data = out
        node.grad = 0.0
        node._tag = scope_here()
        for arg in args:
            if arg.requires_grad:
                node.requires_grad = True
                return link(node, primitive, args, differentiate(primitive, data, out))
        node.requires_grad = False
        return link(node, primitive, args, (0.0,) * len(args))

    def _operand(self, primitive: Primitive, x: Any) -> Value:
        node = self._lift(x)
        if node is NotImplemented:
            raise TypeError(f"{primitive.name} takes Values and real numbers, not {type(x).__name__}: {x!r:.60}")
        return cast(Value, node)


def constant(data: float) -> Value:
    """A plain number that met a Value: a leaf that never changes and needs no gradient."""
    node = new(Value)
    node._data = data
    node.grad = 0.0
    node._tag = scope_here()
    node.primitive = None
    node.requires_grad = False
    node._a = node._b = node._db = None
    node._da = 0.0
    return node


def frozen(data: float) -> Value:
    """A leaf that needs no gradient, made without the checks of the constructor."""
    node = constant(data)
    node._db = 0.0
    return node


def as_value(x: Any) -> Value:
    """x as a node: itself, or a number as a constant.

    >>> as_value(2), as_value(2).requires_grad
    (Value(data=2.0, grad=0.0), False)
    """
    return x if isinstance(x, Value) else constant(as_float(x))


def link(node: Value, primitive: Primitive, parents: tuple[Value, ...], partials: Sequence[float]) -> Value:
    """Make a node the result of a primitive."""
    node.primitive = primitive
    if primitive.variadic or len(parents) > 2:
        node._a, node._da, node._b, node._db = parents, partials, None, 0.0
    else:
        node._a, node._b = (*parents, None)[:2]
        node._da, node._db = (*partials, 0.0)[:2]
    return node


def sweep(order: list[Value], seed: float) -> None:
    """The chain rule from the last node of a topological order down, over the partials as recorded.

    Sets the grad of every node in the order; none reaches a node that requires no gradient.  A gradient times a
    partial is 0 if either is 0: hence the skips.
    """
    for node in order:
        node.grad = 0.0
    order[-1].grad = seed
    for node in reversed(order):
        g = node.grad
        a = node._a
        if not g or a is None:
            continue
        if type(a) is tuple:
            for parent, partial in zip(a, node._da):  # noqa: B905  # equally long, and strict costs a tenth
                if partial and parent.requires_grad:
                    parent.grad += g * partial
            continue
        partial = node._da
        if partial and a.requires_grad:
            a.grad += g * partial
        partial = node._db
        if partial:
            b = node._b
            if b.requires_grad:
                b.grad += g * partial


def evaluate(primitive: Primitive, data: Sequence[float], args: Sequence[Value]) -> float:
    """The output of a row: where it raises, an explained exception, or in derivatives the IEEE 754 result."""
    try:
        out = primitive.on_floats(data) if primitive.variadic else primitive.on_floats(*data)
    except (ArithmeticError, ValueError) as error:
        if mode.flags.lenient:
            return primitive.ieee(*data) if primitive.ieee else NAN
        raise primitive.explained(error, [describe(arg) for arg in args]) from error
    return out if type(out) is float else as_float(out)


def differentiate(primitive: Primitive, data: Sequence[float], out: float) -> Sequence[float]:
    """The partials of a row as numbers; where float arithmetic raises, as IEEE 754 has them."""
    rule = primitive.partials
    try:
        if primitive.variadic:
            return rule(data, out)  # of the table alone: nothing to check
        found = rule(*data, out)
    except (ArithmeticError, ValueError):
        with mode.set(recording=False, lenient=True):
            values = [Value(x) for x in data]
            found = rule(values, Value(out)) if primitive.variadic else rule(*values, Value(out))
    if {*map(type, found)} != {float}:
        return [p._data if isinstance(p, Value) else as_float(p) for p in found]
    return found
