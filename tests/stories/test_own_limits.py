"""A person's own limits, consents, ratings and breaks, through the stories."""

from __future__ import annotations

import pytest

from fairhand.core.clock import DAY_MS, MINUTE_MS
from fairhand.core.errors import ConflictError, InvalidError
from fairhand.core.ids import sha256_hex
from fairhand.people.wellbeing.disclosure import words_for_tier
from fairhand.people.wellbeing.rules import Limits
from fairhand.storage.database import Database
from fairhand.use_cases.agree_to_tier import AgreeToTier, agree_to_tier
from fairhand.use_cases.begin_care_break import begin_care_break
from fairhand.use_cases.end_tier_consent import EndTierConsent, end_tier_consent
from fairhand.use_cases.rate_content import RateContent, rate_content
from fairhand.use_cases.read_own_wellbeing import read_own_content, read_own_wellbeing
from fairhand.use_cases.set_own_limits import SetOwnLimits, set_own_limits
from fairhand.use_cases.skip_task import SkipTask, skip_task
from fairhand.use_cases.submit_annotation import SubmitAnnotation, submit_annotation
from tests.cast import IDLE_CAP_MS, Cast


@pytest.fixture
def cast(db: Database) -> Cast:
    return Cast(db)


def agree(cast: Cast, who: int, *tiers: int) -> None:
    for tier in tiers:
        sha256 = sha256_hex(words_for_tier(tier).encode())
        agree_to_tier(cast.db, AgreeToTier(who, tier, sha256), cast.clock.now)


def hard(cast: Cast, tasks: int, tier: int) -> int:
    """A project of hard content, of which a minute is set aside for each item."""
    project = cast.project("Amina", tasks=tasks, overlap=1, tier=tier)
    cast.change("UPDATE queue SET dose = :d", d=(0, 1_000, 3_000, 10_000)[tier])
    return project


def answer(cast: Cast, who: int, task: int, visible_ms: int | None) -> None:
    command = SubmitAnnotation(who, task, cast.key(), {"pet": "cat"}, visible_ms=visible_ms)
    now = cast.clock.advance(2 * MINUTE_MS)
    submit_annotation(cast.db, command, now, signer=cast.signer, idle_cap_ms=IDLE_CAP_MS)


def test_nothing_of_a_tier_is_handed_out_before_it_is_agreed_to_nor_after_it_is_ended(
    cast: Cast,
) -> None:
    project = hard(cast, 4, 2)
    amina = cast.person("Amina")

    assert cast.next(amina, project).reason == "nothing_free"
    agree(cast, amina, 1)
    assert cast.next(amina, project).reason == "nothing_free"
    agree(cast, amina, 2)
    first = cast.next_task(amina, project)
    answer(cast, amina, first, 30_000)
    end_tier_consent(cast.db, EndTierConsent(amina, 2), cast.clock.now)

    assert cast.next(amina, project).reason == "nothing_free"
    kept = read_own_wellbeing(cast.db, amina, cast.clock.now)
    assert (kept.max_tier, kept.next_tier) == (1, 2)
    assert [one.tier for one in kept.consents if one.ended_at] == [2]


def test_a_tier_is_agreed_to_in_order_and_under_the_words_that_are_shown(cast: Cast) -> None:
    amina = cast.person("Amina")

    with pytest.raises(InvalidError):
        agree_to_tier(cast.db, AgreeToTier(amina, 1, "0" * 64), cast.clock.now)
    with pytest.raises(ConflictError, match="tier 1 first"):
        agree(cast, amina, 2)
    agree(cast, amina, 1, 1)

    ((count, words),) = cast.rows("SELECT count(*), max(disclosure) FROM tier_consent")
    assert (count, words) == (1, words_for_tier(1))


def test_the_dose_is_what_was_uncovered_and_nothing_for_what_never_was(cast: Cast) -> None:
    project = hard(cast, 4, 2)
    amina = cast.person("Amina")
    agree(cast, amina, 1, 2)

    answer(cast, amina, cast.next_task(amina, project), 60_000)
    answer(cast, amina, cast.next_task(amina, project), 0)
    task = cast.next_task(amina, project)
    skip = SkipTask(amina, task, cast.key(), visible_ms=10_000_000)
    now = cast.clock.advance(MINUTE_MS)
    skip_task(cast.db, skip, now, signer=cast.signer, idle_cap_ms=IDLE_CAP_MS)

    content = read_own_content(cast.db, amina, cast.clock.now)
    # Longer than the minute that she had it is nothing a device can have seen.
    assert [(one.visible_ms, one.dose) for one in content.seen] == [
        (MINUTE_MS, 3_000),
        (0, 0),
        (60_000, 3_000),
    ]
    assert {one.state for one in content.seen} == {"seen"}


