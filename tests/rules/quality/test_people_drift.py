"""People who change over their answers are followed; people who do not are left in peace."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from fairhand.quality import DawidSkene, DriftingDawidSkene
from fairhand.quality.aggregation.codes import AnswerCodes
from fairhand.quality.aggregation.drift import stretches_of
from tests.rules.quality.crowds import small_crowds


@dataclass(frozen=True, slots=True)
class Changing:
    """Answers in order, and the truth; a third of the people tire, a third learn, a third stay."""

    task: NDArray[np.intp]
    worker: NDArray[np.intp]
    label: NDArray[np.intp]
    order: NDArray[np.intp]
    truth: NDArray[np.intp]


def changing_people(seed: int, tasks: int = 1_500, people: int = 12) -> Changing:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 3, tasks)
    task = np.repeat(np.arange(tasks), 5)
    worker = np.concatenate([rng.choice(people, 5, replace=False) for _ in range(tasks)])
    progress = task / tasks
    skill = np.choose(worker % 3, [0.95 - 0.6 * progress, 0.35 + 0.6 * progress, 0.75])
    wrong = (truth[task] + rng.integers(1, 3, len(task))) % 3
    label = np.where(rng.random(len(task)) < skill, truth[task], wrong)
    return Changing(task, worker, label, np.arange(len(task)), truth)


@pytest.mark.parametrize("seed", range(3))
def test_following_people_who_change_is_worth_more_than_one_matrix(seed: int) -> None:
    made = changing_people(seed)
    columns = made.task, made.worker, made.label
    moving = DriftingDawidSkene().fit(*columns, order=made.order)
    still = DawidSkene().fit(*columns)
    right = [np.mean(np.array(fit.labels) == made.truth) for fit in (moving, still)]
    assert right[0] >= right[1] + 0.005
    log_loss = [
        -np.mean(np.log(fit.probabilities[np.arange(len(made.truth)), made.truth]))
        for fit in (moving, still)
    ]
    assert log_loss[0] < 0.95 * log_loss[1]


def test_the_change_of_a_person_is_seen_with_its_interval() -> None:
    made = changing_people(4)
    fit = DriftingDawidSkene().fit(made.task, made.worker, made.label, order=made.order)
    tires, stays = fit.over_time(0), fit.over_time(2)
    assert tires[0, 0] > 0.8
    assert tires[-1, 0] < 0.6
    assert tires[0, 1] > tires[-1, 2]
    assert np.ptp(stays[:, 0]) < 0.2
    assert ((stays[:, 1] <= 0.75) & (stays[:, 2] >= 0.75)).mean() >= 0.7
    assert fit.accuracy[2] == pytest.approx(0.75, abs=0.05)


def test_people_who_stay_the_same_lose_little() -> None:
    rng = np.random.default_rng(1)
    truth = rng.integers(0, 2, 600)
    task = np.repeat(np.arange(600), 5)
    worker = np.concatenate([rng.choice(15, 5, replace=False) for _ in range(600)])
    label = np.where(rng.random(len(task)) < 0.75, truth[task], 1 - truth[task])
    frame = {"task": task, "worker": worker, "label": label, "order": np.arange(len(task))}
    moving = np.mean(np.array(DriftingDawidSkene().fit(frame).labels) == truth)
    still = np.mean(np.array(DawidSkene().fit(frame).labels) == truth)
    assert moving >= still - 0.01


@given(codes=small_crowds(), seed=st.integers(0, 2**32 - 1), length=st.integers(1, 5))
def test_the_order_of_the_rows_does_not_matter_the_order_in_time_does(
    codes: AnswerCodes, seed: int, length: int
) -> None:
    rng = np.random.default_rng(seed)
    when = rng.integers(0, 10, len(codes))
    shuffle = rng.permutation(len(codes))
    shuffled = AnswerCodes(
        codes.task[shuffle], codes.worker[shuffle], codes.label[shuffle],
        codes.tasks, codes.workers, codes.classes,
    )  # fmt: skip
    model = DriftingDawidSkene(stretch=length)
    one = model.fit_codes(codes, order=when)
    other = model.fit_codes(shuffled, order=when[shuffle])
    np.testing.assert_allclose(other.probabilities, one.probabilities, rtol=1e-6, atol=1e-9)
    assert np.isfinite(one.accuracy).all()
    assert np.isfinite(one.accuracy_interval()).all()


@given(codes=small_crowds(), length=st.integers(1, 5))
def test_every_stretch_is_one_persons_and_long_enough(codes: AnswerCodes, length: int) -> None:
    stretch, owner = stretches_of(codes, None, length)
    assert (owner[stretch] == codes.worker).all()
    sizes = np.bincount(stretch, minlength=len(owner))
    given_by = np.bincount(codes.worker, minlength=6)
    assert (sizes >= np.minimum(length, given_by[owner])).all()
    assert (sizes < 2 * length).all()


def test_gold_reaches_people_who_change() -> None:
    made = changing_people(2, tasks=100)
    columns = made.task, made.worker, made.label
    fit = DriftingDawidSkene().fit(*columns, order=made.order, gold={5: 1, 6: 2})
    assert (fit.labels[5], fit.labels[6]) == (1, 2)


def test_an_earlier_record_is_believed() -> None:
    task = np.repeat(np.arange(10), 2)
    worker, label = np.tile(["Amina", "Bao"], 10), np.tile(["cat", "dog"], 10)
    trusted, random = np.array([[90.0, 10.0], [10.0, 90.0]]), np.full((2, 2), 50.0)
    for good, bad, said in (("Amina", "Bao", "cat"), ("Bao", "Amina", "dog")):
        records = {good: trusted, bad: random}
        fit = DriftingDawidSkene().fit(task, worker, label, order=np.arange(20), people=records)
        assert set(fit.labels) == {said}


def test_an_order_that_cannot_be_one_is_refused() -> None:
    model, rows = DriftingDawidSkene(), ([1, 1], ["Amina", "Bao"], ["cat", "dog"])
    with pytest.raises(ValueError, match="give `order`"):
        model.fit(*rows)
    with pytest.raises(ValueError, match="1 values for 2 answers"):
        model.fit(*rows, order=[1])
    with pytest.raises(ValueError, match="order is missing in row 1"):
        model.fit(*rows, order=[1.0, float("nan")])
    with pytest.raises(ValueError, match="no column 'order'"):
        model.fit({"task": [1], "worker": ["Amina"], "label": ["cat"]})
    with pytest.raises(ValueError, match="'Carmen' gave no answer"):
        model.fit(*rows, order=[1, 2]).over_time("Carmen")


def test_nothing_answered_gives_nothing_back() -> None:
    fit = DriftingDawidSkene().fit([], [], [], order=[])
    assert fit.labels == ()
    assert len(fit.stretch_worker) == 0
