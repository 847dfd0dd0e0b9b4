"""Evaluating a recorded graph again: is it still what its leaves say, and what do its fused nodes consist of?"""

from __future__ import annotations

from .errors import StaleGraphError
from .graph import topological_order
from .value import Value, derivative_mode, describe, evaluate, sweep


def check_fresh(order: list[Value]) -> None:
    """Raise StaleGraphError, naming the changed leaf, if a node no longer gives the data it recorded."""
    stale: list[Value] = []
    with derivative_mode():
        for node in order:
            if node.primitive is not None:
                now = evaluate(node.primitive, [parent._data for parent in node.parents], node.parents)
                if now != node._data and (now == now or node._data == node._data):
                    stale.append(node)
    if not stale:
        return
    first, fed = stale[0], set(stale)
    # A leaf that some node still agrees with has not changed.
    cleared = {p for node in order if node not in fed for p in node.parents}
    suspects = list(dict.fromkeys(p for p in first.parents if p.primitive is None and p not in cleared))
    changed = " or ".join(describe(p) for p in suspects or first.parents)
    raise StaleGraphError(
        f"the graph is stale: {changed} changed after {describe(first)} was computed from it. "
        f"Compute the graph again before you ask for what evaluates it"
    )


def expand(root: Value) -> Value:
    """The graph of root with every fused node (dot, total, logsumexp) written out in simpler primitives.

    The leaves are the same objects; the nodes above them are copies, with their labels and gradients.
    """
    order = topological_order(root)
    check_fresh(order)
    with derivative_mode():
        return _copy(order, {})


def _copy(order: list[Value], copies: dict[Value, Value]) -> Value:
    for node in order:
        if node in copies:
            continue
        if node.primitive is None:
            copies[node] = node
            continue
        parents = [copies[parent] for parent in node.parents]
        copy = node.primitive(*parents) if node.primitive.expand is None else _write_out(node, parents)
        copy.label, copy.grad = node.label, node.grad
        copies[node] = copy
    return copies[order[-1]]


def _write_out(node: Value, parents: list[Value]) -> Value:
    """The expansion of one fused node, its gradients found on stand-ins so that no parent's is touched."""
    fused = node.primitive
    assert fused is not None
    assert fused.expand is not None
    stand_ins = [Value(parent._data) for parent in parents]
    inner = topological_order(fused.expand(stand_ins))
    sweep(inner, node.grad)
    return _copy(inner, dict(zip(stand_ins, parents, strict=True)))
