"""Too alike and straight lines: planted copying is found in real crowds, honest ones stay clear."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairhand.quality.aggregation.codes import Floats
from fairhand.quality.watch import find_alike, find_straight_lining
from fairhand.quality.watch.alike import likeness_of
from fairhand.quality.watch.answers import expect, take_answers
from fairhand.quality.watch.search import climb
from fairhand.quality.watch.straight import straightness_of
from tests.rules.quality.crowds import small_crowds
from tests.rules.quality.watch_crowds import (
    Answers,
    dealt_anew,
    honest_crowd,
    real_answers,
    with_copying,
)

REAL = ("rte", "dog", "music_genre")


def common(answers: Answers, one: int, two: int) -> int:
    task, worker, _ = answers
    return len(np.intersect1d(task[worker == one], task[worker == two]))


def pairs_with(answers: Answers, least: int) -> list[tuple[int, int]]:
    people, times = np.unique(answers[1], return_counts=True)
    busy = people[times >= least].tolist()
    return [
        (one, two) for one in busy for two in busy
        if one < two and common(answers, one, two) >= least
    ]  # fmt: skip


@pytest.mark.parametrize("name", REAL)
def test_when_answers_are_dealt_out_by_lot_hardly_anybody_is_named(name: str) -> None:
    """One look in five may name somebody; measured over forty it was none."""
    answers = real_answers(name)
    looks = [find_alike(*dealt_anew(answers, seed)).signals for seed in range(5)]
    assert sum(bool(signals) for signals in looks) <= 1


@pytest.mark.parametrize(("name", "least", "found"), [("dog", 60, 4), ("music_genre", 40, 6)])
def test_copying_planted_in_a_real_crowd_is_found(name: str, least: int, found: int) -> None:
    """Who copies every answer of somebody with whom they share enough tasks, in eight crowds."""
    answers = real_answers(name)
    pairs = pairs_with(answers, least)
    hits = 0
    for seed in range(8):
        one, two = pairs[np.random.default_rng(seed).integers(len(pairs))]
        planted = with_copying(dealt_anew(answers, seed), one, [two], 1.0)
        named = [signal.people for signal in find_alike(*planted).signals]
        hits += any({one, two} <= set(people) for people in named)
        assert all({one, two} & set(people) for people in named)
    assert hits >= found


@pytest.mark.slow
def test_the_power_that_the_documentation_states_is_there() -> None:
    """About 95 tasks in common: copying everything is found, copying half of it mostly."""
    for share, least in ((0.0, 0), (0.6, 3), (1.0, 6)):
        hits = 0
        for seed in range(6):
            crowd = honest_crowd(seed, tasks=5_000, people=40)
            named = [
                signal.people for signal in find_alike(*with_copying(crowd, 0, [1], share)).signals
            ]
            hits += (0, 1) in named
            assert [people for people in named if people != (0, 1)] == []
        assert least <= hits <= (6 if share else 0)


def test_a_ring_is_one_signal_about_all_of_it() -> None:
    crowd = with_copying(honest_crowd(3, tasks=3_000, people=25), 0, [1, 2], 1.0)
    (signal,) = find_alike(*crowd).signals
    assert signal.people == (0, 1, 2)
    assert signal.kind == "too_alike"
    assert signal.evidence["same"] > 2 * signal.evidence["expected"]
    assert signal.strength > 3


def test_a_few_people_with_few_witnesses_are_not_taken_for_a_ring() -> None:
    """Three answers a task: where one errs, the two others are alike for being right."""
    named = 0
    for seed in range(7):
        rng = np.random.default_rng(seed)
        task = np.repeat(np.arange(1_000), 3)
        worker = np.argsort(rng.random((1_000, 12)), axis=1)[:, :3].ravel()
        truth = rng.integers(0, 10, 1_000)[task]
        label = np.where(rng.random(3_000) < 0.9, truth, rng.integers(0, 10, 3_000))
        report = find_alike(task, worker, label)
        named += bool(report.signals)
        same = sum(pair.same for pair in report.pairs)
        assert same < 1.5 * sum(pair.expected for pair in report.pairs)
    assert named <= 1


@pytest.mark.parametrize(("classes", "answers", "people"), [(20, 5, 8), (2, 3, 12), (5, 5, 60)])
def test_careful_people_among_careless_ones_are_not_taken_for_a_ring(
    classes: int, answers: int, people: int
) -> None:
    named = 0
    for seed in range(8):
        rng = np.random.default_rng((77, seed))
        task = np.repeat(np.arange(1_000), answers)
        worker = np.argsort(rng.random((1_000, people)), axis=1)[:, :answers].ravel()
        right = rng.random(len(task)) < rng.uniform(0.4, 0.95, people)[worker]
        truth = rng.integers(0, classes, 1_000)[task]
        slip = (truth + rng.integers(1, classes, len(task))) % classes
        named += bool(find_alike(task, worker, np.where(right, truth, slip)).signals)
    assert named <= 2


@pytest.mark.parametrize(
    ("people", "answers", "ring", "share"), [(5, 4, 3, 1.0), (5, 4, 3, 0.5), (7, 6, 4, 0.6)]
)
def test_beside_a_ring_of_most_people_the_honest_rest_is_not_accused(
    people: int, answers: int, ring: int, share: float
) -> None:
    """Whoever is outvoted by a ring looks alike for being right."""
    crowd = honest_crowd(5, tasks=800, people=people, answers=answers)
    report = find_alike(*with_copying(crowd, 0, list(range(1, ring)), share))
    assert report.signals == ()
    assert any("over a third of those who answered" in warning for warning in report.warnings)


def test_what_is_expected_may_be_shared_by_both_looks() -> None:
    crowd = with_copying(honest_crowd(3, tasks=600, people=12), 0, [1], 1.0)
    codes, rows, _ = take_answers(*crowd)
    expected = expect(codes)
    assert likeness_of(expected).pairs == find_alike(*crowd).pairs
    when = rows.astype(np.float64)
    assert straightness_of(expected, when).people == find_straight_lining(*crowd).people
    for shares in (expected.others, expected.chance):
        assert shares.sum(axis=1) == pytest.approx(np.ones(len(codes)))


def test_climbing_from_afar_finds_the_top_within_bounds() -> None:
    """A full step of Newton's method swings back and forth here for good."""

    def look(at: Floats) -> tuple[float, Floats, Floats]:
        slope = -np.arctan(at - 3.0)
        value = float((at - 3.0) @ slope + 0.5 * np.log1p((at - 3.0) ** 2).sum())
        return value, slope, np.diag(1.0 / (1.0 + (at - 3.0) ** 2))

    assert climb(look, np.zeros(1), low=-50.0, high=50.0) == pytest.approx(3.0)
    assert climb(look, np.zeros(1), low=-50.0, high=2.0) == pytest.approx(2.0)


