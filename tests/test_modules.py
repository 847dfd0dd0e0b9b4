"""Modules, layers and initial weights: what is found in a model, what it computes, what it starts from."""

from __future__ import annotations

import copy
import dataclasses
import hashlib
import itertools
import math
import random
import statistics
import struct
import sys
from collections import deque
from typing import ClassVar, NamedTuple

import numpy as np
import pytest

import nn
from autograd import Value, topological_order
from nn.activations import ACTIVATIONS

# The activations again, in plain Python.
PLAIN = {
    "linear": lambda x: x,
    "relu": lambda x: max(x, 0.0),
    "leaky_relu": lambda x: x if x > 0 else 0.01 * x,
    "elu": lambda x: x if x > 0 else math.exp(x) - 1,
    "gelu": lambda x: x * statistics.NormalDist().cdf(x),
    "silu": lambda x: x / (1 + math.exp(-x)),
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)),
    "tanh": math.tanh,
    "softplus": lambda x: math.log1p(math.exp(x)),
}


def plain_forward(model: nn.MLP, xs: list[float]) -> list[float]:
    """The model's outputs with floats alone: b + w₁x₁ + … in that order, then the activation."""
    for layer in model.layers:
        sums = []
        for neuron in layer.neurons:
            total = neuron.b.data
            for w, x in zip(neuron.w, xs, strict=True):
                total += w.data * x
            sums.append(PLAIN[neuron.activation](total))
        xs = sums
    return xs


def numbers(module: nn.Module) -> list[float]:
    return [p.data for p in module.parameters()]


# --- neurons and layers ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("activation", PLAIN)
def test_a_neuron_is_its_activation_of_the_bias_plus_the_products(activation):
    rng = random.Random(activation)
    neuron = nn.Neuron(3, activation=activation, rng=rng)
    neuron.b.data = -0.3
    for _ in range(20):
        xs = [rng.gauss(0, 1) for _ in range(3)]
        w = [v.data for v in neuron.w]
        by_hand = PLAIN[activation](((neuron.b.data + w[0] * xs[0]) + w[1] * xs[1]) + w[2] * xs[2])
        assert neuron(xs).data == pytest.approx(by_hand, rel=1e-14, abs=1e-16)


def test_every_activation_by_name_is_tested_here():
    assert set(ACTIVATIONS) == set(PLAIN)


def test_a_neuron_is_relu_unless_told_otherwise():
    for neuron, expected in [
        (nn.Neuron(1), 0.0),
        (nn.Neuron(1, True), 0.0),
        (nn.Neuron(1, False), -2.0),
        (nn.Neuron(1, nonlin=False), -2.0),
        (nn.Neuron(1, activation="linear"), -2.0),
        (nn.Neuron(1, False, activation="tanh"), math.tanh(-2.0)),
        (nn.Neuron(1, activation=lambda v: v * v), 4.0),
    ]:
        neuron.w[0].data = 2.0
        assert neuron([-1.0]).data == expected


def test_a_neuron_starts_with_bias_0_and_a_weight_for_each_input():
    neuron = nn.Neuron(4)
    assert [type(w) for w in neuron.w] == [Value] * 4
    assert neuron.b.data == 0.0
    assert neuron.parameters() == [*neuron.w, neuron.b]


def test_a_layer_of_one_neuron_gives_the_bare_value_and_of_more_a_list():
    one, three = nn.Layer(2, 1), nn.Layer(2, 3)
    assert isinstance(one([1.0, 2.0]), Value)
    out = three([1.0, 2.0])
    assert isinstance(out, list)
    assert [v.data for v in out] == [neuron([1.0, 2.0]).data for neuron in three.neurons]


