"""StepClassifier and StepRegressor: multi-layer perceptrons with the manners of scikit-learn.

They need scikit-learn, which is loaded with them, and is told to be missing when one is made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, Self

import numpy as np

from ..activations import Activation
from ..evaluation import predict
from ..modules import MLP, Module, Sequential, Standardize
from ..storage import load, save
from ..training import EarlyStopping, History, find_optimizer, fit
from ..losses import Loss

try:
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
except ModuleNotFoundError:
    BaseEstimator = ClassifierMixin = RegressorMixin = object


class Perceptron(BaseEstimator):
    """What both have in common: parameters, data, training."""

    def __init__(
        self, hidden: int | Sequence[int] = (64,), activation: str | Activation = "relu", *, optimizer: Any = "adam",
        lr: float = 0.003, epochs: int = 200, batch_size: int | None = None, l2: float = 0.0,
        validation: float | None = None, patience: int | None = 10, tol: float = 1e-4, verbose: bool = False,
        random_state: Any = None,
    ) -> None:  # fmt: skip
        self.hidden, self.activation = hidden, activation
        self.optimizer, self.lr, self.epochs, self.batch_size, self.l2 = optimizer, lr, epochs, batch_size, l2
        self.validation, self.patience, self.tol = validation, patience, tol
        self.verbose, self.random_state = verbose, random_state

    def _train(self, X: Any, targets: Any, outputs: int, loss: str, sample_weight: Any, **more: Any) -> Module:
        """A network trained on rows that are scaled."""
        from sklearn.utils import check_random_state

        seed = int(check_random_state(self.random_state).randint(2**31))
        hidden = [self.hidden] if isinstance(self.hidden, int) else [*self.hidden]
        network = MLP(X.shape[1], [*hidden, outputs], activation=self.activation, seed=seed)
        size = self.batch_size or 200
        callbacks: list[Any] = []
        if self.patience is not None and self.validation is not None:
            callbacks = [EarlyStopping(self.patience, monitor="val_loss")]
        elif self.patience is not None:
            callbacks = [Settled(self.patience, self.tol)]
        self.history_ = fit(
            network, X, targets, loss=loss, optimizer=find_optimizer(self.optimizer, network.parameters(), lr=self.lr),
            epochs=self.epochs, batch_size=None if size >= len(X) else size, l2=self.l2, validation=self.validation,
            seed=seed, callbacks=callbacks, sample_weight=sample_weight, progress=self.verbose, **more,
        )  # fmt: skip
        self.n_iter_ = len(self.history_.loss)
        return network


class Settled:
    """A callback that stops where each of the last few epochs gained less than ``tol`` on the best loss before it.

    It looks after every fifth epoch alone: so epochs are taken together, which saves time.
    """

    every = 5

    def __init__(self, patience: int, tol: float) -> None:
        self.patience, self.tol = patience, tol

    def __call__(self, history: History, model: Module) -> bool:
        epochs = len(history.loss)
        if epochs <= self.patience or epochs % self.every:
            return False
        losses = np.array(history.loss)
        gains = np.minimum.accumulate(losses)[:-1] - losses[1:]
        return bool((gains[-self.patience :] < self.tol).all())


def scale_of(table: Any, weights: Any) -> tuple[Any, Any]:
    """The mean and the deviation of each column, weighted; where all is one number the deviation is 0."""
    rows = table if weights is None else table[weights > 0.0]
    mean = np.average(table, axis=0, weights=weights)
    deviation = np.sqrt(np.average((table - mean) ** 2, axis=0, weights=weights))
    return mean, np.where(rows.min(axis=0) < rows.max(axis=0), deviation, 0.0)


def scaled(table: Any, mean: Any, deviation: Any) -> Any:
    """The columns with mean 0 and deviation 1; those that are constant are 0."""
    return (table - mean) / np.where(deviation > 0.0, deviation, np.inf)


def scaling(mean: Any, deviation: Any) -> Standardize:
    """A module that does this."""
    module = Standardize(len(mean))
    for values, xs in ((module.mean, mean), (module.deviation, deviation)):
        for value, x in zip(values, xs.tolist(), strict=True):
            value.data = x
    return module


class StepClassifier(ClassifierMixin, Perceptron):
    def __init__(
        self, hidden: int | Sequence[int] = (64,), activation: str | Activation = "relu", *, optimizer: Any = "adam",
        lr: float = 0.003, epochs: int = 200, batch_size: int | None = None, l2: float = 0.0,
        validation: float | None = None, patience: int | None = 10, tol: float = 1e-4,
        class_weight: Mapping[Any, float] | Literal["balanced"] | None = None, verbose: bool = False,
        random_state: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(
            hidden, activation, optimizer=optimizer, lr=lr, epochs=epochs, batch_size=batch_size, l2=l2,
            validation=validation, patience=patience, tol=tol, verbose=verbose, random_state=random_state,
        )  # fmt: skip
        self.class_weight = class_weight

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        from sklearn.utils.class_weight import compute_class_weight
        from sklearn.utils.multiclass import check_classification_targets
        from sklearn.utils.validation import _check_sample_weight, validate_data, column_or_1d

        X, y = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(y)
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X, dtype=np.float64)
        self.classes_, codes = np.unique(y, return_inverse=True)
        several = len(self.classes_) > 2
        weights = None
        if self.class_weight is not None:
            found = compute_class_weight(self.class_weight, classes=self.classes_, y=y)
            weights = {i: w for i, w in enumerate(found.tolist())}
        scale = scale_of(X, sample_weight)
        network = self._train(
            scaled(X, *scale), codes, len(self.classes_) if several else 1,
            "cross_entropy" if several else "bce_with_logits", sample_weight, class_weight=weights
        )  # fmt: skip
        self.model_ = Sequential(scaling(*scale), network)
        return self

    def predict_proba(self, X: Any) -> Any:
        from sklearn.utils.validation import check_is_fitted, validate_data

        check_is_fitted(self)
        logits = predict(self.model_, validate_data(self, X, dtype=np.float64, reset=False))
        if len(self.classes_) == 1:
            return np.ones((len(logits), 1))
        if logits.ndim == 1:
            logits = np.column_stack([np.zeros(len(logits)), logits])
        shares = np.exp(logits - logits.max(axis=1, keepdims=True))
        return shares / shares.sum(axis=1, keepdims=True)

    def predict(self, X: Any) -> Any:
        best = self.predict_proba(X).argmax(axis=1)
        return self.classes_[best]


class StepRegressor(RegressorMixin, Perceptron):
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        from sklearn.utils.validation import _check_sample_weight, validate_data

        X, y = validate_data(self, X, y, dtype=np.float64, multi_output=True, y_numeric=True)
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X, dtype=np.float64)
        columns = np.asarray(y, dtype=np.float64).reshape(len(X), -1)
        scales = [scale_of(table, sample_weight) for table in (X, columns)]
        targets = scaled(columns, *scales[1])
        network = self._train(
            scaled(X, *scales[0]), targets if targets.shape[1] > 1 else targets[:, 0], targets.shape[1], "mse", sample_weight
        )
        self.model_ = Sequential(scaling(*scales[0]), network, scaling(*scales[1]).inverse())
        return self

    def predict(self, X: Any) -> Any:
        from sklearn.utils.validation import check_is_fitted, validate_data

        check_is_fitted(self)
        return predict(self.model_, validate_data(self, X, dtype=np.float64, reset=False))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