def test_a_persons_own_rating_wins_for_the_dose(cast: Cast) -> None:
    project = hard(cast, 3, 1)
    amina = cast.person("Amina")
    agree(cast, amina, 1)
    measured, unmeasured = cast.next_task(amina, project), 0
    answer(cast, amina, measured, 60_000)
    unmeasured = cast.next_task(amina, project)
    answer(cast, amina, unmeasured, None)

    before = read_own_content(cast.db, amina, cast.clock.now).seen[0].dose
    assert rate_content(cast.db, RateContent(amina, measured, 3), cast.clock.now) == 10_000
    assert rate_content(cast.db, RateContent(amina, measured, 0), cast.clock.now) == 0
    assert rate_content(cast.db, RateContent(amina, unmeasured, 0), cast.clock.now) == 0
    assert rate_content(cast.db, RateContent(amina, unmeasured, 1), cast.clock.now) == before > 0
    with pytest.raises(InvalidError):
        rate_content(cast.db, RateContent(amina, measured, 5), cast.clock.now)


def test_a_rating_given_before_the_answer_arrives_counts_when_it_does(cast: Cast) -> None:
    project = hard(cast, 3, 1)
    amina = cast.person("Amina")
    agree(cast, amina, 1)
    doses = []
    for visible_ms in (60_000, None):
        task = cast.next_task(amina, project)
        rate_content(cast.db, RateContent(amina, task, 2), cast.clock.now)
        answer(cast, amina, task, visible_ms)
        doses.append(read_own_content(cast.db, amina, cast.clock.now).seen[0].dose)

    assert doses == [3_000, 3_000]


def test_what_is_looked_at_again_counts_again(cast: Cast) -> None:
    project = hard(cast, 3, 1)
    amina = cast.person("Amina")
    agree(cast, amina, 1)
    task = cast.next_task(amina, project)
    answer(cast, amina, task, 60_000)
    ((annotation,),) = cast.rows("SELECT id FROM annotation")
    cast.revise(amina, annotation)
    again = SubmitAnnotation(
        amina, task, cast.key(), {"pet": "dog"}, revises=annotation, visible_ms=30_000
    )
    now = cast.clock.advance(MINUTE_MS)
    submit_annotation(cast.db, again, now, signer=cast.signer, idle_cap_ms=IDLE_CAP_MS)

    (seen,) = read_own_content(cast.db, amina, cast.clock.now).seen
    assert (seen.visible_ms, seen.dose) == (90_000, 1_500)


def test_limits_go_down_at_once_and_up_after_a_day_and_never_above_the_cap(cast: Cast) -> None:
    amina, cap = cast.person("Amina"), Limits()

    def limits() -> Limits:
        return read_own_wellbeing(cast.db, amina, cast.clock.now).limits

    def wish(wanted: Limits) -> None:
        set_own_limits(cast.db, SetOwnLimits(amina, wanted), cast.clock.now)

    low = Limits(5_000, 20_000, 100_000)
    wish(low)
    assert limits() == low
    with pytest.raises(InvalidError) as refused:
        wish(Limits(cap.hour + 1, cap.day, cap.chronic))
    assert [issue.place for issue in refused.value.issues] == ["hour"]
    wish(Limits(10_000, 10_000, 100_000))
    assert limits() == Limits(5_000, 10_000, 100_000)
    cast.clock.advance(DAY_MS - 1)
    assert limits().hour == 5_000
    cast.clock.advance(1)
    assert limits().hour == 10_000


def test_the_log_says_only_that_something_of_ones_own_was_changed(cast: Cast) -> None:
    amina = cast.person("Amina")
    agree(cast, amina, 1)
    set_own_limits(cast.db, SetOwnLimits(amina, Limits(1, 2, 3)), cast.clock.now)

    events = cast.rows("SELECT kind, body FROM event WHERE kind = 'own.changed'")
    assert len(events) == 2
    assert all("tier" not in str(body) and "hour" not in str(body) for _, body in events)


def test_a_break_that_is_due_is_paid_for_ten_minutes_whatever_was_taken_before(cast: Cast) -> None:
    project = hard(cast, 40, 1)
    amina = cast.person("Amina")
    agree(cast, amina, 1)
    for _ in range(38):
        answer(cast, amina, cast.next_task(amina, project), 1_000)

    assert read_own_content(cast.db, amina, cast.clock.now).offer.is_due
    noted = begin_care_break(cast.db, amina, cast.clock.now, idle_cap_ms=IDLE_CAP_MS)
    assert noted.promised_ms >= 10 * MINUTE_MS
    assert not read_own_content(cast.db, amina, cast.clock.now).offer.is_due
