"""A person passes a task on: paid, unlimited, no reason needed, never held against them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, ForbiddenError, InvalidError, Issue
from fairhand.proof.log import store as log
from fairhand.proof.log.note import Signer
from fairhand.proof.log.promise import make_promise
from fairhand.storage.database import Database
from fairhand.use_cases.pay_task import pay_task
from fairhand.use_cases.settle_exposure import settle_exposure
from fairhand.work.annotations import store as answers
from fairhand.work.annotations.rules import check_client_key
from fairhand.work.assignment import store as queue

REASON_MAX = 500


@dataclass(frozen=True, slots=True)
class SkipTask:
    """Which task a person skips; `client_key` makes a retry count once."""

    person_id: int
    task_id: int
    client_key: str
    reason: str | None = None
    worked_ms: int | None = None
    visible_ms: int | None = None


def skip_task(
    db: Database, command: SkipTask, now: Instant, *, signer: Signer, idle_cap_ms: int
) -> dict[str, Any]:
    """Free the place, pay the time and log it; a retry gets the same reply."""
    if issues := _check(command):
        raise InvalidError(issues[0].message, issues=issues)
    with db.write() as connection:
        desk = queue.load_desk(connection, command.person_id, command.task_id, command.client_key)
        earlier = answers.find_skip_reply(connection, command.person_id, command.client_key)
        if earlier is not None:
            return earlier
        if desk is None:
            raise ForbiddenError("This task was not given to you.", code="not_your_task")
        if desk.lease.state in ("submitted", "skipped"):
            raise ConflictError(
                f"You have {desk.lease.state} this task already.", code="already_answered"
            )
        queue.end_lease(connection, desk.lease, "skipped", now)
        if desk.lease.state == "live":
            queue.give_back(connection, [desk.lease])
        if desk.has_draft:
            answers.drop_draft(connection, command.person_id, command.task_id)
        if desk.has_dose:
            settle_exposure(connection, desk.lease, command.visible_ms, now)
        key = f"skip:{command.person_id}:{command.client_key}"
        paid = pay_task(
            connection,
            desk,
            "skip",
            key,
            now,
            idle_cap_ms=idle_cap_ms,
            worked_ms=command.worked_ms,
        )
        body = {"task": command.task_id, "project": desk.project_id, "person": command.person_id}
        event = log.append(
            connection,
            "task.skipped",
            {**body, "paid": paid.told, "simulated": desk.is_simulated},
            now,
            command.person_id,
            desk.project_id,
        )
        promise = make_promise(signer, event.leaf_hash, now).as_json()
        reply = {"skipped": True, "paid": paid.told, "event_id": event.id, "promise": promise}
        reply.update(paid.cut)
        answers.save_skip(
            connection,
            person_id=command.person_id,
            client_key=command.client_key,
            task_id=command.task_id,
            project_id=desk.project_id,
            reason=command.reason,
            reply=orjson.dumps(reply),
            now=now,
        )
    return reply


def _check(command: SkipTask) -> list[Issue]:
    issues = check_client_key(command.client_key)
    if command.reason is not None and len(command.reason) > REASON_MAX:
        issues.append(Issue("reason", f"Keep the reason under {REASON_MAX} characters."))
    return issues
