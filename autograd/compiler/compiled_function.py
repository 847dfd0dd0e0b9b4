"""jit: a function of scalars as a compiled program."""

# mypy: disable-error-code="overload-overlap"
# (of no arguments at all a checker cannot know whether they are numbers, columns or Values)

from __future__ import annotations

import copy
import inspect
import math
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from functools import update_wrapper
from typing import Any, Generic, NamedTuple, Never, Protocol, TypeVar, overload

import numpy as np

from ..errors import AutogradError, located
from ..modes import mode, without_collector
from ..persistence import Reduced, by_name, reduced
from ..program import Program, Reach, Recent, program_of, trace
from ..transforms import Branch, Tree
from ..value import Value
from .agreement import check_agreement, some_of
from .columns import Columns, as_column
from .draws import Draws
from .expansion import expand
from .fallback import BY_NUMPY, Patience, falling_back
from .turns import Turn

R = TypeVar("R")
Number = Value | float
Column = np.ndarray[Any, Any]
MOST = 4  # programs for one shape of arguments that are kept: for training and evaluation, say


class Evaluator(Protocol):
    """``run(columns, rows)`` gives an array of shape (outputs, rows); ``plan`` and ``ir`` print.

    None raises where the forward of a primitive would: the result is then what IEEE 754 has, and whoever asked
    evaluates such a row again in another way.
    """

    plan: Any
    leaves: dict[int, Value]  # what the program closes over, by variable

    @property
    def ir(self) -> str: ...

    def bound(self, leaves: dict[int, Value]) -> Evaluator: ...

    def run(self, columns: Columns, rows: int) -> Any: ...


class Compiled(NamedTuple):
    """A program, what runs it, who draws its random inputs, and the shape of the function's result.

    ``made_for`` is what the function reached when it was traced; ``on_values`` says that it runs on Values alone.
    """

    program: Program
    evaluator: Evaluator
    generators: list[Any]
    result: Tree
    made_for: Reach
    on_values: bool

    def shared(self) -> Shared | None:
        """What others can take of it; None where it uses a Value or generator not reached."""
        leaves = {leaf: i for i, leaf in enumerate(self.made_for.leaves)}
        drawn = {id(generator): i for i, generator in enumerate(self.made_for.generators)}
        closed_over = self.program.leaves, self.evaluator.leaves
        if not all(leaves.keys() >= {*some.values()} for some in closed_over):
            return None
        if not {*map(id, self.generators)} <= drawn.keys():
            return None
        of_program, of_evaluator = ({v: leaves[leaf] for v, leaf in some.items()} for some in closed_over)
        result = copy.copy(self.result)
        result.leaves = [None] * len(result.leaves)
        nothing = self._replace(
            program=self.program.bound({}), evaluator=self.evaluator.bound({}), generators=[], result=result,
            made_for=Reach(),
        )  # fmt: skip
        return Shared(nothing, of_program, of_evaluator, [drawn[id(generator)] for generator in self.generators])


class Shared(NamedTuple):
    """What functions of one structure have in common; Values and generators by their places in what they reach."""

    compiled: Compiled
    of_program: dict[int, int]
    of_evaluator: dict[int, int]
    generators: list[int]

    def bound(self, of: Reach) -> Compiled:
        """The program of the function that reaches this."""
        of_program, of_evaluator = (
            {v: of.leaves[i] for v, i in some.items()} for some in (self.of_program, self.of_evaluator)
        )
        return self.compiled._replace(
            program=self.compiled.program.bound(of_program), evaluator=self.compiled.evaluator.bound(of_evaluator),
            generators=[of.generators[i] for i in self.generators], made_for=of,
        )  # fmt: skip


RECENT: Recent[Shared] = Recent()


