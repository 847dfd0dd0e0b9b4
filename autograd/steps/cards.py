"""The card of a step: its rule in symbols and in numbers, the product, the sum so far, and why."""

from __future__ import annotations

from ..drawing import format_number
from ..value import Value
from .record import FORWARD, Recorder, Step
from .rules import derivation, rule_of
from .wording import say


def card(recorder: Recorder, step: Step) -> list[str]:
    """The lines that explain a step, and last the line of the program, where it is known."""
    return _lines(*_explained(recorder, step), step.line)


def _explained(recorder: Recorder, step: Step) -> list[str]:
    names = recorder.names
    node, parent, root = step.node, step.parent, names[recorder.root]
    texts = {"node": names[node], "root": root}
    if step.phase == FORWARD:
        operands = ", ".join(dict.fromkeys(names[operand] for operand in step.operands))
        return _lines(step.formula, say("computed", operands=operands), step.note)
    if parent is None or step.operand is None:
        if step.after is not None:
            return [say("seed", grad="1", **texts), say("seed, why", **texts)]
        return _lines(step.formula, step.note, say("stopped", **texts) if step.adjoint == 0.0 else "")
    numbers = {
        "grad": step.adjoint, "slope": step.partial, "product": step.contribution, "before": step.before,
        "after": step.after,
    }  # fmt: skip
    texts |= {what: format_number(x) for what, x in numbers.items() if x is not None}
    texts |= {"parent": names[parent], "way": str(step.way), "ways": str(recorder.ways[parent])}
    template, remark = slope_rule(recorder, node, step.operand)
    formula = derivation(
        template, [names[p] for p in (*node.parents, node)], _point(recorder, node), node.partials[step.operand]
    )
    arrow, several = recorder.arrow(node, step.operand), recorder.ways[parent] > 1
    if step.wrong:
        return [say("slope", arrow=arrow, derivation=formula), say("product", **texts), say("sum", **texts), step.note]
    return _lines(
        say("slope", arrow=arrow, derivation=formula),
        say("product", **texts),
        say("sum" if several else "one way", **texts),
        say("rate", **texts),
        say("add up", **texts) if several and step.way <= recorder.ways[parent] else "",
        remark,
        step.note if not several else step.note.removesuffix(say("ways", **texts)).rstrip("; "),
    )


def slope_rule(recorder: Recorder, node: Value, operand: int) -> tuple[str, str]:
    """The template of the slope along an arrow at this point, and a remark on what stands in it."""
    assert node.primitive is not None
    rule = rule_of(node.primitive, len(node.parents))
    template = rule.slope(operand, _point(recorder, node))
    return template, rule.remark if "(" in template.replace("{(", "") else ""


def _point(recorder: Recorder, node: Value) -> list[float]:
    return [recorder.data[one] for one in (*node.parents, node)]


def _lines(*lines: str) -> list[str]:
    return [line for line in lines if line]
