"""The programs that are timed: written once for both engines where they can be, and checked to agree."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from typing import Any

from autograd import Value, dot, topological_order, total
from nn import MLP, SGD, datasets, fit

try:
    from micrograd.engine import Value as MicrogradValue
    from micrograd.nn import MLP as MicrogradMLP
except ImportError:
    MicrogradValue = MicrogradMLP = None

ALPHA = 1e-4  # the weight of Σp² in the loss
RATE = 0.1  # small, so that the losses of many steps can be compared

# --- one training step on two moons --------------------------------------------------------------------------

X, CLASSES = datasets.moons(100, noise=0.1, seed=1)
Y = [2 * c - 1 for c in CLASSES]


def new_model() -> MLP:
    random.seed(1337)
    return MLP(2, [16, 16, 1], init="uniform")


def new_micrograd_model() -> Any:
    random.seed(1337)  # the same draws, in the same order
    return MicrogradMLP(2, [16, 16, 1])


def notebook_step(make: Callable[[float], Any], model: Any) -> float:
    """A step as micrograd's notebook takes it.  ``make`` is the class of its Values: the only difference."""
    inputs = [list(map(make, row)) for row in X]
    scores = list(map(model, inputs))
    losses = [(1 + -yi * score).relu() for yi, score in zip(Y, scores, strict=True)]
    data_loss = sum(losses) * (1.0 / len(losses))
    loss = data_loss + ALPHA * sum(p * p for p in model.parameters())
    model.zero_grad()
    loss.backward()
    for p in model.parameters():
        p.data -= RATE * p.grad
    return loss.data


def users_step(model: MLP) -> float:
    """The same step with what stepgrad has for it."""
    losses = [(1.0 - yi * model(row)).relu() for row, yi in zip(X, Y, strict=True)]
    parameters = model.parameters()
    loss = total(losses) / len(losses) + ALPHA * dot(parameters, parameters)
    model.zero_grad()
    loss.backward()
    for p in parameters:
        p.data -= RATE * p.grad
    return loss.data


def fit_steps(model: MLP, steps: int) -> list[float]:
    """As many steps by ``fit``."""
    sgd = SGD(model.parameters(), lr=RATE)
    return fit(model, X, Y, loss="hinge", optimizer=sgd, epochs=steps, l2=ALPHA, progress=False, compiled=False).loss


def moons_differences(steps: int = 2) -> dict[str, tuple[float, float]]:
    """The largest relative difference from users_step in the losses and, for one step, in the gradients."""
    reference = new_model()
    losses, gradients = _trace(lambda: users_step(reference), reference, steps)
    found = {}
    model = new_model()
    found["the notebook's step"] = _trace(lambda: notebook_step(Value, model), model, steps)
    fitted = new_model()
    found["fit"] = _trace(lambda: fit_steps(fitted, 1)[0], fitted, steps)
    if MicrogradMLP:
        theirs = new_micrograd_model()
        found["micrograd"] = _trace(lambda: notebook_step(MicrogradValue, theirs), theirs, steps)
    return {
        name: (relative_difference(other_losses, losses), relative_difference(other_gradients, gradients))
        for name, (other_losses, other_gradients) in found.items()
    }


def _trace(step: Callable[[], float], model: Any, steps: int) -> tuple[list[float], list[float]]:
    """The losses of some steps, and the gradients of the first."""
    losses = [step()]
    gradients = [p.grad for p in model.parameters()]
    losses += [step() for _ in range(steps - 1)]
    return losses, gradients


def relative_difference(xs: Sequence[float], ys: Sequence[float]) -> float:
    """‖xs − ys‖ / ‖ys‖."""
    return math.dist(xs, ys) / math.hypot(*ys)


# --- a mixed graph of 100,000 operations ---------------------------------------------------------------------
# micrograd has no tanh, its − and / are several nodes, and it recurses over the graph: so the mix is made of what
# is one node in both engines, in chains of 161 that a tree of additions gathers.

CHAINS, ROUNDS = 625, 16
OPERATIONS = CHAINS * (ROUNDS * 10 + 1) + CHAINS - 1
MIX = "4 multiplications, 4 additions, a power and a relu in every 10"


def mixed_graph(leaves: Sequence[Any]) -> Any:
    """The root of the graph; numbers and gradients stay of the order of 1."""
    ends = []
    for i in range(CHAINS):
        a, b, c, d = (leaves[(i + k) % len(leaves)] for k in range(4))
        for _ in range(ROUNDS):
            s = (a * a + d) ** -1
            a = (b * s + c).relu()
            b = c * 0.5 + s
            c = b * -0.5 + d
        ends.append(a + c)
    while len(ends) > 1:
        ends = [x + y for x, y in zip(ends[::2], ends[1::2], strict=False)] + ends[len(ends) & ~1 :]
    return ends[0]


def mixed_leaves(make: Callable[[float], Any]) -> list[Any]:
    rng = random.Random(1)
    return [make(rng.uniform(0.5, 1.5)) for _ in range(100)]


def mixed_difference() -> tuple[float, float]:
    """The relative difference of micrograd's from our data and gradients."""
    found = []
    for make in (MicrogradValue, Value):
        leaves = mixed_leaves(make)
        root = mixed_graph(leaves)
        root.backward()
        found.append((root.data, [leaf.grad for leaf in leaves]))
    (theirs, their_gradients), (ours, our_gradients) = found
    return relative_difference([theirs], [ours]), relative_difference(their_gradients, our_gradients)


def count(root: Any) -> tuple[int, int]:
    """(operations, nodes) of a graph; nodes are operations, leaves and plain numbers."""
    if isinstance(root, Value):
        nodes = topological_order(root)
    else:
        nodes, stack = {root}, [root]
        while stack:
            new = stack.pop()._prev - nodes
            nodes |= new
            stack.extend(new)
    return sum(bool(node._prev) for node in nodes), len(nodes)


# --- a chain of a million ------------------------------------------------------------------------------------


def chain(length: int) -> tuple[Value, Value]:
    """(leaf, root): the leaf times a leaf plus a plain number, over and over."""
    x, w = Value(1.0), Value(0.999)
    y = x
    for _ in range(length // 2):
        y = y * w
        y = y + 0.001
    return x, y
