"""A computation as a list of named equations: what a graph says, in the order in which it is computed.

    { a b .
      c = a * b
      d = tanh(c)
      in d }

Variables are numbered, first the inputs, then leaves, constants and results as they come; letters are for print.
"""

from __future__ import annotations

import copy
import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ..drawing import format_operation
from ..graph import topological_order
from ..html import printable
from ..modes import mode
from ..value import Value, evaluate
from .dataflow import LIST, Equation, dependent_variables, listed


class Program:
    """The equations below some outputs.

    ``leaves`` are the Values that the computation closes over, by variable, read anew at every call;
    ``constants`` are its plain numbers; through ``frozen`` results no gradient flows.  Nodes that ``find_fixed`` gives
    count as leaves, though they were computed.
    """

    def __init__(
        self,
        inputs: Sequence[Value],
        outputs: Sequence[Value],
        find_fixed: Callable[[Sequence[Value]], set[Value]] = lambda order: set(),
        order: Sequence[Value] | None = None,
    ) -> None:
        """``order`` has the nodes below the outputs, each after its parents, if somebody knows it already."""
        self.inputs = tuple(range(len(inputs)))
        self.labels = {i: node.label for i, node in enumerate(inputs) if node.label}
        self.leaves: dict[int, Value] = {}
        self.constants: dict[int, float] = {}
        self.equations: list[Equation] = []
        self.frozen: set[int] = set()
        variables: dict[Value, int] = {node: i for i, node in enumerate(inputs)}
        given = set(inputs)
        order = topological_order(*outputs) if order is None else order
        fixed = find_fixed(order)
        if any(node.primitive is not None for node in inputs) or fixed:  # what is behind these is not needed
            needed = set(outputs)
            for node in reversed(order):
                if node in needed and node not in given and node not in fixed:
                    needed.update(node.parents)
            order = [node for node in order if node in needed]
        for node in order:
            if node in given:
                continue
            number = variables[node] = len(variables)
            if node.primitive is not None and node not in fixed:
                args = tuple([variables[parent] for parent in node.parents])
                self.equations.append(Equation(number, node.primitive, args))
                if not node.requires_grad:
                    self.frozen.add(number)
            elif node.is_constant:
                self.constants[number] = node._data
            else:
                self.leaves[number] = node
        self.outputs = tuple([variables[node] for node in outputs])
        self.variables = len(variables)  # how many there are

    def bound(self, leaves: dict[int, Value]) -> Program:
        """The same program over other leaves."""
        twin = copy.copy(self)
        twin.leaves = leaves
        return twin

    def evaluate(self, inputs: Sequence[float]) -> list[float]:
        """The outputs for some inputs, by Python's own arithmetic: the reference for every other way.

        Where the forward of a primitive raises, its result is what IEEE 754 has, inf or nan.
        """
        data: dict[int, Any] = dict(zip(self.inputs, inputs, strict=True))
        data |= self.constants
        data |= {number: leaf._data for number, leaf in self.leaves.items()}
        with mode.set(recording=False, lenient=True):
            for out, primitive, args in self.equations:
                operands = [data[arg] for arg in args]
                if primitive is LIST:
                    data[out] = operands
                elif primitive.variadic:
                    data[out] = evaluate(
                        primitive, [x for xs in operands for x in (xs if type(xs) is list else [xs])], ()
                    )
                else:
                    data[out] = evaluate(primitive, operands, ())
        return [data[output] for output in self.outputs]

    def listed(self) -> Program:
        """The same with lists of variables, which stand for their items: every dot is one of two lists."""
        twin = copy.copy(self)
        twin.equations = listed(self.equations, self.variables)
        twin.variables += len(twin.equations) - len(self.equations)
        return twin

    def only(self, outputs: Sequence[int]) -> Program:
        """The part of the program that computes these variables."""
        part, needed = copy.copy(self), set(outputs)
        part.outputs, part.equations = tuple(outputs), []
        for equation in reversed(self.equations):
            if equation.out in needed:
                needed.update(equation.args)
                part.equations.append(equation)
        part.equations.reverse()
        return part

    def dependents(self, variables: Iterable[int]) -> set[int]:
        """The results that were computed from any of the variables."""
        return dependent_variables(self.equations, variables)

    def __str__(self) -> str:
        names = self._names()
        lines = ["{ " + " ".join(names[v] for v in self.inputs) + " ."]
        for out, primitive, args in self.equations:
            lines.append(f"  {names[out]} = {format_operation(primitive, [names[arg] for arg in args])}")
        lines.append("  in " + " ".join(names[v] for v in self.outputs) + " }")
        return "\n".join(lines)

    def _names(self) -> dict[int, str]:
        """Numbers as they are, labels where they are unique, letters for the rest."""
        labels = self.labels | {v: leaf.label for v, leaf in self.leaves.items() if leaf.label}
        labels = {v: " ".join(printable(label).split()) for v, label in labels.items()}
        count = Counter(labels.values())
        names = {v: label for v, label in labels.items() if label and count[label] == 1}
        names |= {v: repr(x).removesuffix(".0") for v, x in self.constants.items()}
        letters = (text for text in map(_letters, itertools.count()) if text not in count)
        for v in (*self.inputs, *self.leaves, *(equation.out for equation in self.equations)):
            if v not in names:
                names[v] = next(letters)
        return names


def _letters(number: int) -> str:
    """a, b, ..., z, aa, ab, ..."""
    text = ""
    number += 1
    while number:
        number, letter = divmod(number - 1, 26)
        text = chr(97 + letter) + text
    return text
