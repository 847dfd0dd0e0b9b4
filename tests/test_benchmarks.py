"""What the benchmarks time computes the same in every contender; the timing itself is `python -m tests.benchmarks`."""

from __future__ import annotations

import gc
import math
from collections.abc import Iterator

import pytest
from benchmarks import contenders

from autograd import Value


@pytest.fixture(autouse=True)
def _no_collector() -> Iterator[None]:
    """The collector is most of micrograd's time."""
    gc.disable()
    yield
    gc.enable()
    gc.collect()


def test_every_training_step_computes_the_same():
    for name, (losses, gradients) in contenders.moons_differences().items():
        assert losses <= 1e-12, name
        assert gradients <= 1e-12, name


def test_the_mixed_graph_is_what_it_is_said_to_be():
    leaves = contenders.mixed_leaves(Value)
    root = contenders.mixed_graph(leaves)
    operations, nodes = contenders.count(root)
    assert operations == contenders.OPERATIONS
    assert 100_000 <= operations < nodes < 1.5 * operations
    root.backward()
    assert all(math.isfinite(leaf.grad) and leaf.grad for leaf in leaves)


@pytest.mark.skipif(contenders.MicrogradValue is None, reason="micrograd is not installed")
def test_the_mixed_graph_is_micrograds_too():
    assert max(contenders.mixed_difference()) <= 1e-12


def test_the_chain():
    x, y = contenders.chain(1000)
    assert contenders.count(y) == (1000, 1003)
    y.backward()
    assert x.grad == pytest.approx(0.999**500, rel=1e-12)
