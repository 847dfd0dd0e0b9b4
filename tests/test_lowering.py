"""Every primitive as machine code and NumPy have it, against its row in the table and against 50-digit arithmetic."""

from __future__ import annotations

import functools
import itertools
import math
import random
import re
from collections.abc import Callable

import numpy as np
import pytest
from conftest import needs_llvmlite
from references import REFERENCES, mp, ulps

from autograd.compiler.expansion import expand, in_machine_code
from autograd.compiler.plan import Elementwise, plan_loop
from autograd.compiler.vectorised import InNumPy
from autograd.primitives import NAN, TABLE, Primitive
from autograd.program import Program, Reach, program_of, trace

LN2 = math.log(2)
SPECIAL = [
    0.0, -0.0, 5e-324, -5e-324, 1e-310, -2.2250738585072014e-308, 1e-200, 1e-20, -1e-8, 0.25, -0.5, 0.5, 1.0, -1.0, 1.5,
    math.nextafter(1.0, 0.0), 2.0, -2.0, 3.0, -3.0, math.pi, 19.5, 27.0, -40.0, 41.0, 700.0, -745.0, 1e5, -1e5, 1e16,
    1e200, -1e200, 1.7976931348623157e308, math.inf, -math.inf, math.nan,
]  # fmt: skip


def expanded(row: Primitive, count: int) -> Program:
    """A row applied to so many arguments, in what machine code has."""
    traced = trace(lambda *xs: [row(*xs)], [""] * count, Reach())
    return expand(program_of(traced.inputs, traced.outputs))


@pytest.mark.parametrize("name", TABLE)
def test_every_row_of_the_table_is_compiled(name: str) -> None:
    row = TABLE[name]
    assert all(in_machine_code(e.primitive) for e in expanded(row, 5 if row.variadic else len(row.domain)).equations)


@needs_llvmlite
def test_every_instruction_that_a_row_names_is_known() -> None:
    from autograd.compiler.llvm.instructions import FUNCTIONS, RULES

    named = {row.instruction for row in TABLE.values() if not row.variadic} - {""}
    assert named <= {*RULES, *FUNCTIONS}
    assert not {*RULES} & {*FUNCTIONS}
    assert {*RULES} - named == {"copy"}


def elementwise(row: Primitive) -> Elementwise:
    """The call that a row by itself comes to."""
    program = expanded(row, len(row.domain))
    (call,) = plan_loop(program.equations, program.constants, program.inputs, kept=program.outputs).each.calls
    assert isinstance(call, Elementwise)
    return call


CALLS = {name: elementwise(row) for name, row in TABLE.items() if not row.variadic}
TEMPLATES = {call.template: f"piece_{name}" for name, call in CALLS.items()}  # one function for each

# Vectors as this processor has them, with the vector functions of the C library and without; and other lengths.
LANES: dict[str, int | None] = {
    "this processor": None, "scalar functions": None, "2 lanes": 2, "4 lanes": 4, "8 lanes": 8,
    "products rounded": None,  # as where a processor has no fused multiply-add
}  # fmt: skip

Points = list[tuple[float, ...]]
Run = Callable[[str, Points], list[float]]


@pytest.fixture(scope="module", params=["NumPy", *(pytest.param(name, marks=needs_llvmlite) for name in LANES)])
def run(request: pytest.FixtureRequest) -> Run:
    """What a row gives at some points."""
    return in_numpy if request.param == "NumPy" else in_machine_code_of(request.param)


def in_numpy(name: str, points: Points) -> list[float]:
    program = InNumPy(expanded(TABLE[name], len(points[0])))
    found: list[float] = program.run([*np.array(points).T], len(points))[0].tolist()
    return found


