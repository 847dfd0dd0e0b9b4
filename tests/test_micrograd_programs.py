"""Programs written for micrograd, and for the lecture in which it is built, run here after the import line.

They are written anew, to the shape of the originals; the numbers are those that the originals print.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

import numpy as np
import pytest
from graphviz import Digraph

import nn
from autograd import Value
from nn import MLP, Layer, Neuron


@pytest.fixture(autouse=True)
def _generators_as_they_were() -> Iterator[None]:
    """The programs seed the generators that all tests share."""
    python, numpy = random.getstate(), np.random.get_state()
    yield
    random.setstate(python)
    np.random.set_state(numpy)


def digits(x: float) -> str:
    return f"{x:.4f}"


# --- micrograd's README ----------------------------------------------------------------------------------


def readme_program() -> tuple[Value, Value, Value]:
    a = Value(-4.0)
    b = Value(2.0)
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + (b + a).relu()
    d += 3 * d + (b - a).relu()
    e = c - d
    f = e**2
    g = f / 2.0
    g += 10.0 / f
    return a, b, g


def test_the_readme_example():
    a, b, g = readme_program()
    assert digits(g.data) == "24.7041"
    g.backward()
    assert digits(a.grad) == "138.8338"
    assert digits(b.grad) == "645.5773"


def test_before_any_backward_every_grad_is_zero():
    a, b, g = readme_program()
    assert (a.grad, b.grad, g.grad) == (0, 0, 0)


def test_values_reused_through_relu():
    x = Value(-4.0)
    z = 2 * x + 2 + x
    q = z.relu() + z * x
    h = (z * z).relu()
    y = h + q + q * x
    y.backward()
    assert y.data == -20.0
    assert x.grad == 46.0


def test_a_value_prints_its_data_and_grad():
    x = Value(3.0)
    (x * 2).backward()
    assert repr(x) == "Value(data=3.0, grad=2.0)"


# --- the notebook that draws graphs ----------------------------------------------------------------------


def nodes_and_edges(root: Value) -> tuple[set[Value], set[tuple[Value, Value]]]:
    nodes, edges = set(), set()

    def visit(v):
        if v not in nodes:
            nodes.add(v)
            for child in v._prev:
                edges.add((child, v))
                visit(child)

    visit(root)
    return nodes, edges


def picture(root: Value) -> Digraph:
    dot = Digraph(format="svg", graph_attr={"rankdir": "LR"})
    nodes, edges = nodes_and_edges(root)
    for v in nodes:
        name = str(id(v))
        dot.node(name, "{ %s | data %.4f | grad %.4f }" % (v.label, v.data, v.grad), shape="record")  # noqa: UP031
        if v._op:
            dot.node(name + v._op, v._op)
            dot.edge(name + v._op, name)
    for child, v in edges:
        dot.edge(str(id(child)), str(id(v)) + v._op)
    return dot


def test_tracing_a_small_graph():
    x = Value(1.0, label="x")
    y = (x * 2 + 1).relu()
    y.label = "y"
    y.backward()
    nodes, edges = nodes_and_edges(y)
    assert sorted((v._op.lower(), v.data, v.grad) for v in nodes if v._op) == [
        ("*", 2.0, 1.0),
        ("+", 3.0, 1.0),
        ("relu", 3.0, 1.0),
    ]
    assert sorted(v.data for v in nodes if not v._op) == [1.0, 1.0, 2.0]
    assert len(edges) == 5
    source = picture(y).source
    assert "{ x | data 1.0000 | grad 2.0000 }" in source
    assert "{ y | data 3.0000 | grad 1.0000 }" in source
    assert source.count("->") == 5 + 3


def test_tracing_a_neuron():
    random.seed(1337)
    n = nn.Neuron(2, init="uniform")
    x = [Value(1.0), Value(-2.0)]
    y = n(x)
    y.backward()
    nodes, edges = nodes_and_edges(y)
    assert {*x, *n.w, n.b, y} <= nodes
    # One fused node and its relu, where micrograd has five nodes.
    assert [v._op for v in (y, *y._prev)] == ["relu", "dot"]
    assert len(edges) == 6
    assert y.data == 0.102443419482938
    assert [v.grad for v in (*n.w, n.b)] == [1.0, -2.0, 1.0]
    assert [v.grad for v in x] == [0.23550571390294128, 0.06653114721000164]
    assert picture(y).source.count("->") == 8


def test_one_operand_used_twice_is_one_child_of_the_trace():
    a = Value(3.0)
    _, edges = nodes_and_edges(a + a)
    assert len(edges) == 1


# --- the notebook that trains on two moons ---------------------------------------------------------------


def make_moons(n_samples: int, noise: float) -> tuple[np.ndarray, np.ndarray]:
    """What sklearn.datasets.make_moons draws from NumPy's global generator, bit for bit: a shuffle, then noise."""
    half = n_samples // 2
    t = np.linspace(0, np.pi, half)
    X = np.vstack([np.append(np.cos(t), 1 - np.cos(t)), np.append(np.sin(t), 1 - np.sin(t) - 0.5)]).T
    y = np.hstack([np.zeros(half, dtype=np.intp), np.ones(half, dtype=np.intp)])
    order = np.arange(n_samples)
    np.random.shuffle(order)
    X, y = X[order], y[order]
    X += np.random.normal(scale=noise, size=X.shape)
    return X, y


