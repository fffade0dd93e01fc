"""The default weighs models of people by held-out answers, and says what it did."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairhand.quality import aggregate, method_names
from fairhand.quality.aggregation.codes import AnswerCodes, Floats
from fairhand.quality.aggregation.dependent import Dependent
from fairhand.quality.aggregation.folds import deal_folds, sample_tasks
from fairhand.quality.aggregation.layered import keep_meaning
from fairhand.quality.aggregation.majority import vote_shares
from fairhand.quality.aggregation.stacking import stack, stack_weights
from tests.data import data_dir
from tests.rules.quality.crowds import planted_crowd, small_crowds

GOLD = ("bluebird", "rte", "web", "dog", "music_genre", "tweets", "labelme", "product")


def percent_right(probabilities: Floats, truth: Mapping[int, int]) -> float:
    """Percent of the tasks with a known class; ties share the credit."""
    tasks, known = np.array(list(truth)), np.array(list(truth.values()))
    given = probabilities[tasks]
    best = np.isclose(given, given.max(axis=1, keepdims=True), atol=1e-9)
    return float(100 * np.mean(best[np.arange(len(known)), known] / best.sum(axis=1)))


def read(path: Path) -> list[list[int]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as text:
        rows = csv.reader(text)
        next(rows)
        return [[int(cell) for cell in row[:3]] for row in rows]


@settings(deadline=None, max_examples=10)
@given(small_crowds())
def test_any_small_crowd_gets_whole_probabilities(codes: AnswerCodes) -> None:
    found = stack(codes)
    assert np.isfinite(found.probabilities).all()
    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1.0, atol=1e-9)
    assert sum(score.weight for score in found.scores) == pytest.approx(1.0)


@settings(deadline=None, max_examples=2)
@given(st.integers(0, 2**32 - 1))
def test_names_and_the_order_of_rows_change_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    codes = planted_crowd(seed % 1000, tasks=60, people=8).codes
    plain = aggregate(codes.task, codes.worker, codes.label)
    rows = rng.permutation(len(codes))
    task, person, label = rng.permutation(60), rng.permutation(8), rng.permutation(3)
    renamed = aggregate(
        task[codes.task[rows]], person[codes.worker[rows]], label[codes.label[rows]]
    )
    np.testing.assert_allclose(
        renamed.probabilities[task][:, label], plain.probabilities, atol=1e-6
    )


def test_a_third_of_people_with_a_code_of_their_own_is_seen_through() -> None:
    crowd = planted_crowd(3, tasks=400)
    found = aggregate(crowd.codes.task, crowd.codes.worker, crowd.codes.label)
    truth = dict(enumerate(crowd.truth.tolist()))
    voted = percent_right(vote_shares(crowd.codes), truth)
    assert percent_right(found.probabilities, truth) > voted + 3.0
    assert found.method.startswith("auto (")
    assert "held out" in found.why
    assert "%" in found.why


def test_a_class_that_few_ever_give_does_not_take_over_the_split_votes() -> None:
    # The trap of plain Dawid-Skene: a rare answer's class explains every divided task.
    rng = np.random.default_rng(5)
    truth = rng.integers(0, 2, 1500)
    chance = rng.beta(6, 1.5, 1500)  # tasks differ in how clear they are
    rows = []
    for task, right in enumerate(truth.tolist()):
        for person in rng.choice(20, 5, replace=False).tolist():
            label = right if rng.random() < chance[task] else 1 - right
            rows.append((task, person, 2 if rng.random() < 0.002 else label))
    task_column, person_column, label_column = np.array(rows).T
    found = aggregate(task_column, person_column, label_column)
    labels = np.array(found.labels)
    assert (labels == 2).mean() < 0.01
    votes = np.array(
        [np.bincount(label_column[task_column == t], minlength=3) for t in range(1500)]
    )
    voted = float(np.mean(votes.argmax(axis=1) == truth))
    assert float(np.mean(labels == truth)) >= voted - 0.005


def test_people_are_told_how_right_they_are_with_an_interval() -> None:
    crowd = planted_crowd(7, tasks=400)
    found = aggregate(crowd.codes.task, crowd.codes.worker, crowd.codes.label)
    table = found.worker_table
    assert table["worker"] == list(crowd.codes.workers)
    for low, middle, high in zip(table["low"], table["accuracy"], table["high"], strict=True):
        assert 0.0 <= low < middle < high <= 1.0
    honest, others = table["accuracy"][4:], table["accuracy"][:4]
    assert min(honest) > max(others)


def test_labels_not_sure_enough_are_left_out_and_the_rest_is_as_right_as_promised() -> None:
    crowd = planted_crowd(11, tasks=600, answers=3)
    found = aggregate(crowd.codes.task, crowd.codes.worker, crowd.codes.label, abstain_below=0.9)
    kept = ~found.abstained
    assert [label is None for label in found.labels] == found.abstained.tolist()
    assert 0.2 < found.coverage < 1.0
    assert found.coverage == pytest.approx(kept.mean())
    right = np.mean(found.probabilities.argmax(axis=1)[kept] == crowd.truth[kept])
    assert right == pytest.approx(found.expected_accuracy, abs=0.04)
    assert "left out" in found.why


@pytest.mark.parametrize("method", method_names())
def test_every_method_is_reached_by_name(method: str) -> None:
    codes = planted_crowd(1, tasks=80).codes
    found = aggregate(
        {"task": codes.task, "worker": codes.worker, "label": codes.label}, method=method
    )
    assert found.method.startswith(method) or method == "difficulty"
    assert found.why
    assert found.probabilities.shape == (80, 3)


def test_an_unknown_method_is_answered_with_those_there_are() -> None:
    with pytest.raises(ValueError, match=r"no method 'best'.*auto, majority, .*dawid-skene"):
        aggregate([1], [1], [1], "best")


def test_gold_answers_are_certain_and_teach_the_rest() -> None:
    crowd = planted_crowd(2, tasks=200, answers=3)
    gold = {task: int(crowd.truth[task]) for task in range(60)}
    codes = crowd.codes
    found = aggregate(codes.task, codes.worker, codes.label, gold=gold)
    assert all(found.labels[task] == right for task, right in gold.items())
    rest = {task: int(crowd.truth[task]) for task in range(60, 200)}
    alone = aggregate(codes.task, codes.worker, codes.label)
    assert percent_right(found.probabilities, rest) >= percent_right(alone.probabilities, rest)


def test_earlier_records_of_people_are_listened_to() -> None:
    task, person, label = [0, 0, 1, 1], ["amina", "bao"] * 2, ["a", "b", "b", "a"]
    good, poor = [[90, 10], [10, 90]], [[50, 50], [50, 50]]
    found = aggregate(task, person, label, people={"amina": good, "bao": poor})
    assert found.labels == ("a", "b")


@pytest.mark.parametrize(
    ("task", "person", "label", "expected"),
    [
        ([], [], [], ()),
        ([1, 2], [1, 1], ["a", "a"], ("a", "a")),
        ([1], [1], ["a"], ("a",)),
        ([1, 1, 1], [1, 2, 3], ["a", "a", "a"], ("a",)),
    ],
    ids=["nothing", "one class", "one answer", "unanimous"],
)
def test_little_or_no_evidence_gives_what_was_said(
    task: list[int], person: list[int], label: list[str], expected: tuple[str, ...]
) -> None:
    found = aggregate(task, person, label)
    assert found.labels == expected
    assert np.isfinite(found.probabilities).all()
    assert np.isfinite(found.accuracy).all()


def test_a_single_person_is_believed_with_a_warning() -> None:
    label = [0, 1, 2, 0, 1, 2, 2]
    found = aggregate(range(7), [1] * 7, label)
    assert list(found.labels) == label
    assert any("One person" in warning for warning in found.warnings)


def test_people_who_answer_by_chance_leave_nobody_sure() -> None:
    rng = np.random.default_rng(0)
    task, person = np.repeat(np.arange(300), 5), rng.integers(0, 15, 1500)
    found = aggregate(task, person, rng.integers(0, 3, 1500))
    assert found.confidence.mean() < 0.75
    assert found.warnings


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"label": [1, float("nan")]}, "missing in row 1"),
        ({"label": [1, 2], "classes": [1]}, "not one of the classes"),
        ({"label": [1, 2], "abstain_below": 2.0}, "between 0 and 1"),
        ({"label": [1, 2], "method": "majority", "features": [[1.0], [2.0]]}, "auto alone"),
    ],
)
def test_bad_input_is_refused_in_words(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        aggregate([1, 2], [1, 2], **arguments)  # type: ignore[arg-type]


def test_folds_hold_out_a_share_of_every_task_and_samples_keep_tasks_whole() -> None:
    codes = planted_crowd(4, tasks=200, answers=6).codes
    fold = deal_folds(codes, 3)
    counts = np.bincount(codes.task * 3 + fold, minlength=600)
    assert (counts == 2).all()
    chosen = sample_tasks(codes, 300)
    per_task = np.bincount(codes.task, weights=chosen, minlength=200)
    assert set(per_task.tolist()) == {0.0, 6.0}
    assert 100 < chosen.sum() < 600


def test_the_weights_go_to_the_model_that_foretells() -> None:
    rng = np.random.default_rng(1)
    foretold = np.stack([rng.uniform(0.6, 0.9, 5000), rng.uniform(0.2, 0.5, 5000)], axis=1)
    assert stack_weights(foretold)[0] > 0.99
    assert stack_weights(np.zeros((0, 4))) == pytest.approx([0.25] * 4)


def test_the_crowd_keeps_the_meaning_of_every_class() -> None:
    crowd = np.array([[0.2, 0.7, 0.1], [0.1, 0.8, 0.1], [0.3, 0.5, 0.2]])
    kept = keep_meaning(crowd, np.arange(3))
    np.testing.assert_allclose(kept.sum(axis=1), 1.0)
    assert (kept.diagonal() >= kept.max(axis=1) - 1e-12).all()
    np.testing.assert_allclose(kept[0], [0.45, 0.45, 0.1])
    np.testing.assert_allclose(kept[1], crowd[1])
    np.testing.assert_allclose(kept[2], [0.3, 0.35, 0.35])


def test_mistakes_made_together_are_noticed_by_kinds() -> None:
    # On a third of the tasks of a class two people in three give the same wrong answer.
    rng = np.random.default_rng(9)
    truth = rng.integers(0, 2, 600)
    puzzling = rng.random(600) < 0.3
    chance = np.where(puzzling, 0.45, 0.95)
    table = (rng.random((600, 12)) < chance[:, None]) == truth[:, None].astype(bool)
    task, person = np.repeat(np.arange(600), 12), np.tile(np.arange(12), 600)
    found = Dependent().fit(task, person, table.astype(int).reshape(-1))
    right = np.mean(np.array(found.labels) == truth)
    plain = aggregate(task, person, table.astype(int).reshape(-1), "dawid-skene")
    assert abs(found.confidence.mean() - right) < abs(
        plain.confidence.mean() - np.mean(np.array(plain.labels) == truth)
    )
    with pytest.raises(ValueError, match="between 0 and 1"):
        Dependent(kinds=(1.0,))


@pytest.mark.slow
def test_on_real_crowds_the_default_is_never_far_under_majority_and_far_over_in_the_mean() -> None:
    gains = []
    for name in GOLD:
        folder = data_dir("crowd") / name
        task, worker, label = np.array(read(folder / "labels.csv.gz")).T
        found = aggregate(task, worker, label)
        place = {code: row for row, code in enumerate(found.tasks)}
        truth = {
            place[row[0]]: found.classes.index(row[1])
            for row in read(folder / "truth.csv.gz")
            if row[0] in place
        }
        voted = aggregate(task, worker, label, "majority")
        gains.append(
            percent_right(found.probabilities, truth) - percent_right(voted.probabilities, truth)
        )
    assert min(gains) >= -0.5
    assert np.mean(gains) >= 5.0
