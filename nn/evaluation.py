"""predict, evaluate, accuracy: a model over many samples, in evaluation mode and recording no graph."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, overload

from autograd import Value, as_float, located, no_grad
from autograd.compiler import alike, falling_back

from .containers import as_lists, even, is_array, numbers_of, pieces, width_of
from .data import Weighted, announced, loss_of_sample
from .losses import (
    CLASSES,
    LOSSES,
    PROBABILITIES,
    bce,
    bce_with_logits,
    cross_entropy,
    find_loss,
    hinge,
)
from .modules import Module, as_list
from .samples import Samples, check_data, check_rows, is_collection, row_of
from .vocabulary import Array, Floats, Loss, LossLike, Metric, Metrics
from .wings import cluster

CONVERTED = 2**21  # numbers that are converted at a time
# What of a target must be 0 or less, for the losses that do not take all numbers; cross_entropy is another matter.
EXCESS = {hinge: CLASSES[1], bce: PROBABILITIES[1], bce_with_logits: PROBABILITIES[1]}
MANY = 200  # rows that take about as long one by one as a model takes to be traced
LARGE = 100_000  # and rows of an array times parameters, for larger models


@overload
def predict(model: Module, X: Array) -> Floats: ...
@overload
def predict(model: Module, X: list[Any] | tuple[Any, ...]) -> list[Any]: ...
@overload
def predict(model: Module, X: Iterable[Any]) -> Any: ...
def predict(model: Module, X: Iterable[Any]) -> Any:
    """The model's raw output for each row: a float, or a list of them, or of such lists.  Rows may differ in length.

    X is a table of rows, as for ``fit``.  Of arrays, frames and tensors an array of shape (rows,) or (rows, outputs),
    of all else a list.  Of a collection of Dask a lazy one of its kind, cut as that is, by the model as it is at the
    call.

    Many rows go through compiled code, with the results and errors of the model called row after row; a FallbackWarning
    says which line or attribute of the model is in the way, and they are computed one by one.

    >>> from nn import MLP
    >>> len(predict(MLP(2, [3, 1], seed=1), [[0.0, 1.0], [2.0, 3.0]]))
    2
    """
    if is_collection(X):
        return cluster().predicted(model, X)
    few = isinstance(X, (list, tuple)) and len(X) < MANY  # which go without NumPy
    rows = [as_list(row) for row in as_lists(X, "X")] if few else check_rows(X)
    _check_width(model, rows)
    with evaluating(model.modules()), announced(f"predict: {len(rows):,} rows"):
        large = not few and len(rows) < MANY and len(rows) * len(model.parameters()) >= LARGE
        outputs = _predictions(model, rows, repeated=large)()
    return outputs if isinstance(outputs, list) or is_array(X) else outputs.tolist()


@overload
def evaluate(model: Module, X: Iterable[Any], y: Iterable[Any], *, loss: LossLike) -> float: ...


@overload
def evaluate(
    model: Module, X: Iterable[Any], y: Iterable[Any], *,
    loss: LossLike | None = None, metrics: Metrics,
) -> dict[str, float]: ...  # fmt: skip


def evaluate(
    model: Module, X: Iterable[Any], y: Iterable[Any], *,
    loss: LossLike | None = None, metrics: Metrics = (),
) -> float | dict[str, float]:  # fmt: skip
    """The mean loss over the rows, without penalties; with metrics, a dict of them, and of the loss if it is given.

    X and y are rows and targets, as for ``fit``; without a loss and metrics it is a ValueError.  Metrics are names from
    ``nn.metrics`` or functions ``(outputs, targets) -> float``; those of scikit-learn, which
    take the targets first and call them y_true, are called as they are meant.  They get arrays where X is one, a frame
    or a tensor, else lists.  Many rows go through compiled code, as in ``predict``.

    X and y may be collections of Dask.  A function then gets all outputs and targets on one worker, for which there
    must be room; the metrics by name need none.

    >>> from nn import MLP
    >>> model = MLP(1, [1], init="zeros")
    >>> evaluate(model, [1.0, 2.0], [3.0, 5.0], loss="mse", metrics=["mae"])
    {'loss': 17.0, 'mae': 4.0}
    """
    if loss is None and not metrics:
        raise ValueError("evaluate: say what to measure: loss='mse', metrics=['accuracy'], or both")
    function = None if loss is None else find_loss(loss)
    if is_collection(X) or is_collection(y):
        found: dict[str, float] = cluster().measured(model, X, y, function, metrics)
        return found if metrics else found["loss"]
    rows, targets = check_data(X, y)
    if function is not None:
        check_targets(model, rows, targets, function, "evaluate: ")
    with announced(f"evaluate: {len(rows):,} rows"):
        if not metrics:
            return Measure(model, rows, targets, function, {})()["loss"]
        from .metrics import find_metrics

        return Measure(model, rows, targets, function, find_metrics(metrics), listed=not is_array(X))()


def accuracy(model: Module, X: Iterable[Any], y: Iterable[Any], threshold: float | None = None) -> float:
    """The fraction of rows X that the model puts in their class y: ``nn.metrics.accuracy`` of what ``predict`` gives.

    One output counts as the positive class above ``threshold``.  By default that is ½ where the targets are 0 and 1
    and all outputs round to one of them, else 0 (see ``nn.data.threshold_of``).  Of several outputs the largest is the
    class.

    >>> from nn import MLP
    >>> accuracy(MLP(1, [1], init="zeros"), [[1.0], [2.0], [3.0]], [-1, 1, -1])
    0.6666666667
    """
    from . import metrics

    if is_collection(X) or is_collection(y):
        found: dict[str, float] = cluster().measured(model, X, y, None, ["accuracy"], threshold)
        return found["accuracy"]
    rows, targets = check_data(X, y)
    return metrics.accuracy(predict(model, rows), targets, threshold)


@contextmanager
def evaluating(modules: Sequence[Module]) -> Iterator[None]:
    """A context in which these modules, all of a model, are in evaluation mode."""
    before = [module.training for module in modules]
    try:
        for module in modules:
            module.training = False
        yield
    finally:
        for module, training in zip(modules, before, strict=True):
            module.training = training


def check_targets(model: Module, rows: Any, targets: Any, loss: Loss, prefix: str, epoch: str = "") -> None:
    """Refuse a target that the loss cannot be computed for, before any step.

    Only the losses of this library are known well enough; one of the user's own is called by the steps alone.  That of
    the first target is computed, and that of the first which is not as it must be: so the loss itself says why.
    """
    _check_width(model, rows, targets, prefix)
    if loss not in LOSSES.values():
        return
    if isinstance(getattr(model, "shape", None), tuple):
        even(targets, f"{prefix}y")

    def tried(i: int) -> Any:
        """The prediction for a row, whose target the loss takes."""
        with evaluating(model.modules()), located(f"{prefix}{epoch}row {i}", row_of(rows, i)):
            prediction = model(row_of(rows, i))
        try:
            with no_grad():
                loss(prediction, target := row_of(targets, i))
        except (ValueError, IndexError) as error:
            cure = ": classes are counted from 0, one for each output" if isinstance(error, IndexError) else ""
            raise ValueError(f"{prefix}target {i} ({target!r}): {error}{cure}") from None
        return prediction

    outputs: Any = as_list(tried(0))
    outputs = outputs[0] if isinstance(outputs[0], (list, tuple)) else outputs  # at one of several positions
    if (wrong := first_wrong(loss, targets, len(outputs), prefix)) is not None:
        tried(wrong)
    numbers = numbers_of(targets)
    if loss is hinge and numbers.min() < 0.0 and (zero := (numbers == 0.0)).any():
        i = _row_at(targets, int(zero.reshape(len(zero), -1).any(axis=1).argmax()))
        signs = "-1, 0, 1" if (numbers > 0.0).any() else "-1, 0"
        raise ValueError(
            f"{prefix}target {i} ({row_of(targets, i)!r}): hinge takes targets 0 and 1, or -1 and 1, and here are "
            f"{signs}: of which class is 0?"
        )


def first_wrong(loss: Loss, targets: Any, outputs: int, prefix: str = "") -> int | None:
    """The number of the first target that a loss of this library does not take for so many outputs, if there is one."""
    import numpy as np

    if loss is cross_entropy:  # a whole number from 0 to outputs - 1

        def excess(t: Any) -> Any:
            return abs(t - np.clip(np.floor(t), 0.0, outputs - 1.0))
    elif loss in EXCESS:
        excess = EXCESS[loss]
    else:
        return None
    numbers = numbers_of(targets)
    for some in pieces(numbers, f"{prefix}checking y"):
        with np.errstate(over="ignore", invalid="ignore"):  # of targets that are far too large
            wrong = ~(excess(numbers[some].astype(float)) <= 0.0)
        if wrong.any():
            return _row_at(targets, int(some.start + np.argwhere(wrong)[0, 0]))
    return None


def _row_at(table: Any, place: int) -> int:
    """The row of a place in ``numbers_of(table)``."""
    return table.row_at(place) if hasattr(table, "row_at") else place


def _check_width(model: Module, rows: Any, targets: Any = None, prefix: str = "") -> None:
    """Name two usual mistakes by which rows have another width than the model takes; of others it tells itself."""
    if not isinstance(shape := getattr(model, "shape", None), tuple):
        return
    even(rows, f"{prefix}X")
    if (wanted := shape[0]) == len(rows[0]):
        return
    if targets is not None and len(as_list(row_of(targets, 0))) == wanted:
        raise ValueError(
            f"{prefix}the rows of X have {width_of(rows[0])}, those of y {width_of(targets[0])}, and the model takes "
            f"{wanted} inputs: are X and y swapped?"
        )
    if targets is None and len(rows[0]) == 1 and len(rows) == wanted:
        raise ValueError(
            f"{prefix}X has {len(rows)} rows of 1 number, and the model takes {wanted} inputs: write one row as "
            "[[…]], in two pairs of brackets"
        )


class Measure:
    """A function that gives the mean loss, without penalties, and the metrics over checked data, each by its name.

    It measures the model as it is at the call.  ``repeated`` says that it will be called after every epoch, ``listed``
    that the metrics want lists.
    """

    def __init__(
        self, model: Module, rows: Any, targets: Any, loss: Loss | None,
        metrics: Mapping[str, Metric], repeated: bool = False, listed: bool = False,
    ) -> None:  # fmt: skip
        self.metrics, self.listed, self.count = metrics, listed, len(targets)
        plain = loss.without(targets) if isinstance(loss, Weighted) else targets
        self.targets = plain.tolist() if listed and metrics else plain
        self.modules = model.modules()  # found once: that takes longer than to measure
        self.losses = self.outputs = None
        if loss is not None:
            self.losses = OverRows(loss_of_sample(model, loss), (rows, targets), repeated)
        if metrics:
            self.outputs = _predictions(model, rows, repeated)

    def __call__(self) -> dict[str, float]:
        found, outputs = self.computed()
        for name, metric in self.metrics.items():
            found[name] = _measured(metric(outputs, self.targets), name)
        return found

    def computed(self) -> tuple[dict[str, float], Any]:
        """The mean loss by its name, if there is one, and the outputs, where there are metrics for them."""
        with evaluating(self.modules):
            found = {} if self.losses is None else {"loss": math.fsum(self.losses().tolist()) / self.count}
            outputs: Any = None if self.outputs is None else self.outputs()
        return found, outputs.tolist() if self.listed and hasattr(outputs, "tolist") else outputs


def _measured(x: Any, name: str) -> float:
    """What a metric gives, of any kind of real number, as a float; TypeError, with its name, for anything else."""
    try:
        return float(x) if not isinstance(x, (str, bytes, Value)) else as_float(x)
    except TypeError:
        raise TypeError(f"the metric {name} must give one real number, not {x!r:.60}") from None


def recorders(
    eager: Any, held_out: Samples | None, names: Metrics, repeated: bool, given: Any
) -> list[Callable[[Any, Module], None]]:
    """Callbacks of ``fit`` that write into the history: the metrics of the data, all of what is held out.

    ``eager`` are its steps, with model, data and loss; ``given`` is X as it came: metrics get lists where it is none
    of the arrays.
    """
    metrics: dict[str, Metric] = {}
    if names:
        from .metrics import find_metrics

        metrics = find_metrics(names)
    listed = not is_array(given)
    model, loss, targets = eager.model, eager.loss, eager.targets
    plain = loss.without(targets) if isinstance(loss, Weighted) else targets
    of_data = Measure(model, eager.rows, plain, None, metrics, repeated, listed) if metrics else None
    return recording(of_data, held_out and Measure(model, *held_out, loss, metrics, repeated, listed))


Measuring = Callable[[], dict[str, float]]


def recording(of_data: Measuring | None, of_held_out: Measuring | None) -> list[Callable[[Any, Module], None]]:
    """Callbacks that write into the history what the one measures, and the other: its loss, and the metrics."""
    found: list[Callable[[Any, Module], None]] = []
    if of_data is not None:
        found.append(lambda history, _: _append(history.metrics, of_data()))
    if of_held_out is not None:

        def record(history: Any, _: Module) -> None:
            measured = of_held_out()
            history.val_loss.append(measured.pop("loss"))
            _append(history.val_metrics, measured)

        found.append(record)
    return found


def _append(lists: dict[str, list[float]], measured: dict[str, float]) -> None:
    for name, x in measured.items():
        lists.setdefault(name, []).append(x)


def _predictions(model: Module, rows: Any, repeated: bool = False) -> OverRows:
    def prediction(row: Any) -> Any:
        return model(row)

    return OverRows(prediction, (rows,), repeated)


class OverRows:
    """A function of a row, or of a row and its target, called for each of many: compiled, if they are many.

    Its arguments come from one table or from several, side by side, whose rows may be of unequal length.  What the
    function closes over, such as the parameters of a model, is read anew at every call.  ``repeated`` says that there
    will be many calls, for which it pays to compile over a few rows too.
    """

    def __init__(self, f: Callable[..., Any], tables: tuple[Any, ...], repeated: bool = False) -> None:
        self._f, self._tables = f, tables
        self._program: Callable[..., Any] | None = None
        if repeated or len(tables[0]) >= MANY:
            from autograd import jit  # only here: a few rows go without NumPy

            self._program, self._alike = jit(f), alike(*tables)
            self._many = 1 if repeated or len(self._alike) == 1 else MANY  # of one length, for which it is compiled

    def __call__(self) -> Any:
        """For each row what it gives: an array; a list where the table is one, or some rows give more than others."""
        if self._program is not None:
            with falling_back(f"{self._f.__name__}: one row at a time, which is slower", unasked=True):
                return _in_order([*self._by_columns(self._program)])
            self._program = None
        outputs = self._one_by_one(range(len(self._tables[0])))
        return outputs if isinstance(self._tables[0], list) else _as_array(outputs)

    def _by_columns(self, program: Callable[..., Any]) -> Iterator[tuple[Any, Any]]:
        """The numbers of some rows, all of one length, and what they give: all of them, or where they must be converted
        some at a time.
        """
        import numpy as np

        for rows, tables in self._alike:
            if len(rows) < self._many:
                yield rows, _as_array(self._one_by_one(rows.tolist()))
                continue
            width = sum(table.size // len(table) for table in tables)
            readable = all(table.dtype == np.float64 and table.flags.aligned for table in tables)
            size = len(rows) if readable else max(CONVERTED // width, 1)
            for start in range(0, len(rows), size):
                some = [table[start : start + size] for table in tables]
                if not readable:
                    some = [table.astype(np.float64, order="F") for table in some]
                try:
                    outputs = program(*[[*table.T] if table.ndim > 1 else table for table in some])
                except Exception:  # the message counts the rows from here, and only those of this length
                    if len(self._alike) > 1:
                        self._one_by_one(range(len(self._tables[0])))
                    elif start:
                        self._one_by_one(range(start, start + len(some[0])))
                    raise
                yield rows[start : start + size], _by_rows(outputs, len(some[0]))

    def _one_by_one(self, numbers: Iterable[int]) -> list[Any]:
        outs = []
        for i in numbers:
            arguments = [table[i] if isinstance(table, list) else row_of(table, i) for table in self._tables]
            with no_grad(), located(f"{self._f.__name__}, row {i}", arguments[0]):
                outs.append(self._f(*arguments))
        return [*map(_plain, outs)]


def _plain(y: Any) -> Any:
    """A float, or a list of what is one, for the output of a model."""
    if isinstance(y, (list, tuple)):
        return [*map(_plain, y)]
    return y.data if isinstance(y, Value) else as_float(y)


def _as_array(outputs: list[Any]) -> Any:
    """Plain outputs as an array, where each row gives as much as the others."""
    import numpy as np

    try:
        return np.array(outputs)
    except ValueError:
        return outputs


def _by_rows(columns: Any, count: int) -> Any:
    """What a program gives, nested lists of columns, as an array of rows; a list where they are no rectangle."""
    import numpy as np

    def of_row(part: Any, i: int) -> Any:
        return [of_row(inner, i) for inner in part] if isinstance(part, (list, tuple)) else float(part[i])

    try:
        return np.moveaxis(np.asarray(columns), -1, 0)
    except ValueError:
        return [of_row(columns, i) for i in range(count)]


def _in_order(found: list[tuple[Any, Any]]) -> Any:
    """What some rows give, by their numbers, and others: of all in order an array, where each gives as much."""
    if len(found) == 1:
        return found[0][1]
    import numpy as np

    if len({getattr(outputs, "shape", (0, None))[1:] for _, outputs in found}) == 1 and hasattr(found[0][1], "shape"):
        whole = np.empty((sum(len(rows) for rows, _ in found), *found[0][1].shape[1:]))
        for rows, outputs in found:
            whole[rows] = outputs
        return whole
    of_row: dict[int, Any] = {}
    for rows, outputs in found:
        of_row |= zip(rows.tolist(), outputs.tolist() if hasattr(outputs, "tolist") else outputs, strict=True)
    return [of_row[i] for i in range(len(of_row))]
