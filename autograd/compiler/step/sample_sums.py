"""One sample's loss and gradient as a program, and what of it is summed over the samples."""

from __future__ import annotations

from collections.abc import Sequence

from ...errors import TraceError, describe
from ...graph import dependents, topological_order
from ...primitives import pick
from ...program import Program, Trace, computed_before, program_of, traced_input, tracing
from ...value import Value
from ..layout import SamplePlans
from ..plan import ONES, Indexed, Products, plan_loop
from .adjoint import adjoint


class SampleSums:
    """The program of one sample's loss and gradient, and the products that are to be summed over the samples.

    Its variables are of three kinds: ``uniform`` ones are alike for all samples, ``varying`` ones differ, and
    ``late`` ones carry the gradients that reached uniform variables, the ``edge``, on to the parameters.

    The first output of the ``program`` is the loss; its inputs are the numbers of a sample, the weight of that in the
    mean, and the gradients of the edge.
    """

    def __init__(self, traced: Trace, parameters: Sequence[Value]) -> None:
        samples, (root,), guard, order = traced.inputs, traced.outputs, traced.guard, traced.order
        seed = traced_input("weight")
        for node in computed_before(order) & dependents(order, parameters):
            raise TraceError(
                f"the loss uses {describe(node)}, which was computed from parameters before the loss was called, "
                f"and so would stay what it is: compute it in the loss"
            )
        edge = edge_of(order, samples, parameters)
        cotangents = [traced_input("cotangent") for _ in edge]
        with tracing():
            self._body = adjoint(order, {root: seed}, [*parameters, *edge], picks_of(order, samples))
            self._after = adjoint(topological_order(*edge), dict(zip(edge, cotangents, strict=True)), parameters)
            guarded = root if guard is None else root + guard
        # Every gradient, factor and index once.
        nodes = dict.fromkeys(
            x for found in (self._body, self._after) for g, of in found.products.items() for x in (g, *of.factors)
        )
        nodes |= dict.fromkeys(x for node, g in self._body.picks.items() for x in (g, node.parents[0]))
        self._nodes, self._ends, self._samples = [*nodes], [*parameters, *edge], len(samples)
        self.program = program_of([*samples, seed, *cotangents], [guarded, *nodes])
        reached = {leaf for found in (self._body, self._after) for of in found.products.values() for leaf in of.leaves}
        reached |= {choice for node in self._body.picks for choice in node.parents[1:]}
        self.reached = [p for p in parameters if p in reached]  # the parameters that get a gradient

    def plans(self, program: Program) -> SamplePlans:
        """The plans of the program, or of what it was expanded to."""
        inputs, cotangents = program.inputs[: self._samples + 1], program.inputs[self._samples + 1 :]
        value, *others = program.outputs
        equations, constants = program.equations, program.constants
        variables = dict(zip(self._nodes, others, strict=True))
        factors = {node: ONES if constants.get(v) == 1.0 else v for node, v in variables.items()}
        places = {leaf: i for i, leaf in enumerate(self._ends)}
        products, late_products = (
            [
                Products(variables[g], tuple([factors[x] for x in of.factors]), [places[leaf] for leaf in of.leaves])
                for g, of in found.products.items()
            ]
            for found in (self._body, self._after)
        )
        look_ups = [
            Indexed(variables[g], factors[node.parents[0]], tuple([places.get(choice) for choice in node.parents[1:]]))
            for node, g in self._body.picks.items()
        ]
        whole = Products(inputs[-1], (value,), [len(places)])
        varying = program.dependents(inputs)
        late = program.dependents(cotangents) - varying
        early = [e for e in equations if e.out not in late]
        return SamplePlans(
            inputs,
            cotangents,
            program.leaves,
            plan_loop(early, constants, inputs, [*products, *look_ups, whole]),
            plan_loop([e for e in equations if e.out in late], constants, cotangents, late_products),
        )


def edge_of(order: Sequence[Value], samples: Sequence[Value], parameters: Sequence[Value]) -> list[Value]:
    """The nodes computed from parameters and no sample that others, computed from samples, use; or the root."""
    sampled = dependents(order, samples)
    moved = dependents(order, parameters) - sampled
    edge = [order[-1]] if order[-1] in moved else []
    edge += [p for node in order if node in sampled for p in node.parents if p in moved and p.parents]
    return list(dict.fromkeys(edge))


def picks_of(order: Sequence[Value], samples: Sequence[Value]) -> list[Value]:
    """The nodes that pick, by an index of each sample, from what is alike for all of them."""
    sampled = dependents(order, samples)
    return [
        node for node in order if node.primitive is pick and node in sampled and sampled.isdisjoint(node.parents[1:])
    ]
