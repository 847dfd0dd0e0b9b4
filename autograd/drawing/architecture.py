"""A model without data: its parts, in the order in which they run where that is known, with their sizes.

A module may say more of itself, and those of ``nn`` do: ``shape``, how many inputs and outputs it has, ``applies()``,
the name of the function that it applies last, and ``sequence()``, what runs one after the other in it, by name.  Each
may be missing, or give None where it is not known without data.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby, pairwise
from typing import Any

from ..scopes import Scoped
from .notation import clean_label, clean_path, kind_of, plural, times
from .style import END, FRAME, PART, header, markup

TOGETHER = 3  # so many elements in a row that say the same are shown once


class Element:
    """A module, or a function between modules: one box, or a frame around the elements in it."""

    def __init__(self, name: str, run: Any) -> None:
        self.name = clean_path(name)
        self.run = run
        self.count = 1  # of those in a row that it stands for
        self.kind = kind_of(run) if isinstance(run, Scoped) else "function"
        self.parameters = dict.fromkeys(run.named_parameters().values()) if isinstance(run, Scoped) else {}
        self.shape = getattr(run, "shape", None)
        self.in_sequence = hasattr(run, "sequence")
        modules = run.direct_modules() if isinstance(run, Scoped) else {}
        inside = run.sequence() if self.in_sequence else modules
        self.elements = [Element(f"{name}.{inner}".lstrip("."), module) for inner, module in inside.items()]
        self.repeated = ""  # what it consists of, where that is one thing many times: said in its box
        if self.in_sequence:
            self.elements = list(_join_repeats(self.elements))
        elif len({element.says() for element in self.elements}) == 1:
            self.repeated = times(self.elements[0].kind, len(self.elements))
            self.elements = []

    def lines(self) -> list[str]:
        """What it is, how many parameters it has, how wide it is, what it applies, what it consists of."""
        if self.kind == "function":
            return [clean_label(getattr(self.run, "__name__", repr(self.run)))]
        lines = [times(self.kind, self.count)]
        if self.parameters:
            lines[0] += f", {plural(len(self.parameters), 'parameter')}"
        if self.shape:
            applied = clean_label(self.run.applies()) if hasattr(self.run, "applies") else ""
            lines.append(", ".join(filter(None, [f"{self.shape[0]:,} → {self.shape[1]:,}", applied])))
        return [*lines, self.repeated] if self.repeated else lines

    def says(self) -> tuple[object, ...]:
        """What it says without its name."""
        return (*self.lines(), self.in_sequence, *(element.says() for element in self.elements))


def _join_repeats(elements: list[Element]) -> Iterator[Element]:
    """The elements of a sequence, with several in a row that say the same as one."""
    for _, group in groupby(elements, Element.says):
        run = list(group)
        if len(run) < TOGETHER:
            yield from run
            continue
        one = run[0]
        one.count, one.name = len(run), f"{run[0].name} … {run[-1].name}"
        one.parameters = {leaf: None for element in run for leaf in element.parameters}
        yield one


def architecture(model: Scoped, direction: str) -> tuple[list[str], list[str], str]:
    """The DOT lines of a model's picture, its lines of text, and a sentence about it."""
    whole = Element("", model)
    top = whole.elements if whole.elements else [whole]
    total = plural(len(whole.parameters), "parameter")
    title = f"{whole.kind}, {total}"
    lines = [*header(direction, f"<b>{markup(title)}</b>"), "graph [compound=true]"]
    first, last = _Boxes(lines).add(top, whole.in_sequence)
    if whole.shape and whole.in_sequence:
        lines.append(f"input [label=<{plural(whole.shape[0], 'input')}> {END}]")
        lines.append(f"output [label=<{plural(whole.shape[1], 'output')}> {END}]")
        lines += [f"input -> {first}", f"{last} -> output"]
    text = [title, *_text(top, 1)]
    return [f"\t{line}\n" for line in lines], text, f"{title}: {plural(len(top), 'part')}."


class _Boxes:
    """Writes elements as boxes and frames; arrows join what runs one after the other."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.made = 0

    def add(self, elements: list[Element], in_sequence: bool) -> tuple[str, str]:
        """Returns the first and the last box."""
        # dot puts the first of what no arrow orders at the bottom.
        ends = [self._element(element) for element in (elements if in_sequence else elements[::-1])]
        if in_sequence:
            for (_, tail, ltail), (head, _, lhead) in pairwise(ends):
                frames = [f"{key}={frame}" for key, frame in (("ltail", ltail), ("lhead", lhead)) if frame]
                self.lines.append(f"{tail} -> {head} [{' '.join(frames)}]")
        return ends[0][0], ends[-1][1]

    def _element(self, element: Element) -> tuple[str, str, str]:
        self.made += 1
        label = "<br/>".join([f"<b>{markup(element.name)}</b>"] * bool(element.name) + [*map(markup, element.lines())])
        if not element.elements:
            box = f"g{self.made}"
            self.lines.append(f"{box} [label=<{label}> {PART}]")
            return box, box, ""
        frame = f"cluster{self.made}"
        self.lines.append(f"subgraph {frame} {{ label=<{label}> {FRAME}")
        first, last = self.add(element.elements, element.in_sequence)
        self.lines.append("}")
        return first, last, frame


def _text(elements: list[Element], indent: int) -> Iterator[str]:
    width = max(len(element.name) for element in elements)
    for element in elements:
        yield f"{'  ' * indent}{element.name.ljust(width)}  {', '.join(element.lines())}".rstrip()
        if element.elements:
            yield from _text(element.elements, indent + 1)
