"""The training in PyTorch, one operation at a time, with its own gradients, attention and Adam."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn.functional import cross_entropy, embedding, linear, rms_norm, scaled_dot_product_attention

from ..microgpt import Settings
from .with_numpy import EPSILON, matrices
from .work import Work

torch.set_num_threads(1)


def new_parameters(work: Work) -> list[Any]:
    """Tokens, positions, the four matrices of each layer, logits."""
    tokens, positions, layers, logits = matrices(work.settings, work.parameters.copy())
    flat = [tokens, positions, *(matrix for layer in layers for matrix in layer), logits]
    return [torch.tensor(matrix, requires_grad=True) for matrix in flat]


def loss_of(s: Settings, parameters: list[Any], tokens: Any, targets: Any) -> Any:
    """The mean loss over the positions of one name."""
    token, position, *layers, logits = parameters
    n, shape = len(tokens), (s.width,)
    x = rms_norm(embedding(tokens, token) + position[:n], shape, eps=EPSILON)
    for i in range(0, len(layers), 4):
        attend, join, first, second = layers[i : i + 4]
        qkv = linear(rms_norm(x, shape, eps=EPSILON), attend)
        q, k, v = qkv.view(n, s.heads, 3, -1).permute(2, 1, 0, 3)
        found = scaled_dot_product_attention(q[None], k[None], v[None], is_causal=True)[0]
        x = x + linear(found.transpose(0, 1).reshape(n, -1), join)
        x = x + linear(linear(rms_norm(x, shape, eps=EPSILON), first).relu(), second)
    return cross_entropy(linear(x, logits), targets)


def train(work: Work, epochs: int) -> Any:
    s, parameters, losses = work.settings, new_parameters(work), []
    optimizer = torch.optim.Adam(parameters, lr=s.rate, betas=(s.beta1, s.beta2), eps=s.epsilon)
    rows, targets = ([torch.tensor(row) for row in rows] for rows in (work.rows, work.targets))
    order = work.order.ravel().tolist()
    for step in range(epochs * work.steps):
        i = order[step % len(order)]
        optimizer.param_groups[0]["lr"] = s.rate * (1.0 - step % work.steps / work.steps)
        optimizer.zero_grad()
        loss = loss_of(s, parameters, rows[i], targets[i])
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    return torch.stack(losses).numpy()


CONTENDERS = {"PyTorch, eager": train}
