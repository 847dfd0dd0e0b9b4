"""The steps of a computation: forward, one value at a time, and backward, one product of the chain rule at a time.

Backward comes in two orders.  The topological one is that of ``Value.backward``: a value passes its gradient on when
all of it has arrived; the steps tell what the sweep of ``backward`` computes.  The naive order does not wait; it is
here to be seen going wrong.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import NamedTuple

from ..drawing import format_arithmetic, format_number, format_operation, names_of
from ..primitives import chain
from ..transforms import adjoints
from ..value import Value
from .wording import count, isolate, ordinal, special

FORWARD, BACKWARD = "forward", "backward"
MOST_STEPS = 10_000  # of a naive walk: the number of its steps may double with every value that is used twice
MOST_WRONG = 3  # results that a naive walk compares in its last step

product = chain.forward  # 0 if either is 0, even where the other is not finite


class Step(NamedTuple):
    """One step of a walk.

    Forward, ``node`` is computed by ``op`` from its ``operands``.  Backward, ``node`` passes
    ``contribution`` = ``adjoint`` · ``partial`` on to ``parent``, its operand number ``operand``; the gradient of
    ``parent`` goes from ``before`` to ``after``.  The steps that begin and end a backward walk have no parent.
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


def receivers(node: Value) -> list[int]:
    """The numbers of the operands that a node passes a gradient on to: not those that are frozen."""
    return [k for k, parent in enumerate(node.parents) if node.requires_grad and parent.requires_grad]


