"""Value: a float that remembers how it was computed, and the backward pass over that memory.

What this file leaves out: the arithmetic (``operators.py``, written from the table in ``primitives.py``) and
everything that differentiates a function rather than a graph (``transforms.py``).
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Union, cast

from . import operators, primitives
from .errors import AutogradError, NonFiniteError
from .graph import Labelled, Node, mode, topological_order
from .operators import METHODS, new
from .primitives import NAN, TABLE, Primitive, as_float

Operand = Union["Value", float]

CONDITIONS = {TABLE[name] for name in ("lt", "le", "gt", "ge", "eq", "ne", "logical_and", "logical_or", "logical_not")}


class Value(operators.Operators):
    """A real number in a computation graph.

    ``data`` is the number, ``grad`` the derivative of the last root(s) that ``backward`` was called on with
    respect to it, ``label`` a name for drawings and messages.  A leaf with ``requires_grad=False`` is
    frozen: it is recorded and drawn, and no gradient flows to it.

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
        self,
        data: float,
        _children: Sequence[Value] = (),
        _op: str = "",
        label: str = "",
        *,
        requires_grad: bool = True,
    ) -> None:
        self.data = data
        self.grad = 0.0
        self._tag = Labelled(label, mode.scope) if label else mode.scope
        self.primitive = None
        self.requires_grad = requires_grad
        self._a = self._b = None
        self._da = self._db = 0.0
        if not mode.eager and mode.tracer is not None:
            mode.tracer.made.add(self)
        if _children:
            self._adopt(tuple(_children), _op)

    @property
    def data(self) -> float:
        """The number.  Setting it changes this node alone: what was computed from it stays as it was."""
        if not mode.eager and mode.tracer is not None:
            mode.tracer.refuse("the data of a Value")
        return self._data

    @data.setter
    def data(self, x: float) -> None:
        self._data = x if type(x) is float else as_float(x)

    @property
    def _prev(self) -> tuple[Value, ...]:
        return self.parents  # micrograd's name

    @property
    def _op(self) -> str:
        return self.primitive.symbol if self.primitive else ""  # micrograd's name

    def backward(self) -> None:
        """Add ∂self/∂leaf to the ``.grad`` of every leaf, by the chain rule from this root down.

        Interior nodes get the gradient of this pass alone.  Calling it twice adds twice: set the leaves'
        ``.grad`` to 0.0 (``zero_grad`` of a module or optimiser) between steps.

        >>> x = Value(3.0)
        >>> (x * x).backward()
        >>> x.grad
        6.0
        """
        if not self.requires_grad:
            raise AutogradError(
                "backward() from a value that depends on nothing which needs a gradient: it was computed under "
                "no_grad(), or all its leaves are frozen (requires_grad=False)"
            )
        order = topological_order(self)
        if not math.isfinite(self._data):
            raise NonFiniteError(_blame(order))
        before = [(leaf, leaf.grad) for leaf in order if leaf._a is None]
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

    arcsin, arccos, arctan, arctan2 = (  # what NumPy calls on arrays of Values
        operators.Operators.asin, operators.Operators.acos, operators.Operators.atan, operators.Operators.atan2,
    )  # fmt: skip

    def __repr__(self) -> str:
        label = f", label={self.label!r}" if self.label else ""
        return f"Value(data={self._data}, grad={self.grad}{label})"

    def __format__(self, spec: str) -> str:
        return format(self.data, spec) if spec else repr(self)

    # --- comparing: numbers with numbers, Values by identity --------------------------------------------

    def __lt__(self, other: Operand) -> bool:
        return bool(self.data < _number(other)) if isinstance(other, (Value, numbers.Real)) else NotImplemented

    def __le__(self, other: Operand) -> bool:
        return bool(self.data <= _number(other)) if isinstance(other, (Value, numbers.Real)) else NotImplemented

    def __gt__(self, other: Operand) -> bool:
        return bool(self.data > _number(other)) if isinstance(other, (Value, numbers.Real)) else NotImplemented

    def __ge__(self, other: Operand) -> bool:
        return bool(self.data >= _number(other)) if isinstance(other, (Value, numbers.Real)) else NotImplemented

    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if isinstance(other, numbers.Number):
            raise TypeError(
                f"a Value is equal only to itself, so == {other} would never hold: compare numbers with "
                f"v.data == {other}, or write autograd.eq(v, {other}) for a comparison that is part of the graph"
            )
        return NotImplemented

    def __and__(self, other: Any) -> Value:
        return self._logical(TABLE["logical_and"], other)

    def __or__(self, other: Any) -> Value:
        return self._logical(TABLE["logical_or"], other)

    __rand__, __ror__ = __and__, __or__

    def __invert__(self) -> Value:
        return self._logical(TABLE["logical_not"])

    def _logical(self, primitive: Primitive, *others: Any) -> Value:
        for operand in (self, *others):
            if not _is_condition(operand):
                raise TypeError(
                    f"{primitive.symbol} joins comparisons made by lt, le, gt, ge, eq, ne; {operand!r} is none"
                )
        return self._apply(primitive, (self, *others))

    def _where(self, a: Any, b: Any) -> Any:
        if not _is_condition(self):
            raise TypeError(f"the condition of where must be a comparison such as ne(x, 0.0), not {self!r}")
        if mode.tracer is not None:
            a, b = a() if callable(a) else a, b() if callable(b) else b
        elif callable(a) or callable(b):
            return primitives.where(self._data != 0.0, a, b)
        return self._apply(primitives.select, (self, a, b))

    # --- what a float does and a Value must not: lose its graph silently --------------------------------

    def __bool__(self) -> bool:
        if mode.tracer is not None:
            mode.tracer.refuse("the truth of a Value")
        raise TypeError(
            "a Value has no truth of its own: write v.data != 0, or compare it (v > 0); for a choice that is "
            "part of the graph use autograd.where(condition, a, b)"
        )

    def __float__(self) -> float:
        if mode.tracer is not None:
            mode.tracer.refuse("the number behind a Value")
        raise TypeError(
            "float(v) and the functions of math would silently lose the gradient: use autograd.exp(v), v.exp() "
            "and their kin, or v.data where you mean the bare number"
        )

    __int__ = __complex__ = __index__ = __float__  # they raise the same advice

    # --- making nodes the general way --------------------------------------------------------------------

    @staticmethod
    def _lift(x: Any) -> Any:
        """x as a node: itself, or a number as a constant; NotImplemented for what is neither."""
        if isinstance(x, Value):
            return x
        if type(x) is not float:
            try:
                x = as_float(x)
            except TypeError:
                return NotImplemented
        return _leaf(Constant, x)

    def _call(self, primitive: Primitive, args: tuple[Any, ...]) -> Value:
        """primitive(*args): by the method written out for it where there is one, else by calling the row."""
        method = METHODS.get(primitive)
        made = method(*args) if method is not None and type(args[0]) is Value else NotImplemented
        return self._apply(primitive, args) if made is NotImplemented else made

    def _apply(self, primitive: Primitive, args: tuple[Any, ...]) -> Value:
        """primitive(*args) as a node, computed by calling the row: the reference for operators.py."""
        eager = mode.eager
        if not eager and mode.tracer is not None:
            traced: Value = mode.tracer.record(
                primitive, [arg if isinstance(arg, Value) else self._operand(primitive, arg) for arg in args]
            )
            return traced
        try:
            data = [arg._data for arg in args]
        except AttributeError:
            args = tuple([self._operand(primitive, arg) for arg in args])
            data = [arg._data for arg in args]
        out = evaluate(primitive, data, args)
        if not (eager or mode.recording):
            return _leaf(Value, out)
        node = new(Value)  # not by way of _leaf: networks spend their time here
        node._data = out
        node.grad = 0.0
        node._tag = mode.scope
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

    def _adopt(self, children: tuple[Value, ...], op: str) -> None:
        """Make this a node of the named row over children, as micrograd's constructor allows."""
        found = [row for row in TABLE.values() if op in (row.name, row.symbol) and len(row.domain) == len(children)]
        if not found:
            raise ValueError(
                f"Value(..., _op={op!r}) with {len(children)} children is no primitive of the table: apply one to "
                f"the children, or make your own with autograd.primitive"
            )
        made = found[0](*children)
        if made._data != self._data:
            raise ValueError(f"{op!r} of the children is {made._data}, not {self._data}")
        for slot in ("primitive", "requires_grad", "_a", "_b", "_da", "_db"):
            setattr(self, slot, getattr(made, slot))


