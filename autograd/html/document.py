"""A page of its own: one file that loads nothing from anywhere, for light and dark screens."""

from __future__ import annotations

import os
import re
from functools import cache

from ..persistence import write_whole
from .markup import escape
from .palette import css_colours

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<main>
{content}
</main>
</body>
</html>
"""

# What the page may load: nothing but what stands in it, and of the scripts there only ours, told by their hashes.
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src {scripts}"

# The files of each script that a page may run.
FILM = ("inline.js", "view.js", "player.js", "numbers.js", "film.js")
WALK = ("inline.js", "view.js", "player.js", "numbers.js", "walk.js", "live.js")
PARTS = ("view.js", "parts.js")


PRINTED: set[str] = set()  # the hashes of the scripts that were printed for single pages


def page(title: str, content: str) -> str:
    """The text of a page with this content, which is HTML already.

    Its scripts run where they are of ``script`` or ``printed_script``.
    """
    style = f"{css_colours(':root')}\n{asset('page.css')}"
    inside = map(_hash, re.findall(r"(?s)<script>(.*?)</script>", content))
    hashes = " ".join([*_known_hashes(), *dict.fromkeys(found for found in inside if found in PRINTED)])
    return PAGE.format(policy=POLICY.format(scripts=hashes), title=escape(title), style=style, content=content)


class Framed:
    """A page inside a frame of another: what marimo shows of an object, where it would strip scripts."""

    def __init__(self, text: str) -> None:
        self.text = text

    def _mime_(self) -> tuple[str, str]:
        style = "width: 100%; height: 860px; border: 0"
        return "text/html", f'<iframe style="{style}" srcdoc="{escape(self.text)}"></iframe>'


def script(files: tuple[str, ...]) -> str:
    """A script of ours, the text of these files, as an element: exactly the text of which a page has the hash."""
    return f"<script>{_source(files)}</script>"


def printed_script(text: str) -> str:
    """A script that was printed for one page, as an element; nothing in it may come from a label."""
    PRINTED.add(_hash(text))
    return f"<script>{text}</script>"


def _source(files: tuple[str, ...]) -> str:
    """The files as one function of its own, without indentation and comments, which a page does not need."""
    lines = (line.strip() for file in files for line in asset(file).splitlines())
    kept = [re.sub(r"\s+// .*$", "", line) for line in lines if line and not line.startswith("//")]
    return "\n".join(["(() => {", '"use strict";', *kept, "})();"])


@cache
def _known_hashes() -> list[str]:
    return [_hash(_source(files)) for files in (FILM, WALK, PARTS)]


def _hash(text: str) -> str:
    """A script as the policy of a page tells it."""
    import hashlib  # as base64 only where a page is made: importing the package stays quick
    from base64 import b64encode

    return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def write_page(path: str | os.PathLike[str], title: str, content: str, what: str) -> None:
    """Write a page to a file, .html; ``what`` is in it, as an error calls it: "a walkthrough"."""
    if os.path.splitext(path)[1].lower() not in (".html", ".htm"):
        raise ValueError(f"{what} can be saved as .html, not as {os.fspath(path)!r}")
    write_whole(path, page(title, content))


@cache
def asset(name: str) -> str:
    """A style sheet or a script of the folder ``assets``, as text."""
    from importlib.resources import files  # only where a page is made: importing the package stays quick

    return files("autograd.html").joinpath("assets", name).read_text(encoding="utf-8").strip()


def interactive_style(name: str) -> str:
    """The colours, the look of buttons, and a style sheet for pictures that can be clicked on."""
    return f"{css_colours(':is(.stepgrad-player,.stepgrad-parts)')}\n{asset('colours.css')}\n{asset(name)}"
