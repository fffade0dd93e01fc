"""What comes on top of time when a period closes: premiums, overtime, minimum blocks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairhand.core.clock import DAY_MS, HOUR_MS, MINUTE_MS, Instant, parse_iso
from fairhand.core.money import MICROS, ceil_fraction
from fairhand.pay.policies.extras import Extra, HoursPack, Stretch, Tier, check_ins, extras
from fairhand.pay.policies.hours import known_packs, pack_for
from fairhand.pay.policies.rules import Policies, Policy

MONDAY = parse_iso("2026-11-16T07:00:00Z")
EURO = 100 * MICROS
RATE = 20 * EURO
POLICY = Policy(7, 1, "EUR", "time", RATE)
PLAIN = Policies({7: [POLICY]})


def at(hours: float, day: int = 0) -> Instant:
    return Instant(MONDAY + day * DAY_MS + int(hours * HOUR_MS))


def stretch(number: int, start: Instant, hours: Fraction | float, **changes: object) -> Stretch:
    """Time at EUR 20 an hour."""
    ms = int(Fraction(hours) * HOUR_MS)
    amount = ceil_fraction(Fraction(RATE * ms, HOUR_MS))
    plain = Stretch(
        number, 7, "annotate", "time", start, Instant(start + ms), ms, RATE, amount, "EUR"
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def days(*hours: float, first_day: int = 0) -> list[Stretch]:
    """One stretch a day."""
    return [stretch(day, at(0, first_day + day), long) for day, long in enumerate(hours)]


def overtime(work: Iterable[Stretch], country: str, region: str = "") -> dict[str, Fraction]:
    """Hours of overtime by their extra percentage, as posted."""
    found = extras(list(work), PLAIN, pack_for(country, region))
    return {
        one.key.rsplit(":", 1)[1]: Fraction(one.quantity or 0, HOUR_MS)
        for one in found
        if one.basis == "overtime"
    }


def only(found: list[Extra], basis: str) -> Extra:
    (one,) = [one for one in found if one.basis == basis]
    return one


# --- overtime by country: what the law of each place gives for the same weeks ---

FIVE_NINES = (9, 9, 9, 9, 9)
LONG_DAY = (13,)
FIFTY = (10, 10, 10, 10, 10)


@pytest.mark.parametrize(
    ("country", "region", "week", "expected"),
    [
        # 29 USC 207: beyond 40 hours a week half as much again, whatever a day has.
        ("US", "", FIVE_NINES, {"500": 5}),
        ("US", "", LONG_DAY, {}),
        # California, Labor Code 510: beyond 8 a day half, beyond 12 the double; not both at once.
        ("US", "US-CA", FIVE_NINES, {"500": 5}),
        ("US", "US-CA", LONG_DAY, {"500": 4, "1000": 1}),
        ("US", "US-CA", (8, 8, 8, 8, 8, 3), {"500": 3}),
        # Code du travail L3121-36: 25 % from the 36th to the 43rd hour, then 50 %.
        ("FR", "", (7, 7, 7, 7, 7), {}),
        ("FR", "", FIVE_NINES, {"250": 8, "500": 2}),
        ("FR", "", FIFTY, {"250": 8, "500": 7}),
        # The directive and the British regulations set no extra pay.
        ("DE", "", FIFTY, {}),
        ("GB", "", FIFTY, {}),
        # A draft raises no claim: the defaults hold, and they pay no extra.
        ("KE", "", (12, 12, 12, 12, 12), {}),
        ("TN", "", FIFTY, {}),
    ],
)
def test_overtime_vectors(
    country: str, region: str, week: tuple[float, ...], expected: dict[str, float]
) -> None:
    assert overtime(days(*week), country, region) == expected


def test_overtime_pays_the_extra_part_only_at_what_the_hour_earned() -> None:
    """45 hours at EUR 20: five of them earn EUR 10 on top, as the hour itself is paid already."""
    found = only(extras(days(*FIVE_NINES), PLAIN, pack_for("US")), "overtime")

    assert found.amount_micros == 5 * 10 * EURO
    assert found.quantity == 5 * HOUR_MS
    assert found.why == (
        "Overtime in the week of 2026-11-15: 50 % on top "
        "(Fair Labor Standards Act, 29 USC 207(a)(1))."
    )


def test_pieces_that_earned_more_than_the_guarantee_raise_overtime() -> None:
    work = days(*FIVE_NINES)
    work[4] = replace(work[4], basis="piece", amount_micros=9 * 30 * EURO)

    assert only(extras(work, PLAIN, pack_for("US")), "overtime").amount_micros == 5 * 15 * EURO


def test_the_floor_and_the_hazard_premium_are_part_of_what_an_hour_is_worth() -> None:
    policies = Policies({7: [replace(POLICY, hazard_micros_per_hour=2 * EURO)]})
    work = [replace(one, floor_micros_per_hour=24 * EURO) for one in days(*FIVE_NINES)]

    assert only(extras(work, policies, pack_for("US")), "overtime").amount_micros == 5 * 13 * EURO


def test_hours_of_all_projects_count_and_the_later_one_pays() -> None:
    work = days(*FIVE_NINES)
    work[4] = replace(work[4], project_id=8)

    assert only(extras(work, PLAIN, pack_for("US")), "overtime").project_id == 8


def test_weeks_and_days_are_local() -> None:
    """Sunday 22:00 UTC is Monday in France: 35 hours before it belong to the week that is over."""
    work = [*days(7, 7, 7, 7, 7), stretch(9, parse_iso("2026-11-22T22:30:00Z"), 0.25)]
    late = [*work, stretch(10, parse_iso("2026-11-22T23:30:00Z"), 1)]

    assert overtime(work, "FR") == {"250": Fraction(1, 4)}
    assert overtime(late, "FR") == {"250": Fraction(1, 4)}


def test_hours_that_an_earlier_period_settled_fill_the_week_and_are_not_paid_again() -> None:
    work = days(*FIVE_NINES)
    first, rest = work[:3], work[3:]
    settled = [replace(one, settled=True) for one in first]

    apart = [
        *extras(first, PLAIN, pack_for("FR")),
        *extras([*settled, *rest], PLAIN, pack_for("FR")),
    ]

    whole = extras(work, PLAIN, pack_for("FR"))
    assert sum(one.amount_micros for one in apart) == sum(one.amount_micros for one in whole)
    assert extras([replace(one, settled=True) for one in work], PLAIN, pack_for("FR")) == []


def test_an_hour_that_comes_in_late_is_overtime_when_its_week_was_full() -> None:
    settled = [replace(one, settled=True) for one in days(8, 8, 8, 8, 8)]
    late = stretch(9, at(8.5), 1)

    assert overtime([*settled, late], "US") == {"500": 1}


@given(
    week=st.lists(st.integers(1, 14 * HOUR_MS), min_size=1, max_size=7),
    thresholds=st.lists(
        st.tuples(st.integers(0, 60 * HOUR_MS), st.integers(1, 2000)), min_size=1, max_size=3
    ),
    by_day=st.booleans(),
)
def test_overtime_is_what_counting_every_millisecond_gives(
    week: list[int], thresholds: list[tuple[int, int]], by_day: bool
) -> None:
    """The same sum, done by integrating the extra over the hours of the day or the week."""
    tiers = tuple(Tier(beyond, extra) for beyond, extra in thresholds)
    pack = HoursPack("", day_tiers=tiers) if by_day else HoursPack("", week_tiers=tiers)
    work = [stretch(day, at(0, day), Fraction(ms, HOUR_MS)) for day, ms in enumerate(week)]
    work = [replace(one, amount_micros=0) for one in work]

    found = extras(work, PLAIN, pack)

    ends = sorted({0, *(tier.beyond_ms for tier in tiers), 10**9})
    exact = Fraction(0)
    for total in week if by_day else [sum(week)]:
        for low, high in pairwise(ends):
            reached = [tier.extra_permille for tier in tiers if tier.beyond_ms <= low]
            part = max(0, min(total, high) - low)
            exact += Fraction(part * max(reached, default=0) * RATE, 1000 * HOUR_MS)
    assert 0 <= sum(one.amount_micros for one in found) - exact < max(1, len(found))


# --- premiums and expenses ---


def test_hazard_and_data_are_paid_for_every_hour_by_the_terms_when_it_began() -> None:
    later = replace(POLICY, version=2, hazard_micros_per_hour=2 * EURO, valid_from=at(0, 1))
    first = replace(POLICY, hazard_micros_per_hour=EURO, data_micros_per_hour=MICROS)
    work = [*days(2, 3), stretch(8, at(5), 1, activity="read")]

    found = extras(work, Policies({7: [first, later]}), HoursPack())

    assert [(one.basis, one.activity, one.quantity, one.amount_micros) for one in found] == [
        ("premium", "annotate", 2 * HOUR_MS, 2 * EURO),
        ("expense", "annotate", 2 * HOUR_MS, 2 * MICROS),
        ("premium", "read", HOUR_MS, EURO),
        ("expense", "read", HOUR_MS, MICROS),
        ("premium", "annotate", 3 * HOUR_MS, 6 * EURO),
    ]
    assert len({one.key for one in found}) == len(found)


def test_settled_hours_and_unknown_projects_get_no_premium() -> None:
    policies = Policies({7: [replace(POLICY, hazard_micros_per_hour=EURO)]})
    work = [stretch(1, at(0), 1, settled=True), stretch(2, at(2), 1, project_id=9)]

    assert extras(work, policies, HoursPack()) == []


# --- minimum block ---

QUARTER = Policies({7: [replace(POLICY, min_block_ms=15 * MINUTE_MS)]})


def test_a_short_visit_is_paid_up_to_the_minimum_block() -> None:
    work = [
        stretch(1, at(0), Fraction(2, 60), activity="read"),
        stretch(2, at(0.1), Fraction(3, 60)),
    ]

    found = only(extras(work, QUARTER, HoursPack()), "block")

    assert (found.quantity, found.unit_micros) == (10 * MINUTE_MS, RATE)
    assert found.amount_micros == ceil_fraction(Fraction(RATE * 10, 60))
    assert found.activity == "wait"


def test_a_visit_that_is_long_enough_gets_no_block() -> None:
    assert extras([stretch(1, at(0), 0.25)], QUARTER, HoursPack()) == []


def test_opening_pages_alone_earns_its_time_and_no_block() -> None:
    """Else a page opened every hour would be a quarter of an hour's pay every hour."""
    work = [stretch(number, at(2 * number), Fraction(1, 60), activity="read") for number in (1, 2)]

    assert extras(work, QUARTER, HoursPack()) == []
    waited = [replace(one, activity="wait") for one in work]
    assert extras(waited, QUARTER, HoursPack()) == []


