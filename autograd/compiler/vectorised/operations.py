"""The calls of a plan as operations of NumPy: each on arrays that are views of one memory.

What lies a fixed step apart is read and written where it lies; anything else is collected first.
"""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from ...modes import mode
from ...primitives import NAN, TABLE, Primitive
from ...value import evaluate
from ..layout import Section
from ..plan import (
    ONES,
    ZERO,
    Elementwise,
    Gather,
    LogSumExp,
    MatVec,
    Operand,
    Outer,
    Row,
    RowDot,
    Scalar,
    Scatter,
    Template,
)
from .ufuncs import ARITHMETIC, COMPARISONS, LOGICAL, Function

Operation = tuple[Function, tuple[Any, ...]]

RUNS = 4  # regular stretches that are copied one by one; more numbers are looked up by their places


def run(operations: Iterable[Operation]) -> None:
    """Do them in order.  NumPy is to be told beforehand that inf and nan are no reason to warn."""
    for function, arguments in operations:
        function(*arguments)


class Operations:
    """The ``operations`` of a section on a memory, for so many lanes of each row.

    ``packs`` come first, whenever scalars have changed: they collect those that do not lie a fixed step apart.
    """

    def __init__(self, section: Section[Any], memory: Any, lanes: int) -> None:
        self._places, self._memory, self._lanes = section.places, memory, lanes
        self.packs: list[Operation] = []
        self.operations: list[Operation] = []
        self._packed: dict[tuple[tuple[int, ...], bytes], Any] = {}
        self._scratch = Scratch()
        for call in section.plan.calls:
            match call:
                case Elementwise():
                    self._elementwise(call)
                case MatVec():
                    self._matvec(call)
                case RowDot():
                    self._rowdot(call)
                case LogSumExp():
                    self._logsumexp(call)
                case Gather():
                    self._gather(call)
                case Scatter():
                    self._scatter(call)
                case Outer():
                    self._outer(call)
            self._scratch.give_all()

    def _do(self, function: Callable[..., Any], *arguments: Any) -> None:
        self.operations.append((function, arguments))

    # --- numbers in their places ----------------------------------------------------------------------------------

    def _rows(self, rows: Any, matrix: bool = False) -> Any:
        """An array of some rows, which may be nested: where they lie, if they can be read there.

        A ``matrix`` is one that the library for matrix products reads: rows in the order of memory.
        """
        places = self._places_of(rows)
        found = self._view(places, self._lanes)
        if found is not None and not (matrix and len(places) > 1 and found.strides[0] <= 0):
            return found
        array = self._scratch.take((*places.shape, self._lanes))
        runs = regular_runs(places) if places.ndim == 1 else []
        if 0 < len(runs) <= RUNS:
            for first, end in runs:
                self._do(np.copyto, array[first:end], self._view(places[first:end], self._lanes))
        else:
            self._do(self._memory.take, places[..., None] + np.arange(self._lanes), None, array, "clip")
        return array

    def _places_of(self, rows: Any) -> Any:
        places = self._places.rows
        if rows and isinstance(rows[0], list):
            return np.array([[places[row] for row in some] for some in rows], dtype=np.int64)
        return np.array([places[row] for row in rows], dtype=np.int64)

    def _view(self, places: Any, length: int) -> Any:
        """So many numbers from each place on, where they lie; None where the places are not regular."""
        steps = regular(places)
        if steps is None:
            return None
        strides = (*(8 * step for step in steps), 8)
        return np.ndarray((*places.shape, length), np.float64, self._memory, 8 * int(places.flat[0]), strides)

    def _scalars(self, scalars: Sequence[Sequence[Scalar]]) -> Any:
        """A matrix of scalars: where they lie, or packed."""
        known = self._places.scalars
        places = np.array([[known[v] for v in some] for some in scalars], dtype=np.int64)
        found = self._view(places, 1)
        if found is not None:
            return found[..., 0]
        key = places.shape, places.tobytes()
        if key not in self._packed:
            array = self._packed[key] = np.empty(places.shape)
            self.packs.append((self._memory.take, (places, None, array, "clip")))
        return self._packed[key]

    def _output(self, rows: Sequence[Row]) -> tuple[Any, list[Operation]]:
        """An array to be written to, and what brings it to its rows."""
        places = self._places_of(rows)
        found = self._view(places, self._lanes)
        if found is not None:
            return found, []
        array = self._scratch.take((len(rows), self._lanes))
        return array, [(np.copyto, (self._view(places[i : i + 1], self._lanes)[0], array[i])) for i in range(len(rows))]

    def _add_to_sums(self, places: Sequence[Sequence[int | None]], numbers: Any) -> None:
        """Add a matrix to the sums of these places."""
        found = np.array([[self._places.sums[place] for place in some] for some in places], dtype=np.int64)
        view = self._view(found, 1)
        wanted = [place for some in places for place in some if place is not None]
        if view is not None and len({*wanted}) == found.size:
            self._do(np.add, view[..., 0], numbers, view[..., 0])
        else:
            self._do(np.add.at, self._memory, found, numbers)

    # --- calls ----------------------------------------------------------------------------------------------------

    def _elementwise(self, call: Elementwise) -> None:
        rows = [self._rows(column) for column in zip(*call.rows, strict=True)]
        scalars = [self._scalars([[v] for v in column]) for column in zip(*call.scalars, strict=True)]
        outputs = [self._output(column) for column in zip(*call.outputs, strict=True)]
        self._template(call.template, rows, scalars, [array for array, _ in outputs])
        self.operations += [operation for _, after in outputs for operation in after]

    def _matvec(self, call: MatVec) -> None:
        out, after = self._output(call.outputs)
        sums = self._scratch.take(out.shape) if call.then else out
        self._do(np.matmul, self._scalars(call.weights), self._rows(call.inputs, matrix=True), sums)
        if any(self._places.scalars[bias] != self._places.scalars[ZERO] for bias in call.biases):
            self._do(np.add, sums, self._scalars([[bias] for bias in call.biases]), sums)
        if call.then:
            template, place, beside = call.then
            rows = [self._rows(column) for column in zip(*beside, strict=True)]
            self._template(template, [*rows[:place], sums, *rows[place:]], [], [out])
        self.operations += after

    def _rowdot(self, call: RowDot) -> None:
        left, right = self._rows(call.left), self._rows(call.right)
        out, after = self._output(call.outputs)
        products = self._scratch.take((*out.shape[:1], len(call.left[0]), self._lanes))
        self._do(np.multiply, left, right, products)
        if call.adding:
            total = self._scratch.take(out.shape)
            self._do(np.add.reduce, products, 1, None, total)
            self._do(np.add, out, total, out)
        else:
            self._do(np.add.reduce, products, 1, None, out)
        self.operations += after

    def _logsumexp(self, call: LogSumExp) -> None:
        inputs = self._rows(call.inputs)
        out, after = self._output(call.outputs)
        top, scaled = self._scratch.take(out.shape), self._scratch.take(inputs.shape)
        self._do(np.maximum.reduce, inputs, 1, None, top)
        self._do(np.subtract, inputs, top[:, None], scaled)
        self._do(np.exp, scaled, scaled)
        self._do(np.add.reduce, scaled, 1, None, out)
        self._do(np.log, out, out)
        self._do(np.add, out, top, out)
        self.operations += after

    def _gather(self, call: Gather) -> None:
        places: Any = self._places.rows if call.of_rows else self._places.scalars
        choices = np.array([[places[x] for x in unit] for unit in call.choices], dtype=np.int64)
        lanes = np.arange(self._lanes) if call.of_rows else 0
        counter = self._rows([call.counter])[0]
        out, after = self._output(call.outputs)
        self._do(gather, self._memory, choices, lanes, counter, out)
        self.operations += after

    def _scatter(self, call: Scatter) -> None:
        places = np.array([[self._places.sums[place] for place in unit] for unit in call.places], dtype=np.int64)
        self._do(scatter, self._memory, places, self._rows([call.counter])[0], self._rows(call.gradients))

    def _outer(self, call: Outer) -> None:
        """A column of ones is the sum of the other side."""
        left = self._rows(call.left, matrix=True)
        ones = [j for j, row in enumerate(call.right) if row is ONES]
        others = [j for j, row in enumerate(call.right) if row is not ONES]
        if others:
            right = self._rows([call.right[j] for j in others], matrix=True)
            products = self._scratch.take((len(left), len(others)))
            self._do(np.matmul, left, right.T, products)
            self._add_to_sums([[unit[j] for j in others] for unit in call.places], products)
        if ones:
            totals = self._scratch.take((len(left), 1))
            self._do(np.add.reduce, left, 1, None, totals, True)
            self._add_to_sums([[unit[ones[0]]] for unit in call.places], totals)

    def _template(self, template: Template, rows: list[Any], scalars: list[Any], outputs: list[Any]) -> None:
        """The steps of a template on arrays with a row for each unit; ``outputs`` take what is stored."""
        scratch, shape = self._scratch, outputs[0].shape
        kept = dict(zip(template.stored, outputs, strict=True))
        last = {o.place: j for j, step in enumerate(template.steps) for o in step.operands if o.kind == "step"}
        found: dict[int, Any] = {}  # results of steps as numbers
        masks: dict[int, Any] = {}  # and as truths

        def number(operand: Operand) -> Any:
            if operand.kind == "constant":
                return float(operand.number)
            if operand.kind != "step":
                return (rows if operand.kind == "row" else scalars)[operand.place]
            if operand.place not in found:
                array = found[operand.place] = scratch.take(shape)
                self._do(np.copyto, array, masks[operand.place])
            return found[operand.place]

        def holds(operand: Operand) -> Any:
            if operand.kind == "step" and operand.place in masks:
                return masks[operand.place]
            mask = scratch.take(shape, np.bool_)
            self._do(np.not_equal, number(operand), 0.0, mask)
            return mask

        for j, (instruction, operands) in enumerate(template.steps):
            if instruction in COMPARISONS or instruction in LOGICAL:
                masks[j] = scratch.take(shape, np.bool_)
                if instruction in COMPARISONS:
                    self._do(COMPARISONS[instruction], *map(number, operands), masks[j])
                else:
                    self._do(LOGICAL[instruction], *map(holds, operands), masks[j])
                if j in kept:
                    found[j] = kept[j]
                    self._do(np.copyto, kept[j], masks[j])
            else:
                out = found[j] = kept[j] if j in kept else scratch.take(shape)
                if instruction == "select":
                    condition, x, y = operands
                    self._do(np.copyto, out, number(y))
                    self._do(np.copyto, out, number(x), "same_kind", holds(condition))
                elif instruction == "chain":
                    self._chain(out, operands, number, masks)
                elif instruction == "copy":
                    self._do(np.copyto, out, number(operands[0]))
                else:
                    self._do(function_of(instruction), *map(number, operands), out)
            for place in {o.place for o in operands if o.kind == "step" and last[o.place] == j}:
                scratch.give(*(some[place] for some in (found, masks) if place in some and place not in kept))

    def _chain(self, out: Any, operands: Sequence[Operand], number: Callable[..., Any], masks: dict[int, Any]) -> None:
        """g · p, and 0 where either is 0, though the other be infinite."""
        for one, other in (operands, operands[::-1]):
            if one.kind == "step" and one.place in masks:  # times 1 or 0
                x = number(other)
                self._do(np.copyto, out, 0.0)
                self._do(np.copyto, out, x, "same_kind", masks[one.place])
                return
        g, p = map(number, operands)
        zero = self._scratch.take(out.shape, np.bool_)
        self._do(np.logical_and, g, p, zero)
        self._do(np.logical_not, zero, zero)
        self._do(np.multiply, g, p, out)
        self._do(np.copyto, out, 0.0, "same_kind", zero)
        self._scratch.give(zero)


