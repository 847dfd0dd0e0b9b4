"""Derivatives of functions: each transform takes a function, wraps its arguments in fresh nodes and runs it.

Arguments and results are scalars, or trees of scalars: nested lists, tuples, named tuples, dicts, dataclasses and NumPy
arrays (f is given an array of Values then, and the derivative is an array of floats).  The derivative is built as an
ordinary graph by reading the table's rules with Values; no ``.grad`` is touched.  Results are floats where they depend
on numbers alone; where they depend on Values (given as arguments or closed over) they are Values, to be differentiated
again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from numbers import Integral  # NumPy's integers too
from typing import TYPE_CHECKING, Any, Literal, overload

from ..graph import topological_order
from ..modes import derivative_mode, mode, recording
from ..persistence import Reduced, by_name, reduced
from ..value import Value, as_value
from .replay import check_fresh
from .sweeps import add_up, pullback, pushforward
from .trees import Tree, holds_parts

if TYPE_CHECKING:
    from .signatures import Gradient, Hessian, Jacobian, Number, Plain, Scalar, ValueAndGradient

Function = Callable[..., Any]


def grad_of(y: Value, xs: Sequence[Value]) -> list[Value]:
    """[∂y/∂x for x in xs] as graphs over the nodes of y's own graph, to be differentiated again.

    An x that y does not depend on gets 0.  The graph is evaluated again first: StaleGraphError where a leaf
    has changed since y was computed.  ValueError where an x is frozen, TypeError for what is no Value.

    >>> x = Value(2.0)
    >>> (dy,) = grad_of(x**3, [x])
    >>> (ddy,) = grad_of(dy, [x])
    >>> dy.data, ddy.data
    (12.0, 12.0)
    """
    if isinstance(xs, Value):
        raise TypeError("grad_of takes a list of Values as its second argument: (dx,) = grad_of(y, [x])")
    for node in (y, *xs):
        if not isinstance(node, Value):
            raise TypeError(f"grad_of takes a Value and a list of Values, not {type(node).__name__}: {node!r:.60}")
    for x in xs:
        if not x.requires_grad:
            raise ValueError(f"grad_of: {x!r} is frozen or constant, so no gradient flows to it")
    order = topological_order(y)
    check_fresh(order)
    return [as_value(g) for g in _reverse(y, xs)]


@overload
def grad(f: Scalar, argnums: Literal[0] = 0, has_aux: Literal[False] = False) -> Gradient: ...
@overload
def grad(f: Scalar, argnums: int, has_aux: Literal[False] = False) -> Function: ...
@overload
def grad(f: Scalar, argnums: tuple[int, ...], has_aux: Literal[False] = False) -> Callable[..., tuple[Any, ...]]: ...
@overload
def grad(
    f: Callable[..., tuple[Number, Any]], argnums: int | tuple[int, ...] = 0, *, has_aux: Literal[True]
) -> Callable[..., tuple[Any, Any]]: ...
def grad(f: Function, argnums: int | tuple[int, ...] = 0, has_aux: bool = False) -> Function:
    """The function that computes ∂f/∂argument; several argnums give a tuple.  f returns one scalar.

    ``argnums`` counts the arguments that are given by position, from the end where it is negative; what is given by
    name goes to f as it is.  With ``has_aux``, f returns a pair (scalar, anything else), and so does the gradient:
    what else there is comes back as numbers.  TypeError where f returns anything but one scalar.

    >>> grad(lambda x: x**3)(2.0)
    12.0
    >>> grad(lambda ws, x: ws[0] * x + ws[1])([2.0, 1.0], 3.0)
    [3.0, 1.0]
    >>> grad(lambda x: grad(lambda y: x * y)(x))(3.0)
    1.0
    >>> grad(lambda p, x: p["w"] * x + p["b"])({"w": 2.0, "b": 1.0}, 3.0)
    {'w': 3.0, 'b': 1.0}
    """
    return Derivative(_gradient, f, argnums, has_aux)


@overload
def value_and_grad(f: Scalar, argnums: Literal[0] = 0, has_aux: Literal[False] = False) -> ValueAndGradient: ...
@overload
def value_and_grad(f: Scalar, argnums: int, has_aux: Literal[False] = False) -> Callable[..., tuple[Any, Any]]: ...
@overload
def value_and_grad(
    f: Scalar, argnums: tuple[int, ...], has_aux: Literal[False] = False
) -> Callable[..., tuple[Any, tuple[Any, ...]]]: ...
@overload
def value_and_grad(
    f: Callable[..., tuple[Number, Any]], argnums: int | tuple[int, ...] = 0, *, has_aux: Literal[True]
) -> Callable[..., tuple[tuple[Any, Any], Any]]: ...
def value_and_grad(f: Function, argnums: int | tuple[int, ...] = 0, has_aux: bool = False) -> Function:
    """The function that computes (f(...), ∂f/∂argument) in one pass; with ``has_aux`` ((value, else), ∂f/∂argument).

    ``argnums`` as in :func:`grad`.

    >>> value_and_grad(lambda x: x * x)(3.0)
    (9.0, 6.0)
    """
    return Derivative(_value_and_gradient, f, argnums, has_aux)


@overload
def jacobian(f: Scalar, argnums: Literal[0] = 0, has_aux: Literal[False] = False) -> Gradient: ...
@overload
def jacobian(f: Callable[..., list[Any]], argnums: Literal[0] = 0, has_aux: Literal[False] = False) -> Jacobian: ...
@overload
def jacobian(f: Function, argnums: int | tuple[int, ...] = 0, has_aux: bool = False) -> Function: ...
def jacobian(f: Function, argnums: int | tuple[int, ...] = 0, has_aux: bool = False) -> Function:
    """The function that computes ∂outputᵢ/∂argumentⱼ: nested like the output of f, then like the argument.

    Of an array by an array it is an array with the dimensions of both.  ``argnums`` and ``has_aux`` as in :func:`grad`.

    >>> jacobian(lambda v: [v[0] * v[1], v[0]])([2.0, 3.0])
    [[3.0, 2.0], [1.0, 0.0]]
    """
    return Derivative(_jacobian, f, argnums, has_aux)


@overload
def hessian(f: Scalar, argnums: Literal[0] = 0) -> Hessian: ...
@overload
def hessian(f: Scalar, argnums: int | tuple[int, ...]) -> Function: ...
def hessian(f: Function, argnums: int | tuple[int, ...] = 0) -> Function:
    """The function that computes ∂²f/∂argumentᵢ∂argumentⱼ: of n numbers n rows of n.  ``argnums`` as in :func:`grad`.

    >>> hessian(lambda v: v[0] ** 2 * v[1])([3.0, 5.0])
    [[10.0, 6.0], [6.0, 0.0]]
    """
    return jacobian(grad(f, argnums), argnums)


@overload  # numbers may stand in a sequence that could hold Values
def jvp(f: Scalar, primals: Sequence[Plain], tangents: Sequence[Plain]) -> tuple[float, float]: ...  # type: ignore[overload-overlap]
@overload
def jvp(f: Scalar, primals: Sequence[Number], tangents: Sequence[Number]) -> tuple[Value, Value]: ...
@overload
def jvp(
    f: Callable[..., list[Any]], primals: Sequence[Plain], tangents: Sequence[Plain]
) -> tuple[list[float], list[float]]: ...
@overload
def jvp(f: Function, primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]: ...
def jvp(f: Function, primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """f at the ``primals``, and its derivative there in the direction of the ``tangents``, by forward mode.

    The primals are the arguments of f, in a tuple; the tangents have a number for each of theirs.  Else TypeError or
    ValueError.

    >>> jvp(lambda x, y: x * y, (2.0, 3.0), (1.0, 0.5))
    (6.0, 4.0)
    """
    if not isinstance(primals, (tuple, list)) or not isinstance(tangents, (tuple, list)):
        raise TypeError(
            f"jvp and hvp take a tuple of the arguments of f, and one as long of tangents: jvp(f, (x,), (1.0,)), not "
            f"{primals!r:.40} and {tangents!r:.40}"
        )
    try:
        call = _Call(f, tuple(primals), tuple(range(len(primals))))
    except TypeError as error:
        if not isinstance(primals, list) or "positional argument" not in str(error):
            raise
        raise TypeError(f"{error}: primals are the arguments of f; for one that is a list write ([...],)") from error
    directions = Tree(list(tangents), "tangent")
    if directions.paths != Tree(list(primals), "argument").paths:
        raise ValueError("jvp: tangents must have the shape of the primals, one number for each number")
    outputs = [as_value(y) for y in call.outputs.leaves]
    flat = call.results([*outputs, *pushforward(outputs, dict(zip(call.xs, directions.leaves, strict=True)))])
    return call.outputs.like(flat[: len(outputs)]), call.outputs.like(flat[len(outputs) :])


@overload
def hvp(f: Scalar, primals: Sequence[float], tangents: Sequence[float], argnums: int = 0) -> float: ...
@overload
def hvp(f: Scalar, primals: tuple[list[float]], tangents: tuple[list[float]], argnums: int = 0) -> list[float]: ...
@overload
def hvp(f: Scalar, primals: Sequence[Any], tangents: Sequence[Any], argnums: int | tuple[int, ...] = 0) -> Any: ...
def hvp(f: Function, primals: Sequence[Any], tangents: Sequence[Any], argnums: int | tuple[int, ...] = 0) -> Any:
    """The Hessian of f at the ``primals`` times the vector ``tangents``, without the Hessian.

    It is forward mode over reverse mode: :func:`jvp` of :func:`grad`, by the ``argnums`` of that.

    >>> hvp(lambda v: v[0] ** 2 * v[1], ([3.0, 5.0],), ([1.0, 0.0],))
    [10.0, 6.0]
    """
    return jvp(grad(f, argnums), primals, tangents)[1]


class Derivative:
    """What ``grad``, ``value_and_grad``, ``jacobian`` and ``hessian`` return: a function of the arguments of f.

    It is pickled and copied with f, which a pickle finds by its name: so f is to be defined at the top of a module.
    """

    def __init__(
        self, compute: Callable[[_Call], Any], f: Function, argnums: int | tuple[int, ...], has_aux: bool = False
    ) -> None:
        _check(f, argnums)
        self._compute, self._f, self._argnums, self._has_aux = compute, f, argnums, has_aux
        self.__name__ = f"{compute.__name__[1:]} of {getattr(f, '__name__', type(f).__name__)}"

    def __call__(self, *args: Any, **named: Any) -> Any:
        return self._compute(_Call(self._f, args, self._argnums, named, self._has_aux))

    def __repr__(self) -> str:
        return f"<{self.__name__}>"

    def __reduce__(self) -> str | Reduced:
        usual = Derivative, (self._compute, self._f, self._argnums, self._has_aux)
        return by_name(self, self._f) or reduced(usual, f"the {self.__name__}", self._f)


def _value_and_gradient(call: _Call) -> tuple[Any, Any]:
    y = call.scalar("grad", "jacobian")
    value, *gradients = call.results([y, *_reverse(y, call.xs)])
    return value if call.aux is None else (value, call.beside()), call.like_arguments(gradients)


def _gradient(call: _Call) -> Any:
    value, gradient = _value_and_gradient(call)
    return gradient if call.aux is None else (gradient, value[1])


def _jacobian(call: _Call) -> Any:
    outputs, n = call.outputs.leaves, len(call.xs)
    rows = [_reverse(as_value(y), call.xs) for y in outputs]
    flat = call.results([g for row in rows for g in row])
    found = call.outputs.like([call.like_arguments(flat[i * n : (i + 1) * n]) for i in range(len(outputs))])
    return found if call.aux is None else (found, call.beside())


def _check(f: Function, argnums: int | tuple[int, ...]) -> None:
    """Refuse what is no function, and argnums that are no numbers of arguments, before anything is computed."""
    if isinstance(f, Value) or not callable(f):
        raise TypeError(
            f"the transforms take a function, not {f!r:.60}: for the derivatives of a Value that was computed already "
            f"use grad_of(y, [x]), or y.backward() and x.grad"
        )
    numbers = [*argnums] if isinstance(argnums, (tuple, list)) else [argnums]
    if not numbers or not all(isinstance(number, Integral) for number in numbers) or len({*numbers}) < len(numbers):
        raise TypeError(f"argnums is the number of an argument, or a tuple of different ones, not {argnums!r:.60}")


def _reverse(y: Value, xs: Sequence[Value]) -> list[Any]:
    """∂y/∂x for each x: a graph, or a number where it does not depend on one."""
    with derivative_mode():
        pairs = pullback(topological_order(y), {y: 1.0}, xs)
        return [add_up(pairs[x]) for x in xs]


class _Call:
    """f called on fresh nodes, and what is needed to give its derivatives the user's shapes.

    ``aux`` is what f returned beside the result, if it does so.
    """

    def __init__(
        self,
        f: Function,
        args: tuple[Any, ...],
        argnums: int | tuple[int, ...],
        named: Mapping[str, Any] | None = None,
        has_aux: bool = False,
    ) -> None:
        self.name = getattr(f, "__name__", type(f).__name__)
        self.single = not isinstance(argnums, (tuple, list))
        chosen = tuple(argnums) if isinstance(argnums, (tuple, list)) else (argnums,)
        numbers = [number % len(args) for number in chosen if -len(args) <= number < len(args)]
        if len({*numbers}) < len(chosen):
            raise ValueError(
                f"argnums {argnums!r}: {self.name} was called with {len(args)} argument(s) by position, each of which "
                f"counts once"
            )
        self.trees = [Tree(args[number], f"argument {number}") for number in numbers]
        with recording():
            fresh = [[_fresh(x) for x in tree.leaves] for tree in self.trees]
            wrapped = list(args)
            for number, tree, nodes in zip(numbers, self.trees, fresh, strict=True):
                wrapped[number] = tree.like(nodes)
            self.xs = [node for nodes in fresh for node in nodes]
            found, self.aux = f(*wrapped, **(named or {})), None
            if has_aux:
                if not isinstance(found, tuple) or len(found) != 2:
                    raise TypeError(
                        f"has_aux: {self.name} must return a pair (result, anything else), not {found!r:.60}"
                    )
                found, beside = found
                self.aux = Tree(beside, "", leaf=lambda part: not holds_parts(part))
            self.outputs = Tree(found, f"the result of {self.name}")

    def beside(self) -> Any:
        """What f returned beside the result, with numbers in place of Values."""
        assert self.aux is not None
        return self.aux.like(self.results(self.aux.leaves))

    def scalar(self, name: str, instead: str) -> Value:
        if self.outputs.shape is not None:
            raise TypeError(f"{name} needs a function that returns one scalar; for a list of them use {instead}")
        return as_value(self.outputs.leaves[0])

    def like_arguments(self, flat: Sequence[Any]) -> Any:
        """One number for each x, in the shape of the arguments that were differentiated."""
        rest = list(flat)
        parts = []
        for tree in self.trees:
            n = len(tree.leaves)
            parts.append(tree.like(rest[:n]))
            rest = rest[n:]
        return parts[0] if self.single else tuple(parts)

    def results(self, flat: Sequence[Any]) -> list[Any]:
        """Floats where no Value but our own fresh leaves is behind the results, else the Values."""
        own = {x for x in self.xs if x.primitive is None}
        nodes = topological_order(*(x for x in flat if isinstance(x, Value)))
        leaves = {node for node in nodes if node.primitive is None and node.requires_grad}
        closed = leaves <= own and mode.flags.tracer is None
        for x in own:
            x.requires_grad = False  # from here on a number like any other, also for a transform around this one
        return [x.data if isinstance(x, Value) else x for x in flat] if closed else list(flat)


def _fresh(x: Any) -> Value:
    """A node of its own for an argument: a leaf for a number, x · 1 for a Value that gradients go through."""
    tracer = mode.flags.tracer
    if not isinstance(x, Value):
        return Value(x)
    if tracer is None and not x.requires_grad:
        return Value(x.data)  # x · 1 would be as frozen as x, and every derivative 0
    fresh: Value = x * 1.0
    return fresh if tracer is None else tracer.as_argument(fresh)
