"""Monitoring: ``watch`` records what happens inside a model while it trains, and shows it as a film."""

from .recorder import watch

__all__ = ["watch"]
