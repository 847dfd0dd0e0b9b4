"""Names of a package that are loaded when they are first used, from a part of it that may be missing."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any


def find(package: str, wings: Mapping[str, str], name: str) -> Any:
    """What ``name`` is in a package, given the module of each such name; where they are equal, the module itself."""
    if name not in wings:
        raise AttributeError(f"module {package!r} has no attribute {name!r}")
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
