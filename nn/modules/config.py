"""Modules as data, from which they can be built again: for files, and to tell models apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from ..wings import find
from .module import Module

M = TypeVar("M", bound=Module)
KINDS: dict[str, type[Module]] = {}  # the classes that can be built again from data, by name
# Those that are loaded when they are first used, and the file of each.
WINGS = dict.fromkeys(("Dropout", "Embedding", "LayerNorm", "RMSNorm", "Residual"), "blocks")
WINGS["Standardize"] = "scaling"


def buildable(kind: type[M]) -> type[M]:
    """A decorator for the classes of this library with ``to_config`` and ``from_config``: files may name them."""
    KINDS[kind.__name__] = kind
    return kind


def config_of(module: Any) -> dict[str, Any] | None:
    """A module as data: its class and its settings; None for classes and functions of the user's own."""
    name = type(module).__name__
    config = module.to_config() if KINDS.get(name) is type(module) else None
    return None if config is None else {"type": name, **config}


def build(config: Any, room: Any) -> Module:
    """The module that ``config_of`` gave as data, if there is room for its parameters; else ValueError."""
    match config:
        case {"type": str(name)} if name in KINDS or name in WINGS:
            kind = KINDS.get(name) or find("nn.modules", WINGS, name)
            return kind.from_config(config, room)
    raise ValueError(f"this release knows no such model: {config!r:.60}")


def setting(config: Mapping[str, Any], name: str, *kinds: type) -> Any:
    """One setting of a config, if it is there and of one of these types, and no empty list; else ValueError."""
    found = config.get(name)
    if not isinstance(found, kinds) or found == []:
        raise ValueError(f"this release knows no such model: {config!r:.60}")
    return found