class Constant(Value):
    """A plain number that met a Value: a leaf that never changes and needs no gradient."""

    __slots__ = ()


def _leaf(kind: type[Value], data: float) -> Value:
    """A leaf that needs no gradient, made without the checks of the constructor."""
    node = new(kind)
    node._data = data
    node.grad = 0.0
    node._tag = mode.scope
    node.primitive = None
    node.requires_grad = False
    node._a = node._b = None
    node._da = node._db = 0.0
    return node


def link(node: Value, primitive: Primitive, parents: tuple[Value, ...], partials: Sequence[float]) -> Value:
    """Make a node the result of a primitive."""
    node.primitive = primitive
    node._b = None
    node._db = 0.0
    if primitive.variadic or len(parents) > 2:
        node._a = parents
        node._da = partials
    else:
        node._a = parents[0]
        node._da = partials[0]
        if len(parents) == 2:
            node._b = parents[1]
            node._db = partials[1]
    return node


def as_value(x: Any) -> Value:
    """x as a node: itself, or a number as a constant."""
    return x if isinstance(x, Value) else _leaf(Constant, as_float(x))


operators.Value = Value  # type: ignore[misc]  # a type there, for checkers; at run time what methods create


def sweep(order: list[Value], seed: float) -> None:
    """The chain rule from the last node of a topological order down, over the partials as recorded.

    Sets the grad of every node in the order; what reaches a frozen leaf is the caller's to drop.  A gradient
    times a partial is 0 if either is 0: hence the skips.
    """
    for node in order:
        node.grad = 0.0
    order[-1].grad = seed
    for node in reversed(order):
        g = node.grad
        a = node._a
        if not g or a is None:
            continue
        if not node.requires_grad:
            node.grad = 0.0
            continue
        if type(a) is tuple:
            for parent, partial in zip(a, node._da):  # noqa: B905  # equally long, and strict costs a tenth
                if partial:
                    parent.grad += g * partial
            continue
        partial = node._da
        if partial:
            a.grad += g * partial
        partial = node._db
        if partial:
            node._b.grad += g * partial


