"""Questions without one truth: shares with intervals, groups, and no forced majority."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from fairhand.quality.aggregation.codes import AnswerCodes
from fairhand.quality.agreement import krippendorff_alpha
from fairhand.quality.subjectivity import check_subjectivity, compare_rater_groups, soft_labels
from tests.rules.quality.crowds import small_crowds
from tests.rules.quality.watch_crowds import Answers, real_answers

Floats = NDArray[np.float64]


def places(seed: int, tasks: int = 600, people: int = 30) -> tuple[NDArray[np.intp], ...]:
    rng = np.random.default_rng(seed)
    worker = np.concatenate([rng.choice(people, 6, replace=False) for _ in range(tasks)])
    return np.repeat(np.arange(tasks), 6), worker


def noisy(seed: int, classes: int) -> Answers:
    """One truth a task, and people of unlike skill who err independently."""
    rng = np.random.default_rng(seed)
    task, worker = places(seed)
    truth, skill = rng.integers(0, classes, 600), rng.uniform(0.55, 0.98, 30)
    wrong = (truth[task] + rng.integers(1, classes, len(task))) % classes
    return task, worker, np.where(rng.random(len(task)) < skill[worker], truth[task], wrong)


def opinions(seed: int, classes: int) -> tuple[Answers, Floats]:
    """Shares of each task's own, from which people draw; and the shares."""
    rng = np.random.default_rng(seed)
    task, worker = places(seed)
    shares = rng.dirichlet(np.full(classes, 0.6), 600)
    label = (rng.random(len(task))[:, np.newaxis] > np.cumsum(shares[task], axis=1)).sum(axis=1)
    return (task, worker, np.minimum(label, classes - 1)), shares


@pytest.mark.parametrize("classes", [2, 4])
def test_noise_is_not_taken_for_opinion_nor_opinion_for_noise(classes: int) -> None:
    for seed in range(3):
        noise = check_subjectivity(*noisy(seed, classes))
        opinion = check_subjectivity(*opinions(seed, classes)[0])
        assert noise.reading == "one_truth"
        assert opinion.reading == "own_split"
        assert noise.all_pairs is not None
        assert noise.reliable_pairs is not None
        assert opinion.reliable_pairs is not None
        # Careless answers vanish among the reliable; opinions stay.
        assert noise.reliable_pairs[0] < 0.85 * noise.all_pairs[0]
        assert opinion.reliable_pairs[2] > 0.9 * opinion.all_pairs[0]  # type: ignore[index]


@pytest.mark.parametrize("name", ["rte", "dog", "bluebird", "music_genre"])
def test_crowds_with_a_known_truth_read_as_one_truth(name: str) -> None:
    check = check_subjectivity(*real_answers(name))
    assert check.reading == "one_truth"
    assert check.gain_high < 0


def test_asked_again_guesses_change_and_opinions_stay() -> None:
    (task, worker, label), _ = opinions(1, 2)
    again = np.random.default_rng(0).choice(len(task), 200, replace=False)
    keeps = label[again]
    guesses = np.random.default_rng(1).integers(0, 2, 200)
    for second, word in ((keeps, "keep to their answers"), (guesses, "change their answers")):
        check = check_subjectivity(
            np.concatenate([task, task[again]]),
            np.concatenate([worker, worker[again]]),
            np.concatenate([label, second]),
        )
        assert check.repeats is not None
        assert word in check.sentence


def test_the_shares_are_nearer_the_truth_than_counting_and_their_intervals_hold() -> None:
    (task, worker, label), shares = opinions(3, 4)
    soft = soft_labels(task, worker, label)
    counted = np.zeros((600, 4))
    np.add.at(counted, (task, label), 1 / 6)
    # Smoothing takes a quarter of the squared error off, and more.
    assert ((soft.shares - shares) ** 2).mean() < 0.75 * ((counted - shares) ** 2).mean()
    held = (soft.low <= shares) & (shares <= soft.high)
    assert 0.93 <= held.mean() <= 0.98
    assert soft.concentration == pytest.approx(4 * 0.6, rel=0.25)
    assert soft.answers.tolist() == [6] * 600


@settings(max_examples=40, deadline=None)
@given(small_crowds())
def test_shares_sum_to_one_inside_their_intervals(crowd: AnswerCodes) -> None:
    soft = soft_labels(crowd.task, crowd.worker, crowd.label)
    assert soft.shares.sum(axis=1) == pytest.approx(np.ones(len(soft.tasks)))
    assert (soft.low <= soft.shares + 1e-9).all()
    assert (soft.shares <= soft.high + 1e-9).all()
    if soft.classes:
        assert (soft.entropy >= 0).all()
        assert (soft.entropy <= np.log2(max(2, len(soft.classes))) + 1e-9).all()
    assert not np.isnan(soft.shares).any()


@settings(max_examples=20, deadline=None)
@given(small_crowds(), st.permutations(range(4)))
def test_renaming_labels_moves_the_shares_along(crowd: AnswerCodes, new: list[int]) -> None:
    one = soft_labels(crowd.task, crowd.worker, crowd.label, classes=range(4))
    two = soft_labels(crowd.task, crowd.worker, np.array(new)[crowd.label], classes=range(4))
    assert two.shares[:, new] == pytest.approx(one.shares, abs=1e-9)


