"""Writes operators.py from the table: ``python autograd/generate.py``.

A rule called as a function costs more than all the rest of a node.  So each method gets the forward and the
partials of its row written out in place, the way dataclasses write ``__init__``; only here the result is
kept as a file, which debuggers, type checkers and readers see.  A test holds the file to the table.
"""

from __future__ import annotations

import ast
import importlib.util
import math
import sys
import textwrap
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent

# By its path: the package itself cannot be imported before operators.py is written.
_spec = importlib.util.spec_from_file_location("primitives", HERE / "primitives.py")
assert _spec is not None
assert _spec.loader is not None
primitives = sys.modules["primitives"] = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(primitives)
TABLE = primitives.TABLE

# Rows that Python has an operator for, and rows that are methods though they take two arguments.
UNARY_OPERATORS = {"neg": "__neg__", "abs": "__abs__"}
BINARY_OPERATORS = {
    "add": "add", "sub": "sub", "mul": "mul", "div": "truediv",
    "pow": "pow", "mod": "mod", "floordiv": "floordiv",
}  # fmt: skip
BINARY_METHODS = {
    "atan2": "other: Operand",
    "maximum": "other: Operand",
    "minimum": "other: Operand",
    "hypot": "other: Operand",
    "leaky_relu": "other: Operand = 0.01",
}

HEADER = '''"""The operators and methods of Value.  Written by generate.py from the table; do not edit.

Every method is alike: the forward and the partials of its row on floats, then a node that stores them.
What is not plain goes to ``_apply``, which does the same by calling the row: a number or mode out of the
ordinary, and a forward or partial that raises.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from . import primitives
from .graph import Node, mode

if TYPE_CHECKING:
    from .value import Operand
    from .value import Value as Value  # value.py puts the class here once it exists

new = object.__new__


class Operators(Node):
    """A node that knows arithmetic."""

    __slots__ = ()

    if TYPE_CHECKING:  # what Value adds

        def _apply(self, primitive: primitives.Primitive, args: tuple[Any, ...]) -> Value: ...

        @staticmethod
        def _lift(x: Any) -> Any: ...

        def _operand(self, primitive: primitives.Primitive, x: Any) -> Value: ...
'''

UNARY = '''
    def {method}(self) -> Value:
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
                node = new(Value)
                node._data = out
                node.grad = 0.0
                node._tag = mode.scope
                node.primitive = primitives.{name}
                node.requires_grad = x_needed
                node._a = self
                node._da = dx
                node._b = None
                node._db = 0.0
                return node
        return self._apply(primitives.{name}, (self,))
'''

BINARY = '''
    def {method}(self, {parameter}) -> Value:
        """{doc}
        """
        right: Any = other
        if type(right) is not Value:
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
                node = new(Value)
                node._data = out
                node.grad = 0.0
                node._tag = mode.scope
                node.primitive = primitives.{name}
                node.requires_grad = x_needed or y_needed
                node._a = self
                node._da = dx
                node._b = right
                node._db = dy
                return node
        return self._apply(primitives.{name}, (self, right))
'''

# An operator leaves to Python what it does not know, so that NumPy arrays of Values work.
LIFT_OR_DECLINE = """self._lift(right)
            if right is NotImplemented:
                return NotImplemented"""

REFLECTED = """
    def __r{operator}__(self, other: Operand) -> Value:
        x = self._lift(other)
        return NotImplemented if x is NotImplemented else x.__{operator}__(self)
"""


def truth(test: ast.expr) -> ast.expr:
    """A condition without the detour over numbers: ``1.0 if x < y else 0.0`` holds when ``x < y`` does."""
    match test:
        case ast.IfExp(test=inner, body=ast.Constant(value=1.0), orelse=ast.Constant(value=0.0)):
            return truth(inner)
        case ast.BoolOp(op=op, values=values):
            return ast.BoolOp(op, [truth(value) for value in values])
    return test


def choose(test: ast.expr, body: ast.expr, orelse: ast.expr) -> ast.expr:
    """``body if test else orelse``, and just one of them where both are the same."""
    return body if ast.dump(body) == ast.dump(orelse) else ast.IfExp(truth(test), body, orelse)


METHODS = """

# The method of each row that has one.
METHODS: dict[primitives.Primitive, Any] = {
"""

DOCUMENT = """
for _row, _method in METHODS.items():
    _row.__doc__ = _method.__doc__
"""


