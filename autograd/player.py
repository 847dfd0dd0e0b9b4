"""The player: frames shown one after the other, as a piece of HTML for a notebook or a page.

A frame is a text and what it changes in a picture: classes that mark parts while it is shown, and texts that
it writes into parts, to stay.  A part is an element of the picture whose ``data-part`` says its names, apart
from each other by blanks; with ``data-from="3"`` it has the class ``todo`` in the frames before frame 3.
The player knows nothing of graphs: whatever can be drawn in one SVG with such parts can be played.

Where scripts are stripped, as in a notebook that is not trusted, an image and a list of the texts remain.
The script builds its picture from that image, and its texts from that list, so that nothing is sent twice.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from html import escape
from importlib.resources import files
from typing import NamedTuple

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>{title}</title>
<style>:root {{ color-scheme: light dark }} body {{ margin: 1rem auto; max-width: 80rem; padding: 0 1rem }}</style>
</head>
<body>
<main>
{content}
</main>
</body>
</html>
"""

# What the page may load: nothing but what stands in it.
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"


class Frame(NamedTuple):
    """One frame: its text, {class: parts to mark with it}, {part: text to write into it}."""

    text: str
    marks: Mapping[str, Sequence[str]]
    texts: Mapping[str, str]


def asset(name: str) -> str:
    """A file of the player, as text."""
    return files("autograd").joinpath("assets", name).read_text(encoding="utf-8")


def player(
    title: str, frames: Sequence[Frame], picture: str | None, names: Mapping[str, str], apology: str = ""
) -> str:
    """The HTML of a player, to be put into any page, several into one.

    ``picture`` is SVG text, or None to play the list of texts alone; the ``apology`` then says why.  ``names``
    are the parts that a menu offers to go to, and what they are called there.
    """
    image = f"<p>No picture: {escape(apology)}</p>" if apology else ""
    if picture is not None:
        image = f'<img alt="{escape(title)}" src="data:image/svg+xml;base64,{b64encode(picture.encode()).decode()}">'
    items = "\n".join(f"<li>{escape(frame.text)}</li>" for frame in frames)
    data = {
        "names": names,
        "frames": [[{mark: " ".join(parts) for mark, parts in frame.marks.items()}, frame.texts] for frame in frames],
    }
    # As a backslash sequence of JSON, no < of a label can end the element or begin another.
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return f"""<div class="stepgrad-player" role="group" aria-label="{escape(title)}" dir="ltr">
{image}
<details{" open" if picture is None else ""}><summary>{len(frames)} steps</summary>
<ol start="0">
{items}
</ol></details>
<script type="application/json">{text}</script>
<style>{asset("player.css")}</style>
<script>{asset("player.js")}</script>
</div>"""


def page(title: str, content: str) -> str:
    """A player, or several, as a page of its own, which loads nothing."""
    return PAGE.format(policy=POLICY, title=escape(title), content=content)
