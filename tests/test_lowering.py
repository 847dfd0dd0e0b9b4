"""The vector instructions of every primitive against its row in the table of derivatives."""

from __future__ import annotations

import itertools
import math
import random
from typing import Any

import numpy as np
import pytest

from autograd.primitives import NAN, TABLE, Primitive

pytest.importorskip("llvmlite")
from autograd.compiler.calls import Template
from autograd.compiler.codegen import Kernels, lanes
from autograd.compiler.executable import SIGNATURE
from autograd.compiler.lowering import KERNEL_ROWS, LOWERINGS

SPECIAL = [
    0.0, -0.0, 5e-324, -5e-324, 1e-310, -2.2250738585072014e-308, 1e-200, 1e-20, -1e-8, 0.25, -0.5, 0.5, 1.0, -1.0, 1.5,
    math.nextafter(1.0, 0.0), 2.0, -2.0, 3.0, -3.0, math.pi, 19.5, 27.0, -40.0, 41.0, 700.0, -745.0, 1e5, -1e5, 1e16,
    1e200, -1e200, 1.7976931348623157e308, math.inf, -math.inf, math.nan,
]  # fmt: skip


def test_both_tables_name_the_same_primitives() -> None:
    assert set(LOWERINGS) | set(KERNEL_ROWS) == set(TABLE)
    assert not set(LOWERINGS) & set(KERNEL_ROWS)
    assert {name for name, row in TABLE.items() if row.variadic} == set(KERNEL_ROWS)


@pytest.fixture(scope="module")
def machine() -> tuple[Kernels, dict[str, str]]:
    """One function for every elementwise primitive."""
    templates = {
        Template(((name, tuple(("row", i) for i in range(len(TABLE[name].domain)))),), (0,)): f"piece_{name}"
        for name in LOWERINGS
    }
    return Kernels(templates), {template.steps[0][0]: name for template, name in templates.items()}


def run(machine: tuple[Kernels, dict[str, str]], name: str, points: list[tuple[float, ...]]) -> list[float]:
    built, names = machine
    count = -(-len(points) // lanes()) * lanes()
    arity = len(points[0])
    base = np.zeros((arity + 1, count))
    base[:arity, : len(points)] = np.array(points).T
    tables = (np.arange(arity + 1) * count).astype(np.int32)
    args = np.array([1, 0], dtype=np.int64)
    SIGNATURE(built.address(names[name]))(base.ctypes.data, tables.ctypes.data, count, args.ctypes.data)
    found: list[float] = base[arity, : len(points)].tolist()
    return found


def expected(row: Primitive, point: tuple[float, ...]) -> float:
    try:
        return row.forward(*point)
    except (ArithmeticError, ValueError):
        return row.ieee(*point) if row.ieee else NAN


def close(found: float, true: float, ulps: int) -> bool:
    if math.isnan(true) or math.isinf(true) or math.isinf(found):
        return repr(found).replace("-nan", "nan") == repr(true).replace("-nan", "nan")
    return abs(found - true) <= ulps * math.ulp(true)


def sign_matters(name: str) -> bool:
    """Rows whose zero keeps its sign in Python's own arithmetic."""
    return name in {"neg", "add", "sub", "mul", "div", "mod", "floordiv", "sqrt", "abs"}


@pytest.mark.parametrize("name", LOWERINGS)
def test_a_lowering_gives_what_the_row_gives(machine: Any, name: str) -> None:
    row = TABLE[name]
    arity = len(row.domain)
    rng = random.Random(name)
    points = list(itertools.product(SPECIAL, repeat=arity)) if arity < 3 else []
    for _ in range(3000):
        points.append(
            tuple(
                rng.choice([rng.uniform(-2, 2), rng.uniform(-30, 30), rng.gauss(0, 1) * 10 ** rng.uniform(-300, 300)])
                for _ in range(arity)
            )
        )
    for point, found in zip(points, run(machine, name, points), strict=True):
        true = expected(row, point)
        # 4 ulp of the vector function and one of the row's own.
        assert close(found, true, 5), (name, point, found, true)
        if true == 0.0 and sign_matters(name):
            assert math.copysign(1.0, found) == math.copysign(1.0, true), (name, point)
