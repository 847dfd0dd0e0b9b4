"""What a function can read and change: noted before it is traced, compared afterwards, and put back.

A program is made by calling a function on Values without numbers.  What the call leaves in attributes, lists, dicts
and caches must not stay there; and what the function read from there, a plain number say, stands in the program as
it was.  So all of it is noted: the closures of the function and of those it calls, the globals that its code names,
and from there on attributes, lists, dicts, sets, arrays.  Left out are the insides of libraries and what only runs,
such as iterators and files.

Nobody can tell whose a change is: what another thread changes of this while the function is traced, a few
milliseconds as a rule, counts as the function's own.  The trace is refused, and the change is put back with the rest.
"""

from __future__ import annotations

import dis
import functools
import gc
import os
import pickle
import random
import sys
import types
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import Context, ContextVar
from typing import Any, NamedTuple

from ..primitives import TABLE, Primitive
from ..value import Value
from .structure import (
    CONTAINERS,
    OURS,
    PLAIN,
    asks_more,
    is_pure,
    token,
    token_of_array,
    token_of_class,
    token_of_insides,
    tokens_of_items,
    tokens_of_plain,
)  # fmt: skip

COMPILED = "autograd.compiler"
MISSING = object()

# What Python adds to a class, some of it later on.
ADDED = {
    "__abstractmethods__", "__annotations__", "__dict__", "__doc__", "__firstlineno__", "__module__", "__parameters__",
    "__slots__", "__static_attributes__", "__weakref__", "_abc_impl",
}  # fmt: skip


class Place(NamedTuple):
    """Something that can change: how to read what it holds, what that was, and how to put that back."""

    name: str
    read: Callable[[], Any]
    held: Any
    put: Callable[[Any], object]


