"""Names of a package that are loaded when they are first used, from a part of it that may be missing.

And what is looked for in vain: the names that other libraries have for what is here, and the ``autograd`` of another.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

# By the names of PyTorch, Keras and JAX: what to write here.
OF_NN = {
    **dict.fromkeys(("Linear", "Dense"), "write nn.Layer(2, 3, activation='linear')"),
    **{
        name: f"an activation belongs to its layer, by name: nn.Layer(2, 3, activation={ours!r})"
        for name, ours in {
            "ReLU": "relu", "relu": "relu", "Tanh": "tanh", "tanh": "tanh", "Sigmoid": "sigmoid", "sigmoid": "sigmoid",
            "LeakyReLU": "leaky_relu", "GELU": "gelu", "SiLU": "silu", "ELU": "elu", "Softplus": "softplus",
        }.items()
    },
    **dict.fromkeys(("Softmax", "softmax"), "loss='cross_entropy' takes logits; autograd.softmax gives probabilities"),
    **{
        name: f"write loss={ours!r}, or nn.{ours}(prediction, target)"
        for name, ours in {
            "MSELoss": "mse", "L1Loss": "mae", "HuberLoss": "huber", "BCELoss": "bce", "mse_loss": "mse",
            "BCEWithLogitsLoss": "bce_with_logits", "CrossEntropyLoss": "cross_entropy",
        }.items()
    },
    "Parameter": "a Value in an attribute of a Module is a parameter: self.w = Value(0.5)",
    **dict.fromkeys(("ModuleList", "ModuleDict"), "a list or dict in an attribute of a Module will do"),
    "functional": "the losses are in nn, as nn.mse, and functions of numbers in autograd, as autograd.relu",
    "optim": "the optimisers are in nn, as nn.Adam",
    "utils": "nn.batches gives batches, and the optimisers take clip_norm and clip_value",
    "Model": "subclass nn.Module, or chain layers: nn.Sequential(nn.Layer(2, 8), nn.Layer(8, 1))",
    "DataLoader": "nn.fit(batch_size=...) shuffles and takes batches, and nn.batches gives them to a loop of your own",
}  # fmt: skip
OF_MODULE = {
    "fit": "write nn.fit(model, X, y, loss='mse', optimizer=nn.Adam(model.parameters()), epochs=100)",
    "compile": "nothing is to be compiled first: loss, optimizer and metrics go to nn.fit(model, X, y, ...)",
    "predict": "write nn.predict(model, X)",
    **dict.fromkeys(("evaluate", "score"), "write nn.evaluate(model, X, y, loss='mse'), or nn.accuracy(model, X, y)"),
    **dict.fromkeys(
        ("summary", "count_params"), "print(model), len(model.parameters()) or autograd.draw(model) show it"
    ),
    **dict.fromkeys(("save", "save_weights"), "write nn.save(model, 'model.json')"),
    **dict.fromkeys(("load", "load_weights"), "write model = nn.load('model.json')"),
    **dict.fromkeys(("to", "cuda", "cpu", "double", "float"), "leave it out: all numbers are floats, on the CPU"),
    "children": "write model.direct_modules().values()",
    "requires_grad_": "write model.freeze() or model.unfreeze()",
    **dict.fromkeys(
        ("weight", "weights", "get_weights"), "write model.parameters(), or model.state_dict() for numbers"
    ),
    "add": "give the layers at once: nn.Sequential(nn.Layer(2, 8), nn.Layer(8, 1))",
}

CURE = "python -m pip uninstall -y autograd, then python -m pip install --force-reinstall --no-deps stepgrad"


def find(package: str, wings: Mapping[str, str], name: str) -> Any:
    """What ``name`` is in a package, given the module of each such name; where they are equal, the module itself."""
    if name not in wings:
        from autograd import missing

        raise missing(package, name, OF_NN)
    path = f"{package}.{wings[name]}"
    try:
        module = import_module(path)
    except ModuleNotFoundError as error:
        if error.name != path:
            raise
        raise ImportError(f"{package}.{name} needs the files of {path}, and they are not there") from None
    return module if name == wings[name] else getattr(module, name)


def cluster() -> Any:
    """The package that trains over collections of Dask, which only those need who have them."""
    return find("nn.training", {"cluster": "cluster"}, "cluster")


def check_engine() -> None:
    """ImportError where ``import autograd`` finds another package than this project's; a warning where both are mixed.

    HIPS autograd has the same import name and is installed into the same folder, over this one; other packages bring
    it along, as autograd-gamma does.
    """
    autograd = import_module("autograd")
    file = Path(autograd.__file__ or autograd.__path__[0])
    mixed = (file.parent / "numpy" / "numpy_vjps.py").exists()  # of HIPS
    if hasattr(autograd, "TABLE"):
        if mixed:
            text = (
                f"HIPS autograd is installed into the folder of stepgrad's, {file.parent}, where each spoils the other"
            )
            warnings.warn(f"{text}: {CURE}", stacklevel=3)
        return
    if mixed or _installs("autograd", file):
        raise ImportError(f"import autograd finds {file} of HIPS autograd, which hides that of stepgrad: {CURE}")
    raise ImportError(
        f"import autograd finds {file}, which is not that of stepgrad: rename it, or run Python elsewhere"
    )


def _installs(distribution: str, file: Path) -> bool:
    """Whether a file belongs to an installed distribution."""
    from importlib import metadata  # takes long, and is needed for this alone

    try:
        found = metadata.distribution(distribution)
    except metadata.PackageNotFoundError:
        return False
    return Path(str(found.locate_file("autograd/__init__.py"))) == file
