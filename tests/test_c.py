"""Programs and models as C: compiled by the system's compiler, they give what Python gives, to the last bit."""

from __future__ import annotations

import ctypes
import itertools
import math
import random
import shutil
import struct
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from random_graphs import OF_SEVERAL, SMOOTH, grown

import nn
from autograd import Primitive, TraceError, Value, as_value, jit, primitive, to_c, total, uniform, value_and_grad
from autograd.languages import c_function
from autograd.modes import derivative_mode
from autograd.primitives import TABLE
from autograd.program import Program, traced_input, tracing
from nn.activations import ACTIVATIONS

COMPILER = shutil.which("cc") or shutil.which("gcc")
pytestmark = pytest.mark.skipif(COMPILER is None, reason="there is no compiler of C here")

# CPython has a hypot of its own, more exact than that of a C library.
OWN = {"hypot": 1}
POINTS = [0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 3.0, 1e-300, 5e-324, 40.0, -750.0, 1e300, math.inf, -math.inf, math.nan]

Call = Callable[[str, Sequence[float], int], list[float]]
Compile = Callable[[str], Call]


@pytest.fixture
def compiled(tmp_path: Path) -> Compile:
    """Compiles a text as its first comment says, with every warning an error; calls its functions by name."""
    count = itertools.count()

    def library(text: str) -> Call:
        file = tmp_path / f"file{next(count)}.c"
        file.write_text(text, encoding="utf-8")
        flags = ["-std=c99", "-O2", "-ffp-contract=off", "-fno-builtin", "-shared", "-fPIC"]
        strict = ["-Wall", "-Wextra", "-pedantic", "-Werror"]
        command = [str(COMPILER), *flags, *strict, str(file), "-lm", "-o", str(file.with_suffix(".so"))]
        done = subprocess.run(command, capture_output=True, text=True, timeout=100)
        assert done.returncode == 0, done.stderr[-3000:]
        functions = ctypes.CDLL(str(file.with_suffix(".so")))

        def call(name: str, xs: Sequence[float], outputs: int) -> list[float]:
            out = (ctypes.c_double * outputs)()
            getattr(functions, name)((ctypes.c_double * max(len(xs), 1))(*xs), out)
            return [*out]

        return call

    return library


def bits(xs: Sequence[float]) -> list[int | str]:
    """What tells numbers apart, the sign of 0 too; any nan is one."""
    return ["nan" if x != x else struct.unpack("<q", struct.pack("<d", x))[0] for x in xs]


def assert_same(found: Sequence[float], expected: Sequence[float], ulps: int, what: object) -> None:
    for a, b in zip(found, expected, strict=True):
        near = math.isfinite(b) and abs(a - b) <= ulps * math.ulp(b)
        assert near or bits([a]) == bits([b]), f"{what}: {found} in C, {expected} in Python"


def program_of_row(row: Primitive, count: int) -> Program:
    """A row and its partials, of so many operands."""
    xs = [traced_input() for _ in range(count)]
    with tracing(), derivative_mode():
        out = row(*xs)
        partials = row.partials(xs, out) if row.variadic else row.partials(*xs, out)
        return Program(xs, [out, *map(as_value, partials)])


def test_every_row_and_its_partials_are_those_of_python_at_the_hard_points_too(compiled: Compile) -> None:
    rng = random.Random(5)
    programs = {
        f"{name}_{count}": program_of_row(row, count)
        for name, row in TABLE.items()
        for count in ([3, 5] if row.variadic else [len(row.domain)])
    }
    call = compiled("".join(c_function(program, f"f_{key}", key) for key, program in programs.items()))
    for key, program in programs.items():
        count = len(program.inputs)
        points = [*itertools.product(POINTS, repeat=count)] if count < 3 else []
        points += [tuple(rng.choice([*POINTS, 2.0, rng.gauss(0, 3)]) for _ in range(count)) for _ in range(150)]
        used = {equation.primitive.name for equation in program.equations}
        ulps = max([OWN.get(name, 0) for name in used])
        for point in points:
            found = call(f"f_{key}", point, len(program.outputs))
            assert_same(found, program.evaluate(point), ulps * count * 3, (key, point))


def test_random_graphs_and_their_gradients_are_those_of_python(compiled: Compile) -> None:
    rng = random.Random(11)
    names = [name for name in [*SMOOTH, *OF_SEVERAL, "where", "relu", "abs"] if name != "hypot"]
    functions, texts = [], []
    for i in range(40):
        made = [(rng.choice(names), [rng.randrange(99) for _ in range(5)]) for _ in range(rng.randint(1, 12))]
        gradient = value_and_grad(lambda xs, made=made: grown(made, xs)[-1])
        program = jit(gradient)
        program([0.5, -1.25, 2.0])
        functions.append(gradient)
        texts.append(to_c(program, f"graph{i}"))
    call = compiled("".join(texts))
    for i, gradient in enumerate(functions):
        for _ in range(25):
            point = [rng.gauss(0, 2) for _ in range(3)]
            value, slopes = gradient(point)
            assert_same(call(f"graph{i}", point, 4), [value, *slopes], 0, (texts[i], point))


