"""Compiled means the same as eager, or it is said: whatever the functions and modules of a user do.

``fit`` compares what it can compile, and trains eagerly where it cannot: both must give the same numbers, raise the
same errors, and leave the same behind.  ``jit`` and ``compile_loss`` may refuse instead, and name the line or the
attribute.  The property tests run for as many examples as the environment variable STEPGRAD_EXAMPLES says.
"""

from __future__ import annotations

import array
import functools
import math
import os
import queue
import random
import re
import threading
import warnings
from collections import ChainMap, UserDict, UserList
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from contextvars import ContextVar
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import autograd
import nn
from autograd import (
    FallbackWarning,
    TraceError,
    Value,
    compile_loss,
    dot,
    exp,
    grad,
    gt,
    jit,
    log,
    lt,
    mean,
    no_grad,
    primitive,
    tanh,
    uniform,
    value_and_grad,
    where,
)
from autograd.compiler.agreement import many_of
from autograd.program import Traced

pytestmark = pytest.mark.usefixtures("backend_in_time")

EXAMPLES = int(os.environ.get("STEPGRAD_EXAMPLES", "25"))
long = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
X = [[i / 8 - 0.7, (i * 5 % 7) / 7] for i in range(12)]
Y = [float(i % 4) for i in range(12)]
RARE = [1.0, 3.0]
SAID = r"line \d+|changed while|did something else|for the row|changes when|uses .* which was computed"


@pytest.fixture(autouse=True)
def _every_warning_anew(monkeypatch: pytest.MonkeyPatch, backend_in_time: str) -> None:
    """Each cause is told once; here each test hears it."""
    if backend_in_time != "NumPy":
        monkeypatch.setattr(autograd.compiler.fallback, "reported", set())


def net() -> nn.Module:
    return nn.MLP(2, [3, 1], activation="tanh", seed=1)


def trained(
    loss: Any, compiled: bool, model: Callable[[], nn.Module] = net, y: Sequence[float] = Y, **settings: Any
) -> tuple[Any, list[str]]:
    """What a training comes to, its parameters or the class of its error, and what was said."""
    made = model()
    settings = {"epochs": 3, **settings}
    optimizer = settings.pop("optimizer", lambda p: nn.SGD(p, lr=0.05))(made.parameters())
    with warnings.catch_warnings(record=True, action="always") as found:
        try:
            history = nn.fit(made, X, y, loss=loss, optimizer=optimizer, compiled=compiled, **settings)
        except Exception as error:
            result: Any = type(error)
        else:
            result = [*history.loss, *history.val_loss, *(p.data for p in made.parameters())]
    return result, [str(warning.message) for warning in found]


def assert_same_and_said(loss: Any, said: str | None, **settings: Any) -> None:
    expected, _ = trained(loss, False, **settings)
    found, warned = trained(loss, True, **settings)
    assert found == (expected if isinstance(expected, type) else pytest.approx(expected, rel=1e-8, abs=1e-9))
    assert bool(warned) == (said is not None), warned
    if said is not None:
        assert any(re.search(said, text) for text in warned), warned


# --- what a traced Value cannot answer -----------------------------------------------------------------------------


@functools.lru_cache
def weight_of(t: float) -> float:
    return 10.0 if t == 1.0 else 1.0


BRANCHES: dict[str, Callable[[Any], Any]] = {
    "equal": lambda t: 10.0 if t == 1.0 else 1.0,
    "unequal to itself": lambda t: 10.0 if t != t else 1.0,
    "member of a list": lambda t: 10.0 if t in RARE else 1.0,
    "member of a tuple": lambda t: 10.0 if t in (1.0, 3.0) else 1.0,
    "member of a set": lambda t: 10.0 if t in {1.0, 3.0} else 1.0,
    "count": lambda t: 1.0 + RARE.count(t),
    "index": lambda t: 1.0 + [0.0, 1.0, 2.0, 3.0].index(t),
    "key": lambda t: {1.0: 10.0}.get(t, 1.0),
    "size of a set": lambda t: len({t, 1.0}),
    "cache": weight_of,
    "isinstance": lambda t: 10.0 if isinstance(t, float) and t > 1.0 else 1.0,
    "isinstance of any number": lambda t: 10.0 if isinstance(t, (int, float)) and t > 1.0 else 1.0,
    "repr": lambda t: len(repr(t)),
    "str": lambda t: len(str(t)),
    "in a list": lambda t: len(str([t])),
    "format": lambda t: float(f"{t}"),
    "percent": lambda t: len("%s" % t),  # noqa: UP031  # the old way too
}


@pytest.mark.parametrize("name", BRANCHES)
def test_a_branch_on_a_target_trains_as_eagerly_and_the_line_is_named(name: str) -> None:
    branch = BRANCHES[name]
    assert_same_and_said(lambda p, t: (p - t) ** 2 * branch(t), r"test_compiled_means_eager\.py, line \d+: ")


@pytest.mark.parametrize("name", BRANCHES)
def test_jit_and_compile_loss_refuse_it_with_the_line(name: str) -> None:
    branch = BRANCHES[name]
    w = Value(1.0)
    for call in (
        lambda: jit(lambda t: branch(t) * t)(np.array(Y)),
        lambda: compile_loss(lambda t: branch(t) * w, [w])(Y),
    ):
        with pytest.raises(TraceError, match=r"test_compiled_means_eager\.py, line \d+: "):
            call()


