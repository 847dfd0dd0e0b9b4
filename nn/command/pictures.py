"""The pictures that ``stepgrad train`` leaves, as SVG: loading matplotlib takes longer than a small training."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from autograd.drawing import FONT, clean_path, finish_svg, format_number
from autograd.html import BLUE, CATEGORIES, GREY, INK, VERMILION, escape

WIDTH, HEIGHT = 420.0, 280.0  # of what is drawn
LEFT, TOP, RIGHT, BELOW = 90.0, 40.0, 100.0, 70.0  # room around it
TICKS = 5  # about so many on an axis
MOST_POINTS = 2000
NAMED = 12  # classes that have room for their names and counts


class Axis:
    """Numbers from low to high along so many points, from ``start`` on, with round numbers at its ticks."""

    def __init__(self, low: float, high: float, start: float, length: float) -> None:
        if not high - low > 1e-300:  # equal, or too near to be told apart
            room = 0.5 * abs(low) if abs(low) > 1e-300 else 0.5
            low, high = low - room, high + room
        self.low, self.high, self._start, self._scale = low, high, start, length / (high - low)
        rough = (high - low) / TICKS
        power = 10.0 ** math.floor(math.log10(rough))
        step = power * next(n for n in (1, 2, 5, 10) if n * power >= rough)
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        self.ticks = [float(f"{i * step:.12g}") for i in range(first, last + 1)]

    def __call__(self, x: float) -> float:
        return self._start + (x - self.low) * self._scale


def curves(losses: Mapping[str, Sequence[float]], title: str) -> str:
    """The loss of each epoch, of several kinds."""
    shown = [x for some in losses.values() for x in some if math.isfinite(x)]
    across = Axis(1.0, max(map(len, losses.values())), LEFT, WIDTH)
    across.ticks = [x for x in across.ticks if x == int(x)]
    up = Axis(min(0.0, *shown), max(shown), TOP + HEIGHT, -HEIGHT)
    elements = _axes(across, up, "epoch", "loss")
    for k, (name, some) in enumerate(losses.items()):
        colour = (BLUE, VERMILION)[k % 2].light
        places = [f"{across(i):.1f},{up(x):.1f}" for i, x in enumerate(some, 1) if math.isfinite(x)]
        elements.append(f'<polyline points="{" ".join(places)}" fill="none" stroke="{colour}" stroke-width="2"/>')
        x, y = LEFT + WIDTH + 12, TOP + 12 + 20 * k
        elements.append(f'<path d="M{x},{y - 5}h20" stroke="{colour}" stroke-width="2"/>')
        elements.append(_text(x + 26, y, name, "start"))
    last = ", ".join(f"{name} {format_number(some[-1])}" for name, some in losses.items() if some)
    return _svg(elements, title, f"The loss of {int(across.high):,} epochs, at last {last}.")


def predictions(truth: Sequence[float], answers: Sequence[float], title: str) -> str:
    """A point for each row, its true number across and the predicted one up, and the line where both are equal."""
    low, high = min(*truth, *answers), max(*truth, *answers)
    across, up = Axis(low, high, LEFT, WIDTH), Axis(low, high, TOP + HEIGHT, -HEIGHT)
    ends = f"M{across(low):.1f},{up(low):.1f}L{across(high):.1f},{up(high):.1f}"
    elements = [*_axes(across, up, "true", "predicted"), f'<path d="{ends}" stroke="{GREY.light}"/>']
    step = -(-len(truth) // MOST_POINTS)
    for x, y in zip(truth[::step], answers[::step], strict=True):
        elements.append(
            f'<circle cx="{across(x):.1f}" cy="{up(y):.1f}" r="3" fill="{CATEGORIES[0]}" fill-opacity="0.5"/>'
        )
    return _svg(elements, title, f"{len(truth):,} rows: the nearer to the line, the better predicted.")


def confusion(truth: Sequence[Any], answers: Sequence[Any], classes: Sequence[Any], title: str) -> str:
    """How many rows of each class, one below the other, were given which one, side by side."""
    counts, rows = Counter(zip(truth, answers, strict=True)), Counter(truth)
    wide, high = WIDTH / len(classes), HEIGHT / len(classes)
    elements = []
    for i, true in enumerate(classes):
        for j, answer in enumerate(classes):
            count = counts[true, answer]
            x, y = LEFT + wide * j, TOP + high * i
            share = count / rows[true] if rows[true] else 0.0
            elements.append(
                f'<rect x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{high:.1f}" fill="{BLUE.light}" '
                f'fill-opacity="{0.7 * share:.2f}" stroke="{GREY.light}" stroke-width="0.5"/>'
            )
            if len(classes) <= NAMED:
                elements.append(_text(x + wide / 2, y + high / 2 + 5, f"{count:,}", "middle"))
        if len(classes) <= NAMED:
            name, middle = _short(clean_path(str(true)), 10), LEFT + wide * (i + 0.5)
            elements.append(_text(LEFT - 8, TOP + high * (i + 0.5) + 5, name, "end"))
            if wide > 80.0:
                elements.append(_text(middle, TOP + HEIGHT + 18, name, "middle"))
            else:  # where many stand side by side, aslant
                elements.append(f'<g transform="translate({middle:.1f} {TOP + HEIGHT + 14}) rotate(-35)">')
                elements.append(f"{_text(0.0, 0.0, name, 'end')}</g>")
    elements += _names("predicted", "true")
    right = sum(counts[name, name] for name in classes)
    return _svg(elements, title, f"{right:,} of {len(truth):,} rows were given their own class.")


def _axes(across: Axis, up: Axis, below: str, beside: str) -> list[str]:
    """The lines on the left and below, their ticks, and what they are of."""
    floor = TOP + HEIGHT
    elements = [f'<path d="M{LEFT},{TOP}V{floor}H{LEFT + WIDTH}" fill="none" stroke="{GREY.light}"/>']
    for x in across.ticks:
        elements.append(f'<path d="M{across(x):.1f},{floor}v4" stroke="{GREY.light}"/>')
        elements.append(_text(across(x), floor + 18, f"{x:,.10g}", "middle"))
    for y in up.ticks:
        elements.append(f'<path d="M{LEFT},{up(y):.1f}h-4" stroke="{GREY.light}"/>')
        elements.append(_text(LEFT - 8, up(y) + 5, f"{y:,.10g}", "end"))
    return [*elements, *_names(below, beside)]


def _names(below: str, beside: str) -> list[str]:
    side = _text(0.0, 0.0, beside, "middle")
    return [
        _text(LEFT + WIDTH / 2, TOP + HEIGHT + 60, below, "middle"),
        f'<g transform="translate(14 {TOP + HEIGHT / 2}) rotate(-90)">{side}</g>',
    ]


def _short(name: str, most: int) -> str:
    return name if len(name) <= most else f"{name[: most - 1]}…"


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-family="{FONT},sans-serif" font-size="13" '
        f'fill="{INK.light}">{escape(text)}</text>'
    )


def _svg(elements: Iterable[str], title: str, said: str) -> str:
    width, height = LEFT + WIDTH + RIGHT, TOP + HEIGHT + BELOW
    title = clean_path(title)
    heading = _text(LEFT, TOP - 18, _short(title, 60), "start")
    return finish_svg(
        f'<svg width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'xmlns="http://www.w3.org/2000/svg">{heading}{"".join(elements)}</svg>\n',
        title,
        said,
    )
