"""What the command line reads: expressions become graphs, everything else one line that says why not."""

import io
import math
import operator
import re
import subprocess
import sys
from contextlib import redirect_stderr

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import autograd
from autograd import Value, functions, primitives, topological_order
from nn.command.expression import DEEPEST, FUNCTIONS, LONGEST, parse_assignments, parse_expression


def parse(text, **numbers):
    return parse_expression(text, {name: Value(x, label=name) for name, x in numbers.items()})


def attempt(call, *args):
    """(the result, None) or (None, the message): a ValueError of one line, the only exception there is."""
    try:
        return call(*args), None
    except ValueError as error:
        caught = error
    assert type(caught) is ValueError
    message = str(caught)
    assert message
    assert message.isprintable()  # so it is one line
    return None, message


def complaint(call, *args):
    result, message = attempt(call, *args)
    assert message is not None, f"not refused: {result}"
    return message


def why(text, **numbers):
    return complaint(lambda: parse(text, **numbers))


def same(x, y):
    return x == y and math.copysign(1.0, x) == math.copysign(1.0, y) if x == x else y != y


# --- what is read --------------------------------------------------------------------------------------------


def test_the_graph_is_the_one_the_same_python_would_build():
    w, x, b = (Value(d, label=name) for name, d in (("w", 2.0), ("x", -1.0), ("b", 0.5)))
    root = parse_expression("tanh(w*x + b)", {"w": w, "x": x, "b": b})
    assert root.data == math.tanh(-1.5)
    assert [n.label or n._op for n in topological_order(root)] == ["w", "x", "*", "b", "+", "tanh"]
    assert {w, x, b} < set(topological_order(root))  # the leaves themselves
    root.backward()
    assert w.grad == -(1.0 - root.data**2)


def test_a_variable_used_twice_is_one_leaf_and_a_repeated_piece_is_two_nodes():
    root = parse("(x*x) + (x*x)", x=3.0)
    left, right = root.parents
    assert left is not right
    assert left.parents[0] is left.parents[1] is right.parents[0]


def test_numbers_need_no_gradient_and_a_negative_number_is_one_leaf():
    root = parse("-3 * x", x=2.0)
    three, x = root.parents
    assert (three.data, three.parents, three.requires_grad) == (-3.0, (), False)
    assert (x.label, x.requires_grad) == ("x", True)
    assert same(parse("-0").data, -0.0)
    assert parse("-2**2").data == -4.0
    assert parse("--2").data == 2.0


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("x", 3.0),
        ("  -x\n", -3.0),
        ("+x", 3.0),
        ("(x\n +\t1)", 4.0),
        ("2**-1**x", 0.5),
        ("7//x + 7%x", 3.0),
        ("-7//x", -3.0),
        ("0x10 + 1_0 + .5 + 1e1 + 0*x", 36.5),
        ("cos(pi)*x", -3.0),
        ("min(x, 2) + max(x, 2)", 5.0),
        ("total(x, 1, 2) + prod(x, 2, 2) + mean(x, 5)", 22.0),
        ("logsumexp(x)", 3.0),
        ("total(x)", 3.0),
        ("leaky_relu(-x)", -0.03),
        ("leaky_relu(-x, 1/2)", -1.5),
        ("dot([x, 2], [4, 5], 1)", 23.0),
        ("dot([x], [x])", 9.0),
        ("where(lt(x, 4), x, 0)", 3.0),
        ("abs(-x) + pow(x, 2)", 12.0),
        ("(" * 150 + "x" + ")" * 150, 3.0),
        (" + ".join(["x"] * 90), 270.0),
    ],
)
def test_an_expression_has_the_value_python_gives_it(text, number):
    assert parse(text, x=3.0).data == number


def test_a_variable_named_pi_wins_over_the_constant():
    assert parse("2*pi").data == math.tau
    assert parse("2*pi").parents[1].label == "pi"
    assert parse("2*pi", pi=3.0).data == 6.0