@pytest.mark.parametrize(
    "branch",
    [lambda t: 10.0 if type(t) is float else 1.0, lambda t: 10.0 if isinstance(t, Value) else 1.0],
    ids=["type", "isinstance of Value"],
)
def test_what_no_trace_can_see_shows_in_the_numbers_of_some_rows(branch: Callable[[Any], float]) -> None:
    assert_same_and_said(lambda p, t: (p - t) ** 2 * branch(t), r"for the row .*test_compiled_means_eager\.py, line")
    with pytest.raises(TraceError, match="something else for floats than for Values"):
        jit(lambda t: branch(t) * t)(2.0)


def test_a_branch_on_the_type_for_one_class_alone_is_found_though_it_is_rare() -> None:
    """Of a column with few values each is compared; of any table up to 256 rows."""
    rare = lambda t: 10.0 if type(t) is float and t == 7.0 else 1.0  # noqa: E731
    targets = [float(i % 3) for i in range(5000)]
    targets[1777] = 7.0
    with pytest.raises(TraceError, match=r"for the row \[7\.0\].*line"):
        jit(lambda t: t * rare(t))(np.array(targets))
    rows, w = [i / 5000 for i in range(5000)], Value(1.0)
    with pytest.raises(TraceError, match=r"for the row \[0\.3554, 7\.0\]"):
        compile_loss(lambda x, t: w * x * rare(t), [w])(rows, targets)
    with pytest.raises(TraceError, match="for the row"):
        jit(lambda x: x * (2.0 if type(x) is float and x > 0.99 else 1.0))(np.array(rows))
    many = many_of(np.array([rows, targets]).T)
    assert len(many) <= 256
    assert [rows[1777], 7.0] in many
    assert [rows[-1], targets[-1]] in many


def test_what_another_thread_changes_meanwhile_counts_as_the_functions_own() -> None:
    shared = [1.0]

    def f(x: Any) -> Any:
        other = threading.Thread(target=lambda: shared.append(2.0))
        other.start()
        other.join()
        return x * shared[0]

    with pytest.raises(TraceError, match="shared changed while the function was traced"):
        jit(f)(1.0)
    assert shared == [1.0]


def test_isinstance_hears_what_it_hears_eagerly() -> None:
    found = []

    def f(x: Any) -> Any:
        y = x * Value(2.0)
        found.append([isinstance(x, float), isinstance(x, list), isinstance(y, float), isinstance(y, Value)])
        return y

    jit(lambda x: x + isinstance(x, float))(1.0)
    with pytest.raises(TraceError, match="found"):
        jit(f)(1.0)
    f(1.0)
    assert found == [[True, False, False, True]]


def test_a_primitive_of_ones_own_that_looks_numbers_up_runs_as_it_is(backend_in_time: str) -> None:
    table = {1.0: 10.0}
    looked_up = primitive("looked_up", lambda x: table.get(x, x), lambda x, out: (1.0,))
    with pytest.warns(FallbackWarning, match="line") if backend_in_time != "NumPy" else nullcontext():
        assert jit(lambda x: looked_up(x) + 1.0)(np.array([1.0, 2.0])).tolist() == [11.0, 3.0]
    assert_same_and_said(lambda p, t: (looked_up(p) - t) ** 2, None)  # it was said


def test_a_refusal_counts_also_where_the_function_catches_it() -> None:
    def branch(t: Any) -> float:
        try:
            return 10.0 if t == 1.0 else 1.0
        except Exception:
            return 1.0

    assert_same_and_said(lambda p, t: (p - t) ** 2 * branch(t), "line")
    with pytest.raises(TraceError, match="line"):
        jit(lambda x: x * branch(x))(1.0)


def test_errors_that_the_function_catches_are_caught_for_each_row() -> None:
    def safe(x: Any) -> Any:
        try:
            return log(x)
        except ValueError:
            return x * 0.0 - 7.0

    points = np.array([1.0, 0.0, -1.0])
    assert jit(safe)(points).tolist() == [0.0, -7.0, -7.0]
    assert jit(lambda x: tanh(safe(x)))(points).tolist() == [math.tanh(safe(x)) for x in points.tolist()]
    assert_same_and_said(lambda p, t: (p - t) ** 2 + safe(t), None)


def test_an_iterator_is_refused_before_it_moves() -> None:
    numbers = iter([1.0, 1.0, 1.0, 2.0])
    with pytest.raises(TraceError, match="numbers is an iterator"):
        jit(lambda x: x * next(numbers))(1.0)
    assert next(numbers) == 1.0
    assert [*numbers] == [1.0, 1.0, 2.0]


def test_gradients_that_a_model_accumulates_are_accumulated() -> None:
    class Accumulating(nn.SGD):
        def zero_grad(self) -> None:
            pass

    class Silent(nn.Module):
        def __init__(self) -> None:
            self.layer = nn.Layer(2, 1, rng=random.Random(1))

        def forward(self, x: Any) -> Any:
            return self.layer(x)

        def zero_grad(self) -> None:
            pass

    assert_same_and_said(
        "mse", "Accumulating has a zero_grad of its own", model=Silent, optimizer=lambda p: Accumulating(p, lr=0.01)
    )


# --- what a trace leaves behind ------------------------------------------------------------------------------------


class Recurrent(nn.Module):
    def __init__(self) -> None:
        self.layer = nn.Layer(3, 1, activation="tanh", rng=random.Random(1))
        self.h: Any = 0.0

    def forward(self, x: Any) -> Any:
        self.h = self.layer([*x, self.h])
        return self.h


class Keeping(nn.Module):
    def __init__(self, keep: Callable[[Any, Any], Any]) -> None:
        self.layer = nn.Layer(2, 1, activation="tanh", rng=random.Random(1))
        self.keep, self.seen, self.count, self.table = keep, {}, 0, None

    def forward(self, x: Any) -> Any:
        y = self.layer(x)
        return y * (self.keep(self, y) or 1.0)


