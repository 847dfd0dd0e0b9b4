"""Scopes: to which part of a program a node belongs, and that nothing is left behind."""

import asyncio
import gc
import threading
import weakref
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import Recurrent

from autograd import Scoped, Value, compile_loss, dot, no_grad, scope, topological_order
from autograd.modes import scope_here
from autograd.scopes import path
from nn import MLP, Layer, Module, Neuron


def paths(root: Value) -> set[str]:
    return {path(node.scope) for node in topological_order(root) if node.scope is not None}


# --- where a node belongs ---------------------------------------------------------------------------------


def test_a_node_belongs_to_the_module_whose_call_made_it_named_from_the_outermost_one() -> None:
    model = MLP(2, [3, 1])
    root = model([1.0, 2.0]) ** 2
    assert root.scope is None
    assert paths(root) == {"layers.0", *(f"layers.0.neurons.{i}" for i in range(3)), "layers.1.neurons.0"}
    assert paths(model.layers[0].neurons[1]([1.0, 2.0])) == {"Neuron"}  # called by itself, it is the outermost


def test_parameters_belong_to_where_they_were_made_not_to_where_they_are_used() -> None:
    model = MLP(2, [3, 1])
    model([1.0, 2.0])
    assert all(parameter.scope is None for parameter in model.parameters())


def test_named_scopes_nest_among_themselves_and_with_modules() -> None:
    layer = Layer(1, 1)
    with scope("encoder"):
        a = Value(1.0) + 1.0
        with scope("inner"):
            b = a * 2.0
        c = layer([b])
    d = c + 1.0
    assert [path(node.scope) for node in (a, b, c) if node.scope] == [
        "encoder", "encoder.inner", "encoder.Layer.neurons.0"
    ]  # fmt: skip
    assert d.scope is None


def test_a_scope_inside_a_module_is_named_from_the_module() -> None:
    class Named(Module):
        def forward(self, x: Any) -> Any:
            with scope("half"):
                return x * 0.5

    assert paths(Named()(Value(1.0))) == {"half"}


def test_every_call_of_a_shared_module_is_a_scope_of_its_own_under_one_name() -> None:
    order = topological_order(Recurrent()([1.0, 2.0, 3.0]))
    calls = {id(node.scope): node.scope for node in order if node.scope and path(node.scope) == "cell"}
    assert len(calls) == 3
    assert len({id(owner) for owner, _ in calls.values()}) == 1


def test_a_module_that_the_one_around_it_does_not_hold_has_the_name_of_its_class() -> None:
    borrowed = Neuron(1)

    class Borrower(Module):
        def forward(self, x: Any) -> Any:
            return borrowed(x)

    assert paths(Borrower()([Value(1.0)])) == {"Neuron"}


def test_a_module_held_under_two_names_goes_by_the_first() -> None:
    class Twice(Module):
        def __init__(self) -> None:
            self.first = self.second = Neuron(1)

        def forward(self, x: Any) -> Any:
            return self.second([self.first(x)])

    assert paths(Twice()([1.0])) == {"first"}


@pytest.mark.parametrize("name", ["", "  ", None, 3])
def test_a_scope_without_a_name_is_refused(name: Any) -> None:
    with pytest.raises(ValueError, match="needs a name, such as"), scope(name):
        pass
    assert scope_here() is None


# --- nothing is left behind -------------------------------------------------------------------------------


class Failing(Module):
    def forward(self, x: Any) -> Any:
        raise KeyError("of the user's own")


def test_an_exception_leaves_the_scope() -> None:
    with pytest.raises(KeyError), scope("outer"):
        Failing()(1.0)
    assert scope_here() is None
    with scope("outer"):
        with pytest.raises(KeyError):
            Failing()(1.0)
        assert path((Value(1.0) + 1.0).scope) == "outer"  # type: ignore[arg-type]


