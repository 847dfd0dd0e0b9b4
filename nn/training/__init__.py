"""Training: ``fit`` and what it is made of."""

from typing import TYPE_CHECKING, Any

from ..wings import find as _find
from .history import Callback, History
from .optimizers import SGD, Adam, Optimizer, find_optimizer
from .trainer import fit

if TYPE_CHECKING:
    from .adaptive import AdaGrad, AdamW, RMSprop
    from .callbacks import EarlyStopping, StopBelow
    from .diagnosis import DivergenceWarning
    from .schedules import CosineDecay, ExponentialDecay, LinearDecay, ReduceOnPlateau, StepDecay, Warmup

WINGS = {
    **dict.fromkeys(("AdaGrad", "AdamW", "RMSprop"), "adaptive"),
    **dict.fromkeys(("EarlyStopping", "StopBelow"), "callbacks"),
    "DivergenceWarning": "diagnosis",
    **dict.fromkeys(("CosineDecay", "ExponentialDecay", "LinearDecay", "ReduceOnPlateau"), "schedules"),
    **dict.fromkeys(("StepDecay", "Warmup"), "schedules"),
}


if not TYPE_CHECKING:  # which is to find names that are not there

    def __getattr__(name: str) -> Any:
        """What a training can do without is loaded when it is first asked for."""
        return _find(__name__, WINGS, name)


def __dir__() -> list[str]:
    """All names, for completion: those that are not loaded yet too."""
    return sorted({*globals(), *__all__})


__all__ = [
    "SGD", "AdaGrad", "Adam", "AdamW", "Callback", "CosineDecay", "DivergenceWarning", "EarlyStopping",
    "ExponentialDecay", "History", "LinearDecay", "Optimizer", "RMSprop", "ReduceOnPlateau", "StepDecay", "StopBelow",
    "Warmup", "find_optimizer", "fit",
]  # fmt: skip
