"""Programs in the primitives that machine code has: every other one is replaced by what it consists of.

A row of the table is written in machine code as it stands where it names an instruction or is a sum of
products.  For any other, and for a user's own primitive, the definition or else the forward is traced, and the
equations found take its place; so does a product that of a power with a small whole exponent, or of a number's dot
with itself.  Derivatives are not touched: they are equations of the program already.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterator, Mapping, Sequence

from ..errors import TraceError
from ..primitives import TABLE, Primitive, Rule, dot, pow
from ..program import Equation, Program, Reach, program_of, trace
from .fallback import NotCompilable

# What a function of floats may raise that meets a Value instead: of a mistake in it, Python's run will tell.
NOT_FOR_VALUES = (TraceError, TypeError, AttributeError, LookupError)

# Powers that are products, by their exponents: right to 2 ulp, as no product on the way leaves the range of the result.
# The C library's pow of vectors takes 30 times as long where a base is negative.
PRODUCTS: dict[float, Rule] = {
    1.0: lambda x: x,
    2.0: lambda x: x * x,
    3.0: lambda x: x * x * x,
    4.0: lambda x: x * x * (x * x),
    -1.0: lambda x: 1.0 / x,
    -2.0: lambda x: 1.0 / x * (1.0 / x),
}


def expand(program: Program) -> Program:
    """The program with the primitives that have no machine code of their own written out.

    Raises NotCompilable where one cannot be, as its forward does not run on Values.
    """
    return _expand(program, {})


Made = dict[tuple[Primitive, tuple[int, ...]], int]  # the variable of each result, by its primitive and operands
Parts = dict[tuple[Primitive | Rule, int], Program]  # by what was traced and its number of arguments


def _expand(program: Program, parts: Parts) -> Program:
    equations, constants = program.equations, program.constants
    if all(in_machine_code(of) and not _product_of(of, args, constants) for _, of, args in equations):
        return program
    expanded = copy.copy(program)
    expanded.equations, expanded.constants, expanded.leaves = [], {**program.constants}, {**program.leaves}
    fresh = itertools.count(program.variables)
    numbers = {repr(x): v for v, x in program.constants.items()}  # as text: 0.0 == -0.0, and nan is unequal to itself
    known: dict[int, int] = {}  # results that turned out to be another variable
    made: Made = {}
    for out, primitive, args in equations:
        operands = args if known.keys().isdisjoint(args) else tuple([known.get(arg, arg) for arg in args])
        product = _product_of(primitive, args, constants)
        if product:
            known[out] = _insert(_product(product, parts), operands[:1], expanded, numbers, made, fresh)
        elif not in_machine_code(primitive):
            known[out] = _insert(_part(primitive, len(args), parts), operands, expanded, numbers, made, fresh)
        elif (primitive, operands) in made:  # a function and its slope may need the same exponential
            known[out] = made[primitive, operands]
        else:
            made[primitive, operands] = out
            expanded.equations.append(Equation(out, primitive, operands))
    expanded.outputs = tuple([known.get(output, output) for output in program.outputs])
    return expanded


def _product_of(primitive: Primitive, args: Sequence[int], constants: Mapping[int, float]) -> Rule | None:
    """What makes a product of an equation that is a power: of x**2, say, or of x·x written as a dot (Σp² of one p)."""
    if primitive is pow:
        return PRODUCTS.get(constants.get(args[1], 0.0))
    is_square = primitive is dot and len(args) == 3 and args[0] == args[1] and constants.get(args[2]) == 0.0
    return PRODUCTS[2.0] if is_square else None


def in_machine_code(primitive: Primitive) -> bool:
    """Whether a primitive is compiled as it stands."""
    return bool(primitive.instruction or primitive.terms)


def _part(primitive: Primitive, count: int, parts: Parts) -> Program:
    """The program of a primitive of so many arguments."""
    if (primitive, count) not in parts:
        function = primitive.definition or primitive.forward
        try:
            own = Reach() if TABLE.get(primitive.name) is primitive else Reach(primitive.forward)
            traced = trace(lambda *xs: [function(xs) if primitive.variadic else function(*xs)], [""] * count, own)
        except NOT_FOR_VALUES as error:
            raise NotCompilable(
                f"the primitive {primitive.name!r} cannot be compiled, as its forward does not run on Values: write it "
                f"with operators and the functions of autograd. What went wrong: {str(error) or type(error).__name__}"
            ) from error
        if traced.generators:
            raise NotCompilable(
                f"the primitive {primitive.name!r} cannot be compiled, as its forward draws random numbers: draw them "
                f"in the function that uses it, and pass them as arguments"
            )
        parts[primitive, count] = _expand(program_of(traced.inputs, traced.outputs), parts)
    return parts[primitive, count]


def _product(product: Rule, parts: Parts) -> Program:
    """The program of a power that is a product."""
    if (product, 1) not in parts:
        traced = trace(lambda x: [product(x)], ["x"], Reach())
        parts[product, 1] = program_of(traced.inputs, traced.outputs)
    return parts[product, 1]


def _insert(
    part: Program, args: Sequence[int], program: Program, numbers: dict[str, int], made: Made, fresh: Iterator[int]
) -> int:
    """Add the equations of ``part``, applied to ``args``, that are not there; returns the variable of its output.

    ``numbers`` are the variables of the program's plain numbers, ``made`` those of its results by what computes them,
    ``fresh`` those that it does not have yet.
    """
    names = dict(zip(part.inputs, args, strict=True))
    for variable, x in part.constants.items():
        if repr(x) not in numbers:
            numbers[repr(x)] = next(fresh)
            program.constants[numbers[repr(x)]] = x
        names[variable] = numbers[repr(x)]
    for variable, leaf in part.leaves.items():
        names[variable] = next(fresh)
        program.leaves[names[variable]] = leaf
    for out, primitive, operands in part.equations:
        equation = primitive, tuple([names[v] for v in operands])
        if equation not in made:
            made[equation] = next(fresh)
            program.equations.append(Equation(made[equation], *equation))
        names[out] = made[equation]
    return names[part.outputs[0]]
