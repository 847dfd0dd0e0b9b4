"""The GPT of the demo and of the benchmarks: its gradients against NumPy by hand, and the names that it draws."""

from __future__ import annotations

import random
import re
from itertools import islice

import numpy as np
import pytest
from benchmarks import microgpt
from benchmarks.gpt import with_numpy, with_stepgrad, work

from autograd import Drawing, Value, draw, explain, mean, total, walkthrough
from nn import cross_entropy, datasets
from nn.command.gpt import CONTEXT, GPT, MARK, drawn_names, tokens_of

# Names of two letters and of all lengths around the context, a letter that comes twice, and one name twice.
BATCH = ["jo", "anna", "christopher", "abcdefghijklmno", "abcdefghijklmnop", "abcdefghijklmnopqrs", "anna"]


def disturbed(seed: int, **settings: int) -> GPT:
    """A GPT whose weights are large enough for attention to be no plain mean."""
    model, rng = GPT(seed=seed, **settings), random.Random(seed)
    for p in model.parameters():
        p.data += rng.gauss(0.0, 0.3)
    return model


def loss_of(model: GPT, names: list[str]) -> Value:
    return mean([cross_entropy(model(tokens), targets) for tokens, targets in map(tokens_of, names)])


@pytest.mark.parametrize("layers", [1, 2])
def test_gradients_over_a_batch_of_mixed_lengths_are_those_of_numpy_by_hand(layers: int) -> None:
    model = disturbed(seed=layers, layers=layers, width=8 * layers)
    loss = loss_of(model, BATCH)
    loss.backward()

    settings = microgpt.Settings(layers=layers, width=8 * layers)
    p = np.array([p.data for p in model.parameters()])
    losses, gradient = [], np.zeros_like(p)
    for tokens, targets in map(tokens_of, BATCH):
        g = np.full_like(p, np.nan)  # a gradient that is not written would show
        losses.append(with_numpy.Step(settings, len(tokens), p, g)(np.array(tokens), np.array(targets)))
        gradient += g / len(BATCH)
    assert loss.data == pytest.approx(np.mean(losses), rel=1e-13)
    assert [p.grad for p in model.parameters()] == pytest.approx(gradient, rel=1e-12, abs=1e-15)
    assert np.count_nonzero(gradient) > 0.9 * gradient.size


def test_it_is_microgpt_with_the_same_weights_and_names() -> None:
    own = work.names(count=3)
    model = with_stepgrad.new_model(own)
    ours = [loss_of(model, [name]).data for name in microgpt.start(own.settings)[0][:1]]
    theirs = [*microgpt.train(microgpt.OwnValue, own.settings, 1)]
    assert ours == pytest.approx(theirs, rel=1e-13)


def test_no_position_looks_ahead_and_the_context_has_an_end() -> None:
    model = disturbed(seed=1)
    early, late = ([z.data for z in model([MARK, 0, 1, last])[2]] for last in (2, 3))
    assert early == late
    tokens, targets = tokens_of("abcdefghijklmnopqrs")
    assert (len(tokens), len(targets), tokens[1:]) == (CONTEXT, CONTEXT, targets[:-1])
    with pytest.raises(IndexError, match=r"Embedding\(16, 16\) has no row 16"):
        model([MARK] * 17)


def test_the_weights_of_attention_add_up_to_1() -> None:
    model = disturbed(seed=1)
    inputs = [model.positions(i) for i in range(5)]
    for head in model.blocks[0].heads:
        weights = head.attention(inputs)
        assert [*map(len, weights)] == [1, 2, 3, 4, 5]
        assert [sum(w.data for w in row) for row in weights] == pytest.approx([1.0] * 5, rel=1e-15)


def test_names_are_drawn_reproducibly_by_a_seed() -> None:
    model = disturbed(seed=1)
    one, same, other = ([*islice(drawn_names(model, 0.5, random.Random(seed)), 5)] for seed in (1, 1, 2))
    assert one == same != other
    assert all(len(name) <= CONTEXT and name.isascii() for name in one)


def test_temperature_divides_the_logits() -> None:
    """The letters that come first, counted, against the probabilities themselves; cold enough, the likeliest alone."""
    model = disturbed(seed=3)
    logits = np.array([z.data for z in model([MARK])[0]])
    cold = [*islice(drawn_names(model, 1e-3, random.Random(1)), 3)]
    assert len({*cold}) == 1
    chances = np.exp(logits / 2.0) / np.exp(logits / 2.0).sum()
    firsts = [*islice(first_letters(model, 2.0), 400)]
    counts = np.array([firsts.count(token) for token in range(27)])
    expected = 400 * chances
    assert ((counts - expected) ** 2 / expected).sum() < 60  # χ² of 26: above it once in 5,000


def first_letters(model: GPT, temperature: float):
    drawn = drawn_names(lambda tokens: model(tokens) if len(tokens) == 1 else [ends()], temperature, random.Random(1))
    return (ord(name[0]) - ord("a") if name else MARK for name in drawn)


def ends() -> list[Value]:
    """Logits by which the name is over."""
    return [Value(-1e3)] * MARK + [Value(0.0)]


def test_the_names_fit_the_tokens() -> None:
    assert {*"".join(datasets.names())} == {chr(ord("a") + i) for i in range(26)}


def test_pictures_and_walks_show_layers_heads_and_positions() -> None:
    model = disturbed(seed=1, layers=2, width=4, heads=2)
    tokens, targets = tokens_of("jo")
    loss = cross_entropy(model(tokens), targets)
    loss.label = "loss"
    loss.backward()
    assert {"norm", "blocks.0", "blocks.1", "out"} <= parts(draw(loss, depth=1))
    head = model.blocks[0].heads[0]
    out = total(y for ys in head([[Value(0.1 * k, label=f"x{k}") for k in range(4)] for _ in tokens]) for y in ys)
    assert {"query", "key", "value", "position 0", "position 1", "position 2"} <= parts(draw(out, depth=1))
    walk = walkthrough(loss, depth=1)
    weight = model.blocks[1].heads[1].query.rows[0][0]
    (*_, last) = walk.at(weight)
    assert "blocks.1.heads.1.query.rows.0[0].grad" in str(last)  # the other layer has one of that name
    explained = str(explain(weight, loss))
    assert re.search(r"query\.rows\.0\[0\]\.grad +(\S+)\nforward mode +\1\nfinite difference +\1", explained)


def parts(drawing: Drawing) -> set[str]:
    """The names with which the lines of a drawing begin, without what tells alike ones apart."""
    return {re.split(r"_n\d|\(", line)[0].strip() for line in str(drawing).splitlines()}
