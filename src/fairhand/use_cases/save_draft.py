"""What a person has entered so far is kept at every pause; it also keeps their lease alive."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from fairhand.core.clock import Instant
from fairhand.core.errors import ForbiddenError, TooLargeError
from fairhand.pay import store as pay
from fairhand.pay.paid_time.rules import TimeEvent, idle_cap_for
from fairhand.storage.database import Database
from fairhand.use_cases.pay_task import told_of_cut
from fairhand.work.annotations import store as answers
from fairhand.work.assignment import store as queue
from fairhand.work.assignment.rules import LeaseTerms
from fairhand.work.assignment.rules import expires_at as lease_end

DRAFT_MAX_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class SaveDraft:
    """A heartbeat when `value` is None, else what has been entered so far."""

    person_id: int
    task_id: int
    value: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """When the lease ends now, and what the cap cut off before this sign of life, if anything."""

    expires_at: Instant
    cut: dict[str, Any]


def save_draft(
    db: Database, command: SaveDraft, now: Instant, *, terms: LeaseTerms, idle_cap_ms: int
) -> Kept:
    """Keep a draft, credit the time, renew the lease.

    A draft is kept whatever became of its lease: nothing a person typed is lost.
    """
    if command.value is not None and len(orjson.dumps(command.value)) > DRAFT_MAX_BYTES:
        raise TooLargeError(f"A draft may have at most {DRAFT_MAX_BYTES // 2**20} MB.")
    with db.write() as connection:
        lease = queue.load_lease(connection, command.person_id, command.task_id)
        if lease is None:
            raise ForbiddenError("This task was not given to you.", code="not_your_task")
        if command.value is not None:
            answers.save_draft(connection, command.person_id, command.task_id, command.value, now)
        hold = "offline" if lease.hold == "offline" else "online"
        until = lease_end(now, hold, terms)  # type: ignore[arg-type]  # narrowed just above
        renewed = queue.renew_lease(connection, lease, until)
        event = TimeEvent(
            lease.project_id,
            "heartbeat" if command.value is None else "draft",
            now,
            idle_cap_for(idle_cap_ms, lease.idle_cap_ms),
        )
        heard = pay.hear(connection, command.person_id, command.task_id, event, now)
    return Kept((renewed or lease).expires_at, told_of_cut(heard))
