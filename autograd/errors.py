"""The exceptions of the package, and how they tell what they are about; those of the arithmetic stay Python's own."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn


class AutogradError(Exception):
    """The base of all of them: what goes wrong with graphs and their derivatives, and not with arithmetic.

    >>> import math
    >>> from autograd import Value
    >>> try:
    ...     Value(math.inf).backward()
    ... except AutogradError as error:
    ...     print(type(error).__name__)
    NonFiniteError
    """


class StaleGraphError(AutogradError):
    """A leaf's data changed after the graph was computed, and the graph was to be evaluated again.

    >>> from autograd import Value, grad_of
    >>> x = Value(2.0, label="x")
    >>> y = x * x
    >>> x.data = 3.0
    >>> grad_of(y, [x])
    Traceback (most recent call last):
    autograd.errors.StaleGraphError: the graph is stale: 'x' = 3.0 changed after 4.0 (from mul) was computed from it.
    Compute the graph again before you ask for what evaluates it
    """


class NonFiniteError(AutogradError):
    """A gradient was asked of a result that is nan or infinite: the text names the first value that went wrong.

    >>> from autograd import Value
    >>> x = Value(1e200, label="x")
    >>> (x * x + 1.0).backward()
    Traceback (most recent call last):
    autograd.errors.NonFiniteError: backward() from a root that is inf. The first value to go was inf (from mul):
    mul of 'x' = 1e+200, 'x' = 1e+200.
    """


class TraceError(AutogradError):
    """A number was read while a program was traced, when there are no numbers yet: the text names the line.

    >>> from autograd import jit
    >>> try:
    ...     jit(lambda x: x if x > 0 else -x)(2.0)
    ... except TraceError as error:
    ...     print("autograd.where(condition, a, b)" in str(error))
    True
    """


class GradcheckError(AutogradError):
    """An analytic derivative disagrees with the numeric one: the text is a table of both.

    >>> from autograd import gradcheck
    >>> gradcheck(lambda x: abs(x), 0.0)
    Traceback (most recent call last):
    autograd.errors.GradcheckError: <lambda>: relative error 0.0e+00, tolerance 1.0e-07
    derivative   analytic  numeric  error
    ∂f/∂args[0]  0         0        0.0e+00  kink: slope -1 on the left, 1 on the right
    """


class FallbackWarning(UserWarning):
    """Something could not be compiled, and is done in a slower way with the same results: the text says why.

    >>> import math, warnings
    >>> from autograd import jit, primitive
    >>> cube = primitive("cube", lambda x: math.pow(x, 3.0), lambda x, out: (3.0 * x * x,))
    >>> with warnings.catch_warnings(record=True) as said:
    ...     warnings.simplefilter("always")
    ...     print(jit(cube)(2.0), [warning.category.__name__ for warning in said])
    8.0 ['FallbackWarning']
    """


@contextmanager
def located(where: str, numbers: Any = ()) -> Iterator[None]:
    """A context that adds the place, ``where``, to what goes wrong inside, the user's own code included.

    Where one of ``numbers``, those of a row, is what ``no_index`` is about, its place among them is added too.

    >>> with located("row 3"):
    ...     1 / 0
    Traceback (most recent call last):
    ZeroDivisionError: row 3: division by zero
    """
    try:
        yield
    except Exception as error:
        if hasattr(error, "index") and isinstance(numbers, (list, tuple)) and error.index in numbers:
            where += f", number {numbers.index(error.index)} (from 0)"
        if type(error) in (ZeroDivisionError, OverflowError, ValueError, TypeError, IndexError, NonFiniteError):
            cure = NO_INDEX if "indices must be integers" in str(error) else ""
            raise type(error)(f"{where}: {error}{cure}") from error
        error.add_note(where)  # classes of the user's own may need other arguments than a text
        raise


def no_index(text: str, index: Any) -> IndexError:
    """An error that says ``text`` about a number that counts nothing, ``index``, for ``located`` to find in its row.

    >>> with located("row 3", [1.0, 27.0]):
    ...     raise no_index("no letter 27.0", 27.0)
    Traceback (most recent call last):
    IndexError: row 3, number 1 (from 0): no letter 27.0
    """
    error = IndexError(text)
    error.index = index  # type: ignore[attr-defined]
    return error


def located_in(error: Exception) -> str:
    """The line of code that raised an error, to begin a message with."""
    import traceback  # takes long, and is needed for this alone

    line = traceback.extract_tb(error.__traceback__)[-1]
    return f"{line.filename.rpartition('/')[2]}, line {line.lineno}: {line.line!r}"


def describe(node: Any) -> str:
    """A node in a message: its number, and its label or the primitive it came from."""
    if node.label:
        return f"{node.label!r} = {node._data!r}"
    return f"{node._data!r} (from {node.primitive.name})" if node.primitive else f"{node._data!r}"


def refuse_backward(order: Sequence[Any]) -> NoReturn:
    """NonFiniteError: where the root of a topological order went nan or infinite, the first node that did."""
    first = next(node for node in order if not math.isfinite(node._data))
    text = f"backward() from a root that is {order[-1]._data}. "
    if first.primitive is None:
        raise NonFiniteError(f"{text}It came in by the leaf {describe(first)}: give it a finite number.")
    operands = ", ".join(describe(parent) for parent in first.parents)
    raise NonFiniteError(f"{text}The first value to go was {describe(first)}: {first.primitive.name} of {operands}.")


# What a float does and a Value must not: it would lose its graph without a word.
NO_TRUTH = (
    "a Value has no truth of its own: write v.data != 0, or compare it (v > 0); for a choice that is "
    "part of the graph use autograd.where(condition, a, b)"
)
NO_FLOAT = (
    "float(v), round(v) and the functions of math would silently lose the gradient: use autograd.exp(v), v.exp() "
    "and their kin, or v.data where you mean the bare number"
)
NO_EQUALITY = (
    "a Value is equal only to itself, so == {0} would never hold: compare numbers with v.data == {0}, or write "
    "autograd.eq(v, {0}) for a comparison that is part of the graph"
)
NO_INDEX = (
    ": the numbers of a row are floats; autograd.pick(xs, i) is xs[i] for such a number, and an nn.Embedding gives rows"
)
NO_GRADIENT = (
    "backward() from a value that depends on nothing which needs a gradient: it was computed under no_grad(), or all "
    "its leaves are frozen (requires_grad=False)"
)
