"""Programs in the primitives that machine code and NumPy have: every other one is replaced by what it consists of.

A row of the table is written in machine code as it stands where it names an instruction or is a sum of
products.  For any other, and for a user's own primitive, the definition or else the forward is traced, and the
equations found take its place; so does a product that of a power with a small whole exponent, or of a number's dot
with itself.  Each row is traced
once, and its equations are copied wherever it is used; so are those of its partials, for the gradient.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ..errors import TraceError
from ..primitives import TABLE, Primitive, Rule, dot, pow
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

Result = tuple[Primitive, tuple[int, ...]]


class NotForValues(NotCompilable):
    """A column of a row does not run on Values."""


def expand(program: Program, partly: bool = False) -> Program:
    """The program with the primitives that have no machine code of their own written out.

    Raises NotCompilable where one cannot be, as its forward draws random numbers or does not run on Values: such a
    one is left if ``partly``, for NumPy, which calls it for each number.
    """
    if all(in_machine_code(of) and of is not pow and not is_square(of, args) for _, of, args in program.equations):
        return program
    writer = Writer(program)
    if writer.left is not None and not partly:
        raise writer.left
    return writer.program([writer.names[output] for output in program.outputs])


def in_machine_code(primitive: Primitive) -> bool:
    """Whether a primitive is compiled as it stands."""
    return bool(primitive.instruction or primitive.terms or primitive is LIST)


def is_square(primitive: Primitive, args: Sequence[int]) -> bool:
    """Whether it is the dot of a number, or of a list, with itself."""
    return primitive is dot and len(args) == 3 and args[0] == args[1]


class Writer:
    """A program that is being written: it begins with all of another one, written out, and what it needs comes after.

    ``names`` are the variables of the other one here.  What is written twice is one variable.  A primitive whose
    forward does not run on Values is ``left`` as it stands: this says why, for the first of them.
    """

    def __init__(self, program: Program) -> None:
        self._begun = program
        self.inputs: list[int] = []
        self.leaves: dict[int, Value] = {}
        self.constants: dict[int, float] = {}
        self._numbers: dict[str, int] = {}  # as text: 0.0 == -0.0, and nan is unequal to itself
        self._leaves: dict[Value, int] = {}
        self._results: dict[Result, int] = {}
        self._equations: list[Equation | None] = []  # of each variable, None where it is not computed
        self._parts: dict[tuple[Any, ...], Part | None] = {}
        self.left: NotCompilable | None = None
        self.names = self._insert(self._part(program), [self.input() for _ in program.inputs])

    def input(self) -> int:
        """A new input."""
        self.inputs.append(self._new())
        return self.inputs[-1]

    def number(self, x: float) -> int:
        """A plain number."""
        text = "1.0" if x == 1.0 else repr(x)  # which takes longer, and most are 1
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
        key: tuple[Any, ...] = (primitive, len(args))
        if not (primitive.variadic or self.constants.keys().isdisjoint(args)):
            key = (*key, *[v if v in self.constants else None for v in args])
        part = self._parts.get(key)
        if part is None:
            known = {i: self.constants[v] for i, v in enumerate(key[2:]) if v in self.constants}
            part = self._parts[key] = self._part(partials_program(primitive, len(args), known))
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

    def _part(self, program: Program) -> Part:
        """A program to be copied."""
        rest = [0] * (program.variables - len(program.inputs))
        for variable, x in program.constants.items():
            rest[variable - len(program.inputs)] = self.number(x)
        for variable, leaf in program.leaves.items():
            rest[variable - len(program.inputs)] = self._leaf(leaf)
        return Part(rest, program.equations, program.outputs)

    def _insert(self, part: Part, args: Sequence[int]) -> list[int]:
        """Copy a part, applied to these; the names of all its variables."""
        names = [*args, *part.rest]
        for out, primitive, operands in part.equations:
            named = tuple([names[v] for v in operands])
            if primitive is pow or is_square(primitive, named) or not in_machine_code(primitive):
                names[out] = self._written_out(primitive, named)
            else:
                names[out] = self.result(primitive, named)
        return names

    def _written_out(self, primitive: Primitive, args: tuple[int, ...]) -> int:
        """The result of a primitive by what it consists of."""
        product, x = self._product_of(primitive, args)
        if product is None and in_machine_code(primitive):
            return self.result(primitive, args)
        key = (product,) if product else ("forward", primitive, len(args))
        if key not in self._parts:
            try:
                written = product_program(product) if product else forward_program(primitive, len(args))
                self._parts[key] = self._part(written)
            except NotForValues as error:
                self.left = self.left or error
                self._parts[key] = None
        part = self._parts[key]
        if part is None:
            return self.result(primitive, args)
        return self._insert(part, (x,) if product else args)[part.outputs[0]]

    def _product_of(self, primitive: Primitive, args: Sequence[int]) -> tuple[Rule | None, int]:
        """What makes a product of a power: of x**2, say, or of x·x written as a dot (Σp² of one p); and of which x."""
        if primitive is pow:
            return PRODUCTS.get(self.constants.get(args[1], 0.0)), args[0]
        if not is_square(primitive, args) or self.constants.get(args[2]) != 0.0:
            return None, args[0]
        first = self._equations[args[0]]
        items = first.args if first is not None and first.primitive is LIST else (args[0],)
        return (PRODUCTS[2.0] if len(items) == 1 else None), items[0]


class Part(NamedTuple):
    """A program to be copied into another: there ``rest`` are the names of its variables behind the inputs."""

    rest: list[int]  # of its numbers and leaves; 0 for what is computed
    equations: Sequence[Equation]
    outputs: Sequence[int]


ROWS: dict[tuple[Any, ...], Program] = {}  # the programs of rows of the table, which are the same everywhere


def forward_program(primitive: Primitive, count: int) -> Program:
    """The program of a primitive of so many operands."""
    function = primitive.definition or primitive.forward

    def forward(*xs: Any) -> list[Any]:
        return [function(xs) if primitive.variadic else function(*xs)]

    return column_program(primitive, "forward", count, forward)


def partials_program(primitive: Primitive, count: int, known: Mapping[int, float]) -> Program:
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

    return column_program(primitive, "partials", count + 1, folded if known else partials, lasting=not known)


def column_program(
    primitive: Primitive, column: str, count: int, function: Callable[..., Sequence[Any]], lasting: bool = True
) -> Program:
    """The program of a column of a row, kept if it is ``lasting``; NotCompilable where it does not run on Values."""
    in_table = TABLE.get(primitive.name) is primitive
    key = (primitive, column, count)
    if in_table and lasting and key in ROWS:
        return ROWS[key]
    try:
        of = Reach() if in_table else Reach(getattr(primitive, column))
        traced = trace(function, [""] * count, of)
    except NOT_FOR_VALUES as error:
        raise NotForValues(
            f"the primitive {primitive.name!r} cannot be compiled, as its {column} cannot be computed of Values: write "
            f"it with operators and the functions of autograd. What went wrong: {str(error) or type(error).__name__}"
        ) from error
    if traced.generators:
        raise NotCompilable(
            f"the primitive {primitive.name!r} cannot be compiled, as its {column} has random numbers in it: draw them "
            f"in the function that uses it, and pass them as arguments"
        )
    program = program_of(traced.inputs, traced.outputs)
    if in_table and lasting:
        ROWS[key] = program
    return program


def product_program(product: Rule) -> Program:
    """The program of a power that is a product."""
    traced = trace(lambda x: [product(x)], ["x"], Reach())
    return program_of(traced.inputs, traced.outputs)
