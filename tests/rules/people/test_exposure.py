"""Rules of exposure: what is carried, what fits, when it fits again, and what a policy may say."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairhand.core.clock import DAY_MS, HOUR_MS, MINUTE_MS, Instant
from fairhand.people.wellbeing.policy import (
    DEFAULT,
    ExposureTerms,
    changes,
    check_terms,
    dose_of,
    gate_of,
    is_as_strict,
    modality_of,
    read_terms,
    severity_of,
    strictest,
    upper,
    write_terms,
)
from fairhand.people.wellbeing.rules import (
    Budget,
    Dose,
    Limits,
    day_of,
    dose_left,
    frees_at,
    hard_run,
    load_of,
    tier_today,
)

NOW = Instant(1_000 * DAY_MS)
SMALL = Limits(hour=10, day=20, chronic=30)
doses = st.lists(
    st.builds(
        Dose,
        st.integers(0, 20 * DAY_MS).map(lambda ago: Instant(NOW - ago)),
        st.integers(0, 12),
    ),
    max_size=25,
)


def test_a_dose_counts_for_its_hour_its_day_and_half_of_it_after_seven_days() -> None:
    seen = [Dose(Instant(NOW - ago), 100) for ago in (HOUR_MS - 1, HOUR_MS, DAY_MS, 7 * DAY_MS)]
    load = load_of(seen, NOW)
    assert (load.hour, load.day) == (100, 200)
    # Two of today, one of yesterday, and half of the one a week ago.
    fresh = 2 * 2 ** (-HOUR_MS / (7 * DAY_MS))
    assert load.chronic == pytest.approx(100 * (fresh + 2 ** (-1 / 7) + 0.5), rel=1e-6)


def test_a_clock_that_was_put_back_forgets_nothing() -> None:
    later = [Dose(Instant(NOW + DAY_MS), 7)]
    assert load_of(later, NOW).day == load_of(later, NOW).hour == 7
    assert dose_left(later, SMALL, NOW) == 3


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 8 * HOUR_MS), st.integers(0, 12)), max_size=60))
def test_whoever_takes_only_what_fits_never_passes_a_limit(steps: list[tuple[int, int]]) -> None:
    now, seen = NOW, list[Dose]()
    for pause, wanted in steps:
        now = Instant(now + pause)
        if wanted <= dose_left(seen, SMALL, now):
            seen.append(Dose(now, wanted))
        load = load_of(seen, now)
        assert load.hour <= SMALL.hour
        assert load.day <= SMALL.day
        assert load.chronic <= SMALL.chronic + 1e-9


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 9 * HOUR_MS), st.integers(0, 12)), max_size=60))
def test_a_budget_kept_up_step_by_step_says_the_same(steps: list[tuple[int, int]]) -> None:
    now, seen, budget = NOW, list[Dose](), Budget()
    for pause, dose in steps:
        now = Instant(now + pause)
        kept, counted = budget.load(now), load_of(seen, now)
        assert (kept.hour, kept.day) == (counted.hour, counted.day)
        assert kept.chronic == pytest.approx(counted.chronic, abs=1e-6)
        seen.append(Dose(now, dose))
        budget.add(seen[-1])


@settings(max_examples=60)
@given(doses, st.integers(1, 12))
def test_the_moment_that_is_named_is_the_first_at_which_an_item_fits(
    seen: list[Dose], needed: int
) -> None:
    fits = frees_at(seen, SMALL, needed, NOW)
    if needed > SMALL.hour:
        assert fits is None
        return
    assert fits is not None
    assert needed <= dose_left(seen, SMALL, fits)
    if fits > NOW + 2:
        assert needed > dose_left(seen, SMALL, Instant(fits - 2))


def test_an_item_that_is_heavier_than_a_limit_never_fits() -> None:
    assert frees_at([], Limits(hour=0), 1, NOW) is None
    assert frees_at([Dose(NOW, 1)], Limits(chronic=5), 5, NOW) is None


@pytest.mark.parametrize(
    ("tier", "seconds", "kind", "dose"),
    [
        (0, 60, "video", 0),
        (1, 60, "image", 1_000),
        (2, 60, "text", 3_000),
        (3, 30, "image", 5_000),
        (1, 60, "video", 1_500),
        (3, 6, "sound", 1_500),
        (4, 60, "image", 10_000),
        (2, 0, "image", 0),
    ],
)
def test_a_dose_is_visible_minutes_by_weight_by_modality(
    tier: int, seconds: int, kind: str, dose: int
) -> None:
    assert dose_of(tier, seconds * 1_000, DEFAULT, kind) == dose  # type: ignore[arg-type]


def test_what_people_say_goes_before_the_model_and_the_model_before_the_queue() -> None:
    assert severity_of(declared=2, votes=(1, 3), model_at_most=1, queue_votes=(1,)) == 3
    assert severity_of(declared=2, model_at_most=3, queue_votes=(1,)) == 3
    assert severity_of(declared=3, queue_votes=[1] * 9 + [3]) == 1
    assert severity_of(declared=3, queue_votes=[1] * 8 + [2, 3]) == 2
    assert severity_of(declared=2) == 2
    assert severity_of(declared=2, votes=(0,)) == 1, "declared hard is never taken as harmless"
    assert severity_of(declared=0, model_at_most=2) == 2
    assert gate_of(2, 1) == 2, "a model lowers no gate"
    assert upper([0, 1, 2, 3]) == 3
    assert [modality_of(kind) for kind in ("video/mp4", "audio/flac", "image/png", None)] == [
        "video",
        "sound",
        "image",
        "text",
    ]


def test_after_three_days_in_a_row_a_day_without_follows() -> None:
    today = day_of(NOW)
    assert hard_run({today - 1, today - 2, today - 3}, today) == 3
    assert hard_run({today - 1, today - 3}, today) == 1
    assert hard_run({today, today - 2}, today) == 0
    assert tier_today(3, 3, 2, 3) == 1
    assert tier_today(3, 2, 2, 3) == 3
    assert tier_today(1, 9, 2, 3) == 1


def test_policies_that_hold_together_protect_by_the_stricter_number_of_each() -> None:
    loose = replace(DEFAULT, limits=Limits(hour=99_000), rotation_days=5, stand_down_ms=0)
    strict = replace(DEFAULT, limits=Limits(day=1), rotation_days=2, stand_down_ms=HOUR_MS)
    both = strictest(loose, strict)
    assert both.limits == Limits(hour=20_000, day=1)
    assert (both.rotation_days, both.stand_down_ms) == (2, HOUR_MS)
    assert is_as_strict(both, loose)
    assert is_as_strict(both, strict)
    assert not is_as_strict(loose, DEFAULT)


def test_terms_are_read_as_they_were_written() -> None:
    terms = replace(DEFAULT, weights=(0, 2_000, 4_000, 12_000), limits=Limits(1, 2, 3))
    assert read_terms(write_terms(terms)) == terms
    assert read_terms({"limits": {"hour": 5}}).limits == Limits(hour=5)
    for bad in ({"hours": 1}, {"limits": {"year": 1}}, {"rotation_days": "3"}, {"limits": 3}):
        with pytest.raises(ValueError, match=r"no |whole|holds"):
            read_terms(bad)


def test_a_policy_that_would_count_nothing_is_refused() -> None:
    assert check_terms(DEFAULT) == []
    wrong = ExposureTerms(weights=(0, 0, 0, 0), limits=Limits(hour=-1), rotation_days=8)
    assert {issue.place for issue in check_terms(wrong)} == {"weights", "hour", "rotation_days"}
    huge = replace(DEFAULT, weights=(0, 1, 2, 10**30), limits=Limits(day=10**30))
    assert [issue.place for issue in check_terms(huge)] == ["weights", "day"]
    assert [issue.place for issue in check_terms(replace(DEFAULT, weights=(0, 5, 3, 9)))] == [
        "weights"
    ]


def test_a_change_is_told_in_words() -> None:
    new = replace(DEFAULT, limits=Limits(hour=10_000), break_after_ms=60 * MINUTE_MS)
    assert changes(DEFAULT, new) == [
        "Most in an hour: 20 severity-minutes before, 10 severity-minutes now.",
        "A paid break is offered after: 75 minutes before, 60 minutes now.",
    ]
