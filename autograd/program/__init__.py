"""Computations as named equations, and how functions become them."""
