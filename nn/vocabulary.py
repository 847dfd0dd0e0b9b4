"""What settings may be called, and what models are given and give: types, which checkers read.

They flag ``loss="msee"``.  A variable that holds such a name is to be a ``LossName``, as a ``str`` may be anything; or
the name is looked up, for a function is taken too: ``loss=nn.losses.LOSSES[name]``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, SupportsFloat, TypedDict, TypeVar

from autograd import Value

from .init import Initialiser

# Each is the keys of the table in which the name is looked up; a test holds it to that.
ActivationName = Literal["linear", "relu", "leaky_relu", "elu", "gelu", "silu", "sigmoid", "tanh", "softplus"]
InitialiserName = Literal["he_normal", "he_uniform", "xavier_normal", "xavier_uniform", "uniform", "zeros", "normal"]
LossName = Literal["mse", "mae", "huber", "hinge", "bce", "bce_with_logits", "cross_entropy"]
MetricName = Literal["accuracy", "precision", "recall", "f1", "r2", "mae"]
OptimizerName = Literal["sgd", "adam", "adamw", "rmsprop", "adagrad", "SGD", "Adam", "AdamW", "RMSprop", "AdaGrad"]

Activation = Callable[[Value], Value]
Loss = Callable[[Any, Any], Value | float]  # (prediction, target) of one sample
Metric = Callable[[Any, Any], float]  # (outputs, targets) of many: see nn.metrics

ActivationLike = ActivationName | Activation
InitialiserLike = InitialiserName | Initialiser
LossLike = LossName | Loss
Metrics = MetricName | Metric | Sequence[MetricName | Metric]

ClassWeight = Mapping[Any, float] | Literal["balanced"]


class Clipping(TypedDict, total=False):
    """The settings that every optimiser takes by name."""

    clip_value: float | None
    clip_norm: float | None


# What a function of numbers or Values is given and gives; what a model gives counts as a Value: hence the order.
Number = TypeVar("Number", Value, float)

# The numbers that go into a layer, and one or several, as a block or a loss takes them.
Inputs = Collection[Value | float]
Numbers = Value | SupportsFloat | Inputs

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Figure

    Array = npt.NDArray[Any]
    Floats = npt.NDArray[np.float64]
    Drawn = TypeVar("Drawn", bound=Axes | Collection[Axes])  # axes of one's own, into which a picture is drawn

    class Output(Value, list[Value]):  # type: ignore[misc]  # no class can be both
        """What layers give: a Value where there is one neuron, else a list of Values.

        Which it is depends on a number, of which a checker knows nothing: so it takes it for both, and flags what
        neither can do.
        """
else:
    Output = Value | list[Value]
    Array = Floats = Figure = Drawn = Any  # NumPy and matplotlib are loaded where they are needed
