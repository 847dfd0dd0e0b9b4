"""A picture with boxes that open and show the pictures inside them: a page, or a fragment for notebooks.

Without its script the page is the picture and, folded below it, the picture of each part; the script lets each
part open in place, inside its box.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from .document import PARTS, asset, interactive_style, page, script
from .markup import as_json, escape, image


class NestedPicture(NamedTuple):
    """A picture and those inside its boxes; ``box`` is the id of the box that it is inside of, "" for the whole."""

    title: str
    svg: str
    box: str
    inner: Sequence[NestedPicture]


def parts_page(picture: NestedPicture, text: str) -> str:
    """A page of its own, with the ``text`` for those who cannot see the picture."""
    content = f"""<h1>{escape(picture.title)}</h1>
{_parts(picture, picture.svg)}
<details><summary>As text</summary><pre tabindex="0">{escape(text)}</pre></details>
{script(PARTS)}"""
    return page(picture.title, content)


def parts_cell(picture: NestedPicture) -> str:
    """What a notebook shows: an image, which a script, where one runs, replaces by itself with its parts."""
    still = image(picture.svg, picture.title)
    if not picture.inner:
        return still
    return f"""<div>{still}</div>
<script>
(() => {{
{asset("inline.js")}
  const place = document.currentScript.previousElementSibling, svg = inlined(place.firstChild);
  place.innerHTML = {as_json(_parts(picture, ""))};
  place.querySelector(".stepgrad-view").append(svg);
}})();
</script>
{script(PARTS)}"""


def _parts(picture: NestedPicture, view: str) -> str:
    """The picture, and below it what is inside its parts."""
    style = f"<style>{interactive_style('parts.css')}</style>"
    return f'{style}<div class="stepgrad-parts"><div class="stepgrad-view">{view}</div>{_inside(picture)}</div>'


def _inside(picture: NestedPicture) -> str:
    return "".join(
        f'<details data-box="{inner.box}"><summary>{escape(inner.title)}</summary>{inner.svg}{_inside(inner)}</details>'
        for inner in picture.inner
    )
