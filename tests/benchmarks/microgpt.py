"""A GPT of scalars in the form of A. Karpathy's microgpt (2026), written anew, and a Value class like its own.

The program asks of its ``Value`` what microgpt asks: +, *, **, -, /, log, exp, relu, data, grad and backward.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from typing import Any, NamedTuple

from nn import datasets


class OwnValue:
    """A number with its derivatives by the numbers it was computed from: what microgpt brings along."""

    __slots__ = ("_children", "_local_grads", "data", "grad")

    def __init__(self, data: float, children: tuple[Any, ...] = (), local_grads: tuple[float, ...] = ()) -> None:
        self.data, self.grad = data, 0.0
        self._children, self._local_grads = children, local_grads

    def __add__(self, other: Any) -> OwnValue:
        other = other if isinstance(other, OwnValue) else OwnValue(other)
        return OwnValue(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other: Any) -> OwnValue:
        other = other if isinstance(other, OwnValue) else OwnValue(other)
        return OwnValue(self.data * other.data, (self, other), (other.data, self.data))

    def __pow__(self, power: float) -> OwnValue:
        return OwnValue(self.data**power, (self,), (power * self.data ** (power - 1),))

    def log(self) -> OwnValue:
        return OwnValue(math.log(self.data), (self,), (1.0 / self.data,))

    def exp(self) -> OwnValue:
        out = math.exp(self.data)
        return OwnValue(out, (self,), (out,))

    def relu(self) -> OwnValue:
        return OwnValue(max(0.0, self.data), (self,), (float(self.data > 0.0),))

    def __neg__(self) -> OwnValue:
        return self * -1.0

    def __sub__(self, other: Any) -> OwnValue:
        return self + (-other)

    def __truediv__(self, other: Any) -> OwnValue:
        return self * other**-1

    __radd__, __rmul__ = __add__, __mul__

    def backward(self) -> None:
        order: list[OwnValue] = []
        seen: set[OwnValue] = set()

        def visit(v: OwnValue) -> None:
            if v not in seen:
                seen.add(v)
                for child in v._children:
                    visit(child)
                order.append(v)

        visit(self)
        self.grad = 1.0
        for v in reversed(order):
            for child, local in zip(v._children, v._local_grads, strict=True):
                child.grad += local * v.grad


class Settings(NamedTuple):
    """What differs between the versions that were published, and the sizes."""

    deviation: float = 0.08  # of the initial weights
    zeros: tuple[str, ...] = ()  # matrices that start at 0
    squared: bool = False  # relu(x)² in place of relu(x)
    layers: int = 1
    width: int = 16
    heads: int = 4
    context: int = 16
    rate: float = 0.01
    beta1: float = 0.85
    beta2: float = 0.99
    epsilon: float = 1e-8
    steps: int = 1000


VERSIONS = {
    "normal weights": Settings(),
    "zeros and squares": Settings(deviation=0.02, zeros=("attn_wo", "mlp_fc2"), squared=True),
}


Matrix = list[list[Any]]


def start(s: Settings, seed: int = 42, Value: Any = float) -> tuple[list[str], dict[str, Matrix]]:
    """The names in the order in which they are taken, and the initial matrices by name."""
    rng = random.Random(seed)
    docs = datasets.names()
    rng.shuffle(docs)
    size = len({*"".join(docs)}) + 1

    def matrix(nout: int, nin: int, name: str = "") -> Matrix:
        deviation = 0.0 if name in s.zeros else s.deviation
        return [[Value(rng.gauss(0.0, deviation)) for _ in range(nin)] for _ in range(nout)]

    state = {"wte": matrix(size, s.width), "wpe": matrix(s.context, s.width), "lm_head": matrix(size, s.width)}
    for i in range(s.layers):
        for name in ("attn_wq", "attn_wk", "attn_wv", "attn_wo"):
            state[f"layer{i}.{name}"] = matrix(s.width, s.width, name)
        state[f"layer{i}.mlp_fc1"] = matrix(4 * s.width, s.width, "mlp_fc1")
        state[f"layer{i}.mlp_fc2"] = matrix(s.width, 4 * s.width, "mlp_fc2")
    return docs, state


def train(Value: Any, settings: Settings, steps: int, seed: int = 42) -> Iterator[float]:
    """The loss of each of the first steps, one name a step."""
    s = settings
    docs, state = start(s, seed, Value)
    letters = sorted({*"".join(docs)})
    BOS = len(letters)
    params = [p for weights in state.values() for row in weights for p in row]
    head = s.width // s.heads

    def linear(x: list[Any], w: list[list[Any]]) -> list[Any]:
        return [sum(wi * xi for wi, xi in zip(wo, x, strict=True)) for wo in w]

    def softmax(logits: list[Any]) -> list[Any]:
        top = max(z.data for z in logits)
        exps = [(z - top).exp() for z in logits]
        total = sum(exps)
        return [e / total for e in exps]

    def rmsnorm(x: list[Any]) -> list[Any]:
        ms = sum(xi * xi for xi in x) / len(x)
        scale = (ms + 1e-5) ** -0.5
        return [xi * scale for xi in x]

    def gpt(token: int, position: int, keys: list[list[Any]], values: list[list[Any]]) -> list[Any]:
        x = [t + p for t, p in zip(state["wte"][token], state["wpe"][position], strict=True)]
        x = rmsnorm(x)
        for i in range(s.layers):
            before = x
            x = rmsnorm(x)
            q = linear(x, state[f"layer{i}.attn_wq"])
            keys[i].append(linear(x, state[f"layer{i}.attn_wk"]))
            values[i].append(linear(x, state[f"layer{i}.attn_wv"]))
            attended: list[Any] = []
            for h in range(0, s.width, head):
                scores = [sum(q[h + j] * k[h + j] for j in range(head)) / head**0.5 for k in keys[i]]
                weights = softmax(scores)
                attended += [sum(w * v[h + j] for w, v in zip(weights, values[i], strict=True)) for j in range(head)]
            x = [a + b for a, b in zip(linear(attended, state[f"layer{i}.attn_wo"]), before, strict=True)]
            before = x
            hidden = [z.relu() ** 2 if s.squared else z.relu() for z in linear(rmsnorm(x), state[f"layer{i}.mlp_fc1"])]
            x = [a + b for a, b in zip(linear(hidden, state[f"layer{i}.mlp_fc2"]), before, strict=True)]
        return linear(x, state["lm_head"])

    m, v = [0.0] * len(params), [0.0] * len(params)
    for step in range(steps):
        doc = docs[step % len(docs)]
        tokens = [BOS, *map(letters.index, doc), BOS]
        n = min(s.context, len(tokens) - 1)
        keys: list[list[Any]] = [[] for _ in range(s.layers)]
        values: list[list[Any]] = [[] for _ in range(s.layers)]
        losses = []
        for position in range(n):
            probabilities = softmax(gpt(tokens[position], position, keys, values))
            losses.append(-probabilities[tokens[position + 1]].log())
        loss = (1.0 / n) * sum(losses)
        loss.backward()
        rate = s.rate * (1.0 - step / s.steps)
        for i, p in enumerate(params):
            m[i] = s.beta1 * m[i] + (1.0 - s.beta1) * p.grad
            v[i] = s.beta2 * v[i] + (1.0 - s.beta2) * p.grad**2
            mean, square = m[i] / (1.0 - s.beta1 ** (step + 1)), v[i] / (1.0 - s.beta2 ** (step + 1))
            p.data -= rate * mean / (square**0.5 + s.epsilon)
            p.grad = 0.0
        yield loss.data