def append(module: Any, y: Any) -> None:
    module.seen.setdefault("all", []).append(y)


def put(module: Any, y: Any) -> None:
    module.seen["last"] = y


def count(module: Any, y: Any) -> float:
    module.count += 1
    return 1.0 / module.count


def toggle(module: Any, y: Any) -> None:
    module.count = not module.count


def make_table(module: Any, y: Any) -> Any:
    if module.table is None:
        module.table = [2.0]
    return module.table[0]


KEEPING = {
    "append": (append, r"Keeping\.seen"), "put": (put, r"Keeping\.seen"), "count": (count, r"Keeping\.count"),
    "toggle": (toggle, r"Keeping\.count"), "make_table": (make_table, None),
}  # fmt: skip


def test_a_recurrent_model_trains_as_eagerly_and_holds_no_traced_value() -> None:
    assert_same_and_said("mse", r"Recurrent\.h changed", model=Recurrent)
    model = Recurrent()
    with pytest.raises(TraceError, match=r"Recurrent\.h changed"):
        jit(model)([1.0, 2.0])
    assert model.h == 0.0
    assert math.isfinite(model([1.0, 2.0]).data)


@pytest.mark.parametrize("name", KEEPING)
def test_what_a_module_keeps_is_kept_as_eagerly(name: str) -> None:
    keep, said = KEEPING[name]
    assert_same_and_said("mse", said, model=lambda: Keeping(keep))
    model = Keeping(keep)
    if said is None:
        jit(model)([1.0, 2.0])
        assert model.table == [2.0]
        return
    before = {**vars(model), "seen": {}}
    with pytest.raises(TraceError, match=said):
        jit(model)([1.0, 2.0])
    assert vars(model) == before


def test_closures_globals_and_caches_hold_what_they_held() -> None:
    memory: list[Any] = [1.0]
    last: Any = None
    w = Value(2.0)

    def appends(x: Any) -> Any:
        memory.append(x)
        return x * w

    def rebinds(x: Any) -> Any:
        nonlocal last
        last = x * w
        return last

    @functools.cache
    def doubled() -> Any:
        return w * 2.0

    def moves(x: Any) -> Any:
        w.data = 5.0
        return x * w

    def fails(x: Any) -> Any:
        memory.append(x)
        raise RuntimeError("halfway")

    for f, name in ((appends, "memory"), (rebinds, "last"), (lambda x: doubled() * x, "doubled"), (moves, None)):
        if name is None:
            continue
        with pytest.raises(TraceError, match=name):
            jit(f)(1.0)
    with pytest.raises(RuntimeError, match="halfway"):
        jit(fails)(1.0)
    assert memory == [1.0]
    assert last is None
    assert doubled.cache_info().currsize == 0
    assert type(doubled()) is Value
    assert w.data == 2.0


def test_context_variables_and_the_dicts_of_collections_hold_what_they_held() -> None:
    given: ContextVar[Any] = ContextVar("given")
    usual: ContextVar[Any] = ContextVar("usual", default=3.0)
    bare: ContextVar[Any] = ContextVar("bare")
    given.set(2.0)
    chain, user, items = ChainMap({"k": 1.0}), UserDict(k=1.0), UserList([1.0])
    keeps: dict[str, Callable[[Any], Any]] = {
        "given": given.set, "usual": usual.set, "bare": bare.set, "ChainMap": lambda x: chain.__setitem__("k", x),
        "UserDict": lambda x: user.__setitem__("k", x), "UserList": items.append,
    }  # fmt: skip
    for name, keep in keeps.items():
        with pytest.raises(TraceError, match=f"{name}.* changed while the function was traced"):
            jit(lambda x, keep=keep: (keep(x), x * 2.0)[1])(1.0)
    assert (given.get(), usual.get(), bare.get()) == (2.0, 3.0, None)
    assert (dict(chain), dict(user), [*items]) == ({"k": 1.0}, {"k": 1.0}, [1.0])


def test_generators_stand_where_they_stood_after_a_refusal() -> None:
    rng, generator = random.Random(1), np.random.default_rng(1)
    for draw in (lambda: rng.gauss(0.0, 1.0), generator.normal, random.random, np.random.random):
        states = rng.getstate(), generator.bit_generator.state, random.getstate(), str(np.random.get_state())
        with pytest.raises(TraceError, match="did something else"):
            jit(lambda x, draw=draw: x * draw())(1.0)
        assert states == (rng.getstate(), generator.bit_generator.state, random.getstate(), str(np.random.get_state()))
    with pytest.raises(TraceError, match="changed while"):
        jit(lambda x: x if rng.random() < 2.0 else -x)(1.0)  # drawn, and no difference to be seen


def test_a_traced_value_is_of_no_use_after_its_trace() -> None:
    kept: queue.SimpleQueue[Any] = queue.SimpleQueue()  # out of reach
    jit(lambda x: kept.put(x) or x)(1.0)
    leaked = [kept.get()]
    assert type(leaked[0]) is Traced
    for use in (
        lambda v: v * 2.0, lambda v: 2.0 * v, lambda v: v.tanh(), lambda v: Value(1.0) * v, lambda v: tanh(v),
        lambda v: v.data, lambda v: float(v), lambda v: dot([v], [1.0]), lambda v: where(v, 1.0, 2.0),
        lambda v: f"{v:.3f}", lambda v: v > 0, lambda v: where(gt(Value(1.0), 0.0), v, 1.0), grad(lambda v: v * v),
    ):  # fmt: skip
        with pytest.raises(TraceError, match="the trace is over"):
            use(leaked[0])
    with pytest.raises(TraceError, match="another trace"):
        jit(lambda x: x * leaked[0])(1.0)


