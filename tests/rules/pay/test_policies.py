"""Pay policies: raises at once, cuts after notice, answers by piece and audio, words, repricing."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairhand.core.clock import DAY_MS, HOUR_MS, MINUTE_MS, Instant, parse_iso
from fairhand.core.money import MICROS, micros_for
from fairhand.pay.policies.changing import FloorOf, check_change, check_floors, coming, cuts
from fairhand.pay.policies.pieces import Terms, Worth, audio_length, better_of, worth_of
from fairhand.pay.policies.repricing import WorkedFor, repriced, share_of
from fairhand.pay.policies.rules import Policies, Policy, in_force
from fairhand.pay.policies.words import coming_words, policy_words, worked_example

NOW = parse_iso("2026-11-22T09:00:00Z")
SHILLING = 100 * MICROS
TIME = Policy(7, 1, "KES", "time", 250 * SHILLING, valid_from=Instant(NOW - DAY_MS), reason="first")
PIECE = replace(TIME, basis="piece", unit_micros=5 * SHILLING)


def after(days: int) -> Instant:
    return Instant(NOW + days * DAY_MS)


# --- which version holds ---


def test_the_newest_version_whose_moment_has_come_is_in_force() -> None:
    second = replace(TIME, version=2, valid_from=after(3))
    third = replace(TIME, version=3, valid_from=after(1))

    assert in_force([TIME, second, third], NOW) == TIME
    assert in_force([TIME, second, third], after(2)) == third
    assert in_force([TIME, second, third], after(9)) == third  # newer than the second, so it stays


def test_time_before_the_first_version_is_paid_by_the_first() -> None:
    assert in_force([TIME], Instant(0)) == TIME
    assert Policies({7: [TIME]}).at(7, NOW) == TIME
    assert Policies({}).at(7, NOW) is None


def test_a_version_that_a_newer_one_overtakes_is_not_coming() -> None:
    second = replace(TIME, version=2, valid_from=after(3))
    third = replace(TIME, version=3, valid_from=after(1))

    assert coming([TIME, second], NOW) == [second]
    assert coming([TIME, second, third], NOW) == [third]


# --- changing ---


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (TIME, replace(TIME, rate_micros_per_hour=249 * SHILLING), ["the hourly guarantee"]),
        (PIECE, replace(PIECE, unit_micros=4 * SHILLING), ["the price of a unit"]),
        (PIECE, TIME, ["what pay is counted by"]),
        (replace(TIME, hazard_micros_per_hour=2), TIME, ["the hazard premium"]),
        (replace(TIME, data_micros_per_hour=2), TIME, ["what is given for data"]),
        (replace(TIME, min_block_ms=2), TIME, ["the minimum block"]),
        (TIME, replace(TIME, wait_block_ms=0), ["paid waiting"]),
        (TIME, replace(TIME, cancel_permille=0), ["pay for cancelled hours"]),
        (TIME, PIECE, []),  # the same guarantee, and a chance of more
        (TIME, replace(TIME, rate_micros_per_hour=251 * SHILLING), []),
        (PIECE, replace(PIECE, unit_micros=6 * SHILLING, min_block_ms=MINUTE_MS), []),
    ],
)
def test_a_cut_is_named_and_a_raise_is_none(old: Policy, new: Policy, words: list[str]) -> None:
    assert cuts(old, new) == words


def test_a_raise_may_hold_at_once() -> None:
    new = replace(TIME, version=2, rate_micros_per_hour=300 * SHILLING, valid_from=NOW)

    assert check_change([TIME], new, NOW) == []


def test_a_cut_needs_its_days_of_notice() -> None:
    new = replace(TIME, version=2, rate_micros_per_hour=200 * SHILLING)

    early = check_change([TIME], replace(new, valid_from=Instant(after(7) - 1)), NOW)

    assert [issue.place for issue in early] == ["valid_from"]
    assert "hourly guarantee" in early[0].message
    assert "2026-11-29" in early[0].message
    assert check_change([TIME], replace(new, valid_from=after(7)), NOW) == []
    assert check_change([TIME], replace(new, valid_from=after(7)), NOW, notice_days=14) != []


def test_a_promised_raise_is_not_taken_back_at_short_notice() -> None:
    raised = replace(TIME, version=2, rate_micros_per_hour=300 * SHILLING, valid_from=after(2))
    back = replace(TIME, version=3, valid_from=NOW)

    assert check_change([TIME, raised], back, NOW) != []
    assert check_change([TIME, raised], replace(back, valid_from=after(7)), NOW) == []


def test_an_announced_cut_may_be_called_off_at_once() -> None:
    cut = replace(TIME, version=2, rate_micros_per_hour=200 * SHILLING, valid_from=after(8))

    assert check_change([TIME, cut], replace(TIME, version=3, valid_from=NOW), NOW) == []


@given(
    values=st.lists(
        st.tuples(
            st.sampled_from(["time", "piece", "audio"]),
            st.integers(1, 10**12),
            st.integers(1, 10**12),
            st.integers(-3, 20),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_whatever_is_accepted_nobody_earns_less_within_the_notice(
    values: list[tuple[str, int, int, int]],
) -> None:
    """For any accepted series of versions made now, terms of the next days are never lowered."""
    known = [TIME]
    for basis, rate, unit, days in values:
        new = replace(
            TIME,
            version=len(known) + 1,
            basis=basis,  # type: ignore[arg-type]  # one of the three
            rate_micros_per_hour=rate,
            unit_micros=None if basis == "time" else unit,
            valid_from=after(days),
        )
        promised = [in_force(known, after(day)) for day in range(7)]
        if check_change(known, new, NOW):
            continue
        known.append(new)
        for day, before in enumerate(promised):
            held = in_force(known, after(day))
            assert before is not None
            assert held is not None
            assert cuts(before, held) == []


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"rate_micros_per_hour": 0}, "per_hour"),
        ({"rate_micros_per_hour": 10**18}, "per_hour"),
        ({"basis": "piece", "unit_micros": 0}, "unit"),
        ({"basis": "piece", "unit_micros": None}, "unit"),
        ({"basis": "wish"}, "basis"),
        ({"hazard_micros_per_hour": -1}, "hazard"),
        ({"data_micros_per_hour": 10**18}, "data"),
        ({"min_block_ms": 9 * HOUR_MS}, "min_block"),
        ({"wait_block_ms": -1}, "wait_block"),
        ({"cancel_permille": 1001}, "cancel"),
        ({"reason": " "}, "reason"),
        ({"reason": "x" * 501}, "reason"),
        ({"valid_from": Instant(NOW - 1)}, "valid_from"),
        ({"valid_from": after(1000)}, "valid_from"),
    ],
)
def test_a_value_that_no_policy_may_have_is_named(change: dict[str, object], place: str) -> None:
    new = replace(TIME, version=2, valid_from=NOW)

    issues = check_change([TIME], replace(new, **change), NOW)  # type: ignore[arg-type]

    assert place in [issue.place for issue in issues]


def test_a_guarantee_below_a_floor_says_which_floor() -> None:
    floors = [FloorOf("KE", 25_001, "KES", "Legal Notice 108"), FloorOf("GB", 1_271, "GBP", "SI")]

    issues = check_floors(TIME, floors)

    assert len(issues) == 1  # the other is in another currency
    assert "KES 250.01" in issues[0].message
    assert "Legal Notice 108" in issues[0].message
    assert check_floors(replace(TIME, rate_micros_per_hour=25_001 * MICROS), floors) == []


# --- what an answer earns ---


@given(rate=st.integers(1, 10**12), unit=st.integers(1, 10**12), paid_ms=st.integers(0, HOUR_MS))
def test_a_piece_earns_its_price_whatever_it_took(rate: int, unit: int, paid_ms: int) -> None:
    assert worth_of(Terms("piece", rate, unit), paid_ms) == Worth("piece", unit, rate, 1, unit)
    assert worth_of(Terms("time", rate, unit), paid_ms).amount_micros == micros_for(rate, paid_ms)


@given(unit=st.integers(1, 10**12), audio_ms=st.integers(1, DAY_MS))
def test_audio_earns_at_least_its_minutes_and_less_than_a_micro_more(
    unit: int, audio_ms: int
) -> None:
    amount = worth_of(Terms("audio", 1, unit), 5, audio_ms).amount_micros

    assert 0 <= amount - Fraction(unit * audio_ms, MINUTE_MS) < 1


@pytest.mark.parametrize(
    ("data", "length"),
    [
        ({"duration": 2}, 2000),
        ({"duration": "2.0004"}, 2001),
        ({"duration_ms": 1500.5}, 1501),
        ({"duration_ms": 7, "duration": 2}, 7),
        ({"duration_ms": "x", "duration": 2}, 2000),
        ({}, None),
        ({"duration": None}, None),
        ({"duration": True}, None),
        ({"duration": -3}, None),
        ({"duration": 0}, None),
        ({"duration": "1e99999999"}, None),
        ({"duration": "1/3"}, None),
        ({"duration": float("nan")}, None),
        ({"duration": 10**30}, None),
        ({"duration": 86_401}, None),
    ],
)
def test_audio_length_is_read_from_the_task_or_not_known(
    data: dict[str, object], length: int | None
) -> None:
    assert audio_length(data) == length


def test_the_better_terms_are_chosen_by_what_they_come_to() -> None:
    low = Worth("piece", 10, 3_600_000, 1, 10)
    high = Worth("piece", 90, 3_600, 1, 90)

    assert better_of(low, high, 50) is high  # 50 by its guarantee against 90
    assert better_of(low, high, 100) is low  # 100 by its guarantee against 90
    assert better_of(low, low, 10) is low


# --- words ---


def test_a_policy_is_told_in_plain_words() -> None:
    whole = replace(
        PIECE,
        hazard_micros_per_hour=50 * SHILLING,
        data_micros_per_hour=20 * SHILLING,
        min_block_ms=15 * MINUTE_MS,
        valid_from=parse_iso("2026-12-01T00:00:00Z"),
    )

    assert policy_words(TIME) == "KES 250.00 for each hour, by the clock."
    assert coming_words(whole) == (
        "From 1 Dec 2026: KES 5.00 for each answer, and never less than KES 250.00 for each hour. "
        "KES 50.00 more per hour for difficult content. KES 20.00 per hour for your data costs. "
        "Whenever you come to work, at least 15 minutes are paid."
    )


def test_a_worked_example_adds_what_the_guarantee_lacks() -> None:
    assert worked_example(TIME, 30_000) == "An hour of work pays KES 250.00."
    assert worked_example(PIECE, 60_000) == (
        "60 answers in an hour earn KES 300.00: more than the guarantee, so that is what you get."
    )
    assert worked_example(PIECE, 90_000) == (
        "40 answers in an hour earn KES 200.00; KES 50.00 is added, so the hour pays KES 250.00."
    )


# --- repricing ---


def worker(number: int, minutes: int, pieces: int, unit: int = 5 * SHILLING) -> WorkedFor:
    ms, earned = minutes * MINUTE_MS, pieces * unit
    return WorkedFor(number, ms, earned, 250 * SHILLING, pieces, ms, earned)


def test_a_top_up_of_a_tenth_is_no_alarm_and_more_than_a_tenth_is() -> None:
    exactly = WorkedFor(1, HOUR_MS, 100 * SHILLING, 110 * SHILLING)
    more = replace(exactly, floor_micros_per_hour=110 * SHILLING + 1)

    assert share_of([exactly]).permille == 100
    assert not share_of([exactly]).is_alarming
    assert share_of([more]).is_alarming


def test_a_price_is_not_judged_by_a_few_minutes() -> None:
    assert not share_of([worker(1, 29, 1)]).is_alarming
    assert share_of([worker(1, 30, 1)]).is_alarming


def test_the_new_price_pays_for_the_measured_time_and_leaves_at_most_a_tenth() -> None:
    work = [worker(1, 60, 30), worker(2, 60, 20)]  # KES 150 and 100 where 250 are due

    new = repriced(PIECE, work, NOW)

    assert new is not None
    assert new.unit_micros is not None
    assert (new.version, new.created_by, new.valid_from) == (2, None, NOW)
    assert new.unit_micros == 10 * SHILLING  # 50 answers for KES 500
    again = [worker(1, 60, 30, new.unit_micros), worker(2, 60, 20, new.unit_micros)]
    assert not share_of(again).is_alarming


def test_by_the_hour_the_new_rate_is_the_highest_floor() -> None:
    work = [WorkedFor(1, HOUR_MS, 250 * SHILLING, 300 * SHILLING)]

    new = repriced(TIME, work, NOW)

    assert new is not None
    assert new.rate_micros_per_hour == 300 * SHILLING


@given(
    people=st.lists(
        st.tuples(st.integers(1, 600), st.integers(0, 400), st.integers(0, 10**9)),
        min_size=1,
        max_size=8,
    ),
    unit=st.integers(1, 10**10),
)
def test_a_price_only_ever_rises_and_the_new_one_is_right(
    people: list[tuple[int, int, int]], unit: int
) -> None:
    policy = replace(PIECE, unit_micros=unit)
    work = [
        WorkedFor(
            number,
            minutes * MINUTE_MS,
            pieces * unit + by_time,
            250 * SHILLING,
            pieces,
            minutes * MINUTE_MS if pieces else 0,
            pieces * unit,
        )
        for number, (minutes, pieces, by_time) in enumerate(people)
    ]

    new = repriced(policy, work, NOW)

    if new is None:
        return
    assert cuts(policy, new) == []
    assert new.unit_micros is not None
    by_unit = [
        replace(one, accrued_micros=one.units * new.unit_micros) for one in work if one.units
    ]
    share = share_of(by_unit)
    assert share.top_up_micros * 1000 <= share.base_micros * 100 + 1000 * len(work)
