"""Pictures of training, gradients and losses; they need matplotlib, which ``stepgrad[plot]`` installs.

``COLOURS`` are those of its curves and classes, for pictures of one's own beside them.
"""

from autograd.html import CATEGORIES as COLOURS

from .curves import plot_gradients, plot_history, plot_layers
from .outcomes import plot_confusion, plot_predictions
from .surfaces import plot_decision_boundary, plot_loss_surface

__all__ = [
    "COLOURS", "plot_confusion", "plot_decision_boundary", "plot_gradients", "plot_history", "plot_layers",
    "plot_loss_surface", "plot_predictions",
]  # fmt: skip
