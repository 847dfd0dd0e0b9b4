"""Scopes: which part of a program a node was made in, so that a picture can show parts instead of nodes.

A scope is a pair (owner, outer).  The owner is the object whose call it is, such as a layer, or the name
given to ``with scope(name)``; outer is the scope around it, or None.  Every call makes a scope of its own.
A node keeps the scope that was current when it was made; names are looked up when a picture
is drawn, so that a call costs one pair, and a node nothing: its scope shares the slot of the label.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

from .hints import Hinted
from .modes import Scope, current_scope, scope_here
from .persistence import Reduced, reduced

X = TypeVar("X")
X_contra = TypeVar("X_contra", contravariant=True)
Y = TypeVar("Y")
Y_co = TypeVar("Y_co", covariant=True)


class Forward(Protocol[X_contra, Y_co]):
    """What a class has that says how it computes: a call then takes and gives the same."""

    def forward(self, x: X_contra, /) -> Y_co: ...


class Scoped(Hinted):
    """The base of what is shown as a part: whatever ``forward`` makes belongs to a scope of this object.

    ``nn.Module`` is one.  The scope is left when the call ends, by an exception too.  Every thread
    and every asyncio task has a current scope of its own.

    >>> from autograd import Value
    >>> class Square(Scoped):
    ...     def forward(self, x):
    ...         return x * x
    >>> path(Square()(Value(3.0)).scope)
    'Square'
    """

    def forward(self, x: Any, /) -> Any:
        """The output for one input x; a subclass says how."""
        raise NotImplementedError(f"{type(self).__name__} needs a method forward(self, x)")

    def __call__(self: Forward[X, Y], x: X) -> Y:
        # As ``scope`` below, written out: a context manager would take four times as long.
        outer = scope_here()
        inner = (self, outer)
        current_scope.set(inner)
        try:
            return self.forward(x)
        finally:
            if scope_here() is inner or outer is None:
                current_scope.set(outer)

    def __reduce_ex__(self, protocol: Any) -> str | Reduced:
        usual = super().__reduce_ex__(protocol)
        return reduced(usual, f"this {type(self).__name__}", *getattr(self, "__dict__", {}).values())

    def named_modules(self) -> dict[str, Any]:
        """The Scoped objects inside this one under their dotted names, itself under ""."""
        return {"": self}

    def direct_modules(self) -> dict[str, Any]:
        """Those that are directly in this one: in no other one that is inside it."""
        found: dict[str, Any] = {}
        for name, inner in self.named_modules().items():
            if name and not any(name.startswith(f"{outer}.") for outer in found):
                found[name] = inner
        return found

    def layers_of(self, names: Iterable[str]) -> list[str]:
        """For each of the ``names`` of parameters or modules of this model, the name of the layer that holds it.

        The layers are the modules directly in it, and where one of these runs others in sequence (as
        Sequential, MLP and Residual do), those others.  What is in no layer counts under the name of the model's class.

        >>> class Half(Scoped):
        ...     def named_modules(self):
        ...         return {"": self, "inner": Scoped()}
        >>> Half().layers_of(["inner.w.0", "b"])
        ['inner', 'Half']
        """
        layers = {*self._layer_names()}
        found = []
        for name in names:
            while name and name not in layers:
                name = name.rpartition(".")[0]
            found.append(name or type(self).__name__)
        return found

    def _layer_names(self) -> Iterator[str]:
        for name, inner in self.direct_modules().items():
            yield name
            if hasattr(inner, "sequence"):
                yield from (f"{name}.{deeper}" for deeper in inner._layer_names())

    def named_parameters(self) -> dict[str, Any]:
        """The leaves of this object that a training moves, whoever uses them."""
        return {}

    def named_leaves(self) -> dict[str, Any]:
        """All that belong to it: what a training leaves alone too."""
        return self.named_parameters()


@contextmanager
def scope(name: str) -> Iterator[None]:
    """Name a part of a computation.  Scopes nest; two of one name stay apart.  ValueError for an empty name.

    >>> from autograd import Value
    >>> x = Value(2.0)
    >>> with scope("outer"), scope("inner"):
    ...     y = x * x
    >>> path(y.scope)
    'outer.inner'
    """
    if not isinstance(name, str) or not name.strip():
        raise ValueError(f"a scope needs a name, such as scope('encoder'), not {name!r}")
    outer = scope_here()
    inner = (name, outer)
    current_scope.set(inner)
    try:
        yield
    finally:
        # Where generators interleave, another scope may be current: only the outermost sets that aside.
        if scope_here() is inner or outer is None:
            current_scope.set(outer)


def enclosing(scope: Scope | None) -> list[Scope]:
    """The scopes that hold a scope, outermost first, and itself."""
    found = []
    while scope is not None:
        found.append(scope)
        scope = scope[1]
    return found[::-1]


class Paths:
    """The dotted names of scopes; each module is asked once for the names of those inside it."""

    def __init__(self) -> None:
        self._inside: dict[int, dict[int, str]] = {}  # by identity: a module may compare as it likes

    def of(self, scope: Scope, full: bool = False) -> str:
        """The name of a scope, such as ``layers.0.neurons.3``: relative to the outermost module.

        The full one begins with that module's class: ``MLP.layers.0.neurons.3``.
        """
        chain = enclosing(scope)
        names = [self._name(one) for one in chain]
        relative = isinstance(chain[0][0], Scoped) and len(names) > 1 and not full
        return ".".join(names[relative:])

    def _name(self, scope: Scope) -> str:
        """What a scope is called inside the one around it.

        That is the given name, or the module's dotted name in the nearest module around it; the name of its
        class where that one does not hold it, or there is none.
        """
        owner, outer = scope
        if isinstance(owner, str):
            return owner
        while outer is not None and not isinstance(outer[0], Scoped):
            outer = outer[1]
        if outer is None:
            return type(owner).__name__
        holder = outer[0]
        if id(holder) not in self._inside:
            named = list(holder.named_modules().items())[::-1]  # one that is held twice goes by its first name
            self._inside[id(holder)] = {id(module): name for name, module in named}
        return self._inside[id(holder)].get(id(owner)) or type(owner).__name__


def path(scope: Scope) -> str:
    """The dotted name of one scope: see :class:`Paths`."""
    return Paths().of(scope)