def test_being_right_together_is_no_likeness() -> None:
    """Two near-perfect people agree on nearly everything, and nothing is said of them."""
    rng = np.random.default_rng(1)
    task, worker, label = honest_crowd(1, tasks=2_000, people=20, classes=3)
    truth = np.array(
        [np.bincount(label[task == one], minlength=3).argmax() for one in range(2_000)]
    )
    perfect = np.isin(worker, (0, 1)) & (rng.random(len(task)) < 0.98)
    report = find_alike(task, worker, np.where(perfect, truth[task], label))
    pair = next(pair for pair in report.pairs if (pair.first, pair.second) == (0, 1))
    assert pair.agree / pair.shared > 0.9
    assert report.signals == ()


def test_a_shared_misunderstanding_is_explained_by_each_persons_own_ways() -> None:
    """Two people who always call class 0 class 1, each for themselves."""
    task, worker, label = honest_crowd(2, tasks=2_000, people=20, classes=3)
    confused = np.isin(worker, (0, 1)) & (label == 0)
    assert find_alike(task, worker, np.where(confused, 1, label)).signals == ()


@settings(max_examples=25, deadline=None)
@given(small_crowds(), st.permutations(range(6)))
def test_names_and_order_change_no_figure(crowd: object, people: list[int]) -> None:
    codes = crowd  # a small made crowd
    task, worker, label = codes.task, codes.worker, codes.label  # type: ignore[attr-defined]
    kept = np.unique(task * 6 + worker, return_index=True)[1]  # one answer a person and task
    task, worker, label = task[kept], worker[kept], label[kept]
    renamed = np.array([f"p{people[who]}" for who in worker])
    order = np.random.default_rng(len(task)).permutation(len(task))
    one = find_alike(task, worker, label, least_shared=2)
    two = find_alike(task[order], renamed[order], label[order], least_shared=2)
    found = {
        frozenset((f"p{people[p.first]}", f"p{people[p.second]}")): p.chance for p in one.pairs
    }
    for pair in two.pairs:
        assert found[frozenset((pair.first, pair.second))] == pytest.approx(pair.chance, rel=1e-6)
    assert len(found) == len(two.pairs)


