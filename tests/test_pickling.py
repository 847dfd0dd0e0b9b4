"""Pickles and copies: graphs of any depth, primitives and functions by name, models, trainings; between processes."""

from __future__ import annotations

import copy
import functools
import gc
import io
import math
import multiprocessing
import pickle
import random
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_graphs import OF_SEVERAL, SMOOTH, Instructions, grown, instructions

import nn
from autograd import (
    TABLE,
    Scoped,
    TraceError,
    Value,
    compile_loss,
    draw,
    exp,
    grad,
    hessian,
    jacobian,
    jit,
    primitive,
    scope,
    topological_order,
    total,
    value_and_grad,
)  # fmt: skip
from autograd.scopes import path

# What these tests pickle by name.
cube = primitive("cube", lambda x: x**3, lambda x, out: (3.0 * x * x,))
halves = primitive("half", lambda x: x / 2.0, lambda x, out: (0.5 + 0.0 * x,))  # under another name than its own


def square(x: Any) -> Any:
    return x * x


@jit
def decorated(x: Any) -> Any:
    return x * exp(x)


@grad
def slope(x: Any) -> Any:
    return x * x * x


def twice(f: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(f)
    def wrapped(*args: Any) -> Any:
        return 2.0 * f(*args)

    return wrapped


class Weight(Value):
    """A user's class, with attributes of two kinds."""

    __slots__ = ("__dict__", "unit")


class Remembers(nn.Module):
    """A recurrent network that keeps its last state, a node of the graph that it makes."""

    def __init__(self) -> None:
        self.w, self.h = Value(0.5), Value(0.1)
        self.last: Any = 0.0

    def forward(self, x: Any) -> Any:
        self.last = (self.w * x + self.h * self.last).tanh()
        return self.last


class Squares:
    """A loss as an object, that holds what it closes over."""

    def __init__(self, w: Value) -> None:
        self.w = w

    def __call__(self, x: Any, y: Any) -> Any:
        return (self.w * x - y) ** 2


def by_c(x: Any, protocol: int | None = None) -> Any:
    return pickle.loads(pickle.dumps(x, protocol))


def by_python(x: Any, protocol: int | None = None) -> Any:
    return pickle._loads(pickle._dumps(x, protocol))  # type: ignore[attr-defined]


WAYS = {"pickle": by_c, "pickle in Python": by_python, "deepcopy": copy.deepcopy}
each_way = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)


def deep(depth: int) -> Value:
    x = Value(0.3, label="x")
    y = x
    for i in range(depth):
        y = (y + x if i % 2 else y * 0.999).sin() if i % 3 else total([y, x, 0.5])
    return y


def facts(root: Value) -> list[Any]:
    """All that nodes hold, with their parents by number."""
    order = topological_order(root)
    number = {node: i for i, node in enumerate(order)}
    return [
        (
            type(node), node._data, node.grad, node.label, node.requires_grad, node.is_constant, node.primitive,
            node.partials, [number[parent] for parent in node.parents],
        )
        for node in order
    ]  # fmt: skip


# --- graphs ------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@each_way
def test_a_graph_deeper_than_the_stack_comes_back_whole(way: Callable[[Any], Any]) -> None:
    y = deep(30_000)
    y.backward()
    other = way(y)
    assert facts(other) == facts(y)
    assert not {*topological_order(y)} & {*topological_order(other)}
    other.backward()
    assert topological_order(other)[0].grad == 2.0 * topological_order(y)[0].grad != 0.0


@given(instructions([*SMOOTH, *OF_SEVERAL, "where"], most=20), st.lists(st.integers(0, 99), min_size=2, max_size=5))
@settings(max_examples=60, deadline=None)
@pytest.mark.parametrize("protocol", [0, 1, 2, pickle.HIGHEST_PROTOCOL, None])
def test_nodes_that_are_shared_stay_shared(protocol: int | None, made: Instructions, picks: list[int]) -> None:
    """Any nodes of a graph, in any order, some of them twice."""
    xs: list[Any] = [Value(0.4, label="a"), Value(-0.7), Value(0.2, requires_grad=False), 1.5]
    nodes = [node for node in grown(made, xs) if isinstance(node, Value)]
    some = [nodes[i % len(nodes)] for i in picks]
    for copied in (by_c(some, protocol), by_python(some, protocol), copy.deepcopy(some)):
        whole, again = total(some), total(copied)
        assert facts(again) == facts(whole)
        assert [some.index(node) for node in some] == [copied.index(node) for node in copied]


