"""``stepgrad draw`` and ``stepgrad walk``: an expression as a picture or as steps."""

from __future__ import annotations

from autograd import draw, walkthrough
from autograd.html import printable

from .expression import parse_assignments, parse_expression
from .terminal import can_step, step_through


def draw_expression(expression: str, values: list[str], output: str | None) -> None:
    """Draw the graph of an expression with its gradients, into a file or as text."""
    root = parse_expression(expression, parse_assignments(values))
    if root.requires_grad:
        root.backward()
    drawing = draw(root)
    if output is None:
        print(drawing)
    else:
        drawing.save(output)
        print(printable(f"{expression.strip()} = {root:.6g}, drawn in {output}"))


def walk_expression(expression: str, values: list[str], output: str | None) -> None:
    """Go through an expression and its gradients step by step: as a page, in the terminal, or as text."""
    leaves = parse_assignments(values)
    root = parse_expression(expression, leaves)
    if root.primitive is not None and "out" not in leaves:
        root.label = "out"
    walk = walkthrough(root)
    if output is not None:
        walk.save(output)
        print(printable(f"{expression.strip()} = {root:.6g} in {len(walk)} steps: open {output} in a browser"))
    elif can_step():
        phases = [step.phase for step in walk]
        ends = [i + 1 + len({*phases[: i + 1]}) for i in range(len(walk))]  # each phase begins with a line of its own
        step_through(walk.title, str(walk).splitlines(), ends)
    else:
        print(walk)
