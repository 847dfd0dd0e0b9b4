"""Pictures of training; they need matplotlib: ``python -m pip install "stepgrad[plot]"``."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from .evaluation import predict
from .health import Record
from .module import Module
from .training import History

# Distinguishable with any colour vision: Okabe and Ito, "Color Universal Design", 2008.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#000000")
MARGIN = 0.3  # around the samples of a plane


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

    steps = 120
    across, up = (around([row[k] for row in X], steps) for k in (0, 1))
    flat = classes_of(predict(model, [[a, b] for b in up for a in across]), threshold)
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


def plot_layers(records: Sequence[Record], title: str = "") -> Any:
    """The loss, and each layer's gradient and update, over the epochs; a matplotlib Figure."""
    figure, (loss, gradient, update) = _figure(title, 3)
    epochs = [record.epoch for record in records]
    loss.plot(epochs, [record.loss for record in records], color=COLOURS[0])
    for i, name in enumerate(records[0].gradients if records else ()):
        style = {
            "color": COLOURS[i % len(COLOURS)],
            "linestyle": ("-", "--", ":")[i // len(COLOURS) % 3],
            "label": name,
        }
        gradient.plot(epochs, [record.gradients[name] or math.nan for record in records], **style)
        update.plot(epochs, [record.updates[name] or math.nan for record in records], **style)
    loss.set(ylabel="loss", ylim=(0.0, None))
    gradient.set(ylabel="gradient ‖g‖", yscale="log")
    update.set(ylabel="update ‖Δp‖ / ‖p‖", yscale="log", xlabel="epoch")
    if records:
        gradient.legend(frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure


def classes_of(outputs: Iterable[Any], threshold: float) -> list[int]:
    """The class that each output of a model says: of several numbers the largest, of one 1 above the threshold."""
    return [out.index(max(out)) if isinstance(out, list) else int(out > threshold) for out in outputs]


def around(xs: Sequence[float], steps: int) -> list[float]:
    """Equal steps from below the smallest of some numbers to above the largest."""
    low, high = min(xs) - MARGIN, max(xs) + MARGIN
    return [low + (high - low) * i / (steps - 1) for i in range(steps)]


def _figure(title: str, rows: int = 1) -> tuple[Any, Any]:
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise ImportError('pictures need matplotlib: python -m pip install "stepgrad[plot]"') from None
    figure = Figure(figsize=(6.4, 2.4 + 1.8 * rows), layout="constrained")
    axes = figure.subplots(rows, squeeze=False, sharex=True)[:, 0]
    axes[0].set_title(title)
    for one in axes:
        one.spines[["top", "right"]].set_visible(False)
    return figure, axes if rows > 1 else axes[0]
