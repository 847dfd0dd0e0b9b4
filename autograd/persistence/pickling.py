"""Pickles and copies of graphs, primitives and functions.

A pickler goes from an object to all that it refers to, and so from a result to its parents, their parents, and on: of
a deep graph that is deeper than Python's stack.  Therefore a result begins with the list of its ancestors, parents
before what was computed from them.  A node that is met inside of such a list, an *announced* one, gives a record of
itself alone, for its parents are known by then.

Scopes follow when all nodes of the list are known: the owner of a scope, a model say, may hold some of these nodes, and
would lead to them too early.  So the model in whose call a node was made is pickled with the graph.

Functions and primitives are pickled by their names, as Python does with functions: whoever reads the pickle imports
the module, and finds the same object there.
"""

from __future__ import annotations

import copyreg
import functools
import sys
import threading
import types
import weakref
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NoReturn, Self

from ..graph import Labelled, Node, new, topological_order
from ..primitives import Primitive

Reduced = tuple[Any, ...]  # what __reduce__ gives: a function, its arguments, and perhaps a state


# --- graphs ------------------------------------------------------------------------------------------------------


class Pickling:
    """What one pickler has been told: the nodes of all its lists so far, and those of them that it has yet to meet.

    The pickler keeps it, as it keeps all that it has pickled, and it dies with the pickler.  It comes before every
    list; so it is asked again, by ``__reduce__``, only by another pickler, which knows none of these nodes.
    """

    def __init__(self, asked: int = 0) -> None:
        self.nodes: set[Node] = set()
        self.announced: set[Node] = set()
        self.asked = asked

    def __reduce__(self) -> Reduced:
        self.asked += 1
        return tuple, ()


class Latest(threading.local):
    """The pickling that went on last in this thread."""

    pickling: Callable[[], Pickling | None] = staticmethod(lambda: None)


latest = Latest()


class Picklable(Node):
    """A node that is copied and pickled with all that it was computed from.

    >>> import pickle
    >>> from autograd import Value
    >>> x = Value(2.0)
    >>> square = x * x
    >>> y, again = pickle.loads(pickle.dumps([square + x, square]))
    >>> y.data, y.parents[0] is again
    (6.0, True)
    """

    __slots__ = ()

    if TYPE_CHECKING:  # what Value adds
        data: float

    def __reduce__(self) -> Reduced:
        pickling = latest.pickling()
        if pickling is not None and self in pickling.announced:
            pickling.announced.remove(self)
            return record(self)
        self.data  # noqa: B018  # refused while a program is traced
        if self._a is None:
            belongings = belongings_of([self])
            return (*record(self), ([], *belongings)) if any(belongings) else record(self)
        if pickling is None:
            pickling = Pickling()
            latest.pickling = weakref.ref(pickling)
        ancestors = Ancestors(self, pickling)
        function, args = record(self)
        return after, (pickling, ancestors, function, *args), Belongings(ancestors)

    def __setstate__(self, state: tuple[list[Node], list[Any], dict[int, dict[str, Any]]]) -> None:
        """Put on what belongs to some nodes, of which this is the last."""
        ancestors, scopes, attributes = state
        nodes = [*ancestors, self]
        for node, scope in zip(nodes, scopes, strict=False):  # none, where no node has one
            if scope is not None:
                node._tag = Labelled(node.label, scope) if node._tag else scope
        for i, own in attributes.items():
            for name, x in own.items():
                setattr(nodes[i], name, x)

    def __copy__(self) -> Self:
        """The same node once more, with the same parents."""
        function, args = record(self)
        twin: Self = function(*args)
        twin.__setstate__(([], *belongings_of([self])))
        return twin


class Ancestors:
    """The nodes behind one that a pickler does not know yet: in the pickle, a list."""

    __slots__ = ("node", "nodes", "pickling")

    def __init__(self, node: Node, pickling: Pickling) -> None:
        self.node, self.pickling, self.nodes = node, pickling, list[Node]()

    def __reduce__(self) -> Reduced:
        if self.pickling.asked > 1:  # another pickler than that of the other lists
            self.pickling = Pickling(1)
            latest.pickling = weakref.ref(self.pickling)
        seen = self.pickling.nodes
        seen.discard(self.node)
        self.nodes = topological_order(self.node, seen=seen)
        return list, (), None, self._announce()

    def _announce(self) -> Iterator[Node]:
        """All but the last.  A pickler takes some in advance, so that several are announced at once."""
        announce = self.pickling.announced.add
        for node in self.nodes[:-1]:
            announce(node)
            yield node


class Belongings:
    """A list of ancestors with what belongs to them: what is pickled when all of them are known, a tuple."""

    __slots__ = ("ancestors",)

    def __init__(self, ancestors: Ancestors) -> None:
        self.ancestors = ancestors

    def __reduce__(self) -> Reduced:
        self.ancestors.pickling.announced.clear()  # what the pickler had met before
        return together, (self.ancestors, *belongings_of(self.ancestors.nodes))


def together(*parts: Any) -> tuple[Any, ...]:
    return parts


def belongings_of(nodes: list[Node]) -> tuple[list[Any], dict[int, dict[str, Any]]]:
    """The scopes of nodes, if any has one, and the attributes of those of a user's class, by their places."""
    scopes = [node.scope for node in nodes]
    attributes = {i: own_attributes(node) for i, node in enumerate(nodes) if has_attributes(type(node))}
    return scopes if any(scopes) else [], attributes


