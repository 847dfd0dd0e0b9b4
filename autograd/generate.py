"""Writes out what follows from the table: ``python autograd/generate.py``.

A rule called as a function costs more than all the rest of a node.  So ``operators.py`` gets, for each row, a method
with the forward and the partials written out in place, the way dataclasses write ``__init__``; only here the result
is kept as a file, which debuggers, type checkers and readers see.  The names that the package exports for its rows
are written into ``__init__.py``.  A test holds both files to the table.
"""

from __future__ import annotations

import ast
import builtins
import itertools
import math
import runpy
import textwrap
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PRIMITIVES = runpy.run_path(str(HERE / "primitives.py"))  # by its path: the package needs operators.py to be imported
TABLE = PRIMITIVES["TABLE"]

HEADER = '''"""The operators and methods of Value.  Written by generate.py from the table; do not edit.

Every method is alike: the forward and the partials of its row on floats, then a node that stores them.
What is not plain goes to ``_apply``, which does the same by calling the row: a number or mode out of the
ordinary, and a forward or partial that raises.  The node is of the class of the left operand.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Protocol, Self, Union, overload

from . import primitives
from .graph import Node, new
from .modes import mode, scope_here

Operand = Union["Operators", float]

if TYPE_CHECKING:

    class Array(Protocol):
        """What NumPy computes with, an element at a time."""

        def __array__(self) -> Any: ...
'''

CLASS = '''

class Operators(Node):
    """A node that knows arithmetic."""

    __slots__ = ()

    if TYPE_CHECKING:  # what Value adds

        def _apply(self, primitive: primitives.Primitive, args: tuple[Any, ...]) -> Self: ...

        def _operand(self, primitive: primitives.Primitive, x: Any) -> Any: ...

        @staticmethod
        def _lift(x: Any) -> Any: ...

        def _compare(self, row: primitives.Primitive, other: Any) -> bool: ...

        def _join(self, row: primitives.Primitive, *others: Any) -> Self: ...
'''

FORWARD = '''

def {name}({parameters}: float) -> float:
    """The forward of {row} on floats."""
{body}
'''

UNARY = '''
    def {method}(self) -> Self:
        """{doc}
        """
        if mode.eager:
            x = self._data
            x_needed = self.requires_grad
            try:
                out = {forward}
                dx = {dx}
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(type(self))
                node._data = out
                node.grad = 0.0
                node._tag = scope_here()
                node.primitive = primitives.{variable}
                node.requires_grad = x_needed
                node._a = self
                node._da = dx
                node._b = None
                node._db = 0.0
                return node
        return self._apply(primitives.{variable}, (self,))
'''

# What an operator gives is the array's to say, where the other operand is one.
OVERLOADS = """
    @overload
    def {method}(self, other: Operand) -> Self: ...
    @overload
    def {method}(self, other: Array) -> Any: ..."""

BINARY = '''
    def {method}(self, other: Operand{default}) -> Self:
        """{doc}
        """
        kind = type(self)
        right: Any = other
        if type(right) is not kind:
            right = {lift}
        if mode.eager:
            x = self._data
            y = right._data
            x_needed = self.requires_grad
            y_needed = right.requires_grad
            try:
                out = {forward}
                dx = {dx}
                dy = {dy}
            except (ArithmeticError, ValueError):
                pass
            else:
                node = new(kind)
                node._data = out
                node.grad = 0.0
                node._tag = scope_here()
                node.primitive = primitives.{variable}
                node.requires_grad = x_needed or y_needed
                node._a = self
                node._da = dx
                node._b = right
                node._db = dy
                return node
        return self._apply(primitives.{variable}, (self, right))
'''

# An operator leaves to Python what it does not know, so that NumPy arrays of Values work.
LIFT_OR_DECLINE = """self._lift(right)
            if right is NotImplemented:
                return NotImplemented"""

REFLECTED = """
    def __r{operator}__(self, other: Any) -> Any:
        left = self._lift(other)
        return NotImplemented if left is NotImplemented else left.__{operator}__(self)
"""

MANY = '''
    def {method}(self, *others: Operand) -> Self:
        """{doc}
        """
        return self._apply(primitives.{variable}, (self, *others))
'''

COMPARISON = '''
    def {method}(self, other: Any) -> bool:
        """Whether {meaning}: of the numbers, at once; ``{row}(x, y)`` is part of the graph."""
        return self._compare(primitives.{variable}, other)
'''

JUNCTION = '''
    def {method}(self{other}) -> Self:
        """{row}: {meaning}, of comparisons that are part of the graph."""
        return self._join(primitives.{variable}{argument})
'''