def test_e_must_be_given():
    assert why("e**x", x=1.0) == "column 1: 'e' has no value: add e=<number> (given: x)"
    assert parse("e**x", e=2.0, x=3.0).data == 8.0


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_every_function_gives_what_it_gives_in_python(name):
    function, counts, usage = FUNCTIONS[name]
    if name == "dot":
        assert parse("dot([0.1, 0.2], [0.3, 0.4], 0.5)").data == autograd.dot([0.1, 0.2], [0.3, 0.4], 0.5)
        return
    first = {"where": 1.0, "acosh": 1.25}.get(name, 0.25)
    args = (first, 0.5, 0.75)[: max(usage.count(",") + 1, counts[0])]
    found = parse(f"{name}({', '.join(map(str, args))})").data
    assert same(found, float(function(*args)))
    if hasattr(autograd, name) and name in autograd.primitives.TABLE and not primitives.TABLE[name].variadic:
        assert same(found, float(getattr(autograd, name)(*args)))


def test_every_public_primitive_and_reduction_can_be_called():
    public = {name for name in primitives.TABLE if hasattr(autograd, name)}
    assert public | {"mean", "prod"} <= set(FUNCTIONS)
    assert all(hasattr(functions, name) for name in ("total", "mean", "prod", "logsumexp"))


# --- what is refused -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        (" \n", "empty"),
        ("2*y", "column 3: 'y' has no value: add y=<number> (given: x)"),
        ("  2*y", "column 5: 'y' has no value"),
        ("tanhh(x)", "column 1: there is no function 'tanhh': write tanh"),
        ("x + qqqq(x)", "column 5: there is no function 'qqqq': write one of abs, acos,"),
        ("x(2)", "column 1: 'x' is a number, not a function: write a product as x*(...)"),
        ("(x+1)(x+2)", "column 1: cannot use a call of what is not a function's name: write a product with *"),
        ("2(x)", "column 1: cannot use a call"),
        ("2 + tanh", "column 5: 'tanh' is a function: write tanh(x)"),
        ("hypot(x)", "column 1: hypot is given 1 argument(s): write hypot(x, y)"),
        ("tanh(x, x)", "write tanh(x)"),
        ("total()", "write total(x, y, ...)"),
        ("min(x, x, x)", "write min(x, y)"),
        ("dot(x, x)", "column 1: dot takes its numbers in two lists: write dot([w1, w2], [x1, x2], b)"),
        ("dot(3, [x])", "two lists"),
        ("dot([x])", "write dot([w1, w2], [x1, x2], b)"),
        ("dot([x], [x], [x])", "column 15: cannot use a list"),
        ("dot([x], [x, x])", "1 weights, 2 inputs"),
        ("dot([], [])", "dot of nothing"),
        ("dot([*x], [x])", "column 6: cannot use a * before an argument"),
        ("[x]", "cannot use a list"),
        ("2x", "column 1: invalid decimal literal: write it like tanh(2*x + b), every product with *"),
        ("x +", "column 4: invalid syntax"),
        (" (x", "column 2: '(' was never closed"),
        ("x x", "column 3: invalid syntax"),
        ("y = x", "column 3: invalid syntax"),
        ("(x = 2)", "invalid syntax: write"),
        ("1,5", "column 1: cannot use a comma outside a call: write 1.5 for 1,5"),
        ("x^2", "cannot use ^: write a power as x**2"),
        ("x @ x", "cannot use MatMult"),
        ("~x", "cannot use Invert"),
        ("not x", "cannot use not: write logical_not(x)"),
        ("x < 1", "cannot use a comparison"),
        ("x and x", "cannot use and/or"),
        ("x if x else 1", "cannot use if/else"),
        ("1if x else 2", "cannot use if/else"),
        ("1 is 1", "cannot use a comparison"),
        ("lambda: x", "cannot use a function definition"),
        ("(x := 2)", "column 2: cannot use an assignment"),
        ("[x for x in x]", "cannot use a loop"),
        ("total(x for x in x)", "cannot use a loop"),
        ("math.exp(x)", "column 1: cannot use a dot after a name: write exp(x) for math.exp(x)"),
        ("().__class__", "cannot use a dot after a name"),
        ("x[0]", "cannot use an index in [ ]"),
        ("tanh(x=x)", "column 6: cannot use = inside a call"),
        ("tanh(**x)", "cannot use = inside a call"),
        ("tanh(*x)", "cannot use a * before an argument"),
        ("f'{x}'", "cannot use a text"),
        ("'x'", "cannot use what is no real number"),
        ("'\\d'", "cannot use what is no real number"),
        ("x + 1j", "column 5: cannot use what is no real number"),
        ("True", "cannot use what is no real number"),
        ("None", "cannot use what is no real number"),
        ("-True", "cannot use what is no real number"),
        ("...", "cannot use what is no real number"),
        ("__import__('os')", "there is no function '__import__'"),
        ("x # + 1", "column 3: cannot use '#'"),
        ("x \\\n+ 1", "column"),
        ("x\0", "column 2: cannot use '\\x00'"),
        ("x − 1", "column 3: cannot use '−'"),
        ("ｘ", "column 1: cannot use 'ｘ'"),  # which Python would take for x
        ("\ud800", "column 1: cannot use '\\ud800'"),
        ("1e999", "column 1: the number is too large: at most 1.8e+308"),
        ("9" * 400, "column 1: the number is too large"),
        ("x / (x - x)", "column 1: float division by zero: div of 'x' = 3.0, 0.0 (from sub)"),
        ("1 + log(0*x)", "column 5: math domain error: log of 0.0 (from mul)"),
        ("10.0**400 * x", "pow of 10.0, 400.0"),
        ("(-x)**0.5", "no real value"),
        ("exp(1000)", "math range error: exp of 1000.0"),
        ("1 + 2", "'x' is given but not in the expression: use it, or leave x= out"),
    ],
)
def test_the_refusal_says_what_is_wrong_and_where(text, message):
    assert message in why(text, x=3.0)


