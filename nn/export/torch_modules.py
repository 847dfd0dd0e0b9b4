"""Modules of PyTorch for those of ours that torch.nn has not, or not quite; loaded only when one is converted.

They are classes of a file, and not made when they are needed, so that a whole model can be pickled by ``torch.save``.
"""

from __future__ import annotations

from typing import Any

import torch


class Residual(torch.nn.Sequential):  # type: ignore[misc]  # PyTorch is not there for the type checker
    """x + what the layers make of x."""

    def forward(self, x: Any) -> Any:
        return x + super().forward(x)


class Standardize(torch.nn.Module):  # type: ignore[misc]
    """(x − mean) / deviation, or back; both are buffers: saved and moved with the model, not trained."""

    def __init__(self, mean: list[float], deviation: list[float], inverted: bool) -> None:
        super().__init__()
        self.inverted = inverted
        self.register_buffer("mean", torch.tensor(mean, dtype=torch.float64))
        self.register_buffer("deviation", torch.tensor(deviation, dtype=torch.float64))

    def forward(self, x: Any) -> Any:
        if self.inverted:
            return x * self.deviation + self.mean
        return (x - self.mean) / self.deviation.where(self.deviation > 0.0, torch.inf)


class RMSNorm(torch.nn.Module):  # type: ignore[misc]
    """Without gains and of any width, which torch.nn.RMSNorm is not."""

    normalized_shape = None

    def __init__(self, eps: float) -> None:
        super().__init__()
        self.eps = eps

    def forward(self, x: Any) -> Any:
        return x / (x.square().mean(-1, keepdim=True) + self.eps).sqrt()


class Embedding(torch.nn.Embedding):  # type: ignore[misc]
    """Of indices that come as rows of one number."""

    def forward(self, x: Any) -> Any:
        return super().forward(x[..., 0].long())
