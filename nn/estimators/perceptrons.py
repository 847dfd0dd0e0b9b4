"""StepClassifier and StepRegressor: multi-layer perceptrons with the manners of scikit-learn.

They need scikit-learn, which is loaded with this file alone; where it is missing, making one says how to get it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from numbers import Integral
from typing import Any, Final, Literal, Self

import numpy as np

from ..data import probabilities_of
from ..evaluation import predict
from ..modules import MLP, Module, Sequential, Standardize
from ..training import History, Optimizer, find_optimizer, fit
from ..vocabulary import ActivationLike, Array, Floats, LossName, OptimizerName

try:
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
    from sklearn.utils import check_random_state
    from sklearn.utils.class_weight import compute_class_weight
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data
except ModuleNotFoundError as error:
    if (error.name or "").partition(".")[0] != "sklearn":
        raise
    BaseEstimator, ClassifierMixin, RegressorMixin = (type("Missing", (), {}) for _ in range(3))

USUAL_BATCH = 200  # rows of a step
EPOCHS, TAKEN = 200, 20_000_000  # where they are not told: so many, and rows at most, each time that one is taken
L2_ROWS = 3.0  # l2 is this divided by the number of rows, up to a most, where it is not told
INIT: Final = "xavier_uniform"  # begins with smoother functions than He's: with the l2, up to 0.2 of R² on small tables


class Perceptron(BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """What both have in common: data as scikit-learn checks them, scaled; a network, and its training."""

    hidden: int | Sequence[int]
    activation: ActivationLike
    optimizer: OptimizerName | Callable[..., Optimizer]
    lr: float
    epochs: int | None
    batch_size: int | None
    l2: float | None
    validation: float | None
    patience: int | None
    tol: float
    verbose: bool
    random_state: Any

    def __new__(cls, *args: Any, **settings: Any) -> Self:
        """The object; ImportError, with what to type, where there is no scikit-learn."""
        if BaseEstimator.__name__ == "Missing":
            raise ImportError(
                f"{cls.__name__} works with scikit-learn, which is not installed: python -m pip install "
                f'"stepgrad[sklearn]"'
            )
        return super().__new__(cls)  # type: ignore[no-any-return]

    def _train(
        self, X: Any, targets: Any, loss: LossName, outputs: int, most_l2: float, sample_weight: Any,
        class_weight: Mapping[int, float] | None = None,
    ) -> Module:  # fmt: skip
        """A trained network behind the scale of its inputs."""
        seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        widths: Any = [self.hidden] if isinstance(self.hidden, Integral) else self.hidden
        hidden = [*map(_whole, widths)]
        network = MLP(X.shape[1], [*hidden, outputs], activation=self.activation, init=INIT, seed=seed)
        size = USUAL_BATCH if self.batch_size is None else _whole(self.batch_size)
        stopping: list[Any] = []
        if self.patience is not None and not self.patience >= 1:
            raise ValueError(f"{type(self).__name__}: patience must be 1 or more, or None, not {self.patience!r}")
        if self.patience is not None and self.validation is None:
            stopping = [Settled(self.patience, self.tol)]
        elif self.patience is not None:
            from ..training import EarlyStopping  # of another wing

            stopping = [EarlyStopping(self.patience)]
        usual = min(EPOCHS, max(TAKEN // len(X), 1))
        epochs = usual if self.epochs is None else _whole(self.epochs)
        mean, deviation = scale_of(X, sample_weight)
        l2 = min(most_l2, L2_ROWS / len(X)) if self.l2 is None else self.l2
        self.history_ = fit(
            network, scaled(X, mean, deviation), targets, loss=loss,
            optimizer=find_optimizer(self.optimizer, network.parameters(), lr=self.lr), epochs=epochs,
            batch_size=size if size < len(X) else None, l2=l2, validation=self.validation,
            sample_weight=sample_weight, class_weight=class_weight, seed=seed, callbacks=stopping,
            progress=bool(self.verbose),
        )  # fmt: skip
        self.n_iter_ = len(self.history_.loss)
        return Sequential(scaling(mean, deviation), network)

    def _named(self, model: Module) -> Module:
        """The model with the names of its columns, where there are some: ``nn.save`` keeps them."""
        if hasattr(self, "feature_names_in_"):
            model.columns = self.feature_names_in_.tolist()
        return model

    def _outputs(self, X: Any) -> Floats:
        """What the model gives for the rows."""
        check_is_fitted(self)
        rows: Floats = validate_data(self, X, dtype=np.float64, reset=False)
        return predict(self.model_, rows)

    model_: Module
    history_: History
    n_iter_: int


class StepClassifier(ClassifierMixin, Perceptron):  # type: ignore[misc]
    """A multi-layer perceptron that tells classes, as an estimator of scikit-learn.

    It stands in pipelines, searches and cross-validation like ``sklearn.neural_network.MLPClassifier``.  Columns are
    scaled to mean 0 and deviation 1, and the scale is kept with the model.  Labels may be numbers or texts.

    ``hidden`` are the widths of the hidden layers, ``activation`` what they have; ``optimizer`` is the name of one of
    ``nn`` or a function of parameters and lr, ``lr`` its learning rate.  ``epochs`` is how many at most: unless told
    200, of more than 100,000 rows fewer.  A step takes ``batch_size`` rows, 200 or all where there are fewer.  ``l2``
    is that of ``nn.fit``: unless told 3 / rows and at most 0.003, so that small tables are not learned by heart.
    Training stops after ``patience`` epochs that each gained less than ``tol`` on the loss, looked at every tenth
    epoch; with ``validation``, a share of the rows that is held out, after so many without a better loss of these, and
    the best model is taken; with patience None never.  ``class_weight`` is a dict by labels, or "balanced".
    ``verbose`` shows a bar; a whole ``random_state`` gives the same model each time.

    After ``fit``: ``classes_``, ``model_`` (a module, for ``nn.save`` and all else, which takes rows as they are and
    gives logits), ``history_``, ``n_iter_``, ``n_features_in_``, ``feature_names_in_``.

    >>> from nn import datasets
    >>> X, y = datasets.moons(100, noise=0.1, seed=1)
    >>> names = ["lower" if label > 0 else "upper" for label in y]
    >>> model = StepClassifier(16, lr=0.02, random_state=0).fit(X, names)
    >>> model.score(X, names) > 0.95, model.predict(X[:1]).tolist() == names[:1], model.predict_proba(X[:1]).shape
    (True, True, (1, 2))
    """

    def __init__(
        self, hidden: int | Sequence[int] = (100,), activation: ActivationLike = "relu", *,
        optimizer: OptimizerName | Callable[..., Optimizer] = "adam",
        lr: float = 0.003, epochs: int | None = None, batch_size: int | None = None, l2: float | None = None,
        validation: float | None = None, patience: int | None = 10, tol: float = 1e-4,
        class_weight: Mapping[Any, float] | Literal["balanced"] | None = None, verbose: bool = False,
        random_state: Any = None,
    ) -> None:  # fmt: skip
        self.hidden, self.activation, self.optimizer, self.lr = hidden, activation, optimizer, lr
        self.epochs, self.batch_size, self.l2 = epochs, batch_size, l2
        self.validation, self.patience, self.tol, self.class_weight = validation, patience, tol, class_weight
        self.verbose, self.random_state = verbose, random_state

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Learn from rows X and their labels y, each counted by its ``sample_weight``."""
        X, y = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(y)
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X, dtype=np.float64)
        self.classes_, codes = np.unique(y, return_inverse=True)
        count, weights = len(self.classes_), None
        if self.class_weight is not None:
            found = compute_class_weight(self.class_weight, classes=self.classes_, y=y, sample_weight=sample_weight)
            weights = dict(enumerate(found.tolist()))
        loss: LossName = "cross_entropy" if count > 2 else "bce_with_logits"
        outputs = count if count > 2 else 1
        self.model_ = self._named(self._train(X, codes, loss, outputs, 0.003, sample_weight, weights))
        if count > 1:
            self.model_.classes = self.classes_.tolist()
        return self

    def predict_proba(self, X: Any) -> Floats:
        """For each row of X the probability of each class, in the order of ``classes_``."""
        logits = self._outputs(X)
        if len(self.classes_) == 1:
            return np.ones((len(logits), 1))
        return probabilities_of(logits)

    def predict(self, X: Any) -> Array:
        """For each row of X the label of the most probable class."""
        probabilities = self.predict_proba(X)
        labels: Array = self.classes_[probabilities.argmax(axis=1)]
        return labels

    classes_: Array


