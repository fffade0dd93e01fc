"""Somebody answers the two questions that show whether a notice is clear."""

from __future__ import annotations

from collections.abc import Sequence

from fairhand.core.clock import Instant
from fairhand.people.consent import notice_store as notices
from fairhand.people.consent.notices import Tried, judge_answers
from fairhand.storage.database import Database
from fairhand.use_cases.read_notice import live_notice


def check_understanding(
    db: Database, person_id: int, notice_id: int, answers: Sequence[int], now: Instant
) -> Tried:
    """Judge the answers to the two questions; wrong ones come back with what the notice says.

    One may try as often as one likes. Raises ConflictError (`notice_changed`) when the notice was
    replaced or has expired meanwhile.
    """
    with db.write() as connection:
        notice = live_notice(connection, notice_id, now)
        reading = notices.open_reading(connection, person_id, notice.id, now)
        tried = judge_answers(notice.checks, answers)
        notices.save_try(connection, person_id, notice.id, reading, answers, tried.right, now)
    return tried
