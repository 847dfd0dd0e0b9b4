"""Programs in the primitives that machine code has: every other one is replaced by what it consists of.

A row of the table is written in machine code as it stands where it names an instruction or is a sum of
products.  For any other, and for a user's own primitive, the definition or else the forward is traced, and the
equations found take its place; so does a product that of a power with a small whole exponent.  Each row is traced
once, and its equations are copied wherever it is used; so are those of its partials, for the gradient.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

from ..errors import TraceError
from ..primitives import TABLE, Primitive, Rule, pow
from ..program import LIST, Equation, Program, Reach, program_of, trace
from ..value import Value
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

Key = tuple[Any, ...]  # what a part stands for
Result = tuple[Primitive, tuple[int, ...]]


def expand(program: Program) -> Program:
    """The program with the primitives that have no machine code of their own written out.

    Raises NotCompilable where one cannot be, as its forward does not run on Values.
    """
    if all(in_machine_code(primitive) and primitive is not pow for _, primitive, _ in program.equations):
        return program
    writer = Writer(program)
    return writer.program([writer.names[output] for output in program.outputs])


def in_machine_code(primitive: Primitive) -> bool:
    """Whether a primitive is compiled as it stands."""
    return bool(primitive.instruction or primitive.terms or primitive is LIST)


def in_table(primitive: Primitive) -> bool:
    """Whether a primitive is a row of the table, and so the same in every program."""
    return TABLE.get(primitive.name) is primitive


class Writer:
    """A program that is being written: it begins with all of another one, written out, and what it needs comes after.

    ``names`` are the variables of the other one here.  What is written twice is one variable.
    """

    parts: ClassVar[dict[Key, Program]] = {}  # of rows of the table, which are the same in every program

    def __init__(self, program: Program) -> None:
        self._begun = program
        self.inputs: list[int] = []
        self.leaves: dict[int, Value] = {}
        self.constants: dict[int, float] = {}
        self._own_parts: dict[Key, Program] = {}
        self._numbers: dict[str, int] = {}  # as text: 0.0 == -0.0, and nan is unequal to itself
        self._leaves: dict[Value, int] = {}
        self._results: dict[Result, int] = {}
        self._equations: list[Equation | None] = []  # of each variable, None where it is not computed
        self.names = self._insert(program, [self.input() for _ in program.inputs])

    def input(self) -> int:
        """A new input."""
        self.inputs.append(self._new())
        return self.inputs[-1]

    def number(self, x: float) -> int:
        """A plain number."""
        text = "1.0" if x == 1.0 else repr(x)
        found = self._numbers.get(text)
        if found is None:
            found = self._numbers[text] = self._new()
            self.constants[found] = x
        return found

    def result(self, primitive: Primitive, args: tuple[int, ...]) -> int:
        """What a primitive of machine code gives."""
        key = primitive, args
        found = self._results.get(key)
        if found is None:
            found = self._results[key] = len(self._equations)
            self._equations.append(Equation(found, primitive, args))
        return found

    def items(self, number: int) -> tuple[int, ...]:
        """Those of a list."""
        equation = self._equations[number]
        assert equation is not None
        return equation.args

    def partials(self, primitive: Primitive, args: Sequence[int], out: int) -> list[int]:
        """The partials of a result with respect to its operands."""
        if primitive.terms:  # a sum of products: the factors have each other, so that there is nothing to write
            return [x if type(x) is int else self.number(x) for x in primitive.partials(args, out)]
        known: dict[int, float] = {}
        if not (primitive.variadic or self.constants.keys().isdisjoint(args)):
            known = {i: self.constants[v] for i, v in enumerate(args) if v in self.constants}
        part = self._part(
            ("partials", primitive, len(args), str(known) if known else ""),
            partial(partials_part, primitive, len(args), known),
            self.parts if not known and in_table(primitive) else self._own_parts,
        )
        names = self._insert(part, [*args, out])
        return [names[output] for output in part.outputs]

    def program(self, outputs: Iterable[int]) -> Program:
        """What was written, as far as these outputs need it, each equation after those of its operands."""
        made = copy.copy(self._begun)
        made.inputs, made.leaves, made.outputs = tuple(self.inputs), self.leaves, tuple(outputs)
        made.variables = len(self._equations)
        made.equations = self._needed(made.outputs)
        used = set(made.outputs).union(*[args for _, _, args in made.equations])
        made.constants = {v: x for v, x in self.constants.items() if v in used}
        return made

    def _needed(self, outputs: Iterable[int]) -> list[Equation]:
        """The equations below some variables, in the order of a depth-first walk: what is used together is together."""
        equations, order = self._equations, list[Equation]()
        done = {v for v, equation in enumerate(equations) if equation is None}
        for output in outputs:
            stack = [output]
            while stack:
                equation = equations[stack[-1]]
                if stack[-1] in done or equation is None:
                    stack.pop()
                elif done.issuperset(equation.args):
                    done.add(stack.pop())
                    order.append(equation)
                else:
                    stack += [arg for arg in reversed(equation.args) if arg not in done]
        return order

    def _new(self) -> int:
        self._equations.append(None)
        return len(self._equations) - 1

    def _leaf(self, leaf: Value) -> int:
        if leaf not in self._leaves:
            self._leaves[leaf] = self._new()
            self.leaves[self._leaves[leaf]] = leaf
        return self._leaves[leaf]

    def _insert(self, part: Program, args: Sequence[int]) -> list[int]:
        """Write a program of these inputs; the names of all its variables."""
        names = [*args, *[0] * (part.variables - len(args))]
        for variable, x in part.constants.items():
            names[variable] = self.number(x)
        for variable, leaf in part.leaves.items():
            names[variable] = self._leaf(leaf)
        for out, primitive, operands in part.equations:
            named = tuple([names[v] for v in operands])
            if primitive is not pow and (primitive.instruction or primitive.terms or primitive is LIST):
                names[out] = self.result(primitive, named)
            else:
                names[out] = self._written_out(primitive, named)
        return names

    def _written_out(self, primitive: Primitive, args: tuple[int, ...]) -> int:
        """The result of a primitive by what it consists of."""
        if primitive is pow:
            product = PRODUCTS.get(self.constants.get(args[1], 0.0))
            if product is None:
                return self.result(primitive, args)
            part = self._part(("power", product), partial(product_part, product), self.parts)
            return self._insert(part, args[:1])[part.outputs[0]]
        parts = self.parts if in_table(primitive) else self._own_parts
        part = self._part(("forward", primitive, len(args)), partial(forward_part, primitive, len(args)), parts)
        return self._insert(part, args)[part.outputs[0]]

    def _part(self, key: Key, make: Callable[[], Program], parts: dict[Key, Program]) -> Program:
        if key not in parts:
            parts[key] = make()
        return parts[key]


def forward_part(primitive: Primitive, count: int) -> Program:
    """The program of a primitive of so many operands."""
    function = primitive.definition or primitive.forward
    return _part(
        primitive,
        primitive.forward,
        "forward",
        count,
        lambda *xs: [function(xs) if primitive.variadic else function(*xs)],
    )


def partials_part(primitive: Primitive, count: int, known: Mapping[int, float]) -> Program:
    """The program of the partials of a primitive, of so many operands and of its result.

    ``known`` are the operands that are plain numbers, by their places: what is fixed by them folds away.
    """

    def partials(*xs: Any) -> Sequence[Any]:
        return primitive.partials(xs[:-1], xs[-1]) if primitive.variadic else primitive.partials(*xs)

    def folded(*xs: Any) -> Sequence[Any]:
        try:
            return partials(*[known.get(i, x) for i, x in enumerate(xs)])
        except (ArithmeticError, ValueError):  # of plain numbers, where a derivative is inf or nan: 1 / 0.0
            return partials(*xs)

    return _part(primitive, primitive.partials, "rule for partials", count + 1, folded)


def _part(primitive: Primitive, column: Rule, name: str, count: int, function: Callable[..., Sequence[Any]]) -> Program:
    """The program of a column of a row; NotCompilable where it does not run on Values, or draws."""
    own = Reach() if in_table(primitive) else Reach(column)
    try:
        traced = trace(function, [""] * count, own)
    except NOT_FOR_VALUES as error:
        raise NotCompilable(
            f"the primitive {primitive.name!r} cannot be compiled, as its {name} does not run on Values: write it "
            f"with operators and the functions of autograd. What went wrong: {str(error) or type(error).__name__}"
        ) from error
    if traced.generators:
        raise NotCompilable(
            f"the primitive {primitive.name!r} cannot be compiled, as its {name} draws random numbers: draw them "
            f"in the function that uses it, and pass them as arguments"
        )
    return program_of(traced.inputs, traced.outputs)


def product_part(product: Rule) -> Program:
    """The program of a power that is a product."""
    traced = trace(lambda x: [product(x)], ["x"], Reach())
    return program_of(traced.inputs, traced.outputs)
