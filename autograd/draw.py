"""The graph as a picture: graph → DOT text → SVG or PNG, and as lines of text where no picture can be made.

The DOT text is built from strings alone, and the same graph always gives the same text.  A ``dot``
executable lays it out; :func:`find_dot` decides which.  What this file leaves out: steps and animation.
"""

from __future__ import annotations

import math
import os
import re
from collections import Counter
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from .errors import AutogradError
from .graph import topological_order
from .primitives import TABLE
from .replay import expand as write_out
from .value import Constant, Value

if TYPE_CHECKING:
    import graphviz

NAME = "computation"
DIRECTIONS = ("LR", "TB", "RL", "BT")
# A graph whose edges cross more layers than this in all has its far-reaching values drawn again beside each
# use.  Measured: a leaf used by each of 64 operations in a row takes dot 10 s, by each of 100 over a minute;
# drawn again, 0.1 s.
MAX_CROSSED = 300
STRAIGHT = 8  # weight of the edges between computed values: keeps a long computation on a line
MAX_LABEL = 24  # characters of a label that are shown
MAX_LINES = 60  # lines of text that a repr shows
PNG_DPI = 144

# Blue and vermilion: the pair that the colour-blind tell apart.  Whatever is a derivative is vermilion.
BLUE, PALE_BLUE, VERMILION = "#0072B2", "#E5F1F9", "#B34700"
INK, GREY, PALE_GREY = "#222222", "#666666", "#EEEEEE"
FONT = "Helvetica"  # a single name: dot knows its metrics, so that text fits its box on every machine

# The rows whose result does not depend on the order of their operands.
SYMMETRIC = {
    *(TABLE[name] for name in ("add", "mul", "maximum", "minimum", "hypot", "eq", "ne", "chain")),
    *(TABLE[name] for name in ("logical_and", "logical_or", "total", "logsumexp")),
}


class DrawError(AutogradError):
    """There is no dot executable, or it failed, or it took too long."""


def draw(
    root: Value, *, expand: bool = False, direction: str = "LR", max_nodes: int = 1500, timeout: float = 30.0
) -> Drawing:
    """The graph below root as a :class:`Drawing`, which shows itself in a notebook.

    A box is a value: its label, its number and, once any gradient in the graph is non-zero, its gradient.
    A dark node is the operation that computed the box behind it, and the number at an edge into it is the
    local partial ∂(its result)/∂(the operand).  Leaves are blue, frozen ones dashed, plain numbers grey; the
    root has a thick border.  Where the order of operands matters, the edges are named x, y, ....  In a graph
    whose edges would cross many layers (a weight used at every time step), the values that reach farthest
    are drawn again beside each operation that uses them, so that every picture is laid out in seconds.

    ``expand`` writes fused operations (dot, total, logsumexp) out in simpler ones.  ``direction`` is the way
    the computation runs: "LR", "TB", "RL" or "BT".  A graph of more than ``max_nodes`` is not laid out, and
    a layout that takes more than ``timeout`` seconds is given up.

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
    if not isinstance(root, Value):
        raise TypeError(
            f"draw takes the Value whose graph is to be drawn, not {type(root).__name__}; for several Values, "
            f"draw each, or their autograd.total"
        )
    if direction not in DIRECTIONS:
        raise ValueError(f"direction must be one of {', '.join(DIRECTIONS)}, not {direction!r}")
    order = topological_order(write_out(root) if expand else root)
    return Drawing(order, direction, max_nodes, timeout)


class Drawing:
    """A picture of a graph, as it was when it was drawn.

    ``names`` and ``grads`` are what the boxes show instead of the labels and the gradients as they are.

    ``source`` is the DOT text, ``svg`` the SVG text, ``save`` writes a file, ``digraph`` is for changing
    the picture with the ``graphviz`` package, ``str`` gives one line of text for each value.
    """

    def __init__(
        self,
        order: list[Value],
        direction: str,
        max_nodes: int,
        timeout: float,
        names: Mapping[Value, str] | None = None,
        grads: Mapping[Value, str] | None = None,
    ) -> None:
        self._nodes = len(order)
        self._max_nodes = max_nodes
        self._timeout = timeout
        self._body = _dot_lines(order, direction, names or {}, gradients(order) if grads is None else grads)
        self._text = _text_lines(order)
        label = _clean(order[-1].label)
        self._title = f"computation graph of {label}" if label else "computation graph"

    @property
    def source(self) -> str:
        """The DOT text: the same for the same graph, and there whatever its size.

        >>> x = Value(3.0)
        >>> draw(x * x).source.count("n0 -> o1 ")
        2
        """
        return "".join([f"digraph {NAME} {{\n", *self._body, "}\n"])

    @cached_property
    def svg(self) -> str:
        """The picture as SVG text, to be put into a page as it is."""
        svg = self._render("svg").decode()
        # A page needs no XML prolog; those who hear pages need a role and a title.
        attributes, rest = svg[svg.index("<svg ") + 5 :].split(">", 1)
        return f'<svg role="img" {attributes}>\n<title>{_escape(self._title)}</title>{_centred(rest)}'

    @property
    def digraph(self) -> graphviz.Digraph:
        """The picture as a ``graphviz.Digraph``, to add to.  Its own rendering needs a ``dot`` on the PATH."""
        import graphviz

        return graphviz.Digraph(NAME, body=self._body)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the picture to a file: .svg, .png, or .dot / .gv for the DOT text."""
        extension = os.path.splitext(path)[1].lower()
        if extension in (".dot", ".gv"):
            data = self.source.encode()
        elif extension == ".svg":
            data = self.svg.encode()
        elif extension == ".png":
            data = self._render("png", f"-Gdpi={PNG_DPI}")
        else:
            raise ValueError(
                f"a drawing can be saved as .svg, .png, .dot or .gv, not as {os.fspath(path)!r}; for PDF and "
                f"others, give the .dot file to Graphviz"
            )
        with open(path, "wb") as file:
            file.write(data)

    def __str__(self) -> str:
        return "\n".join(self._text)

    def __repr__(self) -> str:
        return "\n".join(shortened(self._text, "drawing"))

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """What a notebook shows: an image, because one that is not trusted strips SVG written in place."""
        from base64 import b64encode

        try:
            svg = self.svg
        except (DrawError, ValueError) as error:
            return {"text/plain": f"{self!r}\n\nNo picture: {error}"}
        data = b64encode(svg.encode()).decode()
        html = f'<img alt="{_escape(self._title)}" src="data:image/svg+xml;base64,{data}">'
        return {"text/html": html, "text/plain": repr(self)}

    def _render(self, format: str, *flags: str) -> bytes:
        if self._nodes > self._max_nodes:
            raise ValueError(
                f"the graph has {self._nodes} nodes, more than max_nodes={self._max_nodes}: its picture would "
                f"take long and be hard to read.  Draw a smaller root (one sample, one neuron, one layer), or "
                f"pass draw(..., max_nodes={self._nodes}); print() of the drawing and its .source work at any size"
            )
        return run_dot(self.source, format, *flags, timeout=self._timeout)


