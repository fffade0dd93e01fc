"""Beside crowd-kit on real crowds: the same labels where the methods are the same."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from fairhand.quality import DawidSkene, Difficulty, MajorityVote, OneCoin, Spamming
from fairhand.quality.aggregation.confusion import ConfusionPriors
from fairhand.quality.aggregation.weighted_majority import WeightedMajority
from tests.data import data_dir

# Priors so weak that the estimates are maximum likelihood, but for what nobody was seen to do.
NEARLY_NONE = ConfusionPriors(accuracy=0.7, crowd=1e-3, person=1e-3, tasks=1e-3)

pytestmark = pytest.mark.slow


def peer(name: str) -> Any:  # noqa: ANN401  # crowd-kit has no types
    """Import one of crowd-kit's classes; its import warns of other packages of its own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = pytest.importorskip("crowdkit.aggregation", reason="crowd-kit is not installed")
    return getattr(module, name)


def answers(name: str) -> Any:  # noqa: ANN401  # a pandas frame
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    return pandas.read_csv(folder(name) / "labels.csv.gz")[["task", "worker", "label"]]


def folder(name: str) -> Path:
    return data_dir("crowd") / name


def labels_of(name: str, frame: Any, **settings: Any) -> NDArray[Any]:  # noqa: ANN401
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = peer(name)(**settings).fit_predict(frame)
    return np.asarray(found.sort_index())


def alike(ours: tuple[Any, ...], theirs: NDArray[Any], sure: NDArray[np.bool_]) -> float:
    """Give the share of tasks with one label, among those that are no tie."""
    return float(np.mean((np.array(ours) == theirs)[sure]))


def no_tie(probabilities: NDArray[np.float64], gap: float = 1e-6) -> NDArray[np.bool_]:
    top = np.sort(probabilities, axis=1)
    return np.asarray(top[:, -1] - top[:, -2] > gap)


@pytest.mark.parametrize("name", ["rte", "dog", "music_genre", "web"])
def test_majority_says_what_theirs_says_but_for_ties(name: str) -> None:
    frame = answers(name)
    vote = MajorityVote().fit(frame)
    assert alike(vote.labels, labels_of("MajorityVote", frame), no_tie(vote.probabilities)) == 1.0


@pytest.mark.parametrize("name", ["rte", "dog"])
def test_one_round_of_agreement_finds_the_skills_that_wawa_finds(name: str) -> None:
    """A tie is half an agreement here and goes to one of the labels there."""
    frame = answers(name)
    fit = WeightedMajority(iterations=1, strength=1e-9, leave_out_own=False).fit(frame)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = peer("Wawa")().fit(frame).skills_
    gap = np.abs(fit.accuracy - theirs.reindex(list(fit.workers)).to_numpy())
    assert np.median(gap) < 0.03
    assert np.quantile(gap, 0.9) < 0.1


@pytest.mark.parametrize(("name", "least"), [("rte", 0.995), ("dog", 0.98), ("bluebird", 0.97)])
def test_dawid_skene_without_priors_says_what_theirs_says(name: str, least: float) -> None:
    frame = answers(name)
    fit = DawidSkene(strength=NEARLY_NONE).fit(frame)
    theirs = labels_of("DawidSkene", frame, n_iter=100, tol=1e-6)
    assert alike(fit.labels, theirs, no_tie(fit.probabilities)) >= least


@pytest.mark.parametrize(("name", "least"), [("rte", 0.99), ("dog", 0.97)])
def test_one_coin_without_priors_says_what_theirs_says(name: str, least: float) -> None:
    frame = answers(name)
    fit = OneCoin(strength=NEARLY_NONE).fit(frame)
    theirs = labels_of("OneCoinDawidSkene", frame, n_iter=100, tol=1e-6)
    assert alike(fit.labels, theirs, no_tie(fit.probabilities)) >= least


@pytest.mark.parametrize("name", ["rte", "music_genre"])
def test_spamming_says_nearly_what_mace_says(name: str) -> None:
    """MACE draws its starts, and takes the mean of a posterior where ours takes its peak."""
    frame = answers(name)
    fit = Spamming().fit(frame)
    theirs = labels_of("MACE", frame, n_restarts=2, n_iter=30, random_state=0)
    assert alike(fit.labels, theirs, no_tie(fit.probabilities)) >= 0.9


@pytest.mark.parametrize("name", ["rte", "bluebird"])
def test_difficulty_is_right_as_often_as_glad(name: str) -> None:
    """Another model of difficulty than GLAD's: it must be worth no less."""
    frame = answers(name)
    pandas = pytest.importorskip("pandas")
    truth = pandas.read_csv(folder(name) / "truth.csv.gz").set_index("task").iloc[:, 0]
    ours = Difficulty().fit(frame)
    theirs = labels_of("GLAD", frame, n_iter=20, silent=True)
    gold = truth.reindex(list(ours.tasks)).to_numpy()
    assert np.mean(np.array(ours.labels) == gold) >= np.mean(theirs == gold) - 0.005
