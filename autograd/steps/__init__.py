"""A computation step by step, and one derivative taken apart."""

from .paths import Explanation, Path, explain
from .record import Step
from .walk import Walkthrough, walkthrough

__all__ = ["Explanation", "Path", "Step", "Walkthrough", "explain", "walkthrough"]
