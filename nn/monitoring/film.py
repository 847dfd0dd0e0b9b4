"""The film of a training: what the page shows after each epoch, and the walk through one row.

The page holds the parameters after each epoch and the model as a function, printed from the rows of the table; it
computes the picture of every epoch itself, and the walk through the first row with those numbers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from autograd import DrawError, Value, as_value, draw, topological_order, walkthrough
from autograd.drawing import clean_path, format_number
from autograd.html import CATEGORIES, escape, film_player, image

from ..data import classes_of, threshold_of
from ..evaluation import evaluating, predict
from ..modules import Module
from ..samples import row_of
from ..vocabulary import Loss
from .curve import curve_of
from .health import Record, Snapshot, as_of
from .plane import SHAPES, Plane
from .surface import surface_of

ONE_ROW = (
    "The first row alone, with the numbers that the model has after the epoch shown above. <b>Take a step</b> moves "
    "each number by −learning rate × its gradient from this row, with the learning rate of the epoch. The training "
    "adds up the gradients of many rows for a step and takes several steps in an epoch: so an epoch moves the numbers "
    "otherwise than this row would."
)
MOST_WALKED, MOST_SINGLY = 1000, 60  # values in the graph of a row: of more than so many, its parts are shown


class Recording(NamedTuple):
    """What ``watch`` recorded: a record of every epoch, the model after many of them, and after the chosen ones."""

    model: Module
    rows: Any  # arrays, or nothing
    targets: Any
    loss: Loss | None
    threshold: float | None
    records: list[Record]
    states: dict[int, Sequence[float]]  # the numbers of the parameters by the epoch after which they were so
    snapshots: list[Snapshot]
    notes: list[str]


def film(recording: Recording) -> str:
    """The player of a training, as HTML."""
    records, snapshots = recording.records, recording.snapshots
    if not records:
        raise ValueError("nothing was recorded: give watch(model) to fit(..., callbacks=[w]) first")
    curve = curve_of([record.loss for record in records])
    shown = _plane(recording) if _has_plane(recording) else _graphs(recording)
    epochs = [*recording.states] or [record.epoch for record in records]
    own = [records[epoch - 1] for epoch in epochs if epoch]
    data = {
        "epochs": epochs,
        "count": len(records),
        "listed": [snapshot.record.epoch for snapshot in snapshots],
        "curve": curve[1:],
        "losses": [record.loss if math.isfinite(record.loss) else None for record in own],
        "rates": [record.lr if math.isfinite(record.lr) else None for record in own],
        "layers": [[_numbers(record, name) for name in record.gradients] for record in own],
        "units": [[snapshot.record.epoch, _lost(snapshot)] for snapshot in snapshots],
        "numbers": [[float(f"{x:.6g}") for x in state] for state in recording.states.values()],
        **shown.data,
    }
    title = f"{type(recording.model).__name__}, {len(records):,} epochs of training"
    figures = [("Loss of each epoch", image(curve.svg, "loss of each epoch"), "loss"), *shown.figures]
    content = "".join(_figure(*figure) for figure in figures)
    page = f'<div class="panes">{content}</div>{_table(snapshots[-1])}'
    notes = "".join(f"<li>{escape(note)}</li>" for note in recording.notes)
    told = f"<p>What watch noted:</p><ul>{notes}</ul>" if notes else ""
    lines = [in_words(snapshot) for snapshot in snapshots]
    return film_player(title, page, lines, data, shown.rows, shown.function) + told


def in_words(snapshot: Snapshot) -> str:
    """An epoch in one line."""
    parts = [f"{name}: {', '.join(texts)}" for name, *texts in map(_parts, _rows(snapshot))]
    return f"epoch {snapshot.record.epoch:,}: loss {format_number(snapshot.record.loss)}; {'; '.join(parts)}"


# --- the walk through one row ---------------------------------------------------------------------------------


def walk(recording: Recording) -> str:
    """A player that walks through the first row with the numbers of the epoch at which the film is."""
    if recording.loss is None or not recording.records:
        return ""
    with as_of(recording.model, recording.snapshots[-1].after):
        root = _first_row(recording)
        order = topological_order(root)
        if len(order) > MOST_WALKED:
            why = f"The graph of one row has {len(order):,} values, too many to walk through"
            return f"<p>{why}: watch a smaller network for that, of up to {MOST_WALKED:,} values.</p>"
        places = {node: i for i, node in enumerate(order)}
        leaves = [places.get(parameter, -1) for parameter in recording.model.parameters()]
        played = walkthrough(root, depth=1 if len(order) > MOST_SINGLY else None).player()
    return (
        f'<details class="onerow" data-leaves="{" ".join(map(str, leaves))}"><summary>One row: forward, loss and '
        f"backward after this epoch</summary><p>{ONE_ROW}</p>{played}</details>"
    )


def _first_row(recording: Recording) -> Value:
    """The graph of the loss of the first row, with names at its inputs and at the loss."""
    assert recording.loss is not None
    inputs = [Value(x, label=f"x{i + 1}", requires_grad=False) for i, x in enumerate(row_of(recording.rows, 0))]
    with evaluating(recording.model.modules()):
        root: Value = as_value(recording.loss(recording.model(inputs), row_of(recording.targets, 0)))
    root.label = "loss"
    return root


# --- the pictures ---------------------------------------------------------------------------------------------


class Shown(NamedTuple):
    """What is shown beside the curve: figures, what the page needs to compute them, and the function for it."""

    figures: list[tuple[str, str, str]]  # of each what is said of it, its elements and what kind it is
    data: dict[str, Any]
    rows: Any = ()
    function: str = ""


def _has_plane(recording: Recording) -> bool:
    return getattr(recording.rows, "shape", ())[1:] == (2,)


def _plane(recording: Recording) -> Shown:
    """The plane of two inputs: what the model answers at each point, and a mark for each sample."""
    model, rows = recording.model, recording.rows
    plane, surface = Plane(rows), surface_of(model)
    classes, labels = _classes(recording.targets)
    with as_of(model, recording.snapshots[-1].after):
        threshold = _threshold(recording)  # one for the whole film
        answers = predict(model, plane.points)
    reach = _reach(recording.targets, threshold)
    areas = plane.regions(classes_of(answers, threshold), [_sureness(answer, threshold, reach) for answer in answers])
    picture = plane.svg(areas + plane.samples(rows, classes or [0] * len(rows)), "Samples, and what the model answers.")
    said = "What the model answers (across x1, up x2)"
    several = isinstance(answers[0], Sequence) or getattr(answers[0], "ndim", 0) > 0
    how = f"the nearer the output is to {format_number(threshold)}, the border; full from {format_number(reach)} away"
    if several:
        how = "the nearer two classes are to each other"
    key = "".join(f"<span>{_mark(k)} {escape(label)}</span>" for k, label in enumerate(labels))
    legend = f'<p class="legend">{key}<span>The paler, {how}.</span></p>'
    if surface.apology:
        legend += f'<p class="legend">Only the last epoch is shown: {escape(surface.apology)}</p>'
    figures = [(said, image(picture, said) + legend, "plane")]
    if surface.units:
        figures.append(("What each hidden neuron answers (orange above 0, blue below)", "", "tiles"))
    layers = model.layers_of(surface.units)
    data = {
        "plane": {
            "corners": plane.corners, "outputs": surface.outputs, "threshold": threshold, "reach": reach,
            "colours": CATEGORIES,
            "units": [[*map(clean_path, pair)] for pair in zip(layers, surface.units, strict=True)],
        }
    }  # fmt: skip
    return Shown(figures, data if surface.function else {}, surface.rows, surface.function)


def _sureness(answer: Any, threshold: float, reach: float) -> float:
    """How far an answer is from the border between two classes, from 0 to 1."""
    try:
        highest, second = sorted(map(float, answer))[-1:-3:-1]
    except TypeError:
        return min(abs(float(answer) - threshold) / reach, 1.0)
    total = sum(math.exp(x - highest) for x in map(float, answer))
    return (1.0 - math.exp(second - highest)) / total


def _reach(targets: Any, threshold: float) -> float:
    """How far from the border the targets are, of one output."""
    if not len(targets) or targets.ndim > 1:
        return 1.0
    return max(abs(float(t) - threshold) for t in (targets.min(), targets.max())) or 1.0


def _mark(k: int) -> str:
    """The mark of a class, for the legend."""
    shape = f'<path d="{SHAPES[k % len(SHAPES)]}" fill="{CATEGORIES[k % len(CATEGORIES)]}"/>'
    return f'<svg class="stepgrad" aria-hidden="true" width="14" height="14" viewBox="-7 -7 14 14">{shape}</svg>'


def _graphs(recording: Recording) -> Shown:
    """The graph of the first row after the chosen epochs, if there is a loss and the graph can be drawn."""
    figures = []
    for snapshot in recording.snapshots if recording.loss is not None else ():
        with as_of(recording.model, snapshot.after):
            root = _first_row(recording)
            if root.requires_grad and math.isfinite(root.data):
                root.backward()
            try:
                svg = draw(root, depth=1).svg
            except DrawError:
                return Shown([], {})
        said = f"The loss of the first row after epoch {snapshot.record.epoch:,}"
        figures.append((said, image(svg, said), f"graph{snapshot.record.epoch}"))
    return Shown(figures, {})


def _threshold(recording: Recording) -> float:
    """Above which number one output is the positive class: as ``accuracy`` has it for the model as it is."""
    if recording.threshold is not None:
        return recording.threshold
    return threshold_of(predict(recording.model, recording.rows), recording.targets)


def _classes(targets: Any) -> tuple[list[int], list[str]]:
    """The number of each target's class, and the names of the classes; none where the targets are no classes."""
    if not len(targets) or targets.ndim > 1 or len(labels := sorted({*targets.tolist()})) > len(CATEGORIES):
        return [], []
    return [labels.index(target) for target in targets.tolist()], [f"{label:g}" for label in labels]


