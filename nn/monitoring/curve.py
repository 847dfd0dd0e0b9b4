"""The curve of the loss as a picture, on which the film shows the epoch that it is at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from autograd.drawing import FONT, finish_svg, format_number
from autograd.html import BLUE, GREY, INK, VERMILION, escape

WIDTH, HEIGHT = 300.0, 110.0  # of the curve
LEFT, TOP, RIGHT, BELOW = 46.0, 14.0, 14.0, 26.0  # room around it
MOST_POINTS = 400


class Curve(NamedTuple):
    """The picture as SVG, and the place on it of an epoch with a loss: (left + across·(epoch − 1), below − up·loss)."""

    svg: str
    left: float
    across: float
    below: float
    up: float


def curve_of(losses: Sequence[float]) -> Curve:
    """The losses of the epochs, each between 0 and the largest; what is not finite is left out."""
    shown = [loss for loss in losses if 0.0 <= loss < float("inf")]
    top, end = max(shown, default=0.0) or 1.0, max(len(losses), 2)
    found = Curve("", LEFT, WIDTH / (end - 1), TOP + HEIGHT, HEIGHT / top)
    points = [(LEFT + found.across * i, found.below - found.up * max(loss, 0.0)) for i, loss in enumerate(losses)]
    step = -(-len(points) // MOST_POINTS)
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in [*points[:-1:step], points[-1]] if y == y and abs(y) < 1e9)
    right, x, y = LEFT + WIDTH, *points[-1]
    body = [
        f'<path d="M{LEFT},{TOP}V{found.below}H{right}" fill="none" stroke="{GREY.light}"/>',
        f'<polyline points="{line}" fill="none" stroke="{BLUE.light}" stroke-width="2"/>',
        _text(LEFT - 6, TOP + 5, format_number(float(f"{top:.3g}")), "end"),
        _text(LEFT - 6, found.below + 4, "0", "end"),
        _text(LEFT, found.below + 18, "1", "start"),
        _text(right, found.below + 18, f"{end:,}", "end"),
        _text(LEFT + WIDTH / 2, found.below + 18, "epoch", "middle"),
    ]
    if abs(y) < 1e9:
        body.append(f'<circle class="now" cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{VERMILION.light}"/>')
    width, height = right + RIGHT, found.below + BELOW
    svg = (
        f'<svg width="{width:.0f}pt" height="{height:.0f}pt" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'xmlns="http://www.w3.org/2000/svg">{"".join(body)}</svg>'
    )
    said = f"From {format_number(losses[0])} in epoch 1 to {format_number(losses[-1])} in epoch {len(losses):,}."
    return found._replace(svg=finish_svg(svg, "loss of each epoch", said))


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-family="{FONT},sans-serif" font-size="13" '
        f'fill="{INK.light}">{escape(text)}</text>'
    )
