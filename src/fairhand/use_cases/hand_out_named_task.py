"""A person who works through another tool's API names the task that they answer.

All that holds when a task is handed out holds here: they take part, it is funded and open, the task
has a free place and is theirs to do, and they have not had it. Hard content and gold tasks are met
on the task page alone.

Their tool says how long they took. What the server did not hear is paid up to the idle cap, and
never reaches back before anything that it did hear of them: no minute is paid twice.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from fairhand.labels.answers import validate_value
from fairhand.labels.kind import AnswerContext
from fairhand.labels.replies import seed_of
from fairhand.pay import store as pay
from fairhand.pay.paid_time.rules import TimeEvent, idle_cap_for
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.blind_sheet import hide_by_chance
from fairhand.use_cases.versions import version_of
from fairhand.work.assignment import store as queue
from fairhand.work.assignment.rules import (
    LeaseTerms,
    expires_at,
    may_hold_more,
    why_wait,
    words_for,
)
from fairhand.work.assignment.store import Lease, Place
from fairhand.work.projects import store as projects

NOT_JOINED: Final = "Join this project first: its offer is on your home page."


@dataclass(frozen=True, slots=True)
class HandOutNamedTask:
    """Who answers which task with what, and how long their tool says that they took.

    Without a `value` they pass it on.
    """

    person_id: int
    project_id: int
    task_id: int
    lead_ms: int = 0
    value: dict[str, Any] | None = None


def hand_out_named_task(
    db: Database,
    command: HandOutNamedTask,
    now: Instant,
    *,
    terms: LeaseTerms,
    idle_cap_ms: int,
) -> Lease:
    """Lease the named task, or go on with the lease that they have.

    Nothing is leased for an answer that would not be taken. Raises InvalidError for such a one,
    ForbiddenError where they may not, ConflictError where nobody is asked about the task any more.
    """
    with db.write() as connection:
        held = queue.load_lease(connection, command.person_id, command.task_id)
        if held is not None and held.state in ("live", "expired"):
            return held  # work that was begun is taken in, late or not: whoever sends it is paid
        if held is not None:
            raise ConflictError(
                f"You have {held.state} this task already; change that answer instead.",
                code="already_answered",
            )
        place = queue.load_place(connection, command.person_id, command.project_id)
        if place is None or place.enrolment_state != "active":
            raise ForbiddenError(NOT_JOINED, code="not_joined")
        terms = replace(terms, online_ttl_ms=place.lease_ttl_ms)
        _refuse_to_wait(place, now)
        _refuse_one_more(connection, command, place, terms)
        if command.value is not None:
            _refuse_unfit(db, connection, command, command.value, place.version)
        claimed = queue.claim_named(
            connection, command.person_id, command.project_id, command.task_id
        )
        if claimed is None:
            raise ConflictError(
                "This task is not free: it has the answers that it needs, or it is handed out on "
                "the task page alone.",
                code="not_free",
            )
        until = expires_at(now, "online", terms)
        lease = queue.save_lease(
            connection, claimed, command.person_id, command.project_id, "online", now, until
        )
        _begin(connection, command, place, now, idle_cap_ms)
    return lease


def proposal_shown(db: Database, person_id: int, task_id: int) -> int | None:
    """Find the proposal that somebody saw with a task that they hold; None where they saw none."""
    with db.read() as connection:
        held = queue.load_lease(connection, person_id, task_id)
        if held is None or held.state not in ("live", "expired"):
            return None
        sheet = projects.load_task_sheet(connection, task_id, person_id)
    seen = hide_by_chance(sheet, person_id).prediction if sheet is not None else None
    return seen.id if seen is not None else None


def _refuse_to_wait(place: Place, now: Instant) -> None:
    wait = why_wait(
        mode=place.mode,
        now=now,
        hours=(place.hours_from_min, place.hours_to_min),
        left_micros=place.left_micros,
        rest_until=place.rest_until,
    )
    if wait is not None:
        raise ConflictError(words_for(wait), code=wait)


def _refuse_one_more(
    connection: Connection, command: HandOutNamedTask, place: Place, terms: LeaseTerms
) -> None:
    held = queue.list_held(connection, command.person_id, command.project_id)
    on_hand = [lease for lease in held if lease.hold == "online"]
    if not may_hold_more(len(on_hand), len(held), "online", place.project_tier, terms):
        raise ConflictError(words_for("holding_enough"), code="holding_enough")


def _refuse_unfit(
    db: Database,
    connection: Connection,
    command: HandOutNamedTask,
    value: dict[str, Any],
    version: int,
) -> None:
    sheet = projects.load_task_sheet(connection, command.task_id, command.person_id)
    if sheet is None:
        raise NotFoundError(f"There is no task {command.task_id}.")
    media = sheet.task.media
    context = AnswerContext(
        media.width if media else None,
        media.height if media else None,
        sheet.task.data,
        (media.details or {}).get("duration_ms") if media else None,
        seed_of(command.person_id, command.task_id),
    )
    questions = version_of(db, connection, command.project_id, version).questions
    if issues := validate_value(questions, value, context):
        raise InvalidError(
            "The answer does not fit the questions; nothing was stored.", issues=issues
        )


def _begin(
    connection: Connection, command: HandOutNamedTask, place: Place, now: Instant, idle_cap_ms: int
) -> None:
    """Begin the stretch of work as long ago as it was said, within the bounds above."""
    cap = idle_cap_for(idle_cap_ms, place.idle_cap_ms)
    last = pay.last_heard(connection, command.person_id)
    said = Instant(now - max(0, min(command.lead_ms, cap)))
    begun = said if last is None else Instant(min(now, max(said, last)))
    event = TimeEvent(command.project_id, "next", begun, cap)
    pay.hear(connection, command.person_id, command.task_id, event, now)