class Scratch:
    """Arrays for what is needed within a call, used again and again."""

    def __init__(self) -> None:
        self._free: dict[Any, list[Any]] = defaultdict(list)
        self._taken: dict[int, Any] = {}

    def take(self, shape: tuple[int, ...], kind: Any = np.float64) -> Any:
        free = self._free[shape, np.dtype(kind)]
        array = free.pop() if free else np.empty(shape, kind)
        self._taken[id(array)] = array
        return array

    def give(self, *arrays: Any) -> None:
        """Give back what was taken; what was not is left alone."""
        for array in arrays:
            if self._taken.pop(id(array), None) is not None:
                self._free[array.shape, array.dtype].append(array)

    def give_all(self) -> None:
        self.give(*[*self._taken.values()])


def regular(places: Any) -> tuple[int, ...] | None:
    """The steps between places, of one axis or two, that lie a fixed step apart along each; None where they do not."""
    if places.ndim == 1:
        steps = places[1:] - places[:-1]
        if len(steps) == 0:
            return (0,)
        return (int(steps[0]),) if (steps == steps[0]).all() else None
    down, across = regular(places[:, 0]), regular(places[0])
    if down is None or across is None or not (places[:, 1:] - places[:, :-1] == across[0]).all():
        return None
    return (*down, *across)


