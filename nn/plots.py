"""Pictures of training; they need matplotlib: ``python -m pip install "stepgrad[plot]"``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .evaluation import predict
from .module import Module
from .training import History

# Distinguishable with any colour vision: Okabe and Ito, "Color Universal Design", 2008.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#000000")


def plot_history(history: History, title: str = "") -> Any:
    """The loss of each epoch, with the validation loss where there is one; a matplotlib Figure."""
    figure, axes = _figure(title)
    epochs = range(1, len(history.loss) + 1)
    axes.plot(epochs, history.loss, color=COLOURS[0], label="training")
    if history.val_loss:
        axes.plot(epochs, history.val_loss, color=COLOURS[5], label="validation")
        axes.legend(frameon=False)
    axes.set(xlabel="epoch", ylabel="loss", ylim=(0.0, None))
    axes.xaxis.get_major_locator().set_params(integer=True)
    return figure


def plot_decision_boundary(
    model: Module, X: Sequence[Sequence[float]], y: Sequence[float], threshold: float = 0.0, title: str = ""
) -> Any:
    """Where a model of two inputs says which class, with the samples on top; a matplotlib Figure.

    One output is the positive class above ``threshold``; of several the largest is the class.
    """
    from matplotlib.colors import ListedColormap

    steps, margin = 120, 0.3
    xs, ys = ([row[k] for row in X] for k in (0, 1))
    across = _grid(min(xs) - margin, max(xs) + margin, steps)
    up = _grid(min(ys) - margin, max(ys) + margin, steps)
    outputs = predict(model, [[a, b] for b in up for a in across])
    flat = [out.index(max(out)) if isinstance(out, list) else int(out > threshold) for out in outputs]
    regions = [flat[i * steps : (i + 1) * steps] for i in range(steps)]

    figure, axes = _figure(title)
    classes = sorted(set(y))
    colours = ListedColormap(COLOURS[: max(len(classes), max(flat) + 1, 2)])
    axes.pcolormesh(across, up, regions, cmap=colours, vmin=0, vmax=colours.N - 1, alpha=0.25, rasterized=True)
    for k, label in enumerate(classes):
        own = [row for row, target in zip(X, y, strict=True) if target == label]
        axes.scatter(
            *zip(*own, strict=True),
            color=COLOURS[k],
            marker="os^Dv*XP"[k % 8],
            edgecolor="white",
            linewidth=0.6,
            label=f"class {label:g}",
        )
    axes.legend(frameon=True, framealpha=0.9)
    axes.set(xlabel="x₁", ylabel="x₂")
    axes.set_aspect("equal")
    return figure


def _figure(title: str) -> tuple[Any, Any]:
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise ImportError('pictures need matplotlib: python -m pip install "stepgrad[plot]"') from None
    figure = Figure(figsize=(6.4, 4.2), layout="constrained")
    axes = figure.subplots()
    axes.set_title(title)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _grid(low: float, high: float, steps: int) -> list[float]:
    return [low + (high - low) * i / (steps - 1) for i in range(steps)]
