"""How long tasks will take: by their length, by their proposal, and by what was measured."""

from __future__ import annotations

import numpy as np
import pytest

from fairhand.work.active_learning.choose import Pool, Settings, choose
from fairhand.work.prelabel.seconds import Seconds
from fairhand.work.prelabel.task_seconds import (
    FEWEST,
    seconds_by_task,
    slope_by_length,
    times_by_length,
)

SECONDS = Seconds(verify=2.0, keep=3.0, mend=14.0, draw=10.0)


def test_length_says_how_long_once_enough_was_measured() -> None:
    lengths = np.geomspace(10, 1_000, 60)
    assert slope_by_length(lengths, 0.1 * lengths**0.5) == pytest.approx(0.5, abs=0.02)
    assert slope_by_length(lengths, np.ones(60)) == 0.0
    assert slope_by_length(lengths, lengths**-0.5) == 0.0, "no task is quicker for being longer"
    assert slope_by_length(lengths[: FEWEST - 1], lengths[: FEWEST - 1]) == 0.0
    assert slope_by_length(np.zeros(60), lengths) == 0.0
    factors = times_by_length(np.array([100.0, 400.0, 0.0]), 0.5, 100.0)
    assert factors.tolist() == [1.0, 2.0, 1.0]
    assert times_by_length(np.array([5.0]), 0.5, 0.0).tolist() == [1.0]


def test_a_proposal_that_holds_saves_what_drawing_takes() -> None:
    ones = np.ones(3)
    assert seconds_by_task(None, ones, SECONDS, "auto").tolist() == [10.0, 10.0, 10.0]
    chances = np.array([1.0, 0.5, 0.0])
    assert seconds_by_task(chances, ones, SECONDS, "verify").tolist() == [2.0, 7.0, 12.0]
    assert seconds_by_task(chances, ones, SECONDS, "fix").tolist() == [3.0, 8.5, 14.0]
    assert seconds_by_task(chances, ones, SECONDS, "auto").tolist() == [2.0, 7.0, 10.0]
    assert seconds_by_task(chances, 2 * ones, SECONDS, "draw").tolist() == [20.0] * 3


def test_of_two_tasks_as_doubtful_the_quicker_is_asked() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(40, 4)).astype(np.float32)
    features[20:] = features[:20]  # each has a twin that takes nine times as long
    even = np.full((40, 2), 0.5, np.float32)
    seconds = np.repeat([5.0, 45.0], 20)
    pool = Pool(features, even, features[:4], np.array([0, 1, 0, 1]), seconds=seconds)
    chosen = choose(pool, 6, rng, Settings("margin")).indices
    assert (chosen < 20).all()
    blind = [
        choose(pool, 6, np.random.default_rng(at), Settings("margin", cost_aware=False)).indices
        for at in range(5)
    ]
    assert (np.concatenate(blind) >= 20).any()
