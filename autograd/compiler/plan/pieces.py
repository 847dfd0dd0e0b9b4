"""From equations to kernel calls: which numbers are computed together, in loops over tables.

Per sample, a network computes many numbers in the same way: the neurons of a layer, their gradients.  This
stage finds them by the shape of their equations alone:

1. every equation gets a level: how many sums (dot, total, logsumexp) lie before it, as late as possible;
2. elementwise equations of one level that feed each other form a piece;
3. pieces of the same shape become one template, computed for each of them in a loop;
4. sums over the same inputs become one matrix-vector product (``sums.py``);
5. a template that is done to each of its sums becomes part of it (``joining.py``).

Every template is compiled, so an irregular program of many thousand operations would take long to compile.
Past ``MAX_STEPS`` every equation is a piece by itself: then there is one template for each instruction, and
the program is interpreted, an operation at a time over a whole block of samples.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import repeat
from typing import NamedTuple

from ...program import Equation, dependent_variables
from .calls import COPY, Call, Elementwise, Operand, Plan, Row, Spread, Step, Template, reads, row_of
from .joining import joined
from .sums import Indexed, Products, over_samples, sums

FANOUT = 4  # a number used by more elementwise equations than this is stored, so that its users stay alike
MAX_STEPS = 300  # instructions in templates; each takes about 0.3 ms to compile

Equations = dict[int, Equation]


class LoopPlan(NamedTuple):
    """A program over many samples: ``once`` gives what is alike for all of them, ``each`` what differs.

    ``inputs`` are the rows that are given, ``constants`` the plain numbers; ``scalars`` are all variables that are
    alike for all samples, the ``uniform`` ones among them the results of ``once``; ``kept`` are the rows that are
    wanted when all is done.
    """

    inputs: Sequence[int]
    constants: Mapping[int, float]
    scalars: set[int]
    uniform: set[int]
    once: Plan
    each: Plan
    kept: set[Row]


def plan_loop(
    equations: Sequence[Equation],
    constants: Mapping[int, float],
    inputs: Sequence[int],
    products: Sequence[Products | Indexed] = (),
    kept: Iterable[int] = (),
) -> LoopPlan:
    """The plans of equations over samples; ``inputs`` are the variables that differ from one sample to the next.

    ``products`` are to be summed over the samples, ``kept`` are variables that are wanted afterwards.
    """
    varying = dependent_variables(equations, inputs)
    uniform = {equation.out for equation in equations} - varying
    # What is no input and not computed from one is alike for all samples: leaves, numbers, and what comes of them.
    used = set().union(*[args for _, _, args in equations], uniform, kept)
    used.update(v for product in products for v in product.rows if isinstance(v, int))
    scalars = used.difference(varying, inputs)
    products = [product if scalars.isdisjoint(product.rows) else _as_rows(product, scalars) for product in products]
    rows = {row_of(v, scalars) for v in kept}
    once = plan([e for e in equations if e.out in uniform], constants, scalars - uniform, (), {*uniform})
    each = plan([e for e in equations if e.out in varying], constants, scalars, products, rows)
    return LoopPlan(inputs, constants, scalars, uniform, once, each, rows)


def plan(
    equations: Iterable[Equation],
    constants: Mapping[int, float],
    scalars: set[int],
    products: Sequence[Products | Indexed],
    kept: set[Row],
) -> Plan:
    """Calls for equations whose results are rows: as few as their shapes allow, or one for each instruction."""
    by_result = {equation.out: equation for equation in equations}
    wanted = kept.union(*[product.rows for product in products])
    calls = _calls(by_result, products, scalars, wanted, constants)
    steps = sum(len(t.steps) for t in {call.template for call in calls if isinstance(call, Elementwise)})
    if steps > MAX_STEPS:
        calls = _calls(by_result, products, scalars, wanted, constants, apart=True)
    return Plan([*_spreads(calls, wanted), *joined(calls, wanted)])


def _as_rows(product: Products | Indexed, scalars: set[int]) -> Products | Indexed:
    g = row_of(product.g, scalars)
    if isinstance(product, Products):
        return product._replace(g=g, xs=tuple([row_of(x, scalars) for x in product.xs]))
    return product._replace(g=g, x=row_of(product.x, scalars))


def _calls(
    equations: Equations,
    products: Sequence[Products | Indexed],
    scalars: set[int],
    wanted: set[Row],
    constants: Mapping[int, float],
    apart: bool = False,
) -> list[Call]:
    """The calls of all levels: in each the sums first, then the elementwise pieces, then the sums over samples."""
    levels = _levels(equations, wanted, apart)
    summed: dict[int, list[Equation]] = defaultdict(list)
    for v, equation in equations.items():
        if equation.primitive.variadic:
            summed[levels[v]].append(equation)
    pieces = _pieces(equations, levels, apart)
    stored = wanted | _used_outside(equations, pieces)
    of_level: dict[int, list[list[int]]] = defaultdict(list)
    for piece in pieces:
        of_level[levels[piece[0]]].append(piece)
    ready: dict[int, list[Products | Indexed]] = defaultdict(list)
    for product in products:
        ready[max(map(levels.get, product.rows, repeat(0)))].append(product)
    calls: list[Call] = []
    for level in sorted({*summed, *of_level, *ready}):
        calls += sums(summed[level], scalars, constants)
        calls += _elementwise(of_level[level], equations, scalars, stored, {} if apart else constants)
        calls += over_samples(ready[level])
    return calls


def _spreads(calls: Iterable[Call], wanted: set[Row]) -> list[Call]:
    """What makes rows of the scalars that are needed as rows."""
    needed = dict.fromkeys(row for call in calls for row in reads(call) if isinstance(row, Spread))
    needed |= dict.fromkeys(sorted(row for row in wanted if isinstance(row, Spread)))
    if not needed:
        return []
    return [Elementwise(COPY, [[] for _ in needed], [[row.scalar] for row in needed], [[row] for row in needed])]


def _levels(equations: Equations, wanted: set[Row], apart: bool) -> dict[Row, int]:
    """The level of each equation: sums as early as they can be, elementwise equations as late.

    Late, because a derivative's factor (1 - out·out) is then computed beside its use and not stored.
    """
    users: dict[int, list[int]] = {v: [] for v in equations}
    results = set(equations)
    for v, (_, _, args) in equations.items():
        for arg in results.intersection(args):
            users[arg].append(v)
    own_level = {v: apart or primitive.variadic for v, primitive, _ in equations.values()}  # after that of its operands
    # Whether the users of a result come in a later level than itself.
    ends_level = {v: len(users[v]) > FANOUT and not own for v, own in own_level.items()}

    level: dict[Row, int] = {}
    after: dict[int, int] = {}  # the first level in which the users of a result may come
    for v, (_, _, args) in equations.items():
        level[v] = max(map(after.get, args, repeat(0)), default=0) + own_level[v]
        after[v] = level[v] + ends_level[v]
    for v in reversed(equations):
        if equations[v].primitive.variadic or v in wanted or not users[v]:
            continue
        level[v] = min([level[u] - (own_level[u] or ends_level[v]) for u in users[v]])
    return level


def _pieces(equations: Equations, levels: Mapping[Row, int], apart: bool) -> list[list[int]]:
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
    inside = set(piece_of)
    return {
        arg
        for out, (_, _, args) in equations.items()
        for arg in inside.intersection(args)
        if piece_of.get(out) != piece_of[arg]
    }


def _elementwise(
    pieces: list[list[int]],
    equations: Equations,
    scalars: set[int],
    stored: set[Row],
    constants: Mapping[int, float],
) -> list[Call]:
    """The pieces of one level, those of the same shape together."""
    alike: dict[Template, Elementwise] = {}
    for piece in pieces:
        template, rows, own_scalars = _shape(piece, equations, scalars, stored)
        call = alike.setdefault(template, Elementwise(template, [], [], []))
        call.rows.append(rows)
        call.scalars.append(own_scalars)
        call.outputs.append([piece[i] for i in template.stored])
    return [_with_constants(call, constants) for call in alike.values()]


def _shape(
    piece: list[int], equations: Equations, scalars: set[int], stored: set[Row]
) -> tuple[Template, list[Row], list[int]]:
    """The template of a piece, and the rows and scalars that it reads, in order of first use."""
    place = {v: i for i, v in enumerate(piece)}
    rows: dict[Row, int] = {}
    scalar_places: dict[int, int] = {}
    steps = []
    for v in piece:
        operands = []
        for arg in equations[v].args:
            if arg in place:
                operands.append(Operand("step", place[arg]))
            elif arg in scalars:
                operands.append(Operand("scalar", scalar_places.setdefault(arg, len(scalar_places))))
            else:
                operands.append(Operand("row", rows.setdefault(arg, len(rows))))
        instruction = equations[v].primitive.instruction
        steps.append(Step(instruction, tuple(operands)))
    return Template(tuple(steps), tuple(i for i, v in enumerate(piece) if v in stored)), list(rows), list(scalar_places)


def _with_constants(call: Elementwise, constants: Mapping[int, float]) -> Elementwise:
    """The same call with each scalar that is the same plain number in every unit written into the template."""
    fixed: dict[int, Operand] = {}
    for i, first in enumerate(call.scalars[0]):
        text = repr(constants.get(first))
        if first in constants and all(repr(constants.get(unit[i])) == text for unit in call.scalars):
            fixed[i] = Operand("constant", number=text)
    rest = [i for i in range(len(call.scalars[0])) if i not in fixed]
    moved = fixed | {i: Operand("scalar", place) for place, i in enumerate(rest)}
    steps = tuple(
        Step(name, tuple(moved[operand.place] if operand.kind == "scalar" else operand for operand in operands))
        for name, operands in call.template.steps
    )
    scalars = [[unit[i] for i in rest] for unit in call.scalars]
    return call._replace(template=Template(steps, call.template.stored), scalars=scalars)
