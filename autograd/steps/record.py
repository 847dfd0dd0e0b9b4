"""The steps of a computation: forward, one value at a time, and backward, one product of the chain rule at a time.

Backward comes in two orders.  The topological one is that of ``Value.backward``: a value passes its gradient
on when all of it has arrived.  The naive one does not wait; it is here to be seen going wrong.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import NamedTuple

from ..drawing.text import names_of
from ..primitives import TABLE
from ..value import Value
from .wording import arithmetic, count, isolated, number, operation, ordinal, special

FORWARD, BACKWARD = "forward", "backward"
MOST_STEPS = 10_000  # of a naive walk: the number of its steps may double with every value that is used twice
MOST_WRONG = 3  # results that a naive walk compares in its last step

product = TABLE["chain"].forward  # 0 if either is 0, even where the other is not finite


class Step(NamedTuple):
    """One step of a walk.

    Forward, ``node`` is computed by ``op`` from its ``operands``.  Backward, ``node`` passes
    ``contribution`` = ``adjoint`` · ``partial`` on to ``parent``, its operand number ``operand``, whose
    gradient goes from ``before`` to ``after``.  The steps that begin and end a backward walk have no parent.
    ``text`` says all this in one line, with what is special about it, which ``note`` says alone; ``wrong``
    marks the first contribution that a naive walk gets wrong.
    """

    index: int  # type: ignore[assignment]  # a field; tuples have a method of that name
    phase: str
    node: Value
    op: str
    operands: tuple[Value, ...]
    text: str
    note: str = ""
    parent: Value | None = None
    operand: int | None = None
    adjoint: float | None = None
    partial: float | None = None
    contribution: float | None = None
    before: float | None = None
    after: float | None = None
    wrong: bool = False

    @property
    def formula(self) -> str:
        """The text without the note."""
        return self.text.removesuffix(f" — {self.note}")

    def __str__(self) -> str:
        return self.text


class Recorder:
    """Writes down the steps of one graph."""

    def __init__(self, order: list[Value]) -> None:
        self.order = order
        self.root = order[-1]
        self.labels = names_of(order)
        self.names = {node: isolated(label) for node, label in self.labels.items()}
        self.names |= {node: number(node.data) for node in order if node.is_constant}
        self.steps: list[Step] = []
        self.grads = {node: 0.0 for node in order if node.requires_grad}
        self.received: Counter[Value] = Counter()
        self.flagged = False  # whether a naive walk has gone wrong yet
        self.right: dict[Value, float] = {}  # the right gradient of each leaf for which a naive walk has another

    def derivative(self, node: Value) -> str:
        return f"∂{self.names[self.root]}/∂{self.names[node]}"

    def add(self, phase: str, node: Value, text: str, note: str = "", **more: object) -> None:
        op = node.primitive.name if node.primitive else ""
        text = f"{text} — {note}" if note else text
        self.steps.append(Step(len(self.steps), phase, node, op, node.parents, text, note, **more))  # type: ignore[arg-type]

    # --- forward --------------------------------------------------------------------------------------------

    def forward(self) -> None:
        broken = False
        for node in self.order:
            if node.primitive is None:
                continue
            data = [parent.data for parent in node.parents]
            written = operation(node.primitive, [self.names[parent] for parent in node.parents])
            sides = [self.names[node], written, arithmetic(node.primitive, data), number(node.data)]
            if all(parent.is_constant for parent in node.parents):
                del sides[1]  # the same numbers twice
            note = special(node.primitive, data, node.data, node.partials)
            if not math.isfinite(node.data) and not broken:
                broken = True
                note = "; ".join(filter(None, [note, "the first result that is not finite"]))
            self.add(FORWARD, node, " = ".join(sides), note)

    # --- backward -------------------------------------------------------------------------------------------

    def seed(self) -> bool:
        """∂root/∂root = 1, or why there is nothing to pass back."""
        root, name = self.root, self.names[self.root]
        if not root.requires_grad:
            why = f"{name} depends on nothing that needs a gradient: there is nothing to pass back"
        elif not math.isfinite(root.data):
            why = f"{name} is {root.data}: backward() refuses to start from a result that is not finite"
        else:
            self.grads[root] = 1.0
            self.add(
                BACKWARD, root, f"{self.derivative(root)} = 1 (0 → 1)", "where every walk back begins",
                contribution=1.0, before=0.0, after=1.0,
            )  # fmt: skip
            return True
        self.add(BACKWARD, root, why)
        return False

    def topological(self) -> None:
        """Each value once, after everything that was computed from it: the order of ``backward``."""
        if not self.seed():
            return
        last: dict[Value, int] = {}
        for node in reversed(self.order):
            if node.requires_grad and self.grads[node] == 0.0:
                if self.received[node]:
                    self.stop(node)
                continue
            for operand in self.operands(node):
                self.contribute(node, operand)
                last[node.parents[operand]] = len(self.steps) - 1
        self.mention_earlier(last)

    def naive(self) -> None:
        """Each value as soon as anything reaches it, with all the gradient it has by then."""
        if not self.seed():
            return
        sent: dict[Value, float] = {}  # what each value has passed on already
        walks = [(self.root, iter(self.operands(self.root)))]
        while walks:
            node, operands = walks[-1]
            operand = next(operands, None)
            if operand is None:
                sent[node] = self.grads[node]
                walks.pop()
                continue
            if len(self.steps) >= MOST_STEPS - 1:
                self.compare(stopped=True)
                return
            wrong = not self.flagged and product(sent.get(node, 0.0), node.partials[operand]) != 0.0
            self.flagged |= wrong
            note = ""
            if wrong:
                name, part = self.names[node], number(sent[node])
                note = f"wrong: {name} passed on {part} of this before, and passes it on again"
            self.contribute(node, operand, note, wrong)
            parent = node.parents[operand]
            walks.append((parent, iter(self.operands(parent))))
        self.compare()

    def operands(self, node: Value) -> list[int]:
        """The numbers of the operands to pass a gradient on to: frozen subgraphs are left out."""
        return [k for k, parent in enumerate(node.parents) if node.requires_grad and parent.requires_grad]

    def contribute(self, node: Value, operand: int, note: str = "", wrong: bool = False) -> None:
        """∂root/∂parent += ∂root/∂node · ∂node/∂parent."""
        assert node.primitive is not None
        parent, partial = node.parents[operand], node.partials[operand]
        adjoint, before = self.grads[node], self.grads[parent]
        contribution = product(adjoint, partial)
        self.grads[parent] = after = before + contribution
        self.received[parent] += 1
        data = [x.data for x in node.parents]
        notes = [note, special(node.primitive, data, node.data, node.partials)]
        if contribution == 0.0 and not (math.isfinite(adjoint) and math.isfinite(partial)):
            notes.append("0 times anything is 0 here, even infinity and nan")
        elif partial == 0.0 and not notes[1]:
            notes.append("the slope is 0: nothing passes")
        elif not math.isfinite(partial) and not notes[1]:
            notes.append(f"the slope is {number(partial)}")
        if self.received[parent] > 1 and not note:
            notes.append(f"the {ordinal(self.received[parent])} path into {self.names[parent]}: they add up")
        self.add(
            BACKWARD, node,
            f"{self.derivative(parent)} += {self.derivative(node)} · ∂{self.names[node]}/∂{self.names[parent]} = "
            f"{number(adjoint)} × {number(partial)} = {number(contribution)} ({number(before)} → {number(after)})",
            "; ".join(filter(None, notes)),
            parent=parent, operand=operand, adjoint=adjoint, partial=partial, contribution=contribution,
            before=before, after=after, wrong=wrong,
        )  # fmt: skip

    def stop(self, node: Value) -> None:
        below = list(dict.fromkeys(self.names[node.parents[k]] for k in self.operands(node)))
        if not below:
            return
        shown = ", ".join(below[:4]) + (f" and {len(below) - 4} more" if len(below) > 4 else "")
        self.add(BACKWARD, node, f"{self.derivative(node)} = 0", f"nothing flows on to {shown}", adjoint=0.0)

    def mention_earlier(self, last: dict[Value, int]) -> None:
        """Add to the last step of each leaf what an earlier pass left in its grad, where it is not just this."""
        for leaf, index in last.items():
            if leaf.primitive is None and leaf.grad and leaf.grad != self.grads[leaf]:
                step = self.steps[index]
                earlier = f"{self.names[leaf]}.grad holds {number(leaf.grad)} from before: backward() adds to it"
                note = "; ".join(filter(None, [step.note, earlier]))
                self.steps[index] = step._replace(text=f"{step.formula} — {note}", note=note)

    def detours(self) -> int:
        """How many contributions a naive walk makes: each edge as often as there are paths from the root to it."""
        paths = Counter({self.root: 1})
        made = 0
        for node in reversed(self.order):
            for operand in self.operands(node):
                paths[node.parents[operand]] += paths[node]
                made += paths[node]
        return made

    def compare(self, stopped: bool = False) -> None:
        """The last step of a naive walk: its results beside the right ones."""
        right = Recorder(self.order)
        right.topological()
        self.right = {
            leaf: right.grads[leaf]
            for leaf, grad in self.grads.items()
            if (self.flagged or stopped) and leaf.primitive is None and not math.isclose(grad, right.grads[leaf])
        }
        parts = [
            f"{self.derivative(leaf)} = {number(self.grads[leaf])}, right is {number(grad)}"
            for leaf, grad in list(self.right.items())[:MOST_WRONG]
        ]
        if len(self.right) > MOST_WRONG:
            parts.append(f"{len(self.right) - MOST_WRONG} more are wrong")
        text = "; ".join(parts) or "the same result as in the right order"
        if stopped:
            note = (
                f"stopped after {MOST_STEPS:,} steps: this order goes along every path from the root anew, "
                f"which takes {count(self.detours())}"
            )
        elif self.right:
            note = "a value must wait for its whole gradient before it passes it on"
        else:
            note = "no value that is used twice passed anything on twice"
        self.add(BACKWARD, self.root, text, note)
