"""From kernel calls to numbers: where every row and scalar lies in the workspace, and the tables that say so.

The workspace is one array of doubles.  A call becomes a :data:`Line`, the name of a kernel and its arguments;
its tables are stretches of one array of 32-bit offsets.  What this file leaves out: memory itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from ...program.equations import Program
from ..llvm.kernels import TILE, outer_tile
from ..plan.calls import ONE, Elementwise, LogSumExp, MatVec, Outer, Plan, RowDot, Template, reads, writes
from ..plan.pieces import plan
from ..plan.sums import Product, row_of

Line = list["int | str"]

CACHE_LINE = 8  # doubles
BLOCK = 128  # samples that go through a program together, at most: their rows stay in the processor's cache
BLOCK_DOUBLES = 40_000  # and so do the rows of a program with many of them
WASTE = -(2**40)  # a row that nobody reads
NOWHERE = -1  # the place of a product that nobody wants


class Workspace:
    """Hands out places, each beginning at a cache line, and collects tables and templates."""

    def __init__(self, lanes: int) -> None:
        self.lanes = lanes
        self.size = 0
        self.contents: dict[int, tuple[int, float]] = {}  # place → (how many, number) that stand there from the start
        self.tables: list[int] = []
        self.templates: dict[Template, str] = {}
        self.zero, self.one = self.number(0.0), self.number(1.0)

    def take(self, doubles: int) -> int:
        """The place of a stretch."""
        place = self.size
        self.size += -(-max(doubles, 1) // CACHE_LINE) * CACHE_LINE
        return place

    def number(self, x: float) -> int:
        """The place of a number that stands there from the beginning."""
        place = self.take(1)
        self.contents[place] = (1, x)
        return place

    def table(self, offsets: Iterable[int]) -> int:
        """Where in the tables these offsets stand."""
        start = len(self.tables)
        self.tables += offsets
        return start

    def rows(self, numbers: Mapping[int, int], width: int) -> dict[int, int]:
        """The places of rows, given their numbers: neighbours lie ``row_stride(width)`` apart."""
        stride = row_stride(width)
        start = self.take(stride * (max(numbers.values()) + 1))
        places = {v: start + stride * number for v, number in numbers.items()}
        self.contents[places[ONE]] = (width, 1.0)
        return places


def row_stride(width: int) -> int:
    """From one row to the next: were it a power of 2, rows would displace each other in the processor's cache."""
    return -(-width // CACHE_LINE) * CACHE_LINE + CACHE_LINE


def allocate(plan: Plan, inputs: Iterable[int], keep: Collection[int]) -> dict[int, int]:
    """A row number for every variable of a plan; a row is used again once its last reader is done."""
    last: dict[int, int] = {}
    for i, call in enumerate(plan.calls):
        for v in (*reads(call), *writes(call)):
            last[v] = i
    rows = {v: i for i, v in enumerate(dict.fromkeys([*inputs, ONE, WASTE]))}
    free: list[int] = []
    count = len(rows)
    dying: dict[int, list[int]] = {}
    for v, i in last.items():
        if v not in rows and v not in keep:
            dying.setdefault(i, []).append(v)
    for i, call in enumerate(plan.calls):
        for v in writes(call):
            if v not in rows:
                if free:
                    rows[v] = free.pop()
                else:
                    rows[v] = count
                    count += 1
        free += [rows[v] for v in reversed(dying.get(i, ()))]
    return rows


def block_size(rows: int, lanes: int) -> int:
    """How many samples go through a program of that many rows together."""
    block = BLOCK
    while block > TILE * lanes and block * rows > BLOCK_DOUBLES:
        block //= 2
    return block


class Loop:
    """A program over many samples, laid out in a workspace.

    ``once`` are the lines for what is alike for all samples (``uniform`` variables), ``each`` those for what
    differs (``varying``); ``rows`` and ``scalars`` say where each variable lies.  ``leaves`` are the places of
    the leaves, ``sums`` those of the products, ``kept`` those of rows that must stand somewhere (None: that
    must stay); ``width`` is the length of a row, by default a block's.
    """

    def __init__(
        self,
        workspace: Workspace,
        program: Program,
        leaves: Mapping[int, int],
        uniform: set[int],
        varying: set[int],
        *,
        inputs: Sequence[int],
        width: int | None = None,
        products: Sequence[Product] = (),
        sums: Mapping[int, int] | None = None,
        kept: Mapping[int, int | None] | None = None,
    ) -> None:
        self.workspace, self.sums = workspace, sums or {}
        self.scalars = {**leaves, **{v: workspace.number(x) for v, x in program.constants.items()}}
        self.before = plan(program.part(uniform), [], set(self.scalars), uniform)
        lanes = workspace.lanes
        uniform_rows = workspace.rows(allocate(self.before, (), uniform), lanes)
        packs_before, before = self.code(self.before, uniform_rows)
        self.scalars |= {v: uniform_rows[v] for v in uniform}
        known = set(self.scalars)
        kept = {row_of(v, known): place for v, place in (kept or {}).items()}
        self.body = plan(program.part(varying), products, known, kept)
        numbers = allocate(self.body, inputs, kept)
        self.width = width or block_size(max(numbers.values()) + 1, lanes)
        self.rows = workspace.rows(numbers, self.width)
        self.rows |= {v: place for v, place in kept.items() if place is not None}
        packs, self.each = self.code(self.body, self.rows)
        self.once = [*packs_before, *before, *packs]

    def row(self, v: int) -> int:
        """The place of the row of a variable that was kept."""
        return self.rows[row_of(v, self.scalars)]

    def code(self, calls: Plan, rows: Mapping[int, int]) -> tuple[list[Line], list[Line]]:
        """The calls as lines, and before them those that pack scalars into the order in which they are read."""
        packs: list[Line] = []
        lines: list[Line] = []
        for call in calls.calls:
            match call:
                case Elementwise():
                    lines.append(self._elementwise(call, rows))
                case MatVec():
                    for pack, line in self._matvec(call, rows):
                        packs.append(pack)
                        lines.append(line)
                case RowDot(left, right, outputs, adding):
                    tables = [self._table(rows, [v for unit in side for v in unit]) for side in (left, right)]
                    out = self._table(rows, outputs)
                    lines.append(["rowdot", len(outputs), len(left[0]), *tables, out, int(adding)])
                case LogSumExp(inputs, outputs):
                    table = self._table(rows, [v for unit in inputs for v in unit])
                    lines.append(["logsumexp", len(outputs), len(inputs[0]), table, self._table(rows, outputs)])
                case Outer():
                    lines.append(self._outer(call, rows))
        return packs, lines

    def _table(self, places: Mapping[int, int], variables: Iterable[int]) -> int:
        return self.workspace.table([places[v] for v in variables])

    def _matvec(self, call: MatVec, rows: Mapping[int, int]) -> Iterable[tuple[Line, Line]]:
        """Tiles of 4 outputs, and single outputs for a rest of one."""
        inputs = self._table(rows, call.inputs)
        units, n = len(call.outputs), len(call.inputs)
        whole = units if units % TILE != 1 else units - 1  # a rest of 2 or 3 is filled up with waste
        for first, end, width in ((0, whole, TILE), (whole, units, 1)):
            if first == end:
                continue
            packed: list[int] = []
            outputs: list[int] = []
            for i in range(first, end, width):
                tile = range(i, min(i + width, end))
                fill = width - len(tile)
                outputs += [*(call.outputs[u] for u in tile), *[WASTE] * fill]
                for column in [call.biases, *zip(*call.weights, strict=True)]:
                    default = self.workspace.zero if column is call.biases else self.workspace.one
                    own = [column[u] for u in tile]
                    packed += [default if v is None else self.scalars[v] for v in own]
                    packed += [self.workspace.zero] * fill
            weights = self.workspace.take(len(packed))
            yield (
                ["pack", len(packed), self.workspace.table(packed), weights, 1],
                [f"matvec{width}", len(outputs) // width, n, weights, inputs, self._table(rows, outputs)],
            )

    def _elementwise(self, call: Elementwise, rows: Mapping[int, int]) -> Line:
        templates = self.workspace.templates
        name = templates.setdefault(call.template, f"piece{len(templates)}")
        columns = [
            *zip(*([rows[v] for v in unit] for unit in call.rows), strict=True),
            *zip(*([self.scalars[v] for v in unit] for unit in call.scalars), strict=True),
            *zip(*([rows[v] for v in unit] for unit in call.outputs), strict=True),
        ]
        return [name, len(call.outputs), self.workspace.table([offset for column in columns for offset in column])]

    def _outer(self, call: Outer, rows: Mapping[int, int]) -> Line:
        gs, xs = call.left, call.right
        single = len(gs) == len(xs) == 1
        height, width = (1, 1) if single else outer_tile(self.workspace.lanes)
        table: list[int] = []
        for i in range(0, len(gs), height):
            for j in range(0, len(xs), width):
                tile_g = [min(i + n, len(gs) - 1) for n in range(height)]
                tile_x = [min(j + n, len(xs) - 1) for n in range(width)]
                table += [rows[gs[n]] for n in tile_g] + [rows[xs[n]] for n in tile_x]
                for n in range(height):
                    for m in range(width):
                        inside = i + n < len(gs) and j + m < len(xs)
                        table.append(self.sums[call.places[i + n][j + m] if inside else NOWHERE])
        return [
            "outer1" if single else "outer",
            len(table) // (height + width + height * width),
            self.workspace.table(table),
        ]