# --- what changes after it was compiled ----------------------------------------------------------------------------


class Scaled:
    """An activation with a state."""

    def __init__(self, alpha: float) -> None:
        self.alpha = alpha

    def __call__(self, x: Any) -> Any:
        return self.alpha * tanh(x)


class Steep(Scaled):
    factor = 1.0

    def __call__(self, x: Any) -> Any:
        return super().__call__(x) * self.factor


SCALE = 1.0


def test_jit_sees_what_changes() -> None:
    global SCALE
    numbers, array, settings, own = [1.0], np.ones(2), SimpleNamespace(scale=1.0), 1.0
    activation, steep = Scaled(1.0), Steep(1.0)
    other = Scaled(1.0)
    functions: list[Callable[[Any], Any]] = [
        lambda x: x * numbers[0], lambda x: x * array[1], lambda x: x * settings.scale, lambda x: x * own,
        lambda x: x * SCALE, activation, steep, lambda x: other(x),
    ]  # fmt: skip
    compiled = [jit(f) for f in functions]
    before = [f(2.0) for f in compiled]
    numbers[0], array[1], settings.scale, own, SCALE, activation.alpha, Steep.factor = 3.0, 3.0, 3.0, 3.0, 3.0, 3.0, 3.0
    other.__class__ = Steep
    try:
        assert [f(2.0) for f in compiled] == pytest.approx([f(2.0) for f in functions])
        assert [f(2.0) for f in compiled] == pytest.approx([3.0 * x for x in before])
    finally:
        SCALE, Steep.factor = 1.0, 1.0


def test_compile_loss_stops_dropping_out_and_changes_back_without_compiling_again() -> None:
    model = nn.Sequential(nn.Layer(1, 8, rng=random.Random(1)), nn.Dropout(0.5, seed=1), nn.Layer(8, 1))
    step = compile_loss(lambda x: model([x]), model.parameters())
    step([1.0] * 5)
    model.eval()
    assert step([1.0] * 5) == pytest.approx(model([1.0]).data, abs=1e-14)
    for _ in range(10):  # a FallbackWarning, were it compiled each time
        step([1.0])
        model.train(not model.training)


def test_what_changes_again_and_again_is_told_to_be_a_value() -> None:
    beta = 0.0
    f = jit(lambda x: x * beta)

    def anneal() -> None:
        nonlocal beta
        for _ in range(8):
            beta += 1.0
            assert f(2.0) == 2.0 * beta

    said = r"compiled anew whenever beta changes.*Value\(\.\.\., requires_grad=False\)"
    with pytest.warns(FallbackWarning, match=said):
        anneal()


@pytest.mark.parametrize("what", ["cell", "array", "activation"])
def test_annealed_numbers_count_in_training_and_validation(what: str) -> None:
    beta, numbers, activation = [1.0], np.array([1.0]), Scaled(1.0)

    def model() -> nn.Module:
        beta[0], numbers[0], activation.alpha = 1.0, 1.0, 1.0
        first = nn.Layer(2, 3, activation=activation, rng=random.Random(1))
        return nn.Sequential(first, nn.Layer(3, 1, rng=random.Random(2)))

    def loss(p: Any, t: Any) -> Any:
        return (p - t) ** 2 * beta[0] + numbers[0] * p * p

    def step(history: nn.History, model: nn.Module) -> None:
        if what == "cell":
            beta[0] *= 0.5
        elif what == "array":
            numbers[0] += 1.0
        else:
            activation.alpha += 0.5

    assert_same_and_said(loss, None, model=model, callbacks=[step], validation=(X[:4], Y[:4]))


# --- random numbers ------------------------------------------------------------------------------------------------


def test_a_row_that_is_computed_again_draws_what_was_drawn_for_it() -> None:
    for make in (random.Random, np.random.default_rng):
        eager, compiled = make(1), make(1)

        def f(x: Any, g: Any) -> Any:
            drawn = uniform(g)
            return where(lt(drawn, 0.5), drawn * x * 1e308 * 10.0, uniform(g) + drawn)

        expected = [f(float(i), eager) for i in range(20)]
        found = jit(lambda x: f(x, compiled))(np.arange(20.0)).tolist()  # noqa: B023
        assert repr(found) == repr(expected)
        assert math.inf in found
        assert eager.random() == compiled.random()


def test_generators_stand_where_the_row_that_raises_leaves_them() -> None:
    eager, compiled = random.Random(1), random.Random(1)

    def f(x: Any, g: Any) -> Any:
        return uniform(g) + tanh(log(x)) + uniform(g)

    with pytest.raises(ValueError, match="math domain"):
        [f(x, eager) for x in (1.0, 2.0, 0.0, 1.0)]
    with pytest.raises(ValueError, match="row 2: math domain"):
        jit(lambda x: f(x, compiled))(np.array([1.0, 2.0, 0.0, 1.0]))
    assert abs(eager.random() - compiled.random()) < 1e-15


def test_a_loss_that_reads_gradients_is_refused() -> None:
    w = Value(2.0)
    with pytest.raises(TraceError, match="did something else"):
        compile_loss(lambda x: w * x + w.grad, [w])([1.0])
    assert w.grad == 0.0
    assert_same_and_said("mse", "did something else", optimizer=lambda p: Fading(p, lr=0.1))


class Fading(nn.Optimizer):
    """Its rule keeps something."""

    strength = 1.0

    def rule(self, p: Any, g: Any, lr: Any, t: Any, *state: Any) -> tuple[Any, ...]:
        self.strength *= 0.9
        return (p - lr * g * self.strength,)


CONTEXT = ContextVar("CONTEXT", default=1.0)