@pytest.mark.parametrize("nouts", [[1], [3], [4, 2], [1, 1], [1, 3], [3, 1, 1, 2], [16, 16, 1]])
@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_an_mlp_computes_what_plain_python_computes(nouts, activation):
    model = nn.MLP(3, nouts, activation=activation, seed=4)
    for parameter in model.parameters():
        parameter.data += 0.125
    for xs in ([0.5, -1.5, 2.0], [0.0, 0.0, 0.0], [-3.0, 1.0, 0.25]):
        out = model(xs)
        assert isinstance(out, Value) == (nouts[-1] == 1)
        outs = [out] if nouts[-1] == 1 else out
        assert [v.data for v in outs] == plain_forward(model, xs)


def test_the_hidden_layers_of_an_mlp_have_one_activation_and_the_last_another():
    def activations(model):
        return [[neuron.activation for neuron in layer.neurons] for layer in model.layers]

    assert activations(nn.MLP(2, [2, 1, 1])) == [["relu"] * 2, ["relu"], ["linear"]]
    assert activations(nn.MLP(2, [1, 2], "tanh", "sigmoid")) == [["tanh"], ["sigmoid"] * 2]


def test_parameters_come_in_micrograds_order():
    model = nn.MLP(2, [2, 1])
    expected = [p for layer in model.layers for neuron in layer.neurons for p in [*neuron.w, neuron.b]]
    assert model.parameters() == expected
    assert [*model.named_parameters()] == [
        "layers.0.neurons.0.w.0", "layers.0.neurons.0.w.1", "layers.0.neurons.0.b",
        "layers.0.neurons.1.w.0", "layers.0.neurons.1.w.1", "layers.0.neurons.1.b",
        "layers.1.neurons.0.w.0", "layers.1.neurons.0.w.1", "layers.1.neurons.0.b",
    ]  # fmt: skip


def test_the_neurons_of_a_layer_share_one_leaf_for_each_input_number():
    outs = nn.Layer(3, 5)([1.0, 2.0, 3.0])
    leaves = [node for node in topological_order(*outs) if not node.parents]
    assert len(leaves) == 5 * (3 + 1) + 3
    assert [leaf.data for leaf in leaves if not leaf.requires_grad] == [1.0, 2.0, 3.0]


def test_inputs_may_be_values_and_gradients_flow_to_them():
    layer = nn.Layer(2, 1, activation="linear")
    xs = [Value(1.0), Value(2.0)]
    layer(xs).backward()
    assert [x.grad for x in xs] == [w.data for w in layer.neurons[0].w]
    assert [w.grad for w in layer.neurons[0].w] == [1.0, 2.0]


def test_inputs_may_be_a_tuple_or_a_numpy_row():
    model = nn.MLP(2, [3, 1], seed=1)
    expected = model([0.5, -1.0]).data
    for row in ((0.5, -1.0), np.array([0.5, -1.0]), np.array([0.5, -1.0], dtype=np.float32)):
        assert model(row).data == expected
        assert nn.Neuron(2, init="zeros")(row).data == 0.0


def test_sequential_hands_a_list_from_one_to_the_next():
    seen = []

    def look(xs):
        seen.append(xs)
        return [2.0 * x for x in xs]

    first, second = nn.Layer(2, 1, activation="linear"), nn.Layer(1, 2, activation="linear")
    model = nn.Sequential(first, look, second)
    out = model([1.0, 2.0])
    (passed,) = seen
    assert isinstance(passed, list)
    assert passed[0].data == first([1.0, 2.0]).data
    assert [v.data for v in out] == [v.data for v in second([2.0 * passed[0]])]
    assert model.parameters() == first.parameters() + second.parameters()


def test_a_width_may_be_a_numpy_integer():
    model = nn.MLP(np.int64(2), [np.int64(3), np.array([0, 1, 2, 1]).max() + 1])
    assert len(model([1.0, 2.0])) == 3


# --- what is refused -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("given", [0, 1, 2, 4, 10])
@pytest.mark.parametrize(
    "module",
    [nn.Neuron(3), nn.Layer(3, 2), nn.Layer(3, 1), nn.MLP(3, [4, 1]), nn.Sequential(nn.Layer(3, 2), nn.Neuron(2))],
    ids=repr,
)
def test_a_wrong_number_of_inputs_is_refused_with_both_widths(module, given):
    with pytest.raises(ValueError, match=rf"\b3 (weights|inputs) .*\b{given}\b"):
        module([1.0] * given)


