"""What holds for every model of people: never NaN, fair to names and order, honest on bad input."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairhand.quality import (
    IBCC,
    DawidSkene,
    Difficulty,
    OneCoin,
    PeopleFit,
    ShapedCoin,
    Spamming,
    WeightedMajority,
)
from fairhand.quality.aggregation import inspection
from fairhand.quality.aggregation.codes import AnswerCodes
from fairhand.quality.aggregation.estimator import PeopleModel
from fairhand.quality.aggregation.shrinkage import learn_strength
from tests.rules.quality.crowds import Crowd, planted_crowd, small_crowds

MODELS: dict[str, PeopleModel[Any]] = {
    "dawid-skene": DawidSkene(),
    "dawid-skene-learned": DawidSkene(strength="learned"),
    "ibcc": IBCC(),
    "one-coin": OneCoin(),
    "shaped-coin": ShapedCoin(),
    "difficulty": Difficulty(),
    "spamming": Spamming(),
    "weighted-majority": WeightedMajority(),
    "log-odds": WeightedMajority(weights="log-odds", iterations=5),
}
every_model = pytest.mark.parametrize("model", MODELS.values(), ids=MODELS.keys())


def share_right(result: PeopleFit, crowd: Crowd) -> float:
    return float(np.mean(np.array(result.labels) == crowd.truth))


@every_model
@settings(max_examples=15)
@given(codes=small_crowds())
def test_everything_is_finite_and_probabilities_sum_to_one(
    model: PeopleModel[Any], codes: AnswerCodes
) -> None:
    fit = model.fit_codes(codes)
    np.testing.assert_allclose(fit.probabilities.sum(axis=1), 1.0)
    assert fit.probabilities.shape == (len(codes.tasks), len(codes.classes))
    assert np.isfinite(fit.accuracy).all()
    assert np.isfinite(fit.log_likelihood)
    interval = fit.accuracy_interval()
    assert interval.shape == (len(codes.workers), 2)
    assert (interval[:, 0] <= interval[:, 1]).all()
    assert ((interval >= 0) & (interval <= 1)).all()


@every_model
@settings(max_examples=15)
@given(codes=small_crowds(), seed=st.integers(0, 2**32 - 1))
def test_the_order_of_the_rows_does_not_matter(
    model: PeopleModel[Any], codes: AnswerCodes, seed: int
) -> None:
    order = np.random.default_rng(seed).permutation(len(codes))
    shuffled = AnswerCodes(
        codes.task[order], codes.worker[order], codes.label[order],
        codes.tasks, codes.workers, codes.classes,
    )  # fmt: skip
    one, other = model.fit_codes(codes), model.fit_codes(shuffled)
    np.testing.assert_allclose(other.probabilities, one.probabilities, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(other.accuracy, one.accuracy, rtol=1e-6, atol=1e-9)
    assert other.warnings == one.warnings


@every_model
@settings(max_examples=15)
@given(codes=small_crowds(), seed=st.integers(0, 2**32 - 1))
def test_names_of_people_and_labels_do_not_matter(
    model: PeopleModel[Any], codes: AnswerCodes, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    people = rng.permutation(len(codes.workers))
    labels = rng.permutation(len(codes.classes))
    renamed = AnswerCodes(
        codes.task, people[codes.worker], labels[codes.label],
        codes.tasks, codes.workers, codes.classes,
    )  # fmt: skip
    one, other = model.fit_codes(codes), model.fit_codes(renamed)
    np.testing.assert_allclose(
        other.probabilities[:, labels], one.probabilities, rtol=1e-5, atol=1e-7
    )
    np.testing.assert_allclose(other.accuracy[people], one.accuracy, rtol=1e-5, atol=1e-7)


@every_model
def test_an_honest_crowd_is_read_right(model: PeopleModel[Any]) -> None:
    rng = np.random.default_rng(3)
    truth = rng.integers(0, 3, 400)
    rows = [
        (task, person, truth[task] if rng.random() < 0.6 + 0.03 * person else rng.integers(3))
        for task in range(400)
        for person in rng.choice(12, 5, replace=False)
    ]
    task, worker, label = np.array(rows).T
    fit = model.fit(task, worker, label)
    assert np.mean(np.array(fit.labels) == truth) >= 0.96
    assert np.corrcoef(fit.accuracy, np.arange(12))[0, 1] > 0.7


@every_model
def test_gold_answers_are_certain(model: PeopleModel[Any]) -> None:
    crowd = planted_crowd(4, tasks=60)
    gold = {task: int((crowd.truth[task] + 1) % 3) for task in (3, 7, 11)}
    fit = model.fit(crowd.codes.task, crowd.codes.worker, crowd.codes.label, gold=gold)
    assert [fit.labels[task] for task in gold] == list(gold.values())
    assert [fit.probabilities[task].max() for task in gold] == pytest.approx([1.0] * 3)


@every_model
def test_gold_answers_teach_who_errs(model: PeopleModel[Any]) -> None:
    task = np.repeat(np.arange(40), 2)
    worker = np.tile([0, 1], 40)
    label = np.where(worker == 0, task % 2, (task + 1) % 2)
    fit = model.fit(task, worker, label, gold={t: t % 2 for t in range(20)})
    assert fit.accuracy[0] > fit.accuracy[1] + 0.25
    assert fit.labels == tuple(t % 2 for t in range(40))


@every_model
def test_an_earlier_record_is_believed(model: PeopleModel[Any]) -> None:
    task = np.repeat(np.arange(10), 2)
    worker, label = np.tile(["Amina", "Bao"], 10), np.tile(["cat", "dog"], 10)
    trusted = np.array([[90.0, 10.0], [10.0, 90.0]])
    random = np.full((2, 2), 50.0)
    for good, bad, said in (("Amina", "Bao", "cat"), ("Bao", "Amina", "dog")):
        fit = model.fit(task, worker, label, people={good: trusted, bad: random, "Esi": random})
        assert set(fit.labels) == {said}


@every_model
def test_a_person_who_is_there_under_two_names_does_little_harm(model: PeopleModel[Any]) -> None:
    crowd = planted_crowd(5)
    codes = crowd.codes
    of_one = codes.worker == 11
    doubled = AnswerCodes(
        np.concatenate([codes.task, codes.task[of_one]]),
        np.concatenate([codes.worker, np.full(of_one.sum(), 12)]),
        np.concatenate([codes.label, codes.label[of_one]]),
        codes.tasks, (*codes.workers, 12), codes.classes,
    )  # fmt: skip
    fit = model.fit_codes(doubled)
    assert fit.accuracy[11] == pytest.approx(fit.accuracy[12], abs=1e-9)
    assert share_right(fit, crowd) >= share_right(model.fit_codes(codes), crowd) - 0.07


@every_model
def test_nothing_answered_gives_nothing_back(model: PeopleModel[Any]) -> None:
    fit = model.fit([], [], [])
    assert fit.labels == ()
    assert fit.accuracy_interval().shape == (0, 2)
    assert fit.warnings == ()


@every_model
def test_with_one_class_everything_is_certain(model: PeopleModel[Any]) -> None:
    fit = model.fit([1, 2, 2], ["Amina", "Bao", "Esi"], ["cat", "cat", "cat"])
    assert fit.labels == ("cat", "cat")
    assert fit.probabilities.tolist() == [[1.0], [1.0]]


@every_model
def test_unanimous_people_are_believed(model: PeopleModel[Any]) -> None:
    task, worker = np.repeat(np.arange(12), 3), np.tile([0, 1, 2], 12)
    fit = model.fit(task, worker, task % 3)
    assert fit.labels == tuple(task % 3 for task in range(12))
    assert fit.accuracy.min() > 0.8


@every_model
def test_one_person_alone_is_taken_at_their_word_with_a_warning(model: PeopleModel[Any]) -> None:
    fit = model.fit([1, 2, 3], ["Amina"] * 3, ["cat", "dog", "cat"])
    assert fit.labels == ("cat", "dog", "cat")
    assert "nothing here checks them" in fit.warnings[0]


@every_model
@pytest.mark.parametrize("column", ["task", "worker", "label"])
def test_a_missing_value_is_refused_with_its_row(model: PeopleModel[Any], column: str) -> None:
    frame: dict[str, list[Any]] = {"task": [1, 2], "worker": ["a", "b"], "label": ["x", "y"]}
    frame[column] = [frame[column][0], float("nan")]
    with pytest.raises(ValueError, match=f"{column} is missing in row 1"):
        model.fit(frame)


@every_model
def test_labels_outside_the_classes_are_refused(model: PeopleModel[Any]) -> None:
    with pytest.raises(ValueError, match="'cow' is not one of the classes"):
        model.fit([1], ["Amina"], ["cow"], classes=["cat", "dog"])
    with pytest.raises(ValueError, match="gold label 'cow' of task 1"):
        model.fit([1], ["Amina"], ["cat"], gold={1: "cow"})


@every_model
@pytest.mark.parametrize("record", [[[1.0]], [[1.0, -1.0], [0.0, 1.0]]])
def test_records_that_make_no_sense_are_refused(
    model: PeopleModel[Any], record: list[list[float]]
) -> None:
    with pytest.raises(ValueError, match="the record of 'Amina'"):
        model.fit([1, 1], ["Amina", "Bao"], ["cat", "dog"], people={"Amina": record})


@pytest.mark.parametrize(
    "name", ["dawid-skene", "ibcc", "one-coin", "shaped-coin", "spamming", "difficulty"]
)
def test_the_interval_of_an_accuracy_holds_the_true_one(name: str) -> None:
    inside = []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        skill = rng.uniform(0.5, 0.95, 40)
        truth = rng.integers(0, 3, 600)
        task = np.repeat(np.arange(600), 7)
        worker = np.concatenate([rng.choice(40, 7, replace=False) for _ in range(600)])
        wrong = (truth[task] + rng.integers(1, 3, len(task))) % 3
        label = np.where(rng.random(len(task)) < skill[worker], truth[task], wrong)
        low, high = MODELS[name].fit(task, worker, label).accuracy_interval(0.9).T
        inside.append((low <= skill) & (skill <= high))
    assert 0.82 <= np.mean(inside) <= 0.98


def doubtful(model: PeopleModel[Any], rows: list[tuple[Any, Any, Any]]) -> tuple[str, ...]:
    task, worker, label = zip(*rows, strict=True)
    warnings: tuple[str, ...] = model.fit(list(task), list(worker), list(label)).warnings
    return warnings


def test_nothing_amiss_warns_of_nothing() -> None:
    assert DawidSkene().fit_codes(planted_crowd(1).codes).warnings == ()


@every_model
def test_answers_given_twice_each_count_and_are_named(model: PeopleModel[Any]) -> None:
    rows = [(1, "Amina", "cat"), (1, "Amina", "dog"), (1, "Bao", "dog"), (2, "Bao", "cat")]
    assert any("1 answers repeat" in line for line in doubtful(model, rows))


def test_one_giant_among_few_is_named() -> None:
    rows = [(task, "Amina", "cat") for task in range(8)]
    rows += [(0, "Bao", "cat"), (1, "Esi", "dog")]
    (line,) = doubtful(OneCoin(), rows)
    assert line.startswith("'Amina' gave 80% of the answers")


def test_groups_without_a_link_are_counted() -> None:
    rows = [(task, f"{task % 3}-{name}", "cat") for task in range(9) for name in "ab"]
    assert any("3 groups" in line for line in doubtful(DawidSkene(), rows))


def test_answers_that_nobody_crosses_are_named() -> None:
    rows = [(task, f"person {task}", "cat") for task in range(5)]
    assert any("No task has two answers" in line for line in doubtful(Spamming(), rows))


@every_model
def test_answers_by_dice_are_called_no_evidence(model: PeopleModel[Any]) -> None:
    rng = np.random.default_rng(8)
    task = np.repeat(np.arange(200), 5)
    worker = np.concatenate([rng.choice(10, 5, replace=False) for _ in range(200)])
    fit = model.fit(task, worker, rng.choice(3, len(task), p=[0.6, 0.3, 0.1]))
    assert any("no more than chance" in line for line in fit.warnings)


def test_large_crowds_are_inspected_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(9)
    rows = [(task, (task % 2) * 10 + rng.integers(5), rng.integers(2)) for task in range(400)]
    table = np.array(rows * 2)
    small = OneCoin().fit(*table.T)
    monkeypatch.setattr(inspection, "COMPILED_FROM", 1)
    assert OneCoin().fit(*table.T).warnings == small.warnings
    assert len(small.warnings) == 2


def test_a_strength_learned_from_alike_people_is_greater_than_from_unlike_ones() -> None:
    alike = np.random.default_rng(1).multinomial(30, [0.8, 0.1, 0.1], (50, 3)).astype(float)
    crowd = np.tile([0.8, 0.1, 0.1], (3, 1))
    unlike = np.concatenate([alike[:25], alike[25:, :, [1, 0, 2]]])
    mixed = np.tile([0.45, 0.45, 0.1], (3, 1))
    assert learn_strength(alike, crowd, 3.0) > 50.0
    assert learn_strength(unlike, mixed, 3.0) < 5.0
    rng = np.random.default_rng(2)
    drawn = rng.dirichlet([6.0, 2.0, 2.0], 2_000)[:, None, :]
    counts = rng.multinomial(20, drawn).astype(float)
    learned = learn_strength(counts, np.array([[0.6, 0.2, 0.2]]), 3.0)
    assert learned == pytest.approx(10.0, rel=0.1)


def test_evidence_of_a_bayesian_fit_never_falls() -> None:
    codes = planted_crowd(2).codes
    steps = [IBCC(max_iterations=n).fit_codes(codes).log_likelihood for n in (3, 6, 12, 50)]
    assert all(later >= sooner - 1e-6 for sooner, later in pairwise(steps))


def test_hard_tasks_are_told_from_easy_ones() -> None:
    rng = np.random.default_rng(5)
    hard = np.arange(300) >= 200
    truth = rng.integers(0, 2, 300)
    task = np.repeat(np.arange(300), 7)
    worker = np.concatenate([rng.choice(20, 7, replace=False) for _ in range(300)])
    right = rng.random(len(task)) < np.where(hard, 0.6, 0.97)[task]
    fit = Difficulty().fit(task, worker, np.where(right, truth[task], 1 - truth[task]))
    assert fit.hard[hard].mean() > 0.7
    assert fit.hard[~hard].mean() < 0.3


def test_a_common_mix_up_is_held_against_nobody() -> None:
    rng = np.random.default_rng(6)
    truth = rng.integers(0, 4, 500)
    task = np.repeat(np.arange(500), 3)
    worker = np.concatenate([rng.choice(100, 3, replace=False) for _ in range(500)])
    skill = rng.uniform(0.4, 0.9, 100)
    label = np.where(rng.random(len(task)) < skill[worker], truth[task], truth[task] ^ 1)
    shaped, even = (model.fit(task, worker, label) for model in (ShapedCoin(), OneCoin()))
    assert shaped.log_likelihood > even.log_likelihood + 100
