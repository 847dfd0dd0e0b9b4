"""What generate.py writes follows from the table, and must not drift from it."""

import ast
import builtins
import inspect
import linecache
from pathlib import Path

import pytest

import autograd
from autograd import TABLE, Value, generate, operators

every_row = pytest.mark.parametrize("name", TABLE)


def test_operators_py_is_what_the_table_says_now() -> None:
    written = Path(operators.__file__).read_text(encoding="utf-8")
    assert written == generate.operators(), "run `python autograd/generate.py` after a change to the table"


def test_the_package_exports_what_the_table_says_now() -> None:
    written = Path(autograd.__file__).read_text(encoding="utf-8")
    assert written == generate.front(), "run `python autograd/generate.py` after a change to the table"


def test_generating_is_deterministic() -> None:
    assert generate.operators() == generate.operators()


@every_row
def test_every_row_is_exported(name: str) -> None:
    """Under its own name: the row itself, or the function that takes its arguments in lists."""
    assert callable(getattr(autograd, name))
    assert name in autograd.__all__ or hasattr(builtins, name)  # a star import must not take abs and pow away


@every_row
def test_every_row_with_a_method_has_it(name: str) -> None:
    row = TABLE[name]
    assert (row.method in vars(operators.Operators)) == bool(row.method)
    assert row.method or row.variadic or name in ("eq", "ne", "where", "chain")  # == is identity; where is a function


def test_a_debugger_sees_real_source() -> None:
    source = inspect.getsource(Value.tanh)
    assert "math.tanh(x)" in source
    code = Value.tanh.__code__
    assert linecache.getline(code.co_filename, code.co_firstlineno).strip().startswith("def tanh")


@every_row
def test_every_method_says_its_derivative(name: str) -> None:
    row = TABLE[name]
    if row.method and not row.condition and not row.variadic:
        assert "∂/∂x = " in (inspect.getdoc(vars(operators.Operators)[row.method]) or "")


@every_row
def test_forwards_written_with_rows_are_written_out_for_floats(name: str) -> None:
    """So that a forward on floats calls no row: rows are slow there."""
    row = TABLE[name]
    source = (
        ast.unparse(ast.parse(inspect.getsource(row.on_floats).strip())) if row.on_floats is not row.forward else ""
    )
    assert not any(f" {other}(" in source for other in TABLE)


def test_a_result_is_of_the_class_of_the_left_operand() -> None:
    class Own(Value):
        __slots__ = ()

        def twice(self) -> Value:
            return self * 2

    x = Own(3.0)
    assert type(x + 1) is type(x * Value(2.0)) is type(-x) is type(x.tanh()) is Own
    assert (x + 1).twice().data == 8.0
    assert type(Value(2.0) * x) is Value