def test_layers_that_do_not_fit_each_other_are_refused_with_both_widths():
    with pytest.raises(ValueError, match=r"Layer.*takes 5 inputs and was given 4"):
        nn.Sequential(nn.Layer(2, 4), nn.Layer(5, 1))([1.0, 2.0])


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: nn.Neuron(0), ValueError, "nin, the number of inputs, must be a whole number of at least 1, not 0"),
        (
            lambda: nn.Neuron(2.0),
            ValueError,
            r"nin, the number of inputs, must be a whole number of at least 1, not 2\.0",
        ),
        (lambda: nn.Layer(0, 2), ValueError, "nin, the number of inputs, must be a whole number of at least 1, not 0"),
        (
            lambda: nn.Layer(2, 0),
            ValueError,
            "nout, the number of neurons, must be a whole number of at least 1, not 0",
        ),
        (
            lambda: nn.Layer(2, -1),
            ValueError,
            "nout, the number of neurons, must be a whole number of at least 1, not -1",
        ),
        (lambda: nn.MLP(2, []), ValueError, "MLP needs at least one layer"),
        (
            lambda: nn.MLP(2, [3, 0]),
            ValueError,
            "nout, the number of neurons, must be a whole number of at least 1, not 0",
        ),
        (lambda: nn.Sequential(), ValueError, "Sequential needs at least one layer"),
        (lambda: nn.Sequential(nn.Layer(1, 1), 3), TypeError, "layer 1 must be a Module or a function, not 3"),
        (lambda: nn.MLP(2, [1], output_activation="tan"), ValueError, "no activation 'tan': choose from linear, relu"),
        (lambda: nn.Neuron(2, activation=""), ValueError, "no activation ''"),
        (lambda: nn.MLP(2, [1], init="he"), ValueError, "no initialiser 'he': choose from he_normal, "),
        (lambda: nn.Layer(2, 1, init=""), ValueError, "no initialiser ''"),
        (lambda: nn.Module()([1.0]), NotImplementedError, "Module needs a method forward"),
    ],
)
def test_what_makes_no_network_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()


# --- initial weights -------------------------------------------------------------------------------------------

NIN, NOUT = 50, 150  # 7,500 weights; nin and nout far apart, so that taking one for the other shows
VARIANCES = {
    "he_normal": 2 / NIN,
    "he_uniform": 2 / NIN,
    "xavier_normal": 2 / (NIN + NOUT),
    "xavier_uniform": 2 / (NIN + NOUT),
    "uniform": 1 / 3,
}


def weights(layer: nn.Layer) -> list[float]:
    return [w.data for neuron in layer.neurons for w in neuron.w]


@pytest.mark.parametrize("init", VARIANCES)
def test_initial_weights_are_distributed_as_their_formula_says(init):
    model = nn.MLP(NIN, [NOUT, 1], init=init, seed=7)
    sample = weights(model.layers[0])
    n, deviation = len(sample), math.sqrt(VARIANCES[init])
    uniform = "uniform" in init
    # Within 4.5 standard errors of mean and variance (the fourth moment is 9/5 for a uniform law, 3 for a normal).
    assert abs(statistics.fmean(sample)) < 4.5 * deviation / math.sqrt(n)
    spread = math.sqrt(((9 / 5 if uniform else 3) - 1) / n)
    assert statistics.pvariance(sample) == pytest.approx(deviation**2, rel=4.5 * spread)
    law = statistics.NormalDist(0, deviation).cdf
    if uniform:
        bound = math.sqrt(3) * deviation
        assert -bound <= min(sample) < -0.99 * bound
        assert 0.99 * bound < max(sample) <= bound

        def law(x):
            return (x + bound) / (2 * bound)

    gaps = [abs(law(x) - (i + 0.5) / n) for i, x in enumerate(sorted(sample))]
    assert max(gaps) < 1.95 / math.sqrt(n)  # Kolmogorov and Smirnov: exceeded by one sample in a thousand
    assert all(neuron.b.data == 0.0 for layer in model.layers for neuron in layer.neurons)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_without_init_the_weights_suit_the_activation(activation):
    usual = "xavier_normal" if activation in ("linear", "sigmoid", "tanh") else "he_normal"
    model = nn.MLP(NIN, [NOUT, 20], activation=activation, seed=3)
    assert numbers(model.layers[0]) == numbers(nn.MLP(NIN, [NOUT, 20], activation, init=usual, seed=3).layers[0])
    assert statistics.pvariance(weights(model.layers[0])) == pytest.approx(VARIANCES[usual], rel=0.1)
    assert statistics.pvariance(weights(model.layers[1])) == pytest.approx(2 / (NOUT + 20), rel=0.1)  # linear: Xavier
    for alone in (nn.Layer(NIN, NOUT, activation=activation), nn.Layer(NIN, NOUT, nonlin=True, activation=activation)):
        assert statistics.pvariance(weights(alone)) == pytest.approx(VARIANCES[usual], rel=0.15)