def test_a_module_without_forward_says_so() -> None:
    with pytest.raises(NotImplementedError, match=r"Scoped needs a method forward"):
        Scoped()(1.0)


def test_no_grad_changes_nothing_about_scopes() -> None:
    with no_grad(), scope("quiet"):
        assert path((Value(1.0) * 2.0).scope) == "quiet"  # type: ignore[arg-type]
    assert scope_here() is None


def test_scopes_may_be_entered_while_a_program_is_traced() -> None:
    w = Value(2.0)

    def loss(x: Any) -> Any:
        with scope("square"):
            return (w * x) ** 2

    compile_loss(loss, [w])([3.0])
    assert w.grad == 2.0 * 6.0 * 3.0
    assert scope_here() is None


def test_a_graph_with_scopes_dies_by_reference_count() -> None:
    class Seen(Value):
        __slots__ = ("__weakref__",)

    gc.collect()
    gc.disable()
    try:
        x = Seen(1.0)
        seen = weakref.ref(x)
        root = MLP(2, [3, 1])([x, 2.0])
        del x
        assert seen() is not None
        del root
        assert seen() is None
    finally:
        gc.enable()


def test_numbers_and_gradients_are_the_same_inside_a_scope() -> None:
    def gradients() -> list[float]:
        xs = [Value(0.5), Value(-1.5), Value(2.0)]
        (dot(xs, xs, xs[0]).tanh() * xs[1]).backward()
        return [x.grad for x in xs]

    outside = gradients()
    with scope("a"), scope("b"):
        assert gradients() == outside


# --- threads, tasks, generators ---------------------------------------------------------------------------


@given(st.lists(st.integers(0, 3), max_size=60), st.randoms())
def test_however_generators_interleave_no_scope_is_left_behind(turns: list[int], random: Any) -> None:
    """A turn of a generator enters a scope, or leaves the one that it entered last."""
    entered: list[list[Any]] = [[], [], [], []]
    for generator in turns:
        if entered[generator] and random.random() < 0.5:
            entered[generator].pop().__exit__(None, None, None)
        else:
            entered[generator].append(scope(f"generator {generator}"))
            entered[generator][-1].__enter__()
    waiting = [generator for generator, scopes in enumerate(entered) for _ in scopes]
    random.shuffle(waiting)
    for generator in waiting:
        entered[generator].pop().__exit__(None, None, None)
    assert scope_here() is None


def test_a_scope_belongs_to_the_thread_that_entered_it() -> None:
    """Each thread enters and leaves a scope of its own while the others are in theirs."""
    barrier = threading.Barrier(3)
    found: dict[str, str | None] = {}

    def work(name: str) -> None:
        barrier.wait()
        with scope(name):
            barrier.wait()
            found[name] = path((Value(1.0) + 1.0).scope or ("nothing", None))
            barrier.wait()
        barrier.wait()
        found[f"after {name}"] = (Value(1.0) + 1.0).scope and "left behind"

    with scope("main"):
        threads = [threading.Thread(target=work, args=(name,)) for name in "abc"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == {"a": "a", "b": "b", "c": "c", "after a": None, "after b": None, "after c": None}


def test_a_scope_belongs_to_the_asyncio_task_that_entered_it() -> None:
    async def work(name: str) -> str:
        with scope(name):
            await asyncio.sleep(0.001)
            made = Value(1.0) + 1.0
            await asyncio.sleep(0.001)
        return path(made.scope or ("nothing", None))

    async def both() -> list[str]:
        return await asyncio.gather(work("a"), work("b"))

    assert asyncio.run(both()) == ["a", "b"]


def test_models_called_in_two_threads_give_the_numbers_they_give_alone() -> None:
    model = MLP(2, [4, 1], seed=1)
    alone = model([1.0, 2.0]).data
    found: list[float] = []
    threads = [
        threading.Thread(target=lambda: found.extend(model([1.0, 2.0]).data for _ in range(200))) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [alone] * 400
    assert scope_here() is None
