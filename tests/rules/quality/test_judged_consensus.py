"""Pairs, rankings, ratings and relevance: the crowd's answer, and how alike two answers are."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairhand.labels import registry
from fairhand.labels.kind import AnswerContext
from fairhand.quality.consensus import KINDS, pairwise, ranking, rating, relevance
from fairhand.quality.consensus.kind import Verdict, Voted

TIE = {"verdict": "tie"}
BAD = {"verdict": "both_bad"}
FULL = {"mode": "full", "ties": True}
ENDS = {"mode": "best_worst"}


def better(reply: str, strength: int = 2) -> dict[str, Any]:
    return {"verdict": "better", "better": reply, "strength": strength}


def order(*ranks: str) -> dict[str, Any]:
    """Write `order("a", "bc")`: a before b and c, which are tied."""
    return {"ranks": [list(tied) for tied in ranks]}


def graded(**grades: int) -> dict[str, Any]:
    return {"grades": grades}


def test_the_reply_that_most_prefer_wins_with_the_strength_of_those_who_chose_it() -> None:
    verdict = pairwise.settle({}, [better("b", 3), better("b", 1), better("a", 3), better("b", 2)])
    assert verdict.value == better("b", 2)
    assert 0.5 < verdict.confidence < 1


def test_each_more_who_agrees_makes_a_preference_surer_and_one_against_less_sure() -> None:
    sure = [pairwise.settle({}, [better("a")] * n).confidence for n in (1, 2, 3, 5)]
    assert sure == sorted(set(sure))
    assert sure[0] < 0.8
    against = pairwise.settle({}, [better("a"), better("a"), better("b")])
    assert against.confidence < sure[1]


def test_people_split_in_halves_prefer_neither_and_are_not_sure_of_it() -> None:
    verdict = pairwise.settle({}, [better("a"), better("b")])
    assert verdict.value == TIE
    assert verdict.confidence < 0.5


@pytest.mark.parametrize(
    ("answers", "value"),
    [
        ([TIE, TIE], TIE),
        ([BAD, BAD, TIE], BAD),
        ([BAD, BAD, BAD, better("a")], BAD),
        ([TIE], TIE),
    ],
)
def test_those_who_prefer_neither_say_which_of_the_two_it_is(
    answers: Sequence[Any], value: dict[str, str]
) -> None:
    verdict = pairwise.settle({}, answers)
    assert verdict.value == value
    assert verdict.confidence < 1


def test_how_alike_two_verdicts_are() -> None:
    assert pairwise.likeness(better("a", 3), better("a", 3)) == 1
    assert 0.5 < pairwise.likeness(better("a", 3), better("a", 1)) < 1
    assert pairwise.likeness(better("a"), better("b")) == 0
    assert pairwise.likeness(TIE, BAD) == 0.75
    assert pairwise.likeness(TIE, better("b")) == 0.25


def test_one_against_two_loses_where_they_differ() -> None:
    first, second = order("a", "b", "c"), order("a", "c", "b")
    assert ranking.settle(FULL, [first, first, second]).value == first
    assert ranking.settle(FULL, [second, first, second]).value == second


def test_ties_that_people_make_are_ties_of_the_consensus() -> None:
    assert ranking.settle(FULL, [order("ab", "c")] * 2).value == order("ab", "c")
    assert ranking.settle(FULL, [order("abc")] * 2).value == order("abc")
    mirrored = [order("a", "b", "c"), order("b", "a", "c")]
    assert ranking.settle(FULL, mirrored).value == order("ab", "c")


def test_a_question_without_ties_has_a_consensus_without_ties() -> None:
    mirrored = [order("a", "b"), order("b", "a")]
    assert len(ranking.settle({"mode": "full", "ties": False}, mirrored).value["ranks"]) == 2


def test_best_and_worst_are_those_that_most_name() -> None:
    answers = [
        {"best": "b", "worst": "c", "order": ["a", "b", "c", "d"]},
        {"best": "b", "worst": "d", "order": ["b", "a", "d", "c"]},
        {"best": "a", "worst": "c"},
    ]
    verdict = ranking.settle(ENDS, answers)
    assert verdict.value == {"best": "b", "worst": "c"}
    assert 0 < verdict.confidence < 1


def test_how_alike_two_orders_are() -> None:
    assert ranking.likeness(order("a", "b", "c"), order("a", "b", "c")) == 1
    assert ranking.likeness(order("a", "b", "c"), order("c", "b", "a")) == 0
    assert ranking.likeness(order("a", "b"), order("ab")) == 0.5
    assert ranking.likeness(order("a", "b", "c"), order("a", "c", "b")) == pytest.approx(2 / 3)
    assert ranking.likeness({"best": "a", "worst": "b"}, {"best": "a", "worst": "c"}) == 0.5


def test_one_far_off_does_not_move_the_middle_grade() -> None:
    answers = [{"ratings": {"x": grade}} for grade in (4, 4, 1)]
    assert rating.settle({"steps": 5}, answers).value == {"ratings": {"x": 4}}


def test_ratings_of_replies_are_settled_each_by_itself() -> None:
    config = {"steps": 7, "each": "reply"}
    answers = [
        {"replies": {"a": {"x": 7, "y": 2}, "b": {"x": 1, "y": 2}}},
        {"replies": {"a": {"x": 7, "y": 3}, "b": {"x": 2, "y": 2}}},
        {"replies": {"a": {"x": 6, "y": 3}, "b": {"x": 1, "y": 2}}},
    ]
    verdict = rating.settle(config, answers)
    assert verdict.value == {"replies": {"a": {"x": 7, "y": 3}, "b": {"x": 1, "y": 2}}}
    alike = rating.settle(config, [answers[0]] * 3)
    assert alike.confidence > verdict.confidence


def test_a_step_off_is_more_alike_than_two() -> None:
    one, near, far = ({"ratings": {"x": grade}} for grade in (3, 4, 5))
    assert rating.likeness(one, one) == 1
    assert rating.likeness(one, near) == 0.5
    assert rating.likeness(one, far) == pytest.approx(1 / 3)
    assert relevance.likeness(graded(d=3), graded(d=3, e=0)) == 0.5


def test_a_passage_is_what_most_finders_marked() -> None:
    answers = [
        {**graded(d=3, e=0), "passages": {"d": [[0, 5], [20, 30]]}},
        {**graded(d=2, e=0), "passages": {"d": [[3, 9]]}},
        {**graded(d=3, e=1), "passages": {"d": [[4, 8]], "e": [[0, 2]]}},
        graded(d=0, e=0),
    ]
    verdict = relevance.settle({}, answers)
    assert verdict.value == {"grades": {"d": 3, "e": 0}, "passages": {"d": [[3, 8]]}}


def test_grades_that_the_question_no_longer_has_are_left_out() -> None:
    config = {"grades": [{"value": 0}, {"value": 1}]}
    verdict = relevance.settle(config, [graded(d=1), graded(d=7), graded(d=1)])
    assert verdict.value == {"grades": {"d": 1}}


SETTLED: list[tuple[str, dict[str, Any], list[Any], dict[str, Any]]] = [
    ("pairwise", {"strength": 3, "tie": True, "both_bad": True},
     [better("a", 1), better("b", 3), TIE, BAD], {"replies": ["x", "y"]}),
    ("ranking", FULL, [order(*one) for one in permutations("abc")] + [order("ab", "c")],
     {"replies": ["x", "y", "z"]}),
    ("ranking", ENDS, [{"best": x, "worst": y} for x, y in permutations("abc", 2)],
     {"replies": ["x", "y", "z"]}),
    ("rating", {"steps": 3}, [{"ratings": {"rating": n}} for n in (1, 2, 3)], {}),
    ("relevance", {"passages": "optional"},
     [{**graded(d=n), **({"passages": {"d": [[0, n]]}} if n else {})} for n in range(4)],
     {"documents": [{"id": "d", "text": "Rain."}]}),
]  # fmt: skip


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10_000))
@pytest.mark.parametrize("case", SETTLED, ids=lambda case: case[0])
def test_whoever_answers_in_whatever_order_a_valid_answer_comes_out(
    case: tuple[str, dict[str, Any], list[Any], dict[str, Any]], seed: int
) -> None:
    name, config, pool, data = case
    kind, chance = KINDS[name], random.Random(seed)
    assert isinstance(kind, Voted)
    answers = chance.choices(pool, k=chance.randint(1, 6))
    verdict: Verdict = kind.settle(config, answers)
    context = AnswerContext(data=data)
    assert registry.validate_answer(name, config, verdict.value, context) == []
    assert registry.normalise_answer(name, config, verdict.value) == verdict.value
    assert 0 <= verdict.confidence <= 1
    shuffled = chance.sample(answers, len(answers))
    again = kind.settle(config, shuffled)
    assert again.value == verdict.value
    assert again.confidence == pytest.approx(verdict.confidence, abs=1e-6)
    one, other = chance.choice(pool), chance.choice(pool)
    assert kind.likeness(one, one) == 1
    assert kind.likeness(one, other) == kind.likeness(other, one)
