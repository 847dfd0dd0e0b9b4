"""Structures: what tells functions apart that become different programs, and programs kept to be used again.

While :class:`Reach` walks through what a function can reach, it writes down what it meets, as *tokens*: code, classes,
plain numbers by what they are, and Values by their order alone.  Two functions with the same tokens do the same to the
Values in the same places, and so one program serves both.

That holds only where the tokens say all that the function can see.  What they cannot vouch for makes it *unique*: a
library that may have a state of its own, a clock, an iterator, a cache.  Its program is made anew each time.
"""

from __future__ import annotations

import builtins
import functools
import hashlib
import operator
import sys
import time
import types
import weakref
from collections import deque
from pathlib import Path
from typing import Any, Generic, TypeVar

from ..primitives import Primitive

PLAIN = {float, int, str, bool, bytes, complex, type(None)}
OURS = ("autograd", "nn")
LOADED = time.time()  # when our code was loaded, or soon after

# Modules of which functions and classes always do the same.
PURE = {
    *OURS, "abc", "builtins", "cmath", "collections", "copy", "enum", "fractions", "functools", "itertools", "math",
    "numbers", "numpy", "operator", "statistics", "types", "typing",
}  # fmt: skip

# Builtins that see more than what their arguments hold.
ASKING = {
    "__import__", "compile", "dir", "eval", "exec", "globals", "hash", "id", "input", "locals", "open", "type", "vars",
}  # fmt: skip

# Methods and functions of pure modules that see files.
READING = {"fromfile", "genfromtxt", "load", "loadtxt", "memmap", "open", "read", "read_text"}

METHODS = (operator.methodcaller, operator.attrgetter, operator.itemgetter)
CONTAINERS = {list, tuple, dict, set, frozenset, deque}
SLOT_FUNCTIONS = (types.WrapperDescriptorType, types.MethodDescriptorType, types.ClassMethodDescriptorType)
LONG = 100  # plain things in a list, of which a digest is kept

T = TypeVar("T")


def is_pure(module: str) -> bool:
    """Whether what a module defines always does the same."""
    return module.partition(".")[0] in PURE


def token(x: Any) -> Any:
    """What stands for something plain: its text tells apart 1, 1.0 and True, 0.0 and -0.0."""
    return repr(x)


def tokens_of_plain(xs: Any, kind: type) -> Any:
    """What stands for a list, or the like, of plain things."""
    text = repr(sorted(map(repr, xs)) if kind in (set, frozenset) else [*xs])
    return hashlib.sha256(text.encode(errors="surrogatepass")).digest() if len(xs) > LONG else text


def tokens_of_items(items: Any) -> tuple[Any, ...] | None:
    """What stands for the items of a dict, but for the values that are not plain; None where a key is not."""
    found: list[Any] = []
    for key, x in items:
        if type(key) not in PLAIN:
            return None
        found += (repr(key), repr(x) if type(x) in PLAIN else None)
    return tuple(found)


def token_of_insides(x: Any) -> Any:
    """What stands for an object that is not looked into; None where nobody can tell what it does."""
    kind = type(x)
    if isinstance(x, types.ModuleType):
        return ("module", x.__name__) if is_pure(x.__name__) else None
    if kind in METHODS:
        arguments = x.__reduce__()[1:]
        return repr(x) if all(type(part) in PLAIN for part in arguments[0]) and len(arguments) == 1 else None
    if kind in SLOT_FUNCTIONS:
        return weakref.ref(x.__objclass__), x.__name__
    return None


def token_of_array(x: Any) -> Any:
    """What stands for an array or number of NumPy; None for anything else of it."""
    import numpy as np

    if type(x) is np.ndarray:
        kind = "items" if x.dtype == object else hashlib.sha256(x.tobytes()).digest()
        return "array", x.dtype.str, x.shape, kind
    return (type(x).__name__, x.tobytes()) if isinstance(x, np.generic) else None


def token_of_class(c: type) -> Any:
    """What stands for a class that is not looked into: itself, and the code of one of ours, which may be replaced."""
    code = [getattr(x, "__code__", None) for x in vars(c).values()] if _is_ours(c) else ()
    return weakref.ref(c), *code


def _is_ours(c: type) -> bool:
    return isinstance(c.__module__, str) and c.__module__.partition(".")[0] in OURS


@functools.cache
def asks_more(code: types.CodeType) -> bool:
    """Whether code may see what the walk does not: it imports something, uses such a builtin, reads a file."""
    import dis

    if not READING.isdisjoint(code.co_names):
        return True
    for i in dis.get_instructions(code):
        if i.opname == "IMPORT_NAME" and not is_pure(i.argval):
            return True
        if i.opname in ("LOAD_GLOBAL", "LOAD_NAME") and i.argval in ASKING and hasattr(builtins, i.argval):
            return True
    return any(asks_more(constant) for constant in code.co_consts if isinstance(constant, types.CodeType))


def lasting(structure: Any) -> str | None:
    """A text that is the same for equal structures in any process of the same code; None where there is none.

    Code counts by its instructions and constants, a class by its name, as what it holds stands in the structure too.
    """
    try:
        return hashlib.sha256(
            f"{_code(*(name for name in OURS if name in sys.modules))} {_lasting(structure)}".encode(
                errors="surrogatepass"
            )
        ).hexdigest()
    except LookupError:
        return None


def _lasting(x: Any) -> str:
    if type(x) in PLAIN or x is ...:
        return repr(x)
    if type(x) is tuple:
        return f"({', '.join(map(_lasting, x))})"
    if type(x) is frozenset:  # among the constants of code
        return f"{{{', '.join(sorted(map(_lasting, x)))}}}"
    if type(x) is types.CodeType:
        names = x.co_names, x.co_varnames, x.co_freevars, x.co_cellvars
        counts = x.co_argcount, x.co_posonlyargcount, x.co_kwonlyargcount, x.co_flags
        return _lasting((x.co_code, x.co_consts, names, counts, x.co_exceptiontable))
    if type(x) is weakref.ref and isinstance(c := x(), type):
        return f"{c.__module__}.{c.__qualname__}"
    if isinstance(x, Primitive):  # of the table: others are looked into
        return x.name
    raise LookupError(f"{type(x).__name__} means nothing in another process")


@functools.cache
def _code(*packages: str) -> str:
    """What stands for all code that is not looked into: that of our packages, of Python and of NumPy.

    LookupError where a file of ours was changed since it was loaded, by an editor or an installer.
    """
    import numpy as np

    digest = hashlib.sha256(f"{sys.version} {np.__version__}".encode())
    for name in packages:
        for folder in sys.modules[name].__path__:
            for file in sorted(Path(folder).rglob("*.py")):
                if file.stat().st_mtime > LOADED:
                    raise LookupError(f"{file} was changed after it was loaded")
                digest.update(f"{file.relative_to(folder)}\0".encode() + file.read_bytes())
    return digest.hexdigest()


class Recent(Generic[T]):
    """What was made for some keys; of more than ``most``, those that were not asked for longest go.

    Any number of threads may use it: that one does not find what another is just looking at makes it anew.
    """

    def __init__(self, most: int = 32) -> None:
        self._most = most
        self._kept: dict[Any, T] = {}  # that which was asked for last stands last

    def get(self, key: Any) -> T | None:
        found = self._kept.pop(key, None)
        if found is not None:
            self._kept[key] = found
        return found

    def keep(self, key: Any, made: T) -> None:
        self._kept[key] = made
        for old in [*self._kept][: -self._most]:
            self._kept.pop(old, None)

    def clear(self) -> None:
        self._kept.clear()