def test_zeros_constants_and_functions_of_ones_own():
    assert numbers(nn.MLP(2, [3, 1], init="zeros")) == [0.0] * 13
    assert numbers(nn.Neuron(2, init=nn.constant(0.25))) == [0.25, 0.25, 0.0]
    given = []

    def mine(nin, nout, rng):
        given.append((nin, nout))
        return rng.random()

    model = nn.MLP(2, [3, 1], init=mine, seed=5)
    assert given == [(2, 3)] * 6 + [(3, 1)] * 3
    rng = random.Random(5)
    assert weights(model.layers[0]) + weights(model.layers[1]) == [rng.random() for _ in range(9)]


@pytest.mark.parametrize("init", [None, *nn.init.INITIALISERS])
def test_a_seed_gives_the_same_network_and_another_seed_another(init):
    first, again, other = (numbers(nn.MLP(3, [4, 2], init=init, seed=seed)) for seed in (11, 11, 12))
    assert first == again
    assert (first == other) == (init == "zeros")


def digest(model: nn.Module) -> str:
    state = numbers(model)
    return hashlib.sha256(struct.pack(f"<{len(state)}d", *state)).hexdigest()[:16]


def test_a_seed_gives_the_same_network_on_every_machine_and_in_every_release():
    """Recorded once; a change here changes everybody's seeded results, so it belongs in the change log."""
    model = nn.MLP(2, [16, 16, 1], seed=1)
    assert [w.data for w in model.layers[0].neurons[0].w] == [0.6074558576437062, -0.01422544551078489]
    assert digest(model) == "e5fd1dae4b9e558a"
    assert digest(nn.MLP(2, [16, 16, 1], activation="tanh", seed=1)) == "db1e82cfbc003260"
    assert digest(nn.MLP(2, [16, 16, 1], init="xavier_uniform", seed=1)) == "47da0dc74b44962c"


@pytest.mark.parametrize("init", [None, *nn.init.INITIALISERS])
def test_pythons_own_random_is_left_alone(init):
    seed = 1 if init == "uniform" else None
    random.seed(123)
    before = random.getstate()
    nn.MLP(2, [3, 1], init=init, seed=seed)
    if init != "uniform":
        nn.Layer(2, 3, init=init)
        nn.Neuron(2, init=init)
    assert random.getstate() == before


@pytest.mark.parametrize("make", [lambda: nn.MLP(2, [3, 1]), lambda: nn.Layer(2, 3), lambda: nn.Neuron(2)])
def test_unseeded_models_differ_also_where_pythons_own_random_was_seeded(make):
    models = []
    for _ in range(3):
        random.seed(123)
        models.append(tuple(numbers(make())))
    assert len(set(models)) == 3


