"""The picture of a walk in fewer bytes, for its page: what ``compact.css`` says is not said again of each element.

It is the same picture to within half a point, its arrows with open heads.  ``Walkthrough.svg``, which other programs
read too, has everything written out.
"""

from __future__ import annotations

import re

from ..html import BLUE, INK, PALE_BLUE, PALE_GREY, PALETTE, WHITE, asset, css_colours

GROUP = re.compile(r'(?s)<g class="([^"]*)" data-part="([^"]*)"[^>]*>(.*?)</g>')
ELEMENT = re.compile(r"<(path|polygon|text) ([^>]*?)(/?)>")
ATTRIBUTE = re.compile(r'([\w:-]+)="([^"]*)"')
NUMBERS = re.compile(r"(-?[\d.]+),(-?[\d.]+)")
ROWS = {"data": "d", "grad": "g", "slope": "s"}  # the classes of the texts that a walk writes
# The class of a box by its colours; one of other colours says them.
LOOKS = {(WHITE, INK): "", (INK, INK): "", (PALE_BLUE, BLUE): "v", (PALE_GREY, PALE_GREY): "c"}
BOXES = {tuple(colour.light.lower() for colour in look): kind for look, kind in LOOKS.items()}
COLOURS = {colour.light.lower(): f"var(--{name})" for name, colour in PALETTE.items()}


def compact(svg: str) -> str:
    """The SVG with all that can be left out left out."""
    head, _, rest = svg.partition("<style>")
    head = head.replace(' xmlns:xlink="http://www.w3.org/1999/xlink"', "").replace("\n", " ")
    body = GROUP.sub(_group, rest.partition("</style>")[2]).replace("&#45;", "-").replace("\n", "")
    return f"{head}<style>{css_colours('.stepgrad')}{asset('scene.css')}{asset('compact.css')}</style>{body}"


def _group(group: re.Match[str]) -> str:
    kind, *marks = group[1].split()
    inside = (_arrow if kind == "edge" else _box)(group[3])
    return _element("g", {"class": " ".join(marks), "data-part": group[2]}, "", inside)


def _arrow(inside: str) -> str:
    """An edge: its curve goes on to the tip, from which two strokes go back."""
    shapes = re.findall(r' (?:d|points)="([^"]*)"', inside)
    if len(shapes) != 2:
        return ELEMENT.sub(_text, inside)
    left, tip, right = NUMBERS.findall(shapes[1])[:3]
    d = f"{shapes[0]}L{','.join(tip)}M{','.join(left)}L{','.join(tip)} {','.join(right)}"
    texts = ELEMENT.sub(_text, inside[inside.index("<polygon") :].partition(">")[2])
    return f"{_element('path', {'d': _rounded(d)})}{texts}"


def _box(inside: str) -> str:
    """A box, which dot writes as eight curves, as a rectangle with round corners; its texts as they are."""

    def rectangle(element: re.Match[str]) -> str:
        said = dict(ATTRIBUTE.findall(element[2]))
        xs, ys = ([float(x) for x in some] for some in zip(*NUMBERS.findall(said.pop("d")), strict=True))
        left, top = round(min(xs)), round(min(ys))
        colours = said.pop("fill").lower(), said.pop("stroke").lower()
        if colours not in BOXES:
            fill, stroke = (COLOURS.get(colour, colour) for colour in colours)
            said["style"] = f"fill:{fill};stroke:{stroke}"
        size = {"width": str(round(max(xs)) - left), "height": str(round(max(ys)) - top)}
        return _element("rect", {"class": BOXES.get(colours, ""), "x": str(left), "y": str(top), **size, **said})

    return ELEMENT.sub(lambda element: (rectangle if element[1] == "path" else _text)(element), inside)


def _text(element: re.Match[str]) -> str:
    said = dict(ATTRIBUTE.findall(element[2]))
    row = said.pop("data-part", "").rpartition(".")[2]
    kind = ROWS.get(row) or ("b" if "font-weight" in said else "i" if "font-style" in said else "")
    return _element("text", {"class": kind, "x": _rounded(said["x"]), "y": _rounded(said["y"])}, "")


def _element(tag: str, said: dict[str, str], end: str = "/", inside: str = "") -> str:
    attributes = [f'{name}="{text}"' for name, text in said.items() if text]
    closing = f"{inside}</{tag}>" if tag == "g" else ""
    return f"<{' '.join([tag, *attributes])}{end}>{closing}"


def _rounded(numbers: str) -> str:
    """Numbers without what is behind the point, and without the comma that a minus makes needless."""
    return re.sub(r"-?\d+\.\d+", lambda found: str(round(float(found[0]))), numbers).replace(",-", "-")
