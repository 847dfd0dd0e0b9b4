"""Expressions such as ``tanh(w*x + b)`` typed on the command line, read into graphs.

Python's own parser makes a syntax tree of the text; nothing of it is ever run.  One walk over the tree makes a
node for each piece it knows and refuses the rest of Python by name.  The text is bounded first, so that no
input is slow or deep.

``pi`` is the one constant.  ``e`` is not: it is too good a name for a variable, and one that was forgotten
must not turn into 2.718 unnoticed.  Write ``exp(1)``.
"""

from __future__ import annotations

import ast
import difflib
import keyword
import math
import re
import sys
import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from autograd import TABLE, Primitive, Value, as_value, dot, mean, prod

LONGEST = 1000  # characters
DEEPEST = 100  # operators and calls inside one another

BY_METHOD = {row.method: row for row in TABLE.values()}
OPERATORS: dict[type[ast.operator], Primitive] = {
    ast.Add: BY_METHOD["__add__"],
    ast.Sub: BY_METHOD["__sub__"],
    ast.Mult: BY_METHOD["__mul__"],
    ast.Div: BY_METHOD["__truediv__"],
    ast.Pow: BY_METHOD["__pow__"],
    ast.FloorDiv: BY_METHOD["__floordiv__"],
    ast.Mod: BY_METHOD["__mod__"],
}


class Function(NamedTuple):
    """What may be called: the function, how many arguments it takes, how they are written."""

    apply: Callable[..., Any]
    counts: range
    usage: str


def function_of(row: Primitive) -> Function:
    """How the row of a name is called in an expression."""
    if row.variadic:
        return Function(row, range(1, LONGEST), "x, y, ...")
    most, default = len(row.domain), [row.default] if row.default is not None else []
    usage = ", ".join("xyz"[:most])
    return Function(lambda *xs: row(*xs, *default[: most - len(xs)]), range(most - len(default), most + 1), usage)


FUNCTIONS = {name: function_of(row) for name, row in TABLE.items()}
FUNCTIONS |= {
    row.symbol: FUNCTIONS[row.name] for row in TABLE.values() if row.symbol.isidentifier() and row.symbol.isascii()
}  # min, max
FUNCTIONS |= {
    "mean": Function(lambda *xs: mean(xs), range(1, LONGEST), "x, y, ..."),
    "prod": Function(lambda *xs: prod(xs), range(1, LONGEST), "x, y, ..."),
    "dot": Function(dot, range(2, 4), "[w1, w2], [x1, x2], b"),
}

# What else of Python users may try, named in words that need no knowledge of Python's grammar.
REFUSED: dict[type[ast.AST], str] = {
    ast.Constant: "what is no real number: write 2, 0.5 or 1e-3",
    ast.BitXor: "^: write a power as x**2",
    ast.Call: "a call of what is not a function's name: write a product with *",
    ast.keyword: "= inside a call: give the arguments in order, as in hypot(x, y)",
    ast.Attribute: "a dot after a name: write exp(x) for math.exp(x) and for x.exp()",
    ast.Subscript: "an index in [ ]: give each number a name of its own, such as x1",
    ast.Compare: "a comparison: write lt(x, y), le, gt, ge, eq or ne, which are 1 where they hold, else 0",
    ast.BoolOp: "and/or: write logical_and(x, y) or logical_or(x, y)",
    ast.Not: "not: write logical_not(x)",
    ast.IfExp: "if/else: write where(lt(x, y), a, b)",
    ast.Tuple: "a comma outside a call: write 1.5 for 1,5, and one expression at a time",
    ast.List: "a list: only dot([w1, w2], [x1, x2], b) takes lists",
    ast.ListComp: "a loop (a comprehension): write every term out",
    ast.GeneratorExp: "a loop (a comprehension): write every term out",
    ast.Starred: "a * before an argument: write every argument out",
    ast.NamedExpr: "an assignment (:=): write the formula out wherever it is used",
    ast.Lambda: "a function definition (lambda): write its formula out",
    ast.JoinedStr: "a text (an f-string): only numbers have a value here",
}


