"""The film of a training: what the player shows at each recorded epoch, and the walks through one row."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from autograd import DrawError, Value, as_value, draw, topological_order, walkthrough
from autograd.drawing import clean_path, format_number
from autograd.html import CATEGORIES, escape, player

from ..data import classes_of, threshold_of
from ..evaluation import evaluating, predict
from ..losses import Loss
from ..modules import Module
from ..samples import row_of
from .health import Snapshot, as_of
from .panels import Shot, panels
from .plane import Group, Plane

# The most values in a graph for which each epoch shows its picture, and its steps.
MOST_PICTURED = 150
MOST_WALKED = 1000


class Recording(NamedTuple):
    """What ``watch`` recorded of a training: the loss of every epoch, the model at the chosen ones, and the notes."""

    model: Module
    rows: Any  # arrays, or nothing
    targets: Any
    loss: Loss | None
    threshold: float | None
    losses: list[float]
    snapshots: list[Snapshot]
    notes: list[str]


def film(recording: Recording) -> str:
    """The player of a training, as HTML."""
    if not recording.losses:
        raise ValueError("nothing was recorded: give watch(model) to fit(..., callbacks=[w]) first")
    pictures, above = _pictures(recording)
    shots = [
        Shot(s.record.epoch, in_words(s), s.record.loss, _rows(s), picture)
        for s, picture in zip(recording.snapshots, pictures, strict=True)
    ]
    title = f"{type(recording.model).__name__}, {len(recording.losses):,} epochs of training"
    svg, frames = panels(title, recording.losses, shots, above)
    notes = "".join(f"<li>{escape(note)}</li>" for note in recording.notes)
    return player(title, frames, svg, {}) + (f"<p>What watch noted:</p><ul>{notes}</ul>" if notes else "")


def in_words(snapshot: Snapshot) -> str:
    """An epoch in one line."""
    parts = [f"{name}: {', '.join(texts)}" for name, *texts in map(_parts, _rows(snapshot))]
    return f"epoch {snapshot.record.epoch:,}: loss {format_number(snapshot.record.loss)}; {'; '.join(parts)}"


def walks(recording: Recording) -> str:
    """For each recorded epoch a player that walks through the first row, each in a section that opens by a click."""
    if recording.loss is None:
        return ""
    parts = []
    for snapshot in recording.snapshots:
        with as_of(recording.model, snapshot.before):
            root = _first_row(recording)
            size = len(topological_order(root))
            if size > MOST_WALKED:
                why = f"The graph of one row has {size:,} values, too many to walk through at each epoch"
                return f"<p>{why}: watch a smaller network for that, of up to {MOST_WALKED:,} values.</p>"
            moved = dict(zip(recording.model.parameters(), snapshot.after, strict=True))
            update = {p: x for p, x in moved.items() if p.requires_grad}
            scripted = snapshot is recording.snapshots[-1]
            part = walkthrough(root).player(update, pictured=size <= MOST_PICTURED, live=False, scripted=scripted)
        title = f"Epoch {snapshot.record.epoch:,}: the first row, forward, loss, backward and the update by the epoch"
        parts.append(f"<details><summary>{title}</summary>{part}</details>")
    return "<h2>One row at each recorded epoch</h2>" + "\n".join(parts)


def _rows(snapshot: Snapshot) -> list[list[str]]:
    """For each layer its name, gradient, update, and how many of its units are dead or saturated."""
    rows = []
    for name, gradient in snapshot.record.gradients.items():
        states = snapshot.units.get(name, [])
        lost = [f"{n} of {len(states)} {what}" for what in ("dead", "saturated") if (n := states.count(what))]
        update = _percent(snapshot.record.updates[name])
        rows.append([clean_path(name), format_number(gradient), update, ", ".join(lost)])
    return rows


def _percent(x: float) -> str:
    return f"{x:.0%}" if x >= 1.0 else f"{100.0 * x:.2g}%"


def _parts(row: Sequence[str]) -> list[str]:
    name, gradient, update, lost = row
    return [name, f"gradient {gradient}", f"moved {update}", *([lost] if lost else [])]


def _pictures(recording: Recording) -> tuple[list[Group | None], str]:
    """A picture for each snapshot, and elements that lie on top of all of them.

    Of two inputs it is the plane; else the graph of the first row, if there is a loss and the graph can be drawn.
    """
    if getattr(recording.rows, "shape", ())[1:] == (2,):
        plane = Plane(recording.rows)
        regions = []
        with as_of(recording.model, recording.snapshots[-1].after):
            threshold = _threshold(recording)  # one for the whole film
        for snapshot in recording.snapshots:
            with as_of(recording.model, snapshot.after):
                regions.append(plane.regions(classes_of(predict(recording.model, plane.points), threshold)))
        return [*regions], plane.samples(recording.rows, _classes(recording.targets) or [0] * len(recording.rows))
    if recording.loss is None:
        return [None] * len(recording.snapshots), ""
    graphs: list[Group | None] = []
    for snapshot in recording.snapshots:
        with as_of(recording.model, snapshot.after):
            root = _first_row(recording)
            if root.requires_grad and math.isfinite(root.data):
                root.backward()
            try:
                graphs.append(_nested(draw(root, depth=1).svg))
            except DrawError:
                graphs.append(None)
    return graphs, ""


def _threshold(recording: Recording) -> float:
    """Above which number one output is the positive class: as ``accuracy`` has it for the model as it is."""
    if recording.threshold is not None:
        return recording.threshold
    return threshold_of(predict(recording.model, recording.rows), recording.targets)


def _classes(targets: Any) -> list[int]:
    """The number of each target's class; none where the targets are no classes but rows, or too many numbers."""
    if not len(targets) or targets.ndim > 1 or len(labels := sorted({*targets.tolist()})) > len(CATEGORIES):
        return []
    return [labels.index(target) for target in targets.tolist()]


def _nested(svg: str) -> Group:
    """The picture of a graph inside another SVG, where ids and titles would repeat."""
    width, height = (float(x) for x in re.findall(r'\b(?:width|height)="([\d.]+)pt"', svg)[:2])
    inner = re.sub(r"(?s)<(title|desc|style)>.*?</\1>| id=\"[^\"]*\"", "", svg)
    inner = re.sub(r'width="[^"]*" height="[^"]*"', f'width="{width}" height="{height}"', inner, count=1)
    return Group(width, height, inner)


def _first_row(recording: Recording) -> Value:
    """The graph of the loss of the first row, with names at its inputs and at the loss."""
    assert recording.loss is not None
    inputs = [Value(x, label=f"x{i + 1}", requires_grad=False) for i, x in enumerate(row_of(recording.rows, 0))]
    with evaluating(recording.model.modules()):
        root: Value = as_value(recording.loss(recording.model(inputs), row_of(recording.targets, 0)))
    root.label = "loss"
    return root
