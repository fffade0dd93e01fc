"""Answers swept in pieces give what they give when swept together."""

from __future__ import annotations

from functools import reduce
from operator import add

import numpy as np
import pytest

from fairhand.quality.aggregation.dawid_skene import DawidSkeneFamily
from fairhand.quality.aggregation.difficulty import DifficultyFamily
from fairhand.quality.aggregation.engine import Family, group, run
from fairhand.quality.aggregation.partial import PartialFit, partition_of
from fairhand.quality.aggregation.spamming import SpammingFamily
from tests.rules.quality.crowds import planted_crowd


@pytest.mark.parametrize(
    "family",
    [DawidSkeneFamily(), DifficultyFamily(), SpammingFamily()],
    ids=lambda family: family.name,
)
@pytest.mark.parametrize("seed", range(3))
def test_seven_random_partitions_give_what_the_whole_gives(family: Family, seed: int) -> None:
    codes = planted_crowd(seed).codes
    whole = run(group(codes), family, max_iterations=12, tolerance=0.0)
    home = np.random.default_rng(seed).integers(0, 7, len(codes.tasks))
    pieces = []
    for piece in range(7):
        rows = home[codes.task] == piece
        pieces.append(partition_of(codes.task[rows], codes.worker[rows], codes.label[rows], 12, 3))
    fit = PartialFit.begin(family, workers=12, classes=3)
    for _ in range(12):
        fit = fit.step(reduce(add, map(fit.map, pieces)))
    probabilities = whole.class_probabilities(3)
    last = reduce(add, map(fit.map, pieces))
    assert last.log_likelihood == pytest.approx(whole.log_likelihood)
    np.testing.assert_allclose(last.counts, whole.counts, atol=1e-8)
    for piece, partition in enumerate(pieces):
        np.testing.assert_allclose(
            fit.posterior(partition), probabilities[home == piece], atol=1e-9
        )


def test_pieces_settle_and_say_so() -> None:
    codes = planted_crowd(1).codes
    grouped = group(codes)
    fit = PartialFit.begin(DawidSkeneFamily(), 12, 3)
    while fit.change > 1e-6 and fit.iterations < 200:
        fit = fit.step(fit.map(grouped))
    assert fit.iterations < 200
    whole = run(grouped, DawidSkeneFamily(), max_iterations=200, tolerance=1e-9)
    np.testing.assert_allclose(fit.posterior(grouped), whole.posterior, atol=1e-3)


def test_gold_reaches_the_pieces() -> None:
    codes = planted_crowd(2, tasks=40).codes
    grouped = group(codes)
    offset = np.zeros((40, 3))
    offset[:4, :2] = -np.inf
    fit = PartialFit.begin(DawidSkeneFamily(), 12, 3)
    fit = fit.step(fit.map(grouped, offset))
    assert (fit.posterior(grouped, offset)[:4, 2] == 1.0).all()


def test_codes_that_do_not_fit_are_refused() -> None:
    one = np.zeros(1, dtype=np.intp)
    with pytest.raises(ValueError, match="person's code"):
        partition_of(one, one + 5, one, workers=5, classes=2)
    with pytest.raises(ValueError, match="label's code"):
        partition_of(one, one, one - 1, workers=5, classes=2)
    fit = PartialFit.begin(DawidSkeneFamily(), 5, 3)
    with pytest.raises(ValueError, match="coded for 5 people and 2 classes"):
        fit.map(partition_of(one, one, one, workers=5, classes=2))


def test_an_empty_piece_adds_nothing() -> None:
    none = np.zeros(0, dtype=np.intp)
    fit = PartialFit.begin(DawidSkeneFamily(), 5, 3)
    found = fit.map(partition_of(none, none, none, workers=5, classes=3))
    assert found.counts.sum() == 0.0
    assert found.log_likelihood == 0.0