@each_way
def test_an_inner_node_beside_its_graph_is_one_of_its_nodes(way: Callable[[Any], Any]) -> None:
    y = deep(2_000)
    z = topological_order(y)[1_000]
    for pair in ((y, z), (z, y)):
        copied = dict(zip("yz" if pair[0] is y else "zy", way(list(pair)), strict=True))
        assert copied["z"] is topological_order(copied["y"])[1_000]


@each_way
def test_a_graph_keeps_its_scopes_with_the_models_that_own_them(way: Callable[[Any], Any]) -> None:
    model = nn.MLP(2, [3, 1], activation="tanh", seed=1)
    with scope("outer"):
        y = model([0.5, -1.0])
        y.label = "y"
    other, own = way((y, model))
    assert str(draw(other, depth=1)) == str(draw(y, depth=1))
    assert other.label == "y"
    assert [node.scope and path(node.scope) for node in topological_order(other)] == [
        node.scope and path(node.scope) for node in topological_order(y)
    ]
    assert {*own.parameters()} < {*topological_order(other)}
    (alone,) = way([y])  # the model comes with it
    assert alone.scope[1][0] == "outer" or isinstance(alone.scope[0], Scoped)
    assert str(draw(alone, depth=1)) == str(draw(y, depth=1))


@each_way
def test_a_model_that_holds_a_node_of_its_own_graph(way: Callable[[Any], Any]) -> None:
    """The scope of each node leads to the model, and the model to the last node, thousands of nodes away."""
    model = Remembers()
    nodes = [model(0.01 * i) for i in range(3_000)]
    for copied in (way((nodes[0], model, nodes[1500])), way((nodes[1500], nodes[0], model))):
        own = next(x for x in copied if isinstance(x, Remembers))
        assert facts(own.last) == facts(model.last)
        assert all(node in topological_order(own.last) for node in copied if isinstance(node, Value))
        assert {node.scope[0] for node in topological_order(own.last) if node.scope} == {own}


@each_way
def test_a_value_of_a_users_class_keeps_its_attributes(way: Callable[[Any], Any]) -> None:
    w = Weight(0.5, label="w")
    w.unit, w.note = "m", ["metres"]  # type: ignore[attr-defined]
    y = deep(10) * w
    w.root = y  # type: ignore[attr-defined]  # leads back
    for copied in (way(w), topological_order(way(y))[-2]):
        assert type(copied) is Weight
        assert copied.label == "w"
        assert (copied.unit, copied.note, facts(copied.root)) == ("m", ["metres"], facts(y))
        assert copied.root.parents[1] is copied


def test_a_shallow_copy_of_a_node_has_the_same_parents() -> None:
    y = deep(3)
    w = Weight(1.0, label="w")
    w.unit = "m"
    other = copy.copy(y)
    assert other is not y
    assert other.parents == y.parents
    assert facts(other) == facts(y)
    assert copy.copy(w).unit == "m"
    assert copy.copy(w).label == "w"


class Breaks:
    def __reduce__(self) -> Any:
        raise RuntimeError("no")


@pytest.mark.parametrize("dump", [pickle.dumps, pickle._dumps, copy.deepcopy])  # type: ignore[attr-defined]
def test_a_pickle_that_fails_leaves_nothing_behind(dump: Callable[[Any], Any]) -> None:
    w = Weight(0.5)
    w.breaks = Breaks()  # type: ignore[attr-defined]
    y = deep(2_000) * w
    alive = weakref.ref(w.breaks)  # type: ignore[attr-defined]
    with pytest.raises(RuntimeError, match="no"):
        dump(y)
    local = cube_of_this_test = primitive("local", lambda x: x, lambda x, out: (1.0,))
    z = local(deep(2_000)) + cube_of_this_test(w)
    del w.breaks  # type: ignore[attr-defined]
    if dump is not copy.deepcopy:
        with pytest.raises(pickle.PicklingError, match="local"):
            dump(z + deep(2_000))
    for node in (*topological_order(y), *topological_order(y)[::-1]):
        node.grad = 1.0
    assert facts(by_python(topological_order(y)[-3])) == facts(topological_order(y)[-3])
    assert facts(by_python(y)) == facts(y)
    gc.collect()
    assert alive() is None


@each_way
def test_all_nodes_of_a_deep_graph_in_the_order_in_which_they_were_made(way: Callable[[Any], Any]) -> None:
    """Each of them is met before the graph that it is in; listing its ancestors again would take for ever."""
    order = topological_order(deep(10_000))
    copied = way(order)
    assert topological_order(copied[-1]) == copied
    assert facts(copied[-1]) == facts(order[-1])


