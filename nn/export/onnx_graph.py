"""To ONNX: a model as a graph of basic operators over float64, for the runtimes that read that format.

A layer is one product of matrices.  Activations, which are functions of one Value, are traced, and their equations
printed in operators that work on whole tensors: so one of your own goes along.  Whatever else a model is made of is
traced as a function of its inputs, and printed over their columns.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from autograd import Primitive, Value
from autograd.program import Program, forward_program

from ..activations import find_activation
from ..evaluation import evaluating
from ..modules import MLP, Dropout, Embedding, Layer, Module, Neuron, Residual, Sequential, Standardize
from .rewritten import REWRITTEN
from .tracing import inputs_of, traced_function

if TYPE_CHECKING:
    import onnx

OPSET, IR_VERSION = 17, 8  # of 2022: runtimes since then read it
# The operator for each instruction that rows name, where onnxruntime has it over float64; those of conditions below.
OPERATORS = {
    "fneg": "Neg", "fadd": "Add", "fsub": "Sub", "fmul": "Mul", "fdiv": "Div", "fabs": "Abs", "exp": "Exp",
    "log": "Log", "sqrt": "Sqrt", "sin": "Sin", "cos": "Cos", "tanh": "Tanh", "pow": "Pow",
}  # fmt: skip
CONDITIONS = {"olt": "Less", "ole": "LessOrEqual", "ogt": "Greater", "oge": "GreaterOrEqual", "oeq": "Equal"}
JOINED = {"and": "And", "or": "Or", "not": "Not"}


def to_onnx(model: Module, *, inputs: int | None = None) -> onnx.ModelProto:
    """The ``onnx.ModelProto`` that computes what ``nn.predict`` gives, in float64: ``onnx.save`` writes it.

    It takes ``x`` of shape (rows, inputs) and gives ``y`` of shape (rows, outputs), also where there is one output, in
    evaluation mode, with what ``Standardize`` has learned; names of columns and classes are in its metadata.
    ``inputs`` is how many numbers the model takes: those of this library know it.  Results are those of ``predict`` up
    to the last bits: products are added up in another order, and what runtimes lack over float64 (erf, expm1, log1p, …)
    is written out in basic operators.

    ImportError without onnx, ValueError where nobody knows how many inputs there are, TraceError where a part of the
    model asks what only one number can answer (``if x > 0``).

    For example::

        onnx.save(to_onnx(model), "model.onnx")
        onnxruntime.InferenceSession("model.onnx").run(None, {"x": X})
    """
    try:
        import onnx
    except ImportError:
        raise ImportError('to_onnx needs onnx: python -m pip install "stepgrad[onnx]"') from None
    graph = _Graph(onnx)
    width = inputs_of(model, inputs, "to_onnx")
    with evaluating(model.modules()):
        result = graph.model(model, Tensor("x", width))
    made: onnx.ModelProto = graph.finished(model, width, result)
    return made


class Tensor(NamedTuple):
    """A tensor of shape (rows, width), by its name in the graph."""

    name: str
    width: int


class _Graph:
    """Takes the operators of a graph as they come, and the numbers that they need."""

    def __init__(self, onnx: Any) -> None:
        self.helper, self.kinds = onnx.helper, onnx.TensorProto
        self.check = onnx.checker.check_model
        self.nodes: list[Any] = []
        self.tensors: list[Any] = []
        self.numbers: dict[str, str] = {}  # the name of each, by its text
        self.truths: dict[str, str] = {}  # the condition behind a number that is 1.0 or 0.0
        self.blocks: dict[type, Callable[[Any, Tensor], Tensor]] = {
            Neuron: lambda neuron, x: self.product([neuron], neuron, x),
            Layer: lambda layer, x: self.product(layer.neurons, layer, x),
            MLP: self.sequence,
            Sequential: self.sequence,
            Residual: self.residual,
            Dropout: lambda _, x: x,
            Embedding: self.embedding,
            Standardize: self.standardize,
        }

    # --- modules ------------------------------------------------------------------------------------------------

    def model(self, module: Any, x: Tensor) -> Tensor:
        """What a module or function of the model gives; ValueError, as from the module, where the widths do not fit."""
        known = self.blocks.get(type(module))
        shape = getattr(module, "shape", None) if known else None
        return self.columns(module, x) if known is None or (shape and shape[0] != x.width) else known(module, x)

    def sequence(self, model: Sequential, x: Tensor) -> Tensor:
        for layer in model.layers:
            x = self.model(layer, x)
        return x

    def residual(self, block: Residual, x: Tensor) -> Tensor:
        inside = self.sequence(block, x)
        if inside.width != x.width:
            return self.columns(block, x)  # where the block says so itself
        return Tensor(self.add("Add", x.name, inside.name), x.width)

    def product(self, neurons: Sequence[Neuron], layer: Module, x: Tensor) -> Tensor:
        """The outputs of neurons over the same inputs: their weights as a matrix, and their one activation."""
        first = neurons[0].activation
        if any(type(neuron) is not Neuron or neuron.activation != first for neuron in neurons):
            return self.columns(layer, x)
        weights = self.constant([w for neuron in neurons for w in neuron.w], len(neurons), x.width)
        biases = self.constant([neuron.b for neuron in neurons], len(neurons))
        made = self.add("Gemm", x.name, weights, biases, transB=1)
        activate, _ = find_activation(first)
        (out,) = self.printed(traced_function(lambda xs: activate(xs[0]), 1), [made])
        return Tensor(out, len(neurons))

    def embedding(self, table: Embedding, x: Tensor) -> Tensor:
        """The row for each index; nan where it counts none, as ``pick`` has it."""
        rows = self.constant([number for row in table.rows for number in row], len(table.rows), len(table.rows[0]))
        inside = self.add("And", self.add("GreaterOrEqual", x.name, self.number(0.0)),
                          self.add("Less", x.name, self.number(float(len(table.rows)))))  # fmt: skip
        known = self.add("And", inside, self.add("Equal", x.name, self.add("Floor", x.name)))
        index = self.add("Cast", self.add("Where", known, x.name, self.number(0.0)), to=self.kinds.INT64)
        found = self.add("Squeeze", self.add("Gather", rows, index), self.whole(1))
        return Tensor(self.add("Where", known, found, self.number(float("nan"))), len(table.rows[0]))

    def standardize(self, scale: Standardize, x: Tensor) -> Tensor:
        mean = self.constant(scale.mean, x.width)
        if scale.inverted:
            scaled = self.add("Mul", x.name, self.constant(scale.deviation, x.width))
            return Tensor(self.add("Add", scaled, mean), x.width)
        divisors = self.constant([d.data if d.data > 0.0 else float("inf") for d in scale.deviation], x.width)
        return Tensor(self.add("Div", self.add("Sub", x.name, mean), divisors), x.width)

    def columns(self, f: Callable[[Any], Any], x: Tensor) -> Tensor:
        """What any module or function gives of columns, one after the other."""
        columns = [x.name]
        if x.width > 1:
            columns = self.add_several("Split", x.width, x.name, self.whole(*[1] * x.width), axis=1)
        program = traced_function(f, x.width)
        depending = program.dependents(program.inputs) | {*program.inputs}
        found = self.printed(program, columns)
        for i, variable in enumerate(program.outputs):
            if variable not in depending:  # the same for each row, and there must be one
                found[i] = self.add("Where", self.add("Equal", columns[0], columns[0]), found[i], found[i])
        return Tensor(found[0] if len(found) == 1 else self.add("Concat", *found, axis=1), len(found))

    # --- programs -----------------------------------------------------------------------------------------------

    def printed(self, program: Program, inputs: Sequence[str]) -> list[str]:
        """The equations of a program over tensors of one shape; its outputs."""
        names = dict(zip(program.inputs, inputs, strict=True))
        names |= {v: self.number(x) for v, x in program.constants.items()}
        names |= {v: self.number(leaf.data) for v, leaf in program.leaves.items()}
        for out, row, args in program.equations:
            names[out] = self.applied(row, [names[arg] for arg in args])
        return [names[output] for output in program.outputs]

    def applied(self, row: Primitive, xs: list[str]) -> str:
        instruction = row.instruction
        if instruction in OPERATORS:
            return self.add(OPERATORS[instruction], *xs)
        if instruction in CONDITIONS:
            return self.as_number(self.add(CONDITIONS[instruction], *xs))
        if instruction == "une":
            return self.as_number(self.add("Not", self.add("Equal", *xs)))
        if instruction in JOINED:
            return self.as_number(self.add(JOINED[instruction], *map(self.truth, xs)))
        if instruction == "select":
            return self.add("Where", self.truth(xs[0]), *xs[1:])
        if instruction == "mod":
            return self.remainder(*xs)
        if instruction == "floordiv":
            whole = self.add("Div", self.add("Sub", xs[0], self.remainder(*xs)), xs[1])
            return self.add("Floor", self.add("Add", whole, self.number(0.5)))
        return self.printed(_in_simpler_rows(row, len(xs)), xs)[0]

    def remainder(self, x: str, y: str) -> str:
        """Python's, which has the sign of y: C's, or one y more."""
        rest, zero = self.add("Mod", x, y, fmod=1), self.number(0.0)
        other = self.add("Xor", self.add("Less", rest, zero), self.add("Less", y, zero))
        moved = self.add("And", other, self.add("Not", self.add("Equal", rest, zero)))
        return self.add("Where", moved, self.add("Add", rest, y), rest)

    def truth(self, name: str) -> str:
        """Whether numbers are other than 0."""
        return self.truths[name] if name in self.truths else self.add("Cast", name, to=self.kinds.BOOL)

    def as_number(self, condition: str) -> str:
        name = self.add("Cast", condition, to=self.kinds.DOUBLE)
        self.truths[name] = condition
        return name

    # --- the graph ----------------------------------------------------------------------------------------------

    def add(self, operator: str, *inputs: str, **attributes: Any) -> str:
        """One more operator; the name of its result."""
        return self.add_several(operator, 1, *inputs, **attributes)[0]

    def add_several(self, operator: str, results: int, *inputs: str, **attributes: Any) -> list[str]:
        names = [f"t{len(self.nodes)}" + (f"_{i}" if results > 1 else "") for i in range(results)]
        self.nodes.append(self.helper.make_node(operator, inputs, names, **attributes))
        return names

    def number(self, x: float) -> str:
        if repr(x) not in self.numbers:
            self.numbers[repr(x)] = self.constant([x])
        return self.numbers[repr(x)]

    def constant(self, numbers: Sequence[Value | float], *shape: int) -> str:
        data = [x.data if isinstance(x, Value) else x for x in numbers]
        self.tensors.append(self.helper.make_tensor(f"c{len(self.tensors)}", self.kinds.DOUBLE, shape, data))
        return f"c{len(self.tensors) - 1}"

    def whole(self, *numbers: int) -> str:
        tensor = self.helper.make_tensor(f"c{len(self.tensors)}", self.kinds.INT64, [len(numbers)], numbers)
        self.tensors.append(tensor)
        return f"c{len(self.tensors) - 1}"

    def finished(self, model: Module, inputs: int, result: Tensor) -> Any:
        """The graph as a model of ONNX that its own checker takes."""
        self.nodes.append(self.helper.make_node("Identity", [result.name], ["y"]))
        used = {"y"}
        kept = []
        for node in reversed(self.nodes):  # without what nothing needs, such as conditions as numbers
            if not used.isdisjoint(node.output):
                used.update(node.input)
                kept.append(node)
        tensors = [tensor for tensor in self.tensors if tensor.name in used]
        values = [
            self.helper.make_tensor_value_info(name, self.kinds.DOUBLE, ["rows", width])
            for name, width in (("x", inputs), ("y", result.width))
        ]
        graph = self.helper.make_graph(kept[::-1], type(model).__name__, values[:1], values[1:], tensors)
        opset = [self.helper.make_opsetid("", OPSET)]
        made = self.helper.make_model(graph, opset_imports=opset, ir_version=IR_VERSION, producer_name="stepgrad")
        names = {key: found for key in ("columns", "classes") if (found := getattr(model, key)) is not None}
        self.helper.set_model_props(made, {key: json.dumps(found, default=str) for key, found in names.items()})
        self.check(made)
        return made


@cache
def _in_simpler_rows(row: Primitive, count: int) -> Program:
    """What a row computes, of so many operands, in rows that ONNX has."""
    rewritten = REWRITTEN.get(row.instruction)
    return traced_function(lambda xs: rewritten(*xs), count) if rewritten else forward_program(row, count)