def test_nothing_in_the_text_is_ever_run():
    for text in ("__import__('os').system('true')", "open('x')", "exit()", "print(1)", "breakpoint()"):
        assert "no function" in why(text) or "a dot after a name" in why(text)


def test_length_and_depth_are_bounded():
    assert parse("1+" * (DEEPEST - 1) + "1").data == DEEPEST
    assert f"more than {DEEPEST} deep" in why("1+" * DEEPEST + "1")
    assert parse("1" + " " * (LONGEST - 1)).data == 1.0
    assert "1,001 characters, more than 1,000" in why("1" + " " * LONGEST)
    assert "characters" in why("(" * 10**6)


DEEP = (
    "(",
    "[",
    "-",
    "- ",
    "not ",
    "~",
    "lambda:",
    "exp(",
    "x.",
    "x**",
    "{",
    "1 if 1 else ",
    "f'{",
    "(x:=",
    "()",
)


@pytest.mark.parametrize("piece", DEEP)
def test_deep_nesting_is_refused_and_never_ends_the_process(piece):
    text = (piece * LONGEST)[: LONGEST - 1] + "1"
    assert "column" in why(text) or "deep" in why(text)


def test_running_out_of_stack_in_the_parser_is_a_refusal(monkeypatch):
    for error in (RecursionError("deep"), MemoryError()):

        def fail(*args, error=error, **more):
            raise error

        monkeypatch.setattr("ast.parse", fail)
        assert why("x") == "the expression is nested too deeply: split it up"


def test_a_caller_deep_in_recursion_gets_a_refusal_too():
    def call(depth):
        return call(depth - 1) if depth else attempt(parse, "1+" * (DEEPEST - 1) + "1")

    frames, frame = 0, sys._getframe()
    while frame := frame.f_back:
        frames += 1
    found = {call(sys.getrecursionlimit() - frames - room)[1] for room in range(40, 240, 20)}
    assert found == {"the expression is nested too deeply: split it up", None}