def test_uniform_without_a_seed_draws_from_pythons_random_in_micrograds_order():
    random.seed(1337)
    model = nn.MLP(2, [3, 2, 1], init="uniform")
    alone = [nn.Layer(2, 2, init="uniform"), nn.Neuron(3, init="uniform")]
    after = random.getstate()

    random.seed(1337)
    for widths, module in (([2, 3, 2, 1], model), ([2, 2], alone[0]), ([3, 1], alone[1])):
        expected = []
        for nin, nout in itertools.pairwise(widths):
            for _ in range(nout):
                expected += [random.uniform(-1, 1) for _ in range(nin)] + [0.0]
        assert numbers(module) == expected
    assert random.getstate() == after


# --- what a module holds ---------------------------------------------------------------------------------------


class Zoo(nn.Module):
    """Parameters in every place where one may be."""

    def __init__(self):
        self.scale = Value(1.0)
        self.name = "zoo"
        self.table = [[Value(2.0), Value(3.0)], (Value(4.0), 5.0)]
        self.by_name = {"a": Value(6.0), "b": {"c": [Value(7.0)]}}
        self.part = nn.Neuron(1, init=nn.constant(8.0))
        self.parts = {"list": [nn.Neuron(1, init=nn.constant(9.0))]}
        self.again = self.scale
        self.computed = self.scale * 2.0

    def forward(self, x):
        return self.part(x) * self.scale


def test_parameters_are_found_in_lists_tuples_dicts_and_modules_in_the_order_of_assignment():
    zoo = Zoo()
    assert {name: p.data for name, p in zoo.named_parameters().items()} == {
        "scale": 1.0, "table.0.0": 2.0, "table.0.1": 3.0, "table.1.0": 4.0, "by_name.a": 6.0, "by_name.b.c.0": 7.0,
        "part.w.0": 8.0, "part.b": 0.0, "parts.list.0.w.0": 9.0, "parts.list.0.b": 0.0,
    }  # fmt: skip
    assert [*zoo.named_parameters().values()] == zoo.parameters()
    assert zoo.modules() == [zoo, zoo.part, zoo.parts["list"][0]]


def test_what_is_shared_counts_once_under_its_first_name():
    layer = nn.Layer(2, 2)
    model = nn.Sequential(layer, layer, nn.Layer(2, 2))
    model.layers[2].neurons[1].w[0] = layer.neurons[0].b
    assert len(model.parameters()) == 6 + 5
    assert all(not name.startswith("layers.1.") for name in model.named_parameters())
    assert "layers.2.neurons.1.w.0" not in model.named_parameters()


def test_modules_that_hold_each_other_are_walked_once():
    parent, child = nn.Module(), nn.Module()
    parent.w, parent.child, parent.me = Value(1.0), child, [parent]
    child.w, child.parent = Value(2.0), parent
    assert [*parent.named_parameters()] == ["w", "child.w"]
    assert [*child.named_parameters()] == ["w", "parent.w"]


def test_a_deep_nest_is_walked_without_recursion():
    outermost = module = nn.Module()
    for _ in range(2000):
        module.inner = [nn.Module()]
        module = module.inner[0]
    module.w = Value(3.0)
    assert numbers(outermost) == [3.0]
    assert len(outermost.modules()) == 2001


def test_two_parameters_of_one_name_are_refused_and_not_lost():
    module = nn.Module()
    module.table = {"a": {"b": Value(1.0)}, "a.b": Value(2.0)}
    with pytest.raises(ValueError, match=r"two parameters named 'table\.a\.b'"):
        module.parameters()


def test_zero_grad_clears_every_parameter():
    model = nn.MLP(2, [3, 1], activation="tanh", seed=1)
    model([1.0, 2.0]).backward()
    assert all(p.grad for layer in model.layers for neuron in layer.neurons for p in neuron.w)
    model.zero_grad()
    assert [p.grad for p in model.parameters()] == [0.0] * 13


