"""From kernel calls to numbers: where every row and scalar lies in the workspace, and the tables that say so.

The workspace is one array of doubles.  A call becomes a line of 64-bit numbers, the kernel and its arguments;
its tables are stretches of one array of 32-bit offsets.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from typing import NamedTuple

from .grouping import Elementwise, LogSumExp, MatVec, Outer, Plan, RowDot, Template, reads, writes
from .kernels import TILE

Line = list["int | str"]


class Places(NamedTuple):
    """Offsets in the workspace."""

    rows: Mapping[int, int]  # of each variable's row
    scalars: Mapping[int | None, int]  # of each scalar variable
    sums: Mapping[int, int]  # of each place of a product
    zero: int  # of a scalar 0.0
    one: int  # of a scalar 1.0
    waste: int  # of a row that nobody reads


def allocate(plan: Plan, inputs: Sequence[int], keep: Container[int]) -> dict[int, int]:
    """A row number for every variable of a plan; a row is used again once its last reader is done."""
    last: dict[int, int] = {}
    for i, call in enumerate(plan.calls):
        for v in (*reads(call), *writes(call)):
            last[v] = i
    rows = {v: i for i, v in enumerate(inputs)}
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
        free += [rows[v] for v in reversed(dying.get(i, ())) if v in rows]
    return rows


class Assembler:
    """Turns plans into code and tables over one workspace."""

    def __init__(self) -> None:
        self.tables: list[int] = []
        self.templates: dict[Template, str] = {}
        self.packed: list[list[int]] = []  # for each matvec, the scalars that it reads, in its order

    def table(self, offsets: Sequence[int]) -> int:
        """Where in the tables these offsets stand."""
        start = len(self.tables)
        self.tables += offsets
        return start

    def code(self, plan: Plan, places: Places) -> list[Line]:
        """The calls of a plan as lines [kernel, arguments...]."""
        lines: list[Line] = []
        rows = places.rows
        for call in plan.calls:
            match call:
                case Elementwise():
                    lines.append(self._elementwise(call, places))
                case MatVec():
                    lines += self._matvec(call, places)
                case RowDot(left, right, outputs, adding):
                    tables = [self.table([rows[v] for unit in side for v in unit]) for side in (left, right)]
                    out = self.table([rows[v] for v in outputs])
                    lines.append(["rowdot", len(outputs), len(left[0]), *tables, out, int(adding)])
                case LogSumExp(inputs, outputs):
                    table = self.table([rows[v] for unit in inputs for v in unit])
                    out = self.table([rows[v] for v in outputs])
                    lines.append(["logsumexp", len(outputs), len(inputs[0]), table, out])
                case Outer():
                    lines.append(self._outer(call, places))
        return lines

    def _matvec(self, call: MatVec, places: Places) -> list[Line]:
        """Tiles of 4 outputs, and single outputs for a rest of one; the weights' place is still the number of
        their list in ``packed``."""
        lines: list[Line] = []
        inputs = self.table([places.rows[v] for v in call.inputs])
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
                outputs += [places.rows[call.outputs[u]] for u in tile] + [places.waste] * fill
                for column in [call.biases, *zip(*call.weights, strict=True)]:
                    default = places.zero if column is call.biases else places.one
                    packed += [places.scalars.get(column[u], default) for u in tile] + [places.zero] * fill
            lines.append([f"matvec{width}", len(outputs) // width, n, len(self.packed), inputs, 0, self.table(outputs)])
            self.packed.append(packed)
        return lines

    def _elementwise(self, call: Elementwise, places: Places) -> Line:
        rows, scalars = places.rows, places.scalars
        name = self.templates.setdefault(call.template, f"piece{len(self.templates)}")
        columns = [
            *zip(*([rows[v] for v in unit] for unit in call.rows), strict=True),
            *zip(*([scalars[v] for v in unit] for unit in call.scalars), strict=True),
            *zip(*([rows[v] for v in unit] for unit in call.outputs), strict=True),
        ]
        return [name, len(call.outputs), self.table([offset for column in columns for offset in column])]

    def _outer(self, call: Outer, places: Places) -> Line:
        gs, xs, rows = call.left, call.right, places.rows
        table: list[int] = []
        for i in range(0, len(gs), TILE):
            for j in range(0, len(xs), TILE):
                tile_g = [min(i + n, len(gs) - 1) for n in range(TILE)]
                tile_x = [min(j + n, len(xs) - 1) for n in range(TILE)]
                table += [rows[gs[n]] for n in tile_g] + [rows[xs[n]] for n in tile_x]
                for n in range(TILE):
                    for m in range(TILE):
                        inside = i + n < len(gs) and j + m < len(xs)
                        table.append(places.sums[call.places[i + n][j + m] if inside else -1])
        return ["outer", len(table) // (2 * TILE + TILE * TILE), self.table(table)]
