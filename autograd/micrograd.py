"""micrograd's own names for what a Value has, so that its programs run unchanged (github.com/karpathy/micrograd)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Self

from .graph import Node
from .hints import OF_VALUE, Hint
from .primitives import TABLE


class Micrograd(Node):
    """``_prev``, ``_op``, and the constructor's ``_children``; and hints for those who know other libraries."""

    __slots__ = ()

    def __dir__(self) -> list[str]:
        """All names, for completion, without those that only give a hint."""
        return [name for name in super().__dir__() if name not in OF_VALUE]

    @property
    def _prev(self) -> tuple[Self, ...]:
        return self.parents

    @property
    def _op(self) -> str:
        return self.primitive.symbol if self.primitive else ""

    @property
    def _backward(self) -> Callable[[], None]:
        """Passes ``grad`` on to the parents, this one step: what micrograd's ``backward`` calls node by node."""
        return self._pass_back

    @_backward.setter
    def _backward(self, function: object) -> None:
        raise AttributeError(
            "the derivative of a Value is that of its primitive, and a _backward of your own would never be called: "
            "make the operation with autograd.primitive(name, forward, partials)"
        )

    def _pass_back(self) -> None:
        for parent, partial in zip(self.parents, self.partials, strict=True):
            if self.grad and partial:
                parent.grad += self.grad * partial

    def _adopt(self, children: Sequence[Node], op: str) -> None:
        """Make this the node of the row ``op``, a name or symbol, over children: they must give its number."""
        if not isinstance(children, (tuple, list, set)):
            raise TypeError(
                f"the second argument of Value is micrograd's _children, a tuple of Values, not {children!r:.60}: a "
                f"label goes by its name, Value({self._data}, label='x')"
            )
        if not children:
            return
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


for _name, _text in OF_VALUE.items():
    setattr(Micrograd, _name, Hint(_name, _text))