class Source:
    """The rows as written: for each the syntax tree of its forward and of its partials."""

    def __init__(self, text: str) -> None:
        self.functions: dict[str, ast.Lambda | ast.FunctionDef] = {}
        self.rows: dict[str, tuple[ast.expr, ast.expr]] = {}
        for statement in ast.parse(text).body:
            if isinstance(statement, ast.FunctionDef):
                self.functions[statement.name] = statement
            elif isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Call):
                call = statement.value
                if isinstance(call.func, ast.Name) and call.func.id == "row":
                    assert isinstance(statement.targets[0], ast.Name)
                    self.rows[statement.targets[0].id] = (call.args[2], call.args[3])

    def resolve(self, function: ast.expr) -> tuple[list[str], ast.expr] | None:
        """The parameters and the returned expression of a lambda or one-line function, else None."""
        found: ast.expr | ast.FunctionDef | None = function
        if isinstance(function, ast.Name):
            found = self.functions.get(function.id)
        if isinstance(found, ast.Lambda):
            return [a.arg for a in found.args.args], found.body
        if isinstance(found, ast.FunctionDef):
            body = [s for s in found.body if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))]
            if len(body) == 1 and isinstance(body[0], ast.Return) and body[0].value is not None:
                return [a.arg for a in found.args.args], body[0].value
        return None

    def call(self, name: str, args: list[ast.expr]) -> ast.expr:
        """The forward of a row on args, its body written out where no argument is computed twice."""
        forward = self.rows[name][0]
        resolved = self.resolve(forward)
        if resolved is not None:
            parameters, body = resolved
            uses = [n.id for n in ast.walk(body) if isinstance(n, ast.Name)]
            if all(
                uses.count(p) <= 1 or isinstance(a, (ast.Name, ast.Constant))
                for p, a in zip(parameters, args, strict=True)
            ):
                return self.inline(body, dict(zip(parameters, args, strict=True)))
        called = ast.parse(f"primitives.{name}.forward", mode="eval").body
        return ast.Call(called if isinstance(forward, ast.Lambda) else self.inline(forward, {}), args, [])

    def inline(self, body: ast.expr, names: dict[str, ast.expr]) -> ast.expr:
        """A rule's expression with its parameters replaced and the rows it calls written out."""
        source = self

        class Inliner(ast.NodeTransformer):
            def visit_Name(self, node: ast.Name) -> ast.expr:
                if node.id in names:
                    return names[node.id]
                return ast.parse(f"primitives.{node.id}", mode="eval").body if hasattr(primitives, node.id) else node

            def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
                return choose(self.visit(node.test), self.visit(node.body), self.visit(node.orelse))

            def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
                return node  # math.tanh

            def visit_Call(self, node: ast.Call) -> ast.expr:
                args = [self.visit(arg) for arg in node.args]
                if isinstance(node.func, ast.Name):
                    name = {"where": "select"}.get(node.func.id, node.func.id)
                    if name in source.rows:
                        return source.call(name, args)
                return ast.Call(self.visit(node.func), args, [])

        copy = ast.parse(ast.unparse(body), mode="eval").body
        expression: ast.expr = Inliner().visit(copy)
        return expression

    def derivatives(self, name: str) -> list[ast.expr]:
        """The partials of a row as expressions in its parameters and ``out``."""
        resolved = self.resolve(self.rows[name][1])
        assert resolved is not None, f"{name}: partials must be one expression"
        assert isinstance(resolved[1], ast.Tuple), f"{name}: partials must be a tuple"
        return resolved[1].elts


def method(source: Source, name: str, row: Any) -> str:
    """The text of one method."""
    rules = source.derivatives(name)
    arguments = [ast.Name("x"), ast.Name("y")][: len(rules)]
    zero = ast.Constant(0.0)
    text = {
        "name": name,
        "doc": textwrap.indent(docstring(row, [ast.unparse(rule) for rule in rules]), " " * 8).strip(),
        "forward": ast.unparse(source.call(name, [*arguments])),
    }
    for argument, rule in zip(arguments, rules, strict=True):
        partial = source.inline(rule, {})
        known = ast.unparse(partial) in ("x", "y", "out", "1.0", "-1.0", "0.0")  # costs nothing, needed or not
        needed = ast.Name(f"{argument.id}_needed")
        text[f"d{argument.id}"] = ast.unparse(partial if known else choose(needed, partial, zero))
    if len(rules) == 1:
        return UNARY.format(method=method_name(name), **text)
    parameter = BINARY_METHODS.get(name, "other: Operand")
    if name not in BINARY_OPERATORS:
        lift = f"self._operand(primitives.{name}, right)"
        return BINARY.format(method=name, parameter=parameter, lift=lift, **text)
    made = BINARY.format(method=method_name(name), parameter=parameter, lift=LIFT_OR_DECLINE, **text)
    return made + REFLECTED.format(operator=BINARY_OPERATORS[name])


def method_name(name: str) -> str:
    return f"__{BINARY_OPERATORS[name]}__" if name in BINARY_OPERATORS else UNARY_OPERATORS.get(name, name)


def docstring(row: Any, rules: list[str]) -> str:
    """What a row computes, its derivative and an example, as the docstring of the row and of its method."""
    point = (0.5, 2.0)[: len(rules)]
    names = ("x", "y")[: len(rules)]
    derivatives = ", ".join(f"∂/∂{x} = {rule}" for x, rule in zip(names, rules, strict=True))
    bounds = [
        f"{x} in [{low:g}, {high:g}]" for x, (low, high) in zip(names, row.domain, strict=True) if low > -math.inf
    ]
    lines = [
        f"{row.name}({', '.join(names)}) = {row.meaning}" + (f", for {bounds[0]}." if bounds else "."),
        "",
        f"{derivatives}, where out is the result." if "out" in derivatives else f"{derivatives}.",
        "",
        f">>> from autograd import {row.name}",
        f">>> {row.name}({', '.join(map(str, point))})",
        f"{row.forward(*point):.6g}" if row.forward(*point) % 1 else f"{row.forward(*point)}",
    ]
    return "\n".join(lines)


def generate() -> str:
    """The text of operators.py."""
    source = Source((HERE / "primitives.py").read_text(encoding="utf-8"))
    rows = [
        (name, row)
        for name, row in TABLE.items()
        if name in UNARY_OPERATORS | BINARY_OPERATORS | BINARY_METHODS
        or (len(row.domain) == 1 and not row.variadic and not name.startswith("logical"))
    ]
    text = HEADER + "".join(method(source, name, row) for name, row in rows)
    methods = "".join(f"    primitives.{name}: Operators.{method_name(name)},\n" for name, _ in rows)
    return f"{text}{METHODS}{methods}}}\n{DOCUMENT}"


if __name__ == "__main__":
    (HERE / "operators.py").write_text(textwrap.dedent(generate()), encoding="utf-8")
