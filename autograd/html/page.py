"""What every page is made of: one file that loads nothing from anywhere, in light and dark."""

from __future__ import annotations

import json
import os
from base64 import b64encode
from functools import cache
from html import escape
from importlib.resources import files

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

# What the page may load: nothing but what stands in it.
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"


def write(path: str | os.PathLike[str], title: str, content: str, what: str) -> None:
    """Write a page, .html, of what something shows."""
    if os.path.splitext(path)[1].lower() not in (".html", ".htm"):
        raise ValueError(f"{what} can be saved as .html, not as {os.fspath(path)!r}")
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        file.write(page(title, content))


def page(title: str, content: str) -> str:
    """A page of its own, which loads nothing."""
    return PAGE.format(policy=POLICY, title=escape(title), style=asset("page.css"), content=content)


@cache
def asset(name: str) -> str:
    """A style sheet or a script, as text."""
    return files("autograd.html").joinpath("assets", name).read_text(encoding="utf-8").strip()


def image(svg: str, alt: str) -> str:
    """An SVG as an image, which notebooks show that strip an SVG written in place."""
    data = b64encode(svg.encode()).decode()
    return f'<img alt="{escape(alt)}" src="data:image/svg+xml;base64,{data}">'


def as_json(data: object) -> str:
    """Data for a script.  As a backslash sequence of JSON, no < of a label can end the element or begin another."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
