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
from typing import Any, Literal, NamedTuple

from ...primitives import Primitive
from ...program import LIST, Equation, dependent_variables
from .calls import COPY, Call, Elementwise, Operand, Plan, Row, Spread, Step, Template, reads, row_of
from .joining import joined
from .sums import Indexed, Products, over_samples, rows_of, sums

FANOUT = 4  # a number used by more elementwise equations than this is stored, so that its users stay alike
MAX_STEPS = 300  # instructions in templates; each takes about 0.3 ms to compile

NEVER = 2**31

Equations = dict[int, Equation]
Shape = tuple[Any, ...]  # for each step its instruction and, as 3·place + kind, its operands; last what is stored
KINDS: tuple[Literal["step", "scalar", "row"], ...] = ("step", "scalar", "row")


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
    lists = {out for out, primitive, _ in equations if primitive is LIST}
    uniform = {equation.out for equation in equations} - varying - lists
    needed = rows_of(products)
    # What is no input and not computed from one is alike for all samples: leaves, numbers, and what comes of them.
    used = set().union(*[args for _, _, args in equations], uniform, kept)
    used.update(v for v in needed if isinstance(v, int))
    scalars = used.difference(varying, inputs, lists)
    if not scalars.isdisjoint(needed):
        products = _as_rows(products, scalars)
    rows = {row_of(v, scalars) for v in kept}
    once = plan([e for e in equations if e.out not in varying], constants, scalars - uniform, (), {*uniform})
    of_samples = [e for e in equations if e.out in varying or e.out in lists]
    each = plan(of_samples, constants, scalars, products, rows)
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
    wanted = kept.union(rows_of(products))
    calls = _calls(by_result, products, scalars, wanted, constants)
    steps = sum(len(t.steps) for t in {call.template for call in calls if isinstance(call, Elementwise)})
    if steps > MAX_STEPS:
        calls = _calls(by_result, products, scalars, wanted, constants, apart=True)
    return Plan([*_spreads(calls, wanted), *joined(calls, wanted)])


def _as_rows(products: Iterable[Products | Indexed], scalars: set[int]) -> list[Products | Indexed]:
    """The same with the rows of scalars."""
    rows: dict[int, tuple[Row, ...]] = {}
    found: list[Products | Indexed] = []
    for product in products:
        g = row_of(product.g, scalars)
        if isinstance(product, Indexed):
            found.append(product._replace(g=g, x=row_of(product.x, scalars)))
            continue
        if id(product.xs) not in rows:
            rows[id(product.xs)] = tuple([row_of(x, scalars) for x in product.xs])
        found.append(product._replace(g=g, xs=rows[id(product.xs)]))
    return found


def _calls(
    equations: Equations,
    products: Sequence[Products | Indexed],
    scalars: set[int],
    wanted: set[Row],
    constants: Mapping[int, float],
    apart: bool = False,
) -> list[Call]:
    """The calls of all levels: in each the sums first, then the elementwise pieces, then the sums over samples."""
    lists = {v: args for v, primitive, args in equations.values() if primitive is LIST}
    of_sums = {primitive for _, primitive, _ in equations.values() if is_sum(primitive)}
    levels = _levels(equations, of_sums, wanted, apart)
    summed: dict[int, list[Equation]] = defaultdict(list)
    for equation in equations.values():
        if equation.primitive in of_sums:
            summed[levels[equation.out]].append(equation)
    pieces, stored = _pieces(equations, of_sums, levels, apart)
    stored |= wanted
    of_level: dict[int, list[list[int]]] = defaultdict(list)
    for piece in pieces:
        of_level[levels[piece[0]]].append(piece)

    def level_of(rows: Iterable[Row]) -> int:
        return max([levels[row] for row in rows if isinstance(row, int) and row in equations], default=0)

    ready: dict[int, list[Products | Indexed]] = defaultdict(list)
    of_factors: dict[int, int] = {}  # the level of the factors of a layer, which its gradients have in common
    for product in products:
        if isinstance(product, Indexed):
            level = level_of([product.x])
        elif id(product.xs) in of_factors:
            level = of_factors[id(product.xs)]
        else:
            level = of_factors[id(product.xs)] = level_of(product.xs)
        ready[max(level, level_of([product.g]))].append(product)
    calls: list[Call] = []
    for level in sorted({*summed, *of_level, *ready}):
        calls += sums(summed[level], scalars, constants, lists)
        calls += _elementwise(of_level[level], equations, scalars, stored, {} if apart else constants)
        calls += over_samples(ready[level])
    return calls


def _spreads(calls: Iterable[Call], wanted: set[Row]) -> list[Call]:
    """What makes rows of the scalars that are needed as rows."""
    needed = dict.fromkeys(row for call in calls for row in reads(call) if type(row) is Spread)
    needed |= dict.fromkeys(sorted(row for row in wanted if isinstance(row, Spread)))
    if not needed:
        return []
    return [Elementwise(COPY, [[] for _ in needed], [[row.scalar] for row in needed], [[row] for row in needed])]


