"""A table in a CSV file, read into columns: of numbers, or of texts.

Python's own csv module reads it, some rows at a time: it needs no other library, knows quotes and names lines.  A
million rows of 12 columns take 6 s of processor time, and 215 MB in all; pandas takes 1.2 s and 390 MB, and NumPy reads
neither texts nor gaps.
"""

from __future__ import annotations

import csv
import difflib
import math
import os
import re
from collections.abc import Collection, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from autograd.html import printable

from ..data import announced

MISSING = frozenset(  # what stands for no value
    ("", "?", "-", "--", ".", "NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "null", "NULL", "None")
)
# Numbers of which every three digits are set apart: 1,234.5, and where the comma is that of decimals 1.234,5.
GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?"), re.compile(r"[+-]?\d{1,3}((\.\d{3})+,\d+|(\.\d{3}){2,})")
DELIMITERS = ",;\t|"
TOGETHER = 2000  # rows, of which the lists of texts die before Python's garbage collector goes through them
FEW = 0.1  # of the cells: so many texts among numbers are mistakes


class Column:
    """The cells of one column: ``numbers``, with nan where one is missing; or ``codes``, which count the ``texts``.

    The code of a missing text is -1.
    """

    def __init__(self, name: str, as_text: bool, decimal_comma: bool) -> None:
        self.name, self.is_text, self._decimal_comma = name, as_text, decimal_comma
        self.texts: list[str] = []
        self._known: dict[str, int] = dict.fromkeys(MISSING, -1)
        self._parts: list[Any] = []
        self.numbers: Any = None
        self.codes: Any = None
        self.mistaken: list[int] = []  # the rows of texts among numbers
        self._rows = self._found = 0  # the cells so far, and the numbers among them

    def take(self, cells: tuple[str, ...]) -> None:
        """Append some cells."""
        import numpy as np

        if not self.is_text:
            numbers = self._numbers_of(cells)
            if numbers is not None:
                self._parts.append(numbers)
                self._rows += len(cells)
                return
            self.is_text, self._parts = True, [np.full(self._rows, -1, dtype=np.int32)] * bool(self._rows)
        known = self._known
        codes = [known.get(cell) for cell in cells]
        if None in codes:
            for i, cell in enumerate(cells):
                if codes[i] is None:
                    codes[i] = self._code(cell.strip())
        self._parts.append(np.array(codes, dtype=np.int32))
        self._rows += len(cells)

    def _code(self, text: str) -> int:
        code = self._known.setdefault(text, len(self.texts))
        if code == len(self.texts):
            self.texts.append(text)
        return code

    def _numbers_of(self, cells: tuple[str, ...]) -> Any:
        """The cells as numbers; None where at least half of them are texts, and there was no number before them."""
        import numpy as np

        try:
            numbers = np.fromiter(map(float, cells), float, len(cells))
        except ValueError:
            numbers = np.array([*map(self._number, cells)])
        found = int(np.isfinite(numbers).sum())
        wrong = np.flatnonzero(np.isinf(numbers))
        if not self._found and found <= len(wrong) and len(wrong):
            return None
        self._found += found
        self.mistaken += (wrong + self._rows).tolist()
        numbers[wrong] = math.nan
        return numbers

    def _number(self, cell: str) -> float:
        """A number, nan for a missing one, infinity for what is none."""
        cell = cell.strip()
        if cell in MISSING:
            return math.nan
        try:
            return float(cell.replace(",", ".") if self._decimal_comma else cell)
        except ValueError:
            if GROUPED[self._decimal_comma].fullmatch(cell):
                return self._number(cell.replace("." if self._decimal_comma else ",", ""))
            return math.inf

    def close(self) -> None:
        """Put the parts together."""
        import numpy as np

        whole = np.concatenate(self._parts)
        self._parts = []
        if self.is_text:
            self.codes = whole
        else:
            self.numbers = whole

    @property
    def present(self) -> Any:
        """For each cell whether it is there."""
        import numpy as np

        return self.codes >= 0 if self.is_text else ~np.isnan(self.numbers)


class Table:
    """The columns of a file by their names, in its order, all of so many rows."""

    def __init__(self, path: str | os.PathLike[str], names: list[str], columns: dict[str, Column], rows: int) -> None:
        self.path, self.names, self.columns, self.rows = path, names, columns, rows

    def error(self, name: str, row: int, what: str) -> ValueError:
        """An error about one cell: its line, its column, what stands there."""
        line, found = line_of(self.path, row)
        cell = found[self.names.index(name)]
        return ValueError(f"{place(self.path, line)}, column {_shown(name)}: {_shown(cell)} {what}")

    def refusal(self, name: str, what: str) -> ValueError:
        """An error about a whole column."""
        return ValueError(f"{place(self.path, 1)}, column {_shown(name)} {what}")

    def check(self, name: str) -> None:
        """ValueError where there is no column of a name, with those that may have been meant."""
        if name not in self.columns:
            close = difflib.get_close_matches(name, self.names, n=3, cutoff=0.6)
            meant = f"did you mean {listed(close)}?" if close else f"its columns are {listed(self.names)}"
            raise ValueError(f"{place(self.path, 1)}: there is no column {_shown(name)}: {meant}")


def read_table(
    path: str | os.PathLike[str], *, texts: Collection[str] = (), only: Collection[str] | None = None
) -> Table:
    """The table in a CSV file whose first line has the names of the columns.

    A column is one of numbers where all its cells are, but for missing ones; else one of texts, as are those named in
    ``texts``.  Cells are separated by what the first line has most of: commas, semicolons, tabs or bars; where it is no
    comma, 1,5 is a number too, and so is 1.234,5, else 1,234.5.  A column without a name, such as that of the row
    numbers of a data frame, is not kept, and with ``only`` no other.

    ValueError, with the line and the column, for a file that is no such table: without rows, with a line of other
    length, a quote that does not end, two columns of one name, a text among numbers.
    """
    blocks = _blocks(path)
    names = _checked_names(path, next(blocks)[0])
    kept = [i for i, name in enumerate(names) if name and (only is None or name in only)]
    comma = _delimiter(path) != ","
    columns = [Column(names[i], names[i] in texts, comma) for i in kept]
    rows = 0
    with announced(f"reading {printable(path)}"):
        for some in blocks:
            if {*map(len, some)} - {len(names)}:
                first = next(i for i, row in enumerate(some) if len(row) != len(names))
                line, wrong = line_of(path, rows + first)
                raise ValueError(f"{place(path, line)}: {_lengths(wrong, names)}")
            together = [*zip(*some, strict=True)] or [()] * len(names)
            for column, i in zip(columns, kept, strict=True):
                column.take(together[i])
            rows += len(some)
    if not rows:
        raise ValueError(f"{printable(path)} has a line of names and no row below it")
    for column in columns:
        column.close()
    table = Table(path, names, {column.name: column for column in columns}, rows)
    mixed = {column.name for column in columns if len(column.mistaken) > FEW * column.present.sum()}
    if mixed:  # and no mistakes
        return read_table(path, texts={*texts, *mixed}, only=only)
    for column in columns:
        if column.mistaken:
            others = f"and {cells(int(column.present.sum()))} of the column are: correct it, or leave it empty"
            raise table.error(column.name, column.mistaken[0], f"is no number, {others}")
    return table


def line_of(path: str | os.PathLike[str], row: int) -> tuple[int, list[str]]:
    """The line of a row, counted from 0 below the names, and its cells."""
    return next(islice(_lines(path), row + 1, None))


def place(path: str | os.PathLike[str], line: int) -> str:
    """Where something is, as messages begin."""
    return f"{printable(path)}, line {line}"


def is_number(text: str) -> bool:
    """Whether a text is one number."""
    try:
        float(text.replace(",", "."))
    except ValueError:
        return False
    return True


def cells(count: int) -> str:
    """So many cells, in words."""
    return f"{count:,} cell{'s' * (count != 1)}"


def listed(names: Collection[str], most: int = 8) -> str:
    """Some names, and how many more there are."""
    shown = ", ".join(map(_shown, [*names][:most]))
    return shown + (f" and {len(names) - most} more" if len(names) > most else "")


def _shown(name: str) -> str:
    return f"'{printable(name) if len(name) <= 40 else printable(name[:39]) + '…'}'"


def _blocks(path: str | os.PathLike[str]) -> Iterator[list[list[str]]]:
    """The names, as a block of one row, then the cells of all rows, of some at a time, without blank lines."""
    with open(path, encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, delimiter=_delimiter(path), strict=True)
        try:
            yield [next(filter(None, reader), [])]
            while block := [*islice(reader, TOGETHER)]:
                yield [*filter(None, block)] if [] in block else block
        except (csv.Error, UnicodeDecodeError):
            for _ in _lines(path):  # up to the line that it is about
                pass
            raise


def _lines(path: str | os.PathLike[str]) -> Iterator[tuple[int, list[str]]]:
    """The line and the cells of each row that is not blank, the names first; ValueError for what is no text or row."""
    line = 1
    with open(path, encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, delimiter=_delimiter(path), strict=True)
        try:
            for cells in reader:
                if cells:
                    yield line, cells
                line = reader.line_num + 1
        except csv.Error as error:
            quote = "a quote begins here and does not end" if "unexpected end" in str(error) else str(error)
            raise ValueError(f"{place(path, line)}: {quote}") from None
        except UnicodeDecodeError:
            raise _not_utf8(path) from None


def _delimiter(path: str | os.PathLike[str]) -> str:
    """What separates the cells: that of which the first line has most."""
    with open(path, encoding="utf-8-sig", errors="replace", newline="") as file:
        first = file.readline()
    return max(DELIMITERS, key=first.count)


def _not_utf8(path: str | os.PathLike[str]) -> ValueError:
    for line, text in enumerate(Path(path).read_bytes().split(b"\n"), 1):
        try:
            text.decode("utf-8")
        except UnicodeDecodeError as error:
            byte = f"byte {text[error.start]:#04x}"
            return ValueError(f"{place(path, line)}: {byte} is no text in UTF-8: save the table as CSV in UTF-8")
    return ValueError(f"{printable(path)} is no text in UTF-8: save the table as CSV in UTF-8")


def _checked_names(path: str | os.PathLike[str], cells: list[str]) -> list[str]:
    """The names of the columns; ValueError where the first line has none."""
    where, names = place(path, 1), [cell.strip() for cell in cells]
    if not names:
        raise ValueError(f"{printable(path)} is empty: it must have a line of names, and a line for each row")
    for i, name in enumerate(names):
        if name and name in names[:i]:
            raise ValueError(f"{where}: columns {names.index(name) + 1} and {i + 1} are both called {_shown(name)}")
    if all(map(is_number, names)):
        raise ValueError(f"{where}: {listed(names, 3)} are numbers: the first line must have the names of the columns")
    return names


def _lengths(row: list[str], names: list[str]) -> str:
    """What is wrong with a row of another length than the line of names."""
    text = f"{cells(len(row))} for {len(names)} columns"
    if len(row) < len(names):
        return f"{text}: the first without one is {_shown(names[len(row)])}"
    return f"{text}: the first too many is {_shown(row[len(names)])}; a text that has a comma in it needs quotes"
