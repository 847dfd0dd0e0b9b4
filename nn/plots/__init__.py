"""Pictures of training, gradients and losses; they need matplotlib, which ``stepgrad[plot]`` installs."""

from .curves import plot_gradients, plot_history, plot_layers
from .surfaces import plot_decision_boundary, plot_loss_surface

__all__ = ["plot_decision_boundary", "plot_gradients", "plot_history", "plot_layers", "plot_loss_surface"]
