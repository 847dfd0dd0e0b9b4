"""The film of a training that ``watch`` recorded: what the player shows at each epoch, and walks through one row."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from autograd import DrawError, Value, draw, topological_order, walkthrough
from autograd.html import player

from ..evaluation import predict
from ..measures import evaluating
from ..plots import COLOURS
from ..surfaces import classes_of
from .health import as_of
from .panels import Picture, Shot, panels
from .plane import Plane

if TYPE_CHECKING:
    from .recorder import Snapshot, watch

MOST_PICTURED = 150  # values of a graph whose picture is shown at each epoch
MOST_WALKED = 1000  # whose steps are


def film(w: watch) -> str:
    """The player of a training, as HTML."""
    if not w.records:
        raise ValueError("nothing was recorded: give watch(model) to fit(..., callbacks=[w]) first")
    pictures, above = _pictures(w)
    shots = [
        Shot(s.record.epoch, told(s), s.record.loss, _rows(s), picture)
        for s, picture in zip(w.snapshots, pictures, strict=True)
    ]
    title = f"{type(w.model).__name__}, {len(w.records):,} epochs of training"
    svg, frames = panels(title, [record.loss for record in w.records], shots, above)
    notes = "".join(f"<li>{escape(note)}</li>" for note in w.notes)
    return player(title, frames, svg, {}) + (f"<p>What watch noted:</p><ul>{notes}</ul>" if notes else "")


def told(snapshot: Snapshot) -> str:
    """An epoch in one line."""
    parts = [f"{name}: {', '.join(texts)}" for name, *texts in map(_filled, _rows(snapshot))]
    return f"epoch {snapshot.record.epoch:,}: loss {snapshot.record.loss:.4g}; {'; '.join(parts)}"


def walks(w: watch) -> str:
    """A walk through the first row at each recorded epoch, folded, each as a player of its own."""
    if w.loss is None:
        return ""
    parts = []
    for snapshot in w.snapshots:
        with as_of(w.model, snapshot.before):
            root = _first_row(w)
            size = len(topological_order(root))
            if size > MOST_WALKED:
                said = f"The graph of one row has {size:,} values, too many to walk through at each epoch"
                return f"<p>{said}: watch a smaller network for that, of up to {MOST_WALKED:,} values.</p>"
            moved = dict(zip(w.model.parameters(), snapshot.after, strict=True))
            update = {p: x for p, x in moved.items() if p.requires_grad}
            part = walkthrough(root).player(update, pictured=size <= MOST_PICTURED)
        title = f"Epoch {snapshot.record.epoch:,}: the first row, forward, loss, backward and the update by the epoch"
        parts.append(f"<details><summary>{title}</summary>{part}</details>")
    return "<h2>One row at each recorded epoch</h2>" + "\n".join(parts)


def _rows(snapshot: Snapshot) -> list[list[str]]:
    """For each layer its name, gradient, update, and units that learn no more."""
    rows = []
    for name, gradient in snapshot.record.gradients.items():
        states = snapshot.units.get(name, [])
        lost = [f"{n} of {len(states)} {what}" for what in ("dead", "saturated") if (n := states.count(what))]
        rows.append([name, f"{gradient:.3g}", _percent(snapshot.record.updates[name]), ", ".join(lost)])
    return rows


def _percent(x: float) -> str:
    return f"{x:.0%}" if x >= 1.0 else f"{100.0 * x:.2g}%"


def _filled(row: Sequence[str]) -> list[str]:
    name, gradient, update, lost = row
    return [name, f"gradient {gradient}", f"moved {update}", *([lost] if lost else [])]


def _pictures(w: watch) -> tuple[list[Picture | None], str]:
    """A picture for each snapshot, and what lies on all of them."""
    if w.rows and len(w.rows[0]) == 2:
        plane = Plane(w.rows)
        regions = []
        for snapshot in w.snapshots:
            with as_of(w.model, snapshot.after):
                regions.append(plane.regions(classes_of(predict(w.model, plane.points), w.threshold)))
        return [*regions], plane.samples(w.rows, _classes(w.targets) or [0] * len(w.rows))
    if w.loss is None:
        return [None] * len(w.snapshots), ""
    graphs: list[Picture | None] = []
    for snapshot in w.snapshots:
        with as_of(w.model, snapshot.after):
            root = _first_row(w)
            root.backward()
            try:
                graphs.append(_nested(draw(root, depth=1).svg))
            except DrawError:
                graphs.append(None)
    return graphs, ""


def _classes(targets: list[Any]) -> list[int]:
    """The number of each target's class; none where the targets are no classes but lists, or too many numbers."""
    if not targets or isinstance(targets[0], list) or len(labels := sorted({*targets})) > len(COLOURS):
        return []
    return [labels.index(target) for target in targets]


def _nested(svg: str) -> Picture:
    """The picture of a graph inside another SVG, where ids and titles would repeat."""
    width, height = (float(x) for x in re.findall(r'\b(?:width|height)="([\d.]+)pt"', svg)[:2])
    bare = re.sub(r"(?s)<(title|desc|style)>.*?</\1>| id=\"[^\"]*\"", "", svg)
    return Picture(
        width, height, re.sub(r'width="[^"]*" height="[^"]*"', f'width="{width}" height="{height}"', bare, count=1)
    )


def _first_row(w: watch) -> Value:
    """The loss of the first row, its inputs and its loss named."""
    assert w.loss is not None
    inputs = [Value(x, label=f"x{i + 1}", requires_grad=False) for i, x in enumerate(w.rows[0])]
    with evaluating(w.model.modules()):
        root: Value = w.loss(w.model(inputs), w.targets[0])
    root.label = "loss"
    return root
