"""watch: what happens inside a model while ``fit`` trains it, as records, curves and a film."""

from __future__ import annotations

import math
import os
from array import array
from collections.abc import Collection, Iterable, Sequence
from typing import Any, overload

from autograd.html import escape, printable, write_page

from ..losses import find_loss
from ..modules import Module
from ..samples import check_data, check_rows
from ..training import History
from ..vocabulary import Drawn, Figure, LossLike
from .film import Recording, film, in_words, walk
from .health import Record, Snapshot, as_of, gradient_warnings, record_of, unit_warnings, units

MOST_NUMBERS = 150_000  # of parameters that are kept for the film: of a large model, those of fewer epochs
EPOCHS = frozenset(k * 10**n for n in range(7) for k in (1, 2, 3, 5))  # those kept where none are asked for


class watch:
    """A callback of ``fit`` that records what happens inside the model.

    After every epoch it keeps the loss and, for each layer (see ``Module.layers_of``), ‖g‖ at the last step and
    ‖Δp‖ / ‖p‖ over the epoch.  It warns once for each layer with a gradient that vanishes or explodes: its root mean
    square is less than 1/1000 of that of the last layer, or more than 1000 times that, or its norm is more than 1000
    times that of the first epoch.

    With rows X, at the chosen ``epochs`` (1, 2, 3, 5, 10, 20, 30, 50, …), it counts the units that are dead (relus
    that give 0 on every row) or saturated (tanhs and sigmoids with less than a hundredth of their slope on every
    row).  Its film has a frame for every epoch, of a large model for every second, fourth, and so on.  Of a model with
    two inputs it shows what the model and each of its hidden neurons answer at each point of the plane, the class and
    how sure it is; one output is the positive class above ``threshold``, by default the one by which ``accuracy``
    counts these rows.  With targets y and the ``loss`` too, it walks through the first row with the numbers of each
    epoch, and of a model with more inputs shows the graph of that row after the chosen ones.

    ValueError for targets without rows, a loss without targets, and where ``fit`` trains another model.

    ``records`` has one entry for each epoch (``epoch``, ``loss``, ``lr``, and by layer ``gradients`` and ``updates``),
    ``notes`` the warnings; ``table()`` gives the numbers as rows, ``plot()`` the curves.  In a notebook, and with
    ``save("training.html")``, the training plays.

    >>> from nn import MLP, SGD, datasets, fit
    >>> X, y = datasets.moons(40, seed=1)
    >>> model = MLP(2, [4, 1], activation="tanh", seed=1)
    >>> w = watch(model, X, y, loss="hinge")
    >>> history = fit(model, X, y, loss="hinge", optimizer=SGD(model.parameters(), lr=0.1), epochs=20, callbacks=[w])
    >>> len(w.records), sorted(w.records[0].gradients)
    (20, ['layers.0', 'layers.1'])
    """

    def __init__(
        self,
        model: Module,
        X: Iterable[Any] | None = None,
        y: Iterable[Any] | None = None,
        *,
        loss: LossLike | None = None,
        epochs: Collection[int] = EPOCHS,
        threshold: float | None = None,
    ) -> None:
        if (y is not None and X is None) or (loss is not None and y is None):
            raise ValueError("watch needs the rows X with targets y, and both with a loss")
        self.model, self.threshold, self._epochs = model, threshold, epochs
        self.rows: Any = ()
        self.targets: Any = ()
        if X is not None:
            self.rows, self.targets = (check_rows(X), ()) if y is None else check_data(X, y)
        self.loss = None if loss is None else find_loss(loss)
        self.records: list[Record] = []
        self.notes: list[str] = []
        self._layers = model.parameters_by_layer()
        self._kept: list[Snapshot] = []
        self._states: dict[int, array[float]] = {}  # the numbers of the parameters after every ``_stride`` epochs
        self._stride = 1
        self._latest: Snapshot | None = None
        self._now = {p: p.data for p in model.parameters()}

    def __call__(self, history: History, model: Module) -> None:
        if model is not self.model:
            raise ValueError("fit trains another model than the one that is watched: watch(model) that one")
        epoch = len(history.loss)
        if epoch == 1:  # a new training
            self.records, self.notes, self._kept = [], [], []
            self._states, self._stride = {0: array("d", self._now.values())}, 1
        before, self._now = self._now, {p: p.data for p in self._now}
        lr = history.lr[-1] if history.lr else math.nan
        record = record_of(epoch, history.loss[-1], lr, self._layers, before)
        self.records.append(record)
        trained = {name: len(own) for name, own in self._layers.items() if any(p.requires_grad for p in own)}
        for what, why in gradient_warnings(record, self.records[0], trained):
            self._note(epoch, what, why)
        chosen = epoch in self._epochs
        found = units(model, self.rows) if chosen else {}
        for what, why in unit_warnings(found):
            self._note(epoch, what, why)
        self._latest = Snapshot(record, [*self._now.values()], found)
        if chosen:
            self._kept.append(self._latest)
        if epoch % self._stride == 0:
            self._keep(epoch)

    def _keep(self, epoch: int) -> None:
        """Keep the numbers of this epoch for the film; where they are too many, those of every other epoch."""
        self._states[epoch] = array("d", self._now.values())
        while len(self._states) > 2 and len(self._states) * len(self._now) > MOST_NUMBERS:
            self._stride *= 2
            self._states = {at: state for at, state in self._states.items() if at % self._stride == 0}

    def _note(self, epoch: int, what: str, why: str) -> None:
        """Keep a warning and print it, the first time that it comes up."""
        from tqdm import tqdm  # which prints beside its bar, if there is one

        what, why = printable(what), printable(why)
        if not any(f": {what}, " in note for note in self.notes):
            self.notes.append(f"epoch {epoch}: {what}, {why}")
            tqdm.write(f"watch: {self.notes[-1]}")

    @property
    def snapshots(self) -> list[Snapshot]:
        """The models after the chosen epochs, and after the last."""
        latest = self._latest
        if latest is None or latest in self._kept[-1:]:
            return self._kept
        with as_of(self.model, latest.after):
            return [*self._kept, latest._replace(units=units(self.model, self.rows))]

    def table(self) -> list[dict[str, Any]]:
        """A row for each epoch and layer, ready for a data frame."""
        return [
            {"epoch": epoch, "loss": loss, "layer": name, "gradient": gradients[name], "update": updates[name]}
            for epoch, loss, gradients, updates, _ in self.records
            for name in gradients
        ]

    @overload
    def plot(self, title: str = "", ax: None = None) -> Figure: ...
    @overload
    def plot(self, title: str = "", ax: Drawn = ...) -> Drawn: ...
    def plot(self, title: str = "", ax: Any = None) -> Any:
        """The loss, and each layer's gradient and update, as curves; a matplotlib Figure.

        ``title`` stands above.  With ``ax``, a list of three axes, it is drawn there, and these are returned.
        """
        from ..plots import plot_layers

        layers = self.records[0].gradients if self.records else ()
        gradients, updates = (
            {name: [getattr(record, kind)[name] for record in self.records] for name in layers}
            for kind in ("gradients", "updates")
        )
        return plot_layers([record.loss for record in self.records], gradients, updates, title, ax)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write to ``path`` a page, .html, that plays the training, with a walk through one row at each epoch."""
        recording = self._recording()
        body = f"<h1>Training {escape(type(self.model).__name__)}</h1>{film(recording)}{walk(recording)}"
        write_page(path, "training", body, "a training")

    def _recording(self) -> Recording:
        latest = {self._latest.record.epoch: self._latest.after} if self._latest else {}
        states: dict[int, Sequence[float]] = {**self._states, **latest} if len(self.rows) else {}
        return Recording(
            self.model, self.rows, self.targets, self.loss, self.threshold, self.records, states, self.snapshots,
            self.notes,
        )  # fmt: skip

    def __repr__(self) -> str:
        return "\n".join([*(in_words(snapshot) for snapshot in self.snapshots), *self.notes]) or "nothing recorded yet"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """What a notebook shows: the film."""
        text = {"text/plain": repr(self)}
        return {"text/html": film(self._recording()), **text} if self.records else text