def parse_expression(text: str, variables: Mapping[str, Value]) -> Value:
    """The graph of an expression over the given leaves; ValueError, in one line, for what it cannot read.

    It knows numbers, pi, ``+ - * / ** // %``, parentheses and the functions of the table, ``total(x, y, ...)``
    and its kin, and ``dot([w1, w2], [x1, x2], b)``.  Every variable given must be used.

    >>> root = parse_expression("tanh(w*x + b)", parse_assignments(["w=2", "x=-1", "b=0.5"]))
    >>> root.data == math.tanh(2.0 * -1.0 + 0.5)
    True
    >>> parse_expression("2*y", {})
    Traceback (most recent call last):
    ValueError: column 3: 'y' has no value: add y=<number>
    """
    if len(text) > LONGEST:
        raise ValueError(f"the expression has {len(text):,} characters, more than {LONGEST:,}: split it up")
    text = re.sub(r"\s", " ", text)  # one line, so that a column says where
    # An operator sign of Unicode is none, Python takes some letters for others, and # would hide what follows.
    if odd := re.search(r"[^ -~]|#", text):
        raise ValueError(f"column {odd.start() + 1}: cannot use {odd[0]!r}: write with the signs of ASCII, such as *")
    if not text.strip():
        raise ValueError("the expression is empty: write one such as tanh(w*x + b)")
    code = text.lstrip()  # Python takes blanks in front for the indent of a block
    reader = _Reader(variables, column=len(text) - len(code) + 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about code that is refused below
            tree = ast.parse(code, mode="eval")
        root = reader.read(tree.body)
    except SyntaxError as error:
        column = reader.column - 1 + (error.offset or len(code) + 1)  # 0: the text ended too soon
        what = error.msg.split(". ")[0]  # without the guess at the Python that was meant
        raise ValueError(f"column {column}: {what}: write it like tanh(2*x + b), every product with *") from error
    except (RecursionError, MemoryError) as error:
        raise ValueError("the expression is nested too deeply: split it up") from error
    for name in variables:
        if name not in reader.used:
            raise ValueError(f"{name!r} is given but not in the expression: use it, or leave {name}= out")
    return root


class _Reader:
    """One walk over a syntax tree."""

    def __init__(self, variables: Mapping[str, Value], column: int) -> None:
        self.variables = variables
        self.used: set[str] = set()
        self.column = column  # where the tree begins

    def read(self, node: ast.expr, depth: int = 1) -> Value:
        if depth > DEEPEST:
            raise self.error(node, f"more than {DEEPEST} deep: split it up, or write sums as total(x, y, ...)")
        match node:
            case ast.Constant(value=int() | float() as number) if type(number) is not bool:
                if number > sys.float_info.max:
                    raise self.error(node, f"the number is too large: at most {sys.float_info.max:.2g}")
                return as_value(number)
            case ast.Name(id=name):
                return self.variable(node, name)
            case ast.UnaryOp(op=ast.UAdd(), operand=inner):
                return self.read(inner, depth + 1)
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant() as inner):  # -1 is a number of its own
                return as_value(-self.read(inner, depth).data)
            case ast.UnaryOp(op=ast.USub(), operand=inner):
                return self.apply(node, BY_METHOD["__neg__"], self.read(inner, depth + 1))
            case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
                operands = self.read(left, depth + 1), self.read(right, depth + 1)
                return self.apply(node, OPERATORS[type(op)], *operands)
            case ast.Call(func=ast.Name(id=name)):
                return self.call(node, name, depth)
            case ast.Call(func=ast.Attribute() as refused):
                raise self.refusal(refused)
        raise self.refusal(node)

    def variable(self, node: ast.Name, name: str) -> Value:
        if name in self.variables:
            self.used.add(name)
            return self.variables[name]
        if name == "pi":
            pi = as_value(math.pi)
            pi.label = "pi"
            return pi
        if name in FUNCTIONS:
            raise self.error(node, f"{name!r} is a function: write {name}({FUNCTIONS[name][2]})")
        given = f" (given: {', '.join(self.variables)})" if self.variables else ""
        raise self.error(node, f"{name!r} has no value: add {name}=<number>{given}")

    def call(self, node: ast.Call, name: str, depth: int) -> Value:
        if (name in self.variables and name not in FUNCTIONS) or name == "pi":
            raise self.error(node, f"{name!r} is a number, not a function: write a product as {name}*(...)")
        if name not in FUNCTIONS:
            near = difflib.get_close_matches(name, FUNCTIONS, 1) or [f"one of {', '.join(sorted(FUNCTIONS))}"]
            raise self.error(node, f"there is no function {name!r}: write {near[0]}")
        function, counts, usage = FUNCTIONS[name]
        if node.keywords:
            raise self.refusal(node.keywords[0])
        args: list[Any] = []
        for i, arg in enumerate(node.args):
            if name == "dot" and i < 2 and isinstance(arg, ast.List):
                args.append([self.read(x, depth + 1) for x in arg.elts])
            else:
                args.append(self.read(arg, depth + 1))
        if len(args) not in counts:
            raise self.error(node, f"{name} is given {len(args)} argument(s): write {name}({usage})")
        if name == "dot" and not all(isinstance(arg, list) for arg in args[:2]):
            raise self.error(node, f"dot takes its numbers in two lists: write dot({usage})")
        return self.apply(node, function, *args)

    def apply(self, node: ast.expr, function: Callable[..., Any], *args: Any) -> Value:
        try:
            out: Value = function(*args)
        except (ArithmeticError, ValueError) as error:
            raise self.error(node, str(error)) from error
        return out

    def refusal(self, node: ast.expr | ast.keyword) -> ValueError:
        kind = type(node.op) if isinstance(node, ast.BinOp | ast.UnaryOp) else type(node)
        return self.error(node, f"cannot use {REFUSED.get(kind, f'{kind.__name__}: it is no arithmetic')}")

    def error(self, node: ast.expr | ast.keyword, text: str) -> ValueError:
        return ValueError(f"column {self.column + node.col_offset}: {text}")


