"""When a model trains, and when a new one takes over: rules without a database."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairhand.work.prelabel.rules import (
    FEWEST_HELD_OUT,
    SURE,
    Comparison,
    Wish,
    batch_to_rank,
    check_wish,
    first_answers,
    is_time_to_train,
    judge,
    wait_after_failures,
)

shares = st.floats(0, 1, allow_nan=False)
pairs = st.lists(st.tuples(shares, shares), min_size=1, max_size=200)


def compare(own: list[float], other: list[float], **changed: Any) -> Comparison:  # noqa: ANN401
    given_ = {"rival": "shown", "basis": "held_out", "held_out": len(own), **changed}
    return Comparison(own, other, **given_)


@given(pairs)
def test_only_a_model_that_is_better_on_the_same_answers_takes_over(
    scores: list[tuple[float, float]],
) -> None:
    own, other = [a for a, _ in scores], [b for _, b in scores]
    verdict = judge(compare(own, other))
    assert 0.0 <= verdict.chance <= 1.0
    assert -1.0 <= verdict.low <= verdict.high <= 1.0
    if verdict.takes_over:
        assert sum(own) > sum(other)
        assert verdict.chance >= SURE


@given(pairs)
def test_of_two_models_at_most_one_takes_the_others_place(
    scores: list[tuple[float, float]],
) -> None:
    own, other = [a for a, _ in scores], [b for _, b in scores]
    there, back = judge(compare(own, other)), judge(compare(other, own))
    assert not (there.takes_over and back.takes_over)
    assert there.difference == pytest.approx(-back.difference)
    assert there.chance == pytest.approx(1 - back.chance)


@given(st.lists(shares, min_size=1, max_size=100))
def test_a_model_as_good_as_the_shown_one_stays_out_of_sight(scores: list[float]) -> None:
    assert not judge(compare(scores, scores)).takes_over


def test_one_lucky_answer_is_not_enough_and_the_same_share_of_many_is() -> None:
    assert not judge(compare([1.0] + [0.0] * 4, [0.0] * 5)).takes_over
    assert judge(compare([1.0, 0, 0, 0, 0] * 10, [0.0] * 50)).takes_over


def test_a_verdict_says_on_what_it_rests_against_what_and_how_sure() -> None:
    words = judge(compare([1.0] * 40, [1.0] * 20 + [0.0] * 20)).words
    assert words.startswith("On 40 held-out tasks that people answered without a proposal")
    assert "it scores 100 %" in words
    assert "the model that is shown scores 50 %" in words
    assert words.endswith("It is shown from now on.")

    few = judge(
        compare([1.0] * 12, [0.5] * 12, rival="trivial", basis="cross_validated", held_out=3)
    )
    assert f"Only 3 of the {FEWEST_HELD_OUT} held-out tasks" in few.words
    assert "12 answers were cross-validated" in few.words
    assert "always guessing the commonest answer scores 50 %" in few.words


def test_nothing_answered_decides_nothing() -> None:
    verdict = judge(compare([], []))
    assert not verdict.takes_over
    assert "Nobody" in verdict.words


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_training_comes_again_when_answers_have_grown_by_ten_and_by_a_fifth(
    new: int, learnt_from: int
) -> None:
    due = is_time_to_train(new, learnt_from)
    assert due == (new >= 10 and 5 * new >= learnt_from)
    assert first_answers(["choice"]) == 10
    assert first_answers(["choice", "mask"]) == 3


@given(st.integers(0, 10**7), st.integers(1, 50))
def test_what_is_put_first_lasts_until_training_comes_again(answers: int, overlap: int) -> None:
    batch = batch_to_rank(answers, overlap)
    assert 20 <= batch <= 500
    if batch < 500:
        assert batch * overlap >= max(10, 0.2 * answers)


@given(st.integers(1, 10_000))
def test_an_assistant_that_fails_is_left_alone_longer_each_time_and_an_hour_at_most(
    count: int,
) -> None:
    assert wait_after_failures(count) <= wait_after_failures(count + 1) <= 3_600_000
    assert wait_after_failures(1) == 30_000


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ({"strategy": "guess"}, "strategy"),
        ({"ask": "beg"}, "ask"),
        ({"blind_permille": 501}, "blind_permille"),
        ({"holdout_permille": -1}, "holdout_permille"),
        ({"target_quality": 1.1}, "target_quality"),
        ({"slice_fields": ["a"] * 11}, "slice_fields"),
        ({"coverage": {"language": {"sw": 0.7, "en": 0.7}}}, "coverage.language"),
        ({"coverage": {"language": {"sw": 0.0}}}, "coverage.language"),
        ({"coverage": {"language": {}}}, "coverage.language"),
    ],
)
def test_a_wish_that_cannot_be_met_is_refused_at_its_place(
    changed: dict[str, Any], place: str
) -> None:
    fine: dict[str, Any] = {
        "strategy": "auto",
        "ask": "auto",
        "coverage": {"language": {"sw": 0.3}},
        "slice_fields": ("language",),
        "target_quality": 0.95,
        "blind_permille": 100,
        "holdout_permille": 200,
    }
    assert check_wish(Wish(**fine), ("auto", "margin")) == []
    assert [issue.place for issue in check_wish(Wish(**fine | changed), ("auto",))] == [place]
