"""predict, evaluate, accuracy: a model over many samples, in evaluation mode and recording no graph."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, overload

from autograd import Value, as_float, located, no_grad
from autograd.compiler import falling_back

from .data import loss_of_sample, with_targets
from .losses import LOSSES, Loss, Metric, find_loss, hinge
from .modules import Module, as_list, evaluating
from .samples import Samples, check_data, check_rows, is_collection, width_of

MANY = 200  # rows that take about as long one by one as a model takes to be traced


def predict(model: Module, X: Iterable[Any]) -> list[Any]:
    """The model's raw output for each row: a float, or a list of them.

    Many rows go through compiled code, with the results and errors of the model called row after row; a FallbackWarning
    says which line or attribute of the model is in the way, and they are computed one by one.

    >>> from nn import MLP
    >>> len(predict(MLP(2, [3, 1], seed=1), [[0.0, 1.0], [2.0, 3.0]]))
    2
    """
    if is_collection(X):
        from .training.cluster import predicted

        return predicted(predict, model, X)  # type: ignore[no-any-return]
    rows = check_rows(X)
    _check_width(model, rows)
    with evaluating(model.modules()):
        return _predictions(model, rows)()


@overload
def evaluate(model: Module, X: Iterable[Any], y: Iterable[Any], *, loss: str | Loss) -> float: ...


@overload
def evaluate(
    model: Module, X: Iterable[Any], y: Iterable[Any], *,
    loss: str | Loss | None = None, metrics: Sequence[str | Metric],
) -> dict[str, float]: ...  # fmt: skip


def evaluate(
    model: Module, X: Iterable[Any], y: Iterable[Any], *,
    loss: str | Loss | None = None, metrics: Sequence[str | Metric] = (),
) -> float | dict[str, float]:  # fmt: skip
    """The mean loss over the rows, without penalties; with metrics, a dict of them, and of the loss if it is given.

    Metrics are names from ``nn.metrics`` or functions ``(outputs, targets) -> float``; those of scikit-learn, which
    take the targets first and call them y_true, are called as they are meant.  Many rows go through compiled code, as
    in ``predict``.

    >>> from nn import MLP
    >>> model = MLP(1, [1], init="zeros")
    >>> evaluate(model, [1.0, 2.0], [3.0, 5.0], loss="mse", metrics=["mae"])
    {'loss': 17.0, 'mae': 4.0}
    """
    if loss is None and not metrics:
        raise ValueError("evaluate: say what to measure: loss='mse', metrics=['accuracy'], or both")
    function = None if loss is None else find_loss(loss)
    if is_collection(X) or is_collection(y):
        from .training.cluster import measured

        found = measured(_measure_part, model, X, y, function, metrics)
        return found if metrics else found["loss"]
    rows, targets = check_data(X, y)
    if function is not None:
        check_targets(model, rows, targets, function, "evaluate: ")
    if not metrics:
        return Measure(model, rows, targets, function, {})()["loss"]
    from .metrics import find_metrics

    return Measure(model, rows, targets, function, find_metrics(metrics))()


def accuracy(model: Module, X: Iterable[Any], y: Iterable[Any], threshold: float | None = None) -> float:
    """The fraction of rows that the model classifies right: ``nn.metrics.accuracy`` of what ``predict`` gives.

    One output counts as the positive class above ``threshold``.  By default that is ½ where the targets are 0 and 1
    and all outputs lie within [0, 1], else 0 (see ``nn.data.threshold_of``).  Of several outputs the largest is the
    class.
    """
    from . import metrics

    if is_collection(X) or is_collection(y):
        from .training.cluster import measured

        return measured(_measure_part, model, X, y, None, ["accuracy"], threshold)["accuracy"]
    rows, targets = check_data(X, y)
    return metrics.accuracy(predict(model, rows), targets, threshold)


def _measure_part(
    model: Module, rows: Any, targets: Any, loss: Loss | None, metrics: Mapping[str, Metric], number: int
) -> dict[str, float]:
    """What ``evaluate`` measures of one part of a collection."""
    if loss is not None:
        check_targets(model, rows, targets, loss, f"evaluate: part {number}, ")
    with located(f"evaluate: part {number}"):
        return Measure(model, rows, targets, loss, metrics)()


def check_targets(
    model: Module, rows: list[list[float]], targets: list[Any], loss: Loss, prefix: str, epoch: str = ""
) -> None:
    """Refuse a target that the loss cannot be computed for, before any step: all are tried on the first row's output.

    Only the losses of this library are tried; one of the user's own is called by the steps alone.
    """
    _check_width(model, rows, targets, prefix)
    if loss not in LOSSES.values():
        return
    with evaluating(model.modules()), located(f"{prefix}{epoch}row 0"):
        prediction = model(rows[0])
    with no_grad():
        for i, target in enumerate(targets):
            try:
                loss(prediction, target)
            except (ValueError, IndexError) as error:
                raise ValueError(f"{prefix}target {i} ({target!r}): {error}") from None
    if loss is hinge and {-1.0, 0.0} <= (signs := {t for target in targets for t in as_list(target)}):
        i = next(i for i, target in enumerate(targets) if 0.0 in as_list(target))
        raise ValueError(
            f"{prefix}target {i} ({targets[i]!r}): hinge takes targets 0 and 1, or -1 and 1, and here are "
            f"{', '.join(f'{t:g}' for t in sorted(signs))}: of which class is 0?"
        )


def _check_width(model: Module, rows: list[list[float]], targets: Sequence[Any] = (), prefix: str = "") -> None:
    """Name two usual mistakes by which rows have another width than the model takes; of others it tells itself."""
    wanted = shape[0] if isinstance(shape := getattr(model, "shape", None), tuple) else len(rows[0])
    if wanted == len(rows[0]):
        return
    if targets and len(as_list(targets[0])) == wanted:
        raise ValueError(
            f"{prefix}the rows of X have {width_of(rows[0])}, those of y {width_of(targets[0])}, and the model takes "
            f"{wanted} inputs: are X and y swapped?"
        )
    if not targets and len(rows[0]) == 1 and len(rows) == wanted:
        raise ValueError(
            f"{prefix}X has {len(rows)} rows of 1 number, and the model takes {wanted} inputs: write one row as "
            "[[…]], in two pairs of brackets"
        )


class Measure:
    """A function that gives the mean loss, without penalties, and the metrics over checked data, each by its name.

    It measures the model as it is at the call.  ``repeated`` says that it will be called after every epoch.
    """

    def __init__(
        self, model: Module, rows: list[list[float]], targets: list[Any], loss: Loss | None,
        metrics: Mapping[str, Metric], repeated: bool = False,
    ) -> None:  # fmt: skip
        self.targets, self.metrics = targets, metrics
        self.modules = model.modules()  # found once: that takes longer than to measure
        self.losses = self.outputs = None
        if loss is not None:
            sample = loss_of_sample(model, rows, targets, loss)
            self.losses = OverRows(sample, with_targets(rows, targets), repeated)
        if metrics:
            self.outputs = _predictions(model, rows, repeated)

    def __call__(self) -> dict[str, float]:
        with evaluating(self.modules):
            found = {} if self.losses is None else {"loss": math.fsum(self.losses()) / len(self.targets)}
            outputs = [] if self.outputs is None else self.outputs()
        return found | {name: metric(outputs, self.targets) for name, metric in self.metrics.items()}


def recorders(
    model: Module, data: Samples, held_out: Samples | None, loss: Loss, names: Sequence[str | Metric], repeated: bool
) -> list[Callable[[Any, Module], None]]:
    """Callbacks of ``fit`` that write into the history: the metrics of the data, all of what is held out."""
    metrics: dict[str, Metric] = {}
    if names:
        from .metrics import find_metrics

        metrics = find_metrics(names)
    of_data = Measure(model, *data, None, metrics, repeated) if names else None
    return recording(of_data, held_out and Measure(model, *held_out, loss, metrics, repeated))


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


def _predictions(model: Module, rows: list[list[float]], repeated: bool = False) -> OverRows:
    def prediction(*row: Any) -> Any:
        return model(list(row))

    return OverRows(prediction, rows, repeated)


class OverRows:
    """A function of the numbers of a row, called for each of many rows: compiled, if they are many.

    What the function closes over, such as the parameters of a model, is read anew at every call.  ``repeated`` says
    that there will be many calls, for which it pays to compile over a few rows too.
    """

    def __init__(self, f: Callable[..., Any], rows: Sequence[Sequence[float]], repeated: bool = False) -> None:
        self._f, self._rows = f, rows
        self._compiled: Callable[[], Any] | None = None
        if repeated or len(rows) >= MANY:
            import numpy as np  # only here: a few rows go without

            from autograd import jit

            columns, compiled = list(np.array(rows, dtype=float).T.copy()), jit(f)
            self._compiled = lambda: compiled(*columns)

    def __call__(self) -> list[Any]:
        """For each row a number, or a list of numbers."""
        if self._compiled is not None:
            with falling_back(f"{self._f.__name__}: one row at a time", unasked=True):
                found = self._compiled()
                several = isinstance(found, (list, tuple))
                return [list(map(float, row)) for row in zip(*found, strict=True)] if several else found.tolist()
            self._compiled = None
        outs = []
        for i, row in enumerate(self._rows):
            with no_grad(), located(f"{self._f.__name__}, row {i}"):
                outs.append(self._f(*row))
        return [[*map(_number, out)] if isinstance(out, (list, tuple)) else _number(out) for out in outs]


def _number(y: Any) -> float:
    return y.data if isinstance(y, Value) else as_float(y)
