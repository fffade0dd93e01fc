"""Consensus of a task, question by question, as answers come and when all is learned anew."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairhand.labels import rle
from fairhand.model.project import Question
from fairhand.quality.follow import Consensus, Earlier, Followed, Judgement, follow_task
from fairhand.quality.online import OnlineModel
from fairhand.quality.redundancy import AskMore, OverlapPolicy, Stop
from fairhand.quality.refit import Ballots, refit_due
from fairhand.quality.written import classes_by_part

AMINA, BAO, CARMEN, ESI = 1, 2, 3, 5
POLICY = OverlapPolicy(min_overlap=2, max_overlap=4, target_confidence=0.9)


def labelled(*values: str) -> list[dict[str, str]]:
    return [{"value": value} for value in values]


PET = Question("pet", "choice", "Which pet?", {"labels": labelled("cat", "dog", "cow")})
SEEN = Question(
    "seen", "choice", "What is there?", {"labels": labelled("cat", "dog", "cow"), "multiple": True}
)
CELLS = Question("cells", "mask", "Where are cells?", {"labels": labelled("cell")}, required=False)

Models = dict[tuple[str, str], OnlineModel]


def fresh_models(*questions: Question) -> Models:
    return {key: OnlineModel(len(names)) for key, names in classes_by_part(questions).items()}


def judged(person: int, value: dict[str, Any], live: bool = True, id_: int = 0) -> Judgement:
    return Judgement(id_ or person * 10, person, value, live)


def follow(
    models: Models,
    judgements: list[Judgement],
    *questions: Question,
    before: Followed | None = None,
) -> Followed:
    kept = before.consensus if before else ()
    earlier = {one.question: Earlier(frozenset(one.answer_ids), one.beliefs) for one in kept}
    return follow_task(questions, models, judgements, earlier, POLICY)


def square(side: int) -> dict[str, Any]:
    bits = np.zeros((8, 8), bool)
    bits[:side, :side] = True
    return {"size": [8, 8], "regions": [{"label": "cell", "counts": rle.encode(bits)}]}


def only(followed: Followed) -> Consensus:
    assert len(followed.consensus) == 1
    return followed.consensus[0]


def test_two_newcomers_who_agree_lead_to_one_more_question() -> None:
    followed = follow(
        fresh_models(PET), [judged(AMINA, {"pet": "cat"}), judged(BAO, {"pet": "cat"})], PET
    )
    assert only(followed).value == "cat"
    assert only(followed).answer_ids == (10, 20)
    assert 0.7 < only(followed).confidence < 1.0
    assert followed.answers == 2


def test_one_answer_waits_for_the_least_overlap() -> None:
    followed = follow(fresh_models(PET), [judged(AMINA, {"pet": "cat"})], PET)
    assert followed.decision == AskMore(1)


def test_people_who_were_right_before_settle_a_task_at_once() -> None:
    models = fresh_models(PET)
    for task in range(60):
        value = {"pet": ["cat", "dog", "cow"][task % 3]}
        follow(models, [judged(AMINA, value), judged(BAO, value), judged(CARMEN, value)], PET)
    followed = follow(models, [judged(AMINA, {"pet": "dog"}), judged(BAO, {"pet": "dog"})], PET)
    assert followed.decision == Stop("sure")
    assert only(followed).confidence > 0.95


def test_following_a_task_twice_changes_neither_consensus_nor_models() -> None:
    models = fresh_models(PET, SEEN)
    value = {"pet": "cat", "seen": ["cat", "cow"]}
    answers = [judged(AMINA, value), judged(BAO, {"pet": "dog", "seen": ["cow"]})]
    first = follow(models, answers, PET, SEEN)
    counts = {key: model.crowd.copy() for key, model in models.items()}
    second = follow(models, answers, PET, SEEN, before=first)
    for one, two in zip(first.consensus, second.consensus, strict=True):
        assert two.value == one.value
        assert two.confidence == pytest.approx(one.confidence)
    for key, model in models.items():
        np.testing.assert_allclose(model.crowd, counts[key], atol=1e-12)


def test_a_revision_takes_the_place_of_the_first_answer() -> None:
    models = fresh_models(PET)
    before = follow(models, [judged(AMINA, {"pet": "cat"}, id_=1)], PET)
    revised = [
        judged(AMINA, {"pet": "cat"}, live=False, id_=1),
        judged(AMINA, {"pet": "dog"}, id_=2),
    ]
    after = follow(models, revised, PET, before=before)
    assert only(after).value == "dog"
    assert only(after).answer_ids == (2,)
    assert models["pet", ""].crowd[:, 0].max() == pytest.approx(0.0)
    assert models["pet", ""].crowd[:, 1].sum() == pytest.approx(1.0)


def test_answers_that_do_not_count_are_left_out() -> None:
    late = judged(BAO, {"pet": "dog"}, live=False)
    followed = follow(fresh_models(PET), [judged(AMINA, {"pet": "cat"}), late], PET)
    assert only(followed).value == "cat"
    assert followed.answers == 1


def test_several_labels_are_judged_one_by_one() -> None:
    answers = [
        judged(AMINA, {"seen": ["cat", "dog"]}),
        judged(BAO, {"seen": ["cat"]}),
        judged(CARMEN, {"seen": ["cat", "cow"]}),
    ]
    consensus = only(follow(fresh_models(SEEN), answers, SEEN))
    assert consensus.value == ["cat"]
    per_label = [belief.max() for belief in consensus.beliefs.values()]
    assert consensus.confidence == pytest.approx(np.prod(per_label))


def test_a_question_everybody_left_open_asks_for_nobody() -> None:
    models = fresh_models(PET, CELLS)
    for _ in range(60):
        everyone = [judged(person, {"pet": "cat"}) for person in (AMINA, BAO, CARMEN)]
        followed = follow(models, everyone, PET, CELLS)
    assert followed.decision == Stop("sure")
    assert followed.consensus[1].value is None
    assert followed.consensus[1].answer_ids == ()


def test_masks_are_voted_and_their_doubt_asks_one_more() -> None:
    drawn = [judged(AMINA, {"cells": square(4)}), judged(BAO, {"cells": square(2)})]
    followed = follow({}, drawn, CELLS)
    assert only(followed).value == square(3)  # midway between the two outlines
    assert only(followed).confidence == pytest.approx(0.25)
    assert only(followed).method == "mask-vote"
    assert followed.decision == AskMore(1)


def test_the_least_sure_question_decides() -> None:
    models = fresh_models(PET, CELLS)
    alike = [judged(person, {"pet": "cat", "cells": square(4)}) for person in range(1, 4)]
    for _ in range(40):
        follow(models, alike, PET, CELLS)
    assert follow(models, alike, PET, CELLS).decision == Stop("sure")
    unlike = [
        judged(person, {"pet": "cat", "cells": square(side)}) for person, side in ((1, 1), (2, 6))
    ]
    assert follow(models, unlike, PET, CELLS).decision == AskMore(1)


def test_at_the_most_overlap_nobody_else_is_asked() -> None:
    split = [judged(person, {"pet": "cat" if person % 2 else "dog"}) for person in range(1, 5)]
    assert follow(fresh_models(PET), split, PET).decision == Stop("at_most")


rows = st.lists(
    st.tuples(st.integers(1, 6), st.integers(1, 5), st.sampled_from(["cat", "dog", "cow", None])),
    max_size=30,
    unique_by=lambda row: row[:2],
)


@given(rows=rows)
def test_a_refit_settles_every_answered_task_and_no_other(
    rows: list[tuple[int, int, str | None]],
) -> None:
    ballots = Ballots([PET, SEEN])
    for row, (task, person, label) in enumerate(rows):
        value: dict[str, Any] = {} if label is None else {"pet": label, "seen": [label]}
        ballots.add(row, task, person, value)
    fits = ballots.fit(np.random.default_rng(1))
    found = {task: (n, consensus) for task, n, consensus in ballots.consensus(fits)}
    assert found.keys() == {task for task, _, _ in rows}
    for task, (answers, (pet, seen)) in found.items():
        given = {row: label for row, (t, _, label) in enumerate(rows) if t == task}
        answered = tuple(row for row, label in given.items() if label is not None)
        assert answers == len(given)
        assert pet.answer_ids == seen.answer_ids == answered
        assert (pet.value is None) == (not answered)
        if answered:
            assert 0.0 < pet.confidence <= 1.0
            assert isinstance(seen.value, list)


def test_a_refit_measures_agreement_label_by_label() -> None:
    ballots = Ballots([SEEN])
    for task in range(20):
        for person in (AMINA, BAO):
            seen = ["cat"] if task % 2 else ["dog", "cow"]
            ballots.add(task * 10 + person, task, person, {"seen": seen})
    (fit,) = ballots.fit(np.random.default_rng(1))
    assert fit.alpha.value == pytest.approx(1.0)
    assert (fit.alpha.tasks, fit.alpha.answers) == (60, 120)


def test_a_refit_pays_when_a_fifth_is_new() -> None:
    assert not refit_due(0, 49)
    assert refit_due(0, 50)
    assert not refit_due(1_000, 1_199)
    assert refit_due(1_000, 1_200)
