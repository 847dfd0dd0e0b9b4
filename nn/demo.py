"""``stepgrad demo``: the whole library on two data sets, in under a minute."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from autograd import Value, dot
from autograd.draw import DrawError, draw

from . import datasets
from .adaptive import Adam
from .data import train_test_split
from .evaluation import accuracy
from .models import MLP
from .plots import plot_decision_boundary, plot_history
from .training import History, fit


def demo(folder: Path) -> None:
    """Train on the moons and on the digits, print the results, and write three pictures into folder."""
    written: list[Path] = []
    folder.mkdir(parents=True, exist_ok=True)
    draw_neuron(folder / "neuron.svg", written)
    train_on_moons(folder, written)
    train_on_digits(folder, written)
    print("Pictures:")
    for path in written:
        print(f"  {os.path.relpath(path)}")


def draw_neuron(path: Path, written: list[Path]) -> None:
    """One neuron, tanh(w₁x₁ + w₂x₂ + b), after backward."""
    x1, x2 = Value(2.0, label="x1"), Value(0.0, label="x2")
    w1, w2, b = Value(-3.0, label="w1"), Value(1.0, label="w2"), Value(6.8813735870195432, label="b")
    n = dot([w1, w2], [x1, x2], b)
    n.label = "n"
    out = n.tanh()
    out.label = "out"
    out.backward()
    print(f"One neuron: tanh(w1·x1 + w2·x2 + b) = {out:.4f}, and by the chain rule ∂out/∂w1 = {w1.grad:.4f}.")
    try:
        draw(out, expand=True).save(path)
        written.append(path)
    except DrawError as error:
        print(f"  (no picture of it: {error})")


def train_on_moons(folder: Path, written: list[Path]) -> None:
    X, y = datasets.moons(400, noise=0.1, seed=1)
    X_train, X_test, y_train, y_test = train_test_split(X, y, test=0.5, seed=1)
    model = MLP(2, [16, 16, 1], seed=1)
    start = time.perf_counter()
    history = fit(
        model, X_train, y_train,
        loss="hinge", optimizer=Adam(model.parameters(), lr=0.02), epochs=20, batch_size=32, l2=1e-4,
        validation=(X_test, y_test), seed=1,
    )  # fmt: skip
    seconds = time.perf_counter() - start
    held_out = accuracy(model, X_test, y_test)
    report("Moons", model, len(X_train), history, seconds, held_out)
    title = f"Two moons: held-out accuracy {held_out:.3f}"
    save(folder / "boundary.svg", written, lambda: plot_decision_boundary(model, X_test, y_test, title=title))
    save(folder / "loss.svg", written, lambda: plot_history(history, title="Two moons: hinge loss"))


def train_on_digits(folder: Path, written: list[Path]) -> None:
    X, y = datasets.digits()
    X = [[pixel / 16.0 for pixel in row] for row in X]
    X_train, X_test, y_train, y_test = train_test_split(X, y, test=0.25, seed=1)
    model = MLP(64, [16, 10], activation="tanh", seed=1)
    start = time.perf_counter()
    history = fit(
        model, X_train, y_train,
        loss="cross_entropy", optimizer=Adam(model.parameters(), lr=0.01), epochs=12, batch_size=32, seed=1,
    )  # fmt: skip
    seconds = time.perf_counter() - start
    report("Digits", model, len(X_train), history, seconds, accuracy(model, X_test, y_test))


def report(name: str, model: MLP, samples: int, history: History, seconds: float, held_out: float) -> None:
    print(
        f"{name}: {samples} samples, {len(model.parameters())} parameters, {len(history.loss)} epochs in "
        f"{seconds:.1f} s: loss {history.loss[0]:.3f} → {history.loss[-1]:.3f}, held-out accuracy {held_out:.3f}"
    )


def save(path: Path, written: list[Path], plot: Callable[[], Any]) -> None:
    try:
        plot().savefig(path)
        written.append(path)
    except ImportError as error:
        print(f"  (no {path.name}: {error})")