def record(node: Node) -> Reduced:
    """A node without its scope and attributes: a function and its arguments."""
    args: tuple[Any, ...]
    label = node.label if type(node._tag) is Labelled else ""
    if node._a is None:
        args = type(node), node._data, node.requires_grad, node._db is None, node.grad, label
        return leaf, args[:3] if not (args[3] or args[4] or label) else args
    args = (
        type(node), node._data, node.requires_grad, node.primitive, node._a, node._da, node._b, node._db,
        node.grad, label,
    )  # fmt: skip
    return result, args[:8] if not (node.grad or label) else args


def leaf(
    kind: type[Node], data: float, requires_grad: bool, is_constant: bool = False, grad: float = 0.0, label: str = ""
) -> Node:
    """A leaf, of its record."""
    return result(kind, data, requires_grad, None, None, 0.0, None, None if is_constant else 0.0, grad, label)


def result(
    kind: type[Node], data: float, requires_grad: bool, primitive: Primitive | None,
    a: Any, da: Any, b: Any, db: Any, grad: float = 0.0, label: str = "",
) -> Node:  # fmt: skip
    """A node, of its record."""
    node = new(kind)
    node._data, node.requires_grad, node.primitive, node.grad = data, requires_grad, primitive, grad
    node._a, node._da, node._b, node._db = a, da, b, db
    node._tag = Labelled(label, None) if label else None
    return node


def after(pickling: object, ancestors: object, function: Callable[..., Any], *args: Any) -> Any:
    """function(*args), when the ancestors are there."""
    return function(*args)


def has_attributes(kind: type) -> bool:
    """Whether the objects of a class have more than the slots of a node."""
    return kind.__basicsize__ > Node.__basicsize__ or kind.__dictoffset__ != 0


def own_attributes(node: Node) -> dict[str, Any]:
    """What a node of a user's class has beside the slots of a node."""
    if not has_attributes(type(node)):
        return {}
    state = object.__getstate__(node)  # the attributes, and those in slots
    attributes, slots = state if isinstance(state, tuple) else (state, None)
    return {**(attributes or {}), **{name: x for name, x in (slots or {}).items() if name not in Node.__slots__}}


# --- functions and primitives ------------------------------------------------------------------------------------


class Refusal:
    """A part of a pickle that cannot be: it is told what is wrong.  A copy is made without it."""

    def __init__(self, text: str, of: Any = None) -> None:
        self.text, self.of = text, of

    def __deepcopy__(self, memo: Any) -> Refusal:
        return self

    def __reduce__(self) -> NoReturn:
        from pickle import PicklingError  # the module takes a while to load

        raise PicklingError(self.text)


def found(module: str, name: str) -> Any:
    """What a dotted name stands for in a module that is loaded; None where there is no such thing."""
    x: Any = sys.modules.get(module)
    for part in name.split("."):
        x = getattr(x, part, None)
    return x


def imported(module: str, name: str) -> Any:
    """What a dotted name stands for in a module."""
    import importlib

    importlib.import_module(module)
    return found(module, name)


def nameless(*holders: Any) -> types.FunctionType | None:
    """The first function in some objects, and in lists and dicts of them, that its name does not lead to."""
    left = [*holders]
    while left:
        x = left.pop()
        kind = type(x)
        if kind is types.FunctionType:
            if found(x.__module__, x.__qualname__) is not x:
                return x  # type: ignore[no-any-return]
        elif kind in (list, tuple):
            left += x[::-1]
        elif kind is dict:
            left += x.values()
        elif kind is types.MethodType:
            left.append(x.__self__)
        elif kind is functools.partial:
            left += (x.keywords, x.args, x.func)
    return None


def reduced(usual: str | Reduced, what: str, *holders: Any) -> str | Reduced:
    """What an object gives to a pickle or copy; to a pickle an error, where the holders have a function without a name.

    ``usual`` is what it gives otherwise, ``what`` it is for the message.
    """
    function = nameless(*holders)
    if function is None or isinstance(usual, str):
        return usual
    code = function.__code__
    place = f"{function.__name__} ({code.co_filename.rpartition('/')[2]}, line {code.co_firstlineno})"
    refusal = Refusal(
        f"{what} cannot be pickled, as it holds {place}: functions are pickled by their names, and this one cannot be "
        f"found under its own. Define it with def at the top of a module"
    )
    made, args, *rest = usual
    return (apart_from, (refusal, made, *args), *rest)


def apart_from(refusal: Refusal, function: Callable[..., Any], *args: Any) -> Any:
    """function(*args), in a copy: of all of it but what cannot be pickled."""
    return function(*args)


def by_name(x: Any, function: Any) -> Reduced | None:
    """How to find what decorates a function, where it took that function's place: ``@jit`` before ``def f(x)``."""
    name = getattr(function, "__module__", None) or "", getattr(function, "__qualname__", "")
    return (imported, name) if found(*name) is x else None


def primitive_by_name(primitive: Any) -> str | Reduced:
    """The name of a primitive in the module that made it; to a pickle an error, where it has none."""
    module = primitive.__module__
    if found(module, primitive.name) is primitive:
        return str(primitive.name)
    for name, x in vars(sys.modules[module]).items() if module in sys.modules else ():
        if x is primitive:
            return name
    text = (
        f"the primitive {primitive.name!r} cannot be pickled: primitives are pickled by their names, and no name in "
        f"{module} stands for it. At the top of that module write {primitive.name} = primitive({primitive.name!r}, ...)"
    )
    return original, (Refusal(text, primitive),)


def original(refusal: Refusal) -> Any:
    """What could not be pickled, in a copy."""
    return refusal.of


copyreg.pickle(Primitive, primitive_by_name)
