"""Columns of a table as the numbers that a network takes, by rules that are learned once and kept with the model.

A number stays one, and a gap in its column is filled with the median; where there were gaps when the rules were
learned, a column of 0 and 1 says whether this one was filled.  A text becomes a column of 0 and 1 for each text that
was seen ("one-hot"), among which all are 0 for one that was not, and a gap is one of them where there were any.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from .reading import Column, Table, cells, is_number, listed

MOST = 50  # texts of a column that get a column each: the most frequent


@dataclass(frozen=True)
class Number:
    """A column of numbers: what fills a gap, and whether there were gaps."""

    name: str
    median: float
    gaps: bool

    @property
    def columns(self) -> list[str]:
        """The names of what it becomes."""
        return [self.name, f"{self.name} is missing"][: 1 + self.gaps]

    @property
    def rule(self) -> str:
        """What becomes of a gap, in words."""
        return f"filled with the median, {self.median:.6g}, and a column says which these were"

    def encode(self, column: Column, rows: Any, out: Any) -> None:
        """Write the cells of some rows into the columns of an array."""
        import numpy as np

        numbers = column.numbers[rows]
        missing = np.isnan(numbers)
        out[:, 0] = np.where(missing, self.median, numbers)
        if self.gaps:
            out[:, 1] = missing

    def unknown(self, column: Column) -> str:
        """What of a new column the rules do not know, in words."""
        count = int((~column.present).sum())
        if self.gaps or not count:
            return ""
        return f"{cells(count)} missing, as none was in training: filled with the median, {self.median:.6g}"


@dataclass(frozen=True)
class Category:
    """A column of texts: those that get a column of their own, and whether there were gaps."""

    name: str
    texts: tuple[str, ...]
    gaps: bool

    @property
    def columns(self) -> list[str]:
        """The names of what it becomes."""
        return [*(f"{self.name}={text}" for text in self.texts), *[f"{self.name} is missing"][: self.gaps]]

    @property
    def rule(self) -> str:
        """What becomes of a gap, in words."""
        return "they count as a text of their own"

    def encode(self, column: Column, rows: Any, out: Any) -> None:
        """Write the cells of some rows into the columns of an array."""
        import numpy as np

        places = {text: i for i, text in enumerate(self.texts)}
        nowhere = len(self.texts) + 1
        gap = len(self.texts) if self.gaps else nowhere
        place = np.array([*(places.get(text, nowhere) for text in column.texts), gap])[column.codes[rows]]
        out[:] = place[:, None] == np.arange(out.shape[1])

    def unknown(self, column: Column) -> str:
        """What of a new column the rules do not know, in words."""
        import numpy as np

        new = [i for i, text in enumerate(column.texts) if text not in self.texts]
        said = []
        if count := int(np.isin(column.codes, new).sum()):
            texts = listed([column.texts[i] for i in new], 3)
            said.append(
                f"{cells(count)} with a text that the model has not learned, taken for none of those it knows: {texts}"
            )
        if not self.gaps and (count := int((~column.present).sum())):
            said.append(f"{cells(count)} missing, as none was in training")
        return "; ".join(said)


Input = Number | Category


def learn(column: Column, rows: Any) -> Input | str:
    """The rules for a column from some of its rows; or why it can teach nothing, in words."""
    import numpy as np

    gaps = bool((~column.present[rows]).any())
    if column.is_text:
        codes = column.codes[rows]
        counts = np.bincount(codes[codes >= 0], minlength=len(column.texts))
        seen = int((counts > 0).sum())
        if not seen:
            return "no cell has anything in it"
        if seen == 1 and not gaps:
            return f"it is {listed([column.texts[int(counts.argmax())]])} in every row"
        if seen > max(MOST, 0.5 * counts.sum()) or (seen > 10 and seen == counts.sum()):
            return _of_their_own(column.texts)
        frequent = sorted(np.argsort(-counts, kind="stable")[: min(MOST, seen)], key=lambda i: column.texts[i])
        return Category(column.name, tuple(column.texts[i] for i in frequent), gaps)
    numbers = column.numbers[rows]
    numbers = numbers[~np.isnan(numbers)]
    if not len(numbers):
        return "no cell has anything in it"
    if numbers.min() == numbers.max() and not gaps:
        return f"it is {numbers[0]:.6g} in every row"
    return Number(column.name, float(np.median(numbers)), gaps)


def _of_their_own(texts: Sequence[str]) -> str:
    """Why a column of which nearly every row has another text teaches nothing, and what may be wrong with it."""
    why = f"nearly every row has a text of its own, such as {listed(texts[:1])}"
    words = [text for text in texts if not is_number(text)]
    if len(words) < 0.5 * len(texts):
        return f"{why}; most are numbers, but not {listed(words, 3)}: leave these empty where they stand for none"
    return why


def encode(table: Table, inputs: Sequence[Input], rows: Any) -> Any:
    """Some rows as an array of numbers, a column for each of the inputs' ``columns``."""
    import numpy as np

    result = np.empty((len(rows), sum(len(each.columns) for each in inputs)))
    start = 0
    for each in inputs:
        end = start + len(each.columns)
        each.encode(table.columns[each.name], rows, result[:, start:end])
        start = end
    return result


def as_data(inputs: Iterable[Input]) -> list[dict[str, Any]]:
    """The rules as data for a file."""
    return [
        {"name": each.name, "median": each.median, "gaps": each.gaps}
        if isinstance(each, Number)
        else {"name": each.name, "texts": [*each.texts], "gaps": each.gaps}
        for each in inputs
    ]


def from_data(data: Any) -> list[Input]:
    """The rules in a file; ValueError for what is none."""
    return [_input(each) for each in data] if isinstance(data, list) else [_input(data)]


def _input(data: Any) -> Input:
    match data:
        case {"name": str(name), "median": float() | int() as median, "gaps": bool(gaps)} if math.isfinite(median):
            return Number(name, float(median), gaps)
        case {"name": str(name), "texts": [*texts], "gaps": bool(gaps)} if all(isinstance(x, str) for x in texts):
            return Category(name, tuple(texts), gaps)
    raise ValueError(f"its rules for a column are {data!r:.60}")