def test_python_warnings_about_the_text_reach_no_one():
    program = (
        "import sys\nfrom nn.command.expression import parse_expression\nfor text in sys.argv[1:]:\n"
        "    try:\n        parse_expression(text, {})\n    except ValueError as error:\n        print(error)\n"
    )
    texts = ("1if x else y", "1 is 1", "'\\d'", "0xfor x", "1(2)", "1or 2")
    for option in ("always", "error"):
        run = [sys.executable, "-W", option, "-c", program, *texts]
        done = subprocess.run(run, capture_output=True, text=True, timeout=60, check=True)
        assert done.stderr == ""
        assert len(done.stdout.splitlines()) == len(texts)


# --- any text at all -----------------------------------------------------------------------------------------

PIECES = r"""
    x y pi ( ) [ ] { } + - * / ** // % , . : := = == < & | ^ @ ~ ! # \ ' " f' if else for in lambda not and
    await yield 0 1 2.5 1e9 1e400 0x 1j 1_ None exp( log( dot([ total( max( hypot pow( é − ² print
"""
TOKENS = st.sampled_from([*PIECES.split(), "\n", "\t", "\0", "\f", " "])


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.text(max_size=60), st.lists(TOKENS, max_size=30).map("".join), st.lists(TOKENS).map(" ".join)))
def test_any_text_gives_a_value_or_one_line(text):
    heard = io.StringIO()
    leaves = {name: number for name, number in LEAVES.items() if name in text}
    with redirect_stderr(heard):
        root, message = attempt(lambda: parse(text, **leaves))
    assert isinstance(root, Value) or message
    for column in re.findall(r"^column (\d+)", message or ""):
        assert 1 <= int(column) <= len(text) + 1
    assert heard.getvalue() == ""


LEAVES = {"x": 3.0, "y": -0.5}
NUMBERS = st.one_of(
    st.floats(min_value=0.0, allow_infinity=False, allow_nan=False),
    st.integers(0, 2**70),
    st.sampled_from([0, 1, 2, 3, 0.5, 10]),
)
SIGNS = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
    "//": operator.floordiv, "%": operator.mod, "**": operator.pow,
}  # fmt: skip
CALLS = {
    "exp": math.exp, "log": math.log, "sin": math.sin, "tanh": math.tanh, "sqrt": math.sqrt, "erf": math.erf,
    "abs": abs, "hypot": math.hypot, "atan2": math.atan2, "pow": operator.pow,
}  # fmt: skip
PAIRS = {"hypot", "atan2", "pow"}


def compute(function, *operands):
    """What Python gives for floats, or the exception it raises; a complex number is an exception here."""
    for operand in operands:
        if isinstance(operand, Exception):
            return operand
    try:
        out = function(*operands)
    except (ArithmeticError, ValueError) as error:
        return error
    return ValueError() if isinstance(out, complex) else out


@st.composite
def expressions(draw, depth=4):
    """Text with as few parentheses as its author dared, and what Python's floats make of the same tree.

    The result is (text, is it bare, number): a bare text needs parentheses as an operand.
    """
    kind = draw(st.sampled_from(["number", "x", "y", "sign", "sign", "minus", "call"] if depth else ["number", "x"]))
    if kind == "number":
        number = draw(NUMBERS)
        return repr(number), False, float(number)
    if kind in "xy":
        return kind, False, LEAVES[kind]
    parts = [draw(expressions(depth=depth - 1)) for _ in range(2)]
    space = draw(st.sampled_from(["", " "]))
    (a, a_bare, x), (b, b_bare, y) = parts
    if kind == "minus":
        return f"-{space}" + (f"({a})" if a_bare else a), True, compute(operator.neg, x)
    if kind == "sign":
        sign = draw(st.sampled_from(sorted(SIGNS)))
        left, right = (f"({text})" if bare else text for text, bare in ((a, a_bare), (b, b_bare)))
        return f"{left}{space}{sign}{space}{right}", True, compute(SIGNS[sign], x, y)
    name = draw(st.sampled_from(sorted(CALLS)))
    if name in PAIRS:
        return f"{name}({a},{space}{b})", False, compute(CALLS[name], x, y)
    return f"{name}({a})", False, compute(CALLS[name], x)


