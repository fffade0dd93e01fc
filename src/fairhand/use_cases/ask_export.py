"""An owner asks for a file to take away: a durable job writes it, packs it and lays it ready."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fairhand.core.clock import DAY_MS, Instant
from fairhand.core.errors import ConflictError, InvalidError, Issue, NotFoundError
from fairhand.core.ids import new_token
from fairhand.formats.exports.registry import STUDIO, format_of
from fairhand.model.job import NewJob
from fairhand.proof.log import store as log
from fairhand.proof.release import export_store
from fairhand.proof.release import store as releases
from fairhand.storage import job_store
from fairhand.storage.database import Connection, Database
from fairhand.use_cases.export_release import check_question
from fairhand.work.projects import store

EXPORT: Final = "export"
"""The kind of the job."""

_AT_ONCE: Final = 5


@dataclass(frozen=True, slots=True)
class AskExport:
    """What to export: a `release` by its version, or the project as it stands.

    `with_answers` adds what each person answered, by pseudonym, to a project as it stands;
    `with_elsewhere` adds tasks that people answered in another tool before it came here.
    """

    person_id: int
    project_id: int
    format: str
    release: int | None = None
    question: str | None = None
    with_answers: bool = False
    with_elsewhere: bool = False


def ask_export(db: Database, command: AskExport, now: Instant, *, days: int) -> str:
    """Ask for an export and return its id, which is its job's; it lies ready for some days.

    Raises NotFoundError, InvalidError for a format or question that is none, ConflictError while
    too many of the project are being made.
    """
    if command.format == STUDIO.name:
        _check_studio(command)
    elif format_of(command.format).needs_originals:
        message = (
            f"{command.format} needs the original files, which a server does not keep. Write it "
            f"where they are: fairhand export RELEASE -f {command.format} --originals FOLDER"
        )
        raise InvalidError(message, issues=[Issue("format", message)])
    if command.with_elsewhere and command.release is not None:
        message = (
            "A release holds what was answered here alone; answers from elsewhere are in exports "
            "of the project as it stands."
        )
        raise InvalidError(message, issues=[Issue("elsewhere", message)])
    export_id = new_token()
    with db.write() as connection:
        project = store.load_project(connection, command.project_id)
        if project is None:
            raise NotFoundError(f"There is no project {command.project_id}.")
        release_id = _release(connection, command)
        version = store.load_version(connection, project.id, project.version)
        if release_id is None and version is not None:
            check_question(
                {one.name: one for one in version.questions}, command.question, "project"
            )
        made = export_store.list_exports(connection, project.id)
        waiting = [
            export_store.making_of(connection, one.id) for one in made if one.state == "making"
        ]
        if (
            sum(one is not None and one.state in ("queued", "running") for one in waiting)
            >= _AT_ONCE
        ):
            raise ConflictError(
                f"{_AT_ONCE} exports of this project are being made; wait for one of them."
            )
        options = {
            "question": command.question,
            "answers": command.with_answers,
            "elsewhere": command.with_elsewhere,
        }
        expires_at = Instant(now + days * DAY_MS)
        export_store.add_export(
            connection,
            export_id,
            project.id,
            release_id,
            command.format,
            options,
            command.person_id,
            now,
            expires_at,
        )
        content = {"project_id": project.id, "name": command.format}
        job_store.ask(
            connection, NewJob(export_id, EXPORT, content, project.id, command.person_id), now
        )
        body = {"export": export_id, "project": project.id, "format": command.format}
        body |= {"release": release_id} if release_id is not None else {}
        log.append(connection, "export.asked", body, now, command.person_id, project.id)
    return export_id


def _check_studio(command: AskExport) -> None:
    """Refuse what Label Studio's file is not: a part of a project, or a release."""
    if command.release is not None or command.question or command.with_answers:
        message = (
            f"{STUDIO.title}'s file is of the whole project as it stands, with every answer: leave "
            "out the release, the question and the answers by pseudonym."
        )
        raise InvalidError(message, issues=[Issue("format", message)])


def _release(connection: Connection, command: AskExport) -> int | None:
    if command.release is None:
        return None
    published = releases.list_releases(connection, command.project_id)
    found = next((one.id for one in published if one.version == command.release), None)
    if found is None:
        raise NotFoundError(f"This project has no release {command.release}.")
    return found
