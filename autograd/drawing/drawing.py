"""``draw``: the graph below a value, or a model, as a :class:`Drawing`.

Data goes through once: ``collapse`` turns the graph and its scopes into items, ``DotWriter`` those into DOT text with
the looks of ``style``, ``text_lines`` into lines of text, and ``run_dot`` makes the SVG or the PNG of that.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Container, Mapping, Sequence
from functools import cached_property
from numbers import Integral
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

from ..graph import Node, topological_order
from ..html import NestedPicture, parts_cell, parts_page
from ..persistence import write_whole
from ..scopes import Scoped
from ..transforms import write_out
from ..value import Value
from .architecture import architecture
from .collapse import Figure, collapse
from .dot import DotWriter, box_id
from .items import Item, every
from .lines import shorten, text_lines
from .notation import clean_label, clean_path, format_number, kind_of, plural
from .regions import Level, Nesting
from .renderer import DrawError, Mark, finish_svg, mark_parts, run_dot
from .style import Heat, HeatName, numbers_word

if TYPE_CHECKING:
    import graphviz

NAME = "computation"
Direction = Literal["LR", "TB", "RL", "BT"]
PNG_DPI = 144
MOST_PIXELS = 20_000
POINTS = 72  # to the inch: the unit of an SVG
ROOM = "-0.0000"  # that a box has for a number which changes
SECONDS = 30.0  # that dot may take


class View(NamedTuple):
    """A picture before it is laid out: its DOT text and its text, and the views inside its boxes by their ids."""

    body: list[str]  # the lines between the braces
    text: list[str]
    title: str
    description: str
    inner: Sequence[tuple[str, View]] = ()
    marks: Mapping[str, Mark] = MappingProxyType({})  # what its elements are called


def draw(
    root: Value | Scoped,
    *,
    depth: int | None = None,
    heat: HeatName | None = None,
    expand: bool = False,
    direction: Direction = "LR",
    max_nodes: int = 300,
    timeout: float = SECONDS,
) -> Drawing:
    """The graph below root as a :class:`Drawing`, which shows itself in a notebook.

    A box is a value: its label, its number and, once any gradient in the graph is non-zero, its gradient.
    A dark node is the operation that computed the box behind it, and the number at an edge into it is the slope
    along it, ∂(its result)/∂(the operand).  Leaves are blue, frozen ones dashed, plain numbers grey; the root has a
    thick border.  Where the order of operands matters, the edges say left or right, base or exponent, ....  In a graph
    whose edges would cross many layers (a weight used at every time step), the values that reach farthest
    are drawn again beside each operation that uses them, so that every picture is laid out in seconds.

    With a ``depth`` the parts of the program are single green boxes: at 0 each module that was called, at 1
    the modules in it and what ``with scope(name)`` names, and so on; what is alike is one box with ×n.  A
    graph of more than ``max_nodes`` nodes or edges, or with more than a fifth of that many beside each other, is
    collapsed by itself, until it is readable, and says so.

    ``heat`` colours by the size of each "grad" or of the "data", and marks what is dead (a relu that gives 0) or
    saturated (a tanh or sigmoid with less than a hundredth of its slope).  Of a model, ``draw(model)``, the parts
    are shown without data: widths, activations, how many parameters.  ``expand`` writes fused operations
    (dot, total, logsumexp) out in simpler ones.  ``direction`` is the way the computation runs: "LR", "TB",
    "RL" or "BT".  A layout that takes more than ``timeout`` seconds is given up.

    TypeError for what is no Value or model, ValueError for settings that there are not, DrawError where a picture is
    asked for and there is no ``dot``.

    >>> from autograd import Value
    >>> a, b, c = Value(2.0, label="a"), Value(-3.0, label="b"), Value(10.0, label="c")
    >>> d = a * b + c
    >>> d.label = "d"
    >>> d.backward()
    >>> draw(d)
    a = 2              grad -3
    b = -3             grad 2
    n2 = a * b = -6    grad 1
    c = 10             grad 1
    d = n2 + c = 4     grad 1
    """
    if not isinstance(root, (Value, Scoped)):
        raise TypeError(
            f"draw takes the Value whose graph is to be drawn, or a model, not {type(root).__name__}; for several "
            f"Values, draw each, or their autograd.total"
        )
    if direction not in get_args(Direction):
        raise ValueError(f"direction must be one of {', '.join(get_args(Direction))}, not {direction!r}")
    if depth is not None and (not isinstance(depth, Integral) or depth < 0):
        raise ValueError(f"depth must be a whole number from 0, or None for every node, not {depth!r}")
    if isinstance(root, Scoped):
        if depth is not None or heat is not None or expand:
            raise ValueError("a model has no values to collapse, colour or expand: draw what it gives, model(x)")
        body, text, sentence = architecture(root, direction)
        return Drawing(View(body, text, f"architecture of {kind_of(root)}", sentence), timeout)
    order = topological_order(write_out(root) if expand else root)
    figure = collapse(order, depth, max_nodes)
    scale = Heat(heat, figure.all_items()) if heat is not None else None
    view = _view(figure, _title(order), _description(order, figure), direction, scale)
    return Drawing(view, timeout)


class Marked(NamedTuple):
    """A drawing whose elements are named by ``data-part``; of a collapsed one, the box that shows each value.

    ``ranges`` are, of each box that shows several values, the word before its numbers and the values that these are of.
    """

    drawing: Drawing
    boxes: Mapping[Node, str]
    alone: Container[Node]  # the values that have a box of their own
    ranges: Mapping[str, tuple[str, Sequence[Node]]]


def draw_with_marks(
    order: Sequence[Value],
    labels: Mapping[Any, str],
    gradients: Mapping[Any, str],
    depth: int | None,
    most: int,
    room: str = ROOM,
) -> Marked:
    """The picture of a graph, its elements named by ``data-part`` as :class:`DotWriter` says.

    From a ``depth`` on its parts are single boxes; a graph of more than ``most`` values is collapsed by itself.  Boxes
    have other labels than their values', and where a gradient is given, that, or ``room`` for a longer one.
    """
    whole = depth is None and len(order) <= most
    figure = Figure(every(order)) if whole else collapse(order, depth, most)
    alone = {item.values[0]: item for item in figure.items if item.part is None and len(item.values) == 1}
    for node, item in alone.items():
        item.name = labels[node]
    shown = {item: f"grad {max(gradients[node], room, key=len)}" for node, item in alone.items() if node in gradients}
    writer = DotWriter(figure.items, "LR", note=figure.note, gradients=shown, with_marks=True)
    view = View(writer.lines, [], _title(order), _description(order, figure), marks=writer.marks)
    boxes = {} if whole else {value: box_id(item) for item in figure.items for value in item.values}
    several = [item for item in figure.items if item.values[0] not in alone or item.part]
    ranges = {box_id(item): (numbers_word(item), item.shown) for item in several}
    return Marked(Drawing(view, SECONDS), boxes, alone, ranges)


def parts_of(order: Sequence[Value], depth: int) -> tuple[list[str], dict[Value, list[int]]]:
    """The parts of the program from a depth on, by their paths; and for each value those around it, outermost first.

    Of a part that was called several times, each call is one: its path has the number of the call.

    >>> from autograd import Value, scope
    >>> x = Value(2.0)
    >>> with scope("cube"):
    ...     y = x * x * x
    >>> parts_of(topological_order(y), 1)[0]
    ['cube']
    """
    nesting = Nesting(order)
    level = Level(nesting, depth)
    places: dict[int, int] = {}  # by the id of a scope
    paths: list[str] = []
    found: dict[Value, list[int]] = {}
    for node in order:
        outermost, chain = level.scope_of(node), nesting.chain(node)
        if outermost is None:
            continue
        for one in chain[next(i for i, one in enumerate(chain) if one is outermost) :]:
            if id(one) not in places:
                places[id(one)] = len(paths)
                paths.append(clean_path(nesting.path(one)))
            found.setdefault(node, []).append(places[id(one)])
    calls = Counter(paths)
    seen: Counter[str] = Counter()
    for i, path in enumerate(paths):
        if calls[path] > 1:
            seen[path] += 1
            paths[i] = f"{path}, call {seen[path]} of {calls[path]}"
    return paths, found


def _view(figure: Figure, title: str, description: str, direction: str, heat: Heat | None) -> View:
    """The view of a figure, and of those inside its parts."""
    inner = [
        (box_id(item), _view(inside, inside.title, _shown_as(inside.items), direction, heat))
        for item, inside in figure.inner
    ]
    writer = DotWriter(figure.items, direction, heat, figure.note)
    return View(writer.lines, text_lines(figure.items, figure.note), title, description, inner)


def _title(order: Sequence[Value]) -> str:
    label = clean_label(order[-1].label)
    return f"computation graph of {label}" if label else "computation graph"


def _description(order: Sequence[Value], figure: Figure) -> str:
    """The picture in a sentence or two, for those who hear it."""
    leaves = sum(1 for node in order if node.primitive is None)
    operations, operands = plural(len(order) - leaves, "operation"), plural(leaves, "leaf", "leaves")
    sentences = [f"{operations} on {operands} give {format_number(order[-1]._data)}."]
    if len(figure.items) < len(order):
        sentences.append(_shown_as(figure.items))
    return " ".join([*sentences, figure.note]).strip()


def _shown_as(items: Sequence[Item]) -> str:
    return f"Shown as {plural(len(items), 'box', 'boxes')}."


class Drawing:
    """A picture of a graph, as it was when it was drawn.

    ``source`` is the DOT text, ``svg`` the SVG text, ``html`` a page whose parts open and close, ``save`` writes
    a file, ``digraph`` is for changing the picture with the ``graphviz`` package, ``str`` gives one line of text
    for each value or part.

    >>> print(draw(Value(2.0, label="a") * 3.0))
    a = 2
    n2 = a * 3 = 6
    """

    def __init__(self, view: View, timeout: float) -> None:
        self._view = view
        self._timeout = timeout

    @property
    def source(self) -> str:
        """The DOT text: the same for the same graph.

        >>> x = Value(3.0)
        >>> draw(x * x).source.count("n0 -> o1 ")
        2
        """
        return _source(self._view)

    @cached_property
    def svg(self) -> str:
        """The picture as SVG text, to be put into a page as it is.

        It is a property, as a drawing has one picture; a walkthrough has one for each step: ``Walkthrough.svg(i)``.
        """
        return self._picture(self._view, styled=True)

    @cached_property
    def html(self) -> str:
        """The picture as a page: its parts open and close by click, Enter or the space bar."""
        return parts_page(self._with_parts, str(self))

    @cached_property
    def _with_parts(self) -> NestedPicture:
        """The picture and those of what is inside its parts, laid out."""
        inner = [self._nested(box, view) for box, view in self._view.inner]
        return NestedPicture(self._view.title, self.svg, "", inner)

    def _nested(self, box: str, view: View) -> NestedPicture:
        inner = [self._nested(*inside) for inside in view.inner]
        return NestedPicture(view.title, self._picture(view, styled=False), box, inner)

    def _picture(self, view: View, styled: bool) -> str:
        svg = finish_svg(self._render(view, "svg").decode(), view.title, view.description, styled)
        return mark_parts(svg, view.marks) if view.marks else svg

    @property
    def digraph(self) -> graphviz.Digraph:
        """The picture as a ``graphviz.Digraph``, to add to.  Its own rendering needs a ``dot`` on the PATH."""
        import graphviz

        return graphviz.Digraph(NAME, body=self._view.body)

    def save(self, path: str | os.PathLike[str], *, width: int | None = None) -> None:
        """Write the picture to ``path``: .svg, .png, .pdf, .html for the page, or .dot / .gv for the DOT text.

        A .png may have a ``width`` in pixels.  ValueError for another kind of file; DrawError for a .pdf where the dot
        here writes none, as graphviz-pure.
        """
        extension = os.path.splitext(path)[1].lower()
        if width is not None and extension != ".png":
            raise ValueError(f"only a .png has a width in pixels, not {os.fspath(path)!r}: other pictures scale")
        data: str | bytes
        if extension in (".dot", ".gv"):
            data = self.source
        elif extension == ".svg":
            data = self.svg
        elif extension == ".html":
            data = self.html
        elif extension == ".png":
            data = self.png(width)
        elif extension == ".pdf":
            data = self._render(self._view, "pdf")
        else:
            raise ValueError(
                f"a drawing can be saved as .svg, .png, .pdf, .html, .dot or .gv, not as {os.fspath(path)!r}; for "
                f"others, give the .dot file to Graphviz"
            )
        write_whole(path, data)

    def __str__(self) -> str:
        return "\n".join(self._view.text)

    def __repr__(self) -> str:
        return "\n".join(shorten(self._view.text, "drawing"))

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """What a notebook shows: an image, because one that is not trusted strips SVG written in place."""
        try:
            picture = self._with_parts
        except DrawError as error:
            return {"text/plain": f"{self!r}\n\nNo picture: {error}"}
        return {"text/html": parts_cell(picture), "text/plain": repr(self)}

    def png(self, width: int | None = None) -> bytes:
        """The picture as a PNG, of a width in pixels, or where none is given fit for a screen.

        ValueError for a width below 1 or above 20,000.
        """
        dpi: float = PNG_DPI
        if width is not None:
            if not 1 <= width <= MOST_PIXELS:
                raise ValueError(f"the width of a picture is from 1 to {MOST_PIXELS} pixels, not {width!r}")
            size = re.search(r'viewBox="\S+ \S+ (\S+) ', self.svg)  # exact, where its width is a whole number
            assert size is not None
            dpi = POINTS * width / float(size[1])
        return self._render(self._view, "png", f"-Gdpi={dpi:.6g}")

    def _render(self, view: View, format: str, *flags: str) -> bytes:
        return run_dot(_source(view), format, *flags, timeout=self._timeout)


def _source(view: View) -> str:
    return "".join([f"digraph {NAME} {{\n", *view.body, "}\n"])
