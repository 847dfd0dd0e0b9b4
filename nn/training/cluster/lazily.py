"""predict and evaluate over collections, as tasks of Dask: under any of its schedulers, with a client or without."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd import located, no_grad

from ...evaluation import Measure, check_targets, evaluating, predict
from ...modules import Module
from ...vocabulary import Loss, Metrics
from .assignment import packed, unpacked
from .measures import Measured, Plan, all_of, applied, summary_of
from .partitions import Part, aligned, checked, delayed_parts


def predicted(model: Module, X: Any) -> Any:
    """What the model, as it is now, gives for each row: a lazy collection of the kind of X, cut as X is.

    Of a dataframe a series, or a dataframe of the columns 0, 1, …, with its index; of an array an array; of delayed
    parts delayed lists.
    """
    import dask

    sent = packed(model)
    kind = type(X)
    if hasattr(kind, "map_partitions") and hasattr(kind, "columns"):
        return X.map_partitions(_of_frame, sent, meta=_of_frame(X._meta, sent, model=model))
    if hasattr(kind, "map_blocks"):
        whole = X.rechunk({1: -1}) if X.ndim == 2 else X
        outputs = _outputs(model, X.shape[1] if X.ndim == 2 else 1)
        shape: dict[str, Any] = {"drop_axis": 1} if outputs is None and X.ndim == 2 else {}
        if outputs is not None:
            shape = {"chunks": (whole.chunks[0], (outputs,))} | ({"new_axis": 1} if X.ndim == 1 else {})
        return whole.map_blocks(_of_array, sent, outputs, dtype=float, meta=_nothing(outputs), **shape)
    make = dask.delayed(_of_part, pure=True)
    found = [make(part, sent, i) for i, part in enumerate(delayed_parts(X, "X"))]
    return found if isinstance(X, (list, tuple)) else found[0]


def measured(
    model: Module, X: Any, y: Any, loss: Loss | None, metrics: Metrics,
    threshold: float | None = None,
) -> dict[str, float]:  # fmt: skip
    """The mean loss, if there is one, and the metrics, over all rows of two collections."""
    import dask

    plan, sent = Plan(metrics, threshold), packed((model, loss))
    make = dask.delayed(checked, pure=True)
    parts = [make(*pair, i, "evaluate: ") for i, pair in enumerate(aligned(X, y, "evaluate: "))]
    found = [dask.delayed(_measure)(part, i, sent, plan.summaries) for i, part in enumerate(parts)]
    own: Any = {}
    if plan.own:
        everything = [dask.delayed(_measure)(part, i, sent, {"": all_of}) for i, part in enumerate(parts)]
        own = dask.delayed(_apply)(packed(plan.own), everything)
    answers, own = dask.compute(found, own)
    full = [answer for answer in answers if answer is not None]
    if not full:
        raise ValueError("evaluate: X is empty in every part: it must have one row at least")
    return plan.result(full, own)


def _measure(part: Part, number: int, sent: bytes, summaries: Any) -> Measured | None:
    if not len(part.rows):
        return None
    model, loss = unpacked(sent)
    if loss is not None:
        check_targets(model, *part, loss, f"evaluate: part {number}, ")
    with located(f"evaluate: part {number}"):
        return summary_of(Measure(model, *part, None if "" in summaries else loss, summaries), len(part.rows))


def _apply(sent: bytes, parts: Sequence[Measured | None]) -> dict[str, float]:
    return applied(unpacked(sent), [part[""] for part in parts if part is not None])


def _of_part(part: Any, sent: bytes, number: int) -> Any:
    with located(f"predict: part {number} (from 0)"):
        return predict(unpacked(sent), part) if len(part) else []


def _of_frame(frame: Any, sent: bytes, model: Module | None = None, partition_info: Any = None) -> Any:
    """The outputs as a series or frame; for no rows, as those of other parts look."""
    import pandas as pd

    if len(frame):
        found = _of_part(frame, sent, (partition_info or {}).get("number", 0))
        kind: Any = pd.DataFrame if found.ndim > 1 else pd.Series
        return kind(found, index=frame.index, dtype=float)
    outputs = _outputs(model or unpacked(sent), len(frame.columns))
    if outputs is None:
        return pd.Series([], index=frame.index, dtype=float)
    return pd.DataFrame({i: [] for i in range(outputs)}, index=frame.index, dtype=float)


def _of_array(block: Any, sent: bytes, outputs: int | None, block_id: Any = (0,)) -> Any:
    return _of_part(block, sent, block_id[0]) if len(block) else _nothing(outputs)


def _nothing(outputs: int | None) -> Any:
    import numpy as np

    return np.empty(0 if outputs is None else (0, outputs))


def _outputs(model: Module, width: int) -> int | None:
    """How many numbers the model gives as a list for a row; None where it gives one that is in no list."""
    with evaluating(model.modules()), no_grad():
        for x in (0.0, 1.0):
            try:
                found = model([x] * width)
                break
            except ArithmeticError:
                continue
            except ValueError:
                if x:
                    raise
    return len(found) if isinstance(found, (list, tuple)) else None
