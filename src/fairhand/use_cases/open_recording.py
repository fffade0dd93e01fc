"""A person's device says that a recording comes, and learns what of it is here already."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fairhand.core.clock import Instant
from fairhand.core.errors import ForbiddenError, InvalidError, Issue, NotFoundError
from fairhand.labels.recording import is_recording_id
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.check_granted import check_granted
from fairhand.use_cases.check_sent import USUAL, DailyLimits, check_sent
from fairhand.use_cases.versions import version_of
from fairhand.work.assignment import store as queue
from fairhand.work.projects import store as projects
from fairhand.work.recordings import store
from fairhand.work.recordings.store import Recording


@dataclass(frozen=True, slots=True)
class OpenRecording:
    """Which question of which task is being answered; the device chose the id."""

    person_id: int
    task_id: int
    question: str
    recording_id: str
    rate: int


def open_recording(
    db: Database, command: OpenRecording, now: Instant, limits: DailyLimits = USUAL
) -> dict[str, Any]:
    """Open a recording, or find it again; gives its state and the parts that have arrived.

    Raises ForbiddenError for a task that was never theirs or a campaign without their living grant
    (`grant_needed`), InvalidError for a question that asks
    for no recording, NotFoundError for an id that is another's, TooManyError beyond what one
    person may send in a day.
    """
    if issues := _issues(command):
        raise InvalidError(issues[0].message, issues=issues)
    with db.write() as connection:
        lease = queue.load_lease(connection, command.person_id, command.task_id)
        if lease is None:
            raise ForbiddenError("This task was not given to you.", code="not_your_task")
        _check_question(db, connection, lease.project_id, command.question)
        check_granted(connection, command.person_id, lease.project_id, "voice", now)
        if store.load_recording(connection, command.recording_id) is None:
            check_sent(connection, command.person_id, "recordings", 0, limits, now)
        row = {
            "id": command.recording_id,
            "person_id": command.person_id,
            "project_id": lease.project_id,
            "task_id": command.task_id,
            "question": command.question,
            "rate": command.rate,
        }
        store.add_recording(connection, row, now)
        found = own_recording(connection, command.person_id, command.recording_id)
        if (found.task_id, found.question) != (command.task_id, command.question):
            raise NotFoundError("You have no such recording for this question.")
        return told_of(connection, found)


def own_recording(connection: Connection, person_id: int, recording_id: str) -> Recording:
    """Load a person's own recording; raises NotFoundError for any other."""
    found = store.load_recording(connection, recording_id)
    if found is None or found.person_id != person_id:
        raise NotFoundError("You have no such recording.")
    return found


def told_of(connection: Connection, found: Recording) -> dict[str, Any]:
    """Write how far a recording is, and once it is whole what was measured."""
    if found.state == "whole":
        return {"state": "whole", "answer": found.as_answer()}
    parts = store.list_parts(connection, found.id)
    return {
        "state": found.state,
        "parts": [part.number for part in parts],
        "received_bytes": sum(part.size_bytes for part in parts),
    }


def _issues(command: OpenRecording) -> list[Issue]:
    issues = []
    if not is_recording_id(command.recording_id):
        issues.append(Issue("recording", "must be a UUID in small letters"))
    if not 8_000 <= command.rate <= 192_000:
        issues.append(Issue("rate", "must be 8000 to 192000 samples a second"))
    return issues


def _check_question(db: Database, connection: Connection, project_id: int, name: str) -> None:
    project = projects.load_project(connection, project_id)
    version = project and version_of(db, connection, project_id, project.version)
    asked = version.questions if version else ()
    if not any(one.name == name and one.kind == "recording" for one in asked):
        issue = Issue("question", f"{name[:60]!r} asks for no recording")
        raise InvalidError(issue.message, issues=[issue])