def test_settings_of_every_kind_are_seen() -> None:
    class Config:
        scale = 1.0

    class Slots:
        __slots__ = ("scale",)

    slots, local, numbers = Slots(), threading.local(), array.array("d", [1.0])
    slots.scale, local.scale = 1.0, 1.0
    CONTEXT.set(1.0)
    functions: list[tuple[Callable[[Any], Any], Callable[[], Any]]] = [
        (lambda x: x * CONTEXT.get(), lambda: CONTEXT.set(3.0)),
        (lambda x: x * Config.scale, lambda: setattr(Config, "scale", 3.0)),
        (lambda x: x * slots.scale, lambda: setattr(slots, "scale", 3.0)),
        (lambda x: x * local.scale, lambda: setattr(local, "scale", 3.0)),
        (lambda x: x * numbers[0], lambda: numbers.__setitem__(0, 3.0)),
    ]
    for f, change in functions:
        compiled = jit(f)
        assert compiled(2.0) == 2.0
        change()
        assert compiled(2.0) == 6.0


def test_a_draw_in_one_branch_is_refused() -> None:
    rng = random.Random(1)
    with pytest.raises(TraceError, match="a random number in one branch of where"):
        jit(lambda x: where(gt(x, 0.0), lambda: uniform(rng), 0.0))(1.0)


# --- errors that a later operation hides ---------------------------------------------------------------------------

