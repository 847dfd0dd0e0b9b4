"""The kernels that every program shares, written as loops over tables of offsets.

A row is one number of the program for each sample of a block.  Which rows a kernel reads and writes stands in
tables, so its code is the same for any network.

    matvec      out = bias + Σ wₖ·rowₖ      wₖ the same for all samples (parameters), packed in reading order
    rowdot      out = [out +] Σ rowₖ·rowₖ′  both different for every sample
    logsumexp   out = log Σ exp(rowₖ)
    outer       numbers: total += Σ over samples of row·row′, for tiles of 4 by 4 rows
    pack        numbers: copied, from places in a table to places a fixed step apart
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from .emitter import Emitter

TILE = 4  # rows whose sums stay in registers together


def vectors_together(lanes: int) -> int:
    """Vectors of a row that are worked on together, by the registers there are: 32 with AVX-512, else 16."""
    return 4 if lanes == 8 else 2


def kernels(lanes: int, vector_functions: Mapping[str, str]) -> list[Emitter]:
    """All of them, for vectors of ``lanes`` doubles."""
    return [
        matvec(Emitter("matvec4", lanes, vector_functions), TILE),
        matvec(Emitter("matvec1", lanes, vector_functions), 1),
        rowdot(Emitter("rowdot", lanes, vector_functions)),
        logsumexp(Emitter("logsumexp", lanes, vector_functions)),
        outer(Emitter("outer", lanes, vector_functions), *outer_tile(lanes)),
        outer(Emitter("outer1", lanes, vector_functions), 1, 1),
        pack(Emitter("pack", lanes, vector_functions)),
    ]


def matvec(e: Emitter, units: int) -> Emitter:
    """args: tiles, n, weights, inputs, outputs.

    For each tile of ``units`` outputs the weights are ``units`` biases, then for each input ``units`` weights.
    """
    tiles, n, weights, inputs, outputs = (e.argument(i) for i in range(5))
    size = e.integer("mul", e.integer("add", n, 1), units)

    def tile(t: str) -> None:
        own_weights = e.integer("add", weights, e.integer("mul", t, size))
        own_outputs = e.integer("add", outputs, e.integer("mul", t, units))

        def block(lane: str, vectors: int) -> None:
            biases = [e.spread(e.load_scalar(own_weights, u)) for u in range(units)]

            def add(k: str, *sums: str) -> list[str]:
                row = e.integer("add", e.table(inputs, k), lane)
                xs = [e.load(row, v * e.lanes) for v in range(vectors)]
                at = e.integer("add", own_weights, e.integer("mul", e.integer("add", k, 1), units))
                ws = [e.spread(e.load_scalar(at, u)) for u in range(units)]
                pairs = [(w, x) for w in ws for x in xs]
                return [e.multiply_add(w, x, total) for (w, x), total in zip(pairs, sums, strict=True)]

            sums = e.loop(n, add, carried=[bias for bias in biases for _ in range(vectors)])
            for u in range(units):
                row = e.integer("add", e.table(own_outputs, u), lane)
                for v in range(vectors):
                    e.store(sums[u * vectors + v], row, v * e.lanes)

        by_vectors(e, block)

    e.loop(tiles, tile)
    return e


def outer_tile(lanes: int) -> tuple[int, int]:
    """How many rows times how many others go together in ``outer``: the rows and all sums stay in registers."""
    return TILE, vectors_together(lanes)


def by_vectors(e: Emitter, block: Callable[[str, int], None]) -> None:
    """Cover the lanes by ``block(lane, vectors)``: several vectors at a time, then one at a time."""
    together = vectors_together(e.lanes)
    wide = together * e.lanes
    end = e.integer("mul", e.integer("sdiv", "%lanes", wide), wide)
    e.when(end, "sgt", 0, lambda: e.do(e.loop(end, lambda lane: block(lane, together), step=wide)))
    e.when("%lanes", "sgt", end, lambda: e.do(e.loop("%lanes", lambda lane: block(lane, 1), start=end, step=e.lanes)))


def rowdot(e: Emitter) -> Emitter:
    """args: units, n, left rows, right rows, outputs, whether to add to what stands there."""
    units, n, left, right, outputs, adding = (e.argument(i) for i in range(6))

    def unit(u: str) -> None:
        start = e.integer("mul", u, n)
        lefts, rights = e.integer("add", left, start), e.integer("add", right, start)
        out = e.table(outputs, u)
        keep = e.emit(f"icmp ne i64 {adding}, 0")

        def vector(lane: str) -> None:
            there = e.load(out, lane)
            first = e.emit(f"select i1 {keep}, {e.type} {there}, {e.type} zeroinitializer")

            def add(k: str, total: str) -> list[str]:
                return [e.multiply_add(e.load(e.table(lefts, k), lane), e.load(e.table(rights, k), lane), total)]

            e.store(e.loop(n, add, carried=[first])[0], out, lane)

        e.loop("%lanes", vector, step=e.lanes)

    e.loop(units, unit)
    return e


def logsumexp(e: Emitter) -> Emitter:
    """args: units, n, inputs, outputs."""
    units, n, inputs, outputs = (e.argument(i) for i in range(4))

    def unit(u: str) -> None:
        own = e.integer("add", inputs, e.integer("mul", u, n))
        out = e.table(outputs, u)

        def vector(lane: str) -> None:
            def larger(k: str, top: str) -> list[str]:
                x = e.load(e.table(own, k), lane)
                return [e.choose(e.compare("ogt", x, top), x, top)]

            (top,) = e.loop(n, larger, carried=[e.constant(float("-inf"))])

            def add(k: str, total: str) -> list[str]:
                x = e.load(e.table(own, k), lane)
                return [e.arithmetic("fadd", total, e.call("exp", e.arithmetic("fsub", x, top)))]

            (total,) = e.loop(n, add, carried=[e.constant(0.0)])
            e.store(e.arithmetic("fadd", top, e.call("log", total)), out, lane)

        e.loop("%lanes", vector, step=e.lanes)

    e.loop(units, unit)
    return e


def outer(e: Emitter, left: int, right: int) -> Emitter:
    """args: tiles, table.  A tile is some rows, some others, and the places of the sums of all their products."""
    tiles, table = e.argument(0), e.argument(1)

    def tile(t: str) -> None:
        at = e.integer("add", table, e.integer("mul", t, left + right + left * right))
        lefts = [e.table(at, i) for i in range(left)]
        rights = [e.table(at, left + i) for i in range(right)]

        def vector(lane: str, *sums: str) -> list[str]:
            gs = [e.load(row, lane) for row in lefts]
            xs = [e.load(row, lane) for row in rights]
            pairs = [(g, x) for g in gs for x in xs]
            return [e.multiply_add(g, x, total) for (g, x), total in zip(pairs, sums, strict=True)]

        sums = e.loop("%lanes", vector, step=e.lanes, carried=[e.constant(0.0)] * (left * right))
        for i, total in enumerate(e.sums(sums)):
            place = e.table(at, left + right + i)
            e.store_scalar(e.emit(f"fadd double {e.load_scalar(place)}, {total}"), place)

    e.loop(tiles, tile)
    return e


def pack(e: Emitter) -> Emitter:
    """args: count, sources, target, step."""
    count, sources, target, step = (e.argument(i) for i in range(4))
    e.loop(count, lambda i: e.store_scalar(e.load_scalar(e.table(sources, i)), target, e.integer("mul", i, step)))
    return e