def in_machine_code_of(variant: str) -> Run:
    from autograd.compiler.llvm.codegen import lanes, machine, own_ir, vector_functions
    from autograd.compiler.run.executable import SIGNATURE

    width, functions = LANES[variant] or lanes(), vector_functions() if variant == "this processor" else {}
    ir = own_ir(TEMPLATES, width, functions)
    built = machine(rounded(ir) if variant == "products rounded" else ir)

    def run(name: str, points: Points) -> list[float]:
        count = -(-len(points) // width) * width
        arity = len(points[0])
        base = np.zeros((arity + 1, count))
        base[:arity, : len(points)] = np.array(points).T
        order = [*CALLS[name].rows[0], arity]  # the arguments in the order in which the template reads them
        tables = (np.array(order) * count).astype(np.int32)
        args = np.array([1, 0], dtype=np.int64)
        SIGNATURE(built.address(f"piece_{name}"))(base.ctypes.data, tables.ctypes.data, count, args.ctypes.data)
        found: list[float] = base[arity, : len(points)].tolist()
        return found

    return run


def rounded(ir: str) -> str:
    """The same with a product and a sum in the place of each fused multiply-add."""
    fused = re.compile(r"  (%\w+) = call (<.*>) @llvm\.fmuladd\.\w+\(\2 (.*), \2 (.*), \2 (.*)\)")
    ir = fused.sub(r"  \1_ = fmul \2 \3, \4\n  \1 = fadd \2 \1_, \5", ir)
    assert "call <8 x double> @llvm.fmuladd" not in ir
    return ir


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


@pytest.mark.parametrize("name", CALLS)
def test_it_gives_what_the_row_gives(run: Run, name: str) -> None:
    row = TABLE[name]
    arity = len(row.domain)
    rng = random.Random(name)
    points = list(itertools.product(SPECIAL, repeat=arity)) if arity < 3 else []
    for _ in range(1000):
        points.append(
            tuple(
                rng.choice([rng.uniform(-2, 2), rng.uniform(-30, 30), rng.gauss(0, 1) * 10 ** rng.uniform(-300, 300)])
                for _ in range(arity)
            )
        )
    for point, found in zip(points, run(name, points), strict=True):
        true = expected(row, point)
        # 4 ulp of the vector function and one of the row's own.
        assert close(found, true, 5), (name, point, found, true)
        if true == 0.0 and sign_matters(name):
            assert math.copysign(1.0, found) == math.copysign(1.0, true), (name, point)


def in_domain(name: str, rng: random.Random) -> tuple[float, ...]:
    """A point where the primitive is defined, of any size."""
    point = []
    for low, high in TABLE[name].domain:
        x = rng.choice([rng.uniform(-2, 2), rng.uniform(-750, 750), rng.gauss(0, 1) * 10 ** rng.uniform(-300, 300)])
        x = abs(x) if low >= 0.0 else x
        point.append(x if low <= x <= high else rng.uniform(max(low, -1.0), min(high, 1.0)))
    return tuple(point)


@pytest.mark.parametrize("name", CALLS)
def test_it_is_within_4_ulp_of_the_true_value(run: Run, name: str) -> None:
    rng = random.Random(name)
    points = [in_domain(name, rng) for _ in range(200)]
    points += [p for p in itertools.product(SPECIAL[:-3], repeat=len(TABLE[name].domain)) if allowed(name, p)][:400]
    for point, found in zip(points, run(name, points), strict=True):
        try:
            true = REFERENCES[name].value(*map(mp.mpf, point))
        except ZeroDivisionError:
            continue
        assert ulps(found, true) <= 4.0, (point, found, true)


def near_steps(step: float, last: float) -> list[float]:
    """Points on both sides of where the whole number in x / step changes, and of where the result leaves the range."""
    steps = [(k + 0.5) * step for k in range(-1100, 1100)] + [709.782712893384, -708.3964185322641, -745.1332191019412]
    return [y for x in steps if abs(x) <= last for y in (x, math.nextafter(x, -math.inf), math.nextafter(x, math.inf))]


@functools.cache
def samples(name: str) -> list[tuple[float, mp.mpf]]:
    """Points where a function may be least exact, and over all of its domain; the true value at each."""
    step, last = {"exp": (LN2, 760.0), "tanh": (LN2 / 2, 25.0)}[name]
    rng = random.Random(name)
    points = near_steps(step, last)
    points += [rng.uniform(-last, last) for _ in range(1000)] + [rng.uniform(-1.0, 1.0) for _ in range(1000)]
    points += [rng.choice([-1, 1]) * 10 ** rng.uniform(-323, 2) for _ in range(1000)]
    return [(x, REFERENCES[name].value(mp.mpf(x))) for x in points]


@pytest.mark.parametrize(("name", "most"), [("exp", 1.5), ("tanh", 3.0)])
def test_own_functions_are_as_exact_as_they_say(run: Run, name: str, most: float) -> None:
    points, true = zip(*samples(name), strict=True)
    assert max(map(ulps, run(name, [(x,) for x in points]), true)) <= most


def allowed(name: str, point: tuple[float, ...]) -> bool:
    inside = all(low <= x <= high for x, (low, high) in zip(point, TABLE[name].domain, strict=True))
    signed_zero = name == "atan2" and point[0] == 0.0  # the reference knows no -0.0
    huge = name == "pow" and abs(point[1]) > 1e6
    return inside and not signed_zero and not huge


@needs_llvmlite
@pytest.mark.parametrize("triple", ["aarch64-unknown-linux-gnu", "arm64-apple-darwin", "x86_64-pc-windows-msvc"])
def test_all_of_it_compiles_for_other_processors_and_systems(triple: str) -> None:
    import llvmlite.binding as llvm

    from autograd.compiler.llvm.codegen import own_ir, shared_modules

    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    target = llvm.Target.from_triple(triple).create_target_machine(opt=2)
    for modules, name in (
        ([*shared_modules(2, frozenset()).values()], "train"),
        ([own_ir(TEMPLATES, 2, {})], "piece_tanh"),
    ):
        module = llvm.parse_assembly("")
        for ir in modules:
            module.link_in(llvm.parse_assembly(ir))
        module.verify()
        assembly = target.emit_assembly(module)
        if "fmuladd" in str(module) and triple.startswith("a"):
            assert "fmla.2d" in assembly or "fmla\tv" in assembly  # NEON works on two doubles at a time
        assert name.encode() in target.emit_object(module)
