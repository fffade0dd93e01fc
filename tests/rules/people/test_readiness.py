"""The checklists of readiness, the pace of things, and a pilot's price and verdict."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairhand.core.clock import DAY_MS, HOUR_MS, Instant, parse_iso
from fairhand.core.money import MICROS
from fairhand.people.readiness.pilot import (
    Agreed,
    Measured,
    PersonPace,
    Pilot,
    StartTerms,
    Terms,
    check_go,
    check_start,
    check_terms,
    cost_of,
    price_of,
)
from fairhand.people.readiness.rules import (
    is_ready_for_compute,
    is_ready_to_open,
    opening_issues,
    stages_of,
    when_reached,
)
from fairhand.people.readiness.stages import CANNOT_BE_SAID, Facts, Pace, Skill, Stage

NOW = parse_iso("2026-11-22T09:00:00Z")
PILOT = Pilot(
    project_id=7,
    of_project_id=3,
    version=2,
    people_wanted=3,
    tasks=10,
    target_alpha=0.667,
    outcome="go",
    evidence={"people": 3},
    started_by=1,
    started_at=NOW,
)
READY = Facts(
    project_id=3,
    version=2,
    mode="draft",
    terms=Terms(),
    tasks=100,
    guidelines="Look closely.",
    people=3,
    has_course=True,
    qualified=2,
    gold=5,
    escrow_micros=1,
    cost_p50_micros=1,
    pilot=PILOT,
    pilot_people=3,
    deciders=2,
)
FLOOR = 12 * 100 * MICROS


def stages(**changed: object) -> tuple[Stage, ...]:
    return stages_of(replace(READY, **changed), NOW)  # type: ignore[arg-type]  # by name


def missing(**changed: object) -> list[str]:
    return [issue.place for issue in opening_issues(stages(**changed))]


def state_of(key: str, **changed: object) -> str:
    return next(
        item.state for stage in stages(**changed) for item in stage.items if item.key == key
    )


def test_the_stages_come_in_their_order_and_compute_is_last() -> None:
    found = stages()
    assert [stage.name for stage in found] == ["workforce", "pipeline", "talent", "compute"]
    assert [stage.state for stage in found] == ["done", "done", "done", "missing"]
    assert is_ready_to_open(found)
    assert not is_ready_for_compute(found)


def test_compute_is_ready_after_a_release_and_never_while_anything_before_is_open() -> None:
    worked = {"mode": "open", "settled_tasks": 50, "releases": 1}
    assert is_ready_for_compute(stages(**worked))
    assert not is_ready_for_compute(stages(**worked, gold=0))
    assert not is_ready_for_compute(stages(**worked | {"releases": 0}))
    assert not is_ready_for_compute(())
    used_up = worked | {"escrow_micros": 0}
    assert not is_ready_for_compute(stages(**used_up))
    assert is_ready_for_compute(stages(**used_up | {"mode": "closed"})), "the work is done"
    assert state_of("release", **worked | {"releases": 0}) == "missing"
    assert state_of("release", releases=0, gold=0) == "not_yet"


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ({"people": 2, "pilot_people": 2}, "people"),
        ({"without_floor": 1}, "floors"),
        ({"below_floor": ("The guarantee is below.",)}, "pay"),
        ({"without_consent": 1}, "consent"),
        ({"qualified": 1}, "qualified"),
        ({"has_course": False, "qualified": 0}, "qualified"),
        ({"tasks": 0}, "tasks"),
        ({"guidelines": " "}, "guidelines"),
        ({"gold": 4}, "gold"),
        ({"pilot": None}, "pilot"),
        ({"version": 3}, "pilot"),
        ({"pilot": replace(PILOT, outcome="no_go")}, "pilot"),
        ({"pilot": replace(PILOT, outcome="running")}, "pilot"),
        ({"escrow_micros": 0}, "escrow"),
        ({"skills": (Skill("Swahili", 0),)}, "skills"),
    ],
)
def test_each_lack_alone_keeps_a_project_from_opening(
    changed: dict[str, object], place: str
) -> None:
    assert missing(**changed) == [place]


def test_a_named_gap_and_advice_keep_nobody_from_opening() -> None:
    gap = replace(Terms(), skill_gap="We train two people in December.")
    assert missing(skills=(Skill("Swahili", 0),), terms=gap) == []
    assert missing(deciders=1, cost_p50_micros=10**12) == []
    assert state_of("deciders", deciders=1) == "missing"


def test_an_item_that_waits_for_another_is_not_yet() -> None:
    assert state_of("pilot", pilot=None) == "missing"
    assert state_of("pilot", pilot=None, tasks=0) == "not_yet"
    assert state_of("gold", gold=0, tasks=0) == "not_yet"
    assert state_of("qualified", qualified=0, has_course=False, gold=0) == "not_yet"
    assert state_of("consent", people=0, pilot_people=0) == "not_yet"


def test_when_is_told_from_the_pace_of_late_and_else_not_at_all() -> None:
    pace = Pace(4, Instant(NOW - 8 * DAY_MS))
    told = when_reached(4, 10, pace, NOW)
    assert told.at == NOW + 12 * DAY_MS
    assert told.words == "At the pace of late in about 12 days."
    assert when_reached(1, 3, None, NOW) == CANNOT_BE_SAID
    assert when_reached(1, 3, Pace(1, Instant(NOW - DAY_MS)), NOW) == CANNOT_BE_SAID
    assert when_reached(1, 3, Pace(9, Instant(NOW + DAY_MS)), NOW) == CANNOT_BE_SAID
    assert "more than a year" in when_reached(2, 10_000, pace, NOW).words
    assert "within a day" in when_reached(9, 10, Pace(9, Instant(NOW - DAY_MS)), NOW).words


def agreed(value: float | None, low: float | None = None, subjective: bool = False) -> Agreed:
    return Agreed("pet", "Which pet?", "alpha", value, low, 1.0, 10, subjective)


def found(*questions: Agreed, people: int = 3, answers: int = 30) -> Measured:
    return Measured(people, answers, questions, 20_000, 40_000, None)


def test_a_go_lacks_what_the_pilot_lacks() -> None:
    running = replace(PILOT, outcome="running")
    assert check_go(running, found(agreed(0.8, 0.7)), 2) == []
    for lacking, version, place in (
        (found(agreed(0.8), people=2), 2, "people"),
        (found(agreed(0.8), answers=26), 2, "answers"),
        (found(agreed(0.66)), 2, "agreement.pet"),
        (found(agreed(None)), 2, "agreement.pet"),
        (found(agreed(0.8)), 3, "version"),
    ):
        assert [one.place for one in check_go(running, lacking, version)] == [place]
    assert check_go(running, found(agreed(0.1, subjective=True), answers=27), 2) == []
    (doubt,) = check_go(running, found(agreed(0.7, 0.5)), 2)
    assert doubt.severity == "warning"


def test_a_pilot_starts_only_where_there_is_something_to_test() -> None:
    fine = StartTerms(10, 3, 50, "Look.", None, False, False)
    assert check_start(fine) == []
    for changed, place in (
        ({"tasks": 4}, "tasks"),
        ({"tasks": 51}, "tasks"),
        ({"people": 1}, "people"),
        ({"guidelines": ""}, "guidelines"),
        ({"running": 7}, "project"),
        ({"is_itself_pilot": True}, "project"),
        ({"is_closed": True}, "project"),
    ):
        wrong = check_start(replace(fine, **changed))
        assert [one.place for one in wrong] == [place]


def test_terms_are_checked_all_at_once() -> None:
    assert check_terms(Terms()) == []
    wrong = Terms(target_alpha=1.5, people_wanted=1, gold_wanted=-1, skill_gap="x" * 3_000)
    assert [one.place for one in check_terms(wrong)] == [
        "target_alpha",
        "people_wanted",
        "gold_wanted",
        "skill_gap",
    ]


def test_a_pilot_costs_twice_the_guessed_time() -> None:
    assert cost_of(30, 3, 20_000, FLOOR) == 2 * 30 * 3 * 20_000 * FLOOR // HOUR_MS


def test_nobody_measured_is_no_price() -> None:
    assert price_of([PersonPace(1, 2, 60_000)], FLOOR) is None
    assert price_of([PersonPace(1, 9, 60_000)], 0) is None


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.integers(3, 300), st.integers(1_000, 600_000)), min_size=1, max_size=40)
)
def test_by_the_price_the_slowest_fifth_together_reach_the_floor(
    crowd: list[tuple[int, int]],
) -> None:
    paces = [
        PersonPace(number, answers, answers * each) for number, (answers, each) in enumerate(crowd)
    ]
    price = price_of(paces, FLOOR)
    assert price is not None
    slowest = sorted(paces, key=lambda one: one.paid_ms / one.answers)[-max(1, len(paces) // 5) :]
    earned = price.unit_micros * sum(one.answers for one in slowest)
    due = sum(one.paid_ms for one in slowest) * FLOOR
    assert earned * HOUR_MS >= due
    reach = [
        one for one in paces if price.unit_micros * one.answers * HOUR_MS >= one.paid_ms * FLOOR
    ]
    assert len(reach) >= len(paces) - len(slowest)
