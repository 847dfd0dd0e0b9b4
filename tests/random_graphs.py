"""Graphs made by instructions that hypothesis draws, to hold compiled programs against eager ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from autograd import dot, logsumexp, primitives, tanh, total, where
from autograd.primitives import TABLE

SMOOTH = ["sin", "cos", "tanh", "sigmoid", "softplus", "atan", "erf", "gaussian", "expm1", "neg"]
OF_SEVERAL = ["add", "sub", "mul", "hypot", "maximum", "minimum", "atan2", "dot", "total", "logsumexp"]

Instructions = list[tuple[str, list[int]]]


def instructions(names: list[str], most: int) -> st.SearchStrategy[Instructions]:
    """Primitives to apply, each to five of the nodes that are there by then."""
    picks = st.lists(st.integers(0, 99), min_size=5, max_size=5)
    return st.lists(st.tuples(st.sampled_from(names), picks), min_size=1, max_size=most)


def grown(instructions: Instructions, xs: Sequence[Any]) -> list[Any]:
    """The nodes that instructions make of some, each squashed so that numbers stay small."""
    nodes: list[Any] = list(xs)
    for name, picks in instructions:
        a, b, c, d, e = (nodes[i % len(nodes)] for i in picks)
        if name == "dot":
            made = dot([a, b], [c, d], e)
        elif name in ("total", "logsumexp"):
            made = {"total": total, "logsumexp": logsumexp}[name]([a, b, c])
        elif name == "where":
            made = where(primitives.gt(a, b), c, d)
        elif len(TABLE[name].domain) == 1:
            made = TABLE[name](a)
        else:
            made = TABLE[name](a, b * b + 0.5 if name == "atan2" else b)
        nodes.append(tanh(made))
    return nodes
