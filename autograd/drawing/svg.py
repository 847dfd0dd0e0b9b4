"""The SVG that dot writes, made fit for a page: a title and a description, dark mode, centred lines."""

from __future__ import annotations

import re

from .source import BLUE, GREEN, GREY, INK, PALE_BLUE, PALE_GREEN, PALE_GREY, VERMILION, WHITE
from .text import escape

# Every colour but those of the heat, which bring their own ink: on a light page, and on a dark one.
COLOURS = {
    "white": (WHITE, "#16181D"), "ink": (INK, "#E8E8E8"), "grey": (GREY, "#A4A8B0"), "palegrey": (PALE_GREY, "#2E3138"),
    "blue": (BLUE, "#6CB4EE"), "paleblue": (PALE_BLUE, "#16324A"), "vermilion": (VERMILION, "#FF9E6B"),
    "green": (GREEN, "#5CC9A0"), "palegreen": (PALE_GREEN, "#143328"),
}  # fmt: skip

# What dot says of each text, and what the whole says in place of that.
REPEATED = {
    ' xml:space="preserve"': "", ' font-family="Helvetica,sans-Serif"': ' font-family="Helvetica,sans-serif"',
    ' font-size="14.00"': ' font-size="14"',
}  # fmt: skip


def finished(svg: str, title: str, description: str, styled: bool = True) -> str:
    """One ``<svg>`` element, to be put into a page as it is; the style may come from another one of the page."""
    # A page needs no XML prolog; those who hear pages need a role, a title and a description.
    attributes, rest = svg[svg.index("<svg ") + 5 :].split(">", 1)
    for said, once in REPEATED.items():  # said of each text, and inherited as well
        rest = rest.replace(said, "")
        attributes += once
    rest = re.sub(r"<!--.*?-->\s*", "", rest)
    return (
        f'<svg role="img" class="stepgrad" {attributes}>\n<title>{escape(title)}</title>\n'
        f"<desc>{escape(description)}</desc>\n<style>{stylesheet() if styled else ''}</style>"
        f"{_centred(rest)}"
    )


def stylesheet() -> str:
    """The two schemes; the rules reach no other picture of the page.

    ``color-scheme`` decides, not the media query: a notebook or a player in which another theme was chosen than the
    system's sets it, and it reaches images too.  A browser that knows no ``light-dark`` shows the light scheme.
    """
    variables = [f"--{name}:light-dark({light},{dark})" for name, (light, dark) in COLOURS.items()]
    rules = [
        f'.stepgrad [{attribute}="{light}" i]{{{attribute}:var(--{name})}}'
        for name, (light, _) in COLOURS.items()
        for attribute in ("fill", "stroke")
    ]
    return (
        f".stepgrad{{color-scheme:light dark}}@supports (color:light-dark(red,tan))"
        f"{{.stepgrad{{{';'.join(variables)}}}{''.join(rules)}}}"
    )


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
