"""A page of its own: one file that loads nothing from anywhere, for light and dark screens."""

from __future__ import annotations

import os
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
PLAYER, PARTS = ("inline.js", "player.js"), ("parts.js",)


def page(title: str, content: str) -> str:
    """The text of a page with this content, which is HTML already; its scripts run where they are of ``script``."""
    style = f"{css_colours(':root')}\n{asset('page.css')}"
    return PAGE.format(policy=_policy(), title=escape(title), style=style, content=content)


def script(files: tuple[str, ...]) -> str:
    """A script of ours, the text of these files, as an element: exactly the text of which a page has the hash."""
    return f"<script>{_source(files)}</script>"


def _source(files: tuple[str, ...]) -> str:
    return "\n".join(map(asset, files))


@cache
def _policy() -> str:
    import hashlib  # as base64 only where a page is made: importing the package stays quick
    from base64 import b64encode

    hashes = [hashlib.sha256(_source(files).encode()).digest() for files in (PLAYER, PARTS)]
    return POLICY.format(scripts=" ".join(f"'sha256-{b64encode(digest).decode()}'" for digest in hashes))


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
