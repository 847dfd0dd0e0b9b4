"""walkthrough: a computation step by step, forward and backward, as data and for reading.

The steps are records (``record.py``); this file holds them, shows them as lines of text and as rows of a table, and
takes pictures from ``picture.py`` and the player from ``autograd.html``.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from numbers import Integral
from typing import Any, Literal, get_args, overload

from ..drawing import DrawError, parts_of, shorten
from ..errors import describe
from ..graph import topological_order
from ..html import Framed, page, walk_player, write_page
from ..transforms import check_fresh, write_out_with_origins
from ..value import Value
from .cards import card
from .compact import compact
from .live import Page
from .picture import Scene
from .record import FORWARD, Recorder, Step
from .source import run_with_lines
from .wording import encodable

Order = Literal["topological", "naive"]
WIDEST = 72  # characters of a line before its note
MOST_PLAYED = 10_000  # steps that are put into a notebook: its file grows by each of them


def walkthrough(
    root: Value | Callable[[], Value], *, order: Order = "topological", expand: bool = False, depth: int | None = None
) -> Walkthrough:
    """The steps that compute root and then ∂root/∂x for every x below it, as a :class:`Walkthrough`.

    With ``order="topological"`` each value waits for its whole gradient, as in ``backward``: after the last step the
    gradients are those that ``backward`` gives, up to the rounding of sums that it adds in another order, as the steps
    go as the program did: of a recurrent cell the first time step comes first.  ``order="naive"`` passes on whatever
    arrives at once, and shows what goes wrong then.  ``expand`` writes fused operations (dot, total, logsumexp) out in
    simpler ones, whose gradients may differ in the last bits.

    With a ``depth`` the parts of the program, as ``draw`` has them, are single boxes, and its player goes from part to
    part: a layer, a neuron, what ``with scope(name)`` names.  A graph that is too large to look at is collapsed anyway.

    Of a function without arguments that computes the value, each step says the line of its file too; the lines are
    asked for while the function runs, here, and values that are made elsewhere know none.

    Nothing in the graph changes; gradients that earlier passes left in ``.grad`` are neither used nor
    touched.  StaleGraphError where a leaf has changed since root was computed; TypeError for what is no Value,
    ValueError for another order or depth.

    >>> a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    >>> e = a * b
    >>> e.label = "e"
    >>> print(walkthrough(e))
    forward
    0  e = a * b = 2 × -3 = -6
    backward
    1  e.grad = 1                                                   where every walk back begins
    2  a.grad += e.grad × slope along a → e = 1 × -3 = -3 (0 → -3)
    3  b.grad += e.grad × slope along b → e = 1 × 2 = 2 (0 → 2)
    """
    if not isinstance(root, Value) and not callable(root):
        raise TypeError(f"walkthrough takes the Value to walk to, not {type(root).__name__}: {root!r:.60}")
    if order not in get_args(Order):
        raise ValueError(f"order must be one of {', '.join(get_args(Order))}, not {order!r}")
    if depth is not None and (not isinstance(depth, Integral) or depth < 0):
        raise ValueError(f"depth must be a whole number from 0, or None for every value, not {depth!r}")
    lines: dict[Value, str] = {}
    if not isinstance(root, Value):
        root, lines = run_with_lines(root)
    if expand:
        root, origins = write_out_with_origins(root)
    nodes = topological_order(root)
    if not expand:
        check_fresh(nodes)
        origins = {node: node for node in nodes}
    recorder = Recorder(nodes, {node: lines[origin] for node, origin in origins.items() if origin in lines})
    recorder.forward()
    recorder.backward() if order == "topological" else recorder.naive()
    return Walkthrough(recorder, origins, depth)


class Walkthrough(Sequence[Step]):
    """The steps of a walk: a sequence of :class:`Step`.

    ``print(w)`` shows them as text, ``w.table()`` as rows, ``w.svg(i)`` as the picture at one step; in a
    notebook and with ``w.save("steps.html")`` they play.  It keeps what the graph was when it was walked through.

    >>> w = walkthrough(Value(2.0, label="a") * 3.0)
    >>> len(w), w[-1].contribution
    (3, 3.0)
    """

    def __init__(self, recorder: Recorder, origins: dict[Value, Value], depth: int | None = None) -> None:
        self._order = recorder.order
        self._steps = tuple(recorder.steps)
        self._names = recorder.names
        self._graded = recorder.grads.keys()
        self._origins = origins
        self._recorder = recorder
        self._scene = Scene(recorder, depth)
        self._depth = depth

    def __len__(self) -> int:
        return len(self._steps)

    @overload
    def __getitem__(self, index: int) -> Step: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Step, ...]: ...

    def __getitem__(self, index: int | slice) -> Step | tuple[Step, ...]:
        return self._steps[index]

    def __iter__(self) -> Iterator[Step]:
        return iter(self._steps)

    @property
    def title(self) -> str:
        """What is walked through, in a few words."""
        return f"{self._names[self._order[-1]]} step by step"

    def at(self, node: Value) -> list[Step]:
        """The steps that touch a node: compute it, use it, or pass a gradient through it.

        In an expanded walk, those of a fused node are the steps of all that it was written out in.  TypeError for what
        is no Value, ValueError for one that is not in the graph.

        >>> x = Value(3.0, label="x")
        >>> [step.index for step in walkthrough(x * x + 1).at(x)]
        [0, 4, 5]
        """
        if not isinstance(node, Value):
            raise TypeError(f"at takes a Value of the graph, not {type(node).__name__}: {node!r:.60}")
        found = {copy for copy, origin in self._origins.items() if node is copy or node is origin}
        if not found:
            raise ValueError(f"{describe(node)} is no value of this graph: ask for one that the root was computed from")
        return [step for step in self._steps if not found.isdisjoint(touched(step))]

    def gradients(self, index: int = -1) -> dict[Value, float]:
        """∂root/∂x as far as it is known after the step ``index``, for every x that needs a gradient.

        >>> x = Value(3.0, label="x")
        >>> w = walkthrough(x * x)
        >>> w.gradients()[x], w.gradients(2)[x]
        (6.0, 3.0)
        """
        grads = dict.fromkeys(self._graded, 0.0)
        for step in self._steps[: self._steps[index].index + 1]:
            if step.after is not None:
                grads[step.node if step.parent is None else step.parent] = step.after
        return grads

    def table(self) -> list[dict[str, Any]]:
        """A row for each step, numbers as numbers and values by their names, ready for a data frame.

        >>> walkthrough(Value(2.0, label="a").exp()).table()[-1]["contribution"]
        7.389056099
        """
        return [
            {
                **step._asdict(),
                "node": self._names[step.node],
                "operands": ", ".join(self._names[operand] for operand in step.operands),
                "parent": self._names[step.parent] if step.parent is not None else None,
            }
            for step in self._steps
        ]

    def svg(self, index: int) -> str:
        """The picture at the step ``index`` as SVG text: what is known by then, with what the step touches marked.

        It is a method, as a walk has a picture for each step; a drawing has one: the property ``Drawing.svg``.
        """
        return self._scene.picture(self._steps[index].index)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a page to ``path``, an .html, that plays the steps: one file that needs no network."""
        write_page(path, self.title, self.player(), "a walkthrough")

    def card(self, index: int) -> list[str]:
        """The step ``index`` explained in a few lines: where its slope comes from, what is multiplied, and why.

        >>> x = Value(0.5, label="x")
        >>> walkthrough(x.tanh()).card(2)[:2]
        ['slope along x → n1 = 1 − n1² = 1 − 0.4621² = 0.7864', 'n1.grad × slope = 1 × 0.7864 = 0.7864']
        """
        return card(self._recorder, self._steps[index])

    def __str__(self) -> str:
        """The steps as aligned lines, in signs that the standard output can show."""
        encoding = sys.stdout.encoding if sys.stdout else None
        said = encodable("\n".join(step.formula for step in self), encoding).split("\n")
        notes = encodable("\n".join(step.note for step in self), encoding).split("\n")
        digits = len(str(len(self) - 1))
        lines = []
        for phase, steps in groupby(self, lambda step: step.phase):
            indices = [step.index for step in steps]
            width = min(max(len(said[i]) for i in indices), WIDEST)
            lines.append(phase)
            lines += [f"{i:>{digits}}  {said[i].ljust(width)}  {notes[i]}".rstrip() for i in indices]
        return "\n".join(lines)

    def __repr__(self) -> str:
        return "\n".join(shorten(str(self).splitlines(), "w"))

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """What a notebook shows: the player, which leaves a picture and a list where scripts are stripped.

        And for LaTeX, which shows no HTML, the picture of the last step.
        """
        if len(self) > MOST_PLAYED:
            return {"text/plain": repr(self)}
        bundle = {"text/html": self.player(), "text/plain": repr(self)}
        try:
            png = self._scene.png()
        except (DrawError, ValueError):
            return bundle
        from base64 import b64encode  # only where a picture is shown: importing the package stays quick

        return {**bundle, "image/png": b64encode(png).decode()}

    def _display_(self) -> Framed:
        """What marimo shows: the page in a frame, as it strips the scripts of what a notebook shows."""
        return Framed(page(self.title, self.player()))

    def player(self) -> str:
        """The player as HTML, to be put into a page: it computes everything anew when a number is changed.

        >>> w = Value(2.0, label="w")
        >>> "<li>n1 = w * w = 2 × 2 = 4</li>" in walkthrough(w * w).player()
        True
        """
        page = Page(self._recorder, self._scene.ids)
        texts, data = [step.text for step in self._steps], page.data()
        scene, order = self._scene, self._order
        if scene.boxes:
            data["boxes"] = [scene.boxes[node] for node in order]
            number: dict[Any, int] = {node: i for i, node in enumerate(order)}
            data["ranges"] = [
                [f"{box}.data", word, [number[node] for node in shown]] for box, (word, shown) in scene.ranges.items()
            ]
            data["shared"] = [i for i, node in enumerate(order) if node not in scene.alone]
        names, around = parts_of(order, 1 if self._depth is None else self._depth)
        if names:
            chains = {tuple(chain): i for i, chain in enumerate({tuple(chain): 0 for chain in around.values()})}
            data["scopes"] = [chains[tuple(around[node])] if node in around else -1 for node in order]
            data["chains"], data["scopeNames"] = [*chains], names
            data["byParts"] = self._depth is not None
        apology, picture = "", None
        try:
            picture = compact(self._scene.picture(len(self) - 1))
        except (DrawError, ValueError) as error:  # no dot, or a graph too large for a picture: the list alone
            apology = str(error).splitlines()[0]
        return walk_player(self.title, texts, picture, data, page.script, apology)


def touched(step: Step) -> set[Value]:
    """The values that a step computes, uses, or moves a gradient between."""
    others = step.operands if step.phase == FORWARD else (step.parent,)
    return {step.node, *(other for other in others if other is not None)}
