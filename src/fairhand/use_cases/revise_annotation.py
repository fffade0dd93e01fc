"""Undo of a submit: the person's own task comes back with their answer as a draft.

Nothing is taken away meanwhile: the old annotation counts until its revision is submitted.
"""

from __future__ import annotations

from dataclasses import dataclass

from fairhand.core.clock import Instant
from fairhand.core.errors import ConflictError, NotFoundError
from fairhand.pay import store as pay
from fairhand.pay.paid_time.rules import idle_cap_for
from fairhand.storage.database import Database
from fairhand.use_cases.blind_sheet import hide_by_chance
from fairhand.use_cases.label_history import said_now
from fairhand.work.annotations import store as answers
from fairhand.work.assignment import store as queue
from fairhand.work.assignment.store import Lease, Place
from fairhand.work.projects import store as projects
from fairhand.work.projects.store import TaskSheet


@dataclass(frozen=True, slots=True)
class ReviseAnnotation:
    """Which of their annotations a person wants to change."""

    person_id: int
    annotation_id: int


@dataclass(frozen=True, slots=True)
class Reopened:
    """The task as it was handed out, with the old answer in its draft."""

    place: Place
    sheet: TaskSheet
    lease: Lease
    revises: int


def revise_annotation(
    db: Database, command: ReviseAnnotation, now: Instant, *, idle_cap_ms: int
) -> Reopened:
    """Show a person their submitted annotation again, for a new revision."""
    with db.write() as connection:
        old = answers.load_annotation(connection, command.annotation_id)
        if old is None or old.person_id != command.person_id:
            raise NotFoundError(f"You have no annotation {command.annotation_id}.")
        if old.superseded:
            raise ConflictError("This answer has been revised already.", code="already_revised")
        place = queue.load_place(connection, command.person_id, old.project_id)
        lease = queue.load_lease(connection, command.person_id, old.task_id)
        if place is None or lease is None or place.mode == "closed":
            raise ConflictError(
                "This project is finished: its answers can no longer be changed.", code="closed"
            )
        said = said_now(connection, old.project_id)(old.version, old.value)
        answers.save_draft(connection, command.person_id, old.task_id, said, now)
        pay.credit_time(
            connection,
            person_id=command.person_id,
            project_id=old.project_id,
            task_id=old.task_id,
            kind="next",
            now=now,
            idle_cap_ms=idle_cap_for(idle_cap_ms, place.idle_cap_ms),
        )
        sheet = projects.load_task_sheet(connection, old.task_id, command.person_id)
        if sheet is None:
            raise NotFoundError(f"There is no task {old.task_id}.")
    return Reopened(place, hide_by_chance(sheet, command.person_id), lease, old.id)
