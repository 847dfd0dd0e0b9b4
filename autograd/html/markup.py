"""Text, pictures and data as pieces of HTML, SVG and scripts, so that nothing in them is taken for markup."""

from __future__ import annotations

ENTITIES = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;", ord('"'): "&quot;"}


def escape(text: str) -> str:
    """Text as it stands between tags, or between the double quotes of an attribute, of HTML, SVG and DOT labels.

    >>> escape('<b> & "quotes"')
    '&lt;b&gt; &amp; &quot;quotes&quot;'
    """
    return text.translate(ENTITIES)


def image(svg: str, alt: str) -> str:
    """An SVG as an image.  Notebooks that are not trusted remove an SVG written in place, and keep an image."""
    from base64 import b64encode  # only where a page is made: importing the package stays quick

    data = b64encode(svg.encode()).decode()
    return f'<img alt="{escape(alt)}" src="data:image/svg+xml;base64,{data}">'


def as_json(data: object) -> str:
    """Data for a script element.  No label can end the element or begin another: ``<`` is written as an escape.

    >>> as_json({"label": "</script>"})
    '{"label":"\\\\u003c/script>"}'
    """
    import json

    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
