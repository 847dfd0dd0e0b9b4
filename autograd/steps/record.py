"""The steps of a computation: forward, one value at a time, and backward, one product of the chain rule at a time.

Backward comes in two orders.  The topological one is that of ``Value.backward``: a value passes its gradient on when
all of it has arrived; the steps tell what the sweep of ``backward`` computes.  The naive order does not wait; it is
here to be seen going wrong.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from ..drawing import format_arithmetic, format_number, format_operation, names_of
from ..primitives import chain
from ..transforms import adjoints
from ..value import Value
from .order import program_order
from .wording import count, isolate, place_of, say, special

FORWARD, BACKWARD = "forward", "backward"
MOST_STEPS = 10_000  # of a naive walk: the number of its steps may double with every value that is used twice
MOST_WRONG = 3  # results that a naive walk compares in its last step

product = chain.forward  # 0 if either is 0, even where the other is not finite


class Step(NamedTuple):
    """One step of a walk.

    Forward, ``node`` is computed by ``op`` from its ``operands``.  Backward, ``node`` passes
    ``contribution`` = ``adjoint`` · ``partial`` on to ``parent``, its operand number ``operand``; the gradient of
    ``parent`` goes from ``before`` to ``after``; it is the contribution number ``way`` to that.  The
    steps that begin and end a backward walk have no parent.
    ``text`` says all this in one line, with what is special about it, which ``note`` says alone; ``wrong``
    marks each contribution that a naive walk gets wrong.  ``line`` is the line of the program that made ``node``,
    where that is known.  ``phase`` is "forward" or "backward", and ``index`` counts the steps from 0.

    >>> from autograd import Value, walkthrough
    >>> step = walkthrough(Value(2.0, label="a") * 3.0)[-1]
    >>> step.phase, step.adjoint, step.partial, step.contribution
    ('backward', 1.0, 3.0, 3.0)
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
    way: int = 0
    line: str = ""

    @property
    def formula(self) -> str:
        """The text without the note."""
        return self.text.removesuffix(f" — {self.note}")

    def __str__(self) -> str:
        return self.text


def receivers(node: Value) -> list[int]:
    """The numbers of the operands that a node passes a gradient on to: not those that are frozen."""
    return [k for k, parent in enumerate(node.parents) if node.requires_grad and parent.requires_grad]


def repeated(node: Value) -> list[Value]:
    """The operands that a node has more than once."""
    if len({*node.parents}) == len(node.parents):
        return []
    return [parent for parent, times in Counter(node.parents).items() if times > 1]