class Demo:
    """The notebook: its data, its model and its loss."""

    def __init__(self):
        np.random.seed(1337)
        random.seed(1337)
        self.X, y = make_moons(n_samples=100, noise=0.1)
        self.y = y * 2 - 1
        self.model = MLP(2, [16, 16, 1], init="uniform")

    def loss(self, batch_size=None):
        X, y, model = self.X, self.y, self.model
        if batch_size is not None:
            rows = np.random.permutation(X.shape[0])[:batch_size]
            X, y = X[rows], y[rows]
        inputs = [list(map(Value, row)) for row in X]
        scores = list(map(model, inputs))

        losses = [(1 + -yi * score).relu() for yi, score in zip(y, scores, strict=True)]
        data_loss = sum(losses) * (1.0 / len(losses))
        alpha = 1e-4
        reg_loss = alpha * sum(p * p for p in model.parameters())
        right = [(yi > 0) == (score.data > 0) for yi, score in zip(y, scores, strict=True)]
        return data_loss + reg_loss, sum(right) / len(right)

    def train(self, steps, of=100, batch_size=None):
        """The (loss, accuracy) of each step."""
        seen = []
        for k in range(steps):
            total_loss, right = self.loss(batch_size)
            self.model.zero_grad()
            total_loss.backward()
            learning_rate = 1.0 - 0.9 * k / of
            for p in self.model.parameters():
                p.data -= learning_rate * p.grad
            seen.append((total_loss.data, right))
        return seen


# What micrograd 0.1.0 prints for steps 0 to 9 and 99; the order in which it adds gradients varies from run to run.
DEMO = [
    (0.8958441028683222, 0.50),
    (1.7235905336972022, 0.81),
    (0.7429006313851131, 0.77),
    (0.7705641260584201, 0.82),
    (0.3692793385976538, 0.84),
    (0.3135454819185219, 0.86),
    (0.2814234349772434, 0.89),
    (0.2688873331398391, 0.91),
]
DEMO_LAST = (0.010978370135492717, 1.00)


def test_the_moons_are_those_of_the_notebook():
    demo = Demo()
    assert demo.X.shape == (100, 2)
    assert sorted(set(demo.y.tolist())) == [-1, 1]
    # From scikit-learn with the same seed: the first point, and sums that identify the whole draw.
    assert demo.X[0].tolist() == pytest.approx([1.1221146075409685, 0.08147717341718697], rel=1e-14)
    assert demo.X.sum(axis=0).tolist() == pytest.approx([52.103976393758344, 26.506258031258774], rel=1e-13)
    assert demo.y[:6].tolist() == [-1, -1, 1, -1, 1, 1]


def test_the_demo_starts_at_its_own_loss():
    total_loss, right = Demo().loss()
    # Bit for bit where this was written; NumPy's cos may differ in the last one on other processors.
    assert total_loss.data == pytest.approx(0.8958441028683222, rel=1e-15)
    assert right == 0.5


def test_the_demo_goes_on_as_it_does():
    for (loss, right), (known_loss, known_right) in zip(Demo().train(len(DEMO)), DEMO, strict=True):
        assert loss == pytest.approx(known_loss, rel=1e-13)
        assert right == known_right


