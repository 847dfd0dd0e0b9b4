"""The picture as a page whose parts open and close: one file, or a fragment for notebooks.

Without its script the page is the picture and, folded below it, the picture of each part; the script lets each
part open in place, inside its box.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..html.page import as_json, asset, image
from ..html.page import page as page_of
from .text import escape


class Picture(NamedTuple):
    """One picture of a page: the whole, or what is inside one box of another."""

    title: str
    svg: str
    box: str  # the id of the box that it is inside of; "" for the whole
    inner: Sequence[Picture]


def page(picture: Picture, text: str) -> str:
    """A file of its own, which needs nothing from anywhere."""
    content = f"""<h1>{escape(picture.title)}</h1>
{_parts(picture, picture.svg)}
<details><summary>As text</summary><pre tabindex="0">{escape(text)}</pre></details>
<script>{asset("parts.js")}</script>"""
    return page_of(picture.title, content)


def cell(picture: Picture) -> str:
    """What a notebook shows: an image, which a script, where one runs, replaces by itself with its parts."""
    still = image(picture.svg, picture.title)
    if not picture.inner:
        return still
    return f"""<div>{still}</div>
<script>
{asset("inline.js")}
{{
  const place = document.currentScript.previousElementSibling, svg = inlined(place.firstChild);
  place.innerHTML = {as_json(_parts(picture, ""))};
  place.querySelector(".stepgrad-view").append(svg);
}}
{asset("parts.js")}
</script>"""


def _parts(picture: Picture, view: str) -> str:
    """The picture, and below it what is inside its parts."""
    style = f"<style>{asset('colours.css')}\n{asset('parts.css')}</style>"
    return f'{style}<div class="stepgrad-parts"><div class="stepgrad-view">{view}</div>{_inside(picture)}</div>'


def _inside(picture: Picture) -> str:
    return "".join(
        f'<details data-box="{inner.box}"><summary>{escape(inner.title)}</summary>{inner.svg}{_inside(inner)}</details>'
        for inner in picture.inner
    )
