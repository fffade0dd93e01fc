"""A person's device says that a photo comes, and learns what of it is here already."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fairhand.core.clock import Instant
from fairhand.core.errors import ForbiddenError, InvalidError, Issue, NotFoundError
from fairhand.labels.photo import is_upload_id
from fairhand.people.campaigns import store as campaigns
from fairhand.people.contributions.intake import modality_of
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.check_granted import check_granted
from fairhand.use_cases.check_sent import USUAL, DailyLimits, check_sent
from fairhand.use_cases.versions import version_of
from fairhand.work.assignment import store as queue
from fairhand.work.projects import store as projects
from fairhand.work.uploads import store
from fairhand.work.uploads.rules import size_issues
from fairhand.work.uploads.store import Upload


@dataclass(frozen=True, slots=True)
class OpenUpload:
    """Which question of which task is answered, with how many bytes; the device chose the id."""

    person_id: int
    task_id: int
    question: str
    upload_id: str
    bytes: int


def open_upload(
    db: Database, command: OpenUpload, now: Instant, limits: DailyLimits = USUAL
) -> dict[str, Any]:
    """Open an upload, or find it again; gives its state and the parts that have arrived.

    Raises ForbiddenError for a task that was never theirs or a campaign without their living grant
    (`grant_needed`), InvalidError for a question that asks for no photo or a file that is too
    large, NotFoundError for an id that is another's, TooManyError beyond a day's measure.
    """
    if issues := _issues(command):
        raise InvalidError(issues[0].message, issues=issues)
    with db.write() as connection:
        lease = queue.load_lease(connection, command.person_id, command.task_id)
        if lease is None:
            raise ForbiddenError("This task was not given to you.", code="not_your_task")
        _check_question(db, connection, lease.project_id, command.question)
        _check_permitted(connection, command.person_id, lease.project_id, now)
        if store.load_upload(connection, command.upload_id) is None:
            check_sent(connection, command.person_id, "photos", command.bytes, limits, now)
        row = {
            "id": command.upload_id,
            "person_id": command.person_id,
            "project_id": lease.project_id,
            "task_id": command.task_id,
            "question": command.question,
            "declared_bytes": command.bytes,
        }
        store.add_upload(connection, row, now)
        found = own_upload(connection, command.person_id, command.upload_id)
        place = (found.task_id, found.question, found.declared_bytes)
        if place != (command.task_id, command.question, command.bytes):
            raise NotFoundError("You have no such photo for this question.")
        return told_of(connection, found)


def own_upload(connection: Connection, person_id: int, upload_id: str) -> Upload:
    """Load a person's own upload; raises NotFoundError for any other."""
    found = store.load_upload(connection, upload_id)
    if found is None or found.person_id != person_id:
        raise NotFoundError("You have no such photo.")
    return found


def told_of(connection: Connection, found: Upload) -> dict[str, Any]:
    """Write how far an upload is; once it is whole what was found, and what was taken out."""
    if found.state == "whole":
        removed = found.details.get("removed", [])
        return {"state": "whole", "answer": found.as_answer(), "removed": removed}
    parts = store.list_parts(connection, found.id)
    return {
        "state": found.state,
        "parts": [part.number for part in parts],
        "received_bytes": sum(part.size_bytes for part in parts),
    }


def _issues(command: OpenUpload) -> list[Issue]:
    issues = size_issues(command.bytes)
    if not is_upload_id(command.upload_id):
        issues.append(Issue("upload", "must be a UUID in small letters"))
    return issues


def _check_question(db: Database, connection: Connection, project_id: int, name: str) -> None:
    project = projects.load_project(connection, project_id)
    version = project and version_of(db, connection, project_id, project.version)
    asked = version.questions if version else ()
    if not any(one.name == name and one.kind == "photo" for one in asked):
        issue = Issue("question", f"{name[:60]!r} asks for no photo")
        raise InvalidError(issue.message, issues=[issue])


def _check_permitted(connection: Connection, person_id: int, project_id: int, now: Instant) -> None:
    """A campaign takes a photo only from who permits it at this moment."""
    campaign = campaigns.load_campaign(connection, project_id)
    modality = modality_of("photo", campaign.modalities) if campaign is not None else None
    if modality is not None:
        check_granted(connection, person_id, project_id, modality, now)