@pytest.mark.slow
def test_the_demo_ends_where_it_does():
    loss, right = Demo().train(100)[-1]
    assert loss == pytest.approx(DEMO_LAST[0], rel=1e-9)
    assert right == DEMO_LAST[1]


def test_the_demo_on_batches_learns():
    seen = Demo().train(40, batch_size=16)
    assert sum(loss for loss, _ in seen[-5:]) < 0.5 * sum(loss for loss, _ in seen[:5])


def test_the_demo_draws_its_boundary():
    demo = Demo()
    xx, yy = np.meshgrid(np.arange(-1, 2, 0.5), np.arange(-1, 1.5, 0.5))
    grid = np.c_[xx.ravel(), yy.ravel()]
    scores = list(map(demo.model, [list(map(Value, row)) for row in grid]))
    Z = np.array([s.data > 0 for s in scores]).reshape(xx.shape)
    assert Z.shape == xx.shape
    assert Z.dtype == bool


# --- the parts of its nn ---------------------------------------------------------------------------------


def test_the_attributes_of_a_network():
    model = MLP(2, [16, 16, 1])
    assert len(model.parameters()) == 337
    assert [len(layer.neurons) for layer in model.layers] == [16, 16, 1]
    in_order = [p for layer in model.layers for n in layer.neurons for p in [*n.w, n.b]]
    assert model.parameters() == in_order
    assert str(model)


def test_a_layer_of_one_gives_the_bare_value():
    assert isinstance(Layer(2, 1)([1.0, 2.0]), Value)
    out = Layer(2, 3)([1.0, 2.0])
    assert isinstance(out, list)
    assert len(out) == 3
    assert isinstance(MLP(2, [1, 1])([1.0, 2.0]), Value)  # also where a hidden layer is one wide


def test_a_neuron_is_relu_and_linear_on_request():
    random.seed(1)
    on, off = Neuron(1, init="uniform"), Neuron(1, nonlin=False, init="uniform")
    for neuron in (on, off):
        neuron.w[0].data, neuron.b.data = -2.0, 0.5
    assert on([1.0]).data == 0.0
    assert off([1.0]).data == -1.5


def test_weights_are_drawn_in_order_from_pythons_generator():
    random.seed(7)
    drawn = [random.uniform(-1, 1) for _ in range(2 * 3 + 3 * 1)]
    random.seed(7)
    model = MLP(2, [3, 1], init="uniform")
    weights = [w.data for layer in model.layers for n in layer.neurons for w in n.w]
    assert weights == drawn
    assert all(n.b.data == 0 for layer in model.layers for n in layer.neurons)


def test_zero_grad():
    model = MLP(2, [2, 1])
    model([1.0, -1.0]).backward()
    assert any(p.grad != 0 for p in model.parameters())
    model.zero_grad()
    assert all(p.grad == 0 for p in model.parameters())


# --- the lecture -----------------------------------------------------------------------------------------


def expression() -> dict[str, Value]:
    a = Value(2.0, label="a")
    b = Value(-3.0, label="b")
    c = Value(10.0, label="c")
    e = a * b
    e.label = "e"
    d = e + c
    d.label = "d"
    f = Value(-2.0, label="f")
    L = d * f
    L.label = "L"
    return {v.label: v for v in (a, b, c, e, d, f, L)}


def test_the_first_expression():
    v = expression()
    assert v["L"].data == -8.0
    assert v["d"]._op == "+"
    assert set(v["d"]._prev) == {v["e"], v["c"]}
    v["L"].backward()
    grads = {name: value.grad for name, value in v.items()}
    assert grads == {"L": 1.0, "d": -2.0, "f": 4.0, "c": -2.0, "e": -2.0, "a": 6.0, "b": -4.0}


def test_one_step_uphill():
    v = expression()
    v["L"].backward()
    a, b, c, f = (v[name] for name in "abcf")
    for leaf in (a, b, c, f):
        leaf.data += 0.01 * leaf.grad
    L = (a * b + c) * f
    assert L.data == pytest.approx(-7.286496, abs=1e-12)