class Reach:
    """What some functions and objects can reach, with what it holds now.

    ``ignoring`` names attributes that do not count, by the identity of their owner.
    """

    def __init__(self, *roots: Any, ignoring: Mapping[int, tuple[str, ...]] | None = None) -> None:
        self._roots, self._ignoring = roots, ignoring or {}
        self._lasting: list[Place] = []  # what a program is made for
        self._passing: list[Place] = []  # what it reads anew: numbers of Values, generators; and caches
        # The lasting places once more, to be compared fast: lists and dicts with their copies, and all others.
        self._live: list[Any] = []
        self._held: list[Any] = []
        self._others: list[Place] = []
        self.leaves: list[Value] = []
        self.generators: list[Any] = []
        self._tokens: list[Any] = []
        self._unique = False  # the tokens do not say all
        self._objects: list[Any] = []
        self._code: list[str] = []
        self._reads_gradients = False  # perhaps: something is called grad
        self.asks_types = False  # the user's code says type, of which a traced Value hears nothing
        self.iterator = ""  # the name of one, if there is any: its state can be neither seen nor put back
        self.kinds: dict[type, str] = {}  # of each class of Values, where one lies
        self._seen: dict[Any, int] = {}
        self._left: list[tuple[Any, str]] = [(root, "") for root in roots]
        while self._left:
            self._visit(*self._left.pop())
        self._note(self._passing, "the data of a Value", self._numbers, self._put_numbers)
        self._note(self._lasting, "the class of an object", lambda: [*map(type, self._objects)], self._put_classes)

    def code(self) -> str:
        """The user's functions, each with its file and line, for a message."""
        return ", ".join(self._code) or "no code of yours"

    def structure(self) -> tuple[Any, ...] | None:
        """What is the same for functions that become the same program; None where only this one does so."""
        return None if self._unique or self._reads_gradients or self.iterator else tuple(self._tokens)

    @contextmanager
    def other_gradients(self) -> Iterator[None]:
        """A context in which each Value has another gradient, so that what reads it does something else."""
        leaves = self.leaves if self._reads_gradients else []
        before = [leaf.grad for leaf in leaves]
        try:
            for leaf, x in zip(leaves, before, strict=True):
                leaf.grad = x + 1.0
            yield
        finally:
            for leaf, x in zip(leaves, before, strict=True):
                leaf.grad = x

    def anew(self) -> Reach:
        """The same as it is now."""
        return Reach(*self._roots, ignoring=self._ignoring)

    def changed(self, *, passing: bool = False) -> str:
        """The name of the first thing that holds something else now; "" where all is as it was.

        ``passing`` counts what a program reads anew, too.
        """
        try:
            if not passing and self._live == self._held and all(place.read() == place.held for place in self._others):
                return ""
        except Exception:  # something does not compare as one: they are looked at one by one
            pass
        for place in (*self._lasting, *self._passing) if passing else self._lasting:
            now = place.read()
            try:
                if now is place.held or now == place.held:
                    continue
            except Exception:  # arrays, Values: they do not compare as one
                pass
            return _difference(place, now)
        return ""

    def restore(self) -> None:
        """Put back what was there."""
        for place in (*self._lasting, *self._passing):
            now = place.read()
            try:
                same = now is place.held or now == place.held
            except Exception:
                same = False
            if not same:
                place.put(place.held)

    def _note(
        self, where: list[Place], name: str, read: Callable[[], Any], put: Callable[[Any], object], held: Any = MISSING
    ) -> None:
        place = Place(name, read, read() if held is MISSING else held, put)
        where.append(place)
        if where is self._lasting and held is not MISSING:
            self._live.append(read())
            self._held.append(held)
        elif where is self._lasting:
            self._others.append(place)

    def _numbers(self) -> list[float]:
        return [leaf._data for leaf in self.leaves]

    def _put_numbers(self, numbers: list[float]) -> None:
        for leaf, x in zip(self.leaves, numbers, strict=True):
            leaf._data = x

    def _put_classes(self, kinds: list[type]) -> None:
        for x, kind in zip(self._objects, kinds, strict=True):
            if type(x) is not kind:
                x.__class__ = kind

    def _visit(self, x: Any, name: str) -> None:
        kind = type(x)
        if kind in PLAIN:
            self._tokens.append(token(x))
            return
        number = len(self._seen)
        if (known := self._seen.setdefault(id(x), number)) != number:
            self._tokens.append(known)
            return
        if issubclass(kind, Value):
            self.kinds.setdefault(kind, name)
            if x.primitive is None and not hasattr(kind, "kind"):  # a traced one has no number
                self.leaves.append(x)
            if kind is not Value or x.primitive is not None:
                self._unique = True
            else:
                self._tokens.append(token(x._data) if x.is_constant else "moves" if x.requires_grad else "frozen")
        elif _module(x if kind is types.FunctionType else kind).startswith(COMPILED):
            self._tokens.append(kind.__name__)
            self._left.append((getattr(x, "__wrapped__", None), name))  # what was compiled keeps its own programs
        elif kind is types.FunctionType:
            self._function(x)
        elif kind is types.MethodType:
            self._tokens.append("method")
            self._left += [(x.__self__, name), (x.__func__, "")]
        elif kind is types.BuiltinMethodType:
            self._tokens.append(("builtin", x.__name__))
            self._left.append((x.__self__, name))
        elif issubclass(kind, functools.partial):
            self._tokens.append("partial")
            self._left += [(part, name) for part in (x.func, x.args, x.keywords)]
        elif kind is types.CellType:
            self._tokens.append("cell")
            self._note(self._lasting, name, lambda: _contents(x), lambda held: setattr(x, "cell_contents", held))
            self._left.append((_contents(x), name))
        elif issubclass(kind, (list, tuple, dict, set, frozenset, deque)):
            self._container(x, kind, name)
        elif isinstance(x, random.Random):
            self._draws(x)
            self._note(self._passing, name or "a generator", x.getstate, x.setstate)
        elif hasattr(kind, "__next__"):
            self.iterator = name or kind.__name__
        elif _module(kind).startswith("numpy"):
            self._of_numpy(x, kind, name)
        elif kind is ContextVar:
            self._unique = True
            self._note(self._lasting, x.name, lambda: x.get(MISSING), lambda held: _set_again(x, held))
            self._left.append((x.get(None), x.name))
        elif issubclass(kind, bytearray) or _module(kind) == "array":
            self._tokens.append(repr(x))
            self._note(self._lasting, name, lambda: x, lambda held: x.__setitem__(slice(None), held), x[:])
        elif kind is functools._lru_cache_wrapper:
            self._unique = True
            self._cache(x, name)
        elif isinstance(x, type):
            self._class(x)
        elif kind is Primitive and TABLE.get(x.name) is x:
            self._tokens.append(x)
        else:
            self._instance(x, kind, name)

    def _draws(self, generator: Any) -> None:
        self.generators.append(generator)
        self._tokens.append(type(generator).__name__)

    def _told(self, found: Any) -> None:
        """Write a token down; None says that there is none which tells all."""
        self._tokens.append(found)
        self._unique |= found is None

    def _of_numpy(self, x: Any, kind: type, name: str) -> None:
        """An array, or a generator."""
        if not (generates := any(hasattr(kind, name) for name in ("bit_generator", "_bit_generator", "seed_seq"))):
            self._told(token_of_array(x))
        if kind.__name__ == "ndarray":
            copy = x.copy()
            self._note(self._lasting, name, x.tobytes, lambda held: x.__setitem__(..., copy))
            if x.dtype == object:
                self._left += [(item, name) for item in x.ravel().tolist()]
        elif generates:
            self._draws(x)
            bits = getattr(x, "bit_generator", None) or getattr(x, "_bit_generator", x)
            put = lambda held: setattr(bits, "state", pickle.loads(held))  # noqa: E731
            self._note(self._passing, name or "a generator", lambda: pickle.dumps(bits.state), put)

    def _container(self, x: Any, kind: type, name: str) -> None:
        """The items of a list, dict, set; one that is mutable is noted."""
        self._tokens.append((kind.__name__, len(x)))
        self._unique |= kind not in CONTAINERS
        if issubclass(kind, dict):
            self._note(self._lasting, name, lambda: x, lambda held: (x.clear(), x.update(held)), dict(x))
            self._items(x.items(), "{}[{!r}]", name)
            return
        if issubclass(kind, (list, deque)):
            self._note(self._lasting, name, lambda: x, lambda held: (x.clear(), x.extend(held)), x.copy())
        elif issubclass(kind, set):
            self._note(self._lasting, name, lambda: x, lambda held: (x.clear(), x.update(held)), {*x})
        if PLAIN.issuperset(map(type, x)):
            self._tokens.append(tokens_of_plain(x, kind))
        else:
            self._unique |= issubclass(kind, (set, frozenset))  # which has no order
            self._left += [(item, name) for item in x]

    def _instance(self, x: Any, kind: type, name: str) -> None:
        """The attributes of an object, of a class of the user's or of ours."""
        outside = _foreign(_module(kind))
        if outside and _module(kind).partition(".")[0] not in (*OURS, "_thread", "argparse", "types", "collections"):
            self._told(token_of_insides(x))
            return
        if isinstance(x, types.ModuleType):
            self._told(token_of_insides(x))
            return
        name, ignored = kind.__name__, self._ignoring.get(id(x), ())
        attributes = getattr(x, "__dict__", None)
        if type(attributes) is dict:
            if ignored:
                read = lambda: {key: value for key, value in attributes.items() if key not in ignored}  # noqa: E731
                put = lambda held: _refill(attributes, held | {key: attributes[key] for key in ignored})  # noqa: E731
                self._note(self._lasting, f"{name}.", read, put)
            else:
                put = lambda held: _refill(attributes, held)  # noqa: E731
                self._note(self._lasting, f"{name}.", lambda: attributes, put, attributes.copy())
            self._items([(key, value) for key, value in attributes.items() if key not in ignored], "{}.{}", name)
        for slot in (slot for c in kind.__mro__ for slot in _slots(c) if not _foreign(_module(c))):
            self._names_of(x, slot, name)
        self._unique |= outside and any(map(_slots, kind.__mro__))  # of which nobody knows what they hold
        self._left.append((kind, ""))
        if attributes is not None:  # the classes of others do not change
            self._objects.append(x)

    def _names_of(self, x: Any, slot: str, name: str) -> None:
        self._note(
            self._lasting, f"{name}.{slot}", lambda: getattr(x, slot, MISSING),
            lambda held: delattr(x, slot) if held is MISSING else setattr(x, slot, held),
        )  # fmt: skip
        self._left.append((getattr(x, slot, MISSING), f"{name}.{slot}"))

    def _items(self, items: Iterable[tuple[Any, Any]], form: str, name: str) -> None:
        self._told(tokens_of_items(items))
        self._left += [(value, form.format(name, key)) for key, value in items if type(value) not in PLAIN]

    def _function(self, f: types.FunctionType) -> None:
        """The closure and defaults of a function, and what its code names, if it is the user's."""
        cells, foreign = f.__closure__ or (), _foreign(_module(f))
        self._tokens.append((f.__code__, f.__module__, bool(f.__dict__), bool(f.__defaults__ or f.__kwdefaults__)))
        self._unique |= not is_pure(_module(f)) if foreign else asks_more(f.__code__)
        self._left += [(cell, name) for cell, name in zip(cells, f.__code__.co_freevars, strict=True)]
        if f.__dict__:
            put = lambda held: _refill(f.__dict__, held)  # noqa: E731
            self._note(self._lasting, f"{f.__name__}.", lambda: f.__dict__, put, f.__dict__.copy())
            self._items(f.__dict__.items(), "{}.{}", f.__name__)
        if f.__defaults__ or f.__kwdefaults__:
            self._left += [(f.__defaults__, f.__name__), (f.__kwdefaults__, f.__name__)]
            read = lambda: (f.__defaults__, f.__kwdefaults__)  # noqa: E731
            self._note(self._lasting, f"the defaults of {f.__name__}", read, lambda held: None)
        if not foreign:
            self._code.append(
                f"{f.__name__} ({os.path.basename(f.__code__.co_filename)}, line {f.__code__.co_firstlineno})"
            )
            names = _names(f.__code__)
            self.asks_types |= "type" in names and "type" not in f.__globals__
            self._globals(f.__globals__, names, {*_attributes(f.__code__)})
            self._reads_gradients |= "grad" in _attributes(f.__code__)

    def _globals(self, space: dict[str, Any], names: Iterable[str], attributes: set[str]) -> None:
        """Those of some names that stand in the globals of a module, and the attributes of modules that stand there."""
        used = sorted(name for name in names if name in space)
        self._tokens.append(tuple(used))
        key = (id(space), *used)
        if not used or key in self._seen:
            return
        self._seen[key] = len(self._seen)
        self._told(tokens_of_items((name, space[name]) for name in used))
        self._note(
            self._lasting, "", lambda: {name: space.get(name, MISSING) for name in used},
            lambda held: space.update((name, x) for name, x in held.items() if x is not MISSING),
        )  # fmt: skip
        for name in used:
            x = space[name]
            if x is random:
                self._left.append((random._inst, "the generator of the module random"))
            elif isinstance(x, types.ModuleType) and x.__name__ in ("numpy", "numpy.random"):
                self._left.append((sys.modules["numpy"].random.get_bit_generator(), "the generator of numpy.random"))
            elif isinstance(x, types.ModuleType):
                if not _foreign(x.__name__):
                    self._globals(vars(x), attributes, attributes)
                else:
                    self._told(token_of_insides(x))
            elif type(x) not in PLAIN:
                self._left.append((x, name))

    def _class(self, x: type) -> None:
        """The attributes of a class of the user's, its methods among them."""
        for c in x.__mro__:
            if (c is not x and id(c) in self._seen) or c is object:
                continue
            self._seen[id(c)] = len(self._seen)
            self._tokens.append(token_of_class(c))
            if _foreign(_module(c)):
                self._unique |= not is_pure(_module(c))
                continue
            self._told(tokens_of_items(_attributes_of(c)().items()))
            self._note(self._lasting, f"{c.__name__}.", _attributes_of(c), _put_attributes(c))
            for key, value in _attributes_of(c)().items():
                inner = value.fget if isinstance(value, property) else getattr(value, "__func__", value)
                self._left.append((inner, f"{c.__name__}.{key}"))

    def _cache(self, x: Any, name: str) -> None:
        """functools.cache and its kin: of what it holds, only whether it is more than before, and what is traced."""
        name = f"the cache of {getattr(x, '__name__', name)}"
        self._note(self._passing, name, lambda: x.cache_info().currsize, lambda held: x.cache_clear())
        self._left.append((x.__wrapped__, name))
        for inner in gc.get_referents(x):
            if type(inner) is dict and inner is not getattr(x, "__dict__", None):
                for value in inner.values():
                    linked = type(value).__name__ == "_lru_list_elem"
                    self._left += [(item, name) for item in (gc.get_referents(value) if linked else [value])]


