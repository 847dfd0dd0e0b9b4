"""A program that was compiled once serves all functions of the same structure, and no other."""

from __future__ import annotations

import functools
import gc
import math
import os
import random
import threading
import types
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nn
from autograd import Value, atan2, compile_loss, jit, primitive, relu, tanh, uniform, value_and_grad
from autograd.compiler import compiled_function, compiled_training, shared_training
from autograd.program import Recent

pytestmark = pytest.mark.usefixtures("backend_in_time")

X = [[0.3, -0.7], [1.2, 0.4], [-0.5, 0.9], [0.1, 0.2], [-1.1, -0.3]]
Y = [1.0, -1.0, 0.5, 0.25, -0.75]
Job = tuple[Any, Any, dict[str, Any]]  # a model, a loss, more settings of fit


@contextmanager
def no_programs() -> Iterator[None]:
    """A context in which nothing was compiled before, in no other process either."""
    both, from_disk = (compiled_function.RECENT, shared_training.RECENT), compiled_training._kept
    before = [recent._kept for recent in both]
    for recent in both:
        recent._kept = {}
    compiled_training._kept = lambda key: None
    try:
        yield
    finally:
        compiled_training._kept = from_disk
        for recent, kept in zip(both, before, strict=True):
            recent._kept = kept


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    with no_programs():
        yield


