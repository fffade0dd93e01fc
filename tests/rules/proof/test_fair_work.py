"""Conditions are told in sums over ten people or more, and no smaller sum can be worked out."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from fairhand.proof.release.conditions_store import Place
from fairhand.proof.release.fair_work import Conditions, FloorSource, fair_work_facts
from fairhand.proof.release.fair_work_words import SECTIONS, TERMS, camel, namespace
from fairhand.proof.release.rules import PersonPay
from fairhand.use_cases.who_labelled import shown_countries, who_labelled

HOUR = 3_600_000
KES = 1_000_000


def paid(number: int, hourly: int, hours: int = 1, floor: int | None = 16_134) -> PersonPay:
    owed = None if floor is None else floor * hours * KES
    return PersonPay(f"c-{number}", hours * HOUR, hourly * hours * KES, owed)


def known(people: int = 20, **changes: Any) -> Conditions:  # noqa: ANN401  # each test names real fields
    made = Conditions(
        currency="KES",
        pay=[paid(number, 16_134 + 100 * number) for number in range(people)],
        hours=[(number, "annotate", HOUR) for number in range(people)],
        granted=people,
    )
    return replace(made, **changes)


def who_of(people: int) -> dict[str, Any]:
    """Who labelled, all of one place."""
    pay = {number: paid(number, 17_000) for number in range(people)}
    return who_labelled(pay, {number: Place("KE", "sw", False) for number in pay}, "KES")


def test_pay_is_told_from_the_least_to_the_most() -> None:
    pay = fair_work_facts(known(21))["pay"]
    assert (pay["least_per_hour"], pay["median_per_hour"]) == ("161.34", "171.34")
    assert (pay["lower_quartile_per_hour"], pay["most_per_hour"]) == ("166.34", "181.34")
    assert (pay["people"], pay["at_or_above_floor"], pay["below_floor"]) == (21, 21, 0)
    assert pay["pay_to_floor_permille"] == 1061


def test_a_few_below_their_floor_are_not_counted_out() -> None:
    pay = [paid(0, 16_000), *(paid(number, 17_000) for number in range(1, 20))]
    told = fair_work_facts(known(pay=pay))["pay"]
    assert told["least_per_hour"] == "160.00"
    assert not {"below_floor", "at_or_above_floor", "floor_unknown"} & set(told)
    assert "withheld" in told


def test_nothing_is_told_of_nine_people() -> None:
    facts = fair_work_facts(known(9))
    assert {name: list(facts[name]) for name in SECTIONS if name != "royalties"} == {
        name: ["withheld"] for name in SECTIONS if name != "royalties"
    }


def test_what_is_not_known_is_said_to_be_unknown() -> None:
    facts = fair_work_facts(Conditions("EUR"))
    assert all(list(facts[name]) == ["unknown"] for name in SECTIONS)


def test_time_of_a_few_hides_one_more_kind_so_that_it_cannot_be_subtracted() -> None:
    hours = [
        *((number, "annotate", HOUR) for number in range(20)),
        *((number, "train", HOUR) for number in range(12)),
        *((number, "wait", HOUR) for number in range(3)),
    ]
    told = fair_work_facts(known(hours=hours))["hours"]
    assert [one["kind"] for one in told["by_kind"]] == ["work"]
    assert told["withheld"] == "other kinds: fewer than 10 people"


def test_exposure_skips_and_royalties_are_told_where_enough_people_are_behind_them() -> None:
    facts = fair_work_facts(
        known(
            exposure=[(number, 2, 90_000, 4) for number in range(20)],
            skips=dict.fromkeys(range(11), 2),
            decisions=dict.fromkeys(range(12), 1),
            appeals=[(number, "upheld", 1) for number in range(12)],
            royalties={"share_permille": 300},
        )
    )
    assert facts["exposure"]["by_tier"] == [{"tier": 2, "minutes": 30, "items": 80, "people": 20}]
    assert facts["skips"] == {"skipped": 22}
    assert facts["appeals"] == {
        "decisions": 12,
        "appealed": 12,
        "upheld": 12,
        "declined": 0,
        "unanswered": 0,
        "open": 0,
    }
    assert facts["royalties"] == {"share_permille": 300}


def test_few_skips_appeals_and_withdrawals_are_withheld() -> None:
    facts = fair_work_facts(
        known(
            skips={1: 5},
            decisions=dict.fromkeys(range(12), 1),
            appeals=[(1, "upheld", 1)],
            withdrawn=3,
        )
    )
    assert facts["skips"] == {"withheld": "fewer than 10 people"}
    assert facts["appeals"] == {"decisions": 12, "withheld": "appeals: fewer than 10 people"}
    assert facts["consent"] == {
        "people": 20,
        "granted": 20,
        "withheld": "how many withdrew: fewer than 10 people",
    }


def test_the_floor_of_a_country_of_few_is_not_named() -> None:
    sources = [FloorSource("KE", "Anker 2025", "https://x.example", "living", 15)]
    told = fair_work_facts(known(sources=[*sources, FloorSource("", "", "", "", 0)]))["floors"]
    assert [one["country"] for one in told["sources"]] == ["KE"]
    assert told["withheld"] == "other countries: fewer than 10 people"


def test_groups_are_told_with_figures_that_are_rounded() -> None:
    pay = {number: paid(number, 17_399, hours=3) for number in range(27)}
    places = {number: Place("KE" if number < 15 else "IN", "sw", False) for number in range(27)}
    who = who_labelled(pay, places, "KES")
    assert [(one["by"], one["name"], one["people"]) for one in who["groups"]] == [
        ("all", "", 25),
        ("country", "KE", 15),
        ("country", "IN", 10),
        ("language", "sw", 25),
    ]
    everybody = who["groups"][0]
    assert (everybody["hours_paid"], everybody["mean_per_hour"]) == (80, "173")
    assert shown_countries(who) == ["KE", "IN"]


def test_a_country_whose_rest_is_small_is_not_told() -> None:
    pay = {number: paid(number, 17_000) for number in range(18)}
    places = {number: Place("KE" if number < 15 else "IN", "en", False) for number in range(18)}
    who = who_labelled(pay, places, "KES")
    assert [(one["by"], one["name"]) for one in who["groups"]] == [("all", ""), ("language", "en")]
    assert who["groups_withheld"] == 2


@given(st.integers(0, 10_000), st.integers(1, 60))
def test_no_sum_or_difference_of_two_groups_is_about_a_few(seed: int, people: int) -> None:
    rng = random.Random(seed)
    pay = {number: paid(number, 17_000) for number in range(people)}
    places = {
        number: Place(rng.choice(["KE", "IN", "IN", "PH"]), rng.choice(["en", "sw"]), False)
        for number in pay
    }
    who = who_labelled(pay, places, "KES")
    groups = [
        {
            number
            for number in pay
            if one["by"] == "all" or getattr(places[number], one["by"]) == one["name"]
        }
        for one in who["groups"]
    ]
    assert all(len(group) >= 10 for group in groups)
    for one, other in combinations(groups, 2):
        for part in (one - other, other - one, one & other):
            assert len(part) == 0 or len(part) >= 10


def test_every_word_is_in_the_reference_and_in_the_context() -> None:
    page = Path("docs/reference/fair-work-vocabulary.md").read_text("utf-8")
    context = namespace()["@context"]
    for name in TERMS:
        assert f"`{camel(name)}`" in page, name
        assert context[camel(name)] == f"fw:{camel(name)}"