def test_frozen_parameters_get_no_gradient_until_unfrozen():
    model = nn.MLP(2, [3, 1], activation="tanh", seed=1)
    assert model.layers[0].freeze() is model.layers[0]
    model([1.0, 2.0]).backward()
    assert [p.grad for p in model.layers[0].parameters()] == [0.0] * 9
    assert all(p.grad for p in model.layers[1].parameters())
    assert len(model.parameters()) == 13
    assert model.unfreeze() is model
    model([1.0, 2.0]).backward()
    assert all(p.grad for p in model.layers[0].parameters())


def test_train_and_eval_reach_every_module_inside():
    zoo = Zoo()
    assert [m.training for m in zoo.modules()] == [True] * 3
    assert zoo.eval() is zoo
    assert [m.training for m in zoo.modules()] == [False] * 3
    zoo.part.train()
    assert [m.training for m in zoo.modules()] == [False, True, False]
    assert zoo.train() is zoo
    assert [m.training for m in zoo.modules()] == [True] * 3
    assert nn.Module().training  # of one model, not of all


# --- state -----------------------------------------------------------------------------------------------------


def test_a_state_goes_from_one_model_to_another():
    first, second = nn.MLP(2, [3, 1], seed=1), nn.MLP(2, [3, 1], seed=2)
    state = first.state_dict()
    assert {*map(type, state.values())} == {float}
    assert [*state] == [*first.named_parameters()]
    parameters = second.parameters()
    assert second.load_state_dict(state) is second
    assert numbers(second) == numbers(first)
    assert second.parameters() == parameters  # the same Values: an optimiser that holds them goes on


def test_a_state_is_a_copy():
    neuron = nn.Neuron(1)
    state = neuron.state_dict()
    before = dict(state)
    neuron.w[0].data = 9.0
    assert state == before


def test_a_state_sets_frozen_parameters_too_and_takes_any_real_number():
    neuron = nn.Neuron(2).freeze()
    neuron.load_state_dict({"b": 3, "w.1": np.float32(0.5), "w.0": np.int64(-2)})
    assert numbers(neuron) == [-2.0, 0.5, 3.0]
    assert {type(p.data) for p in neuron.parameters()} == {float}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"w.0": None}, "no finite number: w.0"),
        ({"b": math.nan}, "no finite number: b"),
        ({"b": math.inf, "w.1": "1"}, r"no finite number: b, w\.1|no finite number: w\.1, b"),
        ({"b": 10**400}, "no finite number: b"),
        ({"c": 1.0}, "not in this model: c"),
        ({"w.4": 1.0, "w.5": 1.0, "w.6": 1.0, "w.7": 1.0, "w.8": 1.0}, r"w\.4, w\.5, w\.6 and 2 more"),
        ({"w.2": "missing"}, r"missing: w\.2"),
    ],
)
def test_a_state_that_does_not_fit_is_refused_and_nothing_set(change, message):
    neuron = nn.Neuron(3, init=nn.constant(0.5))
    state = {"w.0": 1.0, "w.1": 1.0, "w.2": 1.0, "b": 1.0} | change
    state = {name: x for name, x in state.items() if x != "missing"}
    with pytest.raises(ValueError, match=f"does not fit Neuron: .*({message})"):
        neuron.load_state_dict(state)
    assert numbers(neuron) == [0.5, 0.5, 0.5, 0.0]


def test_a_printed_model_says_its_shape():
    assert repr(nn.MLP(2, [3, 1])) == "MLP(Layer(2, 3, activation='relu'), Layer(3, 1, activation='linear'))"
    assert repr(nn.Neuron(2, activation=math.tanh)) == "Neuron(2, activation='tanh')"


def test_without_torch_the_message_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ImportError, match=r'to_torch needs PyTorch: python -m pip install "stepgrad\[torch\]"'):
        nn.to_torch(nn.MLP(2, [1]))