def _difference(place: Place, now: Any) -> str:
    """The name of a place, with the attribute or key that is not what it was."""
    if type(now) is not dict:
        return place.name
    for key in {**place.held, **now}:
        one, other = place.held.get(key, MISSING), now.get(key, MISSING)
        try:
            if one is other or one == other:
                continue
        except Exception:
            pass
        if not place.name or place.name.endswith("."):
            return f"{place.name}{key}"
        return f"{place.name}[{key!r}]"
    return place.name


def _refill(attributes: dict[str, Any], held: dict[str, Any]) -> None:
    attributes.clear()
    attributes.update(held)


def _set_again(x: ContextVar[Any], held: Any) -> None:
    """Let a context variable be what it was; one that was not set, what it is in no context, which is nearly that."""
    try:
        x.set(Context().run(x.get) if held is MISSING else held)
    except LookupError:  # it has no default
        x.set(None)


def _contents(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return MISSING


def _attributes_of(c: type) -> Callable[[], dict[str, Any]]:
    """What a class says itself, without what Python adds."""
    return lambda: {key: value for key, value in vars(c).items() if key not in ADDED}


def _put_attributes(c: type) -> Callable[[dict[str, Any]], None]:
    def put(held: dict[str, Any]) -> None:
        for key in _attributes_of(c)():
            if key not in held:
                delattr(c, key)
        for key, value in held.items():
            if vars(c).get(key, MISSING) is not value:
                setattr(c, key, value)

    return put


def _slots(c: type) -> Iterable[str]:
    slots = vars(c).get("__slots__", ())
    return [slots] if isinstance(slots, str) else [s for s in slots if s not in ("__dict__", "__weakref__")]


@functools.cache
def _names(code: types.CodeType) -> frozenset[str]:
    """The names that code looks up outside of itself."""
    inner = [_names(constant) for constant in code.co_consts if isinstance(constant, types.CodeType)]
    own = {i.argval for i in dis.get_instructions(code) if i.opname in ("LOAD_GLOBAL", "LOAD_NAME")}
    return frozenset(own).union(*inner)


def _attributes(code: types.CodeType) -> Iterator[str]:
    """All names in code, those of attributes too."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _attributes(constant)


def _module(x: Any) -> str:
    """The module of a class or function; classes of C may have something else there."""
    return x.__module__ if isinstance(x.__module__, str) else ""


@functools.cache
def _foreign(module: str) -> bool:
    """Whether a module is of Python's library, of an installed one, or ours: its insides are its own affair."""
    root = module.partition(".")[0]
    if root in OURS or root in sys.stdlib_module_names:
        return True
    file = getattr(sys.modules.get(root), "__file__", None) or ""
    return "site-packages" in file or "dist-packages" in file
