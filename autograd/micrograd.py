"""micrograd's own names for what a Value has, so that its programs run unchanged (github.com/karpathy/micrograd)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from .graph import Node
from .primitives import TABLE


class Micrograd(Node):
    """``_prev``, ``_op``, and the constructor's ``_children``."""

    __slots__ = ()

    @property
    def _prev(self) -> tuple[Self, ...]:
        return self.parents

    @property
    def _op(self) -> str:
        return self.primitive.symbol if self.primitive else ""

    def _adopt(self, children: Sequence[Node], op: str) -> None:
        """Make this the node of the row ``op``, a name or symbol, over children: they must give its number."""
        found = [row for row in TABLE.values() if op in (row.name, row.symbol) and len(row.domain) == len(children)]
        if not found:
            raise ValueError(
                f"Value(..., _op={op!r}) with {len(children)} children is no primitive of the table: apply one to "
                f"the children, or make your own with autograd.primitive"
            )
        made = found[0](*children)
        if made._data != self._data:
            raise ValueError(f"{op!r} of the children is {made._data}, not {self._data}")
        for slot in ("primitive", "requires_grad", "_a", "_b", "_da", "_db"):
            setattr(self, slot, getattr(made, slot))