# --- copies ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("compiled", [False, True])
def test_a_deep_copy_of_a_model_computes_with_the_same_primitives_and_trains_by_itself(compiled):
    model = nn.Sequential(nn.MLP(2, [4, 4], activation="tanh", seed=1), nn.LayerNorm(4), nn.MLP(4, [1], seed=1))
    copied = copy.deepcopy(model)
    before = model.state_dict()
    assert not {*model.parameters()} & {*copied.parameters()}
    graphs = [topological_order(m([0.5, -1.0])) for m in (model, copied)]
    assert [node.primitive for node in graphs[0]] == [node.primitive for node in graphs[1]]

    def train(m):
        optimizer = nn.SGD(m.parameters(), lr=0.1)
        nn.fit(m, [[0.5, -1.0]], [2.0], loss="mse", optimizer=optimizer, epochs=3, compiled=compiled)
        return m.state_dict()

    after = train(copied)
    assert model.state_dict() == before != after
    assert train(model) == after


# --- parameters in other containers ----------------------------------------------------------------------------


class Kept(Value):
    """A Value of the user's own."""

    __slots__ = ()


class Arrays(nn.Module):
    """Parameters in arrays of objects, the usual way to write W @ x."""

    def __init__(self) -> None:
        self.w = np.array([Value(0.0), Value(1.0)])
        self.W = np.array([[Value(2.0), Value(3.0), Value(4.0)], [Value(5.0), Value(6.0), Value(7.0)]])
        self.alone = np.array(Value(8.0), dtype=object)
        self.inner = np.array([nn.Neuron(1, activation="linear", init=nn.constant(0.5)), None], dtype=object)
        self.kept = Kept(9.0)
        self.later = deque([Value(10.0)], maxlen=3)
        self.table = np.zeros((2, 2))
        self.made = [Value(1.0) * 2.0, (Value(1.0) + 5.0).parents[1]]  # a result, and a number that met a Value

    def forward(self, x):
        with np.errstate(invalid="ignore"):  # a flag that machine code left behind is none of this product's
            hidden = self.W.T @ np.array(x)
            front = self.w @ hidden[:2]
        return front + hidden[2] * self.kept + self.alone.item() * self.inner[0](x[:1]) + self.later[0]


def test_parameters_are_found_in_arrays_of_objects_and_deques_and_of_ones_own_class():
    assert [(name, p.data) for name, p in Arrays().named_parameters().items()] == [
        ("w.0", 0.0), ("w.1", 1.0), ("W.0.0", 2.0), ("W.0.1", 3.0), ("W.0.2", 4.0), ("W.1.0", 5.0), ("W.1.1", 6.0),
        ("W.1.2", 7.0), ("alone", 8.0), ("inner.0.w.0", 0.5), ("inner.0.b", 0.0), ("kept", 9.0), ("later.0", 10.0),
    ]  # fmt: skip
    assert [*Arrays().named_modules()] == ["", "inner.0"]


def test_many_arrays_are_walked_each_with_its_own_lists():
    """Lists that are made for the walk and forgotten would give their id to those of the next array."""
    model = nn.Module()
    for i in range(50):
        setattr(model, f"w{i}", np.array([[Value(1.0), Value(2.0)]]))
    assert len(model.parameters()) == 100


@pytest.mark.parametrize("compiled", [False, True])
def test_parameters_in_arrays_are_trained_and_saved(compiled, tmp_path):
    model = Arrays()
    before = model.state_dict()
    sgd = nn.SGD(model.parameters(), lr=0.01)
    history = nn.fit(model, [[1.0, 2.0], [2.0, -1.0]], [3.0, 1.0], loss="huber", optimizer=sgd, epochs=3,
                     compiled=compiled)  # fmt: skip
    assert history.loss[-1] < history.loss[0]
    assert (history.compiled is not None) == compiled
    assert all(x != before[name] for name, x in model.state_dict().items())
    nn.save(model, tmp_path / "model.json")
    other = Arrays()
    nn.load(tmp_path / "model.json", into=other)
    assert other.state_dict() == model.state_dict()


