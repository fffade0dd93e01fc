"""What a consensus needs is ready before anybody waits for it."""

from __future__ import annotations

import pytest

from fairhand.labels.registry import kinds
from fairhand.quality.consensus import KINDS
from fairhand.quality.consensus.kind import Voted
from fairhand.quality.consensus.warm import warm


@pytest.mark.parametrize("kind", kinds())
def test_every_kind_settles_its_own_example(kind: str) -> None:
    assert kind in KINDS, "a kind that can be asked can be settled"
    warm(kind)
    found = KINDS[kind]
    if isinstance(found, Voted):
        assert found.measure
        assert 0 < found.enough <= 1