# --- figures and numbers --------------------------------------------------------------------------------------


def _figure(said: str, elements: str, kind: str) -> str:
    caption = f"<figcaption>{said}</figcaption>"
    return f'<figure class="{kind.rstrip("0123456789")}" data-kind="{kind}">{caption}{elements}</figure>'


def _table(snapshot: Snapshot) -> str:
    """The numbers of each layer, which the page writes anew."""
    head = "".join(f'<th scope="col">{name}</th>' for name in ("layer", "‖gradient‖", "moved by", "units"))
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th>{"".join(f"<td>{text}</td>" for text in texts)}</tr>'
        for name, *texts in _rows(snapshot)
    )
    return f'<div class="numbers"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'


def _rows(snapshot: Snapshot) -> list[list[str]]:
    """For each layer its name, gradient, update, and how many of its units are dead or saturated."""
    record = snapshot.record
    lost = _lost(snapshot)
    return [[clean_path(name), *_numbers(record, name), lost[i]] for i, name in enumerate(record.gradients)]


def _numbers(record: Record, name: str) -> list[str]:
    """The gradient of a layer, and how far it moved."""
    moved = record.updates[name]
    return [format_number(record.gradients[name]), f"{moved:.0%}" if moved >= 1.0 else f"{100.0 * moved:.2g}%"]


def _lost(snapshot: Snapshot) -> list[str]:
    """For each layer how many of its units are dead or saturated."""
    found = []
    for name in snapshot.record.gradients:
        states = snapshot.units.get(name, [])
        texts = [f"{n} of {len(states)} {what}" for what in ("dead", "saturated") if (n := states.count(what))]
        found.append(", ".join(texts))
    return found


def _parts(row: Sequence[str]) -> list[str]:
    name, gradient, update, lost = row
    return [name, f"gradient {gradient}", f"moved {update}", *([lost] if lost else [])]
