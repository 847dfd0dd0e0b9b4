"""A computation step by step, and one derivative taken apart."""
