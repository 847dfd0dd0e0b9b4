"""Pictures of a training: the curves of its numbers, and the gradients of each layer."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, overload

from autograd.drawing import clean_path
from autograd.html import CATEGORIES

from ..modules import Module
from ..vocabulary import Drawn, Figure


class Curves(Protocol):
    """What is drawn of a ``History``: a number for each epoch."""

    loss: list[float]
    val_loss: list[float]
    metrics: dict[str, list[float]]
    val_metrics: dict[str, list[float]]


@overload
def plot_history(history: Curves, title: str = "", ax: None = None) -> Figure: ...
@overload
def plot_history(history: Curves, title: str = "", ax: Drawn = ...) -> Drawn: ...
def plot_history(history: Curves, title: str = "", ax: Any = None) -> Any:
    """The loss of each epoch, and below it each metric, with those of the validation data; a matplotlib Figure.

    ``history`` is what ``fit`` gave, and ``title`` stands above.  With ``ax``, axes of one's own, or a list of them for
    several panels, it is drawn there, and these are returned.

    >>> from nn import History
    >>> figure = plot_history(History(loss=[3.0, 1.0], metrics={"accuracy": [0.5, 0.9]}))
    >>> [axes.get_ylabel() for axes in figure.axes]
    ['loss', 'accuracy']
    """
    curves = {"loss": (history.loss, history.val_loss)}
    for name in {**history.metrics, **history.val_metrics}:
        curves[name] = history.metrics.get(name, []), history.val_metrics.get(name, [])
    figure, panels = figure_of(title, len(curves), ax)
    for axes, (name, (training, validation)) in zip(panels, curves.items(), strict=True):
        for label, numbers, k in (("training", training, 0), ("validation", validation, 5)):
            if numbers:
                marker = "." if len(numbers) == 1 else ""
                axes.plot(range(1, len(numbers) + 1), numbers, color=CATEGORIES[k], label=label, marker=marker)
        axes.set_ylabel(_shown(name))
        axes.xaxis.get_major_locator().set_params(integer=True)
    if history.val_loss:
        panels[0].legend(frameon=False)
    if min([*history.loss, *history.val_loss], default=0.0) >= 0.0:
        panels[0].set_ylim(bottom=0.0)
    panels[-1].set_xlabel("epoch")
    return figure


@overload
def plot_gradients(model: Module, title: str = "", ax: None = None) -> Figure: ...
@overload
def plot_gradients(model: Module, title: str = "", ax: Drawn = ...) -> Drawn: ...
def plot_gradients(model: Module, title: str = "", ax: Any = None) -> Any:
    """The size of every gradient of a model, layer by layer, as ``backward`` left them; a matplotlib Figure.

    A dot is |∂loss/∂p| of one parameter, on a logarithmic scale, and the line their mean.  Such a scale has no place
    for gradients of 0: their number is written below the layer.  ``title`` stands above.  With ``ax``, axes of one's
    own, it is drawn there, and these are returned.

    >>> from nn import MLP
    >>> model = MLP(2, [4, 1], seed=1)
    >>> model([1.0, 2.0]).backward()
    >>> plot_gradients(model).axes[0].get_ylabel()
    '|gradient|'
    """
    layers = {name: [abs(p.grad) for p in own] for name, own in model.parameters_by_layer().items()}
    figure, (axes,) = figure_of(title, ax=ax)
    ticks = []
    for i, (layer, sizes) in enumerate(layers.items()):
        shown = [size for size in sizes if 0.0 < size < math.inf]
        side_by_side = [i + 0.6 * ((n + 0.5) / len(shown) - 0.5) for n in range(len(shown))]
        axes.scatter(side_by_side, shown, color=CATEGORIES[0], s=12, alpha=0.5, linewidth=0)
        if shown:
            axes.hlines(math.fsum(shown) / len(sizes), i - 0.35, i + 0.35, color=CATEGORIES[5], linewidth=2)
        ticks.append(_shown(layer) + (f"\n{sizes.count(0.0)} of {len(sizes)} are 0" if 0.0 in sizes else ""))
    if any(size > 0.0 for sizes in layers.values() for size in sizes):
        axes.set_yscale("log")
    axes.set_xticks(range(len(ticks)), ticks)
    axes.set_xlim(-0.5, len(ticks) - 0.5)
    axes.set_ylabel("|gradient|")
    axes.margins(y=0.1)
    return figure


Sizes = Mapping[str, Sequence[float]]  # by layer, over the epochs


@overload
def plot_layers(
    losses: Sequence[float], gradients: Sizes, updates: Sizes, title: str = "", ax: None = None
) -> Figure: ...
@overload
def plot_layers(
    losses: Sequence[float], gradients: Sizes, updates: Sizes, title: str = "", ax: Drawn = ...
) -> Drawn: ...
def plot_layers(losses: Sequence[float], gradients: Sizes, updates: Sizes, title: str = "", ax: Any = None) -> Any:
    """The ``losses``, and by the name of each layer its ``gradients`` and ``updates``, by epoch; a matplotlib Figure.

    ``title`` stands above.  With ``ax``, a list of three axes, it is drawn there, and these are returned.

    >>> len(plot_layers([3.0, 1.0], {"layers.0": [0.5, 0.1]}, {"layers.0": [0.05, 0.01]}).axes)
    3
    """
    figure, (loss, gradient, update) = figure_of(title, 3, ax)
    epochs = range(1, len(losses) + 1)
    loss.plot(epochs, losses, color=CATEGORIES[0])
    for axes, curves in ((gradient, gradients), (update, updates)):
        for i, (name, sizes) in enumerate(curves.items()):
            colour, line = CATEGORIES[i % len(CATEGORIES)], ("-", "--", ":")[i // len(CATEGORIES) % 3]
            seen = [size or math.nan for size in sizes]  # a logarithmic scale has no 0
            axes.plot(epochs, seen, color=colour, linestyle=line, label=_shown(name))
        if any(0.0 < size < math.inf for sizes in curves.values() for size in sizes):
            axes.set_yscale("log")
    loss.set(ylabel="loss", ylim=(0.0, None))
    gradient.set(ylabel="gradient ‖g‖")
    update.set(ylabel="update ‖Δp‖ / ‖p‖", xlabel="epoch")
    if gradients:
        gradient.legend(frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure


def _shown(name: str) -> str:
    """A name as it stands in a picture: between two $ matplotlib would read a formula."""
    return clean_path(name).replace("$", r"\$")


def figure_of(title: str, panels: int = 1, ax: Any = None) -> tuple[Any, Any]:
    """What a plot function returns and the axes of its panels: a new figure, one panel below the other, or ``ax``.

    ``ax`` are the axes to draw into, a sequence of them for several panels; ValueError for another number of them.
    """
    try:
        from .figures import new_figure
    except ImportError:
        raise ImportError('pictures need matplotlib: python -m pip install "stepgrad[plot]"') from None
    drawn = ax
    if ax is None:
        drawn = new_figure(figsize=(6.4, 4.2 if panels == 1 else 1.2 + 2.0 * panels), layout="constrained")
        ax = drawn.subplots(panels, 1, sharex=True, squeeze=False)[:, 0]
    column = [*ax.flat] if hasattr(ax, "flat") else [*ax] if isinstance(ax, (list, tuple)) else [ax]
    if len(column) != panels:
        raise ValueError(
            f"this picture has {panels} panel(s) and ax has {len(column)}: figure, ax = plt.subplots({panels}, 1), "
            f"then ax=ax"
        )
    if title or drawn is not ax:
        column[0].set_title(title)
    for axes in column:
        axes.spines[["top", "right"]].set_visible(False)
    return drawn, column
