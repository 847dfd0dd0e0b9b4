"""The picture as a page whose parts open and close: one file, or a fragment for notebooks.

Without its script the page is the picture and, folded below it, the picture of each part; the script lets each
part open in place, inside its box.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from .text import escape

ASSETS = Path(__file__).parent


class Picture(NamedTuple):
    """One picture of a page: the whole, or what is inside one box of another."""

    title: str
    svg: str
    box: str  # the id of the box that it is inside of; "" for the whole
    inner: Sequence[Picture]


@cache
def _asset(name: str) -> str:
    return (ASSETS / name).read_text(encoding="utf-8").strip()


def page(picture: Picture, text: str) -> str:
    """A file of its own, which needs nothing from anywhere."""
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{escape(picture.title)}</title>
<style>{_asset("page.css")}</style>
</head>
<body class="stepgrad-page">
<h1>{escape(picture.title)}</h1>
{fragment(picture)}
<details><summary>As text</summary><pre tabindex="0">{escape(text)}</pre></details>
<script>{_asset("page.js")}
document.querySelectorAll(".stepgrad-parts").forEach(stepgradParts);</script>
</body>
</html>
"""


def fragment(picture: Picture) -> str:
    """The picture, and below it what is inside its parts."""
    return f'<div class="stepgrad-parts"><div class="stepgrad-view">{picture.svg}</div>{_inside(picture)}</div>'


def _inside(picture: Picture) -> str:
    return "".join(
        f'<details data-box="{inner.box}"><summary>{escape(inner.title)}</summary>{inner.svg}{_inside(inner)}</details>'
        for inner in picture.inner
    )


def cell(image: str, picture: Picture) -> str:
    """What a notebook shows: an image, which a script, where one runs, replaces by the parts."""
    if not picture.inner:
        return image
    content = json.dumps(f"<style>{_asset('page.css')}</style>{fragment(picture)}").replace("<", "\\u003c")
    return f"""<div>{image}</div>
<script>{{
const place = document.currentScript.previousElementSibling;
{_asset("page.js")}
place.innerHTML = {content};
place.querySelectorAll(".stepgrad-parts").forEach(stepgradParts);
}}</script>"""
