"""DOT text → pictures: running dot, and making the SVG that it writes fit for a page."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ..errors import AutogradError
from ..html import PALETTE, css_colours, escape, printable

# What dot says of each text, and what the whole says in place of that.
REPEATED = {
    ' xml:space="preserve"': "", ' font-family="Helvetica,sans-Serif"': ' font-family="Helvetica,sans-serif"',
    ' font-size="14.00"': ' font-size="14"',
}  # fmt: skip
GROUP = re.compile(r'(?s)<g id="([^"]*)" class="(node|edge)">\s*<title>.*?</title>(.*?)</g>')
GRAPHVIZ = "sudo apt install graphviz, brew install graphviz, winget install Graphviz.Graphviz"
NODE = re.compile(r'(?s)<g id="[^"]*" class="node">.*?</g>')


class Mark(NamedTuple):
    """What an element of a picture is called in it, and each of its rows of text; "" for what has no name."""

    part: str
    rows: Sequence[str] = ()


class DrawError(AutogradError):
    """There is no dot executable, or it failed, or it took too long.

    >>> from unittest import mock
    >>> from autograd import Value, draw
    >>> with mock.patch.dict("os.environ", STEPGRAD_DOT="/nowhere/dot"):
    ...     draw(Value(2.0)).save("picture.svg")
    Traceback (most recent call last):
    autograd.drawing.renderer.DrawError: the environment variable STEPGRAD_DOT is '/nowhere/dot', and there is no such
    executable: correct it, or unset it to have one looked for
    """


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
            f"or one of: {GRAPHVIZ}; or name yours in the environment variable STEPGRAD_DOT.\n"
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
        said = printable(said[-500:], keep="\n")
        if format == "pdf":
            raise DrawError(
                f"{dot} writes no PDF; Graphviz does: {GRAPHVIZ}, and name its dot in the environment variable "
                f"STEPGRAD_DOT if another one is found first.  Or save .svg or .html, and print that to a PDF from a "
                f"browser.  It says: {said}"
            )
        raise DrawError(f"{dot} failed with exit status {done.returncode}: {said}")
    return done.stdout


# --- the SVG ------------------------------------------------------------------------------------------------


def finish_svg(svg: str, title: str, description: str, styled: bool = True) -> str:
    """An SVG as one element, to be put into a page as it is, with a title, a description and dark mode.

    The style may come from another picture of the page.
    """
    # A page needs no XML prolog; those who hear pages need a role, a title and a description.
    attributes, rest = svg[svg.index("<svg ") + 5 :].split(">", 1)
    for said, once in REPEATED.items():  # said of each text, and inherited as well
        rest = rest.replace(said, "")
        attributes += once
    rest = re.sub(r"<!--.*?-->\s*", "", rest)
    return (
        f'<svg role="img" class="stepgrad" {attributes}>\n<title>{escape(title)}</title>\n'
        f"<desc>{escape(description)}</desc>\n<style>{stylesheet() if styled else ''}</style>"
        f"{NODE.sub(_centre, rest)}"
    )


def stylesheet() -> str:
    """The colours on light and on dark pages; the rules reach no other picture of the page."""
    rules = [
        f'.stepgrad [{attribute}="{colour.light}" i]{{{attribute}:var(--{name})}}'
        for name, colour in PALETTE.items()
        for attribute in ("fill", "stroke")
    ]
    return css_colours(".stepgrad", "".join(rules))


def _centre(box: re.Match[str]) -> str:
    """A box with its lines centred by the viewer: dot places their left ends by the widths of its own font.

    A viewer without Helvetica takes a wider font, and the text would run over the right edge of its box.
    """
    outline = re.search(r' (?:d|points)="([^"]*)"', box[0])
    assert outline is not None
    xs = [float(x) for x in re.findall(r"(-?[\d.]+),-?[\d.]+", outline[1])]
    middle = f'text-anchor="middle" x="{(min(xs) + max(xs)) / 2:.2f}"'
    return re.sub(r'text-anchor="start" x="[^"]*"', middle, box[0])


def mark_parts(svg: str, marks: Mapping[str, Mark]) -> str:
    """The SVG with its elements and their rows of text named by ``data-part``, in place of ids and dot's titles.

    The ids would repeat in a page of several pictures, and the titles would pop up.
    """

    def name(group: re.Match[str]) -> str:
        mark = marks[group[1]]
        rows = iter(mark.rows)

        def name_row(text: re.Match[str]) -> str:
            row = next(rows, "")
            return f'{text[0]} data-part="{row}"' if row else text[0]

        inside = re.sub(r"<text [^>]*", name_row, group[3])
        return f'<g class="{group[2]}" data-part="{mark.part}">{inside}</g>'

    svg = re.sub(r'(?s) id="[^"]*"( class="graph"[^>]*>)\s*<title>.*?</title>', r"\1", svg, count=1)
    return GROUP.sub(name, svg)
