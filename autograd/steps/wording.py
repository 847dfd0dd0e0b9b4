"""How a computation is put into words: counts, names among numbers, and what is special at a point."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..drawing import fill, format_number
from ..primitives import TABLE, Primitive
from ..value import Value

# The signs of the texts, and what stands for them where only ASCII can be shown.
ASCII: dict[str, str | int | None] = {
    **{row.symbol: row.name for row in TABLE.values() if len(row.symbol) == 1 and not row.symbol.isascii()},
    "∂": "d", "·": "*", "×": "x", "→": "->", "—": "--", "√": "sqrt ", "∞": "inf", "≤": "<=", "≥": ">=", "≠": "!=",
    "…": "...", "½": "1/2", "′": "'", "²": "^2", "−": "-", "⁻": "-", "ˣ": "^x", "₁": "1", "\u2068": "", "\u2069": "",
}  # fmt: skip


# What is said of each step.  A page fills the same templates with the numbers that it computes anew, and colours each
# slot by what it is: a ``grad`` is how fast the root moves with a value, a ``slope`` how fast a value moves along one
# arrow into it, and a ``product`` is the one times the other.
WORDS = {
    # a line for each step
    "forward": "{name} = {written} = {numbers} = {data}",
    "forward given": "{name} = {numbers} = {data}",
    "begin": "{node}.grad = {grad} — where every walk back begins",
    "add": "{parent}.grad += {node}.grad × {arrow} = {grad} × {slope} = {product} ({before} → {after})",
    "stop": "{node}.grad = {grad} — nothing flows on to {below}",
    "arrow": "slope along {parent} → {node}",
    "arrow of one operand": "slope along {parent} → {node} ({place})",
    # what a line ends with
    "not finite": "the first result that is not finite",
    "zero": "0 times anything is 0 here, even infinity and nan",
    "flat": "the slope is 0: nothing passes",
    "steep": "the slope is {slope}",
    "ways": "way {way} of {ways} into {parent}: they add up",
    "wrong": "wrong: {node} passed on {sent} of this {grad} before, and passes it on again",
    "earlier": "{parent}.grad holds {held} from before: backward() adds to it",
    # where there is no way back, and how a naive walk ends
    "nothing back": "{node} depends on nothing that needs a gradient: there is nothing to pass back",
    "no start": "{node} is {data}: backward() refuses to start from a result that is not finite",
    "compare": "{node}.grad = {grad}, right is {right}",
    "more wrong": "{more} more are wrong",
    "must wait": "a value must wait for its whole gradient before it passes it on",
    "nothing twice": "no value that is used twice passed anything on twice",
    "same result": "the same result as in the right order",
    # the card of a step
    "start": "Blue boxes are numbers that you choose.",
    "start, live": "Drag one to the left or right, or type its number below: everything is computed again at once.",
    "start, then": "First forward: every result is computed, from left to right, until {root} is known. Then backward, "
    "from right to left: how fast does {root} move with each number?",
    "computed": "Computed from {operands}: known by now.",
    "seed": "{node}.grad = {grad}",
    "seed, why": "As {node} moves by 1, {node} moves by 1. Every walk back begins with that; .grad of a value is how "
    "much {node} moves for each 1 of that value.",
    "slope": "{arrow} = {derivation}",
    "product": "{node}.grad × slope = {grad} × {slope} = {product}",
    "sum": "{parent}.grad = {before} + {product} = {after}",
    "one way": "{parent}.grad = {after}",
    "rate": "When {parent} moves by 1, {node} moves by {slope}; each 1 of {node} moves {root} by {grad}. Rate times "
    "rate: each 1 of {parent} moves {root} by {product} along this arrow.",
    "add up": "{parent} acts on {root} along {ways} ways at once, so what comes along each is added up: way {way} of "
    "{ways}.",
    "stopped": "{root} does not move with {node}, and so not with what {node} was computed from.",
    "end": "Every gradient is known.",
    "end, then": "To make {root} smaller, move each number a little against its gradient: that is a training step.",
    # what a page says when it is touched
    "nudge": "{name} + 0.001 really moves {root} by {moved}; its gradient foretold 0.001 × {grad} = {foretold}.",
    "stepped": "Each number moved by −{rate} × its gradient: {root} went from {before} to {after}.",
    "ask forward": "What is {name} = {written}?",
    "ask back": "{parent}.grad becomes … ?",
    "ask seed": "{node}.grad: how much does {node} move when {node} moves by 1?",
    "hint forward": "Not yet. Put the numbers in: {numbers}.",
    "hint slope": "That is the slope alone. Rate times rate: it goes times {node}.grad, which is {grad}.",
    "hint sum": "That is what comes along this arrow. {parent}.grad has {before} from another way already: add them.",
    "hint back": "Not yet. {node}.grad is {grad}, the slope along this arrow is {slope}: multiply, and add what is "
    "there, {before}.",
    "hint seed": "Not yet: as {node} moves by 1, {node} moves by just as much.",
    "right": "Right: {answer}.",
    "answer": "It is {answer}; you said {said}.",
    "score": "{right} of {asked} right at the first try.",
    "curve": "{node} for each {parent}, and its slope {slope} here",
    "box": "{node} moves {root} by {grad} for each 1",
}  # fmt: skip


def say(words: str, **texts: str) -> str:
    """What is said of a step, with names and numbers in the slots.

    >>> say("wrong", node="b", sent="1", grad="2")
    'wrong: b passed on 1 of this 2 before, and passes it on again'
    """
    return fill(WORDS[words], texts)


def count(n: int) -> str:
    """A number of things in digits, or where there are very many their power of ten.

    >>> count(1234), count(2**10000)
    ('1,234', 'about 10^3010')
    """
    return f"{n:,}" if n < 10**15 else f"about 10^{int(n.bit_length() * math.log10(2.0))}"


def place_of(node: Value, operand: int) -> str:
    """Which operand of a value is meant, where it has one twice: left or right, base or exponent, operand 3."""
    assert node.primitive is not None
    role = node.primitive.roles(len(node.parents))[operand]
    return role or (("left", "right")[operand] if len(node.parents) == 2 else f"operand {operand + 1}")


def special(row: Primitive, operands: Sequence[float], out: float, partials: Sequence[float]) -> str:
    """What a learner should know about a row of the table at this point, or nothing.

    >>> from autograd.primitives import TABLE
    >>> special(TABLE["relu"], [-1.0], 0.0, [0.0])
    'a dead relu: its slope below 0 is 0'
    """
    point = row.special_point(operands, out)
    return point.note.format(slope=format_number(partials[0])) if point else ""


def isolate(name: str) -> str:
    """A name among numbers: one that is written from right to left must not turn those around.

    The two characters put around it are of Unicode's bidirectional algorithm, FSI and PDI.
    """
    if name.isascii():
        return name
    from unicodedata import bidirectional

    return f"\u2068{name}\u2069" if any(bidirectional(c) in ("R", "AL", "AN") for c in name) else name


def encodable(text: str, encoding: str | None) -> str:
    """The text in signs that the encoding of a stream has: as it is, or else in ASCII.

    >>> encodable("∂L/∂a = 2 × 3", "ascii")
    'dL/da = 2 x 3'
    """
    try:
        text.encode(encoding or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return text.translate(str.maketrans(ASCII)).encode("ascii", "replace").decode()
    return text
