# pyright: strict
"""What an engineer writes, with types, arrays and functions; read by the strict checks."""

import math
import random
import tempfile
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, assert_type

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import autograd
import nn
from autograd import Value, compile_loss, dot, exp, grad, hessian, jacobian, jit, jvp, tanh, to_c, value_and_grad, where
from nn import MLP, Dropout, Embedding, Layer, LayerNorm, Module, Residual, RMSNorm, Sequential, Standardize
from nn.vocabulary import ActivationName, LossName, Output

Floats = npt.NDArray[np.float64]
rng = np.random.default_rng(1)
X: Floats = rng.normal(size=(40, 2))
y: Floats = (X[:, 0] > 0.0).astype(np.float64)


# --- functions and their derivatives ---------------------------------------------------------------------------


def energy(x: Value, w: Value) -> Value:
    return w * tanh(x) + exp(-x)


def rosenbrock(v: list[Value]) -> Value:
    return (1 - v[0]) ** 2 + 100 * (v[1] - v[0] ** 2) ** 2


def field(v: list[Value]) -> list[Value]:
    return [v[0] * v[1], v[0].sin()]


@dataclass
class Line:
    slope: float
    offset: float


def squares(line: Line, x: float) -> float:
    return (line.slope * x + line.offset) ** 2


assert_type(grad(energy)(0.5, 2.0), float)
assert_type(grad(energy)(Value(0.5), 2.0), Value)
assert_type(grad(energy)(0.5, Value(2.0)), Value)
assert_type(grad(squares)(Line(1.0, 2.0), 3.0), Line)
assert_type(value_and_grad(energy)(0.5, 2.0), tuple[float, float])
assert_type(value_and_grad(rosenbrock)([0.5, 2.0]), tuple[float, list[float]])
assert_type(hessian(rosenbrock)([0.5, 2.0]), list[list[float]])
assert_type(jacobian(field)([0.5, 2.0]), list[list[float]])
assert_type(jvp(energy, (0.5, 2.0), (1.0, 0.0)), tuple[float, float])
assert_type(jvp(field, ([0.5, 2.0],), ([1.0, 0.0],)), tuple[list[float], list[float]])

x = 2.0
for _ in range(20):
    x -= grad(energy)(x, 1.0) / hessian(energy)(x, 1.0)
assert_type(x, float)

fast = jit(energy)
with autograd.thread_limit(1):
    assert_type(fast(0.5, 2.0), float)
assert_type(fast(0.5, 2.0), float)
assert_type(fast(Value(0.5), 2.0), Value)
assert_type(fast(X[:, 0], 2.0), np.ndarray[tuple[int], np.dtype[np.float64]])
with autograd.thread_limit(2):
    assert_type(jit(grad(energy))(0.5, 2.0), float)
assert_type(jit(value_and_grad(energy))(0.5, 2.0), tuple[float, float])
assert_type(to_c(fast, "energy"), str)


@jit
def decorated(x: Value) -> Value:
    return where(autograd.lt(x, 0.0), -x, x * x)


assert_type(decorated(2.0), float)

w = Value(0.0, label="w")
print((w * X[:, 0]).shape, (X[0] - w).shape, np.array([w, w]) * 2)  # arrays of Values: NumPy's to type


def squared_error(x: float, t: float) -> Value:
    return (w * x - t) ** 2


step = compile_loss(squared_error, [w])
assert_type(step([1.0, 2.0], [3.0, 6.0]), float)


def cube(x: float) -> float:
    return x * x * x


def slope_of_cube(x: Value, out: Value) -> tuple[Value]:
    return (3.0 * x * x,)


assert_type(autograd.primitive("cube", cube, slope_of_cube)(w), Value)


# --- models ----------------------------------------------------------------------------------------------------


def swish(x: Value) -> Value:
    return x * x.sigmoid()


class Attention(Module):
    def __init__(self, width: int, rng: random.Random) -> None:
        self.query, self.key = (Layer(width, width, activation="linear", rng=rng) for _ in range(2))
        self.norm, self.drop = LayerNorm(width), Dropout(0.1, seed=1)

    def forward(self, xs: Sequence[Sequence[Value]]) -> list[Value]:
        scores = [dot(self.query(xs[-1]), self.key(x)) / math.sqrt(len(x)) for x in xs]
        weights = autograd.softmax(scores)
        mixed = [dot(weights, column) for column in zip(*xs, strict=True)]
        return self.drop(self.norm(mixed))


table = Embedding(5, 4, seed=1)
assert_type(table(3), list[Value])
attention = Attention(4, random.Random(1))
assert_type(attention([table(1), table(2)]), list[Value])
assert_type(attention.eval(), Attention)
assert_type(attention.parameters(), list[Value])