def test_an_hour_apart_is_another_check_in_and_less_is_the_same() -> None:
    first = stretch(1, at(0), Fraction(5, 60))
    near = stretch(2, Instant(first.ended_at + HOUR_MS - 1), Fraction(5, 60))
    far = stretch(3, Instant(near.ended_at + HOUR_MS), Fraction(5, 60))

    assert [len(group) for group in check_ins([far, first, near])] == [2, 1]
    blocks = [one.quantity for one in extras([first, near, far], QUARTER, HoursPack())]
    assert blocks == [5 * MINUTE_MS, 10 * MINUTE_MS]


def test_a_check_in_over_the_end_of_a_period_gets_its_block_once() -> None:
    first = stretch(1, at(0), Fraction(5, 60))
    rest = stretch(2, at(0.2), Fraction(1, 60))

    assert len(extras([first], QUARTER, HoursPack())) == 1
    assert extras([replace(first, settled=True), rest], QUARTER, HoursPack()) == []


# --- the rows themselves ---


def test_every_pack_names_its_source_and_stops_work_in_time() -> None:
    packs = known_packs()

    assert {"FR", "GB", "US", "KE", "DE"} <= {pack.country for pack, _, _ in packs}
    for pack, _, _ in packs:
        assert pack.source_title
        assert pack.source_class in ("A", "E")
        assert pack.is_draft == (pack.source_class == "E")
        assert 0 < pack.stop_day_ms <= 10 * HOUR_MS
        assert pack.stop_week_ms <= 60 * HOUR_MS
        assert pack.rest_ms >= 11 * HOUR_MS


def test_a_place_without_a_checked_row_has_the_defaults_and_says_so() -> None:
    for country in ("KE", "TN", "", "ZZ"):
        pack = pack_for(country)
        assert pack.is_draft
        assert "defaults" in pack.source_title
        assert (pack.stop_day_ms, pack.stop_week_ms) == (10 * HOUR_MS, 60 * HOUR_MS)


def test_a_region_has_its_own_row_and_other_regions_their_country_s() -> None:
    assert pack_for("US", "US-CA").day_tiers
    assert pack_for("US", "US-NY") == pack_for("US")
    assert pack_for("IT").stop_week_ms == 48 * HOUR_MS
