"""How items look: the rows of text in a box, its colours and outline, and those of operations and edges.

Whoever wants another look of a node changes it here.  ``Heat`` colours boxes by the size of what they hold.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from ..html import (
    BLUE,
    DARK_INK,
    GREEN,
    GREY,
    INK,
    LIGHT_INK,
    NOT_FINITE,
    PALE_BLUE,
    PALE_GREEN,
    PALE_GREY,
    PURPLE,
    RAMP_INKS,
    RAMPS,
    VERMILION,
    WHITE,
    ZERO,
    escape,
)
from .items import Edge, Item, largest, state
from .notation import clean_label, format_number, format_range

HeatName = Literal["grad", "data"]  # what a picture may be coloured by: the names of RAMPS
FONT = "Helvetica"  # a single name: dot knows its metrics, so that text fits its box on every machine
DATA, GRAD, SLOPE = "data", "grad", "slope"  # what a row of text says that a walkthrough writes anew

# The look of a part of a program, of a model's input and output, and of a caption.
PART = f'style="rounded,filled" fillcolor="{PALE_GREEN.light}" color="{GREEN.light}"'
END = f'style="rounded,filled" fillcolor="{PALE_BLUE.light}" color="{BLUE.light}"'
FRAME = f'style=rounded color="{GREY.light}"'


class Row(NamedTuple):
    """A row of text in a box: its markup, and whether it says the "data", the "grad" or, "", something else."""

    markup: str
    says: str = ""


class Heat:
    """A scale over the items of a picture: five steps of equal ratio from the smallest size to the largest."""

    def __init__(self, by: HeatName, items: Iterable[Item]) -> None:
        if by not in RAMPS:
            raise ValueError(f"heat must be 'grad' or 'data', not {by!r}")
        self.by = by
        sizes = [x for item in items if not item.is_constant for x in [self.size(item)] if x and math.isfinite(x)]
        self.bounds: list[float] = []  # none where every size is 0
        if sizes:
            high = max(sizes)
            low = max(min(sizes), high * 1e-12)
            steps = len(RAMPS[by])
            self.bounds = [low * (high / low) ** (i / steps) for i in range(steps)] + [high]

    def size(self, item: Item) -> float:
        """The largest |grad| or |data| among what an item stands for; nan where one is nan."""
        if self.by == "grad":
            return largest(value.grad or 0.0 for value in item.values if value.requires_grad)
        return largest(value._data for value in item.shown)

    def colours(self, item: Item) -> tuple[str, str]:
        """The fill of a box and its ink."""
        size = self.size(item)
        if not math.isfinite(size):
            return NOT_FINITE, LIGHT_INK
        if size == 0.0 or not self.bounds:
            return ZERO, DARK_INK
        step = sum(1 for bound in self.bounds[1:-1] if size >= bound)
        return RAMPS[self.by][step], RAMP_INKS[step]

    def legend(self) -> Sequence[tuple[str, str, str]]:
        """(fill, ink, text) of each step, with that of 0 in front."""
        texts: dict[str, tuple[str, str]] = {f"|{self.by}|: 0": (ZERO, DARK_INK)}
        for bound, fill, ink in zip(self.bounds[1:], RAMPS[self.by], RAMP_INKS, strict=bool(self.bounds)):
            texts[f"to {format_number(float(f'{bound:.2g}'))}"] = fill, ink  # two digits tell steps apart
        return [(fill, ink, text) for text, (fill, ink) in texts.items()]


def markup(text: str) -> str:
    """Text in a label of DOT that is written like HTML: dot expands backslashes there, and 2.43 fails on a lone ]."""
    return escape(text).replace("\\", "\\\\").replace("]", "&#93;")


# --- boxes --------------------------------------------------------------------------------------------------


def box_rows(item: Item, name: str, gradient: str, uses: int, heat: Heat | None) -> list[Row]:
    """The text of a box; ``uses`` is how often it is drawn, where that is more than once."""
    # Without Pango, dot takes non-ASCII characters for narrower than they are: leave them room.
    room = "\u00a0" * (sum(c > "\x7f" for c in name) // 3)
    numbers = format_range(value._data for value in item.shown)
    rows = [Row(f"<b>{markup(name)}{room}</b>")] if name else []
    if item.part:
        first, *others = map(markup, item.part.summary)
        rows = [Row(f"<b>{first}{room}</b>"), *map(Row, others)]
        numbers = f"{numbers_word(item)}{numbers}"
    elif len(item.values) > 1:
        rows.append(Row(f"<b>×{len(item.values):,}</b>"))
    rows.append(Row(numbers, DATA))
    if gradient:
        rows.append(Row(_coloured(gradient, VERMILION.light, 13, heat), GRAD))
    if heat and (item.operation is None or len(item.values) > 1):
        rows += map(Row, _states(item))
    if uses > 1:
        rows.append(Row(_coloured(f"used {uses}×", GREY.light, 10, heat)))
    return rows


def numbers_word(item: Item) -> str:
    """What stands before the numbers in a box: of a part, whether they are those that leave it."""
    return "" if item.part is None else "out " if item.part.outputs else "values "


def box_look(item: Item, heat: Heat | None, outline: str = "solid") -> str:
    """The attributes of a box: its outline and colours."""
    fill, border, ink = WHITE.light, INK.light, ""
    if item.part:
        fill, border = PALE_GREEN.light, GREEN.light
    elif item.outside:
        outline = "dotted"
    elif item.is_constant:
        fill = border = PALE_GREY.light
    elif not item.values[0].requires_grad:
        fill, border, outline = PALE_GREY.light, GREY.light, "dashed"
    elif item.operation is None:
        fill, border = PALE_BLUE.light, BLUE.light
    if heat and not item.is_constant:
        fill, colour = heat.colours(item)
        ink = f' fontcolor="{colour}"'
    return f'style="rounded,filled,{outline}" fillcolor="{fill}" color="{border}"{ink}'


def _states(item: Item) -> list[str]:
    """How many units of an item are dead or saturated, of those that could be."""
    states = {value: found for value in item.values if (found := state(value))}
    rows = []
    for what, n in sorted(Counter(states.values()).items()):
        kinds = {value.primitive for value, found in states.items() if found == what}
        could_be = sum(1 for value in item.values if value.primitive in kinds)
        rows.append(f"<i>{n:,} of {could_be:,} {what}</i>")
    return rows


def _coloured(text: str, colour: str, size: int, heat: Heat | None) -> str:
    """Text in its colour; over heat in the ink that is readable there."""
    colours = "" if heat else f' color="{colour}"'
    return f'<font point-size="{size}"{colours}>{text}</font>'


# --- operations, edges, and the whole -----------------------------------------------------------------------


def operation_look(item: Item, heat: Heat | None) -> str:
    """The attributes of the node of an operation."""
    node = item.values[0]
    assert node.primitive is not None
    text, fill = f"<b>{markup(clean_label(node.primitive.symbol))}</b>", INK.light
    if heat and len(item.values) == 1 and (what := state(node)):
        text, fill = f'{text}<br/><font point-size="11"><i>{what}</i></font>', GREY.light
    return (
        f'label=<{text}> shape=box style="filled,rounded" fillcolor="{fill}" '
        f'fontcolor={WHITE.light} fontsize=16 color="{fill}"'
    )


def edge_label(edge: Edge) -> str:
    """The label of an edge: as which operand, and the slope along it."""
    parts = [f'<font color="{INK.light}"><i>{markup(clean_label(edge.name))}</i></font>'] if edge.name else []
    if edge.partial is not None:
        parts.append(f"slope {format_number(edge.partial)}")
    return f" label=< {'  '.join(parts)}>" if parts else ""  # the space keeps it off the line


def header(direction: str, caption: str) -> list[str]:
    """The lines of DOT that hold for a whole picture; a caption stands above it."""
    ink, grey = INK.light, GREY.light
    above = f' fontname={FONT} fontsize=12 fontcolor="{ink}" labelloc=t label=<{caption}>' if caption else ""
    return [
        f"graph [rankdir={direction} bgcolor={WHITE.light} pad=0.15 nodesep=0.2 ranksep=0.3{above}]",
        f'node [fontname={FONT} fontsize=14 fontcolor="{ink}" shape=box margin="0.14,0.05" height=0.3 width=0.3]',
        f'edge [fontname={FONT} fontsize=12 fontcolor="{PURPLE.light}" color="{grey}" arrowsize=0.6]',
    ]


def caption(note: str, heat: Heat | None) -> str:
    """What stands above the picture: the note, and the legend of the heat."""
    from textwrap import wrap  # only for pictures with a note

    rows = [
        f'<tr><td colspan="{{}}" align="left"><font color="{GREY.light}">{markup(line)}</font></td></tr>'
        for line in wrap(note, 60)  # no wider than a small picture
    ]
    cells = [
        f'<td bgcolor="{fill}" border="1" cellpadding="4"><font color="{ink}">{markup(text)}</font></td>'
        for fill, ink, text in (heat.legend() if heat else ())
    ]
    if cells:
        rows.append(f"<tr>{''.join(cells)}</tr>")
    table = "".join(row.format(max(1, len(cells))) for row in rows)
    return f'<table border="0" cellborder="0" cellspacing="0" color="{GREY.light}">{table}</table>'
