"""microgpt's program runs here after the import line: the same losses as with a Value class like its own."""

from __future__ import annotations

import pytest
from benchmarks.microgpt import VERSIONS, OwnValue, train

from autograd import Value


def agree(version: str, steps: int) -> None:
    ours, theirs = (list(train(kind, VERSIONS[version], steps)) for kind in (Value, OwnValue))
    assert ours == pytest.approx(theirs, rel=1e-12)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_first_losses_are_those_of_its_own_class(version: str) -> None:
    agree(version, 2)


@pytest.mark.slow
@pytest.mark.parametrize("version", VERSIONS)
def test_fifty_losses_are_those_of_its_own_class(version: str) -> None:
    agree(version, 50)
