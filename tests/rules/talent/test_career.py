"""Steps to more responsibility: what is missing, since when they hold, what they pay."""

from __future__ import annotations

from dataclasses import replace

from fairhand.core.clock import DAY_MS, HOUR_MS, Instant
from fairhand.core.money import MICROS
from fairhand.pay.policies.extras import Stretch
from fairhand.pay.policies.steps import PayStep, step_extras
from fairhand.people.talent.career import (
    Missing,
    Needs,
    Record,
    Step,
    held_since,
    missing,
    path_of,
    step_issues,
)

NOW = Instant(1_800_000_000_000)
NEEDS = Needs(skills=(4,), answers=100, days=30)
REVIEWER = Step(1, 0, "reviewer", "Reviewer", NEEDS, 50, NOW)
TRAINER = Step(2, 0, "trainer", "Trainer", Needs(), 100, NOW)
NEW = Record(frozenset(), 40, Instant(NOW - 3 * DAY_MS), ())


def test_what_is_missing_is_said_with_how_far_one_is() -> None:
    assert missing(NEEDS, NEW, NOW) == (
        Missing("skill", 0, 1, 4),
        Missing("answers", 40, 100),
        Missing("days", 3, 30),
    )
    done = Record(frozenset((4,)), 100, Instant(NOW - 30 * DAY_MS), ())
    assert missing(NEEDS, done, NOW) == ()
    assert [one.state for one in path_of([REVIEWER], done, NOW)] == ["ready"]


def test_a_step_holds_from_the_role_or_from_its_setting_whichever_is_later() -> None:
    early, late = Instant(NOW - DAY_MS), Instant(NOW + DAY_MS)

    assert held_since(REVIEWER, [("reviewer", 0, early)]) == NOW
    assert held_since(REVIEWER, [("reviewer", 0, late)]) == late
    assert held_since(REVIEWER, [("trainer", 0, late)]) is None
    assert held_since(REVIEWER, [("reviewer", 7, late)]) is None
    assert held_since(replace(REVIEWER, project_id=7), [("reviewer", 7, late)]) == late


def test_an_ended_step_stays_with_whoever_held_it_and_is_shown_to_nobody_else() -> None:
    ended = replace(REVIEWER, ended_at=Instant(NOW + DAY_MS))
    holder = replace(NEW, roles=(("reviewer", 0, NOW),))
    later = replace(NEW, roles=(("reviewer", 0, Instant(NOW + DAY_MS)),))

    assert [one.state for one in path_of([ended], holder, NOW)] == ["held"]
    assert path_of([ended], later, NOW) == []
    assert path_of([ended], NEW, NOW) == []


def test_steps_stand_in_the_order_of_responsibility() -> None:
    assert [one.step.role for one in path_of([TRAINER, REVIEWER], NEW, NOW)] == [
        "reviewer",
        "trainer",
    ]


def test_a_step_that_makes_no_sense_is_not_set() -> None:
    assert step_issues("reviewer", "Reviewer", NEEDS, 50, {4}) == []
    wrong = step_issues("owner", " ", Needs((9,), -1, 10**9), 2_001, {4})
    assert [one.place for one in wrong] == ["role", "title", "pay", "answers", "days", "skills"]


def stretch(entry: int, began: int, *, project: int = 1, settled: bool = False) -> Stretch:
    start = Instant(began)
    return Stretch(
        entry_id=entry,
        project_id=project,
        activity="annotate",
        basis="time",
        started_at=start,
        ended_at=Instant(start + HOUR_MS),
        paid_ms=HOUR_MS,
        rate_micros_per_hour=1_200 * MICROS,
        amount_micros=1_200 * MICROS,
        currency="GBP",
        settled=settled,
    )


def test_a_step_adds_its_share_to_every_paid_hour_after_it_was_reached() -> None:
    steps = [PayStep(1, 0, "Reviewer", 50, NOW), PayStep(2, 2, "Lead", 75, NOW)]
    work = [
        stretch(1, NOW - HOUR_MS),
        stretch(2, NOW),
        stretch(3, NOW + HOUR_MS),
        stretch(4, NOW + 2 * HOUR_MS, project=2),
        stretch(5, NOW + 3 * HOUR_MS, settled=True),
    ]

    first, second = step_extras(work, steps)

    assert (first.project_id, first.quantity, first.unit_micros) == (1, 2 * HOUR_MS, 60 * MICROS)
    assert first.amount_micros == 120 * MICROS
    assert first.why == "Career step: Reviewer."
    assert (second.project_id, second.amount_micros) == (2, 90 * MICROS)
    assert step_extras(work, []) == []