# --- the graph as DOT text ------------------------------------------------------------------------------
# n3 is the box of the node that is number 3 in topological order, o3 the operation that computed it, and
# n0_3 is n0 drawn again beside o3.


def _dot_lines(order: list[Value], direction: str, names: Mapping[Value, str], grads: Mapping[Value, str]) -> list[str]:
    """The lines of the DOT text between its braces."""
    ids = {node: f"n{i}" for i, node in enumerate(order)}
    again = _drawn_again(order)
    labels = {node: names.get(node, _clean(node.label)) for node in order}
    for node in again:
        if node.primitive is not None and not labels[node]:
            labels[node] = ids[node]  # tells which box is meant
    lines = [
        f"graph [rankdir={direction} bgcolor=white pad=0.15 nodesep=0.2 ranksep=0.3]",
        f'node [fontname={FONT} fontsize=14 fontcolor="{INK}" shape=box margin="0.14,0.05" height=0.3 width=0.3]',
        f'edge [fontname={FONT} fontsize=12 fontcolor="{VERMILION}" color="{GREY}" arrowsize=0.6]',
    ]
    for i, node in enumerate(order):
        if node.primitive is not None or node not in again:
            thick = " penwidth=3" if node is order[-1] else ""
            lines.append(f"n{i} [{_box(node, labels[node], grads.get(node), again.get(node, 0))}{thick}]")
        if node.primitive is None:
            continue
        lines.append(f"o{i} [{_operation(node)}]")
        tails = {parent: f"{ids[parent]}_{i}" if parent in again else ids[parent] for parent in node.parents}
        for parent, tail in tails.items():
            if parent in again:
                outline = "dotted" if parent.primitive is not None else "solid"
                lines.append(f"{tail} [{_box(parent, labels[parent], grads.get(parent), again[parent], outline)}]")
        for parent, partial, name in zip(node.parents, node.partials, _operand_names(node), strict=True):
            parts = [f'<font color="{INK}"><i>{name}</i></font>'] if name else []
            if parent.requires_grad:
                parts.append(f"∂ {_number(partial)}")
            weight = 1 if parent in again or parent.primitive is None else STRAIGHT
            label = f" label=< {'  '.join(parts)}>" if parts else ""  # the space keeps it off the line
            lines.append(f"{tails[parent]} -> o{i} [weight={weight}{label}]")
        lines.append(f"o{i} -> n{i} [weight={STRAIGHT}]")
    return [f"\t{line}\n" for line in lines]