METHODS = """

# The method of each row that computes by it.
METHODS: dict[primitives.Primitive, Any] = {
"""

FOOTER = """
for _row, _method in METHODS.items():
    _row.__doc__ = _method.__doc__
"""

KINDS = {1: "Unary", 2: "Binary"}  # by the number of arguments
COMPARISONS = ("__lt__", "__le__", "__gt__", "__ge__")
BEGIN, END = "# --- written by generate.py from the table", "# --- end of what generate.py writes"


def decide(test: ast.expr) -> ast.expr:
    """A condition without the detour over numbers: ``1.0 if x < y else 0.0`` holds when ``x < y`` does."""
    match test:
        case ast.IfExp(test=inner, body=ast.Constant(value=1.0), orelse=ast.Constant(value=0.0)):
            return decide(inner)
        case ast.BoolOp(op=op, values=values):
            return ast.BoolOp(op, [decide(value) for value in values])
    return test


def choose(test: ast.expr, body: ast.expr, orelse: ast.expr) -> ast.expr:
    """``body if test else orelse``, and just one of them where both are the same."""
    return body if ast.dump(body) == ast.dump(orelse) else ast.IfExp(decide(test), body, orelse)


class Source:
    """The table as written: for each row the variable that holds it, and the syntax trees of its rules."""

    def __init__(self, text: str) -> None:
        self.functions: dict[str, ast.Lambda | ast.FunctionDef] = {}
        self.rows: dict[str, tuple[ast.expr, ast.expr]] = {}  # by variable: the forward and the partials
        self.variables: dict[str, str] = {}  # by the row's name
        for statement in ast.parse(text).body:
            match statement:
                case ast.FunctionDef(name=name):
                    self.functions[name] = statement
                case ast.Assign(
                    targets=[ast.Name(id=variable)],
                    value=ast.Call(func=ast.Name(id="row"), args=[ast.Constant(value=name), _, forward, partials, *_]),
                ):
                    self.rows[variable] = (forward, partials)
                    self.variables[str(name)] = variable

    def parameters_and_body(self, function: ast.expr) -> tuple[list[str], list[ast.stmt]] | None:
        """The parameters and statements of a lambda or of a function of this file, without the docstring."""
        match self.functions.get(function.id) if isinstance(function, ast.Name) else function:
            case ast.Lambda(args=ast.arguments(args=args), body=expression):
                return [a.arg for a in args], [ast.Return(expression)]
            case ast.FunctionDef(args=ast.arguments(args=args), body=[ast.Expr(), *body] | body):
                return [a.arg for a in args], list(body)
        return None

    def expression(self, function: ast.expr) -> tuple[list[str], ast.expr] | None:
        """The parameters and the returned expression of a lambda or one-line function, else None."""
        match self.parameters_and_body(function):
            case (parameters, [ast.Return(value=ast.expr() as value)]):
                return parameters, value
        return None

    def calls_rows(self, function: ast.expr) -> bool:
        """Whether a forward is written with rows, so that it has to be written out for floats."""
        match self.parameters_and_body(function):
            case (_, body):
                names = {n.id for statement in body for n in ast.walk(statement) if isinstance(n, ast.Name)}
                return not names.isdisjoint(self.rows.keys() | {"where"})
        return False

    def call(self, variable: str, args: list[ast.expr]) -> ast.expr:
        """The forward of a row on args, its body written out where no argument is computed twice."""
        forward = self.rows[variable][0]
        match self.expression(forward):
            case (parameters, body):
                uses = [n.id for n in ast.walk(body) if isinstance(n, ast.Name)]
                arguments = dict(zip(parameters, args, strict=True))
                if all(uses.count(p) <= 1 or isinstance(a, (ast.Name, ast.Constant)) for p, a in arguments.items()):
                    return self.inline(body, arguments)
        if self.calls_rows(forward):
            return ast.Call(ast.Name(f"{variable}_on_floats"), args, [])
        called = ast.parse(f"primitives.{variable}.forward", mode="eval").body
        return ast.Call(called if isinstance(forward, ast.Lambda) else self.inline(forward, {}), args, [])

    def inline(self, body: ast.expr, names: dict[str, ast.expr]) -> ast.expr:
        """A rule's expression with its parameters replaced and the rows it calls written out."""
        source = self

        class Inliner(ast.NodeTransformer):
            def visit_Name(self, node: ast.Name) -> ast.expr:
                if node.id in names:
                    return names[node.id]
                return ast.parse(f"primitives.{node.id}", mode="eval").body if node.id in PRIMITIVES else node

            def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
                return choose(self.visit(node.test), self.visit(node.body), self.visit(node.orelse))

            def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
                return node  # math.tanh

            def visit_Lambda(self, node: ast.Lambda) -> ast.expr:
                branch: ast.expr = self.visit(node.body)  # of a where: a conditional expression waits, too
                return branch

            def visit_Call(self, node: ast.Call) -> ast.expr:
                args = [self.visit(arg) for arg in node.args]
                if isinstance(node.func, ast.Name):
                    variable = source.variables.get(node.func.id, node.func.id)
                    if variable in source.rows:
                        return source.call(variable, args)
                return ast.Call(self.visit(node.func), args, [])

        copy = ast.parse(ast.unparse(body), mode="eval").body
        expression: ast.expr = Inliner().visit(copy)
        return expression

    def partials(self, variable: str) -> list[ast.expr]:
        """The partials of a row as expressions in its parameters and ``out``."""
        resolved = self.expression(self.rows[variable][1])
        assert resolved is not None, f"{variable}: partials must be one expression"
        assert isinstance(resolved[1], ast.Tuple), f"{variable}: partials must be a tuple"
        return resolved[1].elts


