"""One sample's loss and gradient as a program, and what of it is summed over the samples."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from ...errors import TraceError, describe
from ...graph import dependents
from ...primitives import pick
from ...program import LIST, Equation, Program, Trace, computed_before, dependent_variables, program_of, tracing
from ...value import Value
from ..layout import SamplePlans
from ..plan import ONES, Indexed, Products, Row, plan_loop, rows_of
from .adjoint import Writing, adjoint


class SampleSums:
    """The program of one sample's loss and gradient, and the products that are to be summed over the samples.

    Its variables are of three kinds: ``uniform`` ones are alike for all samples, ``varying`` ones differ, and
    ``late`` ones carry the gradients that reached uniform variables, the ``edge``, on to the parameters.

    The first output of the ``program`` is the loss; its inputs are the numbers of a sample, the weight of that in the
    mean, and the gradients of the edge.  ``write`` begins it with the program of the loss; ``left`` says what could not
    be written out, if anything could not.
    """

    def __init__(self, traced: Trace, parameters: Sequence[Value], write: Callable[[Program], Writing]) -> None:
        before = computed_before(traced.order)
        for node in before & dependents(traced.order, parameters) if before else ():
            raise TraceError(
                f"the loss uses {describe(node)}, which was computed from parameters before the loss was called, "
                f"and so would stay what it is: compute it in the loss"
            )
        (root,), guard = traced.outputs, traced.guard
        with tracing():
            guarded = root if guard is None else root + guard
        order = traced.order if guard is None else None
        forward = program_of(traced.inputs, [root, guarded], order).listed()
        leaves = {leaf: v for v, leaf in forward.leaves.items()}
        places = {leaves[p]: i for i, p in enumerate(parameters) if p in leaves}
        sampled = dependent_variables(forward.equations, forward.inputs)
        edge = edge_of(forward, sampled, places)
        ends = places | {v: len(parameters) + i for i, v in enumerate(edge)}

        writer = write(forward)
        seed = writer.input()
        self._inputs, self._cotangents = tuple(writer.inputs), tuple([writer.input() for _ in edge])
        body = adjoint(forward, writer, {forward.outputs[0]: seed}, ends, picks_of(forward, sampled))
        after = adjoint(forward, writer, dict(zip(edge, self._cotangents, strict=True)), places)
        value, one = writer.names[forward.outputs[1]], writer.number(1.0)
        rows: dict[int, tuple[Row, ...]] = {}  # of factors: those of a layer are one tuple for all of its gradients

        def as_rows(factors: tuple[int, ...]) -> tuple[Row, ...]:
            if id(factors) not in rows:
                rows[id(factors)] = tuple([ONES if x == one else x for x in factors]) if one in factors else factors
            return rows[id(factors)]

        products, self._late_products = (
            [Products(g, as_rows(factors), sums) for g, (factors, sums) in found.products.items()]
            for found in (body, after)
        )
        look_ups = [
            Indexed(body.picks[out], writer.names[args[0]], tuple([ends.get(choice) for choice in args[1:]]))
            for out, _, args in forward.equations
            if out in body.picks
        ]
        every: list[Products | Indexed] = [*products, *self._late_products, *look_ups]
        self.left = writer.left
        self.program = writer.program([value, *(v for v in rows_of(every) if isinstance(v, int))])
        reached = set[int | None]().union(*{id(of.places): of.places for of in every}.values())
        self.reached = [p for i, p in enumerate(parameters) if i in reached]  # the parameters that get a gradient
        self._products: list[Products | Indexed] = [*products, *look_ups]
        self._products.append(Products(seed, (value,), [len(parameters) + len(edge)]))

    def plans(self) -> SamplePlans:
        """What is computed together."""
        program, inputs, cotangents = self.program, self._inputs, self._cotangents
        early, after = program.equations, list[Equation]()
        if cotangents:
            late = program.dependents(cotangents) - program.dependents(inputs)
            early = [e for e in program.equations if e.out not in late]
            after = [e for e in program.equations if e.out in late or e.primitive is LIST]
        return SamplePlans(
            inputs,
            cotangents,
            program.leaves,
            plan_loop(early, program.constants, inputs, self._products),
            plan_loop(after, program.constants, cotangents, self._late_products),
        )


def edge_of(program: Program, sampled: set[int], parameters: Collection[int]) -> list[int]:
    """The results computed from parameters and no sample that others, computed from samples, use; or the root."""
    root = program.outputs[0]
    moved = program.dependents(parameters) - sampled
    edge = [root] if root in moved or root in parameters else []
    lists = {out: args for out, primitive, args in program.equations if primitive is LIST}
    for out, _, args in program.equations:
        if out in sampled and not moved.isdisjoint(args):
            edge += [v for arg in args if arg in moved for v in lists.get(arg, (arg,)) if v in moved]
    return list(dict.fromkeys(edge))


def picks_of(program: Program, sampled: Collection[int]) -> list[int]:
    """The results that pick, by an index of each sample, from what is alike for all of them."""
    differ = {*sampled, *program.inputs}
    return [
        out
        for out, primitive, args in program.equations
        if primitive is pick and out in sampled and differ.isdisjoint(args[1:])
    ]