def _drawn_again(order: list[Value]) -> dict[Value, int]:
    """The values to draw again beside each operation that they feed, and how many operations those are.

    The time of a layout grows steeply with the layers that edges cross.  A value stands one layer before the
    first operation that it feeds; its edges to later ones have layers to cross.  Those that cross most go.
    """
    layer = {order[-1]: 0}  # counted back from the root
    uses: dict[Value, list[int]] = {}
    for node in reversed(order):
        for parent in dict.fromkeys(node.parents):
            uses.setdefault(parent, []).append(layer[node])
            layer[parent] = max(layer.get(parent, 0), layer[node] + 1)
    crossed = {node: len(at) * max(at) - sum(at) for node, at in uses.items()}
    total, again = sum(crossed.values()), {}
    for node in sorted(crossed, key=lambda node: -crossed[node]):
        if total <= MAX_CROSSED:
            break
        total -= crossed[node]
        again[node] = len(uses[node])
    return again


def _box(node: Value, label: str, grad: str | None, again: int, outline: str = "solid") -> str:
    """The attributes of the box of a value that is drawn ``again`` times, 0 for the usual one box."""
    # Without Pango, dot takes non-ASCII characters for narrower than they are: leave them room.
    room = "\u00a0" * (sum(c > "\x7f" for c in label) // 3)
    rows = [f"<b>{_html(label)}{room}</b>"] if label else []
    rows.append(_number(node.data))
    if grad is not None:
        rows.append(f'<font point-size="13" color="{VERMILION}">grad {grad}</font>')
    if again:
        rows.append(f'<font point-size="10" color="{GREY}">used {again}×</font>')
    fill, border = "white", INK
    if type(node) is Constant:
        fill = border = PALE_GREY
    elif not node.requires_grad:
        fill, border, outline = PALE_GREY, GREY, "dashed"
    elif node.primitive is None:
        fill, border = PALE_BLUE, BLUE
    return f'label=<{"<br/>".join(rows)}> style="rounded,filled,{outline}" fillcolor="{fill}" color="{border}"'


def _operation(node: Value) -> str:
    """The attributes of the node of an operation."""
    assert node.primitive is not None
    symbol, names = node.primitive.symbol, _operand_names(node)
    text = expression(symbol, names) if any(names) and len(names) == 2 else symbol
    return (
        f'label=<<b>{_html(_clean(text))}</b>> shape=box style="filled,rounded" fillcolor="{INK}" '
        f'fontcolor=white fontsize=16 color="{INK}"'
    )


def _operand_names(node: Value) -> list[str]:
    """What the edges into an operation are called: nothing, where the order of operands does not matter."""
    assert node.primitive is not None
    count = len(node.parents)
    if count == 1 or node.primitive in SYMMETRIC:
        return [""] * count
    if node.primitive is TABLE["dot"]:
        pairs = range(1, count // 2 + 1)
        return [*(f"w{i}" for i in pairs), *(f"x{i}" for i in pairs), "b"]
    if node.primitive is TABLE["where"]:
        return ["if", "then", "else"]
    return ["x", "y"] if count == 2 else [f"x{i}" for i in range(1, count + 1)]


def _html(text: str) -> str:
    """Clean text for an HTML-like label: dot expands backslashes in those too."""
    return _escape(text).replace("\\", "\\\\")


def _centred(svg: str) -> str:
    """The lines of each box centred by the viewer: dot places their left ends by the widths of its own font.

    A viewer without Helvetica takes a wider font, and the text would run over the right edge of its box.
    """

    def centre(box: re.Match[str]) -> str:
        outline = re.search(r' (?:d|points)="([^"]*)"', box[0])
        assert outline is not None
        xs = [float(x) for x in re.findall(r"(-?[\d.]+),-?[\d.]+", outline[1])]
        middle = f'text-anchor="middle" x="{(min(xs) + max(xs)) / 2:.2f}"'
        return re.sub(r'text-anchor="start" x="[^"]*"', middle, box[0])

    return re.sub(r'(?s)<g id="[^"]*" class="node">.*?</g>', centre, svg)


# --- the graph as lines of text, and what text and picture share ---------------------------------------


def names_of(order: list[Value]) -> dict[Value, str]:
    """What each value of a topological order is called: its label where no other has it, else n0, n1, ...."""
    labels = [_clean(node.label) for node in order]
    count = Counter(labels)
    return {
        node: label if label and count[label] == 1 else f"{label}_n{i}".removeprefix("_")
        for i, (node, label) in enumerate(zip(order, labels, strict=True))
    }


def gradients(order: list[Value]) -> dict[Value, str]:
    """The gradients to show: none before one is not zero, and none of what needs no gradient."""
    if not any(node.grad for node in order):
        return {}
    return {node: _number(node.grad) for node in order if node.requires_grad}


def _text_lines(order: list[Value]) -> list[str]:
    """One line for each value, in topological order; plain numbers stand in the lines that use them."""
    names = names_of(order) | {node: _number(node.data) for node in order if type(node) is Constant}
    grads = gradients(order)
    rows: list[tuple[str, str]] = []
    for node in order:
        if type(node) is Constant and node is not order[-1]:
            continue
        parts = [names[node], _number(node.data)]
        if node.primitive is not None:
            parts.insert(1, expression(node.primitive.symbol, [names[parent] for parent in node.parents]))
        note = f"grad {grads[node]}" if node in grads else ""
        if node.primitive is None and not node.requires_grad:
            note = "frozen"
        rows.append((" = ".join(parts), note))
    width = min(max(len(text) for text, _ in rows), 60)
    return [f"{text.ljust(width)}    {note}".rstrip() for text, note in rows]


def shortened(lines: list[str], printable: str) -> list[str]:
    """The first and the last lines of a text that is too long for a repr."""
    half = MAX_LINES // 2
    if len(lines) <= MAX_LINES:
        return lines
    return [*lines[:half], f"... {len(lines) - 2 * half} more: print({printable}) ...", *lines[-half:]]


def expression(symbol: str, operands: list[str]) -> str:
    """An operation on named operands as one would write it: ``a * b``, ``-a``, ``tanh(a)``."""
    symbol = _clean(symbol)
    if len(operands) > 12:
        operands = [*operands[:6], "...", *operands[-3:]]
    if len(operands) > 2 or symbol[:1].isalpha():
        return f"{symbol}({', '.join(operands)})"
    return f" {symbol} ".join(operands) if len(operands) == 2 else f"{symbol}{operands[0]}"


def _number(x: float) -> str:
    """A number in four significant digits; whole ones in full."""
    return f"{x:.1f}" if x.is_integer() and math.fabs(x) < 1e6 else f"{x:.4g}"


def _clean(label: object) -> str:
    """A label on one line, short, and without characters that XML forbids or that turn the text around."""
    text = " ".join(str(label).split())
    if len(text) > MAX_LABEL:
        text = text[: MAX_LABEL - 1] + "…"
    return "".join(c if c.isprintable() or c in "\u200c\u200d" else "\ufffd" for c in text)


def _escape(text: str) -> str:
    """Clean text as XML."""
    return text.translate({ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;", ord('"'): "&quot;"})


# --- running dot ----------------------------------------------------------------------------------------


def find_dot() -> str:
    """The executable that lays out graphs: $STEPGRAD_DOT, else ``dot`` on the PATH, else ``graphviz-pure``."""
    import shutil
    import sys
    import sysconfig

    chosen = os.environ.get("STEPGRAD_DOT")
    if chosen:
        found = shutil.which(chosen)
        if not found:
            raise DrawError(
                f"the environment variable STEPGRAD_DOT is {chosen!r}, and there is no such executable: "
                f"correct it, or unset it to have one looked for"
            )
        return found
    # pip puts graphviz-pure beside Python, which need not be on the PATH of a notebook's kernel.
    schemes = (sysconfig.get_default_scheme(), sysconfig.get_preferred_scheme("user"))
    beside = [os.path.dirname(sys.executable), *(sysconfig.get_path("scripts", scheme) for scheme in schemes)]
    found = shutil.which("dot") or shutil.which("graphviz-pure")
    found = found or shutil.which("graphviz-pure", path=os.pathsep.join(beside))
    if not found:
        raise DrawError(
            "a picture needs a dot executable, and there is none here.  Type: python -m pip install graphviz-pure\n"
            "or one of: sudo apt install graphviz, brew install graphviz, winget install Graphviz.Graphviz; or name "
            "yours in the environment variable STEPGRAD_DOT.\n"
            "Without one, print() of the drawing shows the graph as text, and .source is its DOT text"
        )
    return found


def run_dot(source: str, format: str, *flags: str, timeout: float) -> bytes:
    """DOT text as a picture, in bytes."""
    import subprocess

    dot = find_dot()
    try:
        done = subprocess.run(
            [dot, f"-T{format}", *flags],
            input=source.encode(),
            capture_output=True,
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise DrawError(
            f"{dot} had not finished after {timeout:g} seconds: draw a smaller root, or pass draw(..., "
            f"timeout={10 * timeout:g}); print() of the drawing shows the graph as text"
        ) from None
    except OSError as error:
        raise DrawError(f"{dot} could not be run: {error}") from error
    if done.returncode or not done.stdout:
        said = done.stderr.decode(errors="replace").strip() or "it said nothing"
        raise DrawError(f"{dot} failed with exit status {done.returncode}: {said[-500:]}")
    return done.stdout