class Recorder:
    """Writes down the steps of one graph: ``forward``, and then ``backward`` or ``naive``."""

    def __init__(self, order: list[Value]) -> None:
        self.order = order
        self.root = order[-1]
        self.labels = names_of(order)
        self.names = {node: isolate(label) for node, label in self.labels.items()}
        self.names |= {node: format_number(node.data) for node in order if node.is_constant}
        self.steps: list[Step] = []
        self.grads = {node: 0.0 for node in order if node.requires_grad}  # what has arrived at each by now
        self.received: Counter[Value] = Counter()  # and in how many contributions
        self.wrong_leaves: dict[Value, float] = {}  # where a naive walk comes to wrong gradients: the right ones

    def forward(self) -> None:
        """A step for each operation, in the order in which they were computed."""
        broken = False
        for node in self.order:
            if node.primitive is None:
                continue
            data = [parent.data for parent in node.parents]
            written = format_operation(node.primitive, [self.names[parent] for parent in node.parents], sums=True)
            sides = [self.names[node], written, format_arithmetic(node.primitive, data), format_number(node.data)]
            if all(parent.is_constant for parent in node.parents):
                del sides[1]  # the same numbers twice
            note = special(node.primitive, data, node.data, node.partials)
            if not math.isfinite(node.data) and not broken:
                broken = True
                note = _join(note, "the first result that is not finite")
            self._add(FORWARD, node, " = ".join(sides), note)

    def backward(self) -> None:
        """Each value once, after everything that was computed from it: what ``backward`` does."""
        if not self._begin():
            return
        whole = adjoints(self.order)
        last: dict[Value, int] = {}  # the step in which each value got the last of its gradient
        for node in reversed(self.order):
            adjoint = whole.get(node, 0.0)
            if adjoint == 0.0:
                if self.received[node]:
                    self._add_stop(node)
                continue
            for operand in receivers(node):
                self._contribute(node, operand, adjoint)
                last[node.parents[operand]] = len(self.steps) - 1
        self._mention_earlier(last)

    def naive(self) -> None:
        """Each value as soon as anything reaches it, with all the gradient that it has by then."""
        if not self._begin():
            return
        sent: dict[Value, float] = {}  # what each value has passed on already
        flagged = False  # whether the walk has gone wrong yet
        walks = [(self.root, iter(receivers(self.root)))]
        while walks:
            node, operands = walks[-1]
            operand = next(operands, None)
            if operand is None:
                sent[node] = self.grads[node]
                walks.pop()
                continue
            if len(self.steps) >= MOST_STEPS - 1:
                self._compare(flagged, stopped=True)
                return
            wrong = not flagged and product(sent.get(node, 0.0), node.partials[operand]) != 0.0
            flagged |= wrong
            again = f"{self.names[node]} passed on {format_number(sent[node])} of this before" if wrong else ""
            note = f"wrong: {again}, and passes it on again" if wrong else ""
            self._contribute(node, operand, self.grads[node], note, wrong)
            parent = node.parents[operand]
            walks.append((parent, iter(receivers(parent))))
        self._compare(flagged)

    # --- single steps -----------------------------------------------------------------------------------------

    def _derivative(self, node: Value) -> str:
        return f"∂{self.names[self.root]}/∂{self.names[node]}"

    def _add(self, phase: str, node: Value, text: str, note: str = "", **more: object) -> None:
        op = node.primitive.name if node.primitive else ""
        text = f"{text} — {note}" if note else text
        self.steps.append(Step(len(self.steps), phase, node, op, node.parents, text, note, **more))  # type: ignore[arg-type]

    def _begin(self) -> bool:
        """The first step back, ∂root/∂root = 1, or why there is nothing to pass back."""
        root, name = self.root, self.names[self.root]
        if not root.requires_grad:
            why = f"{name} depends on nothing that needs a gradient: there is nothing to pass back"
        elif not math.isfinite(root.data):
            why = f"{name} is {root.data}: backward() refuses to start from a result that is not finite"
        else:
            self.grads[root] = 1.0
            self._add(
                BACKWARD, root, f"{self._derivative(root)} = 1 (0 → 1)", "where every walk back begins",
                contribution=1.0, before=0.0, after=1.0,
            )  # fmt: skip
            return True
        self._add(BACKWARD, root, why)
        return False

    def _contribute(self, node: Value, operand: int, adjoint: float, note: str = "", wrong: bool = False) -> None:
        """∂root/∂parent += ∂root/∂node · ∂node/∂parent."""
        parent, partial = node.parents[operand], node.partials[operand]
        before, contribution = self.grads[parent], product(adjoint, partial)
        self.grads[parent] = after = before + contribution
        self.received[parent] += 1
        slopes = f"{self._derivative(node)} · ∂{self.names[node]}/∂{self.names[parent]}"
        numbers = f"{format_number(adjoint)} × {format_number(partial)} = {format_number(contribution)}"
        self._add(
            BACKWARD, node,
            f"{self._derivative(parent)} += {slopes} = {numbers} ({format_number(before)} → {format_number(after)})",
            _join(note, *self._notes(node, partial, adjoint, contribution), "" if note else self._path(parent)),
            parent=parent, operand=operand, adjoint=adjoint, partial=partial, contribution=contribution,
            before=before, after=after, wrong=wrong,
        )  # fmt: skip

    def _notes(self, node: Value, partial: float, adjoint: float, contribution: float) -> list[str]:
        """What is special about a contribution: the point, and products with what is 0 or not finite."""
        assert node.primitive is not None
        point = special(node.primitive, [x.data for x in node.parents], node.data, node.partials)
        if contribution == 0.0 and not (math.isfinite(adjoint) and math.isfinite(partial)):
            return [point, "0 times anything is 0 here, even infinity and nan"]
        if partial == 0.0 and not point:
            return ["the slope is 0: nothing passes"]
        if not math.isfinite(partial) and not point:
            return [f"the slope is {format_number(partial)}"]
        return [point]

    def _path(self, parent: Value) -> str:
        """On which path a contribution came to a value, from the second on."""
        n = self.received[parent]
        return f"the {ordinal(n)} path into {self.names[parent]}: they add up" if n > 1 else ""

    def _add_stop(self, node: Value) -> None:
        """A step for a gradient that came out as 0: it ends here."""
        below = list(dict.fromkeys(self.names[node.parents[k]] for k in receivers(node)))
        if below:
            shown = ", ".join(below[:4]) + (f" and {len(below) - 4} more" if len(below) > 4 else "")
            text = f"{self._derivative(node)} = 0"
            self._add(BACKWARD, node, text, f"nothing flows on to {shown}", adjoint=0.0)

    def _mention_earlier(self, last: dict[Value, int]) -> None:
        """Add to the last step of each leaf what an earlier pass left in its grad, where it is not just this."""
        for leaf, index in last.items():
            if leaf.primitive is None and leaf.grad and leaf.grad != self.grads[leaf]:
                step = self.steps[index]
                held = f"{self.names[leaf]}.grad holds {format_number(leaf.grad)} from before: backward() adds to it"
                note = _join(step.note, held)
                self.steps[index] = step._replace(text=f"{step.formula} — {note}", note=note)

    # --- the end of a naive walk --------------------------------------------------------------------------------

    def _compare(self, flagged: bool, stopped: bool = False) -> None:
        """The last step of a naive walk: its results beside the right ones."""
        right = adjoints(self.order) if flagged or stopped else {}
        self.wrong_leaves = wrong = {
            leaf: right[leaf]
            for leaf, grad in self.grads.items()
            if leaf in right and leaf.primitive is None and not math.isclose(grad, right[leaf])
        }
        parts = [
            f"{self._derivative(leaf)} = {format_number(self.grads[leaf])}, right is {format_number(grad)}"
            for leaf, grad in list(wrong.items())[:MOST_WRONG]
        ]
        if len(wrong) > MOST_WRONG:
            parts.append(f"{len(wrong) - MOST_WRONG} more are wrong")
        if stopped:
            note = (
                f"stopped after {MOST_STEPS:,} steps: this order goes along every path from the root anew, "
                f"which takes {count(self._naive_steps())}"
            )
        elif wrong:
            note = "a value must wait for its whole gradient before it passes it on"
        else:
            note = "no value that is used twice passed anything on twice"
        self._add(BACKWARD, self.root, "; ".join(parts) or "the same result as in the right order", note)

    def _naive_steps(self) -> int:
        """How many contributions a naive walk makes: each edge as often as there are paths from the root to it."""
        paths = Counter({self.root: 1})
        made = 0
        for node in reversed(self.order):
            for operand in receivers(node):
                paths[node.parents[operand]] += paths[node]
                made += paths[node]
        return made


def _join(*notes: str) -> str:
    return "; ".join(filter(None, notes))