def is_sum(primitive: Primitive) -> bool:
    """Whether it takes any number of arguments and is known to the plan: a sum, a logsumexp or a look-up."""
    return primitive.variadic and bool(primitive.terms or primitive.instruction)


def _levels(equations: Equations, of_sums: set[Primitive], wanted: set[Row], apart: bool) -> list[int]:
    """The level of each equation: sums as early as they can be, elementwise equations as late.

    Late, because a derivative's factor (1 - out·out) is then computed beside its use and not stored.
    """
    variables = 1 + max([max((v, *args)) for v, _, args in equations.values()], default=-1)
    uses = [0] * variables  # equations that use a result; those that use a list use each of its items
    for v, primitive, args in reversed(equations.values()):
        more = uses[v] if primitive is LIST else 1
        for arg in {*args} if len(args) == 2 else args:  # x·x is one use of x
            uses[arg] += more

    level = [0] * variables
    after = [0] * variables  # the first level in which the users of a result may come
    for v, primitive, args in equations.values():
        first = max([after[arg] for arg in args], default=0)
        if primitive is LIST:
            level[v] = after[v] = first
        elif apart or primitive in of_sums:
            level[v] = after[v] = first + 1
        else:
            level[v], after[v] = first, first + (uses[v] > FANOUT)

    before = [NEVER] * variables  # the last level that a result may have for the sums that use it
    beside = [NEVER] * variables  # and for the elementwise equations, which may have the same level
    for v, primitive, args in reversed(equations.values()):
        last, limits = before[v], before
        if primitive is not LIST:
            own_level = apart or primitive in of_sums
            if uses[v] and primitive not in of_sums and v not in wanted:
                level[v] = min(before[v], beside[v] - (uses[v] > FANOUT))
            last, limits = (level[v] - 1, before) if own_level else (level[v], beside)
        for arg in args:
            if limits[arg] > last:
                limits[arg] = last
    return level


def _pieces(
    equations: Equations, of_sums: set[Primitive], levels: Sequence[int], apart: bool
) -> tuple[list[list[int]], set[Row]]:
    """The connected pieces of the elementwise equations of each level, every piece in order.

    And the results that others use than the equations of their piece; sums and lists among them.
    """
    leader = {v: v for v, primitive, _ in equations.values() if primitive not in of_sums and primitive is not LIST}
    stored: set[Row] = set()

    def find(v: int) -> int:
        while leader[v] != v:
            leader[v] = leader[leader[v]]
            v = leader[v]
        return v

    for v, _, args in equations.values():
        if v not in leader or apart:
            stored.update(args)
            continue
        for arg in args:
            if arg in leader:
                if levels[arg] == levels[v]:
                    leader[find(v)] = find(arg)
                else:
                    stored.add(arg)
    pieces: dict[int, list[int]] = defaultdict(list)
    for v in leader:
        pieces[find(v)].append(v)
    return list(pieces.values()), stored


def _elementwise(
    pieces: list[list[int]],
    equations: Equations,
    scalars: set[int],
    stored: set[Row],
    constants: Mapping[int, float],
) -> list[Call]:
    """The pieces of one level, those of the same shape together."""
    alike: dict[Shape, Elementwise] = {}
    for piece in pieces:
        shape, rows, own_scalars = _shape(piece, equations, scalars, stored)
        call = alike.get(shape)
        if call is None:
            call = alike[shape] = Elementwise(_template(shape), [], [], [])
        call.rows.append(rows)
        call.scalars.append(own_scalars)
        call.outputs.append([piece[i] for i in shape[-1]])
    return [_with_constants(call, constants) for call in alike.values()]


def _shape(
    piece: list[int], equations: Equations, scalars: set[int], stored: set[Row]
) -> tuple[Shape, list[Row], list[int]]:
    """The shape of a piece, and the rows and scalars that it reads, in order of first use."""
    place = {v: i for i, v in enumerate(piece)}
    rows: dict[Row, int] = {}
    scalar_places: dict[int, int] = {}
    shape: list[Any] = []
    for v in piece:
        _, primitive, args = equations[v]
        shape.append(primitive.instruction or primitive)
        for arg in args:
            if arg in place:
                shape.append(3 * place[arg])
            elif arg in scalars:
                shape.append(3 * scalar_places.setdefault(arg, len(scalar_places)) + 1)
            else:
                shape.append(3 * rows.setdefault(arg, len(rows)) + 2)
    shape.append(tuple([i for i, v in enumerate(piece) if v in stored]))
    return tuple(shape), list(rows), list(scalar_places)


def _template(shape: Shape) -> Template:
    """The template of a shape."""
    steps: list[tuple[Any, list[Operand]]] = []
    for part in shape[:-1]:
        if isinstance(part, int):
            place, kind = divmod(part, 3)
            steps[-1][1].append(Operand(KINDS[kind], place))
        else:
            steps.append((part, []))
    return Template(tuple([Step(instruction, tuple(operands)) for instruction, operands in steps]), shape[-1])


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
