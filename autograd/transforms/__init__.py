"""Derivatives of functions, and checks of them against finite differences."""
