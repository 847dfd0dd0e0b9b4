"""compile_loss: the step of a training loop of one's own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import AutogradError, located
from ..functions import mean
from ..graph import dependents, topological_order
from ..persistence import Reduced, reduced
from ..value import Value, as_value
from .columns import as_column
from .fallback import NotCompilable, Patience, falling_back
from .forms import Alike, Ragged, Samples, alike
from .turns import Turn

if TYPE_CHECKING:
    from .compiled_training import Training


MOST = 4  # programs for one form of samples that are kept: for training and evaluation, say

DRAWN = (
    "it draws random numbers for samples of unequal length: give those of one length in one call, or draw the numbers "
    "before and pass them as a column"
)
CUT = (
    "compile_loss: the loss depends on none of the parameters that it was given, or all of those are frozen. Give it "
    "those that the loss uses, and compute the loss from them with operators and the functions of autograd: the bare "
    "number of a Value (v.data, detach()) and no_grad() cut it off"
)


class CompiledLoss:
    """What :func:`compile_loss` returns: a step over columns of samples.

    A pickle or copy of it has the loss and the parameters, and is compiled at its first call.
    """

    def __init__(self, loss: Callable[..., Any], parameters: Sequence[Value]) -> None:
        self._loss, self.parameters = loss, [*parameters]
        self._programs: dict[Any, list[Training]] = {}  # for each form of samples, the latest first
        self._patience = Patience(getattr(loss, "__name__", type(loss).__name__))
        self._turn = Turn()  # a program has one memory, and the parameters one gradient

    def __repr__(self) -> str:
        return f"<compiled loss {self._patience.name} of {len(self.parameters)} parameters>"

    def __reduce__(self) -> str | Reduced:
        usual = CompiledLoss, (self._loss, self.parameters)
        return reduced(usual, f"the compiled loss {self._patience.name}", self._loss)

    def __call__(self, *columns: Any) -> float:
        """The mean loss over the samples; its gradient is added to the ``.grad`` of the parameters."""
        tables = _as_tables(columns)
        with self._turn:
            found = self._compiled(alike(*tables))
            return self._eagerly(tables) if found is None else found

    def _compiled(self, forms: list[Alike]) -> float | None:
        """The same compiled, for samples sorted by their forms; None where that cannot be, or is not finite."""
        trainings = []
        for _, tables in forms:
            training = self._compile(Samples(tables), len(forms) > 1)
            if training is None:
                return None
            trainings.append(training)
        if not any(p.requires_grad for training in trainings for p in training.compiled.reached):
            raise AutogradError(CUT)
        samples = sum(len(rows) for rows, _ in forms)
        mean, gradient = 0.0, np.zeros(len(self.parameters))
        for training, (rows, tables) in zip(trainings, forms, strict=True):
            found = training.mean(tables if len(forms) > 1 else _side_by_side(tables), len(rows))
            if found is None:
                return None
            mean, gradient = (x + y * (len(rows) / samples) for x, y in zip((mean, gradient), found, strict=True))
        for parameter, slope in zip(self.parameters, gradient.tolist(), strict=True):
            if parameter.requires_grad:
                parameter.grad = (parameter.grad or 0.0) + slope  # PyTorch's habit is to set it to None
        return mean

    def _compile(self, samples: Samples, mixed: bool) -> Training | None:
        """The loss compiled, for what it reaches now; None where that cannot be had."""
        known = self._programs.setdefault(samples.form, [])
        changes = [training.changed() for training in known]
        if "" in changes:
            training = known[changes.index("")]
            return None if mixed and training.generators else training
        if changes:
            self._patience.compiled_anew(changes[0])
        with falling_back("the loss is computed one Value at a time, which is slower"):
            from .compiled_training import Training

            known.insert(0, Training(self._loss, [samples], self.parameters))
            del known[MOST:]
            if mixed and known[0].generators:
                raise NotCompilable(DRAWN)
            return known[0]
        return None

    def _eagerly(self, tables: Sequence[Any]) -> float:
        losses = []
        for i in range(len(tables[0]) if tables else 1):
            with located(f"row {i}"):
                losses.append(self._loss(*[table[i].tolist() for table in tables]))
        root = as_value(mean(losses))
        if root not in dependents(topological_order(root), self.parameters):
            raise AutogradError(CUT)
        root.backward()
        return float(root.data)


def compile_loss(loss: Callable[..., Any], parameters: Sequence[Value]) -> CompiledLoss:
    """A function that does, over many samples at once, what a loop over ``loss(*sample)`` would do.

    ``loss`` takes the numbers of one sample and returns a Value, or for some samples a plain number, which has no
    gradient; it may close over any number of models.
    ``step(*columns)`` takes a column of numbers for each of them (equally long; a single number counts for
    every sample), returns the mean loss and adds its gradient to the ``.grad`` of the parameters.  A column may also
    have a list of numbers for each sample, of any length: then the loss is given that list.  For each combination of
    lengths a program is compiled when it first comes up.

    Both are what the loop would give, up to the order of sums, or it is said that they cannot be, as for :func:`jit`:
    TraceError names the line that asks for a number, or what the loss changes.  What it can reach is looked at in every
    step: Values are read anew, and where a setting has changed (``model.eval()``, a number in a closure) the loss is
    compiled anew.  Where a mean or gradient is not finite, or anything raised on the way, the step is computed again
    eagerly, and raises what that raises, with the row.  Where the loss cannot be compiled, every step is
    eager, and a FallbackWarning says why.

    >>> w = Value(0.0)
    >>> step = compile_loss(lambda x, y: (w * x - y) ** 2, [w])
    >>> step([1.0, 2.0], [3.0, 6.0])
    22.5
    >>> w.grad
    -15.0
    """
    return CompiledLoss(loss, parameters)


def _as_tables(columns: Sequence[Any]) -> list[Any]:
    """For each argument of the loss an array with a number for each sample, or a table with a row of them."""
    tables = [_as_table(column, f"column {i}") for i, column in enumerate(columns)]
    rows = max((len(table) for table in tables if table.ndim), default=1)
    for i, table in enumerate(tables):
        if (table.ndim and len(table) != rows) or not rows:
            raise ValueError(
                f"step takes columns of one length, {rows} here, or single numbers: column {i} has "
                f"{len(table) if table.ndim else 1}"
            )
    return [table if table.ndim else np.full(rows, table) for table in tables]


def _as_table(column: Any, name: str) -> Any:
    """A column of numbers, or of lists of them, of which each has one at least."""
    if isinstance(column, np.ndarray) and column.dtype.kind == "O":
        column = column.tolist()
    if not (isinstance(column, (list, tuple)) and any(hasattr(row, "__len__") for row in column)):
        column = as_column(column, name)
        if column.ndim < 3 and 0 not in column.shape[1:]:
            return column
    rows = [as_column(row, f"{name}, row {i}") for i, row in enumerate(column)]
    for i, row in enumerate(rows):
        if row.ndim != 1 or not row.size:
            raise ValueError(
                f"step takes columns of numbers, or of flat lists of them: {name}, row {i} has shape {row.shape}"
            )
    return np.stack(rows) if len({*map(len, rows)}) == 1 else Ragged(rows)


def _side_by_side(tables: Sequence[Any]) -> Any:
    """Columns as one table, by columns, in which they are read fastest; others as they are."""
    if any(table.ndim > 1 for table in tables):
        return tuple(tables)
    samples = np.empty((len(tables), len(tables[0]) if tables else 1)).T
    for i, table in enumerate(tables):
        samples[:, i] = table
    return samples
