"""A model without data: its parts, in the order in which they run where that is known, with their sizes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby, pairwise
from typing import Any

from ..scopes import Scoped
from .source import BLUE, GREEN, GREY, PALE_BLUE, PALE_GREEN, header, html
from .text import clean, clean_path, plural, times

TOGETHER = 3  # so many parts in a row that say the same are shown once


class Element:
    """A module, or a function between modules: one box, or a frame around the elements in it."""

    def __init__(self, name: str, run: Any) -> None:
        self.name = clean_path(name)
        self.run = run
        self.count = 1
        self.kind = type(run).__name__ if isinstance(run, Scoped) else "function"
        self.parameters = dict.fromkeys(run.named_parameters().values()) if isinstance(run, Scoped) else {}
        sequence = run.sequence() if isinstance(run, Scoped) else None
        inside = sequence
        if inside is None:
            inside = run.direct_modules() if isinstance(run, Scoped) else {}
        self.in_sequence = sequence is not None
        elements = [Element(f"{name}.{inner}".lstrip("."), module) for inner, module in inside.items()]
        self.alike = len({element.says() for element in elements}) == 1 and not self.in_sequence
        self.inner = "" if not self.alike else times(elements[0].kind, len(elements))
        self.elements = [] if self.alike else list(_together(elements)) if self.in_sequence else elements

    def lines(self) -> list[str]:
        """What it is, how many parameters it has, how wide it is, what it applies, what it consists of."""
        if self.kind == "function":
            return [clean(getattr(self.run, "__name__", repr(self.run)))]
        about = times(self.kind, self.count)
        if self.parameters:
            about += f", {plural(len(self.parameters), 'parameter')}"
        sizes = [f"{self.run.shape[0]:,} → {self.run.shape[1]:,}"] if self.run.shape else []
        return [about, *([", ".join([*sizes, *filter(None, [self.run.applies()])])] if sizes else []), *self._inner()]

    def _inner(self) -> list[str]:
        return [self.inner] if self.inner else []

    def says(self) -> tuple[object, ...]:
        """What it says without its name."""
        return (*self.lines(), self.in_sequence, *(element.says() for element in self.elements))


def _together(elements: list[Element]) -> Iterator[Element]:
    """A run of elements that say the same as one."""
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
    lines = [*header(direction, f"<b>{html(title)}</b>"), "graph [compound=true]"]
    ends = _Boxes(lines).add(top, whole.in_sequence)
    if model.shape and whole.in_sequence:
        looks = f'style="rounded,filled" fillcolor="{PALE_BLUE}" color="{BLUE}"'
        lines.append(f"input [label=<{plural(model.shape[0], 'input')}> {looks}]")
        lines.append(f"output [label=<{plural(model.shape[1], 'output')}> {looks}]")
        lines += [f"input -> {ends[0]}", f"{ends[1]} -> output"]
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
        label = "<br/>".join([f"<b>{html(element.name)}</b>"] * bool(element.name) + [*map(html, element.lines())])
        if not element.elements:
            box = f"g{self.made}"
            look = f'style="rounded,filled" fillcolor="{PALE_GREEN}" color="{GREEN}"'
            self.lines.append(f"{box} [label=<{label}> {look}]")
            return box, box, ""
        frame = f"cluster{self.made}"
        self.lines.append(f'subgraph {frame} {{ label=<{label}> style=rounded color="{GREY}"')
        first, last = self.add(element.elements, element.in_sequence)
        self.lines.append("}")
        return first, last, frame


def _text(elements: list[Element], indent: int) -> Iterator[str]:
    width = max(len(element.name) for element in elements)
    for element in elements:
        yield f"{'  ' * indent}{element.name.ljust(width)}  {', '.join(element.lines())}".rstrip()
        if element.elements:
            yield from _text(element.elements, indent + 1)
