"""The command ``stepgrad``."""

from .cli import main

__all__ = ["main"]