def test_nudging_gives_the_same_derivatives():
    h = 1e-4
    v = expression()
    v["L"].backward()
    for name in "abcf":
        moved = {k: leaf.data + (h if k == name else 0.0) for k, leaf in v.items()}
        L = (Value(moved["a"]) * Value(moved["b"]) + Value(moved["c"])) * Value(moved["f"])
        assert (L.data - v["L"].data) / h == pytest.approx(v[name].grad, abs=1e-6)


def neuron() -> tuple[dict[str, Value], Value]:
    inputs = {"x1": 2.0, "x2": 0.0, "w1": -3.0, "w2": 1.0, "b": 6.8813735870195432}
    v = {name: Value(x, label=name) for name, x in inputs.items()}
    x1w1 = v["x1"] * v["w1"]
    x2w2 = v["x2"] * v["w2"]
    return v, x1w1 + x2w2 + v["b"]


def by_tanh(n: Value) -> Value:
    return n.tanh()


def by_exp(n: Value) -> Value:
    e = (2 * n).exp()
    return (e - 1) / (e + 1)


@pytest.mark.parametrize("activate", [by_tanh, by_exp])
def test_the_neuron(activate):
    v, n = neuron()
    o = activate(n)
    o.backward()
    assert digits(n.data) == "0.8814"
    assert digits(o.data) == "0.7071"
    grads = {name: leaf.grad for name, leaf in v.items()}
    assert grads == pytest.approx({"x1": -1.5, "w1": 1.0, "x2": 0.5, "w2": 0.0, "b": 0.5}, abs=1e-14)
    assert n.grad == pytest.approx(0.5, abs=1e-14)


def test_a_value_added_to_itself():
    a = Value(3.0, label="a")
    b = a + a
    b.backward()
    assert a.grad == 2.0


def test_values_that_meet_again():
    a, b = Value(-2.0), Value(3.0)
    d = a * b
    e = a + b
    f = d * e
    f.backward()
    assert (f.data, a.grad, b.grad) == (-6.0, -3.0, -8.0)


def test_numbers_on_either_side():
    a = Value(2.0)
    assert [v.data for v in (a + 1, 1 + a, a * 2, 2 * a, a - 1, 1 - a, a / 4, 4 / a, a**3, -a)] == [
        3.0, 3.0, 4.0, 4.0, 1.0, -1.0, 0.5, 2.0, 8.0, -2.0,
    ]  # fmt: skip


XS = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]]
YS = [1.0, -1.0, -1.0, 1.0]


@pytest.mark.parametrize(
    ("model", "step"),
    [
        (lambda: MLP(3, [4, 4, 1], seed=1), 0.02),
        (lambda: MLP(3, [4, 4, 1], activation="tanh", output_activation="tanh", seed=1), 0.05),
    ],
    ids=["relu", "tanh"],
)
def test_four_points(model, step):
    n = model()
    assert len(n.parameters()) == 41
    losses = []
    for _ in range(200):
        ypred = [n(x) for x in XS]
        loss = sum((yout - ygt) ** 2 for ygt, yout in zip(YS, ypred, strict=True))
        for p in n.parameters():
            p.grad = 0.0
        loss.backward()
        for p in n.parameters():
            p.data += -step * p.grad
        losses.append(loss.data)
    assert losses[-1] < 0.05 < losses[0]
    assert [yout.data > 0 for yout in map(n, XS)] == [ygt > 0 for ygt in YS]


def test_gradients_left_from_the_step_before_add_up():
    x = Value(3.0)
    for passes in (1, 2, 3):
        (x * 2).backward()
        assert x.grad == 2.0 * passes


def test_stepping_back_node_by_node_as_in_the_first_lecture() -> None:
    a, b, c = Value(2.0), Value(-3.0), Value(10.0)
    e = a * b
    d = e + c
    out = d.tanh()
    out.grad = 1.0
    for node in (out, d, e):
        node._backward()
    stepped = [x.grad for x in (a, b, c)]
    for x in (a, b, c):
        x.grad = 0.0
    out.backward()
    assert stepped == [x.grad for x in (a, b, c)]


def test_a_backward_of_ones_own_is_refused_with_what_to_do_instead() -> None:
    class Fork(Value):
        def double(self) -> Value:
            out = Fork(self.data * 2)
            out._backward = lambda: None
            return out

    with pytest.raises(AttributeError, match=r"autograd\.primitive"):
        Fork(1.0).double()
