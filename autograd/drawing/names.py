"""What values are called: by their labels, parameters of modules by their paths, the rest by their numbers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any, TypeVar

from ..graph import Node
from .notation import clean_label, distinct_names

N = TypeVar("N", bound=Node)


def names_of(order: Sequence[N]) -> dict[N, str]:
    """A name for each value of a topological order, no two alike."""
    labels = [label or "" for label in labels_of(order).values()]
    return dict(zip(order, distinct_names(labels, range(len(order))), strict=True))


def labels_of(order: Sequence[N]) -> dict[N, str]:
    """The label of each value; of a parameter without one its path, as short as tells it apart; else ""."""
    paths = parameter_paths(order)
    return {node: clean_label(node.label or paths.get(node, "")) for node in order}


def parameter_paths(order: Sequence[Node]) -> dict[Node, str]:
    """The paths of the parameters without a label, in the modules that a graph was made by.

    ``layers.0.neurons.2.w[1]``; where one neuron alone is in the graph ``w[1]``.
    """
    bare = {node for node in order if node.primitive is None and not node.label and not node.is_constant}
    if not bare:
        return {}
    holders: dict[int, Any] = {}
    seen: set[int] = set()
    for node in order:
        scope = node.scope
        while scope is not None and id(scope) not in seen:
            seen.add(id(scope))
            if not isinstance(scope[0], str):  # a module
                holders[id(scope[0])] = scope[0]
            scope = scope[1]
    found: dict[Node, str] = {}
    for holder in holders.values():  # the longest path is that in the outermost module
        for path, leaf in holder.named_leaves().items():
            if leaf in bare and len(path) > len(found.get(leaf, "")):
                found[leaf] = path
    return dict(zip(found, shorten_paths([re.sub(r"\.(\d+)$", r"[\1]", path) for path in found.values()]), strict=True))


def shorten_paths(paths: Sequence[str]) -> list[str]:
    """The ends of paths, as long as it takes to tell them apart, all beginning with a word.

    >>> shorten_paths(["layers.0.w[0]", "layers.0.w[1]", "layers.1.b"])
    ['w[0]', 'w[1]', 'b']
    >>> shorten_paths(["layers.0.w[0]", "layers.1.w[0]", "layers.1.b"])
    ['layers.0.w[0]', 'layers.1.w[0]', 'b']
    """
    words = re.compile(r"(?:^|(?<=\.))[^\d.]")  # where a word begins
    ends = [[path[word.start() :] for word in words.finditer(path)][::-1] for path in paths]
    count = Counter(end for all_ends in ends for end in all_ends)
    return [
        next((end for end in all_ends if count[end] == 1), path) for path, all_ends in zip(paths, ends, strict=True)
    ]
