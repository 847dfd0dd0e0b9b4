"""The player: frames shown one after the other, as a piece of HTML for a notebook or a page.

A frame is a text and what it changes in a picture: classes that mark parts while the frame is shown, and texts
that it writes into parts, to stay.  A part is an element of the picture with its names in ``data-part``, separated
by blanks; with ``data-from="3"`` it has the class ``todo`` in the frames before frame 3.  Whatever can be drawn in
one SVG with such parts can be played.

Where scripts are removed, as in a notebook that is not trusted, an image and a list of the texts remain.
The script builds its picture from that image, and its texts from that list, so that nothing is sent twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from .document import PLAYER, WALK, interactive_style, printed_script, script
from .markup import as_json, escape, image


class Frame(NamedTuple):
    """One frame: its text, {class: parts to mark with it}, {part: text to write into it}."""

    text: str
    marks: Mapping[str, Sequence[str]]
    texts: Mapping[str, str]


def player(
    title: str, frames: Sequence[Frame], picture: str | None, names: Mapping[str, str], apology: str = ""
) -> str:
    """The HTML of a player, to be put into any page, several into one.

    ``picture`` is SVG text, or None to play the list of texts alone; the ``apology`` then says why.  ``names``
    are the parts that a menu offers to go to, and what they are called there.
    """
    data = {
        "names": names,
        "frames": [[{mark: " ".join(parts) for mark, parts in frame.marks.items()}, frame.texts] for frame in frames],
    }
    return _player(title, [frame.text for frame in frames], picture, data, apology, "", script(PLAYER))


def walk_player(
    title: str,
    texts: Sequence[str],
    picture: str | None,
    data: object,
    rows: str,
    apology: str = "",
    scripted: bool = True,
) -> str:
    """The HTML of a player that computes its frames itself: ``live.js`` reads the data and calls the ``rows``.

    ``rows`` is a script of its own, "" where nothing can be computed anew.  Of
    several players in one page, it is enough that the last is ``scripted``.
    """
    own = f"{printed_script(rows)}\n" if rows else ""
    return _player(title, texts, picture, data, apology, " walk", own + (script(WALK) if scripted else ""))


def _player(
    title: str, texts: Sequence[str], picture: str | None, data: object, apology: str, kind: str, scripts: str
) -> str:
    shown = f"<p>No picture: {escape(apology)}</p>" if apology else ""
    if picture is not None:
        shown = image(picture, title)
    items = "\n".join(f"<li>{escape(text)}</li>" for text in texts)
    return f"""<div class="stepgrad-player{kind}" role="group" aria-label="{escape(title)}" dir="ltr">
{shown}
<details{" open" if picture is None else ""}><summary>{len(texts)} steps</summary>
<ol start="0">
{items}
</ol></details>
<script type="application/json">{as_json(data)}</script>
<style>{interactive_style("player.css")}</style>
{scripts}
</div>"""