def test_real_abuse_labels_keep_their_split_and_are_not_forced() -> None:
    task, worker, label = real_answers("convabuse_ordinal")
    soft = soft_labels(task, worker, label)
    assert soft.shares.shape == (4185, 5)
    split = soft.shares.max(axis=1) < 0.6
    assert 0.02 < split.mean() < 0.4  # a part of the talks has no majority worth the name
    assert soft.entropy[split].mean() > soft.entropy[~split].mean()
    check = check_subjectivity(task, worker, label)
    assert "Fewer than ten people" in " ".join(check.warnings)


def split_by_group(strength: float, seed: int) -> tuple[Answers, dict[int, str]]:
    """Forty people in two groups; `strength` is how far the groups see tasks apart."""
    rng = np.random.default_rng(seed)
    task = np.repeat(np.arange(150), 8)
    worker = np.concatenate([rng.choice(40, 8, replace=False) for _ in range(150)])
    common, apart = rng.normal(size=150), rng.normal(size=150)
    lean = np.where(worker % 2 == 1, 1, -1) * strength * apart[task]
    label = (common[task] + lean + rng.normal(0, 0.7, len(task)) > 0).astype(int)
    return (task, worker, label), {who: "ab"[who % 2] for who in range(40)}


def test_groups_that_see_things_differently_are_told_from_groups_by_lot() -> None:
    chances = []
    for seed in range(12):
        answers, groups = split_by_group(0.0, seed)
        found = compare_rater_groups(
            groups, *answers, rng=np.random.default_rng(seed), permutations=49
        )
        assert found.chance is not None
        chances.append(found.chance)
    assert np.mean(np.array(chances) <= 0.05) <= 0.17
    answers, groups = split_by_group(0.5, 1)
    found = compare_rater_groups(groups, *answers, rng=np.random.default_rng(1), permutations=199)
    assert found.chance == pytest.approx(1 / 200)
    for group in found.groups:
        assert group.people == 20
        assert group.association is not None
        assert group.association > 1.2
        assert "beyond" in group.sentence


def test_agreement_within_a_group_is_krippendorffs_alpha() -> None:
    (task, worker, label), groups = split_by_group(0.5, 2)
    own = worker % 2 == 0
    alpha = krippendorff_alpha(task[own], worker[own], label[own], np.random.default_rng(0))
    found = compare_rater_groups(
        groups, task, worker, label, rng=np.random.default_rng(0), permutations=1
    )
    assert found.groups[0].within == pytest.approx(alpha.value)


def test_agreement_across_is_cross_replication_reliability_worked_by_hand() -> None:
    """Two tasks, ten people a side; disagreement 1/2 on one task, none on the other."""
    task, worker, label, groups = [], [], [], {}
    for side in "ab":
        for who in range(10):
            name = f"{side}{who}"
            groups[name] = side
            for one, said in ((1, who % 2 if side == "a" else 1), (2, 0)):
                task.append(one)
                worker.append(name)
                label.append(said)
    found = compare_rater_groups(
        groups, task, worker, label, rng=np.random.default_rng(0), permutations=1
    )
    seen = (0.5 + 0.0) / 2
    expected = 1 - (15 * 10 + 5 * 10) / (20 * 20)  # a: 15 zeros, 5 ones; b: 10 and 10
    assert found.groups[0].across == pytest.approx(1 - seen / expected)


def test_groups_are_kept_with_their_shares_and_small_ones_are_joined() -> None:
    (task, worker, label), groups = split_by_group(0.5, 3)
    groups |= {0: "c", 2: "c"}
    soft = soft_labels(task, worker, label, group_of=groups)
    assert all(group.people >= 10 for group in soft.groups)
    assert sum(group.people for group in soft.groups) == 40
    assert {"other"} < {group.name for group in soft.groups}
    for group in soft.groups:
        assert group.shares.sum() == pytest.approx(1.0)
        assert (group.low <= group.shares).all()
        assert group.task_shares.shape == soft.shares.shape
    few = soft_labels(task[:8], worker[:8], label[:8], group_of=groups)
    assert few.groups == ()
    assert "nothing is shown" in few.warnings[-1]


def test_too_little_one_class_and_bad_input_are_said_plainly() -> None:
    little = check_subjectivity([1, 1], ["a", "b"], ["x", "y"])
    assert little.reading == "cannot_tell"
    assert "20 are needed" in little.warnings[0]
    same = check_subjectivity(list(range(50)) * 2, ["a"] * 50 + ["b"] * 50, ["x"] * 100)
    assert same.reading == "cannot_tell"
    assert soft_labels([], [], []).tasks == ()
    assert "assumed" in soft_labels([1, 2], ["a", "b"], ["x", "y"]).warnings[0]
    alone = soft_labels([1, 1], ["a", "b"], ["x", "x"])
    assert alone.shares.tolist() == [[1.0]]
    with pytest.raises(ValueError, match="row 0"):
        soft_labels([1], ["a"], [None])
    with pytest.raises(ValueError, match="not one of the classes"):
        soft_labels([1], ["a"], ["z"], classes=["x", "y"])
    with pytest.raises(ValueError, match="numbers"):
        compare_rater_groups(
            {n: "ab"[n % 2] for n in range(20)}, [1] * 20, list(range(20)), list("xy") * 10,
            rng=np.random.default_rng(0), metric="interval",
        )  # fmt: skip
