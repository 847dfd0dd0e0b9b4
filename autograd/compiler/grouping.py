"""From equations to kernel calls: which numbers are computed together, in loops over tables.

Per sample, a network computes many numbers in the same way: the neurons of a layer, their gradients.  This
stage finds them by the shape of their equations alone:

1. every equation gets a level: how many sums (dot, total, logsumexp) lie before it, as late as possible;
2. elementwise equations of one level that feed each other form a piece;
3. pieces of the same shape become one template, computed for each of them in a loop;
4. sums over the same inputs become one matrix-vector product.

The result is a :class:`Plan`, which prints.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from ..program import Equation, Program

FANOUT = 4  # a number used by more elementwise equations than this is stored, so that its users stay alike


class Template(NamedTuple):
    """The shape of an elementwise piece.

    ``steps`` are (primitive name, operands): an operand is ("step", i), ("row", i), ("scalar", i) or
    ("constant", number); ``stored`` are the steps whose results are used elsewhere.
    """

    steps: tuple[tuple[str, tuple[tuple[str, object], ...]], ...]
    stored: tuple[int, ...]


class Elementwise(NamedTuple):
    """A template for many units: for each, the variables it reads (rows, scalars) and writes."""

    template: Template
    rows: list[list[int]]
    scalars: list[list[int]]
    outputs: list[list[int]]

    def __str__(self) -> str:
        steps = "; ".join(f"{name}({', '.join(f'{k}{v}' for k, v in args)})" for name, args in self.template.steps)
        return f"{len(self.rows)} x [{steps}]"


class MatVec(NamedTuple):
    """outputs[u] = bias[u] + Σ weights[u][k] · inputs[k]: scalars times rows, the inputs shared."""

    inputs: list[int]
    biases: list[int | None]
    weights: list[list[int | None]]  # None is 1.0
    outputs: list[int]

    def __str__(self) -> str:
        return f"matvec {len(self.inputs)} -> {len(self.outputs)}"


class RowDot(NamedTuple):
    """outputs[u] = [outputs[u] +] Σ left[u][k] · right[u][k]: rows times rows."""

    left: list[list[int]]
    right: list[list[int]]
    outputs: list[int]
    adding: bool

    def __str__(self) -> str:
        return f"rowdot {len(self.left[0])} -> {len(self.outputs)}{' more' if self.adding else ''}"


class LogSumExp(NamedTuple):
    """outputs[u] = log Σ exp(inputs[u][k])."""

    inputs: list[list[int]]
    outputs: list[int]

    def __str__(self) -> str:
        return f"logsumexp {len(self.inputs[0])} -> {len(self.outputs)}"


class Outer(NamedTuple):
    """places[i][j] += Σ over the samples of left[i] · right[j]."""

    left: list[int]
    right: list[int]
    places: list[list[int]]

    def __str__(self) -> str:
        return f"outer {len(self.left)} x {len(self.right)}"


Call = Elementwise | MatVec | RowDot | LogSumExp | Outer


class Product(NamedTuple):
    """A sum over the samples that is wanted: total[place] += g · x."""

    g: int
    x: int
    place: int


class Plan(NamedTuple):
    """The calls in order."""

    calls: list[Call]

    def __str__(self) -> str:
        return "\n".join(map(str, self.calls))


ONE = -1  # the row of ones


def spread(v: int) -> int:
    """The variable of a scalar that is needed as a row."""
    return -2 - v


def plan(program: Program, products: list[Product], scalars: set[int], keep: Iterable[int]) -> Plan:
    """Calls for the equations whose results are rows; ``scalars`` are variables alike for all samples.

    ``keep`` are the variables whose rows are wanted afterwards.
    """
    equations = {e.out: e for e in program.equations if e.out not in scalars}
    products = [Product(_row(g, scalars), _row(x, scalars), place) for g, x, place in products]
    levels = _levels(equations, products, scalars, set(keep))
    calls: dict[int, list[list[Call]]] = defaultdict(lambda: [[], [], []])
    for level, group in _by(levels, (v for v in equations if equations[v].primitive.variadic)).items():
        calls[level][0] += _sums([equations[v] for v in group], program, scalars)
    elementwise = [v for v in equations if not equations[v].primitive.variadic]
    used_by_products = {v for product in products for v in (product.g, product.x)}
    for level, group in _by(levels, elementwise).items():
        calls[level][1] += _elementwise(group, equations, levels, program, scalars, used_by_products | set(keep))
    for level, ready in _products_by_level(products, levels).items():
        calls[level][2] += _outers(ready)
    ordered = [call for level in sorted(calls) for stage in calls[level] for call in stage]
    return Plan([*_spreads(ordered), *ordered])


def _row(v: int, scalars: set[int]) -> int:
    return spread(v) if v in scalars else v


def _spreads(calls: list[Call]) -> list[Call]:
    """What makes rows of the scalars that sums need as rows."""
    needed = dict.fromkeys(v for call in calls for v in reads(call) if v <= spread(0))
    if not needed:
        return []
    copy = Template((("copy", (("scalar", 0),)),), (0,))
    return [Elementwise(copy, [[] for _ in needed], [[-2 - v] for v in needed], [[v] for v in needed])]


def reads(call: Call) -> list[int]:
    """The rows that a call reads."""
    match call:
        case Elementwise(rows=rows):
            return [v for unit in rows for v in unit]
        case MatVec(inputs=inputs):
            return inputs
        case RowDot(left=left, right=right, outputs=outputs, adding=adding):
            return [v for unit in [*left, *right, outputs if adding else []] for v in unit]
        case LogSumExp(inputs=units):
            return [v for unit in units for v in unit]
        case Outer(left=gs, right=xs):
            return [*gs, *xs]


def writes(call: Call) -> list[int]:
    """The rows that a call writes."""
    match call:
        case Elementwise(outputs=units):
            return [v for unit in units for v in unit]
        case Outer():
            return []
        case _:
            return call.outputs


def _by(levels: dict[int, int], variables: Iterable[int]) -> dict[int, list[int]]:
    groups: dict[int, list[int]] = defaultdict(list)
    for v in variables:
        groups[levels[v]].append(v)
    return groups


# --- levels ---------------------------------------------------------------------------------------------


def _levels(
    equations: dict[int, Equation], products: list[Product], scalars: set[int], keep: set[int]
) -> dict[int, int]:
    """The level of each equation: sums as early as they can be, elementwise equations as late.

    Late, because a derivative's factor (1 - out·out) is then computed beside its use and not stored.
    """
    users: dict[int, list[int]] = defaultdict(list)
    for v, equation in equations.items():
        for arg in dict.fromkeys(equation.args):
            users[arg].append(v)
    level: dict[int, int] = {}
    for v, equation in equations.items():
        before = max((level[a] + (len(users[a]) > FANOUT and not equations[a].primitive.variadic)
                      for a in equation.args if a in equations), default=0)  # fmt: skip
        level[v] = before + equation.primitive.variadic
    fixed = {v for product in products for v in (product.g, product.x)} | keep
    for v in reversed(equations):
        if equations[v].primitive.variadic or v in fixed or not users[v]:
            continue
        wide = len(users[v]) > FANOUT
        level[v] = min(level[u] - (equations[u].primitive.variadic or wide) for u in users[v])
    return level


# --- elementwise pieces and templates -------------------------------------------------------------------


def _elementwise(
    group: list[int],
    equations: dict[int, Equation],
    levels: dict[int, int],
    program: Program,
    scalars: set[int],
    wanted: set[int],
) -> list[Call]:
    pieces = _pieces(group, equations)
    inside = {v: i for i, piece in enumerate(pieces) for v in piece}
    outside_use = set(wanted)
    for equation in equations.values():
        for arg in equation.args:
            if arg in inside and inside.get(equation.out) != inside[arg]:
                outside_use.add(arg)
    shapes: dict[Template, list[tuple[list[int], list[int], list[int]]]] = defaultdict(list)
    for piece in pieces:
        template, rows, scalar_list = _shape(piece, equations, scalars, outside_use)
        shapes[template].append((rows, scalar_list, [piece[i] for i in template.stored]))
    calls: list[Call] = []
    for template, units in shapes.items():
        rows_by_unit, scalars_by_unit, outputs = ([unit[i] for unit in units] for i in range(3))
        template, scalars_by_unit = _fix_constants(template, scalars_by_unit, program.constants)
        calls.append(Elementwise(template, rows_by_unit, scalars_by_unit, outputs))
    return calls


def _pieces(group: list[int], equations: dict[int, Equation]) -> list[list[int]]:
    """The connected pieces of the elementwise equations of one level, each in order."""
    leader = {v: v for v in group}

    def find(v: int) -> int:
        while leader[v] != v:
            leader[v] = leader[leader[v]]
            v = leader[v]
        return v

    for v in group:
        for arg in equations[v].args:
            if arg in leader:
                leader[find(v)] = find(arg)
    pieces: dict[int, list[int]] = defaultdict(list)
    for v in group:
        pieces[find(v)].append(v)
    return list(pieces.values())


def _shape(
    piece: list[int], equations: dict[int, Equation], scalars: set[int], outside_use: set[int]
) -> tuple[Template, list[int], list[int]]:
    """The template of a piece, and the rows and scalars that it reads, in order of first use."""
    place = {v: i for i, v in enumerate(piece)}
    rows: dict[int, int] = {}
    scalar_places: dict[int, int] = {}
    steps = []
    for v in piece:
        operands: list[tuple[str, object]] = []
        for arg in equations[v].args:
            if arg in place:
                operands.append(("step", place[arg]))
            elif arg in scalars:
                operands.append(("scalar", scalar_places.setdefault(arg, len(scalar_places))))
            else:
                operands.append(("row", rows.setdefault(arg, len(rows))))
        steps.append((equations[v].primitive.name, tuple(operands)))
    stored = tuple(i for i, v in enumerate(piece) if v in outside_use)
    return Template(tuple(steps), stored), list(rows), list(scalar_places)


def _fix_constants(
    template: Template, scalars: list[list[int]], constants: dict[int, float]
) -> tuple[Template, list[list[int]]]:
    """Write a scalar that is the same plain number in every unit into the template."""
    fixed: dict[int, float] = {}
    for i in range(len(scalars[0])):
        numbers = {repr(constants.get(unit[i])) for unit in scalars}
        if len(numbers) == 1 and scalars[0][i] in constants:
            fixed[i] = constants[scalars[0][i]]
    rest = [i for i in range(len(scalars[0])) if i not in fixed]

    def operand(kind: str, value: object) -> tuple[str, object]:
        if kind != "scalar":
            return kind, value
        assert isinstance(value, int)
        return ("constant", fixed[value]) if value in fixed else ("scalar", rest.index(value))

    steps = tuple((name, tuple(operand(*o) for o in operands)) for name, operands in template.steps)
    return Template(steps, template.stored), [[unit[i] for i in rest] for unit in scalars]


# --- sums -----------------------------------------------------------------------------------------------


def _sums(equations: list[Equation], program: Program, scalars: set[int]) -> list[Call]:
    """The dots, totals and logsumexps of one level, as matrix-vector products and others."""
    shared: dict[tuple[int, ...], list[tuple[int, int | None, list[int | None]]]] = defaultdict(list)
    products: dict[tuple[int, bool], list[tuple[int, list[int], list[int]]]] = defaultdict(list)
    exponentials: dict[int, list[Equation]] = defaultdict(list)
    for equation in equations:
        out, primitive, args = equation
        if primitive.name == "logsumexp":
            exponentials[len(args)].append(Equation(out, primitive, tuple(_row(x, scalars) for x in args)))
            continue
        bias, pairs = _terms(equation, scalars)
        plain = [(w, x) for w, x in pairs if w is None or w in scalars]
        both = [(w, x) for w, x in pairs if not (w is None or w in scalars)]
        if plain or not both:
            inputs = tuple(x for _, x in plain) or (ONE,)
            weights: list[int | None] = [w for w, _ in plain] or [bias]
            shared[inputs].append((out, bias if plain else None, weights))
        if both:
            products[len(both), bool(plain)].append((out, [w for w, _ in both if w is not None], [x for _, x in both]))
    calls: list[Call] = []
    for inputs, units in shared.items():
        calls.append(
            MatVec(list(inputs), [bias for _, bias, _ in units], [w for *_, w in units], [out for out, *_ in units])
        )
    for (_, adding), triples in products.items():
        calls.append(RowDot([a for _, a, _ in triples], [b for *_, b in triples], [o for o, *_ in triples], adding))
    calls += [LogSumExp([list(e.args) for e in group], [e.out for e in group]) for group in exponentials.values()]
    return calls


def _terms(equation: Equation, scalars: set[int]) -> tuple[int | None, list[tuple[int | None, int]]]:
    """A sum as (scalar bias or None, [(coefficient or None for 1, row)]), whichever way round it was written."""
    _, primitive, args = equation
    n = len(args) // 2
    if primitive.name == "total":
        return None, [(x, ONE) if x in scalars else (None, x) for x in args]
    bias: int | None = args[-1]
    pairs: list[tuple[int | None, int]] = []
    for w, x in zip(args[:n], args[n:-1], strict=True):
        pairs.append((x, w) if x in scalars and w not in scalars else (w, _row(x, scalars)))
    if bias is not None and bias not in scalars:
        pairs.append((None, bias))
        bias = None
    return bias, pairs


# --- sums over the samples ------------------------------------------------------------------------------


def _products_by_level(products: list[Product], levels: dict[int, int]) -> dict[int, list[Product]]:
    ready: dict[int, list[Product]] = defaultdict(list)
    for product in products:
        ready[max(levels.get(product.g, 0), levels.get(product.x, 0))].append(product)
    return ready


def _outers(products: list[Product]) -> list[Call]:
    """Rectangles: all g that meet the same x, with the place of each product."""
    by_g: dict[int, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    for g, x, place in products:
        by_g[g][x].append(place)
    rectangles: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for g, xs in by_g.items():
        rectangles[tuple(xs)].append(g)
    calls: list[Call] = []
    for columns, gs in rectangles.items():
        # A product that goes to several places (a weight used twice) is rare: a further rectangle for each.
        for n in range(max(len(by_g[g][x]) for g in gs for x in columns)):
            places = [[by_g[g][x][n] if n < len(by_g[g][x]) else -1 for x in columns] for g in gs]
            calls.append(Outer(gs, list(columns), places))
    return calls
