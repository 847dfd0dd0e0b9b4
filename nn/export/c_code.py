"""Going on to a small machine: a model as one file of C."""

from __future__ import annotations

from autograd.languages import c_function

from ..modules import Module
from .tracing import inputs_of, traced_model


def to_c(model: Module, name: str = "predict", *, inputs: int | None = None) -> str:
    """A file of C99 with one function, ``void predict(const double *x, double *out)``: what ``nn.predict`` gives.

    ``name`` is that of the function.  It needs nothing but the C library; the parameters are in it, and what
    ``Standardize`` has learned.  Its first comment says how to compile it, how many numbers ``x`` and ``out`` have, and
    what they are, where the model has names for its columns and classes.  ``inputs`` is how many numbers the model
    takes: those of this library know it.

    Compiled as that comment says, and with the C library that Python runs on, it gives what the model gives to the last
    bit.  For a gradient, or another function, see ``autograd.to_c``.

    ValueError where nobody knows how many inputs there are, TraceError where the model asks what only one number can
    answer (``if x > 0``) or uses a primitive of your own whose forward calls ``math``.

    >>> from nn import MLP
    >>> print(to_c(MLP(2, [1], init="zeros")).split("\\n\\n")[-1])
    void predict(const double *x, double *out) {
        const double *p = predict_p;
        out[0] = predict_dot(2, p, x, p[2]);
    }
    """
    program = traced_model(model, inputs_of(model, inputs, "to_c"))
    columns, classes = [*(model.columns or ())], [*(model.classes or ())]
    meaning = [f"class {label}" for label in classes]
    if len(classes) == 2 and len(program.outputs) == 1:
        meaning = [f"the higher, the rather class {classes[1]} and not {classes[0]}"]
    return c_function(
        program, name, f"{type(model).__name__}, written by stepgrad.",
        columns if len(columns) == len(program.inputs) else (),
        meaning if len(meaning) == len(program.outputs) else (),
    )  # fmt: skip
