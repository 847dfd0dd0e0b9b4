"""What several tests draw: a recurrent network, labels that are hard to show; and whether anything can be laid out."""

from typing import Any

import pytest

from autograd import DrawError, Value
from autograd.drawing import find_dot
from nn import Module, Neuron

try:
    find_dot()
    no_dot = False
except DrawError:
    no_dot = True
needs_dot = pytest.mark.skipif(no_dot, reason="no dot executable here: pip install graphviz-pure")

# Labels that are hard to show.
NASTY = [
    '"quotes" and \'these\'', "back\\slash \\N \\G \\\\", "ends in \\", "{a|b}<p>", "&amp; &#65; &", "two\nlines\ttab",
    "<script>alert(1)</script>", "</b>]>;}", "]", "-->", "]]>", "nul\0bell\a", "\ud800 alone", "\ufffe\uffff",
    "Gewichtsänderung", "سلام", "重み", "😀", "\u202ebackwards", "W" * 1000, "%n", "$x^2$", "n0", "node", " ",
]  # fmt: skip


class Cell(Module):
    """h = tanh(w·x + u·h), the same weights at every step."""

    def __init__(self) -> None:
        self.w, self.u = Value(0.5), Value(-0.3)

    def forward(self, x: Any) -> Value:
        return (self.w * x[0] + self.u * x[1]).tanh()


class Recurrent(Module):
    def __init__(self) -> None:
        self.cell = Cell()
        self.head = Neuron(1, activation="linear")

    def forward(self, x: Any) -> Value:
        h: Any = 0.0
        for xi in x:
            h = self.cell([xi, h])
        return self.head([h])
