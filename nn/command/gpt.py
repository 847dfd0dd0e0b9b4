"""The demo's third work: a GPT that learns to write names, letter by letter, in the shape of A. Karpathy's microgpt."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any

from autograd import dot, no_grad, relu, scope, softmax, sqrt

from ..init import normal
from ..modules import Embedding, Module, RMSNorm

LETTERS = "abcdefghijklmnopqrstuvwxyz"
MARK = len(LETTERS)  # the token before the first letter of a name and after its last
COUNT = len(LETTERS) + 1
CONTEXT = 16  # positions that a GPT looks at: the mark and 15 letters
DEVIATION = 0.08  # of the initial weights


class Linear(Module):
    """Weighted sums of the inputs, without biases."""

    def __init__(self, nin: int, nout: int, rng: random.Random) -> None:
        self.rows = Embedding(nout, nin, init=normal(DEVIATION), rng=rng).rows

    def forward(self, x: Sequence[Any]) -> list[Any]:
        return [dot(row, x) for row in self.rows]


class Head(Module):
    """One head of causal attention: every position gets a mean of the values at its own and at earlier positions."""

    def __init__(self, width: int, size: int, rng: random.Random) -> None:
        self.query, self.key, self.value = (Linear(width, size, rng) for _ in range(3))

    def weights(self, query: Sequence[Any], keys: Sequence[Any]) -> list[Any]:
        """How much a position looks at each of those that it may look at; they add up to 1."""
        return softmax([dot(query, key) / sqrt(len(key)) for key in keys])

    def attention(self, xs: Sequence[Any]) -> list[list[Any]]:
        """The weights of each position, as many as there are up to its own."""
        keys = [self.key(x) for x in xs]
        return [self.weights(self.query(x), keys[: i + 1]) for i, x in enumerate(xs)]

    def forward(self, xs: Sequence[Any]) -> list[list[Any]]:
        queries, keys, values = ([part(x) for x in xs] for part in (self.query, self.key, self.value))
        found = []
        for i, query in enumerate(queries):
            with scope(f"position {i}"):
                weights = self.weights(query, keys[: i + 1])
                found.append([dot(weights, column) for column in zip(*values[: i + 1], strict=True)])
        return found


class Block(Module):
    """x + attention of all heads, then x + a network of one hidden layer, four times as wide, at each position."""

    def __init__(self, width: int, heads: int, rng: random.Random) -> None:
        self.norm = RMSNorm()
        self.heads = [Head(width, width // heads, rng) for _ in range(heads)]
        self.join = Linear(width, width, rng)
        self.wide, self.narrow = Linear(width, 4 * width, rng), Linear(4 * width, width, rng)

    def forward(self, xs: Sequence[Any]) -> list[list[Any]]:
        normed = [self.norm(x) for x in xs]
        found = zip(*(head(normed) for head in self.heads), strict=True)
        xs = [plus(x, self.join([y for part in parts for y in part])) for x, parts in zip(xs, found, strict=True)]
        return [plus(x, self.narrow([*map(relu, self.wide(self.norm(x)))])) for x in xs]


class GPT(Module):
    """For each token the logits of the one that follows it: tokens in, as many lists out.

    >>> gpt = GPT(seed=1)
    >>> len(gpt.parameters()), [len(logits) for logits in gpt([MARK, 4, 13, 13, 0])]
    (4192, [27, 27, 27, 27, 27])
    """

    def __init__(self, width: int = 16, heads: int = 4, layers: int = 1, seed: int | None = None) -> None:
        rng = random.Random(seed)
        self.tokens = Embedding(COUNT, width, init=normal(DEVIATION), rng=rng)
        self.positions = Embedding(CONTEXT, width, init=normal(DEVIATION), rng=rng)
        self.norm = RMSNorm()
        self.blocks = [Block(width, heads, rng) for _ in range(layers)]
        self.out = Linear(width, COUNT, rng)

    def forward(self, tokens: Sequence[Any]) -> list[list[Any]]:
        xs: list[list[Any]]
        xs = [self.norm(plus(self.tokens(token), self.positions(i))) for i, token in enumerate(tokens)]
        for block in self.blocks:
            xs = block(xs)
        return [self.out(x) for x in xs]


def plus(xs: Sequence[Any], ys: Sequence[Any]) -> list[Any]:
    return [x + y for x, y in zip(xs, ys, strict=True)]


def tokens_of(name: str) -> tuple[list[int], list[int]]:
    """The tokens of a name, and beside each of them the one that follows, as far as a GPT looks."""
    letters = [LETTERS.index(letter) for letter in name]
    return [MARK, *letters][:CONTEXT], [*letters, MARK][:CONTEXT]


def drawn_names(gpt: GPT, temperature: float, rng: random.Random) -> Iterator[str]:
    """Names without end, each drawn letter by letter with the probabilities softmax(logits / temperature)."""
    while True:
        tokens = [MARK]
        while len(tokens) <= CONTEXT:
            with no_grad():
                chances = softmax([z.data / temperature for z in gpt(tokens)[-1]])
            tokens += rng.choices(range(COUNT), chances)
            if tokens[-1] == MARK:
                break
        yield "".join(LETTERS[token] for token in tokens if token != MARK)
