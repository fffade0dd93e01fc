"""The consensus of marked texts: spans that people mean, relations that most of them drew."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairhand.labels import spans as kind
from fairhand.labels.kind import AnswerContext
from fairhand.quality.consensus.spans import CONSENSUS, likeness, settle

CONFIG = {
    "labels": [{"value": "person"}, {"value": "firm"}],
    "relations": [{"value": "works for"}, {"value": "knows", "directed": False}],
}
NOTHING: dict[str, Any] = {"spans": [], "nothing": True}


def marked(*spans: tuple[int, int, str], links: tuple[tuple[int, int, str], ...] = ()) -> Any:  # noqa: ANN401
    answer: dict[str, Any] = {
        "spans": [{"start": start, "end": end, "label": label} for start, end, label in spans],
        "nothing": not spans,
    }
    answer["relations"] = [{"from": one, "to": two, "label": name} for one, two, name in links]
    return kind.normalise_answer(CONFIG, answer)


STRETCH = st.tuples(st.integers(0, 12), st.integers(1, 6), st.sampled_from(["person", "firm"]))
ANSWERS = st.lists(STRETCH, max_size=4, unique=True).map(
    lambda found: marked(*((start, start + length, label) for start, length, label in found))
)


def test_two_who_agree_are_the_consensus_relations_and_all() -> None:
    answer = marked((0, 5, "person"), (12, 16, "firm"), links=((0, 1, "works for"),))
    verdict = settle(CONFIG, [answer, answer])
    assert verdict.value == answer
    assert verdict.confidence == 1.0


def test_most_people_outvote_one_who_saw_something_else() -> None:
    common = marked((0, 5, "person"), (12, 16, "firm"))
    other = marked((0, 5, "firm"))
    verdict = settle(CONFIG, [common, other, common])
    assert verdict.value == common
    assert 0 < verdict.confidence < 1


def test_spans_of_two_labels_may_cover_the_same_words() -> None:
    answer = marked((0, 9, "person"), (4, 16, "firm"))
    assert settle(CONFIG, [answer, answer]).value == answer


def test_nothing_to_mark_is_an_agreement_too() -> None:
    verdict = settle(CONFIG, [NOTHING, NOTHING])
    assert (verdict.value, verdict.confidence) == (NOTHING, 1.0)


def test_a_relation_stands_when_most_drew_it_though_their_spans_differ_a_little() -> None:
    links = ((0, 1, "works for"),)
    exact = marked((0, 5, "person"), (12, 16, "firm"), links=links)
    wider = marked((0, 6, "person"), (12, 16, "firm"), links=links)
    without = marked((0, 5, "person"), (12, 16, "firm"))
    assert settle(CONFIG, [exact, wider, without]).value == exact
    assert settle(CONFIG, [exact, without, without]).value == without


def test_a_relation_without_direction_counts_whichever_way_it_was_drawn() -> None:
    people = ((0, 5, "person"), (12, 16, "person"))
    there = marked(*people, links=((0, 1, "knows"),))
    back = marked(*people, links=((1, 0, "knows"),))
    assert there == back
    assert settle(CONFIG, [there, back]).value["relations"] == [
        {"from": 0, "to": 1, "label": "knows"}
    ]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (NOTHING, NOTHING, 1.0),
        (marked((0, 5, "person")), NOTHING, 0.0),
        (marked((0, 5, "person")), marked((0, 5, "firm")), 0.0),
        (marked((0, 10, "person")), marked((0, 5, "person")), 0.5),
        (marked((0, 5, "person"), (7, 9, "firm")), marked((0, 5, "person")), 2 / 3),
        (
            marked((0, 5, "person"), (7, 9, "firm"), links=((0, 1, "works for"),)),
            marked((0, 5, "person"), (7, 9, "firm"), links=((1, 0, "works for"),)),
            2 * 2 / 6,
        ),
    ],
)
def test_likeness_is_f1_weighed_by_overlap(one: object, other: object, expected: float) -> None:
    assert likeness(one, other) == pytest.approx(expected)


@settings(max_examples=30)
@given(ANSWERS, ANSWERS)
def test_likeness_is_even_handed_and_whole_only_for_the_same(one: Any, other: Any) -> None:  # noqa: ANN401
    found = likeness(one, other)
    assert 0 <= found <= 1
    assert found == pytest.approx(likeness(other, one))
    assert (found > 1 - 1e-9) == (one["spans"] == other["spans"])


@settings(max_examples=25, deadline=None)
@given(st.lists(ANSWERS, min_size=1, max_size=4))
def test_any_answers_make_an_answer_that_the_question_takes(answers: list[Any]) -> None:
    verdict = CONSENSUS.settle(CONFIG, answers)
    assert kind.validate_answer(CONFIG, verdict.value, AnswerContext()) == []
    assert kind.normalise_answer(CONFIG, verdict.value) == verdict.value
    assert 0 <= verdict.confidence <= 1