class Jitted(Generic[R]):
    """What :func:`jit` returns."""

    def __init__(self, f: Callable[..., R]) -> None:
        if not callable(f):
            raise TypeError(f"jit takes a function of scalars, not {type(f).__name__}: {f!r:.60}")
        self._f = f
        self._compiled: dict[tuple[Any, ...], list[Compiled]] = {}  # the latest first
        self._patience = Patience(getattr(f, "__name__", type(f).__name__))
        self._latest: Compiled | None = None
        self._lock = Turn()
        update_wrapper(self, f, updated=())

    def __reduce__(self) -> str | Reduced:
        """A pickle or copy is not compiled yet."""
        usual = Jitted, (self._f,)
        return by_name(self, self._f) or reduced(usual, f"the compiled {self._patience.name}", self._f)

    def __repr__(self) -> str:
        return f"jit({self._f!r})"

    @overload  # of a function without types: Any alone can stand for Never
    def __call__(self: Jitted[Never], *args: Any, **named: Any) -> Any: ...
    @overload
    def __call__(self: Jitted[Value] | Jitted[float], *args: float, **named: float) -> float: ...
    @overload
    def __call__(self: Jitted[Value] | Jitted[float], *args: Number, **named: Number) -> Value: ...
    @overload
    def __call__(
        self: Jitted[Value] | Jitted[float], *args: Column | float, **named: Column | float
    ) -> np.ndarray[tuple[int], np.dtype[np.float64]]: ...
    @overload
    def __call__(self, *args: float, **named: float) -> R: ...
    @overload
    def __call__(self, *args: Any, **named: Any) -> Any: ...
    def __call__(self, *args: Any, **named: Any) -> Any:
        call = _Call(self._f, args, named)
        if call.has_values or mode.flags.tracer is not None:
            return self._f(*args, **named)
        columns, rows = call.columns, call.rows
        try:
            compiled = self._compile(call)
        except TypeError as error:
            if rows is None or not str(error).startswith("'float' object is not"):
                raise
            raise TypeError(
                f"{self._patience.name}: {error}: of a 1-D array it is given one number for each row; give a table, "
                f"whose rows it takes, x[None] for a single one, or a list of numbers"
            ) from error
        count = 1 if rows is None else rows
        if compiled.generators:
            draws = Draws(compiled.generators)
            columns = [*columns, *np.ascontiguousarray(draws.take(count).T)]
        results = compiled.evaluator.run(columns, count)
        if rows is None and all(map(math.isfinite, numbers := results[:, 0].tolist())):
            return compiled.result.like(numbers)
        finite = math.isfinite(np.vdot(results, results))  # if so, all are: seen sooner than by a look at each of them
        wrong = [] if finite else np.flatnonzero(~np.isfinite(results).all(axis=0)).tolist()
        results = results[: len(compiled.result.leaves)]  # without the guard
        if wrong:
            draws, drawn = draws if compiled.generators else Draws([]), 0
            draws.keep(0)
            for i in wrong:
                draws.skip(i - drawn)  # f then draws what was drawn for this row
                results[:, i] = call.again(i, compiled.on_values)
                drawn = i + 1
            draws.skip(count - drawn)
        if rows is None:
            return compiled.result.like(results[:, 0].tolist())
        return compiled.result.like(list(results), rows_first)

    def _compile(self, call: _Call) -> Compiled:
        with self._lock:
            key = (call.count, call.names, call.tree.shape)
            known = self._compiled.setdefault(key, [])
            changes = [compiled.made_for.changed() for compiled in known]
            if "" in changes:
                self._latest = known[changes.index("")]
                return self._latest
            if changes:
                self._patience.compiled_anew(changes[0])
            passed = any(made.made_for.changed() == "" for others in self._compiled.values() for made in others[:1])
            self._latest = _compiled(call, first=not passed)
            known.insert(0, self._latest)
            del known[MOST:]
            return self._latest

    def _shown(self) -> Compiled:
        """The latest program; before the first call, the one for plain numbers as arguments."""
        if self._latest is None:
            try:
                count = len(inspect.signature(self._f).parameters)
                return self._compile(_Call(self._f, (0.0,) * count, {}))
            except Exception as error:
                raise AutogradError(
                    f"there is no program yet: call the function once, so that it is known what its arguments look "
                    f"like (with a number for each it fails: {error})"
                ) from error
        return self._latest

    @property
    def program(self) -> Program:
        """The named equations of the latest call's program; it prints."""
        return self._shown().program

    @property
    def plan(self) -> Any:
        """What is computed together, call by call of the latest call's program; it prints."""
        return self._shown().evaluator.plan

    @property
    def llvm(self) -> str:
        """The LLVM IR of the latest call's program."""
        return self._shown().evaluator.ir


