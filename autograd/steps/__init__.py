"""A computation step by step, and one derivative taken apart."""

from .paths import Explanation, Path, explain
from .record import Step
from .walk import Walkthrough, walkthrough
from .wording import encodable

__all__ = ["Explanation", "Path", "Step", "Walkthrough", "encodable", "explain", "walkthrough"]
