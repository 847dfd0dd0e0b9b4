"""The graph as a picture: graph → items → DOT text → SVG or PNG, and lines of text where none can be made.

``items``, ``nesting``, ``alike``, ``parts`` and ``fit`` choose what is shown, ``heat`` how it is coloured, ``source``
writes it as DOT text and ``lines`` as text, ``views`` puts that together; ``architecture`` does so for models.
``layout`` runs a ``dot`` executable, ``svg`` and ``page`` finish what that gives.  What this package leaves out:
steps and animation.
"""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ..graph import topological_order
from ..scopes import Scoped
from ..transforms import write_out
from ..value import Value
from .architecture import architecture
from .layout import DrawError, find_dot, run_dot
from .svg import finished
from .text import shortened
from .views import View, view_of

if TYPE_CHECKING:
    import graphviz

    from .page import Picture

__all__ = ["DrawError", "Drawing", "draw", "find_dot"]

NAME = "computation"
DIRECTIONS = ("LR", "TB", "RL", "BT")
PNG_DPI = 144


def draw(
    root: Value | Scoped,
    *,
    depth: int | None = None,
    heat: str | None = None,
    expand: bool = False,
    direction: str = "LR",
    max_nodes: int = 1500,
    timeout: float = 30.0,
) -> Drawing:
    """The graph below root as a :class:`Drawing`, which shows itself in a notebook.

    A box is a value: its label, its number and, once any gradient in the graph is non-zero, its gradient.
    A dark node is the operation that computed the box behind it, and the number at an edge into it is the
    local partial ∂(its result)/∂(the operand).  Leaves are blue, frozen ones dashed, plain numbers grey; the
    root has a thick border.  Where the order of operands matters, the edges are named x, y, ....  In a graph
    whose edges would cross many layers (a weight used at every time step), the values that reach farthest
    are drawn again beside each operation that uses them, so that every picture is laid out in seconds.

    With a ``depth`` the parts of the program are single green boxes: at 0 each module that was called, at 1
    the modules in it and what ``with scope(name)`` names, and so on; what is alike is one box with ×n.  A
    graph of more than ``max_nodes`` nodes or edges is collapsed by itself, until it is readable, and says so.

    ``heat`` colours by the size of each "grad" or of the "data", and marks what is dead (a relu that gives 0) or
    saturated (a tanh or sigmoid with less than a hundredth of its slope).  Of a model, ``draw(model)``, the parts
    are shown without data: widths, activations, how many parameters.  ``expand`` writes fused operations
    (dot, total, logsumexp) out in simpler ones.  ``direction`` is the way the computation runs: "LR", "TB",
    "RL" or "BT".  A layout that takes more than ``timeout`` seconds is given up.

    >>> from autograd import Value
    >>> a, b, c = Value(2.0, label="a"), Value(-3.0, label="b"), Value(10.0, label="c")
    >>> d = a * b + c
    >>> d.label = "d"
    >>> d.backward()
    >>> draw(d)
    a = 2.0              grad -3.0
    b = -3.0             grad 2.0
    n2 = a * b = -6.0    grad 1.0
    c = 10.0             grad 1.0
    d = n2 + c = 4.0     grad 1.0
    """
    if not isinstance(root, (Value, Scoped)):
        raise TypeError(
            f"draw takes the Value whose graph is to be drawn, or a model, not {type(root).__name__}; for several "
            f"Values, draw each, or their autograd.total"
        )
    if direction not in DIRECTIONS:
        raise ValueError(f"direction must be one of {', '.join(DIRECTIONS)}, not {direction!r}")
    if depth is not None and (not isinstance(depth, int) or depth < 0):
        raise ValueError(f"depth must be a whole number from 0, or None for every node, not {depth!r}")
    if isinstance(root, Scoped):
        if depth is not None or heat is not None or expand:
            raise ValueError("a model has no values to collapse, colour or expand: draw what it gives, model(x)")
        body, text, sentence = architecture(root, direction)
        return Drawing(View(body, text, f"architecture of {type(root).__name__}", sentence), timeout)
    order = topological_order(write_out(root) if expand else root)
    return Drawing(view_of(order, depth, heat, direction, max_nodes), timeout)


class Drawing:
    """A picture of a graph, as it was when it was drawn.

    ``source`` is the DOT text, ``svg`` the SVG text, ``html`` a page whose parts open and close, ``save`` writes
    a file, ``digraph`` is for changing the picture with the ``graphviz`` package, ``str`` gives one line of text
    for each value or part.
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
        """The picture as SVG text, to be put into a page as it is."""
        return self._picture(self._view, styled=True)

    @cached_property
    def html(self) -> str:
        """The picture as a page: its parts open and close by click, Enter or the space bar."""
        from .page import page

        return page(self._with_parts, str(self))

    @cached_property
    def _with_parts(self) -> Picture:
        """The picture and those of what is inside its parts, laid out."""
        from .page import Picture  # what pages need is loaded only for them

        def laid_out(box: str, view: View) -> Picture:
            svg = self.svg if view is self._view else self._picture(view, styled=False)
            return Picture(view.title, svg, box, [laid_out(inner, of) for inner, of in view.inner])

        return laid_out("", self._view)

    def _picture(self, view: View, styled: bool) -> str:
        return finished(self._render(view, "svg").decode(), view.title, view.description, styled)

    @property
    def digraph(self) -> graphviz.Digraph:
        """The picture as a ``graphviz.Digraph``, to add to.  Its own rendering needs a ``dot`` on the PATH."""
        import graphviz

        return graphviz.Digraph(NAME, body=self._view.body)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the picture to a file: .svg, .png, .html for the page, or .dot / .gv for the DOT text."""
        extension = os.path.splitext(path)[1].lower()
        if extension in (".dot", ".gv"):
            data = self.source.encode()
        elif extension == ".svg":
            data = self.svg.encode()
        elif extension == ".html":
            data = self.html.encode()
        elif extension == ".png":
            data = self._render(self._view, "png", f"-Gdpi={PNG_DPI}")
        else:
            raise ValueError(
                f"a drawing can be saved as .svg, .png, .html, .dot or .gv, not as {os.fspath(path)!r}; for PDF and "
                f"others, give the .dot file to Graphviz"
            )
        with open(path, "wb") as file:
            file.write(data)

    def __str__(self) -> str:
        return "\n".join(self._view.text)

    def __repr__(self) -> str:
        return "\n".join(shortened(self._view.text, "drawing"))

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """What a notebook shows: an image, because one that is not trusted strips SVG written in place."""
        from .page import cell

        try:
            picture = self._with_parts
        except DrawError as error:
            return {"text/plain": f"{self!r}\n\nNo picture: {error}"}
        return {"text/html": cell(picture), "text/plain": repr(self)}

    def _render(self, view: View, format: str, *flags: str) -> bytes:
        return run_dot(_source(view), format, *flags, timeout=self._timeout)


def _source(view: View) -> str:
    return "".join([f"digraph {NAME} {{\n", *view.body, "}\n"])
