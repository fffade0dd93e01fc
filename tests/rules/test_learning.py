"""Lessons from guidelines, exact exams, retakes and spaced practice."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairhand.core.clock import DAY_MS, MINUTE_MS, Instant
from fairhand.people.learning.rules import (
    BODY_MAX,
    BOXES_MS,
    LEVEL,
    LUCK,
    CoursePlan,
    Gold,
    Step,
    Verdict,
    chance,
    check_plan,
    check_ready,
    compose,
    draw_exam,
    judge_answer,
    judge_exam,
    least_asked,
    needed_right,
    next_box,
    reading_cap_ms,
    sections,
    tries,
)
from fairhand.quality.watch.intervals import exact_interval

GUIDE = "Read first.\n\n# Cats\n\nThey purr.\n\n```\n# no heading\n```\n\n## Dogs\n\nThey bark.\n"
GOLD = [
    Gold(number, {"pet": "cat" if number % 2 else "dog"}, "It purrs." if number < 30 else "")
    for number in range(1, 41)
]
BY_ID = {one.task_id: one for one in GOLD}
PLAN = CoursePlan(
    "Cats and dogs",
    "pets",
    (Step("text", body="Look."), Step("practice", task_id=1)),
    exam_tasks=tuple(range(2, 30)),
    exam_asks=10,
)


@given(of=st.integers(1, 60), permille=st.integers(300, 980))
@settings(max_examples=30)
def test_an_exam_is_passed_exactly_when_the_exact_lower_end_reaches_the_share(
    of: int, permille: int
) -> None:
    needed = needed_right(of, permille)
    low, _ = exact_interval(list(range(of + 1)), [of] * (of + 1), LEVEL)
    enough = [right for right in range(of + 1) if low[right] >= permille / 1000 - 1e-9]
    assert needed == (enough[0] if enough else None)


@pytest.mark.parametrize(
    ("of", "permille", "needed"), [(10, 600, 9), (20, 600, 17), (1, 600, None), (14, 800, 14)]
)
def test_known_exams_take_known_numbers_of_right_answers(
    of: int, permille: int, needed: int | None
) -> None:
    """Checked against tables of the binomial distribution."""
    assert needed_right(of, permille) == needed


def test_luck_passes_at_most_one_exam_of_twenty_and_skill_most() -> None:
    needed = needed_right(20, 600)
    assert needed is not None
    assert chance(needed, 20, 0.6) <= LUCK
    assert chance(needed, 20, 0.95) > 0.98
    assert chance(0, 20, 0.5) == pytest.approx(1.0)


def test_a_course_that_could_show_nothing_says_how_many_questions_it_takes() -> None:
    short = CoursePlan("Cats and dogs", "pets", PLAN.steps, PLAN.exam_tasks, 4, pass_permille=800)
    (issue,) = [one for one in check_ready(short, BY_ID) if one.severity == "error"]
    assert f"at least {least_asked(800)} questions" in issue.message
    assert needed_right(least_asked(800), 800) == least_asked(800)


def test_an_exam_that_skilled_people_fail_is_warned_of() -> None:
    harsh = CoursePlan("Cats and dogs", "pets", PLAN.steps, PLAN.exam_tasks, exam_asks=8)
    told = [
        one for one in check_ready(harsh, BY_ID) if "passes only 66 of a hundred" in one.message
    ]
    assert [one.severity for one in told] == ["warning"]
    assert not [one for one in check_ready(PLAN, BY_ID) if "passes only" in one.message]


def test_guidelines_become_steps_at_their_headings_and_not_inside_code() -> None:
    steps = sections(GUIDE)
    assert [step.title for step in steps] == ["", "Cats", "Dogs"]
    assert "# no heading" in steps[1].body


def test_endless_guidelines_become_steps_that_can_be_kept() -> None:
    steps = sections("# One\n\n" + "word " * 40_000)
    assert len(steps) > 10
    assert all(len(step.body) <= BODY_MAX for step in steps)


def test_a_draft_teaches_every_known_answer_and_leaves_most_gold_to_the_exam() -> None:
    plan = compose("Pets", GUIDE, GOLD)
    taught = {BY_ID[one].value["pet"] for one in plan.lesson_tasks}
    assert taught == {"cat", "dog"}
    assert {"text", "example", "practice"} == {step.kind for step in plan.steps}
    assert not set(plan.lesson_tasks) & set(plan.exam_tasks)
    assert len(plan.exam_tasks) >= 2 * len(plan.lesson_tasks)
    assert all(BY_ID[one].explanation for one in plan.lesson_tasks)
    assert not check_plan(plan)
    assert not [one for one in check_ready(plan, BY_ID) if one.severity == "error"]


def test_a_draft_without_gold_is_a_draft_all_the_same() -> None:
    plan = compose("Pets", "", [])
    assert not check_plan(plan)
    assert [one for one in check_ready(plan, {}) if one.severity == "error"]


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"title": " "}, "title"),
        ({"skill": "x" * 101}, "skill"),
        ({"exam_asks": 0}, "exam_asks"),
        ({"pass_permille": 1000}, "pass_percent"),
        ({"retakes": 0}, "retakes"),
        ({"retake_after_ms": 91 * DAY_MS}, "retake_after_hours"),
        ({"valid_ms": DAY_MS}, "valid_days"),
        ({"most_paid_ms": MINUTE_MS}, "most_paid_hours"),
        ({"steps": (Step("text", task_id=3),)}, "steps.1"),
        ({"steps": (Step("example"),)}, "steps.1"),
        ({"steps": (Step("text", body="x" * (BODY_MAX + 1)),)}, "steps.1"),
    ],
)
def test_what_is_wrong_with_a_plan_is_said_beside_its_field(
    change: dict[str, object], place: str
) -> None:
    from dataclasses import replace

    wrong = replace(PLAN, **change)  # type: ignore[arg-type]
    assert place in [one.place for one in check_plan(wrong)]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"steps": ()}, "at least one step"),
        ({"steps": (Step("practice", task_id=99),)}, "no gold task"),
        ({"steps": (Step("practice", task_id=35),)}, "no explanation"),
        ({"steps": (Step("practice", task_id=2),)}, "in the lesson"),
        ({"steps": (Step("practice", task_id=1), Step("example", task_id=1))}, "twice"),
        ({"exam_tasks": (2, 3)}, "Make more gold"),
        ({"exam_tasks": (*range(2, 30), 99)}, "no gold task"),
    ],
)
def test_what_keeps_a_course_from_being_published(change: dict[str, object], words: str) -> None:
    from dataclasses import replace

    wrong = replace(PLAN, **change)  # type: ignore[arg-type]
    errors = [one.message for one in check_ready(wrong, BY_ID) if one.severity == "error"]
    assert any(words in one for one in errors)


def test_a_retake_asks_first_what_was_not_met_yet(rng: random.Random) -> None:
    first = draw_exam(PLAN, {}, rng)
    second = draw_exam(PLAN, dict.fromkeys(first, 1), rng)
    assert len(set(first)) == len(set(second)) == PLAN.exam_asks
    assert not set(first) & set(second)
    third = draw_exam(PLAN, dict.fromkeys([*first, *second], 1), rng)
    assert len(set(third) & set(first + second)) == PLAN.exam_asks - 8


def test_a_void_exam_counts_for_nothing_and_a_failed_one_asks_to_wait() -> None:
    at = Instant(10 * DAY_MS)
    none = tries(PLAN, [("void", at)])
    assert (none.used, none.left, none.may_begin(at)) == (0, 3, True)
    one = tries(PLAN, [("void", at), ("failed", at)])
    assert (one.used, one.left, one.may_begin(at)) == (1, 2, False)
    assert one.may_begin(Instant(at + DAY_MS))
    gone = tries(PLAN, [("failed", at), ("failed", at), ("left", at)])
    assert not gone.may_begin(Instant(at + 99 * DAY_MS))


def test_practice_comes_back_soon_after_a_mistake_and_ever_later_after_right_answers() -> None:
    now, box, gaps = Instant(0), 1, []
    for _ in range(6):
        box, due = next_box(box, is_right=True, now=now)
        gaps.append(due - now)
    assert gaps == sorted(gaps)
    assert gaps[-1] == BOXES_MS[-1]
    assert next_box(5, is_right=False, now=now) == (1, BOXES_MS[0])


def test_a_slow_reader_is_paid_for_a_long_step_without_touching_anything() -> None:
    long = Step("text", body="word " * 600)
    assert reading_cap_ms(long, "", 120_000) == 6 * MINUTE_MS
    assert reading_cap_ms(Step("text", body="Look."), "", 120_000) == 120_000
    assert reading_cap_ms(Step("text", body="word " * 90_000), "", 120_000) == 30 * MINUTE_MS


def test_a_task_is_right_when_all_that_is_known_of_it_was_answered_right() -> None:
    assert judge_answer({"pet": "cat"}, {"pet", "other"})
    assert not judge_answer({"pet": "cat", "age": "old"}, {"pet"})


def test_an_exam_is_judged_by_its_right_answers_alone() -> None:
    assert not judge_exam(PLAN, [True] * 8 + [False] * 2, 0.49, 0.96).passed
    verdict = judge_exam(PLAN, [True] * 9 + [False], 0.61, 0.99)
    assert verdict == Verdict(9, 10, 9, 0.61, 0.99)
    assert verdict.passed
    assert not judge_exam(PLAN, [True], 0.05, 1.0).passed, "one question shows nothing yet"