def forward_on_floats(source: Source, name: str) -> str:
    """The text of the function that computes a forward written with rows, on floats."""
    variable = source.variables[name]
    found = source.parameters_and_body(source.rows[variable][0])
    assert found is not None
    parameters, body = found
    lines = []
    for statement in body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=local)], value=value):
                lines.append(f"    {local} = {ast.unparse(source.inline(value, {}))}")
            case ast.Return(value=ast.expr() as value):
                lines.append(f"    return {ast.unparse(source.inline(value, {}))}")
            case _:
                raise ValueError(f"{name}: a forward written with rows consists of assignments and one return")
    typed = ": float, ".join(parameters)
    return FORWARD.format(name=f"{variable}_on_floats", parameters=typed, row=name, body="\n".join(lines))


def method(source: Source, name: str, row: Any) -> str:
    """The text of a row's method."""
    variable, arity = source.variables[name], len(row.domain)
    text = {"method": row.method, "variable": variable, "row": name, "meaning": row.meaning}
    if row.method in COMPARISONS:
        return COMPARISON.format(**text)
    if row.condition:
        operator = row.method.strip("_")
        pair = {"other": ", other: Any", "argument": ", other"} if arity == 2 else {"other": "", "argument": ""}
        made = JUNCTION.format(**text, **pair)
        return made + (f"\n    __r{operator}__ = __{operator}__\n" if arity == 2 else "")
    if row.variadic or arity > 2:
        return MANY.format(doc=f"{row.meaning}.", **text)
    rules = source.partials(variable)
    arguments = [ast.Name("x"), ast.Name("y")][:arity]
    text["doc"] = textwrap.indent(docstring(source, row), " " * 8).strip()
    text["forward"] = ast.unparse(source.call(variable, [*arguments]))
    for argument, rule in zip(arguments, rules, strict=True):
        partial = source.inline(rule, {})
        known = ast.unparse(partial) in ("x", "y", "out", "1.0", "-1.0", "0.0")  # costs nothing, needed or not
        needed = partial if known else choose(ast.Name(f"{argument.id}_needed"), partial, ast.Constant(0.0))
        text[f"d{argument.id}"] = ast.unparse(needed)
    alias = f"\n    {row.numpy} = {row.method}  # what NumPy calls\n" if row.numpy else ""
    if arity == 1:
        return UNARY.format(**text) + alias
    default = "" if row.default is None else f" = {row.default}"
    if not row.method.startswith("__"):
        return BINARY.format(lift=f"self._operand(primitives.{variable}, right)", default=default, **text) + alias
    made = BINARY.format(lift=LIFT_OR_DECLINE, default=default, **text)
    made = made.replace("other: Operand) -> Self", "other: Any) -> Any")  # what follows overloads
    operator = row.method.strip("_")
    reflected = OVERLOADS.format(method=f"__r{operator}__") + REFLECTED.format(operator=operator)
    return OVERLOADS.format(**text) + made + reflected