class Own(nn.Module):
    """A module of a user's, which does not say how wide it is."""

    def __init__(self) -> None:
        self.inner = nn.Layer(3, 4, activation="tanh", rng=random.Random(1))
        self.shift = Value(0.25)

    def forward(self, x: Any) -> Any:
        return [y * self.shift + x[0] for y in self.inner(x)]


def layer(nin: int, nout: int, activation: str = "tanh") -> nn.Layer:
    return nn.Layer(nin, nout, activation=activation, rng=random.Random(nin * 10 + nout))


MODELS: dict[str, Callable[[], nn.Module]] = {
    **{name: lambda name=name: nn.MLP(3, [6, 5, 2], activation=name, seed=2) for name in ACTIVATIONS},
    "blocks": lambda: nn.Sequential(
        layer(3, 6), nn.Residual(nn.LayerNorm(6, eps=1e-3), layer(6, 6, "gelu"), nn.Dropout(0.5)), nn.RMSNorm(),
        nn.RMSNorm(6), layer(6, 2, "linear"),
    ),
    "scaled": lambda: nn.Sequential(
        nn.Standardize([[1.0, -2.0, 5.0], [3.0, 7.0, 5.0]]), layer(3, 1), nn.Standardize([300.0, 500.0]).inverse()
    ),
    "own": Own,
}  # fmt: skip


def test_every_activation_and_block_is_predicted_to_the_last_bit(compiled: Compile) -> None:
    models = {name: make() for name, make in MODELS.items()}
    texts = [nn.to_c(model, f"m_{name}", inputs=None if name != "own" else 3) for name, model in models.items()]
    call = compiled("".join(texts))
    rng = random.Random(3)
    for name, model in models.items():
        rows = [[rng.gauss(0, 3) for _ in range(3)] for _ in range(50)]
        for row, expected in zip(rows, nn.predict(model, rows), strict=True):
            outputs = expected if isinstance(expected, list) else [expected]
            assert_same(call(f"m_{name}", row, len(outputs)), outputs, 0, (name, row))


def test_an_embedding_is_looked_up(compiled: Compile) -> None:
    model = nn.Sequential(nn.Embedding(5, 3, seed=1), layer(3, 2))
    call = compiled(nn.to_c(model))
    for i in range(5):
        assert call("predict", [float(i)], 2) == nn.predict(model, [[i]])[0]
    assert all(x != x for i in (5.0, -1.0, 0.5, math.nan) for x in call("predict", [i], 2))


def test_a_long_chain_and_a_wide_sum_compile(compiled: Compile) -> None:
    def f(x: Any) -> Any:
        for _ in range(3000):
            x = (x * 1.001).sin()
        return total([x * float(i) for i in range(500)])

    program = jit(f)
    assert compiled(to_c(program))("f", [0.5], 1) == [f(Value(0.5)).data]


def test_the_comment_says_what_the_numbers_are_and_no_name_ends_it() -> None:
    model = nn.MLP(2, [1], seed=1)
    model.columns, model.classes = ["age */ #include", "size\n"], ["no", "yes"]
    text = nn.to_c(model, "model")
    comment, rest = text.split("*/", 1)
    assert "x[0]: age * / #include" in comment
    assert "yes and not no" in comment
    assert rest.startswith("\n\n#include <math.h>\n")
    assert " * x[0]: speed\n" in to_c(jit(lambda speed: speed * speed))


def test_what_stays_the_same_is_written_too(compiled: Compile) -> None:
    constant = jit(lambda x: [2.5, math.inf, x])
    assert compiled(to_c(constant) + nn.to_c(nn.Dropout(), inputs=1))("f", [1.0], 3) == [2.5, math.inf, 1.0]
    assert math.copysign(1.0, compiled(to_c(jit(lambda x: -0.0)))("f", [1.0], 1)[0]) == -1.0


GENERATOR = random.Random(1)


def doubled(x: Any) -> Any:
    return math.floor(x) * 2.0


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: to_c(jit(lambda x: x), "for"), ValueError, "cannot be called 'for': take letters"),
        (lambda: to_c(jit(lambda x: x), "a b"), ValueError, "cannot be called 'a b'"),
        (lambda: to_c(lambda x: x), TypeError, r"takes what jit gives, as in to_c\(jit\(f\)\)"),
        (lambda: to_c(jit(lambda x: x * uniform(GENERATOR))), TraceError, "draws random numbers"),
        (lambda: nn.to_c(Own()), ValueError, "how many numbers Own takes is not known: pass inputs"),
        (
            lambda: nn.to_c(nn.Layer(1, 1, activation=primitive("steps", doubled, lambda x, out: (0.0,)))),
            TraceError, "the forward of steps cannot be written out",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_written_is_refused(make: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make()
