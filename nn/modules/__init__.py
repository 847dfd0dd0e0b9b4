"""Modules: what holds parameters."""
