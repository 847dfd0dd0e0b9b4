"""Pictures of what a model answers beside what is true: numbers against numbers, classes against classes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, overload

from autograd.drawing import clean_path
from autograd.html import CATEGORIES

from ..vocabulary import Array, Drawn, Figure
from .curves import figure_of

MOST = 2000  # points, or a million would be one blot
NAMED = 12  # classes that have room for their names and counts


@overload
def plot_predictions(
    truth: Sequence[float] | Array, predictions: Sequence[float] | Array, title: str = "", ax: None = None
) -> Figure: ...
@overload
def plot_predictions(
    truth: Sequence[float] | Array, predictions: Sequence[float] | Array, title: str = "", ax: Drawn = ...
) -> Drawn: ...
def plot_predictions(
    truth: Sequence[float] | Array, predictions: Sequence[float] | Array, title: str = "", ax: Any = None
) -> Any:
    """A point for each row, the ``truth`` across and the ``predictions`` up; a matplotlib Figure.

    On the line both are equal.  Of very many rows every so manieth is shown.  ``title`` stands above.  With ``ax``,
    axes of one's own, it is drawn there, and these are returned.

    >>> axes = plot_predictions([1.0, 2.0], [1.5, 2.0]).axes[0]
    >>> axes.get_xlabel(), axes.get_ylabel()
    ('true', 'predicted')
    """
    figure, (axes,) = figure_of(title, ax=ax)
    step = -(-len(truth) // MOST)
    axes.scatter(truth[::step], predictions[::step], color=CATEGORIES[0], s=14, alpha=0.6, linewidth=0)
    ends = [min(*truth, *predictions), max(*truth, *predictions)]
    axes.plot(ends, ends, color=CATEGORIES[5], linewidth=1.5, zorder=0)
    axes.set(xlabel="true", ylabel="predicted")
    return figure


@overload
def plot_confusion(
    truth: Iterable[Any], predictions: Iterable[Any], classes: Collection[Any], title: str = "", ax: None = None
) -> Figure: ...
@overload
def plot_confusion(
    truth: Iterable[Any], predictions: Iterable[Any], classes: Collection[Any], title: str = "", ax: Drawn = ...
) -> Drawn: ...
def plot_confusion(
    truth: Iterable[Any], predictions: Iterable[Any], classes: Collection[Any], title: str = "", ax: Any = None
) -> Any:
    """How many rows of each class, one below the other, were given which one, side by side; a matplotlib Figure.

    ``truth`` and ``predictions`` have one of the ``classes`` for each row.  The colour is the share of the rows of a
    class.  ``title`` stands above.  With ``ax``, axes of one's own, it is drawn there, and these are returned.

    >>> axes = plot_confusion(["cat", "dog", "dog"], ["cat", "dog", "cat"], ["cat", "dog"]).axes[0]
    >>> [text.get_text() for text in axes.texts]
    ['1', '0', '1', '1']
    """
    import numpy as np

    figure, (axes,) = figure_of(title, ax=ax)
    places = {name: i for i, name in enumerate(classes)}
    counts = np.zeros((len(classes), len(classes)), dtype=int)
    np.add.at(counts, ([places[t] for t in truth], [places[p] for p in predictions]), 1)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0.0, vmax=1.0)
    if len(classes) <= NAMED:
        for (i, j), count in np.ndenumerate(counts):
            axes.text(j, i, f"{count:,}", ha="center", va="center", color="white" if shares[i, j] > 0.5 else "black")
        names = [clean_path(str(name))[:20].replace("$", r"\$") for name in classes]
        axes.set_xticks(range(len(names)), names, rotation=30 if max(map(len, names)) > 6 else 0, ha="center")
        axes.set_yticks(range(len(names)), names)
    axes.set(xlabel="predicted", ylabel="true")
    return figure
