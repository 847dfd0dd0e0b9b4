"""Compiled programs: the graph you drew, over whole batches, as machine code or by NumPy."""

from typing import TYPE_CHECKING, Any

from ..program import Reach
from .draws import generator_state, restore_generator
from .fallback import NotCompilable, Patience, falling_back
from .forms import Mixed, Ragged, Samples, alike

if TYPE_CHECKING:
    from .compiled_function import Jitted, jit
    from .compiled_loss import compile_loss
    from .compiled_training import Training
    from .step import Rule


def __getattr__(name: str) -> Any:
    """What needs NumPy is loaded when it is first asked for."""
    if name in ("Jitted", "jit"):
        from .compiled_function import Jitted, jit

        return jit if name == "jit" else Jitted
    if name == "compile_loss":
        from .compiled_loss import compile_loss

        return compile_loss
    if name in ("Rule", "Training"):
        from .compiled_training import Training
        from .step import Rule

        return Training if name == "Training" else Rule
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "Jitted", "Mixed", "NotCompilable", "Patience", "Ragged", "Reach", "Rule", "Samples", "Training", "alike",
    "compile_loss", "falling_back", "generator_state", "jit", "restore_generator",
]  # fmt: skip