def regular_runs(places: Any) -> list[tuple[int, int]]:
    """Where stretches of places begin and end that lie a fixed step apart."""
    runs, first = [], 0
    while first < len(places):
        end = first + 1
        while end < len(places) and places[end] - places[end - 1] == places[first + 1] - places[first]:
            end += 1
        runs.append((first, end))
        first = end
    return runs


@functools.cache
def function_of(instruction: str | Primitive) -> Function:
    """What computes an instruction, or a primitive without one: a ufunc, or the forward, called for each number."""
    if isinstance(instruction, str) and instruction in ARITHMETIC:
        return ARITHMETIC[instruction]
    primitive = instruction
    if isinstance(primitive, str):
        primitive = next(row for row in TABLE.values() if row.instruction == instruction)

    def result(operands: tuple[float, ...]) -> float:
        try:
            return evaluate(primitive, operands, ())
        except Exception:  # such a row is computed again, by the user's own code, which then raises
            return NAN

    def by_number(*arrays: Any) -> None:
        *operands, out = arrays
        columns = [np.broadcast_to(x, out.shape).ravel().tolist() for x in operands]
        with mode.set(recording=False, lenient=True):
            out[...] = np.array([*map(result, zip(*columns, strict=True))]).reshape(out.shape)

    return by_number


def which_of(counter: Any, choices: int) -> tuple[Any, Any]:
    """The whole numbers of a row, 0 where they count none of so many choices; and whether they do."""
    valid = (counter >= 0.0) & (counter < choices) & (counter == np.floor(counter))
    return np.where(valid, counter, 0.0).astype(np.int64), valid


def gather(memory: Any, choices: Any, lanes: Any, counter: Any, out: Any) -> None:
    """Of each unit's choices that one which the counter of each sample counts, or nan."""
    which, valid = which_of(counter, choices.shape[1])
    memory.take(choices[:, which] + lanes, None, out, "clip")
    if not valid.all():
        out[:, ~valid] = np.nan


def scatter(memory: Any, places: Any, counter: Any, gradients: Any) -> None:
    """Add the gradients to the sums that the counters count, one sample after the other."""
    which, _ = which_of(counter, places.shape[1])  # where none is counted the loss is nan
    np.add.at(memory, places[:, which].ravel(), gradients.ravel())
