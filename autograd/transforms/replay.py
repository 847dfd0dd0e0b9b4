"""Evaluating a recorded graph again: is it still what its leaves say, and what do its fused nodes consist of?"""

from __future__ import annotations

from collections import Counter

from ..errors import StaleGraphError, describe
from ..graph import topological_order
from ..modes import current_scope, derivative_mode, mode
from ..value import Value, differentiate, evaluate, sweep


def check_fresh(order: list[Value]) -> None:
    """Raise StaleGraphError, naming the changed leaf, if a node no longer gives the data it recorded."""
    if mode.flags.tracer is not None:
        return  # there are no numbers yet
    stale: dict[Value, None] = {}
    with derivative_mode():
        for node in order:
            if node.primitive is not None:
                now = evaluate(node.primitive, [parent._data for parent in node.parents], node.parents)
                if now != node._data and (now == now or node._data == node._data):
                    stale[node] = None
    if not stale:
        return
    first = next(iter(stale))  # all nodes before it agree, so it is one of its own leaves that changed
    vouched = {leaf for node in order if node.primitive is not None and node not in stale for leaf in _vouched(node)}
    suspects = list(dict.fromkeys(p for p in first.parents if p.primitive is None and p not in vouched))
    changed = " or ".join(describe(p) for p in suspects or first.parents)
    raise StaleGraphError(
        f"the graph is stale: {changed} changed after {describe(first)} was computed from it. "
        f"Compute the graph again before you ask for what evaluates it"
    )


def _vouched(node: Value) -> list[Value]:
    """The parents that cannot have changed, as node still gives what it gave.

    It says so of a parent that it uses once and that moves it, and by as much as before: x - x, |x| and relu
    may agree by coincidence.
    """
    assert node.primitive is not None
    now = differentiate(node.primitive, [parent._data for parent in node.parents], node._data)
    uses = Counter(node.parents)
    return [
        p for p, then, d in zip(node.parents, node.partials, now, strict=True) if then and then == d and uses[p] == 1
    ]


def write_out(root: Value) -> Value:
    """The graph of root with every fused node (dot, total, logsumexp) written out in simpler primitives.

    The leaves are the same objects; the nodes above them are copies, with their labels, scopes and gradients.
    """
    return write_out_with_origins(root)[0]


def write_out_with_origins(root: Value) -> tuple[Value, dict[Value, Value]]:
    """The graph written out, and for each of its nodes the node of the graph of root that it is or belongs to."""
    order = topological_order(root)
    check_fresh(order)
    origins: dict[Value, Value] = {}
    scope = current_scope.get()
    try:
        with derivative_mode():
            return _copy(order, {}, origins), origins
    finally:
        current_scope.set(scope)


def _copy(order: list[Value], copies: dict[Value, Value], origins: dict[Value, Value]) -> Value:
    for node in order:
        if node in copies:
            continue
        if node.primitive is None:
            copies[node] = origins[node] = node
            continue
        parents = [copies[parent] for parent in node.parents]
        current_scope.set(node.scope)
        copy = (
            node.primitive(*parents) if node.primitive.definition is None else _write_out_node(node, parents, origins)
        )
        copy.label, copy.grad = node.label, node.grad
        copies[node] = copy
        origins[copy] = node
    return copies[order[-1]]


def _write_out_node(node: Value, parents: list[Value], origins: dict[Value, Value]) -> Value:
    """One fused node in simpler rows, its gradients found on stand-ins so that no parent's is touched."""
    fused = node.primitive
    assert fused is not None
    assert fused.definition is not None
    stand_ins = [Value(parent._data, requires_grad=parent.requires_grad) for parent in parents]
    inner = topological_order(fused.definition(stand_ins))
    sweep(inner, node.grad)
    made: dict[Value, Value] = {}
    copy = _copy(inner, dict(zip(stand_ins, parents, strict=True)), made)
    origins |= dict.fromkeys(made, node)
    return copy


def adjoints(order: list[Value]) -> dict[Value, float]:
    """∂root/∂node for every node of a topological order, as ``backward`` computes it, without touching ``.grad``."""
    before = [node.grad for node in order]
    try:
        sweep(order, 1.0)
        return {node: node.grad for node in order}
    finally:
        for node, grad in zip(order, before, strict=True):
            node.grad = grad
