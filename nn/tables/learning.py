"""A network that learns one column of a table from the others."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from autograd.html import printable

from ..modules import MLP, Sequential, Standardize
from ..training import Adam, CosineDecay, EarlyStopping, History, fit
from ..vocabulary import LossName
from .encoding import encode, learn
from .model import TableModel, scores_of
from .reading import Table, cells, listed, read_table

# What suits most tables: chosen by ``python -m tests.benchmarks from-csv``, which compares with scikit-learn's MLP.
HIDDEN, MANY, WIDER = (64,), 20_000, (100,)  # of more than so many rows the wider one
INIT: Final = "xavier_uniform"  # smoother functions at first than with He's, which cost 0.05 of R² on small tables
LR = 3e-3
L2_ROWS = 3.0  # l2 is this divided by the number of rows
BATCHES = ((5_000, 32), (50_000, 128), (math.inf, 256))  # up to so many rows, batches of so many
EPOCHS, ROWS, FEWEST_EPOCHS = 200, 1000, 93  # so many epochs up to so many rows, of more the fewer by the cube root
TAKEN = 10_000_000  # rows at most, each time that one is taken: 10 epochs of a million
PATIENCE = 15  # epochs without a better loss; twice as many up to ROWS, of which few are held out

HELD_OUT, MOST_HELD_OUT = 0.15, 20_000  # of the rows, to stop in time, and as many for the scores
AGAIN = 50_000  # rows up to which all of them are trained on, once the best epoch is known
FEWEST = 10  # rows
MOST_CLASSES = 100


@dataclass
class Learned:
    """A training: its model, the history, and of the rows held out for the scores what is true and what was answered.

    ``note`` says what became of the training, where Ctrl-C ended it.
    """

    model: TableModel
    history: History
    truth: list[Any]
    answers: list[Any]
    note: str = ""


class Goal:
    """The column to learn as numbers: its own, or for each cell the place of its class among ``classes``."""

    def __init__(self, table: Table, name: str) -> None:
        import numpy as np

        column = table.columns[name]
        self.rows = np.flatnonzero(column.present)
        if len(self.rows) < FEWEST:
            raise table.refusal(name, f"has {cells(len(self.rows))} with something in them, and {FEWEST} are needed")
        self.classes: list[Any] | None = None
        self.numbers = column.numbers
        if column.is_text:
            labels = _labels(column.texts)
            order = sorted(range(len(labels)), key=labels.__getitem__)
            if len(order) > min(MOST_CLASSES, 0.5 * len(self.rows)):
                raise table.refusal(
                    name,
                    f"has {len(order):,} different texts, such as {listed(labels[:1])}, which are too many classes",
                )
            self.classes = [labels[i] for i in order]
            self.numbers = np.argsort([*order, len(order)])[column.codes].astype(float)
        known = self.numbers[self.rows]
        if known.min() == known.max():
            raise table.refusal(name, "is the same in every row: there is nothing to learn")
        two = self.classes is not None and len(self.classes) == 2
        self.outputs = 1 if self.classes is None or two else len(self.classes)
        self.loss: LossName = "mse" if self.classes is None else "bce_with_logits" if two else "cross_entropy"

    def guess(self, rows: Any, count: int) -> Any:
        """The outputs, so many times, of who knows no other column: the mean of some rows, or their usual class."""
        import numpy as np

        if self.classes is None:
            return np.full(count, self.numbers[rows].mean())
        usual = np.bincount(self.numbers[rows].astype(int)).argmax()
        return np.full(count, 2.0 * usual - 1.0) if self.outputs == 1 else np.eye(self.outputs)[[usual] * count]

    def cells(self, rows: Any) -> list[Any]:
        """What stands in some rows."""
        numbers = self.numbers[rows].tolist()
        return numbers if self.classes is None else [self.classes[int(i)] for i in numbers]


def _labels(texts: Sequence[str]) -> Sequence[Any]:
    """The texts, or where all are whole numbers these."""
    whole = all(text.removeprefix("-").isdecimal() and str(int(text)) == text for text in texts)
    return [*map(int, texts)] if whole else texts


def learn_table(
    path: str | os.PathLike[str], target: str, *, classify: bool = False, ignore: Collection[str] = (),
    hidden: Sequence[int] | None = None, epochs: int | None = None, seed: int = 0, say: Callable[[str], None] = print,
) -> Learned:  # fmt: skip
    """Train a network to predict the column ``target`` of a CSV file from the others; ``say`` is told what is done.

    A share of the rows is held out to stop in time, and as large a share for the scores.  Where the rows are few, a
    second training then takes them all, for as many epochs as were best.
    """
    import numpy as np

    table = read_table(path, texts={target} if classify else ())
    for name in (target, *ignore):
        table.check(name)
    goal = Goal(table, target)
    hidden = hidden or (HIDDEN if len(goal.rows) <= MANY else WIDER)
    names = [*_informative(table, goal, {target, *ignore}, say)]
    order = np.random.default_rng(seed).permutation(goal.rows)
    held = int(min(max(HELD_OUT * len(order), 1), MOST_HELD_OUT))
    stopping, testing, training = order[:held], order[held : 2 * held], order[2 * held :]

    first = _Training(table, goal, names, training, hidden, seed, epochs)
    widths = " → ".join(map(str, [*hidden, goal.outputs]))
    say(f"network: {len(first.scale.mean)} numbers → {widths}")
    say(f"training on {len(training):,} rows; {held:,} are held out to stop in time, {held:,} for the scores")
    history = first.run(first.epochs, stopping)
    best = 1 + int(np.argmin(history.val_loss))
    model = first.model(target)
    outputs, truth = model.outputs(table, testing), goal.numbers[testing]
    scores = {"scores": scores_of(outputs, truth, goal.classes)}
    scores["guess"] = scores_of(goal.guess(training, len(testing)), truth, goal.classes)
    note = f"stopped by Ctrl-C: the model is that of epoch {best}, the best so far" if history.interrupted else ""
    answers = model.answers(outputs)
    if not note and len(order) <= AGAIN:
        say(f"epoch {best} of {len(history.loss)} was best: training on all {len(order):,} rows for as many")
        again = _Training(table, goal, names, order, hidden, seed, epochs)
        if again.run(best).interrupted:
            note = f"stopped by Ctrl-C: the model is that of the first training, on {len(training):,} rows"
        else:
            model = again.model(target)
    model.about = {"rows": len(order), "held out": len(testing), **scores}
    return Learned(model, history, goal.cells(testing), answers, note)


def _informative(table: Table, goal: Goal, without: Collection[str], say: Callable[[str], None]) -> Iterator[str]:
    """The names of the columns that can teach something; what is left out, and the rules for gaps, are said."""
    if missing := table.rows - len(goal.rows):
        say(f"{missing:,} rows without a target are left out")
    if "" in table.names:
        say(f"column {table.names.index('') + 1} has no name, and is left out")
    for name, column in table.columns.items():
        if name not in without:
            rules = learn(column, goal.rows)
            if isinstance(rules, str):
                say(f"column '{name}' is left out: {rules}")
                continue
            if rules.gaps:
                say(f"column '{name}': {cells(int((~column.present[goal.rows]).sum()))} missing: {rules.rule}")
            yield name


class _Training:
    """One network, the rows that it learns from, and the rules by which these become numbers."""

    def __init__(
        self, table: Table, goal: Goal, names: Sequence[str], rows: Any, hidden: Sequence[int], seed: int,
        epochs: int | None,
    ) -> None:  # fmt: skip
        self.table, self.goal, self.seed = table, goal, seed
        rules = [learn(table.columns[name], rows) for name in names]
        self.inputs = [each for each in rules if not isinstance(each, str)]  # in these rows one may be constant
        if not self.inputs:
            raise ValueError(f"{printable(table.path)} has no column to learn from")
        X = encode(table, self.inputs, rows)
        self.scale = Standardize(X)
        self.back = Standardize(goal.numbers[rows]) if goal.classes is None else None
        self.samples = self._scaled(X), self._target(rows)
        self.network = MLP(X.shape[1], [*hidden, goal.outputs], init=INIT, seed=seed)
        self.batch_size = next(size for most, size in BATCHES if len(rows) <= most)
        wanted = max(EPOCHS * min(1.0, (ROWS / len(rows)) ** (1 / 3)), FEWEST_EPOCHS)
        self.epochs = epochs or max(round(min(wanted, TAKEN / len(rows))), 1)

    def _scaled(self, X: Any) -> Any:
        """The rows as the network takes them, in the place of what they were."""
        import numpy as np

        deviation = np.array([d.data for d in self.scale.deviation])
        X -= [m.data for m in self.scale.mean]
        X /= np.where(deviation > 0.0, deviation, math.inf)
        return X

    def _target(self, rows: Any) -> Any:
        numbers = self.goal.numbers[rows]
        if self.back is None:
            return numbers
        return (numbers - self.back.mean[0].data) / (self.back.deviation[0].data or math.inf)

    def run(self, epochs: int, held_out: Any = None) -> History:
        """Train for so many epochs; with rows that are held out only until their loss gets no better."""
        validation, callbacks = None, []
        if held_out is not None:
            validation = self._scaled(encode(self.table, self.inputs, held_out)), self._target(held_out)
            callbacks = [EarlyStopping(PATIENCE * (1 + (len(self.samples[0]) <= ROWS)))]
        return fit(
            self.network, *self.samples, loss=self.goal.loss, optimizer=Adam(self.network.parameters(), lr=LR),
            epochs=epochs, batch_size=self.batch_size, l2=L2_ROWS / len(self.samples[0]), seed=self.seed,
            schedule=CosineDecay(self.epochs), validation=validation, callbacks=callbacks,
        )  # fmt: skip

    def model(self, target: str) -> TableModel:
        """The model that takes cells in their own units, and answers so."""
        parts = [self.scale, self.network, *([self.back.inverse()] if self.back else [])]
        found = TableModel(Sequential(*parts), target, self.inputs)
        found.network.columns, found.network.classes = found.columns, self.goal.classes
        return found