@pytest.mark.parametrize(
    ("answers", "word"),
    [
        (([], [], []), "fewer than two labels"),
        (([1, 1], ["a", "b"], ["x", "x"]), "fewer than two labels"),
        (([1, 1, 2], ["a", "b", "a"], ["x", "y", "x"]), "tasks in common"),
    ],
)
def test_too_little_is_said_plainly(answers: tuple[list[object], ...], word: str) -> None:
    report = find_alike(*answers)
    assert report.signals == ()
    assert word in " ".join(report.warnings)
    with pytest.raises(ValueError, match="row 0"):
        find_alike([1], [None], ["x"])


@pytest.mark.parametrize("name", ["dog", "web"])
def test_one_label_for_everything_is_noticed_within_twenty_answers(name: str) -> None:
    task, worker, label = real_answers(name)
    people, times = np.unique(worker, return_counts=True)
    for seed in range(5):
        rng = np.random.default_rng(seed)
        who = rng.choice(people[times >= 20])
        rows = np.flatnonzero(worker == who)
        keep = np.ones(len(task), dtype=bool)
        keep[rows[20:]] = False
        planted = label.copy()
        planted[rows] = rng.choice(np.unique(label))
        report = find_straight_lining(task[keep], worker[keep], planted[keep])
        assert any(signal.people == (who,) for signal in report.signals)


def test_answers_dealt_out_by_lot_within_tasks_look_like_looking() -> None:
    """850 people-looks at tweets, 690 at dogs: nobody is named."""
    for name in ("tweets", "dog"):
        for seed in range(5):
            assert find_straight_lining(*dealt_anew(real_answers(name), seed)).signals == ()


def test_a_person_of_the_real_crowd_who_gave_one_answer_a_thousand_times_is_noticed() -> None:
    report = find_straight_lining(*real_answers("tweets"))
    (signal,) = report.signals
    assert signal.evidence["answers"] == 1_000
    assert signal.evidence["repeats"] == 997
    assert signal.evidence["bits"] < 0.01


def test_labels_in_runs_are_noticed_by_their_order() -> None:
    task, worker, label = honest_crowd(4, tasks=800, people=20, classes=2)
    rows = np.flatnonzero(worker == 5)
    planted = label.copy()
    planted[rows] = np.repeat(np.arange(len(rows) // 8 + 1) % 2, 8)[: len(rows)]
    when = np.arange(len(task))
    order = np.random.default_rng(0).permutation(len(task))
    report = find_straight_lining(task[order], worker[order], planted[order], order=when[order])
    assert [signal.people for signal in report.signals] == [(5,)]
    person = next(one for one in report.people if one.person == 5)
    assert person.repeats > 1.4 * person.expected_repeats


def test_the_bits_of_a_careful_person_are_nearly_all_there_are() -> None:
    task = np.repeat(np.arange(200), 5)
    worker, label = np.tile(np.arange(5), 200), np.repeat(np.arange(200) % 4, 5)
    report = find_straight_lining(task, worker, label)
    assert all(one.bits > 0.9 * one.most_bits for one in report.people)
    assert report.signals == ()
    with pytest.raises(ValueError, match="one number for each answer"):
        find_straight_lining(task, worker, label, order=[1.0])
