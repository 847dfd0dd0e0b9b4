"""The calls of a plan as lines of code: kernels by name, their arguments places and tables in the workspace."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple

from ..layout import Loop, Places
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
    RowDotArguments,
    ScatterArguments,
    outer_rows,
    outer_tiles,
)
from ..plan import WASTE, Elementwise, Gather, LogSumExp, MatVec, Outer, Plan, Row, RowDot, Scalar, Scatter
from .kernel_workspace import KernelWorkspace, Line, consecutive


class Grid(NamedTuple):
    """Where scalars lie that a kernel reads in rows and columns."""

    first: int
    down: int  # the step from one row to the next
    across: int  # and from one column


class Assembly:
    """The ``lines`` of a plan, and the ``packs`` that come before: they put scalars a fixed step apart."""

    def __init__(self, plan: Plan, places: Places, workspace: KernelWorkspace) -> None:
        self._places, self._workspace = places, workspace
        self.packs: list[Line] = []
        self.lines: list[Line] = []
        self._grids: dict[tuple[Any, ...], Grid] = {}  # of scalars that were met
        for call in plan.calls:
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

    def _line(self, kernel: str, arguments: Arguments[int]) -> None:
        self.lines.append(Line(kernel, arguments))

    def _table(self, rows: Iterable[Row]) -> int:
        return self._workspace.table([self._places.rows[row] for row in rows])

    def _elementwise(self, call: Elementwise) -> None:
        rows, scalars, _ = self._places
        columns = [
            *zip(*([rows[row] for row in unit] for unit in call.rows), strict=True),
            *zip(*([scalars[v] for v in unit] for unit in call.scalars), strict=True),
            *zip(*([rows[row] for row in unit] for unit in call.outputs), strict=True),
        ]
        table = self._workspace.table([place for column in columns for place in column])
        self._line(self._workspace.kernel(call.template), PieceArguments(len(call.outputs), table))

    def _matvec(self, call: MatVec) -> None:
        """Tiles of 4 outputs, the last one filled up with waste; a rest of one output has a kernel of its own."""
        inputs, units = self._table(call.inputs), len(call.outputs)
        whole = units if units % TILE != 1 else units - 1
        for first, end, height in ((0, whole, TILE), (whole, units, 1)):
            if first < end:
                self._tiles(call, inputs, range(first, end), height)

    def _tiles(self, call: MatVec, inputs: int, units: range, height: int) -> None:
        """Some outputs of a matvec in tiles."""
        tiles = -(-len(units) // height)
        fill = tiles * height - len(units)
        weights = self._grid([call.weights[u] for u in units], fill)
        biases = self._grid([[call.biases[u]] for u in units], fill)
        outputs = self._table([*(call.outputs[u] for u in units), *[WASTE] * fill])
        kernel, others = f"matvec{height}", 0
        if call.then:
            kernel = self._workspace.kernel(MatVecThen(height, call.then.template, call.then.place))
            columns = zip(*(call.then.rows[u] for u in units), strict=True)
            others = self._table([row for column in columns for row in (*column, *[WASTE] * fill)])
        places = *weights, biases.first, biases.down, inputs, outputs, others
        self._line(kernel, MatVecArguments(tiles, len(call.inputs), *places))

    def _grid(self, scalars: Sequence[Sequence[Scalar]], fill: int) -> Grid:
        """The scalars as a grid: as they lie, where steps are alike all over, or else as they are packed.

        A kernel reads ``fill`` rows more than there are.  A layer that is applied several times, to words or time
        steps, is looked at and packed once.
        """
        key = (*map(tuple, scalars), fill)
        if key not in self._grids:
            self._grids[key] = self._new_grid(scalars, fill)
        return self._grids[key]

    def _new_grid(self, scalars: Sequence[Sequence[Scalar]], fill: int) -> Grid:
        places = [[self._places.scalars[scalar] for scalar in row] for row in scalars]
        first = places[0][0]
        down = places[1][0] - first if len(places) > 1 else 0
        across = places[0][1] - first if len(places[0]) > 1 else 0
        last = first + (len(places) - 1 + fill) * down + (len(places[0]) - 1) * across
        if last in range(self._workspace.size) and all(
            place == first + i * down + j * across for i, row in enumerate(places) for j, place in enumerate(row)
        ):
            return Grid(first, down, across)
        columns = [place for column in zip(*places, strict=True) for place in (*column, *column[:1] * fill)]
        start = self._workspace.take(len(columns))
        self.packs.append(Line("pack", PackArguments(len(columns), self._workspace.table(columns), start, 1)))
        return Grid(start, 1, len(places) + fill)

    def _rowdot(self, call: RowDot) -> None:
        left, right = (self._table(row for unit in side for row in unit) for side in (call.left, call.right))
        outputs = self._table(call.outputs)
        self._line(
            "rowdot",
            RowDotArguments(len(call.outputs), len(call.left[0]), left, right, outputs, int(call.adding)),
        )

    def _logsumexp(self, call: LogSumExp) -> None:
        inputs = self._table(row for unit in call.inputs for row in unit)
        self._line(
            "logsumexp",
            LogSumExpArguments(len(call.outputs), len(call.inputs[0]), inputs, self._table(call.outputs)),
        )

    def _gather(self, call: Gather) -> None:
        places: Mapping[Any, int] = self._places.rows if call.of_rows else self._places.scalars
        choices = self._workspace.table([places[x] for units in zip(*call.choices, strict=True) for x in units])
        counter, outputs = self._places.rows[call.counter], self._table(call.outputs)
        self._line(
            "gather",
            GatherArguments(len(call.outputs), len(call.choices[0]), counter, choices, outputs, int(call.of_rows)),
        )

    def _scatter(self, call: Scatter) -> None:
        sums = self._workspace.table([self._places.sums[x] for units in zip(*call.places, strict=True) for x in units])
        counter, gradients = self._places.rows[call.counter], self._table(call.gradients)
        self._line("scatter", ScatterArguments(len(call.gradients), len(call.places[0]), counter, gradients, sums))

    def _outer(self, call: Outer) -> None:
        """Products in tiles; in rows as long as a vector, where sums lie side by side, as of a layer's weights."""
        rows, _, sums = self._places
        left, right = [rows[row] for row in call.left], [rows[row] for row in call.right]
        places = [[sums[place] for place in line] for line in call.places]
        lanes = self._workspace.lanes
        most = outer_rows(lanes)
        whole, end = _side_by_side(places, lanes), len(left) // most * most
        for top, bottom, height in ((0, end, most), (end, len(left), 1)):
            corners = [(i, j) for i in range(top, bottom, height) for j in range(0, whole, lanes)]
            tiles = [
                [*left[i : i + height], *right[j : j + lanes], *(line[j] for line in places[i : i + height])]
                for i, j in corners
            ]
            if tiles:
                self._tables_of_outer(f"outer_in_rows{height}", tiles)
        if whole < len(right):
            self._outer_of_any(left, right[whole:], [line[whole:] for line in places])

    def _outer_of_any(self, left: list[int], right: list[int], places: Sequence[Sequence[int]]) -> None:
        """The same with sums anywhere.  Tiles that reach over the edge repeat the last row; those sums go to waste."""
        if len(left) > len(right):
            left, right, places = right, left, [*zip(*places, strict=True)]
        height, width = min(outer_tiles(self._workspace.lanes), key=lambda shape: _cost(len(left), len(right), *shape))
        waste, below, beside = self._places.sums[None], -len(left) % height, -len(right) % width
        places = [[*line, *[waste] * beside] for line in places] + [[waste] * (len(right) + beside)] * below
        left, right = [*left, *left[-1:] * below], [*right, *right[-1:] * beside]
        tiles = []
        for top in range(0, len(left), height):
            for first in range(0, len(right), width):
                tile = [*left[top : top + height], *right[first : first + width]]
                for line in places[top : top + height]:
                    tile += line[first : first + width]
                tiles.append(tile)
        self._tables_of_outer(f"outer{height}x{width}", tiles)

    def _tables_of_outer(self, kernel: str, tiles: list[list[int]]) -> None:
        self._line(kernel, OuterArguments(len(tiles), self._workspace.table(chain.from_iterable(tiles))))


def assembled(
    loop: Loop, workspace: KernelWorkspace, kind: Callable[..., Any] = Assembly
) -> tuple[list[Line], list[Line]]:
    """The lines of a loop: what is alike for all samples, and what differs, which is a ``kind`` of assembly."""
    once, each = Assembly(*loop.once, workspace), kind(*loop.each, workspace)
    return [*once.packs, *once.lines, *each.packs], each.lines


def _side_by_side(places: Sequence[list[int]], lanes: int) -> int:
    """How many columns, in whole vectors, have neighbours in memory in every row."""
    whole = 0
    while whole + lanes <= len(places[0]) and all(consecutive(line[whole : whole + lanes]) for line in places):
        whole += lanes
    return whole


def _cost(rows: int, columns: int, height: int, width: int) -> int:
    """What tiles of a shape take, about: products, and twice the loads, which are waited for."""
    return -(-rows // height) * -(-columns // width) * (height * width + 2 * (height + width))
