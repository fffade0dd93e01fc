"""Verify, mend or draw: the cheaper way wins, and a project's own seconds replace the published."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairhand.work.prelabel.ask import ASKS, choose_ask, expected_seconds
from fairhand.work.prelabel.seconds import (
    WAYS,
    Seconds,
    frozen_seconds,
    frozen_sources,
    learn_seconds,
    way_of,
)

SLICE = Seconds(verify=7.0, keep=12.0, mend=75.0, draw=130.0)
positive = st.floats(0.5, 500.0)
some_seconds = st.builds(Seconds, positive, positive, positive, positive)
chances = st.floats(0.0, 1.0)


@given(chance=chances, seconds=some_seconds)
def test_no_other_way_takes_less_time_than_the_one_that_is_chosen(
    chance: float, seconds: Seconds
) -> None:
    expected = expected_seconds(chance, seconds)
    assert expected[choose_ask(chance, seconds)] == min(expected.values())


@given(chance=chances, seconds=some_seconds, factor=st.sampled_from([0.25, 0.5, 2.0, 4.0]))
def test_how_fast_somebody_works_does_not_change_what_is_asked(
    chance: float, seconds: Seconds, factor: float
) -> None:
    assert choose_ask(chance, seconds.times(factor)) == choose_ask(chance, seconds)


def test_sure_proposals_are_verified_doubtful_ones_mended_and_hopeless_ones_drawn() -> None:
    dear = Seconds(verify=7.0, keep=12.0, mend=134.0, draw=130.0)
    asked = [choose_ask(chance, dear) for chance in (0.98, 0.2, 0.02)]
    assert asked == ["verify", "fix", "draw"]


def test_a_proposal_that_is_never_right_is_drawn_where_mending_costs_more_than_drawing() -> None:
    assert choose_ask(0.0, frozen_seconds("choice", "image")) == "draw"


def test_a_proposal_without_a_score_is_taken_at_even_odds() -> None:
    assert choose_ask(None, SLICE) == choose_ask(0.5, SLICE)


@given(chance=chances, policy=st.sampled_from(ASKS))
def test_the_owner_has_the_last_word(chance: float, policy: str) -> None:
    assert choose_ask(chance, SLICE, policy) == policy  # type: ignore[arg-type]


def test_chances_outside_zero_to_one_are_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        expected_seconds(1.5, SLICE)


@pytest.mark.parametrize("wrong", [0.0, -1.0, math.inf, math.nan])
def test_times_that_are_none_are_refused(wrong: float) -> None:
    with pytest.raises(ValueError, match="verify"):
        Seconds(wrong, 1.0, 1.0, 1.0)


def test_every_published_figure_names_its_source_and_its_class() -> None:
    for row in frozen_sources()["ways"].values():
        assert set(row["sources"]) == set(WAYS)
        for source in row["sources"].values():
            assert source["class"] in {"A", "M", "G"}
            assert source["text"]


def test_every_fallback_leads_to_a_published_row() -> None:
    ways = frozen_sources()["ways"]
    assert all(row in ways for row in frozen_sources()["fallback"].values())
    assert frozen_seconds("mask", "image").draw == 130.0
    assert frozen_seconds("nothing known") == frozen_seconds("choice", "text")


def test_without_answers_the_published_seconds_stand() -> None:
    learnt = learn_seconds({}, SLICE)
    assert [getattr(learnt, way) for way in WAYS] == pytest.approx([7.0, 12.0, 75.0, 130.0])


def test_many_answers_outweigh_what_was_published() -> None:
    rng = np.random.default_rng(4)
    logs = rng.normal(math.log(20.0) - 0.18, 0.6, 2_000)
    learnt = learn_seconds({"draw": np.exp(logs).tolist()}, SLICE)
    assert learnt.draw == pytest.approx(20.0, rel=0.1)


def test_a_project_that_draws_slowly_is_taken_to_verify_slowly_too_until_it_has_measured() -> None:
    slow = learn_seconds({"draw": [260.0] * 100}, SLICE)
    assert 1.5 < slow.verify / SLICE.verify < 2.5


def test_three_answers_move_little() -> None:
    assert learn_seconds({"verify": [70.0] * 3}, SLICE).verify < 25.0


@given(st.lists(st.floats(0.0, 1e7), max_size=30))
def test_learnt_seconds_are_always_times(seconds: list[float]) -> None:
    learnt = learn_seconds({"mend": seconds}, SLICE)
    assert all(0.0 < getattr(learnt, way) < 1e5 for way in WAYS)


@pytest.mark.parametrize(
    ("shown", "ask", "changed", "way"),
    [
        (False, "fix", False, "draw"),
        (True, "verify", False, "verify"),
        (True, "verify", True, None),
        (True, "fix", False, "keep"),
        (True, "fix", True, "mend"),
    ],
)
def test_an_answer_tells_the_seconds_of_the_way_it_was_given(
    shown: bool, ask: str, changed: bool, way: str | None
) -> None:
    assert way_of(shown=shown, ask=ask, changed=changed) == way
