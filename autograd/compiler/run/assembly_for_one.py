"""The calls of a plan as lines of code for one sample: its units lie side by side, as otherwise the samples do.

With one sample a row is one number, and all lanes of a vector but one would go to waste.  So the kernels are given
other rows: *runs*, of which each has one number for every unit of a call.  What was a unit to a kernel then is, say,
a position of a text, and in products the weights and the numbers of the sample change places:

    piece          the rows are runs, of one unit
    matvec         Σ xₖ·runₖ, where run k has the weights of input k in all units; one unit for each list of inputs
    rowdot         the rows are runs, of one unit; or number after number, where many runs would first have to be copied
    logsumexp      as a piece
    gather, scatter  number after number
    accumulation   a matvec: a row of sums += Σ gₚ·runₚ, where run p has inputs that are multiplied by gₚ

A run begins at a cache line, and nothing follows it in its last one: kernels work on whole vectors.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from ..layout import Places
from ..llvm import (
    TILE,
    Arguments,
    GatherArguments,
    LogSumExpArguments,
    MatVecArguments,
    MatVecThen,
    OuterArguments,
    PackArguments,
    PieceArguments,
    RepeatArguments,
    RowDotArguments,
    ScatterArguments,
    TurnArguments,
    vectors_together,
)
from ..plan import (
    ONES,
    WASTE,
    ZERO,
    Accumulation,
    Elementwise,
    Filler,
    Gather,
    LogSumExp,
    OneSamplePlan,
    Operand,
    Row,
    RowDot,
    Scalar,
    Scatter,
    SharedWeights,
    Spread,
    Step,
    Template,
)
from .kernel_workspace import KernelWorkspace, Line, consecutive

# To a product what stands there, or a bias.
ADD = Template((Step("fadd", (Operand("row", 0), Operand("row", 1))),), (0,))
LEAST_TIMES = 4  # of numbers that come less often, each one is copied
Runs = Sequence[Sequence[int]]


class AssemblyForOne:
    """The ``lines`` of a plan, and the ``packs`` that come before: they put together what is alike for all samples."""

    def __init__(self, plan: OneSamplePlan, places: Places, workspace: KernelWorkspace) -> None:
        self._workspace, self._lanes = workspace, workspace.lanes
        self._rows, self._scalars, self._sums = places
        self.packs: list[Line] = []
        self.lines: list[Line] = []
        self._copies: dict[tuple[tuple[int, ...], ...], int] = {}  # where the numbers of these places are copied
        self._own = {place for row, place in self._rows.items() if row is not ONES}  # what differs between samples
        self._most_ones = self._first_one = 0
        for call in plan.calls:
            match call:
                case SharedWeights():
                    self._shared_weights(call)
                case Elementwise():
                    self._elementwise(call)
                case RowDot():
                    self._rowdot(call)
                case LogSumExp():
                    self._logsumexp(call)
                case Gather():
                    self._gather(call)
                case Scatter():
                    self._scatter(call)
                case Accumulation():
                    self._accumulation(call)
        workspace.take(self._lanes)  # a whole vector can be read from the last number

    def _at(self, x: Row | Scalar) -> int:
        """The place of one number."""
        if isinstance(x, Spread):
            return self._scalars[x.scalar]
        if isinstance(x, Filler):
            return self._rows[x]
        found = self._rows.get(x) if isinstance(x, int) else None
        return self._scalars[x] if found is None else found

    def _line(self, kernel: str, arguments: Arguments[int], count: int) -> None:
        """A call for so many numbers of each run."""
        self.lines.append(Line(kernel, arguments, -(-count // self._lanes) * self._lanes if count > 1 else self._lanes))

    def _runs(self, runs: Runs) -> list[int]:
        """Where these runs begin: those that do not lie side by side are copied, those of a kind together."""
        runs = [*map(self._ones, runs)]
        kinds: dict[tuple[bool, int], list[tuple[int, ...]]] = {}
        for run in {tuple(run): None for run in runs if not consecutive(run)}:
            if (run,) not in self._copies:
                kinds.setdefault((self._own.isdisjoint(run), repeats(run)), []).append(run)
        for (alike, times), some in kinds.items():
            length = len(some[0])
            start = self._workspace.take(len(some) * length + self._lanes)
            self._copies |= {(run,): start + i * length for i, run in enumerate(some)}
            self._copy([place for run in some for place in run[::times]], start, alike, times)
        return [run[0] if consecutive(run) else self._copies[(tuple(run),)] for run in runs]

    def _ones(self, run: Sequence[int]) -> Sequence[int]:
        """The same numbers side by side, where all of them are 1."""
        if len(run) == 1 or {*run} != {self._workspace.one}:
            return run
        if len(run) > self._most_ones:
            self._most_ones, self._first_one = len(run), self._workspace.take(len(run))
            self._workspace.contents[self._first_one] = (len(run), 1.0)
        return range(self._first_one, self._first_one + len(run))

    def _copy(self, places: Sequence[int], target: int, alike: bool, times: int = 1) -> None:
        lines, table = self.packs if alike else self.lines, self._workspace.table(places)
        if times > 1:
            lines.append(Line("repeat", RepeatArguments(len(places), table, target, times)))
        else:
            lines.append(Line("pack", PackArguments(len(places), table, target, 1)))

    def _columns(self, units: Iterable[Iterable[Row | Scalar]]) -> list[int]:
        """The first, second, ... number of every unit as runs."""
        return self._runs([*zip(*([self._at(x) for x in unit] for unit in units), strict=True)])

    def _elementwise(self, call: Elementwise) -> None:
        """The scalars of a template are runs as its rows are: each unit may have its own."""
        rows = call.template.reads("row")
        steps = tuple([
            Step(name, tuple([o._replace(kind="row", place=o.place + rows) if o.kind == "scalar" else o for o in os]))
            for name, os in call.template.steps
        ])  # fmt: skip
        columns = self._columns([*row, *scalars] for row, scalars in zip(call.rows, call.scalars, strict=True))
        columns += [self._at(row) for row in call.outputs[0]]
        kernel = self._workspace.kernel(Template(steps, call.template.stored))
        self._line(kernel, PieceArguments(1, self._workspace.table(columns)), len(call.outputs))

    def _shared_weights(self, call: SharedWeights) -> None:
        """The products; then, as another line, what is done to each of them."""
        products, first = call.calls, call.calls[0]
        length = len(first.outputs)
        then = first.then
        outputs = [self._at(product.outputs[0]) for product in products]
        weights = self._weights([[self._at(w) for w in unit] for unit in first.weights])
        biased = any(bias != ZERO for bias in first.biases)
        biases = self._columns([bias] for bias in first.biases) * len(products) if biased else []
        numbers = [[self._at(x) for x in product.inputs] for product in products]
        self._products(weights, numbers, outputs, length, biases)
        if then:
            rows = [
                [*others[: then.place], out, *others[then.place :]]
                for product in products
                for others, out in zip(product.then.rows if product.then else [], product.outputs, strict=True)
            ]
            done = [[out] for product in products for out in product.outputs]
            self._elementwise(Elementwise(then.template, rows, [[] for _ in rows], done))

    def _weights(self, units: Runs) -> list[int]:
        """For each input a run of the weights that it has in all units."""
        columns = [*zip(*units, strict=True)]
        rows, first = len(units), units[0][0]
        step = units[1][0] - first if rows > 1 else 1
        if step == 1 or min(rows, len(columns)) < self._lanes:
            return self._runs(columns)
        if not all(consecutive(unit) and unit[0] == first + i * step for i, unit in enumerate(units)):
            return self._runs(columns)
        key = tuple(columns)
        if key not in self._copies:
            start = self._copies[key] = self._workspace.take(rows * len(columns))
            self.packs.append(Line("turn", TurnArguments(rows, len(columns), first, step, start)))
        return [self._copies[key] + k * rows for k in range(len(columns))]

    def _products(self, runs: list[int], numbers: Runs, outputs: list[int], length: int, others: list[int]) -> None:
        """outputs[u] = Σ numbers[u][k] · runs[k] [+ others[u]], each a run of that length."""
        whole = len(outputs) if len(outputs) % TILE != 1 else len(outputs) - 1
        # Several results are written together, each in whole vectors.  The last one of a result may spoil the next
        # result, which must not be there before.
        vectors = -(-length // self._lanes)
        if length % self._lanes and vectors not in (1, vectors_together(self._lanes)):
            whole = 0
        first, unit_step, input_step = self._grid(numbers, TILE)
        table, count = self._workspace.table(runs), len(outputs)
        for start, end, height in ((0, whole, TILE), (whole, count, 1)):
            if start < end:
                tiles = -(-(end - start) // height)
                fill = [self._rows[WASTE]] * (tiles * height - (end - start))
                kernel = self._workspace.kernel(MatVecThen(height, ADD, 0)) if others else f"matvec{height}"
                places = [self._workspace.table([*some[start:end], *fill]) if some else 0 for some in (outputs, others)]
                zero = self._workspace.zero
                arguments = MatVecArguments(
                    tiles, len(runs), first + start * unit_step, unit_step, input_step, zero, 0, table, *places
                )
                self._line(kernel, arguments, length)

    def _grid(self, numbers: Runs, fill: int) -> tuple[int, int, int]:
        """Numbers in rows, as they lie or as they are copied: the place of the first one, the steps down and across.

        A kernel reads ``fill`` rows more than there are.
        """
        first = numbers[0][0]
        down = numbers[1][0] - first if len(numbers) > 1 else 0
        across = numbers[0][1] - first if len(numbers[0]) > 1 else 0
        last = first + (len(numbers) - 1 + fill) * down + (len(numbers[0]) - 1) * across
        if last in range(self._workspace.size) and all(
            place == first + i * down + j * across for i, row in enumerate(numbers) for j, place in enumerate(row)
        ):
            return first, down, across
        rows, columns = len(numbers), len(numbers[0])
        key = tuple([tuple(row) for row in numbers])
        if key not in self._copies:
            start = self._copies[key] = self._workspace.take((rows + fill) * columns)
            places = [place for row in numbers for place in row]
            self._copy(places, start, self._own.isdisjoint(places))
        return self._copies[key], columns, 1

    def _rowdot(self, call: RowDot) -> None:
        """In the way that takes least, about: with runs as rows, with the terms of a unit in the lanes, or neither."""
        sides: list[Runs] = [[[self._at(x) for x in unit] for unit in side] for side in (call.left, call.right)]
        columns = [[*zip(*side, strict=True)] for side in sides]
        left, right = ([self._ones(unit) for unit in side] for side in sides)
        outputs = [self._at(row) for row in call.outputs]
        units, terms = len(left), len(left[0])
        table = self._workspace.table
        costs = {"numberdot": 3 * units * terms}
        if consecutive(outputs) and not (call.adding and units % self._lanes):  # which is written in whole vectors
            copied = units * sum(not consecutive(run) for side in columns for run in side)
            costs["rowdot"] = copied + 4 * terms * -(-units // self._lanes)
        if not call.adding and terms >= LEAST_TIMES and all(map(consecutive, [*left, *right])):
            costs["across"] = units * (terms // 4 + 4)
        kernel = min(costs, key=lambda name: costs[name])
        if kernel == "rowdot":
            rows, adding = [table(self._runs(side)) for side in columns], int(call.adding)
            self._line(kernel, RowDotArguments(1, terms, rows[0], rows[1], table(outputs[:1]), adding), units)
            return
        if kernel == "across":
            rows = [table([unit[0] for unit in side]) for side in (left, right)]
        else:
            rows = [table([place for unit in side for place in unit]) for side in (left, right)]
        arguments = RowDotArguments(units, terms, rows[0], rows[1], table(outputs), int(call.adding))
        self.lines.append(Line(kernel, arguments, 1))

    def _logsumexp(self, call: LogSumExp) -> None:
        inputs = self._workspace.table(self._columns(call.inputs))
        output = self._workspace.table([self._at(call.outputs[0])])
        self._line("logsumexp", LogSumExpArguments(1, len(call.inputs[0]), inputs, output), len(call.outputs))

    def _gather(self, call: Gather) -> None:
        choices = self._workspace.table([self._at(x) for units in zip(*call.choices, strict=True) for x in units])
        outputs = self._workspace.table([self._at(row) for row in call.outputs])
        places = self._at(call.counter), choices, outputs
        self.lines.append(Line("gather", GatherArguments(len(call.outputs), len(call.choices[0]), *places, 0), 1))

    def _scatter(self, call: Scatter) -> None:
        sums = self._workspace.table([self._sums[x] for units in zip(*call.places, strict=True) for x in units])
        gradients = self._workspace.table([self._at(row) for row in call.gradients])
        places = self._at(call.counter), gradients, sums
        self.lines.append(Line("scatter", ScatterArguments(len(call.gradients), len(call.places[0]), *places), 1))

    def _accumulation(self, call: Accumulation) -> None:
        """With zeros behind each run, up to a whole vector; product by product where sums do not lie side by side."""
        sums = [[self._sums[place] for place in row] for row in call.places]
        numbers = [[self._at(g) for g in row] for row in call.left]
        inputs = [[self._at(x) for x in xs] for xs in call.right]
        length = len(sums[0])
        if all(map(consecutive, sums)):
            runs = self._runs([[*run, *[self._workspace.zero] * (-length % self._lanes)] for run in inputs])
            outputs = [row[0] for row in sums]
            self._products(runs, numbers, outputs, length, outputs)
            return
        table = [
            place
            for row, gs in zip(sums, numbers, strict=True)
            for g, xs in zip(gs, inputs, strict=True)
            for x, total in zip(xs, row, strict=True)
            for place in (g, x, total)
        ]
        self.lines.append(Line("product", OuterArguments(len(table) // 3, self._workspace.table(table)), 1))


def repeats(run: Sequence[int]) -> int:
    """The most times that each number comes, one after the other; 1 where that is too few to be worth it."""
    changes = [i for i in range(1, len(run)) if run[i] != run[i - 1]]
    times = math.gcd(len(run), *changes)
    return times if times >= LEAST_TIMES else 1