@pytest.mark.parametrize("kind", [set, frozenset])
@pytest.mark.parametrize("item", [Value(1.0), nn.Neuron(1, init="zeros")], ids=["parameter", "module"])
def test_a_set_of_parameters_is_refused_since_it_has_no_order(kind, item):
    class Model(nn.Module):
        def __init__(self):
            self.names = {"a", 1, Value(1.0) * 2.0}  # what a module may remember: no parameter is in it
            self.inner = [kind([item])]

    for walk in (nn.Module.parameters, nn.Module.modules, nn.Module.state_dict, nn.Module.train):
        with pytest.raises(
            TypeError, match=r"inner\.0 is a (frozen)?set, in which parameters .* a list \(a set has no order\)"
        ):
            walk(Model())


@dataclasses.dataclass
class Gate:
    w: Value
    layers: list[nn.Module]
    width: int = 3
    shared: ClassVar[str] = "none"


@dataclasses.dataclass(slots=True, frozen=True)
class Slots:
    w: Value
    inner: Gate


class Pair(NamedTuple):
    first: Value
    second: Value


class Records(nn.Module):
    """Parameters in what people keep things in."""

    def __init__(self) -> None:
        self.gate = Gate(Value(1.0), [nn.Neuron(1, activation="linear", init=nn.constant(0.5))])
        self.slots = Slots(Value(2.0), Gate(Value(3.0), [nn.Dropout(0.0)]))
        self.pair = Pair(Value(4.0), Value(5.0))
        self.more = [self.gate, self]

    def forward(self, x):
        slots = self.slots
        y = self.gate.layers[0](x) * self.gate.w + slots.w * slots.inner.layers[0](x) + slots.inner.w
        return y + self.pair.first * x[0] + self.pair.second


def test_parameters_are_found_in_dataclasses_and_namedtuples():
    model = Records()
    assert [(name, p.data) for name, p in model.named_parameters().items()] == [
        ("gate.w", 1.0), ("gate.layers.0.w.0", 0.5), ("gate.layers.0.b", 0.0), ("slots.w", 2.0),
        ("slots.inner.w", 3.0), ("pair.0", 4.0), ("pair.1", 5.0),
    ]  # fmt: skip
    assert [*model.named_modules()] == ["", "gate.layers.0", "slots.inner.layers.0"]
    assert not model.eval().slots.inner.layers[0].training
    assert nn.Module().parameters() == []


@pytest.mark.parametrize("compiled", [False, True])
def test_parameters_in_dataclasses_are_trained_and_saved(compiled, tmp_path):
    model = Records()
    before = model.state_dict()
    sgd = nn.SGD(model.parameters(), lr=0.01)
    history = nn.fit(model, [[1.0], [2.0]], [3.0, 1.0], loss="mse", optimizer=sgd, epochs=3, compiled=compiled)
    assert (history.compiled is not None) == compiled
    assert all(x != before[name] for name, x in model.state_dict().items())
    nn.save(model, tmp_path / "model.json")
    other = Records()
    nn.load(tmp_path / "model.json", into=other)
    assert other.state_dict() == model.state_dict()


class Cell:
    """An object of no class that is known."""

    def __init__(self, inner):
        self.inner = inner


@pytest.mark.parametrize("item", [Value(1.0), nn.Neuron(1, init="zeros")], ids=["parameter", "module"])
def test_parameters_in_any_other_object_are_refused_with_its_name(item):
    class Model(nn.Module):
        def __init__(self):
            self.cells = {"first": Cell(item)}

    for walk in (nn.Module.parameters, nn.Module.modules, nn.Module.state_dict, nn.Module.train):
        with pytest.raises(TypeError, match=r"cells\.first is a Cell, in which parameters and modules are not found"):
            walk(Model())


def test_objects_that_hold_no_parameter_of_their_own_stay():
    model = nn.MLP(1, [2, 1], seed=1)
    before = [*model.named_parameters()]
    model.trainer = Cell(model)  # which leads back
    model.optimizer = nn.SGD(model.parameters())
    model.last = Cell(Value(1.0) * 2.0)  # a result
    model.frozen = Cell("text")
    model.function, model.kind, model.library = numbers, Cell, math
    assert [*model.named_parameters()] == before