@settings(max_examples=300, deadline=None)
@given(expressions())
def test_an_expression_gives_bit_for_bit_what_python_floats_give(expression):
    text, _, expected = expression
    assume(len(text) <= LONGEST)
    leaves = {name: number for name, number in (("x", 3.0), ("y", -0.5)) if re.search(rf"\b{name}\b", text)}
    if isinstance(expected, Exception):
        assert why(text, **leaves).startswith("column ")
    else:
        assert same(parse(text, **leaves).data, expected)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(sorted(SIGNS)), st.integers(0, 5), st.booleans()), min_size=1, max_size=8))
def test_precedence_is_that_of_python(pieces):
    text = "".join(f"{sign}{'-' * minus}{n}.0" for sign, n, minus in pieces).lstrip("*/%")
    expected = compute(lambda: eval(text))  # ours, of digits and operators alone
    if isinstance(expected, Exception):
        why(text)
    else:
        assert same(parse(text).data, expected)


# --- name=number ---------------------------------------------------------------------------------------------


def test_assignments_become_labelled_leaves_in_order():
    leaves = parse_assignments(["w=2", " x = -1e-3 ", "_b1=+.5", "match=1_000"])
    assert [(name, v.label, v.data) for name, v in leaves.items()] == [
        ("w", "w", 2.0), ("x", "x", -0.001), ("_b1", "_b1", 0.5), ("match", "match", 1000.0),
    ]  # fmt: skip
    assert all(v.requires_grad for v in leaves.values())
    assert parse_assignments([]) == {}


@pytest.mark.parametrize(
    ("items", "message"),
    [
        (["x"], "'x': there is no '=': write a name and its number, such as x=2"),
        ([""], "'': there is no '='"),
        (["=2"], "'=2': '' is not a name"),
        (["2x=2"], "'2x' is not a name: use letters, digits and _, such as x1=2"),
        (["a b=2"], "'a b' is not a name"),
        (["θ=2"], "'θ' is not a name"),
        (["lambda=2"], "'lambda' is not a name"),
        (["True=2"], "'True' is not a name"),
        (["exp=2"], "'exp=2': 'exp' is the name of a function: choose another"),
        (["max=2"], "the name of a function"),
        (["x=1", "x=1"], "'x=1': 'x' already has the value 1.0: give it once"),
        (["x="], "'x=': '' is not a finite number: write one such as 2, -1.5 or 1e-3"),
        (["x=two"], "'two' is not a finite number"),
        (["x==2"], "'=2' is not a finite number"),
        (["x=1/2"], "'1/2' is not a finite number"),
        (["x=0,5"], "'0,5' is not a finite number"),
        (["x=1j"], "'1j' is not a finite number"),
        (["x=nan"], "'nan' is not a finite number"),
        (["x=-inf"], "'-inf' is not a finite number"),
        (["x=1e999"], "'1e999' is not a finite number"),
        (["x=\n\n1\n2"], "is not a finite number"),
    ],
)
def test_a_refused_assignment_says_what_is_wrong(items, message):
    assert message in complaint(parse_assignments, items)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(st.text(max_size=20), st.text("ab=1.e-_ \n", max_size=12))))
def test_any_items_give_leaves_or_one_line(items):
    leaves, _ = attempt(parse_assignments, items)
    assert all(math.isfinite(v.data) and v.label == name for name, v in (leaves or {}).items())


@settings(max_examples=200, deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_comes_back_as_it_was_written(number):
    assert same(parse_expression("x", parse_assignments([f"x={number!r}"])).data, number)
