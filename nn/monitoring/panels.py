"""The picture in which a training plays: the curve of the loss, the numbers of each layer, a picture of each epoch.

All is in one SVG, of which the player shows one epoch at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from autograd.drawing import FONT, finish_svg, format_number
from autograd.html import BLUE, GREY, INK, VERMILION, Frame, escape

from .plane import Group

CURVE, CURVE_HEIGHT, LINE = 300.0, 180.0, 19.0
MARGIN, TOP, WIDTH = 46.0, 40.0, 420.0  # left of the curve, above it, and room for the table
COLUMNS = {"layer": 0.0, "gradient": 120.0, "update": 215.0, "units": 300.0}  # of the table, and where they begin
MOST_POINTS = 400  # of the curve
STYLE = (
    ".stepgrad .epoch{display:none}.stepgrad .epoch.now{display:inline}"
    f".stepgrad .mark.now{{fill:var(--vermilion,{VERMILION.light});stroke-width:4}}"
)


class Shot(NamedTuple):
    """One recorded epoch: its number, a line about it, its loss, a row of the table for each layer, and its picture."""

    epoch: int
    text: str
    loss: float
    rows: Sequence[Sequence[str]]
    picture: Group | None


class Places(NamedTuple):
    """Where the parts lie: the size of the whole, and the corners of the table and of the pictures."""

    width: float
    height: float
    table: tuple[float, float]
    pictures: tuple[float, float]


def panels(title: str, losses: Sequence[float], shots: Sequence[Shot], above: str) -> tuple[str, list[Frame]]:
    """The SVG as it is at the last shot, and a frame for each; ``above`` lies on top of the picture of every epoch."""
    table = _table(shots[-1].rows)
    places = _places(table, [shot.picture for shot in shots if shot.picture])
    body = [
        f'<rect width="{places.width:.0f}" height="{places.height:.0f}" fill="white"/>',
        _at((MARGIN, TOP), _curve(losses, shots)),
        _at(places.table, table.elements),
        *(_at(places.pictures, _picture(shot), _epoch(shot, shots)) for shot in shots),
        _at(places.pictures, above, 'pointer-events="none"'),
    ]
    svg = (
        f'<svg width="{places.width:.0f}pt" height="{places.height:.0f}pt" '
        f'viewBox="0 0 {places.width:.0f} {places.height:.0f}" xmlns="http://www.w3.org/2000/svg">{"".join(body)}</svg>'
    )
    svg = finish_svg(svg, title, shots[-1].text).replace("</style>", f"{STYLE}</style>", 1)
    return svg, [_frame(shot) for shot in shots]


def _frame(shot: Shot) -> Frame:
    texts = {f"row{i}.{j}": text for i, row in enumerate(shot.rows) for j, text in enumerate(row)}
    return Frame(shot.text, {"now": [f"epoch{shot.epoch}"]}, texts)


def _places(table: Group, pictures: Sequence[Group]) -> Places:
    """The table below the curve, the pictures beside both; or the table beside the curve and wide pictures below."""
    wide = max((picture.width for picture in pictures), default=130.0)  # room for the epoch
    high = max((picture.height for picture in pictures), default=0.0)
    if wide > WIDTH:
        at = MARGIN + CURVE + 50.0, TOP - 16.0
        x, y = MARGIN, max(TOP + CURVE_HEIGHT, at[1] + table.height) + 70.0
        return Places(max(at[0] + WIDTH, x + wide), y + high + 12.0, at, (x, y))
    at = MARGIN, TOP + CURVE_HEIGHT + 62.0
    x, y = MARGIN + WIDTH + 30.0, TOP
    return Places(x + wide + 12.0, max(at[1] + table.height, y + high + 12.0), at, (x, y))


def _at(place: tuple[float, float], elements: str, attributes: str = "") -> str:
    return f'<g transform="translate({place[0]} {place[1]})"{" " * bool(attributes)}{attributes}>{elements}</g>'


def _epoch(shot: Shot, shots: Sequence[Shot]) -> str:
    """The attributes of what is shown at one epoch alone; at first the last one is."""
    return f'class="epoch{" now" * (shot is shots[-1])}" data-part="epoch{shot.epoch}"'


def _picture(shot: Shot) -> str:
    elements = shot.picture.elements if shot.picture else ""
    return elements + _text(0, -16, f"after epoch {shot.epoch:,}", bold=True)


def _curve(losses: Sequence[float], shots: Sequence[Shot]) -> str:
    """The loss over the epochs, with a mark to click at each recorded one."""
    height, top, end = CURVE_HEIGHT, max(losses) or 1.0, max(len(losses), 2)

    def at(epoch: int, loss: float) -> tuple[float, float]:
        return (epoch - 1) / (end - 1) * CURVE, height * (1.0 - max(loss, 0.0) / top)

    step = -(-len(losses) // MOST_POINTS)
    points = [at(i + 1, loss) for i, loss in enumerate(losses)]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in [*points[:-1:step], points[-1]])
    parts = [
        f'<path d="M0,0V{height}H{CURVE}" fill="none" stroke="{GREY.light}"/>',
        f'<polyline points="{line}" fill="none" stroke="{BLUE.light}" stroke-width="2"/>',
        _text(0, -16, "loss", bold=True),
        _text(-6, 5, format_number(top), anchor="end"),
        _text(-6, height + 4, "0", anchor="end"),
        _text(0, height + 18, "1"),
        _text(CURVE, height + 18, f"{end:,}", anchor="end"),
        _text(CURVE / 2, height + 18, "epoch", anchor="middle"),
    ]
    for shot in shots:
        x, y = at(shot.epoch, shot.loss)
        now = " now" * (shot is shots[-1])
        parts.append(
            f'<g class="mark{now}" data-part="epoch{shot.epoch}"><circle cx="{x:.1f}" cy="{y:.1f}" r="4.5" '
            f'stroke="{INK.light}"/></g>'
        )
    return f'<g fill="white">{"".join(parts)}</g>'


def _table(rows: Sequence[Sequence[str]]) -> Group:
    """The numbers of each layer, in parts that the frames write into."""
    parts = [_text(x, 0, name, bold=True) for name, x in COLUMNS.items()]
    for i, row in enumerate(rows):
        parts += [
            _text(x, (i + 1) * LINE, text, part=f"row{i}.{j}")
            for j, (x, text) in enumerate(zip(COLUMNS.values(), row, strict=True))
        ]
    return Group(WIDTH, (len(rows) + 1) * LINE, "".join(parts))


def _text(x: float, y: float, text: str, anchor: str = "start", bold: bool = False, part: str = "") -> str:
    extra = ' font-weight="bold"' * bold + (f' data-part="{part}"' if part else "")
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-family="{FONT},sans-serif" font-size="13" '
        f'fill="{INK.light}"{extra}>{escape(text)}</text>'
    )
