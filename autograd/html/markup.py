"""Text, pictures and data as pieces of HTML, SVG and scripts, so that nothing in them is taken for markup.

And text for a terminal, where a character that is no sign is a command: ``printable`` is the one place that says which
characters may be shown, anywhere.
"""

from __future__ import annotations

import re

JOINERS = "\u200c\u200d"  # between letters of Persian and Hindi, and in emoji
ISOLATES = "\u2068\u2069"  # that walkthroughs put around names which run from right to left
# An SVG as the address of an image, in which base64 would take a third more: attributes in single quotes, and other
# characters that an address or an attribute may not hold.
TAG, QUOTED = re.compile("<[^<>]*>"), re.compile(r"=\"([^\"']*)\"")
IN_ADDRESS = {ord(c): f"%{ord(c):02X}" for c in '%#<>"&\t\r\n'}
ENTITIES = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;", ord('"'): "&quot;"}


def printable(text: object, keep: str = "") -> str:
    """Text in one line of signs alone: blanks of any kind become spaces, other characters that are no sign become �.

    So no name moves the cursor or changes the colours of a terminal, turns the text around it from right to left, or
    breaks the XML of a picture.  Characters to ``keep`` stay as they are.

    >>> printable("safe\\x1b[2J\\nname")
    'safe�[2J name'
    """
    text = str(text)
    if text.isprintable():  # as nearly all are
        return text
    keep += JOINERS
    return "".join([c if c.isprintable() or c in keep else " " if c.isspace() else "\ufffd" for c in text])


def escape(text: str) -> str:
    """Text as it stands between tags, or between the double quotes of an attribute, of HTML, SVG and DOT labels.

    >>> escape('<b> & "quotes"')
    '&lt;b&gt; &amp; &quot;quotes&quot;'
    """
    return printable(text, keep="\n" + ISOLATES).translate(ENTITIES)


def image(svg: str, alt: str) -> str:
    """An SVG as an image.  Notebooks that are not trusted remove an SVG written in place, and keep an image.

    >>> image('<svg xmlns="http://www.w3.org/2000/svg"/>', "nothing")
    '<img alt="nothing" src="data:image/svg+xml,%3Csvg xmlns=\\'http://www.w3.org/2000/svg\\'/%3E">'
    """
    address = TAG.sub(lambda tag: QUOTED.sub(r"='\1'", tag[0]), svg).translate(IN_ADDRESS)
    return f'<img alt="{escape(alt)}" src="data:image/svg+xml,{address}">'


def as_json(data: object) -> str:
    """Data for a script element.  No label can end the element or begin another: ``<`` is written as an escape.

    >>> as_json({"label": "</script>"})
    '{"label":"\\\\u003c/script>"}'
    """
    import json

    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