class StepRegressor(RegressorMixin, Perceptron):  # type: ignore[misc]
    """A multi-layer perceptron for one number or several, as an estimator of scikit-learn.

    ``hidden``, ``activation``, ``optimizer``, ``lr``, ``epochs``, ``batch_size``, ``validation``, ``patience``,
    ``tol``, ``verbose`` and ``random_state`` are those of ``StepClassifier``; ``l2`` is at most 0.01.  The loss is the
    mean squared error, with the targets scaled too; ``model_`` and ``predict`` answer in the units of y.

    >>> model = StepRegressor(16, random_state=0).fit([[x / 10] for x in range(30)], [x * x for x in range(30)])
    >>> model.score([[1.0], [2.0]], [100.0, 400.0]) > 0.9
    True
    """

    def __init__(
        self, hidden: int | Sequence[int] = (100,), activation: ActivationLike = "relu", *,
        optimizer: OptimizerName | Callable[..., Optimizer] = "adam",
        lr: float = 0.003, epochs: int | None = None, batch_size: int | None = None, l2: float | None = None,
        validation: float | None = None, patience: int | None = 10, tol: float = 1e-5, verbose: bool = False,
        random_state: Any = None,
    ) -> None:  # fmt: skip
        self.hidden, self.activation, self.optimizer, self.lr = hidden, activation, optimizer, lr
        self.epochs, self.batch_size, self.l2 = epochs, batch_size, l2
        self.validation, self.patience, self.tol = validation, patience, tol
        self.verbose, self.random_state = verbose, random_state

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Learn from rows X and their targets y, a number or a row of them each, counted by their ``sample_weight``."""
        X, y = validate_data(self, X, y, dtype=np.float64, multi_output=True, y_numeric=True)
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X, dtype=np.float64)
        columns = np.asarray(y, dtype=np.float64).reshape(len(X), -1)
        mean, deviation = scale_of(columns, sample_weight)
        targets = scaled(columns, mean, deviation)
        targets = targets if targets.shape[1] > 1 else targets[:, 0]
        trained = self._train(X, targets, "mse", columns.shape[1], 0.01, sample_weight)
        self.model_ = self._named(Sequential(trained, scaling(mean, deviation).inverse()))
        return self

    def predict(self, X: Any) -> Floats:
        """For each row of X a number, or a row of them."""
        return self._outputs(X)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


class Settled:
    """A callback that stops where each of the last few epochs gained less than ``tol`` on the best loss before it.

    It is asked after every tenth epoch: so epochs are taken together, which saves time.
    """

    every = 10

    def __init__(self, patience: int, tol: float) -> None:
        self.patience, self.tol = patience, tol

    def __call__(self, history: History, model: Module) -> bool:
        epochs = len(history.loss)
        if epochs <= self.patience or epochs % self.every:
            return False
        losses = np.array(history.loss)
        gains = np.minimum.accumulate(losses)[:-1] - losses[1:]
        return bool((gains[-self.patience :] < self.tol).all())


def _whole(x: Any) -> Any:
    """A whole number of NumPy, as searches draw them, as one of Python; all else as it is."""
    return int(x) if isinstance(x, Integral) else x


def scale_of(table: Any, weights: Any) -> tuple[Any, Any]:
    """The mean and the deviation of each column, weighted; where all is one number the deviation is 0."""
    counted = table if weights is None else table[weights > 0.0]
    mean = np.average(table, axis=0, weights=weights)
    deviation = np.sqrt(np.average((table - mean) ** 2, axis=0, weights=weights))
    return mean, np.where(counted.min(axis=0) < counted.max(axis=0), deviation, 0.0)


def scaled(table: Any, mean: Any, deviation: Any) -> Any:
    """The table with mean 0 and deviation 1 in each column, and 0 where a column is constant."""
    return (table - mean) / np.where(deviation > 0.0, deviation, np.inf)


def scaling(mean: Any, deviation: Any) -> Standardize:
    """The module that does the same."""
    module = Standardize(len(mean))
    for values, numbers in ((module.mean, mean), (module.deviation, deviation)):
        for value, x in zip(values, numbers.tolist(), strict=True):
            value.data = x
    return module
