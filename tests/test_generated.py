"""operators.py is written from the table, and must not drift from it."""

import ast
import inspect
import linecache
from pathlib import Path

import pytest

from autograd import generate, operators
from autograd.primitives import TABLE
from autograd.value import Value


def test_operators_py_is_what_the_table_says_now() -> None:
    written = Path(operators.__file__).read_text(encoding="utf-8")
    assert written == generate.generate(), "run `python -m autograd.generate` after a change to the table"


def test_generating_is_deterministic() -> None:
    assert generate.generate() == generate.generate()


@pytest.mark.parametrize("name", TABLE)
def test_every_row_of_one_or_two_differentiable_arguments_has_a_method(name: str) -> None:
    """Rows that only the general way serves: fused ones, conditions, where, and chain."""
    general_only = {"lt", "le", "gt", "ge", "eq", "ne", "logical_and", "logical_or", "logical_not", "where", "chain"}
    operator = generate.BINARY_OPERATORS.get(name)
    method = generate.UNARY_OPERATORS.get(name) or (f"__{operator}__" if operator else name)
    written = method in vars(operators.Operators)
    assert written == (name not in general_only and not TABLE[name].variadic)


def test_a_debugger_sees_real_source() -> None:
    source = inspect.getsource(Value.tanh)
    assert "math.tanh(x)" in source
    code = Value.tanh.__code__
    assert linecache.getline(code.co_filename, code.co_firstlineno).strip().startswith("def tanh")


def test_every_method_says_its_derivative() -> None:
    for statement in ast.walk(ast.parse(Path(operators.__file__).read_text(encoding="utf-8"))):
        if isinstance(statement, ast.FunctionDef) and not statement.name.startswith(("_apply", "_lift", "_operand")):
            documented = ast.get_docstring(statement) or ""
            assert "∂/∂x = " in documented or statement.name.startswith("__r"), statement.name
