"""The kernels, written as loops over tables of places.

A row is one number of the program for each sample of a block.  Which rows a kernel reads and writes stands in
tables, so its code is the same for any network; only the pieces are a program's own.

    piece       out = the steps of a template, for each of its units
    matvec      out = bias + Σ wₖ·rowₖ      wₖ the same for all samples, a fixed step apart; then a template, or none
    rowdot      out = [out +] Σ rowₖ·rowₖ′  both different for every sample
    logsumexp   out = log Σ exp(rowₖ)
    gather      out = choice[index]         of numbers or of rows
    scatter     numbers: total[index] += row, one sample after the other
    outer       numbers: total += Σ over samples of row·row′, for tiles of 4 by 6 rows, say; ``in_rows``, where the
                numbers lie side by side: a vector of them at a time
    pack        numbers: copied, from places in a table to places a fixed step apart
    repeat      numbers: copied, each of them several times
    turn        numbers: copied, the rows of a matrix becoming its columns
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from ..plan import Template
from .emitter import Emitter, Integer, Variable
from .instructions import write
from .records import (
    GatherArguments,
    LogSumExpArguments,
    MatVecArguments,
    OuterArguments,
    PackArguments,
    PieceArguments,
    RepeatArguments,
    RowDotArguments,
    ScatterArguments,
    TurnArguments,
)

TILE = 4  # rows whose sums stay in registers together


def vectors_together(lanes: int) -> int:
    """Vectors of a row that are worked on together, by the registers there are: 32 with AVX-512, else 16."""
    return 4 if lanes == 8 else 2


def outer_tiles(lanes: int) -> list[tuple[int, int]]:
    """How many rows times how many others can go together in ``outer``: the rows and all sums stay in registers.

    Where one side is a single row, as many others as there are lanes: they are summed together.
    """
    wide = [(TILE, 6), (TILE, 4)] if lanes == 8 else [(TILE, 2)]
    return [*wide, (1, lanes), (1, 1)]


def outer_rows(lanes: int) -> int:
    """The same for ``outer_in_rows``, with as many others as there are lanes."""
    return 6 if lanes == 2 else 3


def kernels(lanes: int, vector_functions: Mapping[str, str]) -> list[Emitter]:
    """Those that every program shares, for vectors of ``lanes`` doubles."""
    return [
        matvec(Emitter("matvec4", lanes, vector_functions), TILE),
        matvec(Emitter("matvec1", lanes, vector_functions), 1),
        rowdot(Emitter("rowdot", lanes, vector_functions)),
        logsumexp(Emitter("logsumexp", lanes, vector_functions)),
        gather(Emitter("gather", lanes, vector_functions)),
        scatter(Emitter("scatter", lanes, vector_functions)),
        *(outer(Emitter(f"outer{h}x{w}", lanes, vector_functions), h, w) for h, w in outer_tiles(lanes)),
        *(outer_in_rows(Emitter(f"outer_in_rows{h}", lanes, vector_functions), h) for h in (outer_rows(lanes), 1)),
        pack(Emitter("pack", lanes, vector_functions)),
        repeat(Emitter("repeat", lanes, vector_functions)),
        turn(Emitter("turn", lanes, vector_functions)),
        # Number by number, for one sample.
        rowdot(Emitter("numberdot", 1, vector_functions)),
        across(Emitter("across", min(lanes, 4), vector_functions)),
        outer(Emitter("product", 1, vector_functions), 1, 1),
    ]


class MatVecThen(NamedTuple):
    """A matvec, so many units at a time, that ends with a template."""

    units: int
    then: Template
    place: int  # of the sum among the template's rows


OwnKernel = Template | MatVecThen  # what a program has kernels of its own for


def own_kernel(e: Emitter, own: OwnKernel) -> Emitter:
    return matvec(e, *own) if isinstance(own, MatVecThen) else piece(e, own)


def piece(e: Emitter, template: Template) -> Emitter:
    args = e.arguments(PieceArguments[Integer])
    rows, scalars = template.reads("row"), template.reads("scalar")
    with e.loop(args.units) as u:
        columns = [
            e.table(args.table + args.units * column, u) for column in range(rows + scalars + len(template.stored))
        ]
        numbers = [e.spread(e.load_scalar(place)) for place in columns[rows : rows + scalars]]
        with e.loop(e.count, step=e.lanes) as lane:
            steps = results(e, template, [e.load(place, lane) for place in columns[:rows]], numbers)
            for place, step in zip(columns[rows + scalars :], template.stored, strict=True):
                e.store(steps[step], place, lane)
    return e


def results(e: Emitter, template: Template, rows: Sequence[str], scalars: Sequence[str] = ()) -> list[str]:
    """Write the steps of a template on vectors; returns the names of their results."""
    steps: list[str] = []
    values = {"row": rows, "scalar": scalars, "step": steps}
    for instruction, operands in template.steps:
        names = [e.constant(float(o.number)) if o.kind == "constant" else values[o.kind][o.place] for o in operands]
        assert isinstance(instruction, str)  # others are written out before
        steps.append(write(e, instruction, names))
    return steps


def matvec(e: Emitter, units: int, then: Template | None = None, place: int = 0) -> Emitter:
    """``then`` is done to each sum, as row number ``place`` of its rows."""
    args = e.arguments(MatVecArguments[Integer])
    others = then.reads("row") - 1 if then else 0
    with e.loop(args.tiles) as tile:
        own = [tile * units + u for u in range(units)]
        weights = [args.weights + unit * args.unit_step for unit in own]
        for lane, vectors in by_vectors(e):
            biases = [e.spread(e.load_scalar(args.biases, unit * args.bias_step)) for unit in own]
            sums = [Variable(bias) for bias in biases for _ in range(vectors)]
            with e.loop(args.inputs, *sums) as k:
                row = e.table(args.input_rows, k) + lane
                xs = [e.load(row, v * e.lanes) for v in range(vectors)]
                ws = [e.spread(e.load_scalar(weight, k * args.input_step)) for weight in weights]
                for total, (w, x) in zip(sums, [(w, x) for w in ws for x in xs], strict=True):
                    total.value = e.multiply_add(w, x, total.value)
            for u, unit in enumerate(own):
                row = e.table(args.output_rows, unit) + lane
                beside = [e.table(args.other_rows + args.tiles * units * i, unit) + lane for i in range(others)]
                for v in range(vectors):
                    x = sums[u * vectors + v].value
                    if then:
                        rows = [e.load(other, v * e.lanes) for other in beside]
                        x = results(e, then, [*rows[:place], x, *rows[place:]])[then.stored[0]]
                    e.store(x, row, v * e.lanes)
    return e


def by_vectors(e: Emitter) -> Iterator[tuple[Integer, int]]:
    """Loops over the lanes, as (lane, vectors): several vectors at a time, then what is left one at a time.

    The body of a Python loop over them is written twice, once for each.
    """
    together = vectors_together(e.lanes)
    wide = together * e.lanes
    end = e.count // wide * wide
    with e.loop_if_any(end, step=wide) as lane:
        yield lane, together
    with e.loop_if_any(e.count, start=end, step=e.lanes) as lane:
        yield lane, 1


def rowdot(e: Emitter) -> Emitter:
    args = e.arguments(RowDotArguments[Integer])
    with e.loop(args.units) as u:
        start = u * args.terms
        left, right = args.left_rows + start, args.right_rows + start
        out = e.table(args.output_rows, u)
        keep = e.emit(f"icmp ne i64 {args.adding}, 0")
        with e.loop(e.count, step=e.lanes) as lane:
            before = e.load(out, lane)
            total = Variable(e.emit(f"select i1 {keep}, {e.type} {before}, {e.type} zeroinitializer"))
            with e.loop(args.terms, total) as k:
                a, b = e.load(e.table(left, k), lane), e.load(e.table(right, k), lane)
                total.value = e.multiply_add(a, b, total.value)
            e.store(total.value, out, lane)
    return e


def logsumexp(e: Emitter) -> Emitter:
    args = e.arguments(LogSumExpArguments[Integer])
    with e.loop(args.units) as u:
        inputs, out = args.input_rows + u * args.terms, e.table(args.output_rows, u)
        with e.loop(e.count, step=e.lanes) as lane:
            top, total = Variable(e.constant(float("-inf"))), Variable(e.constant(0.0))
            with e.loop(args.terms, top) as k:
                x = e.load(e.table(inputs, k), lane)
                top.value = e.choose(e.compare("ogt", x, top.value), x, top.value)
            with e.loop(args.terms, total) as k:
                x = e.load(e.table(inputs, k), lane)
                scaled = write(e, "exp", [e.arithmetic("fsub", x, top.value)])
                total.value = e.arithmetic("fadd", total.value, scaled)
            e.store(e.arithmetic("fadd", top.value, e.call("log", total.value)), out, lane)
    return e


def gather(e: Emitter) -> Emitter:
    args = e.arguments(GatherArguments[Integer])
    with e.loop(e.count) as lane:
        which, valid = whole_index(e, args.counter, args.choices, lane)
        with e.loop(args.units) as u:
            choice = e.table(args.choice_places, which * args.units + u)
            x = e.load_scalar(choice, lane * args.step)
            x = e.emit(f"select i1 {valid}, double {x}, double 0x7FF8000000000000")  # nan
            e.store_scalar(x, e.table(args.output_rows, u), lane)
    return e


def scatter(e: Emitter) -> Emitter:
    args = e.arguments(ScatterArguments[Integer])
    with e.loop(e.count) as lane:
        which, _ = whole_index(e, args.counter, args.choices, lane)  # where none is counted the loss is nan
        with e.loop(args.units) as u:
            place = e.table(args.sum_places, which * args.units + u)
            g = e.load_scalar(e.table(args.gradient_rows, u), lane)
            e.store_scalar(e.emit(f"fadd double {e.load_scalar(place)}, {g}"), place)
    return e


def whole_index(e: Emitter, row: Integer, choices: Integer, lane: Integer) -> tuple[Integer, str]:
    """The index of one sample, 0 where it counts none of the choices; and whether it does."""
    x = e.load_scalar(row, lane)
    most = e.emit(f"sitofp i64 {choices} to double")
    inside = [e.emit(f"fcmp oge double {x}, 0.0"), e.emit(f"fcmp olt double {x}, {most}")]
    within = e.emit(f"and i1 {inside[0]}, {inside[1]}")
    number = e.integer(f"fptosi double {e.emit(f'select i1 {within}, double {x}, double 0.0')} to i64")
    valid = e.emit(f"fcmp oeq double {x}, {e.emit(f'sitofp i64 {number} to double')}")
    return number, valid


def outer(e: Emitter, left: int, right: int) -> Emitter:
    args = e.arguments(OuterArguments[Integer])
    with e.loop(args.tiles) as tile:
        at = args.table + tile * (left + right + left * right)
        for i, scalar in enumerate(e.sums(products(e, at, left, right))):
            place = e.table(at, left + right + i)
            e.store_scalar(e.emit(f"fadd double {e.load_scalar(place)}, {scalar}"), place)
    return e


def outer_in_rows(e: Emitter, left: int) -> Emitter:
    args = e.arguments(OuterArguments[Integer])
    with e.loop(args.tiles) as tile:
        at = args.table + tile * (left + e.lanes + left)
        found = products(e, at, left, e.lanes)
        for i in range(left):
            place = e.table(at, left + e.lanes + i)
            sums = e.sums_together(found[i * e.lanes : (i + 1) * e.lanes])
            e.store(e.arithmetic("fadd", e.load(place), sums), place)
    return e


def products(e: Emitter, at: Integer, left: int, right: int) -> list[str]:
    """The products of the rows in a table, those of the left by those of the right: sums over the samples in lanes."""
    lefts = [e.table(at, i) for i in range(left)]
    rights = [e.table(at, left + i) for i in range(right)]
    sums = [Variable(e.constant(0.0)) for _ in range(left * right)]
    with e.loop(e.count, *sums, step=e.lanes) as lane:
        gs = [e.load(row, lane) for row in lefts]
        xs = [e.load(row, lane) for row in rights]
        for total, (g, x) in zip(sums, [(g, x) for g in gs for x in xs], strict=True):
            total.value = e.multiply_add(g, x, total.value)
    return [total.value for total in sums]


def pack(e: Emitter) -> Emitter:
    args = e.arguments(PackArguments[Integer])
    whole = args.numbers & -TILE
    with e.loop_if_any(whole, step=TILE) as i:
        numbers = [e.load_scalar(e.table(args.sources, i + more)) for more in range(TILE)]
        for more, x in enumerate(numbers):
            e.store_scalar(x, args.target, (i + more) * args.step)
    with e.loop_if_any(args.numbers, start=whole) as i:
        e.store_scalar(e.load_scalar(e.table(args.sources, i)), args.target, i * args.step)
    return e


def repeat(e: Emitter) -> Emitter:
    """In whole vectors: what is too much is written over by the next number, and the last one has room for it."""
    args = e.arguments(RepeatArguments[Integer])
    with e.loop(args.numbers) as i:
        x = e.spread(e.load_scalar(e.table(args.sources, i)))
        target = args.target + i * args.times
        with e.loop(args.times, step=e.lanes) as lane:
            e.store(x, target, lane)
    return e


def across(e: Emitter) -> Emitter:
    """As ``rowdot`` for one sample, where the terms of each unit are neighbours, and no fewer than the lanes."""
    args = e.arguments(RowDotArguments[Integer])
    whole = args.terms & -e.lanes
    with e.loop(args.units) as u:
        left, right, out = e.table(args.left_rows, u), e.table(args.right_rows, u), e.table(args.output_rows, u)
        total = Variable(e.constant(0.0))
        with e.loop(whole, total, step=e.lanes) as k:
            total.value = e.multiply_add(e.load(left, k), e.load(right, k), total.value)
        e.store_scalar(e.sum(total.value), out)
        with e.loop_if_any(args.terms, start=whole) as k:
            product = e.emit(f"fmul double {e.load_scalar(left, k)}, {e.load_scalar(right, k)}")
            e.store_scalar(e.emit(f"fadd double {e.load_scalar(out)}, {product}"), out)
    return e


def turn(e: Emitter) -> Emitter:
    """In squares, of which the last ones may overlap those before."""
    args = e.arguments(TurnArguments[Integer])
    with e.loop(args.rows, step=e.lanes) as i, e.loop(args.columns, step=e.lanes) as j:
        row, column = e.smaller(i, args.rows - e.lanes), e.smaller(j, args.columns - e.lanes)
        source = args.source + row * args.step + column
        square = e.transpose([e.load(source + args.step * more) for more in range(e.lanes)])
        target = args.target + column * args.rows + row
        for more, vector in enumerate(square):
            e.store(vector, target + args.rows * more)
    return e
