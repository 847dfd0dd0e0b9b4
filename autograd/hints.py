"""What is looked for under the name that another library has for it, and what it is called here.

An attribute that is not there stays an AttributeError, and an argument a TypeError: ``hasattr``, copies, pickles and
help go by that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from operator import index
from typing import TYPE_CHECKING, Any

# For each name what to write here.
OF_VALUE = {
    **dict.fromkeys(("item", "numpy", "tolist", "value"), "v.data is the number"),
    **dict.fromkeys(("zero_grad", "zero_"), "v.grad = 0.0 sets it back, and zero_grad() of a model those of all in it"),
    "name": "v.label is the name that pictures and messages show",
    "requires_grad_": "set v.requires_grad = False to freeze it, or True",
    "grad_fn": "v.primitive is the operation that it came from, v.parents what it was computed from",
    "is_leaf": "ask whether v.primitive is None",
    "clone": "autograd.as_value(v) is v itself; a copy that gradients go through is v * 1.0",
    "square": "write v**2",
    **dict.fromkeys(("size", "shape"), "a Value is a single number: vectors and tables of them are lists"),
    **dict.fromkeys(
        ("note", "tag", "info", "color", "colour", "layer"),
        "a Value has no room for attributes of your own: v.label is the name that pictures and messages show; keep the "
        "rest in a dict, notes[v] = ..., or in a subclass of Value",
    ),
}
OF_AUTOGRAD = {
    "numpy": "that is of HIPS autograd; here functions take numbers, not arrays: from autograd import sin, exp, ...",
    "elementwise_grad": "write jit(grad(f)), which takes columns of numbers",
    **dict.fromkeys(("tensor", "Tensor", "Variable", "array"), "write Value(2.0), and lists of Values for vectors"),
    "vjp": "use grad(f) for one result, and jacobian(f) for several",
    "vmap": "use jit(f), which takes columns of numbers",
    "make_jvp": "use jvp(f, primals, tangents)",
    **dict.fromkeys(("jacrev", "jacfwd"), "use jacobian(f)"),
    "ln": "write log(x)",
}
OF_ARGUMENTS = {
    "retain_graph": "leave it out: a graph stays, and backward() adds to the gradients each time",
    "create_graph": "leave it out, and use grad_of(y, [x]) for a derivative that is a graph",
    "gradient": "leave it out, and multiply what you call backward() of: (2.0 * y).backward()",
    "inputs": "leave it out, and use grad_of(y, [x])",
    "verbose": "progress=True shows a bar, progress=False none",
    "lr": "it belongs to the optimizer: optimizer=nn.Adam(model.parameters(), lr=0.01)",
    "learning_rate": "it is called lr, and belongs to the optimizer: nn.Adam(model.parameters(), lr=0.01)",
    "validation_data": "it is called validation: validation=(X, y)",
    "shuffle": "leave it out: with a batch_size the rows are shuffled in each epoch, by seed",
    "random_state": "it is called seed",
    "max_iter": "it is called epochs",
    "n_epochs": "it is called epochs",
    "criterion": "it is called loss",
    "requires_gradient": "it is called requires_grad",
    "dtype": "leave it out: every number is a float",
    "name": "it is called label",
}
OTHER_NAMES = {
    **dict.fromkeys(("binary_crossentropy", "binary_cross_entropy", "log_loss"), "bce"),
    **dict.fromkeys(
        ("categorical_crossentropy", "sparse_categorical_crossentropy", "nll", "nll_loss"), "cross_entropy"
    ),
    **dict.fromkeys(("bcewithlogits", "binary_cross_entropy_with_logits"), "bce_with_logits"),
    **dict.fromkeys(("mean_squared_error", "squared_error", "l2_loss"), "mse"),
    **dict.fromkeys(("mean_absolute_error", "absolute_error", "l1_loss"), "mae"),
    **dict.fromkeys(("swish",), "silu"),
    **dict.fromkeys(("identity", "none"), "linear"),
    **dict.fromkeys(("acc",), "accuracy"),
}


class Hint:
    """An attribute that is not there: it says what to write here.  A subclass that has room for attributes may set it.

    It costs nothing where other names are looked up, as NumPy does for every Value that goes into an array.
    """

    def __init__(self, name: str, text: str) -> None:
        self.name, self.__doc__ = name, text

    def __get__(self, owner: Any, kind: type) -> Any:
        own = getattr(owner, "__dict__", {})
        if self.name not in own:
            raise self.error(owner, kind)
        return own[self.name]

    def __set__(self, owner: Any, x: Any) -> None:
        if not hasattr(owner, "__dict__"):
            raise self.error(owner, type(owner))
        owner.__dict__[self.name] = x

    def error(self, owner: Any, kind: type) -> AttributeError:
        text = f"{kind.__name__!r} object has no attribute {self.name!r}: {self.__doc__}"
        return AttributeError(text, name=self.name, obj=owner)


class Hinted:
    """The base of what has ``hints`` for names of other libraries, and room for attributes of these names."""

    hints: Mapping[str, str] = {}

    if not TYPE_CHECKING:  # which is to find names that are not there

        def __getattr__(self, name: str) -> Any:
            """Called for what is not there."""
            if name in self.hints:
                raise Hint(name, self.hints[name]).error(self, type(self))
            return object.__getattribute__(self, name)  # raises once more: perhaps in a property of the user's own


def missing(module: str, name: str, hints: Mapping[str, str]) -> AttributeError:
    """The error for a name that a module does not have, with what ``hints`` say to write instead.

    >>> missing("autograd", "Tensor", OF_AUTOGRAD).args[0]
    "module 'autograd' has no attribute 'Tensor': write Value(2.0), and lists of Values for vectors"
    """
    hint = f": {hints[name]}" if name in hints else ""
    return AttributeError(f"module {module!r} has no attribute {name!r}{hint}")


def refuse(function: Callable[..., Any], unknown: Iterable[str]) -> None:
    """TypeError for ``unknown`` arguments, which a function does not have, with what to write for the first of them.

    >>> refuse(did_you_mean, ["names_", "verbose"])
    Traceback (most recent call last):
    TypeError: did_you_mean() has no argument 'names_': Did you mean 'names'?
    """
    for name in unknown:
        import inspect  # takes long, and is needed for this alone

        known = [own for own in inspect.signature(function).parameters if own not in ("self", "unknown")]
        hint = OF_ARGUMENTS.get(name) or did_you_mean(name, known) or f"it has {', '.join(known) or 'none'}"
        raise TypeError(f"{function.__qualname__}() has no argument {name!r}: {hint}")


def did_you_mean(name: Any, names: Iterable[str]) -> str:
    """A question that ends a message, if one of the ``names`` is close to the ``name`` that was written.

    >>> did_you_mean("tahn", ["sin", "cos", "tanh"])
    "Did you mean 'tanh'?"
    """
    from difflib import get_close_matches  # likewise

    names, small = [*names], str(name).lower()
    found = [OTHER_NAMES[small]] if OTHER_NAMES.get(small) in names else []
    found = found or get_close_matches(str(name), names, 1) or get_close_matches(small, names, 1)
    return f"Did you mean {found[0]!r}?" if found else ""


def as_count(x: Any, name: str, least: int | None = 1) -> int:
    """x as an int, a whole number of Python or NumPy; ValueError, with the ``name`` of the argument, for what is none.

    It must be ``least`` or more, unless that is None.

    >>> as_count(2.5, "epochs")
    Traceback (most recent call last):
    ValueError: epochs must be a whole number of at least 1, not 2.5
    """
    try:
        number = index(x)
    except TypeError:
        number = None
    if number is None or (least is not None and number < least):
        at_least = "" if least is None else f" of at least {least}"
        raise ValueError(f"{name} must be a whole number{at_least}, not {x!r:.60}")
    return number
