"""How heavy a text is: an ordinal model learnt from votes."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import check_grad

from fairhand.compute.assistants.contract import AssistantError, NotEnoughError
from fairhand.compute.models import tiers
from fairhand.compute.models.tiers import fit_tiers, open_tiers

MILD = ["Have a lovely day", "The bus is late again", "Tea with milk", "We planted trees", "Nice"]
RUDE = [
    "You are an idiot",
    "Shut up, you fool",
    "What a stupid clown",
    "Idiots, all of you",
    "Damn",
]
GRIM = [
    "They will be killed",
    "He wants to kill them all",
    "Beat them to death",
    "Burn them",
    "Die",
]


def some_votes() -> tuple[list[str], np.ndarray]:
    """Fifteen texts, three votes each, that do not always agree."""
    votes = np.zeros((15, 5))
    for at in range(15):
        votes[at, (0, 2, 4)[at // 5]] = 2
        votes[at, (1, 1, 3)[at // 5]] = 1
    return MILD + RUDE + GRIM, votes


def test_heavier_texts_get_heavier_tiers() -> None:
    texts, votes = some_votes()
    model = open_tiers(fit_tiers(texts, votes, seed=0))
    mild, rude, grim = model.propose(["A sunny day with tea", "You stupid idiot", "Kill them"])
    assert mild.expected < rude.expected < grim.expected
    assert mild.tier < grim.tier
    for one in (mild, rude, grim):
        assert sum(one.probabilities) == pytest.approx(1.0)
        assert one.at_most >= one.tier
        assert sum(one.probabilities[: one.at_most + 1]) >= 0.95


def test_the_careful_tier_rises_as_less_risk_is_taken() -> None:
    texts, votes = some_votes()
    model = open_tiers(fit_tiers(texts, votes, seed=0))
    at_most = [
        model.propose(["You fool"], risk=risk)[0].at_most for risk in (0.5, 0.2, 0.05, 0.001)
    ]
    assert at_most == sorted(at_most)
    assert at_most[-1] == 4


def test_a_tier_without_votes_stays_possible() -> None:
    texts, votes = some_votes()
    votes[:, 3] = 0
    shares = open_tiers(fit_tiers(texts, votes, seed=0)).propose(["Kill"])[0].probabilities
    assert all(share > 0 for share in shares)


def test_the_same_votes_give_the_same_bytes() -> None:
    texts, votes = some_votes()
    assert fit_tiers(texts, votes, seed=3) == fit_tiers(texts, votes, seed=3)


def test_too_few_votes_or_one_tier_alone_is_not_enough() -> None:
    texts, votes = some_votes()
    with pytest.raises(NotEnoughError):
        fit_tiers(texts[:9], votes[:9], seed=0)
    with pytest.raises(NotEnoughError):
        fit_tiers(texts, np.eye(5)[np.zeros(15, dtype=int)], seed=0)


def test_votes_of_the_wrong_shape_and_other_bytes_are_refused() -> None:
    texts, votes = some_votes()
    for wrong in (votes[:, :4], -votes, votes * np.nan):
        with pytest.raises(AssistantError, match="counts"):
            fit_tiers(texts, wrong, seed=0)
    with pytest.raises(AssistantError):
        open_tiers(b"nothing")


def test_the_slope_of_the_loss_is_the_slope_of_the_loss() -> None:
    rng = np.random.default_rng(0)
    rows, votes = rng.normal(size=(20, 4)), rng.integers(0, 4, (20, 5)).astype(float)
    at = np.concatenate([rng.normal(size=4), [-1.0], rng.normal(size=3) * 0.3])
    error = check_grad(
        lambda x: tiers.loss_and_slope(x, rows, votes, 2.0)[0],
        lambda x: tiers.loss_and_slope(x, rows, votes, 2.0)[1],
        at,
    )
    assert error < 1e-4