activation: ActivationName = "gelu"
network = Sequential(
    Standardize(X), Layer(2, 4, activation=activation), Residual(Layer(4, 4, activation=swish)), RMSNorm(4), tanh,
    Layer(4, 1, activation=partial(autograd.leaky_relu, slope=0.2)),
)  # fmt: skip
assert_type(network(X[0]), Output)
assert_type(network.state_dict(), dict[str, float])
assert_type(nn.mse(network(X[0]), y[0]), Value)


def huber_of_two(prediction: Value, target: float) -> Value:
    return nn.huber(prediction, target, delta=2.0)


# --- training --------------------------------------------------------------------------------------------------


def train(loss: LossName) -> nn.History:
    model = MLP(2, [4, 1], activation="tanh", seed=1)
    optimizer = nn.AdamW(model.parameters(), lr=0.01, clip_norm=1.0)
    return nn.fit(model, X, y, loss=loss, optimizer=optimizer, epochs=2, batch_size=8)


names: list[LossName] = ["mse", "huber"]
for name in names:
    assert_type(train(name).loss, list[float])

LOSS: Final = "mse"  # so that mypy takes it for its name, and not for any str
nn.fit(network, X, y, loss=LOSS, optimizer="adagrad", epochs=1, threads=2)
written = "mae"  # read from a file, say: a name is looked up, and a function of one's own is taken as it is
nn.fit(network, X, y, loss=nn.losses.LOSSES[str(written)], optimizer="adam", epochs=1)
nn.fit(network, X, y, loss=huber_of_two, optimizer="RMSprop", epochs=1)


class Momentum(nn.Optimizer):
    """An optimiser of one's own, whose state has a name."""

    states = 1

    def rule(self, p: Value, g: Value, lr: Value, t: Value, velocity: Value) -> tuple[Value, Value]:
        velocity = 0.9 * velocity + g
        return p - lr * velocity, velocity


nn.fit(network, X, y, loss=partial(nn.huber, delta=2.0), optimizer=Momentum(network.parameters(), lr=0.01), epochs=1)


class Patience:
    def __call__(self, history: nn.History, model: Module) -> bool:
        return len(history.loss) > 100


def of_halves(outputs: Floats, targets: Floats) -> float:
    return float(np.abs(outputs - targets).mean())


schedules: list[Callable[[float, int, Sequence[float]], float]] = [
    nn.Warmup(2, then=nn.CosineDecay(10)), nn.ExponentialDecay(0.9), nn.LinearDecay(10), nn.ReduceOnPlateau(),
]  # fmt: skip
optimizers: list[nn.Optimizer] = [nn.AdaGrad(network.parameters()), nn.RMSprop(network.parameters(), momentum=0.9)]
for optimizer, schedule in zip(optimizers, schedules, strict=False):
    nn.fit(network, X, y, loss="mse", optimizer=optimizer, schedule=schedule, epochs=1, callbacks=nn.StopBelow(0.01))

warnings.simplefilter("error", nn.DivergenceWarning)
warnings.simplefilter("error", autograd.FallbackWarning)
history = nn.fit(
    network, X, y, loss="mse", optimizer=nn.SGD(network.parameters(), momentum=0.9), epochs=2, callbacks=Patience(),
    metrics=["r2", of_halves], validation=(X, y), sample_weight=np.ones(40), class_weight={0: 1.0, 1: 2.0},
)  # fmt: skip
assert_type(history.plot(), Figure)
axes = Figure().subplots()
assert_type(nn.plot_gradients(network, ax=axes), Axes)
assert_type(nn.plot_decision_boundary(network, X, y), Figure)
assert_type(nn.plot_loss_surface(lambda: squared_error(1.0, 2.0), w, network.parameters()[0]), Figure)
assert_type(nn.predict(network, X), Floats)
assert_type(nn.accuracy(network, X, y), float)
assert_type(nn.metrics.r2(nn.predict(network, X), y), float)
assert_type(nn.standardize(X), Floats)
assert_type(nn.train_test_split(X, y), tuple[Floats, Floats, Floats, Floats])
assert_type(nn.watch(network, X).notes, list[str])
assert_type(nn.to_c(network), str)

try:
    decorated(math.inf)
    autograd.gradcheck(autograd.relu, 0.0)
except (autograd.GradcheckError, autograd.TraceError) as error:
    assert_type(str(error), str)


with tempfile.TemporaryDirectory() as folder:
    file = Path(folder, "model.json")
    nn.save(network, file)
    assert_type(nn.load(file, into=network), Sequential)
    nn.save(MLP(2, 1), file)
    loaded: Module = nn.load(file)
    assert_type(nn.load(file)([1.0, 2.0]), Output)
    if isinstance(loaded, MLP):
        assert_type(loaded.layers[0].neurons[0].b, Value)