@contextmanager
def set_mode(**flags: Any) -> Iterator[None]:
    before = mode.set(**flags)
    try:
        yield
    finally:
        mode.set(**before)


def no_grad() -> Any:
    """A context in which nothing is recorded: faster, lighter, and ``backward`` raises.

    It holds for the thread that enters it.

    >>> x = Value(3.0)
    >>> with no_grad():
    ...     y = x * x
    >>> y.data, y.parents
    (9.0, ())
    """
    return set_mode(recording=False)


def recording() -> Any:
    """A context in which everything is recorded, inside no_grad() too."""
    return set_mode(recording=True)


def derivative_mode() -> Any:
    """A context in which everything is recorded and IEEE 754 results replace exceptions.

    Only the forward that a user writes raises; partials and derivative graphs carry inf and nan.
    """
    return set_mode(recording=True, lenient=True)


def evaluate(primitive: Primitive, data: list[float], args: Sequence[Value]) -> float:
    """The output of a row: where it raises, an explained exception, or in derivatives the IEEE 754 result."""
    try:
        out = primitive.forward(data) if primitive.variadic else primitive.forward(*data)
    except (ArithmeticError, ValueError) as error:
        if mode.lenient:
            return primitive.ieee(*data) if primitive.ieee else NAN
        raise primitive.explained(error, [describe(arg) for arg in args]) from error
    return out if type(out) is float else as_float(out)


def differentiate(primitive: Primitive, data: list[float], out: float) -> Sequence[float]:
    """The partials of a row as numbers; where float arithmetic raises, as IEEE 754 has them."""
    rule = primitive.partials
    try:
        if primitive.variadic:
            return rule(data, out)  # of the table alone: nothing to check
        found = rule(*data, out)
    except (ArithmeticError, ValueError):
        with set_mode(recording=False, lenient=True):
            values = [Value(x) for x in data]
            found = rule(values, Value(out)) if primitive.variadic else rule(*values, Value(out))
    if not isinstance(found, (tuple, list)) or len(found) != len(data):
        raise TypeError(
            f"the partials of primitive {primitive.name!r} must be a tuple with one entry for each of its "
            f"{len(data)} arguments, not {found!r:.60}"
        )
    if {*map(type, found)} != {float}:
        return [p._data if isinstance(p, Node) else as_float(p) for p in found]
    return found


def _number(x: Any) -> Any:
    return x.data if isinstance(x, Value) else x


def _is_condition(x: Any) -> bool:
    """A comparison, comparisons joined, or a plain truth; where nothing is recorded the number has to tell."""
    return (isinstance(x, Value) and x.primitive in CONDITIONS) or (
        (not isinstance(x, Value) or not mode.recording) and _number(x) in (0, 1)
    )


def describe(node: Value) -> str:
    """A node in a message: its number, and its label or the primitive it came from."""
    if node.label:
        return f"{node.label!r} = {node._data!r}"
    return f"{node._data!r} (from {node.primitive.name})" if node.primitive else f"{node._data!r}"


def _blame(order: list[Value]) -> str:
    """Where a root went non-finite: the earliest node that did, and its operands."""
    first = next(node for node in order if not math.isfinite(node._data))
    root = order[-1]
    text = f"backward() from a root that is {root._data}. "
    if first.primitive is None:
        return text + f"It came in by the leaf {describe(first)}: give it a finite number."
    operands = ", ".join(describe(parent) for parent in first.parents)
    return text + f"The first value to go was {describe(first)}: {first.primitive.name} of {operands}."