def docstring(source: Source, row: Any) -> str:
    """What a row computes and where, its derivative, its errors and an example: of the row and of its method."""
    resolved = source.expression(source.rows[source.variables[row.name]][1])
    assert resolved is not None
    *names, _ = resolved[0]
    rules = map(ast.unparse, source.partials(source.variables[row.name]))
    bounds = [bound(x, *ends) for x, ends in zip(names, row.domain, strict=True) if ends[0] > -math.inf]
    points = zip((0.5, 2.0), row.domain, strict=False)
    point = [next(x for x in (usual, 0.5, 2.0, 0.0, low, high) if low <= x <= high) for usual, (low, high) in points]
    derivatives = ", ".join(f"∂/∂{x} = {rule}" for x, rule in zip(names, rules, strict=True))
    result = row.forward(*point)
    lines = [
        f"{row.name}({', '.join(names)}) = {row.meaning}" + (f", for {bounds[0]}." if bounds else "."),
        "",
        f"``{derivatives}``, where out is the result." if "out" in derivatives else f"``{derivatives}``.",
        *errors(row),
        "",
        f">>> from autograd import {row.name}",
        f">>> {row.name}({', '.join(map(str, point))})",
        f"{result:.6g}" if result % 1 else f"{result}",
    ]
    return "\n".join(lines)


def bound(x: str, low: float, high: float) -> str:
    """An interval as an inequality: the float next to a whole number stands for all beyond that number."""
    least = round(low)
    if high == math.inf:
        return f"{x} {'≥' if least == low else '>'} {least}"
    most = round(high)
    return f"{least} {'≤' if least == low else '<'} {x} {'≤' if most == high else '<'} {most}"


def errors(row: Any) -> list[str]:
    """A line that says which errors a row raises, with the first call that does."""
    calls: dict[str, str] = {}
    for point in itertools.product((0.5, 0.0, -1.5, 2000.0, math.inf), repeat=len(row.domain)):
        try:
            row.forward(*point)
        except (ArithmeticError, ValueError) as error:
            written = ", ".join("math.inf" if x == math.inf else str(x) for x in point)
            calls.setdefault(type(error).__name__, f"``{row.name}({written})``")
    said = ", and ".join(f"{error}, as {call} does" for error, call in calls.items())
    return [f"Raises {said}."] if said else []


def operators() -> str:
    """The text of operators.py."""
    source = Source((HERE / "primitives.py").read_text(encoding="utf-8"))
    forwards = [name for name, variable in source.variables.items() if source.calls_rows(source.rows[variable][0])]
    with_method = {name: row for name, row in TABLE.items() if row.method}
    text = HEADER + "".join(forward_on_floats(source, name) for name in forwards)
    text += CLASS + "".join(method(source, name, row) for name, row in with_method.items())
    computing = [(source.variables[name], row.method) for name, row in with_method.items() if not row.condition]
    text += METHODS + "".join(f"    primitives.{variable}: Operators.{name},\n" for variable, name in computing) + "}\n"
    text += "".join(
        f"primitives.{source.variables[name]}.on_floats = {source.variables[name]}_on_floats\n" for name in forwards
    )
    text += FOOTER
    for name, row in TABLE.items():
        if (row.condition or not row.method) and not row.variadic and name not in defined():
            text += f'primitives.{source.variables[name]}.__doc__ = """{docstring(source, row)}\n"""\n'
    return text


def defined() -> set[str]:
    """The functions that stand for rows of their name, which takes its arguments otherwise."""
    functions = ast.parse((HERE / "functions.py").read_text(encoding="utf-8")).body
    return {statement.name for statement in functions if isinstance(statement, ast.FunctionDef)} | {"where"}


def exports() -> str:
    """The block of __init__.py that exports the rows: those that no function of the same name stands for."""
    names = sorted(TABLE.keys() - defined())
    hiding = [name for name in names if hasattr(builtins, name)]  # a star import leaves Python's own abs and pow alone
    typed = [f"    {name}: {KINDS[len(TABLE[name].domain)]}" for name in names]
    imported = [f"{name} as {name}" if name in hiding else name for name in names]
    listed = [f'"{name}"' for name in names if name not in hiding]
    return "\n".join([
        BEGIN, "# fmt: off", "# isort: off", "if TYPE_CHECKING:  # a checker knows them by what they take", *typed,
        "else:", "    from .primitives import (", textwrap.indent(wrapped(imported), "    "), "    )", "",
        "__all__ += [  # noqa: RUF022", wrapped(listed), "]", "# isort: on", "# fmt: on", END,
    ])  # fmt: skip


def wrapped(names: list[str]) -> str:
    """Names in lines, each with a comma behind it."""
    return textwrap.fill(", ".join(names) + ",", 110, initial_indent="    ", subsequent_indent="    ")


def front() -> str:
    """The text of __init__.py with the block for the rows that there are now."""
    text = (HERE / "__init__.py").read_text(encoding="utf-8")
    return text[: text.index(BEGIN)] + exports() + text[text.index(END) + len(END) :]


if __name__ == "__main__":
    (HERE / "operators.py").write_text(operators(), encoding="utf-8")
    (HERE / "__init__.py").write_text(front(), encoding="utf-8")
