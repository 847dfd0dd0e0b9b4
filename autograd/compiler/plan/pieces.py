"""From equations to kernel calls: which numbers are computed together, in loops over tables.

Per sample, a network computes many numbers in the same way: the neurons of a layer, their gradients.  This
stage finds them by the shape of their equations alone:

1. every equation gets a level: how many sums (dot, total, logsumexp) lie before it, as late as possible;
2. elementwise equations of one level that feed each other form a piece;
3. pieces of the same shape become one template, computed for each of them in a loop;
4. sums over the same inputs become one matrix-vector product (``sums.py``).

Every template is compiled, so an irregular program of many thousand operations would take long to compile.
Past ``MAX_STEPS`` every equation is a piece by itself: then there is one template for each primitive, and
the program is interpreted, an operation at a time over a whole block of samples.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from ...program.equations import Equation, Program
from .calls import COPY, Call, Elementwise, Plan, Template, reads, spread
from .sums import Product, outers, row_of, sums

FANOUT = 4  # a number used by more elementwise equations than this is stored, so that its users stay alike
MAX_STEPS = 300  # operations in templates; each takes about 0.3 ms to compile

Equations = dict[int, Equation]


def plan(program: Program, products: Sequence[Product], scalars: set[int], keep: Iterable[int]) -> Plan:
    """Calls for the equations whose results are rows; ``scalars`` are variables alike for all samples.

    ``keep`` are the rows that are wanted afterwards.
    """
    equations = {e.out: e for e in program.equations if e.out not in scalars}
    products = [Product(row_of(g, scalars), row_of(x, scalars), place) for g, x, place in products]
    wanted = {v for product in products for v in (product.g, product.x)} | set(keep)
    calls = _calls(equations, products, scalars, wanted, program.constants)
    steps = sum(len(t.steps) for t in {call.template for call in calls if isinstance(call, Elementwise)})
    if steps > MAX_STEPS:
        calls = _calls(equations, products, scalars, wanted, program.constants, apart=True)
    return Plan([*_spreads(calls, wanted), *calls])


def _calls(
    equations: Equations,
    products: Sequence[Product],
    scalars: set[int],
    wanted: set[int],
    constants: dict[int, float],
    apart: bool = False,
) -> list[Call]:
    """The calls of all levels: in each the sums first, then the elementwise pieces, then the sums over samples."""
    levels = _levels(equations, wanted, apart)
    calls: dict[int, list[list[Call]]] = defaultdict(lambda: [[], [], []])
    by_level: dict[int, list[Equation]] = defaultdict(list)
    for v, equation in equations.items():
        if equation.primitive.variadic:
            by_level[levels[v]].append(equation)
    for level, group in by_level.items():
        calls[level][0] = sums(group, scalars, constants)
    pieces = _pieces(equations, levels, apart)
    stored = wanted | _used_outside(equations, pieces)
    of_level: dict[int, list[list[int]]] = defaultdict(list)
    for piece in pieces:
        of_level[levels[piece[0]]].append(piece)
    for level, own in of_level.items():
        calls[level][1] = _elementwise(own, equations, scalars, stored, {} if apart else constants)
    ready: dict[int, list[Product]] = defaultdict(list)
    for product in products:
        ready[max(levels.get(product.g, 0), levels.get(product.x, 0))].append(product)
    for level, group_of_products in ready.items():
        calls[level][2] = outers(group_of_products)
    return [call for level in sorted(calls) for stage in calls[level] for call in stage]


def _spreads(calls: Iterable[Call], wanted: set[int]) -> list[Call]:
    """What makes rows of the scalars that are needed as rows."""
    needed = dict.fromkeys(v for call in calls for v in reads(call) if v <= spread(0))
    needed |= dict.fromkeys(sorted(v for v in wanted if v <= spread(0)))
    if not needed:
        return []
    return [Elementwise(COPY, [[] for _ in needed], [[spread(v)] for v in needed], [[v] for v in needed])]


def _levels(equations: Equations, wanted: set[int], apart: bool) -> dict[int, int]:
    """The level of each equation: sums as early as they can be, elementwise equations as late.

    Late, because a derivative's factor (1 - out·out) is then computed beside its use and not stored.
    """
    users: dict[int, list[int]] = defaultdict(list)
    for v, equation in equations.items():
        for arg in set(equation.args) & equations.keys():
            users[arg].append(v)

    def own_level(v: int) -> bool:  # one after the level of its operands
        return apart or equations[v].primitive.variadic

    def ends_level(v: int) -> bool:  # its users come in a later level
        return len(users[v]) > FANOUT and not own_level(v)

    level: dict[int, int] = {}
    for v, equation in equations.items():
        before = max((level[a] + ends_level(a) for a in equation.args if a in equations), default=0)
        level[v] = before + own_level(v)
    for v in reversed(equations):
        if equations[v].primitive.variadic or v in wanted or not users[v]:
            continue
        level[v] = min(level[u] - (own_level(u) or ends_level(v)) for u in users[v])
    return level


def _pieces(equations: Equations, levels: dict[int, int], apart: bool) -> list[list[int]]:
    """The connected pieces of the elementwise equations of each level, every piece in order."""
    leader = {v: v for v, equation in equations.items() if not equation.primitive.variadic}

    def find(v: int) -> int:
        while leader[v] != v:
            leader[v] = leader[leader[v]]
            v = leader[v]
        return v

    for v in [] if apart else leader:
        for arg in equations[v].args:
            if arg in leader and levels[arg] == levels[v]:
                leader[find(v)] = find(arg)
    pieces: dict[int, list[int]] = defaultdict(list)
    for v in leader:
        pieces[find(v)].append(v)
    return list(pieces.values())


def _used_outside(equations: Equations, pieces: list[list[int]]) -> set[int]:
    """The results of pieces that equations outside of their piece use."""
    piece_of = {v: i for i, piece in enumerate(pieces) for v in piece}
    return {
        arg
        for out, equation in equations.items()
        for arg in equation.args
        if arg in piece_of and piece_of.get(out) != piece_of[arg]
    }


def _elementwise(
    pieces: list[list[int]], equations: Equations, scalars: set[int], stored: set[int], constants: dict[int, float]
) -> list[Call]:
    """The pieces of one level, those of the same shape together."""
    shapes: dict[Template, list[tuple[list[int], list[int], list[int]]]] = defaultdict(list)
    for piece in pieces:
        template, rows, scalar_list = _shape(piece, equations, scalars, stored)
        shapes[template].append((rows, scalar_list, [piece[i] for i in template.stored]))
    calls: list[Call] = []
    for template, units in shapes.items():
        rows_by_unit, scalars_by_unit, outputs = ([unit[i] for unit in units] for i in range(3))
        template, scalars_by_unit = _fix_constants(template, scalars_by_unit, constants)
        calls.append(Elementwise(template, rows_by_unit, scalars_by_unit, outputs))
    return calls


def _shape(
    piece: list[int], equations: Equations, scalars: set[int], stored: set[int]
) -> tuple[Template, list[int], list[int]]:
    """The template of a piece, and the rows and scalars that it reads, in order of first use."""
    place = {v: i for i, v in enumerate(piece)}
    rows: dict[int, int] = {}
    scalar_places: dict[int, int] = {}
    steps = []
    for v in piece:
        operands: list[tuple[str, int | str]] = []
        for arg in equations[v].args:
            if arg in place:
                operands.append(("step", place[arg]))
            elif arg in scalars:
                operands.append(("scalar", scalar_places.setdefault(arg, len(scalar_places))))
            else:
                operands.append(("row", rows.setdefault(arg, len(rows))))
        steps.append((equations[v].primitive.name, tuple(operands)))
    return Template(tuple(steps), tuple(i for i, v in enumerate(piece) if v in stored)), list(rows), list(scalar_places)


def _fix_constants(
    template: Template, scalars: list[list[int]], constants: dict[int, float]
) -> tuple[Template, list[list[int]]]:
    """Write a scalar that is the same plain number in every unit into the template."""
    fixed: dict[int, str] = {}
    for i, first in enumerate(scalars[0]):
        if first in constants and {repr(constants.get(unit[i])) for unit in scalars} == {repr(constants[first])}:
            fixed[i] = repr(constants[first])  # as text: 0.0 == -0.0, and nan is unequal to itself
    rest = [i for i in range(len(scalars[0])) if i not in fixed]

    def operand(kind: str, value: int | str) -> tuple[str, int | str]:
        if kind != "scalar":
            return kind, value
        i = int(value)
        return ("constant", fixed[i]) if i in fixed else ("scalar", rest.index(i))

    steps = tuple((name, tuple(operand(*o) for o in operands)) for name, operands in template.steps)
    return Template(steps, template.stored), [[unit[i] for i in rest] for unit in scalars]