FINITE_AGAIN: dict[str, tuple[Callable[[Any], Any], float]] = {
    "tanh(log(x))": (lambda x: tanh(log(x)), 0.0),
    "1 / (1 + exp(x))": (lambda x: 1.0 / (1.0 + exp(x)), 1000.0),
    "relu(-1 / x)": (lambda x: autograd.relu(-1.0 / x), 0.0),
    "gt(sqrt(x), 0)": (lambda x: gt(autograd.sqrt(x), 0.0) * 1.0, -1.0),
    "unused": (lambda x: (log(x), x)[1], 0.0),
    "grad(log)": (grad(log), -1.0),
    "value_and_grad": (lambda x: value_and_grad(lambda y: tanh(log(y)))(x)[0], 0.0),
    "x % y": (lambda x: gt(2.0 % x, 0.0) * 1.0, 0.0),
    "x // y": (lambda x: tanh(2.0 // x), 0.0),
    "pow": (lambda x: tanh(x**-1.0), 0.0),
    "pow of a negative number": (lambda x: gt(x**0.5, 0.0) * 1.0, -1.0),
    "the branch that is taken": (lambda x: where(lt(x, 1.0), lambda: tanh(log(x)), 0.0), 0.0),
    "a branch that is no function": (lambda x: where(gt(x, 1.0), tanh(log(x)), 0.0), 0.0),
    "a primitive's own": (primitive("own", lambda y: tanh(log(y)), lambda y, out: (1.0 / y,)), 0.0),
    "pick": (lambda x: gt(autograd.pick([1.0, 2.0], x), 0.0) * 1.0, 3.0),
}


@pytest.mark.parametrize("name", FINITE_AGAIN)
def test_what_raises_eagerly_raises_compiled_wherever_its_result_goes(name: str) -> None:
    f, x = FINITE_AGAIN[name]
    with pytest.raises((ArithmeticError, ValueError, LookupError, TypeError)) as eager:
        f(x)
    for call, row in ((lambda: jit(f)(x), ""), (lambda: jit(f)(np.array([1.0, x, x])), "row 1")):
        with pytest.raises(eager.type, match=row or "."):
            call()
    w = Value(1.0)
    with pytest.raises(eager.type, match="row 1"):
        compile_loss(lambda x: w * f(x), [w])([1.0, x])


def test_a_branch_that_is_not_taken_does_not_raise_and_costs_no_second_look() -> None:
    calls = []

    def f(x: Any) -> Any:
        calls.append(0) if type(x) is float else None
        return where(gt(x, 0.0), lambda: where(gt(x, 1.0), lambda: tanh(log(x - 1.0)), lambda: tanh(log(x))), 0.0)

    plain = lambda x: where(  # noqa: E731
        gt(x, 0.0), lambda: where(gt(x, 1.0), lambda: tanh(log(x - 1.0)), lambda: tanh(log(x))), 0.0
    )
    points = [-1.0, 0.0, 0.5, 1.0, 1.5]
    assert jit(plain)(np.array(points)).tolist() == pytest.approx([float(plain(x)) for x in points])


def test_a_training_raises_what_it_raises_eagerly() -> None:
    assert_same_and_said(lambda p, t: (p - t) ** 2 + tanh(log(t)), None)
    assert trained(lambda p, t: (p - t) ** 2 + tanh(log(t)), True)[0] is ValueError


def test_a_rule_that_hides_its_error_raises_it_too() -> None:
    class Odd(nn.Optimizer):
        def rule(self, p: Any, g: Any, lr: Any, t: Any, *state: Any) -> tuple[Any, ...]:
            return (p - lr * tanh(log(g)),)

    assert trained("mse", True, optimizer=lambda p: Odd(p, lr=0.1))[0] is ValueError
    assert_same_and_said("mse", None, optimizer=lambda p: Odd(p, lr=0.1))


def test_nothing_flows_through_what_is_computed_under_no_grad() -> None:
    w = Value(3.0)

    def loss(x: Any) -> Any:
        with no_grad():
            frozen = w * x
        return w * frozen

    compile_loss(loss, [w])([2.0])
    assert w.grad == 6.0


# --- columns -------------------------------------------------------------------------------------------------------

NO_COLUMNS = {
    "complex": np.array([1j, 2.0]),
    "text": np.array(["1", "2"]),
    "dates": np.array(["2020-01-01"], dtype="M8[D]"),
    "masked": np.ma.array([1.0, 2.0], mask=[False, True]),
    "objects": np.array([1.0, "a"], dtype=object),
    "list of text": ["1", "2"],
}


@pytest.mark.parametrize("name", NO_COLUMNS)
def test_columns_that_are_no_numbers_are_refused(name: str) -> None:
    w = Value(1.0)
    with pytest.raises(TypeError, match="column 0"):
        compile_loss(lambda x: w * x, [w])(NO_COLUMNS[name])
    with pytest.raises(TypeError, match=r"argument\[0\]"):
        jit(lambda x: x)(NO_COLUMNS[name])


@pytest.mark.parametrize("kind", ["bool", "int8", "uint64", "float16", "float32"])
def test_columns_of_every_kind_of_number_are_taken(kind: str) -> None:
    w = Value(1.0)
    column = np.array([0, 1, 1]).astype(kind)
    assert jit(lambda x: x * 2.0)(column).tolist() == [0.0, 2.0, 2.0]
    assert compile_loss(lambda x: w * x, [w])(column) == pytest.approx(2.0 / 3.0)


def test_predict_gives_numbers_of_few_rows_and_many_and_names_the_row() -> None:
    class Plain(nn.Module):
        def forward(self, x: Any) -> Any:
            return 2.0 * tanh(log(x[0]))

    for n in (3, 300):
        assert nn.predict(Plain(), [1.0] * n) == [0.0] * n
        with pytest.raises(ValueError, match="prediction, row 1: math domain"):
            nn.predict(Plain(), [1.0] + [0.0] * n)


# --- property: programs --------------------------------------------------------------------------------------------


class Context:
    """What a program keeps and reads."""

    def __init__(self) -> None:
        self.rare, self.table, self.scale, self.kept, self.count = [1.0], {1.0: 2.0, 2.0: 0.5}, 1.0, None, 0
        self.rng = random.Random(7)
        self.lazy: Any = None
        self.w = Value(0.7)
        self.array = np.ones(3)
        cell = 1.0

        def make() -> Callable[[Any], Any]:
            return lambda x: x * cell

        def set_(x: float) -> None:
            nonlocal cell
            cell = x

        self.make, self.set = make, set_


def _keep(c: Context, x: Any) -> Any:
    c.kept = x
    return x


def _count(c: Context, x: Any) -> Any:
    c.count += 1
    return x * (1.0 + 1.0 / c.count)


def _lazily(c: Context, x: Any) -> Any:
    if c.lazy is None:
        c.lazy = [1.5]
    return x * c.lazy[0]


def _frozen(c: Context, x: Any) -> Any:
    with no_grad():
        y = x * 0.5
    return x * y


def _caught(x: Any) -> Any:
    try:
        return log(x)
    except ValueError:
        return x


def _swallowed(x: Any, t: Any) -> Any:
    try:
        return x * (2.0 if t > 1.0 else 1.0)
    except Exception:
        return x


PIECES: dict[str, Callable[[Context, Any, Any], Any]] = {
    "equal": lambda c, x, t: x * 2.0 if t == 1.0 else x,
    "member": lambda c, x, t: x * 3.0 if t in c.rare else x,
    "table": lambda c, x, t: x * c.table.get(t, 1.0),
    "lookup": lambda c, x, t: x * c.table[t],
    "set": lambda c, x, t: x * len({t, 1.0}),
    "isinstance": lambda c, x, t: x * (2.0 if isinstance(t, float) and t > 0.5 else 1.0),
    "type": lambda c, x, t: x * (2.0 if type(t) is float else 1.0),
    "text": lambda c, x, t: x * len(f"{t}"),
    "compare": lambda c, x, t: x if t > 0.5 else -x,
    "compare results": lambda c, x, t: x if x > 0.5 else -x,
    "where": lambda c, x, t: where(gt(t, 0.5), lambda: x * x, lambda: x + 1.0),
    "keep": lambda c, x, t: _keep(c, x),
    "count": lambda c, x, t: _count(c, x),
    "lazy": lambda c, x, t: _lazily(c, x),
    "no_grad": lambda c, x, t: _frozen(c, x),
    "draw": lambda c, x, t: x + uniform(c.rng),
    "gauss": lambda c, x, t: x + c.rng.gauss(0.0, 1.0),
    "draw in a branch": lambda c, x, t: where(gt(t, 0.5), lambda: x + uniform(c.rng), lambda: x),
    "hidden log": lambda c, x, t: tanh(log(x)),
    "hidden quotient": lambda c, x, t: tanh(1.0 / (t - 1.0)) + x,
    "hidden overflow": lambda c, x, t: x + 1.0 / (1.0 + exp(400.0 * t)),
    "guarded log": lambda c, x, t: where(gt(x, 0.0), lambda: tanh(log(x)), lambda: x),
    "unguarded log": lambda c, x, t: where(gt(t, 0.0), tanh(log(t)), 0.0) + x,
    "log": lambda c, x, t: log(x + 2.0),
    "scale": lambda c, x, t: x * c.scale,
    "settings": lambda c, x, t: x * sum(c.rare),
    "weight": lambda c, x, t: x * c.w,
    "tanh": lambda c, x, t: tanh(x),
    "caught log": lambda c, x, t: _caught(x),
    "swallowed": lambda c, x, t: _swallowed(x, t),
    "own primitive": lambda c, x, t: HIDING(x) + x,
    "another primitive": lambda c, x, t: BRANCHING(x) * 0.5,
    "max": lambda c, x, t: max(t, 1.0) * x,
    "max of both": lambda c, x, t: max(x, t),
    "grad": lambda c, x, t: grad(lambda y: tanh(y) * (y + t))(x),
    "grad of a raising function": lambda c, x, t: grad(lambda y: tanh(log(y)))(t) + x,
    "pow": lambda c, x, t: tanh(x**t),
    "mod": lambda c, x, t: x * gt(2.0 % (t - 1.0), 0.5),
    "floordiv": lambda c, x, t: x + tanh(1.0 // t),
    "sqrt": lambda c, x, t: x + gt(autograd.sqrt(1.0 - t), 0.5),
    "nested where": lambda c, x, t: where(
        gt(t, 1.0), lambda: where(lt(x, 0.0), lambda: tanh(1.0 / (t - 2.0)), lambda: tanh(log(x))), lambda: -x
    ),
    "infinite": lambda c, x, t: x + tanh(where(gt(t, 2.0), math.inf, 0.5)),
    "cell": lambda c, x, t: c.make()(x),
    "array": lambda c, x, t: x * c.array[1],
    "numpy": lambda c, x, t: np.tanh(x) + np.exp(t),
    "pick": lambda c, x, t: autograd.pick([x, 2.0 * x, -x, 1.0], t),
    "pick out of range": lambda c, x, t: x + gt(autograd.pick([1.0, 2.0, 0.5], t), 0.7),
    "sum": lambda c, x, t: sum([x, t, 0.5]),
    "label": lambda c, x, t: x * len(c.w.label + "a"),
}  # fmt: skip

HIDING = primitive("hiding", lambda x: tanh(log(x + 1.0)), lambda x, out: ((1.0 - out * out) / (x + 1.0),))
BRANCHING = primitive("branching", lambda x: x if x > 0.3 else -2.0 * x, lambda x, out: (where(gt(x, 0.3), 1.0, -2.0),))

CHANGES: dict[str, Callable[[Context], Any]] = {
    "nothing": lambda c: None,
    "scale": lambda c: setattr(c, "scale", c.scale + 0.5),
    "rare": lambda c: c.rare.append(2.0),
    "table": lambda c: c.table.update({0.0: 3.0}),
    "w": lambda c: setattr(c.w, "data", 0.4),
    "array": lambda c: c.array.__setitem__(1, 2.0),
    "cell": lambda c: c.set(0.3),
    "reseed": lambda c: c.rng.seed(3),
    "another w": lambda c: setattr(c, "w", Value(0.2)),
}

programs = st.lists(st.sampled_from(sorted(PIECES)), min_size=1, max_size=5)
targets = st.lists(st.sampled_from([0.0, 0.0, 1.0, 2.0, 3.0]), min_size=len(X), max_size=len(X))
changes = st.lists(st.sampled_from(sorted(CHANGES)), max_size=3)


def state_of(c: Context) -> list[Any]:
    kept = c.kept
    assert type(kept) is not Traced
    return [c.count, c.rng.getstate(), c.lazy, c.rare, c.table, kept.data if isinstance(kept, Value) else kept]


@long
@given(programs, targets, changes)
def test_programs_train_as_eagerly(names: list[str], y: list[float], between: list[str]) -> None:
    results, states = [], []
    for compiled in (False, True):
        c = Context()

        def loss(p: Any, t: Any, c: Context = c) -> Any:
            x = p
            for name in names:
                x = PIECES[name](c, x, t)
            return x * x + 0.0 * p  # always a Value: eager steps refuse a plain number

        def change(history: nn.History, model: Any, c: Context = c) -> None:
            if len(history.loss) <= len(between):
                CHANGES[between[len(history.loss) - 1]](c)

        results.append(trained(loss, compiled, y=y, callbacks=[change], epochs=4)[0])
        states.append(state_of(c))
    expected, found = results
    assert found == (expected if isinstance(expected, type) else pytest.approx(expected, rel=1e-8, abs=1e-9))
    if not isinstance(expected, type):  # an error stops the eager steps within a batch
        assert states[0][:-1] == states[1][:-1]
        assert states[1][-1] == (states[0][-1] if states[0][-1] is None else pytest.approx(states[0][-1], rel=1e-9))


@pytest.mark.filterwarnings("ignore::autograd.FallbackWarning")
@long
@given(programs, targets, changes)
def test_programs_compiled_by_jit_give_what_they_give_eagerly_or_are_refused(
    names: list[str], y: list[float], between: list[str]
) -> None:
    eager, compiled = Context(), Context()

    def f(c: Context, x: Any, t: Any) -> Any:
        for name in names:
            x = PIECES[name](c, x, t)
        return x * 1.0

    g = jit(lambda x, t: f(compiled, x, t))
    for change in ["nothing", *between]:
        for c in (eager, compiled):
            CHANGES[change](c)
        try:
            rows = [f(eager, x, t) for (x, _), t in zip(X, y, strict=True)]
            expected: Any = [y.data if isinstance(y, Value) else y for y in rows]
        except (ArithmeticError, ValueError, LookupError, TypeError) as error:
            expected = type(error)
        said = ""
        try:
            found: Any = g(np.array([x for x, _ in X]), np.array(y)).tolist()
        except TraceError as error:
            said = str(error)
        except (ArithmeticError, ValueError, LookupError, TypeError) as error:
            found = type(error)
        if said:
            assert re.search(SAID, said), said
            assert state_of(compiled)[0] == 0
            return
        assert found == (expected if isinstance(expected, type) else pytest.approx(expected, rel=1e-8, abs=1e-9))
        if isinstance(expected, type):
            return
        assert compiled.rng.getstate() == eager.rng.getstate()


# --- property: settings that callbacks change ----------------------------------------------------------------------

OPTIMISERS: dict[str, Callable[[list[Value]], nn.Optimizer]] = {
    "SGD": lambda p: nn.SGD(p, lr=0.05),
    "momentum": lambda p: nn.SGD(p, lr=0.05, momentum=0.9),
    "Adam": lambda p: nn.Adam(p, lr=0.01),
    "AdamW": lambda p: nn.AdamW(p, lr=0.01),
    "RMSprop": lambda p: nn.RMSprop(p, lr=0.01, momentum=0.5),
    "AdaGrad": lambda p: nn.AdaGrad(p, lr=0.05),
}
SETTINGS: dict[str, list[Any]] = {
    "lr": [0.0, 0.02, 0.08], "momentum": [0.0, 0.5, 0.95], "nesterov": [True, False], "weight_decay": [0.0, 0.1],
    "betas": [(0.5, 0.9), (0.9, 0.99)], "eps": [1e-8, 1e-2], "alpha": [0.5, 0.9], "clip_value": [None, 0.01, 0.5],
    "clip_norm": [None, 0.05, 1.0],
}  # fmt: skip


def settable() -> nn.Module:
    first = nn.Layer(2, 3, activation=Scaled(1.0), rng=random.Random(1))
    return nn.Sequential(first, nn.LayerNorm(3), nn.Dropout(0.3, seed=5), nn.Layer(3, 1, rng=random.Random(2)))


def _set_activation(model: Any, optimizer: Any, x: float) -> None:
    for neuron in model.layers[0].neurons:
        neuron.activation = neuron._activate = Scaled(x)


def _freeze(model: Any, optimizer: Any, x: float) -> None:
    model.layers[int(x > 0.5)].freeze()


def _data(model: Any, optimizer: Any, x: float) -> None:
    model.parameters()[3].data = x


def _parameter(model: Any, optimizer: Any, x: float) -> None:
    """A parameter object replaced, in the model and in the optimiser."""
    old, new = model.layers[3].neurons[0].b, Value(x)
    model.layers[3].neurons[0].b = new
    optimizer.parameters[optimizer.parameters.index(old)] = new


class Half(nn.Layer):
    """A layer that an object can become."""

    def forward(self, x: Any) -> Any:
        return super().forward(x) * 0.5


MODEL_CHANGES: dict[str, Callable[[Any, Any, float], Any]] = {
    "activation object": _set_activation,
    "activation's state": lambda m, o, x: setattr(m.layers[0].neurons[0].activation, "alpha", x),
    "LayerNorm.eps": lambda m, o, x: setattr(m.layers[1], "eps", 0.01 + x),
    "Dropout.p": lambda m, o, x: setattr(m.layers[2], "p", x * 0.9),
    "eval": lambda m, o, x: m.eval(),
    "train": lambda m, o, x: m.train(),
    "training of one": lambda m, o, x: setattr(m.layers[2], "training", x > 0.5),
    "freeze": _freeze,
    "unfreeze": lambda m, o, x: m.unfreeze(),
    "data": _data,
    "parameter": _parameter,
    "class": lambda m, o, x: setattr(m.layers[3], "__class__", Half if x > 0.5 else nn.Layer),
    "rng": lambda m, o, x: setattr(m.layers[2], "rng", random.Random(int(10 * x))),
    "reseeded": lambda m, o, x: m.layers[2].rng.seed(int(10 * x)),
}


def _settings() -> Iterator[Any]:
    for name, values in SETTINGS.items():
        for value in values:
            yield name, value
    for name in MODEL_CHANGES:
        for x in (0.0, 0.3, 1.0):
            yield name, x


@long
@given(
    st.sampled_from(sorted(OPTIMISERS)),
    st.lists(st.sampled_from([*_settings()]), min_size=1, max_size=5),
    st.sampled_from([None, 5]),
)
def test_every_setting_that_a_callback_changes_counts_from_the_next_epoch_on(
    name: str, changes: list[tuple[str, Any]], batch_size: int | None
) -> None:
    results = []
    for compiled in (False, True):
        made: list[nn.Optimizer] = []

        def optimizer(parameters: list[Value], made: list[nn.Optimizer] = made) -> nn.Optimizer:
            made.append(OPTIMISERS[name](parameters))
            return made[0]

        def change(history: nn.History, model: Any, made: list[nn.Optimizer] = made) -> None:
            if len(history.loss) <= len(changes):
                setting, x = changes[len(history.loss) - 1]
                if setting in MODEL_CHANGES:
                    MODEL_CHANGES[setting](model, made[0], x)
                elif hasattr(made[0], setting):
                    setattr(made[0], setting, x)

        options = {"callbacks": [change], "epochs": len(changes) + 2, "validation": (X[:3], Y[:3])}
        found, _ = trained(
            "mse", compiled, model=settable, optimizer=optimizer, batch_size=batch_size, seed=3, l2=0.01, **options
        )
        results.append((found, made[0].t, made[0].state))
    (expected, t, state), (found, t_too, state_too) = results
    assert found == (expected if isinstance(expected, type) else pytest.approx(expected, rel=1e-8, abs=1e-9))
    if not isinstance(expected, type):
        assert t == t_too
        for one, two in zip(state, state_too, strict=True):
            assert two == pytest.approx(one, rel=1e-8, abs=1e-9)


def test_the_mean_of_the_losses_is_that_of_a_loop() -> None:
    w = Value(0.5)
    f = lambda x, y: (w * x - y) ** 2  # noqa: E731
    expected = mean([f(x, y) for (x, _), y in zip(X, Y, strict=True)]).data
    assert compile_loss(f, [w])([x for x, _ in X], Y) == pytest.approx(expected, rel=1e-12)
