"""The command ``stepgrad``, and its demo: the whole library on three data sets, in under a minute."""

from __future__ import annotations

import io
import math
import os
import random
import sys
import time
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from autograd import AutogradError, DrawError, Value, as_value, dot, draw, walkthrough, write_whole
from autograd.html import printable
from autograd.steps import encodable

from ..losses import hinge
from ..modules import MLP, Module
from ..training import Adam, History, fit
from ..vocabulary import LossName
from ..wings import find
from .arguments import parse_arguments
from .expression import parse_assignments, parse_expression
from .terminal import can_step, step_through

BATCH = 32  # of the demo
OF_TABLES = dict.fromkeys(("train", "predict", "show"), "table")  # loaded when they are used: draw does without
LONGEST = 7  # letters of a name; each length is compiled by itself
BIGRAM = 2.45  # the loss of the best table of chances for pairs of letters, over those names


def main(argv: list[str] | None = None) -> None:
    """Run the command; bad input gives a few lines on stderr and exit status 2."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that has no ∂ shows ? instead of stopping us
    try:
        try:
            run(sys.argv[1:] if argv is None else argv)
        finally:  # here, and not when Python ends
            sys.stdout.flush()
    except BrokenPipeError:  # whoever read our output, such as head, has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what is left
        sys.exit(1)
    except (ValueError, AutogradError, OSError) as error:
        print("stepgrad:", printable(error, keep="\n"), file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("stepgrad: stopped", file=sys.stderr)
        sys.exit(130)


def run(arguments: list[str]) -> None:
    """The command itself; errors are exceptions."""
    chosen = parse_arguments(arguments)
    if chosen.command == "demo":
        demo(Path(chosen.output))
    elif chosen.command in OF_TABLES:
        find("nn.command", OF_TABLES, chosen.command)(chosen)
    elif chosen.command == "walk":
        walk_expression(chosen.expression, chosen.values, chosen.output)
    else:
        draw_expression(chosen.expression, chosen.values, chosen.output)


def printable_lines(text: str) -> list[str]:
    """Lines in signs that the terminal can show."""
    return encodable(text, sys.stdout.encoding).splitlines()


def draw_expression(expression: str, values: list[str], output: str | None) -> None:
    """Draw the graph of an expression with its gradients, into a file or as text."""
    root = parse_expression(expression, parse_assignments(values))
    if root.requires_grad:
        root.backward()
    drawing = draw(root)
    if output is None:
        print(drawing)
    else:
        drawing.save(output)
        print(printable(f"{expression.strip()} = {root:.6g}, drawn in {output}"))


def walk_expression(expression: str, values: list[str], output: str | None) -> None:
    """Go through an expression and its gradients step by step: as a page, in the terminal, or as text."""
    leaves = parse_assignments(values)
    root = parse_expression(expression, leaves)
    if root.primitive is not None and "out" not in leaves:
        root.label = "out"
    walk = walkthrough(root)
    if output is not None:
        walk.save(output)
        print(printable(f"{expression.strip()} = {root:.6g} in {len(walk)} steps: open {output} in a browser"))
    elif can_step():
        phases = [step.phase for step in walk]
        ends = [i + 1 + len({*phases[: i + 1]}) for i in range(len(walk))]  # each phase begins with a line of its own
        cards = ["\n".join(walk.card(step.index)[step.phase == "forward" :]) for step in walk]
        step_through(walk.title, str(walk).splitlines(), ends, [printable_lines(card) for card in cards])
    else:
        print(walk)


def demo(folder: Path) -> None:
    """Train on moons, digits and names, print the results, and leave pictures and pages to play with in folder."""
    written: list[Path] = []
    folder.mkdir(parents=True, exist_ok=True)
    draw_neuron(folder, written)
    train_on_moons(folder, written)
    train_on_digits()
    train_on_names()
    print("Pictures, and pages to play with in a browser:")
    for path in written:
        print(f"  {printable(os.path.relpath(path))}")


def draw_neuron(folder: Path, written: list[Path]) -> None:
    """One neuron, tanh(w₁x₁ + w₂x₂ + b), after backward: a picture, and a page to play with."""
    x1, x2 = Value(2.0, label="x1"), Value(0.0, label="x2")
    w1, w2, b = Value(-3.0, label="w1"), Value(1.0, label="w2"), Value(6.8813735870195432, label="b")
    n = dot([w1, w2], [x1, x2], b)
    n.label = "n"
    out = n.tanh()
    out.label = "out"
    out.backward()
    print(f"One neuron: tanh(w1·x1 + w2·x2 + b) = {out:.4f}, and by the chain rule ∂out/∂w1 = {w1.grad:.4f}.")
    try:
        draw(out, expand=True).save(folder / "neuron.svg")
        written.append(folder / "neuron.svg")
    except DrawError as error:
        print(f"  (no picture of it: {error})")
    walkthrough(out, expand=True).save(folder / "neuron.html")
    written.append(folder / "neuron.html")


def train_on_moons(folder: Path, written: list[Path]) -> None:
    """A classifier of the two moons, and pictures of its boundary and its loss."""
    from .. import datasets  # the wings of the demo only here: draw and walk do without them
    from ..data import train_test_split
    from ..evaluation import accuracy, predict
    from ..plots import plot_decision_boundary

    X, y = datasets.moons(400, noise=0.1, seed=1)
    X_train, X_test, y_train, y_test = train_test_split(X, y, test=0.5, seed=1)
    model = MLP(2, [16, 16, 1], seed=1)
    trial = Trial(model, X_train, y_train, loss="hinge", epochs=20, lr=0.02, l2=1e-4, validation=(X_test, y_test))
    held_out = accuracy(model, X_test, y_test)
    trial.report("Moons", f"held-out accuracy {held_out:.3f}")
    outputs = predict(model, X_test)
    losses = [as_value(hinge(out, target)).data for out, target in zip(outputs, y_test, strict=True)]
    worst = losses.index(max(losses))  # of most others the loss and all gradients are 0
    walk_sample(model, X_test[worst], y_test[worst], folder / "sample.html", written)
    title = f"Two moons: held-out accuracy {held_out:.3f}"
    save(folder / "boundary.svg", written, lambda: plot_decision_boundary(model, X_test, y_test, title=title))
    save(folder / "loss.svg", written, lambda: trial.history.plot("Two moons: hinge loss"))


def walk_sample(model: MLP, row: list[float], target: float, path: Path, written: list[Path]) -> None:
    """The loss of one sample as a page to play with, layer by layer."""
    inputs = [Value(x, label=f"x{i + 1}", requires_grad=False) for i, x in enumerate(row)]
    loss: Value = hinge(model(inputs), target)
    loss.label = "loss"
    walkthrough(loss, depth=1).save(path)
    written.append(path)


def train_on_digits() -> None:
    """A classifier of handwritten digits."""
    from .. import datasets
    from ..data import train_test_split
    from ..evaluation import accuracy

    X, y = datasets.digits()
    X = [[pixel / 16.0 for pixel in row] for row in X]
    X_train, X_test, y_train, y_test = train_test_split(X, y, test=0.25, seed=1)
    model = MLP(64, [16, 10], activation="tanh", seed=1)
    trial = Trial(model, X_train, y_train, loss="cross_entropy", epochs=15, lr=0.01)
    trial.report("Digits", f"held-out accuracy {accuracy(model, X_test, y_test):.3f}")


def train_on_names() -> None:
    """A GPT that learns first names letter by letter, and ten that it then invents."""
    from .. import datasets
    from .gpt import GPT, drawn_names, tokens_of

    names, model = datasets.names(), GPT(seed=1)
    X, y = zip(*(tokens_of(name) for name in names if len(name) <= LONGEST), strict=True)
    trial = Trial(model, X, y, loss="cross_entropy", epochs=2, lr=0.01)
    trial.report("Names", f"counting pairs of letters gives {BIGRAM}")
    known = {*names}
    invented = (name for name in drawn_names(model, 0.5, random.Random(1)) if name and name not in known)
    print(f"  ten that are in no list: {', '.join(islice(invented, 10))}")


class Trial:
    """One training by ``fit``, timed."""

    def __init__(
        self, model: Module, X: Sequence[Any], y: Sequence[Any], *, loss: LossName, lr: float, **settings: Any
    ) -> None:
        self.model, self.X, self.y, self.loss, self.lr = model, X, y, loss, lr
        start = time.perf_counter()
        self.history = self._fit(X, y, batch_size=BATCH, seed=1, **settings)
        if self.history.interrupted:
            raise KeyboardInterrupt
        self.seconds = time.perf_counter() - start

    def _fit(self, X: Sequence[Any], y: Sequence[Any], **settings: Any) -> History:
        optimizer = Adam(self.model.parameters(), lr=self.lr)
        return fit(self.model, X, y, loss=self.loss, optimizer=optimizer, **settings)

    def report(self, name: str, held_out: str) -> None:
        """Print what the training gave, and how fast it was."""
        history, count = self.history, len(self.model.parameters())
        print(
            f"{name}: {len(self.X)} samples, {count} parameters, {len(history.loss)} epochs in {self.seconds:.2f} s: "
            f"loss {history.loss[0]:.3f} → {history.loss[-1]:.3f}, {held_out}"
        )
        if history.compiled is None:
            return
        operations, compile_seconds = history.compiled
        a_second = len(history.loss) * math.ceil(len(self.X) / BATCH) / sum(history.seconds)
        print(
            f"  {operations:,} operations, forward and backward, compiled in {compile_seconds:.2f} s; then "
            f"{a_second:,.0f} steps a second, {a_second * self.eager_step():,.0f} times as many as eagerly"
        )

    def eager_step(self) -> float:
        """The seconds that a step over Values takes; the trained model gets its parameters back."""
        trained = self.model.state_dict()
        start = time.perf_counter()
        enough = [lambda *_: time.perf_counter() - start > 0.5]
        history = self._fit(self.X[:BATCH], self.y[:BATCH], epochs=3, compiled=False, callbacks=enough)
        self.model.load_state_dict(trained)
        return min(history.seconds)


def save(path: Path, written: list[Path], plot: Callable[[], Any]) -> None:
    """Save a plot and add its path to the written ones; without matplotlib, say so."""
    try:
        picture = io.BytesIO()
        plot().savefig(picture, format=path.suffix[1:])
        write_whole(path, picture.getvalue())
        written.append(path)
    except ImportError as error:
        print(f"  (no {path.name}: {error})")
