"""A model of a table: a network, and all that it takes to feed it with cells and to understand what it answers."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from autograd.html import printable

from ..data import classes_of
from ..evaluation import predict
from ..metrics import accuracy, f1, mae, r2
from ..modules import Module
from ..storage import content_of_model, load, read, write
from .encoding import Category, Input, Number, as_data, encode, from_data
from .reading import Table, is_number, listed, read_table

PIECE = 100_000  # rows that are predicted together


@dataclass
class TableModel:
    """The network with its scales, the column that it predicts, the rules for the others.

    ``about`` has the numbers of rows and the scores, for those who look at the file.
    """

    network: Module
    target: str
    inputs: list[Input]
    about: dict[str, Any] = field(default_factory=dict)  # filled by who trains it

    @property
    def columns(self) -> list[str]:
        """The names of the numbers that the network takes."""
        return [name for each in self.inputs for name in each.columns]

    @property
    def classes(self) -> list[Any] | None:
        """What may be answered; None for numbers."""
        found: list[Any] | None = self.network.classes
        return found

    def read(self, path: str | os.PathLike[str], say: Callable[[str], None]) -> Table:
        """The columns of a file that the model takes, and its target, if it is there.

        ``say`` is told of columns that are not used or in another order, and of cells unlike those of the training.
        ValueError where a column is missing, or has texts in the place of numbers.
        """
        import numpy as np

        wanted = [each.name for each in self.inputs]
        texts = {each.name for each in self.inputs if isinstance(each, Category)}
        if self.classes is not None:
            texts.add(self.target)
        table = read_table(path, texts=texts, only={*wanted, self.target})
        absent = [name for name in wanted if name not in table.columns]
        if absent:
            what = f"which the model takes: it has {listed(table.names)}"
            raise ValueError(f"{printable(path)} has no column {listed(absent, 3)}, {what}")
        more = [name for name in table.names if name and name not in table.columns]
        if more:
            say(f"not used, as the model does not know them: {listed(more)}")
        if [name for name in table.columns if name != self.target] != wanted:
            say("the columns are in another order than in training: they are taken by their names")
        for each in self.inputs:
            column = table.columns[each.name]
            if column.is_text and isinstance(each, Number):
                wrong = [code for code, text in enumerate(column.texts) if not is_number(text)]
                row = int(np.isin(column.codes, wrong).argmax())
                raise table.error(each.name, row, "is no number, and in training the column was one of numbers")
            if unknown := each.unknown(column):
                say(f"column '{each.name}': {unknown}")
        return table

    def outputs(self, table: Table, rows: Any) -> Any:
        """What the network gives for some rows: a number, or one for each class."""
        import numpy as np

        pieces = [rows[start : start + PIECE] for start in range(0, len(rows), PIECE)]
        return np.concatenate([predict(self.network, encode(table, self.inputs, piece)) for piece in pieces])

    def answers(self, outputs: Any) -> list[Any]:
        """The number in the target's units, or the class, that each output means."""
        return outputs.tolist() if self.classes is None else [self.classes[i] for i in classes_of(outputs, 0.0)]

    def scores(self, table: Table, outputs: Any) -> dict[str, float]:
        """How good outputs are for all rows of a table where that has the target too; empty where it has not."""
        import numpy as np

        column = table.columns.get(self.target)
        if column is None or column.is_text != (self.classes is not None):
            return {}
        truth = column.numbers
        if self.classes is not None:
            places = {str(label): place for place, label in enumerate(self.classes)}
            truth = np.array([*(places.get(text, np.nan) for text in column.texts), np.nan])[column.codes]
        known = ~np.isnan(truth)
        return scores_of(outputs[known], truth[known], self.classes) if known.any() else {}

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write everything into one file, from which ``nn.load`` gives the network."""
        table = {"target": self.target, "inputs": as_data(self.inputs), "about": self.about}
        write(content_of_model(self.network) | {"table": table}, path)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> TableModel:
        """The model in a file; ValueError where there is none, or one that is not of a table."""
        network, table = load(path), read(path).get("table")
        if table is None:
            raise ValueError(f"{printable(path)} is a model that was not trained on a table: use it from Python")
        try:
            match table:
                case {"target": str(target), "inputs": inputs, "about": dict(about)}:
                    found = cls(network, target, from_data(inputs), about)
                    if network.columns == found.columns and _is_about(about):
                        return found
            raise ValueError("its table does not fit its model")
        except ValueError as error:
            raise ValueError(f"{printable(path)}: {error}") from None


def _is_about(about: dict[str, Any]) -> bool:
    """Whether numbers stand where ``learn_table`` writes some."""
    match about:
        case {"rows": int(), "held out": int(), "scores": dict(scores), "guess": dict(guess)}:
            return all(isinstance(x, (int, float)) for x in (*scores.values(), *guess.values()))
    return False


def scores_of(outputs: Any, truth: Any, classes: Sequence[Any] | None) -> dict[str, float]:
    """How good outputs are, by the names of the scores; the truth is numbers, or the places of classes."""
    if classes is None:
        return {"mean absolute error": mae(outputs, truth), "R²": r2(outputs, truth)}
    return {"accuracy": accuracy(outputs, truth, 0.0), "F1": f1(outputs, truth, 0.0)}
