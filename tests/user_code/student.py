"""What a student writes, in lambdas and lists, with what a type checker sees of it."""

import math
import random
from importlib.util import find_spec
from typing import Any, assert_type

import autograd
import nn
from autograd import Drawing, Step, Value, Walkthrough, draw, explain, grad, hessian, scope, sin, walkthrough
from autograd.compiler import Jitted
from nn import MLP, SGD, Adam, History, Layer, Module, Neuron, datasets
from nn.vocabulary import Output

# --- Values ----------------------------------------------------------------------------------------------------

a, b = Value(2.0, label="a"), Value(-3, label="b")
assert_type(a * b + a.tanh(), Value)
assert_type(2 * a - 1 / b**2 + (-a) % 3 // 2 + abs(b), Value)
assert_type(a.data + a.grad, float)
assert_type(a < b, bool)
assert_type(a == b, bool)
assert_type({a: 1.0, b: 2.0}[a], float)
assert_type(f"{a:.3f}", str)
assert_type(max([a, b]), Value)
assert_type(a.relu().sigmoid().exp().log(), Value)
assert_type(a.parents, tuple[Value, ...])
a.backward()

assert_type(sin(a), Value)
assert_type(sin(0.5), float)
assert_type(sin(1), float)
assert_type(autograd.hypot(a, 1.0), Value)
assert_type(autograd.hypot(3.0, b), Value)
assert_type(autograd.hypot(3, 4), float)
assert_type(autograd.maximum(autograd.gt(a, b), 0.5), Value)
assert_type(autograd.abs(a), Value)
assert_type(autograd.leaky_relu(a), Value)
assert_type(autograd.leaky_relu(-1.0, 0.1), float)
assert_type(autograd.dot([1.0, 2.0], [3, 4]), float)
assert_type(autograd.dot([a, b], [3.0, 4.0], 0.5), Value)
assert_type(autograd.dot([1.0, 2.0], [3.0, 4.0], bias=a), Value)
assert_type(autograd.total([a, 1.0]), Value)
assert_type(autograd.total(x * x for x in (a, b)), Value)
assert_type(autograd.total([1, 2]), float)
assert_type(autograd.mean([a, b]), Value)
assert_type(autograd.prod([2.0, 3.0]), float)
assert_type(autograd.logsumexp([a, b]), Value)
assert_type(autograd.softmax([a, 0.0]), list[Value])
assert_type(autograd.softmax([1.0, 2.0]), list[float])
assert_type(autograd.log_softmax([a, b]), list[Value])
assert_type(autograd.where(a > 0, a, 0.0), Value)
assert_type(autograd.where(autograd.gt(a, 0.0), 1.0, 0.0), Value)
assert_type(autograd.where(True, 1.0, 2.0), float)
assert_type(autograd.where(a < 0, lambda: a * a, lambda: a.sqrt()), Value)
assert_type(autograd.where(a < 0, lambda: a * a, 0.0), Value | float)
assert_type(autograd.pick([10.0, 20.0], 1), float)
assert_type(autograd.pick([10.0, 20.0], Value(1.0)), Value)
assert_type(autograd.uniform(random.Random(1)), float)
assert_type(autograd.as_value(2.0), Value)
assert_type(autograd.as_float(2), float)
assert_type(autograd.topological_order(a * b), list[Value])
assert_type(sum([a * b, a], start=Value(0.0)), Value)  # without the start Python says: a Value, or 0

try:
    autograd.log(a - 2.0).backward()
except (ValueError, autograd.AutogradError, autograd.NonFiniteError, autograd.StaleGraphError) as error:
    assert_type(str(error), str)

versine = autograd.primitive("versine", lambda x: 1 - math.cos(x), lambda x, out: (sin(x),))
assert_type(versine(a), Value)
assert_type(versine(0.5), float)
assert_type(autograd.TABLE["sin"], autograd.Primitive)

# --- derivatives -----------------------------------------------------------------------------------------------

assert_type(grad(lambda x: x**3)(2.0), float)
assert_type(grad(grad(lambda x: x * sin(x)))(1), float)
assert_type(grad(lambda x: x**3)(a), Value)
assert_type(grad(lambda ws, x: ws[0] * x + ws[1])([2, 1], 3.0), list[float])
assert_type(grad(lambda p, x: p["w"] * x)({"w": 2.0}, 3.0), dict[str, float])
assert_type(hessian(lambda x: x**3)(2.0), float)
assert_type(hessian(lambda v: v[0] ** 2 * v[1])([3.0, 5.0]), list[list[float]])
assert_type(autograd.value_and_grad(lambda x: x * x)(3.0), tuple[float, float])
assert_type(autograd.value_and_grad(lambda v: v[0] * v[1])([3.0, 2.0]), tuple[float, list[float]])
assert_type(autograd.hvp(lambda v: v[0] ** 2 * v[1], ([3.0, 5.0],), ([1.0, 0.0],)), list[float])
assert_type(autograd.grad_of(a**3, [a]), list[Value])
assert_type(autograd.gradcheck(lambda x: x * x, 2.0).ok, bool)
assert_type(autograd.jit(lambda x: x * x), Jitted[Any])

# --- pictures and steps ----------------------------------------------------------------------------------------

with scope("loss"), autograd.no_grad():
    assert_type(a * a, Value)
loss = (a * b).tanh()
assert_type(draw(loss, heat="grad", direction="TB"), Drawing)
assert_type(draw(loss).source, str)
try:
    assert_type(draw(loss).svg, str)
except autograd.DrawError:
    print("no dot here")
assert_type(walkthrough(loss, order="naive"), Walkthrough)
assert_type(walkthrough(loss)[0], Step)
assert_type(explain(a, loss).total, float)

# --- networks, as in micrograd ---------------------------------------------------------------------------------

model = MLP(2, [4, 1], activation="tanh", init="xavier_normal", seed=1)
assert_type(model.parameters(), list[Value])
assert_type(model.layers[0].neurons[0].w[0].data, float)
assert_type(Neuron(2, nonlin=False)([1.0, a]), Value)
assert_type(Layer(2, 3, activation="relu")([1, 2]), Output)
assert_type(model([1.0, 2.0]), Output)  # a Value or a list of them
assert_type(1 - 2.0 * model([1.0, 2.0]).relu(), Output)
assert_type(autograd.softmax(Layer(2, 3)([1.0, 2.0])), list[Value])
assert_type(Layer(2, 3)([1.0, 2.0])[0], Value)
assert_type([out.data for out in Layer(2, 3)([1.0, 2.0])], list[float])

rows, labels = datasets.moons(20, seed=1)
losses = [(1 - label * model(row)).relu() for row, label in zip(rows, labels, strict=True)]
mean_loss = autograd.mean(losses) + 1e-4 * autograd.total(p * p for p in model.parameters())
assert_type(mean_loss, Value)
model.zero_grad()
mean_loss.backward()
for p in model.parameters():
    p.data -= 0.1 * p.grad

assert_type(nn.mse(model([1.0, 2.0]), 1), Value)
assert_type(nn.hinge([a, b], [1, -1]), Value)
assert_type(nn.mae(2.0, 3.0), float)
assert_type(nn.bce(model([1.0, 2.0]).sigmoid(), 1), Value)
assert_type(nn.bce_with_logits(model([1.0, 2.0]), 1.0), Value)
assert_type(nn.activations.gelu(a), Value)
assert_type(nn.activations.silu(0.5), float)
assert_type(nn.cross_entropy(Layer(2, 3)([1.0, 2.0]), 2), Value)
assert_type(nn.cross_entropy([a, 0.0], 1), Value)
assert_type(nn.cross_entropy([2.0, 1.0], 1), float)
assert_type(nn.penalty(model.parameters(), l2=0.1), Value)


class TwoTowers(Module):
    """A model of one's own."""

    def __init__(self) -> None:
        self.left, self.right = Layer(2, 3), Layer(2, 3)

    def forward(self, x: list[float]) -> Value:
        return autograd.dot(self.left(x), self.right(x))


class Square(autograd.Scoped):
    """A part that holds no parameters."""

    def forward(self, x: Value) -> Value:
        return x * x


assert_type(TwoTowers()([1.0, 2.0]), Value)
assert_type(Square()(a), Value)
Neuron(2, init=nn.constant(0.5))

# --- training --------------------------------------------------------------------------------------------------

history = nn.fit(model, rows, labels, loss="hinge", optimizer=Adam(model.parameters(), lr=0.1), epochs=2)
assert_type(history, History)
assert_type(history.loss[-1], float)
assert_type(history.metrics["accuracy"] if history.metrics else [0.5], list[float])
nn.fit(model, rows, labels, loss=lambda p, t: (p - t) ** 2, optimizer="sgd", epochs=1, metrics="accuracy")
nn.fit(
    model, rows, labels, loss="bce_with_logits", optimizer=SGD, epochs=1, metrics=["accuracy", "f1"],
    callbacks=[nn.EarlyStopping(monitor="val_f1"), lambda history, model: history.loss[-1] < 0.1], validation=0.2,
    class_weight="balanced", schedule=nn.StepDecay(every=10),
)  # fmt: skip
assert_type(nn.predict(model, rows), list[Any])
assert_type(nn.accuracy(model, rows, labels), float)
assert_type(nn.evaluate(model, rows, labels, loss="hinge"), float)
assert_type(nn.evaluate(model, rows, labels, loss="hinge", metrics=["accuracy"]), dict[str, float])
assert_type(nn.metrics.f1([0.5, -2.0], [1, 0]), float)
assert_type(nn.standardize(rows), list[list[float]])
rows_train, rows_test, labels_train, labels_test = nn.train_test_split(rows, labels)
assert_type(rows_train, list[list[float]])
assert_type(labels_test, list[int])
for some_rows, some_labels in nn.batches(rows, labels, 5):
    assert_type(some_rows, list[list[float]])
    assert_type(some_labels, list[int])


def through_torch(model: Module) -> Module:
    """Not called: PyTorch and onnx may not be there."""
    nn.to_onnx(model)
    return nn.from_torch(nn.to_torch(model))


if find_spec("sklearn") is not None:
    classifier = nn.StepClassifier(4, activation="tanh", epochs=2).fit(rows, labels)
    assert_type(classifier, nn.StepClassifier)
    print(classifier.predict(rows).shape, nn.StepRegressor(4, epochs=2).fit(rows, labels).predict(rows).shape)