@pytest.fixture
def compilations(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Grows by one with every training and function that is compiled."""
    from autograd.compiler.compiled_training import Training

    found: list[str] = []

    def counted(owner: Any, name: str) -> None:
        usual = getattr(owner, name)

        def call(*args: Any, **named: Any) -> Any:
            found.append(name)
            return usual(*args, **named)

        monkeypatch.setattr(owner, name, call)

    counted(Training, "_compile")
    counted(compiled_function, "evaluator")
    return found


def train(job: Job) -> Any:
    """What a training gives, to the last bit."""
    model, loss, more = job
    make = more.pop("optimizer", lambda parameters: nn.SGD(parameters, lr=0.05))
    optimizer = make(model.parameters())
    more.setdefault("epochs", 3)
    history = nn.fit(model, X, Y, loss=loss, optimizer=optimizer, progress=False, **more)
    assert history.compiled is not None
    return history.loss, history.data_loss, model.state_dict(), optimizer.state, optimizer.t, model([0.5, 0.25]).data


def check(first: Callable[[], Job], second: Callable[[], Job]) -> None:
    """The second training gives what it gives alone, and what it gives eagerly."""
    with no_programs():
        alone = train(second())
    train(first())
    assert train(second()) == alone
    train(first())
    model, loss, more = second()
    losses = alone[0]
    make = more.pop("optimizer", lambda parameters: nn.SGD(parameters, lr=0.05))
    eager = nn.fit(
        model, X, Y, loss=loss, optimizer=make(model.parameters()), compiled=False, progress=False,
        **{"epochs": 3, **more},
    )  # fmt: skip
    assert losses == pytest.approx(eager.loss, rel=1e-9)


def net(seed: int = 1, activation: Any = "tanh", **more: Any) -> nn.MLP:
    return nn.MLP(2, [3, 1], activation=activation, seed=seed, **more)


# --- what is used again ------------------------------------------------------------------------------------------


def test_another_model_of_the_same_shape_trains_with_the_same_code(compilations: list[str]) -> None:
    def job(seed: int, lr: float) -> Job:
        return net(seed), "mse", {"optimizer": lambda parameters: nn.SGD(parameters, lr=lr, momentum=0.5)}

    train(job(1, 0.05))
    compilations.clear()
    for seed in (2, 3):
        found = train(job(seed, 0.01 * seed))
        assert compilations == []
        with no_programs():
            assert train(job(seed, 0.01 * seed)) == found
        compilations.clear()


def test_what_was_learned_from_other_data_is_scaled_by_the_same_code(compilations: list[str]) -> None:
    def job(data: list[list[float]]) -> Job:
        return nn.Sequential(nn.Standardize(data), net(), nn.Standardize(Y).inverse()), "mse", {}

    train(job(X))
    compilations.clear()
    for data in ([[3.0, 1.0], [5.0, 7.0]], [[3.0, 1.0], [5.0, 1.0]]):  # in the second, a column is constant
        found = train(job(data))
        assert compilations == []
        with no_programs():
            assert train(job(data)) == found
        compilations.clear()


def test_a_loss_of_the_users_own_over_other_values_is_the_same_program(compilations: list[str]) -> None:
    def make(start: float, other: float) -> tuple[Any, Value]:
        w, k = Value(start), Value(other, requires_grad=False)
        return compile_loss(lambda x, y: (w * x - k * y) ** 2, [w]), w

    results = []
    for start, other in ((0.0, 1.0), (2.0, 3.0)):
        step, w = make(start, other)
        results.append((step([1.0, 2.0], [3.0, 6.0]), w.grad))
    assert results == [(22.5, -15.0), (122.5, -35.0)]
    assert compilations == ["_compile"]


def test_a_function_of_the_same_structure_runs_by_the_same_code(compilations: list[str]) -> None:
    first, second = net(1), net(2)
    slope = [jit(value_and_grad(lambda x, y, model=model: model([x, y]))) for model in (first, second)]
    for f, model in zip(slope, (first, second), strict=True):
        y, dy = f(0.5, -0.3)
        x = Value(0.5)
        root = model([x, -0.3])
        root.backward()
        assert (y, dy) == pytest.approx((root.data, x.grad))
    assert compilations == ["evaluator"]
    assert nn.predict(second, X * 100)[:5] == pytest.approx([second(x).data for x in X])
    nn.predict(first, X * 100)
    assert compilations == ["evaluator"] * 2
    second.parameters()[0].data = 0.1  # numbers are read anew
    assert slope[1](0.5, -0.3)[0] == pytest.approx(second([0.5, -0.3]).data)
    assert slope[0](0.5, -0.3)[0] == pytest.approx(first([0.5, -0.3]).data)
    assert str(slope[1].program) == str(slope[0].program)


def test_each_draws_from_a_generator_of_its_own() -> None:
    def job(seed: int) -> Job:
        model = nn.Sequential(nn.Layer(2, 4, rng=random.Random(1)), nn.Dropout(0.5, seed=seed), nn.Layer(4, 1))
        for i, p in enumerate(model.parameters()):
            p.data = math.sin(i)
        return model, "mse", {}

    check(lambda: job(1), lambda: job(2))
    models = [job(seed)[0] for seed in (3, 4)]
    for model in models:
        train((model, "mse", {}))
    draws = [model.layers[1].rng.random() for model in models]
    assert draws[0] != draws[1]
    generators = [random.Random(seed) for seed in (5, 6)]
    fs = [jit(lambda x, generator=generator: x + uniform(generator)) for generator in generators]
    assert [f(1.0) for f in fs] == [1.0 + random.Random(seed).random() for seed in (5, 6)]


def test_what_was_compiled_first_is_not_kept_alive() -> None:
    step_of, alive = [], []

    def one(seed: int) -> None:
        model = net(seed)
        loss = lambda p, t: (p - t) ** 2 * 1.5  # noqa: E731
        train((model, loss, {"validation": (X * 50, Y * 50)}))
        nn.predict(model, X * 100)
        step = compile_loss(lambda a, b, t: (model([a, b]) - t) ** 2, model.parameters())
        step(*np.array(X).T, Y)
        step_of.append(weakref.ref(step))
        alive.extend([weakref.ref(model), weakref.ref(loss)])

    one(1)
    gc.collect()
    assert [ref() for ref in (*alive, *step_of)] == [None] * 3
    one(2)  # by the code of the first


def test_those_that_were_not_used_for_longest_go() -> None:
    recent: Recent[int] = Recent(3)
    for key in range(3):
        recent.keep(key, 10 * key + 1)
    assert recent.get(0) == 1
    recent.keep(3, 31)
    assert [recent.get(key) for key in range(4)] == [1, None, 21, 31]


def test_trainings_in_several_threads_share_code_and_nothing_else() -> None:
    expected = {}
    for seed in range(6):
        with no_programs():
            expected[seed] = train((net(seed), "mse", {"epochs": 40}))
    found: dict[int, Any] = {}

    def work(seed: int) -> None:
        found[seed] = train((net(seed), "mse", {"epochs": 40}))

    threads = [threading.Thread(target=work, args=(seed,)) for seed in expected]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == expected


# --- what is told apart ------------------------------------------------------------------------------------------


class Scaled(nn.Module):
    factor = 1.0

    def __init__(self, scale: Any = 1.0, seed: int = 1) -> None:
        self.inner, self.scale = net(seed), scale

    def forward(self, x: Any) -> Any:
        return self.inner(x) * self.scale * self.factor


class Doubled(Scaled):
    factor = 2.0


def loss_with(k: Any) -> Any:
    return lambda p, t: (p - t) ** 2 * k


def keyword(p: Any, t: Any, *, k: float = 1.0) -> Any:
    return (p - t) ** 2 * k


RATE = 1.0
SETTINGS = types.SimpleNamespace(rate=1.0)


def of_global(p: Any, t: Any) -> Any:
    return (p - t) ** 2 * RATE


def of_settings(p: Any, t: Any) -> Any:
    return (p - t) ** 2 * SETTINGS.rate


def with_global(name: str, x: Any, loss: Any) -> Job:
    globals()[name] = x
    return net(), loss, {}


def frozen(model: Any, *places: int) -> Any:
    for i in places:
        model.parameters()[i].requires_grad = False
    return model


def tied(model: Any, a: int, b: int) -> Any:
    neuron = model.layers[0].neurons[0]
    neurons = model.layers[0].neurons
    neurons[a].w[0] = neuron.w[0]
    neurons[b].w[1] = neuron.w[1]
    return model


def on_class(x: float) -> Job:
    Scaled.factor = x
    return Scaled(), "mse", {}


def method(k: float) -> Job:
    model = Scaled()
    model.forward = lambda x: Scaled.forward(model, x) * k  # type: ignore[method-assign]
    return model, "mse", {}


def sgd(**more: Any) -> Any:
    return lambda parameters: nn.SGD(parameters, lr=0.05, **more)


class Halving(nn.SGD):
    def update(self, p: Any, g: Any, lr: Any, t: Any, *state: Any) -> Any:
        return super().update(p, g * 0.5, lr, t, *state)


def two(a: Value, b: Value) -> Job:
    return net(), lambda p, t: (p - a * t + b) ** 2, {}


def one_twice() -> Job:
    a = Value(0.5, requires_grad=False)
    return two(a, a)


ROW = [Value(2.0) * 1.0]
A, B = Value(0.5, requires_grad=False), Value(0.25, requires_grad=False)

# Pairs of trainings that differ in one thing.
PAIRS: dict[str, tuple[Callable[[], Job], Callable[[], Job]]] = {
    "an attribute": (lambda: (Scaled(2.0), "mse", {}), lambda: (Scaled(3.0), "mse", {})),
    "the kind of a number": (lambda: (net(), loss_with(1), {}), lambda: (net(), loss_with(True), {})),
    "a number in a closure": (lambda: (net(), loss_with(1.0), {}), lambda: (net(), loss_with(2.0), {})),
    "the sign of a zero": (
        lambda: (net(), lambda p, t, k=0.0: atan2(p * p, k - 1.0) * p + atan2(k, -1.0) * p, {}),
        lambda: (net(), lambda p, t, k=-0.0: atan2(p * p, k - 1.0) * p + atan2(k, -1.0) * p, {}),
    ),
    "a list in a closure": (
        lambda: (net(), loss_of_list([1.0, 2.0]), {}),
        lambda: (net(), loss_of_list([2.0, 1.0]), {}),
    ),
    "the order of a dict": (
        lambda: (net(), loss_of_dict({"a": 1.0, "b": 2.0}), {}),
        lambda: (net(), loss_of_dict({"b": 2.0, "a": 1.0}), {}),
    ),
    "an array in a closure": (
        lambda: (net(), loss_of_list(np.array([1.0, 2.0])), {}),
        lambda: (net(), loss_of_list(np.array([2.0, 1.0])), {}),
    ),
    "a number of NumPy": (
        lambda: (net(), loss_with(np.float64(1.0)), {}),
        lambda: (net(), loss_with(np.float64(2.0)), {}),
    ),
    "a frozen parameter": (lambda: (frozen(net(), 0), "mse", {}), lambda: (frozen(net(), 1), "mse", {})),
    "a parameter that is frozen or not": (lambda: (net(), "mse", {}), lambda: (frozen(net(), 4), "mse", {})),
    "a shared parameter": (lambda: (net(), "mse", {}), lambda: (tied(net(), 1, 1), "mse", {})),
    "which parameter is shared": (lambda: (tied(net(), 1, 2), "mse", {}), lambda: (tied(net(), 2, 1), "mse", {})),
    "an activation": (lambda: (net(activation="tanh"), "mse", {}), lambda: (net(activation="relu"), "mse", {})),
    "an activation as a function": (
        lambda: (net(activation=tanh), "mse", {}),
        lambda: (net(activation=relu), "mse", {}),
    ),
    "a width": (lambda: (nn.MLP(2, [3, 1], seed=1), "mse", {}), lambda: (nn.MLP(2, [4, 1], seed=1), "mse", {})),
    "a constant in the code": (
        lambda: (net(), lambda p, t: (p - t) ** 2 * 1.5, {}),
        lambda: (net(), lambda p, t: (p - t) ** 2 * 2.5, {}),
    ),
    "a default": (
        lambda: (net(), lambda p, t, k=1.0: (p - t) ** 2 * k, {}),
        lambda: (net(), lambda p, t, k=3.0: (p - t) ** 2 * k, {}),
    ),
    "an argument of a partial": (
        lambda: (net(), functools.partial(keyword, k=1.0), {}),
        lambda: (net(), functools.partial(keyword, k=2.0), {}),
    ),
    "a global": (lambda: with_global("RATE", 1.0, of_global), lambda: with_global("RATE", 2.0, of_global)),
    "an attribute of a global": (
        lambda: with_global("SETTINGS", types.SimpleNamespace(rate=1.0), of_settings),
        lambda: with_global("SETTINGS", types.SimpleNamespace(rate=2.0), of_settings),
    ),
    "an attribute of the class": (lambda: on_class(1.0), lambda: on_class(2.0)),
    "the class": (lambda: (Scaled(), "mse", {}), lambda: (Doubled(), "mse", {})),
    "a method of the object": (lambda: method(1.0), lambda: method(2.0)),
    "momentum": (
        lambda: (net(), "mse", {"optimizer": sgd()}),
        lambda: (net(), "mse", {"optimizer": sgd(momentum=0.9)}),
    ),
    "nesterov": (
        lambda: (net(), "mse", {"optimizer": sgd(momentum=0.9)}),
        lambda: (net(), "mse", {"optimizer": sgd(momentum=0.9, nesterov=True)}),
    ),
    "the size of the momentum": (
        lambda: (net(), "mse", {"optimizer": sgd(momentum=0.9)}),
        lambda: (net(), "mse", {"optimizer": sgd(momentum=0.5)}),
    ),
    "weight decay": (
        lambda: (net(), "mse", {"optimizer": sgd(weight_decay=0.1)}),
        lambda: (net(), "mse", {"optimizer": sgd(weight_decay=0.2)}),
    ),
    "clipping": (
        lambda: (net(), "mse", {"optimizer": sgd(clip_norm=0.1)}),
        lambda: (net(), "mse", {"optimizer": sgd(clip_norm=0.2)}),
    ),
    "the rule": (
        lambda: (net(), "mse", {"optimizer": sgd()}),
        lambda: (net(), "mse", {"optimizer": lambda parameters: Halving(parameters, lr=0.05)}),
    ),
    "l1": (lambda: (net(), "mse", {"l1": 0.1}), lambda: (net(), "mse", {"l1": 0.2})),
    "l1 or l2": (lambda: (net(), "mse", {"l1": 0.1}), lambda: (net(), "mse", {"l2": 0.1})),
    "a penalty": (lambda: (net(), "mse", {}), lambda: (net(), "mse", {"l2": 0.1})),
    "which parameters move": (
        lambda: (net(), "mse", {"optimizer": lambda ps: nn.SGD(ps[:5], lr=0.05)}),
        lambda: (net(), "mse", {"optimizer": lambda ps: nn.SGD(ps[5:10], lr=0.05)}),
    ),
    "the order of the parameters": (
        lambda: (net(), "mse", {"optimizer": lambda ps: nn.SGD(ps, lr=0.05)}),
        lambda: (net(), "mse", {"optimizer": lambda ps: nn.SGD(ps[::-1], lr=0.05)}),
    ),
    "one Value or two": (one_twice, lambda: two(A, B)),
    "which Value": (lambda: two(A, B), lambda: two(B, A)),
    "the loss": (lambda: (net(), "mse", {}), lambda: (net(), "huber", {})),
    "dropout": (
        lambda: (nn.Sequential(net(), nn.Dropout(0.1, seed=1)), "mse", {}),
        lambda: (nn.Sequential(net(), nn.Dropout(0.3, seed=1)), "mse", {}),
    ),
    "the batch size": (lambda: (net(), "mse", {}), lambda: (net(), "mse", {"batch_size": 2, "seed": 1})),
}  # fmt: skip


def loss_of_list(weights: Any) -> Any:
    return lambda p, t: (p - t) ** 2 * weights[0] + p * p * weights[1]


def loss_of_dict(weights: dict[str, float]) -> Any:
    return lambda p, t: (p - t) ** 2 * list(weights.values())[0]  # noqa: RUF015


@pytest.fixture(autouse=True)
def _put_back() -> Iterator[None]:
    yield
    globals().update(RATE=1.0, SETTINGS=types.SimpleNamespace(rate=1.0))
    Scaled.factor = 1.0


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_a_training_that_differs_in_one_thing_is_not_mistaken(
    pair: tuple[Callable[[], Job], Callable[[], Job]],
) -> None:
    first, second = pair
    check(first, second)
    check(second, first)


def test_what_a_library_or_the_system_says_is_asked_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    def job() -> Job:
        return net(), lambda p, t: (p - t) ** 2 * float(os.environ["STEPGRAD_TEST"]), {}

    losses = []
    for x in ("1.0", "2.0"):
        monkeypatch.setenv("STEPGRAD_TEST", x)
        losses.append(train(job())[0][0])
    assert losses[1] == pytest.approx(2.0 * losses[0])


def test_an_import_inside_of_a_loss_is_asked_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    def loss(p: Any, t: Any) -> Any:
        import os as system

        return (p - t) ** 2 * float(system.environ["STEPGRAD_TEST"])

    losses = []
    for x in ("1.0", "2.0"):
        monkeypatch.setenv("STEPGRAD_TEST", x)
        losses.append(train((net(), loss, {}))[0][0])
    assert losses[1] == pytest.approx(2.0 * losses[0])


def test_a_method_of_this_library_that_is_replaced_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    before = train((net(), "mse", {}))
    usual = nn.Neuron.forward
    monkeypatch.setattr(nn.Neuron, "forward", lambda self, x: usual(self, x) * 0.5)
    replaced = train((net(), "mse", {}))
    assert replaced != before
    with no_programs():
        assert train((net(), "mse", {})) == replaced


def test_a_primitive_of_the_users_own_is_not_mistaken_for_another() -> None:
    def job(k: float) -> Job:
        own = primitive("own", lambda x: x * k, lambda x, out: (k + 0.0 * x,))
        return net(activation=own), "mse", {}

    check(lambda: job(1.0), lambda: job(2.0))


# --- any two trainings -------------------------------------------------------------------------------------------

OPTIMIZERS: list[Callable[..., Any]] = [nn.SGD, nn.Adam, nn.AdamW, nn.RMSprop, nn.AdaGrad]


@st.composite
def recipes(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "widths": draw(st.lists(st.integers(1, 3), max_size=2)),
        "activation": draw(st.sampled_from(["tanh", "relu", "elu", "sigmoid"])),
        "loss": draw(st.sampled_from(["mse", "mae", "huber"])),
        "optimizer": draw(st.integers(0, len(OPTIMIZERS) - 1)),
        "settings": draw(st.sampled_from([{}, {"weight_decay": 0.1}, {"clip_norm": 0.3}, {"clip_value": 0.1}])),
        "penalty": draw(st.sampled_from([{}, {"l1": 0.01}, {"l2": 0.02}, {"l1": 0.01, "l2": 0.01}])),
        "frozen": draw(st.sets(st.integers(0, 5), max_size=2)),
        "tied": draw(st.sampled_from([None, (0, 1), (1, 2)])),
        "scale": draw(st.sampled_from([1.0, 2.0])),
    }


def made(recipe: dict[str, Any], seed: int) -> Job:
    model = nn.Sequential(nn.MLP(2, [*recipe["widths"], 1], activation=recipe["activation"], seed=seed))
    parameters = model.parameters()
    neuron = model.layers[0].layers[0].neurons[0]
    if recipe["tied"]:
        neuron.w[1] = [*neuron.w, neuron.b][recipe["tied"][0]]
    for i in recipe["frozen"]:
        parameters[i % (len(parameters) - 1)].requires_grad = False
    base, scale = nn.losses.LOSSES[recipe["loss"]], recipe["scale"]
    more = {
        "optimizer": lambda ps: OPTIMIZERS[recipe["optimizer"]](ps, lr=0.01 * seed, **recipe["settings"]),
        **recipe["penalty"],
    }
    return model, lambda p, t: base(p, t) * scale, {**more, "epochs": 2}


@pytest.mark.slow
@given(st.lists(recipes(), min_size=1, max_size=3), st.data())
@settings(max_examples=25, deadline=None)
def test_whatever_was_trained_before_a_training_gives_the_same_bits(
    some: list[dict[str, Any]], data: st.DataObject
) -> None:
    """Among the trainings before it are some that differ from it in one setting."""
    recipe = some[0]
    names = data.draw(st.lists(st.sampled_from([*recipe]), max_size=3))
    some += [*({**recipe, name: data.draw(recipes())[name]} for name in names), recipe]
    with no_programs():
        alone = []
        for i, one in enumerate(some):
            with no_programs():
                alone.append(train(made(one, i + 1)))
        assert [train(made(one, i + 1)) for i, one in enumerate(some)] == alone
