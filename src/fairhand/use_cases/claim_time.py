"""A person says that a stretch which a cap cut was work: their word is enough, up to five hours a
week; what goes beyond becomes a dispute for a named human, never a refusal.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fairhand.core.clock import DAY_MS, Instant
from fairhand.core.errors import InvalidError, Issue, NotFoundError
from fairhand.pay import store as pay
from fairhand.pay.paid_time import record_store
from fairhand.pay.paid_time.record import CLAIMABLE, claimed_in_week, grant, record_of, week_of
from fairhand.pay.paid_time.rules import MIN_IDLE_CAP_MS, TimeEvent
from fairhand.proof.log import store as log
from fairhand.storage.database import Database

NOTE_MAX: Final = 500


@dataclass(frozen=True, slots=True)
class ClaimTime:
    """Which cut (the number of the event that ended it), how much of it was work, at what.

    `worked_ms` is all of the cut that was work, so that saying it twice pays once.
    """

    person_id: int
    cut_id: int
    worked_ms: int
    activity: str = "read"
    note: str = ""


@dataclass(frozen=True, slots=True)
class ClaimedTime:
    """What is paid at once, in milliseconds and micros, and what goes beyond the week's allowance.

    `beyond_ms` is not lost: it is claimed as a dispute, which a human answers.
    """

    paid_ms: int
    micros: int
    beyond_ms: int
    project_id: int
    activity: str


def claim_time(db: Database, command: ClaimTime, now: Instant) -> ClaimedTime:
    """Pay what a cap cut and a person says was work, as evidence beside what was heard.

    Raises InvalidError for a claim without sense, NotFoundError when nothing of theirs was cut
    there.
    """
    if issues := _check(command):
        raise InvalidError(issues[0].message, issues=issues)
    with db.write() as connection:
        record_store.lock_clock(connection, command.person_id)
        ended_at = record_store.event_at(connection, command.person_id, command.cut_id)
        if ended_at is None:
            raise _no_cut(command)
        since = Instant(min(week_of(ended_at)[0], ended_at - DAY_MS) - DAY_MS)
        rows = record_store.load_events(connection, command.person_id, since)
        cuts = {cut.event_id: cut for cut in record_of(rows).cuts}
        cut = cuts.get(command.cut_id)
        if cut is None:
            raise _no_cut(command)
        granted = grant(cut, command.worked_ms, claimed_in_week(rows, ended_at))
        paid_ms, micros = 0, 0
        if granted.paid_ms:
            event = TimeEvent(
                cut.project_id,
                "claim",
                ended_at,
                MIN_IDLE_CAP_MS,
                granted.paid_ms,
                command.activity,  # type: ignore[arg-type]  # checked above
            )
            heard = pay.hear(connection, command.person_id, None, event, now)
            if heard.claimed is not None:
                paid_ms, micros = granted.paid_ms, heard.claimed.amount_micros
            body = {
                "person": command.person_id,
                "cut": command.cut_id,
                "worked_ms": command.worked_ms,
                "paid_ms": paid_ms,
                "activity": command.activity,
                "note": command.note,
            }
            log.append(connection, "pay.time_claimed", body, now, command.person_id, cut.project_id)
    return ClaimedTime(paid_ms, micros, granted.beyond_ms, cut.project_id, command.activity)


def _check(command: ClaimTime) -> list[Issue]:
    issues = []
    if command.worked_ms <= 0:
        issues.append(Issue("minutes", "Say how many minutes of it were work: one or more."))
    if command.activity not in CLAIMABLE:
        issues.append(Issue("activity", f"Choose one of {', '.join(CLAIMABLE)}."))
    if len(command.note) > NOTE_MAX:
        issues.append(Issue("note", f"Keep the note under {NOTE_MAX} characters."))
    return issues


def _no_cut(command: ClaimTime) -> NotFoundError:
    return NotFoundError(
        f"There is no quiet stretch {command.cut_id} in your time that was cut. For anything else "
        "that was not paid, open a dispute under Earnings: a person will answer it."
    )