def parse_assignments(items: Iterable[str]) -> dict[str, Value]:
    """Labelled leaves from items such as ``w=2``; ValueError, in one line, for what it cannot read.

    >>> parse_assignments(["w=2", "x=-1e-3"])
    {'w': Value(data=2.0, grad=0.0, label='w'), 'x': Value(data=-0.001, grad=0.0, label='x')}
    >>> parse_assignments(["x=two"])
    Traceback (most recent call last):
    ValueError: 'x=two': 'two' is not a finite number: write one such as 2, -1.5 or 1e-3
    """
    leaves: dict[str, Value] = {}
    for item in items:
        name, equals, number = (part.strip() for part in item.partition("="))
        try:
            data = float(number)
        except ValueError:
            data = math.nan
        if not equals:
            problem = "there is no '=': write a name and its number, such as x=2"
        elif not (name.isascii() and name.isidentifier()) or keyword.iskeyword(name):
            problem = f"{name!r:.40} is not a name: use letters, digits and _, such as x1=2"
        elif name in FUNCTIONS:
            problem = f"{name!r} is the name of a function: choose another"
        elif name in leaves:
            problem = f"{name!r} already has the value {leaves[name].data}: give it once"
        elif not math.isfinite(data):
            problem = f"{number!r:.40} is not a finite number: write one such as 2, -1.5 or 1e-3"
        else:
            leaves[name] = Value(data, label=name)
            continue
        raise ValueError(f"{item!r:.40}: {problem}")
    return leaves