@pytest.mark.parametrize("pickler", [pickle.Pickler, pickle._Pickler])  # type: ignore[attr-defined]
def test_two_picklers_take_turns(pickler: Any) -> None:
    """Neither takes for known what the other has met."""
    y = deep(2_000)
    y.label = "y"
    parts = [*topological_order(y)[::200], y]
    files = [io.BytesIO(), io.BytesIO()]
    picklers = [pickler(file) for file in files]
    for part in parts:
        for one in picklers:
            one.dump(part)
    for file in files:
        file.seek(0)
        unpickler = pickle.Unpickler(file)
        assert [facts(unpickler.load()) for _ in parts] == [*map(facts, parts)]


@pytest.mark.slow
def test_two_threads_pickle_one_graph_at_once() -> None:
    y = deep(3_000)
    expected, found = facts(y), []
    parts = topological_order(y)[::100]
    barrier = threading.Barrier(4)

    def work(way: Callable[[Any], Any], order: int) -> None:
        barrier.wait()
        for _ in range(2):
            found.append(facts(way(y)) == expected)
            found.append(facts(total(way(parts[::order]))) == facts(total(parts[::order])))

    threads = [
        threading.Thread(target=work, args=(way, order)) for way in (by_python, copy.deepcopy) for order in (1, -1)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 16


# --- primitives --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", TABLE.values(), ids=TABLE)
@each_way
def test_a_row_of_the_table_comes_back_as_itself(way: Callable[[Any], Any], row: Any) -> None:
    assert way([row, row]) == [row, row]


@each_way
def test_a_primitive_of_a_module_comes_back_as_itself(way: Callable[[Any], Any]) -> None:
    y = cube(halves(Value(3.0)))
    other = way(y)
    assert other.primitive is cube
    assert other.parents[0].primitive is halves


def test_a_primitive_without_a_name_in_its_module_is_copied_and_refused_by_pickles() -> None:
    local = primitive("local", lambda x: x * x, lambda x, out: (2.0 * x,))
    y = local(Value(3.0))
    assert copy.deepcopy(y).primitive is copy.copy(y).primitive is copy.copy(local) is local
    for dump in (pickle.dumps, pickle._dumps):  # type: ignore[attr-defined]
        with pytest.raises(pickle.PicklingError, match=r"'local' .* test_pickling .*write local = primitive\('local'"):
            dump(y)


# --- functions, models, trainings --------------------------------------------------------------------------------


def test_a_function_without_a_name_is_named_with_what_to_do() -> None:
    w = Value(2.0)
    lambdas: list[Any] = [
        nn.Sequential(nn.Layer(2, 2), lambda xs: xs[0]),
        nn.Neuron(2, activation=lambda x: x * x),
        nn.Sequential(nn.Layer(1, 1), functools.partial(lambda x, y: y, 1.0)),
        jit(lambda x: x * x),
        compile_loss(lambda x: x * w, [w]),
        grad(lambda x: x * x),
        hessian(lambda x: x * x),
        jit(value_and_grad(lambda x: x * x)),
        jit(twice(lambda x: x)),
        [jit(twice(square))],
    ]
    for x in lambdas:
        for dump in (pickle.dumps, pickle._dumps):  # type: ignore[attr-defined]
            with pytest.raises(pickle.PicklingError, match=r"\(test_pickling.py, line \d+\).*def at the top"):
                dump(x)
        copy.deepcopy(x), copy.copy(x)


@each_way
def test_transforms_and_compiled_functions_compute_the_same_afterwards(way: Callable[[Any], Any]) -> None:
    functions = [grad(square), value_and_grad(square), jacobian(square), hessian(square), jit(square), jit(grad(cube))]
    for f in functions:
        before = f(3.0)
        assert way(f)(3.0) == before
        assert way([f, f])[0].__class__ is f.__class__
    assert repr(way(grad(square))) == "<gradient of square>"
    assert way(jit(nn.MLP(2, [2, 1], seed=1)))([1.0, 2.0]) == jit(nn.MLP(2, [2, 1], seed=1))([1.0, 2.0])


@each_way
def test_a_decorated_function_is_found_under_its_name(way: Callable[[Any], Any]) -> None:
    assert way(decorated) is decorated
    assert way(slope) is slope
    assert (round(decorated(1.0), 12), slope(2.0)) == (round(math.e, 12), 12.0)


@each_way
def test_a_compiled_loss_is_pickled_with_what_it_moves(way: Callable[[Any], Any]) -> None:
    w = Value(0.0)
    step = compile_loss(Squares(w), [w])
    assert step([1.0, 2.0], [3.0, 6.0]) == 22.5
    again, v = way((step, w))
    v.grad = 0.0
    assert again([1.0, 2.0], [3.0, 6.0]) == 22.5
    assert (v.grad, w.grad) == (-15.0, -15.0)
    assert "Squares" in repr(again)
    assert "1 parameter" in repr(again)


@each_way
def test_a_training_goes_on_from_a_pickle_as_if_nothing_had_been(way: Callable[[Any], Any]) -> None:
    X, y = nn.datasets.xor(20, noise=0.1)

    def train(parts: Any, epochs: int) -> Any:
        model, optimizer, stop, schedule = parts
        nn.fit(
            model, X, y, loss="hinge", optimizer=optimizer, epochs=epochs, callbacks=[stop], schedule=schedule,
            batch_size=5, seed=1, progress=False,
        )  # fmt: skip
        return parts

    def parts() -> Any:
        model = nn.Sequential(
            nn.Layer(2, 4, rng=random.Random(1)), nn.Dropout(0.2, seed=1), nn.Residual(nn.Layer(4, 4)), nn.LayerNorm(4)
        )
        model = nn.Sequential(model, nn.Layer(4, 1, activation="linear", rng=random.Random(2)))
        for i, p in enumerate(model.parameters()):
            p.data = 0.1 * math.sin(i)
        stop = nn.EarlyStopping(patience=50)
        return model, nn.Adam(model.parameters(), lr=0.1), stop, nn.Warmup(2, then=nn.StepDecay(2))

    done = train(parts(), 3)
    copied = way(done)
    assert {*copied[1].parameters} == {*copied[0].parameters()}
    assert copied[0].state_dict() == done[0].state_dict()
    assert train(copied, 3)[0].state_dict() == train(done, 3)[0].state_dict()


@each_way
def test_a_history_comes_back_equal(way: Callable[[Any], Any]) -> None:
    model = nn.MLP(2, [2, 1], seed=1)
    X, y = nn.datasets.xor(8)
    history = nn.fit(
        model, X, y, loss="hinge", optimizer=nn.SGD(model.parameters()), epochs=2, validation=(X, y), metrics=["f1"]
    )
    other = way(history)
    assert other == history
    assert other.compiled == history.compiled
    assert other.seconds == history.seconds


def test_a_traced_value_is_neither_pickled_nor_copied() -> None:
    w = Value(2.0)
    for copied in (copy.copy, copy.deepcopy, pickle.dumps, lambda x: pickle.dumps(x * w), lambda x: pickle.dumps(w)):
        with pytest.raises(TraceError, match="while the program is traced"):
            jit(lambda x, copied=copied: copied(x) and x)(1.0)


# --- between processes -------------------------------------------------------------------------------------------


def train_one(job: tuple[int, Any]) -> Any:
    """A job for another process: a model to train, and what came of it."""
    seed, model = job
    X, y = nn.datasets.moons(20, noise=0.1, seed=1)
    history = nn.fit(model, X, y, loss="hinge", optimizer=nn.SGD(model.parameters(), lr=0.1), epochs=3, progress=False)
    return seed, model, history, cube(model(X[0]))


def test_models_are_trained_in_spawned_processes() -> None:
    models = [nn.MLP(2, [3, 1], seed=seed) for seed in range(4)]
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        results = [*pool.map(train_one, enumerate(models))]
    for (seed, model, history, root), own in zip(results, models, strict=True):
        _, here, expected, last = train_one((seed, own))
        assert history == expected
        assert model.state_dict() == here.state_dict()
        assert root.primitive is cube
        assert root.data == last.data
        assert {*model.parameters()} < {*topological_order(root)}


MAIN = """
import multiprocessing
from autograd import Value, primitive

cube = primitive("cube", lambda x: x**3, lambda x, out: (3 * x * x,))

def work(x):
    return cube(x)

if __name__ == "__main__":
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        y, = pool.map(work, [Value(2.0)])
    y.backward()
    assert y.primitive is cube and y.parents[0].grad == 12.0
"""


def test_a_primitive_of_the_main_module_is_found_in_a_spawned_process_and_back(tmp_path: Path) -> None:
    script = tmp_path / "main.py"
    script.write_text(MAIN)
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