class Recorder:
    """Writes down the steps of one graph: ``forward``, and then ``backward`` or ``naive``.

    ``order`` is the topological one that gives values their numbers, in drawings too; ``program`` that of the steps.
    """

    def __init__(self, order: list[Value], lines: Mapping[Value, str]) -> None:
        self.order, self.lines = order, lines
        self.root = order[-1]
        self.program = program_order(self.root)
        self.labels = names_of(order)
        self.names = {node: isolate(label) for node, label in self.labels.items()}
        self.names |= {node: format_number(node.data) for node in order if node.is_constant}
        self.steps: list[Step] = []
        self.grads = {node: 0.0 for node in order if node.requires_grad}  # what has arrived at each by now
        self.received: Counter[Value] = Counter()  # and in how many contributions
        # What the graph is now, whatever becomes of it.
        self.data = {node: node.data for node in order}
        self.held = {node: node.grad for node in order if node.primitive is None and node.grad}
        self.receivers = {node: receivers(node) for node in order}
        self.twice = {node: some for node in order if (some := repeated(node))}
        self.ways = Counter(
            node.parents[k] for node, some in self.receivers.items() for k in some
        )  # of how many in all
        self.is_naive = False
        self.stopped = ""  # why a naive walk went no further
        self.wrong_leaves: dict[Value, float] = {}  # where a naive walk comes to wrong gradients: the right ones

    def forward(self) -> None:
        """A step for each operation, in the order in which they were computed."""
        broken = False
        for node in self.program:
            if node.primitive is None:
                continue
            data = [parent.data for parent in node.parents]
            given = all(parent.is_constant for parent in node.parents)  # else the same numbers twice
            text = say(
                "forward given" if given else "forward", name=self.names[node], written=self.written(node),
                numbers=format_arithmetic(node.primitive, data), data=format_number(node.data),
            )  # fmt: skip
            note = special(node.primitive, data, node.data, node.partials)
            if not math.isfinite(node.data) and not broken:
                broken = True
                note = _join(note, say("not finite"))
            self._add(FORWARD, node, text, note)

    def backward(self) -> None:
        """Each value once, after everything that was computed from it: what ``backward`` does."""
        if not self._begin():
            return
        whole = adjoints(self.program)
        last: dict[Value, int] = {}  # the step in which each value got the last of its gradient
        for node in reversed(self.program):
            adjoint = whole.get(node, 0.0)
            if adjoint == 0.0:
                if self.received[node]:
                    self._add_stop(node)
                continue
            for operand in self.receivers[node]:
                self._contribute(node, operand, adjoint)
                last[node.parents[operand]] = len(self.steps) - 1
        self._mention_earlier(last)

    def naive(self) -> None:
        """Each value as soon as anything reaches it, with all the gradient that it has by then."""
        self.is_naive = True
        if not self._begin():
            return
        sent: dict[Value, float] = {}  # what each value has passed on already
        flagged = False  # whether the walk has gone wrong yet
        walks = [(self.root, iter(self.receivers[self.root]))]
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
            before, grad = sent.get(node, 0.0), self.grads[node]
            wrong = product(before, node.partials[operand]) != 0.0
            flagged |= wrong
            self._contribute(node, operand, grad, before if wrong else None)
            parent = node.parents[operand]
            walks.append((parent, iter(self.receivers[parent])))
        self._compare(flagged)

    # --- single steps -----------------------------------------------------------------------------------------

    def written(self, node: Value) -> str:
        """The operation that computes a value, with the names of its operands."""
        assert node.primitive is not None
        return format_operation(node.primitive, [self.names[parent] for parent in node.parents], sums=True)

    def arrow(self, node: Value, operand: int) -> str:
        """What the slope along an arrow is called: which one, where a value goes into an operation twice."""
        parent = node.parents[operand]
        names = {"parent": self.names[parent], "node": self.names[node]}
        if parent in self.twice.get(node, ()):
            return say("arrow of one operand", place=place_of(node, operand), **names)
        return say("arrow", **names)

    def _add(self, phase: str, node: Value, text: str, note: str = "", **more: object) -> None:
        op = node.primitive.name if node.primitive else ""
        text = f"{text} — {note}" if note else text
        more["line"] = self.lines.get(node, "")
        self.steps.append(Step(len(self.steps), phase, node, op, node.parents, text, note, **more))  # type: ignore[arg-type]

    def _begin(self) -> bool:
        """The first step back, ∂root/∂root = 1, or why there is nothing to pass back."""
        root, name = self.root, self.names[self.root]
        if not root.requires_grad:
            why = say("nothing back", node=name)
        elif not math.isfinite(root.data):
            why = say("no start", node=name, data=format_number(root.data))
        else:
            self.grads[root] = 1.0
            text, _, note = say("begin", node=name, grad="1").partition(" — ")
            self._add(BACKWARD, root, text, note, contribution=1.0, before=0.0, after=1.0)
            return True
        self._add(BACKWARD, root, why)
        return False

    def _contribute(self, node: Value, operand: int, adjoint: float, sent: float | None = None) -> None:
        """parent.grad += node.grad × slope along the arrow; what a naive walk had ``sent`` before makes it wrong."""
        parent, partial = node.parents[operand], node.partials[operand]
        before, contribution = self.grads[parent], product(adjoint, partial)
        self.grads[parent] = after = before + contribution
        self.received[parent] += 1
        numbers = {"grad": adjoint, "slope": partial, "product": contribution, "before": before, "after": after}
        texts = {what: format_number(x) for what, x in numbers.items()}
        names = {"node": self.names[node], "parent": self.names[parent]}
        note = ""
        if sent is not None:
            note = say("wrong", sent=format_number(sent), **names, **texts)
        elif 1 < self.received[parent] <= self.ways[parent]:
            note = say("ways", way=str(self.received[parent]), ways=str(self.ways[parent]), **names)
        special_note = self._special(node, partial, adjoint, contribution)
        self._add(
            BACKWARD, node, say("add", arrow=self.arrow(node, operand), **names, **texts),
            _join(note, special_note) if sent is not None else _join(special_note, note),
            parent=parent, operand=operand, adjoint=adjoint, partial=partial, contribution=contribution,
            before=before, after=after, way=self.received[parent], wrong=sent is not None,
        )  # fmt: skip

    def _special(self, node: Value, partial: float, adjoint: float, contribution: float) -> str:
        """What is special about a contribution: the point, and products with what is 0 or not finite."""
        assert node.primitive is not None
        point = special(node.primitive, [x.data for x in node.parents], node.data, node.partials)
        if contribution == 0.0 and not (math.isfinite(adjoint) and math.isfinite(partial)):
            return _join(point, say("zero"))
        if partial == 0.0 and not point:
            return say("flat")
        if not math.isfinite(partial) and not point:
            return say("steep", slope=format_number(partial))
        return point

    def _add_stop(self, node: Value) -> None:
        """A step for a gradient that came out as 0: it ends here."""
        below = list(dict.fromkeys(self.names[node.parents[k]] for k in self.receivers[node]))
        if below:
            shown = ", ".join(below[:4]) + (f" and {len(below) - 4} more" if len(below) > 4 else "")
            text, _, note = say("stop", node=self.names[node], grad="0", below=shown).partition(" — ")
            self._add(BACKWARD, node, text, note, adjoint=0.0)

    def _mention_earlier(self, last: dict[Value, int]) -> None:
        """Add to the last step of each leaf what an earlier pass left in its grad, where it is not just this."""
        for leaf, index in last.items():
            if leaf.primitive is None and leaf.grad and leaf.grad != self.grads[leaf]:
                step = self.steps[index]
                held = say("earlier", parent=self.names[leaf], held=format_number(leaf.grad))
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
            say("compare", node=self.names[leaf], grad=format_number(self.grads[leaf]), right=format_number(grad))
            for leaf, grad in list(wrong.items())[:MOST_WRONG]
        ]
        if len(wrong) > MOST_WRONG:
            parts.append(say("more wrong", more=str(len(wrong) - MOST_WRONG)))
        if stopped:
            note = (
                f"stopped after {MOST_STEPS:,} steps: this order goes along every path from the root anew, "
                f"which takes {count(self._naive_steps())}"
            )
        elif wrong:
            note = say("must wait")
        else:
            note = say("nothing twice")
        self.stopped = note if stopped else ""
        self._add(BACKWARD, self.root, "; ".join(parts) or say("same result"), note)

    def _naive_steps(self) -> int:
        """How many contributions a naive walk makes: each edge as often as there are paths from the root to it."""
        paths = Counter({self.root: 1})
        made = 0
        for node in reversed(self.order):
            for operand in self.receivers[node]:
                paths[node.parents[operand]] += paths[node]
                made += paths[node]
        return made


def _join(*notes: str) -> str:
    return "; ".join(filter(None, notes))
