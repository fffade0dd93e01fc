"""Scores of labels, reliability and selective accuracy are what scikit-learn and slow code say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairhand.quality.evaluation.judged import mean_estimate, wilson
from fairhand.quality.evaluation.labelled import score_labels
from fairhand.quality.evaluation.reliability import label_table, measure_reliability
from fairhand.quality.evaluation.selective import measure_selective

CLASSES = ("cat", "dog", "owl", "cow")
pairs = st.lists(st.tuples(st.sampled_from(CLASSES), st.sampled_from(CLASSES)), min_size=1)
sets = st.frozensets(st.sampled_from(CLASSES), min_size=1)


def dice(seed: int = 7) -> np.random.Generator:
    return np.random.default_rng(seed)


@given(pairs)
@settings(max_examples=25)
def test_f1_and_confusion_are_those_of_scikit_learn(found: list[tuple[str, str]]) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    truth, said = zip(*found, strict=True)
    ours = score_labels(CLASSES, truth, said, dice(), resamples=20)
    seen = [label for label in CLASSES if label in (*truth, *said)]
    options = {"labels": seen, "zero_division": 0}
    assert ours.classes == tuple(seen)
    assert ours.macro_f1.value == pytest.approx(
        metrics.f1_score(truth, said, average="macro", **options)
    )
    precision, recall, f1, support = metrics.precision_recall_fscore_support(truth, said, **options)
    for at, one in enumerate(ours.labels):
        assert (one.precision or 0) == pytest.approx(precision[at])
        assert (one.recall or 0) == pytest.approx(recall[at])
        assert (one.f1, one.true) == pytest.approx((f1[at], support[at]))
    assert ours.confusion is not None
    whole = metrics.confusion_matrix(truth, said, labels=CLASSES)
    places = [CLASSES.index(label) for label in seen]
    assert np.array_equal(ours.confusion, whole[places][:, places])


@given(st.lists(st.tuples(sets, sets), min_size=1, max_size=12))
@settings(max_examples=15)
def test_f1_of_several_labels_is_that_of_scikit_learn(
    found: list[tuple[frozenset[str], frozenset[str]]],
) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    truth, said = (
        [[c in one for c in CLASSES] for one in each] for each in zip(*found, strict=True)
    )
    ours = score_labels(
        CLASSES, [one for one, _ in found], [one for _, one in found], dice(), resamples=20
    )
    seen = [at for at in range(len(CLASSES)) if any(row[at] for row in truth + said)]
    theirs = metrics.f1_score(
        np.array(truth)[:, seen], np.array(said)[:, seen], average="macro", zero_division=0
    )
    assert ours.macro_f1.value == pytest.approx(theirs)
    assert ours.confusion is None


def test_the_interval_of_macro_f1_covers_the_true_one_nineteen_times_in_twenty() -> None:
    # A model that keeps the label with chance .8, else draws any: its F1 on ten million tasks.
    def sample(rng: np.random.Generator, n: int) -> tuple[list[str], list[str]]:
        truth = rng.choice(CLASSES[:3], size=n, p=(0.6, 0.3, 0.1))
        keeps = rng.random(n) < 0.8
        return list(truth), list(np.where(keeps, truth, rng.choice(CLASSES[:3], size=n)))

    target = score_labels(CLASSES, *sample(dice(1), 100_000), dice(), resamples=5).macro_f1.value
    inside = 0
    for seed in range(100):
        rng = dice(100 + seed)
        found = score_labels(CLASSES, *sample(rng, 300), rng, resamples=150).macro_f1
        inside += found.low <= target <= found.high
    assert 88 <= inside <= 100  # 95 of a hundred, with a standard deviation of 2.2


@given(st.integers(0, 60), st.integers(1, 60))
def test_the_interval_of_a_share_is_that_of_statsmodels_form(right: int, of: int) -> None:
    right = min(right, of)
    low, high = wilson(right, of)
    assert 0 <= low <= right / of + 1e-12
    assert right / of - 1e-12 <= high <= 1
    # The ends solve Wilson's equation: (share - p)^2 = z^2 p (1 - p) / n.
    for end in (low, high):
        assert (right / of - end) ** 2 == pytest.approx(
            1.959963984540054**2 * end * (1 - end) / of, abs=1e-9
        )


def test_a_mean_of_overlaps_has_students_interval() -> None:
    stats = pytest.importorskip("scipy.stats")
    values = dice().random(40)
    found = mean_estimate(values)
    low, high = stats.t.interval(0.95, 39, loc=values.mean(), scale=stats.sem(values))
    assert (found.low, found.high) == pytest.approx((low, high))


def test_brier_of_labels_is_that_of_scikit_learn() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    rng = dice()
    table = rng.dirichlet((1, 1, 1, 1), size=200)
    truth = rng.choice(CLASSES, size=200)
    rows = [dict(zip(CLASSES, row, strict=True)) for row in table.tolist()]
    labels = label_table(CLASSES, rows, list(truth))
    found = measure_reliability(
        table.max(axis=1), np.array(CLASSES)[table.argmax(1)] == truth, labels
    )
    assert found is not None
    slow = np.mean(
        [
            ((row - (np.array(CLASSES) == one)) ** 2).sum()
            for row, one in zip(table, truth, strict=True)
        ]
    )
    assert found.brier.value == pytest.approx(slow)
    binary = measure_reliability(table.max(axis=1), np.array(CLASSES)[table.argmax(1)] == truth)
    assert binary is not None
    right = (np.array(CLASSES)[table.argmax(1)] == truth).astype(int)
    assert binary.brier.value == pytest.approx(metrics.brier_score_loss(right, table.max(axis=1)))


def test_a_calibrated_model_shows_no_more_error_than_chance_and_less_once_it_is_taken_off() -> None:
    plain, ours, chance = [], [], []
    for seed in range(60):
        rng = dice(seed)
        scores = rng.beta(4, 2, size=300)
        found = measure_reliability(scores, rng.random(300) < scores)
        assert found is not None
        plain.append(found.ece_plain)
        ours.append(found.ece)
        chance.append(found.by_chance)
    assert np.mean(plain) == pytest.approx(np.mean(chance), rel=0.1)
    assert np.mean(ours) < 0.65 * np.mean(plain)


def test_a_model_that_is_too_sure_shows_its_gap() -> None:
    rng = dice()
    scores = np.full(2_000, 0.95)
    found = measure_reliability(scores, rng.random(2_000) < 0.8)
    assert found is not None
    assert found.gap == pytest.approx(0.15, abs=0.03)
    assert found.ece == pytest.approx(0.15, abs=0.03)
    assert found.rms == pytest.approx(0.15, abs=0.03)
    assert [one.tasks for one in found.bins] == [2_000]  # equal scores stay in one bin


@given(st.lists(st.tuples(st.integers(0, 10), st.booleans()), min_size=20, max_size=400))
def test_bins_hold_every_task_once_and_rise(found: list[tuple[int, bool]]) -> None:
    scores = np.array([one / 10 for one, _ in found])
    right = np.array([one for _, one in found])
    measured = measure_reliability(scores, right)
    assert measured is not None
    assert sum(one.tasks for one in measured.bins) == len(found)
    assert sum(one.tasks * one.right for one in measured.bins) == pytest.approx(right.sum())
    claimed = [one.claimed for one in measured.bins]
    assert claimed == sorted(set(claimed))
    assert 0 <= measured.ece <= measured.ece_plain + 1e-12


def test_too_few_scores_say_nothing_about_calibration() -> None:
    assert measure_reliability(np.full(19, 0.5), np.ones(19, dtype=bool)) is None


def test_probabilities_that_do_not_add_up_are_not_taken_for_any() -> None:
    assert label_table(("a", "b"), [{"a": 0.5, "b": 0.1}], ["a"]) is None
    assert label_table(("a", "b"), [{"a": 0.5, "b": 0.5}, None], ["a", "b"]) is None
    rounded = label_table(("a", "b"), [{"a": 0.334, "b": 0.667}], ["a"])
    assert rounded is not None
    assert rounded[0].sum() == pytest.approx(1)


@given(st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=1, max_size=80))
@settings(max_examples=60)
def test_selective_accuracy_is_what_counting_says(found: list[tuple[int, bool]]) -> None:
    scores = np.array([one / 6 for one, _ in found])
    right = np.array([float(one) for _, one in found])
    measured = measure_selective(scores, right)
    assert measured is not None
    for point in measured.points:
        kept = scores >= point.score
        assert point.coverage == pytest.approx(kept.mean())
        assert point.accuracy == pytest.approx(right[kept].mean())
    assert measured.points[-1].coverage == 1
    risks = [1 - right[scores >= one].mean() for one in scores]
    assert measured.risk_area == pytest.approx(np.mean(risks))


def test_what_is_safe_to_leave_to_the_model_is_unsafe_once_in_twenty_at_most() -> None:
    wrong = 0
    for seed in range(200):
        rng = dice(seed)
        scores = rng.random(400)
        chance = 0.5 + 0.5 * scores
        measured = measure_selective(scores, (rng.random(400) < chance).astype(float))
        assert measured is not None
        chosen = next(one for one in measured.safe if one.target == 0.8)
        if chosen.score is not None:
            # Among scores above s, the share that is right is the mean of .5 + .5 u over [s, 1].
            wrong += 0.5 + 0.5 * (1 + chosen.score) / 2 < 0.8
    assert wrong <= 200 * 0.05 + 9


def test_no_share_is_safe_where_too_few_tasks_were_seen() -> None:
    measured = measure_selective(np.linspace(0, 1, 12), np.ones(12))
    assert measured is not None
    assert [one.coverage for one in measured.safe if one.target >= 0.95] == [None, None]