def jit(f: Callable[..., R]) -> Jitted[R]:
    """f compiled: traced once for each shape of its arguments, then run as machine code.

    f takes numbers, or lists, tuples, dicts and dataclasses of them, nested too, and returns such.  Where the
    arguments are numbers, the result is f's, as floats.  Where some of them are arrays of one length, f is computed
    for every row, and arrays are the result: it is given a number of a 1-D array, of a table X a row X[i] as an array.
    The numbers among them count for every row.  Where some are Values, f itself is called.  jit goes around the
    transforms: ``jit(value_and_grad(f))``, ``jit(hessian(f))``.

    ``.program`` prints the equations, ``.plan`` what is computed together, ``.llvm`` the code.  A program of more
    than 300 operations that differ from each other is not compiled as a whole but interpreted, an operation at a
    time over blocks of rows.  Without llvmlite NumPy runs the program, column by column; so it does where a primitive
    of your own cannot be compiled, and calls that for each number.  The results are the same, and a FallbackWarning
    says so.

    The result is what f itself gives, row after row, up to the last bits, or it is said that it cannot be:

    - TraceError, with the line, where f asks a traced Value what only a number can answer: ``if x > 0``, ``x == y``,
      ``x in xs``, a look-up in a dict or cache, ``math.sin(x)``, ``x.data``, ``f"{x}"``; where it does something else
      when it is called again; and where it gives something else on numbers than as it was traced, for a few rows that
      are computed both ways (up to 256 where its code says ``type``, as in ``type(x) is float``, of which a traced
      Value hears nothing: what it does for a value in none of these rows, and only then, is not noticed).
    - TraceError, with the name, where f changes what it can reach: attributes, lists, dicts, caches, closures, globals,
      generators.  All of it then holds what it held before.  What another thread changes of it during the
      first call counts as a change by f, and is undone too: compile before the threads begin.
    - Values that f closes over are read anew at every call.  Where anything else that f can reach has changed,
      plain numbers in closures, attributes, arrays, it is compiled anew; a FallbackWarning says so the fifth time.
    - A function of the same structure, with the same code and settings over other Values, takes the same program.
    - Random numbers of :func:`uniform` are drawn anew for each row, and are those that f would have drawn.
    - A row whose result is not finite, or for which anything raised on the way, is computed again by f itself, with the
      numbers that were drawn for it: so errors are f's own, with the row added.  A branch of :func:`where`, given as a
      function, raises only where it is taken.

    >>> import numpy as np
    >>> from autograd import tanh, value_and_grad
    >>> f = jit(value_and_grad(lambda x, w: tanh(w * x)))
    >>> f(0.0, 2.0)
    (0.0, 2.0)
    >>> y, slope = f(np.array([0.0, 0.5, 1.0]), 2.0)
    >>> slope.round(4).tolist()
    [2.0, 0.8399, 0.1413]
    >>> jit(lambda row: row[0] * row[1])(np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])).tolist()
    [2.0, 12.0, 30.0]
    >>> print(jit(lambda x, y: x * y + 1.0).program)
    { x y .
      a = x * y
      b = a + 1
      in b }
    """
    return Jitted(f)


@without_collector()
def _compiled(call: _Call, first: bool) -> Compiled:
    """The program for a call; not the ``first`` where the function, as it is now, has one for other shapes."""
    results: list[Tree] = []

    def flat(*inputs: Value) -> list[Any]:
        results.append(Tree(call.run(inputs), f"the result of {call.name}"))
        return results[-1].leaves

    rows, labels, of = some_of(call), call.labels(), Reach(call.f)
    structure = of.structure()
    key = None if structure is None or not rows else (call.tree.shape, *labels, structure)
    known = None if key is None else RECENT.get(key)
    if known is not None:
        return known.bound(of)
    traced = trace(flat, labels, of, rows[0] if rows else None, twice=first)
    result, guard = results[-1], [] if traced.guard is None else [traced.guard]
    program = program_of(traced.inputs, [*traced.outputs, *guard])
    found = evaluator(program)
    on_values = any(map(call.needs_values, rows))
    traced.reach.restore()
    eager = (lambda *xs: flat(*map(Value, xs))) if on_values else flat
    check_agreement(eager, traced, program.evaluate, call, call.name, briefly=not first)
    made = Compiled(program, found, traced.generators, result, traced.reach, on_values)
    if key is not None and traced.reach is of and (shared := made.shared()) is not None:
        RECENT.keep(key, shared)
    return made


