"""Pictures of training, its history and the gradients of each layer; they need matplotlib, ``stepgrad[plot]``."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .modules.module import Module

if TYPE_CHECKING:
    from .monitoring.health import Record
    from .training.history import History

# Distinguishable with any colour vision: Okabe and Ito, "Color Universal Design", 2008.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#000000")


def plot_history(history: History, title: str = "") -> Any:
    """The loss of each epoch, and below it each metric, with those of the validation data; a matplotlib Figure."""
    curves = {"loss": (history.loss, history.val_loss)}
    for name in {**history.metrics, **history.val_metrics}:
        curves[name] = history.metrics.get(name, []), history.val_metrics.get(name, [])
    figure, panels = figure_of(title, len(curves))
    for axes, (name, (training, validation)) in zip(panels, curves.items(), strict=True):
        for numbers, colour, label in ((training, COLOURS[0], "training"), (validation, COLOURS[5], "validation")):
            if numbers:
                axes.plot(
                    range(1, len(numbers) + 1), numbers, color=colour, label=label, marker="." * (len(numbers) == 1)
                )
        axes.set_ylabel(name)
        axes.xaxis.get_major_locator().set_params(integer=True)
    if history.val_loss:
        panels[0].legend(frameon=False)
    if min([*history.loss, *history.val_loss], default=0.0) >= 0.0:
        panels[0].set_ylim(bottom=0.0)
    panels[-1].set_xlabel("epoch")
    return figure


def plot_gradients(model: Module, title: str = "") -> Any:
    """The size of every gradient, layer by layer, as ``backward`` has left them; a matplotlib Figure.

    A dot is |∂loss/∂p| of one parameter, on a logarithmic scale, and the line their mean.  Gradients of 0 have no
    place there: how many they are stands below the layer.
    """
    layers: dict[str, list[float]] = {}
    for name, parameter in model.named_parameters().items():
        layer = re.sub(r"(^|\.)(neurons\.\d+\.)?[^\W\d]\w*(\.\d+)*$", "", name)  # layers.0.neurons.2.w.1: layers.0
        layers.setdefault(layer or type(model).__name__, []).append(abs(parameter.grad))
    figure, (axes,) = figure_of(title)
    ticks = []
    for i, (layer, sizes) in enumerate(layers.items()):
        seen = [size for size in sizes if 0.0 < size < math.inf]
        side_by_side = [i + 0.6 * ((n + 0.5) / len(seen) - 0.5) for n in range(len(seen))]
        axes.scatter(side_by_side, seen, color=COLOURS[0], s=12, alpha=0.5, linewidth=0)
        if seen:
            axes.hlines(math.fsum(seen) / len(sizes), i - 0.35, i + 0.35, color=COLOURS[5], linewidth=2)
        ticks.append(layer + f"\n{sizes.count(0.0)} of {len(sizes)} are 0" * (0.0 in sizes))
    if any(size > 0.0 for sizes in layers.values() for size in sizes):
        axes.set_yscale("log")
    axes.set_xticks(range(len(ticks)), ticks)
    axes.set_xlim(-0.5, len(ticks) - 0.5)
    axes.set_ylabel("|gradient|")
    axes.margins(y=0.1)
    return figure


def plot_layers(records: Sequence[Record], title: str = "") -> Any:
    """The loss, and each layer's gradient and update, over the epochs; a matplotlib Figure."""
    figure, (loss, gradient, update) = figure_of(title, 3)
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


def figure_of(title: str, panels: int = 1) -> tuple[Any, Any]:
    """A figure and the axes of its panels, one below the other."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise ImportError('pictures need matplotlib: python -m pip install "stepgrad[plot]"') from None
    figure = Figure(figsize=(6.4, 4.2 if panels == 1 else 1.2 + 2.0 * panels), layout="constrained")
    column = figure.subplots(panels, 1, sharex=True, squeeze=False)[:, 0]
    column[0].set_title(title)
    for axes in column:
        axes.spines[["top", "right"]].set_visible(False)
    return figure, column