def evaluator(program: Program) -> Evaluator:
    """The fastest way to run a program here."""
    with falling_back(BY_NUMPY):
        from .run import InMachineCode

        return InMachineCode(expand(program))
    from .vectorised import InNumPy

    return InNumPy(expand(program, partly=True))


class _Call:
    """The arguments of one call, as a flat list of numbers and columns."""

    def __init__(self, f: Callable[..., Any], args: tuple[Any, ...], named: dict[str, Any]) -> None:
        self.f, self.count, self.names = f, len(args), tuple(named)
        self.name = getattr(f, "__name__", type(f).__name__)
        self.tree = _Arguments([*args, *named.values()], "argument", leaf=_is_column)
        self.has_values = any(isinstance(x, Value) for x in self.tree.leaves)
        if not self.has_values:
            self.columns, self.rows = self._as_columns()

    def run(self, leaves: Any) -> Any:
        """f on arguments of this shape."""
        arguments = self.tree.like(leaves)
        return self.f(*arguments[: self.count], **dict(zip(self.names, arguments[self.count :], strict=True)))

    def labels(self) -> list[str]:
        """The name of each number: that of the parameter, and its place in it."""
        try:
            own = list(inspect.signature(self.f).bind(*self.tree.like(self.tree.leaves)[: self.count]).arguments)
        except (TypeError, ValueError):
            own = []
        names = [*(own if len(own) == self.count else [""] * self.count), *self.names]
        labels = []
        for path in self.tree.paths:
            first, _, rest = path[1:].partition("]")
            labels.append(names[int(first)] + rest if names[int(first)] else "")
        return labels

    def _as_columns(self) -> tuple[list[Any], int | None]:
        """The leaves as floats and arrays of float64, and how many rows there are: None where all are numbers."""
        columns: list[Any] = []
        lengths = {}
        for x, path in zip(self.tree.leaves, self.tree.paths, strict=True):
            if type(x) is float:
                columns.append(x)
            else:
                columns.append(as_column(x, f"{self.name}: argument{path}"))
                lengths[path] = len(columns[-1])
        if len({*lengths.values()}) > 1:
            found = ", ".join(f"argument{path} has {n}" for path, n in lengths.items())
            raise ValueError(f"{self.name}: all columns must be equally long, but {found}")
        return columns, next(iter(lengths.values()), None)

    def __len__(self) -> int:
        return 1 if self.rows is None else self.rows

    def __getitem__(self, i: int) -> list[float]:
        """The numbers of one row."""
        return [column if type(column) is float else float(column[i]) for column in self.columns]

    def needs_values(self, row: list[float]) -> bool:
        """Whether f runs on Values and not on floats, as it calls methods such as ``x.tanh()``."""
        try:
            self.run(row)
        except (TypeError, AttributeError):
            try:
                self.run([*map(Value, row)])
                return True
            except Exception:  # it fails either way: the floats' error counts
                return False
        except Exception:
            return False
        return False

    def again(self, i: int, on_values: bool) -> list[float]:
        """The result of f itself for one row."""
        row: list[Any] = [*map(Value, self[i])] if on_values else self[i]
        with located(f"{self.name}, row {i}") if self.rows is not None else nullcontext():
            result = Tree(self.run(row), f"the result of {self.name}")
        return [y.data if isinstance(y, Value) else y for y in result.leaves]


class _Arguments(Tree):
    """Arguments, in which an array of several dimensions is one of columns: its first dimension counts the rows."""

    def _walk(self, part: Any, path: str, what: str) -> Branch | None:
        if isinstance(part, np.ndarray) and part.ndim == 0:
            part = part.item()
        elif _dimensions(part) > 1:
            table = np.asarray(part)
            part = np.empty(table.shape[1:], dtype=object)
            for place in np.ndindex(part.shape):
                part[place] = table[(slice(None), *place)]
        return super()._walk(part, path, what)


def _is_column(x: Any) -> bool:
    """Whether an argument is an array of numbers, one for each row."""
    return _dimensions(x) == 1


def _dimensions(x: Any) -> int:
    """Those of an array of numbers; 0 for all else."""
    return 0 if getattr(x, "dtype", None) == "object" else getattr(x, "ndim", 0)


def rows_first(dimensions: tuple[int, ...], columns: Sequence[Any]) -> Any:
    """Columns of results as one array: the rows are counted by its first dimension."""
    return np.stack(columns, axis=-1).reshape(-1, *dimensions)
